"""Further starts that nobody asked for: cheap insurance against a dead net or a poor valley."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from cellgrad.gradients.structure import Form, Structure
from cellgrad.optimize.choice import MOST_CELLS
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.starts import make_starts

SECONDS = 2.0
"""What further starts may take, of the processor's time, so that a busy machine does not change the answer."""
WORK = 1.5e9
"""What they may take, in elements computed: about a second and a half. Counted, so that the same model gets as many
starts on a slow day as on a fast one."""
MOST = 63
STEPS = 100
"""Steps a start is expected to take."""
BETTER = 1e-9
"""A further start must be better than the sheet's own by this part of its size, or the sheet's own is kept."""
FARTHEST = 1e6
"""An answer of further starts whose cells grew by this factor lies beyond what the sheet is about."""


def may_have_several_valleys(problem: Problem, structure: Structure | None) -> bool:
    """Whether other starts might end elsewhere: not for linear and convex quadratic objectives between bounds and
    linear rows."""
    if structure is None:
        return True
    convex = structure.objective <= Form.LINEAR or (structure.objective is Form.QUADRATIC and structure.convex is True)
    return not (convex and all(row <= Form.LINEAR for row in structure.rows))


def how_many(problem: Problem) -> int:
    """How many further starts are cheap enough."""
    jacobian = problem.size if problem.has_residuals and problem.size <= MOST_CELLS else 3
    return int(min(MOST, WORK / (STEPS * max(1, problem.objective.elements) * jacobian)))


def further_starts(problem: Problem, x0: Tensor, count: int, seed: int) -> Tensor:
    """`count` starts (count, n) besides x0: between bounds where there are any, else at other sizes of the same signs;
    where the objective is a sum of squares, every other one of any sign, and every fourth far out. A sum of squares is
    safe to minimise anywhere; what else people write may plunge without end where a quantity turns negative."""
    conditions = problem.conditions
    bounds = conditions.lower, conditions.upper
    kept = make_starts(x0, count + 1, seed, "spread", *bounds)[1:]
    if not problem.has_residuals:
        return kept
    free = make_starts(x0, count + 1, seed, "uniform", *bounds)[1:]
    far = make_starts(x0, count + 1, seed + 1, "far", *bounds)[1:]
    number = torch.arange(count, device=x0.device).unsqueeze(1)
    return torch.where(number % 2 == 0, free, torch.where(number % 4 == 1, kept, far))


def is_better(problem: Problem, found: float, own: float, x: np.ndarray, x0: np.ndarray) -> bool:
    """Whether a further start's merit is worth leaving the sheet's own answer for."""
    near = bool(np.abs(x).max() <= FARTHEST * max(1.0, float(np.abs(x0).max())))
    return near and (not np.isfinite(own) or found < own - BETTER * max(abs(own), problem.epsilon))
