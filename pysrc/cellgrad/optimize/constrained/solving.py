"""The door to constrained problems: from starts to an `Ending`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from torch import Tensor

from cellgrad.errors import ArgumentError
from cellgrad.optimize.conditions import Conditions, Floats
from cellgrad.optimize.constrained.augmented_lagrangian import augmented_lagrangian
from cellgrad.optimize.constrained.candidates import Candidate, judge, multipliers
from cellgrad.optimize.constrained.curvature import ways_down
from cellgrad.optimize.constrained.feasibility import MISSED, conflict, nearest, tidied
from cellgrad.optimize.constrained.interior import interior_point
from cellgrad.optimize.constrained.kinks import settled
from cellgrad.optimize.constrained.model import Model, View
from cellgrad.optimize.constrained.polishing import polished
from cellgrad.optimize.constrained.record import Interrupted, Record
from cellgrad.optimize.constrained.scaling import plain, scaled, scaled_by_values
from cellgrad.optimize.constrained.sqp import sqp
from cellgrad.optimize.constrained.starting import finite_start, perturbed
from cellgrad.optimize.constrained.trust_region import trust_region
from cellgrad.optimize.problem import Goal, Problem
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Callback, Conflict, Ending, Status

METHODS = ("sqp", "interior-point", "trust-constr", "augmented-lagrangian")

LARGE_CELLS = 1_500
LARGE_JACOBIAN = 2**24
"""More cells than this, or more cells x rows: only the augmented Lagrangian, which forms no Jacobian."""
FEW_CELLS = 60
"""Up to so many, sequential quadratic programming goes first: it bears kinks best."""
MOST_FOR_SQP = 300
ESCAPES = 3
"""How often a saddle is left behind."""
FINALISTS = 3
SPREADS = (0.3, 3.0)
"""How far around, in typical sizes, a point that meets all rows is sought before there is said to be none."""
RUNAWAY = 1e15
"""Cells that grew by this factor never came to rest."""

Engine = Callable[[View, Floats], Floats]


def _lagrangian(view: View, z: Floats) -> Floats:
    return augmented_lagrangian(view, z[None]).z[0]


ENGINES: dict[str, Engine] = {
    "sqp": sqp, "interior-point": interior_point, "trust-constr": trust_region, "augmented-lagrangian": _lagrangian,
}  # fmt: skip


def solve_constrained(
    problem: Problem,
    X: Tensor,
    limits: Limits,
    callback: Callback | None = None,
    method: str = "auto",
    seed: int = 0,
    scaling: bool = True,
    brief: bool = False,
) -> Ending:
    """The best feasible point reached from the starts X (K, n).

    method: one of METHODS, or ``auto``. scaling: whether cells and rows are brought to typical sizes first. brief: for
    one of many problems, of which the best is solved again: one engine a start, another where no point was feasible,
    and no search for constraints in conflict, ways out of saddles or the bottom of kinks.
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
    run = _Run(problem, conditions, record, method, scaling, brief)
    status: Status | None = None
    try:
        run.solve(starts, seed)
    except Interrupted as interruption:
        status = interruption.status
    except KeyboardInterrupt:
        status = Status.STOPPED
    return run.ending(starts[0], status)


