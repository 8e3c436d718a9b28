"""Arrays that choose their rows by what these hold: FILTER, SORT, SORTBY, UNIQUE."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from cellgrad.functions.operands import Fault, Matrix, as_matrix, to_logical, to_number
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value, fold_case

Line: TypeAlias = tuple[Value, ...]

PICKS = "the order has no slope; each entry gives its own"


def across(matrix: Matrix) -> Matrix:
    """Rows as columns; what a whole row or column left out is forgotten."""
    return Matrix(tuple(zip(*matrix.rows, strict=True)))


def _or_calc(rows: Sequence[Line]) -> Matrix:
    """The rows as a matrix. Faults: #CALC! for none, since Excel has no empty arrays."""
    if not rows:
        raise Fault(CellError.CALC)
    return Matrix(tuple(rows))


def _default(value: Value, default: float) -> float:
    return default if value is None else to_number(value)


@function(
    "FILTER(array: cells, include: cells, [otherwise: lazy])", Shape.ARRAY, Smoothness.PIECEWISE,
    "The rows (or columns) whose condition holds; #CALC! for none.", subgradient=PICKS,
    cases=(("SUM(FILTER({1;2;3},{1;0;1}))", 4), ("SUM(FILTER({1,2;3,4},{0;1}))", 7), ("FILTER({1,2,3},{0,1,0})", 2),
           ("FILTER({1;2},{0;0})", CellError.CALC), ('FILTER({1;2},{0;0},"none")', "none"),
           ("FILTER({1;2},{1;0;1})", CellError.VALUE), ('FILTER({1;2},{"x";1})', CellError.VALUE),
           ("FILTER({1;2},{#N/A;1})", CellError.NA), ("ROWS(FILTER({1;2;3},{1;2;3}>1))", 2)),
)  # fmt: skip
def filter_(
    array: Value | Matrix, include: Value | Matrix, otherwise: Callable[[], Any] | None = None
) -> Value | Matrix:
    cells, wanted = as_matrix(array), as_matrix(include)
    if wanted.width == 1 and wanted.height + wanted.beyond == cells.height + cells.beyond:
        rows = cells.rows
    elif wanted.height == 1 and wanted.width + wanted.beyond == cells.width + cells.beyond:
        rows = tuple(zip(*cells.rows, strict=True))
    else:
        raise Fault(CellError.VALUE)
    blank = (None,) * len(rows[0])
    tests = [to_logical(value) for value in wanted]
    kept = [rows[at] if at < len(rows) else blank for at, test in enumerate(tests) if test]
    if not kept and otherwise is not None:
        return otherwise()
    return _or_calc(kept) if wanted.width == 1 else across(_or_calc(kept))


# Order --------------------------------------------------------------------------------------------------------------


def sort_key(value: Value) -> tuple[Any, ...]:
    """Where a value stands in rising order: numbers, texts, FALSE, TRUE, errors by their numbers; blanks last.

    Of texts hyphens and apostrophes count last, then accents. Source: Microsoft, "Sort data in a range or table".
    """
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, str):
        folded = fold_case(value)
        plain = "".join(c for c in unicodedata.normalize("NFD", folded) if c not in "-'" and not _is_accent(c))
        return 1, plain, folded.count("-") + folded.count("'"), folded
    if isinstance(value, CellError):
        return 3, value.code
    return 0, value or 0.0


def _is_accent(character: str) -> bool:
    return unicodedata.combining(character) > 0


def ordered(rows: Sequence[Line], keys: Sequence[tuple[Sequence[Value], bool]]) -> list[Line]:
    """The rows sorted by several keys, each (one value a row, falling); equal rows keep their order."""
    order = list(range(len(rows)))
    for values, falling in reversed(keys):
        order.sort(key=lambda at: sort_key(values[at]), reverse=falling)
        order.sort(key=lambda at: values[at] is None)
    return [rows[at] for at in order]


def _directions(orders: Sequence[Value]) -> list[bool]:
    """Whether each order is falling. Faults: #VALUE! for what is neither 1 nor -1."""
    numbers = [_default(order, 1.0) for order in orders]
    if any(number not in (1.0, -1.0) for number in numbers):
        raise Fault(CellError.VALUE)
    return [number < 0 for number in numbers]


