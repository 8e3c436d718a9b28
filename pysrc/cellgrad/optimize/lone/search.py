"""The iteration loop for one start of a small problem: `Search` with plain numbers in place of a batch of one."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cellgrad.optimize.lbfgs import Lbfgs
from cellgrad.optimize.levenberg_marquardt import LevenbergMarquardt
from cellgrad.optimize.lone.lbfgs import LoneLbfgs
from cellgrad.optimize.lone.levenberg_marquardt import LoneLevenbergMarquardt
from cellgrad.optimize.method import RUNNING, STATIONARY, Method, State
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.replayed import ReplayedSearch, replays
from cellgrad.optimize.search import CATCH_UP, UNBOUNDED_FALL, Limits, Rival, Search, Tolerances
from cellgrad.optimize.solution import STATUS_NUMBER, Callback, Progress, Status

SMALL = 2**16
"""Numbers computed for one value, and residuals x cells, up to which a problem is small."""

Lone = LoneLevenbergMarquardt | LoneLbfgs


def runs_alone(problem: Problem, method: Method[Any]) -> bool:
    """Whether one start runs on numpy: the method and the size allow it."""
    plain = problem.device.type == "cpu" and problem.dtype == torch.float64 and not problem.bounded
    if isinstance(method, LevenbergMarquardt):
        return plain and max(problem.objective.elements, problem.residual_count * problem.size) <= SMALL
    return plain and isinstance(method, Lbfgs) and problem.objective.elements <= SMALL


def search_from(
    problem: Problem, method: Method[Any], X: Tensor, tolerances: Tolerances, rival: Rival | None = None
) -> Search:
    """The search from X (K, n): of one start on numpy, where it runs there; on a GPU of steps that are replayed."""
    kind: type[Search] = ReplayedSearch if replays(problem, method) else Search
    kind = LoneSearch if len(X) == 1 and runs_alone(problem, method) else kind
    return kind(problem, method, X, tolerances, rival)


def refine(search: Search, count: int, limits: Limits, callback: Callback | None = None) -> None:
    """Take the best `count` starts of a search down to the floor of the arithmetic, within what is left of the limits.

    In one batch; where one start runs alone, one after another, each while it may still overtake the best."""
    problem, method = search.problem, search.method
    index = torch.nan_to_num(search.f, nan=math.inf).argsort(stable=True)[:count]
    index = index[torch.isfinite(search.f[index])]
    rival = None
    for part in index.split(1 if runs_alone(problem, method) else max(1, len(index))):
        if len(part) == 0 or search.stopped is not None:
            return
        final = search_from(problem, method, search.x[part], Tolerances(), rival)
        final.run(replace(limits, steps=limits.steps - search.steps), callback, first_step=search.steps)
        search.take(part, final)
        rival = Rival(float(search.f[search.best()]), search.x[search.best()])


class LoneSearch(Search):
    """The search from one start. The fields are those of `Search`, K = 1."""

    def _run(self, limits: Limits, callback: Callback | None, first_step: int) -> None:
        with np.errstate(all="ignore"):  # what is not finite is a cell error, and data
            self._search(limits, callback, first_step)

    def _search(self, limits: Limits, callback: Callback | None, first_step: int) -> None:
        x = self.x[0].numpy().copy()
        if isinstance(self.method, Lbfgs):
            found: Lone = LoneLbfgs(self.problem, x, self.method)
        else:
            found = LoneLevenbergMarquardt(self.problem, x)
        self._stand(found)
        self.start_f = self.f = self._live.f
        try:
            ended = self._steps(found, limits, callback, first_step)
        finally:
            self._stand(found)
        if ended is not None:
            self.iterations = torch.full_like(self.iterations, self.steps)
            self.status = torch.full_like(self.status, STATUS_NUMBER[ended])
            if ended is Status.OPTIMAL:
                self.status = self._told_flat(self._state(found))

    def _steps(self, found: Lone, limits: Limits, callback: Callback | None, first_step: int) -> Status | None:
        """Step until the end; None where a limit or the user came first."""
        if not found.at.finite:
            return Status.ERROR_VALUE
        bottom = -UNBOUNDED_FALL * max(1.0, abs(found.at.f))
        ended, earlier = self._judged(found, bottom), found.at
        while ended is None:
            self.stopped = self.stopped or self._limit_reached(limits)
            if self.stopped is not None:
                return None
            found.step()
            self.steps += 1
            ended = self._judged(found, bottom)
            if ended is None and self.steps % self.window == 0:
                gained = earlier.f - found.at.f
                level = (found.at.x != earlier.x).any() and gained <= self.tolerances.change * abs(found.at.f)
                behind = self.rival is not None and found.at.f - CATCH_UP * gained > self.rival.merit
                if level or behind:
                    ended = Status.OPTIMAL if found.slope <= STATIONARY else Status.CONVERGED
                earlier = found.at
            self._tell(found, limits, callback, first_step)
        return ended

    def _judged(self, found: Lone, bottom: float) -> Status | None:
        if found.ended is not None:
            return found.ended
        if found.slope <= self.tolerances.slope:
            return Status.OPTIMAL
        return Status.UNBOUNDED if found.at.f < bottom else None

    def _stand(self, found: Lone) -> None:
        """Take down where it stands; a point whose slope is an error counts as one itself."""
        f = torch.tensor([found.at.f if found.at.finite else np.nan], dtype=torch.float64)
        self._live = replace(self._live, x=torch.from_numpy(found.at.x)[None], f=f)

    def _state(self, found: Lone) -> State:
        at = found.at
        return State(
            x=torch.from_numpy(at.x)[None],
            f=torch.tensor([at.f], dtype=torch.float64),
            gradient=torch.from_numpy(at.gradient)[None],
            rate=torch.tensor([found.rate], dtype=torch.float64),
            ended=torch.where(self.status == RUNNING, RUNNING, self.status),
        )

    def _tell(self, found: Lone, limits: Limits, callback: Callback | None, first_step: int) -> None:
        ahead = self.rival if self.rival is not None and self.rival.merit < found.at.f else None
        value, step = self.problem.shown(found.at.f if ahead is None else ahead.merit), first_step + self.steps
        self.history.append((step, value, found.rate))
        if callback is None:
            return
        elapsed = limits.elapsed
        left = min(elapsed / step * (limits.steps - self.steps), limits.seconds - elapsed)
        point = found.at.x.copy if ahead is None else ahead.x.numpy().copy
        if callback(Progress(step, value, found.rate, 1, elapsed, max(0.0, left), point)) is True:
            self.stopped = Status.STOPPED
