"""Whether a point that meets the first-order conditions is a minimum, and the way down where it is a saddle."""

from __future__ import annotations

import numpy as np
import scipy.linalg as linear

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.constrained.kkt import Kkt, activity
from cellgrad.optimize.constrained.model import View

MOST_CELLS = 500
NEGATIVE = 1e-7
"""Curvature below minus this part of the largest is no rounding."""
REACH = 0.1
"""How far to go along it, in typical sizes."""


def ways_down(view: View, z: Floats, found: Kkt) -> list[Floats]:
    """Points on both sides of z (n,) along the most negative curvature of the Lagrangian within the limits that bind;
    none at a minimum (Nocedal and Wright 2006, theorem 12.5)."""
    if not 0 < view.n <= MOST_CELLS:
        return []
    slopes = view.slopes(z)
    active = activity(view, z, slopes.c)
    free, rows = ~active.cells, active.rows
    H = view.hessian(z, -found.rows)[np.ix_(free, free)]
    if not free.any() or not np.isfinite(H).all():
        return []
    space = linear.null_space(slopes.jacobian[np.ix_(rows, free)]) if rows.any() else np.eye(int(free.sum()))
    if not space.shape[1]:
        return []
    curvatures, directions = np.linalg.eigh(space.T @ H @ space)
    if curvatures[0] >= -NEGATIVE * max(1e-6, float(np.abs(H).max())):
        return []
    along = np.zeros(view.n)
    along[free] = space @ directions[:, 0]
    sides = (z + REACH * along / np.abs(along).max(), z - REACH * along / np.abs(along).max())
    return [np.minimum(np.maximum(side, view.lower), view.upper) for side in sides]
