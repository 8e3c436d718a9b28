"""From an objective, conditions and a start to a Solution: the face of this package."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellgrad.errors import ArgumentError
from cellgrad.gradients.structure import Form, Structure
from cellgrad.optimize import engines
from cellgrad.optimize.basins import basins_of
from cellgrad.optimize.choice import Route, choose_method, choose_route, known_method
from cellgrad.optimize.conditions import Conditions, System
from cellgrad.optimize.engines import Effort
from cellgrad.optimize.further import SECONDS, further_starts, how_many, is_better, may_have_several_valleys
from cellgrad.optimize.problem import Goal, Objective, Problem
from cellgrad.optimize.search import SCOUTING, Limits, Search, Tolerances
from cellgrad.optimize.solution import Callback, Conflict, Ending, Solution, StartOutcome, Status
from cellgrad.optimize.starts import make_starts

FINALISTS = 3
"""After many starts were scouted, the best few are refined to the floor of the arithmetic."""

MANY_ELEMENTS = 2**19
"""Starts x residuals from which on torch's operations are worth several threads."""

REACHED = 1e-9
"""A goal value is reached within this, relative to it, or absolute below 1."""

RUNAWAY = 1e15
"""Changing cells that grew by this factor never came to rest: the objective only flattens out towards infinity."""

CONSTRAINED_STARTS = 7
"""Further starts, unasked, of a constrained problem; each is solved on its own."""

FROM_ELSEWHERE = "Found from another start than the sheet's own, which ended at {}."

RATE_MATTERS = (Status.CONVERGED, Status.STEP_LIMIT, Status.NO_FINITE_STEP, Status.FLAT)
"""Ends at which a fixed rate that never gained anything is to blame."""


def optimize(
    objective: Objective,
    x0: Tensor | NDArray[np.float64],
    goal: Goal | str = "min",
    *,
    conditions: Conditions | None = None,
    system: System | None = None,
    structure: Structure | None = None,
    method: str = "auto",
    rate: float | None = None,
    steps: int | None = None,
    iterations: int | None = None,
    seconds: float = math.inf,
    starts: int | None = 1,
    seed: int = 0,
    how: str = "uniform",
    tolerances: Tolerances | None = None,
    effort: Effort | None = None,
    callback: Callback | None = None,
) -> Solution:
    """Search from x0 (n,), and from starts - 1 others drawn with `seed`, for the best value of the objective cell.

    goal: ``min``, ``max``, ``value=V`` or a Goal. conditions: what the changing cells must satisfy; with rows, `system`
    computes them. structure: what kind of model it is, where known. method, rate: see `choose_method`. steps: the
    most steps of the search (one step is at most one trial point a start); None is the method's own. iterations: the
    same limit in Solver's currency, where an iteration is a whole line search and as many evaluations as there are
    changing cells: so many times the work is allowed. seconds: time limit. starts: None is x0, and where several
    valleys are possible and the model is small, as many others as take at most two seconds (`further`). callback:
    told of every step; True stops. KeyboardInterrupt at any moment keeps the best point so far. tolerances: None is
    the floor for one start, and looser for a batch whose best few then go on to the floor.
    Raises ArgumentError for options that make no sense; a cell error is a status, never an exception.
    """
    limits = Limits(0, seconds)
    problem = Problem(objective, Goal.parse(goal) if isinstance(goal, str) else goal, conditions, system)
    word = known_method(method, rate)
    if steps is not None and steps < 0:
        raise ArgumentError(f"{steps} steps were asked for", action="ask for zero or more")
    start = torch.as_tensor(x0).to(device=problem.device, dtype=problem.dtype)
    if start.shape != (problem.size,):
        raise ArgumentError(f"{tuple(start.shape)} start values were given for {problem.size} changing cells")
    run = _Run(
        problem,
        start,
        structure,
        word,
        rate,
        steps,
        iterations,
        starts,
        seed,
        how,
        tolerances,
        effort or Effort(),
        callback,
    )
    route = choose_route(problem, structure, word)
    with _threads_for((starts or 1) * max(problem.size, objective.residual_count)):
        return run.free(limits) if route is Route.FREE else run.constrained(route, limits)


