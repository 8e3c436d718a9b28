"""What a formula leaves in its cells."""

from __future__ import annotations

from cellgrad.errors import UnsupportedError
from cellgrad.functions.operands import Matrix
from cellgrad.reference.host import CachedIsData, Host
from cellgrad.values import Value
from cellgrad.workbook import ArrayFormula, Workbook


def filled(result: Value | Matrix, array: ArrayFormula) -> Value | Matrix:
    """The result fitted to its block: one row, column or value repeats, and beyond its end stands #N/A.

    A spilled formula keeps its own shape; one that has outgrown the block in the file is refused, because cells
    that others read would be missing.
    """
    region = array.region
    matrix = result if isinstance(result, Matrix) else Matrix(((result,),))
    if not array.dynamic:
        return Matrix.build(region.height, region.width, matrix.broadcast)
    if matrix.height > region.height or matrix.width > region.width:
        raise UnsupportedError(
            f"this formula now spills over {matrix.height} x {matrix.width} cells, "
            f"and over {region.height} x {region.width} in the file",
            action="recalculate and save the workbook in a spreadsheet",
        )
    return matrix


def cached(book: Workbook, host: Host, data: CachedIsData) -> Value | Matrix:
    region = host.region
    values = Matrix.build(
        region.height,
        region.width,
        lambda r, c: book.cached(host.sheet, region.top + r, region.left + c),
    )
    if values.rows[0][0] is None:
        raise UnsupportedError(
            f"{data.what} is not recomputed, and the file holds no value for this cell",
            position=data.position,
            action="recalculate and save the workbook in a spreadsheet, or put a value in the cell",
        )
    return values if region.size > 1 else values.rows[0][0]
