"""The one door to the engines for constraints and whole numbers, which stand on scipy: loaded when first needed."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from cellgrad.gradients.structure import Structure
from cellgrad.optimize.choice import Route
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Callback, Ending


@dataclass(frozen=True)
class Effort:
    """How hard to try for whole numbers and over jumps; Solver's options of the same names.

    integer_tolerance: the gap at which to stop, relative. population, mutation, seconds_without_improvement: of the
    evolutionary search. scaling: whether cells and rows are scaled before the search.
    """

    integer_tolerance: float = 0.0
    max_subproblems: int | None = None
    max_feasible: int | None = None
    population: int | None = None
    mutation: float = 0.075
    seconds_without_improvement: float | None = None
    scaling: bool = True


def solve(
    route: Route,
    problem: Problem,
    X: Tensor,
    structure: Structure | None,
    method: str,
    limits: Limits,
    effort: Effort,
    seed: int,
    callback: Callback | None,
) -> Ending:
    """Solve a constrained problem from starts X (K, n); the first is the sheet's own."""
    from cellgrad.optimize.constrained import solve_constrained
    from cellgrad.optimize.discrete import solve_discrete
    from cellgrad.optimize.linear_programs import linear_program, solve_linear

    if route is Route.LINEAR:
        return solve_linear(
            linear_program(problem), X[0].double().cpu().numpy(), limits, callback,
            integer_tolerance=effort.integer_tolerance, max_subproblems=effort.max_subproblems,
            max_feasible=effort.max_feasible,
        )  # fmt: skip
    if route is Route.CONSTRAINED:
        word = "auto" if method == "grg-nonlinear" else method
        return solve_constrained(problem, X, limits, callback, method=word, seed=seed, scaling=effort.scaling)

    def relaxed(conditions: Conditions, starts: Tensor) -> Ending:
        part = Problem(problem.objective, problem.goal, conditions, problem.system)
        ending = solve_constrained(part, starts, limits, None, seed=seed, scaling=effort.scaling)
        problem.evaluations += part.evaluations
        return ending

    return solve_discrete(
        problem, X[0].double().cpu().numpy(), structure, relaxed, limits, callback,
        method={"evolutionary": "differential-evolution", "grg-nonlinear": "branch-and-bound"}.get(method, method),
        seed=seed, population=effort.population, mutation=effort.mutation,
        integer_tolerance=effort.integer_tolerance, max_subproblems=effort.max_subproblems,
        max_feasible=effort.max_feasible, seconds_without_improvement=effort.seconds_without_improvement,
    )  # fmt: skip
