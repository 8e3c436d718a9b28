"""Distributions of counts. Counts are cut to whole numbers, so that only the chances have a slope."""

from __future__ import annotations

import math

from scipy import special

from cellgrad.functions.expected import Shown
from cellgrad.functions.registry import Smoothness
from cellgrad.functions.spellings import registered, require
from cellgrad.tensors import probability
from cellgrad.values import CellError

MOST_TERMS = 1_000_000
"""Terms that a sum over counts may have."""


@registered(
    "POISSON.DIST POISSON", "x: number, mean: number, cumulative: logical",
    "The Poisson distribution up to x events, or of x events.",
    ("{}(2,5,TRUE)", Shown("0.124652")), ("{}(2,5,FALSE)", Shown("0.084224")), ("{}(2.9,5,TRUE)", Shown("0.124652")),
    ("{}(-1,5,TRUE)", CellError.NUM), ("{}(1,-1,TRUE)", CellError.NUM), ("{}(0,0,FALSE)", 1),
    ("{}(-0.000001,5,TRUE)", CellError.NUM),  # as Excel stores it
)  # fmt: skip
def poisson_dist(x: float, mean: float, cumulative: bool) -> float:
    count = math.trunc(x)
    require(x >= 0, mean >= 0)
    return special.gammaincc(count + 1, mean) if cumulative else probability.poisson_mass(count, mean)


@registered(
    "BINOM.DIST BINOMDIST", "successes: number, trials: number, probability: number, cumulative: logical",
    "The binomial distribution up to a number of successes, or of that number.",
    ("{}(6,10,0.5,FALSE)", Shown("0.2050781")), ("{}(6,10,0.5,TRUE)", 848 / 1024),
    ("{}(11,10,0.5,TRUE)", CellError.NUM),
    ("{}(-1,10,0.5,TRUE)", CellError.NUM), ("{}(6,10,1.1,TRUE)", CellError.NUM), ("{}(0,3,0,FALSE)", 1),
)  # fmt: skip
def binom_dist(successes: float, trials: float, chance: float, cumulative: bool) -> float:
    k, n = math.trunc(successes), math.trunc(trials)
    require(0 <= k <= n, 0 <= chance <= 1)
    return probability.binomial_cumulative(k, n, chance) if cumulative else probability.binomial_mass(k, n, chance)


@registered(
    "BINOM.DIST.RANGE", "trials: number, probability: number, successes: number, [most: number]",
    "The probability of a number of successes, or of a range of them.",
    ("{}(60,0.75,48)", Shown("0.084")), ("{}(60,0.75,45,50)", Shown("0.524")), ("{}(60,0.75,61)", CellError.NUM),
    ("{}(60,0.75,45,40)", CellError.NUM), ("{}(60,1.75,45)", CellError.NUM),
)  # fmt: skip
def binom_dist_range(trials: float, chance: float, successes: float, most: float | None = None) -> float:
    n, first = math.trunc(trials), math.trunc(successes)
    last = first if most is None else math.trunc(most)
    require(n >= 0, 0 <= chance <= 1, 0 <= first <= n, first <= last <= n)
    if first == last:
        return probability.binomial_mass(first, n, chance)
    below = probability.binomial_cumulative(first - 1, n, chance) if first else 0.0
    if below > 0.5:  # the complement is the smaller: its difference loses less
        beyond = 0.0 if last == n else float(special.betainc(last + 1, n - last, chance))
        return float(special.betainc(first, n - first + 1, chance)) - beyond
    return probability.binomial_cumulative(last, n, chance) - below


@registered(
    "BINOM.INV CRITBINOM", "trials: number, probability: number, alpha: number",
    "The fewest successes whose binomial distribution reaches alpha.",
    ("{}(6,0.5,0.75)", 4), ("{}(-1,0.5,0.75)", CellError.NUM), ("{}(6,1.5,0.75)", CellError.NUM),
    ("{}(6,0.5,1.5)", CellError.NUM),
    # as Excel stores them
    ("{}(10,0.5,0)", CellError.NUM), ("{}(10,0.7,1)", CellError.NUM), ("{}(10,1,0.8)", CellError.NUM),
    smoothness=Smoothness.STEP,
)  # fmt: skip
def binom_inv(trials: float, chance: float, alpha: float) -> float:
    n = math.trunc(trials)
    require(trials >= 0, 0 < chance < 1, 0 < alpha < 1)
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if probability.binomial_cumulative(middle, n, chance) >= alpha * (1 - 1e-15):
            high = middle
        else:
            low = middle + 1
    return float(low)


