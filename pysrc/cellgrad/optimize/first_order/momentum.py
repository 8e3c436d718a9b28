"""Gradient descent, and its two ways of keeping a direction."""

from __future__ import annotations

import torch
from torch import Tensor

from cellgrad.optimize.first_order.rule import Rule


class SteepestDescent(Rule):
    """x <- x - rate g (Cauchy 1847; with mini-batches Robbins and Monro 1951, eq. 6)."""

    def direction(self, gradient: Tensor, memory: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
        return gradient, memory


class HeavyBall(Rule):
    """v <- b v + g, x <- x - rate v (Polyak 1964, eq. 9, in the form of Sutskever et al. 2013 that torch takes: a rate
    that changes acts on the whole velocity)."""

    memories = 1

    def __init__(self, momentum: float = 0.9) -> None:
        self.momentum = momentum

    def direction(self, gradient: Tensor, memory: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
        velocity = self.momentum * memory[:, 0] + gradient
        return velocity, velocity.unsqueeze(1)


class Nesterov(HeavyBall):
    """v <- b v + g, x <- x - rate (g + b v) (Nesterov 1983, in the form of Sutskever et al. 2013, eqs. 3 and 4, with
    x standing for the point looked ahead to, as torch has it)."""

    def direction(self, gradient: Tensor, memory: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
        velocity, memory = super().direction(gradient, memory, count)
        return torch.add(gradient, velocity, alpha=self.momentum), memory
