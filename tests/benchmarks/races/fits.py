"""Three of NIST's nonlinear regressions, from their second starts, and one of them with as many rows as people log."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy.optimize
from tests.benchmarks.races.race import Floats, Race
from tests.problems.nist import DATASETS, workbook

LEAST_SQUARES = "scipy least_squares"
TIGHT = 1e-15


def _hahn1(b: Floats, x: Floats) -> tuple[Floats, Floats]:
    powers = np.stack([np.ones_like(x), x, x**2, x**3])
    under = 1 + b[4:] @ powers[1:]
    model = b[:4] @ powers / under
    return model, np.concatenate([powers, -model * powers[1:]]).T / under[:, None]


def _mgh17(b: Floats, x: Floats) -> tuple[Floats, Floats]:
    first, second = np.exp(-x * b[3]), np.exp(-x * b[4])
    model = b[0] + b[1] * first + b[2] * second
    return model, np.stack([np.ones_like(x), first, second, -b[1] * x * first, -b[2] * x * second], 1)


def _gauss1(b: Floats, x: Floats) -> tuple[Floats, Floats]:
    decay = np.exp(-b[1] * x)
    model, slopes = b[0] * decay, [decay, -b[0] * x * decay]
    for height, centre, width in (b[2:5], b[5:8]):
        apart = x - centre
        bell = np.exp(-(apart**2) / width**2)
        model = model + height * bell
        slopes += [bell, height * bell * 2 * apart / width**2, height * bell * 2 * apart**2 / width**3]
    return model, np.stack(slopes, 1)


BY_HAND: dict[str, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    "Hahn1": _hahn1,
    "MGH17": _mgh17,
    "Gauss1": _gauss1,
}
"""The models and their slopes (m, n) by the parameters b (n,)."""


def nist(name: str) -> Race:
    """One of them as NIST gives it."""
    return _fit(f"NIST {name}", name, DATASETS[name])


def long_fit(rows: int = 50_000) -> Race:
    """Gauss1's model on so many rows between its first x and its last, with noise of its own size."""
    entry = DATASETS["Gauss1"]
    x = np.linspace(1.0, 250.0, rows)
    y = _gauss1(np.array(entry["certified"]), x)[0] + 2.5 * np.random.default_rng(4).normal(size=rows)
    longer = entry | {"data": np.stack([y, x], 1).tolist()}
    return _fit(f"Gauss1 on {rows:,} rows", "Gauss1", longer, optimum=math.nan)


def _fit(title: str, name: str, entry: Mapping[str, Any], **changes: Any) -> Race:
    """scipy's Levenberg-Marquardt is MINPACK's, on residuals and a Jacobian written by hand."""
    data = np.array(entry["data"], np.float64)
    y, x = data[:, 0], data[:, 1]
    model, start = BY_HAND[name], np.array(entry["start2"], np.float64)

    def solve() -> float:
        found = scipy.optimize.least_squares(
            lambda b: model(b, x)[0] - y, start, lambda b: model(b, x)[1], method="lm", x_scale="jac",
            ftol=TIGHT, xtol=TIGHT, gtol=TIGHT,
        )  # fmt: skip
        return 2 * float(found.cost)

    known = dataclasses.replace(workbook(name, entry, "start2"), **changes)
    return Race(
        title, known, {LEAST_SQUARES: solve}, (LEAST_SQUARES,), by_hand=lambda: model(start, x), squares=True
    )  # fmt: skip
