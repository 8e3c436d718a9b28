"""Places: positions of references, and values by their place."""

from __future__ import annotations

from cellgrad.address import Region
from cellgrad.functions.operands import Areas, Fault, Matrix, Operand, Value
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError


def _region(reference: Areas | Value | Matrix) -> Region:
    """The one region of a reference. Faults: #REF! for several, #VALUE! for what is no reference."""
    if not isinstance(reference, Areas):
        raise Fault(CellError.VALUE)
    if len(reference.regions) != 1:
        raise Fault(CellError.REF)
    return reference.regions[0]


@function(
    "ROW([reference: reference^])", Shape.ARRAY, Smoothness.NONE, "The row number; of many rows a column of them.",
    cases=(("ROW(B7)", 7), ("SUM(ROW(A1:A3))", 6), ("ROW(1)", CellError.VALUE)),
)  # fmt: skip
def row(reference: Areas) -> Operand:
    region = _region(reference)
    if region.height == 1:
        return float(region.top + 1)
    return Matrix(tuple((float(index + 1),) for index in range(region.top, region.bottom)))


@function(
    "COLUMN([reference: reference^])", Shape.ARRAY, Smoothness.NONE,
    "The column number; of many columns a row of them.",
    cases=(("COLUMN(B7)", 2), ("SUM(COLUMN(A1:C1))", 6)),
)  # fmt: skip
def column(reference: Areas) -> Operand:
    region = _region(reference)
    if region.width == 1:
        return float(region.left + 1)
    return Matrix((tuple(float(index + 1) for index in range(region.left, region.right)),))


@function(
    "ROWS(array: reference)", Shape.REDUCE, Smoothness.NONE, "How many rows.",
    cases=(("ROWS(A1:C4)", 4), ("ROWS({1,2;3,4})", 2), ("ROWS(A:A)", 1048576)),
)  # fmt: skip
def rows(array: Areas | Matrix | Value) -> float:
    if isinstance(array, Areas):
        return float(_region(array).height)
    return float(array.height) if isinstance(array, Matrix) else 1.0


@function(
    "COLUMNS(array: reference)", Shape.REDUCE, Smoothness.NONE, "How many columns.",
    cases=(("COLUMNS(A1:C4)", 3), ("COLUMNS({1,2,3})", 3)),
)  # fmt: skip
def columns(array: Areas | Matrix | Value) -> float:
    if isinstance(array, Areas):
        return float(_region(array).width)
    return float(array.width) if isinstance(array, Matrix) else 1.0


@function(
    "INDEX(array: reference, row: number, [column: number, area: number])", Shape.REFERENCE, Smoothness.SMOOTH,
    "The entry at a row and column, both from 1; 0 is the whole row or column, #REF! lies outside.",
    cases=(("INDEX({10,20;30,40},2,1)", 30), ("INDEX({10,20,30},2)", 20), ("SUM(INDEX({1,2;3,4},0,2))", 6),
           ("INDEX({1,2},3)", CellError.REF), ("INDEX({1,2},-1)", CellError.VALUE), ("ROW(INDEX(A1:C9,4,2))", 4),
           ("SUM(INDEX({1,2;3,4},2))", 7), ("INDEX({5;6;7},2)", 6), ("COLUMN(INDEX(A1:C9,4,2))", 2),
           ("INDEX({1,2,3},1,1,2)", CellError.REF)),
)  # fmt: skip
def index(array: Areas | Matrix | Value, row: float, column: float | None = None, area: float = 1.0) -> Operand:
    if isinstance(array, Areas):
        if not 1 <= area < len(array.regions) + 1:
            raise Fault(CellError.REF)
        region = array.regions[int(area) - 1]
        top, bottom, left, right = _span(region.height, region.width, row, column)
        return Areas(
            (Region(region.sheet, region.top + top, region.left + left, region.top + bottom, region.left + right),)
        )
    if not 1 <= area < 2:
        raise Fault(CellError.REF)
    matrix = array if isinstance(array, Matrix) else Matrix(((array,),))
    top, bottom, left, right = _span(matrix.height, matrix.width, row, column)
    part = Matrix(tuple(line[left:right] for line in matrix.rows[top:bottom]))
    return part.rows[0][0] if part.shape == (1, 1) else part


def _span(height: int, width: int, row: float, column: float | None) -> tuple[int, int, int, int]:
    """Rows and columns picked: top, bottom, left, right, from zero, ends exclusive."""
    if column is None:
        row, column = (0.0, row) if height == 1 else (row, 0.0)
    top, bottom = _picked(height, int(row))
    left, right = _picked(width, int(column))
    return top, bottom, left, right


def _picked(count: int, place: int) -> tuple[int, int]:
    if place < 0:
        raise Fault(CellError.VALUE)
    if place > count:
        raise Fault(CellError.REF)
    return (0, count) if place == 0 else (place - 1, place)