@dataclasses.dataclass
class _Run:
    """One call of `optimize`."""

    problem: Problem
    start: Tensor
    structure: Structure | None
    word: str
    rate: float | None
    steps: int | None
    iterations: int | None
    starts: int | None
    seed: int
    how: str
    tolerances: Tolerances | None
    effort: Effort
    callback: Callback | None

    @property
    def unasked(self) -> bool:
        """Whether further starts may be tried without being asked for."""
        plain = self.starts is None and self.rate is None and self.word in ("auto", "grg-nonlinear")
        return plain and self.steps is None and may_have_several_valleys(self.problem, self.structure)

    def _most_steps(self, default: int) -> int:
        """The limit on steps."""
        if self.steps is not None:
            return self.steps
        return default if self.iterations is None else min(default, self.iterations * max(10, self.problem.size))

    def _starts(self) -> Tensor:
        """The starts asked for, (K, n); the sheet's own is the first."""
        conditions, count = self.problem.conditions, 1 if self.starts is None else self.starts
        return make_starts(self.start, count, self.seed, self.how, conditions.lower, conditions.upper)

    def free(self, limits: Limits) -> Solution:
        """Bounds at most: every start in one batch."""
        problem = self.problem
        chosen, reason = choose_method(problem, self.word, self.rate)
        limits = dataclasses.replace(limits, steps=self._most_steps(chosen.default_steps))
        X = self._starts()
        first = self.tolerances or (Tolerances() if len(X) == 1 else SCOUTING)
        search = Search(problem, chosen, X, first)
        search.run(limits, self.callback)
        if first is SCOUTING and search.stopped is None and search.steps < limits.steps:
            search.refine(FINALISTS, Tolerances(), limits, self.callback)
        searches = [search]
        if self.unasked and search.stopped is None:
            searches += self._further(search, limits)
        f, x = (torch.cat([getattr(one, name) for one in searches]) for name in ("f", "x"))
        best = search.best()
        if len(searches) > 1:
            other = len(X) + searches[1].best()
            if self._worth_leaving(f[other], f[best], x[other], searches[1].statuses()[other - len(X)]):
                best = other
        values = problem.cell_values_of(x, f).tolist()
        statuses = [status for one in searches for status in one.statuses()]
        iterations = [count for one in searches for count in one.iterations.tolist()]
        start_value = float(problem.cell_values_of(self.start.unsqueeze(0), self._own_merit(search)))
        status = _told_apart(problem, statuses[best], values[best])
        gained = bool(f[best] < search.start_f[0])
        if self.rate is not None and search.steps > 0 and status in RATE_MATTERS and not gained:
            status = Status.RATE_TOO_LARGE
        if status.found and bool(x[best].abs().max() > RUNAWAY * self.start.abs().max().clamp(min=1)):
            status = Status.UNBOUNDED
        own = problem.project(self.start.unsqueeze(0))[0]
        return Solution(
            x=x[best].detach().cpu().double().numpy(),
            value=values[best],
            start_value=start_value,
            status=status,
            message=" ".join(filter(None, (status.explanation, self._told_of_starts(len(values), best, values[0])))),
            method=chosen.name,
            reason=reason,
            iterations=sum(one.steps for one in searches),
            evaluations=problem.evaluations,
            seconds=time.perf_counter() - limits.began,
            history=[row for one in searches for row in one.history],
            starts=[StartOutcome(*row) for row in zip(values, statuses, iterations, strict=True)],
            best_start=best,
            basins=basins_of(_numpy(x), np.array(values), _numpy(f)) if len(x) > 1 else [],
            start_violation=0.0 if bool((own == self.start).all()) else _violation(problem, self.start),
        )

    def _told_of_starts(self, tried: int, best: int, own: float) -> str:
        """In a sentence, what further starts that nobody asked for have brought."""
        if self.starts is not None or tried == 1:
            return ""
        others = f"{tried - 1} other starts were tried besides the sheet's own"
        if best == 0:
            return f"{others}; none of them ended better."
        return f"{others}, which ended at {own:.6g}; the best of them is kept."

    def _own_merit(self, search: Search) -> Tensor:
        """The merit at the sheet's own values, which lie outside the bounds where the search began elsewhere."""
        if not self.problem.bounded:
            return search.start_f[:1]
        return self.problem.value(self.start.unsqueeze(0))

    def _further(self, search: Search, limits: Limits) -> list[Search]:
        """The further starts, searched in one batch, or nothing where none is cheap enough."""
        problem = self.problem
        count = how_many(problem)
        left = limits.seconds - (time.perf_counter() - limits.began)
        if count < 1 or left <= 0 or (problem.has_residuals and float(search.f[0]) == 0):
            return []
        others = Search(problem, search.method, further_starts(problem, self.start, count, self.seed), SCOUTING)
        limits = Limits(search.method.default_steps, min(SECONDS, left))
        others.run(limits, self.callback, search.steps)
        if others.stopped in (None, Status.TIME_LIMIT):
            others.stopped = None
            others.refine(
                FINALISTS, Tolerances(), Limits(limits.steps + others.steps, min(SECONDS, left)), self.callback
            )
        return [others]

    def _worth_leaving(self, other: Tensor, own: Tensor, x: Tensor, status: Status) -> bool:
        """Whether the best of the further starts takes the place of the sheet's own."""
        fine = status.found or status in (Status.TIME_LIMIT, Status.STEP_LIMIT)
        return fine and is_better(self.problem, float(other), float(own), _numpy(x), _numpy(self.start))

    def constrained(self, route: Route, limits: Limits) -> Solution:
        """Rows or whole numbers: one of the engines."""
        problem, conditions, structure = self.problem, self.problem.conditions, self.structure
        limits = dataclasses.replace(limits, steps=self._most_steps(10_000))
        closed = np.flatnonzero(_no_room(conditions))
        if len(closed):
            ending = Ending(_numpy(self.start), Status.BOUNDS_CONFLICT, 0, places=tuple(closed.tolist()))
        elif len(crossed := np.flatnonzero(conditions.row_lower > conditions.row_upper)):
            ending = Ending(_numpy(self.start), Status.INFEASIBLE, 0, conflict=Conflict((int(crossed[0]),), ()))
        elif route is Route.LINEAR and structure is not None and not structure.linear:
            ending = Ending(_numpy(self.start), Status.NOT_LINEAR, 0)
        else:
            ending = self._solve(route, self._starts(), limits)
            if self.unasked and route is Route.CONSTRAINED and ending.status is not Status.STOPPED:
                ending = self._from_elsewhere(ending, limits)
        x = torch.as_tensor(ending.x).to(self.start)
        value, rows = _evaluated(problem, x)
        start_value, start_rows = _evaluated(problem, self.start)
        status = ending.status
        message = " ".join(filter(None, (status.explanation, ending.detail)))
        return Solution(
            x=ending.x,
            value=value,
            start_value=start_value,
            status=status,
            message=message,
            method=ending.method or METHOD_OF[route],
            reason=_reason(problem, structure, self.word),
            iterations=ending.iterations,
            evaluations=problem.evaluations,
            seconds=time.perf_counter() - limits.began,
            history=ending.history,
            starts=[StartOutcome(value, status, ending.iterations)],
            rows=rows,
            violation=conditions.violation(ending.x, rows),
            start_violation=conditions.violation(_numpy(self.start), start_rows),
            multipliers=ending.multipliers,
            ranges=ending.ranges,
            conflict=ending.conflict,
            gap=ending.gap,
            places=ending.places,
        )

    def _solve(self, route: Route, X: Tensor, limits: Limits) -> Ending:
        return engines.solve(
            route, self.problem, X, self.structure, self.word, limits, self.effort, self.seed, self.callback
        )

    def _from_elsewhere(self, own: Ending, limits: Limits) -> Ending:
        """The better of the sheet's own answer and what a few further starts find within two seconds; where the
        objective jumps, of an evolutionary search too."""
        left = limits.seconds - (time.perf_counter() - limits.began)
        if left <= 0 or limits.began + SECONDS < time.perf_counter():
            return own
        brief = Limits(limits.steps, min(SECONDS, left))
        X = further_starts(self.problem, self.start, CONSTRAINED_STARTS, self.seed)
        found = [self._solve(Route.CONSTRAINED, X, brief)]
        if self.structure is not None and self.structure.form is Form.DISCONTINUOUS:
            found.append(self._solve(Route.DISCRETE, torch.as_tensor(own.x).to(self.start).unsqueeze(0), limits))
        best, merit = own, self._merit(own)
        for ending in found:
            if self._feasible(ending) and ending.status is not Status.UNBOUNDED:
                other = self._merit(ending)
                if is_better(self.problem, other, merit, ending.x, _numpy(self.start)):
                    detail = " ".join(filter(None, (ending.detail, FROM_ELSEWHERE.format(self._shown(own)))))
                    kept = dataclasses.replace(ending, iterations=own.iterations + ending.iterations, detail=detail)
                    best, merit = kept, other
        return best

    def _shown(self, ending: Ending) -> str:
        if not self._feasible(ending):
            return "no feasible point"
        return f"{_evaluated(self.problem, torch.as_tensor(ending.x).to(self.start))[0]:.6g}"

    def _feasible(self, ending: Ending) -> bool:
        _, rows = _evaluated(self.problem, torch.as_tensor(ending.x).to(self.start))
        conditions = self.problem.conditions
        return conditions.violation(ending.x, rows) <= conditions.precision

    def _merit(self, ending: Ending) -> float:
        """What is minimised, and infinite where a condition is missed."""
        if not self._feasible(ending):
            return math.inf
        return float(self.problem.value(torch.as_tensor(ending.x).to(self.start).unsqueeze(0)))


