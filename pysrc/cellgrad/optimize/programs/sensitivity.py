"""Allowable ranges from an optimal basis: how far a coefficient or a limit may move before the answer does.

As in the sensitivity report of Excel's Solver (and Vanderbei 2020, section 7.1): the basis stays optimal over the
range. At a degenerate vertex several bases describe the same answer; the ranges are those of one of them, so the answer
may in truth hold over more. Where another vertex is as good, the range of some coefficient ends at 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lu_solve

from cellgrad.optimize.programs.corner import Corner
from cellgrad.optimize.programs.instance import Instance

Floats = NDArray[np.float64]

MOST_ENTRIES = 2**22
"""Ranges are worked out while basic x other cells and rows stay below this: 32 MiB."""

NOTHING = 1e-11
"""Movements smaller than this, in scaled units, are rounding."""


def has_ranges(instance: Instance, found: Corner) -> bool:
    """Whether an instance is small enough for its ranges to be worked out."""
    others, loose = instance.size - len(found.basic), instance.count - len(found.tight)
    return max(len(found.basic), loose) * (len(found.tight) + others) <= MOST_ENTRIES


def ranges(instance: Instance, found: Corner) -> tuple[Floats, Floats, Floats, Floats]:
    """cost_increase, cost_decrease (n,), limit_increase, limit_decrease (c,) of the minimised programme."""
    basic, tight = found.basic, found.tight
    others = np.setdiff1d(np.arange(instance.size), basic)
    loose = np.setdiff1d(np.arange(instance.count), tight)
    rows = instance.matrix[tight]
    # how the basic cells, then the rows free to move, answer to a move of each tight row, then of each other cell
    right = np.hstack([np.eye(len(tight)), -rows[:, others].toarray()])
    cells = lu_solve(found.kernel, right, check_finite=False) if len(basic) else right
    free = instance.matrix[loose]
    moved = free[:, basic] @ cells if len(basic) else np.zeros((len(loose), right.shape[1]))
    moved[:, len(tight) :] += free[:, others].toarray()
    price = np.concatenate([found.duals[tight], found.reduced[others]])
    side = np.concatenate([found.row_side[tight], found.cell_side[others]])
    increase, decrease = _cost_ranges(instance, found, basic, others, cells, side, np.maximum(0.0, side * price))
    return increase, decrease, *_limit_ranges(instance, found, basic, tight, loose, cells, moved)


def _cost_ranges(
    instance: Instance, found: Corner, basic: NDArray[np.int64], others: NDArray[np.int64], cells: Floats, side: Floats,
    room: Floats,
) -> tuple[Floats, Floats]:  # fmt: skip
    increase, decrease = np.full(instance.size, np.inf), np.full(instance.size, np.inf)
    turn = side * cells  # how fast the prices, seen from their limits, change with a basic cell's cost
    increase[basic] = _ratio(room, -turn)
    decrease[basic] = _ratio(room, turn)
    at_lower, at_upper = found.cell_side[others] > 0, found.cell_side[others] < 0
    reduced = found.reduced[others]
    decrease[others[at_lower]] = np.maximum(0.0, reduced[at_lower])
    increase[others[at_upper]] = np.maximum(0.0, -reduced[at_upper])
    return increase, decrease


def _limit_ranges(
    instance: Instance, found: Corner, basic: NDArray[np.int64], tight: NDArray[np.int64], loose: NDArray[np.int64],
    cells: Floats, moved: Floats,
) -> tuple[Floats, Floats]:  # fmt: skip
    g = instance.matrix @ found.x
    up = np.maximum(0.0, np.concatenate([instance.upper[basic] - found.x[basic], instance.high[loose] - g[loose]]))
    down = np.maximum(0.0, np.concatenate([found.x[basic] - instance.lower[basic], g[loose] - instance.low[loose]]))
    answer = np.vstack([cells, moved])[:, : len(tight)].T
    increase, decrease = np.full(instance.count, np.inf), np.full(instance.count, np.inf)
    increase[tight] = np.minimum(_ratio(up, answer), _ratio(down, -answer))
    decrease[tight] = np.minimum(_ratio(down, answer), _ratio(up, -answer))
    width = instance.high - instance.low
    increase[tight] = np.where(found.row_side[tight] > 0, np.minimum(increase[tight], width[tight]), increase[tight])
    decrease[tight] = np.where(found.row_side[tight] < 0, np.minimum(decrease[tight], width[tight]), decrease[tight])
    # a limit that does not bind may move until it does
    increase[loose] = np.maximum(0.0, g[loose] - instance.low[loose])
    decrease[loose] = np.maximum(0.0, instance.high[loose] - g[loose])
    return increase, decrease


def _ratio(room: Floats, speed: Floats) -> Floats:
    """For each line of speed (a, b), the least room (b,) / speed over the positive speeds."""
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(speed > NOTHING, room / np.where(speed > NOTHING, speed, 1.0), np.inf)
    return steps.min(axis=1, initial=np.inf)
