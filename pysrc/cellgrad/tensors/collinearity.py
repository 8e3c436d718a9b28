"""Which columns of a matrix are made up by others: numpy alone, since the plain functions need it too."""

from __future__ import annotations

import numpy as np

COLLINEAR = 1e-13
"""A column of which no larger share is left beside the columns before it is made up by them."""


@np.errstate(all="ignore")
def independent_columns(x: np.ndarray) -> np.ndarray:
    """Which columns of (..., n, k) are no sum of multiples of the columns before them: boolean (..., k)."""
    kept = np.ones((*x.shape[:-2], x.shape[-1]), bool)
    sizes = np.linalg.norm(x, axis=-2)
    basis = np.zeros_like(x)
    for j in range(x.shape[-1]):
        rest = x[..., j]
        for _ in range(2):  # Gram and Schmidt with one repetition is orthogonal to rounding
            rest = rest - np.einsum("...nj,...j->...n", basis, np.einsum("...nj,...n->...j", basis, rest))
        left = np.linalg.norm(rest, axis=-1)
        kept[..., j] = left > COLLINEAR * sizes[..., j]
        basis[..., j] = np.where(kept[..., j, None], rest / left[..., None], 0.0)
    return kept
