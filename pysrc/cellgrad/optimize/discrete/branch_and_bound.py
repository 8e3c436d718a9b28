"""Branch and bound on the continuous problem: best bound first, with dives (Land and Doig 1960; Dakin 1965; for models
that are not linear, Gupta and Ravindran 1985).

Where the continuous problem is convex its optimum bounds what the branch can hold, and the search proves what it finds.
Elsewhere the optimum found is only a local one: branches are cut off with a margin, and nothing is proven.
"""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass, field

import numpy as np
import torch

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.discrete.active_set import Active
from cellgrad.optimize.discrete.fixing import Fixing
from cellgrad.optimize.discrete.judge import Halt, Ints, Judge
from cellgrad.optimize.discrete.polish import whole_descent
from cellgrad.optimize.solution import Conflict, Status
from cellgrad.optimize.starts import make_starts

INTEGRAL = 1e-6
"""A continuous solution is taken for whole where it is no further off, relative to max(1, |x|)."""
EXACT = 1e-9
"""Branches that could gain less, relative to max(1, |best|), are cut off."""
MARGIN = 0.02
"""Where bounds prove nothing a branch must look worse by this part of the best before it is cut off."""
ROOT_STARTS = 6
"""Starts of the first continuous problem, where it is not known to be convex."""
MOST_SUBPROBLEMS, MOST_QUADRATIC = 20_000, 2_000_000
"""Subproblems at most; and of quadratic programmes, which take a millisecond each."""
UNPROVEN_SUBPROBLEMS, PER_CELL, MOST_UNPROVEN = 30, 5, 200
"""Subproblems without a better point after which a search that proves nothing ends: so many, and so many more for each
whole cell, but no more than that."""
ROUNDED = 8
"""Of quadratic programmes every so many are rounded: rounding takes longer than they do."""
SINGLY, TOLD = 2_000, 25
"""After so many quadratic programmes, each a step of the search, so many together are one."""
CORNERS = 8
"""Of so many cells at most, the most fractional ones, every way of rounding is tried at the root."""


@dataclass(frozen=True)
class Node:
    """A branch: its bounds, the solution of its continuous problem and the best merit that it may hold."""

    lower: Floats = field(repr=False)
    upper: Floats = field(repr=False)
    x: Floats = field(repr=False)
    bound: float
    depth: int
    active: Active | None = field(default=None, repr=False)
    """The limits that bind, where it is a quadratic programme: its children start from them."""


@dataclass
class PseudoCosts:
    """What a unit of rounding a cell down (row 0) or up (row 1) has cost so far: sums and counts (2, n)."""

    sums: Floats
    counts: Floats

    @staticmethod
    def none(size: int) -> PseudoCosts:
        return PseudoCosts(np.zeros((2, size)), np.zeros((2, size)))

    def learn(self, way: int, place: int, distance: float, cost: float) -> None:
        """A branch `way` moved a cell by a distance, and its bound rose by `cost`."""
        if math.isfinite(cost) and distance > 0:
            self.sums[way, place] += max(cost, 0.0) / distance
            self.counts[way, place] += 1

    def choose(self, x: Floats, fractional: Ints) -> int:
        """The cell to branch on: the largest product of what both ways are expected to cost (Linderoth and Savelsbergh
        1999); a cell without experience counts as the average."""
        known = self.counts > 0
        average = np.where(
            known.any(1), self.sums.sum(1) / np.maximum(1, self.counts.sum(1)), 1.0
        )  # of each way, over all cells
        cost = np.where(known, self.sums / np.maximum(1, self.counts), average[:, None])
        part = x[fractional] - np.floor(x[fractional])
        down, up = cost[0, fractional] * part, cost[1, fractional] * (1 - part)
        tiny = 1e-9 * max(1.0, float(cost.max()))
        score = np.maximum(down, tiny) * np.maximum(up, tiny)
        # equal scores: the most fractional one
        return int(fractional[np.lexsort((np.abs(part - 0.5), -score))[0]])


