"""A primal-dual interior-point method with exact Hessians, for models of up to some thousand cells.

Rows that are no equalities get slacks; cells and slacks are kept off their bounds by logarithmic barriers that shrink
(Waechter and Biegler 2006, Mathematical Programming 106; Nocedal and Wright 2006, chapter 19). The step solves the
condensed Newton equations in the null space of the equalities, so that dependent equalities do no harm, and negative
curvature is made positive there. A line search on the l1 merit, with a second-order correction, decides its length.
On a convex quadratic model it is the textbook's method of some twenty iterations, whatever the number of limits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg as linear

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.constrained.model import Slopes, View

MOST_ITERATIONS = 300
ENOUGH = 1e-9
"""The scaled residual to stop at; polishing does the rest."""
BOUNDARY = 0.995
PUSH = 1e-2
SHORTEST = 1e-10
RANK = 1e-11


@dataclass
class _Point:
    """z (n,) and slacks s (k,) of the rows that are no equalities; y (m,), of the equalities and of rows minus slacks;
    low, high (n + k,): multipliers of the bounds of both, zero or more."""

    z: Floats
    s: Floats
    y: Floats
    low: Floats
    high: Floats


class _Barrier:
    """The model with slacks: bounds of all variables, and distances from them."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.equal = view.equal
        self.between = ~view.equal
        self.lower = np.concatenate((view.lower, view.row_lower[self.between]))
        self.upper = np.concatenate((view.upper, view.row_upper[self.between]))
        self.has_low, self.has_high = np.isfinite(self.lower), np.isfinite(self.upper)

    def inside(self, w: Floats) -> Floats:
        """Variables moved off their bounds, by a hundredth of what there is."""
        room = PUSH * (self.upper - self.lower)
        lower, upper = np.where(self.has_low, self.lower, 0.0), np.where(self.has_high, self.upper, 0.0)
        low = np.where(self.has_low, lower + np.minimum(PUSH * np.maximum(1, np.abs(lower)), room), -np.inf)
        high = np.where(self.has_high, upper - np.minimum(PUSH * np.maximum(1, np.abs(upper)), room), np.inf)
        return np.minimum(np.maximum(w, low), high)

    def gaps(self, w: Floats) -> tuple[Floats, Floats]:
        """Distances from the bounds, infinite where there is none."""
        return (
            np.where(self.has_low, w - self.lower, np.inf),
            np.where(self.has_high, self.upper - w, np.inf),
        )

    def missed(self, c: Floats, s: Floats) -> Floats:
        """What the equations lack, (m,): equalities, and rows minus their slacks."""
        missed = c - self.view.row_lower
        missed[self.between] = c[self.between] - s
        return missed

    def merit(self, f: float, w: Floats, mu: float) -> float:
        """f with its barriers."""
        low, high = self.gaps(w)
        return f - mu * float(np.log(low[self.has_low]).sum() + np.log(high[self.has_high]).sum())


def interior_point(view: View, z: Floats) -> Floats:
    """The point where the method comes to rest from z (n,), which is no error."""
    barrier = _Barrier(view)
    slopes = view.slopes(z)
    w = barrier.inside(np.concatenate((z, slopes.c[barrier.between])))
    moved = view.slopes(w[: view.n])
    slopes = moved if moved.finite else slopes
    if not moved.finite:
        w[: view.n] = z  # on a bound at worst: lengths below are zero there, and another engine takes over
    mu = 0.1
    low, high = barrier.gaps(w)
    with np.errstate(divide="ignore"):
        point = _Point(w[: view.n], w[view.n :], np.zeros(view.m), mu / low, mu / high)
    point.y = _first_multipliers(barrier, point, slopes)
    penalty, shift = 1.0, 0.0
    best, best_residual = z, np.inf
    for _ in range(MOST_ITERATIONS):
        residual = _residual(barrier, point, slopes, 0.0)
        if residual < best_residual:
            best, best_residual = point.z, residual
        if residual <= ENOUGH:
            break
        while mu > ENOUGH / 10 and _residual(barrier, point, slopes, mu) <= 10 * mu:
            mu = max(ENOUGH / 10, min(0.2 * mu, mu**1.5))
        moved_on = _advance(barrier, point, slopes, mu, penalty, shift)
        if moved_on is None:
            break
        point, slopes, penalty, shift, length = moved_on
        view.model.record.step(length)
    return np.minimum(np.maximum(best if best_residual < np.inf else point.z, view.lower), view.upper)


def _first_multipliers(barrier: _Barrier, point: _Point, slopes: Slopes) -> Floats:
    """Least squares, unless they are large (Waechter and Biegler, section 3.6)."""
    if not barrier.view.m:
        return np.zeros(0)
    n = barrier.view.n
    right = np.concatenate((slopes.gradient, np.zeros(len(point.s)))) - point.low + point.high
    A = _rows_with_slacks(barrier, slopes)
    y = np.asarray(-np.linalg.lstsq(A.T, right, rcond=1e-10)[0], np.float64)
    return y if np.abs(y).max(initial=0.0) <= 1e3 and n else np.zeros(barrier.view.m)


