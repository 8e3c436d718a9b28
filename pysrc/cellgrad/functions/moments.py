"""Moments beyond the second, aggregates that count text and booleans, and counts of arrangements."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from cellgrad.functions.expected import Shown
from cellgrad.functions.operands import Fault, Matrix, finite, numbers, to_number, total
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.functions.spellings import registered, require
from cellgrad.values import CellError, Value


def _standardised(arguments: tuple[Value | Matrix, ...], fewest: int, sample: bool) -> list[float]:
    """The numbers less their mean, in standard deviations. Faults: #DIV/0! for too few, or where all are equal."""
    found = list(numbers(arguments))
    if len(found) < fewest:
        raise Fault(CellError.DIV0)
    mean = total(found) / len(found)
    squares = total(finite((number - mean) * (number - mean)) for number in found)
    if squares == 0:
        raise Fault(CellError.DIV0)
    deviation = math.sqrt(squares / (len(found) - sample))
    return [(number - mean) / deviation for number in found]


@registered(
    "KURT", "number: range...", "The excess kurtosis of a sample of at least four.",
    ("{}(3,4,5,2,3,4,5,6,4,7)", Shown("-0.151799637")), ("{}(1,2,3)", CellError.DIV0), ("{}(1,1,1,1)", CellError.DIV0),
    shape=Shape.REDUCE,
)  # fmt: skip
def kurt(*arguments: Value | Matrix) -> float:
    scores = _standardised(arguments, 4, sample=True)
    n = len(scores)
    fourth = total(score**4 for score in scores)
    return n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * fourth - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))


@registered(
    "SKEW", "number: range...", "The skewness of a sample of at least three.",
    ("{}(3,4,5,2,3,4,5,6,4,7)", Shown("0.359543071")), ("{}(1,2)", CellError.DIV0), ("{}(1,1,1)", CellError.DIV0),
    shape=Shape.REDUCE,
)  # fmt: skip
def skew(*arguments: Value | Matrix) -> float:
    scores = _standardised(arguments, 3, sample=True)
    n = len(scores)
    return n / ((n - 1) * (n - 2)) * total(score**3 for score in scores)


@registered(
    "SKEW.P", "number: range...", "The skewness of a population of at least three.",
    ("{}(3,4,5,2,3,4,5,6,4,7)", Shown("0.303193339")), ("{}(1,2)", CellError.DIV0), ("{}(2,2,2)", CellError.DIV0),
    shape=Shape.REDUCE,
)  # fmt: skip
def skew_p(*arguments: Value | Matrix) -> float:
    scores = _standardised(arguments, 3, sample=False)
    return total(score**3 for score in scores) / len(scores)


# Aggregates that count everything but blanks --------------------------------------------------------------------------


def everything(arguments: tuple[Value | Matrix, ...]) -> Iterator[float]:
    """What AVERAGEA and its kin count: of ranges numbers, TRUE as 1, FALSE and texts as 0; direct values coerced."""
    for argument in arguments:
        if not isinstance(argument, Matrix):
            yield to_number(argument)
            continue
        for value in argument:
            if isinstance(value, CellError):
                raise Fault(value)
            if value is not None:
                yield 0.0 if isinstance(value, str) else float(value)


def _of_everything(
    name: str, summary: str, compute: Callable[[list[float]], float], *cases: tuple[str, object], kinks: str = ""
) -> None:
    def value(*arguments: Value | Matrix) -> float:
        return compute(list(everything(arguments)))

    smoothness = Smoothness.PIECEWISE if kinks else Smoothness.SMOOTH
    function(
        f"{name}(value: range...)", Shape.REDUCE, smoothness, summary + " TRUE counts as 1, FALSE and texts as 0.",
        cases=cases, subgradient=kinks,
    )(value)  # fmt: skip


def _mean(found: list[float]) -> float:
    if not found:
        raise Fault(CellError.DIV0)
    return total(found) / len(found)


