"""L-BFGS from one start, without bounds: see `optimize.lbfgs`, where every rule has its source."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg.blas import dtrsv

from cellgrad.optimize.lbfgs import (
    CURVATURE,
    MOST_TRIALS,
    PATIENT_TRIALS,
    SIZED_CELLS,
    SUFFICIENT_DECREASE,
    UNLIKE,
    Lbfgs,
)
from cellgrad.optimize.method import STATIONARY
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.scaling import curvature_along_cells, sizes_of_curvature
from cellgrad.optimize.solution import Status

Vector = NDArray[np.float64]
Number = np.float64
"""Not a float, whose division by zero raises: here it is not finite, and data."""
ENDLESS = Number(math.inf)


@dataclass(frozen=True)
class Point:
    """x (n,), the merit f there and its gradient (n,)."""

    x: Vector
    f: Number
    gradient: Vector

    @property
    def finite(self) -> bool:
        return math.isfinite(self.f + self.gradient.sum())


@dataclass
class Bracket:
    """A line search: the derivative `slope` at its start; low, high: lengths between which it looks; what is known at
    the lower end; how many trials there were."""

    slope: Number
    low: Number
    f_low: Number
    slope_low: Number
    high: Number = ENDLESS
    trials: int = 0


class LoneLbfgs:
    """One start. `at` is where it stands, `rate` the length of the next trial, `ended` how it ended or None; `step`
    goes on."""

    def __init__(self, problem: Problem, x: Vector, method: Lbfgs) -> None:
        self.problem = problem
        self.at = self._point(x)
        self.ended: Status | None = None
        self._sizes = np.ones_like(x)
        self._steps: Vector = np.zeros((method.pairs(len(x)), len(x)))
        self._changes = self._steps
        self._scaling = Number(0.0)
        self.rate = Number(0.0)
        self._forget()

    @property
    def slope(self) -> float:
        """How far from stationary, free of units: `method.relative_gradient`."""
        here = self.at
        span = np.maximum(np.abs(here.x), _typical(here.x))
        return float((np.abs(here.gradient) * span).max() / max(abs(here.f), np.finfo(np.float64).tiny))

    def step(self) -> None:
        """One trial along the present line."""
        if not self._scaling > 0 and self._bracket.trials == 0 and math.isinf(self._bracket.high):
            self._take_own_sizes()
        here, bracket, length = self.at, self._bracket, self.rate
        there = self._point(here.x + length * self._line)
        good, slope = there.finite, _dot(there.gradient, self._line)

        decreased = there.f <= here.f + SUFFICIENT_DECREASE * length * bracket.slope
        noise = 10 * self.problem.epsilon * abs(here.f)
        level = there.f <= here.f + noise and slope <= (2 * SUFFICIENT_DECREASE - 1) * bracket.slope
        down = bool(good and (decreased or level))
        curved = bool(slope >= CURVATURE * bracket.slope)
        standing = bool((there.x == here.x).all())
        if down and not standing and (curved or bracket.trials >= PATIENT_TRIALS):
            self._arrive(there)
        else:
            self._search_on(there.f, slope, good, down, down and not curved, standing)

    def _search_on(self, f: Number, slope: Number, good: bool, down: bool, go_on: bool, standing: bool) -> None:
        """Narrow or widen the bracket after a trial that did not arrive."""
        bracket, length = self._bracket, self.rate
        secant = length + (length - bracket.low) * slope / (bracket.slope_low - slope)
        if not down:
            bracket.high = length
        if go_on:
            bracket.low, bracket.f_low, bracket.slope_low = length, f, slope
        bracket.trials += 1
        low, width = bracket.low, bracket.high - bracket.low
        if math.isinf(bracket.high):
            self.rate = Number(min(max(secant, 2 * length), 10 * length)) if math.isfinite(secant) else 10 * length
        else:
            dip = low - 0.5 * bracket.slope_low * width**2 / (f - bracket.f_low - bracket.slope_low * width)
            inside = np.minimum(np.maximum(dip, low + 0.1 * width), bracket.high - 0.1 * width)
            parabola = good and not down and math.isfinite(inside) and bracket.trials % 3 != 0
            self.rate = inside if parabola else low + 0.5 * width

        resolution = self.problem.epsilon * np.abs(self.at.x).max()
        spent = bracket.trials >= MOST_TRIALS or width * np.abs(self._line).max() <= resolution or standing
        if not spent:
            return
        if low > 0 and not standing:
            self.rate = low
            bracket.trials = max(bracket.trials, PATIENT_TRIALS)
            return
        optimal = self.slope <= STATIONARY
        if self._scaling > 0 and not optimal:
            self._forget()
        else:
            stuck = Status.CANNOT_IMPROVE if good else Status.NO_FINITE_STEP
            self.ended = Status.OPTIMAL if optimal else stuck

    def _arrive(self, there: Point) -> None:
        """Remember the step and turn to the next direction."""
        here, sizes = self.at, self._sizes
        s, y = (there.x - here.x) / sizes, (there.gradient - here.gradient) * sizes
        curvature, change = _dot(s, y), _dot(y, y)
        if curvature > 1e-14 * np.sqrt(_dot(s, s) * change):
            unit = 1 / np.sqrt(curvature)
            self._steps = np.concatenate((self._steps[1:], (s * unit)[None]))
            self._changes = np.concatenate((self._changes[1:], (y * unit)[None]))
            self._scaling = curvature / change
        self.at = there
        line = -sizes * self._inverse_hessian_times(sizes * there.gradient)
        if _dot(line, there.gradient) < 0:
            self._turn_to(line, Number(1.0) if self._scaling > 0 else None)
        else:
            self._turn_to(self._steepest)

    def _inverse_hessian_times(self, gradient: Vector) -> Vector:
        """See `lbfgs._inverse_hessian_times`."""
        steps, changes = self._steps, self._changes
        lower = (steps @ changes.T).T  # R', column by column, as BLAS wants it
        v = dtrsv(lower, steps @ gradient, lower=1, trans=1, diag=1)
        q = gradient - v @ changes
        w = dtrsv(lower, v - self._scaling * (changes @ q), lower=1, trans=0, diag=1)
        step: Vector = self._scaling * q + w @ steps
        return step

    @property
    def _steepest(self) -> Vector:
        return -np.square(self._sizes) * self.at.gradient

    def _forget(self) -> None:
        """Begin anew, straight downhill."""
        self._steps = self._changes = np.zeros_like(self._steps)
        self._scaling = Number(0.0)
        self._turn_to(self._steepest)

    def _turn_to(self, line: Vector, length: Number | None = None) -> None:
        """Search along a line; its first trial without a length is a tenth of the cells' typical size."""
        self._line = line
        slope = _dot(line, self.at.gradient)
        self._bracket = Bracket(slope, Number(0.0), self.at.f, slope)
        if length is None:
            tenth = 0.1 * _typical(self.at.x) / np.sqrt(np.square(line).mean())
            length = tenth if math.isfinite(tenth) else Number(1.0)
        self.rate = length

    def _take_own_sizes(self) -> None:
        """See `lbfgs._in_own_sizes`."""
        if self.problem.size > SIZED_CELLS:
            return
        here = torch.from_numpy(self.at.x), torch.from_numpy(self.at.gradient)
        sizes: Vector = sizes_of_curvature(curvature_along_cells(self.problem, *here)[None])[0].numpy()
        if sizes.max() > UNLIKE * sizes.min():
            self._sizes = sizes
            self._turn_to(self._steepest)

    def _point(self, x: Vector) -> Point:
        f, gradient = self.problem.value_and_gradient(torch.from_numpy(x)[None])
        return Point(x, f.numpy()[0], gradient[0].numpy())


def _dot(a: Vector, b: Vector) -> Number:
    return Number(a @ b)


def _typical(x: Vector) -> float:
    """See `method.typical_scale`."""
    return float(np.sqrt(np.square(x).mean())) or 1.0
