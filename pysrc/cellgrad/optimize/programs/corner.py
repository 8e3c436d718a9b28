"""The vertex that a linear programme's answer stands at: found as a basis, solved anew to the last digit.

A simplex method ends within a tolerance. The rows and bounds that hold with equality there determine the point, so it
is solved from them, with residuals in extended precision (Higham 2002, chapter 12: iterative refinement), and so are
the duals. The basis is chosen as crossover does it: cells between their bounds first, then what has no reduced cost.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import LinAlgWarning, lu_factor, lu_solve, qr

from cellgrad.optimize.programs.highs import Answer
from cellgrad.optimize.programs.instance import Instance

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Extended = np.longdouble

LARGEST_BASIS = 1500
"""Active rows up to which the basis is held dense; beyond, the answer of HiGHS stands as it is."""

AT_LIMIT = (1e-8, 1e-6, 1e-10)
"""Closer than this to a limit (relative above 1) is at the limit; the next is tried where a vertex does not hold."""

NO_COST = 1e-9
"""Reduced costs below this, in units of the largest cost, are taken for 0."""

INDEPENDENT = 1e-8
"""A column (of length 1) whose part outside the span of those before is smaller than this depends on them."""

REFINEMENTS = 3
SNAP = 1e-12
"""What comes this close to a bound is the bound: the difference is rounding."""

ROUNDING = 1e-13
"""Prices below this, in units of the largest cost, are 0."""

DUAL_SLIP = 1e-7
"""By how much a reduced cost may have the wrong sign; more, and the basis was not the optimal one."""


@dataclass(frozen=True)
class Corner:
    """An optimal vertex. x (n,). duals (c,), reduced (n,): change of the cost per unit of a row's limit and of a bound.

    basic: places of the cells that the active rows determine; tight: places of those rows, as many. kernel: the square
    part of the matrix between them, as LU factors. row_side, cell_side: +1 at the lower limit, -1 at the upper, 0 for
    what is free to move or held from both sides.
    """

    x: Floats
    duals: Floats
    reduced: Floats
    basic: Places
    tight: Places
    kernel: tuple[Floats, NDArray[np.int32]]
    row_side: Floats
    cell_side: Floats
    degenerate: bool

    @property
    def others(self) -> bool:
        """Whether some price is 0 at a limit: moving away from it costs nothing, if it can be done."""
        prices = np.concatenate([self.duals[self.row_side != 0], self.reduced[self.cell_side != 0]])
        return bool((np.abs(prices) <= NO_COST).any())


def corner(instance: Instance, answer: Answer) -> Corner | None:
    """The vertex at an optimal answer; None where none is found to hold: too large, or lost in rounding."""
    for near in AT_LIMIT:
        found = _corner(instance, answer, near)
        if found is not None and _holds(instance, answer, found):
            return found
    return None


def _corner(instance: Instance, answer: Answer, near: float) -> Corner | None:
    x = answer.x
    assert x is not None
    g = instance.matrix @ x
    cell_room, row_room = _room(x, instance.lower, instance.upper), _room(g, instance.low, instance.high)
    active = np.flatnonzero(row_room <= near)
    if len(active) > LARGEST_BASIS:
        return None
    basic, tight = _basis(instance, answer, cell_room, active, near)
    start = x.copy()
    resting = np.ones(instance.size, bool)
    resting[basic] = False
    at_bound = resting & (cell_room <= near)
    start[at_bound] = _nearest(x, instance.lower, instance.upper)[at_bound]
    target = _nearest(g, instance.low, instance.high)[tight]
    rows = instance.matrix[tight]
    square = rows[:, basic].toarray()
    if not np.isfinite(square).all():
        return None
    kernel = lu_factor(square, check_finite=False) if len(basic) else (square, np.empty(0, np.int32))
    for _ in range(REFINEMENTS):
        start[basic] += _solve(kernel, _residual(rows, start, target))
    columns = sparse.csr_array(rows.T)
    y = np.zeros(len(tight))
    for _ in range(REFINEMENTS):
        y += _solve(kernel, _residual(columns[basic], y, instance.cost[basic]), transposed=True)
    reduced = _residual(columns, y, instance.cost)
    reduced[basic] = 0.0
    duals = np.zeros(instance.count)
    duals[tight] = y
    duals[np.abs(duals) <= ROUNDING] = 0.0
    reduced[np.abs(reduced) <= ROUNDING] = 0.0
    polished = _snapped(start, instance.lower, instance.upper)
    return Corner(
        polished, duals, reduced, basic, tight, kernel,
        _side(duals, g, instance.low, instance.high, tight),
        _side(reduced, polished, instance.lower, instance.upper, np.flatnonzero(at_bound)),
        len(active) > len(tight) or bool((cell_room[basic] <= near).any()),
    )  # fmt: skip


def _room(values: Floats, low: Floats, high: Floats) -> Floats:
    """How far values are from their nearer limit, relative to it above 1; infinite where there is none."""
    below = (values - low) / np.where(np.isfinite(low), np.maximum(1.0, np.abs(low)), 1.0)
    above = (high - values) / np.where(np.isfinite(high), np.maximum(1.0, np.abs(high)), 1.0)
    return np.minimum(below, above)


def _nearest(values: Floats, low: Floats, high: Floats) -> Floats:
    """The nearer limit of each."""
    return np.where(np.abs(values - low) <= np.abs(high - values), low, high)


def _basis(instance: Instance, answer: Answer, cell_room: Floats, active: Places, near: float) -> tuple[Places, Places]:
    """Cells that the active rows determine, and the rows that do it; the other active rows only happen to hold."""
    no_cost = NO_COST * max(1.0, float(np.abs(instance.cost).max(initial=0.0)))
    between = cell_room > near
    touching = ~between & (np.abs(answer.cells) <= no_cost) & (instance.lower < instance.upper)
    idle = np.abs(answer.rows[active]) <= no_cost
    lines = instance.matrix[active]
    unit = np.eye(len(active))
    used = np.asarray(abs(lines).sum(axis=0)).ravel() > 0
    inner, outer = np.flatnonzero(between & used), np.flatnonzero(touching & used)
    if len(inner) == len(active) and _regular(lines[:, inner].toarray()):  # as at most vertices
        return inner, active
    groups = (
        lines[:, inner].toarray(),
        np.hstack([lines[:, outer].toarray(), unit[:, idle]]),
        unit[:, ~idle],
    )
    first, second, third = _independent(groups, len(active))
    basic = np.concatenate([inner[first], outer[second[second < len(outer)]]])
    slack = np.zeros(len(active), bool)
    slack[np.flatnonzero(idle)[second[second >= len(outer)] - len(outer)]] = True
    slack[np.flatnonzero(~idle)[third]] = True
    return np.sort(basic), active[~slack]


def _regular(square: Floats) -> bool:
    """Whether a square matrix has an inverse, and no trouble with it."""
    if not len(square):
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LinAlgWarning)
        factors, _ = lu_factor(square, check_finite=False)
    return bool(np.abs(np.diagonal(factors)).min() > INDEPENDENT)


def _independent(groups: tuple[Floats, ...], count: int) -> list[Places]:
    """Columns of each group (count, k) that are independent of each other and of those chosen before."""
    rest = np.eye(count)
    chosen: list[Places] = []
    for group in groups:
        if not rest.shape[1] or not group.shape[1]:
            chosen.append(np.empty(0, np.int64))
            continue
        part = rest.T @ (group / np.linalg.norm(group, axis=0))
        q, r, order = qr(part, mode="full", pivoting=True, check_finite=False)
        rank = int((np.abs(np.diagonal(r)) > INDEPENDENT).sum())
        chosen.append(order[:rank].astype(np.int64))
        rest = rest @ q[:, rank:]
    return chosen


def _solve(kernel: tuple[Floats, NDArray[np.int32]], right: Floats, transposed: bool = False) -> Floats:
    return lu_solve(kernel, right, trans=int(transposed), check_finite=False) if len(right) else right


def _residual(matrix: sparse.csr_array, x: Floats, target: Floats) -> Floats:
    """target - A x, added up in extended precision (where the machine has one)."""
    terms = matrix.data.astype(Extended) * x[matrix.indices]
    total = np.zeros(matrix.shape[0], Extended)
    filled = np.diff(matrix.indptr) > 0
    if filled.any():
        total[filled] = np.add.reduceat(terms, matrix.indptr[:-1][filled])
    return (target - total).astype(np.float64)


def _snapped(x: Floats, lower: Floats, upper: Floats) -> Floats:
    for bound in (lower, upper):
        finite = np.isfinite(bound)
        near = finite & (np.abs(x - bound) <= SNAP * np.maximum(1.0, np.abs(np.where(finite, bound, 0.0))))
        x = np.where(near, bound, x)
    return x


def _side(prices: Floats, values: Floats, low: Floats, high: Floats, resting: Places) -> Floats:
    """At which limit each of `resting` rests: by the sign of its price where it has one, else by its value."""
    side = np.zeros(len(prices))
    lower = np.abs(values - low) <= np.abs(high - values)
    side[resting] = np.where(lower[resting], 1.0, -1.0)
    side[low == high] = 0.0
    return side


def _holds(instance: Instance, answer: Answer, found: Corner) -> bool:
    """Whether a corner is feasible and optimal as far as the answer was, or nearly."""
    if not (np.isfinite(found.x).all() and np.isfinite(found.duals).all()):
        return False
    assert answer.x is not None
    before, after = (max(part.max(initial=0.0) for part in instance.misses(x)) for x in (answer.x, found.x))
    slip = max((-found.row_side * found.duals).max(initial=0.0), (-found.cell_side * found.reduced).max(initial=0.0))
    return after <= max(2 * before, 1e-9) and slip <= DUAL_SLIP
