"""Functions of whole arrays: products and sums over pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cellgrad.errors import UnsupportedError
from cellgrad.functions.operands import Fault, Matrix, finite, to_number, total
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value


@function(
    "SUMPRODUCT(array: array...)", Shape.REDUCE, Smoothness.SMOOTH,
    "The sum of the products of entries; what is no number counts as 0, unequal shapes give #VALUE!.",
    cases=(("SUMPRODUCT({1,2,3},{4,5,6})", 32), ('SUMPRODUCT({1,"x",TRUE})', 1),
           ("SUMPRODUCT({1,2},{1;2})", CellError.VALUE), ("SUMPRODUCT({1,2}*{1;10})", 33),
           ("SUMPRODUCT({1,#N/A},{1,2})", CellError.NA), ("SUMPRODUCT(--({1,2,3}>1))", 2)),
)  # fmt: skip
def sumproduct(*arrays: Matrix) -> float:
    if len({array.shape for array in arrays}) > 1:
        raise Fault(CellError.VALUE)
    columns = [[_or_zero(value) for value in array] for array in arrays]
    if len(columns) == 1:
        return total(columns[0])
    return total(_product(factors) for factors in zip(*columns, strict=True))


def _product(factors: tuple[float, ...]) -> float:
    result = factors[0]
    for factor in factors[1:]:
        result = finite(result * factor)
    return result


def _or_zero(value: Value) -> float:
    if isinstance(value, CellError):
        raise Fault(value)
    return value if type(value) is float else 0.0


def _pairs(x: Matrix, y: Matrix) -> Iterator[tuple[float, float]]:
    """Pairs of numbers in reading order; pairs with anything else are skipped, and a row may meet a column.

    Faults: #N/A for unequal sizes, the first error.
    """
    if x.height * x.width != y.height * y.width:
        raise Fault(CellError.NA)
    for a, b in zip(x, y, strict=True):
        for value in (a, b):
            if isinstance(value, CellError):
                raise Fault(value)
        if type(a) is float and type(b) is float:
            yield a, b


def _over_pairs(term: Callable[[float, float], float], x: Matrix, y: Matrix) -> float:
    return total(finite(term(a, b)) for a, b in _pairs(x, y))


@function(
    "SUMXMY2(array_x: array, array_y: array)", Shape.REDUCE, Smoothness.SMOOTH,
    "The sum of the squared differences of pairs.",
    cases=(("SUMXMY2({1,2,3},{1,1,1})", 5), ('SUMXMY2({1,"x"},{3,5})', 4), ("SUMXMY2({1,2},{1,2,3})", CellError.NA)),
)  # fmt: skip
def sumxmy2(x: Matrix, y: Matrix) -> float:
    return _over_pairs(lambda a, b: (a - b) * (a - b), x, y)


@function(
    "SUMX2MY2(array_x: array, array_y: array)", Shape.REDUCE, Smoothness.SMOOTH,
    "The sum of the differences of squares of pairs.",
    cases=(("SUMX2MY2({3,4},{1,2})", 20), ("SUMX2MY2({1;3;3},{1,2,3})", 5)),  # the second as Excel stores it
)  # fmt: skip
def sumx2my2(x: Matrix, y: Matrix) -> float:
    return _over_pairs(lambda a, b: a * a - b * b, x, y)


@function(
    "SUMX2PY2(array_x: array, array_y: array)", Shape.REDUCE, Smoothness.SMOOTH,
    "The sum of the sums of squares of pairs.", cases=(("SUMX2PY2({3,4},{1,2})", 30),),
)  # fmt: skip
def sumx2py2(x: Matrix, y: Matrix) -> float:
    return _over_pairs(lambda a, b: a * a + b * b, x, y)


@function(
    "MMULT(left: array, right: array)", Shape.ARRAY, Smoothness.SMOOTH,
    "The matrix product; #VALUE! where shapes do not fit or an entry is no number; an error spoils its row or column.",
    cases=(("SUM(MMULT({1,2;3,4},{5;6}))", 56), ("MMULT({1,2},{3,4})", CellError.VALUE),
           ('MMULT({1,"x"},{3;4})', CellError.VALUE), ("MMULT({1,#N/A},{3;4})", CellError.NA),
           ("MMULT({1,2},{3,#N/A;4,5})", 11)),
)  # fmt: skip
def mmult(left: Matrix, right: Matrix) -> Matrix:
    if left.width != right.height:
        raise Fault(CellError.VALUE)
    for value in (*left, *right):
        if type(value) is not float and not isinstance(value, CellError):
            raise Fault(CellError.VALUE)
    columns = list(zip(*right.rows, strict=True))
    return Matrix(tuple(tuple(_dot(row, column) for column in columns) for row in left.rows))


def _dot(row: tuple[Value, ...], column: tuple[Value, ...]) -> Value:
    """The sum of products, or the first error among the factors."""
    for value in (*row, *column):
        if isinstance(value, CellError):
            return value
    try:
        return total(finite(to_number(x) * to_number(y)) for x, y in zip(row, column, strict=True))
    except Fault as fault:
        return fault.error


@function(
    "{}(value: array)", Shape.ARRAY, Smoothness.SMOOTH,
    "What it is given, evaluated as in an array formula: how Excel evaluates the formula behind a defined name.",
    source="Names in formulas",
)  # fmt: skip
def as_array(value: Matrix) -> Matrix | Value:
    return value.rows[0][0] if value.shape == (1, 1) else value


@function(
    "TRANSPOSE(array: array)", Shape.ARRAY, Smoothness.SMOOTH, "Rows as columns.",
    cases=(("SUM(TRANSPOSE({1,2;3,4})*{1,10;100,1000})", 4231),),
)  # fmt: skip
def transpose(array: Matrix) -> Matrix:
    return Matrix(tuple(zip(*array.rows, strict=True)))


def _square(array: Matrix) -> list[list[float]]:
    """The entries of a square matrix of numbers. Faults: #VALUE!, or the first error."""
    for value in array:
        if isinstance(value, CellError):
            raise Fault(value)
    if array.height != array.width or not all(type(value) is float for value in array):
        raise Fault(CellError.VALUE)
    return [list(row) for row in array.rows]  # type: ignore[arg-type]


