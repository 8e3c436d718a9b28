"""Order: percentiles, ranks, modes and frequencies of the numbers in ranges."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from cellgrad.functions.expected import Shown
from cellgrad.functions.operands import Fault, Matrix, numbers, total
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.functions.spellings import registered, require
from cellgrad.values import CellError, Value

SHARED = "the entries on either side take it by their shares; entries that tie, the first of them"
_PICKED: dict[str, Any] = {"smoothness": Smoothness.PIECEWISE, "shape": Shape.REDUCE, "subgradient": SHARED}
_STEPS: dict[str, Any] = {"smoothness": Smoothness.STEP, "shape": Shape.REDUCE}


def _sorted(array: Value | Matrix) -> list[float]:
    """The numbers in order. Faults: #NUM! where there is none."""
    found = sorted(numbers([array]))
    require(bool(found))
    return found


def _interpolated(ordered: list[float], place: float) -> float:
    """The number at a place, counted from 0, between two entries by their shares."""
    below = min(math.floor(place), len(ordered) - 1)
    share = place - below
    if share == 0:
        return ordered[below]
    return ordered[below] + share * (ordered[below + 1] - ordered[below])


@registered(
    "PERCENTILE.INC PERCENTILE", "array: range, k: number",
    "The number below which a share k of the numbers lies, 0 and 1 included.",
    ("{}({1,2,3,4},0.3)", Shown("1.9")), ("{}({3,1,2},0.5)", 2), ("{}({1,2},1.1)", CellError.NUM),
    ('{}({"x"},0.5)', CellError.NUM), ("{}({1,2,3},1)", 3),
    **_PICKED,
)  # fmt: skip
def percentile_inc(array: Value | Matrix, k: float) -> float:
    ordered = _sorted(array)
    require(0 <= k <= 1)
    return _interpolated(ordered, k * (len(ordered) - 1))


@registered(
    "PERCENTILE.EXC", "array: range, k: number",
    "The number below which a share k of the numbers lies, 0 and 1 excluded; #NUM! for a share beyond them.",
    ("{}({6,7,15,36,39,40,41,42,43,47,49},0.25)", 15), ("{}({1,2,3},0)", CellError.NUM),
    ("{}({1,2,3},0.01)", CellError.NUM), ("{}({1,2,3},2)", CellError.NUM),
    **_PICKED,
)  # fmt: skip
def percentile_exc(array: Value | Matrix, k: float) -> float:
    ordered = _sorted(array)
    require(0 < k < 1)
    place = k * (len(ordered) + 1) - 1
    require(0 <= place <= len(ordered) - 1)
    return _interpolated(ordered, place)


@registered(
    "QUARTILE.INC QUARTILE", "array: range, quart: number", "A quartile, the ends included.",
    ("{}({1,2,4,7,8,9,10,12},1)", 3.5), ("{}({1,2,4,7,8,9,10,12},4.9)", 12), ("{}({1,2},5)", CellError.NUM),
    ("{}({1,2},-1)", CellError.NUM),
    **_PICKED,
)  # fmt: skip
def quartile_inc(array: Value | Matrix, quart: float) -> float:
    ordered, quarter = _sorted(array), math.trunc(quart)
    require(0 <= quarter <= 4)
    return _interpolated(ordered, quarter / 4 * (len(ordered) - 1))


@registered(
    "QUARTILE.EXC", "array: range, quart: number", "A quartile, the ends excluded.",
    ("{}({6,7,15,36,39,40,41,42,43,47,49},1)", 15), ("{}({6,7,15,36,39,40,41,42,43,47,49},3)", 43),
    ("{}({1,2,3},0)", CellError.NUM), ("{}({1,2,3},4)", CellError.NUM),
    **_PICKED,
)  # fmt: skip
def quartile_exc(array: Value | Matrix, quart: float) -> float:
    return percentile_exc(array, math.trunc(quart) / 4)


def _cut(rank: float, significance: float) -> float:
    digits = math.trunc(significance)
    require(digits >= 1)
    scale = 10.0 ** min(digits, 15)
    return math.floor(float(f"{rank * scale:.14e}")) / scale


