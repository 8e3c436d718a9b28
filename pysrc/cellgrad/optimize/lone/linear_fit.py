"""A fit whose residuals are linear in the changing cells, solved at once: no search, no damping, a step or two.

r(x + p) = r(x) + J p with one and the same J everywhere, so that the least squares of it are those of the whole fit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from cellgrad.gradients.structure import Structure
from cellgrad.optimize.damped_least_squares import SMALLEST_PIVOT, orthogonal_step
from cellgrad.optimize.levenberg_marquardt import STATIONARY
from cellgrad.optimize.problem import Problem
from cellgrad.program.objective import CompiledObjective

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

MOST_STEPS = 8
"""Each step after the first only mends what rounding left of the one before."""
SHRINKS = 0.5
"""A step that is not this much shorter than the one before has nothing left to mend."""
FARTHEST = 1e12
"""Changing cells that grew by this factor are left to a search, which says whether they run away."""


@dataclass(frozen=True)
class Fitted:
    """x (n,), the sum of squares `merit` there and at the start, and how many steps led there."""

    x: Vector
    merit: float
    start_merit: float
    steps: int


def fits_at_once(problem: Problem, structure: Structure | None) -> bool:
    """Whether a problem is a linear fit without bounds."""
    if structure is None or not structure.straight or problem.goal.kind != "min" or problem.bounded:
        return False
    plain = problem.device.type == "cpu" and problem.dtype == torch.float64
    objective = problem.objective
    return plain and isinstance(objective, CompiledObjective) and objective.arithmetic == torch.float64


def fitted(problem: Problem, start: Vector, slope: float) -> Fitted | None:
    """The least squares from a start (n,), or None where a search has to tell what stands in the way: an error, a
    plateau, cells that run away.

    slope: no further step is made once it would move the residuals by no more than this part of them. Where cells are
    not determined, those that move least from the start are found, as by Levenberg-Marquardt.
    """
    objective = problem.objective
    assert isinstance(objective, CompiledObjective)
    with np.errstate(all="ignore"):  # what is not finite is a cell error, and data
        residuals, jacobian = (found.numpy() for found in objective.linear_fit(torch.from_numpy(start)))
        problem.evaluations += 1
        solver = _Solver(jacobian)
        x, merit = start, float(residuals @ residuals)
        if not (math.isfinite(merit) and solver.moves):
            return None
        start_merit, steps, last = merit, 0, math.inf
        half = solver.half(residuals)
        while merit > 0 and steps < MOST_STEPS:
            begun, moved = solver.begun(residuals, half)
            if not moved < SHRINKS * last or moved <= slope * math.sqrt(merit):
                break
            there = x + solver.step(begun, residuals)
            found = objective.residuals(torch.from_numpy(there)).numpy()
            problem.evaluations += 1
            least = float(found @ found)
            if not least <= merit * (1 + 1e4 * problem.epsilon):
                break
            x, residuals, merit, last, steps = there, found, least, moved, steps + 1
            half = solver.half(residuals)
        still = float(np.abs(half).max()) <= STATIONARY * math.sqrt(merit)
    if not still or np.abs(x).max() > FARTHEST * max(1.0, float(np.abs(start).max())):
        return None
    return Fitted(x, merit, start_merit, steps)


class _Solver:
    """The least squares of r + J p for one J (m, n) and any r (m,)."""

    def __init__(self, jacobian: Matrix) -> None:
        self.jacobian = jacobian
        normal = jacobian.T @ jacobian
        norms = np.sqrt(normal.diagonal())
        longest = float(norms.max())
        self.moves = 0 < longest < math.inf
        """Whether J is finite, and any cell moves a residual."""
        self.scale = norms if norms.all() else np.where(norms > 0, norms, 1.0)
        """Of the columns of J, (n,)."""
        self.half_root = _inverse_factor(normal / self.scale / self.scale[:, None]) if self.moves else None
        """The inverse of the Cholesky factor of J'J with columns at unit length; None where that is not trusted."""

    def half(self, residuals: Vector) -> Vector:
        """J'r with columns at unit length (n,): over |r|, the cosines between them."""
        found: Vector = (residuals @ self.jacobian) / self.scale
        return found

    def begun(self, residuals: Vector, half: Vector) -> tuple[Vector, float]:
        """Half the way to a step (n,), and the length |J p| by which it will move the residuals."""
        if self.half_root is None:
            p = self._orthogonal(residuals)
            return p, float(np.linalg.norm(self.jacobian @ p))
        q = self.half_root @ half
        return q, math.sqrt(q @ q)

    def step(self, begun: Vector, residuals: Vector) -> Vector:
        """The step p (n,)."""
        if self.half_root is None:
            return begun
        p = -(begun @ self.half_root) / self.scale
        # Corrected semi-normal equations: the same once more for what is left, which makes them as good as orthogonal
        # factors where the condition is moderate (Bjorck 1987, Linear Algebra and its Applications 88/89)
        left = self.half(residuals + self.jacobian @ p)
        found: Vector = p - ((self.half_root @ left) @ self.half_root) / self.scale
        return found

    def _orthogonal(self, residuals: Vector) -> Vector:
        J, r, d = (torch.from_numpy(np.ascontiguousarray(a))[None] for a in (self.jacobian, residuals, self.scale))
        found: Vector = orthogonal_step(J, r, d, torch.zeros(1, dtype=torch.float64))[0].numpy()
        return found


def _inverse_factor(scaled: Matrix) -> Matrix | None:
    try:
        factor = np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        return None
    pivots = factor.diagonal()
    return np.linalg.inv(factor) if pivots.min() > SMALLEST_PIVOT * pivots.max() else None