METHOD_OF = {Route.LINEAR: "simplex-lp", Route.CONSTRAINED: "sqp", Route.DISCRETE: "branch-and-bound"}
"""What an engine is called where it does not say itself what it used."""

KINDS = {
    Form.CONSTANT: "constant", Form.LINEAR: "linear", Form.QUADRATIC: "quadratic", Form.SMOOTH: "smooth",
    Form.PIECEWISE: "smooth in pieces", Form.DISCONTINUOUS: "with jumps",
}  # fmt: skip


def _reason(problem: Problem, structure: Structure | None, word: str) -> str:
    """Why this way was taken, in a sentence."""
    if word != "auto":
        return "as asked"
    conditions = problem.conditions
    kind = "the objective" if structure is None else f"a model {KINDS[structure.form]}"
    if structure is not None and structure.linear:
        kind = "a linear model"
    counted = [f"{conditions.count:,} constraints"] if conditions.count else []
    if conditions.whole.any():
        counted.append(f"{int(conditions.whole.sum()):,} whole cells")
    if conditions.different:
        counted.append(f"{len(conditions.different):,} groups all different")
    return f"{kind} with {' and '.join(counted)}" if counted else f"{kind} between bounds"


def _no_room(conditions: Conditions) -> NDArray[np.bool_]:
    """Which changing cells have bounds that leave them no value (n,)."""
    lower, upper = conditions.lower, conditions.upper
    whole = conditions.whole & (np.ceil(lower - 1e-9) > np.floor(upper + 1e-9))
    return (lower > upper) | whole


