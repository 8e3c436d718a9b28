"""Training: first-order steps on mini-batches, with what is held out as the judge of when to stop.

The loop of `search` looks at every step; this one looks once in a pass over the rows, so that no step waits for a
number to come back from the device.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from cellgrad.errors import ArgumentError
from cellgrad.optimize.first_order import Descent, DescentState, FirstOrderOptions, first_order_method
from cellgrad.optimize.method import RUNNING, end, projected
from cellgrad.optimize.problem import Objective, Problem
from cellgrad.optimize.rate_finder import find_rate
from cellgrad.optimize.replayed import stepper
from cellgrad.optimize.schedules import parse_schedule
from cellgrad.optimize.search import UNBOUNDED_FALL, Limits, Tolerances
from cellgrad.optimize.solution import STATUS_BY_NUMBER, Callback, Ending, Progress, Status
from cellgrad.optimize.threads import threads_for
from cellgrad.program.objective import CompiledObjective
from cellgrad.program.row_batches import RowBatches, RowTable

LOOK_EVERY = 10
"""Steps from one look at the losses to the next where a step takes all rows."""

SAMPLE = 4096
"""Rows by which a learning rate is judged."""

SIGN_OF_LIFE = 0.2
"""Seconds after which the callback is told of a step even if nothing new is known."""


@dataclass(frozen=True)
class Loss:
    """The losses after `step` steps, as the objective cell shows them: on the rows trained on, and on what was held
    out (None where nothing was)."""

    step: int
    training: float
    validation: float | None


@dataclass(frozen=True)
class Training:
    """What training hands back. ending: see `Ending`; its x is the best point on what was held out, where something
    was. losses: at every look. rate: the learning rate found for it, None where it was given or found its own way.
    batches: steps in one pass over the rows. best_step: where `ending.x` was met. best_start: from which start.
    evaluations: points at which some rows were evaluated."""

    ending: Ending
    losses: list[Loss] = field(repr=False)
    rate: float | None
    batches: int
    best_step: int
    best_start: int
    evaluations: int


def train(
    problem: Problem,
    method: str,
    options: FirstOrderOptions,
    X: Tensor,
    limits: Limits,
    *,
    seed: int = 0,
    validation: Objective | None = None,
    callback: Callback | None = None,
) -> Training:
    """Train from starts X (K, n) by the first-order `method`.

    options.batch: rows a step. options.validation: rows held out, see `held_out`. validation: instead of rows, another
    cell as a function of the same changing cells, such as the loss on other data.
    Without a learning rate (and with mini-batches) one is found first, see `rate_finder`.
    Raises ArgumentError where the objective has no rows to take some of, and for options that make no sense.
    """
    if options.validation is not None and validation is not None:
        raise ArgumentError("both validation rows and a validation cell were given", action="give the one or the other")
    task = _Task(problem, options, seed, validation)
    with threads_for(len(X) * task.stepping.objective.elements):
        return _train(task, method, options, problem.project(X), limits, callback)


def _train(
    task: _Task, method: str, options: FirstOrderOptions, X: Tensor, limits: Limits, callback: Callback | None
) -> Training:
    rate = None
    if task.batched and options.rate is None and parse_schedule(options.schedule, 1)[1] is None:
        rate = find_rate(task.stepping, method, options, X[0], loss=task.sample).suggestion
        options = replace(options, rate=rate)
    descent = first_order_method(method, options, limits.steps, task.batches)
    loop = _Loop(task, descent, X, limits, callback, options.patience)
    status = loop.run()
    return Training(
        ending=Ending(loop.best_x(), status, loop.step, loop.history, detail=loop.detail(status)),
        losses=loop.losses,
        rate=rate,
        batches=task.batches,
        best_step=loop.best_step,
        best_start=loop.best_start,
        evaluations=task.stepping.evaluations,
    )


def held_out(text: str, rows: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Numbers of the rows to train on and of the rows held out, of a table of `rows`.

    text: ``600:712``, from the 600th to the 712th row of those the objective adds up, the first being 1; or a part
    such as ``0.2``, drawn with `seed`. Raises ArgumentError for anything else, and where no row would be left.
    """
    out = np.zeros(rows, dtype=bool)
    if match := re.fullmatch(r"\s*(\d+)\s*:\s*(\d+)\s*", text):
        first, last = int(match[1]), int(match[2])
        if not 1 <= first <= last <= rows:
            raise ArgumentError(
                f"there are no rows {first}:{last} to hold out: the objective adds up {rows:,} rows",
                action=f"give rows from 1 to {rows}, counted from the first that the objective adds up",
            )
        out[first - 1 : last] = True
    else:
        try:
            part = float(text)
        except ValueError:
            part = math.nan
        if not 0 < part < 1:
            raise ArgumentError(
                f"{text!r} names no rows to hold out", action="write rows as in 600:712, or a part of them as in 0.2"
            )
        count = min(max(1, round(part * rows)), rows - 1)
        out[np.random.default_rng([seed, rows]).permutation(rows)[:count]] = True
    if out.all():
        raise ArgumentError("all rows are held out, and none is left to train on", action="hold out fewer rows")
    return torch.from_numpy(np.flatnonzero(~out)), torch.from_numpy(np.flatnonzero(out))


