"""The one door to the engines for constraints and whole numbers, which stand on scipy: loaded when first needed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from cellgrad.gradients.structure import Structure
from cellgrad.optimize.choice import Route
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Callback, Ending
from cellgrad.optimize.threads import threads_for

PROOF_SECONDS = 20.0
"""How long the best whole numbers may take to prove before a model's integer tolerance counts."""
BRIEF_SECONDS, CAREFUL_SECONDS = 2.0, 8.0
"""How long the rest of a model may take to solve where its whole cells are bounded: one of many times, or for good."""


@dataclass(frozen=True)
class Effort:
    """How hard to try for whole numbers and over jumps; Solver's options of the same names.

    integer_tolerance: the gap at which to stop, relative: `at_once`, or where proving more takes longer than
    `PROOF_SECONDS`. population, mutation, seconds_without_improvement: of the
    evolutionary search. scaling: whether cells and rows are scaled before the search.
    """

    integer_tolerance: float = 0.0
    at_once: bool = False
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
    import scipy.linalg  # noqa: F401 - loaded now, its threads are held with the others

    with threads_for(problem.objective.elements):
        if route is Route.LINEAR:
            return _linear(problem, X, limits, effort, callback)
        from cellgrad.optimize.constrained import solve_constrained

        if route is Route.CONSTRAINED:
            word = "auto" if method == "grg-nonlinear" else method
            return solve_constrained(problem, X, limits, callback, method=word, seed=seed, scaling=effort.scaling)
        from cellgrad.optimize.discrete import solve_discrete

        def relaxed(conditions: Conditions, starts: Tensor, brief: bool) -> Ending:
            part = Problem(problem.objective, problem.goal, conditions, problem.system)
            most = limits.elapsed + (BRIEF_SECONDS if brief else CAREFUL_SECONDS)
            few = replace(limits, seconds=min(limits.seconds, most))
            ending = solve_constrained(part, starts, few, None, seed=seed, scaling=effort.scaling, brief=brief)
            problem.evaluations += part.evaluations
            return ending

        return solve_discrete(
            problem, X[0], structure, relaxed, limits, callback,
            method={"evolutionary": "differential-evolution", "grg-nonlinear": "branch-and-bound"}.get(method, method),
            seed=seed, population=effort.population, mutation=effort.mutation,
            integer_tolerance=effort.integer_tolerance if effort.at_once else 0.0,
            accepted_gap=effort.integer_tolerance,
            max_subproblems=effort.max_subproblems, max_feasible=effort.max_feasible,
            seconds_without_improvement=effort.seconds_without_improvement,
        )  # fmt: skip


def _linear(problem: Problem, X: Tensor, limits: Limits, effort: Effort, callback: Callback | None) -> Ending:
    """A linear programme: proven optimal, or, where that takes long, as close as the integer tolerance asks."""
    from cellgrad.optimize.linear_programs import linear_program, solve_linear

    return solve_linear(
        linear_program(problem), X[0].double().cpu().numpy(), limits, callback,
        integer_tolerance=effort.integer_tolerance if problem.conditions.discrete else 0.0,
        patience=0.0 if effort.at_once else PROOF_SECONDS,
        max_subproblems=effort.max_subproblems, max_feasible=effort.max_feasible,
    )  # fmt: skip
