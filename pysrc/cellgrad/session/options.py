"""How hard to search: what the caller says, then what the saved model says, then what suits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cellgrad.optimize.engines import Effort
from cellgrad.optimize.search import Tolerances
from cellgrad.solver_models import NO_LIMIT, Engine, SolverModel

FEWEST = 10
"""Solver takes a smaller population size to mean ten a changing cell, ..."""
MOST_BY_DEFAULT = 200
"""... at most so many."""
PATIENCE = 30
"""Solver's seconds without improvement where nobody changed them: nothing that anybody asked for."""
ENGINES = {
    Engine.GRG_NONLINEAR: "grg-nonlinear",
    Engine.SIMPLEX_LP: "simplex-lp",
    Engine.EVOLUTIONARY: "evolutionary",
}


@dataclass(frozen=True)
class Options:
    """The options of one run, all settled. iterations: Solver's limit, in its own kind of iteration."""

    method: str = "auto"
    starts: int | None = None
    seed: int = 0
    seconds: float = math.inf
    iterations: int | None = None
    effort: Effort = Effort()  # noqa: RUF009
    tolerances: Tolerances | None = None


def settled(
    saved: SolverModel | None,
    size: int,
    method: str,
    starts: int | None,
    seed: int | None,
    seconds: float,
    effort: Effort | None,
    tolerances: Tolerances | None,
    to_the_letter: bool,
) -> Options:
    """The options of a run on a model of `size` changing cells.

    Of a saved model count its limits on time, iterations, subproblems and feasible solutions, multistart with its
    population and seed, scaling, mutation rate and the seconds without improvement. Its integer tolerance (1 % unless
    somebody changed it) counts where proving more takes long. `to_the_letter` adds what Solver would do and we would
    not: its method, its convergence (a relative change of 1e-4, which suits differences and not exact derivatives),
    and its integer tolerance from the first moment.
    """
    if saved is None:
        return Options(method, starts, seed or 0, seconds, None, effort or Effort(), tolerances)
    population = saved.population if saved.population >= FEWEST else min(MOST_BY_DEFAULT, 10 * size)
    if starts is None and saved.multistart:
        starts = max(1, population)
    patience = saved.max_seconds_without_improvement
    usual = patience == PATIENCE
    if effort is None:
        effort = Effort(
            integer_tolerance=saved.integer_tolerance,
            at_once=to_the_letter,
            max_subproblems=_limit(saved.max_subproblems),
            max_feasible=_limit(saved.max_feasible),
            population=population,
            mutation=saved.mutation_rate,
            seconds_without_improvement=None if usual and not to_the_letter else float(patience),
            scaling=saved.scaling or not to_the_letter,
        )
    if to_the_letter:
        method = ENGINES[saved.engine] if method == "auto" else method
        tolerances = tolerances or Tolerances(change=saved.convergence)
    allowed = _limit(saved.max_seconds)
    return Options(
        method, starts, saved.seed if seed is None else seed, min(seconds, allowed or math.inf),
        _limit(saved.max_iterations), effort, tolerances,
    )  # fmt: skip


def _limit(number: int) -> int | None:
    """A limit, or None for none; Solver's own zero is none."""
    return None if number in (0, NO_LIMIT) else number
