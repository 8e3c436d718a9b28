"""Angles: the circular and hyperbolic functions and their inverses."""

from __future__ import annotations

import math
from collections.abc import Callable

from cellgrad.functions.operands import Fault
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
            return compute(number)
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