class BranchAndBound:
    """One search. After `run`: bound, the best merit that any whole point can have (as far as `proving`), `conflict`
    where the continuous problem has no solution, `status` of how it ended."""

    def __init__(
        self,
        judge: Judge,
        fixing: Fixing,
        proving: bool,
        *,
        seed: int = 0,
        tolerance: float = 0.0,
        max_subproblems: int | None = None,
        max_feasible: int | None = None,
    ) -> None:
        self.judge, self.fixing, self.proving, self.seed, self.tolerance = judge, fixing, proving, seed, tolerance
        self.max_subproblems = max_subproblems
        self.max_feasible = max_feasible
        self.whole = np.flatnonzero(judge.conditions.whole)
        self.costs = PseudoCosts.none(judge.problem.size)
        self.subproblems = 0
        self.open: list[tuple[float, int, Node]] = []
        self.bound = -math.inf
        self.conflict: Conflict | None = None
        self.root_status: Status | None = None
        self.impossible = False
        """Whether the linear rows alone have no solution."""
        self._order = itertools.count()
        self._gained_at = 0
        self._found_before = self._improved = judge.improvements
        self._random = np.random.default_rng(seed)

    @property
    def gap(self) -> float:
        """How much better than the best point another may be, relative to max(1, |best|)."""
        if not self.judge.feasible:
            return math.inf
        return max(0.0, self.judge.merit - self.bound) / max(1.0, abs(self.judge.merit))

    def run(self, x0: Floats) -> bool:
        """Search from x0 (n,); whether all branches were looked at or cut off by their bounds. Raises Halt."""
        root = self._root(x0)
        if root is None:
            return True
        self._round(root, thoroughly=True)
        if not self.fixing.free.any() and self.judge.x is not None:
            whole_descent(self.judge, self.judge.x, self.whole, self.fixing.lower, self.fixing.upper)
        self._push(root)
        while self.open:
            node = heapq.heappop(self.open)[2]
            if node.bound >= self._cutoff():
                self._note_bound(node.bound)
                return True
            at_work: Node | None = node
            while at_work is not None and at_work.bound < self._cutoff():
                if self._worn_out():
                    self._push(at_work)
                    self._note_bound(math.inf)
                    return False
                at_work = self._branch(at_work)
            self._note_bound(math.inf)
        self.bound = self.judge.merit
        return True

    def _note_bound(self, other: float) -> None:
        """The best that is still open, beside `other`."""
        self.bound = min([self.judge.merit, other, *(entry[0] for entry in self.open[:1])])

    def _worn_out(self) -> bool:
        """Whether a search that proves nothing has gone on long enough without a better point, or any search longer
        than somebody who set no limit would wait."""
        if self.judge.improvements > self._found_before:
            self._found_before, self._gained_at = self.judge.improvements, self.subproblems
        enough = min(MOST_UNPROVEN, UNPROVEN_SUBPROBLEMS + PER_CELL * len(self.whole))
        if self.judge.spent:
            return True
        return not self.proving and (self.subproblems - self._gained_at >= enough or self.judge.weary)

    def _cutoff(self) -> float:
        """Branches with a bound from here on are not looked at."""
        if not self.judge.feasible:
            return math.inf
        size = abs(self.judge.merit)
        if not self.proving:
            return self.judge.merit + MARGIN * size
        return self.judge.merit - max(EXACT * max(1.0, size), self.tolerance * size)

    def _root(self, x0: Floats) -> Node | None:
        lower, upper = self.fixing.lower, self.fixing.upper
        program = self.fixing.program
        answer = None if program is None else program.solve(lower, upper)
        if answer is not None and answer.x is not None:
            self.root_status = Status.OPTIMAL
            return Node(lower, upper, answer.x, answer.bound, 0, answer.active)
        starts = x0[None]
        if not self.proving:
            starts = make_starts(torch.as_tensor(x0), ROOT_STARTS, self.seed, "near", lower, upper).numpy()
        linear = self.fixing.linear
        self.impossible = linear is not None and linear.rule_out(lower, upper)
        ending = self.fixing.solve(lower, upper, starts, careful=True)
        self.root_status = ending.status
        x, merit, miss = self._at(ending.x, lower, upper)
        if miss > 0 or ending.status is Status.UNBOUNDED:
            self.conflict = ending.conflict
            return None
        # a run that did not come to its end bounds nothing
        return Node(lower, upper, x, merit if ending.status.found else -math.inf, 0)

    def _at(self, x: Floats, lower: Floats, upper: Floats) -> tuple[Floats, float, float]:
        x = np.clip(x, lower, upper)
        merit, miss = self.judge.measure(x[None], trusted=True)
        return x, float(merit[0]), float(miss[0])

    def _push(self, node: Node) -> None:
        heapq.heappush(self.open, (node.bound, next(self._order), node))

    def _branch(self, node: Node) -> Node | None:
        """Look at a branch: offer it where it is whole; else split it, keep the worse half open, hand back the
        better."""
        place = self._split_at(node)
        if place is None:
            return None
        value = node.x[place]
        floor = min(max(math.floor(value), node.lower[place]), node.upper[place] - 1)
        children = []
        for way in (0, 1):
            lower, upper = node.lower.copy(), node.upper.copy()
            if way == 0:
                upper[place] = floor
            else:
                lower[place] = floor + 1
            child = self._solve(node, lower, upper)
            if child is not None:
                distance = value - floor if way == 0 else floor + 1 - value
                self.costs.learn(way, place, distance, child.bound - node.bound)
                children.append(child)
        children.sort(key=lambda child: child.bound)
        for child in children[1:]:
            self._push(child)
        return children[0] if children else None

    def _split_at(self, node: Node) -> int | None:
        """The cell to branch on, or None where nothing is left to gain below this node."""
        values = node.x[self.whole]
        off = np.abs(values - np.round(values))
        fractional = self.whole[off > INTEGRAL * np.maximum(1.0, np.abs(values))]
        if len(fractional):
            if self.fixing.program is None or self.subproblems % ROUNDED < 2 or not self.judge.feasible:
                self._round(node, thoroughly=False)
            return self.costs.choose(node.x, fractional)
        x = node.x.copy()
        x[self.whole] = np.round(values)
        self.fixing.complete(x[None])
        _, miss = self.judge.measure(x[None], trusted=True)
        if miss[0] == 0 or (self.fixing.free.any() and self.judge.feasible):
            return None
        # rounding the last millionth breaks a row: split on, as long as anything is off and not yet fixed
        loose = self.whole[(off > 1e-12) & (node.lower < node.upper)[self.whole]]
        return int(loose[np.argmax(np.abs(node.x - np.round(node.x))[loose])]) if len(loose) else None

    def _solve(self, parent: Node, lower: Floats, upper: Floats) -> Node | None:
        """The child of a node with these bounds, None where it holds no feasible point."""
        program = self.fixing.program
        most = MOST_SUBPROBLEMS if program is None else MOST_QUADRATIC
        if self.subproblems >= (self.max_subproblems or most):
            self._push(parent)
            self._note_bound(math.inf)
            raise Halt(Status.SUBPROBLEM_LIMIT)
        if self.max_feasible is not None and self.judge.improvements >= self.max_feasible:
            self._push(parent)
            self._note_bound(math.inf)
            raise Halt(Status.CONVERGED)
        self.subproblems += 1
        answer = None if program is None else program.solve(lower, upper, parent.active)
        if answer is not None:
            if self.subproblems <= SINGLY or self.subproblems % TOLD == 0:
                self.judge.tick(self.gap if self.judge.feasible else 0.0, len(self.open) + 1)
            if answer.x is None:
                return None
            return Node(lower, upper, answer.x, max(answer.bound, parent.bound), parent.depth + 1, answer.active)
        starts = parent.x[None]
        if not self.proving and self.subproblems % 3 == 0:
            spread = make_starts(
                torch.as_tensor(np.clip(parent.x, lower, upper)), 2, self.seed + self.subproblems, "near", lower, upper
            )
            starts = np.concatenate([starts, spread.numpy()[1:]])
        ending = self.fixing.solve(lower, upper, starts)
        x, merit, miss = self._at(ending.x, lower, upper)
        self.judge.tick(self.gap if self.judge.feasible else 0.0, len(self.open) + 1)
        if miss > 0:
            return None
        if not ending.status.found:
            merit = min(merit, parent.bound)
        elif self.proving:
            merit = max(merit, parent.bound)
        return Node(lower, upper, x, merit, parent.depth + 1)

    def _round(self, node: Node, thoroughly: bool) -> None:
        """Offer whole points near the node's solution."""
        x = node.x
        low = np.floor(x[self.whole] + INTEGRAL)
        part = np.clip(x[self.whole] - low, 0.0, 1.0)
        ups = [part >= 0.5]
        if thoroughly:
            chosen = np.argsort(np.abs(part - 0.5), kind="stable")[:CORNERS]
            for corner in itertools.product((False, True), repeat=len(chosen)):
                up = part >= 0.5
                up[chosen] = corner
                ups.append(up)
            ups += [part > INTEGRAL, np.zeros(len(part), bool)]
        ups += list(self._random.uniform(size=(16, len(part))) < part)
        X = np.repeat(x[None], len(ups), axis=0)
        X[:, self.whole] = low + np.array(ups)
        X = np.unique(np.clip(X, self.fixing.lower, self.fixing.upper), axis=0)
        if thoroughly or node.depth % 4 == 0 or not self.judge.feasible:
            self.fixing.complete(X, 3 if thoroughly else 1)
        else:
            self.judge.offer(X)
        self._improve()

    def _improve(self) -> None:
        """A better whole point of a search that proves is improved by steps: the sooner a good one is known, the more
        branches are cut off."""
        judge = self.judge
        if not self.proving or self.fixing.free.any() or judge.improvements == self._improved or judge.x is None:
            return
        whole_descent(judge, judge.x, self.whole, self.fixing.lower, self.fixing.upper)
        self._improved = judge.improvements
