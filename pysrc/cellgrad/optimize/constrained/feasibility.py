"""Where no point meets all limits: the point that misses them least, and the limits that are in conflict there.

At a minimum of half the sum of squared misses, those misses are themselves multipliers that prove, as Farkas' lemma
does for linear rows, that nothing nearby is better: the sum of miss x slope of row is what bounds of cells push back.
Rows that are missed and cells that are pushed back are the conflict; striking out what it does not need shrinks it.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.constrained.kkt import Mask
from cellgrad.optimize.constrained.model import View
from cellgrad.optimize.solution import Conflict

MISSED = 1e-7
"""A scaled miss of more than this is one."""
SPREADS = (0.3, 3.0)
"""How far around, in typical sizes, further points are tried before limits are said to contradict one another."""
MOST_DELETIONS = 40
ALL_BUT_MET = 1e-4
NOISE = 1e-15
TIDYING_STEPS = 4
MOST_TRIALS = 100


def nearest(view: View, z: Floats, rows: Mask | None = None, unbound: Mask | None = None) -> Floats:
    """A local minimum, from z (n,), of the squared misses of `rows` (m,), all of them where None; the bounds of the
    cells `unbound` (n,) set aside."""
    kept = np.ones(view.m, bool) if rows is None else rows
    free = np.zeros(view.n, bool) if unbound is None else unbound
    lower, upper = np.where(free, -np.inf, view.lower), np.where(free, np.inf, view.upper)
    last = [view.slopes(z)]
    if not kept.any() or not last[0].finite:
        return z

    def signed(c: Floats) -> Floats:
        return (np.maximum(c - view.row_upper, 0.0) - np.maximum(view.row_lower - c, 0.0))[kept]

    def misses(z: Floats) -> Floats:
        c = view.values(z, bounded=unbound is None)[1]
        return signed(c) if np.isfinite(c).all() else np.full(int(kept.sum()), 1e10)

    def slopes(z: Floats) -> Floats:
        now = view.slopes(z, bounded=unbound is None)
        if now.finite:
            last[0] = now
        return last[0].jacobian[kept] * (signed(last[0].c) != 0)[:, None]

    span = 1e-10 * np.minimum(1.0, np.where(np.isfinite(upper - lower), upper - lower, 1.0))
    inside = np.minimum(np.maximum(z, lower + span), upper - span)
    found = least_squares(
        misses, inside, slopes, (lower, upper), method="trf", ftol=1e-13, xtol=1e-13, gtol=1e-13, max_nfev=MOST_TRIALS
    )
    return found.x if np.isfinite(view.values(found.x, bounded=unbound is None)[1]).all() else z


def tidied(view: View, z: Floats) -> Floats:
    """z (n,) moved by the shortest steps that meet rows which are all but met: an engine's tolerance is not ours."""
    for _ in range(TIDYING_STEPS):
        slopes = view.slopes(z)
        missed = view.misses(slopes.c)
        if not slopes.finite or not NOISE < missed.max(initial=0.0) <= ALL_BUT_MET:
            return z
        over = np.where(slopes.c > view.row_upper, missed, -missed)
        rows, free = view.equal | (missed > 0), (z > view.lower) & (z < view.upper)
        step = np.linalg.lstsq(slopes.jacobian[np.ix_(rows, free)], -over[rows], rcond=1e-10)[0]
        moved = z.copy()
        moved[free] += step
        moved = np.minimum(np.maximum(moved, view.lower), view.upper)
        if not view.violation(view.values(moved)[1]) < missed.max():
            return z
        z = moved
    return z


def conflict(view: View, z: Floats) -> Conflict:
    """The limits in conflict at z (n,), a least miss; None are told where slopes are errors."""
    if not view.slopes(z).finite:
        return Conflict((), (), irreducible=False)
    rows, cells = _missed(view, z, np.ones(view.m, bool))
    shown = int(rows.sum() + cells.sum()) <= MOST_DELETIONS
    if shown:
        rows, cells = _struck_out(view, z, rows, cells)
    known = np.flatnonzero(rows)
    places = view.model.places
    return Conflict(
        tuple(int(places[k]) for k in known if k < len(places)),
        tuple(int(place) for place in view.model.free[cells]),
        irreducible=shown,
    )


def _missed(view: View, z: Floats, rows: Mask) -> tuple[Mask, Mask]:
    """Those of `rows` that are missed at z, and the cells whose bounds keep them from being met."""
    slopes = view.slopes(z)
    over = np.where(rows, np.maximum(slopes.c - view.row_upper, 0.0) - np.maximum(view.row_lower - slopes.c, 0.0), 0.0)
    rows = np.abs(over) > max(MISSED, 1e-3 * np.abs(over).max(initial=0.0))
    push = slopes.jacobian.T @ np.where(rows, over, 0.0)
    near = 1e-6 * (1 + np.abs(z))
    cells = ((z - view.lower <= near) & (push > 0)) | ((view.upper - z <= near) & (push < 0))
    return rows, cells & (np.abs(push) > 1e-6 * max(1e-12, float(np.abs(push).max(initial=0.0))))


def _struck_out(view: View, z: Floats, rows: Mask, cells: Mask) -> tuple[Mask, Mask]:
    """Strike out one row after the other, and keep it only where the rest can be met without it; then the bounds."""
    draw = np.random.default_rng(0)
    around = [z] + [
        np.minimum(np.maximum(z + spread * draw.uniform(-1, 1, view.n), view.lower), view.upper) for spread in SPREADS
    ]

    def best(rows: Mask, unbound: Mask) -> tuple[Floats, bool]:
        """The point that misses the rows least, and whether it misses any."""
        least, size = z, np.inf
        for start in around:
            at = nearest(view, start, rows, unbound)
            missed = float(view.misses(view.values(at, bounded=False)[1])[rows].max(initial=0.0))
            if missed < size:
                least, size = at, missed
            if size <= MISSED:
                break
        return least, size > MISSED

    none = np.zeros_like(cells)
    if not best(rows, none)[1]:
        rows = np.ones_like(rows)
    for k in np.flatnonzero(rows):
        fewer = rows.copy()
        fewer[k] = False
        if best(fewer, none)[1]:
            rows = fewer
    cells = _missed(view, view.z(view.x(best(rows, none)[0])), rows)[1]
    others = ~cells
    if not best(rows, others)[1]:
        others, cells = none, np.ones_like(cells)
    for i in np.flatnonzero(cells)[:MOST_DELETIONS]:
        wider = others.copy()
        wider[i] = True
        if best(rows, wider)[1]:
            others, cells = wider, cells & ~wider
    return rows, cells