def _place(ordered: list[float], x: float) -> float:
    """Where x lies in order, counted from 0, between two entries by its share. Faults: #N/A beyond them."""
    if not ordered[0] <= x <= ordered[-1]:
        raise Fault(CellError.NA)
    below = sum(number < x for number in ordered)
    if ordered[below] == x:
        return float(below)
    return below - 1 + (x - ordered[below - 1]) / (ordered[below] - ordered[below - 1])


@registered(
    "PERCENTRANK.INC PERCENTRANK", "array: range, x: number, [significance: number]",
    "The share of the numbers below x, 0 and 1 included, cut to three digits or as many as are asked.",
    ("{}({13,12,11,8,4,3,2,1,1,1},2)", 0.333), ("{}({13,12,11,8,4,3,2,1,1,1},4)", 0.555),
    ("{}({13,12,11,8,4,3,2,1,1,1},8)", 0.666), ("{}({13,12,11,8,4,3,2,1,1,1},5)", 0.583),
    ("{}({1,2,3},9)", CellError.NA), ("{}({1,2,3},2,0)", CellError.NUM), ("{}({7},7)", 1),
    **_STEPS,
)  # fmt: skip
def percentrank_inc(array: Value | Matrix, x: float, significance: float = 3.0) -> float:
    ordered = _sorted(array)
    place = _place(ordered, x)
    return _cut(1.0 if len(ordered) == 1 else place / (len(ordered) - 1), significance)


@registered(
    "PERCENTRANK.EXC", "array: range, x: number, [significance: number]",
    "The share of the numbers below x, 0 and 1 excluded, cut to three digits or as many as are asked.",
    ("{}({1,2,3,6,6,6,7,8,9},7)", 0.7), ("{}({1,2,3,6,6,6,7,8,9},5.43)", 0.381),
    ("{}({1,2,3,6,6,6,7,8,9},5.43,1)", 0.3), ("{}({1,2},0)", CellError.NA),
    **_STEPS,
)  # fmt: skip
def percentrank_exc(array: Value | Matrix, x: float, significance: float = 3.0) -> float:
    ordered = _sorted(array)
    return _cut((_place(ordered, x) + 1) / (len(ordered) + 1), significance)


def _ranks(number: float, ref: Value | Matrix, ascending: bool) -> tuple[int, int]:
    """(how many come before the number, how many equal it). Faults: #N/A where none does."""
    found = list(numbers([ref]))
    equal = found.count(number)
    if not equal:
        raise Fault(CellError.NA)
    return sum(other < number if ascending else other > number for other in found), equal


_RANK = "number: number, ref: range, [order: logical]"


@registered(
    "RANK.EQ RANK", _RANK, "The rank among the numbers, the largest first unless asked otherwise; ties share the best.",
    ("{}(3.5,{7,3.5,3.5,1,2},1)", 3), ("{}(7,{7,3.5,3.5,1,2},1)", 5), ("{}(3.5,{7,3.5,3.5,1,2})", 2),
    ("{}(9,{1,2})", CellError.NA),
    **_STEPS,
)  # fmt: skip
def rank_eq(number: float, ref: Value | Matrix, ascending: bool = False) -> float:
    return float(_ranks(number, ref, ascending)[0] + 1)


@registered(
    "RANK.AVG", _RANK, "The rank among the numbers, the largest first unless asked otherwise; ties share their mean.",
    ("{}(94,{89,88,92,101,94,97,95})", 4), ("{}(3.5,{7,3.5,3.5,1,2},1)", 3.5), ("{}(9,{1,2})", CellError.NA),
    **_STEPS,
)  # fmt: skip
def rank_avg(number: float, ref: Value | Matrix, ascending: bool = False) -> float:
    before, equal = _ranks(number, ref, ascending)
    return before + (equal + 1) / 2


@function(
    "TRIMMEAN(array: range, percent: number)", Shape.REDUCE, Smoothness.PIECEWISE,
    "The mean without a share of the numbers, as many of the smallest as of the largest.",
    subgradient="the numbers kept share it equally; of those that tie at the edge, the first ones are cut",
    cases=(("TRIMMEAN({4,5,6,7,2,3,4,5,1,2,3},0.2)", Shown("3.778")), ("TRIMMEAN({1,2,9},0)", 4),
           ("TRIMMEAN({1,2,9},-0.1)", CellError.NUM), ("TRIMMEAN({1,2,9},1.1)", CellError.NUM)),
)  # fmt: skip
def trimmean(array: Value | Matrix, percent: float) -> float:
    ordered = _sorted(array)
    require(0 <= percent < 1)
    cut = math.floor(len(ordered) * percent / 2)
    kept = ordered[cut : len(ordered) - cut]
    return total(kept) / len(kept)


