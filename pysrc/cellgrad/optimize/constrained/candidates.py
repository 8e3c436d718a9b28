"""A point an engine came back with, judged: feasible or not, optimal or not, better than another or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cellgrad.optimize.conditions import Conditions, Floats
from cellgrad.optimize.constrained.kkt import Kkt, kkt, kkt_given
from cellgrad.optimize.constrained.model import View
from cellgrad.optimize.solution import Multipliers, Status

OPTIMAL = 1e-7
"""The scaled residual of the optimality conditions up to which a point is called optimal."""
CONVERGED = 1e-4
REACHED = 1e-9
"""A goal value is reached within this, relative to it, or absolute below 1."""
FAR = 1e15
"""Cells that grew by this factor run away."""


@dataclass(frozen=True)
class Candidate:
    """x (n,): the free cells. merit: what ranks feasible points. violation: as Conditions says, of rows and bounds.
    penalty: by how much the merit gained from rows that are missed a little. conditions: multipliers in the view's
    units. view: the units of those. method: the engine it is from."""

    x: Floats
    merit: float
    cell: float
    violation: float
    penalty: float
    conditions: Kkt
    view: View
    precision: float
    method: str = ""

    @property
    def feasible(self) -> bool:
        return self.violation <= self.precision

    @property
    def reached(self) -> bool:
        """Whether the objective cell has the value asked for (always, where none is)."""
        goal = self.view.model.problem.goal
        return goal.kind != "value" or abs(self.cell - goal.target) <= REACHED * max(1.0, abs(goal.target))

    @property
    def optimal(self) -> bool:
        """Whether nothing is left to do from here."""
        if self.view.model.valued:
            return self.feasible and self.reached
        return self.feasible and self.conditions.residual <= OPTIMAL

    @property
    def status(self) -> Status:
        if not self.feasible:
            return Status.INFEASIBLE
        if self.view.model.valued:
            return Status.TARGET_REACHED if self.reached else Status.TARGET_NOT_REACHED
        if self.optimal:
            return Status.OPTIMAL
        return Status.CONVERGED if self.conditions.residual <= CONVERGED else Status.CANNOT_IMPROVE

    def better_than(self, other: Candidate | None) -> bool:
        """Feasible before not; then lower, where merit gained by missing rows does not count."""
        if other is None:
            return True
        if self.feasible != other.feasible:
            return self.feasible
        if not self.feasible:
            return self.violation < other.violation
        mine, theirs = self.merit + self.penalty, other.merit + other.penalty
        even = 1e-12 * max(abs(mine), abs(theirs))
        if abs(mine - theirs) > even:
            return mine < theirs
        return self.conditions.residual < other.conditions.residual


def judge(view: View, conditions: Conditions, z: Floats, y: Floats | None = None, method: str = "") -> Candidate | None:
    """The candidate at z, None where it is a cell error. y: multipliers of the rows, where no Jacobian is to be had."""
    model = view.model
    x = view.x(z)
    f, g = model.system.values(model.tensor(x))
    rows = g[0].detach().cpu().double().numpy()
    cell = float(f[0])
    if not (np.isfinite(cell) and np.isfinite(rows).all()):
        return None
    if y is not None:
        found = kkt_given(view, z, y)
    elif (slopes := view.slopes(z)).finite:
        found = kkt(view, z, slopes)
    else:  # values without slopes, as at the edge of a root: a point to keep, of which no more can be said
        found = Kkt(np.zeros(view.m), np.zeros(view.n), np.inf, view.violation(view.values(z)[1]), np.inf)
    penalty = float(np.abs(found.rows) @ view.misses(view.values(z)[1])) / view.merit
    if model.problem.rooted:
        penalty /= 2 * max(1e-300, cell)
    violation = conditions.violation(model.full(x), rows)
    return Candidate(x, model.record.merit(cell), cell, violation, penalty, found, view, conditions.precision, method)


def multipliers(candidate: Candidate) -> Multipliers | None:
    """Those of a candidate in units of the objective cell: by how much it changes per unit of a limit. None at a kink,
    where no single slope tells, and for a goal value."""
    view, model = candidate.view, candidate.view.model
    if model.valued or candidate.conditions.residual > CONVERGED:
        return None
    unit = model.sign / view.merit
    if model.problem.rooted:
        if candidate.cell == 0:
            return None
        unit /= 2 * candidate.cell
    rows, cells = np.zeros(model.system.count), np.zeros(len(model.whole))
    rows[model.places] = candidate.conditions.rows * view.rows * unit
    cells[model.free] = candidate.conditions.cells / view.cells * unit
    return Multipliers(rows, cells)
