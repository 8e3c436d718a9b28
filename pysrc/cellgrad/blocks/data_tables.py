"""What-if data tables (Excel's TABLE): their cells are data, for only a spreadsheet fills them."""

from __future__ import annotations

from cellgrad.address import Region
from cellgrad.blocks.dependence import Dependence
from cellgrad.workbook import Workbook

_MOST = 6


def data_table_cells(book: Workbook) -> int:
    """How many cells hold a value that a data table has put there."""
    return sum(
        part.stop - part.start
        for sheet in book.sheets.values()
        for table in sheet.data_tables
        for _, part in sheet.cells.entries(table.top, table.left, table.bottom, table.right)
    )


def data_tables_read(dependence: Dependence, cell: Region) -> list[Region]:
    """The cells of data tables that a formula cell depends on, directly or not."""
    book = dependence.book
    tables = [table for sheet in book.sheets.values() for table in sheet.data_tables]
    if not tables:
        return []
    found: dict[Region, None] = {}
    for block in dependence.order(dependence.touching(cell)):
        for region in dependence.reads(block):
            shared = (region.intersect(table) for table in tables)
            found.update((one, None) for one in shared if one is not None)
    return list(found)


def data_table_warning(dependence: Dependence, objective: Region) -> str:
    """A sentence on the data tables that an objective depends on; empty where there are none."""
    found = data_tables_read(dependence, objective)
    if not found:
        return ""
    more = len(found) - _MOST
    listed = ", ".join(map(str, found[:_MOST])) + (f" and {more} more" if more > 0 else "")
    return (
        f"{objective} reads {listed}, which a what-if data table fills: its values are taken from the file as they "
        "are, and no slope goes through them."
    )
