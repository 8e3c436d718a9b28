"""Damped linear least squares, batched: the step of Levenberg-Marquardt, three ways.

All solve  min |J p + r|^2 + damping |D p|^2  with D = diag(scale), and report p (K, n). From fast to careful: Cholesky
of the normal equations, good while their condition is moderate; the spectrum of the normal equations, where J is too
large to hold; orthogonal factors of J itself, which never square the condition. The careful two return the shortest
solution (in |D p|) where J lacks rank.
"""

from __future__ import annotations

import torch
from torch import Tensor

SMALLEST_PIVOT = 1e-5
"""Cholesky is trusted while its pivots span less than 1e5: a condition of J (columns scaled) below about that."""


def cholesky_step(normal: Tensor, gradient: Tensor, scale: Tensor, damping: Tensor) -> tuple[Tensor, Tensor]:
    """p (K, n) from J'J (K, n, n) and J'r (K, n), and whether it is to be trusted (K,)."""
    scaled, right, dead = _scaled(normal, gradient, scale, damping)
    # a cell that moves nothing has an empty row: a unit pivot keeps its step at zero
    scaled = scaled + torch.diag_embed(dead.to(scaled.dtype))
    factor, failed = torch.linalg.cholesky_ex(scaled)
    pivots = torch.diagonal(factor, dim1=1, dim2=2)
    trusted = (failed == 0) & (pivots.amin(1) > SMALLEST_PIVOT * pivots.amax(1))
    q = torch.cholesky_solve(right.unsqueeze(2), factor).squeeze(2)
    return -q / scale, trusted


def spectral_step(normal: Tensor, gradient: Tensor, scale: Tensor, damping: Tensor) -> Tensor:
    """p (K, n) from the eigenvalues of the scaled J'J, those below rounding left out."""
    scaled, right, _ = _scaled(normal, gradient, scale, torch.zeros_like(damping))
    values, vectors = torch.linalg.eigh(scaled)
    smallest = scaled.shape[1] * torch.finfo(scaled.dtype).eps * values[:, -1:]
    inverse = torch.where(values > smallest, 1 / (values + damping.unsqueeze(1)), 0.0)
    q = vectors @ (inverse.unsqueeze(2) * (vectors.mT @ right.unsqueeze(2)))
    return -q.squeeze(2) / scale


def orthogonal_step(jacobian: Tensor, residuals: Tensor, scale: Tensor, damping: Tensor) -> Tensor:
    """p (K, n) from J D^-1 = Q R and R = U S V': p = -D^-1 V S / (S^2 + damping) U' Q' r.

    Golub and Van Loan (2013), section 6.1.4; singular values below rounding are left out. A start whose J is too large
    for its scale gets NaN.
    """
    m, n = jacobian.shape[1:]
    scaled = jacobian / scale.unsqueeze(1)
    fine = torch.isfinite(scaled.sum((1, 2))).view(-1, 1, 1)
    q, r = torch.linalg.qr(torch.where(fine, scaled, 0.0))
    u, s, vh = torch.linalg.svd(r, full_matrices=False)
    smallest = max(m, n) * torch.finfo(s.dtype).eps * s[:, :1]
    inverse = torch.where(s > smallest, s / (s.square() + damping.unsqueeze(1)), 0.0)
    projected = u.mT @ (q.mT @ residuals.unsqueeze(2))
    step = -(vh.mT @ (inverse.unsqueeze(2) * projected)).squeeze(2) / scale
    moving = (scaled != 0).any(1)  # the others by nothing at all, where factors leave them rounding
    return torch.where(fine.squeeze(2), torch.where(moving, step, 0.0), torch.nan)


def _scaled(normal: Tensor, gradient: Tensor, scale: Tensor, damping: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """D^-1 J'J D^-1 + damping, D^-1 J'r, and which cells move nothing (K, n)."""
    scaled = normal / (scale.unsqueeze(1) * scale.unsqueeze(2))
    dead = torch.diagonal(scaled, dim1=1, dim2=2) == 0
    scaled = scaled + torch.diag_embed(damping.unsqueeze(1).expand_as(scale))
    return scaled, gradient / scale, dead
