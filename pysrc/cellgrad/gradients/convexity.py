"""Which way a quadratic function curves, by the eigenvalues of its constant Hessian."""

from __future__ import annotations

import numpy as np
import torch

from cellgrad.program.objective import CompiledObjective

MOST_CELLS = 300
"""Up to so many changing cells all eigenvalues are found; above, the extreme ones by Lanczos."""
LANCZOS_STEPS = 60
ROUNDING = 1e-9
"""An eigenvalue smaller than this, relative to the largest, may be 0."""


def curves(function: CompiledObjective, x: np.ndarray) -> tuple[float, float]:
    """The smallest and largest eigenvalue of the Hessian at x (n,), those within rounding of 0 as 0."""
    if len(x) <= MOST_CELLS:
        hessian = function.hessian(torch.from_numpy(x[None]))[0].numpy()
        if not np.isfinite(hessian).all():
            return np.nan, np.nan
        values = np.linalg.eigvalsh((hessian + hessian.T) / 2)
    else:
        values = _lanczos(function, x)
    size = float(np.abs(values).max(initial=0.0))
    low, high = float(values.min()), float(values.max())
    return (0.0 if abs(low) <= ROUNDING * size else low), (0.0 if abs(high) <= ROUNDING * size else high)


def _lanczos(function: CompiledObjective, x: np.ndarray) -> np.ndarray:
    """Ritz values of the Hessian, of which the extreme ones come first.

    Source: Golub and Van Loan, "Matrix Computations" (4th ed.), section 10.1, with full reorthogonalisation.
    """
    point = torch.from_numpy(x[None])
    vector = np.random.default_rng(0).standard_normal(len(x))
    basis = [vector / np.linalg.norm(vector)]
    diagonal: list[float] = []
    beside: list[float] = []
    for _ in range(LANCZOS_STEPS):
        image = function.hessian_product(point, torch.from_numpy(basis[-1][None]))[0].numpy()
        diagonal.append(float(image @ basis[-1]))
        known = np.stack(basis)
        for _again in range(2):
            image = image - known.T @ (known @ image)
        size = float(np.linalg.norm(image))
        if not size > 1e-12 * max(map(abs, diagonal)):
            break
        beside.append(size)
        basis.append(image / size)
    beside = beside[: len(diagonal) - 1]
    matrix = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
    return np.linalg.eigvalsh(matrix)
