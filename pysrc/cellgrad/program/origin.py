"""Where an error comes from: the cell in which it begins."""

from __future__ import annotations

from cellgrad.address import Region
from cellgrad.blocks.dependence import Dependence
from cellgrad.reference import Reference
from cellgrad.values import CellError


def first_error(dependence: Dependence, reference: Reference, cell: Region) -> tuple[Region, CellError | None]:
    """Follow an error from a cell back to the cell where it begins: one that reads no cell with the same error.

    The error is None where the cell holds none. Raises FormulaError for a cell that cannot be evaluated.
    """
    value = reference.value(cell.sheet, cell.top, cell.left)
    if not isinstance(value, CellError):
        return cell, None
    seen = {cell}
    while True:
        found = None
        for block in dependence.touching(cell):
            single = block if block.spread else block.cell(cell.top, cell.left)
            for region in dependence.reads(single):
                found = found or _error_in(dependence, reference, region, value, seen)
        if found is None:
            return cell, value
        seen.add(found)
        cell = found


def _error_in(
    dependence: Dependence, reference: Reference, region: Region, error: CellError, seen: set[Region]
) -> Region | None:
    cells = dependence.book.sheet(region.sheet).cells
    for column, part in cells.entries(region.top, region.left, region.bottom, region.right):
        for row in cells.rows[part].tolist():
            cell = Region(region.sheet, row, column, row + 1, column + 1)
            if cell not in seen and reference.value(region.sheet, row, column) is error:
                return cell
    return None
