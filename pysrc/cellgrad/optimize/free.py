"""Searches with bounds at most: every start in one batch, and further ones where they are cheap."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cellgrad.optimize.basins import basins_of
from cellgrad.optimize.choice import choose_method
from cellgrad.optimize.further import SECONDS, further_starts, how_many, is_better
from cellgrad.optimize.levenberg_marquardt import LevenbergMarquardt
from cellgrad.optimize.lone.linear_fit import fits_at_once, fitted
from cellgrad.optimize.lone.search import refine, search_from
from cellgrad.optimize.method import Method
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.request import Request, evaluated, numpy_of, violation
from cellgrad.optimize.search import SCOUTING, Limits, Search, Tolerances
from cellgrad.optimize.solution import Progress, Solution, StartOutcome, Status

FINALISTS = 3
"""After many starts were scouted, the best few are refined to the floor of the arithmetic."""

NOTHING = 1e-28
"""A sum of squares of this size, relative to the start's, is zero to rounding."""

MOST_LOOKED_AT = 32
"""So many of the further starts are looked at, best first, for one that may take the place of the sheet's own."""

REACHED = 1e-9
"""A goal value is reached within this, relative to it, or absolute below 1."""

RUNAWAY = 1e15
"""Changing cells that grew by this factor never came to rest: the objective only flattens out towards infinity."""

SCOUTING_SQUARES = Tolerances(slope=1e-8, change=1e-3, patience=0.4)
"""Levenberg-Marquardt comes near the bottom of its valley within some ten steps, or creeps for hundreds."""

RATE_MATTERS = (Status.CONVERGED, Status.STEP_LIMIT, Status.NO_FINITE_STEP, Status.FLAT)
"""Ends at which a fixed rate that never gained anything is to blame."""


