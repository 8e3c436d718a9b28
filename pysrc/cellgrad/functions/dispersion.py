"""Spread and rank of the numbers in ranges: variances, deviations, medians, the n-th largest."""

from __future__ import annotations

import math
from collections.abc import Callable

from cellgrad.functions.operands import Fault, Matrix, finite, numbers, total
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_SHARED = "the entries in the middle, or of that rank, take it; entries that tie, the first of them"


def _deviations(arguments: tuple[Value | Matrix, ...], fewest: int, error: CellError) -> list[float]:
    """The numbers less their mean. Faults: `error` for fewer than `fewest`."""
    found = list(numbers(arguments))
    if len(found) < fewest:
        raise Fault(error)
    mean = total(found) / len(found)
    return [number - mean for number in found]


def _spread(
    names: str, summary: str, fewest: int, compute: Callable[[float, int], float], *cases: tuple[str, object]
) -> None:
    """Functions of the sum of squared deviations and the count."""

    def value(*arguments: Value | Matrix) -> float:
        deviations = _deviations(arguments, fewest, CellError.DIV0)
        return compute(total(finite(d * d) for d in deviations), len(deviations))

    for name in names.split():
        own = tuple((f"{name}({formula}", expected) for formula, expected in cases)
        function(f"{name}(number: range...)", Shape.REDUCE, Smoothness.SMOOTH, summary, cases=own)(value)


_spread(
    "VAR.S VAR", "The variance of a sample.", 2, lambda squares, count: squares / (count - 1),
    ("1,2,3,4)", 5 / 3), ("5)", CellError.DIV0), ('{1,"x",3})', 2),
)  # fmt: skip
_spread(
    "VAR.P VARP", "The variance of a population.", 1, lambda squares, count: squares / count,
    ("1,2,3,4)", 1.25), ("5)", 0),
)  # fmt: skip
_spread(
    "STDEV.S STDEV", "The standard deviation of a sample.", 2,
    lambda squares, count: math.sqrt(squares / (count - 1)), ("1,2,3,4)", math.sqrt(5 / 3)), ("5)", CellError.DIV0),
)  # fmt: skip
_spread(
    "STDEV.P STDEVP", "The standard deviation of a population.", 1, lambda squares, count: math.sqrt(squares / count),
    ("1,2,3,4)", math.sqrt(1.25)), ('{"x"})', CellError.DIV0),
)  # fmt: skip


@function(
    "DEVSQ(number: range...)", Shape.REDUCE, Smoothness.SMOOTH, "The sum of squared deviations from the mean.",
    cases=(("DEVSQ(1,2,3,4)", 5), ('DEVSQ({"x"})', CellError.NUM)),
)  # fmt: skip
def devsq(*arguments: Value | Matrix) -> float:
    return total(finite(d * d) for d in _deviations(arguments, 1, CellError.NUM))


@function(
    "AVEDEV(number: range...)", Shape.REDUCE, Smoothness.PIECEWISE, "The mean distance from the mean.",
    subgradient="0 where a number equals the mean",
    cases=(("AVEDEV(1,2,3,6)", 1.5), ('AVEDEV({"x"})', CellError.NUM)),
)  # fmt: skip
def avedev(*arguments: Value | Matrix) -> float:
    deviations = _deviations(arguments, 1, CellError.NUM)
    return total(abs(d) for d in deviations) / len(deviations)


def _positive(arguments: tuple[Value | Matrix, ...]) -> list[float]:
    found = list(numbers(arguments))
    if not found or min(found) <= 0:
        raise Fault(CellError.NUM)
    return found


@function(
    "GEOMEAN(number: range...)", Shape.REDUCE, Smoothness.SMOOTH, "The geometric mean of positive numbers.",
    cases=(("GEOMEAN(2,8)", 4), ("GEOMEAN(2,0)", CellError.NUM)),
)  # fmt: skip
def geomean(*arguments: Value | Matrix) -> float:
    found = _positive(arguments)
    return math.exp(math.fsum(math.log(number) for number in found) / len(found))


@function(
    "HARMEAN(number: range...)", Shape.REDUCE, Smoothness.SMOOTH, "The harmonic mean of positive numbers.",
    cases=(("HARMEAN(2,6)", 3), ("HARMEAN(-1,2)", CellError.NUM)),
)  # fmt: skip
def harmean(*arguments: Value | Matrix) -> float:
    found = _positive(arguments)
    return len(found) / total(finite(1 / number) for number in found)


@function(
    "MEDIAN(number: range...)", Shape.REDUCE, Smoothness.PIECEWISE, "The number in the middle, or the mean of two.",
    subgradient=_SHARED,
    cases=(("MEDIAN(3,1,2)", 2), ("MEDIAN(4,1,2,3)", 2.5), ('MEDIAN({"x"})', CellError.NUM)),
)  # fmt: skip
def median(*arguments: Value | Matrix) -> float:
    found = sorted(numbers(arguments))
    if not found:
        raise Fault(CellError.NUM)
    middle = len(found) // 2
    return found[middle] if len(found) % 2 else (found[middle - 1] + found[middle]) / 2


def _ranked(array: Value | Matrix, rank: float, largest_first: bool) -> float:
    found = sorted(numbers([array]), reverse=largest_first)
    place = math.ceil(rank)
    if not 1 <= place <= len(found):
        raise Fault(CellError.NUM)
    return found[place - 1]


@function(
    "LARGE(array: range, k: number)", Shape.REDUCE, Smoothness.PIECEWISE, "The k-th largest number.",
    subgradient=_SHARED, cases=(("LARGE({3,5,1},2)", 3), ("LARGE({3,5,1},4)", CellError.NUM)),
)  # fmt: skip
def large(array: Value | Matrix, k: float) -> float:
    return _ranked(array, k, largest_first=True)


@function(
    "SMALL(array: range, k: number)", Shape.REDUCE, Smoothness.PIECEWISE, "The k-th smallest number.",
    subgradient=_SHARED, cases=(("SMALL({3,5,1},2)", 3), ("SMALL({3,5,1},0)", CellError.NUM)),
)  # fmt: skip
def small(array: Value | Matrix, k: float) -> float:
    return _ranked(array, k, largest_first=False)
