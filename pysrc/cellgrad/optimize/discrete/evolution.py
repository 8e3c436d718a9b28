"""Differential evolution over a box, batched: one run of the compiled program a generation.

JADE (Zhang and Sanderson 2009, IEEE Transactions on Evolutionary Computation 13, algorithm 1, without the archive):
current-to-pbest mutation, with the factor and the crossover rate learnt from what succeeded. Rows by Deb's rules, with
a tolerance that shrinks to nothing (Takahama and Sakai 2006). Whole cells evolve as numbers and are rounded to be
judged; permutations as random keys, whose order counts (Bean 1994).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.discrete.balancing import balance_of
from cellgrad.optimize.discrete.judge import Ints, Judge, ranked
from cellgrad.optimize.starts import make_starts

MOST_GENERATIONS = 3_000
LENIENT = 80
"""Generations in which rows may be missed a little, ever less."""
ELITE = 0.1
"""The part of the population that the others are drawn to."""
LEARNING = 0.1
"""How fast the factor and the crossover rate follow what succeeded."""
ALIKE = 1e-12
"""A population whose merits differ by less, relative, has converged."""
SAMPLES = 10
"""Points drawn for each member of the first population; the better ones join it."""


class Evolution:
    """One population between bounds lower, upper (n,), all finite.

    groups: disjoint permutations. population: members; None or fewer than 10 follow Solver's rule, ten a changing cell
    and at most 200. mutation: the part of the members in which one cell is drawn anew in a generation.
    """

    def __init__(
        self,
        judge: Judge,
        lower: Floats,
        upper: Floats,
        groups: Sequence[Ints] = (),
        *,
        seed: int = 0,
        population: int | None = None,
        mutation: float = 0.075,
    ) -> None:
        self.judge, self.lower, self.upper, self.groups, self.mutation = judge, lower, upper, groups, mutation
        self.whole = judge.conditions.whole
        grouped = np.isin(np.arange(len(lower)), np.concatenate([*groups, np.empty(0, np.int64)]))
        self.balance = balance_of(judge, lower, upper, np.flatnonzero(~self.whole & ~grouped & (lower < upper)))
        self.seed = seed
        self.random = np.random.default_rng(seed)
        size = len(lower)
        self.members = population if population is not None and population >= 10 else min(200, max(60, 10 * size))
        self.keys = np.empty((0, size))
        self.merit = self.miss = np.empty(0)

    def points(self, keys: Floats) -> Floats:
        """What members (K, n) stand for: whole cells rounded, groups put in order, linear equalities met."""
        X = np.where(self.whole, np.round(keys), keys)
        for group in self.groups:
            X[:, group] = keys[:, group].argsort(1, kind="stable").argsort(1, kind="stable") + 1
        X = np.clip(X, self.lower, self.upper)
        return X if self.balance is None else self.balance.met(X, self.lower, self.upper)

    def run(self, known: Floats) -> None:
        """Evolve from points `known` (k, n) and random ones until nothing better comes. Raises Halt."""
        judge, size = self.judge, len(self.lower)
        self._populate(known)
        factor, crossing = 0.5, 0.5
        start_miss = float(np.quantile(np.where(np.isfinite(self.miss), self.miss, 1e3), 0.2)) if judge.rows else 0.0
        patience = 60 + 4 * size
        best, since = (math.inf, math.inf), 0
        for generation in range(MOST_GENERATIONS):
            lenient = start_miss * (1 - generation / LENIENT) ** 4 if generation < LENIENT else 0.0
            factors = np.clip(factor + 0.1 * self.random.standard_cauchy(self.members), 0.05, 1.0)
            rates = np.clip(crossing + 0.1 * self.random.standard_normal(self.members), 0.05, 1.0)
            trial = self._trial(factors, rates, lenient)
            merit, miss = judge.offer(self.points(trial))
            won = _before(merit, miss, self.merit, self.miss, lenient)
            if won.any():
                factor += LEARNING * (float((factors[won] ** 2).sum() / factors[won].sum()) - factor)
                crossing += LEARNING * (float(rates[won].mean()) - crossing)
            level = won | ((merit == self.merit) & (miss == self.miss))  # drifting over a plateau is how one leaves it
            self.keys = np.where(level[:, None], trial, self.keys)
            self.merit, self.miss = np.where(level, merit, self.merit), np.where(level, miss, self.miss)
            judge.tick(factor, self.members)
            now = (judge.miss, judge.merit)
            gained = now[0] < best[0] or now[1] < best[1] - 1e-10 * abs(best[1]) if math.isfinite(best[1]) else True
            # the population learns to keep the rows first: a start that does already is no reason to end
            best, since = (now, 0) if gained or lenient > 0 else (best, since + 1)
            if judge.weary or (lenient == 0 and (since >= patience or self._alike())):
                return

    def finalists(self, count: int) -> Floats:
        """The best different points of the population (k, n), k at most `count`."""
        X = self.points(self.keys[ranked(self.merit, self.miss)])
        width = np.maximum(self.upper - self.lower, 1e-300)
        chosen: list[Floats] = []
        for x in X:
            if all((np.abs(x - other) > 1e-3 * width).any() for other in chosen):
                chosen.append(x)
            if len(chosen) == count:
                break
        return np.array(chosen).reshape(-1, len(width))

    def _populate(self, known: Floats) -> None:
        known = np.clip(known, self.lower, self.upper)
        drawn = make_starts(
            torch.as_tensor(known[0]), SAMPLES * self.members + 1, self.seed, "near", self.lower, self.upper
        ).numpy()[1:]
        keys = np.concatenate([known, drawn])
        merit, miss = self.judge.offer(self.points(keys))
        order = ranked(merit, miss)
        half = order[: self.members // 2]
        others = self.random.permutation(order[self.members // 2 :])[: self.members - len(half)]
        chosen = np.concatenate([half, others])
        self.keys, self.merit, self.miss = keys[chosen], merit[chosen], miss[chosen]
        self.members = len(chosen)

    def _trial(self, factors: Floats, rates: Floats, lenient: float) -> Floats:
        """A trial member for each member, (K, n)."""
        random, keys, members = self.random, self.keys, self.members
        size = keys.shape[1]
        order = ranked(self.merit, np.where(self.miss <= lenient, 0.0, self.miss))
        elite = order[random.integers(max(2, round(ELITE * members)), size=members)]
        first = (np.arange(members) + random.integers(1, members, size=members)) % members
        second = (np.arange(members) + random.integers(1, members, size=members)) % members
        pull = keys[elite] - keys + keys[first] - keys[second]
        mutant = keys + factors[:, None] * pull
        mutant = np.where(mutant < self.lower, (self.lower + keys) / 2, mutant)
        mutant = np.where(mutant > self.upper, (self.upper + keys) / 2, mutant)
        crossed = random.uniform(size=keys.shape) < rates[:, None]
        crossed[np.arange(members), random.integers(size, size=members)] = True
        trial = np.where(crossed, mutant, keys)
        drawn = np.flatnonzero(random.uniform(size=members) < self.mutation)
        places = random.integers(size, size=len(drawn))
        # near or far: half of the draws anywhere, the others within a random power of ten of the range
        width = (self.upper - self.lower)[places]
        near = trial[drawn, places] + width * random.standard_normal(len(drawn)) * 10 ** -random.uniform(
            0, 6, len(drawn)
        )
        anywhere = self.lower[places] + width * random.uniform(size=len(drawn))
        fresh = np.where(random.uniform(size=len(drawn)) < 0.5, anywhere, near)
        trial[drawn, places] = np.clip(fresh, self.lower[places], self.upper[places])
        return trial

    def _alike(self) -> bool:
        """Whether all members are as good, and stand in one place."""
        if self.miss.any() or not np.isfinite(self.merit).all():
            return False
        if np.ptp(self.merit) > ALIKE * max(np.abs(self.merit).max(), 1e-300):
            return False
        X = self.points(self.keys)
        return bool((np.ptp(X, axis=0) <= 1e-6 * np.maximum(self.upper - self.lower, 1e-300)).all())


def _before(merit: Floats, miss: Floats, other: Floats, other_miss: Floats, lenient: float) -> np.ndarray:
    """Which points are better than others, misses up to `lenient` counting as none."""
    mine, theirs = np.where(miss <= lenient, 0.0, miss), np.where(other_miss <= lenient, 0.0, other_miss)
    return (mine < theirs) | ((mine == theirs) & (merit < other))
