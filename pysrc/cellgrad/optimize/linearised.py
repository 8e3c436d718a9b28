"""The linear least squares that Levenberg-Marquardt solves at its points, between bounds where there are any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cellgrad.optimize.damped_least_squares import cholesky_step, orthogonal_step, spectral_step

MOST_ROUNDS = 20
"""How often a step between bounds is solved again with the cells that left them held at them."""


@dataclass(frozen=True)
class Linearised:
    """min |J p + r|^2 + damping |D p|^2 at K points.

    half (K, n) is J'r, normal (K, n, n) J'J, scale (K, n) the diagonal of D, damping (K,). exact: gives r (k, m) and
    J (k, m, n) of some of the points, or None where J is too large to hold.
    """

    half: Tensor
    normal: Tensor
    scale: Tensor
    damping: Tensor
    exact: Callable[[Tensor], tuple[Tensor, Tensor]] | None

    def solve(self) -> Tensor:
        """p (K, n); only the points that Cholesky cannot serve pay for a careful solution."""
        p, trusted = cholesky_step(self.normal, self.half, self.scale, self.damping)
        if bool(trusted.all()):
            return p
        hard = (~trusted).nonzero().squeeze(1)
        scale, damping = self.scale[hard], self.damping[hard]
        if self.exact is None:
            return p.index_copy(0, hard, spectral_step(self.normal[hard], self.half[hard], scale, damping))
        residuals, jacobian = self.exact(hard)
        return p.index_copy(0, hard, orthogonal_step(jacobian, residuals, scale, damping))

    def solve_within(self, low: Tensor, high: Tensor, held: Tensor) -> tuple[Tensor, Tensor]:
        """p (K, n) between low and high (K, n), and which of its cells stayed free, (K, n).

        Cells `held` (K, n) do not move. Cells that would leave their bounds are held at them, and the others solved
        for anew, until none leaves: the best point of a face (after Bertsekas 1982; Kanzow, Yamashita and Fukushima
        2004 project once). Where damping outweighs the model the cells are independent, and p is downhill.
        """
        free, fixed = ~held, torch.zeros_like(self.half)
        p = fixed
        for _ in range(MOST_ROUNDS):
            p = torch.where(free, self.restricted(free, fixed).solve(), fixed)
            beyond = free & ((p < low) | (p > high))
            if not bool(beyond.any()):
                break
            fixed = torch.where(beyond, torch.clamp(p, low, high), fixed)
            free = free & ~beyond
        return torch.clamp(p, low, high), free

    def restricted(self, free: Tensor, fixed: Tensor) -> Linearised:
        """The same for the free cells alone, the others moved by `fixed` (K, n)."""
        half = self.half + (self.normal @ fixed.unsqueeze(2)).squeeze(2)
        normal = self.normal * (free.unsqueeze(1) & free.unsqueeze(2))
        exact = self.exact

        def part(index: Tensor) -> tuple[Tensor, Tensor]:
            assert exact is not None
            residuals, jacobian = exact(index)
            moved = residuals + (jacobian @ fixed[index].unsqueeze(2)).squeeze(2)
            return moved, jacobian * free[index].unsqueeze(1)

        return replace(self, half=torch.where(free, half, 0.0), normal=normal, exact=exact and part)

    def promised(self, p: Tensor) -> Tensor:
        """By how much |r + J p|^2 lies below |r|^2, (K,)."""
        return -(2 * self.half * p).sum(1) - (p.unsqueeze(1) @ self.normal @ p.unsqueeze(2)).flatten()
