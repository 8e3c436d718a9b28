"""The step that all first-order methods share: shaped gradient, rate, projection, and what to do near an error."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cellgrad.optimize.first_order.options import Clip, no_clip
from cellgrad.optimize.first_order.rule import Rule
from cellgrad.optimize.method import RUNNING, State, end, finite, relative_gradient, running, typical_scale
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.schedules import Constant, GradientRatio, Schedule
from cellgrad.optimize.solution import Status

SMALLEST_SHRINK = 2.0**-60
"""A step into an error is given up when it has been halved so often."""

ALLOWED_FAILURES = 100
"""A rate that looks after itself is halved after so many steps in a row without a new best."""

GROWS_AFTER = 50
"""As long as every step since the start has been a new best, it is doubled after so many of them."""


@dataclass(frozen=True)
class DescentState(State):
    """memory (K, memories, n): see `Rule`. base (K,): the rate before its schedule. scale (K,): what the gradients'
    ratio made of it. shrink (K,): what it is multiplied by near an error. count (K,): steps accepted.
    squares, smallest (K,): of the gradients, in this window and in the least of those before.
    best, failures (K,): the lowest merit, and steps since; below zero, the steps of a start that has not failed yet."""

    memory: Tensor
    base: Tensor
    scale: Tensor
    shrink: Tensor
    count: Tensor
    squares: Tensor
    smallest: Tensor
    best: Tensor
    failures: Tensor


class Descent:
    """A first-order method: a rule, and what it needs besides.

    rate: with one, every finite step is taken, uphill too, as the textbook says; a step into an error is halved until
    it is not one. Without one (and without a schedule) the rate looks after itself. Where the rule `searches`, a step
    is taken when the merit falls (Armijo's condition, Nocedal and Wright 2006, eq. 3.4, along the projection as in
    Bertsekas 1976, eq. 8); the rate then grows by a quarter. Otherwise it is halved and what the rule remembers is
    forgotten (the restart of O'Donoghue and Candes 2015). Other rules begin with a part of the cells' typical size,
    doubled every 50 steps while each is a new best, and halved after 100 steps in a row without one. A schedule
    without a rate starts from those first rates.
    Between bounds, every step is projected (`Problem.project`), and stationary means the projected gradient is zero.
    """

    default_steps = 10_000

    def __init__(
        self,
        name: str,
        rule: Rule,
        rate: float | None = None,
        schedule: Schedule | None = None,
        clip: Clip | None = None,
        decay: float = 0.0,
    ) -> None:
        self.name = name
        self.rule = rule
        self.rate = rate
        self.schedule = schedule or Constant()
        self.clip = no_clip if clip is None else clip.apply
        self.decay = decay
        self.fixed = rate is not None or not isinstance(self.schedule, Constant)
        self.tries = rule.searches and not self.fixed
        """Whether a step is tried before it is taken: one step of one start may then be several trials."""
        self.monotone = self.tries and not decay
        self.window = 100 if rule.searches else 500

    def init(self, problem: Problem, X: Tensor) -> DescentState:
        X = problem.project(X)
        f, gradient = problem.value_and_gradient(X)
        base = self.first_rate(X, gradient) if self.rate is None else torch.full_like(f, self.rate)
        ones, zeros = torch.ones_like(f), torch.zeros_like(f)
        return DescentState(
            x=X,
            f=f,
            gradient=gradient,
            rate=base * self.schedule.factor(zeros),
            ended=running(X),
            memory=X.new_zeros(X.shape[0], self.rule.memories, X.shape[1]),
            base=base,
            scale=ones,
            shrink=ones,
            count=zeros,
            squares=zeros,
            smallest=torch.full_like(f, torch.inf),
            best=f + self._penalty(X),
            failures=-ones,
        )

    def first_rate(self, X: Tensor, gradient: Tensor) -> Tensor:
        """The rate to begin with where none is given, (K,): a rule that searches moves the steepest cell by a tenth of
        the cells' typical size."""
        if not self.rule.searches:
            return self.rule.first_rate * typical_scale(X)
        rate = 0.1 * typical_scale(X) / self.clip(gradient).abs().amax(1)
        return torch.where(torch.isfinite(rate), rate, 1.0)

    def slope(self, state: State) -> Tensor:
        if self.decay and not self.rule.decoupled:
            state = replace(state, gradient=state.gradient + self.decay * state.x)
        return relative_gradient(state)

    def step(self, problem: Problem, state: DescentState) -> DescentState:
        after = self.trial(problem, state)
        if self.tries and len(state.x) == 1:
            # who asks for one step of one start wants one that leads down, and no batch waits for it
            while bool((after.count == state.count) & (after.ended == RUNNING)):
                after = self.trial(problem, after)
        return after

    def trial(self, problem: Problem, state: DescentState) -> DescentState:
        """The state after one trial point of every start. Nothing in it waits for a number from the device."""
        shaped = self.clip(state.gradient)
        if self.decay and not self.rule.decoupled:
            shaped = shaped + self.decay * state.x
        count = state.count + 1
        direction, memory = self.rule.direction(shaped, state.memory, count)
        rate = state.base * self.schedule.factor(state.count) * state.scale
        step = (rate * state.shrink).unsqueeze(1)
        start = state.x * (1 - self.decay * step) if self.decay and self.rule.decoupled else state.x
        x = problem.project(start - step * direction)
        f, gradient = problem.value_and_gradient(x)
        good = finite(f, gradient)
        tried = {"x": x, "f": f, "gradient": gradient, "memory": memory, "count": count}
        if self.tries:
            return self._searched(problem, state, good, shaped, tried)
        after = self._fixed_rate_step(state, good, rate, tried)
        if isinstance(self.schedule, GradientRatio):
            after = self._annealed(self.schedule, state, after, shaped)
        return after if self.fixed else self._settled(problem, state, after, good, step.squeeze(1), direction)

    def _penalty(self, X: Tensor) -> Tensor | float:
        """What weight decay adds to the merit."""
        return 0.5 * self.decay * X.square().sum(1) if self.decay and not self.rule.decoupled else 0.0

    def _searched(
        self, problem: Problem, state: DescentState, good: Tensor, shaped: Tensor, tried: dict[str, Tensor]
    ) -> DescentState:
        """The step tried is taken where it leads down; the rate follows."""
        moved = tried["x"] - state.x
        descent = (shaped * moved).sum(1).clamp(max=0.0)
        now, then = tried["f"] + self._penalty(tried["x"]), state.f + self._penalty(state.x)
        taken = good & (now <= then + 1e-4 * descent) & ((now < then) | (descent == 0))
        base = torch.where(taken, state.base * 1.25, state.base * 0.5)
        smallest = problem.epsilon * state.x.abs().amax(1).clamp(min=torch.finfo(base.dtype).tiny)
        stuck = ~taken & ((moved.abs().amax(1) <= smallest) | (base == 0))
        ended = end(state.ended, stuck & good, Status.CANNOT_IMPROVE)
        ended = end(ended, stuck, Status.NO_FINITE_STEP)
        changes = state.where(taken, **tried)
        changes["memory"] = torch.where(taken.view(-1, 1, 1), tried["memory"], 0.0)
        return replace(state, rate=base, base=base, ended=ended, **changes)

    @staticmethod
    def _fixed_rate_step(state: DescentState, good: Tensor, rate: Tensor, tried: dict[str, Tensor]) -> DescentState:
        """Every finite step is taken; where it was not finite the next is halved, and recovers afterwards."""
        shrink = torch.where(good, (2 * state.shrink).clamp(max=1.0), 0.5 * state.shrink)
        standing = (tried["x"] == state.x).all(1) & (state.shrink < 1)
        ended = end(state.ended, standing | (shrink < SMALLEST_SHRINK), Status.NO_FINITE_STEP)
        return replace(state, rate=rate, shrink=shrink, ended=ended, **state.where(good, **tried))

    @staticmethod
    def _annealed(schedule: GradientRatio, state: DescentState, after: DescentState, gradient: Tensor) -> DescentState:
        """The rate's scale by the ratio of gradients, where a window of them is full."""
        accepted = after.count > state.count
        squares = torch.where(accepted, state.squares + gradient.square().sum(1), state.squares)
        full = accepted & (after.count % schedule.every == 0)
        scale, smallest = schedule.adapt(state.scale, state.smallest, squares)
        return replace(
            after,
            scale=torch.where(full, scale, state.scale),
            smallest=torch.where(full, smallest, state.smallest),
            squares=torch.where(full, 0.0, squares),
        )

    def _settled(
        self,
        problem: Problem,
        state: DescentState,
        after: DescentState,
        good: Tensor,
        step: Tensor,
        direction: Tensor,
    ) -> DescentState:
        """A rate of its own without trying: halved where there was no new best for long, until nothing moves."""
        merit = after.f + self._penalty(after.x)
        better = good & (merit < state.best)
        fresh = state.failures < 0
        failures = torch.where(better, torch.where(fresh, state.failures - 1, 0.0), state.failures.clamp(min=0.0) + 1)
        tired = failures > ALLOWED_FAILURES
        base = torch.where(tired, state.base * 0.5, state.base)
        base = torch.where((failures < 0) & (failures % GROWS_AFTER == 0), base * 2, base)
        at_rest = tired & (step * direction.abs().amax(1) <= problem.epsilon * state.x.abs().amax(1))
        return replace(
            after,
            base=base,
            best=torch.where(better, merit, state.best),
            failures=torch.where(tired, 0.0, failures),
            ended=end(after.ended, good & at_rest, Status.CONVERGED),
        )
