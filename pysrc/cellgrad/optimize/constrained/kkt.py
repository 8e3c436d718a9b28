"""The conditions of Karush, Kuhn and Tucker at a point: multipliers, and how far the point is from meeting them.

With f, rows c and variables z: gradient f = J' y + v, where y_j >= 0 for a row at its lower limit, <= 0 at its upper,
any sign for an equality, 0 between; the same of v for the bounds of z (Nocedal and Wright 2006, theorem 12.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.constrained.model import Slopes, View

Mask = NDArray[np.bool_]

NEAR = 1e-6
"""A row or cell this close to a limit, in scaled units, stands at it."""

SIGN_SLACK = 1e-9
"""A multiplier of the wrong sign and no more than this is rounding."""

MOST_COLUMNS = 200
"""Beyond so many limits at once, signed least squares takes too long."""
MOST_ROUNDS = 20
LOOSE = 1e-9
"""A residual beyond this asks for signed least squares."""


@dataclass(frozen=True)
class Kkt:
    """rows y (m,), cells v (n,). dual: the largest entry of gradient f - J'y - v. violation: the largest miss.
    slack: the largest product of a multiplier and the distance from its limit."""

    rows: Floats
    cells: Floats
    dual: float
    violation: float
    slack: float

    @property
    def residual(self) -> float:
        """How far the conditions are from being met; infinite where slopes are errors."""
        worst = max(self.dual, self.violation, self.slack)
        return worst if worst == worst else np.inf


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
    """The multipliers that come closest at z, by least squares, of the right signs.

    slopes: those of the view at z. active: who may have one; None is whoever stands near a limit."""
    if active is not None:
        return _kkt(view, z, slopes, active)
    if "kkt" not in slopes.kept:
        slopes.kept["kkt"] = _kkt(view, z, slopes, activity(view, z, slopes.c))
    found: Kkt = slopes.kept["kkt"]
    return found


def _kkt(view: View, z: Floats, slopes: Slopes, active: Activity) -> Kkt:
    y, v, dual = _shed(slopes, active)
    few = int(active.rows.sum() + active.cells.sum()) <= MOST_COLUMNS
    if few and dual > LOOSE * (1 + np.abs(slopes.gradient).max(initial=0.0)):
        signed = _signed(slopes.gradient, slopes.jacobian, active)
        if (other := _dual(slopes, *signed)) < dual:
            (y, v), dual = signed, other
    slack = max(
        _apart(y, slopes.c, view.row_lower, view.row_upper, ~view.equal), _apart(v, z, view.lower, view.upper, v != 0)
    )
    return Kkt(y, v, dual, view.violation(slopes.c), slack)


def _apart(multipliers: Floats, values: Floats, lower: Floats, upper: Floats, judged: Mask) -> float:
    limits = np.where(multipliers > 0, lower, upper)
    held = judged & (multipliers != 0)
    return float(np.abs(multipliers[held] * (values - limits)[held]).max(initial=0.0))


def _dual(slopes: Slopes, y: Floats, v: Floats) -> float:
    return float(np.abs(slopes.gradient - slopes.jacobian.T @ y - v).max(initial=0.0))


def _shed(slopes: Slopes, active: Activity) -> tuple[Floats, Floats, float]:
    """Plain least squares, again and again without the limits whose multiplier came out with the wrong sign."""
    g, J = slopes.gradient, slopes.jacobian
    y, v = np.zeros(len(J)), np.zeros(len(g))
    rows, cells = active.rows, active.cells
    slack = SIGN_SLACK * (1 + np.abs(g).max(initial=0.0))
    for _ in range(MOST_ROUNDS):
        y, v = np.zeros(len(J)), np.zeros(len(g))
        if rows.any() and not cells.all():
            y[rows] = np.linalg.lstsq(J[np.ix_(rows, ~cells)].T, g[~cells], rcond=1e-12)[0]
        v[cells] = (g - J.T @ y)[cells]
        wrong_rows = rows & _wrong(y, active.row_low, active.row_high, slack)
        wrong_cells = cells & _wrong(v, active.cell_low, active.cell_high, slack)
        if not (wrong_rows.any() or wrong_cells.any()):
            break
        rows, cells = rows & ~wrong_rows, cells & ~wrong_cells
    y = np.where(_wrong(y, active.row_low, active.row_high, 0.0), 0.0, y)
    v = np.where(_wrong(v, active.cell_low, active.cell_high, 0.0), 0.0, v)
    return y, v, _dual(slopes, y, v)


def _wrong(values: Floats, low: Mask, high: Mask, slack: float) -> Mask:
    """Below zero at a lower limit, above at an upper one; an equality's is never wrong."""
    return ((values < -slack) & low & ~high) | ((values > slack) & high & ~low)


def _signed(g: Floats, J: Floats, active: Activity) -> tuple[Floats, Floats]:
    """Least squares between bounds (Stark and Parker 1995), one column a limit, none below zero. (scipy's nnls is not
    used: 1.17 frees memory twice where columns depend on one another.)"""
    parts = (active.row_low, active.row_high, active.cell_low, active.cell_high)
    unit = np.eye(len(g))
    columns = np.hstack((J[parts[0]].T, -J[parts[1]].T, unit[:, parts[2]], -unit[:, parts[3]]))
    solved = lsq_linear(columns, g, (0.0, np.inf), method="bvls", max_iter=10 * columns.shape[1] + 100).x
    ends = np.cumsum([part.sum() for part in parts])
    y, v = np.zeros(len(J)), np.zeros(len(g))
    y[parts[0]] += solved[: ends[0]]
    y[parts[1]] -= solved[ends[0] : ends[1]]
    v[parts[2]] += solved[ends[1] : ends[2]]
    v[parts[3]] -= solved[ends[2] :]
    return y, v


def kkt_given(view: View, z: Floats, y: Floats) -> Kkt:
    """The same for multipliers of the rows that are known, without a Jacobian."""
    _, c, gradient = view.weighted(z, -y)
    active = activity(view, z, c)
    v = np.where(active.cells, gradient, 0.0)
    v = np.where(_wrong(v, active.cell_low, active.cell_high, 0.0), 0.0, v)
    dual = float(np.abs(gradient - v).max(initial=0.0))
    slack = max(_apart(y, c, view.row_lower, view.row_upper, ~view.equal), _apart(v, z, view.lower, view.upper, v != 0))
    return Kkt(y, v, dual, view.violation(c), slack)
