"""Whether the linear rows alone already rule a branch out: a linear programme without an objective tells in
milliseconds what a search for a feasible point takes seconds to give up on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import Bounds, LinearConstraint, milp

from cellgrad.gradients.structure import Form, Structure
from cellgrad.optimize.conditions import Conditions, Floats
from cellgrad.optimize.problem import Problem

IMPOSSIBLE = 2
"""milp's status for a programme without a feasible point."""


@dataclass(frozen=True)
class LinearRows:
    """low <= matrix x <= high: the linear ones among a problem's rows, as far as the precision leaves them."""

    matrix: Floats
    low: Floats
    high: Floats

    def rule_out(self, lower: Floats, upper: Floats) -> bool:
        """Whether no x between these bounds (n,) satisfies them. What HiGHS cannot tell counts as possible."""
        with np.errstate(invalid="ignore"):  # an endless bound times a slope of zero
            most = np.where(self.matrix > 0, self.matrix * upper, self.matrix * lower)
            least = np.where(self.matrix > 0, self.matrix * lower, self.matrix * upper)
        used = self.matrix != 0
        if (np.where(used, most, 0).sum(1) < self.low).any() or (np.where(used, least, 0).sum(1) > self.high).any():
            return True
        rows = LinearConstraint(self.matrix, self.low, self.high)
        return bool(milp(np.zeros(len(lower)), constraints=rows, bounds=Bounds(lower, upper)).status == IMPOSSIBLE)


def linear_rows(problem: Problem, conditions: Conditions, structure: Structure | None) -> LinearRows | None:
    """The rows that `structure` knows to be linear; None where there are none."""
    if structure is None or problem.system is None or not structure.rows:
        return None
    linear = np.array([form <= Form.LINEAR for form in structure.rows])
    if not linear.any():
        return None
    for at in (np.clip(np.full(problem.size, value), conditions.lower, conditions.upper) for value in (0.0, 1.0, 0.5)):
        point = torch.as_tensor(at[None]).to(device=problem.device, dtype=problem.dtype)
        _, _, rows, slopes = (part[0].double().cpu().numpy() for part in problem.system.slopes(point))
        usable = linear & np.isfinite(rows) & np.isfinite(slopes).all(1)
        if usable[linear].all():
            break
    linear = usable
    matrix = slopes[linear]
    constants = rows[linear] - matrix @ at
    low, high = conditions.row_lower[linear], conditions.row_upper[linear]
    room = [
        conditions.precision * np.maximum(1.0, np.abs(np.where(np.isfinite(limit), limit, 0))) for limit in (low, high)
    ]
    return LinearRows(matrix, low - room[0] - constants, high + room[1] - constants)
