"""The augmented Lagrangian of Powell, Hestenes and Rockafellar, batched over starts, for models of any size.

Rows join the merit as (penalty / 2) |distance of c + y / penalty from their limits|^2, one formula for equalities,
inequalities and ranges; between bounds it is minimised by L-BFGS, and then y becomes penalty x that distance, kept
within safe limits (Birgin and Martinez 2014, Practical Augmented Lagrangian Methods, algorithm 4.1). One gradient costs
one reverse pass however many rows there are, and no Jacobian is ever formed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from cellgrad.optimize.conditions import Conditions, Floats
from cellgrad.optimize.constrained.model import View
from cellgrad.optimize.constrained.record import Interrupted
from cellgrad.optimize.lbfgs import Lbfgs
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.search import Search, Tolerances
from cellgrad.optimize.solution import Callback, Progress, Status

MOST_ROUNDS = 40
INNER_STEPS = 1_000
FIRST_PENALTY = 10.0
GROWTH = 10.0
AWAY = 10.0
"""A round that ends missing this many times what the start missed has run away: it is begun anew, penalised more."""
LARGEST = 1e9
"""Penalties and multipliers stay within this."""
ENOUGH = 1e-10
"""The scaled violation to stop at."""
LESS = 0.25
"""A round that leaves more than this part of the violation raises the penalty."""
TICKET = 2.0**-40
"""Starts end at different times, so each carries its number, times this, in a last cell that has no slope."""


@dataclass
class Reached:
    """z (K, n), multipliers of the rows (K, m) as `kkt` signs them, and the largest scaled miss (K,)."""

    z: Floats
    rows: Floats
    missed: Floats


class _Augmented:
    """The augmented Lagrangian as an `Objective` of scaled cells and a ticket, (K, n + 1) -> (K,)."""

    has_residuals = False
    rooted = False
    residual_count = 0

    def __init__(self, view: View, starts: int) -> None:
        self.view = view
        model = view.model
        self.size = view.n + 1
        self.elements = view.n + view.m
        self.device, self.dtype = model.problem.device, model.problem.dtype
        self.low, self.high = self._tensor(view.row_lower), self._tensor(view.row_upper)
        self.y = self.low.new_zeros(starts, view.m)
        self.penalty = self.low.new_full((starts,), FIRST_PENALTY)
        self.cells = self._tensor(view.cells)
        self.rows = self._tensor(view.rows)
        self.lower, self.upper = self._tensor(model.lower), self._tensor(model.upper)
        self.free = torch.as_tensor(model.free).to(self.device)
        self.places = torch.as_tensor(model.places).to(self.device)
        self.whole = self._tensor(model.whole)
        self.anchor, self.pull = self._tensor(model.anchor), self._tensor(model.pull)

    def _tensor(self, values: Floats) -> Tensor:
        return torch.as_tensor(values).to(device=self.device, dtype=self.dtype)

    def points(self, Z: Tensor) -> tuple[Tensor, Tensor]:
        """All changing cells (K, N) at scaled points, and whose they are (K,)."""
        X = self.whole.repeat(len(Z), 1)
        X[:, self.free] = torch.minimum(torch.maximum(Z[:, :-1] * self.cells, self.lower), self.upper)
        return X, (Z[:, -1] / TICKET).round().long().clamp(0, len(self.y) - 1)

    def scaled_rows(self, f: Tensor, g: Tensor) -> Tensor:
        """Rows (K, m) in scaled units, that of a goal value among them."""
        rows = g[:, self.places]
        if self.view.model.valued:
            rows = torch.cat((rows, f.unsqueeze(1)), 1)
        return rows * self.rows

    def distance(self, c: Tensor, who: Tensor) -> Tensor:
        """Of c + y / penalty from the limits, with its sign, (K, m)."""
        shifted = c + self.y[who] / self.penalty[who].unsqueeze(1)
        return shifted - torch.minimum(torch.maximum(shifted, self.low), self.high)

    def misses(self, Z: Tensor) -> Tensor:
        """The largest scaled miss of every start (K,)."""
        X, _ = self.points(Z)
        c = self.scaled_rows(*self.view.model.system.values(X))
        if not self.view.m:
            return torch.zeros_like(Z[:, 0])
        return (c - torch.minimum(torch.maximum(c, self.low), self.high)).abs().amax(1)

    def value(self, Z: Tensor) -> Tensor:
        return self._value(Z, self.view.model.system.values(self.points(Z)[0]))

    def _value(self, Z: Tensor, cells: tuple[Tensor, Tensor]) -> Tensor:
        f, g = cells
        model, who = self.view.model, self.points(Z)[1]
        self.note(Z, f, g)
        if model.valued:
            moved = self.points(Z)[0][:, self.free] - self.anchor
            merit = 0.5 * (self.pull * moved.square()).sum(1)
        else:
            merit = f * f if model.problem.rooted else model.sign * f
        miss = self.distance(self.scaled_rows(f, g), who)
        return merit * self.view.merit + 0.5 * self.penalty[who] * miss.square().sum(1)

    def value_and_gradient(self, Z: Tensor) -> tuple[Tensor, Tensor]:
        model, view = self.view.model, self.view
        X, who = self.points(Z)
        f, g = model.system.values(X)
        value = self._value(Z, (f, g))
        weights = self.penalty[who].unsqueeze(1) * self.distance(self.scaled_rows(f, g), who) * self.rows
        row_weights = torch.zeros_like(g)
        row_weights[:, self.places] = weights[:, : len(self.places)]
        if model.valued:
            f_weight = weights[:, -1]
        else:
            f_weight = 2 * f * view.merit if model.problem.rooted else torch.full_like(f, model.sign * view.merit)
        gradient = model.system.weighted(X, f_weight, row_weights)[2][:, self.free]
        if model.valued:
            gradient = gradient + view.merit * self.pull * (X[:, self.free] - self.anchor)
        return value, torch.cat((gradient * self.cells, torch.zeros_like(Z[:, :1])), 1)

    def note(self, Z: Tensor, f: Tensor, g: Tensor) -> None:
        """Tell the record of the points; of many cells only now and then, for a violation costs as much as a value."""
        record = self.view.model.record
        X = self.points(Z)[0].detach().cpu().double().numpy()
        for x, cell, rows in zip(X, f.tolist(), g.detach().cpu().double().numpy(), strict=True):
            record.note(x, cell, rows)

    def residuals_and_jacobian(self, X: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError("an augmented Lagrangian has no residuals")

    def normal_equations(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        raise NotImplementedError("an augmented Lagrangian has no residuals")


def augmented_lagrangian(view: View, Z: Floats) -> Reached:
    """Where K starts Z (K, n) come to rest."""
    K = len(Z)
    objective = _Augmented(view, K)
    lower, upper = np.append(view.lower, -np.inf), np.append(view.upper, np.inf)
    problem = Problem(objective, conditions=Conditions(lower, upper))
    record = view.model.record
    at = torch.as_tensor(np.hstack((Z, np.arange(K)[:, None] * TICKET))).to(objective.y)
    missed = torch.full_like(objective.penalty, torch.inf)
    first = objective.misses(at)
    slope = 1e-4
    for _ in range(MOST_ROUNDS):
        before = problem.evaluations
        limits = replace(record.limits, steps=min(INNER_STEPS, record.limits.steps - record.steps))
        search = Search(problem, Lbfgs(), at, Tolerances(slope=slope, change=slope * 1e-4))
        search.run(limits, _telling(view))
        view.model.problem.evaluations += problem.evaluations - before
        if search.stopped in (Status.STOPPED, Status.TIME_LIMIT):
            raise Interrupted(search.stopped)
        alive = torch.isfinite(search.f)
        now = objective.misses(search.x)
        away = alive & (now > AWAY * (1 + first))
        at = torch.where((alive & ~away).unsqueeze(1), search.x, at)
        now = objective.misses(at) if bool(away.any()) else now
        X, who = objective.points(at)
        c = objective.scaled_rows(*view.model.system.values(X))
        y = objective.penalty.unsqueeze(1) * objective.distance(c, who)
        y = torch.where(away.unsqueeze(1), objective.y, y)
        change = ((y - objective.y).abs().amax(1) / (1 + y.abs().amax(1))) if view.m else torch.zeros_like(now)
        objective.y = y.clamp(-LARGEST, LARGEST)
        stay = now > torch.clamp(LESS * missed, min=ENOUGH)
        objective.penalty = torch.where(away, objective.penalty * GROWTH, objective.penalty)
        objective.penalty = torch.where(stay, objective.penalty * GROWTH, objective.penalty).clamp(max=LARGEST)
        settled = (now <= ENOUGH) & (change <= 1e-6) & (slope <= 1e-10)
        hopeless = (objective.penalty >= LARGEST) & (now > 0.5 * missed)
        missed = now
        if bool((settled | hopeless | ~alive).all()):
            break
        slope = max(1e-11, 0.1 * slope)
    return Reached(
        at[:, :-1].detach().cpu().double().numpy(),
        -objective.y.detach().cpu().double().numpy(),
        missed.detach().cpu().double().numpy(),
    )


def _telling(view: View) -> Callback:
    """A callback for the inner search that counts its steps as the run's. Raises Interrupted at a limit."""

    def tell(progress: Progress) -> None:
        view.model.record.step(progress.rate)

    return tell
