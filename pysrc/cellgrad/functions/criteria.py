"""Counting and adding by criteria: COUNTIF, SUMIF, AVERAGEIF and their kin with several conditions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellgrad.errors import UnsupportedError
from cellgrad.functions.criteria_index import Criterion, cells_of, meeting_all, meets
from cellgrad.functions.criteria_text import wildcards
from cellgrad.functions.operands import Fault, Matrix, as_matrix, total
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

__all__ = ["wildcards"]


def _range(argument: Value | Matrix) -> Matrix:
    """A range of cells. Faults: an error in its place, such as the #REF! of cells that have been deleted."""
    if isinstance(argument, CellError):
        raise Fault(argument)
    return as_matrix(argument)


def _met(conditions: Sequence[Value | Matrix]) -> tuple[np.ndarray, int, tuple[int, int]]:
    """The places that meet all conditions, how many cells beyond the used ones do, and the ranges' shape.

    conditions: range and criterion, in turn. Faults: #VALUE! for ranges of different shape.
    """
    ranges = [_range(argument) for argument in conditions[::2]]
    criteria = [Criterion.of(wanted) for wanted in conditions[1::2]]  # type: ignore[arg-type]
    if len({(cells.shape, cells.beyond) for cells in ranges}) != 1:
        raise Fault(CellError.VALUE)
    found = meeting_all([cells_of(cells) for cells in ranges], criteria)
    beyond = ranges[0].beyond if ranges[0].beyond and all(meets(c, None) for c in criteria) else 0
    return found, beyond, ranges[0].shape


def _picked(cells: Value | Matrix, conditions: Sequence[Value | Matrix]) -> list[float]:
    """The numbers among `cells` whose neighbours meet the conditions. Faults: the first error among those cells."""
    matrix = _range(cells)
    places, _, shape = _met(conditions)
    if matrix.shape != shape:
        raise Fault(CellError.VALUE)
    values = cells_of(matrix).values
    picked: list[float] = []
    for place in places.tolist():
        value = values[place]
        if type(value) is float:
            picked.append(value)
        elif isinstance(value, CellError):
            raise Fault(value)
    return picked


def _like(range_: Value | Matrix, others: Value | Matrix | None) -> Value | Matrix:
    """The range that SUMIF and AVERAGEIF add. Binding gives a plain reference the size of the first, as Excel does."""
    if others is None:
        return range_
    if _range(others).shape != as_matrix(range_).shape:
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
    "COUNTIF(range: range, criterion: value)", Shape.REDUCE, Smoothness.STEP, "How many cells meet a criterion.",
    cases=(('COUNTIF({1,5,7,"x"},">4")', 2), ('COUNTIF({"abc","ABD","x"},"ab*")', 2), ('COUNTIF({1,"1",2},1)', 2),
           ('COUNTIF({"a","b",3},"<>a")', 2), ('COUNTIF({"a?","ab"},"a~?")', 1), ('COUNTIF(A1:B2,"")', 4),
           ('COUNTIF({TRUE,1},TRUE)', 1),
           # as Excel stores them
           ('COUNTIF({23,"23",TRUE,"x"},23)', 2), ('COUNTIF({23,"23",TRUE,"x"},"<>23")', 3),
           ('COUNTIF({23,"x",TRUE},">=")', 0), ('COUNTIF({23,"x",TRUE},"<")', 0)),
)  # fmt: skip
def countif(range_: Value | Matrix, wanted: Value) -> float:
    met, beyond, _ = _met((range_, wanted))
    return float(len(met) + beyond)


@function(
    "COUNTIFS(range: range..., criterion: value...)", Shape.REDUCE, Smoothness.STEP, "How many rows meet all criteria.",
    cases=(('COUNTIFS({1,5,7},">2",{"a","b","a"},"a")', 1), ('COUNTIFS({1,2},1,{1,2,3},1)', CellError.VALUE)),
)  # fmt: skip
def countifs(*conditions: Value | Matrix) -> float:
    met, beyond, _ = _met(conditions)
    return float(len(met) + beyond)


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
    return _mean(_picked(_like(range_, averages), (range_, wanted)))


@function(
    "AVERAGEIFS(average_range: range, range: range..., criterion: value...)", Shape.REDUCE, Smoothness.SMOOTH,
    "The mean of the numbers whose neighbours meet all criteria.",
    cases=(('AVERAGEIFS({1,2,4},{"a","b","a"},"a")', 2.5),),
)  # fmt: skip
def averageifs(averages: Value | Matrix, *conditions: Value | Matrix) -> float:
    return _mean(_picked(averages, conditions))


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
