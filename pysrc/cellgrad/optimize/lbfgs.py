"""L-BFGS (Nocedal 1980; Liu and Nocedal 1989), batched over starts, for any objective.

The inverse Hessian is applied in the compact form of Byrd, Nocedal and Schnabel (1994, theorem 2.2): the two loops of
the textbook become two triangular solves and four products, each over all starts at once. The line search is the
bracketing one of Lewis and Overton (2013, algorithm 2.6), which asks for the weak Wolfe conditions and is sound on
kinked functions too; its state is three numbers a start, so that every step of the loop is one trial of every start.

Between bounds the line is bent along them (the projection arc of Bertsekas 1982, SIAM J. Control Optim. 20:221): cells
that a bound holds stay, cells that a full step would press against a bound go to it on their own, and the memory,
restricted to the others, gives the others' step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cellgrad.optimize.method import (
    STATIONARY,
    State,
    end,
    finite,
    held_at_bounds,
    projected,
    relative_gradient,
    running,
    typical_scale,
)
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.scaling import curvature_along_cells, sizes_of_curvature
from cellgrad.optimize.solution import Status

SUFFICIENT_DECREASE = 1e-4
CURVATURE = 0.9
PATIENT_TRIALS = 10
"""After so many trials along one line, any sufficient decrease is taken."""
MOST_TRIALS = 60
MANY_CELLS = 5_000
SIZED_CELLS = 50
"""Up to here a gradient a cell, all in one batch, costs less than it saves on cells of unlike sizes."""
UNLIKE = 100.0
"""Sizes that differ by less are left to the memory to learn."""


@dataclass(frozen=True)
class LbfgsState(State):
    """sizes (K, n): a unit of every cell for the search, 1 where they are not known. steps, changes (K, M, n): the
    memory in these units, oldest pair first, each divided by sqrt(s'y); zero where unused.
    scaling (K,): s'y / y'y of the newest pair. line (K, n): the direction searched, slope (K,) its derivative at x.
    low, high (K,): the bracket; f_low, slope_low (K,): what is known at its lower end. trials (K,)."""

    sizes: Tensor
    steps: Tensor
    changes: Tensor
    scaling: Tensor
    line: Tensor
    slope: Tensor
    low: Tensor
    f_low: Tensor
    slope_low: Tensor
    high: Tensor
    trials: Tensor


class Lbfgs:
    """`rate` shows the step length along the present line.

    memory: pairs kept; None is 40, or 10 where the cells are so many that the memory outweighs the model.
    """

    name = "l-bfgs"
    monotone = True
    default_steps = 5_000
    window = 25

    def __init__(self, memory: int | None = None) -> None:
        self.memory = memory

    def pairs(self, cells: int) -> int:
        """How many are kept."""
        return self.memory or (40 if cells <= MANY_CELLS else 10)

    def init(self, problem: Problem, X: Tensor) -> LbfgsState:
        f, gradient = problem.value_and_gradient(X)
        K, n = X.shape
        empty = X.new_zeros(K, self.pairs(n), n)
        sizes = torch.ones_like(X)
        line = _steepest(problem, X, gradient, sizes)
        slope = (line * gradient).sum(1)
        return LbfgsState(
            x=X,
            f=f,
            gradient=gradient,
            rate=_first_length(X, line),
            ended=running(X),
            sizes=sizes,
            steps=empty,
            changes=empty,
            scaling=torch.zeros_like(f),
            line=line,
            slope=slope,
            low=torch.zeros_like(f),
            f_low=f,
            slope_low=slope,
            high=torch.full_like(f, torch.inf),
            trials=torch.zeros_like(f),
        )

    def slope(self, state: State) -> Tensor:
        return relative_gradient(state)

    def step(self, problem: Problem, state: LbfgsState) -> LbfgsState:
        if len(state.x) == 1 and not bool(state.scaling > 0):
            state = _in_own_sizes(problem, state)
        length = state.rate
        x = problem.project(state.x + length.unsqueeze(1) * state.line)
        f, gradient = problem.value_and_gradient(x)
        good = finite(f, gradient)
        if problem.bounded:
            slope = (gradient * _turned(problem, x, state.line)).sum(1)
            descent = (state.gradient * (x - state.x)).sum(1)
        else:
            slope = (gradient * state.line).sum(1)
            descent = length * state.slope

        # where f itself can no longer tell, the slopes do: the approximate Wolfe condition of Hager and Zhang (2005)
        noise = 10 * problem.epsilon * state.f.abs()
        decreased = f <= state.f + SUFFICIENT_DECREASE * descent
        level = (f <= state.f + noise) & (slope <= (2 * SUFFICIENT_DECREASE - 1) * state.slope)
        down = good & (decreased | level)
        curved = slope >= CURVATURE * state.slope
        standing = (x == state.x).all(1)
        taken = down & ~standing & (curved | (state.trials >= PATIENT_TRIALS))

        arrived = int(taken.sum())
        if arrived == len(f):
            return self._next_line(problem, state, x, f, gradient)
        searching = self._next_trial(problem, state, f, slope, good, down, curved, standing)
        return searching.merged(taken, self._next_line(problem, state, x, f, gradient)) if arrived else searching

    def _next_trial(
        self,
        problem: Problem,
        state: LbfgsState,
        f: Tensor,
        slope: Tensor,
        good: Tensor,
        down: Tensor,
        curved: Tensor,
        standing: Tensor,
    ) -> LbfgsState:
        """Narrow or widen the bracket of every start, as if none had arrived."""
        length = state.rate
        go_on = down & ~curved
        high = torch.where(down, state.high, length)
        low = torch.where(go_on, length, state.low)
        f_low = torch.where(go_on, f, state.f_low)
        slope_low = torch.where(go_on, slope, state.slope_low)
        trials = state.trials + 1

        # beyond every trial so far: where the slope's secant vanishes, at least twice and at most ten times as far
        secant = length + (length - state.low) * slope / (state.slope_low - slope)
        beyond = torch.where(torch.isfinite(secant), secant, torch.inf).clamp(min=2 * length, max=10 * length)
        # inside the bracket: the parabola through both values and the lower slope; the middle on every third trial,
        # so that the bracket shrinks for certain, and after an error
        width = high - low
        dip = low - 0.5 * slope_low * width.square() / (f - f_low - slope_low * width)
        inside = torch.minimum(torch.maximum(dip, low + 0.1 * width), high - 0.1 * width)
        parabola = good & ~down & torch.isfinite(inside) & (trials % 3 != 0)
        inside = torch.where(parabola, inside, low + 0.5 * width)
        rate = torch.where(torch.isinf(high), beyond, inside)

        # a bracket narrower than x can resolve, or one without end: settle for its lower end, or start afresh
        resolution = problem.epsilon * state.x.abs().amax(1)
        spent = (trials >= MOST_TRIALS) | (width * state.line.abs().amax(1) <= resolution) | standing
        settle = spent & (low > 0) & ~standing
        rate = torch.where(settle, low, rate)
        trials = torch.where(settle, trials.clamp(min=PATIENT_TRIALS), trials)
        fruitless = spent & ~settle
        optimal = relative_gradient(projected(problem, state)) <= STATIONARY
        forget = fruitless & (state.scaling > 0) & ~optimal
        stuck = fruitless & ~forget
        ended = end(state.ended, stuck & optimal, Status.OPTIMAL)
        ended = end(ended, stuck & good, Status.CANNOT_IMPROVE)
        ended = end(ended, stuck, Status.NO_FINITE_STEP)
        after = replace(
            state,
            rate=rate,
            low=low,
            f_low=f_low,
            slope_low=slope_low,
            high=high,
            trials=trials,
            ended=ended,
        )
        if not bool(forget.any()):
            return after
        steepest = _steepest(problem, state.x, state.gradient, state.sizes)
        empty = torch.zeros_like(state.steps)
        fresh = _open_bracket(state.f, state.gradient, steepest)
        fresh |= {"steps": empty, "changes": empty, "scaling": torch.zeros_like(rate), "line": steepest}
        fresh["rate"] = _first_length(state.x, steepest)
        return replace(after, **after.where(forget, **fresh))

    def _next_line(self, problem: Problem, state: LbfgsState, x: Tensor, f: Tensor, gradient: Tensor) -> LbfgsState:
        """Remember the step to x and turn to the next direction, as if every start had arrived."""
        s, y = (x - state.x) / state.sizes, (gradient - state.gradient) * state.sizes
        curvature, change = (s * y).sum(1), y.square().sum(1)
        usable = curvature > 1e-14 * (s.square().sum(1) * change).sqrt()
        unit = torch.where(usable, curvature, 1.0).rsqrt().unsqueeze(1)
        steps = torch.cat((state.steps[:, 1:], (s * unit).unsqueeze(1)), 1)
        changes = torch.cat((state.changes[:, 1:], (y * unit).unsqueeze(1)), 1)
        kept = {"steps": steps, "changes": changes, "scaling": curvature / change}
        if not bool(usable.all()):
            kept = state.where(usable, **kept)

        if problem.bounded:
            line = _line_between_bounds(problem, x, gradient, state.sizes, **kept)
        else:
            line = -state.sizes * _inverse_hessian_times(state.sizes * gradient, **kept)
        descends = (line * gradient).sum(1) < 0
        if not bool(descends.all()):
            line = torch.where(descends.unsqueeze(1), line, _steepest(problem, x, gradient, state.sizes))
        newton = descends & (kept["scaling"] > 0)
        rate = torch.ones_like(f) if bool(newton.all()) else torch.where(newton, 1.0, _first_length(x, line))
        return replace(
            state, x=x, f=f, gradient=gradient, line=line, rate=rate, **kept, **_open_bracket(f, gradient, line)
        )


def _inverse_hessian_times(gradient: Tensor, steps: Tensor, changes: Tensor, scaling: Tensor) -> Tensor:
    """H g (K, n) from the memory, Byrd, Nocedal and Schnabel (1994), eq. 3.1, with pairs scaled to s'y = 1.

    With R the upper triangle of S Y', of unit diagonal here (also in unused rows, where that is all there is):
    v = R^-1 S g, q = g - Y'v, H g = c q + S' R^-T (v - c Y q).
    """
    R = steps @ changes.mT
    c = scaling.view(-1, 1, 1)
    g = gradient.unsqueeze(2)
    v = torch.linalg.solve_triangular(R, steps @ g, upper=True, unitriangular=True)
    q = g - changes.mT @ v
    w = torch.linalg.solve_triangular(R.mT, v - c * (changes @ q), upper=False, unitriangular=True)
    return (c * q + steps.mT @ w).squeeze(2)


def _in_own_sizes(problem: Problem, state: LbfgsState) -> LbfgsState:
    """A single start, before its first step, in units of its cells taken from the curvature along each of them, where
    these are far apart; as it was for many cells."""
    if problem.size > SIZED_CELLS or not bool((state.trials == 0) & torch.isinf(state.high)):
        return state
    sizes = sizes_of_curvature(curvature_along_cells(problem, state.x[0], state.gradient[0])[None])
    if not float(sizes.max()) > UNLIKE * float(sizes.min()):
        return state
    line = _steepest(problem, state.x, state.gradient, sizes)
    return replace(
        state,
        sizes=sizes,
        line=line,
        rate=_first_length(state.x, line),
        **_open_bracket(state.f, state.gradient, line),
    )


def _steepest(problem: Problem, x: Tensor, gradient: Tensor, sizes: Tensor) -> Tensor:
    """Straight downhill (K, n) in cells of these sizes, but for cells that a bound holds."""
    line = -sizes.square() * gradient
    return torch.where(held_at_bounds(problem, x, gradient), 0.0, line) if problem.bounded else line


def _turned(problem: Problem, x: Tensor, line: Tensor) -> Tensor:
    """The line (K, n) as it goes on from x: a cell at a bound does not leave it outwards."""
    return torch.where(held_at_bounds(problem, x, -line), 0.0, line)


def _line_between_bounds(
    problem: Problem,
    x: Tensor,
    gradient: Tensor,
    sizes: Tensor,
    steps: Tensor,
    changes: Tensor,
    scaling: Tensor,
) -> Tensor:
    """A direction (K, n) whose projection arc descends (Bertsekas 1982, proposition 1): no cell that its slope presses
    against a bound, there or within a full step, shares the memory with the others."""
    free = ~held_at_bounds(problem, x, gradient)
    line = -sizes * _inverse_hessian_times(sizes * gradient * free, *_restricted(steps, changes, free))
    goal = problem.project(x + line)
    pressed = free & (goal != x + line) & (gradient * line < 0)
    if bool(pressed.any()):
        apart = free & ~pressed
        others = -sizes * _inverse_hessian_times(sizes * gradient * apart, *_restricted(steps, changes, apart))
        line = torch.where(pressed, goal - x, others)
        free = apart | pressed
    return _turned(problem, x, torch.where(free, line, 0.0))


def _restricted(steps: Tensor, changes: Tensor, free: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The memory of the free cells (K, n) alone: pairs that keep their curvature there, each scaled to s'y = 1 again,
    and s'y / y'y of the newest (0 where none is left)."""
    steps, changes = steps * free.unsqueeze(1), changes * free.unsqueeze(1)
    curvature = (steps * changes).sum(2)
    usable = curvature > 1e-8 * (steps.square().sum(2) * changes.square().sum(2)).sqrt()
    unit = torch.where(usable, torch.where(usable, curvature, 1.0).rsqrt(), 0.0).unsqueeze(2)
    steps, changes = steps * unit, changes * unit
    places = torch.arange(1, steps.shape[1] + 1, device=steps.device)
    newest = (usable * places).argmax(1)
    change = changes.square().sum(2).gather(1, newest.unsqueeze(1)).squeeze(1)
    return steps, changes, torch.where(change > 0, 1 / change, 0.0)


def _open_bracket(f: Tensor, gradient: Tensor, line: Tensor) -> dict[str, Tensor]:
    """A line search about to begin."""
    slope = (gradient * line).sum(1)
    return {
        "slope": slope,
        "low": torch.zeros_like(f),
        "f_low": f,
        "slope_low": slope,
        "high": torch.full_like(f, torch.inf),
        "trials": torch.zeros_like(f),
    }


def _first_length(x: Tensor, line: Tensor) -> Tensor:
    """A first step of a tenth of the cells' typical size, (K,); 1 where the line is flat."""
    length = 0.1 * typical_scale(x) / line.square().mean(1).sqrt()
    return torch.where(torch.isfinite(length), length, 1.0)
