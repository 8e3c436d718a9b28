"""From a good point to the best one near it, without slopes: whole steps, a pattern of steps of every length, and
landing exactly on a step of a price list."""

from __future__ import annotations

import numpy as np
import torch

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.discrete.judge import ENDLESS, Ints, Judge, best_of

LEAPS = (10.0, 100.0, 1_000.0, 10_000.0)
"""Further steps of whole cells without bounds; and as far again as they have come, to see whether there is an end."""
RATIOS = ((1, 2), (2, 1), (1, 3), (3, 1), (2, 3), (3, 2))
"""Steps of pairs of cells, one up and one down: along a row of other coefficients than ones."""
MOST_STEPS = 2_000
PAIRS = 800
"""Pairs of whole cells moved at once, one up and one down, both up, both down; of more pairs, so many at random."""
SHAKES, PER_CELL = 25, 3
"""Shakes of whole cells without a better point, after which a search ends: so many, and so many more a cell."""
SCALES = 52
"""Step lengths tried at once: halvings of a cell's range, down to rounding."""
SWEEPS = 200
MOST_CELLS = 24
"""Cells moved in one sweep of the pattern; others wait for their turn."""
BINDS = 1e-6
"""A row this close to its limit, relative, binds."""
FAR = 1e6
"""How far a whole cell without a bound is drawn."""
NEAR = 1e-6
"""A cell is rounded by no more than this, relative to max(1, |x|), where rounding gains nothing."""
ENOUGH = 1e-13
"""A gain smaller than this part of the merit is rounding."""


def whole_neighbours(x: Floats, places: Ints, lower: Floats, upper: Floats) -> Floats:
    """Points (K, n) one or two whole steps from x (n,) in the cells at `places`, and for long ranges further."""
    lines = np.eye(len(x))[places]
    steps = [lines, -lines]
    span = np.where(np.isfinite(upper - lower), upper - lower, 0)[places]
    for part in (0.5, 0.25, 0.1, 0.03, 0.01):
        far = lines * np.round(part * span)[:, None]
        far = far[np.round(part * span) > 1]
        steps += [far, -far]
    endless = lines[~np.isfinite(upper - lower)[places]]
    steps += [sign * far * endless for far in LEAPS for sign in (1, -1)]
    grown = np.maximum(1.0, np.abs(x[places]))[:, None] * lines
    grown = np.where(np.abs(x[places]) < ENDLESS, 1.0, 0.0)[:, None] * grown
    grown = grown[~np.isfinite(upper - lower)[places]]
    steps += [sign * far * grown for far in (1.0, 10.0) for sign in (1, -1)]
    first, second = np.triu_indices(len(places), 1)
    if len(first) > PAIRS:
        chosen = np.random.default_rng(len(first)).choice(len(first), PAIRS, replace=False)
        first, second = first[chosen], second[chosen]
    if len(first):
        steps += [a * lines[first] + b * lines[second] for a in (1, -1) for b in (1, -1)]
        if len(first) * len(RATIOS) <= PAIRS:
            steps += [s * (a * lines[first] - b * lines[second]) for a, b in RATIOS for s in (1, -1)]
    X = np.unique(np.clip(x + np.concatenate(steps), lower, upper), axis=0)
    return X[(x != X).any(1)]


def whole_descent(judge: Judge, x: Floats, places: Ints, lower: Floats, upper: Floats) -> Floats:
    """The best point that steps of whole cells lead to from x (n,), every point offered."""
    merit, miss = (part[0] for part in judge.offer(x[None]))
    for _ in range(MOST_STEPS if len(places) else 0):
        X = whole_neighbours(x, places, lower, upper)
        if not len(X):
            break
        merits, misses = judge.offer(X)
        best = best_of(merits, misses)
        if not (misses[best], merits[best] + ENOUGH * abs(merits[best])) < (miss, merit):
            break
        x, merit, miss = X[best], merits[best], misses[best]
        judge.tick()
    return x


def whole_search(judge: Judge, x: Floats, places: Ints, lower: Floats, upper: Floats, seed: int = 0) -> None:
    """Descents from x (n,) shaken: a few whole cells drawn anew, again and again, as long as that brings anything."""
    random = np.random.default_rng(seed)
    vain = 0
    low, high = (np.nan_to_num(bound, neginf=-FAR, posinf=FAR) for bound in (lower, upper))
    while vain < SHAKES + PER_CELL * len(places) and len(places) and not judge.weary:
        best = (judge.miss, judge.merit)
        shaken = (x if judge.x is None else judge.x).copy()
        moved = random.choice(places, min(len(places), int(random.integers(2, 6))), replace=False)
        near = random.integers(-3, 4, len(moved)) + shaken[moved]
        anywhere = random.integers(low[moved].astype(np.int64), high[moved].astype(np.int64) + 1)
        shaken[moved] = np.clip(
            np.where(random.uniform(size=len(moved)) < 0.5, near, anywhere), low[moved], high[moved]
        )
        whole_descent(judge, shaken, places, lower, upper)
        vain = 0 if (judge.miss, judge.merit) < best else vain + 1
        judge.tick()


