"""What the changing cells must satisfy: bounds, rows of constraints, whole numbers, groups of cells all different.

A *row* is one constraint on one cell: low <= g(x) <= high, with low == high for an equality. Bounds on the changing
cells themselves are no rows. Which cell a row stands for is known to the session, not here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]

PRECISION = 1e-6
"""How far a constraint may be missed and still count as met: Solver's default (``solver_pre``)."""


class System(Protocol):
    """An objective cell f and c constrained cells g as functions of n changing cells, batched over K points.

    A value that is not finite is a cell error at that point: data, never an exception.
    """

    @property
    def size(self) -> int:
        """n"""

    @property
    def count(self) -> int:
        """c, which may be 0."""

    def values(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """X (K, n) -> f (K,), g (K, c)."""

    def slopes(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """X (K, n) -> f (K,), its gradient (K, n), g (K, c), its Jacobian (K, c, n)."""

    def weighted(self, X: Tensor, f_weight: Tensor, g_weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """f (K,), g (K, c) and the gradient (K, n) of f_weight f + g_weights . g, in one reverse pass however many
        rows there are. f_weight (K,), g_weights (K, c)."""

    def weighted_hessian(self, X: Tensor, f_weight: Tensor, g_weights: Tensor) -> Tensor:
        """The Hessian (K, n, n) of f_weight f + g_weights . g: exact."""

    def weighted_hessian_product(self, X: Tensor, f_weight: Tensor, g_weights: Tensor, directions: Tensor) -> Tensor:
        """That Hessian times directions (K, n), (K, n), without forming it."""


@dataclass(frozen=True)
class Conditions:
    """lower, upper (n,): bounds of the changing cells, infinite where there is none. row_lower, row_upper (c,): those
    of the rows. whole (n,): cells that must be whole numbers (a binary cell has bounds 0 and 1 besides).
    different: groups of changing cells (their places) that must be a permutation of 1 .. the size of the group, as
    Excel's AllDifferent says. precision: how far a row may be missed, relative to max(1, |its limit|)."""

    lower: Floats
    upper: Floats
    row_lower: Floats = field(default_factory=lambda: np.empty(0))
    row_upper: Floats = field(default_factory=lambda: np.empty(0))
    whole: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))
    different: tuple[NDArray[np.int64], ...] = ()
    precision: float = PRECISION

    def __post_init__(self) -> None:
        if self.whole.size != self.lower.size:
            object.__setattr__(self, "whole", np.zeros(self.lower.size, bool))

    @staticmethod
    def none(size: int) -> Conditions:
        """No condition on any of `size` changing cells."""
        return Conditions(np.full(size, -np.inf), np.full(size, np.inf))

    @property
    def count(self) -> int:
        """c, the number of rows."""
        return len(self.row_lower)

    @cached_property
    def bounded(self) -> bool:
        """Whether any changing cell has a bound."""
        return bool(np.isfinite(self.lower).any() or np.isfinite(self.upper).any())

    @cached_property
    def discrete(self) -> bool:
        """Whether any cell must be whole or different from others."""
        return bool(self.whole.any() or self.different)

    @property
    def equalities(self) -> NDArray[np.bool_]:
        """Which rows are equalities (c,)."""
        return self.row_lower == self.row_upper

    def relaxed(self) -> Conditions:
        """The same without whole numbers and groups: a group keeps its cells within 1 .. its size."""
        lower, upper = self.lower.copy(), self.upper.copy()
        for group in self.different:
            lower[group] = np.maximum(lower[group], 1.0)
            upper[group] = np.minimum(upper[group], float(len(group)))
        return replace(self, lower=lower, upper=upper, whole=np.zeros(len(lower), bool), different=())

    def with_bounds(self, lower: Floats, upper: Floats) -> Conditions:
        """The same rows between other bounds of the changing cells."""
        return replace(self, lower=lower, upper=upper)

    def clipped(self, x: Floats) -> Floats:
        """x (n,) or (K, n) moved between the bounds."""
        return np.minimum(np.maximum(x, self.lower), self.upper)

    def misses(self, g: Floats) -> Floats:
        """By how much rows with values g (c,) or (K, c) are missed, in their own units; 0 where they hold."""
        with np.errstate(invalid="ignore"):  # an error beside no limit
            return np.maximum(0.0, np.maximum(self.row_lower - g, g - self.row_upper))

    def violation(self, x: Floats, g: Floats) -> float:
        """The largest miss at x (n,) with row values g (c,), each relative to max(1, |its limit|): of bounds, rows,
        whole numbers and groups. Not above `precision` means feasible; infinite where a row is an error."""
        worst = [0.0]
        for values, low, high in ((x, self.lower, self.upper), (g, self.row_lower, self.row_upper)):
            with np.errstate(invalid="ignore"):  # an error beside no limit
                miss = np.maximum(low - values, values - high)
            if miss.size == 0 or miss.max() <= 0:
                continue
            limit = np.where(values < low, low, high)
            size = np.where(np.isfinite(limit), np.maximum(1.0, np.abs(limit)), 1.0)
            worst.append(float((np.maximum(0.0, miss) / size).max()))
        if self.whole.any():
            worst.append(float(np.abs(x[self.whole] - np.round(x[self.whole])).max()))
        for group in self.different:
            worst.append(float(np.abs(np.sort(x[group]) - np.arange(1, len(group) + 1)).max()))
        most = max(worst)
        return most if np.isfinite(g).all() and most == most else float("inf")