class _Run:
    """One call of the door: what is known so far."""

    def __init__(
        self,
        problem: Problem,
        conditions: Conditions,
        record: Record,
        method: str,
        scaling: bool,
        brief: bool = False,
    ) -> None:
        self.problem, self.conditions, self.record = problem, conditions, record
        self.method, self.scaling, self.brief = method, scaling, brief
        self.best: Candidate | None = None
        self.conflict: Conflict | None = None
        self.detail = ""

    def solve(self, starts: Floats, seed: int) -> None:
        """From all starts; sets `best`, and `conflict` where none was feasible."""
        model = Model(self.problem, self.conditions, self.record, starts[0])
        large = model.n > LARGE_CELLS or model.n * model.m > LARGE_JACOBIAN
        points = []
        for k, start in enumerate(starts):
            x, rescued = finite_start(model, self.conditions.clipped(start)[model.free], seed + k, large)
            if rescued and x is not None and k == 0:
                self.detail = "The start is an error; the search began at values near it that are none."
            points += [x] if x is not None else []
        if not points:
            return
        if not model.n:
            self._take(judge(plain(model), self.conditions, points[0]))
            return
        if large:
            self._all_at_once(scaled_by_values(model, points[0]), points, True)
        elif self.method == "augmented-lagrangian":
            self._all_at_once(self._view(model, points[0]), points, False)
        else:
            for k, x in enumerate(points):
                self.record.running = len(points) - k
                self._one(Model(self.problem, self.conditions, self.record, model.full(x)), x, seed + k)
        if self.best is not None and not self.best.feasible and not large and not self.brief:
            self._explain(self.best)
        if self.best is not None and self.best.feasible and not self.best.reached:
            self._approach(self.best)

    def _one(self, model: Model, x: Floats, seed: int) -> None:
        """One start, by one engine after the other until one ends at an optimum."""
        mine: Candidate | None = None
        for attempt, (engine, how) in enumerate(self._plan(model)):
            begin = x
            if mine is not None and how == "nearest":
                at = self._least_missed(mine, seed)
                if at is None:
                    continue
                if mine.view.violation(mine.view.values(at)[1]) > MISSED:
                    break
                begin = mine.view.x(at)
            elif mine is not None and how == "moved":
                begin = perturbed(model, mine.x, mine.view.cells, seed + attempt, 0.1)
            if attempt and not model.slopes(begin).finite:
                continue
            found = self._engine(engine, self._view(model, begin), begin)
            if found is not None and found.better_than(mine):
                mine = found
            if mine is not None and mine.optimal:
                break
            kinked = mine is not None and attempt and mine.feasible and self.method == "auto" and not self.brief
            if mine is not None and kinked and not model.valued:
                mine, proven = self._at_a_kink(mine)
                if proven:
                    break
        if mine is not None and mine.optimal and not model.valued and not self.brief:
            self._escape(mine)

    def _at_a_kink(self, mine: Candidate) -> tuple[Candidate, bool]:
        """The candidate, or a better one below it in a kink; whether nothing near is better."""
        view = mine.view
        z, proven = settled(view, view.z(mine.x))
        found = judge(view, self.conditions, polished(view, z), method=mine.method)
        self._take(found)
        return (found if found is not None and found.better_than(mine) else mine), proven

    def _least_missed(self, mine: Candidate, seed: int) -> Floats | None:
        """The point that misses the rows least, from a candidate that misses some, and from points around it where
        that is not enough; None where it misses none."""
        view = mine.view
        z = view.z(mine.x)
        if view.violation(view.values(z)[1]) <= MISSED:
            return None
        tries = [z]
        for k, spread in enumerate(() if self.brief else SPREADS):
            x = perturbed(view.model, mine.x, view.cells, seed + k, spread)
            tries += [view.z(x)] if view.slopes(view.z(x)).finite else []
        best = z
        for start in tries:
            at = nearest(view, start)
            if view.violation(view.values(at)[1]) < view.violation(view.values(best)[1]):
                best = at
            if view.violation(view.values(best)[1]) <= MISSED:
                break
        return best

    def _plan(self, model: Model) -> list[tuple[str, str]]:
        if self.method != "auto":
            return [(self.method, "start"), (self.method, "nearest"), (self.method, "moved")]
        order = ["sqp", "interior-point"] if model.n <= FEW_CELLS else ["interior-point", "sqp"]
        if model.n > MOST_FOR_SQP:
            order = ["interior-point", "augmented-lagrangian"]
        first, second = order
        if self.brief:
            return [(first, "start"), (second, "nearest")]
        return [
            (first, "start"), (second, "start"), (first, "nearest"), (second, "nearest"), (first, "moved"),
            ("augmented-lagrangian", "start"), (second, "moved"),
        ]  # fmt: skip

    def _engine(self, method: str, view: View, x: Floats) -> Candidate | None:
        """What an engine comes back with, polished in units that suit it."""
        z = ENGINES[method](view, view.z(x))
        here = scaled(view.model, view.x(z), view) if self.scaling else view
        found = judge(here, self.conditions, tidied(here, polished(here, here.z(view.x(z)))), method=method)
        self._take(found)
        return found

    def _escape(self, candidate: Candidate) -> None:
        """Away from a saddle, to both sides."""
        for _ in range(ESCAPES):
            view = candidate.view
            better = None
            for z in ways_down(view, view.z(candidate.x), candidate.conditions):
                if view.slopes(z).finite:
                    for engine in ("sqp", "interior-point") if view.n <= FEW_CELLS else ("interior-point",):
                        found = self._engine(engine, view, view.x(z))
                        if found is not None and found.better_than(better or candidate):
                            better = found
            if better is None or not better.optimal:
                return
            candidate = better

    def _all_at_once(self, view: View, points: list[Floats], large: bool) -> None:
        """All starts by the augmented Lagrangian, the best of them polished."""
        reached = augmented_lagrangian(view, np.array([view.z(x) for x in points]))
        found = [
            judge(view, self.conditions, z, y, "augmented-lagrangian")
            for z, y in zip(reached.z, reached.rows, strict=True)
        ]
        for candidate in found:
            self._take(candidate)
        if large:
            return
        known = [candidate for candidate in found if candidate is not None]
        for candidate in sorted(known, key=lambda c: (not c.feasible, c.merit if c.feasible else c.violation))[
            :FINALISTS
        ]:
            here = scaled(view.model, candidate.x, view) if self.scaling else view
            self._take(
                judge(
                    here,
                    self.conditions,
                    tidied(here, polished(here, here.z(candidate.x))),
                    method="augmented-lagrangian",
                )
            )

    def _explain(self, best: Candidate) -> None:
        """Miss the limits as little as can be, and say which are in conflict."""
        view = best.view
        z = nearest(view, view.z(best.x))
        if view.violation(view.values(z)[1]) > MISSED:
            found = judge(view, self.conditions, z)
            if found is not None and found.violation < best.violation:
                self.best = found
            self.conflict = conflict(view, z)

    def _approach(self, best: Candidate) -> None:
        """A goal value that was not reached: as close as the other limits allow."""
        goal = Goal("max" if best.cell < self.problem.goal.target else "min")
        towards = Problem(self.problem.objective, goal, self.problem.conditions, self.problem.system)
        record = Record(towards, self.conditions, self.record.limits, None)
        record.steps = self.record.steps
        run = _Run(towards, self.conditions, record, "auto", self.scaling)
        try:
            run.solve(best.view.model.full(best.x)[None], 0)
        finally:
            self.record.steps = record.steps
            self.problem.evaluations += towards.evaluations
        closest = run.best
        if closest is not None and closest.feasible:
            here = scaled(best.view.model, closest.x, best.view)
            self._take(judge(here, self.conditions, here.z(closest.x)))

    def _view(self, model: Model, x: Floats) -> View:
        view = scaled(model, x) if self.scaling else plain(model)
        if model.valued:
            model.pull = view.cells**-2
        return view

    def _take(self, candidate: Candidate | None) -> None:
        if candidate is not None and candidate.better_than(self.best):
            self.best = candidate

    def ending(self, start: Floats, status: Status | None) -> Ending:
        """What the run hands back; `status` where it was interrupted."""
        record, best = self.record, self.best
        x, multiplied = start, None
        if status is not None and (status is Status.UNBOUNDED or best is None or not best.optimal):
            x = record.point() if record.least is not None else start
        elif best is None:
            status = Status.ERROR_VALUE
        else:
            x = best.view.model.full(best.x)
            status = best.status if status is None else status
            multiplied = multipliers(best) if best.feasible else None
            far = np.abs(best.x).max(initial=0.0) > RUNAWAY * max(1.0, float(np.abs(start).max(initial=0.0)))
            if status.found and far:
                status = Status.UNBOUNDED
        return Ending(
            x,
            status,
            record.steps,
            record.history,
            multipliers=multiplied,
            conflict=self.conflict,
            detail=self.detail,
            method=best.method if best is not None else "",
        )
