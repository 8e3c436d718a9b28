"""Every cell with a rate of its own, by the size of its gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from cellgrad.optimize.first_order.rule import Rule


class Adagrad(Rule):
    """G <- G + g^2, x <- x - rate g / (sqrt(G) + e) (Duchi, Hazan and Singer 2011, section 1.3, the diagonal form)."""

    memories = 1
    searches = False
    first_rate = 0.5  # its steps shorten by themselves, so they may begin long

    def __init__(self, guard: float = 1e-10) -> None:
        self.guard = guard

    def direction(self, gradient: Tensor, memory: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
        squares = memory[:, 0] + gradient.square()
        return gradient / (squares.sqrt() + self.guard), squares.unsqueeze(1)


class RmsProp(Rule):
    """G <- a G + (1 - a) g^2, v <- b v + g / (sqrt(G) + e), x <- x - rate v (Tieleman and Hinton 2012, lecture 6.5 of
    "Neural networks for machine learning"; the momentum b, 0 by default, as torch has it)."""

    memories = 2
    searches = False

    def __init__(self, momentum: float = 0.0, keeps: float = 0.99, guard: float = 1e-8) -> None:
        self.momentum = momentum
        self.keeps = keeps
        self.guard = guard

    def direction(self, gradient: Tensor, memory: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
        squares = self.keeps * memory[:, 0] + (1 - self.keeps) * gradient.square()
        velocity = self.momentum * memory[:, 1] + gradient / (squares.sqrt() + self.guard)
        return velocity, torch.stack((squares, velocity), 1)
