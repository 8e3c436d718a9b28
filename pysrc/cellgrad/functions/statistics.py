"""Aggregates: of ranges and arrays the numbers alone count, direct arguments are coerced."""

from __future__ import annotations

import math

from cellgrad.functions.operands import Fault, Matrix, finite, numbers, text_to_number, total
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_TIES = "entries that tie share it equally"


@function(
    "SUM(number: range...)", Shape.REDUCE, Smoothness.SMOOTH, "The sum.",
    cases=(("SUM(1,2,3)", 6), ('SUM("3",TRUE)', 4), ('SUM({"3",TRUE,2})', 2), ('SUM("abc")', CellError.VALUE),
           ("SUM(1,,2)", 3), ("SUM({1,#N/A,#REF!})", CellError.NA)),
)  # fmt: skip
def sum_(*arguments: Value | Matrix) -> float:
    return total(numbers(arguments))


@function(
    "SUMSQ(number: range...)", Shape.REDUCE, Smoothness.SMOOTH, "The sum of the squares.",
    cases=(("SUMSQ(3,4)", 25), ('SUMSQ({3,"x",4})', 25), ("SUMSQ(1E200)", CellError.NUM)),
)  # fmt: skip
def sumsq(*arguments: Value | Matrix) -> float:
    return total(finite(number * number) for number in numbers(arguments))


@function(
    "PRODUCT(number: range...)", Shape.REDUCE, Smoothness.SMOOTH, "The product; 0 where there is no number.",
    cases=(("PRODUCT(2,3,4)", 24), ('PRODUCT({2,"x",3})', 6), ('PRODUCT({"x"})', 0)),
)  # fmt: skip
def product(*arguments: Value | Matrix) -> float:
    factors = list(numbers(arguments))
    return finite(math.prod(factors)) if factors else 0.0


@function(
    "AVERAGE(number: range...)", Shape.REDUCE, Smoothness.SMOOTH, "The mean; #DIV/0! where there is no number.",
    cases=(("AVERAGE(1,2,6)", 3), ('AVERAGE({1,"x",3})', 2), ('AVERAGE({"x"})', CellError.DIV0),
           ('AVERAGE("x")', CellError.VALUE), ("AVERAGE(1,TRUE,4)", 2)),
)  # fmt: skip
def average(*arguments: Value | Matrix) -> float:
    found = list(numbers(arguments))
    if not found:
        raise Fault(CellError.DIV0)
    return total(found) / len(found)


@function(
    "MAX(number: range...)", Shape.REDUCE, Smoothness.PIECEWISE, "The largest; 0 where there is no number.",
    subgradient=_TIES,
    cases=(("MAX(1,5,3)", 5), ('MAX({"x"})', 0), ("MAX(-1,TRUE)", 1), ("MAX(-1,,-2)", 0), ("MAX({TRUE,-3})", -3)),
)  # fmt: skip
def max_(*arguments: Value | Matrix) -> float:
    return max(numbers(arguments), default=0.0)


@function(
    "MIN(number: range...)", Shape.REDUCE, Smoothness.PIECEWISE, "The smallest; 0 where there is no number.",
    subgradient=_TIES,
    cases=(("MIN(4,5,3)", 3), ('MIN({"x"})', 0), ('MIN("2",7)', 2)),
)  # fmt: skip
def min_(*arguments: Value | Matrix) -> float:
    return min(numbers(arguments), default=0.0)


@function(
    "COUNT(value: range...)", Shape.REDUCE, Smoothness.NONE,
    "How many numbers; errors are not counted, and of direct arguments everything that can be read as one is.",
    cases=(("COUNT(1,2)", 2), ('COUNT("1","a",TRUE)', 2), ('COUNT({1,"1",TRUE,#N/A})', 1), ("COUNT(1,,2)", 3),
           ("COUNT(1/0)", 0)),
)  # fmt: skip
def count(*arguments: Value | Matrix) -> float:
    found = 0
    for argument in arguments:
        if isinstance(argument, Matrix):
            found += sum(type(value) is float for value in argument)
        elif isinstance(argument, str):
            found += _reads_as_number(argument)
        else:
            found += not isinstance(argument, CellError)
    return float(found)


def _reads_as_number(text: str) -> bool:
    try:
        text_to_number(text)
    except Fault:
        return False
    return True


@function(
    "COUNTA(value: range...)", Shape.REDUCE, Smoothness.NONE, "How many values that are not blank.",
    cases=(('COUNTA(1,"",TRUE,#N/A)', 4), ('COUNTA({1,"",#N/A})', 3)),
)  # fmt: skip
def counta(*arguments: Value | Matrix) -> float:
    return float(
        sum(
            sum(value is not None for value in argument) if isinstance(argument, Matrix) else 1
            for argument in arguments
        )
    )


@function(
    "COUNTBLANK(range: range)", Shape.REDUCE, Smoothness.NONE, 'How many blanks and texts "".',
    cases=(("COUNTBLANK(A1:B3)", 6), ("COUNTBLANK(A:A)", 1048576)),
)  # fmt: skip
def countblank(cells: Value | Matrix) -> float:
    if not isinstance(cells, Matrix):
        raise Fault(CellError.VALUE)
    return float(cells.beyond + sum(value is None or value == "" for value in cells))
