"""Levenberg-Marquardt from one start, without bounds: see `optimize.levenberg_marquardt`, where every rule has its
source."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from cellgrad.optimize.damped_least_squares import SMALLEST_PIVOT, orthogonal_step
from cellgrad.optimize.levenberg_marquardt import (
    FIRST_DAMPING,
    FULL_TRUST,
    HELD_ELEMENTS,
    LEAST_DAMPING,
    MOST_BEND,
    PATIENT_DAMPING,
    PROBE,
    SHRINK,
    SOME_TRUST,
    STATIONARY,
    TURN,
    VANISHED,
)
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.residual_curvature import PREFERENCE
from cellgrad.optimize.solution import Status

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Fit = tuple[Vector, Matrix]
"""Residuals (m,) and their Jacobian (m, n)."""


@dataclass(frozen=True)
class Point:
    """x (n,), the merit f = r'r there, half its gradient J'r (n,), J'J (n, n), and r and J where they are held."""

    x: Vector
    f: float
    half: Vector
    normal: Matrix
    fit: Fit | None

    @property
    def gradient(self) -> Vector:
        return 2 * self.half

    @cached_property
    def norms(self) -> Vector:
        """Of the columns of J, (n,)."""
        return np.sqrt(np.maximum(np.diagonal(self.normal), 0.0))

    @cached_property
    def slant(self) -> float:
        """The largest cosine between r and a column of J: zero at a stationary point."""
        norms = self.norms * math.sqrt(self.f)
        return float(np.divide(np.abs(self.half), norms, out=np.zeros_like(norms), where=norms > 0).max())

    @property
    def finite(self) -> bool:
        return math.isfinite(self.f + self.half.sum() + self.normal.sum())


