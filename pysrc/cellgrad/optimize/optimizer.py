"""From an objective, conditions and a start to a Solution: the face of this package."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellgrad.errors import ArgumentError
from cellgrad.gradients.structure import Structure
from cellgrad.optimize.choice import Route, choose_route, known_method
from cellgrad.optimize.conditioned import Conditioned, no_room
from cellgrad.optimize.conditions import Conditions, System
from cellgrad.optimize.engines import Effort
from cellgrad.optimize.first_order import FirstOrderOptions
from cellgrad.optimize.free import Free
from cellgrad.optimize.problem import Goal, Objective, Problem
from cellgrad.optimize.search import Limits, Tolerances
from cellgrad.optimize.solution import Callback, Progress, Solution, Status
from cellgrad.optimize.threads import threads_for
from cellgrad.optimize.trained import Trained


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
    evaluations: int | None = None,
    starts: int | None = 1,
    seed: int = 0,
    how: str = "uniform",
    tolerances: Tolerances | None = None,
    effort: Effort | None = None,
    options: FirstOrderOptions | None = None,
    validation: Objective | None = None,
    callback: Callback | None = None,
) -> Solution:
    """Search from x0 (n,), and from starts - 1 others drawn with `seed`, for the best value of the objective cell.

    goal: ``min``, ``max``, ``value=V`` or a Goal. conditions: what the changing cells must satisfy; with rows, `system`
    computes them. structure: what kind of model it is, where known. method, rate: see `choose_method`. steps: the
    most steps of the search (one step is at most one trial point a start); None is the method's own. iterations: the
    same limit in Solver's currency, where an iteration is a whole line search and as many evaluations as there are
    changing cells: so many times the work is allowed. seconds: time limit. evaluations: the most points to evaluate.
    starts: None is x0, and where several valleys are possible and the model is small, as many others as take at most
    two seconds (`further`). callback:
    told of every step; True stops. KeyboardInterrupt at any moment keeps the best point so far. tolerances: None is
    the floor for one start, and looser for a batch whose best few then go on to the floor. options: of a first-order
    method; validation: the objective on data that is held out, which says when to stop (see `training`).
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
    route = choose_route(problem, structure, word)
    options = options or FirstOrderOptions(rate)
    trained = route is Route.FREE and (options.trains or validation is not None)
    if route is Route.FREE and problem.bounded and no_room(problem.conditions).any():
        route = Route.CONSTRAINED  # which says so
    kind: type[Free | Trained | Conditioned] = Trained if trained else Free if route is Route.FREE else Conditioned
    request = kind(
        problem, start, structure, route, word, rate, steps, iterations, starts, seed, how, tolerances,
        effort or Effort(), options, validation, callback,
    )  # fmt: skip
    if evaluations is not None:
        request.callback = _counting(problem, evaluations, callback)
    with threads_for(max(problem.size, objective.elements)):
        found = request.solution(limits)
    notes = dict.fromkeys((*problem.notes, *getattr(objective, "notes", ())))
    if notes:
        found = replace(found, warnings=(*found.warnings, *notes))
    spent = evaluations is not None and found.evaluations >= evaluations and found.status is Status.STOPPED
    if not spent:
        return found
    told = found.message.replace(Status.STOPPED.explanation, Status.EVALUATION_LIMIT.explanation)
    return replace(found, status=Status.EVALUATION_LIMIT, message=told)


def _counting(problem: Problem, most: int, callback: Callback | None) -> Callback:
    """A callback that also stops a search once so many points have been evaluated."""

    def counting(progress: Progress) -> bool:
        asked = callback is not None and callback(progress) is True
        return asked or problem.evaluations >= most

    return counting
