"""Gradient descent, heavy-ball momentum and Adam: the methods of the lesson.

With a learning rate they do what the textbook says: every finite step is taken, uphill too. Without one the rate
looks after itself. A step into an error is halved until it is not one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor

from cellgrad.optimize.method import State, end, finite, relative_gradient, running, typical_scale
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.solution import Status

S = TypeVar("S", bound="DescentState")

SMALLEST_SHRINK = 2.0**-60
"""A step into an error is given up when it has been halved so often."""


@dataclass(frozen=True)
class DescentState(State):
    """velocity (K, n): the running step. shrink (K,): what a fixed rate is multiplied by near an error."""

    velocity: Tensor
    shrink: Tensor


class GradientDescent:
    """Steepest descent, x <- x - rate g (Cauchy 1847); with `momentum` b Polyak's heavy ball (1964),
    v <- b v - rate g, x <- x + v.

    Without a rate: a step is taken when the merit falls (Armijo's condition, Nocedal and Wright 2006, eq. 3.4);
    the rate then grows by a quarter. Otherwise it is halved and the ball stopped (the restart of O'Donoghue and
    Candes 2015).
    """

    default_steps = 10_000
    window = 100

    def __init__(self, rate: float | None = None, momentum: float = 0.0) -> None:
        self.name = "momentum" if momentum else "gradient-descent"
        self.rate = rate
        self.momentum = momentum
        self.monotone = rate is None

    def init(self, problem: Problem, X: Tensor) -> DescentState:
        f, gradient = problem.value_and_gradient(X)
        if self.rate is None:  # the first step moves the steepest cell by a tenth of the cells' typical size
            rate = 0.1 * typical_scale(X) / gradient.abs().amax(1)
            rate = torch.where(torch.isfinite(rate), rate, 1.0)
        else:
            rate = torch.full_like(f, self.rate)
        return DescentState(
            x=X,
            f=f,
            gradient=gradient,
            rate=rate,
            ended=running(X),
            velocity=torch.zeros_like(X),
            shrink=torch.ones_like(f),
        )

    def slope(self, state: State) -> Tensor:
        return relative_gradient(state)

    def step(self, problem: Problem, state: DescentState) -> DescentState:
        rate = (state.rate * state.shrink).unsqueeze(1)
        velocity = self.momentum * state.velocity - rate * state.gradient
        x = state.x + velocity
        f, gradient = problem.value_and_gradient(x)
        good = finite(f, gradient)
        if self.rate is None:
            return self._with_own_rate(problem, state, good, x, f, gradient, velocity)
        return _fixed_rate_step(state, good, x=x, f=f, gradient=gradient, velocity=velocity)

    def _with_own_rate(
        self, problem: Problem, state: DescentState, good: Tensor, x: Tensor, f: Tensor, gradient: Tensor, v: Tensor
    ) -> DescentState:
        descent = (state.gradient * v).sum(1).clamp(max=0.0)
        taken = good & (f <= state.f + 1e-4 * descent) & ((f < state.f) | (descent == 0))
        rate = torch.where(taken, state.rate * 1.25, state.rate * 0.5)
        smallest = problem.epsilon * state.x.abs().amax(1).clamp(min=torch.finfo(x.dtype).tiny)
        stuck = ~taken & ((v.abs().amax(1) <= smallest) | (rate == 0))
        ended = end(state.ended, stuck & good, Status.CANNOT_IMPROVE)
        ended = end(ended, stuck, Status.NO_FINITE_STEP)
        velocity = torch.where(taken.unsqueeze(1), v, 0.0)
        return replace(
            state, rate=rate, ended=ended, velocity=velocity, **state.where(taken, x=x, f=f, gradient=gradient)
        )


@dataclass(frozen=True)
class AdamState(DescentState):
    """first, second (K, n): running moments. count (K,): moments gathered. best, patience (K,): for the own rate."""

    first: Tensor
    second: Tensor
    count: Tensor
    best: Tensor
    patience: Tensor


class Adam:
    """Adam (Kingma and Ba 2015, algorithm 1), with b1 = 0.9, b2 = 0.999.

    Without a rate: a twentieth of the cells' typical size, halved after 100 steps in a row without a new best.
    """

    name = "adam"
    monotone = False
    default_steps = 10_000
    window = 500
    first_decay = 0.9
    second_decay = 0.999
    allowed_failures = 100

    def __init__(self, rate: float | None = None) -> None:
        self.rate = rate
        # the paper's 1e-8 takes gradients to be about 1; without a rate we take nothing about their size
        self.guard = 1e-300 if rate is None else 1e-8

    def init(self, problem: Problem, X: Tensor) -> AdamState:
        f, gradient = problem.value_and_gradient(X)
        zeros = torch.zeros_like(X)
        return AdamState(
            x=X,
            f=f,
            gradient=gradient,
            rate=0.05 * typical_scale(X) if self.rate is None else torch.full_like(f, self.rate),
            ended=running(X),
            velocity=zeros,
            shrink=torch.ones_like(f),
            first=zeros,
            second=zeros,
            count=torch.zeros_like(f),
            best=f,
            patience=torch.zeros_like(f),
        )

    def slope(self, state: State) -> Tensor:
        return relative_gradient(state)

    def step(self, problem: Problem, state: AdamState) -> AdamState:
        first = torch.lerp(state.gradient, state.first, self.first_decay)
        second = self.second_decay * state.second + (1 - self.second_decay) * state.gradient.square()
        count = state.count + 1
        mean = first / (1 - self.first_decay**count).unsqueeze(1)
        spread = (second / (1 - self.second_decay**count).unsqueeze(1)).sqrt()
        direction = mean / (spread + max(self.guard, torch.finfo(state.x.dtype).tiny))
        x = state.x - (state.rate * state.shrink).unsqueeze(1) * direction
        f, gradient = problem.value_and_gradient(x)
        good = finite(f, gradient)
        after = _fixed_rate_step(state, good, x=x, f=f, gradient=gradient, first=first, second=second, count=count)
        if self.rate is not None:
            return after
        better = good & (f < state.best)
        patience = torch.where(better, 0.0, state.patience + 1)
        tired = patience > self.allowed_failures
        rate = torch.where(tired, state.rate * 0.5, state.rate)
        at_rest = rate * direction.abs().amax(1) <= problem.epsilon * state.x.abs().amax(1)
        return replace(
            after,
            rate=rate,
            best=torch.where(better, f, state.best),
            patience=torch.where(tired, 0.0, patience),
            ended=end(after.ended, good & at_rest & (rate < state.rate), Status.CONVERGED),
        )


def _fixed_rate_step(state: S, good: Tensor, velocity: Tensor | None = None, **accepted: Tensor) -> S:
    """Take every finite step; halve the next one where it was not finite, and let it recover afterwards."""
    shrink = torch.where(good, (2 * state.shrink).clamp(max=1.0), 0.5 * state.shrink)
    standing = (accepted["x"] == state.x).all(1) & (state.shrink < 1)
    ended = end(state.ended, standing | (shrink < SMALLEST_SHRINK), Status.NO_FINITE_STEP)
    changes = state.where(good, **accepted)
    if velocity is not None:  # a ball that rolled into an error is stopped there
        changes["velocity"] = torch.where(good.unsqueeze(1), velocity, 0.0)
    return replace(state, shrink=shrink, ended=ended, **changes)
