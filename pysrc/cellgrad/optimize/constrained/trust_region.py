"""scipy's trust-constr: a trust-region method with barriers (Byrd, Hribar and Nocedal 1999), with exact Hessian
products of the Lagrangian."""

from __future__ import annotations

import numpy as np
from scipy.optimize import Bounds, NonlinearConstraint, minimize
from scipy.sparse.linalg import LinearOperator

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.constrained.model import View
from cellgrad.optimize.constrained.sqp import Guard

MOST_ITERATIONS = 1_000


def trust_region(view: View, z: Floats) -> Floats:
    """The point where trust-constr comes to rest from z (n,), which is no error."""
    guard = Guard(view, z)

    def operator(z: Floats, weight: float, weights: Floats) -> LinearOperator:
        def product(direction: Floats) -> Floats:
            return view.hessian_product(z, weights, np.ravel(direction), weight)

        return LinearOperator((view.n, view.n), matvec=product, dtype=float)

    rows = NonlinearConstraint(
        lambda z: guard.values(z)[1],
        view.row_lower,
        view.row_upper,
        jac=lambda z: guard.slopes(z).jacobian,
        hess=lambda z, y: operator(z, 0.0, y),
    )
    result = minimize(
        guard.merit,
        z,
        jac=guard.gradient,
        hess=lambda z: operator(z, 1.0, np.zeros(view.m)),
        bounds=Bounds(view.lower, view.upper),
        constraints=[rows] if view.m else [],
        method="trust-constr",
        callback=lambda z, _state: guard.step(z),
        options={"maxiter": MOST_ITERATIONS, "gtol": 1e-9, "xtol": 1e-11, "barrier_tol": 1e-9},
    )
    return guard.best(np.minimum(np.maximum(result.x, view.lower), view.upper))
