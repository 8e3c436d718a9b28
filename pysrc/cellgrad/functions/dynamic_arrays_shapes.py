"""Arrays by their places alone: SEQUENCE, TAKE, DROP, CHOOSECOLS, VSTACK, WRAPROWS, TOCOL, EXPAND and their kin."""

from __future__ import annotations

from collections.abc import Sequence

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.errors import UnsupportedError
from cellgrad.functions.context import Context
from cellgrad.functions.dynamic_arrays import across
from cellgrad.functions.operands import Areas, Fault, Matrix, Operand, as_matrix, to_number
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_MOST_CELLS = 5_000_000


def _whole(value: Value, default: int) -> int:
    """A count or place, its fraction dropped."""
    return default if value is None else int(to_number(value))


def _checked_size(rows: int, columns: int) -> None:
    """Faults: #VALUE! beyond the sheet, #CALC! for nothing. Raises UnsupportedError for millions of cells."""
    if rows < 0 or columns < 0 or rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise Fault(CellError.VALUE)
    if rows == 0 or columns == 0:
        raise Fault(CellError.CALC)
    if rows * columns > _MOST_CELLS:
        raise UnsupportedError(f"this array has {rows * columns:,} elements", action="ask for fewer")


@function(
    "SEQUENCE(rows: value, [columns: value, start: value, step: value])", Shape.ARRAY, Smoothness.SMOOTH,
    "Numbers in steps, row after row.",
    cases=(("SUM(SEQUENCE(4,5))", 210), ("INDEX(SEQUENCE(2,3,10,5),2,1)", 25), ("SUM(SEQUENCE(3,,5))", 18),
           ("SEQUENCE(0)", CellError.CALC), ("SEQUENCE(-1)", CellError.VALUE), ("SUM(SEQUENCE(2.9))", 3)),
)  # fmt: skip
def sequence(rows: Value, columns: Value = None, start: Value = None, step: Value = None) -> Matrix:
    height, width = _whole(rows, 1), _whole(columns, 1)
    first = 1.0 if start is None else to_number(start)
    by = 1.0 if step is None else to_number(step)
    _checked_size(height, width)
    return Matrix.build(height, width, lambda r, c: first + by * (r * width + c))


@function(
    "RANDARRAY([rows: value, columns: value, low: value, high: value, whole: logical])", Shape.ARRAY, Smoothness.NONE,
    "Random numbers.", volatile=True,
)  # fmt: skip
def randarray(*_: Value) -> Value:
    raise AssertionError("volatile: its cached value is data")


# Cutting ------------------------------------------------------------------------------------------------------------


def _cut(array: Areas | Matrix | Value, rows: slice, columns: slice) -> Operand:
    """Part of an array, of a reference as a reference. Faults: #CALC! where nothing is left."""
    if isinstance(array, Areas):
        r = array.regions[0]
        tall, wide = range(r.top, r.bottom)[rows], range(r.left, r.right)[columns]
        if not tall or not wide:
            raise Fault(CellError.CALC)
        return Areas((Region(r.sheet, tall[0], wide[0], tall[-1] + 1, wide[-1] + 1),))
    part = tuple(row[columns] for row in as_matrix(array).rows[rows])
    if not part or not part[0]:
        raise Fault(CellError.CALC)
    return Matrix(part)


def _one_area(array: Areas | Matrix | Value) -> None:
    """Faults: #VALUE! for several areas, and an error that stands for the array."""
    if isinstance(array, Areas) and len(array.regions) != 1:
        raise Fault(CellError.VALUE)
    if isinstance(array, CellError):
        raise Fault(array)


def _taken(count: Value) -> slice:
    number = None if count is None else int(to_number(count))
    if number == 0:
        raise Fault(CellError.CALC)
    return slice(None) if number is None else slice(number) if number > 0 else slice(number, None)


def _dropped(count: Value) -> slice:
    number = 0 if count is None else int(to_number(count))
    return slice(number, None) if number >= 0 else slice(number)