class _Task:
    """What is stepped on, what is looked at, and what judges: merits (K,), and how a merit reads in the cell."""

    def __init__(self, problem: Problem, options: FirstOrderOptions, seed: int, validation: Objective | None) -> None:
        self.problem = problem
        self.stepping = problem
        self.batches = 1
        self.shown: Callable[[float], float] = problem.shown
        self.training: Callable[[Tensor], Tensor] | None = None
        """The merits on the rows trained on; None where every step knows them."""
        self.validation: Callable[[Tensor], Tensor] | None = None
        self.sample: Callable[[Tensor], Tensor] | None = None
        """The merits on a few rows that stay the same."""
        self.batched = options.batch is not None
        if validation is not None:
            self.validation = Problem(validation, problem.goal).value
        if not options.trains:
            return
        if problem.goal.kind == "value":
            raise ArgumentError(
                "the distance from a value is no sum over rows, so it has no mini-batches",
                action="use goal min or max, or leave out the batch rows and the validation rows",
            )
        if not isinstance(problem.objective, CompiledObjective):
            raise ArgumentError("only a compiled objective has rows", action="leave out the batch rows")
        table = RowTable(problem.objective)
        sign = -1.0 if problem.goal.kind == "max" else 1.0
        if table.merit_is_square:
            self.shown = lambda merit: math.sqrt(abs(merit))
        rows = table.all_rows()
        if options.validation is not None:
            kept, out = (part.to(problem.device) for part in held_out(options.validation, table.rows, seed))
            rows = kept
            self.validation = lambda X: sign * table.estimate(X, out)
        batches = RowBatches(table, options.batch or len(rows), seed, rows)
        self.batches = batches.per_epoch
        self.training = lambda X: sign * batches.value(X)
        few = rows[torch.from_numpy(np.random.default_rng(seed).permutation(len(rows))[:SAMPLE]).to(rows.device)]
        self.sample = lambda X: sign * table.estimate(X, few)
        self.stepping = Problem(batches, problem.goal, problem.conditions)
        self.stepping.notes = problem.notes


