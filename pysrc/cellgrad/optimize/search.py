"""The one iteration loop, for every method: limits, stopping, history, progress, and the best point at any moment."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellgrad.optimize.method import RUNNING, STATIONARY, Method, State, end, projected
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.solution import STATUS_BY_NUMBER, STATUS_NUMBER, Callback, Progress, Status

UNBOUNDED_FALL = 1e20
"""A merit that fell to minus this many times its start size (or this number) is falling for ever."""


@dataclass(frozen=True)
class Limits:
    """When to stop: steps, and seconds since `began`.

    clock: time.perf_counter; or time.process_time, which stands still while other programs have the machine, for a
    limit that should let the same work be done on a busy day.
    """

    steps: int
    seconds: float = math.inf
    began: float = field(default_factory=time.perf_counter)
    clock: Callable[[], float] = time.perf_counter

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self.clock() - self.began

    @property
    def left(self) -> float:
        """Seconds until the limit, infinite where there is none; below zero beyond it."""
        return self.seconds - self.elapsed


@dataclass(frozen=True)
class Tolerances:
    """When to stop by the numbers.

    slope: OPTIMAL when a method's `slope` is no more than this.
    change: CONVERGED when the best merit fell by no more than this part of itself over `patience` times the method's
    `window` of steps.
    """

    slope: float = 1e-12
    change: float = 1e-10
    patience: float = 1.0

    def window(self, method: Method[Any]) -> int:
        """So many steps without gain mean an end."""
        return max(1, round(self.patience * method.window))


SCOUTING = Tolerances(slope=1e-8, change=1e-4)
"""For many starts at once, of which the best few are refined afterwards."""

CATCH_UP = 10
"""A start that has a rival ends when it would not overtake it in so many windows at its present pace."""


@dataclass(frozen=True)
class Rival:
    """What another start has reached already: its merit and its point (n,)."""

    merit: float
    x: Tensor


@dataclass(frozen=True)
class _Live:
    """The starts still running: their places in the batch, the best point of each, x (k, n) and f (k,), and the merit
    bottom (k,) below which a start falls for ever."""

    index: Tensor
    x: Tensor
    f: Tensor
    bottom: Tensor

    def select(self, index: Tensor) -> _Live:
        return _Live(self.index[index], self.x[index], self.f[index], self.bottom[index])


class Search:
    """One batch of starts, from X (K, n) moved between the bounds, by one method. After `run`, read the fields.

    x (K, n), f (K,): the best point of every start. status (K,): numbers of Status. iterations (K,).
    start_f (K,): merits of the starts. history: (step, best merit so far over all starts, rate).
    rival: what these starts have to beat; one that falls behind for good ends.
    """

    def __init__(
        self, problem: Problem, method: Method[Any], X: Tensor, tolerances: Tolerances, rival: Rival | None = None
    ) -> None:
        self.problem = problem
        self.method = method
        self.tolerances = tolerances
        self.rival = rival
        self.window = tolerances.window(method)
        self.x = X = problem.project(X)
        self.f = torch.full_like(X[:, 0], torch.nan)
        self.start_f = self.f
        self.status = torch.full_like(self.f, RUNNING, dtype=torch.int64)
        self.iterations = torch.zeros_like(self.status)
        self.steps = 0
        self.stopped: Status | None = None
        self.history: list[tuple[int, float, float]] = []
        self._live = _Live(torch.arange(len(X), device=X.device), X, self.f, self.f)

    def run(self, limits: Limits, callback: Callback | None = None, first_step: int = 0) -> None:
        """Step until every start has ended or a limit is reached. KeyboardInterrupt ends the run, nothing is lost."""
        try:
            self._run(limits, callback, first_step)
        except KeyboardInterrupt:
            self.stopped = Status.STOPPED
        self._file(self._live)
        if self.stopped is not None:
            self.status = torch.where(self.status == RUNNING, STATUS_NUMBER[self.stopped], self.status)

    def best(self) -> int:
        """The start that ended lowest; the first of equals."""
        return int(torch.nan_to_num(self.f, nan=math.inf).argmin())

    def take(self, index: Tensor, final: Search) -> None:
        """Put what another search made of the starts `index` (k,) in their place: where it went further, or found that
        there is nowhere to go. How a search from a resting point fails says nothing of the point."""
        found = torch.tensor([status.found for status in final.statuses()], device=index.device)
        better = (final.f < self.f[index]) | ((final.f == self.f[index]) & found)
        index = index[better]
        self.x, self.f = self.x.index_copy(0, index, final.x[better]), self.f.index_copy(0, index, final.f[better])
        self.status = self.status.index_copy(0, index, final.status[better])
        self.iterations = self.iterations.index_add(0, index, final.iterations[better])
        self.history += final.history
        self.steps += final.steps
        self.stopped = final.stopped

    def statuses(self) -> list[Status]:
        """One a start."""
        return [STATUS_BY_NUMBER[number] for number in self.status.tolist()]

    def _run(self, limits: Limits, callback: Callback | None, first_step: int) -> None:
        state = self.method.init(self.problem, self.x)
        self.start_f = self.f = state.f
        self._live = _Live(self._live.index, state.x, state.f, -UNBOUNDED_FALL * state.f.abs().clamp(min=1.0))
        state = self._judge_starts(state)
        best_ended, earlier = math.inf, self._live
        while True:
            done = state.ended != RUNNING
            if bool(done.any()):
                best_ended = min(best_ended, self._retire(state, done))
                index = (~done).nonzero().squeeze(1)
                state, earlier, self._live = state.select(index), earlier.select(index), self._live.select(index)
                if len(index) == 0:
                    return
            if self.stopped is None:
                self.stopped = self._limit_reached(limits)
            if self.stopped is not None:
                return
            state = self._judge(self._stride(state, limits))
            if self.steps % self.window == 0:
                state = self._judge_change(state, earlier)
                earlier = replace(self._live, x=state.x)
            self._report(state, best_ended, limits, callback, first_step)

    def _stride(self, state: State, limits: Limits) -> State:
        """The state after a step, or a few within the limits; counts them, and keeps the best point of every start."""
        state = self.method.step(self.problem, state)
        self.steps += 1
        self._keep_best(state)
        return state

    def _limit_reached(self, limits: Limits) -> Status | None:
        if self.steps >= limits.steps:
            return Status.STEP_LIMIT
        return Status.TIME_LIMIT if limits.elapsed >= limits.seconds else None

    def _judge_starts(self, state: State) -> State:
        """Starts in an error end before the first step, and so do those that no cell moves."""
        ended = end(state.ended, ~torch.isfinite(state.f + state.gradient.sum(1)), Status.ERROR_VALUE)
        return self._judge(replace(state, ended=ended))

    def _judge(self, state: State) -> State:
        """The tests that every method shares, after a step."""
        ended = end(state.ended, self._slope(state) <= self.tolerances.slope, Status.OPTIMAL)
        return replace(state, ended=end(ended, state.f < self._live.bottom, Status.UNBOUNDED))

    def _slope(self, state: State) -> Tensor:
        return self.method.slope(projected(self.problem, state))

    def _judge_change(self, state: State, earlier: _Live) -> State:
        """Starts that moved since `earlier` and have next to nothing to show for it. One that did not move is still
        shortening its step: its method knows best when to give up."""
        moved = (state.x != earlier.x).any(1)
        gained = earlier.f - self._live.f
        level = moved & (gained <= self.tolerances.change * self._live.f.abs())
        if self.rival is not None:
            level |= self._live.f - CATCH_UP * gained > self.rival.merit
        ended = end(state.ended, level & (self._slope(state) <= STATIONARY), Status.OPTIMAL)
        return replace(state, ended=end(ended, level, Status.CONVERGED))

    def _keep_best(self, state: State) -> None:
        live = self._live
        if self.method.monotone:
            self._live = replace(live, x=state.x, f=state.f)
            return
        better = (state.f < live.f) & torch.isfinite(state.gradient.sum(1))
        x = torch.where(better.unsqueeze(1), state.x, live.x)
        self._live = replace(live, x=x, f=torch.where(better, state.f, live.f))

    def _retire(self, state: State, done: Tensor) -> float:
        """Write down the starts that are done, (k,); the best merit among them."""
        live = self._live.select(done)
        ended = self._told_flat(state.select(done))
        self.status = self.status.index_copy(0, live.index, ended)
        self.iterations = self.iterations.index_fill(0, live.index, self.steps)
        self._file(live)
        return float(torch.nan_to_num(live.f, nan=math.inf).min())

    def _told_flat(self, state: State) -> Tensor:
        """Tell the bottom of a valley from a flat region (no gradient nearby either) and from a saddle or an edge."""
        still = (projected(self.problem, state).gradient == 0).all(1) & (state.ended == STATUS_NUMBER[Status.OPTIMAL])
        if not bool(still.any()):
            return state.ended
        x = state.x[still]
        probes = torch.linspace(-1, 1, 2 * x.shape[1], dtype=x.dtype, device=x.device).view(2, -1)
        span = 1e-3 * torch.maximum(x.abs(), x.abs().amax(1, keepdim=True).clamp(min=1e-3))
        points = [self.problem.project(x + span * probe) for probe in (*probes, *probes.flip(1))]
        around = [self.problem.value_and_gradient(point) for point in points]
        flat = (torch.stack([gradient for _, gradient in around]) == 0).all(2).all(0)
        here = state.f[still]
        better = torch.stack([value for value, _ in around]) < here - 1e-9 * here.abs().clamp(min=1e-9)
        ended = torch.where(better.any(0), STATUS_NUMBER[Status.STATIONARY], state.ended[still])
        ended = torch.where(flat, STATUS_NUMBER[Status.FLAT], ended)
        return state.ended.masked_scatter(still, ended)

    def _file(self, live: _Live) -> None:
        self.x, self.f = self.x.index_copy(0, live.index, live.x), self.f.index_copy(0, live.index, live.f)
        if self.stopped is not None:
            self.iterations = self.iterations.index_fill(0, live.index, self.steps)

    def _report(
        self, state: State, best_ended: float, limits: Limits, callback: Callback | None, first_step: int
    ) -> None:
        merits = self._live.f
        best = merits.argmin()
        merit, rate = torch.stack((merits[best], state.rate[best])).tolist()
        ahead = self.rival if self.rival is not None and self.rival.merit < min(merit, best_ended) else None
        value = self.problem.shown(min(merit, best_ended) if ahead is None else ahead.merit)
        step = first_step + self.steps
        self.history.append((step, value, rate))
        if callback is None:
            return
        elapsed = limits.elapsed
        left = min(elapsed / step * (limits.steps - self.steps), limits.seconds - elapsed)

        def point() -> NDArray[np.float64]:
            x = self._live.x[best] if merit <= best_ended else self.x[self.best()]
            x = x if ahead is None else ahead.x
            return x.detach().cpu().double().numpy()

        if callback(Progress(step, value, rate, len(merits), elapsed, max(0.0, left), point)) is True:
            self.stopped = Status.STOPPED
