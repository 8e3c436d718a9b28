"""Angles: the circular and hyperbolic functions and their inverses."""

from __future__ import annotations

import math
from collections.abc import Callable

from cellgrad.functions.operands import Fault, finite
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError


def _register(
    name: str,
    compute: Callable[[float], float],
    domain: Callable[[float], bool],
    summary: str,
    *cases: tuple[str, object],
) -> None:
    """One-number functions that are smooth on their domain and #NUM! outside it, or where the result overflows."""

    def value(number: float) -> float:
        if not domain(number):
            raise Fault(CellError.NUM)
        try:
            return finite(compute(number))
        except OverflowError:  # sinh and cosh beyond the largest double
            raise Fault(CellError.NUM) from None

    function(f"{name}(number: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH, summary, cases=cases)(value)


def _everywhere(number: float) -> bool:
    return True


def _unit(number: float) -> bool:
    return -1 <= number <= 1


_register("SIN", math.sin, _everywhere, "The sine of an angle in radians.", ("SIN(0)", 0), ("SIN(PI()/2)", 1))
_register("COS", math.cos, _everywhere, "The cosine of an angle in radians.", ("COS(0)", 1), ("COS(PI())", -1))
_register("TAN", math.tan, _everywhere, "The tangent of an angle in radians.", ("TAN(0)", 0))
_register("ASIN", math.asin, _unit, "The angle of a sine.", ("ASIN(1)", math.pi / 2), ("ASIN(2)", CellError.NUM))
_register("ACOS", math.acos, _unit, "The angle of a cosine.", ("ACOS(-1)", math.pi), ("ACOS(-1.1)", CellError.NUM))
_register("ATAN", math.atan, _everywhere, "The angle of a tangent.", ("ATAN(1)", math.pi / 4))
_register("SINH", math.sinh, _everywhere, "The hyperbolic sine.", ("SINH(0)", 0), ("SINH(711)", CellError.NUM))
_register("COSH", math.cosh, _everywhere, "The hyperbolic cosine.", ("COSH(0)", 1), ("COSH(-711)", CellError.NUM))
_register("TANH", math.tanh, _everywhere, "The hyperbolic tangent.", ("TANH(0)", 0), ("TANH(1000)", 1))
_register("ASINH", math.asinh, _everywhere, "The inverse hyperbolic sine.", ("ASINH(0)", 0))
_register(
    "ACOSH", math.acosh, lambda number: number >= 1, "The inverse hyperbolic cosine.",
    ("ACOSH(1)", 0), ("ACOSH(0.9)", CellError.NUM),
)  # fmt: skip
_register(
    "ATANH", math.atanh, lambda number: -1 < number < 1, "The inverse hyperbolic tangent.",
    ("ATANH(0)", 0), ("ATANH(1)", CellError.NUM),
)  # fmt: skip
_register("DEGREES", math.degrees, _everywhere, "Radians as degrees.", ("DEGREES(PI())", 180))
_register("RADIANS", math.radians, _everywhere, "Degrees as radians.", ("RADIANS(180)", math.pi))


_LIMIT = 2.0**27
"""From here on Excel answers #NUM! for COT, SEC and CSC, as its pages say."""


def _reciprocal(compute: Callable[[float], float], limit: float = math.inf) -> Callable[[float], float]:
    """1 / compute(number). Faults: #DIV/0! where that is 0; 0 where it overflows."""

    def value(number: float) -> float:
        if abs(number) >= limit:
            raise Fault(CellError.NUM)
        try:
            under = compute(number)
        except OverflowError:
            return 0.0
        if under == 0:
            raise Fault(CellError.DIV0)
        return 1 / under

    return value


def _acot(number: float) -> float:
    """The angle of a cotangent, between 0 and pi."""
    return math.pi / 2 - math.atan(number)


_register("COT", _reciprocal(math.tan, _LIMIT), _everywhere, "The cotangent of an angle in radians.",
          ("COT(PI()/4)", 1), ("COT(0)", CellError.DIV0), ("COT(2^27)", CellError.NUM))  # fmt: skip
_register("SEC", _reciprocal(math.cos, _LIMIT), _everywhere, "The secant of an angle in radians.",
          ("SEC(0)", 1), ("SEC(PI()/3)", 2), ("SEC(2^27)", CellError.NUM))  # fmt: skip
_register("CSC", _reciprocal(math.sin, _LIMIT), _everywhere, "The cosecant of an angle in radians.",
          ("CSC(PI()/2)", 1), ("CSC(0)", CellError.DIV0), ("CSC(2^27)", CellError.NUM))  # fmt: skip
_register("COTH", _reciprocal(math.tanh), _everywhere, "The hyperbolic cotangent.",
          ("COTH(2)", 1 / math.tanh(2)), ("COTH(0)", CellError.DIV0), ("COTH(1000)", 1))  # fmt: skip
_register("SECH", _reciprocal(math.cosh), _everywhere, "The hyperbolic secant.",
          ("SECH(0)", 1), ("SECH(1)", 1 / math.cosh(1)), ("SECH(1000)", 0))  # fmt: skip
_register("CSCH", _reciprocal(math.sinh), _everywhere, "The hyperbolic cosecant.",
          ("CSCH(1)", 1 / math.sinh(1)), ("CSCH(0)", CellError.DIV0), ("CSCH(1000)", 0))  # fmt: skip
_register("ACOT", _acot, _everywhere, "The angle of a cotangent, between 0 and pi.",
          ("ACOT(1)", math.pi / 4), ("ACOT(0)", math.pi / 2), ("ACOT(-1)", 3 * math.pi / 4))  # fmt: skip
_register(
    "ACOTH", lambda number: math.atanh(1 / number), lambda number: abs(number) > 1, "The inverse hyperbolic cotangent.",
    ("ACOTH(6)", math.atanh(1 / 6)), ("ACOTH(1)", CellError.NUM), ("ACOTH(0.5)", CellError.NUM),
)  # fmt: skip


@function(
    "ATAN2(x: number, y: number)", Shape.ELEMENTWISE, Smoothness.SMOOTH,
    "The angle of the point (x, y), x first; #DIV/0! at the origin.",
    cases=(("ATAN2(1,1)", math.pi / 4), ("ATAN2(-1,0)", math.pi), ("ATAN2(0,1)", math.pi / 2),
           ("ATAN2(0,0)", CellError.DIV0)),
)  # fmt: skip
def atan2(x: float, y: float) -> float:
    if x == 0 and y == 0:
        raise Fault(CellError.DIV0)
    return math.atan2(y, x)
