"""Objectives written by hand, in the form in which the compiler hands them over."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from cellgrad.tensors.gram import normal_equations_of


class Scalar:
    """A function of points (K, n) -> (K,), differentiated by torch."""

    has_residuals = False
    rooted = False
    residual_count = 0
    device = torch.device("cpu")
    dtype = torch.float64

    def __init__(self, function: Callable[[Tensor], Tensor], size: int) -> None:
        self.function = function
        self.size = size

    @property
    def elements(self) -> int:
        return self.size + self.residual_count

    def value(self, X: Tensor) -> Tensor:
        return self.function(X)

    def value_and_gradient(self, X: Tensor) -> tuple[Tensor, Tensor]:
        X = X.detach().requires_grad_()
        f = self.function(X)
        (gradient,) = torch.autograd.grad(f.sum(), X)
        return f.detach(), gradient

    def residuals_and_jacobian(self, X: Tensor) -> tuple[Tensor, Tensor]:
        raise AssertionError("asked for residuals that do not exist")

    def normal_equations(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        raise AssertionError("asked for residuals that do not exist")


class Squares(Scalar):
    """The sum of squares of residuals (K, n) -> (K, m), differentiated by torch."""

    has_residuals = True

    def __init__(self, residuals: Callable[[Tensor], Tensor], size: int) -> None:
        super().__init__(lambda X: residuals(X).square().sum(1), size)
        self.residuals = residuals
        self.residual_count = residuals(torch.ones(1, size, dtype=self.dtype)).shape[1]

    def residuals_and_jacobian(self, X: Tensor) -> tuple[Tensor, Tensor]:
        def single(x: Tensor) -> tuple[Tensor, Tensor]:
            r = self.residuals(x.unsqueeze(0)).squeeze(0)
            return r, r

        jacobian, r = torch.func.vmap(torch.func.jacfwd(single, has_aux=True))(X)
        return r, jacobian

    def normal_equations(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return normal_equations_of(*self.residuals_and_jacobian(X))


class TitanicNet(Scalar):
    """mean((y - sum over units of relu(X w))^2), w (n features x units) flattened; its Jacobian by hand."""

    has_residuals = True

    def __init__(self, x: Tensor, y: Tensor, units: int = 2) -> None:
        self.x, self.y, self.units = x, y, units
        self.device, self.dtype = x.device, x.dtype
        self.size = x.shape[1] * units
        self.residual_count = len(y)

    def _units(self, W: Tensor) -> Tensor:
        return self.x @ W.view(-1, self.x.shape[1], self.units)

    def _residuals(self, z: Tensor) -> Tensor:
        return (torch.relu(z).sum(2) if self.units > 1 else z.sum(2)) - self.y

    def value(self, W: Tensor) -> Tensor:
        return self._residuals(self._units(W)).square().mean(1)

    def value_and_gradient(self, W: Tensor) -> tuple[Tensor, Tensor]:
        z = self._units(W)
        r = self._residuals(z)
        on = (z > 0).to(z.dtype) if self.units > 1 else torch.ones_like(z)
        return r.square().mean(1), (2 / len(self.y)) * (self.x.mT @ (on * r.unsqueeze(2))).flatten(1)

    def residuals_and_jacobian(self, W: Tensor) -> tuple[Tensor, Tensor]:
        z = self._units(W)
        on = (z > 0).to(z.dtype) if self.units > 1 else torch.ones_like(z)
        scale = len(self.y) ** -0.5
        jacobian = (self.x.unsqueeze(2) * scale * on.unsqueeze(2)).flatten(2)
        return self._residuals(z) * scale, jacobian

    def normal_equations(self, W: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return normal_equations_of(*self.residuals_and_jacobian(W))


class Constrained:
    """A `System` of an objective (K, n) -> (K,) and rows (K, n) -> (K, c), differentiated by torch."""

    def __init__(
        self, objective: Callable[[Tensor], Tensor], rows: Callable[[Tensor], Tensor], size: int, count: int
    ) -> None:
        self.objective, self.rows, self.size, self.count = objective, rows, size, count

    def values(self, X: Tensor) -> tuple[Tensor, Tensor]:
        return self.objective(X), self.rows(X)

    def slopes(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        def single(x: Tensor) -> tuple[Tensor, Tensor]:
            return torch.cat((self.objective(x[None]), self.rows(x[None])[0])), x.new_zeros(0)

        jacobian, _ = torch.func.vmap(torch.func.jacrev(single, has_aux=True))(X)
        f, g = self.values(X)
        return f, jacobian[:, 0], g, jacobian[:, 1:]

    def _weighted(self, x: Tensor, f_weight: Tensor, g_weights: Tensor) -> Tensor:
        return f_weight * self.objective(x[None])[0] + (g_weights * self.rows(x[None])[0]).sum()

    def weighted(self, X: Tensor, f_weight: Tensor, g_weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        gradient = torch.func.vmap(torch.func.grad(self._weighted))(X, f_weight, g_weights)
        return *self.values(X), gradient

    def weighted_hessian(self, X: Tensor, f_weight: Tensor, g_weights: Tensor) -> Tensor:
        return torch.func.vmap(torch.func.hessian(self._weighted))(X, f_weight, g_weights)

    def weighted_hessian_product(self, X: Tensor, f_weight: Tensor, g_weights: Tensor, directions: Tensor) -> Tensor:
        return (self.weighted_hessian(X, f_weight, g_weights) @ directions.unsqueeze(2)).squeeze(2)
