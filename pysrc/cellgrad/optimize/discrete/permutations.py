"""Cells that must all be different: orders of 1 .. m, improved by moves and shaken (iterated local search; Lourenco,
Martin and Stuetzle 2003).

A move is an order of places: swapping two, reversing a stretch (2-opt: Croes 1958), or turning a stretch by one, two or
three (insertion and or-opt: Or 1976). The same moves are made on the cells' values as well, since some people write
which city comes third and others which place the third city has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.discrete.fixing import Fixing
from cellgrad.optimize.discrete.judge import Halt, Ints, Judge, best_of
from cellgrad.optimize.discrete.polish import ENOUGH, whole_descent, whole_neighbours
from cellgrad.optimize.solution import Status

TURNS = (0, 0, 1, -1, 2, -2, 3, -3)
"""The kinds of moves: a swap, a reversal, and turns of a stretch."""
MOST_MOVES = 20_000
"""Beyond so many moves a random part of them stands for all."""
FEWEST, GROWTH = 64, 2
"""Moves tried together at first, and how many times more after each attempt in vain; the best of the first that gain is
made."""
SHOTS = 2_048
"""Random orders drawn to find good ones to begin with."""
DESCENTS = 6
"""Different starts that are improved before the best of them is shaken."""

LEAST_SHAKES, MOST_SHAKES = 30, 2_000
"""Shakes without a better point after which the search may end, and must."""
USEFUL = 0.05
"""A way of moving that makes a smaller part of the gains is left out."""
PATIENCE = 600_000
"""Points without a better one after which it ends, with `USUAL` cells in groups; more cells, more points."""
USUAL = 20
RESTART = 50
"""Shakes in vain, or as many as there are cells, after which it goes on from a new random order."""


class Orders:
    """Searches the orders of disjoint groups of cells, with the whole and free cells beside them."""

    def __init__(self, judge: Judge, fixing: Fixing, groups: Sequence[Ints], seed: int = 0) -> None:
        self.judge, self.fixing, self.groups = judge, fixing, groups
        self.random = np.random.default_rng(seed)
        self.ways = [False, True]
        """Whether moves are made on values: both at first, and then what has been of use."""
        self.won = [0, 0]
        self.whole = np.flatnonzero(
            judge.conditions.whole & (fixing.lower < fixing.upper) & ~np.isin(
                np.arange(judge.problem.size), np.concatenate(groups)
            )
        )  # fmt: skip

    def run(self, x0: Floats) -> None:
        """Search from x0 (n,), whose groups need not be orders yet, and from random orders, until many points have
        brought nothing better. Raises Halt."""
        starts = np.concatenate([self.ordered(x0)[None], self.drawn(x0, SHOTS)])
        merit, miss = self.judge.offer(starts)
        order = np.lexsort((merit, miss))[: DESCENTS - 1]
        ends = [self.descend(x) for x in starts[np.unique(np.append(order, 0))]]
        self.ways = [way for way in (False, True) if self.won[way] >= USEFUL * sum(self.won)]
        merits, misses = self.judge.measure(np.array(ends))
        here = best_of(merits, misses)
        x, key = ends[here], (misses[here], merits[here])
        shakes = vain = 0
        gained = self.judge.points
        size = sum(len(group) for group in self.groups)
        patience = PATIENCE * max(1.0, size / USUAL)
        while shakes < LEAST_SHAKES or self.judge.points - gained < patience:
            best = (self.judge.miss, self.judge.merit)
            anew = vain >= max(RESTART, size)
            end = self.descend(self.drawn(x, 1)[0] if anew else self.shaken(x))
            merits, misses = self.judge.measure(end[None])
            new = (misses[0], merits[0])
            vain = 0 if anew or new < key else vain + 1
            if anew or new <= key:
                x, key = end, new
            shakes += 1
            if (self.judge.miss, self.judge.merit) < best:
                shakes, gained = 0, self.judge.points
            if shakes >= MOST_SHAKES or self.judge.weary:
                return
            self.judge.tick(running=len(self.groups))

    def ordered(self, x: Floats) -> Floats:
        """x (n,) with each group put in order by its cells' sizes, and moved between its bounds where they fix
        cells."""
        x = x.copy()
        for group in self.groups:
            x[group] = self._allowed(group, _as_order(x[group]))
        return x

    def drawn(self, x: Floats, count: int) -> Floats:
        """Points (count, n) with random orders of all groups."""
        X = np.repeat(x[None], count, axis=0)
        for group in self.groups:
            keys = self.random.uniform(size=(count, len(group)))
            X[:, group] = [self._allowed(group, row) for row in _as_order(keys)]
        return X

    def descend(self, x: Floats) -> Floats:
        """The point that improving moves lead to from x (n,)."""
        while True:
            merit, miss = (part[0] for part in self.judge.offer(x[None]))
            for group in self.groups:
                x = self._reorder(x, group)
            if len(self.whole):
                x = whole_descent(self.judge, x, self.whole, self.fixing.lower, self.fixing.upper)
            if self.fixing.free.any():
                lower = np.where(self.fixing.held, x, self.fixing.lower)
                upper = np.where(self.fixing.held, x, self.fixing.upper)
                found = np.clip(self.fixing.solve(lower, upper, x[None]).x, lower, upper)
                x = [x, found][best_of(*self.judge.offer(np.stack([x, found]), trusted=True))]
            elif len(self.groups) == 1 and not len(self.whole):
                return x
            now, now_miss = (part[0] for part in self.judge.measure(x[None]))
            if not (now_miss, now + ENOUGH * abs(now)) < (miss, merit):
                return x

    def shaken(self, x: Floats) -> Floats:
        """x (n,) with two neighbouring stretches of one or two groups exchanged (the double bridge of Martin, Otto and
        Felten 1991), and a whole cell moved."""
        x = x.copy()
        for _ in range(self.random.integers(1, 3)):
            group = self.groups[int(self.random.integers(len(self.groups)))]
            size = len(group)
            if size > 1:
                first, last = np.sort(self.random.choice(size, 2, replace=False))
                longest = max(2, size // 2)
                last = min(last, first + longest)
                turn = self.random.integers(1, last - first + 1)
                order = x[group]
                order[first : last + 1] = np.roll(order[first : last + 1], turn)
                x[group] = self._allowed(group, order)
        if len(self.whole) and self.random.uniform() < 0.5:
            near = whole_neighbours(x, self.whole, self.fixing.lower, self.fixing.upper)
            if len(near):
                x = near[self.random.integers(len(near))]
        return x

    def _reorder(self, x: Floats, group: Ints) -> Floats:
        """The best order of one group that moves lead to, the other cells as they are."""
        merit, miss = (part[0] for part in self.judge.offer(x[None]))
        size = len(group)
        failed, way = 0, 0
        while failed < len(self.ways):
            by_value = self.ways[way % len(self.ways)]
            numbers = self.random.permutation(move_count(size))[:MOST_MOVES]
            won = False
            first, chunk = 0, FEWEST
            while first < len(numbers):
                orders = _moved(x[group], moves_of(size, numbers[first : first + chunk]), by_value)
                first, chunk = first + chunk, chunk * GROWTH
                orders = orders[((orders >= self.fixing.lower[group]) & (orders <= self.fixing.upper[group])).all(1)]
                if not len(orders):
                    continue
                X = np.repeat(x[None], len(orders), axis=0)
                X[:, group] = orders
                merits, misses = self.judge.offer(X)
                best = best_of(merits, misses)
                if (misses[best], merits[best] + ENOUGH * abs(merits[best])) < (miss, merit):
                    x, merit, miss, won = X[best], merits[best], misses[best], True
                    break
            self._look_at_the_clock()
            if won:
                failed = 0
                self.won[by_value] += 1
            else:
                failed, way = failed + 1, way + 1
        return x

    def _look_at_the_clock(self) -> None:
        self.judge.tick(running=len(self.groups))

    def _allowed(self, group: Ints, order: Floats) -> Floats:
        """The order with cells that their bounds hold exchanged into place."""
        lower, upper = self.fixing.lower[group], self.fixing.upper[group]
        if ((order >= lower) & (order <= upper)).all():
            return order
        return _matched(order, lower, upper)


def move_count(size: int) -> int:
    """How many moves of `size` places there are."""
    return len(TURNS) * size * (size - 1) // 2


def moves_of(size: int, numbers: Ints) -> Ints:
    """The moves with these numbers (N,), as orders of `size` places (N, size)."""
    first, last = np.triu_indices(size, 1)
    kind, pair = numbers % len(TURNS), numbers // len(TURNS)
    low, high = first[pair][:, None], last[pair][:, None]
    kind = kind[:, None]
    place = np.broadcast_to(np.arange(size), (len(numbers), size))
    inside = (place >= low) & (place <= high)
    swapped = np.where(place == low, high, np.where(place == high, low, place))
    reversed_ = np.where(inside, low + high - place, place)
    turned = np.where(inside, low + (place - low + np.array(TURNS)[kind]) % (high - low + 1), place)
    return np.where(kind == 0, swapped, np.where(kind == 1, reversed_, turned))


def _as_order(keys: NDArray[Any]) -> Floats:
    """The ranks of keys (..., m) among each other, from 1."""
    return (keys.argsort(axis=-1, kind="stable").argsort(axis=-1, kind="stable") + 1).astype(np.float64)


def _moved(order: Floats, moves: Ints, by_value: bool) -> Floats:
    """The orders (N, m) that moves make of one (m,): of its places, or of its values."""
    if not by_value:
        return order[moves]
    places = order.argsort()  # where each value stands
    return (places[moves].argsort(1) + 1).astype(np.float64)


def _matched(order: Floats, lower: Floats, upper: Floats) -> Floats:
    """A permutation between bounds, as close to `order` as a greedy matching with augmenting paths finds. Raises Halt
    (BOUNDS_CONFLICT) where there is none."""
    size = len(order)
    owner = np.full(size + 1, -1)

    def place(cell: int, seen: set[int]) -> bool:
        values = sorted(range(int(lower[cell]), int(upper[cell]) + 1), key=lambda value: abs(value - order[cell]))
        for value in values:
            if value not in seen:
                seen.add(value)
                if owner[value] < 0 or place(int(owner[value]), seen):
                    owner[value] = cell
                    return True
        return False

    from_tightest = np.argsort(upper - lower, kind="stable")
    found = all(place(int(cell), set()) for cell in from_tightest)
    if not found:
        raise Halt(Status.BOUNDS_CONFLICT)
    matched = np.empty(size)
    matched[owner[1:]] = np.arange(1, size + 1)
    return matched
