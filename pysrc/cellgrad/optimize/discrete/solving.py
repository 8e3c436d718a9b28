"""The door of this package: which search serves a model with whole numbers, permutations or jumps, and how it ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellgrad.errors import ArgumentError
from cellgrad.gradients.structure import Form, Structure
from cellgrad.optimize.conditions import Conditions, Floats
from cellgrad.optimize.discrete.branch_and_bound import BranchAndBound
from cellgrad.optimize.discrete.curvature import convex_rows
from cellgrad.optimize.discrete.enumeration import choices_of, enumerate_all
from cellgrad.optimize.discrete.evolution import Evolution
from cellgrad.optimize.discrete.fixing import Fixing, Relaxed
from cellgrad.optimize.discrete.judge import Halt, Ints, Judge
from cellgrad.optimize.discrete.permutations import Orders
from cellgrad.optimize.discrete.polish import land, pattern_search, whole_descent, whole_search
from cellgrad.optimize.discrete.products import solve_products
from cellgrad.optimize.discrete.quadratic import convex_program
from cellgrad.optimize.discrete.separable import solve_separable
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.search import UNBOUNDED_FALL, Limits
from cellgrad.optimize.solution import Callback, Conflict, Ending, Status
from cellgrad.optimize.starts import cell_scales

DISCRETE_METHODS = ("auto", "branch-and-bound", "differential-evolution", "enumeration", "local-search")
ALIASES = {"evolutionary": "differential-evolution", "de": "differential-evolution"}

WIDEST = 1e7
"""A range wider than this is as good as none to a search that draws from it."""
GUESS = 10.0
"""Where a cell has no bounds, it is searched within this many times its scale around its start."""
WIDENINGS = 4
"""So often at most guessed bounds are moved out, as long as that gains something."""
FINALISTS = 4
"""Members of the last population that are refined."""
OUT_OF_TIME = (
    "The search ended after the seconds that are usual where nobody sets a limit. It proves that no whole numbers can "
    "be better by more than {:.2%}. With a longer time limit it goes on."
)
LOCAL_SEARCHES = 3
"""So often local search by name is shaken until that brings nothing."""
GAP_PROVEN = 1e-8
"""A relative gap that is nothing but the accuracy of the continuous solutions."""


def solve_discrete(
    problem: Problem,
    x0: Floats | Tensor,
    structure: Structure | None,
    relaxed: Relaxed,
    limits: Limits,
    callback: Callback | None = None,
    method: str = "auto",
    seed: int = 0,
    population: int | None = None,
    mutation: float = 0.075,
    integer_tolerance: float = 0.0,
    accepted_gap: float = 0.0,
    max_subproblems: int | None = None,
    max_feasible: int | None = None,
    seconds_without_improvement: float | None = None,
) -> Ending:
    """The best point of a problem with whole cells, permutations or jumps, found from x0 (n,).

    structure: what the model is made of; None counts as smooth. relaxed: solves the continuous problem under given
    conditions from starts (K, n); it must bear bounds that coincide. limits.steps counts subproblems, generations and
    batches. method: one of DISCRETE_METHODS, or an alias. population, mutation: see `Evolution`. integer_tolerance: the
    relative gap at which branch and bound may end; accepted_gap: the one that will do where proving more takes long.
    max_subproblems, max_feasible: limits of branch and bound. seconds_without_improvement: ends a search that proves
    nothing; None: see `Judge`. The same seed gives the same answer, unless the clock ends the search.
    Raises ArgumentError for a method that does not exist or does not fit.
    """
    name = ALIASES.get(method.strip().lower().replace("_", "-"), method.strip().lower().replace("_", "-"))
    if name not in DISCRETE_METHODS:
        raise ArgumentError(f"no method is called {method!r}", action=f"use one of {', '.join(DISCRETE_METHODS)}")
    start = np.asarray(torch.as_tensor(x0).detach().cpu().double().numpy(), np.float64).reshape(-1)
    groups, loose = _disjoint(problem.conditions.different)
    conditions, empty = _tightened(problem.conditions, groups)
    if empty:
        return Ending(start, Status.BOUNDS_CONFLICT, 0, places=empty)
    judge = Judge(problem, limits, callback, seconds_without_improvement, loose, conditions)
    fixing = Fixing(judge, relaxed, conditions.lower, conditions.upper, structure)
    run = _Run(
        judge, fixing, groups, structure, seed=seed, population=population, mutation=mutation,
        tolerance=integer_tolerance, accepted=max(accepted_gap, integer_tolerance), max_subproblems=max_subproblems,
        max_feasible=max_feasible,
    )  # fmt: skip
    try:
        status = run.solve(start, name)
        run.perfect()
    except Halt as halt:
        status = halt.status
        run.detail = run.detail or _HALTED.get(status, "")
    except KeyboardInterrupt:
        status = Status.STOPPED
    return run.ending(start, status)


_NONE_EXISTS = "Everything was tried, or excluded by bounds: no values satisfy all constraints."
_ADDED_UP = (
    "Objective and constraints add up what each cell contributes, at all points looked at; if they do everywhere, "
    "nothing is better{}."
)
_NONE_FOUND = "Nothing that was tried satisfies all constraints; these values miss them least."
_HALTED = {Status.CONVERGED: "The search ended with as many solutions as were asked for."}


@dataclass
class _Run:
    """One call of the door: its searches share a judge, and leave here what there is to tell."""

    judge: Judge
    fixing: Fixing
    groups: list[Ints]
    structure: Structure | None
    seed: int
    population: int | None
    mutation: float
    tolerance: float
    accepted: float
    max_subproblems: int | None
    max_feasible: int | None
    detail: str = ""
    gap: float | None = None
    conflict: Conflict | None = None
    places: tuple[int, ...] = ()
    bounding: BranchAndBound | None = None
    used: str = ""

    def solve(self, start: Floats, method: str) -> Status:
        """Search by `method` and say how it ended. Raises Halt."""
        x0 = self._rounded(start)
        form = Form.SMOOTH if self.structure is None else self.structure.form
        choices = choices_of(self._conditions, self.groups)
        if choices is not None and method in ("auto", "enumeration"):
            self.used = "enumeration"
            count = enumerate_all(self.judge, choices)
            if count is not None:
                self.detail = f"All {count:,} combinations were tried: none is better."
                self.gap = 0.0
                return Status.OPTIMAL
            self.used = ""
        if method == "enumeration":
            raise ArgumentError(
                "there are too many combinations of the changing cells to try them all in a minute, or some cells need "
                "not be whole numbers",
                action="use the method auto",
            )
        if self.groups and method != "differential-evolution":
            return self._order(x0, form)
        if method == "branch-and-bound" or (method == "auto" and self._whole.any() and form <= Form.PIECEWISE):
            return self._branch(x0, form, alone=method == "branch-and-bound")
        if method == "local-search":
            self.used = method
            self._polish(x0, form)
            if not self.fixing.free.any():
                places = np.flatnonzero(self._whole & (self.fixing.lower < self.fixing.upper))
                for again in range(LOCAL_SEARCHES):
                    whole_search(
                        self.judge, self._best, places, self.fixing.lower, self.fixing.upper, self.seed + again
                    )
            return Status.CONVERGED
        if method == "auto" and self._by_tables(x0):
            return Status.PROBABLY_GLOBAL
        return self._evolve(x0, form, guess=method == "auto")

    def _by_tables(self, x0: Floats) -> bool:
        """Whether the model adds up what single cells contribute, and was solved so."""
        if self.groups or not self._whole.any():
            return False
        bound = solve_separable(self.judge, x0)
        if bound is None:
            return False
        if self._gap_to(bound) > GAP_PROVEN:
            self._evolve(self._best, Form.DISCONTINUOUS, guess=True)
        else:
            places = np.flatnonzero(self._whole & (self.fixing.lower < self.fixing.upper))
            whole_descent(self.judge, self._best, places, self.fixing.lower, self.fixing.upper)
        gap = self._gap_to(bound)
        self.used = "branch-and-bound"
        self.detail = _ADDED_UP.format(f" by more than {gap:.2%}" if gap > GAP_PROVEN else "")
        return True

    def _gap_to(self, bound: float) -> float:
        return max(0.0, self.judge.merit - bound) / max(1.0, abs(self.judge.merit))

    def perfect(self) -> None:
        """The best point's free cells solved for again, with the care that a search has no time for."""
        form = Form.SMOOTH if self.structure is None else self.structure.form
        if self.judge.feasible and form < Form.DISCONTINUOUS:
            self.fixing.perfect(self._best)

    def ending(self, start: Floats, status: Status) -> Ending:
        """What the door hands back."""
        judge = self.judge
        x = start if judge.x is None else judge.x
        if judge.x is not None and not math.isfinite(judge.miss):
            x, status = start, Status.ERROR_VALUE if status.found else status
        elif not judge.feasible and status.found:
            self.detail = _NONE_EXISTS if status is Status.OPTIMAL else _NONE_FOUND
            status = Status.INFEASIBLE
        elif status is not Status.STOPPED and (judge.merit < -UNBOUNDED_FALL or judge.ran_away):
            status, self.detail = Status.UNBOUNDED, ""
        gap: float | None
        if self.gap is None and self.bounding is not None and self.bounding.proving and judge.feasible:
            gap = self.bounding.gap
            self.gap = gap if math.isfinite(gap) else None
        gap = self.gap if judge.feasible else None
        return Ending(
            x, status, judge.steps, judge.history, conflict=self.conflict, gap=gap, detail=self.detail,
            places=self.places, method=self.used,
        )  # fmt: skip

    @property
    def _conditions(self) -> Conditions:
        return self.judge.conditions.with_bounds(self.fixing.lower, self.fixing.upper)

    @property
    def _whole(self) -> NDArray[np.bool_]:
        return self.judge.conditions.whole

    def _rounded(self, x: Floats) -> Floats:
        x = np.where(self._whole, np.round(x), x)
        return np.clip(np.nan_to_num(x), self.fixing.lower, self.fixing.upper)

    def _order(self, x0: Floats, form: Form) -> Status:
        """Permutations by local search."""
        self.used = "local-search"
        orders = Orders(self.judge, self.fixing, self.groups, self.seed)
        orders.run(x0)
        if form >= Form.PIECEWISE and self.fixing.free.any():
            self._polish(self._best, form)
        self.detail = "Moves from many orders led to nothing better; no search of this kind can prove an order best."
        return Status.PROBABLY_GLOBAL

    def _branch(self, x0: Floats, form: Form, alone: bool) -> Status:
        """Whole cells by branch and bound; where that proves nothing, its answer competes with an evolution's."""
        self.used = "branch-and-bound"
        self.judge.offer(x0[None])
        proving = self._provable()
        self.fixing.proving = proving
        if proving and self.structure is not None:
            self.fixing.program = convex_program(self.judge, self.structure)
        if not proving and not alone and self.structure is not None:
            proven = solve_products(self.judge, self.structure, x0)
            if proven is None and self._by_tables(x0):
                return Status.PROBABLY_GLOBAL
            if proven is not None:
                self.detail = "Products with binary cells were made linear: the answer is proven."
                self.gap = 0.0 if proven is Status.OPTIMAL else None
                return proven
        self.bounding = BranchAndBound(
            self.judge, self.fixing, proving, seed=self.seed, tolerance=self.tolerance,
            max_subproblems=self.max_subproblems, max_feasible=self.max_feasible,
        )  # fmt: skip
        finished = self.bounding.run(x0)
        endless = not np.isfinite(self.fixing.upper - self.fixing.lower).all()
        if endless and self.bounding.root_status is Status.UNBOUNDED:
            return Status.UNBOUNDED
        if proving and finished:
            self.conflict = self.bounding.conflict
            self.gap = self.bounding.gap if self.judge.feasible else None
            loose = self.gap is not None and self.gap > GAP_PROVEN
            return Status.INTEGER_TOLERANCE if loose else Status.OPTIMAL
        if proving and self.judge.feasible and self.bounding.gap < math.inf:
            self.gap = self.bounding.gap
            if self.gap <= self.accepted:
                self.detail = OUT_OF_TIME.format(self.gap)
                return Status.INTEGER_TOLERANCE
        if self.bounding.impossible:
            self.conflict = self.bounding.conflict
            return Status.INFEASIBLE
        if self.judge.feasible:
            self._polish(self._best, form)
        if not alone or not self.judge.feasible:
            self._evolve(self._best if self.judge.x is not None else x0, form, guess=True)
        if not self.judge.feasible:
            self.conflict = self.bounding.conflict
        if proving and self.gap is not None:
            self.gap = self.bounding.gap
            self.detail = OUT_OF_TIME.format(self.gap)
            return Status.PROBABLY_GLOBAL
        self.detail = "The model is not convex as far as is known: the bounds of branches are no proof here."
        return Status.PROBABLY_GLOBAL

    def _evolve(self, x0: Floats, form: Form, guess: bool) -> Status:
        """Differential evolution, then the best of the population refined."""
        lower, upper, guessed = _box(self.fixing.lower, self.fixing.upper, x0)
        if len(guessed) and not guess:
            self.places = tuple(int(place) for place in guessed)
            return Status.NEEDS_BOUNDS
        self.used = self.used or "differential-evolution"
        for widening in range(WIDENINGS + 1):
            before = (self.judge.miss, self.judge.merit)
            evolution = Evolution(
                self.judge, lower, upper, self.groups, seed=self.seed + widening, population=self.population,
                mutation=self.mutation,
            )  # fmt: skip
            known = x0[None] if self.judge.x is None else np.unique(np.stack([x0, self.judge.x]), axis=0)
            evolution.run(known)
            # across jumps slopes lead nowhere: the best alone is tried, for the sake of rows that it all but meets
            for x in evolution.finalists(FINALISTS if form < Form.DISCONTINUOUS else 1):
                self.fixing.refine(x)
            self._polish(self._best, form, lower, upper)
            if not len(guessed) or (widening and (self.judge.miss, self.judge.merit) >= before):
                break
            width = upper - lower
            lower[guessed] = np.maximum(self.fixing.lower, lower - 5 * width)[guessed]
            upper[guessed] = np.minimum(self.fixing.upper, upper + 5 * width)[guessed]
        if not self.fixing.free.any():
            places = np.flatnonzero(self._whole & (self.fixing.lower < self.fixing.upper))
            whole_search(self.judge, self._best, places, self.fixing.lower, self.fixing.upper, self.seed)
        if len(guessed):
            self.detail = "Some cells have no bounds: they were searched around their start values only."
        return Status.PROBABLY_GLOBAL

    def _polish(self, x: Floats, form: Form, lower: Floats | None = None, upper: Floats | None = None) -> None:
        """Improve x by steps: whole cells up and down, free cells along a pattern where slopes are no guide."""
        low, high, _ = _box(self.fixing.lower, self.fixing.upper, x)
        lower, upper = low if lower is None else lower, high if upper is None else upper
        places = np.flatnonzero(self._whole & (self.fixing.lower < self.fixing.upper))
        for _ in range(20):
            before = (self.judge.miss, self.judge.merit)
            x = whole_descent(self.judge, x, places, self.fixing.lower, self.fixing.upper)
            free = np.flatnonzero(self.fixing.free)
            if len(free):
                if form < Form.DISCONTINUOUS or (self.judge.conditions.count and self.judge.miss > 0):
                    self.fixing.refine(x)
                    x = self._best
                if form >= Form.PIECEWISE:
                    x = pattern_search(self.judge, x, free, lower, upper, self.seed)
                    land(self.judge, x, free, lower, upper)
                    x = self._best
            if not len(free) or not len(places) or (self.judge.miss, self.judge.merit) >= before:
                return

    @property
    def _best(self) -> Floats:
        assert self.judge.x is not None, "asked for the best point before any was offered"
        return self.judge.x

    def _provable(self) -> bool:
        """Whether continuous optima bound what a branch holds: a convex objective over a convex region."""
        structure = self.structure
        if structure is None or structure.objective > Form.QUADRATIC or self.judge.problem.goal.kind == "value":
            return False
        if structure.objective is Form.QUADRATIC and not structure.convex:
            return False
        return convex_rows(self.judge.problem, structure.rows, self.fixing.lower, self.fixing.upper)


