"""Counting and adding by criteria: COUNTIF, SUMIF, AVERAGEIF and their kin with several conditions."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from cellgrad.errors import UnsupportedError
from cellgrad.functions.criteria_text import wildcards
from cellgrad.functions.operands import Fault, Matrix, as_matrix, same_number, text_to_number, total
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value, fold_case

Test: TypeAlias = Callable[[Value], bool]

_COMPARISON = re.compile(r"(<>|<=|>=|=|<|>)?(.*)", re.DOTALL)
_ORDER: dict[str, Callable[..., bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def criterion(wanted: Value) -> Test:
    """Whether a value meets a criterion: a value, or text such as ">5", "<>x" or "a*".

    Text compares without regard to case; ``*`` and ``?`` stand for characters unless ``~`` goes before them. A number
    as text is that number. Source: Microsoft, "COUNTIF function" and "Using wildcard characters in searches".
    """
    if wanted is None:
        wanted = 0.0
    if not isinstance(wanted, str):
        return _equal_to(wanted)
    match = _COMPARISON.fullmatch(wanted)
    assert match is not None  # the pattern takes any text
    sign, rest = match[1] or "", match[2]
    if sign in _ORDER:
        return _ordered(_ORDER[sign], _read(rest))
    if not rest:
        return {
            "": lambda value: value is None or value == "",
            "=": lambda value: value is None,
            "<>": lambda value: value is not None,
        }[sign]
    equal = _equal_to(_read(rest))
    return (lambda value: not equal(value)) if sign == "<>" else equal


def _read(text: str) -> Value:
    """What the text of a criterion means."""
    folded = fold_case(text)
    if folded in ("true", "false"):
        return folded == "true"
    if text.startswith("#") and text.upper() in {error.text for error in CellError}:
        return CellError.from_text(text)
    number = _number(text)
    return text if number is None else number


def _number(text: str) -> float | None:
    try:
        return text_to_number(text)
    except Fault:
        return None


def _equal_to(wanted: Value) -> Test:
    if isinstance(wanted, bool | CellError):
        return lambda value: type(value) is type(wanted) and value == wanted
    if isinstance(wanted, str):
        pattern = wildcards(wanted)
        return lambda value: isinstance(value, str) and pattern.fullmatch(fold_case(value)) is not None

    def same(value: Value) -> bool:
        number = _number(value) if isinstance(value, str) else value
        return type(number) is float and same_number(number, wanted)  # type: ignore[arg-type]

    return same


def _ordered(compare: Callable[..., bool], wanted: Value) -> Test:
    if isinstance(wanted, str):
        folded = fold_case(wanted)
        return lambda value: isinstance(value, str) and compare(fold_case(value), folded)
    return lambda value: type(value) is type(wanted) and compare(value, wanted)


def _met(conditions: Sequence[Value | Matrix]) -> tuple[list[bool], int, tuple[int, int]]:
    """For each cell whether it meets all conditions, how many cells beyond the used ones do, and the ranges' shape.

    conditions: range and criterion, in turn. Faults: #VALUE! for ranges of different shape.
    """
    ranges = [as_matrix(argument) for argument in conditions[::2]]
    tests = [criterion(wanted) for wanted in conditions[1::2]]  # type: ignore[arg-type]
    if len({(cells.shape, cells.beyond) for cells in ranges}) != 1:
        raise Fault(CellError.VALUE)
    met = [all(test(value) for test, value in zip(tests, row, strict=True)) for row in zip(*ranges, strict=True)]
    return met, ranges[0].beyond if all(test(None) for test in tests) else 0, ranges[0].shape


def _picked(cells: Value | Matrix, conditions: Sequence[Value | Matrix]) -> Iterator[float]:
    """The numbers among `cells` whose neighbours meet the conditions. Faults: the first error among those cells."""
    met, _, shape = _met(conditions)
    matrix = as_matrix(cells)
    if matrix.shape != shape:
        raise Fault(CellError.VALUE)
    for value, counts in zip(matrix, met, strict=True):
        if counts and isinstance(value, CellError):
            raise Fault(value)
        if counts and type(value) is float:
            yield value


def _like(range_: Value | Matrix, others: Value | Matrix | None) -> Value | Matrix:
    """The range that SUMIF and AVERAGEIF add; Excel takes its size from the first, which we ask to be so."""
    if others is None:
        return range_
    if as_matrix(others).shape != as_matrix(range_).shape:
        raise UnsupportedError(
            "the range to add differs in size from the range of the condition",
            action="give both the same size",
        )
    return others


def _mean(found: list[float]) -> float:
    if not found:
        raise Fault(CellError.DIV0)
    return total(found) / len(found)


@function(
    "COUNTIF(range: range, criterion: value)", Shape.REDUCE, Smoothness.NONE, "How many cells meet a criterion.",
    cases=(('COUNTIF({1,5,7,"x"},">4")', 2), ('COUNTIF({"abc","ABD","x"},"ab*")', 2), ('COUNTIF({1,"1",2},1)', 2),
           ('COUNTIF({"a","b",3},"<>a")', 2), ('COUNTIF({"a?","ab"},"a~?")', 1), ('COUNTIF(A1:B2,"")', 4),
           ('COUNTIF({TRUE,1},TRUE)', 1)),
)  # fmt: skip
def countif(range_: Value | Matrix, wanted: Value) -> float:
    met, beyond, _ = _met((range_, wanted))
    return float(sum(met) + beyond)


@function(
    "COUNTIFS(range: range..., criterion: value...)", Shape.REDUCE, Smoothness.NONE, "How many rows meet all criteria.",
    cases=(('COUNTIFS({1,5,7},">2",{"a","b","a"},"a")', 1), ('COUNTIFS({1,2},1,{1,2,3},1)', CellError.VALUE)),
)  # fmt: skip
def countifs(*conditions: Value | Matrix) -> float:
    met, beyond, _ = _met(conditions)
    return float(sum(met) + beyond)


@function(
    "SUMIF(range: range, criterion: value, [sum_range: range])", Shape.REDUCE, Smoothness.SMOOTH,
    "The sum of the numbers whose neighbours meet a criterion.",
    cases=(('SUMIF({1,5,7},">2")', 12), ('SUMIF({"a","b","a"},"a",{1,2,4})', 5), ('SUMIF({"a","b"},"c",{1,2})', 0)),
)  # fmt: skip
def sumif(range_: Value | Matrix, wanted: Value, sums: Value | Matrix | None = None) -> float:
    return total(_picked(_like(range_, sums), (range_, wanted)))


@function(
    "SUMIFS(sum_range: range, range: range..., criterion: value...)", Shape.REDUCE, Smoothness.SMOOTH,
    "The sum of the numbers whose neighbours meet all criteria.",
    cases=(('SUMIFS({1,2,4},{"a","b","a"},"a",{9,9,1},">5")', 1),),
)  # fmt: skip
def sumifs(sums: Value | Matrix, *conditions: Value | Matrix) -> float:
    return total(_picked(sums, conditions))


@function(
    "AVERAGEIF(range: range, criterion: value, [average_range: range])", Shape.REDUCE, Smoothness.SMOOTH,
    "The mean of the numbers whose neighbours meet a criterion.",
    cases=(('AVERAGEIF({1,5,7},">2")', 6), ('AVERAGEIF({1,2},">5")', CellError.DIV0)),
)  # fmt: skip
def averageif(range_: Value | Matrix, wanted: Value, averages: Value | Matrix | None = None) -> float:
    return _mean(list(_picked(_like(range_, averages), (range_, wanted))))


@function(
    "AVERAGEIFS(average_range: range, range: range..., criterion: value...)", Shape.REDUCE, Smoothness.SMOOTH,
    "The mean of the numbers whose neighbours meet all criteria.",
    cases=(('AVERAGEIFS({1,2,4},{"a","b","a"},"a")', 2.5),),
)  # fmt: skip
def averageifs(averages: Value | Matrix, *conditions: Value | Matrix) -> float:
    return _mean(list(_picked(averages, conditions)))


@function(
    "MAXIFS(max_range: range, range: range..., criterion: value...)", Shape.REDUCE, Smoothness.PIECEWISE,
    "The largest number whose neighbours meet all criteria; 0 where there is none.",
    subgradient="entries that tie share it equally", cases=(('MAXIFS({1,9,4},{"a","b","a"},"a")', 4),),
)  # fmt: skip
def maxifs(values: Value | Matrix, *conditions: Value | Matrix) -> float:
    return max(_picked(values, conditions), default=0.0)


@function(
    "MINIFS(min_range: range, range: range..., criterion: value...)", Shape.REDUCE, Smoothness.PIECEWISE,
    "The smallest number whose neighbours meet all criteria; 0 where there is none.",
    subgradient="entries that tie share it equally", cases=(('MINIFS({3,1,4},{"a","b","a"},"a")', 3),),
)  # fmt: skip
def minifs(values: Value | Matrix, *conditions: Value | Matrix) -> float:
    return min(_picked(values, conditions), default=0.0)
