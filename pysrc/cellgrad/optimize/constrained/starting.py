"""A start in a cell error is no start: a point near it that is none."""

from __future__ import annotations

import numpy as np

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.constrained.model import Model

SMALL = (1e-3, 0.1, 1.0, 10.0)
"""What is tried in place of zeros: most start errors are a division by an empty cell, or its logarithm."""
DRAWS = 64


def finite_start(model: Model, x: Floats, seed: int, large: bool = False) -> tuple[Floats | None, bool]:
    """x (n,), or the first point of the trials that is no error, None where all are; whether another was needed.
    large: no Jacobian is to be formed."""

    def sound(x: Floats) -> bool:
        f, c = model.values(x)
        if not (np.isfinite(f) and np.isfinite(c).all()):
            return False
        return bool(np.isfinite(model.weighted(x, 1.0, np.ones(model.m))[2]).all()) if large else model.slopes(x).finite

    if sound(x):
        return x, False
    return next((trial for trial in _trials(model, x, seed) if sound(trial)), None), True


def _trials(model: Model, x: Floats, seed: int) -> list[Floats]:
    """From near to far: zeros made small, the middle between the bounds, then drawn around the start."""
    within = [np.where(x == 0, small, x) for small in SMALL]
    within += [np.where(x == 0, -small, x) for small in SMALL]
    within += [x + small * np.maximum(1.0, np.abs(x)) for small in SMALL]
    bounded = np.isfinite(model.lower) & np.isfinite(model.upper)
    low, high = np.where(bounded, model.lower, 0.0), np.where(bounded, model.upper, 0.0)
    within.append(np.where(bounded, (low + high) / 2, np.maximum(np.abs(x), 1.0)))
    draw = np.random.default_rng(seed)
    span = np.maximum(1.0, np.abs(x))
    for k in range(DRAWS):
        around = x + span * draw.normal(0, 10.0 ** (k % 4 - 2), model.n)
        inside = low + (high - low) * draw.random(model.n)
        within.append(np.where(bounded & (k % 2 == 0), inside, around))
    return [np.minimum(np.maximum(trial, model.lower), model.upper) for trial in within]


def perturbed(model: Model, x: Floats, sizes: Floats, seed: int, spread: float) -> Floats:
    """A point near x (n,), each cell moved by about `spread` of its typical size, between its bounds."""
    moved = x + spread * sizes * np.random.default_rng(seed).uniform(-1, 1, model.n)
    return np.minimum(np.maximum(moved, model.lower), model.upper)
