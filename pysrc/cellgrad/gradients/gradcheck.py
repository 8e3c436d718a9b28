"""Checking exact gradients against central differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

STEPS = (1e-4, 1e-5, 1e-6, 1e-7)
"""Relative steps tried. Each cell keeps the difference that agrees best with the next finer one: a kink between the
two points, or rounding, shows as disagreement. The exact gradient takes no part in the choice."""

MOST_CELLS = 2000
CHUNK = 256


@dataclass(frozen=True)
class GradientCheck:
    """exact, difference: derivatives by changing cell (checked cells only). cells: their indexes.

    max_relative_error: the largest |exact - difference| / max(1, |exact|).
    """

    cells: np.ndarray
    exact: np.ndarray
    difference: np.ndarray

    @property
    def max_relative_error(self) -> float:
        if not len(self.exact):
            return 0.0
        error = np.abs(self.exact - self.difference) / np.maximum(1.0, np.abs(self.exact))
        return float(np.max(error)) if np.isfinite(error).all() else float("inf")


def check_gradient(value: Callable[[Tensor], Tensor], exact: np.ndarray, x: np.ndarray, seed: int = 0) -> GradientCheck:
    """Compare `exact` (n,) with central differences of `value`, (K, n) -> (K,), at x (n,).

    Beyond MOST_CELLS cells a random sample of that size is checked.
    """
    cells = np.arange(len(x))
    if len(cells) > MOST_CELLS:
        cells = np.sort(np.random.default_rng(seed).choice(len(x), MOST_CELLS, replace=False))
    # Steps in proportion to a cell's own size serve cells far below 1, where a step of 1e-7 would be a leap.
    size = np.abs(x[cells])
    scales = (np.maximum(1.0, size), np.where((size > 0) & (size < 1), size, 1.0))
    with np.errstate(all="ignore"):  # a difference may run into an error value, or be too small to tell
        slopes = np.stack([_differences(value, x, cells, step * scale) for scale in scales for step in STEPS])
        disagreement = np.abs(np.diff(slopes, axis=0))
    disagreement = np.where(np.isfinite(disagreement), disagreement, np.inf)
    disagreement[len(STEPS) - 1] = np.inf  # not two steps of one scale
    best = disagreement.argmin(axis=0)
    return GradientCheck(cells, exact[cells], slopes[best, np.arange(len(cells))])


def _differences(value: Callable[[Tensor], Tensor], x: np.ndarray, cells: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Central differences by each of `cells`, with a step of its own."""
    slopes = np.empty(len(cells))
    for start in range(0, len(cells), CHUNK):
        part = cells[start : start + CHUNK]
        high, low = np.repeat(x[None], len(part), 0), np.repeat(x[None], len(part), 0)
        at = np.arange(len(part))
        high[at, part] += steps[start : start + len(part)]
        low[at, part] -= steps[start : start + len(part)]
        values = value(torch.from_numpy(np.concatenate([high, low]))).double().cpu().numpy()
        slopes[start : start + len(part)] = (values[: len(part)] - values[len(part) :]) / (
            high[at, part] - low[at, part]
        )
    return slopes
