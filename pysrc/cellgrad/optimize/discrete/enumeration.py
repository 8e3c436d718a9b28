"""Trying everything: all combinations of whole numbers between bounds, and of permutations, in batches. Exact."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cellgrad.optimize.conditions import Conditions, Floats
from cellgrad.optimize.discrete.judge import Ints, Judge

MOST = 10_000_000
"""Combinations up to which all are tried."""
LONGEST = 60.0
"""Seconds that trying them may take; a model too slow for that is searched in another way."""
LARGEST_GROUP = 9
"""Cells of a permutation up to which all orders are listed: 9! = 362,880."""
BATCH = 16_384


@dataclass(frozen=True)
class Choices:
    """Some cells (places, m of them) and all the values they may have together (r, m)."""

    places: Ints
    table: Floats


def choices_of(conditions: Conditions, groups: Sequence[Ints]) -> list[Choices] | None:
    """The independent choices that make up every point, or None where there are too many, or a cell is free to be
    anything. groups: disjoint permutations."""
    grouped = np.concatenate([*groups, np.empty(0, np.int64)]).astype(np.int64)
    if any(len(group) > LARGEST_GROUP for group in groups):
        return None
    found = []
    for group in groups:
        table = permutations(len(group))
        inside = ((table >= conditions.lower[group]) & (table <= conditions.upper[group])).all(1)
        found.append(Choices(group, table[inside]))
    count = math.prod(len(choice.table) for choice in found)
    for place in np.setdiff1d(np.arange(len(conditions.lower)), grouped):
        low, high = conditions.lower[place], conditions.upper[place]
        if low == high:
            values = np.array([low])
        elif conditions.whole[place] and high - low < MOST:
            values = np.arange(low, high + 1)
        else:
            return None
        count *= len(values)
        if count > MOST:
            return None
        found.append(Choices(np.array([place]), values[:, None]))
    return found


def permutations(size: int) -> Floats:
    """All orders of 1 .. size, (size!, size), in lexical order."""
    return np.array(list(itertools.permutations(range(1, size + 1))), dtype=np.float64).reshape(-1, size)


def enumerate_all(judge: Judge, choices: Sequence[Choices]) -> int | None:
    """Offer every combination to the judge; how many there were, or None where the first ones took so long that all of
    them would take too long."""
    began = time.perf_counter()
    shape = tuple(len(choice.table) for choice in choices)
    count = math.prod(shape)
    for first in range(0, count, BATCH):
        numbers = np.unravel_index(np.arange(first, min(first + BATCH, count)), shape)
        X = np.empty((len(numbers[0]), judge.problem.size))
        for choice, number in zip(choices, numbers, strict=True):
            X[:, choice.places] = choice.table[number]
        judge.offer(X)
        judge.tick()
        done, spent = first + len(X), time.perf_counter() - began
        if spent > LONGEST / 20 and spent / done * (count - done) > LONGEST:
            return None
    return count
