"""The door to constrained problems: from starts to an `Ending`."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from cellgrad.errors import ArgumentError
from cellgrad.optimize.conditions import Conditions, Floats
from cellgrad.optimize.constrained.candidates import Candidate, judge, multipliers
from cellgrad.optimize.constrained.interior import interior_point
from cellgrad.optimize.constrained.model import Model, View
from cellgrad.optimize.constrained.polishing import polished
from cellgrad.optimize.constrained.record import Interrupted, Record
from cellgrad.optimize.constrained.scaling import plain, scaled
from cellgrad.optimize.constrained.sqp import sqp
from cellgrad.optimize.constrained.starting import finite_start, perturbed
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Callback, Ending, Status

METHODS = ("sqp", "interior-point")

ENGINES = {"sqp": sqp, "interior-point": interior_point}


def solve_constrained(
    problem: Problem,
    X: Tensor,
    limits: Limits,
    callback: Callback | None = None,
    method: str = "auto",
    seed: int = 0,
    scaling: bool = True,
) -> Ending:
    """The best feasible point reached from the starts X (K, n).

    method: one of METHODS, or ``auto``. scaling: whether cells and rows are brought to typical sizes first.
    Raises ArgumentError for a method there is none of; a cell error is a status, never an exception.
    """
    if method != "auto" and method not in METHODS:
        raise ArgumentError(f"no method for constraints is called {method!r}", action=f"use auto, {', '.join(METHODS)}")
    conditions = problem.conditions.relaxed()
    starts = X.detach().cpu().double().numpy()
    crossed = np.flatnonzero(conditions.lower > conditions.upper)
    if len(crossed):
        return Ending(starts[0], Status.BOUNDS_CONFLICT, 0, places=tuple(crossed.tolist()))
    record = Record(problem, conditions, limits, callback)
    record.running = len(starts)
    run = _Run(problem, conditions, record, method, seed, scaling)
    try:
        for k, start in enumerate(starts):
            run.solve(start, seed + k)
        status: Status | None = None
    except Interrupted as interruption:
        status = interruption.status
    except KeyboardInterrupt:
        status = Status.STOPPED
    return run.ending(starts[0], status)


class _Run:
    """One call of the door: what is known so far."""

    def __init__(
        self, problem: Problem, conditions: Conditions, record: Record, method: str, seed: int, scaling: bool
    ) -> None:
        self.problem, self.conditions, self.record = problem, conditions, record
        self.method, self.seed, self.scaling = method, seed, scaling
        self.best: Candidate | None = None
        self.detail = ""

    def solve(self, start: Floats, seed: int) -> None:
        model = Model(self.problem, self.conditions, self.record, start)
        x, rescued = finite_start(model, model.anchor, seed)
        if x is None:
            return
        if rescued:
            self.detail = "The start is an error; the search began at values near it that are none."
        engine = ENGINES["sqp" if self.method == "auto" else self.method]
        for attempt in range(4):
            view = self.view(model, x)
            candidate = self.judged(model, view, engine(view, view.z(x)))
            if candidate is not None and candidate.better_than(self.best):
                self.best = candidate
            if candidate is not None and candidate.optimal:
                return
            x = perturbed(model, x if candidate is None else candidate.x, view.cells, seed + attempt, 0.1)
            if not model.slopes(x).finite:
                return

    def view(self, model: Model, x: Floats) -> View:
        return scaled(model, x) if self.scaling else plain(model)

    def judged(self, model: Model, view: View, z: Floats) -> Candidate | None:
        """The candidate an engine's end becomes, polished in units that suit it."""
        here = scaled(model, view.x(z), view) if self.scaling else view
        z = polished(here, here.z(view.x(z)))
        return judge(model, here, self.conditions, z)

    def ending(self, start: Floats, status: Status | None) -> Ending:
        record, best = self.record, self.best
        common = {"iterations": record.steps, "history": record.history, "detail": self.detail}
        if best is None:
            if status is not None and record.least is not None:
                return Ending(record.point(), status, **common)
            return Ending(start, status or Status.ERROR_VALUE, **common)
        if status is None or best.optimal:
            status = status if status is not None else best.status
            x = best.view.model.full(best.x)
            return Ending(x, status, multipliers=multipliers(best) if best.feasible else None, **common)
        return Ending(record.point(), status, **common)
