"""What the search minimises: an objective handed over by the compiler, seen through the user's goal.

Everything is batched over starts: a point set X has shape (K, n), K starts of n changing cells.
A value that is not finite means "the objective ends in a cell error at this point". It is data, never an exception:
the methods step back from such a point and never accept it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from cellgrad.errors import ArgumentError
from cellgrad.optimize.conditions import Conditions, System
from cellgrad.optimize.threads import side_by_side
from cellgrad.tensors.gram import normal_equations_of

T = TypeVar("T")

CHUNK_ELEMENTS = 2**25
"""A Jacobian of so many numbers is held in memory: 256 MiB."""
PART_ELEMENTS = 2**19
"""Starts are evaluated together on a CPU while they compute no more numbers than this: parts that fit in the cache take
a third of the time that one large batch takes, and each of them is worth a thread."""


class Objective(Protocol):
    """A function of the changing cells alone, differentiable, evaluated at K points at once.

    With `has_residuals`, ``value(X) == (residuals(X) ** 2).sum(1)``: the scale of a mean of squares is inside r. With
    `rooted` as well, the value is the square root of that sum (a root mean square): the smallest of the one is the
    smallest of the other.
    """

    @property
    def size(self) -> int:
        """n, the number of changing cells."""

    @property
    def device(self) -> torch.device: ...

    @property
    def dtype(self) -> torch.dtype: ...

    @property
    def has_residuals(self) -> bool: ...

    @property
    def rooted(self) -> bool: ...

    @property
    def residual_count(self) -> int:
        """m, or 0 without residuals."""

    @property
    def elements(self) -> int:
        """How many numbers are computed on the way to one value: what an evaluation costs, counted."""

    def value(self, X: Tensor) -> Tensor:
        """(K, n) -> (K,)."""

    def value_and_gradient(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """(K, n) -> values (K,), gradients (K, n)."""

    def residuals_and_jacobian(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """(K, n) -> r (K, m), J (K, m, n)."""

    def normal_equations(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(K, n) -> sums of squares (K,), J'r (K, n), J'J (K, n, n)."""


@dataclass(frozen=True)
class Goal:
    """What the user asked for: ``min``, ``max``, or ``value`` with a `target`."""

    kind: str = "min"
    target: float = 0.0

    @staticmethod
    def parse(text: str) -> Goal:
        """``min``, ``max`` or ``value=V``, in any case. Raises ArgumentError for anything else."""
        word, equals, number = text.strip().partition("=")
        kind = word.strip().lower()
        if kind in ("min", "max") and not equals:
            return Goal(kind)
        if kind == "value" and equals:
            try:
                target = float(number)
            except ValueError:
                target = math.nan
            if math.isfinite(target):
                return Goal("value", target)
        raise ArgumentError(f"no goal is called {text!r}", action="use min, max or value=NUMBER")

    def __str__(self) -> str:
        return f"value={self.target!r}" if self.kind == "value" else self.kind


