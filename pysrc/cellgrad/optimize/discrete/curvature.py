"""Whether rows of constraints leave a convex region: linear ones do, and quadratic ones that curve the right way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from cellgrad.gradients.structure import Form
from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.problem import Problem

MOST_ROWS = 64
"""Quadratic rows whose Hessians are looked at; with more, convexity is not known."""
FLAT = 1e-9
"""An eigenvalue smaller than this part of the largest counts as zero."""


def convex_rows(problem: Problem, forms: Sequence[Form], lower: Floats, upper: Floats) -> bool:
    """Whether all rows are known to hold on a convex set only. forms: of the rows, as a Structure has them."""
    curved = [row for row, form in enumerate(forms) if form > Form.LINEAR]
    if not curved:
        return True
    if problem.system is None or len(curved) > MOST_ROWS or any(forms[row] > Form.QUADRATIC for row in curved):
        return False
    conditions = problem.conditions
    inside = np.where(np.isfinite(lower), lower, np.where(np.isfinite(upper), upper, 0.0))
    point = torch.as_tensor(inside[None]).to(device=problem.device, dtype=problem.dtype)
    none = torch.zeros(1, dtype=problem.dtype, device=problem.device)
    for row in curved:
        weights = torch.zeros((1, conditions.count), dtype=problem.dtype, device=problem.device)
        weights[0, row] = 1.0
        hessian = problem.system.weighted_hessian(point, none, weights)[0].double().cpu().numpy()
        if not np.isfinite(hessian).all():
            return False
        curves = np.linalg.eigvalsh(hessian)
        tiny = FLAT * max(1.0, float(np.abs(curves).max(initial=0.0)))
        if np.isfinite(conditions.row_upper[row]) and curves[0] < -tiny:
            return False
        if np.isfinite(conditions.row_lower[row]) and curves[-1] > tiny:
            return False
    return True
