"""Finding a learning rate: the loss against a rate that grows from step to step.

After Smith, "Cyclical learning rates for training neural networks" (2017), section 3.3, and Howard's reading of the
curve (fast.ai, 2018): the rate where the loss falls most steeply, or a tenth of the rate where it is lowest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellgrad.errors import ArgumentError
from cellgrad.optimize.first_order import FirstOrderOptions, first_order_method
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.schedules import Growing
from cellgrad.optimize.threads import threads_for

STEPS = 120
BELOW, ABOVE = 1e-5, 1e4
"""The rates tried, as parts of the rate that the method would begin with by itself."""

LOOK_EVERY = 10
"""Losses are fetched from the device only every so many steps, to see whether they have run away."""

SMOOTHED_OVER = 4
"""The curve is smoothed by a triangle of so many points to each side."""

BEGUN = 0.1
"""The steepest point is looked for from where this part of the fall is done: what comes before is noise."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RateCurve:
    """rates (s,), growing; losses (s,) after a step with each, as the objective cell's value (its distance from the
    target for goal ``value``); smoothed (s,), and always better the lower. steepest: the rate where it falls most
    steeply before its lowest point. tenth: a tenth of the rate at its lowest point. suggestion: the smaller of the two.
    """

    rates: Floats
    losses: Floats
    smoothed: Floats
    steepest: float
    tenth: float

    @property
    def suggestion(self) -> float:
        return min(self.steepest, self.tenth)


def find_rate(
    problem: Problem,
    method: str,
    options: FirstOrderOptions,
    x: Tensor,
    lowest: float | None = None,
    highest: float | None = None,
    steps: int = STEPS,
    loss: Callable[[Tensor], Tensor] | None = None,
) -> RateCurve:
    """Walk from x (n,) by the first-order `method` while the rate grows from `lowest` to `highest`, until the loss runs
    away. Where they are not given they lie around the rate that the method would begin with by itself.

    A problem of mini-batches (`row_batches.RowBatches`) is walked a batch a step; its losses are those of one batch
    after another, and hide the curve where batches are small, unless `loss` gives the merits (K,) at points (K, n) on
    rows that stay the same. Nothing is changed by it.
    Raises ArgumentError where the objective is an error at x, or where no rate lowers it.
    """
    with threads_for(problem.objective.elements):
        return _find(problem, method, options, x.unsqueeze(0), lowest, highest, steps, loss)


def _find(
    problem: Problem,
    method: str,
    options: FirstOrderOptions,
    X: Tensor,
    lowest: float | None,
    highest: float | None,
    steps: int,
    loss: Callable[[Tensor], Tensor] | None,
) -> RateCurve:
    plain = replace(options, rate=None, schedule="constant")
    if lowest is None or highest is None:
        f, gradient = problem.value_and_gradient(problem.project(X))
        own = float(first_order_method(method, plain, steps).first_rate(X, gradient))
        if not np.isfinite(float(f)) or not np.isfinite(own):
            raise ArgumentError(
                "the objective is an error at the start values, so no learning rate can be tried",
                action="correct the error, or start from other values",
            )
        lowest, highest = lowest or own * BELOW, highest or own * ABOVE
    if not 0 < lowest < highest < np.inf or steps < 10:
        raise ArgumentError(
            f"rates from {lowest} to {highest} in {steps} steps make no curve",
            action="give a lowest rate above zero, a higher one, and ten steps or more",
        )
    walker = first_order_method(method, replace(plain, rate=lowest), steps)
    walker.schedule = Growing(highest / lowest, steps)
    rates = lowest * (highest / lowest) ** (np.arange(steps) / (steps - 1))
    state = walker.init(problem, X)
    start = float(state.f if loss is None else loss(state.x))
    fetched: list[float] = []
    waiting: list[Tensor] = []
    for step in range(steps):
        before = state.count
        state = walker.step(problem, state)
        merit = state.f if loss is None else loss(state.x)
        waiting.append(torch.where(state.count > before, merit, torch.nan))
        if len(waiting) == LOOK_EVERY or step == steps - 1:
            fetched += torch.cat(waiting).tolist()
            waiting = []
            end = _runs_away(np.array(fetched), start)
            if end is not None:
                fetched = fetched[:end]
                break
    return _read(problem, rates[: len(fetched)], np.array(fetched), start)


def _runs_away(merits: Floats, start: float) -> int | None:
    """Where a curve ends: at an error, or some points after it has risen by far more than it fell."""
    errors = np.flatnonzero(~np.isfinite(merits))
    finite = merits[: errors[0]] if len(errors) else merits
    if len(finite):
        smooth = _smoothed(finite, start)
        beyond = np.flatnonzero(smooth > _too_high(smooth, start))
        if len(beyond):
            return int(beyond[0]) + 1
    return int(errors[0]) if len(errors) else None


def _too_high(merits: Floats, start: float) -> Floats:
    """For each point, the merit that is one of a walk that has run away."""
    best = np.minimum(np.minimum.accumulate(merits), start)
    return best + np.maximum(4 * (start - best), abs(start) + np.abs(best))


def _smoothed(merits: Floats, start: float) -> Floats:
    """Weighted means of neighbours, without a lag; what has run away counts no more than twice what is too high, so
    that it leaves the points before it alone."""
    merits = np.minimum(merits, 2 * _too_high(merits, start))
    weights = np.r_[1 : SMOOTHED_OVER + 2, SMOOTHED_OVER:0:-1].astype(float)
    middle = slice(SMOOTHED_OVER, SMOOTHED_OVER + len(merits))
    total = np.convolve(merits, weights)[middle]
    return total / np.convolve(np.ones_like(merits), weights)[middle]


def _read(problem: Problem, rates: Floats, merits: Floats, start: float) -> RateCurve:
    if len(merits) < 3 or not _smoothed(merits, start).min() < start:
        raise ArgumentError(
            "no learning rate lowers the loss from these start values",
            action="start from other values, or let the range of rates begin lower",
        )
    smooth = _smoothed(merits, start)
    bottom = int(smooth.argmin())
    begun = int(np.argmax(smooth <= start - BEGUN * (start - smooth[bottom])))
    slopes = np.gradient(smooth, np.log(rates))[begun : bottom + 1]
    return RateCurve(
        rates=rates,
        losses=np.array([problem.shown(merit) for merit in merits.tolist()]),
        smoothed=np.array([problem.shown(merit) for merit in smooth.tolist()]),
        steepest=float(rates[begun + int(slopes.argmin())]),
        tenth=float(rates[bottom]) / 10,
    )
