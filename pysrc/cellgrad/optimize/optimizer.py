"""From an objective and a start to a Solution: the face of this package."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellgrad.errors import ArgumentError
from cellgrad.optimize.choice import choose_method
from cellgrad.optimize.problem import Goal, Objective, Problem
from cellgrad.optimize.search import SCOUTING, Limits, Search, Tolerances
from cellgrad.optimize.solution import Callback, Solution, StartOutcome, Status
from cellgrad.optimize.starts import make_starts

FINALISTS = 3
"""After many starts were scouted, the best few are refined to the floor of the arithmetic."""

MANY_ELEMENTS = 2**19
"""Starts x residuals from which on torch's operations are worth several threads."""

REACHED = 1e-9
"""A goal value is reached within this, relative to it, or absolute below 1."""

RUNAWAY = 1e15
"""Changing cells that grew by this factor never came to rest: the objective only flattens out towards infinity."""

RATE_MATTERS = (Status.CONVERGED, Status.STEP_LIMIT, Status.NO_FINITE_STEP, Status.FLAT)
"""Ends at which a fixed rate that never gained anything is to blame."""


def optimize(
    objective: Objective,
    x0: Tensor | NDArray[np.float64],
    goal: Goal | str = "min",
    *,
    method: str = "auto",
    rate: float | None = None,
    steps: int | None = None,
    seconds: float = math.inf,
    starts: int = 1,
    seed: int = 0,
    how: str = "uniform",
    tolerances: Tolerances | None = None,
    callback: Callback | None = None,
) -> Solution:
    """Search from x0 (n,), and from starts - 1 others drawn with `seed`, for the best value of the objective cell.

    goal: ``min``, ``max``, ``value=V`` or a Goal. method, rate: see `choose_method`. steps: the most steps of the
    search (one step is at most one trial point a start); None is the method's own. seconds: time limit.
    callback: told of every step; True stops. KeyboardInterrupt at any moment keeps the best point so far.
    tolerances: None is the floor for one start, and looser for a batch whose best few then go on to the floor.
    Raises ArgumentError for options that make no sense; a cell error is a status, never an exception.
    """
    began = time.perf_counter()
    problem = Problem(objective, Goal.parse(goal) if isinstance(goal, str) else goal)
    chosen, reason = choose_method(problem, method, rate)
    if steps is not None and steps < 0:
        raise ArgumentError(f"{steps} steps were asked for", action="ask for zero or more")
    start = torch.as_tensor(x0).to(device=problem.device, dtype=problem.dtype)
    if start.shape != (problem.size,):
        raise ArgumentError(f"{tuple(start.shape)} start values were given for {problem.size} changing cells")
    X = make_starts(start, starts, seed, how)

    limits = Limits(chosen.default_steps if steps is None else steps, seconds, began)

    first = tolerances or (Tolerances() if starts == 1 else SCOUTING)
    search = Search(problem, chosen, X, first)
    with _threads_for(starts * max(problem.size, objective.residual_count)):
        search.run(limits, callback)
        if first is SCOUTING and search.stopped is None and search.steps < limits.steps:
            search.refine(FINALISTS, Tolerances(), limits, callback)
    best = search.best()
    values = problem.cell_values_of(search.x, search.f).tolist()
    start_value = float(problem.cell_values_of(start.unsqueeze(0), search.start_f[:1]))
    statuses = search.statuses()
    status = _told_apart(problem, statuses[best], values[best])
    if rate is not None and search.steps > 0 and status in RATE_MATTERS and not search.f[best] < search.start_f[best]:
        status = Status.RATE_TOO_LARGE
    if status.found and bool(search.x[best].abs().max() > RUNAWAY * start.abs().max().clamp(min=1)):
        status = Status.UNBOUNDED
    return Solution(
        x=search.x[best].detach().cpu().double().numpy(),
        value=values[best],
        start_value=start_value,
        status=status,
        message=status.explanation,
        method=chosen.name,
        reason=reason,
        iterations=search.steps,
        evaluations=problem.evaluations,
        seconds=time.perf_counter() - began,
        history=search.history,
        starts=[StartOutcome(*row) for row in zip(values, statuses, search.iterations.tolist(), strict=True)],
        best_start=best,
    )


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