def _variance(sample: bool) -> Callable[[list[float]], float]:
    def compute(found: list[float]) -> float:
        if len(found) < 1 + sample:
            raise Fault(CellError.DIV0)
        mean = total(found) / len(found)
        return total(finite((number - mean) * (number - mean)) for number in found) / (len(found) - sample)

    return compute


def _deviation(sample: bool) -> Callable[[list[float]], float]:
    return lambda found: math.sqrt(_variance(sample)(found))


_TIES = "entries that tie share it equally"
_of_everything("AVERAGEA", "The mean.", _mean, ('AVERAGEA({10,7,9,2,"x"})', 5.6), ("AVERAGEA({TRUE,FALSE})", 0.5),
               ('AVERAGEA("x")', CellError.VALUE), ("AVERAGEA(A1:A3)", CellError.DIV0))  # fmt: skip
_of_everything("MAXA", "The largest.", lambda found: max(found, default=0.0), ("MAXA({0,0.2,0.5,0.4,TRUE})", 1),
               ('MAXA({-1,"x"})', 0), ("MAXA({-1,#N/A})", CellError.NA), kinks=_TIES)  # fmt: skip
_of_everything("MINA", "The smallest.", lambda found: min(found, default=0.0), ("MINA({FALSE,0.2,0.5,0.4,0.8})", 0),
               ('MINA({1,"x"})', 0), ("MINA(A1)", 0), kinks=_TIES)  # fmt: skip
_of_everything("VARA", "The variance of a sample.", _variance(True), ("VARA({1,2,3,4})", 5 / 3),
               ('VARA({1,"x",TRUE})', 1 / 3), ("VARA({5})", CellError.DIV0))  # fmt: skip
_of_everything("VARPA", "The variance of a population.", _variance(False), ("VARPA({1,2,3,4})", 1.25),
               ('VARPA({1,"x",TRUE})', 2 / 9), ("VARPA({5})", 0))  # fmt: skip
_of_everything("STDEVA", "The standard deviation of a sample.", _deviation(True),
               ("STDEVA({1,2,3,4})", math.sqrt(5 / 3)),
               ('STDEVA({1,"x",TRUE})', math.sqrt(1 / 3)), ("STDEVA({5})", CellError.DIV0))  # fmt: skip
_of_everything("STDEVPA", "The standard deviation of a population.", _deviation(False),
               ("STDEVPA({1,2,3,4})", math.sqrt(1.25)), ('STDEVPA({1,"x",TRUE})', math.sqrt(2 / 9)),
               ("STDEVPA({#REF!})", CellError.REF))  # fmt: skip


# Arrangements ---------------------------------------------------------------------------------------------------------


@registered(
    "PERMUT", "number: number, chosen: number", "How many arrangements there are of some out of a number of things.",
    ("{}(100,3)", 970200), ("{}(3,2.9)", 6), ("{}(3,4)", CellError.NUM), ("{}(0,0)", CellError.NUM),
    ("{}(3,-1)", CellError.NUM),
    smoothness=Smoothness.STEP,
)  # fmt: skip
def permut(number: float, chosen: float) -> float:
    n, k = math.trunc(number), math.trunc(chosen)
    require(n > 0, k >= 0, n >= k)
    require(k <= 170)  # beyond, k! alone is larger than any double
    return whole(math.perm(n, k))


@registered(
    "PERMUTATIONA", "number: number, chosen: number", "How many arrangements there are with repetition.",
    ("{}(3,2)", 9), ("{}(2,2)", 4), ("{}(-1,2)", CellError.NUM), ("{}(2,-1)", CellError.NUM),
    ("{}(10,400)", CellError.NUM),
    smoothness=Smoothness.STEP,
)  # fmt: skip
def permutationa(number: float, chosen: float) -> float:
    n, k = math.trunc(number), math.trunc(chosen)
    require(n >= 0, k >= 0)
    try:
        return float(n) ** k
    except OverflowError:
        raise Fault(CellError.NUM) from None


def whole(number: int) -> float:
    """A whole number of any size as a value. Faults: #NUM! beyond the largest double."""
    try:
        return float(number)
    except OverflowError:
        raise Fault(CellError.NUM) from None
