"""A cost with jumps: orders of five goods, with a fixed cost for every lorry and prices that fall by quantity."""

from __future__ import annotations

import math

import numpy as np
import scipy.optimize
from tests.benchmarks.races.race import Floats, Race
from tests.problems.known import Known

EVOLUTION = "scipy differential_evolution"
GOODS, MOST = 5, 2000.0
DEMAND = np.array([9000.0, 5000.0, 12000.0, 3000.0, 7000.0])
BREAKS = np.array([1.0, 500.0, 1200.0])
PRICES = np.array([5.0, 4.9, 4.84])
LORRY, ROOM, ORDER, HOLDING = 45.0, 300.0, 30.0, 0.2


def orders() -> Race:
    """How much to order at a time: what is bought, ordered, driven and held, over a year."""
    last = GOODS + 1
    cells: dict[str, float | str] = {f"A{row}": float(wanted) for row, wanted in enumerate(DEMAND, 2)}
    cells |= {f"H{row}": float(at) for row, at in enumerate(BREAKS, 1)}
    cells |= {f"I{row}": float(price) for row, price in enumerate(PRICES, 1)}
    cells |= {
        f"B2:B{last}": 400.0, f"C2:C{last}": "=VLOOKUP(B2,$H$1:$I$3,2,TRUE)",
        f"D2:D{last}": f"=A2/B2*({ORDER}+{LORRY}*ROUNDUP(B2/{ROOM},0))", f"E2:E{last}": f"=B2/2*{HOLDING}*C2",
        f"F2:F{last}": "=A2*C2+D2+E2", "F1": f"=SUM(F2:F{last})",
    }  # fmt: skip
    box = f"B2:B{last}"
    known = Known(
        cells, "F1", box, math.nan, "orders with prices that fall by quantity",
        constraints=((box, ">=", "1"), (box, "<=", repr(MOST))),
    )  # fmt: skip

    def cost(order: Floats) -> Floats:
        """(n, members) -> (members,), as scipy hands a whole population over."""
        price = PRICES[np.searchsorted(BREAKS, order, side="right") - 1]
        wanted = DEMAND.reshape(-1, *[1] * (order.ndim - 1))
        lorries = np.ceil(order / ROOM)
        yearly = wanted * price + wanted / order * (ORDER + LORRY * lorries) + order / 2 * HOLDING * price
        return yearly.sum(axis=0)

    def solve() -> float:
        found = scipy.optimize.differential_evolution(
            cost, [(1.0, MOST)] * GOODS, x0=np.full(GOODS, 400.0), rng=0, tol=1e-10, maxiter=3000, polish=False,
            vectorized=True, updating="deferred",
        )  # fmt: skip
        return float(found.fun)

    return Race("orders with jumps", known, {EVOLUTION: solve}, (EVOLUTION,), "differential-evolution")
