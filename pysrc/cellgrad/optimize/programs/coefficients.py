"""A linear model as numbers: exact coefficients of the objective cell and the constrained cells by differentiation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from cellgrad.errors import ModelError
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.problem import Goal, Problem
from cellgrad.optimize.programs.instance import ENDLESS, Instance
from cellgrad.program.coefficients import linear_coefficients
from cellgrad.program.system import CompiledSystem

Floats = NDArray[np.float64]

WHOLE = 1e-9
"""How little a bound may lie beyond a whole number and still allow it."""

LINEAR = 1e-6
"""By how much (of the size of its terms) a cell may differ from its linear form elsewhere."""


@dataclass(frozen=True)
class LinearProgram:
    """constant + coefficients . x (n,), to be brought to `goal`, subject to `conditions`, whose rows are
    row_constants (c,) + matrix (c, n) x."""

    coefficients: Floats
    constant: float
    matrix: sparse.csr_array
    row_constants: Floats
    conditions: Conditions
    goal: Goal

    def value(self, x: Floats) -> float:
        """The objective cell at x (n,)."""
        return self.constant + float(self.coefficients @ x)

    def rows(self, x: Floats) -> Floats:
        """The constrained cells (c,) at x (n,)."""
        return self.row_constants + self.matrix @ x

    def instance(self, cost: Floats) -> Instance:
        """The conditions with a cost to minimise; groups are left out."""
        conditions = self.conditions
        low, high, lower, upper = (
            np.where(np.abs(limit) >= ENDLESS, np.copysign(np.inf, limit), limit)
            for limit in (conditions.row_lower, conditions.row_upper, conditions.lower, conditions.upper)
        )
        low, high = low - self.row_constants, high - self.row_constants
        lower = np.where(conditions.whole, np.ceil(lower - WHOLE), lower)
        upper = np.where(conditions.whole, np.floor(upper + WHOLE), upper)
        return Instance(cost, self.matrix, low, high, lower, upper, conditions.whole.copy())


def linear_program(problem: Problem) -> LinearProgram:
    """The linear programme that a problem is: its slopes at a point strictly between the bounds, where what is linear
    between them alone (as MAX(x, 0) is for x >= 0) has no kink.

    Raises ModelError where values at another such point show that the problem is not linear after all.
    """
    points = [_between(problem.conditions, turn) for turn in range(3)]
    for point in points:
        program = _differentiated(problem, point)
        if np.isfinite(program.coefficients).all() and np.isfinite(program.constant):
            break
    _check(problem, program, points[-1])
    return program


def _between(conditions: Conditions, turn: int) -> Floats:
    """A point between the bounds, another for every turn: small whole numbers where the bounds allow, else some way in
    from one bound, or in part of the way from one to the other."""
    step = 1.0 + (np.arange(len(conditions.lower)) + 3.0 * turn) % 7
    lower = np.where(np.abs(conditions.lower) < ENDLESS, conditions.lower, -np.inf)
    upper = np.where(np.abs(conditions.upper) < ENDLESS, conditions.upper, np.inf)
    narrow = upper - lower <= 8
    floor, ceiling = (np.where(np.isfinite(bound), bound, 0.0) for bound in (lower, upper))
    from_bounds = np.where(np.isfinite(lower), floor + step, ceiling - step)
    from_bounds = np.where(narrow, floor + (ceiling - floor) * step / 8, from_bounds)
    return np.where((lower < step) & (step < upper), step, from_bounds)


def _differentiated(problem: Problem, at: Floats) -> LinearProgram:
    def numbers(tensor: torch.Tensor) -> Floats:
        return tensor.detach().cpu().double().numpy()

    problem.evaluations += 1
    point = torch.as_tensor(at)[None].to(device=problem.device, dtype=problem.dtype)
    if isinstance(problem.system, CompiledSystem):  # sparse, a few rows at a time
        read = linear_coefficients(problem.system, at)
        matrix = sparse.csr_array(read.jacobian)
        return LinearProgram(read.gradient, read.offset, matrix, read.offsets, problem.conditions, problem.goal)
    if problem.system is None:
        value, gradient = problem.objective.value_and_gradient(point)
        jacobian, rows = np.zeros((0, problem.size)), np.zeros(0)
    else:
        value, gradient, row_values, row_slopes = problem.system.slopes(point)
        jacobian, rows = numbers(row_slopes[0]), numbers(row_values[0])
    coefficients = numbers(gradient[0])
    matrix = sparse.csr_array(jacobian)
    return LinearProgram(
        coefficients, float(value[0]) - float(coefficients @ at), matrix, rows - matrix @ at, problem.conditions,
        problem.goal,
    )  # fmt: skip


def _check(problem: Problem, program: LinearProgram, point: Floats) -> None:
    X = torch.as_tensor(point)[None].to(device=problem.device, dtype=problem.dtype)
    problem.evaluations += 1
    if problem.system is None:
        found = problem.objective.value(X).detach().cpu().double().numpy()
    else:
        value, rows = problem.system.values(X)
        found = torch.cat((value, rows[0])).detach().cpu().double().numpy()
    expected = np.concatenate([[program.value(point)], program.rows(point)])[: len(found)]
    terms = np.concatenate([
        [abs(program.constant) + np.abs(program.coefficients) @ np.abs(point)],
        np.abs(program.row_constants) + abs(program.matrix) @ np.abs(point),
    ])[: len(found)]  # fmt: skip
    with np.errstate(invalid="ignore"):  # an error is no disagreement
        bad = np.abs(found - expected) > LINEAR * np.maximum(1.0, terms)
    bad &= np.isfinite(found) & np.isfinite(expected)
    if bad.any():
        place = int(np.flatnonzero(bad)[0])
        which = "the objective cell" if place == 0 else f"constrained cell number {place}"
        raise ModelError(
            f"the model is not linear: {which} is not where its slopes say it should be",
            action="choose the method auto",
        )