class _Loop:
    """Steps, a look at the losses now and then, and the best point of every start on what judges."""

    def __init__(
        self, task: _Task, descent: Descent, X: Tensor, limits: Limits, callback: Callback | None, patience: int
    ) -> None:
        self.task = task
        self.descent = descent
        self.limits = limits
        self.callback = callback
        self.patience = patience
        self.step = 0
        self.best_step = 0
        self.losses: list[Loss] = []
        self.history: list[tuple[int, float, float]] = []
        self._x = X
        self._best = torch.full_like(X[:, 0], torch.inf)
        self._bottom = self._best
        self._lowest = math.inf
        self._stale = 0
        self._spoken = limits.began
        self._every = task.batches if task.batches > 1 else LOOK_EVERY

    @property
    def best_start(self) -> int:
        return int(self._best.argmin())

    def best_x(self) -> np.ndarray:
        """The best point of all starts (n,)."""
        return self._x[self.best_start].detach().cpu().double().numpy()

    def detail(self, status: Status) -> str:
        """What there is to say besides the status."""
        if status is Status.STOPPED_EARLY:
            return (
                f"Training ended after {self.patience} looks without a lower loss on what was held out; the values "
                f"kept are those after step {self.best_step:,}, where it was lowest."
            )
        return ""

    def run(self) -> Status:
        try:
            return self._run()
        except KeyboardInterrupt:
            return Status.STOPPED

    def _run(self) -> Status:
        state = self.descent.init(self.task.stepping, self._x)
        advance = stepper(self.task.stepping, self.descent, len(state.x))
        status = self._look(state)
        if not math.isfinite(self._lowest):
            return Status.ERROR_VALUE
        while status is None:
            status = self._limit_reached()
            if status is None:
                state = advance(state)
                self.step += 1
                if self.step % self._every == 0:
                    status = self._look(state)
                elif self.callback is not None and time.perf_counter() - self._spoken > SIGN_OF_LIFE:
                    status = self._speak(len(state.x))
        if self.step % self._every:
            self._look(state)
        return status

    def _limit_reached(self) -> Status | None:
        if self.step >= self.limits.steps:
            return Status.STEP_LIMIT
        late = self.limits.left <= 0
        return Status.TIME_LIMIT if late else None

    def _look(self, state: DescentState) -> Status | None:
        """Evaluate, keep the best, write down, and decide whether to go on. The one place that waits for the device."""
        merits = state.f if self.task.training is None else self.task.training(state.x)
        judged = merits if self.task.validation is None else self.task.validation(state.x)
        if self.step == 0:
            self._bottom = -UNBOUNDED_FALL * merits.abs().clamp(min=1.0)
        # a point where the loss on the rows trained on is an error is no answer
        judged = torch.where(torch.isfinite(judged + merits), judged, torch.inf)
        better = judged < self._best
        self._x = torch.where(better.unsqueeze(1), state.x, self._x)
        self._best = torch.where(better, judged, self._best)
        at = judged.argmin()
        fallen = (merits < self._bottom).any()
        lowest, training, now, rate, fell = torch.stack(
            (self._best.min(), merits[at], judged[at], state.rate[at], fallen.to(merits.dtype))
        ).tolist()
        improved = lowest < self._lowest
        if improved:
            self.best_step, self._lowest = self.step, lowest
        self._stale = 0 if improved else self._stale + 1
        shown = self.task.shown
        validation = None if self.task.validation is None else shown(now)
        self.losses.append(Loss(self.step, shown(training), validation))
        self._rate = rate
        if self.step > 0:
            self.history.append((self.step, shown(lowest), rate))
        if self.task.validation is not None and self._stale >= self.patience:
            return Status.STOPPED_EARLY
        if fell:
            return Status.UNBOUNDED
        return self._ended(state) or (self._speak(len(state.x)) if self.step and self.callback else None)

    def _ended(self, state: DescentState) -> Status | None:
        """The status of the best start, where all starts have ended by themselves."""
        ended = state.ended
        if self.task.training is None and self.task.validation is None:
            flat = self.descent.slope(projected(self.task.problem, state)) <= Tolerances().slope
            ended = end(ended, flat, Status.OPTIMAL)
        numbers = ended.tolist()
        return None if RUNNING in numbers else STATUS_BY_NUMBER[numbers[self.best_start]]

    def _speak(self, running: int) -> Status | None:
        """Tell the callback; its wish to stop."""
        assert self.callback is not None
        self._spoken = time.perf_counter()
        elapsed = self._spoken - self.limits.began
        left = min(elapsed / self.step * (self.limits.steps - self.step), self.limits.seconds - elapsed)
        value = self.task.shown(self._lowest)
        progress = Progress(self.step, value, self._rate, running, elapsed, max(0.0, left), self.best_x)
        return Status.STOPPED if self.callback(progress) is True else None