def _modes(arguments: tuple[Value | Matrix, ...]) -> list[float]:
    """The numbers that occur most often, in order of appearance. Faults: #N/A where none occurs twice."""
    counts = Counter(numbers(arguments))
    most = max(counts.values(), default=0)
    if most < 2:
        raise Fault(CellError.NA)
    return [number for number, count in counts.items() if count == most]


@registered(
    "MODE.SNGL MODE", "number: range...", "The number that occurs most often, of several the first.",
    ("{}(5.6,4,4,3,2,4)", 4), ("{}({1,2,2,1})", 1), ("{}(1,2,3)", CellError.NA), ('{}({"x"})', CellError.NA),
    smoothness=Smoothness.NONE, shape=Shape.REDUCE,
)  # fmt: skip
def mode_sngl(*arguments: Value | Matrix) -> float:
    return _modes(arguments)[0]


@function(
    "MODE.MULT(number: range...)", Shape.ARRAY, Smoothness.NONE, "The numbers that occur most often, below each other.",
    cases=(("SUM(MODE.MULT({1,2,3,4,3,2,1,2,3,5,6,1}))", 6), ("INDEX(MODE.MULT({3,3,1,1}),1)", 3),
           ("MODE.MULT(1,2,3)", CellError.NA)),
)  # fmt: skip
def mode_mult(*arguments: Value | Matrix) -> Matrix:
    return Matrix(tuple((mode,) for mode in _modes(arguments)))


@function(
    "FREQUENCY(data: array, bins: array)", Shape.ARRAY, Smoothness.STEP,
    "How many numbers lie in each interval that ends in a bin, and beyond the last; of equal bins the first counts.",
    cases=(("INDEX(FREQUENCY({79,85,78,85,50,81,95,88,97},{70,79,89}),2)", 2),
           ("SUM(FREQUENCY({79,85,78,85,50,81,95,88,97},{70;79;89})*{1;10;100;1000})", 2421),
           ("SUM(FREQUENCY({1,2,3},{2,1})*{1;10;100})", 111), ("SUM(FREQUENCY({1,1,2},{1,1})*{1;10;100})", 102),
           ("FREQUENCY({1,#N/A},{1})", CellError.NA)),
)  # fmt: skip
def frequency(data: Matrix, bins: Matrix) -> Matrix:
    found, edges = list(numbers([data])), list(numbers([bins]))
    order = sorted(range(len(edges)), key=lambda place: edges[place])
    counts, left = [0.0] * (len(edges) + 1), sorted(found)
    for place in order:
        below = sum(number <= edges[place] for number in left)
        counts[place], left = float(below), left[below:]
    counts[-1] = float(len(left))
    return Matrix(tuple((count,) for count in counts))


@function(
    "PROB(x: array, probability: array, lower: number, [upper: number])", Shape.REDUCE, Smoothness.NONE,
    "The sum of the probabilities of the values between two limits; #NUM! unless all of them add up to 1.",
    cases=(("PROB({0,1,2,3},{0.2,0.3,0.1,0.4},2)", 0.1), ("PROB({0,1,2,3},{0.2,0.3,0.1,0.4},1,3)", 0.8),
           ("PROB({0,1},{0.2,0.3},1)", CellError.NUM), ("PROB({0,1},{1},1)", CellError.NA),
           ('PROB({"a","b"},{"c","d"},1)', CellError.DIV0)),  # the last as Excel stores it
)  # fmt: skip
def prob(x: Matrix, probability: Matrix, lower: float, upper: float | None = None) -> float:
    if x.height * x.width != probability.height * probability.width:
        raise Fault(CellError.NA)
    values, chances = list(numbers([x])), list(numbers([probability]))
    if len(values) != len(chances):
        raise Fault(CellError.NA)
    if not values:
        raise Fault(CellError.DIV0)
    require(all(0 < chance <= 1 for chance in chances), abs(math.fsum(chances) - 1) < 1e-10)
    last = lower if upper is None else upper
    return total(chance for value, chance in zip(values, chances, strict=True) if lower <= value <= last)
