"""The models of NIST's Statistical Reference Datasets for nonlinear regression, by hand.

b (n, K, 1), x (m,) or, of two predictors, (2, m) -> (K, m).

https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml; starts, data and certified values are in data/nist_strd.json.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tests.optimize.objectives import Squares
from torch import Tensor

DATA = Path(__file__).parent.parent / "data" / "nist_strd.json"


def _decays(b: Tensor, x: Tensor) -> Tensor:
    return b[0] * torch.exp(-b[1] * x) + b[2] * torch.exp(-b[3] * x) + b[4] * torch.exp(-b[5] * x)


def _chwirut(b: Tensor, x: Tensor) -> Tensor:
    return torch.exp(-b[0] * x) / (b[1] + b[2] * x)


def _gauss(b: Tensor, x: Tensor) -> Tensor:
    first = b[2] * torch.exp(-((x - b[3]) ** 2) / b[4] ** 2)
    return b[0] * torch.exp(-b[1] * x) + first + b[5] * torch.exp(-((x - b[6]) ** 2) / b[7] ** 2)


def _cubics(b: Tensor, x: Tensor) -> Tensor:
    return (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3) / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3)


def _enso(b: Tensor, x: Tensor) -> Tensor:
    year, second, third = (2 * math.pi * x / period for period in (12, b[3], b[6]))
    value = b[0] + b[1] * torch.cos(year) + b[2] * torch.sin(year) + b[4] * torch.cos(second)
    return value + b[5] * torch.sin(second) + b[7] * torch.cos(third) + b[8] * torch.sin(third)


MODELS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Bennett5": lambda b, x: b[0] * (b[1] + x) ** (-1 / b[2]),
    "BoxBOD": lambda b, x: b[0] * (1 - torch.exp(-b[1] * x)),
    "Chwirut1": _chwirut,
    "Chwirut2": _chwirut,
    "DanWood": lambda b, x: b[0] * x ** b[1],
    "ENSO": _enso,
    "Eckerle4": lambda b, x: b[0] / b[1] * torch.exp(-0.5 * ((x - b[2]) / b[1]) ** 2),
    "Gauss1": _gauss,
    "Gauss2": _gauss,
    "Gauss3": _gauss,
    "Hahn1": _cubics,
    "Kirby2": lambda b, x: (b[0] + b[1] * x + b[2] * x**2) / (1 + b[3] * x + b[4] * x**2),
    "Lanczos1": _decays,
    "Lanczos2": _decays,
    "Lanczos3": _decays,
    "MGH09": lambda b, x: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
    "MGH10": lambda b, x: b[0] * torch.exp(b[1] / (x + b[2])),
    "MGH17": lambda b, x: b[0] + b[1] * torch.exp(-x * b[3]) + b[2] * torch.exp(-x * b[4]),
    "Misra1a": lambda b, x: b[0] * (1 - torch.exp(-b[1] * x)),
    "Misra1b": lambda b, x: b[0] * (1 - (1 + b[1] * x / 2) ** -2),
    "Misra1c": lambda b, x: b[0] * (1 - (1 + 2 * b[1] * x) ** -0.5),
    "Misra1d": lambda b, x: b[0] * b[1] * x / (1 + b[1] * x),
    "Nelson": lambda b, x: b[0] - b[1] * x[0] * torch.exp(-b[2] * x[1]),
    "Rat42": lambda b, x: b[0] / (1 + torch.exp(b[1] - b[2] * x)),
    "Rat43": lambda b, x: b[0] / (1 + torch.exp(b[1] - b[2] * x)) ** (1 / b[3]),
    "Roszman1": lambda b, x: b[0] - b[1] * x - torch.atan(b[2] / (x - b[3])) / math.pi,
    "Thurber": _cubics,
}


def datasets() -> dict[str, dict[str, Any]]:
    """By name: start1, start2, certified, residual_sum_of_squares, data and more."""
    return {entry["name"]: entry for entry in json.loads(DATA.read_text())}


def objective(entry: dict[str, Any]) -> Squares:
    """The residual sum of squares of one of them."""
    data = torch.tensor(entry["data"], dtype=torch.float64)
    y, x, model = data[:, 0], data[:, 1:].T.squeeze(0), MODELS[entry["name"]]
    y = torch.log(y) if entry["response"] == "LN(y)" else y
    return Squares(lambda B: model(B.T.unsqueeze(2), x) - y, len(entry["certified"]))
