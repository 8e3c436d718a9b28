"""The operators of arithmetic, text and comparison.

Those that make references (``:``, union, intersection, ``@``, ``#``) are the evaluator's own: they work on areas.
"""

from __future__ import annotations

import math

from cellgrad.functions.operands import Fault, compare, finite
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_PAGE = "Calculation operators and precedence in Excel"
_MOST_CHARACTERS = 32767


@function(
    "+(left: number, right: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "The sum.", source=_PAGE,
    cases=(("1+2", 3), ('"3"+1', 4), ('"abc"+1', CellError.VALUE), ('""+1', CellError.VALUE), ("TRUE+TRUE", 2),
           ("1E308+1E308", CellError.NUM), ("#N/A+1/0", CellError.NA), ("1/0+#N/A", CellError.DIV0),
           ('" 1,234.5 "+0', 1234.5), ('"50%"+0', 0.5), ('"1e3"+0', 1000), ('"(3)"+0', -3), ('"$3"+0', 3)),
)  # fmt: skip
def add(left: float, right: float) -> float:
    return finite(left + right)


@function(
    "-(left: number, right: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "The difference.", source=_PAGE,
    cases=(("1-2", -1), ("5-2-1", 2), ("{1,2,3}-1", 0)),
)  # fmt: skip
def subtract(left: float, right: float) -> float:
    return finite(left - right)


@function(
    "*(left: number, right: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "The product.", source=_PAGE,
    cases=(("3*4", 12), ("TRUE*3", 3), ("1E200*1E200", CellError.NUM), ("SUM({1,2,3}*{1;10})", 66)),
)  # fmt: skip
def multiply(left: float, right: float) -> float:
    return finite(left * right)


@function(
    "/(left: number, right: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "The quotient; #DIV/0! by zero.",
    source=_PAGE,
    cases=(("1/4", 0.25), ("1/0", CellError.DIV0), ("0/0", CellError.DIV0), ("8/4/2", 1)),
)  # fmt: skip
def divide(left: float, right: float) -> float:
    if right == 0:
        raise Fault(CellError.DIV0)
    return finite(left / right)


def is_odd_root(exponent: float) -> bool:
    """Whether an exponent is 1/3, 1/5 and on, or the negative of one: to these Excel raises negative numbers, too."""
    if not 1e-9 < abs(exponent) < 1:
        return False
    root = round(1 / exponent)
    return root % 2 == 1 and 1 / root == exponent


@function(
    "^(base: number, exponent: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH,
    "The base to a power; #NUM! for 0^0 and a fractional power, but an odd root, of a negative.", source=_PAGE,
    cases=(("2^3^2", 64), ("-2^2", 4), ("2^-1", 0.5), ("0^0", CellError.NUM), ("0^-1", CellError.DIV0),
           ("(-8)^(1/2)", CellError.NUM), ("(-8)^(2/3)", CellError.NUM), ("(-8)^(-1/3)", -0.5),
           ("(-8)^(1/3)", -2),  # as Excel stores it, up to its last digit
           ("(-2)^3", -8), ("10^309", CellError.NUM), ("10^-400", 0), ("4^50%", 2)),
)  # fmt: skip
def raise_to(base: float, exponent: float) -> float:
    if base == 0 and exponent <= 0:
        raise Fault(CellError.NUM if exponent == 0 else CellError.DIV0)
    if base < 0 and not exponent.is_integer():
        if not is_odd_root(exponent):
            raise Fault(CellError.NUM)
        return -raise_to(-base, exponent)
    try:
        return finite(math.pow(base, exponent))
    except OverflowError:  # math.pow's word for a result beyond the largest double
        raise Fault(CellError.NUM) from None


@function(
    "%(number: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "A hundredth.", source=_PAGE,
    cases=(("50%", 0.5), ("200%%", 0.02), ('"5"%', 0.05)),
)  # fmt: skip
def percent(number: float) -> float:
    return number / 100


@function(
    "unary -(number: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "The negative.", source=_PAGE,
    cases=(('-"3"', -3), ("--TRUE", 1), ("-#N/A", CellError.NA)),
)  # fmt: skip
def negate(number: float) -> float:
    return finite(-number)


@function(
    "unary +(value: value)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "The value itself, whatever its type.",
    source=_PAGE, cases=(("+3", 3), ('+"abc"', "abc"), ("+TRUE", True)),
)  # fmt: skip
def plus(value: Value) -> Value:
    return value


@function(
    "&(left: text, right: text)", Shape.ELEMENTWISE, Smoothness.NONE,
    "Two texts as one; numbers in the General format, at most 15 digits.", source=_PAGE,
    cases=(('"a"&"b"', "ab"), ("1&2", "12"), ('1/3&""', "0.333333333333333"), ('TRUE&""', "TRUE"),
           ('100000000000000000000&""', "1E+20"), ('0.00001&""', "0.00001"), ('-1.5&"x"', "-1.5x"),
           ('1/0&""', CellError.DIV0), ('0.1+0.2&""', "0.3"), ('1E-20/3&""', "3.33333333333333E-21")),
)  # fmt: skip
def join(left: str, right: str) -> str:
    if len(left) + len(right) > _MOST_CHARACTERS:
        raise Fault(CellError.VALUE)
    return left + right


@function(
    "=(left: value, right: value)", Shape.ELEMENTWISE, Smoothness.STEP, "Whether two values are equal.", source=_PAGE,
    cases=(('"abc"="ABC"', True), ("1=1", True), ('1="1"', False), ("TRUE=1", False), ("0.1+0.2=0.3", True),
           ("#N/A=#N/A", CellError.NA), ('""=0', False)),
)  # fmt: skip
def equal(left: Value, right: Value) -> bool:
    return compare(left, right) == 0


@function(
    "<>(left: value, right: value)", Shape.ELEMENTWISE, Smoothness.STEP, "Whether two values differ.", source=_PAGE,
    cases=(("1<>2", True), ('"a"<>"A"', False), ('1<>"1"', True)),
)  # fmt: skip
def differ(left: Value, right: Value) -> bool:
    return compare(left, right) != 0


@function(
    "<(left: value, right: value)", Shape.ELEMENTWISE, Smoothness.STEP,
    "Whether the left value comes before the right: numbers, then texts, then booleans.", source=_PAGE,
    cases=(("1<2", True), ('9E99<""', True), ('"z"<FALSE', True), ("FALSE<TRUE", True), ('"a"<"B"', True),
           ("0.3<0.1+0.2", False)),
)  # fmt: skip
def less(left: Value, right: Value) -> bool:
    return compare(left, right) < 0


@function(
    "<=(left: value, right: value)", Shape.ELEMENTWISE, Smoothness.STEP, "Not after.", source=_PAGE,
    cases=(("1<=1", True), ("2<=1", False)),
)  # fmt: skip
def at_most(left: Value, right: Value) -> bool:
    return compare(left, right) <= 0


@function(
    ">(left: value, right: value)", Shape.ELEMENTWISE, Smoothness.STEP, "Whether the left value comes after.",
    source=_PAGE, cases=(("2>1", True), ('""> 5', True), ("TRUE>1E300", True)),
)  # fmt: skip
def greater(left: Value, right: Value) -> bool:
    return compare(left, right) > 0


@function(
    ">=(left: value, right: value)", Shape.ELEMENTWISE, Smoothness.STEP, "Not before.", source=_PAGE,
    cases=(("1>=1", True), ("0.1+0.2>=0.3", True), ("1>=2", False)),
)  # fmt: skip
def at_least(left: Value, right: Value) -> bool:
    return compare(left, right) >= 0
