"""The tests of statistics: T.TEST, F.TEST, Z.TEST, CHISQ.TEST, and their old names."""

from __future__ import annotations

import math

from scipy import special

from cellgrad.functions.correlation import paired
from cellgrad.functions.distributions import f_right
from cellgrad.functions.expected import Shown
from cellgrad.functions.operands import Fault, Matrix, finite, numbers, total
from cellgrad.functions.registry import Shape
from cellgrad.functions.spellings import registered, require
from cellgrad.values import CellError, Value


def _spread(array: Matrix) -> tuple[int, float, float]:
    """(count, mean, variance of the sample) of the numbers. Faults: #DIV/0! for fewer than two."""
    found = list(numbers([array]))
    if len(found) < 2:
        raise Fault(CellError.DIV0)
    mean = total(found) / len(found)
    return len(found), mean, total(finite((number - mean) ** 2) for number in found) / (len(found) - 1)


@registered(
    "T.TEST TTEST", "array1: array, array2: array, tails: number, type: number",
    "The probability that two samples have one mean: 1 of pairs, 2 of equal, 3 of unequal variances.",
    ("{}({3,4,5,8,9,1,2,4,5},{6,19,3,2,14,4,5,17,1},2,1)", Shown("0.196016")),
    ("{}({1,2,3},{1,2},2,1)", CellError.NA), ("{}({1,2,3},{1,2,4},3,1)", CellError.NUM),
    ("{}({1,2,3},{1,2,4},2,4)", CellError.NUM), ("{}({1,1},{1,1},2,2)", CellError.DIV0),
    ("{}({1},{1,2},2,3)", CellError.DIV0),
    shape=Shape.REDUCE,
)  # fmt: skip
def t_test(first: Matrix, second: Matrix, tails: float, kind: float) -> float:
    sides, which = math.trunc(tails), math.trunc(kind)
    if which == 1 and first.height * first.width != second.height * second.width:
        raise Fault(CellError.NA)
    require(sides in (1, 2), which in (1, 2, 3))
    if which == 1:
        pairs = paired(first, second, CellError.DIV0)
        freedom = pairs.size - 1.0
        squares = (pairs.xx + pairs.yy - 2 * pairs.xy) / pairs.size
        difference = pairs.mean_x - pairs.mean_y
        if freedom < 1 or squares <= 0:
            raise Fault(CellError.DIV0)
        error = math.sqrt(squares / freedom)
    else:
        (m, mean1, variance1), (n, mean2, variance2) = _spread(first), _spread(second)
        difference = mean1 - mean2
        a, b = variance1 / m, variance2 / n
        if a + b == 0:
            raise Fault(CellError.DIV0)
        if which == 2:
            freedom = m + n - 2.0
            error = math.sqrt(((m - 1) * variance1 + (n - 1) * variance2) / freedom * (1 / m + 1 / n))
        else:  # Welch's degrees of freedom, not rounded
            freedom = (a + b) ** 2 / (a * a / (m - 1) + b * b / (n - 1))
            error = math.sqrt(a + b)
    return sides * float(special.stdtr(freedom, -abs(difference) / error))


@registered(
    "F.TEST FTEST", "array1: array, array2: array", "The probability that two samples have one variance.",
    ("{}({6,7,9,15,21},{20,28,31,38,40})", Shown("0.64831785")), ("{}({1},{1,2})", CellError.DIV0),
    ("{}({1,1},{1,2})", CellError.DIV0),
    shape=Shape.REDUCE,
)  # fmt: skip
def f_test(first: Matrix, second: Matrix) -> float:
    (m, _, variance1), (n, _, variance2) = _spread(first), _spread(second)
    if variance1 == 0 or variance2 == 0:
        raise Fault(CellError.DIV0)
    tail = f_right(variance1 / variance2, m - 1, n - 1)
    return 2 * min(tail, 1 - tail)


@registered(
    "Z.TEST ZTEST", "array: range, x: number, [sigma: number]",
    "The probability of a mean as large as the sample's, for the mean x and the deviation given, or the sample's own.",
    ("{}({3,6,7,8,6,5,4,2,1,9},4)", Shown("0.090574")), ("{}({3,6,7,8,6,5,4,2,1,9},6)", Shown("0.863043")),
    ("{}({1,2},0,0)", CellError.NUM), ("{}({1,1},0)", CellError.DIV0), ('{}({"x"},0)', CellError.NA),
    shape=Shape.REDUCE,
)  # fmt: skip
def z_test(array: Value | Matrix, x: float, sigma: float | None = None) -> float:
    found = list(numbers([array]))
    if not found:
        raise Fault(CellError.NA)
    mean = total(found) / len(found)
    if sigma is None:
        if len(found) < 2:
            raise Fault(CellError.DIV0)
        sigma = math.sqrt(total(finite((number - mean) ** 2) for number in found) / (len(found) - 1))
        if sigma == 0:
            raise Fault(CellError.DIV0)
    require(sigma > 0)
    return float(special.ndtr((x - mean) * math.sqrt(len(found)) / sigma))


def freedom_of_table(height: int, width: int) -> int:
    """Degrees of freedom of a table of counts. Faults: #N/A for a single one."""
    if height == 1 and width == 1:
        raise Fault(CellError.NA)
    if height > 1 and width > 1:
        return (height - 1) * (width - 1)
    return height * width - 1


@registered(
    "CHISQ.TEST CHITEST", "actual: array, expected: array",
    "The probability that counts come from the expected ones, by the chi-squared distribution.",
    ("{}({58,35;11,25;10,23},{45.35,47.65;17.56,18.44;16.09,16.91})", Shown("0.000308192")),
    ("{}({1,2},{1,2,3})", CellError.NA), ("{}({1},{1})", CellError.NA), ("{}({1,2},{0,2})", CellError.DIV0),
    ("{}({1,2},{-1,2})", CellError.NUM),
    shape=Shape.REDUCE,
)  # fmt: skip
def chisq_test(actual: Matrix, expected: Matrix) -> float:
    if actual.shape != expected.shape:
        raise Fault(CellError.NA)
    freedom = freedom_of_table(*actual.shape)
    statistic = []
    for a, e in zip(actual, expected, strict=True):
        for value in (a, e):
            if isinstance(value, CellError):
                raise Fault(value)
        if type(a) is float and type(e) is float:
            require(e >= 0)
            if e == 0:
                raise Fault(CellError.DIV0)
            statistic.append(finite((a - e) ** 2 / e))
    return float(special.gammaincc(freedom / 2, total(statistic) / 2))
