"""Which of two points is better, the best one so far, and when to stop: what every discrete search shares.

Points here are numpy arrays X (K, n), made whole and within their bounds by whoever proposes them; the judge looks at
the objective and at the rows. Feasible before infeasible, then the better merit; of two infeasible ones the lesser
miss (Deb 2000, Computer Methods in Applied Mechanics and Engineering 186, section 2).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from cellgrad.optimize.conditions import Conditions, Floats
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Callback, Progress, Status

Ints = NDArray[np.int64]

TOGETHER = 2048
"""Points evaluated in one run of the compiled program: what lies between the cells may be far larger than they."""
ELEMENTS = 2**22
"""Points x (cells, rows or residuals) in one run: 32 MiB."""
PATIENCE, BUDGET = 6.0, 15.0
"""Where nobody set a limit: seconds without improvement, and seconds in all, after which a search ends. The
processor's seconds, so that a busy day changes no answer."""
SOLVERS = 30.0
"""The patience where there is a limit on time, as Solver has it (``solver_mni``)."""
SEEKING = 2
"""How many times longer a search goes on that has no feasible point yet."""
ENDLESS, FALLEN = 2.0**52, 1e12
"""Where whole numbers end: neighbours can hardly be told apart any more; and how far below zero a merit must be there
for it to have no end."""
REACHED = 1e-9
"""A goal value is reached within this, relative to it, or absolute below 1."""


class Halt(Exception):  # noqa: N818 - no error: how searches end
    """The search ends here: a limit, the user, or a goal value that was reached."""

    def __init__(self, status: Status) -> None:
        self.status = status
        super().__init__(status.word)