class LoneLevenbergMarquardt:
    """One start. `at` is where it stands, `rate` the damping, `ended` how it ended or None; `step` goes on."""

    def __init__(self, problem: Problem, x: Vector) -> None:
        self.problem = problem
        self.holds = problem.residual_count * problem.size <= HELD_ELEMENTS
        self.factors: NDArray[np.bool_] | None = None
        """Cells that move by factors, (n,); None for none."""
        self.at = self._point(x)
        self.rate = 0.0
        self.ended: Status | None = None
        self._scale = self.at.norms
        self._growth = 2.0
        self._resume = FIRST_DAMPING
        self._tried = False
        self._offset = math.inf
        self._age = 0
        self._curvature = np.zeros_like(self.at.normal)
        self._curved = False

    @property
    def slope(self) -> float:
        """How far from stationary, free of units: the relative offset of the last undamped step."""
        return 0.0 if not self.at.half.any() else self._offset

    def step(self) -> None:
        """One trial step."""
        here, damping = self.at, self.rate
        unit = self._unit(here.x)
        half, normal, curved = self._linearised(unit)
        p = self._solved(half, normal, lambda: self._fit_here(unit))
        promised = otherwise = float(-2 * half @ p - p @ normal @ p)
        straight = True
        if self.holds:
            moves = p if unit is None else p * unit
            bend = float(moves @ self._curvature @ moves)
            otherwise = promised + (bend if curved else -bend)
            if damping > 0 and not curved:
                p, straight = self._accelerated(p, normal, unit)
        trial = here.x + p if self.factors is None else np.where(self.factors, here.x * np.exp(p), here.x + p)
        f = float(self.problem.value(torch.from_numpy(trial)[None]))

        gained = here.f - f
        gain = gained / promised if promised else math.nan
        good = math.isfinite(f) and straight
        rounding = 1e4 * self.problem.epsilon * here.f
        resolved = promised > rounding
        judged = resolved and f < here.f and gain > (SOME_TRUST if damping > 0 else FULL_TRUST)
        polishing = not resolved and f <= here.f + rounding
        there = self._point(trial) if good and (judged or polishing) else None
        offset = math.inf if damping > 0 else math.sqrt(max(promised, 0.0) / here.f) if here.f else 0.0
        slant = here.slant if there is None or not there.finite else there.slant
        shrinks = slant <= 0.9 * here.slant if damping > 0 else offset <= 0.9 * self._offset
        usable = there is not None and self._sound(there)
        taken = usable and (judged or (polishing and shrinks))

        last = not taken and not resolved and good and damping > 0 and not self._tried
        more = damping * self._growth if damping > 0 else self._resume
        standing = bool((np.abs(trial - here.x) <= self.problem.epsilon * np.abs(here.x)).all())
        rest = not taken and not last and (not resolved or standing or not math.isfinite(more))
        self.rate = _less(damping, gain, resolved) if taken else 0.0 if last else more
        self._growth = 2.0 if taken or last or damping == 0 else 2 * self._growth
        self._resume = min(10 * damping if damping > 0 else self._resume, FIRST_DAMPING)
        self._tried = last or (self._tried and not (taken and resolved))
        self._offset = offset
        self._age += 1
        if self.holds and resolved and good and PREFERENCE * abs(gained - otherwise) < abs(gained - promised):
            self._curved = not curved
        if taken and there is not None:
            self._arrive(there)
        self.ended = self._verdict(rest, good, damping)
        if self.holds and self._age % TURN == 0:
            self._turn()

    def _verdict(self, rest: bool, good: bool, damping: float) -> Status | None:
        if self.at.f == 0 or (rest and (damping == 0 or self.at.slant <= STATIONARY)):
            return Status.OPTIMAL
        if rest:
            return Status.CANNOT_IMPROVE if good else Status.NO_FINITE_STEP
        return None

    def _point(self, x: Vector) -> Point:
        residuals, jacobian = self._fit(x)
        return Point(
            x, float(residuals @ residuals), jacobian.T @ residuals, jacobian.T @ jacobian,
            (residuals, jacobian) if self.holds else None,
        )  # fmt: skip

    def _fit(self, x: Vector) -> Fit:
        residuals, jacobian = self.problem.residuals_and_jacobian(torch.from_numpy(x)[None])
        return residuals[0].numpy(), jacobian[0].numpy()

    def _fit_here(self, unit: Vector | None) -> Fit:
        residuals, jacobian = self.at.fit or self._fit(self.at.x)
        return residuals, jacobian if unit is None else jacobian * unit

    def _unit(self, x: Vector) -> Vector | None:
        """What a cell at x moves by for a small unit of its step, (n,); None where that is 1 everywhere."""
        return None if self.factors is None else np.where(self.factors, x, 1.0)

    def _linearised(self, unit: Vector | None) -> tuple[Vector, Matrix, bool]:
        """J'r and J'J of the next step, and whether the curvature of the residuals has been added."""
        here = self.at
        if unit is not None:
            return here.half * unit, here.normal * np.outer(unit, unit), False
        if self._curved:
            whole = here.normal + self._curvature
            if _factor(self._scaled(whole)) is not None:
                return here.half, whole, True
        return here.half, here.normal, False

    def _scaled(self, normal: Matrix) -> Matrix:
        """D^-1 J'J D^-1 + damping."""
        scale = self._diagonal
        scaled = normal / np.outer(scale, scale)
        scaled.flat[:: len(scale) + 1] += self.rate
        return scaled

    @property
    def _diagonal(self) -> Vector:
        return np.where(self._scale > 0, self._scale, 1.0)

    def _solved(self, half: Vector, normal: Matrix, fit: Callable[[], Fit]) -> Vector:
        """The damped step (n,); where Cholesky cannot serve, from J itself."""
        scaled, scale = self._scaled(normal), self._diagonal
        # a cell that moves nothing has an empty row: a unit pivot keeps its step at zero
        scaled.flat[:: len(scale) + 1] += np.diagonal(normal) == 0
        if _factor(scaled) is not None:
            return -np.linalg.solve(scaled, half / scale) / scale
        residuals, jacobian = fit()
        damping = torch.tensor([self.rate], dtype=torch.float64)
        r, J, d = (torch.from_numpy(np.ascontiguousarray(part))[None] for part in (residuals, jacobian, scale))
        return orthogonal_step(J, r, d, damping)[0].numpy()

    def _accelerated(self, p: Vector, normal: Matrix, unit: Vector | None) -> tuple[Vector, bool]:
        """p + a/2, where J a answers r's second derivative along p as J p answers r; and whether that bends little."""
        x = self.at.x
        near = x + PROBE * p
        if self.factors is not None:
            near = np.where(self.factors, x * np.exp(PROBE * p), near)
        _, jacobian_near = self._fit(near)
        unit_near = self._unit(near)
        if unit_near is not None:
            jacobian_near = jacobian_near * unit_near
        _, jacobian = self._fit_here(unit)
        curving = (jacobian_near - jacobian) @ p / PROBE
        half = jacobian.T @ curving
        if not math.isfinite(half.sum()):
            return p, False
        a = self._solved(half, normal, lambda: (curving, jacobian))
        scale = self._diagonal
        if 2 * np.linalg.norm(scale * a) > MOST_BEND * np.linalg.norm(scale * p):
            return p, False
        return p + 0.5 * a, True

    def _sound(self, there: Point) -> bool:
        """Whether a point may be stood on: no error, some cell still moves a residual, and none just ceased to."""
        if not there.finite or (there.f > 0 and not np.diagonal(there.normal).any()):
            return False
        vanished = self.holds and bool((there.norms < VANISHED * self.at.norms).any())
        return not vanished or self.rate > PATIENT_DAMPING

    def _arrive(self, there: Point) -> None:
        here = self.at
        if there.fit is not None and here.fit is not None:
            own = (there.fit[1] - here.fit[1]).T @ there.fit[0]
            self._learn(there.x - here.x, there.half - here.half, own)
        unit = self._unit(there.x)
        self._scale = np.maximum(self._scale, there.norms if unit is None else there.norms * np.abs(unit))
        self.at = there

    def _learn(self, s: Vector, change: Vector, own: Vector) -> None:
        """See `residual_curvature.updated_curvature`."""
        along = float(s @ change)
        if not along**2 > 0:
            return
        product = self._curvature @ s
        told = abs(float(s @ product))
        shrink = min(1.0, abs(float(s @ own)) / told) if told else 1.0
        missing = own - shrink * product
        outer = np.outer(missing, change)
        new = (outer + outer.T) / along - float(missing @ s) / along**2 * np.outer(change, change)
        new += shrink * self._curvature
        if math.isfinite(new.sum()):
            self._curvature = new

    def _turn(self) -> None:
        """After a long way without an end: on by factors, or by sums again."""
        by_factors = self.at.x != 0
        self.factors = by_factors if self.factors is None and by_factors.any() else None
        unit = self._unit(self.at.x)
        self._scale = self.at.norms if unit is None else self.at.norms * np.abs(unit)
        self._growth = 2.0


def _less(damping: float, gain: float, resolved: bool) -> float:
    """The damping after a step that was taken."""
    clipped = min(max(gain, 0.0), 1.0) if not math.isnan(gain) else math.nan
    shrunk = damping * max(1 - (2 * clipped - 1) ** 3, SHRINK)
    return 0.0 if shrunk < LEAST_DAMPING else shrunk if resolved else damping


def _factor(scaled: Matrix) -> Matrix | None:
    """The Cholesky factor, or None where its pivots are no ground to stand on."""
    try:
        factor = np.linalg.cholesky(scaled).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        return None
    pivots = np.diagonal(factor)
    return factor if pivots.min() > SMALLEST_PIVOT * pivots.max() else None