@function(
    "TAKE(array: reference, rows: value, [columns: value])", Shape.REFERENCE, Smoothness.SMOOTH,
    "The first rows and columns, or with negative numbers the last.",
    cases=(("SUM(TAKE({1,2,3;4,5,6;7,8,9},2))", 21), ("SUM(TAKE({1,2,3;4,5,6;7,8,9},,2))", 27),
           ("SUM(TAKE({1,2,3;4,5,6;7,8,9},-2,2))", 24), ("TAKE({1,2},0)", CellError.CALC),
           ("ROWS(TAKE({1;2},9))", 2), ("ROW(TAKE(A1:A9,-2,1))", 8)),
)  # fmt: skip
def take(array: Areas | Matrix | Value, rows: Value, columns: Value = None) -> Operand:
    _one_area(array)
    return _cut(array, _taken(rows), _taken(columns))


@function(
    "DROP(array: reference, rows: value, [columns: value])", Shape.REFERENCE, Smoothness.SMOOTH,
    "What is left without the first rows and columns, or with negative numbers without the last.",
    cases=(("SUM(DROP({1,2,3;4,5,6;7,8,9},2))", 24), ("SUM(DROP({1,2,3;4,5,6;7,8,9},,2))", 18),
           ("SUM(DROP({1,2,3;4,5,6;7,8,9},-2))", 6), ("SUM(DROP({1,2,3;4,5,6;7,8,9},2,2))", 9),
           ("DROP({1;2},2)", CellError.CALC)),
)  # fmt: skip
def drop(array: Areas | Matrix | Value, rows: Value, columns: Value = None) -> Operand:
    _one_area(array)
    return _cut(array, _dropped(rows), _dropped(columns))


def _chosen(cells: Matrix, numbers: Sequence[Value | Matrix]) -> Matrix:
    """The rows of these numbers, from 1, or from the end where negative. Faults: #VALUE! beyond."""
    places = [int(to_number(number)) for given in numbers for number in as_matrix(given)]
    if any(place == 0 or abs(place) > cells.height for place in places):
        raise Fault(CellError.VALUE)
    return Matrix(tuple(cells.rows[place - 1 if place > 0 else place] for place in places))


@function(
    "CHOOSEROWS(array: cells, row: cells...)", Shape.ARRAY, Smoothness.SMOOTH, "Some of the rows, in any order.",
    cases=(("SUM(CHOOSEROWS({1;2;3},1,3))", 4), ("INDEX(CHOOSEROWS({1;2;3},{3,1}),1)", 3),
           ("INDEX(CHOOSEROWS({1,2;3,4},-1),1,2)", 4), ("CHOOSEROWS({1;2},3)", CellError.VALUE)),
)  # fmt: skip
def chooserows(array: Value | Matrix, *numbers: Value | Matrix) -> Matrix:
    return _chosen(as_matrix(array), numbers)


@function(
    "CHOOSECOLS(array: cells, column: cells...)", Shape.ARRAY, Smoothness.SMOOTH, "Some of the columns, in any order.",
    cases=(("SUM(CHOOSECOLS({1,2,3;4,5,6},1,3))", 14), ("INDEX(CHOOSECOLS({1,2,3},-1,1),1,1)", 3),
           ("CHOOSECOLS({1,2},0)", CellError.VALUE)),
)  # fmt: skip
def choosecols(array: Value | Matrix, *numbers: Value | Matrix) -> Matrix:
    return across(_chosen(across(as_matrix(array)), numbers))


# Putting together ---------------------------------------------------------------------------------------------------


def _stacked(matrices: Sequence[Matrix]) -> Matrix:
    width = max(matrix.width for matrix in matrices)
    filler: tuple[Value, ...] = (CellError.NA,)
    return Matrix(tuple(row + filler * (width - len(row)) for matrix in matrices for row in matrix.rows))