class Problem:
    """An objective seen through a goal, so that every method only ever minimises; counts evaluations.

    ``max`` minimises the negated cell; ``min`` of the root of a sum of squares minimises the sum. ``value=V`` minimises
    (cell - V)^2, a single residual, so that a least-squares method serves it as well. `merit` means the number
    that is minimised, `cell value` the objective cell's.
    """

    def __init__(
        self,
        objective: Objective,
        goal: Goal | None = None,
        conditions: Conditions | None = None,
        system: System | None = None,
    ) -> None:
        self.objective = objective
        self.goal = goal or Goal()
        self.size = objective.size
        self.conditions = conditions or Conditions.none(self.size)
        self.system = system
        """The objective together with the constrained cells; None where no row constrains the changing cells."""
        self.device = objective.device
        self.dtype = objective.dtype
        self.evaluations = 0
        """Points evaluated so far, over all starts."""
        self.notes: list[str] = []
        """What the user should know of how it was run, a sentence each."""
        squares = objective.has_residuals and self.goal.kind == "min"
        self.rooted = squares and objective.rooted
        self.residual_count = 1 if self.goal.kind == "value" else objective.residual_count if squares else 0
        self.epsilon = float(torch.finfo(getattr(objective, "arithmetic", self.dtype)).eps)
        """The precision of values, which may be less than that of the points."""
        self.bounded = self.conditions.bounded
        self.lower, self.upper = (
            torch.as_tensor(bound).to(device=self.device, dtype=self.dtype)
            for bound in (self.conditions.lower, self.conditions.upper)
        )
        """The bounds (n,), infinite where there is none."""

    def project(self, X: Tensor) -> Tensor:
        """Points (K, n) moved between the bounds."""
        return torch.minimum(torch.maximum(X, self.lower), self.upper) if self.bounded else X

    @property
    def has_residuals(self) -> bool:
        return self.residual_count > 0

    def cell_values_of(self, X: Tensor, merits: Tensor) -> Tensor:
        """The objective cell's own values (K,) at points whose merits are known."""
        if self.goal.kind == "value":  # a merit has lost its sign
            return self._batched(self.objective.value, X, self.objective.elements)
        if self.rooted:
            return merits.sqrt()
        return -merits if self.goal.kind == "max" else merits

    def shown(self, merit: float) -> float:
        """A merit as a user reads it: the cell's value; for goal ``value`` the distance from the target."""
        if self.goal.kind == "value" or self.rooted:
            return math.sqrt(merit) if merit >= 0 else math.nan
        return -merit if self.goal.kind == "max" else merit

    def value(self, X: Tensor) -> Tensor:
        """Merits (K,)."""
        cell = self._batched(self.objective.value, X, self.objective.elements)
        if self.goal.kind == "value":
            return (cell - self.goal.target).square()
        if self.rooted:
            return cell.square()
        return -cell if self.goal.kind == "max" else cell

    def value_and_gradient(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Merits (K,) and their gradients (K, n)."""
        cell, gradient = self._batched(self.objective.value_and_gradient, X, 2 * self.objective.elements)
        if self.goal.kind == "value":
            miss = cell - self.goal.target
            return miss.square(), 2 * miss.unsqueeze(1) * gradient
        if self.rooted:
            return cell.square(), 2 * cell.unsqueeze(1) * gradient
        return (-cell, -gradient) if self.goal.kind == "max" else (cell, gradient)

    def residuals_and_jacobian(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """r (K, m) and J (K, m, n) of a merit that is a sum of squares."""
        if self.goal.kind == "value":
            cell, gradient = self._batched(self.objective.value_and_gradient, X, 2 * self.objective.elements)
            return (cell - self.goal.target).unsqueeze(1), gradient.unsqueeze(1)
        return self._batched(self.objective.residuals_and_jacobian, X, self._jacobian_elements)

    def normal_equations(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Merits (K,), J'r (K, n) and J'J (K, n, n); the merit's gradient is 2 J'r."""
        if self.goal.kind == "value":
            return normal_equations_of(*self.residuals_and_jacobian(X))
        return self._batched(self.objective.normal_equations, X, self._jacobian_elements)

    @property
    def _jacobian_elements(self) -> int:
        return max(self.objective.elements, 2 * self.residual_count * self.size)

    def _batched(self, evaluate: Callable[[Tensor], T], X: Tensor, elements: int) -> T:
        """Evaluate X (K, n) in equal parts: of a size that suits the cache, on a GPU of one that memory has room for.

        elements: numbers computed for one start."""
        starts = X.shape[0]
        self.evaluations += starts
        room = PART_ELEMENTS if X.device.type == "cpu" else CHUNK_ELEMENTS
        count = math.ceil(starts / max(1, room // max(1, elements)))
        if count <= 1:
            return evaluate(X)
        parts = side_by_side(evaluate, X.split(math.ceil(starts / count)))
        if isinstance(parts[0], Tensor):
            return torch.cat(parts)  # type: ignore[arg-type,return-value]
        return tuple(torch.cat(column) for column in zip(*parts, strict=True))  # type: ignore[return-value]
