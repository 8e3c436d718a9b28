"""Least squares over several variables: LINEST, LOGEST, TREND, GROWTH.

The method is QR decomposition of the columns less their means, as Excel's since 2003. Microsoft, [MS-OI29500]
2.1.985, "LINEST": columns that "can be expressed as sum of multiples of existing vectors" are left out, with
coefficient 0 and standard error 0, and do not count as variables; without a constant its standard error is #N/A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from cellgrad.functions.operands import Fault, Matrix, to_logical
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.functions.spellings import require
from cellgrad.tensors.collinearity import independent_columns
from cellgrad.values import CellError, Value


@dataclass(frozen=True)
class Data:
    """y (n,) and x (n, k); along_rows: the observations stand in rows, the variables in columns."""

    y: np.ndarray
    x: np.ndarray
    along_rows: bool
    single: bool


def _numbers(matrix: Matrix) -> np.ndarray:
    """All entries. Faults: the first error, #VALUE! for what is no number."""
    for value in matrix:
        if isinstance(value, CellError):
            raise Fault(value)
    if any(type(value) is not float for value in matrix):
        raise Fault(CellError.VALUE)
    return np.array(matrix.rows, float)


def layout(y: tuple[int, int], x: tuple[int, int]) -> tuple[bool, bool]:
    """(single, along_rows) for the shapes of known y and x. Faults: #REF! where they do not fit.

    Equal shapes are one variable; else the y must be one column, or one row, with the variables beside it.
    """
    if y == x:
        return True, y[0] > 1 or y[1] == 1
    if y[1] == 1 and x[0] == y[0]:
        return False, True
    if y[0] == 1 and x[1] == y[1]:
        return False, False
    raise Fault(CellError.REF)


def _data(known_y: Matrix, known_x: Matrix | None) -> Data:
    y = _numbers(known_y)
    x = np.arange(1.0, y.size + 1).reshape(y.shape) if known_x is None else _numbers(known_x)
    single, along_rows = layout(known_y.shape, x.shape)
    columns = x.reshape(-1, 1) if single else x if along_rows else x.T
    return Data(y.reshape(-1), columns, along_rows, single)


@dataclass(frozen=True)
class Fit:
    """slopes (k,), intercept; kept: which variables take part; covariance (k, k): inverse of x^T x, or 0."""

    data: Data
    constant: bool
    slopes: np.ndarray
    intercept: float
    kept: np.ndarray
    covariance: np.ndarray
    means: np.ndarray
    residual: float
    explained: float

    @property
    def freedom(self) -> int:
        return len(self.data.y) - int(self.kept.sum()) - self.constant


@np.errstate(all="ignore")
def fit(data: Data, constant: bool) -> Fit:
    """Least squares; deviations from the means where there is a constant. Faults: #NUM! where numbers overflow."""
    y, x = data.y, data.x
    k = x.shape[1]
    means = x.mean(0) if constant else np.zeros(k)
    mean = float(y.mean()) if constant else 0.0
    dx, dy = x - means, y - mean
    require(bool(np.isfinite(dx).all() and np.isfinite(dy).all()))
    kept = independent_columns(dx)
    slopes, covariance = np.zeros(k), np.zeros((k, k))
    if kept.any():
        q, r = np.linalg.qr(dx[:, kept])
        slopes[kept] = np.linalg.solve(r, q.T @ dy)
        inverse = np.linalg.solve(r, np.eye(len(r)))
        covariance[np.ix_(kept, kept)] = inverse @ inverse.T
    errors = dy - dx @ slopes
    require(bool(np.isfinite(slopes).all()))
    residual = float(np.sum(errors * errors))
    explained = float(np.sum((dx @ slopes) ** 2))
    return Fit(data, constant, slopes, mean - float(means @ slopes), kept, covariance, means, residual, explained)


def _flag(value: Value, default: bool) -> bool:
    """An option that may be left out between commas."""
    return default if value is None else to_logical(value)