@function(
    "VSTACK(array: cells...)", Shape.ARRAY, Smoothness.SMOOTH, "Arrays one below the other; what is missing is #N/A.",
    cases=(("SUM(VSTACK({1,2},{3,4}))", 10), ("INDEX(VSTACK({1,2},3),2,2)", CellError.NA),
           ("ROWS(VSTACK(1,{2;3}))", 3)),
)  # fmt: skip
def vstack(*arrays: Value | Matrix) -> Matrix:
    return _stacked([as_matrix(array) for array in arrays])


@function(
    "HSTACK(array: cells...)", Shape.ARRAY, Smoothness.SMOOTH, "Arrays side by side; what is missing is #N/A.",
    cases=(("SUM(HSTACK({1;2},{3;4}))", 10), ("INDEX(HSTACK({1;2},3),2,2)", CellError.NA),
           ("COLUMNS(HSTACK(1,{2,3}))", 3)),
)  # fmt: skip
def hstack(*arrays: Value | Matrix) -> Matrix:
    return across(_stacked([across(as_matrix(array)) for array in arrays]))


def _wrapped(vector: Value | Matrix, count: Value, pad: Value) -> Matrix:
    cells = as_matrix(vector)
    if 1 not in cells.shape:
        raise Fault(CellError.VALUE)
    values, size = tuple(cells), _whole(count, 0)
    if size < 1:
        raise Fault(CellError.NUM)
    size = min(size, MAX_ROWS)
    padded = values + (pad,) * (-len(values) % size)
    return Matrix(tuple(padded[at : at + size] for at in range(0, len(padded), size)))


@function(
    "WRAPROWS(vector: cells, count: value, [pad: value])", Shape.ARRAY, Smoothness.SMOOTH,
    "A row or column cut into rows of a length; the rest is padded, with #N/A unless told.",
    cases=(("INDEX(WRAPROWS({1,2,3,4,5},2),2,1)", 3), ("INDEX(WRAPROWS({1,2,3},2),2,2)", CellError.NA),
           ('INDEX(WRAPROWS({1,2,3},2,"x"),2,2)', "x"), ("WRAPROWS({1,2},0)", CellError.NUM),
           ("WRAPROWS({1,2;3,4},2)", CellError.VALUE)),
)  # fmt: skip
def wraprows(vector: Value | Matrix, count: Value, pad: Value = CellError.NA) -> Matrix:
    return _wrapped(vector, count, pad)


@function(
    "WRAPCOLS(vector: cells, count: value, [pad: value])", Shape.ARRAY, Smoothness.SMOOTH,
    "A row or column cut into columns of a length; the rest is padded, with #N/A unless told.",
    cases=(("INDEX(WRAPCOLS({1,2,3,4,5},2),1,2)", 3), ("INDEX(WRAPCOLS({1,2,3},2),2,2)", CellError.NA),
           ("WRAPCOLS({1,2},0)", CellError.NUM)),
)  # fmt: skip
def wrapcols(vector: Value | Matrix, count: Value, pad: Value = CellError.NA) -> Matrix:
    return across(_wrapped(vector, count, pad))


def _listed(array: Value | Matrix, ignore: Value, by_column: bool) -> tuple[Value, ...]:
    skipped = _whole(ignore, 0)
    if skipped not in (0, 1, 2, 3):
        raise Fault(CellError.VALUE)
    cells = across(as_matrix(array)) if by_column else as_matrix(array)
    kept = tuple(
        value
        for value in cells
        if not (skipped & 1 and value is None) and not (skipped & 2 and isinstance(value, CellError))
    )
    if not kept:
        raise Fault(CellError.CALC)
    return kept


@function(
    "TOCOL(array: cells, [ignore: value, by_column: logical])", Shape.ARRAY, Smoothness.SMOOTH,
    "Everything in one column; ignore 1 leaves out blanks, 2 errors, 3 both.",
    cases=(("INDEX(TOCOL({1,2;3,4}),3)", 3), ("INDEX(TOCOL({1,2;3,4},,TRUE),2)", 3), ("SUM(TOCOL({1,#N/A;3,4},2))", 8),
           ("TOCOL(A1:B2,1)", CellError.CALC), ("TOCOL({1,2},4)", CellError.VALUE)),
)  # fmt: skip
def tocol(array: Value | Matrix, ignore: Value = None, by_column: bool = False) -> Matrix:
    return Matrix(tuple((value,) for value in _listed(array, ignore, by_column)))


