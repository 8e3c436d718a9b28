"""What tells one first-order method from another: how gradients become a direction."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor


class Rule(ABC):
    """A step is x <- x - rate direction.

    memories: how many running vectors of n it keeps. searches: whether its own rate comes from trying steps until the
    merit falls; else from halving where no step has helped for long. decoupled: whether weight decay shrinks x itself.
    first_rate: its own rate begins at this part of the cells' typical size. guard: what it adds to a divisor that may
    be 0.
    """

    memories = 0
    searches = True
    decoupled = False
    first_rate = 0.05
    guard = 0.0

    @abstractmethod
    def direction(self, gradient: Tensor, memory: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
        """gradient (K, n), memory (K, memories, n), count (K,) of steps with this one -> direction (K, n), memory."""
