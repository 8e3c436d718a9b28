"""The last digits: Newton's method on the Karush-Kuhn-Tucker equations, with the limits that bind held as equalities.

With exact Hessians it converges quadratically, so a few steps take a point that is right to four digits to one right to
the floor of the arithmetic (Nocedal and Wright 2006, section 18.1). Limits join where a step would cross them and leave
where their multiplier has the wrong sign, which makes it an active-set method that solves quadratic models exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.constrained.kkt import Activity, activity, kkt
from cellgrad.optimize.constrained.model import Slopes, View

MOST_CELLS = 1_500
"""Beyond so many cells the Hessian is not formed."""
NEAR = 1e-4
"""A limit this close to the unpolished point, with a multiplier, is taken for active."""
MOST_STEPS = 40
MANY_CELLS = 400
FEW_STEPS = 10
"""Where there are many cells a step takes its time."""
MOST_CHANGES = 30
MOST_FRUITLESS = 3
STILL = 1e-15
RANK = 1e-13


@dataclass
class _Working:
    """Limits held: row_side, cell_side are -1 at the lower, 1 at the upper, 0 free."""

    row_side: np.ndarray
    cell_side: np.ndarray


def polished(view: View, z: Floats) -> Floats:
    """A point that meets the conditions better than z (n,), or z itself."""
    if not 0 < view.n <= MOST_CELLS:
        return z
    slopes = view.slopes(z)
    if not slopes.finite:
        return z
    near = activity(view, z, slopes.c, NEAR)
    found = kkt(view, z, slopes, near)
    before = kkt(view, z, slopes)
    working = _Working(
        np.where(view.equal, -1, np.where(found.rows > 0, -1, np.where(found.rows < 0, 1, 0))),
        np.where(found.cells > 0, -1, np.where(found.cells < 0, 1, 0)),
    )
    best = _newton(view, z, working)
    if best is None:
        return z
    after_slopes = view.slopes(best)
    after = kkt(view, best, after_slopes)
    allowed = slopes.f + float(np.abs(before.rows) @ view.misses(slopes.c)) + 1e-9 * max(1.0, abs(slopes.f))
    better = after.residual < before.residual and after.violation <= max(before.violation, 1e-12)
    return best if better and after_slopes.f <= allowed + before.dual * _distance(view, z, best) else z


def _distance(view: View, a: Floats, b: Floats) -> float:
    return float(np.abs(a - b).sum())


def _newton(view: View, z: Floats, working: _Working) -> Floats | None:
    """The best point on the way, None where there is none."""
    best, best_size = None, np.inf
    z = _at_bounds(view, z, working)
    fruitless = changes = 0
    for _ in range(MOST_STEPS if view.n <= MANY_CELLS else FEW_STEPS):
        slopes = view.slopes(z)
        if not slopes.finite:
            break
        size = kkt(view, z, slopes).residual
        fruitless = 0 if size < 0.5 * best_size else fruitless + 1
        if size < best_size:
            best, best_size = z, size
        moved = _step(view, z, slopes, working)
        if moved is None:
            break
        after, y, joined = moved
        still = np.abs(after - z).max(initial=0.0) <= STILL * (1 + np.abs(z).max(initial=0.0))
        if not joined and (still or fruitless > 1):
            if changes >= MOST_CHANGES or not _leave(view, after, working, y):
                if still or fruitless > MOST_FRUITLESS:
                    break
            else:
                fruitless = 0
        changes += joined
        if joined and changes > MOST_CHANGES:
            break
        z = after
    return best


def _at_bounds(view: View, z: Floats, working: _Working) -> Floats:
    z = np.where(working.cell_side < 0, view.lower, np.where(working.cell_side > 0, view.upper, z))
    return np.minimum(np.maximum(z, view.lower), view.upper)


def _held(view: View, working: _Working) -> Activity:
    return Activity(
        view.equal | (working.row_side < 0), view.equal | (working.row_side > 0),
        working.cell_side < 0, working.cell_side > 0,
    )  # fmt: skip


def _step(view: View, z: Floats, slopes: Slopes, working: _Working) -> tuple[Floats, Floats, bool] | None:
    """One Newton step, cut where a free limit stands in its way; the multipliers, and whether that limit joined."""
    free, rows = working.cell_side == 0, working.row_side != 0
    if not free.any():
        return None
    y = kkt(view, z, slopes, _held(view, working)).rows
    H = view.hessian(z, -y)[np.ix_(free, free)]
    A = slopes.jacobian[np.ix_(rows, free)]
    limit = np.where(working.row_side < 0, view.row_lower, view.row_upper)[rows]
    if not np.isfinite(H).all():
        return None
    step, multipliers = _solved(H, A, -slopes.gradient[free], limit - slopes.c[rows])
    if not np.isfinite(step).all():
        return None
    along = np.zeros(view.n)
    along[free] = step
    length, cell, row = _room(view, z, slopes, along, working)
    after = np.minimum(np.maximum(z + length * along, view.lower), view.upper)
    y = np.zeros(view.m)
    y[rows] = multipliers
    if length == 1:
        return after, y, False
    if cell >= 0:
        working.cell_side[cell] = -1 if along[cell] < 0 else 1
    else:
        working.row_side[row] = -1 if slopes.jacobian[row] @ along < 0 else 1
    return _at_bounds(view, after, working), y, True


def _solved(H: Floats, A: Floats, down: Floats, miss: Floats) -> tuple[Floats, Floats]:
    """d and y of H d - A'y = down, A d = miss; the shortest solution where there are many."""
    n, m = len(H), len(A)
    K = np.zeros((n + m, n + m))
    K[:n, :n], K[:n, n:], K[n:, :n] = H, -A.T, A
    right = np.concatenate((down, miss))
    size = np.sqrt(np.abs(K).max(1))
    size = np.where(size > 0, size, 1.0)
    K = K / size / size[:, None]
    try:
        solved = np.linalg.solve(K, right / size)
        worst = np.abs(K @ solved - right / size).max(initial=0.0)
        singular = not worst <= 1e-8 * max(1e-12, np.abs(right / size).max(initial=0.0))
        singular |= np.abs(solved).max(initial=0.0) > 1e8 * max(1.0, np.abs(right / size).max(initial=0.0))
    except np.linalg.LinAlgError:
        singular = True
    if singular:
        solved = np.linalg.lstsq(K, right / size, rcond=RANK * len(K))[0]
    solved = solved / size
    return solved[:n], solved[n:]


