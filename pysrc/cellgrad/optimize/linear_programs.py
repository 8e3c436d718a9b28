"""Linear programmes, with whole numbers or without: exact coefficients by differentiation, solved by HiGHS.

The coefficients are read in `programs.coefficients`. An answer of HiGHS is exact to its tolerances: it is taken further
(`programs.corner`), scaled before (`programs.instance`), and explained where there is none (`programs.conflicts`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellgrad.optimize.programs.coefficients import LinearProgram, linear_program
from cellgrad.optimize.programs.conflicts import conflict, growing, least_missed
from cellgrad.optimize.programs.corner import Corner, corner
from cellgrad.optimize.programs.highs import Outcome, solve_continuous
from cellgrad.optimize.programs.instance import Instance, Scale, scaled
from cellgrad.optimize.programs.mixed import Effort, solve_mixed
from cellgrad.optimize.programs.permutations import chosen, with_choices
from cellgrad.optimize.programs.sensitivity import has_ranges, ranges
from cellgrad.optimize.programs.watch import OutOfTime, Watch
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Callback, Ending, LateRanges, Multipliers, Ranges, Status

__all__ = ["LinearProgram", "linear_program", "solve_linear"]

Floats = NDArray[np.float64]

REACHED = 1e-9
"""A goal value is reached within this, relative to it, or absolute below 1."""

DIGITS = 4 * float(np.finfo(np.float64).eps)
"""What differs from a whole number by this part of itself is that whole number, but for rounding."""


def solve_linear(
    program: LinearProgram,
    x0: Floats,
    limits: Limits,
    callback: Callback | None = None,
    *,
    integer_tolerance: float = 0.0,
    patience: float = 0.0,
    max_subproblems: int | None = None,
    max_feasible: int | None = None,
) -> Ending:
    """The optimum of a linear programme, to rounding; proven where whole numbers are asked for.

    x0 (n,): the start; without an objective (none that depends on the changing cells, or the goal ``value``) the answer
    is the feasible point nearest to it, by the sum of the moves; with whole numbers, any. limits.steps: simplex
    iterations and nodes. integer_tolerance: the relative gap at which to be content, once `patience` seconds of the run
    went into proving more. max_subproblems, max_feasible: nodes looked at and feasible points met before the best of
    them is handed back.

    Multipliers and ranges come with continuous answers; as in Solver, whole numbers have none. Where several vertices
    are optimal any may be the answer. On a limit, Ctrl-C or a callback that returns True the best feasible point is
    kept.
    """
    lower, upper = program.conditions.lower, program.conditions.upper
    start = np.minimum(np.maximum(np.where(np.isfinite(x0), x0, 0.0), lower), upper)
    watch = Watch(limits, callback, start)
    run = _Run(program, start, watch, Effort(integer_tolerance, patience, max_subproblems, max_feasible))
    try:
        return run.ending()
    except OutOfTime as over:
        return _ending(watch, watch.x, over.status, detail="" if watch.found else NOTHING_YET)
    except KeyboardInterrupt:
        return _ending(watch, watch.x, Status.STOPPED, detail="" if watch.found else NOTHING_YET)


NOTHING_YET = "No values that satisfy all constraints were met before that."
LOST = "The linear programme was lost in rounding: its numbers differ too much in size."
NOTHING_HOLDS = "Nothing holds the changing cells listed: moved together, they improve the objective for ever."
NOT_WHOLE = "The constraints can be met, but not by cells that are whole or all different."
LOOSENED = "The constraints hold only within the precision allowed, not exactly."
DEGENERATE = (
    "More constraints meet here than are needed to hold the answer: the allowable ranges are one set of several."
)
OTHERS = "Other values of the changing cells may be as good."


@dataclass(frozen=True)
class _Found:
    """What came of one instance. x: with columns that were added. The rest: of a continuous answer, in scaled units."""

    outcome: Outcome
    x: Floats | None = None
    status: Status = Status.OPTIMAL
    gap: float | None = None
    duals: Floats | None = None
    reduced: Floats | None = None
    corner: Corner | None = None
    instance: Instance | None = None
    scale: Scale | None = None


@dataclass(frozen=True)
class _Run:
    """One programme on its way to an Ending."""

    program: LinearProgram
    start: Floats
    watch: Watch
    effort: Effort

    @property
    def discrete(self) -> bool:
        return self.program.conditions.discrete

    @property
    def sign(self) -> float:
        """Costs are the objective cell times this."""
        return -1.0 if self.program.goal.kind == "max" else 1.0

    def ending(self) -> Ending:
        program, watch = self.program, self.watch
        entries = (program.coefficients, [program.constant], program.matrix.data, program.row_constants)
        if not all(np.isfinite(part).all() for part in entries):
            return _ending(watch, self.start, Status.ERROR_VALUE)
        instance = program.instance(self.sign * program.coefficients)
        crossed = tuple(np.flatnonzero(instance.lower > instance.upper).tolist())
        if crossed:
            return _ending(watch, self.start, Status.BOUNDS_CONFLICT, places=crossed)
        if program.goal.kind == "value":
            return self._reach(instance)
        found, detail = self._loosened(instance, self._best)
        if found.x is None:
            return self._without(instance, found)
        x = self.cells(found.x)
        multipliers, allowed, notes = self._prices(found)
        gap = found.gap if self.discrete else None
        return _ending(
            watch, x, found.status, multipliers=multipliers, ranges=allowed, gap=gap, detail=_joined(detail, *notes)
        )

    def cells(self, x: Floats) -> Floats:
        """The changing cells of an answer: within their bounds, rid of the last bits of rounding, and where the start
        has them if nothing depends on them."""
        x = x[: len(self.start)]
        near = np.round(x)
        x = np.where(np.abs(x - near) <= DIGITS * np.abs(x), near, x)
        x = np.where(self.program.conditions.whole, near, x)
        idle = (self.program.coefficients == 0) & (np.asarray(abs(self.program.matrix).sum(axis=0)).ravel() == 0)
        x = np.where(idle & ~self.program.conditions.whole, self.start, x)
        for group in self.program.conditions.different:
            x[group] = near[group]
        return np.minimum(np.maximum(x, self.program.conditions.lower), self.program.conditions.upper) + 0.0

    def _reach(self, instance: Instance) -> Ending:
        """Goal ``value``: the objective as a row of its own; where it cannot be met, as near to it as can be."""
        program = self.program
        target = np.array([program.goal.target - program.constant])
        free = instance.with_cost(np.zeros(instance.size))
        line = sparse.csr_array(program.coefficients[None])
        found, detail = _Found(Outcome.INFEASIBLE), ""
        if not self.discrete:  # of whole numbers the closest are looked for at once: none may reach the value
            found = self._nearest(free.with_rows(line, target, target))
        if found.x is None:
            found, detail = self._loosened(free, lambda loose: self._closest(loose, line, target))
        if found.x is None:
            return self._without(free, found)
        x = self.cells(found.x)
        reached = abs(program.value(x) - program.goal.target) <= REACHED * max(1.0, abs(program.goal.target))
        stopped = found.status not in (Status.OPTIMAL, Status.INTEGER_TOLERANCE)
        missed = found.status if stopped else Status.TARGET_NOT_REACHED
        return _ending(self.watch, x, Status.TARGET_REACHED if reached else missed, detail=detail)

    def _closest(self, instance: Instance, line: sparse.csr_array, target: Floats) -> _Found:
        """The least distance of the line's value from the target."""
        miss = sparse.csr_array((np.array([1.0, -1.0]), ([instance.count] * 2, [0, 1])), (instance.count + 1, 2))
        wide = instance.with_rows(line, target, target)
        return self._solved(wide.with_columns(miss, np.ones(2), np.zeros(2), np.full(2, np.inf)))

    def _best(self, instance: Instance) -> _Found:
        return self._solved(instance) if instance.cost.any() else self._nearest(instance)

    def _nearest(self, instance: Instance) -> _Found:
        """A feasible point: the start where it is one; else, of continuous cells, the nearest."""
        if self.discrete:
            return self._solved(instance)
        if not any(miss.any() for miss in instance.misses(self.start)):
            return _Found(Outcome.OPTIMAL, self.start)
        n, unit = instance.size, sparse.eye_array(instance.size, format="csr")
        weight = 1 / np.maximum(1.0, np.abs(self.start))
        none = sparse.csr_array((instance.count, 2 * n))
        moves = instance.with_columns(none, np.tile(weight, 2), np.zeros(2 * n), np.full(2 * n, np.inf))
        moves = moves.with_rows(sparse.csr_array(sparse.hstack([unit, -unit, unit])), self.start, self.start)
        return replace(self._solved(moves), corner=None, duals=None)

    def _solved(self, instance: Instance) -> _Found:
        """The instance with its groups, scaled, solved, and in its own units again."""
        if self.discrete:
            groups = self.program.conditions.different
            small, scale = scaled(with_choices(instance, groups)[0])
            start = chosen(self.start, instance.size, groups) / scale.columns
            mixed = solve_mixed(small, start, self.watch, self.effort, lambda found: self._keep(found * scale.columns))
            x = None if mixed.x is None else mixed.x * scale.columns
            return _Found(mixed.outcome, x, mixed.status, mixed.gap)
        small, scale = scaled(instance)
        answer = solve_continuous(small, self.watch, self.watch.limits.steps)
        if answer.outcome is Outcome.LIMIT:
            raise OutOfTime(Status.STEP_LIMIT if self.watch.left > 0 else Status.TIME_LIMIT)
        if answer.x is None:
            return _Found(answer.outcome)
        exact = corner(small, answer)
        x, duals, reduced = (
            (answer.x, answer.rows, answer.cells) if exact is None else (exact.x, exact.duals, exact.reduced)
        )
        self._keep(x * scale.columns)
        return _Found(
            Outcome.OPTIMAL, x * scale.columns, duals=duals, reduced=reduced, corner=exact, instance=small, scale=scale
        )

    def _keep(self, x: Floats) -> None:
        cells = self.cells(x)
        self.watch.keep(cells, self.program.value(cells))

    def _loosened(self, instance: Instance, solve: Callable[[Instance], _Found]) -> tuple[_Found, str]:
        """The instance solved; where it has no answer, with the rows that stand in the way moved, if within the
        precision that is enough (equalities that say the same in rounded numbers, say)."""
        found = solve(instance)
        if found.outcome is not Outcome.INFEASIBLE:
            return found, ""
        small, scale = scaled(instance.relaxed())
        missed = least_missed(small, self.watch)
        if missed is None:
            return found, ""
        miss = missed[1] / scale.rows
        conditions = self.program.conditions
        x = missed[0] * scale.columns
        limit = np.where(instance.matrix @ x < instance.low, conditions.row_lower, conditions.row_upper)
        size = np.where(np.isfinite(limit), np.maximum(1.0, np.abs(limit)), 1.0)
        if not miss.any() or (miss > conditions.precision * size).any():
            return found, ""
        room = miss * (1 + 1e-6)
        return solve(replace(instance, low=instance.low - room, high=instance.high + room)), LOOSENED

    def _prices(self, found: _Found) -> tuple[Multipliers | None, Ranges | None, list[str]]:
        """Multipliers, ranges and what there is to say of them, in units of the objective cell."""
        if found.duals is None or found.reduced is None or found.scale is None or found.instance is None:
            return None, None, []
        scale, exact = found.scale, found.corner
        per_row, per_cell = self.sign * scale.rows / scale.cost, self.sign / (scale.cost * scale.columns)
        multipliers = Multipliers(found.duals * per_row + 0.0, found.reduced * per_cell + 0.0)
        instance, sign, coefficients = found.instance, self.sign, self.program.coefficients
        if exact is None or not has_ranges(instance, exact):
            return multipliers, None, []

        def allowances() -> Ranges:
            cost_up, cost_down, limit_up, limit_down = ranges(instance, exact)
            cost_up, cost_down = cost_up * np.abs(per_cell), cost_down * np.abs(per_cell)
            if sign < 0:
                cost_up, cost_down = cost_down, cost_up
            return Ranges(coefficients, cost_up, cost_down, limit_up / scale.rows, limit_down / scale.rows)

        notes = [note for note, holds in ((OTHERS, exact.others), (DEGENERATE, exact.degenerate)) if holds]
        return multipliers, LateRanges(allowances), notes

    def _without(self, instance: Instance, found: _Found) -> Ending:
        """Why there is no answer."""
        watch = self.watch
        if found.outcome is Outcome.UNBOUNDED:
            some = self._solved(instance.with_cost(np.zeros(instance.size)))
            places = growing(instance, watch)
            if some.x is not None and places:
                return _ending(watch, self.start, Status.UNBOUNDED, detail=NOTHING_HOLDS, places=places)
            found = some
        if found.outcome is not Outcome.INFEASIBLE:
            return _ending(watch, self.start, Status.INFEASIBLE, detail=LOST)
        wide, group_rows = with_choices(instance, self.program.conditions.different, tight=False)
        small, _ = scaled(wide)
        detail = ""
        try:
            detail = NOT_WHOLE if self.discrete and solve_continuous(small.relaxed(), watch).optimal else ""
            clash = conflict(small, watch, instance.size, group_rows)
        except OutOfTime:
            clash = None
        return _ending(watch, self.start, Status.INFEASIBLE, conflict=clash, detail=detail)


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _ending(watch: Watch, x: Floats, status: Status, **more: Any) -> Ending:
    return Ending(x=x, status=status, iterations=watch.steps, history=watch.history, **more)
