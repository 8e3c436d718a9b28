"""The conditions of Karush, Kuhn and Tucker at a point: multipliers, and how far the point is from meeting them.

With f, rows c and variables z: gradient f = J' y + v, where y_j >= 0 for a row at its lower limit, <= 0 at its upper,
any sign for an equality, 0 between; the same of v for the bounds of z (Nocedal and Wright 2006, theorem 12.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.constrained.model import Slopes, View

Mask = NDArray[np.bool_]

NEAR = 1e-6
"""A row or cell this close to a limit, in scaled units, stands at it."""

SIGN_SLACK = 1e-9
"""A multiplier of the wrong sign and no more than this is rounding."""

MOST_COLUMNS = 2_000
"""Beyond so many limits at once, signs are left as least squares gives them."""


@dataclass(frozen=True)
class Kkt:
    """rows y (m,), cells v (n,). dual: the largest entry of gradient f - J'y - v. violation: the largest miss."""

    rows: Floats
    cells: Floats
    dual: float
    violation: float

    @property
    def residual(self) -> float:
        return max(self.dual, self.violation)


@dataclass(frozen=True)
class Activity:
    """Which rows (m,) and cells (n,) stand at their lower and upper limits."""

    row_low: Mask
    row_high: Mask
    cell_low: Mask
    cell_high: Mask

    @property
    def rows(self) -> Mask:
        return self.row_low | self.row_high

    @property
    def cells(self) -> Mask:
        return self.cell_low | self.cell_high


def activity(view: View, z: Floats, c: Floats, near: float = NEAR) -> Activity:
    """Who stands within `near` of a limit, or beyond it."""
    return Activity(
        view.equal | (c - view.row_lower <= near),
        view.equal | (view.row_upper - c <= near),
        z - view.lower <= near,
        view.upper - z <= near,
    )


def kkt(view: View, z: Floats, slopes: Slopes, active: Activity | None = None) -> Kkt:
    """The multipliers that come closest at z, by least squares, of the right signs."""
    active = active or activity(view, z, slopes.c)
    rows, cells = active.rows, active.cells
    y, v = np.zeros(view.m), np.zeros(view.n)
    g, J = slopes.gradient, slopes.jacobian
    if rows.any() and not cells.all():
        y[rows] = np.linalg.lstsq(J[np.ix_(rows, ~cells)].T, g[~cells], rcond=1e-12)[0]
    v[cells] = (g - J.T @ y)[cells]
    columns = int(rows.sum() + cells.sum())
    if not _signs_right(y, v, active, SIGN_SLACK * (1 + np.abs(g).max(initial=0.0))) and columns <= MOST_COLUMNS:
        y, v = _signed(g, J, active)
    y = np.where(active.row_low & active.row_high, y, np.where(active.row_low, np.maximum(y, 0), np.minimum(y, 0)))
    v = np.where(active.cell_low & active.cell_high, v, np.where(active.cell_low, np.maximum(v, 0), np.minimum(v, 0)))
    dual = float(np.abs(g - J.T @ y - v).max(initial=0.0))
    return Kkt(y, v, dual, view.violation(slopes.c))


def _signs_right(y: Floats, v: Floats, active: Activity, slack: float) -> bool:
    def wrong(values: Floats, low: Mask, high: Mask) -> bool:
        return bool((values[low & ~high] < -slack).any() or (values[high & ~low] > slack).any())

    return not (wrong(y, active.row_low, active.row_high) or wrong(v, active.cell_low, active.cell_high))


def _signed(g: Floats, J: Floats, active: Activity) -> tuple[Floats, Floats]:
    """Non-negative least squares (Lawson and Hanson 1974), one column a limit."""
    parts = (active.row_low, active.row_high, active.cell_low, active.cell_high)
    unit = np.eye(len(g))
    columns = np.hstack((J[parts[0]].T, -J[parts[1]].T, unit[:, parts[2]], -unit[:, parts[3]]))
    try:
        solved, _ = nnls(columns, g, maxiter=10 * columns.shape[1] + 100)
    except RuntimeError:  # scipy's word for too many iterations: least squares with its wrong signs cut off must do
        solved = np.maximum(0.0, np.linalg.lstsq(columns, g, rcond=None)[0])
    ends = np.cumsum([part.sum() for part in parts])
    y, v = np.zeros(len(J)), np.zeros(len(g))
    y[parts[0]] += solved[: ends[0]]
    y[parts[1]] -= solved[ends[0] : ends[1]]
    v[parts[2]] += solved[ends[1] : ends[2]]
    v[parts[3]] -= solved[ends[2] :]
    return y, v