class Judge:
    """Evaluates points, keeps the best of those offered, and tells the user and the clock of every step.

    strict: how far a row may be missed by points that come from direct search, which would otherwise spend all of the
    precision on a better merit; points found by an engine for constraints (`trusted`) have the precision itself.
    loose: groups of changing cells that must be a permutation, but that no search keeps one by construction: what
    they miss counts as a row's miss does. patience: seconds without improvement after which a search that proves
    nothing is `weary`; None is SOLVERS, or, where `limits` has no end, PATIENCE, and BUDGET for the whole run.
    conditions: the problem's, with bounds made tight.
    """

    def __init__(
        self,
        problem: Problem,
        limits: Limits,
        callback: Callback | None = None,
        patience: float | None = None,
        loose: Sequence[Ints] = (),
        conditions: Conditions | None = None,
    ) -> None:
        self.strict = problem.conditions.precision
        self.problem, self.limits, self.callback, self.loose = problem, limits, callback, loose
        unasked = patience is None and not math.isfinite(limits.seconds)
        self.budget = BUDGET if unasked else math.inf
        self.clock = time.process_time if unasked else time.perf_counter
        self.began = self.clock()
        self.patience = PATIENCE if unasked else SOLVERS if patience is None else patience
        self.conditions = conditions or problem.conditions
        self.x: Floats | None = None
        """The best point offered so far (n,)."""
        self.merit = math.inf
        self.miss = math.inf
        self.improvements = 0
        """How often a new best feasible point was found."""
        self.steps = 0
        self.points = 0
        """How many points were measured."""
        self.history: list[tuple[int, float, float]] = []
        self.improved_at = self.clock()
        widest = max(1, problem.size, self.conditions.count, problem.objective.residual_count)
        self._together = max(1, min(TOGETHER, ELEMENTS // widest))

    @property
    def rows(self) -> bool:
        """Whether there is anything to miss."""
        return bool(self.conditions.count or self.loose)

    @property
    def feasible(self) -> bool:
        """Whether the best point satisfies all rows to the precision."""
        return self.miss <= self.conditions.precision

    def measure(self, X: Floats, trusted: bool = False) -> tuple[Floats, Floats]:
        """Merits and misses (K,) of points (K, n). Both are infinite at a cell error.

        A row's miss is relative to max(1, |limit|). That of a point is 0 where all rows hold strictly, the largest
        where they hold to the precision (so it is no larger than that), and the sum elsewhere.
        """
        self.points += len(X)
        strict = self.conditions.precision if trusted else self.strict
        parts = [self._measure(X[first : first + self._together], strict) for first in range(0, len(X), self._together)]
        if not parts:
            return np.empty(0), np.empty(0)
        return np.concatenate([merit for merit, _ in parts]), np.concatenate([miss for _, miss in parts])

    def offer(self, X: Floats, trusted: bool = False) -> tuple[Floats, Floats]:
        """`measure`, and the best of X is kept where it is better than what was."""
        merit, miss = self.measure(X, trusted)
        if len(X):
            best = best_of(merit, miss)
            self._keep(X[best], float(merit[best]), float(miss[best]))
        return merit, miss

    def better(self, merit: float, miss: float) -> bool:
        """Whether a point with these would be a new best one."""
        return (miss, merit) < (self.miss, self.merit)

    @property
    def weary(self) -> bool:
        """Whether a search that proves nothing has gone long enough without improvement: longer before any feasible
        point than after."""
        patience = self.patience if self.feasible else SEEKING * self.patience
        return self.spent or self.clock() - self.improved_at >= patience

    @property
    def spent(self) -> bool:
        """Whether a run that nobody limited has taken as long as one waits for it."""
        return self.clock() - self.began >= (self.budget if self.feasible else SEEKING * self.budget)

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self.limits.elapsed

    def prefer(self, x: Floats) -> None:
        """x (n,) becomes the best point where it is no worse."""
        merit, miss = self.measure(x[None])
        if (miss[0], merit[0]) <= (self.miss, self.merit):
            self.x = x + 0.0

    def tick(self, rate: float = 0.0, running: int = 1) -> None:
        """One step is done: history, the callback, the limits. Raises Halt."""
        self.steps += 1
        now = time.perf_counter()
        elapsed = now - self.limits.began
        shown = self.problem.shown(self.merit) if math.isfinite(self.merit) else math.nan
        self.history.append((self.steps, shown, rate))
        if self.callback is not None:
            left = self.limits.seconds - elapsed
            progress = Progress(
                self.steps, shown, rate, running, elapsed, max(0.0, left) if math.isfinite(left) else None, self._point
            )
            if self.callback(progress) is True:
                raise Halt(Status.STOPPED)
        if self.reached:
            raise Halt(Status.TARGET_REACHED)
        if self.ran_away:
            raise Halt(Status.UNBOUNDED)
        if elapsed >= self.limits.seconds:
            raise Halt(Status.TIME_LIMIT)
        if self.steps >= self.limits.steps:
            raise Halt(Status.STEP_LIMIT)

    @property
    def reached(self) -> bool:
        """Whether the goal was a value and the best point has it."""
        goal = self.problem.goal
        return goal.kind == "value" and self.feasible and self.merit <= (REACHED * max(1.0, abs(goal.target))) ** 2

    @property
    def ran_away(self) -> bool:
        """Whether the best point has a whole cell without a bound where whole numbers end, and is better for it."""
        if self.x is None or not self.feasible or self.merit > -FALLEN:
            return False
        endless = self.conditions.whole & ~np.isfinite(self.conditions.upper - self.conditions.lower)
        return bool((np.abs(self.x[endless]) >= ENDLESS).any())

    def _point(self) -> Floats:
        return np.full(self.problem.size, math.nan) if self.x is None else self.x.copy()

    def _keep(self, x: Floats, merit: float, miss: float) -> None:
        if self.x is not None and not self.better(merit, miss):
            return
        self.x, self.merit, self.miss = x + 0.0, merit, miss  # no cell ends at -0
        self.improved_at = self.clock()
        self.improvements += self.feasible

    def values(self, X: Floats) -> tuple[Floats, Floats]:
        """Merits (K,) and the rows' values (K, c) at points X (K, n), not finite at a cell error."""
        self.points += len(X)
        parts = [self._values(X[first : first + self._together]) for first in range(0, len(X), self._together)]
        return np.concatenate([merit for merit, _ in parts]), np.concatenate([rows for _, rows in parts])

    def _values(self, X: Floats) -> tuple[Floats, Floats]:
        problem = self.problem
        points = torch.as_tensor(X).to(device=problem.device, dtype=problem.dtype)
        if problem.system is None:
            return problem.value(points).double().cpu().numpy(), np.empty((len(X), 0))
        cell, rows = (part.double().cpu().numpy() for part in problem.system.values(points))
        problem.evaluations += len(X)
        return self._merit(cell), rows

    def _measure(self, X: Floats, strict: float) -> tuple[Floats, Floats]:
        merit, rows = self._values(X)
        miss = self._miss(rows, strict) if self.problem.system is not None else np.zeros(len(X))
        for group in self.loose:
            miss = miss + np.abs(np.sort(X[:, group], axis=1) - np.arange(1, len(group) + 1)).sum(1)
        bad = ~np.isfinite(merit) | ~np.isfinite(miss)
        return np.where(bad, np.inf, merit), np.where(bad, np.inf, miss)

    def _merit(self, cell: Floats) -> Floats:
        """As `Problem.value` has it, from the objective cell's values (K,)."""
        problem = self.problem
        if problem.goal.kind == "value":
            return (cell - problem.goal.target) ** 2
        if problem.rooted:
            return cell**2
        return -cell if problem.goal.kind == "max" else cell

    def _miss(self, rows: Floats, strict: float) -> Floats:
        conditions = self.conditions
        limit = np.where(rows < conditions.row_lower, conditions.row_lower, conditions.row_upper)
        size = np.where(np.isfinite(limit), np.maximum(1.0, np.abs(limit)), 1.0)
        misses = conditions.misses(rows) / size
        worst = misses.max(1, initial=0.0)
        miss = np.where(worst <= strict, 0.0, np.where(worst <= conditions.precision, worst, misses.sum(1)))
        return np.where(np.isfinite(rows).all(1), miss, np.inf)


def best_of(merit: Floats, miss: Floats) -> int:
    """The place of the best of K points, the first of equals."""
    return int(ranked(merit, miss)[0])


def ranked(merit: Floats, miss: Floats) -> Ints:
    """The places of K points, best first."""
    return np.lexsort((merit, miss))
