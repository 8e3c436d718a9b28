"""What was asked of a search, and what every way of searching needs of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellgrad.gradients.structure import Form, Structure
from cellgrad.optimize import engines
from cellgrad.optimize.choice import Route
from cellgrad.optimize.engines import Effort
from cellgrad.optimize.first_order import FirstOrderOptions
from cellgrad.optimize.further import may_have_several_valleys
from cellgrad.optimize.problem import Objective, Problem
from cellgrad.optimize.search import Limits, Tolerances
from cellgrad.optimize.solution import Callback, Ending, Status
from cellgrad.optimize.starts import make_starts

MOST_EVOLVED = 200
"""Changing cells up to which an evolutionary search is of use."""

SECONDS_OVER_JUMPS = 10.0
"""What an evolutionary search may take that nobody asked for."""

HELD = "The constraints hold, and there is no objective to improve."
ENDED = "The search found nothing better for a while. A longer one, or another seed, might."
PROVEN = "No other values of the changing cells that satisfy the constraints are better: this is proven."
ONE_VALLEY = (
    "The gradient is zero to rounding, or points against the constraints that bind; the model is convex, so that there "
    "is no better place anywhere."
)


@dataclass
class Request:
    """One call of `optimize`; see there."""

    problem: Problem
    start: Tensor
    structure: Structure | None
    route: Route
    word: str
    rate: float | None
    steps: int | None
    iterations: int | None
    starts: int | None
    seed: int
    how: str
    tolerances: Tolerances | None
    effort: Effort
    options: FirstOrderOptions
    validation: Objective | None
    callback: Callback | None

    @property
    def unasked(self) -> bool:
        """Whether further starts may be tried without being asked for."""
        plain = self.starts is None and self.options == FirstOrderOptions() and self.word in ("auto", "grg-nonlinear")
        return plain and self.steps is None and may_have_several_valleys(self.problem, self.structure)

    @property
    def jumps(self) -> bool:
        """Whether slopes do not tell all there is to know, and the model is one that an evolution can search."""
        discontinuous = self.structure is not None and self.structure.form is Form.DISCONTINUOUS
        return discontinuous and self.problem.size <= MOST_EVOLVED

    def solve(self, route: Route, X: Tensor, limits: Limits) -> Ending:
        """Call one of the engines."""
        return engines.solve(
            route, self.problem, X, self.structure, self.word, limits, self.effort, self.seed, self.callback
        )

    def over_jumps(self, x: NDArray[np.float64], limits: Limits) -> Ending:
        """An evolutionary search from x (n,) that nobody asked for, and that is therefore a short one."""
        left = limits.left
        allowed = SECONDS_OVER_JUMPS if math.isinf(left) else max(0.0, left)
        brief = Limits(1_000_000, allowed)
        return self.solve(Route.DISCRETE, torch.as_tensor(x).to(self.start).unsqueeze(0), brief)

    def unlimited(self, ending: Ending, limits: Limits) -> Ending:
        """An ending whose time limit was ours, not the caller's, told as what it is: a search that was ended."""
        if ending.status is not Status.TIME_LIMIT or limits.elapsed >= limits.seconds:
            return ending
        detail = " ".join(filter(None, (ending.detail, "With --seconds it gets more time.")))
        return replace(ending, status=Status.CONVERGED, detail=detail)

    def most_steps(self, default: int) -> int:
        """The limit on steps."""
        if self.steps is not None:
            return self.steps
        if self.iterations is None or self.route in (Route.LINEAR, Route.DISCRETE):  # which count other things
            return default
        return min(default, self.iterations * max(10, self.problem.size))

    def explained(self, status: Status, proven: bool = False) -> str:
        """What a status means here: of a model with a single valley more than of others. proven: by whole numbers
        looked at, or bounds of all that were not."""
        nothing_to_improve = self.structure is not None and self.structure.objective is Form.CONSTANT
        if status is Status.OPTIMAL and nothing_to_improve:
            return HELD
        if proven and status is Status.OPTIMAL:
            return PROVEN
        if status is Status.CONVERGED and (self.route is Route.DISCRETE or self.jumps):
            return ENDED
        single = self.structure is not None and not may_have_several_valleys(self.problem, self.structure)
        if status is Status.OPTIMAL and single and self.problem.goal.kind != "value" and not self.problem.rooted:
            return ONE_VALLEY
        return status.explanation

    def all_starts(self) -> Tensor:
        """The starts asked for, (K, n); the sheet's own is the first."""
        conditions, count = self.problem.conditions, 1 if self.starts is None else self.starts
        return make_starts(self.start, count, self.seed, self.how, conditions.lower, conditions.upper)


def evaluated(problem: Problem, x: Tensor) -> tuple[float, NDArray[np.float64]]:
    """The objective cell and the rows (c,) at x (n,)."""
    if problem.system is None:
        return float(problem.objective.value(x.unsqueeze(0))), np.empty(0)
    f, g = problem.system.values(x.unsqueeze(0))
    return float(f[0]), numpy_of(g[0])


def violation(problem: Problem, x: Tensor) -> float:
    return problem.conditions.violation(numpy_of(x), evaluated(problem, x)[1])


def numpy_of(x: Tensor) -> NDArray[np.float64]:
    return x.detach().cpu().double().numpy()
