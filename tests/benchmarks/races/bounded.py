"""Smooth functions between bounds: a path of savings over 60 periods, and Rosenbrock's valley in 50 cells."""

from __future__ import annotations

import math

import numpy as np
import scipy.optimize
from tests.benchmarks.races.race import Floats, Race
from tests.problems.known import Known

L_BFGS_B = "scipy L-BFGS-B"
SETTINGS = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 100_000, "maxfun": 1_000_000}
PERIODS, RETURN, PATIENCE, MOST_SAVED = 60, 1.04, 0.95, 0.95
WIDTH = 5.0


def savings() -> Race:
    """The part of what one has that is saved, period by period; what is eaten gives its logarithm. Wages grow until the
    fortieth period and give way to a pension: the young would borrow, and may not."""
    age = np.arange(PERIODS)
    income = np.where(age < 45, 1 + 2 * np.sin(np.pi * age / 80), 0.8)
    last = PERIODS + 1
    known = Known(
        {
            **{f"A{row}": row - 2 for row in range(2, last + 1)},
            **{f"B{row}": float(wage) for row, wage in enumerate(income, 2)},
            f"C2:C{last}": 0.5, "D2": "=1+B2", f"D3:D{last}": "=F2+B3", f"E2:E{last}": "=D2*(1-C2)",
            f"F2:F{last}": f"=D2*C2*{RETURN}", f"G2:G{last}": f"={PATIENCE}^A2*LN(E2)",
            "I1": f"=SUM(G2:G{last})+{PATIENCE}^{PERIODS}*LN(1+F{last})",
        },
        "I1", f"C2:C{last}", math.nan, "a path of savings", goal="max",
        constraints=((f"C2:C{last}", ">=", "0"), (f"C2:C{last}", "<=", repr(MOST_SAVED))),
    )  # fmt: skip
    weights = PATIENCE ** np.arange(PERIODS)

    def loss(saved: Floats) -> tuple[float, Floats]:
        has, carried = [], 1.0
        for part, wage in zip(saved.tolist(), income.tolist(), strict=True):
            has.append(carried + wage)
            carried = has[-1] * part * RETURN
        wealth = np.array(has)
        value = weights @ np.log(wealth * (1 - saved)) + PATIENCE**PERIODS * math.log(1 + carried)
        worth = PATIENCE**PERIODS / (1 + carried)  # of one more carried out of the period
        slope = [0.0] * PERIODS
        for t in range(PERIODS - 1, -1, -1):
            slope[t] = worth * has[t] * RETURN
            worth = worth * saved[t] * RETURN + weights[t] / has[t]
        return -float(value), -(np.array(slope) - weights / (1 - saved))

    return Race(
        f"savings over {PERIODS} periods", known,
        {L_BFGS_B: lambda: -_l_bfgs_b(loss, np.full(PERIODS, 0.5), 0, MOST_SAVED)}, (L_BFGS_B,),
        by_hand=lambda: loss(np.full(PERIODS, 0.5)),
    )  # fmt: skip


def rosenbrock(size: int = 50) -> Race:
    """Rosenbrock's valley in pairs of cells (Moré, Garbow and Hillstrom 1981, problem 21), in one SUM."""
    pairs = size // 2
    cells: dict[str, float | str] = {f"A{row}": -1.2 for row in range(1, pairs + 1)}
    cells |= {f"B{row}": 1.0 for row in range(1, pairs + 1)}
    cells |= {f"C1:C{pairs}": "=100*(B1-A1^2)^2+(1-A1)^2", "E1": f"=SUM(C1:C{pairs})"}
    box = f"A1:B{pairs}"
    known = Known(
        cells, "E1", box, 0.0, "Moré, Garbow and Hillstrom (1981), problem 21",
        constraints=((box, ">=", repr(-WIDTH)), (box, "<=", repr(WIDTH))),
    )  # fmt: skip

    def loss(x: Floats) -> tuple[float, Floats]:
        a, b = x[::2], x[1::2]
        across, along = b - a**2, 1 - a
        slope = np.empty_like(x)
        slope[::2], slope[1::2] = -400 * across * a - 2 * along, 200 * across
        return float(100 * across @ across + along @ along), slope

    start = np.tile([-1.2, 1.0], pairs)
    return Race(
        f"Rosenbrock in {size} cells", known, {L_BFGS_B: lambda: _l_bfgs_b(loss, start, -WIDTH, WIDTH)}, (L_BFGS_B,),
        by_hand=lambda: loss(start),
    )  # fmt: skip


def _l_bfgs_b(loss: object, start: Floats, low: float, high: float) -> float:
    bounds = scipy.optimize.Bounds(np.full(len(start), low), np.full(len(start), high))
    found = scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=SETTINGS)
    return float(found.fun)
