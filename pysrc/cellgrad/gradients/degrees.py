"""Whether a function is linear or quadratic, by its exact derivatives at random points.

The gradient of a linear function is the same everywhere, that of a quadratic one grows evenly: the sum over one
diagonal of a parallelogram is the sum over the other. Whatever passes is confirmed by the second derivative, which
vanishes or is the same everywhere: a curvature too slight for differences of gradients shows there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from cellgrad.errors import UnsupportedError
from cellgrad.gradients.form import Form

Slopes = Callable[[Tensor], Tensor]
"""Points (K, n) -> first derivatives (K, m)."""
Bends = Callable[[Tensor, Tensor], Tensor]
"""Points and directions (K, n) -> derivatives of those in these directions (K, m)."""

SCALES = (1.0, 1e-2, 1e2)
"""How far around the start is looked, in units of the changing cells."""
ALIKE = 1e-8
"""Derivatives that differ by less, relative to their size, are the same."""
NOTHING = 1e-11
"""A change of the first derivative by less, relative to its size, is rounding."""


class Surroundings:
    """Where to look around a start x0 (n,), between bounds (n,) where there are any. Seeded."""

    def __init__(
        self, x0: np.ndarray, lower: np.ndarray | None = None, upper: np.ndarray | None = None, seed: int = 0
    ) -> None:
        self.x0 = x0
        self.lower, self.upper = lower, upper
        self._random = np.random.default_rng(seed)
        sizes = np.abs(x0)
        typical = float(np.median(sizes[sizes > 0])) if (sizes > 0).any() else 1.0
        self.sizes = np.where(sizes > 0, sizes, typical)

    def step(self, scale: float) -> np.ndarray:
        """A random direction (n,), as long as the changing cells are large."""
        return scale * self.sizes * self._random.uniform(-1.0, 1.0, len(self.x0))

    def clipped(self, x: np.ndarray) -> np.ndarray:
        """x moved between the bounds."""
        lower = -np.inf if self.lower is None else self.lower
        upper = np.inf if self.upper is None else self.upper
        return np.minimum(np.maximum(x, lower), upper)

    def parallelogram(self, scale: float) -> np.ndarray:
        """Four points (4, n), the first and the last opposite each other, the first between the bounds."""
        corner, u, w = self.clipped(self.x0 + self.step(scale)), self.step(scale), self.step(scale)
        return np.stack([corner, corner + u, corner + w, corner + u + w])


def degrees(slopes: Slopes, bends: Bends, around: Surroundings, scales: tuple[float, ...] = SCALES) -> np.ndarray:
    """LINEAR, QUADRATIC or SMOOTH for each of the m derivatives; CONSTANT where no point looked at has values."""
    found = np.zeros(0, np.int64)
    kept: list[Tensor] = []
    for scale in scales:
        points = torch.from_numpy(around.parallelogram(scale))
        here = _forms(slopes(points).numpy())
        found = np.maximum(found, here) if found.size else here
        if (found >= Form.SMOOTH).all():
            return found
        if here.any():
            kept.append(points)
    try:
        for points in kept:
            found = np.maximum(found, _confirmed(slopes, bends, points))
    except UnsupportedError:
        pass  # no second derivative here: the first ones have to do
    return found


def _forms(first: np.ndarray) -> np.ndarray:
    """What first derivatives (4, m) at the corners of a parallelogram allow; CONSTANT where one is not finite."""
    a, b, c, d = np.nan_to_num(first, posinf=0.0, neginf=0.0)
    size = _sizes(np.abs(np.stack((a, b, c, d))).max(0))
    linear = np.maximum(np.abs(b - a), np.maximum(np.abs(c - a), np.abs(d - a))) <= ALIKE * size
    quadratic = np.abs(a + d - b - c) <= ALIKE * size
    found = np.where(linear, Form.LINEAR, np.where(quadratic, Form.QUADRATIC, Form.SMOOTH))
    return np.where(np.isfinite(first).all(0), found, Form.CONSTANT)


def _confirmed(slopes: Slopes, bends: Bends, points: Tensor) -> np.ndarray:
    """What second derivatives at the corners of a parallelogram allow; CONSTANT where one is not finite."""
    step = (points[3] - points[0]).expand(points.shape)
    second = bends(points, step).numpy()
    first = _sizes(np.abs(slopes(points[:1]).numpy()[0]))
    size = np.abs(second).max(0)
    linear = size <= NOTHING * first
    even = np.abs(second - second[0]).max(0) <= ALIKE * _sizes(size)
    found = np.where(linear, Form.LINEAR, np.where(even, Form.QUADRATIC, Form.SMOOTH))
    return np.where(np.isfinite(second).all(0) & np.isfinite(first), found, Form.CONSTANT)


def _sizes(values: np.ndarray) -> np.ndarray:
    """Magnitudes (m,), none below what rounding of the largest may leave."""
    return np.maximum(values, 1e-4 * values[np.isfinite(values)].max(initial=0.0))
