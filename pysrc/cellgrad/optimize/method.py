"""What every method is to the search loop: a state, batched over starts, and one step that makes a new state.

After the division of search and descent in optimistix (Rader, Lyons, Kidger 2024, arXiv:2402.09983): methods know
nothing of limits, callbacks, history or the user; the loop in `search` knows nothing of gradients.
One step is at most one trial point a start, so that no start ever waits for the line search of another.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, Self, TypeVar

import torch
from torch import Tensor

from cellgrad.optimize.problem import Problem
from cellgrad.optimize.solution import STATUS_NUMBER, Status

S = TypeVar("S", bound="State")

RUNNING = -1
"""In `State.ended`: this start goes on."""

STATIONARY = 1e-8
"""A start that comes to rest where its slope is no more than this is at an optimum, not merely stuck."""


@dataclass(frozen=True)
class State:
    """Where K starts stand. Every field is a tensor whose first dimension is K.

    x (K, n) the accepted points, f (K,) their merits, gradient (K, n), rate (K,) for the user to see,
    ended (K,) RUNNING or the number of a Status.
    """

    x: Tensor
    f: Tensor
    gradient: Tensor
    rate: Tensor
    ended: Tensor

    def select(self, index: Tensor) -> Self:
        """The state of some of the starts only."""
        return replace(self, **{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def where(self, mask: Tensor, **changes: Tensor) -> dict[str, Any]:
        """`changes` for the starts in mask (K,), the present fields for the others."""
        return {
            name: torch.where(mask.view(-1, *[1] * (new.dim() - 1)), new, getattr(self, name))
            for name, new in changes.items()
        }

    def merged(self, mask: Tensor, other: Self) -> Self:
        """`other` for the starts in mask (K,), this state for the others."""
        if bool(mask.all()):
            return other
        if not bool(mask.any()):
            return self
        return replace(self, **self.where(mask, **{f.name: getattr(other, f.name) for f in fields(self)}))


class Method(Protocol[S]):
    """A way downhill.

    monotone: the accepted merit never rises beyond rounding, so that a start's current point is its best.
    default_steps: the step limit where the user gives none. window: so many steps without gain mean an end.
    """

    name: str
    monotone: bool
    default_steps: int
    window: int

    def init(self, problem: Problem, X: Tensor) -> S:
        """The state at the starts X (K, n), evaluated. A start in an error has a non-finite f."""

    def step(self, problem: Problem, state: S) -> S:
        """The state after one trial step of every start."""

    def slope(self, state: S) -> Tensor:
        """How far from stationary every start is, free of units, (K,): zero where the gradient is. Between bounds
        the loop hands over the `projected` state."""


def running(X: Tensor) -> Tensor:
    """`State.ended` for starts that all go on."""
    return torch.full((X.shape[0],), RUNNING, dtype=torch.int64, device=X.device)


def end(ended: Tensor, mask: Tensor, status: Status | Tensor) -> Tensor:
    """`ended` with the running starts of mask (K,) ended by `status` (or by a tensor of status numbers)."""
    number = status if isinstance(status, Tensor) else STATUS_NUMBER[status]
    return torch.where(mask & (ended == RUNNING), number, ended)


def finite(f: Tensor, gradient: Tensor) -> Tensor:
    """Which starts have a finite merit (K,) and a wholly finite gradient (K, n).

    A sum is finite only if every term is; a sum of finite terms that overflows is no point to stand on either.
    """
    return torch.isfinite(f + gradient.sum(1))


def held_at_bounds(problem: Problem, X: Tensor, gradient: Tensor) -> Tensor:
    """Which cells (K, n) stand at a bound that their slope pushes them against, or have no room at all."""
    down, up = (problem.lower >= X) & (gradient > 0), (problem.upper <= X) & (gradient < 0)
    return down | up | (problem.lower >= problem.upper)


def projected(problem: Problem, state: S) -> S:
    """The state with its gradient zero where a bound holds a cell: zero everywhere at a stationary point (Bertsekas
    1982, eq. 13)."""
    if not problem.bounded:
        return state
    held = held_at_bounds(problem, state.x, state.gradient)
    return replace(state, gradient=torch.where(held, 0.0, state.gradient))


def typical_scale(X: Tensor) -> Tensor:
    """The root mean square of each start's cells (K,), 1 where they are all zero: the length of a unit step."""
    scale = X.square().mean(1).sqrt()
    return torch.where(scale > 0, scale, 1.0)


def relative_gradient(state: State) -> Tensor:
    """Dennis and Schnabel's scale-free gradient (1983, section 7.2): max |g_i| max(|x_i|, typical) / |f|, (K,)."""
    span = torch.maximum(state.x.abs(), typical_scale(state.x).unsqueeze(1))
    return (state.gradient.abs() * span).amax(1) / state.f.abs().clamp(min=torch.finfo(state.f.dtype).tiny)
