"""A constrained problem as plain numbers: a merit to minimise, cells free to move, rows with limits.

Cells whose bounds coincide are no variables here, rows without a limit no rows, and goal ``value`` is a row of its
own, whose merit is the squared distance moved. A `View` is the same in units in which all is about 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cellgrad.optimize.conditions import Conditions, Floats, System
from cellgrad.optimize.constrained.record import Record
from cellgrad.optimize.problem import Objective, Problem


@dataclass(frozen=True)
class Slopes:
    """f and its gradient (n,), rows c (m,) and their Jacobian (m, n) at a point.

    kept: what has been worked out from them, by whom; several ask for the same at one point.
    """

    f: float
    gradient: Floats
    c: Floats
    jacobian: Floats
    kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def finite(self) -> bool:
        """Whether none of it is a cell error."""
        return bool(
            np.isfinite(self.f)
            and np.isfinite(self.gradient).all()
            and np.isfinite(self.c).all()
            and np.isfinite(self.jacobian).all()
        )


class Alone:
    """A `System` of an objective that no row accompanies. Its Hessian is taken by central differences of the exact
    gradient, good to some ten digits."""

    count = 0

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.size = objective.size

    def values(self, X: Tensor) -> tuple[Tensor, Tensor]:
        return self.objective.value(X), X[:, :0]

    def slopes(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        f, gradient = self.objective.value_and_gradient(X)
        return f, gradient, X[:, :0], X.new_zeros(len(X), 0, self.size)

    def weighted(self, X: Tensor, f_weight: Tensor, g_weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        f, gradient = self.objective.value_and_gradient(X)
        return f, X[:, :0], f_weight.unsqueeze(1) * gradient

    def weighted_hessian(self, X: Tensor, f_weight: Tensor, g_weights: Tensor) -> Tensor:
        unit = torch.eye(self.size, dtype=X.dtype, device=X.device)
        rows = [
            torch.stack([self.weighted_hessian_product(x[None], w[None], g_weights[:1], e[None])[0] for e in unit])
            for x, w in zip(X, f_weight, strict=True)
        ]
        H = torch.stack(rows)
        return (H + H.mT) / 2

    def weighted_hessian_product(self, X: Tensor, f_weight: Tensor, g_weights: Tensor, directions: Tensor) -> Tensor:
        size = (X * directions).abs().amax(1).clamp(min=1.0) / directions.abs().amax(1).clamp(min=1e-300)
        span = (torch.finfo(X.dtype).eps ** (1 / 3) * size).unsqueeze(1)
        ahead = self.objective.value_and_gradient(X + span * directions)[1]
        behind = self.objective.value_and_gradient(X - span * directions)[1]
        return f_weight.unsqueeze(1) * (ahead - behind) / (2 * span)


class Model:
    """The problem in its own units. A point x is (n,): the free cells alone.

    free: their places. places: which of the conditions' rows these are; a row of goal ``value`` comes after them.
    """

    def __init__(self, problem: Problem, conditions: Conditions, record: Record, start: Floats) -> None:
        self.problem = problem
        self.record = record
        self.system: System = problem.system if problem.system is not None else Alone(problem.objective)
        self.free = np.flatnonzero(conditions.lower < conditions.upper)
        self.whole = conditions.clipped(start)
        self.lower, self.upper = conditions.lower[self.free], conditions.upper[self.free]
        limited = np.isfinite(conditions.row_lower) | np.isfinite(conditions.row_upper)
        self.places = np.flatnonzero(limited)
        self.row_lower, self.row_upper = conditions.row_lower[self.places], conditions.row_upper[self.places]
        goal = problem.goal
        self.valued = goal.kind == "value"
        if self.valued:
            self.row_lower = np.append(self.row_lower, goal.target)
            self.row_upper = np.append(self.row_upper, goal.target)
        self.sign = -1.0 if goal.kind == "max" else 1.0
        self.anchor = self.whole[self.free]
        self.pull = np.ones(len(self.free))
        """The merit of goal ``value`` is half the sum of pull (x - anchor)^2."""

    @property
    def n(self) -> int:
        return len(self.free)

    @property
    def m(self) -> int:
        return len(self.row_lower)

    def full(self, x: Floats) -> Floats:
        """All changing cells, with x for the free ones."""
        whole = self.whole.copy()
        whole[self.free] = x
        return whole

    def tensor(self, x: Floats) -> Tensor:
        """The point as a batch of one, where the program runs."""
        return self.batch(x[None])

    def batch(self, X: Floats) -> Tensor:
        """Points (K, n) as all changing cells (K, N), where the program runs."""
        whole = np.repeat(self.whole[None], len(X), 0)
        whole[:, self.free] = X
        return torch.as_tensor(whole).to(device=self.problem.device, dtype=self.problem.dtype)

    def values(self, x: Floats) -> tuple[float, Floats]:
        """The merit and the rows (m,), not finite where a cell is an error."""
        self.problem.evaluations += 1
        f, g = self.system.values(self.tensor(x))
        cell, rows = float(f[0]), _numbers(g[0])
        self.record.note(self.full(x), cell, rows)
        return self._merit(x, cell), self._rows(cell, rows)

    def slopes(self, x: Floats) -> Slopes:
        """Merit and rows with their derivatives."""
        self.problem.evaluations += 1
        f, df, g, dg = (_numbers(part[0]) for part in self.system.slopes(self.tensor(x)))
        cell = float(f)
        self.record.note(self.full(x), cell, g)
        gradient, jacobian = df[self.free], dg[self.places][:, self.free]
        merit = self._merit(x, cell)
        if self.valued:
            jacobian = np.vstack((jacobian, gradient))
            gradient = self.pull * (x - self.anchor)
        elif self.problem.rooted:
            gradient = 2 * cell * gradient
        else:
            gradient = self.sign * gradient
        return Slopes(merit, gradient, self._rows(cell, g), jacobian)

    def weighted(self, x: Floats, weight: float, weights: Floats) -> tuple[float, Floats, Floats]:
        """Merit, rows, and the gradient (n,) of weight x merit + weights . rows, in one reverse pass."""
        self.problem.evaluations += 1
        X, cell_weight, row_weights = self._weights(x, weight, weights)
        f, g, slope = (_numbers(part[0]) for part in self.system.weighted(X, cell_weight, row_weights))
        gradient = slope[self.free]
        if self.valued:
            gradient = gradient + weight * self.pull * (x - self.anchor)
        return self._merit(x, float(f)), self._rows(float(f), g), gradient

    def hessian(self, x: Floats, weight: float, weights: Floats) -> Floats:
        """Of weight x merit + weights . rows, (n, n), exact."""
        X, cell_weight, row_weights = self._weights(x, weight, weights)
        H = _numbers(self.system.weighted_hessian(X, cell_weight, row_weights)[0])[np.ix_(self.free, self.free)]
        if self.valued:
            return H + weight * np.diag(self.pull)
        if self.problem.rooted:
            slope = _numbers(self.system.slopes(X)[1][0])[self.free]
            return H + 2 * weight * np.outer(slope, slope)
        return H

    def hessian_product(self, x: Floats, weight: float, weights: Floats, direction: Floats) -> Floats:
        """That Hessian times a direction (n,), without forming it."""
        X, cell_weight, row_weights = self._weights(x, weight, weights)
        along = np.zeros(len(self.whole))
        along[self.free] = direction
        D = torch.as_tensor(along[None]).to(X)
        product = _numbers(self.system.weighted_hessian_product(X, cell_weight, row_weights, D)[0])[self.free]
        if self.valued:
            return product + weight * self.pull * direction
        if self.problem.rooted:
            slope = _numbers(self.system.slopes(X)[1][0])[self.free]
            return product + 2 * weight * slope * (slope @ direction)
        return product

    def cell(self, x: Floats) -> float:
        """The objective cell."""
        return float(self.system.values(self.tensor(x))[0][0])

    def _weights(self, x: Floats, weight: float, weights: Floats) -> tuple[Tensor, Tensor, Tensor]:
        X = self.tensor(x)
        row_weights = np.zeros(self.system.count)
        row_weights[self.places] = weights[: len(self.places)]
        if self.valued:
            cell_weight = weights[-1]
        elif self.problem.rooted:
            cell_weight = 2 * weight * self.cell(x)
        else:
            cell_weight = self.sign * weight
        return X, torch.as_tensor([cell_weight]).to(X), torch.as_tensor(row_weights[None]).to(X)

    def _merit(self, x: Floats, cell: float) -> float:
        if self.valued:
            return float(0.5 * (self.pull * (x - self.anchor) ** 2).sum()) if np.isfinite(cell) else np.nan
        return cell * cell if self.problem.rooted else self.sign * cell

    def _rows(self, cell: float, rows: Floats) -> Floats:
        rows = rows[self.places]
        return np.append(rows, cell) if self.valued else rows


class View:
    """A model in other units: z = x / cells, rows x `rows`, merit x `merit`. Engines see nothing else.

    The last points are kept, because engines ask for the value, the rows and the slopes of one point in turn.
    """

    def __init__(self, model: Model, cells: Floats, rows: Floats, merit: float) -> None:
        self.model = model
        self.cells, self.rows, self.merit = cells, rows, merit
        self.n, self.m = model.n, model.m
        self.lower, self.upper = model.lower / cells, model.upper / cells
        self.row_lower, self.row_upper = model.row_lower * rows, model.row_upper * rows
        self.equal = model.row_lower == model.row_upper
        self._values: dict[bytes, tuple[float, Floats]] = {}
        self._slopes: dict[bytes, Slopes] = {}

    def x(self, z: Floats, bounded: bool = True) -> Floats:
        """The free cells in their own units: exactly a bound where z is."""
        if not bounded:
            return z * self.cells
        x = np.minimum(np.maximum(z * self.cells, self.model.lower), self.model.upper)
        x = np.where(z <= self.lower, self.model.lower, x)
        return np.where(z >= self.upper, self.model.upper, x)

    def z(self, x: Floats) -> Floats:
        return np.minimum(np.maximum(x / self.cells, self.lower), self.upper)

    def values(self, z: Floats, bounded: bool = True) -> tuple[float, Floats]:
        """f and c (m,); beyond the bounds where `bounded` is False."""
        key = z.tobytes() + bytes([bounded])
        if key in self._slopes:
            known = self._slopes[key]
            return known.f, known.c
        if key not in self._values:
            f, c = self.model.values(self.x(z, bounded))
            _forget(self._values)
            self._values[key] = f * self.merit, c * self.rows
        return self._values[key]

    def slopes(self, z: Floats, bounded: bool = True) -> Slopes:
        """f and c with their derivatives."""
        key = z.tobytes() + bytes([bounded])
        if key not in self._slopes:
            own = self.model.slopes(self.x(z, bounded))
            _forget(self._slopes)
            self._slopes[key] = Slopes(
                own.f * self.merit,
                own.gradient * self.cells * self.merit,
                own.c * self.rows,
                own.jacobian * self.cells * self.rows[:, None],
            )
        return self._slopes[key]

    def weighted(self, z: Floats, weights: Floats) -> tuple[float, Floats, Floats]:
        """f, c and the gradient of f + weights . c, without a Jacobian."""
        f, c, gradient = self.model.weighted(self.x(z), self.merit, weights * self.rows)
        return f * self.merit, c * self.rows, gradient * self.cells

    def hessian(self, z: Floats, weights: Floats) -> Floats:
        """Of f + weights . c, (n, n)."""
        H = self.model.hessian(self.x(z), self.merit, weights * self.rows)
        return H * self.cells * self.cells[:, None]

    def hessian_product(self, z: Floats, weights: Floats, direction: Floats, weight: float = 1.0) -> Floats:
        """Of weight x f + weights . c, times a direction (n,)."""
        own = direction * self.cells
        product = self.model.hessian_product(self.x(z), weight * self.merit, weights * self.rows, own)
        return product * self.cells

    def misses(self, c: Floats) -> Floats:
        """By how much rows with values c are missed, (m,)."""
        return np.maximum(0.0, np.maximum(self.row_lower - c, c - self.row_upper))

    def violation(self, c: Floats) -> float:
        """The largest of them; infinite where a row is an error."""
        worst = float(self.misses(c).max(initial=0.0))
        return worst if np.isfinite(c).all() else np.inf


def _forget(kept: dict, most: int = 4) -> None:
    while len(kept) >= most:
        del kept[next(iter(kept))]


def _numbers(values: Tensor) -> Floats:
    return values.double().numpy(force=True)
