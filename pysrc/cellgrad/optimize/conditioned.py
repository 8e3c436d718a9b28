"""Searches under constraints, for whole numbers and over jumps: by one of the engines."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import torch
from numpy.typing import NDArray

from cellgrad.gradients.structure import Form, Structure
from cellgrad.optimize.choice import CONSTRAINED, DISCRETE, Route
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.further import SECONDS, further_starts, is_better
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.request import Request, evaluated, numpy_of
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Conflict, Ending, Solution, StartOutcome, Status

MOST_STEPS = {Route.LINEAR: 10**9, Route.CONSTRAINED: 10_000, Route.DISCRETE: 1_000_000}
"""Where nobody sets a limit; a simplex iteration is a cheap one."""

CONSTRAINED_STARTS = 7
"""Further starts, unasked, of a constrained problem; each is solved on its own."""

BOUGHT = 100.0
"""A constraint missed within the precision may gain so many times the miss, and is not better for it."""

NOT_FEASIBLE_YET = "No values that satisfy all constraints had been found; the start values stay."

SECONDS_ON_SLOPES = 8.0
"""What a model with jumps may take before an evolutionary search has its turn."""

FROM_ELSEWHERE = "Found from another start than the sheet's own, which ended at {}."


class Conditioned(Request):
    """A search under conditions that are more than bounds."""

    def solution(self, limits: Limits) -> Solution:
        """Rows or whole numbers: one of the engines."""
        problem, conditions, structure, route = self.problem, self.problem.conditions, self.structure, self.route
        limits = dataclasses.replace(limits, steps=self.most_steps(MOST_STEPS[route]))
        closed = np.flatnonzero(no_room(conditions))
        if len(closed):
            ending = Ending(numpy_of(self.start), Status.BOUNDS_CONFLICT, 0, places=tuple(closed.tolist()))
        elif len(crossed := np.flatnonzero(conditions.row_lower > conditions.row_upper)):
            ending = Ending(numpy_of(self.start), Status.INFEASIBLE, 0, conflict=Conflict((int(crossed[0]),), ()))
        elif route is Route.LINEAR and structure is not None and not structure.linear:
            ending = Ending(numpy_of(self.start), Status.NOT_LINEAR, 0)
        else:
            ending = self.solve(route, self.all_starts(), self._first_share(route, limits))
            if self.unasked and route is Route.CONSTRAINED and ending.status is not Status.STOPPED:
                ending = self.unlimited(self._from_elsewhere(ending, limits), limits)
        x = torch.as_tensor(ending.x).to(self.start)
        value, rows = evaluated(problem, x)
        start_value, start_rows = evaluated(problem, self.start)
        status = ending.status
        missed = conditions.violation(ending.x, rows)
        feasible = missed <= conditions.precision
        explained, none_yet = self.explained(status, ending.gap == 0), ""
        if not feasible and not status.restores:
            explained, none_yet = explained.replace(" The best values so far are kept.", ""), NOT_FEASIBLE_YET
        message = " ".join(filter(None, (explained, ending.detail, none_yet)))
        return Solution(
            x=ending.x,
            value=value,
            start_value=start_value,
            status=status,
            message=message,
            method=ending.method or METHOD_CALLED.get(self.word) or METHOD_OF[route],
            reason=_reason(problem, structure, self.word),
            iterations=ending.iterations,
            evaluations=problem.evaluations,
            seconds=limits.elapsed,
            history=ending.history,
            starts=[StartOutcome(value, status, ending.iterations)],
            rows=rows,
            violation=missed,
            feasible=feasible,
            start_violation=conditions.violation(numpy_of(self.start), start_rows),
            multipliers=ending.multipliers,
            ranges=ending.ranges,
            conflict=ending.conflict,
            gap=ending.gap,
            places=ending.places,
        )

    def _first_share(self, route: Route, limits: Limits) -> Limits:
        """What slopes may take of the time where an evolutionary search will have its turn too."""
        if not (self.unasked and self.jumps and route is Route.CONSTRAINED):
            return limits
        return dataclasses.replace(limits, seconds=min(SECONDS_ON_SLOPES, limits.seconds / 3))

    def _from_elsewhere(self, own: Ending, limits: Limits) -> Ending:
        """The better of the sheet's own answer and what a few further starts find within two seconds; where the
        objective jumps, of an evolutionary search too."""
        left = limits.left
        if left <= 0:
            return own
        found = []
        if limits.elapsed <= SECONDS:
            X = further_starts(self.problem, self.start, CONSTRAINED_STARTS, self.seed)
            found.append(self.solve(Route.CONSTRAINED, X, Limits(limits.steps, min(SECONDS, left))))
        if self.jumps:
            found.append(self.over_jumps(own.x, limits))
        best, merit = own, self._merit(own)
        for ending in found:
            if self._feasible(ending) and ending.status is not Status.UNBOUNDED:
                other = self._merit(ending)
                # what a little more of a miss gains is no gain
                bought = BOUGHT * max(0.0, self._missed(ending) - self._missed(best)) * max(1.0, abs(other))
                if is_better(self.problem, other + bought, merit, ending.x, numpy_of(self.start)):
                    detail = " ".join(filter(None, (ending.detail, FROM_ELSEWHERE.format(self._shown(own)))))
                    kept = dataclasses.replace(ending, iterations=own.iterations + ending.iterations, detail=detail)
                    best, merit = kept, other
        return best

    def _shown(self, ending: Ending) -> str:
        if not self._feasible(ending):
            return "no feasible point"
        return f"{evaluated(self.problem, torch.as_tensor(ending.x).to(self.start))[0]:.6g}"

    def _missed(self, ending: Ending) -> float:
        _, rows = evaluated(self.problem, torch.as_tensor(ending.x).to(self.start))
        return self.problem.conditions.violation(ending.x, rows)

    def _feasible(self, ending: Ending) -> bool:
        return self._missed(ending) <= self.problem.conditions.precision

    def _merit(self, ending: Ending) -> float:
        """What is minimised, and infinite where a condition is missed."""
        if not self._feasible(ending):
            return math.inf
        return float(self.problem.value(torch.as_tensor(ending.x).to(self.start).unsqueeze(0)))


METHOD_CALLED = {word: word for word in (*CONSTRAINED, *DISCRETE)} | {"evolutionary": "differential-evolution"}
METHOD_OF = {Route.LINEAR: "simplex-lp", Route.CONSTRAINED: "sqp", Route.DISCRETE: "branch-and-bound"}
"""What an engine is called where it does not say itself what it used."""

KINDS = {
    Form.CONSTANT: "constant", Form.LINEAR: "linear", Form.QUADRATIC: "quadratic", Form.SMOOTH: "smooth",
    Form.PIECEWISE: "piecewise", Form.DISCONTINUOUS: "discontinuous",
}  # fmt: skip


def _reason(problem: Problem, structure: Structure | None, word: str) -> str:
    """Why this way was taken, in a sentence."""
    if word != "auto":
        return "as asked"
    conditions = problem.conditions
    kind = "a model" if structure is None else f"a {KINDS[structure.form]} model"
    counted = [_counted(conditions.count, "constraint")] if conditions.count else []
    if conditions.whole.any():
        counted.append(_counted(int(conditions.whole.sum()), "whole cell"))
    if conditions.different:
        counted.append(_counted(len(conditions.different), "group") + " all different")
    return f"{kind} with {' and '.join(counted)}" if counted else f"{kind} between bounds"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def no_room(conditions: Conditions) -> NDArray[np.bool_]:
    """Which changing cells have bounds that leave them no value (n,)."""
    lower, upper = conditions.lower, conditions.upper
    whole = conditions.whole & (np.ceil(lower - 1e-9) > np.floor(upper + 1e-9))
    return (lower > upper) | whole