def _estimates(found: Fit, statistics: bool, exponential: bool) -> Matrix:
    """The rows that LINEST answers with; of an exponential curve the coefficients are powers of e."""
    coefficients = [*found.slopes[::-1].tolist(), found.intercept]
    if exponential:
        coefficients = [_exp(value) for value in coefficients]
    if not statistics:
        return Matrix((tuple(coefficients),))
    require(math.isfinite(found.residual), math.isfinite(found.explained))
    freedom, used = found.freedom, int(found.kept.sum())
    # With nothing left over the fit is exact, and so is every coefficient.
    variance = found.residual / freedom if freedom > 0 else 0.0
    errors: list[Value] = [math.sqrt(variance * v) for v in np.diag(found.covariance)[::-1].tolist()]
    if found.constant:
        spread = 1 / len(found.data.y) + float(found.means @ found.covariance @ found.means)
        errors.append(math.sqrt(variance * spread))
    else:
        errors.append(CellError.NA)
    whole = found.explained + found.residual
    share = found.explained / whole if whole else 1.0
    f: Value = CellError.NUM
    if freedom > 0 and found.residual > 0 and used:
        f = found.explained / used / variance
    require(all(math.isfinite(v) for v in (*errors, f) if isinstance(v, float)))
    rows: list[list[Value]] = [
        list(coefficients), errors, [share, math.sqrt(variance)], [f, float(freedom)],
        [found.explained, found.residual],
    ]  # fmt: skip
    width = len(coefficients)
    return Matrix(tuple(tuple(row[:width]) + (CellError.NA,) * (width - len(row)) for row in rows))


def _exp(value: float) -> float:
    require(value < 709.78)
    return math.exp(value)


def _logarithms(data: Data) -> Data:
    require(bool((data.y > 0).all()))
    return Data(np.log(data.y), data.x, data.along_rows, data.single)


_OPTIONS = "known_y: array, [known_x: array, constant: value, statistics: value]"
_GIVEN = "known_y: array, [known_x: array, new_x: array, constant: value]"
_MANY = "{2310,2,2,20;2333,2,2,12;2356,3,1.5,33;2379,3,2,43;2402,2,3,53;2425,4,2,23;2448,2,1.5,99;2471,2,2,34;"
_OFFICES = _MANY + "2494,3,3,23;2517,4,4,55;2540,2,3,22}"
_VALUES = "{142000;144000;151000;150000;139000;169000;126000;142900;163000;169000;149000}"


def _known_x(known_x: Any) -> Matrix | None:
    return None if known_x is None or known_x.rows == ((None,),) else known_x


@function(
    f"LINEST({_OPTIONS})", Shape.ARRAY, Smoothness.SMOOTH,
    "The line of least squares: slopes, the last first, and the constant; and the statistics of the fit.",
    cases=(
        ("INDEX(LINEST({1,9,5,7},{0,4,2,3}),1)", 2), ("INDEX(LINEST({1,9,5,7},{0,4,2,3}),2)", 1),
        ("SUM(LINEST({3100,4500,4400,5400,7500,8100})*{9,1})", 11000),
        (f"ROUND(INDEX(LINEST({_VALUES},{_OFFICES},TRUE,TRUE),1,1),4)", -234.2372),
        (f"ROUND(INDEX(LINEST({_VALUES},{_OFFICES},TRUE,TRUE),1,5),2)", 52317.83),
        (f"ROUND(INDEX(LINEST({_VALUES},{_OFFICES},TRUE,TRUE),2,1),5)", 13.26801),
        (f"ROUND(INDEX(LINEST({_VALUES},{_OFFICES},TRUE,TRUE),3,1),6)", 0.996748),
        (f"ROUND(INDEX(LINEST({_VALUES},{_OFFICES},TRUE,TRUE),4,1),4)", 459.7537),
        (f"INDEX(LINEST({_VALUES},{_OFFICES},TRUE,TRUE),4,2)", 6),
        ("INDEX(LINEST({1;2;4},{1,2;2,4;3,6},TRUE,TRUE),1,1)", 0),
        ("INDEX(LINEST({1;2;4},{1,2;2,4;3,6},TRUE,TRUE),4,2)", 1),
        ("INDEX(LINEST({1,2,4},{1,2,3},FALSE,TRUE),2,2)", CellError.NA), ("LINEST({1,2},{1,2,3})", CellError.REF),
        ('LINEST({1,"x"},{1,2})', CellError.VALUE), ("INDEX(LINEST({1,2,4},{1,2,3},TRUE,TRUE),5,3)", CellError.REF),
    ),
)  # fmt: skip
def linest(known_y: Matrix, known_x: Matrix | None = None, constant: Value = None, statistics: Value = None) -> Matrix:
    data = _data(known_y, _known_x(known_x))
    return _estimates(fit(data, _flag(constant, True)), _flag(statistics, False), exponential=False)


