"""What Gauss-Newton leaves out of the Hessian: the curvature of the residuals themselves, learnt from steps.

Half the Hessian of r'r is J'J + S with S = sum r_i H_i. Where residuals stay large S matters, and Gauss-Newton and its
damped kin creep. NL2SOL (Dennis, Gay and Welsch 1981, ACM TOMS 7:348) learns S by secant updates from gradients that
are there anyway, and uses it whenever it would have foretold the last step better.
"""

from __future__ import annotations

import torch
from torch import Tensor

PREFERENCE = 1.5
"""The other model takes over when it is so many times nearer to what a step gained (NL2SOL, section 3)."""


def updated_curvature(curvature: Tensor, s: Tensor, change: Tensor, own_change: Tensor) -> Tensor:
    """S (K, n, n) after a step s (K, n), over which J'r changed by `change`, of it `own_change` = (J+ - J)'r+ by the
    curvature of the residuals: Dennis, Gay and Welsch (1981), eqs. 2.5 to 2.7. Unchanged where s'change is not
    positive, as S = own_change along s could not be met by a step downhill."""
    along = (s * change).sum(1)
    s_column, y = s.unsqueeze(2), change.unsqueeze(2)
    product = curvature @ s_column
    # shrunk first where it says more than the step did: what was learnt far away is out of date
    told = (s_column * product).sum((1, 2))
    shrink = ((s * own_change).sum(1).abs() / told.abs()).nan_to_num(nan=1.0).clamp(max=1.0).view(-1, 1, 1)
    missing = own_change.unsqueeze(2) - shrink * product
    outer = missing @ y.mT
    divisor = along.view(-1, 1, 1)
    new = (outer + outer.mT) / divisor - (missing * s_column).sum((1, 2), keepdim=True) / divisor**2 * (y @ y.mT)
    new = shrink * curvature + new
    fine = (along > 0) & torch.isfinite(new.sum((1, 2)))
    return torch.where(fine.view(-1, 1, 1), new, curvature)


def positive(normal: Tensor, scale: Tensor, damping: Tensor) -> Tensor:
    """Where normal + damping D^2 is positive definite (K,), well away from singular."""
    scaled = normal / (scale.unsqueeze(1) * scale.unsqueeze(2)) + torch.diag_embed(
        damping.unsqueeze(1).expand_as(scale)
    )
    factor, failed = torch.linalg.cholesky_ex(scaled)
    pivots = torch.diagonal(factor, dim1=1, dim2=2)
    return (failed == 0) & (pivots.amin(1) > 1e-5 * pivots.amax(1))


def prefers_other(gained: Tensor, own: Tensor, other: Tensor) -> Tensor:
    """Whether the model not in use foretold better what a step gained, all (K,)."""
    return PREFERENCE * (gained - other).abs() < (gained - own).abs()