def _rows_with_slacks(barrier: _Barrier, slopes: Slopes) -> Floats:
    slack = np.zeros((barrier.view.m, int(barrier.between.sum())))
    slack[np.flatnonzero(barrier.between), np.arange(slack.shape[1])] = -1.0
    return np.hstack((slopes.jacobian, slack))


def _dual(barrier: _Barrier, point: _Point, slopes: Slopes) -> tuple[Floats, Floats]:
    """Gradient of the Lagrangian f + y . missed - low . gaps + high . gaps, by z (n,) and by s (k,)."""
    n = barrier.view.n
    by_z = slopes.gradient + slopes.jacobian.T @ point.y - point.low[:n] + point.high[:n]
    return by_z, -point.y[barrier.between] - point.low[n:] + point.high[n:]


def _residual(barrier: _Barrier, point: _Point, slopes: Slopes, mu: float) -> float:
    by_z, by_s = _dual(barrier, point, slopes)
    gap_low, gap_high = barrier.gaps(np.concatenate((point.z, point.s)))
    total = np.abs(point.y).sum() + point.low.sum() + point.high.sum()
    scale = max(100.0, total / max(1, len(point.y) + len(point.low))) / 100
    worst = max(np.abs(by_z).max(initial=0.0), np.abs(by_s).max(initial=0.0)) / scale
    products = [
        np.abs(multiplier[there] * gap[there] - mu).max(initial=0.0) / scale
        for multiplier, gap, there in ((point.low, gap_low, barrier.has_low), (point.high, gap_high, barrier.has_high))
    ]
    return float(max(worst, *products, np.abs(barrier.missed(slopes.c, point.s)).max(initial=0.0)))


def _advance(
    barrier: _Barrier, point: _Point, slopes: Slopes, mu: float, penalty: float, shift: float
) -> tuple[_Point, Slopes, float, float, float] | None:
    """One step; None where there is none to be had."""
    view, n = barrier.view, barrier.view.n
    weights = point.y
    H = view.hessian(point.z, weights)
    if not np.isfinite(H).all():
        return None
    w = np.concatenate((point.z, point.s))
    gap_low, gap_high = barrier.gaps(w)
    sigma = point.low / gap_low + point.high / gap_high
    push = mu / gap_high - mu / gap_low
    by_z = slopes.gradient + push[:n]
    missed = barrier.missed(slopes.c, point.s)
    equations = _Equations(barrier, slopes, H, sigma, by_z, push[n:], shift)
    if not equations.sound:
        return None
    dz, ds, y = equations.solve(missed)
    if not (np.isfinite(dz).all() and np.isfinite(ds).all()):
        return None
    d = np.concatenate((dz, ds))
    dlow = np.where(barrier.has_low, mu / gap_low - point.low - point.low / gap_low * d, 0.0)
    dhigh = np.where(barrier.has_high, mu / gap_high - point.high + point.high / gap_high * d, 0.0)

    short = np.abs(missed).sum()
    along = float(by_z @ dz + push[n:] @ ds)
    curve = float(dz @ equations.H @ dz + ds @ (sigma[n:] * ds))
    if short > 1e-14:
        penalty = max(penalty, (along + 0.5 * max(0.0, curve)) / (0.7 * short))
    drop = along - penalty * short
    longest = _room(barrier, w, d)
    start = barrier.merit(slopes.f, w, mu) + penalty * short
    length = longest
    noise = 1e-13 * max(1.0, abs(start))
    first = True
    while length > SHORTEST:
        trial = _trial(barrier, w + length * d, mu, penalty)
        if trial is not None and trial[0] <= start + 1e-4 * length * min(0.0, drop) + noise:
            break
        if first and trial is not None and trial[2] >= short:
            bent = _bent(barrier, equations, w, length, d, missed, trial[3], mu, penalty)
            if bent is not None and bent[0] <= start + 1e-4 * length * min(0.0, drop) + noise:
                trial = bent
                break
        first = False
        length *= 0.5
    else:
        return None
    after = view.slopes(trial[1][:n])
    if not after.finite:
        return None
    dual_length = min(_step_to_zero(point.low, dlow), _step_to_zero(point.high, dhigh))
    low_gap, high_gap = barrier.gaps(trial[1])
    low = _near(point.low + dual_length * dlow, mu, low_gap, barrier.has_low)
    high = _near(point.high + dual_length * dhigh, mu, high_gap, barrier.has_high)
    new = _Point(trial[1][:n], trial[1][n:], point.y + length * (y - point.y), low, high)
    return new, after, penalty, equations.shift, length