def _tightened(conditions: Conditions, kept: Sequence[Ints]) -> tuple[Conditions, tuple[int, ...]]:
    """The conditions with the bounds of whole cells and groups made whole, and the cells that are left no value.

    `whole` becomes the cells that a search must make whole by itself: those of the groups that are kept orders need
    nothing, those of other groups do."""
    relaxed = conditions.relaxed()
    whole = conditions.whole.copy()
    for group in conditions.different:
        whole[group] = True
    lower = np.where(whole, np.ceil(relaxed.lower - 1e-9), relaxed.lower)
    upper = np.where(whole, np.floor(relaxed.upper + 1e-9), relaxed.upper)
    empty = tuple(int(place) for place in np.flatnonzero(lower > upper))
    for group in kept:
        whole[group] = False
    return replace(conditions, lower=lower, upper=upper, whole=whole), empty


def _disjoint(groups: tuple[Ints, ...]) -> tuple[list[Ints], list[Ints]]:
    """Groups that share no cell, which searches keep permutations by construction, and the others."""
    kept: list[Ints] = []
    loose: list[Ints] = []
    for group in groups:
        shared = any(np.intersect1d(group, other).size for other in kept)
        (loose if shared else kept).append(np.asarray(group, np.int64))
    return kept, loose


def _box(lower: Floats, upper: Floats, x0: Floats) -> tuple[Floats, Floats, Ints]:
    """Finite bounds around x0 (n,): the given ones where there are any, guesses from the cells' sizes elsewhere; and
    the places of the guesses."""
    reach = GUESS * np.maximum(cell_scales(x0), 1e-300)
    low = np.where(
        lower > -WIDEST * np.maximum(1, reach), lower, np.minimum(x0, np.where(upper < np.inf, upper, x0)) - reach
    )
    high = np.where(upper < WIDEST * np.maximum(1, reach), upper, np.maximum(x0, low) + reach)
    guessed = np.flatnonzero((low != lower) | (high != upper))
    return np.maximum(low, lower), np.minimum(high, upper), guessed
