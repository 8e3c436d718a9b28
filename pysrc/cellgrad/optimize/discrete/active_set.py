"""Convex quadratic programmes solved again and again under other bounds: what branches of a tree are.

The dual method of Goldfarb and Idnani (1983, Mathematical Programming 27): from the minimum without limits, or from the
limits that bound at a parent, the limit missed most is taken up until none is missed; each iterate is optimal for the
limits taken up so far. Curvature that is flat somewhere gets a little more, drawn towards the last point (the proximal
point method of Rockafellar 1976, SIAM Journal on Control and Optimization 14), until that adds nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import scipy.linalg as linear
from numpy.typing import NDArray

from cellgrad.optimize.conditions import Floats

FLAT = 1e-5
"""What flat curvature is raised to, where the largest is about 1; ..."""
FARTHEST = 1e5
"""... and further until the minimum without limits is no more than so many ranges of a cell away: rounding grows with
that distance."""
SOUND = 1e-6
"""Curvature is raised only where its least eigenvalue is below this."""
MET = 1e-10
"""Limits are met this closely, in lengths that are typical of the programme."""
DEPENDENT = 1e-11
"""A limit whose normal lies this close to those taken up already, relative, can only replace one of them."""
PROXIMAL = 30
"""Times a flat programme is drawn on towards its last point."""
CLOSE = 1e-11
"""A bound this close to the value at the point, relative, is as good as one gets."""
NEAR = 1e-6
"""With a bound further off than this, relative, there is no answer."""
WIDEST = 1e6
"""An endless range counts as this wide where slopes are zero but for rounding."""


@dataclass(frozen=True)
class Active:
    """Limits (their places among rows, then cells) that hold as equalities, and on which side: 1 at the lower one, -1
    at the upper; and the multipliers, of those signs. x (n,): where."""

    places: NDArray[np.int64]
    sides: Floats
    multipliers: Floats
    x: Floats = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """x (n,), the value there, what no point within the limits can be below, and the limits that bind. Without a point
    within the limits: x is None and the bound infinite."""

    x: Floats | None
    value: float
    bound: float
    active: Active | None


CONFLICT = Active(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0))
NOTHING = Answer(None, math.inf, math.inf, None)


class QuadraticProgram:
    """Minimise constant + slopes . x + x' curves x / 2, with low <= matrix x <= high and bounds given to `solve`.

    curves (n, n), positive semidefinite; slopes (n,); matrix (m, n); low, high (m,). ranges (n,): between the widest
    bounds that will be given.
    """

    def __init__(
        self,
        constant: float,
        slopes: Floats,
        curves: Floats,
        matrix: Floats,
        low: Floats,
        high: Floats,
        ranges: Floats,
    ) -> None:
        self.constant, self.slopes, self.curves = constant, slopes, curves
        self.matrix, self.low, self.high = matrix, low, high
        size = len(slopes)
        diagonal = np.diagonal(curves)
        top = float(diagonal.max(initial=0.0))
        # cells in units in which each curves by 1; flat ones in the typical unit of the others
        bent = diagonal > 1e-14 * top
        typical = float(np.exp(np.log(diagonal[bent]).mean())) if bent.any() else 1.0
        self.units = 1 / np.sqrt(np.where(bent, diagonal, typical))
        H = curves * np.outer(self.units, self.units)
        self.shift = 0.0
        if not bent.any() or float(np.linalg.eigvalsh(H)[0]) <= SOUND:
            moving = np.isfinite(ranges) & (ranges > 0)
            steep = np.abs(slopes * self.units**2)[moving] / ranges[moving]
            self.shift = max(FLAT, float(steep.max(initial=0.0)) / FARTHEST)
        factor = linear.cho_factor(H + self.shift * np.eye(size))
        normals = np.vstack([matrix * self.units, np.eye(size)])
        lengths = np.maximum(np.linalg.norm(normals, axis=1), 1e-300)
        self.lengths = np.concatenate([lengths[: len(matrix)], self.units**-1.0])
        normals = normals / lengths[:, None]
        self.ways = linear.cho_solve(factor, normals.T)
        """Where the minimum moves to for a unit of each limit's multiplier (n, m + n)."""
        self.gram = normals @ self.ways
        self.normals = normals
        self.inverse = linear.cho_solve(factor, np.eye(size))

    def value(self, x: Floats) -> float:
        """The objective at x (n,)."""
        return float(self.constant + self.slopes @ x + x @ self.curves @ x / 2)

    def solve(self, lower: Floats, upper: Floats, warm: Active | None = None) -> Answer | None:
        """The minimum between these bounds (n,); None where rounding or an endless fall forbids an answer. warm: the
        limits that bound in a programme like this one."""
        low, high = self._lengthwise(self.low, lower), self._lengthwise(self.high, upper)
        centre = np.clip(np.zeros(len(lower)) if warm is None else warm.x, lower, upper)
        best: Answer | None = None
        for _ in range(PROXIMAL if self.shift else 1):
            z = self.inverse @ (self.shift * centre / self.units - self.slopes * self.units)
            found = self._dual(self.normals @ z, low, high, warm)
            if found is None:
                break
            if found is CONFLICT:
                return NOTHING
            x = np.clip((z + self.ways[:, found.places] @ found.multipliers) * self.units, lower, upper)
            warm = Active(found.places, found.sides, found.multipliers, x)
            value = self.value(x)
            bound = self._bound(warm, value, lower, upper)
            if best is None or bound > best.bound:
                best = Answer(x, value, bound, warm)
            if value - best.bound <= CLOSE * max(1.0, abs(value)):
                break
            centre = x
        sound = best is not None and best.value - best.bound <= NEAR * max(1.0, abs(best.value))
        return best if sound else None

    def _lengthwise(self, rows: Floats, cells: Floats) -> Floats:
        return np.concatenate([rows / self.lengths[: len(rows)], cells * self.lengths[len(rows) :]])

    def _bound(self, active: Active, value: float, lower: Floats, upper: Floats) -> float:
        """What duality proves from these multipliers, whether the point is exact or not."""
        rows = len(self.low)
        of_rows = active.places < rows
        places, multipliers = active.places[of_rows], active.multipliers[of_rows]
        normals = self.matrix[places] / self.lengths[places, None]
        limits = np.where(multipliers > 0, self.low[places], self.high[places]) / self.lengths[places]
        slopes = self.slopes + self.curves @ active.x - multipliers @ normals
        room = WIDEST * np.maximum(self.units, np.abs(active.x))
        down, up = np.minimum(active.x - lower, room), np.minimum(upper - active.x, room)
        loss = float(np.where(slopes > 0, slopes * down, -slopes * up).sum())
        short = float(np.where(multipliers != 0, multipliers * (normals @ active.x - limits), 0.0).sum())
        return value - short - loss

    def _dual(self, start: Floats, low: Floats, high: Floats, warm: Active | None) -> Active | None:
        """The limits that bind at the minimum, from their values (m + n,) at the minimum without them.

        CONFLICT where no point keeps them all, None where rounding leads nowhere."""
        gram = self.gram
        fixed = low == high
        places, sides, multipliers = self._taken_up(start, low, high, fixed, warm)
        nowhere = np.zeros(0)
        size = len(start)
        for _ in range(10 * size):
            values = start + gram[:, places] @ multipliers
            short = np.maximum(low - values, values - high)
            short[places] = 0.0
            new = int(short.argmax()) if size else 0
            if not size or short[new] <= MET * (1 + abs(values[new])):
                return Active(places, sides, multipliers, nowhere)
            side = 1.0 if values[new] < low[new] else -1.0
            left, gained = float(short[new]), 0.0
            while True:
                towards = gram[places, new]
                try:
                    r = np.linalg.solve(gram[np.ix_(places, places)], towards) if len(places) else nowhere
                except np.linalg.LinAlgError:
                    return None
                change = -side * r
                along = gram[new, new] - float(towards @ r)
                whole = left / along if along > DEPENDENT * gram[new, new] else math.inf
                falling = np.flatnonzero((sides * change < -1e-15) & ~fixed[places])
                ratios = np.maximum(0.0, multipliers[falling] / -change[falling])
                block = int(ratios.argmin()) if len(ratios) else -1
                step = min(whole, float(ratios[block]) if block >= 0 else math.inf)
                if step == math.inf:
                    return CONFLICT
                multipliers = multipliers + step * change
                gained += step
                if whole <= step:
                    places, sides = np.append(places, new), np.append(sides, side)
                    multipliers = np.append(multipliers, side * gained)
                    break
                if along > 0:
                    left -= step * along
                keep = np.arange(len(places)) != falling[block]
                places, sides, multipliers = places[keep], sides[keep], multipliers[keep]
        return None

    def _taken_up(
        self, start: Floats, low: Floats, high: Floats, fixed: NDArray[np.bool_], warm: Active | None
    ) -> tuple[NDArray[np.int64], Floats, Floats]:
        """The limits to begin with, with multipliers of the right signs: those given, as far as that goes."""
        none = np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
        if warm is None or not len(warm.places):
            return none
        places, sides = warm.places, warm.sides
        for _ in range(6):
            targets = np.where(sides > 0, low[places], high[places])
            if not np.isfinite(targets).all():
                return none
            try:
                found = np.linalg.solve(self.gram[np.ix_(places, places)], targets - start[places])
            except np.linalg.LinAlgError:
                return none
            right = (sides * found >= 0) | fixed[places]
            if right.all():
                return places, sides, found
            places, sides = places[right], sides[right]
            if not len(places):
                return none
        return none