def _room(view: View, z: Floats, slopes: Slopes, along: Floats, working: _Working) -> tuple[float, int, int]:
    """How far along, at most 1, until the first free cell or row meets a limit; its place, or -1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        to_cell = np.where(along < 0, (view.lower - z) / along, np.where(along > 0, (view.upper - z) / along, np.inf))
        rise = slopes.jacobian @ along
        low, high = np.minimum(0, view.row_lower - slopes.c), np.maximum(0, view.row_upper - slopes.c)
        to_row = np.where(rise < 0, low / rise, np.where(rise > 0, high / rise, np.inf))
    noise = 1e-14 * (1 + np.abs(slopes.c))
    to_row = np.where((working.row_side != 0) | (np.abs(rise) <= noise), np.inf, to_row)
    to_cell = np.where((working.cell_side != 0) | np.isnan(to_cell), np.inf, to_cell)
    to_row = np.where(np.isnan(to_row), np.inf, to_row)
    cell = int(to_cell.argmin()) if len(to_cell) else -1
    row = int(to_row.argmin()) if len(to_row) else -1
    at_cell = to_cell[cell] if cell >= 0 else np.inf
    at_row = to_row[row] if row >= 0 else np.inf
    if min(at_cell, at_row) >= 1:
        return 1.0, -1, -1
    return (float(max(0.0, at_cell)), cell, -1) if at_cell <= at_row else (float(max(0.0, at_row)), -1, row)


def _leave(view: View, z: Floats, working: _Working, y: Floats) -> bool:
    """Free the held limit whose multiplier is most wrong in sign; whether there was one."""
    slopes = view.slopes(z)
    v = slopes.gradient - slopes.jacobian.T @ y
    row_wrong = np.where(view.equal, 0.0, working.row_side * y)
    cell_wrong = working.cell_side * v
    worst_row, worst_cell = row_wrong.max(initial=0.0), cell_wrong.max(initial=0.0)
    if max(worst_row, worst_cell) <= 1e-12 * (1 + np.abs(slopes.gradient).max(initial=0.0)):
        return False
    if worst_row >= worst_cell:
        working.row_side[int(row_wrong.argmax())] = 0
    else:
        working.cell_side[int(cell_wrong.argmax())] = 0
    return True