def _evaluated(problem: Problem, x: Tensor) -> tuple[float, NDArray[np.float64]]:
    """The objective cell and the rows (c,) at x (n,)."""
    if problem.system is None:
        return float(problem.objective.value(x.unsqueeze(0))), np.empty(0)
    f, g = problem.system.values(x.unsqueeze(0))
    return float(f[0]), _numpy(g[0])


def _violation(problem: Problem, x: Tensor) -> float:
    return problem.conditions.violation(_numpy(x), _evaluated(problem, x)[1])


def _numpy(x: Tensor) -> NDArray[np.float64]:
    return x.detach().cpu().double().numpy()


@contextmanager
def _threads_for(elements: int) -> Iterator[None]:
    """One thread while every operation is small: waiting for a second costs more than it brings, on a busy machine
    ten times more."""
    before = torch.get_num_threads()
    if elements < MANY_ELEMENTS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _told_apart(problem: Problem, status: Status, value: float) -> Status:
    """The status of the best start in the light of goal ``value``: reached, out of reach, or not there yet."""
    if problem.goal.kind != "value" or not math.isfinite(value):
        return status
    target = problem.goal.target
    if abs(value - target) <= REACHED * max(1.0, abs(target)):
        return Status.TARGET_REACHED
    stuck = status.found or status in (Status.FLAT, Status.STATIONARY)
    return Status.TARGET_NOT_REACHED if stuck else status
