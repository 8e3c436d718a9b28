"""Three of NIST's nonlinear regressions, from their second starts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.optimize
from tests.benchmarks.races.race import Floats, Race
from tests.problems.nist import DATASETS, problem

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
    """scipy's Levenberg-Marquardt is MINPACK's, on residuals and a Jacobian written by hand."""
    data = np.array(DATASETS[name]["data"], np.float64)
    y, x = data[:, 0], data[:, 1]
    model, start = BY_HAND[name], np.array(DATASETS[name]["start2"], np.float64)

    def solve() -> float:
        found = scipy.optimize.least_squares(
            lambda b: model(b, x)[0] - y, start, lambda b: model(b, x)[1], method="lm", x_scale="jac",
            ftol=TIGHT, xtol=TIGHT, gtol=TIGHT,
        )  # fmt: skip
        return 2 * float(found.cost)

    return Race(f"NIST {name}", problem(name, "start2"), {LEAST_SQUARES: solve}, (LEAST_SQUARES,))