def _eliminated(rows: list[list[float]]) -> float:
    """Gauss and Jordan, in place, with row exchanges: the left square becomes the identity. The determinant of it."""
    size = len(rows)
    determinant = 1.0
    for step in range(size):
        pivot = max(range(step, size), key=lambda r: abs(rows[r][step]))
        if rows[pivot][step] == 0:
            return 0.0
        if pivot != step:
            rows[step], rows[pivot] = rows[pivot], rows[step]
            determinant = -determinant
        determinant = finite(determinant * rows[step][step])
        scale = rows[step][step]
        rows[step] = [entry / scale for entry in rows[step]]
        for other in range(size):
            if other != step and rows[other][step] != 0:
                factor = rows[other][step]
                rows[other] = [entry - factor * lead for entry, lead in zip(rows[other], rows[step], strict=True)]
    return determinant


@function(
    "MDETERM(array: array)", Shape.REDUCE, Smoothness.SMOOTH, "The determinant of a square matrix.",
    cases=(("MDETERM({1,2;3,4})", -2), ("MDETERM({1,2;2,4})", 0), ("MDETERM({1,2})", CellError.VALUE)),
)  # fmt: skip
def mdeterm(array: Matrix) -> float:
    return _eliminated(_square(array))


@function(
    "MINVERSE(array: array)", Shape.ARRAY, Smoothness.SMOOTH, "The inverse; #NUM! where there is none.",
    cases=(("INDEX(MINVERSE({4,-1;2,0}),1,2)", 0.5), ("MINVERSE({1,2;2,4})", CellError.NUM)),
)  # fmt: skip
def minverse(array: Matrix) -> Matrix:
    size = array.height
    rows = [row + [float(r == c) for c in range(size)] for r, row in enumerate(_square(array))]
    if _eliminated(rows) == 0:
        raise Fault(CellError.NUM)
    return Matrix(tuple(tuple(finite(entry) for entry in row[size:]) for row in rows))


_LARGEST_UNIT = 2000


@function(
    "MUNIT(dimension: number)", Shape.ARRAY, Smoothness.NONE, "The identity matrix.",
    cases=(("SUM(MUNIT(3))", 3), ("MUNIT(0)", CellError.VALUE)),
)  # fmt: skip
def munit(dimension: float) -> Matrix:
    size = int(dimension)
    if size < 1:
        raise Fault(CellError.VALUE)
    if size > _LARGEST_UNIT:
        raise UnsupportedError(
            f"an identity matrix of {dimension:.15g} rows is not supported", action="make it smaller"
        )
    return Matrix.build(size, size, lambda row, column: float(row == column))