def pattern_search(
    judge: Judge, x: Floats, places: Ints, lower: Floats, upper: Floats, seed: int = 0, sweeps: int = SWEEPS
) -> Floats:
    """Direct search (Hooke and Jeeves 1961) with all step lengths at once: along each cell, along random directions,
    and further along the way that led here. x (n,); places: continuous cells, whose bounds are finite."""
    random = np.random.default_rng(seed)
    width = (upper - lower)[places]
    halves = 0.5 ** np.arange(1, SCALES + 1)
    merit, miss = (part[0] for part in judge.offer(x[None]))
    before, rest = x, 0
    for _ in range(sweeps):
        if not len(places):
            break
        chosen = random.permutation(len(places))[:MOST_CELLS]
        axes = np.zeros((len(chosen), len(x)))
        axes[np.arange(len(chosen)), places[chosen]] = width[chosen]
        oblique = random.standard_normal((len(chosen), len(chosen))) @ axes if len(chosen) > 1 else axes[:0]
        directions = np.concatenate([axes, oblique, _along_rows(judge, x, axes)])
        steps = (halves[:, None, None] * directions).reshape(-1, len(x))
        along = (x - before) * np.array([[0.5], [1.0], [2.0], [4.0], [16.0]])
        X = np.clip(np.concatenate([x + steps, x - steps, x + along]), lower, upper)
        merits, misses = judge.offer(X)
        best = best_of(merits, misses)
        if (misses[best], merits[best] + ENOUGH * abs(merits[best])) < (miss, merit):
            before, x, merit, miss, rest = x, X[best], merits[best], misses[best], 0
        else:
            before, rest = x, rest + 1
            if rest * MOST_CELLS >= len(places) + MOST_CELLS:
                break
        judge.tick()
    return x


def _along_rows(judge: Judge, x: Floats, axes: Floats) -> Floats:
    """The axes (k, n) bent into the plane of the rows that bind at x (n,): the ways on that keep them."""
    problem, conditions = judge.problem, judge.conditions
    if problem.system is None:
        return axes[:0]
    point = torch.as_tensor(x[None]).to(device=problem.device, dtype=problem.dtype)
    _, _, rows, jacobian = (part[0].double().cpu().numpy() for part in problem.system.slopes(point))
    room = np.minimum(np.abs(rows - conditions.row_lower), np.abs(rows - conditions.row_upper))
    bind = conditions.equalities | (room <= BINDS * np.maximum(1.0, np.abs(rows)))
    normals = jacobian[bind]
    normals = normals[np.isfinite(normals).all(1)]
    if not len(normals):
        return axes[:0]
    moving = np.flatnonzero(axes.any(0))
    _, sizes, ways = np.linalg.svd(normals[:, moving], full_matrices=True)
    free = ways[int((sizes > 1e-10 * sizes.max(initial=1e-300)).sum()) :]
    bent = np.zeros_like(axes)
    bent[:, moving] = axes[:, moving] @ free.T @ free
    return bent


def land(judge: Judge, x: Floats, places: Ints, lower: Floats, upper: Floats) -> None:
    """Offer x (n,) with cells rounded to fewer digits wherever that is better: a price that falls at 1000
    is met at 1000, not a hair above it."""
    merit, miss = (part[0] for part in judge.offer(x[None]))
    for place in places:
        X = np.repeat(x[None], 19, axis=0)
        X[:, place] = [np.round(x[place], digits) for digits in range(-6, 13)]
        X = np.clip(X, lower, upper)
        merits, misses = judge.offer(X)
        best = best_of(merits, misses)
        if (misses[best], merits[best]) < (miss, merit):
            x, merit, miss = X[best], merits[best], misses[best]
            continue
        near = np.abs(X[:, place] - x[place]) <= NEAR * max(1.0, abs(x[place]))
        level = np.flatnonzero(near & (misses == miss) & (merits == merit))
        if len(level):
            x = X[level[0]]  # as good, with fewer digits
    judge.prefer(x)
