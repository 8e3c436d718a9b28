"""Adam, and its form with the decay of weights apart from the gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from cellgrad.optimize.first_order.rule import Rule


class AdamRule(Rule):
    """m <- b1 m + (1 - b1) g, G <- b2 G + (1 - b2) g^2, x <- x - rate (m / (1 - b1^t)) / (sqrt(G / (1 - b2^t)) + e)
    (Kingma and Ba 2015, algorithm 1)."""

    memories = 2
    searches = False

    def __init__(self, first: float = 0.9, second: float = 0.999, guard: float = 1e-8) -> None:
        self.first = first
        self.second = second
        self.guard = guard

    def direction(self, gradient: Tensor, memory: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
        mean = torch.lerp(gradient, memory[:, 0], self.first)
        squares = self.second * memory[:, 1] + (1 - self.second) * gradient.square()
        corrected = mean / (1 - self.first**count).unsqueeze(1)
        spread = (squares / (1 - self.second**count).unsqueeze(1)).sqrt()
        return corrected / (spread + self.guard), torch.stack((mean, squares), 1)


class AdamWRule(AdamRule):
    """Adam, with x <- (1 - rate decay) x in every step instead of a decay in the gradient (Loshchilov and Hutter 2019,
    algorithm 2, line 12)."""

    decoupled = True