@function(
    f"LOGEST({_OPTIONS})", Shape.ARRAY, Smoothness.SMOOTH,
    "The exponential curve y = b m^x of least squares in ln y: bases, the last first, and b; and LINEST's statistics.",
    cases=(("ROUND(INDEX(LOGEST({33100,47300,69000,102000,150000,220000},{11,12,13,14,15,16}),1),4)", 1.4633),
           ("ROUND(INDEX(LOGEST({33100,47300,69000,102000,150000,220000},{11,12,13,14,15,16}),2),1)", 495.3),
           ("LOGEST({1,0},{1,2})", CellError.NUM)),
)  # fmt: skip
def logest(known_y: Matrix, known_x: Matrix | None = None, constant: Value = None, statistics: Value = None) -> Matrix:
    data = _logarithms(_data(known_y, _known_x(known_x)))
    return _estimates(fit(data, _flag(constant, True)), _flag(statistics, False), exponential=True)


def new_columns(shape: tuple[int, int], data_single: bool, along_rows: bool, count: int) -> None:
    """Faults: #REF! where new x of this shape do not have the variables of the known ones."""
    if not data_single and shape[1 if along_rows else 0] != count:
        raise Fault(CellError.REF)


def _at(found: Fit, data: Data, known_y: Matrix, known_x: Matrix | None, new_x: Matrix | None) -> np.ndarray:
    """The fitted values at new x, in their layout."""
    if new_x is None:
        places = data.x
        shape: tuple[int, int] = known_y.shape
    else:
        given = _numbers(new_x)
        new_columns(new_x.shape, data.single, data.along_rows, data.x.shape[1])
        if data.single:
            places, shape = given.reshape(-1, 1), new_x.shape
        elif data.along_rows:
            places, shape = given, (new_x.height, 1)
        else:
            places, shape = given.T, (1, new_x.width)
    return (places @ found.slopes + found.intercept).reshape(shape)


def _matrix(values: np.ndarray) -> Matrix:
    require(bool(np.isfinite(values).all()))
    return Matrix(tuple(tuple(row) for row in (values + 0.0).tolist()))


@function(
    f"TREND({_GIVEN})", Shape.ARRAY, Smoothness.SMOOTH, "The line of least squares, at the known x or at new ones.",
    cases=(("INDEX(TREND({1,9,5,7},{0,4,2,3},{10,20}),2)", 41), ("SUM(TREND({1;2;4}))", 7),
           ("TREND({2,4},{1,2},5,FALSE)", 10), ("TREND({1;2;3},{1,1;2,3;3,1},{1,2,3})", CellError.REF),
           ("TREND({1,2},{1,2},,TRUE)", 1)),
)  # fmt: skip
def trend(
    known_y: Matrix, known_x: Matrix | None = None, new_x: Matrix | None = None, constant: Value = None
) -> Matrix:
    known_x, new_x = _known_x(known_x), _known_x(new_x)
    data = _data(known_y, known_x)
    return _matrix(_at(fit(data, _flag(constant, True)), data, known_y, known_x, new_x))


@function(
    f"GROWTH({_GIVEN})", Shape.ARRAY, Smoothness.SMOOTH,
    "The exponential curve of least squares in ln y, at the known x or at new ones.",
    cases=(("ROUND(GROWTH({33100;47300;69000;102000;150000;220000},{11;12;13;14;15;16},17),2)", 320196.72),
           ("ROUND(GROWTH({33100;47300;69000;102000;150000;220000},{11;12;13;14;15;16},18),2)", 468536.05),
           ("GROWTH({1,-1},{1,2})", CellError.NUM)),
)  # fmt: skip
def growth(
    known_y: Matrix, known_x: Matrix | None = None, new_x: Matrix | None = None, constant: Value = None
) -> Matrix:
    known_x, new_x = _known_x(known_x), _known_x(new_x)
    data = _logarithms(_data(known_y, known_x))
    with np.errstate(over="ignore"):
        return _matrix(np.exp(_at(fit(data, _flag(constant, True)), data, known_y, known_x, new_x)))