@function(
    "SORT(array: cells, [index: cells, order: cells, by_column: logical])", Shape.ARRAY, Smoothness.PIECEWISE,
    "The rows (or columns) in order of one or several of them: 1 rising, -1 falling.", subgradient=PICKS,
    cases=(("INDEX(SORT({3;1;2}),1)", 1), ("INDEX(SORT({3;1;2},,-1),1)", 3), ('INDEX(SORT({"b";1;TRUE}),2)', "b"),
           ("INDEX(SORT({1,9;2,8;3,7},2),1,1)", 3), ("INDEX(SORT({3,1,2},,,TRUE),1,1)", 1),
           ("INDEX(SORT({1,5;2,5;1,6},{1,2},{1,-1}),1,2)", 6), ("SORT({1;2},2)", CellError.VALUE),
           ("SORT({1;2},1,0)", CellError.VALUE),
           ("INDEX(SORT({#NAME?;#DIV/0!;#N/A}),1)", CellError.DIV0),
           ("INDEX(SORT({#NAME?;#DIV/0!;#N/A},1,-1),2)", CellError.NAME),  # as Excel stores them
           ('INDEX(SORT({"co-op";"coop";"con"}),3)', "co-op")),
)  # fmt: skip
def sort(
    array: Value | Matrix, index: Value | Matrix = None, order: Value | Matrix = None, by_column: bool = False
) -> Matrix:
    cells = across(as_matrix(array)) if by_column else as_matrix(array)
    numbers = [_default(number, 1.0) for number in as_matrix(index)]
    orders = list(as_matrix(order))
    if len(orders) == 1:
        orders *= len(numbers)
    if len(orders) != len(numbers) or not all(1 <= number < cells.width + 1 for number in numbers):
        raise Fault(CellError.VALUE)
    falling = _directions(orders)
    columns = [[row[int(number) - 1] for row in cells.rows] for number in numbers]
    result = Matrix(tuple(ordered(cells.rows, list(zip(columns, falling, strict=True)))))
    return across(result) if by_column else result


@function(
    "SORTBY(array: cells, by: cells, [order: cells, more: cells...])", Shape.ARRAY, Smoothness.PIECEWISE,
    "The rows (or columns) in the order of other rows or columns, each with 1 for rising or -1 for falling.",
    subgradient=PICKS,
    cases=(("INDEX(SORTBY({1;2;3},{9;7;8}),1)", 2), ("INDEX(SORTBY({1;2;3},{9;7;8},-1),1)", 1),
           ("INDEX(SORTBY({1,2,3},{9,7,8}),1,3)", 1), ("SORTBY({1;2},{1;2;3})", CellError.VALUE),
           ('INDEX(SORTBY({1;2;3},{"a";"b";"a"},-1,{1;2;3},-1),2)', 3), ("SORTBY({1;2},{1;2},2)", CellError.VALUE)),
)  # fmt: skip
def sortby(array: Value | Matrix, *by: Value | Matrix) -> Matrix:
    cells = as_matrix(array)
    keys = [as_matrix(key) for key in by[::2]]
    orders = [as_matrix(order).rows[0][0] for order in by[1::2]] + [None] * (len(by) % 2)
    falling = _directions(orders)
    upright = all(key.shape == (cells.height, 1) for key in keys)
    if not upright and not all(key.shape == (1, cells.width) for key in keys):
        raise Fault(CellError.VALUE)
    turned = cells if upright else across(cells)
    result = Matrix(tuple(ordered(turned.rows, list(zip([list(key) for key in keys], falling, strict=True)))))
    return result if upright else across(result)


@function(
    "UNIQUE(array: cells, [by_column: logical, once: logical])", Shape.ARRAY, Smoothness.PIECEWISE,
    "Each row (or column) once, in order of appearance; or those alone that stand there only once.", subgradient=PICKS,
    cases=(("SUM(UNIQUE({1;2;1;3}))", 6), ("ROWS(UNIQUE({1,2;1,2;2,1}))", 2), ("COLUMNS(UNIQUE({1,1,2},TRUE))", 2),
           ("SUM(UNIQUE({1;2;1},FALSE,TRUE))", 2), ('ROWS(UNIQUE({"a";"A";"b"}))', 2),
           ("UNIQUE({1;1},,TRUE)", CellError.CALC), ('ROWS(UNIQUE({1;"1";TRUE}))', 3)),
)  # fmt: skip
def unique(array: Value | Matrix, by_column: bool = False, once: bool = False) -> Matrix:
    cells = across(as_matrix(array)) if by_column else as_matrix(array)
    places: dict[tuple[Any, ...], list[int]] = {}
    for at, row in enumerate(cells.rows):
        places.setdefault(tuple(_identity(value) for value in row), []).append(at)
    result = _or_calc([cells.rows[at[0]] for at in places.values() if len(at) == 1 or not once])
    return across(result) if by_column else result


def _identity(value: Value) -> tuple[type, Any]:
    """What makes two values the same: type and value, of text without regard to case."""
    return type(value), fold_case(value) if isinstance(value, str) else value
