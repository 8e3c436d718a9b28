"""Quadratic models by their coefficients, and the convex ones among them with linear rows as a programme that is solved
in a millisecond."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from cellgrad.gradients.structure import Form, Structure
from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.discrete.active_set import QuadraticProgram
from cellgrad.optimize.discrete.judge import Judge

ZERO = 1e-12
"""Second derivatives this much smaller than the largest are what rounding left of a zero."""
MOST_CELLS, MOST_LIMITS = 200, 600
"""Cells, and cells and rows together, up to which limits' normals are held as a dense matrix."""
ALIKE = 1e-8
"""The coefficients tell the model's values so far, relative to the largest of them."""
NEGATIVE = 1e-9
"""An eigenvalue no further below zero than this part of the largest is rounding."""


@dataclass(frozen=True)
class Quadratic:
    """constant + slopes . x + x' curves x / 2, for the objective (index 0) and the rows: (1 + c,), (1 + c, n), and
    (1 + c, n, n)."""

    constants: Floats
    slopes: Floats
    curves: Floats


def quadratic_of(judge: Judge) -> Quadratic | None:
    """The objective and rows by their derivatives at one point; None where that is an error."""
    problem, count, size = judge.problem, judge.conditions.count, judge.problem.size
    conditions = judge.conditions
    at = np.clip(np.zeros(size), conditions.lower, conditions.upper)
    point = torch.as_tensor(at[None]).to(device=problem.device, dtype=problem.dtype)
    curves = np.zeros((1 + count, size, size))
    if problem.system is None:
        near = torch.as_tensor(at + np.vstack([np.zeros(size), np.eye(size)])).to(point)
        values, gradients = (part.double().cpu().numpy() for part in problem.value_and_gradient(near))
        sign = -1.0 if problem.goal.kind == "max" else 1.0
        constants, slopes = sign * values[:1], sign * gradients[:1]
        curves[0] = sign * (gradients[1:] - gradients[:1])
    else:
        f, gradient, g, jacobian = (part.double().cpu().numpy() for part in problem.system.slopes(point))
        constants, slopes = np.concatenate([f, g[0]]), np.concatenate([gradient, jacobian[0]])
        weights = torch.eye(1 + count, dtype=problem.dtype, device=problem.device)
        for row, weight in enumerate(weights):
            hessian = problem.system.weighted_hessian(point, weight[:1], weight[None, 1:])
            curves[row] = hessian[0].double().cpu().numpy()
    if not all(np.isfinite(part).all() for part in (constants, slopes, curves)):
        return None
    curves = (curves + curves.transpose(0, 2, 1)) / 2
    curves[np.abs(curves) <= ZERO * np.abs(curves).max(initial=0.0)] = 0.0
    bent = curves @ at
    return Quadratic(constants - slopes @ at + bent @ at / 2, slopes - bent, curves)


def convex_program(judge: Judge, structure: Structure) -> QuadraticProgram | None:
    """The continuous problem as a convex quadratic programme in the merit, or None where it is none."""
    problem, conditions = judge.problem, judge.conditions
    fits = problem.size <= MOST_CELLS and problem.size + conditions.count <= MOST_LIMITS
    linear = all(form <= Form.LINEAR for form in structure.rows) and structure.objective <= Form.QUADRATIC
    if problem.goal.kind == "value" or not fits or not linear:
        return None
    found = quadratic_of(judge)
    if found is None:
        return None
    sign = -1.0 if problem.goal.kind == "max" else 1.0
    curves = sign * found.curves[0]
    eigenvalues = np.linalg.eigvalsh(curves)
    if eigenvalues[0] < -NEGATIVE * abs(eigenvalues[-1]):
        return None
    low, high = conditions.row_lower - found.constants[1:], conditions.row_upper - found.constants[1:]
    program = QuadraticProgram(
        sign * float(found.constants[0]), sign * found.slopes[0], curves, found.slopes[1:], low, high,
        conditions.upper - conditions.lower,
    )  # fmt: skip
    return program if _tells(judge, program) else None


def _tells(judge: Judge, program: QuadraticProgram) -> bool:
    """Whether the coefficients, taken at one point, give the objective's values at others."""
    conditions = judge.conditions
    spread = np.random.default_rng(0).uniform(-20, 20, (4, judge.problem.size))
    X: Floats = np.clip(spread, conditions.lower, conditions.upper).round()
    merits, _ = judge.measure(X)
    told = np.array([program.value(x) for x in X])
    finite = np.isfinite(merits)
    return bool((np.abs(merits - told)[finite] <= ALIKE * max(1.0, float(np.abs(told).max()))).all() and finite.any())
