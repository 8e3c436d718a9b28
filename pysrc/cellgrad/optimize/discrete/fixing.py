"""Whole numbers chosen, the rest solved for: what turns a guess at the whole cells into a point of the problem."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from cellgrad.gradients.structure import Structure
from cellgrad.optimize.conditions import Conditions, Floats
from cellgrad.optimize.discrete.active_set import QuadraticProgram
from cellgrad.optimize.discrete.feasibility import linear_rows
from cellgrad.optimize.discrete.judge import Halt, Judge, ranked
from cellgrad.optimize.solution import Ending, Status

Relaxed = Callable[[Conditions, Tensor, bool], Ending]
"""Solves the continuous problem under given conditions (bounds that may coincide, the same rows) from starts (K, n);
briefly, as one of many, or with all care."""

STRICT = 1e-11
"""How far direct search may miss a row where cells are free to move; see `Judge`."""
COMPLETED = 3
"""Of many choices of whole numbers at once, so many are solved for the rest."""


class Fixing:
    """Solves the continuous cells of the problem while the others are held.

    held (n,): cells that are whole or in a group. lower, upper: bounds of all cells. structure: as far as it is known,
    so that linear rows can rule a choice out.
    """

    def __init__(
        self, judge: Judge, relaxed: Relaxed, lower: Floats, upper: Floats, structure: Structure | None = None
    ) -> None:
        self.linear = linear_rows(judge.problem, judge.conditions, structure)
        self.judge, self.relaxed, self.lower, self.upper = judge, relaxed, lower, upper
        conditions = judge.conditions
        self.base = conditions.relaxed()
        self.held = conditions.whole.copy()
        for group in conditions.different:
            self.held[group] = True
        self.free = ~self.held & (lower < upper)
        if self.free.any():
            judge.strict = min(STRICT, judge.strict)
        self.program: QuadraticProgram | None = None
        """The continuous problem, where it is a convex quadratic programme."""
        self.proving = False
        """Whether what this finds is to bound what branches hold: then no branch is given up after a brief look."""
        self._tried: set[bytes] = set()

    def solve(self, lower: Floats, upper: Floats, starts: Floats, careful: bool = False) -> Ending:
        """The continuous problem between these bounds from starts (K, n). Raises Halt where the user stopped it.

        careful: where a brief look finds no solution, take the time to look for one, and to find out which constraints
        are in conflict."""
        if (lower == upper).all():
            return Ending(lower.copy(), Status.OPTIMAL, 0)
        if self.program is not None:
            answer = self.program.solve(lower, upper)
            if answer is not None and answer.x is not None:
                return Ending(answer.x, Status.OPTIMAL, 0)
            if answer is not None and not careful:
                return Ending(np.clip(starts[0], lower, upper), Status.INFEASIBLE, 0)
        if not careful and self.linear is not None and self.linear.rule_out(lower, upper):
            return Ending(np.clip(starts[0], lower, upper), Status.INFEASIBLE, 0)
        ending = self._relaxed(lower, upper, starts, brief=True)
        if (careful or self.proving) and not ending.status.found:
            ending = self._relaxed(lower, upper, starts[:1], brief=False)
        return ending

    def _relaxed(self, lower: Floats, upper: Floats, starts: Floats, brief: bool) -> Ending:
        problem = self.judge.problem
        points = torch.as_tensor(np.clip(starts, lower, upper)).to(device=problem.device, dtype=problem.dtype)
        ending = self.relaxed(self.base.with_bounds(lower, upper), points, brief)
        if ending.status is Status.STOPPED:
            raise Halt(Status.STOPPED)
        return ending

    def complete(self, X: Floats, most: int = COMPLETED) -> None:
        """Offer the points X (K, n), and then the best few of them with their free cells solved for; no choice of held
        cells twice."""
        merit, miss = self.judge.offer(X)
        if not self.free.any():
            return
        done = 0
        for place in ranked(merit, miss):
            key = X[place, self.held].tobytes()
            if key in self._tried:
                continue
            self._tried.add(key)
            self.refine(X[place])
            done += 1
            if done == most:
                return

    def refine(self, x: Floats) -> None:
        """Offer x (n,) with its free cells solved for, if there are any."""
        if not self.free.any():
            return
        lower, upper = np.where(self.held, x, self.lower), np.where(self.held, x, self.upper)
        ending = self.solve(lower, upper, x[None])
        self.judge.offer(np.clip(ending.x, lower, upper)[None], trusted=True)
        self.judge.tick()

    def perfect(self, x: Floats) -> None:
        """Offer x (n,) with its free cells solved for with all care: the last thing to do to an answer."""
        if not self.free.any() or self.program is not None:
            return
        lower, upper = np.where(self.held, x, self.lower), np.where(self.held, x, self.upper)
        ending = self._relaxed(lower, upper, x[None], brief=False)
        self.judge.offer(np.clip(ending.x, lower, upper)[None], trusted=True)
