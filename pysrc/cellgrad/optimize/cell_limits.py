"""How far each changing cell alone may move from an answer: what Excel's limits report tells.

The limits report of Solver holds all changing cells but one, and moves that one down and up until a constraint or a
bound stands in the way (support.microsoft.com, "Define and solve a problem by using Solver": limits report).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellgrad.optimize.conditions import Conditions, System

Floats = NDArray[np.float64]
Holds: TypeAlias = Callable[[NDArray[np.int64], Floats], NDArray[np.bool_]]

DOUBLINGS = 60
"""A cell that may move so many times twice as far as its own size has no limit."""
HALVINGS = 60
ROUNDING = 1e-12
"""A row may be missed by this part of its limit, besides what the answer itself misses it by."""
MOST_ELEMENTS = 2**22
"""Points x changing cells evaluated at once."""


@dataclass(frozen=True)
class CellLimits:
    """lower, upper (n,): how far each cell may go alone, infinite where nothing stops it. at_lower, at_upper (n,): the
    objective there; nan where there is no limit, or the objective is an error."""

    lower: Floats
    upper: Floats
    at_lower: Floats
    at_upper: Floats


def cell_limits(system: System, conditions: Conditions, x: Floats) -> CellLimits:
    """The limits of each cell at x (n,), which should satisfy the conditions; whole numbers and groups are not looked
    at. Rows are followed from x outwards by doubling, and their edge is halved down to rounding: where what is allowed
    falls into several pieces, the limit is an edge of the piece of x or, beyond a gap that the doubling leapt over, of
    the next one."""
    count, n = system.count, len(x)
    _, g = _values(system, x[None])
    size = np.maximum(1.0, np.abs(np.where(np.isfinite(conditions.row_lower), conditions.row_lower, 0.0)))
    size = np.maximum(size, np.abs(np.where(np.isfinite(conditions.row_upper), conditions.row_upper, 0.0)))
    allowed = conditions.misses(g[0]) + ROUNDING * size

    def holds(places: NDArray[np.int64], values: Floats) -> NDArray[np.bool_]:
        """Whether every row holds with one cell each at a value."""
        if count == 0:
            return np.ones(len(places), bool)
        rows = _values(system, _moved(x, places, values))[1]
        return np.asarray((np.isfinite(rows) & (conditions.misses(rows) <= allowed)).all(axis=1))

    ends = [_end(x, bound, way, holds) for bound, way in ((conditions.lower, -1.0), (conditions.upper, 1.0))]
    results = []
    for end in ends:
        known = np.flatnonzero(np.isfinite(end))
        reached = np.full(n, np.nan)
        if len(known):
            reached[known] = _values(system, _moved(x, known, end[known]))[0]
        results.append(np.where(np.isfinite(reached), reached, np.nan))
    return CellLimits(ends[0], ends[1], results[0], results[1])


def _end(x: Floats, bound: Floats, way: float, holds: Holds) -> Floats:
    """The farthest value (n,) of each cell in one direction."""
    places = np.arange(len(x))
    size = np.maximum(1.0, np.abs(x))
    good, bad = x.copy(), np.full(len(x), np.nan)
    for power in range(-10, DOUBLINGS):
        open_ = places[np.isnan(bad) & (way * (bound - good) > 0)]
        if not len(open_):
            break
        ahead = x[open_] + way * size[open_] * 2.0**power
        ahead = np.maximum(ahead, bound[open_]) if way < 0 else np.minimum(ahead, bound[open_])
        fine = holds(open_, ahead)
        good[open_[fine]] = ahead[fine]
        bad[open_[~fine]] = ahead[~fine]
    for _ in range(HALVINGS):
        between = places[~np.isnan(bad)]
        middle = (good[between] + bad[between]) / 2
        inside = (middle != good[between]) & (middle != bad[between])
        between, middle = between[inside], middle[inside]
        if not len(between):
            break
        fine = holds(between, middle)
        good[between[fine]] = middle[fine]
        bad[between[~fine]] = middle[~fine]
    endless = np.isnan(bad) & ~np.isfinite(bound)
    return np.where(endless, way * np.inf, good)


def _moved(x: Floats, places: NDArray[np.int64], values: Floats) -> Floats:
    """x (n,), once a place, with that cell at another value."""
    X = np.repeat(x[None], len(places), axis=0)
    X[np.arange(len(places)), places] = values
    return X


def _values(system: System, X: Floats) -> tuple[Floats, Floats]:
    """f (K,) and g (K, c), a part of the points at a time."""
    together = max(1, MOST_ELEMENTS // max(1, X.shape[1]))
    parts: list[tuple[Tensor, Tensor]] = [
        system.values(torch.as_tensor(X[start : start + together])) for start in range(0, len(X), together)
    ]
    f, g = (torch.cat([part[which] for part in parts]).double().cpu().numpy() for which in (0, 1))
    return f, g