def _near(multiplier: Floats, mu: float, gap: Floats, there: np.ndarray) -> Floats:
    """Multipliers within a wide band around mu / gap (Waechter and Biegler, equation 16)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ideal = mu / gap
        return np.where(there, np.minimum(np.maximum(multiplier, ideal * 1e-10), ideal * 1e10), 0.0)


def _room(barrier: _Barrier, w: Floats, d: Floats) -> float:
    gap_low, gap_high = barrier.gaps(w)
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(d < 0, BOUNDARY * gap_low / -d, np.where(d > 0, BOUNDARY * gap_high / d, np.inf))
    return float(min(1.0, np.nan_to_num(steps, nan=0.0, posinf=np.inf).min(initial=1.0)))


def _step_to_zero(values: Floats, change: Floats) -> float:
    falling = change < 0
    return float(min(1.0, (BOUNDARY * values[falling] / -change[falling]).min(initial=1.0)))


def _trial(barrier: _Barrier, w: Floats, mu: float, penalty: float) -> tuple[float, Floats, float, Floats] | None:
    """Merit, point, what is missed in total and in detail; None in an error."""
    n = barrier.view.n
    f, c = barrier.view.values(w[:n])
    if not (np.isfinite(f) and np.isfinite(c).all()):
        return None
    missed = barrier.missed(c, w[n:])
    short = float(np.abs(missed).sum())
    merit = barrier.merit(f, w, mu) + penalty * short
    return (merit, w, short, missed) if np.isfinite(merit) else None


def _bent(
    barrier: _Barrier, equations: _Equations, w: Floats, length: float, d: Floats, missed: Floats, trial: Floats,
    mu: float, penalty: float,
) -> tuple[float, Floats, float, Floats] | None:  # fmt: skip
    """The second-order correction: the step bent back onto curved rows, against the effect of Maratos."""
    dz, ds, _ = equations.solve(length * missed + trial)
    bent = np.concatenate((dz, ds))
    return _trial(barrier, w + _room(barrier, w, bent) * bent, mu, penalty) if np.isfinite(bent).all() else None


class _Equations:
    """Newton's equations with slacks and multipliers of rows eliminated, solved in the null space of the equalities.

    Curvature along it is made positive by `shift`, found by trying Cholesky's factorisation.
    """

    def __init__(
        self, barrier: _Barrier, slopes: Slopes, H: Floats, sigma: Floats, by_z: Floats, by_s: Floats, last: float
    ) -> None:
        n = barrier.view.n
        self.barrier, self.sigma_s, self.by_z, self.by_s = barrier, sigma[n:], by_z, by_s
        self.J = slopes.jacobian[barrier.between]
        self.A = slopes.jacobian[barrier.equal]
        self.H = H + np.diag(sigma[:n])
        self.full = self.H + self.J.T @ (self.sigma_s[:, None] * self.J)
        if len(self.A):
            Q, R, self.order = linear.qr(self.A.T, mode="full", pivoting=True)
            size = np.abs(np.diag(R))
            self.rank = int((size > RANK * size.max(initial=0.0)).sum()) if len(size) else 0
            self.Y, self.Z, self.R = Q[:, : self.rank], Q[:, self.rank :], R[: self.rank, : self.rank]
            reduced = self.Z.T @ self.full @ self.Z
        else:
            self.rank, self.Z, reduced = 0, np.eye(n), self.full
        self.sound, self.shift = self._factor(reduced, last)

    def _factor(self, reduced: Floats, last: float) -> tuple[bool, float]:
        shift = 0.0
        size = max(1e-8, float(np.abs(np.diag(reduced)).max(initial=0.0)))
        if not np.isfinite(reduced).all():
            return False, shift
        for _ in range(40):
            try:
                self.factor = linear.cho_factor(reduced + (shift + 1e-15 * size) * np.eye(len(reduced)))
            except linear.LinAlgError:
                shift = (last / 3 or 1e-8) if shift == 0 else 8 * shift
                continue
            self.H = self.H + shift * np.eye(len(self.H))
            self.full = self.full + shift * np.eye(len(self.H))
            return True, shift
        return False, shift

    def solve(self, missed: Floats) -> tuple[Floats, Floats, Floats]:
        """dz, ds, and the new y, for equations that lack `missed` (m,)."""
        barrier = self.barrier
        lack, row_lack = missed[barrier.equal], missed[barrier.between]
        # s: sigma_s ds = y_I - by_s, ds = J dz + row_lack
        right = -(self.by_z + self.J.T @ (self.sigma_s * row_lack + self.by_s))
        dz = np.zeros(len(self.by_z))
        if self.rank:
            dz = self.Y @ linear.solve_triangular(self.R, -lack[self.order][: self.rank], trans=1)
        if self.Z.shape[1]:
            dz = dz + self.Z @ linear.cho_solve(self.factor, self.Z.T @ (right - self.full @ dz))
        ds = self.J @ dz + row_lack
        y = np.zeros(len(missed))
        y[barrier.between] = self.sigma_s * ds + self.by_s
        if self.rank:
            part = np.zeros(len(lack))
            part[self.order[: self.rank]] = linear.solve_triangular(self.R, self.Y.T @ (right - self.full @ dz))
            y[barrier.equal] = part
        return dz, ds, y
