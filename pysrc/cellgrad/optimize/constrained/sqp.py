"""Sequential quadratic programming: Kraft's SLSQP (1988, DFVLR-FB 88-28), scipy's, with exact slopes.

SLSQP does not survive a cell error. A trial point in one is shown to it as a very high merit with the rows of the last
good point, so that its line search steps back.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.constrained.model import Slopes, View

WALL = 1e10
MOST_ITERATIONS = 300
RESTARTS = 3
SMALL = 2**12
"""Numbers computed up to which all slopes at a point cost hardly more than its value."""


def sqp(view: View, z: Floats, accuracy: float = 1e-12) -> Floats:
    """The point where SLSQP comes to rest from z (n,), which is no error. Started anew, with a fresh curvature, while
    it still gains."""
    for _ in range(RESTARTS):
        before = view.values(z)[0]
        guard = Guard(view, z)
        result = minimize(
            guard.merit,
            z,
            jac=guard.gradient,
            bounds=list(zip(view.lower, view.upper, strict=True)),
            constraints=guard.constraints(),
            method="SLSQP",
            callback=guard.step,
            options={"maxiter": MOST_ITERATIONS, "ftol": accuracy},
        )
        z = guard.best(np.minimum(np.maximum(result.x, view.lower), view.upper))
        gain = before - view.values(z)[0]
        missed = view.violation(view.values(z)[1])
        if result.success or missed > 1e-6 or not gain > 1e-6 * max(1.0, abs(before)):
            break
    return z


class Guard:
    """The view as SLSQP may see it: finite everywhere."""

    def __init__(self, view: View, z: Floats) -> None:
        self.view = view
        self.last = z
        self.last_slopes = view.slopes(z)
        self.small = view.model.problem.objective.elements + view.n * view.m <= SMALL
        self.at_least = np.isfinite(view.row_lower) & ~view.equal
        self.at_most = np.isfinite(view.row_upper) & ~view.equal

    def constraints(self) -> list[dict]:
        kinds = [("eq", self.view.equal.any(), self.equalities, self.equalities_slope)]
        kinds.append(("ineq", (self.at_least | self.at_most).any(), self.inequalities, self.inequalities_slope))
        return [{"type": kind, "fun": fun, "jac": jac} for kind, there, fun, jac in kinds if there]

    def values(self, z: Floats) -> tuple[float, Floats]:
        if self.small:  # most trial points are taken, and then asked for their slopes
            self.view.slopes(z)
        f, c = self.view.values(z)
        if np.isfinite(f) and np.isfinite(c).all():
            return f, c
        return abs(self.last_slopes.f) * 10 + WALL, self.last_slopes.c

    def slopes(self, z: Floats) -> Slopes:
        slopes = self.view.slopes(z)
        if slopes.finite:
            self.last, self.last_slopes = z.copy(), slopes
        return self.last_slopes

    def merit(self, z: Floats) -> float:
        return self.values(z)[0]

    def gradient(self, z: Floats) -> Floats:
        return self.slopes(z).gradient

    def equalities(self, z: Floats) -> Floats:
        return (self.values(z)[1] - self.view.row_lower)[self.view.equal]

    def equalities_slope(self, z: Floats) -> Floats:
        return self.slopes(z).jacobian[self.view.equal]

    def inequalities(self, z: Floats) -> Floats:
        c = self.values(z)[1]
        low, high = (c - self.view.row_lower)[self.at_least], (self.view.row_upper - c)[self.at_most]
        return np.concatenate((low, high))

    def inequalities_slope(self, z: Floats) -> Floats:
        J = self.slopes(z).jacobian
        return np.vstack((J[self.at_least], -J[self.at_most]))

    def step(self, z: Floats) -> None:
        self.view.model.record.step(float(np.abs(z - self.last).max(initial=0.0)))

    def best(self, z: Floats) -> Floats:
        """z, or the last good point where z is an error."""
        return z if np.isfinite(z).all() and self.view.slopes(z).finite else self.last