def _negbinom(failures: float, successes: float, chance: float, cumulative: bool) -> float:
    f, s = math.trunc(failures), math.trunc(successes)
    require(f >= 0, s >= 1, 0 <= chance <= 1)
    if cumulative:
        return special.betainc(s, f + 1, chance)
    return probability.binomial_mass(s, s + f, chance) * s / (s + f)


@registered(
    "NEGBINOM.DIST", "failures: number, successes: number, probability: number, cumulative: logical",
    "The negative binomial distribution: up to a number of failures before the successes, or of that number.",
    ("{}(10,5,0.25,TRUE)", Shown("0.3135141")), ("{}(10,5,0.25,FALSE)", Shown("0.0550487")),
    ("{}(-1,5,0.25,TRUE)", CellError.NUM), ("{}(10,0,0.25,TRUE)", CellError.NUM), ("{}(10,5,2,TRUE)", CellError.NUM),
    ("{}(2,10,0,TRUE)", CellError.NUM), ("{}(2,10,1,TRUE)", CellError.NUM),  # as Excel stores them
)  # fmt: skip
def negbinom_dist(failures: float, successes: float, chance: float, cumulative: bool) -> float:
    require(0 < chance < 1)
    return _negbinom(failures, successes, chance, cumulative)


@registered("NEGBINOMDIST", "failures: number, successes: number, probability: number",
            "The probability of a number of failures before the successes.",
            ("{}(10,5,0.25)", Shown("0.05504866")), ("{}(0,1,0.25)", 0.25), ("{}(10,5,-1)", CellError.NUM),
)  # fmt: skip
def negbinomdist(failures: float, successes: float, chance: float) -> float:
    return _negbinom(failures, successes, chance, False)


def _hypgeom(sample: float, drawn: float, marked: float, population: float, cumulative: bool) -> float:
    k, n, marks, size = (math.trunc(v) for v in (sample, drawn, marked, population))
    require(size > 0, 0 < n <= size, 0 < marks <= size, 0 <= k <= min(n, marks), k >= n - size + marks)
    fewest = max(0, n + marks - size)
    require(k - fewest < MOST_TERMS)

    def mass(x: int) -> float:
        # Loader (2000): three binomial masses of one chance, which drops out.
        p = n / size
        chosen = probability.binomial_mass(x, marks, p) * probability.binomial_mass(n - x, size - marks, p)
        return float(chosen / probability.binomial_mass(n, size, p))

    if not cumulative:
        return mass(k)
    term, total = mass(k), []
    for x in range(k, fewest - 1, -1):
        total.append(term)
        if term < 1e-320:
            break
        term *= x * (size - marks - n + x) / ((marks - x + 1) * (n - x + 1))
    return min(1.0, math.fsum(total))


@registered(
    "HYPGEOM.DIST",
    "sample_successes: number, sample: number, successes: number, population: number, cumulative: logical",
    "The hypergeometric distribution up to a number of successes, or of that number.",
    ("{}(1,4,8,20,TRUE)", Shown("0.4654")), ("{}(1,4,8,20,FALSE)", Shown("0.3633")),
    ("{}(5,4,8,20,TRUE)", CellError.NUM),
    ("{}(1,4,8,0,TRUE)", CellError.NUM), ("{}(0,4,18,20,TRUE)", CellError.NUM),
    smoothness=Smoothness.STEP,
)  # fmt: skip
def hypgeom_dist(sample: float, drawn: float, marked: float, population: float, cumulative: bool) -> float:
    return _hypgeom(sample, drawn, marked, population, cumulative)


@registered("HYPGEOMDIST", "sample_successes: number, sample: number, successes: number, population: number",
            "The probability of a number of successes in a sample drawn without putting back.",
            ("{}(1,4,8,20)", Shown("0.363261")), ("{}(0,1,1,2)", 0.5), ("{}(-1,4,8,20)", CellError.NUM),
            smoothness=Smoothness.STEP)  # fmt: skip
def hypgeomdist(sample: float, drawn: float, marked: float, population: float) -> float:
    return _hypgeom(sample, drawn, marked, population, False)
