"""Pairs of numbers: correlation, covariance and the straight line through them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from cellgrad.functions.expected import Shown
from cellgrad.functions.operands import Fault, Matrix, finite, total
from cellgrad.functions.registry import Shape
from cellgrad.functions.spellings import registered
from cellgrad.values import CellError


class Pairs(NamedTuple):
    """Pairs of numbers in sums: how many, the means, and the sums of squared and mixed deviations."""

    size: int
    mean_x: float
    mean_y: float
    xx: float
    yy: float
    xy: float


def paired(x: Matrix, y: Matrix, empty: CellError) -> Pairs:
    """The pairs of which both are numbers. Faults: #N/A for arrays of different sizes, `empty` for no pair."""
    if x.height * x.width != y.height * y.width:
        raise Fault(CellError.NA)
    xs, ys = [], []
    for a, b in zip(x, y, strict=True):
        for value in (a, b):
            if isinstance(value, CellError):
                raise Fault(value)
        if type(a) is float and type(b) is float:
            xs.append(a)
            ys.append(b)
    if not xs:
        raise Fault(empty)
    n = len(xs)
    mean_x, mean_y = total(xs) / n, total(ys) / n
    dx, dy = [a - mean_x for a in xs], [b - mean_y for b in ys]
    xx, yy, xy = (total(finite(a * b) for a, b in zip(p, q, strict=True)) for p, q in ((dx, dx), (dy, dy), (dx, dy)))
    return Pairs(n, mean_x, mean_y, xx, yy, xy)


def _divided(a: float, b: float) -> float:
    if b == 0:
        raise Fault(CellError.DIV0)
    return a / b


def correlation(p: Pairs) -> float:
    """Pearson's r. Faults: #DIV/0! where either side is constant."""
    return max(-1.0, min(1.0, _divided(p.xy, math.sqrt(p.xx) * math.sqrt(p.yy))))


_Y = "{2,3,9,1,8,7,5}"
_X = "{6,5,11,7,5,4,4}"
_XY = "({3,2,4,5,6},{9,7,12,15,17})"


def _register(
    names: str, parameters: str, summary: str, empty: CellError, compute: Callable[[Pairs], float],
    *cases: tuple[str, object], first_is_y: bool = False,
) -> None:  # fmt: skip
    def value(first: Matrix, second: Matrix) -> float:
        return compute(paired(second, first, empty) if first_is_y else paired(first, second, empty))

    skipping = ("{}({1,2,3},{1,2})", CellError.NA), ("{}({1,#REF!},{1,2})", CellError.REF)
    registered(names, parameters, summary, *cases, *skipping, shape=Shape.REDUCE)(value)


_TWO = "array1: array, array2: array"
_LINE = "known_ys: array, known_xs: array"

_register("CORREL PEARSON", _TWO, "Pearson's correlation of pairs; a pair that is not two numbers is left out.",
          CellError.DIV0, correlation, ("{}" + _XY, Shown("0.997054486")),
          ("{}({9,7,5,3,1},{10,6,1,5,3})", Shown("0.699379")),
          ("{}({1,1},{1,2})", CellError.DIV0), ('{}({1,"x",2,3},{1,5,2,3})', 1))  # fmt: skip
_register("COVARIANCE.P COVAR", _TWO, "The covariance of a population of pairs.", CellError.DIV0,
          lambda p: p.xy / p.size, ("{}" + _XY, Shown("5.2")), ("{}({2},{3})", 0))  # fmt: skip
_register("COVARIANCE.S", _TWO, "The covariance of a sample of pairs.", CellError.DIV0,
          lambda p: _divided(p.xy, p.size - 1), ("{}({2,4,8},{5,11,12})", Shown("9.666666667")),
          ("{}({2},{3})", CellError.DIV0))  # fmt: skip
_register("SLOPE", _LINE, "The slope of the line of least squares.", CellError.NA, lambda p: _divided(p.xy, p.xx),
          (f"{{}}({_Y},{_X})", Shown("0.305556")), ("{}({1,2},{1,1})", CellError.DIV0), first_is_y=True)  # fmt: skip
_register("INTERCEPT", _LINE, "Where the line of least squares meets the y-axis.", CellError.NA,
          lambda p: p.mean_y - _divided(p.xy, p.xx) * p.mean_x, ("{}({2,3,9,1,8},{6,5,11,7,5})", Shown("0.0483871")),
          ("{}({1,2},{1,1})", CellError.DIV0), first_is_y=True)  # fmt: skip
_register("RSQ", _LINE, "The square of Pearson's correlation.", CellError.NA, lambda p: correlation(p) ** 2,
          (f"{{}}({_Y},{_X})", Shown("0.05795")), ("{}({1,2},{1,1})", CellError.DIV0), first_is_y=True)  # fmt: skip


def _standard_error(p: Pairs) -> float:
    if p.size < 3:
        raise Fault(CellError.DIV0)
    return math.sqrt(max(0.0, p.yy - _divided(p.xy, p.xx) * p.xy) / (p.size - 2))


_register("STEYX", _LINE, "The standard error of the line of least squares.", CellError.NA, _standard_error,
          (f"{{}}({_Y},{_X})", Shown("3.305719")), ("{}({1,2},{1,2})", CellError.DIV0), first_is_y=True)  # fmt: skip


@registered(
    "FORECAST FORECAST.LINEAR", "x: number, known_ys: array, known_xs: array",
    "The line of least squares at x.",
    ("{}(30,{6,7,9,15,21},{20,28,31,38,40})", Shown("10.607253")), ("{}(30,{1,2},{1})", CellError.NA),
    ("{}(30,{1,2},{3,3})", CellError.DIV0),
    shape=Shape.REDUCE,
)  # fmt: skip
def forecast(x: float, ys: Matrix, xs: Matrix) -> float:
    p = paired(xs, ys, CellError.NA)
    return p.mean_y + _divided(p.xy, p.xx) * (x - p.mean_x)
