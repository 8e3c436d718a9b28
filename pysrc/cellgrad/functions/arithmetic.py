"""Powers, logarithms, rounding and remainders; and chance, whose cached value is data."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from cellgrad.functions.operands import Fault, finite
from cellgrad.functions.operators import raise_to
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError


@function(
    "ABS(number: number)", Shape.ELEMENTWISE, Smoothness.PIECEWISE, "The absolute value.", subgradient="0 at 0",
    cases=(("ABS(-3)", 3), ("ABS(0)", 0), ('ABS("-2")', 2)),
)  # fmt: skip
def absolute(number: float) -> float:
    return abs(number)


@function(
    "SIGN(number: number)", Shape.ELEMENTWISE, Smoothness.STEP, "-1, 0 or 1.",
    cases=(("SIGN(-2.5)", -1), ("SIGN(0)", 0), ("SIGN(9)", 1)),
)  # fmt: skip
def sign(number: float) -> float:
    return float((number > 0) - (number < 0))


@function(
    "EXP(number: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "e to a power; #NUM! on overflow.",
    cases=(("EXP(0)", 1), ("EXP(1)", math.e), ("EXP(710)", CellError.NUM), ("EXP(-800)", 0)),
)  # fmt: skip
def exp(number: float) -> float:
    try:
        return math.exp(number)
    except OverflowError:  # beyond the largest double
        raise Fault(CellError.NUM) from None


@function(
    "LN(number: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "The natural logarithm; #NUM! at 0 and below.",
    cases=(("LN(1)", 0), ("LN(0)", CellError.NUM), ("LN(-1)", CellError.NUM)),
)  # fmt: skip
def ln(number: float) -> float:
    if number <= 0:
        raise Fault(CellError.NUM)
    return math.log(number)


@function(
    "LOG(number: number, [base: number])", Shape.ELEMENTWISE, Smoothness.SMOOTH,
    "The logarithm to a base, 10 where none is given.",
    cases=(("LOG(1000)", 3), ("LOG(8,2)", 3), ("LOG(8,1)", CellError.DIV0), ("LOG(8,)", CellError.NUM),
           ("LOG(0)", CellError.NUM), ("LOG(8,-2)", CellError.NUM)),
)  # fmt: skip
def log(number: float, base: float = 10.0) -> float:
    if number <= 0 or base <= 0:
        raise Fault(CellError.NUM)
    if base == 1:
        raise Fault(CellError.DIV0)
    if base == 10:
        return math.log10(number)
    return math.log2(number) if base == 2 else math.log(number) / math.log(base)


@function(
    "LOG10(number: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "The logarithm to base 10.",
    cases=(("LOG10(0.001)", -3), ("LOG10(0)", CellError.NUM)),
)  # fmt: skip
def log10(number: float) -> float:
    if number <= 0:
        raise Fault(CellError.NUM)
    return math.log10(number)


@function(
    "SQRT(number: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "The square root; #NUM! below 0.",
    cases=(("SQRT(9)", 3), ("SQRT(0)", 0), ("SQRT(-1)", CellError.NUM)),
)  # fmt: skip
def sqrt(number: float) -> float:
    if number < 0:
        raise Fault(CellError.NUM)
    return math.sqrt(number)


@function(
    "POWER(base: number, exponent: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "The base to a power, as ^.",
    cases=(("POWER(2,10)", 1024), ("POWER(0,0)", CellError.NUM), ("POWER(0,-2)", CellError.DIV0),
           ("POWER(-1,0.5)", CellError.NUM)),
)  # fmt: skip
def power(base: float, exponent: float) -> float:
    return raise_to(base, exponent)


@function("PI()", Shape.REDUCE, Smoothness.NONE, "The number pi.", cases=(("PI()", math.pi),))
def pi() -> float:
    return math.pi


# ---------------------------------------------------------------- rounding


def _rounded(number: float, digits: float, mode: str) -> float:
    """Rounded at a decimal place, on the 15 significant digits that Excel shows (so that 2.675 rounds to 2.68)."""
    places = int(digits)
    if number == 0:
        return 0.0
    shown = Decimal(f"{number:.14e}")
    if places >= 14 - shown.adjusted():
        return number  # the place lies beyond the digits shown
    if places < -shown.adjusted() - 1 and mode != ROUND_UP:
        return 0.0
    if places < -308:
        raise Fault(CellError.NUM)
    return finite(float(shown.quantize(Decimal(1).scaleb(-places), rounding=mode)))


@function(
    "ROUND(number: number, digits: number)", Shape.ELEMENTWISE, Smoothness.STEP,
    "Rounded at a decimal place, halves away from zero.",
    cases=(("ROUND(2.5,0)", 3), ("ROUND(-2.5,0)", -3), ("ROUND(2.675,2)", 2.68), ("ROUND(1.005,2)", 1.01),
           ("ROUND(1250,-2)", 1300), ("ROUND(49,-2)", 0), ("ROUND(50,-2)", 100), ("ROUND(2.5,)", 3),
           ("ROUND(1/3,15)", 0.333333333333333), ("ROUND(1.25,1.9)", 1.3)),
)  # fmt: skip
def round_(number: float, digits: float) -> float:
    return _rounded(number, digits, ROUND_HALF_UP)


@function(
    "ROUNDUP(number: number, digits: number)", Shape.ELEMENTWISE, Smoothness.STEP, "Rounded away from zero.",
    cases=(("ROUNDUP(2.1,0)", 3), ("ROUNDUP(-2.1,0)", -3), ("ROUNDUP(31415.92,-2)", 31500), ("ROUNDUP(5,-2)", 100)),
)  # fmt: skip
def round_up(number: float, digits: float) -> float:
    return _rounded(number, digits, ROUND_UP)


@function(
    "ROUNDDOWN(number: number, digits: number)", Shape.ELEMENTWISE, Smoothness.STEP, "Rounded toward zero.",
    cases=(("ROUNDDOWN(2.9,0)", 2), ("ROUNDDOWN(-2.9,0)", -2), ("ROUNDDOWN(31415.92,-2)", 31400)),
)  # fmt: skip
def round_down(number: float, digits: float) -> float:
    return _rounded(number, digits, ROUND_DOWN)


@function(
    "TRUNC(number: number, [digits: number])", Shape.ELEMENTWISE, Smoothness.STEP, "Cut off at a decimal place.",
    cases=(("TRUNC(8.9)", 8), ("TRUNC(-8.9)", -8), ("TRUNC(3.14159,2)", 3.14)),
)  # fmt: skip
def truncate(number: float, digits: float = 0.0) -> float:
    return _rounded(number, digits, ROUND_DOWN)


@function(
    "INT(number: number)", Shape.ELEMENTWISE, Smoothness.STEP, "The next lower whole number.",
    cases=(("INT(8.9)", 8), ("INT(-8.9)", -9), ("INT(-3)", -3)),
)  # fmt: skip
def int_(number: float) -> float:
    return float(math.floor(number))


@function(
    "MOD(number: number, divisor: number)", Shape.ELEMENTWISE, Smoothness.PIECEWISE,
    "The remainder, with the divisor's sign: n - d*INT(n/d).", subgradient="1 in n and -INT(n/d) in d, also at a jump",
    cases=(("MOD(3,2)", 1), ("MOD(-3,2)", 1), ("MOD(3,-2)", -1), ("MOD(-3,-2)", -1), ("MOD(3,0)", CellError.DIV0),
           ("MOD(5.5,2)", 1.5),
           # as Excel stores them: the exact remainder
           ("MOD(5,1E-10)", 9.999981783901343e-11), ("MOD(10.0000000001,0.1)", 9.999945316252479e-11)),
)  # fmt: skip
def mod(number: float, divisor: float) -> float:
    if divisor == 0:
        raise Fault(CellError.DIV0)
    finite(number / divisor)
    rest = math.fmod(number, divisor)
    return rest + divisor if rest and (rest < 0) != (divisor < 0) else rest + 0.0


# ---------------------------------------------------------------- multiples and whole numbers


def _multiple(number: float, significance: float, to_whole: Callable[[float], int]) -> float:
    """The next multiple by `to_whole`, on the 15 digits shown, so that 2.3 / 0.1 counts as 23."""
    return finite(to_whole(float(f"{finite(number / significance):.14e}")) * significance)


@function(
    "CEILING(number: number, significance: number)", Shape.ELEMENTWISE, Smoothness.STEP,
    "The next multiple, away from zero where both are negative; #NUM! for a positive number and a negative multiple.",
    cases=(("CEILING(2.5,1)", 3), ("CEILING(-2.5,-2)", -4), ("CEILING(-2.5,2)", -2), ("CEILING(2.5,-2)", CellError.NUM),
           ("CEILING(0.234,0.01)", 0.24), ("CEILING(3,0)", 0), ("CEILING(2.3,0.1)", 2.3)),
)  # fmt: skip
def ceiling(number: float, significance: float) -> float:
    if number == 0 or significance == 0:
        return 0.0
    if number > 0 > significance:
        raise Fault(CellError.NUM)
    return _multiple(number, significance, math.ceil)


@function(
    "FLOOR(number: number, significance: number)", Shape.ELEMENTWISE, Smoothness.STEP,
    "The multiple before, toward zero where both are negative; #NUM! for a positive number and a negative multiple.",
    cases=(("FLOOR(3.7,2)", 2), ("FLOOR(-2.5,-2)", -2), ("FLOOR(-2.5,2)", -4), ("FLOOR(2.5,-2)", CellError.NUM),
           ("FLOOR(1.58,0.1)", 1.5), ("FLOOR(1,0)", CellError.DIV0), ("FLOOR(0,0)", 0)),
)  # fmt: skip
def floor(number: float, significance: float) -> float:
    if number == 0:
        return 0.0
    if significance == 0:
        raise Fault(CellError.DIV0)
    if number > 0 > significance:
        raise Fault(CellError.NUM)
    return _multiple(number, significance, math.floor)


@function(
    "EVEN(number: number)", Shape.ELEMENTWISE, Smoothness.STEP, "The next even number away from zero.",
    cases=(("EVEN(1.5)", 2), ("EVEN(3)", 4), ("EVEN(-1)", -2), ("EVEN(0)", 0)),
)  # fmt: skip
def even(number: float) -> float:
    return math.copysign(math.ceil(abs(number) / 2) * 2, number) + 0.0


@function(
    "ODD(number: number)", Shape.ELEMENTWISE, Smoothness.STEP, "The next odd number away from zero.",
    cases=(("ODD(1.5)", 3), ("ODD(2)", 3), ("ODD(-2)", -3), ("ODD(0)", 1)),
)  # fmt: skip
def odd(number: float) -> float:
    return math.copysign(math.ceil((abs(number) + 1) / 2) * 2 - 1, number)


@function(
    "QUOTIENT(number: number!, divisor: number!)", Shape.ELEMENTWISE, Smoothness.STEP, "The whole part of a quotient.",
    cases=(("QUOTIENT(7,2)", 3), ("QUOTIENT(-7,2)", -3), ("QUOTIENT(1,0)", CellError.DIV0),
           ("QUOTIENT(TRUE,TRUE)", CellError.VALUE)),  # the last as Excel stores it
)  # fmt: skip
def quotient(number: float, divisor: float) -> float:
    if divisor == 0:
        raise Fault(CellError.DIV0)
    return _multiple(number / divisor, 1.0, math.trunc)


@function(
    "FACT(number: number)", Shape.ELEMENTWISE, Smoothness.STEP, "The factorial.",
    cases=(("FACT(5)", 120), ("FACT(0)", 1), ("FACT(1.9)", 1), ("FACT(-1)", CellError.NUM),
           ("FACT(171)", CellError.NUM)),
)  # fmt: skip
def fact(number: float) -> float:
    if not 0 <= number < 171:
        raise Fault(CellError.NUM)
    return float(math.factorial(int(number)))


@function(
    "SQRTPI(number: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, "The square root of a number times pi.",
    cases=(("SQRTPI(1)", math.sqrt(math.pi)), ("SQRTPI(-1)", CellError.NUM)),
)  # fmt: skip
def sqrtpi(number: float) -> float:
    if number < 0:
        raise Fault(CellError.NUM)
    return math.sqrt(finite(number * math.pi))


# ---------------------------------------------------------------- chance


def _cached_value_is_data() -> float:
    raise TypeError("a volatile function is never computed: the cell's cached value is data")


@function("RAND()", Shape.REDUCE, Smoothness.NONE, "A number from 0 to 1, by chance.", volatile=True)
def rand() -> float:
    return _cached_value_is_data()


@function(
    "RANDBETWEEN(bottom: number, top: number)", Shape.ELEMENTWISE, Smoothness.NONE, "A whole number, by chance.",
    volatile=True,
)  # fmt: skip
def randbetween(bottom: float, top: float) -> float:
    return _cached_value_is_data()