@function(
    "TOROW(array: cells, [ignore: value, by_column: logical])", Shape.ARRAY, Smoothness.SMOOTH,
    "Everything in one row; ignore 1 leaves out blanks, 2 errors, 3 both.",
    cases=(("INDEX(TOROW({1,2;3,4}),1,3)", 3), ("INDEX(TOROW({1,2;3,4},,TRUE),1,2)", 3),
           ("COLUMNS(TOROW({1,#N/A;3,4},3))", 3)),
)  # fmt: skip
def torow(array: Value | Matrix, ignore: Value = None, by_column: bool = False) -> Matrix:
    return Matrix((_listed(array, ignore, by_column),))


@function(
    "EXPAND(array: cells, rows: value, [columns: value, pad: value])", Shape.ARRAY, Smoothness.SMOOTH,
    "An array made larger; the new cells are #N/A unless told.",
    cases=(("INDEX(EXPAND({1,2;3,4},3,3),3,3)", CellError.NA), ("SUM(EXPAND({1,2},2,2,5))", 13),
           ("EXPAND({1,2;3,4},1)", CellError.VALUE), ("ROWS(EXPAND(7,3,,0))", 3)),
)  # fmt: skip
def expand(array: Value | Matrix, rows: Value, columns: Value = None, pad: Value = CellError.NA) -> Matrix:
    cells = as_matrix(array)
    height, width = _whole(rows, cells.height), _whole(columns, cells.width)
    if height < cells.height or width < cells.width:
        raise Fault(CellError.VALUE)
    _checked_size(height, width)
    filled = tuple(row + (pad,) * (width - cells.width) for row in cells.rows)
    return Matrix(filled + ((pad,) * width,) * (height - cells.height))


@function(
    "TRIMRANGE(range: reference, [rows: value, columns: value])", Shape.REFERENCE, Smoothness.SMOOTH,
    "A range without its blank edges: 0 keeps them, 1 trims before, 2 after, 3 both.", context=True,
    cases=(("SUM(TRIMRANGE({1,2}))", 3), ("TRIMRANGE({1,2},4)", CellError.VALUE)),
)  # fmt: skip
def trimrange(context: Context, cells: Areas | Matrix | Value, rows: Value = None, columns: Value = None) -> Operand:
    _one_area(cells)
    matrix = context.read(cells) if isinstance(cells, Areas) else as_matrix(cells)
    upright = [any(value is not None for value in row) for row in matrix.rows] + [False] * _hidden(cells, matrix, 0)
    level = [any(value is not None for value in column) for column in zip(*matrix.rows, strict=True)]
    level += [False] * _hidden(cells, matrix, 1)
    return _cut(cells, trimmed(upright, _whole(rows, 3)), trimmed(level, _whole(columns, 3)))


def _hidden(cells: Areas | Matrix | Value, matrix: Matrix, axis: int) -> int:
    """How many blank rows (axis 0) or columns of a whole column or row were not read."""
    if not isinstance(cells, Areas):
        return 0
    region = cells.regions[0]
    return (region.height, region.width)[axis] - matrix.shape[axis]


def trimmed(filled: list[bool], how: int) -> slice:
    """What is left of a line without its blank ends: 0 keeps both, 1 trims before, 2 after, 3 both."""
    if how not in (0, 1, 2, 3):
        raise Fault(CellError.VALUE)
    if not any(filled):
        raise UnsupportedError("a range without anything in it is trimmed", action="put something in the range")
    start = filled.index(True) if how & 1 else 0
    stop = len(filled) - filled[::-1].index(True) if how & 2 else len(filled)
    return slice(start, stop)
