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
MOST_DELETIONS = 40
MOST_TRIALS = 300


def nearest(view: View, z: Floats, rows: Mask | None = None, unbound: Mask | None = None) -> Floats:
    """A local minimum, from z (n,), of the squared misses of `rows` (m,), all of them where None; the bounds of the
    cells `unbound` (n,) set aside."""
    kept = np.ones(view.m, bool) if rows is None else rows
    free = np.zeros(view.n, bool) if unbound is None else unbound
    lower, upper = np.where(free, -np.inf, view.lower), np.where(free, np.inf, view.upper)
    if not kept.any():
        return z
    last = [view.slopes(z)]

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
        misses, inside, slopes, (lower, upper), method="trf", ftol=1e-15, xtol=1e-15, gtol=1e-15, max_nfev=MOST_TRIALS
    )
    return found.x if np.isfinite(view.values(found.x, bounded=unbound is None)[1]).all() else z


def conflict(view: View, z: Floats) -> Conflict:
    """The limits in conflict at z (n,), a least miss."""
    slopes = view.slopes(z)
    over = np.maximum(slopes.c - view.row_upper, 0.0) - np.maximum(view.row_lower - slopes.c, 0.0)
    rows = np.abs(over) > max(MISSED, 1e-3 * np.abs(over).max(initial=0.0))
    push = slopes.jacobian.T @ np.where(rows, over, 0.0)
    near = 1e-6 * (1 + np.abs(z))
    cells = ((z - view.lower <= near) & (push > 0)) | ((view.upper - z <= near) & (push < 0))
    cells &= np.abs(push) > 1e-6 * max(1e-12, np.abs(push).max(initial=0.0))
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


def _struck_out(view: View, z: Floats, rows: Mask, cells: Mask) -> tuple[Mask, Mask]:
    """Strike out one limit after the other, and keep it only where the others can be met without it. Bounds outside
    the conflict are kept only where they must be: with all of them set aside first, the conflict is of its own."""

    def contradict(rows: Mask, unbound: Mask) -> bool:
        at = nearest(view, z, rows, unbound)
        c = view.values(at, bounded=False)[1]
        return not bool((view.misses(c)[rows] <= MISSED).all())

    others = ~cells
    if not contradict(rows, others):
        others = np.zeros_like(cells)
    for k in np.flatnonzero(rows):
        fewer = rows.copy()
        fewer[k] = False
        if contradict(fewer, others):
            rows = fewer
    for i in np.flatnonzero(cells):
        wider = others.copy()
        wider[i] = True
        if contradict(rows, wider):
            others, cells = wider, cells & ~wider
    return rows, cells
