"""What a constrained run remembers, whichever engine is at work: the best points, the history, and when to stop."""

from __future__ import annotations

import math

import numpy as np

from cellgrad.optimize.conditions import Conditions, Floats
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.search import UNBOUNDED_FALL, Limits
from cellgrad.optimize.solution import Callback, Progress, Status


class Interrupted(Exception):  # noqa: N818 - no fault: the way out of an engine that is not ours
    """A limit was reached, the user stopped the run, or the objective falls without end."""

    def __init__(self, status: Status) -> None:
        self.status = status


class Record:
    """Every point that an engine evaluates passes here, so that the best of them outlives the engine.

    best (n,): the feasible point of the lowest merit, None while there is none. least (n,): the least violated one.
    """

    def __init__(self, problem: Problem, conditions: Conditions, limits: Limits, callback: Callback | None) -> None:
        self.problem = problem
        self.conditions = conditions
        self.limits = limits
        self.callback = callback
        self.steps = 0
        self.history: list[tuple[int, float, float]] = []
        self.best: Floats | None = None
        self.best_merit = math.inf
        self.best_cell = math.nan
        self.least: Floats | None = None
        self.least_violation = math.inf
        self.running = 1
        self.bottom: float | None = None
        """A merit below this falls for ever."""

    def merit(self, cell: float) -> float:
        """What ranks feasible points: the smaller the better."""
        goal = self.problem.goal
        if goal.kind == "value":
            return abs(cell - goal.target)
        return -cell if goal.kind == "max" else cell

    def note(self, x: Floats, cell: float, rows: Floats) -> None:
        """A point (n,) with its objective cell and all rows (c,). Raises Interrupted when the time is over."""
        if self.limits.left <= 0:
            raise Interrupted(Status.TIME_LIMIT)
        if not math.isfinite(cell):
            return
        violation = self.conditions.violation(x, rows)
        if self.bottom is None:
            self.bottom = -UNBOUNDED_FALL * max(1.0, abs(cell))
        if violation <= self.conditions.precision and self.merit(cell) < self.bottom:
            raise Interrupted(Status.UNBOUNDED)
        if violation <= self.conditions.precision and self.merit(cell) < self.best_merit:
            self.best, self.best_cell, self.best_merit = x.copy(), cell, self.merit(cell)
        if violation < self.least_violation:
            self.least, self.least_violation = x.copy(), violation

    def step(self, rate: float) -> None:
        """An iteration of an engine has ended, after a step of length `rate`. Raises Interrupted at a limit."""
        self.steps += 1
        goal = self.problem.goal
        value = self.best_merit if goal.kind == "value" else self.best_cell
        self.history.append((self.steps, value, rate))
        limits = self.limits
        elapsed = limits.elapsed
        if self.callback is not None:
            left = min(elapsed / self.steps * (limits.steps - self.steps), limits.seconds - elapsed)
            told = Progress(self.steps, value, rate, self.running, elapsed, max(0.0, left), self.point)
            if self.callback(told) is True:
                raise Interrupted(Status.STOPPED)
        if self.steps >= limits.steps:
            raise Interrupted(Status.STEP_LIMIT)

    def point(self) -> Floats:
        """The best feasible point so far, or the least violated one."""
        point = self.best if self.best is not None else self.least
        return np.zeros(self.problem.size) if point is None else point
