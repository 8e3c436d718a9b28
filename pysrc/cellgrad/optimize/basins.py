"""Which starts ended in the same place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellgrad.optimize.solution import Basin
from cellgrad.optimize.starts import cell_scales

SAME_VALUE = 1e-3
"""Values of one basin differ by no more than this part of their size: most starts are only scouted, not finished."""
SAME_PLACE = 1e-2
"""Cells of one basin differ by no more than this part of their scale."""
MOST_BASINS = 1_000


def basins_of(x: NDArray[np.float64], values: NDArray[np.float64], merits: NDArray[np.float64]) -> list[Basin]:
    """The places where K starts ended, best first; each start belongs to the best basin it is close to.

    x (K, n) where they ended, values (K,) of the objective cell there, merits (K,) what was minimised. Starts that
    ended in an error are left out. What lies beyond the best `MOST_BASINS` is counted in none.
    """
    order = np.argsort(np.where(np.isfinite(merits), merits, np.inf), kind="stable")
    order = order[np.isfinite(merits[order])]
    found: list[Basin] = []
    while len(order) and len(found) < MOST_BASINS:
        best = order[0]
        near = np.abs(merits[order] - merits[best]) <= SAME_VALUE * max(abs(merits[best]), np.finfo(float).tiny)
        near &= (np.abs(x[order] - x[best]) <= SAME_PLACE * cell_scales(x[best])).all(1)
        near[0] = True
        members = order[near]
        found.append(Basin(float(values[best]), len(members), x[best].copy(), int(members.min())))
        order = order[~near]
    return found
