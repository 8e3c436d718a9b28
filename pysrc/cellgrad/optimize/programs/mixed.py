"""Whole numbers to the last digit: HiGHS finds them, rounding and a linear programme make them exact.

HiGHS takes 1e-6 from a whole number for whole, so a switch of 1e-7 may let a large flow through. Its numbers are
therefore rounded and the rest solved again; where that costs anything, a branch and bound of our own goes on, whose
tolerances are those of its linear programmes. HiGHS cannot be asked for its best point while it runs: it runs in
slices of growing length, each from the beginning, so that at most a third of the time is lost and there is always
something to keep.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cellgrad.optimize.programs.corner import corner
from cellgrad.optimize.programs.highs import Answer, Outcome, solve_continuous, solve_whole
from cellgrad.optimize.programs.instance import Instance, scaled
from cellgrad.optimize.programs.watch import OutOfTime, Watch
from cellgrad.optimize.solution import Status

Floats = NDArray[np.float64]

FIRST_SLICE_SECONDS = 8.0
SLICE_GROWTH = 4.0

SHARE_OF_TIME = 0.9
"""HiGHS gets this part of the time that is left: it looks at the clock between its phases only."""

SETTLING_SECONDS = 2.0
"""How long beyond the time limit the last whole numbers found may take to be made exact."""

SAME = 1e-9
"""Costs that differ by less, relative above 1, are equal: below the accuracy that is promised."""

NEARLY_WHOLE = 1e-6
"""Closer than this to whole numbers, they are tried."""

COST_UNITS = 2.0**13
"""Costs are brought to this size for HiGHS, whose gap of 1e-6 between bound and answer is absolute."""


@dataclass(frozen=True)
class Effort:
    """When to be content. gap: relative, 0 to prove the optimum. patience: seconds of the run before the gap counts.
    nodes, feasible: the most subproblems looked at and feasible points met, None for no limit."""

    gap: float = 0.0
    patience: float = 0.0
    nodes: int | None = None
    feasible: int | None = None

    def gap_after(self, elapsed: float) -> float:
        """The gap that counts after so many seconds."""
        return self.gap if elapsed >= self.patience else 0.0


@dataclass(frozen=True)
class Mixed:
    """How it ended. x (n,): exact, None without one. cost: there. bound: no point's cost is lower. status: of a run
    that has a point."""

    outcome: Outcome
    x: Floats | None = None
    cost: float = math.inf
    bound: float = -math.inf
    status: Status = Status.OPTIMAL

    @property
    def gap(self) -> float:
        """How much better a point might yet be, relative."""
        return max(0.0, self.cost - self.bound) / max(abs(self.cost), 1e-12) if self.x is not None else math.inf


class Best:
    """The best exact point so far, handed on to the watch as it improves."""

    def __init__(self, instance: Instance, watch: Watch, keep: Callable[[Floats], None]) -> None:
        self.instance = instance
        self.watch = watch
        self.keep = keep
        self.x: Floats | None = None
        self.cost = math.inf
        self.bound = -math.inf
        self.count = 0

    def settle(self, x: Floats) -> float:
        """The cost of the best point with the whole numbers nearest to x, infinite where there is none; kept if it is
        the best so far."""
        rest = self.instance.without_whole(x)
        if rest is None:
            return math.inf
        small, scale = scaled(rest)
        self.watch.overtime = SETTLING_SECONDS
        try:
            answer = solve_continuous(small, self.watch)
        finally:
            self.watch.overtime = 0.0
        if not answer.optimal or answer.x is None:
            return math.inf
        found = corner(small, answer)
        exact = np.round(x)
        exact[~self.instance.whole] = (answer.x if found is None else found.x) * scale.columns
        cost = self.instance.value(exact)
        if cost < self.cost - 1e-15 * abs(cost):
            self.x, self.cost = exact, cost
            self.count += 1
            self.keep(exact)
        return cost

    def proven(self, gap: float = 0.0) -> bool:
        """Whether nothing better by more than the gap can exist."""
        slack = max(SAME * max(1.0, abs(self.cost)), gap * abs(self.cost))
        return self.x is not None and self.cost - self.bound <= slack

    def ended(self, status: Status) -> Mixed:
        return Mixed(Outcome.OPTIMAL, self.x, self.cost, self.bound, status)


def solve_mixed(
    instance: Instance, start: Floats, watch: Watch, effort: Effort, keep: Callable[[Floats], None]
) -> Mixed:
    """The best whole numbers of a scaled instance, no worse than those of the start (n,) where these are feasible.

    keep: told of every better exact point. Where the limits end the run or the user does, what was found stands; raises
    OutOfTime (or KeyboardInterrupt) where there is nothing yet.
    """
    relaxed = solve_continuous(instance.relaxed(), watch)
    if relaxed.outcome is Outcome.UNBOUNDED:
        some = solve_whole(instance.with_cost(np.zeros(instance.size)), watch, watch.left)
        return Mixed(Outcome.UNBOUNDED if some.optimal else some.outcome)
    if not relaxed.optimal or relaxed.x is None:
        return Mixed(relaxed.outcome)
    most = max(abs(relaxed.bound), float(np.abs(instance.cost).max(initial=0.0)))
    factor = 2.0 ** round(math.log2(COST_UNITS / most)) if most > 0 else 1.0
    instance = instance.with_cost(instance.cost * factor)
    best = Best(instance, watch, keep)
    best.bound = relaxed.bound * factor
    try:
        return _searched(instance, start, watch, effort, best, relaxed)
    except OutOfTime as over:
        if best.x is None:
            raise
        return best.ended(over.status)
    except KeyboardInterrupt:
        if best.x is None:
            raise
        return best.ended(Status.STOPPED)


def _searched(instance: Instance, start: Floats, watch: Watch, effort: Effort, best: Best, relaxed: Answer) -> Mixed:
    assert relaxed.x is not None
    if np.abs(relaxed.x - np.round(relaxed.x))[instance.whole].max(initial=0.0) <= NEARLY_WHOLE:
        best.settle(relaxed.x)
    if best.proven():
        return _contented(best)
    if effort.feasible is not None:  # which HiGHS does not count
        return _branched(instance, watch, effort, best)
    best.settle(start)
    if best.x is None:  # something to keep from the beginning
        any(best.settle(rounded(relaxed.x)) < math.inf for rounded in (np.round, np.floor, np.ceil))
    seconds = FIRST_SLICE_SECONDS
    while not best.proven(gap := effort.gap_after(watch.elapsed)):
        last = SHARE_OF_TIME * watch.left
        proving = effort.patience - watch.elapsed if gap < effort.gap else math.inf
        allowed = min(seconds, proving, last)
        answer = solve_whole(instance, watch, allowed, gap, effort.nodes)
        best.bound = max(best.bound, answer.bound)
        if answer.x is not None:
            best.settle(answer.x)
        if answer.outcome is Outcome.INFEASIBLE and best.x is None:
            return Mixed(Outcome.INFEASIBLE)
        if answer.outcome is not Outcome.LIMIT:
            break
        if effort.nodes is not None and answer.steps >= effort.nodes:
            return best.ended(Status.SUBPROBLEM_LIMIT)
        if allowed == last:
            raise OutOfTime(Status.TIME_LIMIT)
        seconds = max(seconds, SLICE_GROWTH * allowed)
    return _contented(best) if best.proven(gap) else _branched(instance, watch, effort, best)


def _contented(best: Best) -> Mixed:
    if not best.proven():
        return best.ended(Status.INTEGER_TOLERANCE)
    best.bound = best.cost
    return best.ended(Status.OPTIMAL)


def _branched(instance: Instance, watch: Watch, effort: Effort, best: Best) -> Mixed:
    """Branch and bound, the node with the best bound first (Land and Doig 1960), from what is known already."""
    order = itertools.count()
    nodes: list[tuple[float, int, int, Floats, Floats, Floats]] = []
    whole = np.flatnonzero(instance.whole)
    looked = 0

    def look(lower: Floats, upper: Floats, depth: int) -> None:
        nonlocal looked
        looked += 1
        answer = solve_continuous(replace(instance.relaxed(), lower=lower, upper=upper), watch)
        if answer.optimal and answer.x is not None and not answer.bound > best.cost:
            heapq.heappush(nodes, (answer.bound, -depth, next(order), lower, upper, answer.x))

    look(instance.lower, instance.upper, 0)
    while nodes:
        bound, depth, _, lower, upper, x = heapq.heappop(nodes)
        best.bound = max(best.bound, min(bound, best.cost))
        if best.proven(effort.gap_after(watch.elapsed)):
            return _contented(best)
        if effort.nodes is not None and looked >= effort.nodes:
            return best.ended(Status.SUBPROBLEM_LIMIT)
        part = np.abs(x - np.round(x))[whole]
        if depth == 0 or part.max(initial=0.0) <= NEARLY_WHOLE:
            cost = best.settle(x)
            if effort.feasible is not None and best.count >= effort.feasible:
                return best.ended(Status.SUBPROBLEM_LIMIT)
            if cost <= bound + SAME * max(1.0, abs(bound)):
                continue
        # what is whole already may yet be infeasible, or worse, once exactly so: any cell with room is divided then
        room = (lower < upper)[whole]
        if not room.any():
            continue
        place = np.where(room, part, -1.0).argmax()
        cell, down, up = whole[place], upper.copy(), lower.copy()
        near = np.round(x[cell])
        below = np.floor(x[cell]) if part[place] > 0 else near if near < upper[cell] else near - 1
        down[cell], up[cell] = below, below + 1
        look(lower, down, 1 - depth)
        look(up, upper, 1 - depth)
    if best.x is None:
        return Mixed(Outcome.INFEASIBLE)
    best.bound = best.cost
    return _contented(best)
