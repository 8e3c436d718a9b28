"""HiGHS, through scipy: linear programmes with their duals, and whole numbers within limits.

Huangfu and Hall (2018), Parallelizing the dual revised simplex method; scipy.optimize.linprog and milp.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from cellgrad.optimize.programs.instance import Instance
from cellgrad.optimize.programs.watch import Watch

Floats = NDArray[np.float64]

TIGHT = 1e-9
LOOSE = 1e-7
"""Tolerances of HiGHS on primal and dual feasibility; the loose are its own, for instances that fail at the tight."""


class Outcome(Enum):
    """How a call to HiGHS ended. LIMIT: by time, steps or nodes. TROUBLE: numerically, with nothing to show."""

    OPTIMAL = 0
    LIMIT = 1
    INFEASIBLE = 2
    UNBOUNDED = 3
    TROUBLE = 4


@dataclass(frozen=True)
class Answer:
    """x (n,): None where there is no point. rows (c,), cells (n,): marginals, the change of the cost per unit of the
    limit. bound: below which no point's cost lies (whole numbers). steps: simplex iterations or nodes."""

    outcome: Outcome
    x: Floats | None = None
    rows: Floats = field(default_factory=lambda: np.empty(0))
    cells: Floats = field(default_factory=lambda: np.empty(0))
    bound: float = -math.inf
    steps: int = 0

    @property
    def optimal(self) -> bool:
        return self.outcome is Outcome.OPTIMAL


def solve_continuous(instance: Instance, watch: Watch, most_steps: int | None = None) -> Answer:
    """The instance without its whole numbers, by HiGHS's choice of simplex and interior points; where that fails, by
    the dual simplex without presolve, then with HiGHS's own tolerances. Raises OutOfTime."""
    if instance.size == 0:
        return _empty(instance)
    answer = Answer(Outcome.TROUBLE)
    for tolerance, presolve, method in (
        (TIGHT, True, "highs"),
        (TIGHT, False, "highs-ds"),
        (LOOSE, True, "highs"),
        (LOOSE, False, "highs-ds"),
        (LOOSE, True, "highs-ipm"),
    ):
        work = partial(_linprog, instance, most_steps=most_steps, tolerance=tolerance, presolve=presolve, method=method)
        answer = watch.call(work)
        watch.steps += answer.steps
        if answer.outcome is not Outcome.TROUBLE:
            break
    return answer


def solve_whole(
    instance: Instance, watch: Watch, seconds: float, gap: float = 0.0, most_nodes: int | None = None
) -> Answer:
    """The instance by HiGHS's branch and cut, in at most `seconds`. Raises OutOfTime."""
    if instance.size == 0:
        return _empty(instance)
    answer = watch.call(lambda allowed: _milp(instance, allowed, gap, most_nodes, True), seconds)
    if answer.outcome is Outcome.TROUBLE:
        answer = watch.call(lambda allowed: _milp(instance, allowed, gap, most_nodes, False), seconds)
    watch.steps += answer.steps
    return answer


def _empty(instance: Instance) -> Answer:
    holds = bool((instance.low <= 0).all() and (instance.high >= 0).all())
    if not holds:
        return Answer(Outcome.INFEASIBLE)
    return Answer(Outcome.OPTIMAL, np.empty(0), np.zeros(instance.count), np.empty(0), 0.0)


def _linprog(
    instance: Instance, seconds: float, *, most_steps: int | None, tolerance: float, presolve: bool, method: str
) -> Answer:
    equal = instance.low == instance.high
    below, above = np.isfinite(instance.high) & ~equal, np.isfinite(instance.low) & ~equal
    matrix = instance.matrix
    options: dict[str, Any] = {
        "presolve": presolve, "primal_feasibility_tolerance": tolerance, "dual_feasibility_tolerance": tolerance,
    }  # fmt: skip
    if method == "highs-ipm":
        options["ipm_optimality_tolerance"] = tolerance
    if math.isfinite(seconds):
        options["time_limit"] = seconds
    if most_steps is not None:
        options["maxiter"] = most_steps
    result = linprog(
        instance.cost,
        A_ub=sparse.csc_array(sparse.vstack([matrix[below], -matrix[above]])) if (below | above).any() else None,
        b_ub=np.concatenate([instance.high[below], -instance.low[above]]) if (below | above).any() else None,
        A_eq=sparse.csc_array(matrix[equal]) if equal.any() else None,
        b_eq=instance.low[equal] if equal.any() else None,
        bounds=np.column_stack([instance.lower, instance.upper]), method=method, options=options,
    )  # fmt: skip
    outcome = Outcome(result.status)
    steps = int(getattr(result, "nit", 0) or 0)
    if outcome is not Outcome.OPTIMAL or result.x is None:
        return Answer(Outcome.TROUBLE if outcome is Outcome.OPTIMAL else outcome, steps=steps)
    rows = np.zeros(instance.count)
    marginals = np.asarray(result.ineqlin.marginals)
    rows[below] += marginals[: below.sum()]
    rows[above] -= marginals[below.sum() :]
    rows[equal] = result.eqlin.marginals
    cells = np.asarray(result.lower.marginals) + np.asarray(result.upper.marginals)
    return Answer(outcome, np.asarray(result.x, float), rows, cells, float(result.fun), steps)


def _milp(instance: Instance, seconds: float, gap: float, most_nodes: int | None, presolve: bool) -> Answer:
    options: dict[str, Any] = {"mip_rel_gap": gap, "presolve": presolve}
    if math.isfinite(seconds):
        options["time_limit"] = seconds
    if most_nodes is not None:
        options["node_limit"] = most_nodes
    constraints = [LinearConstraint(instance.matrix.tocsc(), instance.low, instance.high)] if instance.count else None
    result = milp(
        instance.cost, integrality=instance.whole.astype(int), bounds=Bounds(instance.lower, instance.upper),
        constraints=constraints, options=options,
    )  # fmt: skip
    steps = int(getattr(result, "mip_node_count", None) or 0)
    bound = getattr(result, "mip_dual_bound", None)
    outcome = Outcome(result.status)
    x = None if result.x is None else np.asarray(result.x, float)
    if outcome is Outcome.OPTIMAL and x is None:
        outcome = Outcome.TROUBLE
    return Answer(outcome, x, bound=-math.inf if bound is None else float(bound), steps=steps)
