"""A linear model as numbers: exact coefficients by differentiation, sparse, without a dense matrix of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from cellgrad.program.system import CompiledSystem


@dataclass(frozen=True)
class Coefficients:
    """f(x) = gradient . x + offset and g(x) = jacobian x + offsets; exact where the model is linear.

    gradient (n,), offset: of the objective. jacobian (c, n), offsets (c,): of the rows. Else they are the tangents at
    the point they were taken at. Not finite where a cell is an error there.
    """

    gradient: np.ndarray
    offset: float
    jacobian: sparse.csr_matrix
    offsets: np.ndarray


def linear_coefficients(system: CompiledSystem, x: np.ndarray) -> Coefficients:
    """The coefficients of a system at a point x (n,), a few rows or columns at a time.

    Offsets are values at 0 where these are finite and agree with the tangent at x, so that they carry no rounding of x.
    """
    point = torch.as_tensor(np.stack([x, np.zeros_like(x)])).to(system.device, system.dtype)
    f, slope, g = (part.double().cpu().numpy() for part in system.gradients(point[:1]))
    at_zero = [part.double().cpu().numpy() for part in system.values(point[1:])]
    jacobian = jacobian_of(system, point[0])
    return Coefficients(
        slope[0],
        float(_offsets(f, slope @ x, at_zero[0])[0]),
        jacobian,
        _offsets(g[0], jacobian @ x, at_zero[1][0]),
    )


def jacobian_of(system: CompiledSystem, x: Tensor) -> sparse.csr_matrix:
    """The Jacobian of the rows (c, n) at a point x (n,), sparse."""
    if system.count == 0:
        return sparse.csr_matrix((0, system.size))
    if system.size < system.count:
        return sparse.hstack([part.T for part in _sparse(system.columns(x[None]))], format="csr")
    return sparse.vstack(list(_sparse(system.rows(x[None]))), format="csr")


def _sparse(parts: Iterator[Tensor]) -> Iterator[sparse.csr_matrix]:
    for part in parts:
        yield sparse.csr_matrix(part[0].double().cpu().numpy())


def _offsets(values: np.ndarray, linear: np.ndarray, at_zero: np.ndarray) -> np.ndarray:
    """What is left of values less their linear part: the values at 0, unless those are something else altogether."""
    rest = values - linear
    scale = np.maximum(1.0, np.maximum(np.abs(values), np.abs(linear)))
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(at_zero - rest) <= 1e-9 * scale, at_zero, rest)