class Free(Request):
    """A search between bounds, or without any."""

    def solution(self, limits: Limits) -> Solution:
        """Bounds at most: every start in one batch; a linear fit at once."""
        problem = self.problem
        chosen, reason = choose_method(problem, self.word, self.rate, self.options, self.steps)
        if isinstance(chosen, LevenbergMarquardt) and self._asks_nothing_else and fits_at_once(problem, self.structure):
            at_once = self._fitted_at_once(f"{reason}, linear in them", limits)
            if at_once is not None:
                return at_once
        limits = dataclasses.replace(limits, steps=self.most_steps(chosen.default_steps))
        X = self.all_starts()
        first = self.tolerances or (Tolerances() if len(X) == 1 else _scouting(chosen))
        search = search_from(problem, chosen, X, first)
        search.run(limits, self.callback)
        if self.tolerances is None and len(X) > 1 and search.stopped is None and search.steps < limits.steps:
            refine(search, FINALISTS, limits, self.callback)
        searches = [search]
        if self.unasked and search.stopped is None:
            searches += self._further(search, limits)
        f, x = (torch.cat([getattr(one, name) for one in searches]) for name in ("f", "x"))
        best = search.best()
        if len(searches) > 1:
            best = self._best_of_all(f, x, best, len(X), searches[1])
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
        if best >= len(X) and status in (Status.TIME_LIMIT, Status.STEP_LIMIT):
            status = Status.CONVERGED  # by a limit of ours, which the user has not set
        if status is Status.FLAT and gained:
            status = Status.CONVERGED  # the flat bottom of a valley, such as that of a sum of absolute values
        if problem.has_residuals and status.found and float(f[best]) <= NOTHING * max(1.0, float(search.start_f[0])):
            status = status if problem.goal.kind == "value" else Status.OPTIMAL
        own = problem.project(self.start.unsqueeze(0))[0]
        tried = self._told_of_starts(len(values), best, values[0])
        found = Solution(
            x=x[best].detach().cpu().double().numpy(),
            value=values[best],
            start_value=start_value,
            status=status,
            message=" ".join(filter(None, (self.explained(status), tried))),
            method=chosen.name,
            reason=reason,
            iterations=sum(one.steps for one in searches),
            evaluations=problem.evaluations,
            seconds=limits.elapsed,
            history=[row for one in searches for row in one.history],
            starts=[StartOutcome(*row) for row in zip(values, statuses, iterations, strict=True)],
            best_start=best,
            basins=basins_of(numpy_of(x), np.array(values), numpy_of(f)) if len(x) > 1 else [],
            start_violation=0.0 if bool((own == self.start).all()) else violation(problem, self.start),
        )
        if self.unasked and self.jumps and search.stopped is None and problem.bounded:
            return self._beyond_jumps(found, float(f[best]), limits)
        return found

    @property
    def _asks_nothing_else(self) -> bool:
        """Whether what is asked for is the optimum, by whatever way leads there."""
        return self.word in ("auto", "grg-nonlinear") and self.starts in (None, 1) and self.most_steps(1) > 0

    def _fitted_at_once(self, reason: str, limits: Limits) -> Solution | None:
        """The least squares of a linear fit; None where a search has to tell what stands in the way."""
        tolerances = self.tolerances or Tolerances()
        found = None if limits.left <= 0 else fitted(self.problem, numpy_of(self.start), tolerances.slope)
        if found is None:
            return None
        value = self.problem.shown(found.merit)
        history = [(found.steps, value, 0.0)] if found.steps else []
        stopped = False
        if self.callback is not None:
            now = Progress(found.steps, value, 0.0, 1, limits.elapsed, 0.0, found.x.copy)
            try:
                stopped = self.callback(now) is True
            except KeyboardInterrupt:
                stopped = True
        status = Status.STOPPED if stopped else Status.OPTIMAL
        return Solution(
            x=found.x, value=value, start_value=self.problem.shown(found.start_merit), status=status,
            message=self.explained(status), method=LevenbergMarquardt.name, reason=reason, iterations=found.steps,
            evaluations=self.problem.evaluations, seconds=limits.elapsed, history=history,
            starts=[StartOutcome(value, status, found.steps)],
        )  # fmt: skip

    def _beyond_jumps(self, found: Solution, merit: float, limits: Limits) -> Solution:
        """The better of what slopes have found and what an evolutionary search finds besides."""
        ending = self.unlimited(self.over_jumps(found.x, limits), limits)
        x = torch.as_tensor(ending.x).to(self.start)
        other = float(self.problem.value(x.unsqueeze(0)))
        if not other < merit:  # it lands on the very step where slopes come close
            detail = "An evolutionary search over its jumps found nothing better."
            return dataclasses.replace(found, message=f"{found.message} {detail}")
        value = evaluated(self.problem, x)[0]
        gained = f"{found.value:.6g}" != f"{value:.6g}"
        detail = f"Slopes alone, which see no jumps, ended at {found.value:.6g}." if gained else ""
        return dataclasses.replace(
            found, x=ending.x, value=value, status=ending.status, method=ending.method,
            message=" ".join(filter(None, (self.explained(ending.status), ending.detail, detail))),
            iterations=found.iterations + ending.iterations, evaluations=self.problem.evaluations,
            seconds=limits.elapsed,
        )  # fmt: skip

    def _told_of_starts(self, tried: int, best: int, own: float) -> str:
        """In a sentence, what further starts that nobody asked for have brought."""
        if self.starts is not None or tried == 1:
            return ""
        others = f"{tried - 1} other starts were tried besides the sheet's own"
        if best == 0:
            return f"{others}; none of them is a better answer."
        ended = f"ended at {own:.6g}" if math.isfinite(own) else "is an error"
        return f"{others}, which {ended}; the best of them is kept."

    def _own_merit(self, search: Search) -> Tensor:
        """The merit at the sheet's own values, which lie outside the bounds where the search began elsewhere."""
        if not self.problem.bounded:
            return search.start_f[:1]
        return self.problem.value(self.start.unsqueeze(0))

    def _further(self, search: Search, limits: Limits) -> list[Search]:
        """The further starts, searched in one batch, or nothing where none is cheap enough."""
        problem = self.problem
        count = how_many(problem)
        left = limits.left
        merit = float(search.f[0])
        reached = problem.goal.kind == "value" and merit <= (REACHED * max(1.0, abs(problem.goal.target))) ** 2
        if count < 1 or left <= 0 or reached or (problem.has_residuals and merit == 0):
            return []
        X = further_starts(problem, self.start, count, self.seed)
        others = Search(problem, search.method, X, _scouting(search.method))
        brief = Limits(search.method.default_steps, min(SECONDS, left), time.process_time(), time.process_time)
        others.run(brief, self.callback, search.steps)
        if others.stopped in (None, Status.TIME_LIMIT):  # of their own two seconds: nobody's limit but ours
            others.stopped = None
            finish = Limits(
                search.method.default_steps + others.steps, min(SECONDS, left), time.process_time(), time.process_time
            )
            refine(others, FINALISTS, finish, self.callback)
        return [others]

    def _best_of_all(self, f: Tensor, x: Tensor, own: int, count: int, others: Search) -> int:
        """Which start to keep: the best of the further ones that is worth leaving the sheet's own for, or that one.

        f (K,), x (K, n): of all starts, the further ones from `count` on. own: the best of those asked for."""
        statuses = others.statuses()
        ranked = torch.nan_to_num(others.f, nan=math.inf).argsort(stable=True).tolist()
        for place in ranked[:MOST_LOOKED_AT]:
            fine = statuses[place].found or statuses[place] in (Status.STEP_LIMIT, Status.TIME_LIMIT)
            at = count + place
            merits = float(f[at]), float(f[own])
            if fine and is_better(self.problem, *merits, numpy_of(x[at]), numpy_of(self.start)):
                return at
        return own


def _scouting(method: Method[Any]) -> Tolerances:
    """When a start that is one of many has come far enough to be judged."""
    return SCOUTING_SQUARES if isinstance(method, LevenbergMarquardt) else SCOUTING


def _told_apart(problem: Problem, status: Status, value: float) -> Status:
    """The status of the best start in the light of goal ``value``: reached, out of reach, or not there yet."""
    if problem.goal.kind != "value" or not math.isfinite(value):
        return status
    target = problem.goal.target
    if abs(value - target) <= REACHED * max(1.0, abs(target)):
        return Status.TARGET_REACHED
    stuck = status.found or status in (Status.FLAT, Status.STATIONARY)
    return Status.TARGET_NOT_REACHED if stuck else status
