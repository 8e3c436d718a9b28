"""Structured references bound to cells: which table is meant, which of its columns and rows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from cellgrad.address import Region
from cellgrad.errors import FormulaError
from cellgrad.formula.tree import Coordinate, Literal, Node, Range, Structured
from cellgrad.values import CellError
from cellgrad.workbook import Table, Workbook


def table_around(book: Workbook, sheet: str, row: int, column: int) -> Table | None:
    cell = Region(book.sheet(sheet).name, row, column, row + 1, column + 1)
    return next((table for table in book.tables.values() if cell in table.region), None)


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else otherwise


class TableBinding:
    """Structured references as seen by one cell, its sheet spelled as in the workbook."""

    def __init__(self, book: Workbook, sheet: str, row: int, column: int) -> None:
        self.book = book
        self.sheet = sheet
        self.row = row
        self.column = column

    def bind(self, node: Structured, position: int) -> Node:
        """The cells, or the error that Excel answers with. Raises FormulaError for a missing table or column."""
        table = self._table(node, position)
        region = table.region
        left, right = region.left, region.right - 1
        if node.first is not None and node.last is not None:
            ends = (self._column(table, node.first, position), self._column(table, node.last, position))
            left, right = region.left + min(ends), region.left + max(ends)
        rows = self._rows(table, node.items)
        if isinstance(rows, CellError):
            return Literal(rows, position=position)
        return Range(
            rows[0],
            Coordinate(left, True),
            rows[1],
            Coordinate(right, True),
            None if region.sheet == self.sheet else region.sheet,
            position=position,
        )

    def _table(self, node: Structured, position: int) -> Table:
        if node.table is None:
            table = table_around(self.book, self.sheet, self.row, self.column)
            if table is None:
                raise FormulaError(
                    "this reference names no table, and the cell stands in none",
                    position=position,
                    action="write the table's name before the bracket",
                )
            return table
        found = self.book.find_table(node.table)
        if found is None:
            raise FormulaError(
                f"there is no table '{node.table}'",
                position=position,
                action=nearest(node.table, self.book.tables, "check the table's name"),
            )
        return found

    def _column(self, table: Table, name: str, position: int) -> int:
        folded = [column.casefold() for column in table.columns]
        if name.casefold() not in folded:
            raise FormulaError(
                f"the table {table.name} has no column '{name}'",
                position=position,
                action=nearest(name, table.columns, "its columns are " + ", ".join(table.columns)),
            )
        return folded.index(name.casefold())

    def _rows(self, table: Table, items: frozenset[str]) -> tuple[Coordinate, Coordinate] | CellError:
        """The first and last row meant, or the error that Excel answers with."""
        body, whole = table.body, table.region
        if "this row" in items:
            here = Coordinate(0, False)
            return (here, here) if body.top <= self.row < body.bottom else CellError.VALUE
        parts = {
            "all": (whole.top, whole.bottom),
            "headers": (whole.top, body.top),
            "data": (body.top, body.bottom),
            "totals": (body.bottom, whole.bottom),
        }
        chosen = [parts[item] for item in items or {"data"}]
        top, bottom = min(part[0] for part in chosen), max(part[1] for part in chosen)
        if top >= bottom:
            return CellError.REF
        return Coordinate(top, True), Coordinate(bottom - 1, True)
