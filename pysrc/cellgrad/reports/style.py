"""What the reports share: how their workbooks look, are named and are written."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cellgrad.address import Region
from cellgrad.errors import ArgumentError
from cellgrad.hosts.replace import Replacement, as_write_error, real_target
from cellgrad.values import Kind
from cellgrad.workbook import Workbook

INK, FAINT, RULE = "#1F2933", "#6B7280", "#D5DAE1"
HEADER, GOAL, LEARNED = "#E4E9F0", "#F2A679", "#FFF3BF"
"""Fills: of headers, of what is to become small or large, of changing cells."""
REDS = ("#FDDBC7", "#F4A582", "#D6604D", "#B2182B", "#67001F")
BLUES = ("#D1E5F0", "#92C5DE", "#4393C3", "#2166AC", "#053061")
"""From faint to strong (ColorBrewer, RdBu), which those who do not tell red from green tell apart."""
LONGEST_SHEET_NAME = 31


class Book:
    """A report in the making. Asking twice for the same look gives the same format."""

    def __init__(self, file: xlsxwriter.Workbook) -> None:
        self.file = file
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._names: set[str] = set()

    def look(self, number_format: str = "General", **properties: Any) -> Format:
        """A format: the reports' font and ink, and what is given besides, in XlsxWriter's words."""
        properties = {
            "font_name": "Calibri",
            "font_size": 11,
            "font_color": INK,
            "num_format": number_format,
        } | properties
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.file.add_format(properties)
        return self._formats[key]

    def title(self) -> Format:
        return self.look(bold=True, font_size=16, valign="vcenter")

    def heading(self) -> Format:
        return self.look(bold=True, font_size=12)

    def faint(self, **properties: Any) -> Format:
        given: dict[str, Any] = {"font_color": FAINT, "italic": True} | properties
        return self.look(**given)

    def header(self, align: str = "left", indent: int = 0) -> Format:
        return self.look(
            bold=True, bg_color=HEADER, align=align, indent=indent, valign="vcenter", bottom=1, bottom_color=RULE
        )

    def sheet(self, name: str) -> Worksheet:
        """A new sheet, by this name as far as Excel allows and no other sheet has it."""
        plain = "".join("_" if c in "[]:*?/\\" else c for c in name).strip("'") or "sheet"
        unique, number = plain[:LONGEST_SHEET_NAME], 1
        while unique.casefold() in self._names or unique.casefold() == "history":  # Excel keeps that name for itself
            number += 1
            ending = f" ({number})"
            unique = plain[: LONGEST_SHEET_NAME - len(ending)] + ending
        self._names.add(unique.casefold())
        sheet = self.file.add_worksheet(unique)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def table(self, sheet: Worksheet, row: int, headers: Sequence[str], numbers: Sequence[str] = ()) -> None:
        """A row of headers; those named in `numbers` stand at the right like their columns; what follows is set in."""
        for column, text in enumerate(headers):
            after_number = column > 0 and headers[column - 1] in numbers
            header = self.header("right") if text in numbers else self.header(indent=int(after_number))
            sheet.write_string(row, column, text, header)


@contextmanager
def writing(path: Path) -> Iterator[Book]:
    """A new report, saved as `path` where the block ends well, in place of what was there.

    Raises ArgumentError for another ending than .xlsx, and WriteError where it cannot be saved.
    """
    require_report(path)
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "nan_inf_to_errors": True}) as file:
        file.set_properties({"author": "Cellgrad"})
        yield Book(file)
    with as_write_error(path), Replacement(real_target(path)) as new:
        new.file.write(content.getvalue())
        new.finish()
        new.commit()


def require_report(path: Path) -> None:
    """Raises what `writing` would raise before anything is written, so that no time is spent on it in vain."""
    if path.suffix.lower() != ".xlsx":
        raise ArgumentError(f"'{path}' does not end in .xlsx", action="a report is a workbook: name it NAME.xlsx")
    real_target(path)


def shown(value: float) -> str:
    """The number format in which a value of this size is read best."""
    size = abs(value)
    if size == 0 or (float(value).is_integer() and size < 1e4):
        return "0"
    if 1e4 <= size < 1e9:
        return "#,##0" if float(value).is_integer() or size >= 1e7 else "#,##0.00"
    return "0.0000" if 1e-3 <= size < 1e4 else "0.00E+00"


def name_of(book: Workbook, cell: Region) -> str:
    """What a cell is called, for people: its defined name, its place in a table, or, as in the reports of Excel's
    Solver, the nearest text to its left with the nearest text above (right above a table: with its column's header).
    '' where there is nothing of it."""
    for name in book.names:
        if name.hidden or name.name.lower().startswith("solver_"):  # LibreOffice shows the saved model's own names
            continue
        if name.text.replace("$", "").replace("'", "") == f"{cell.sheet}!{cell.a1}":
            return name.name
    for table in book.tables.values():
        if cell in table.body:
            return f"{table.columns[cell.left - table.region.left]}, row {cell.top + 1}"
    column = _header_below(book, cell) or _text(book, cell, to_left=False)
    return " ".join(filter(None, (_text(book, cell, to_left=True), column)))


def _header_below(book: Workbook, cell: Region) -> str:
    """The column of a table whose header stands within two rows below the cell."""
    for table in book.tables.values():
        r = table.region
        if table.header_rows and r.sheet == cell.sheet and r.left <= cell.left < r.right and 0 < r.top - cell.top <= 2:
            return table.columns[cell.left - r.left]
    return ""


def _text(book: Workbook, cell: Region, to_left: bool) -> str:
    """The nearest text in the cell's row before it, or in its column above it."""
    cells = book.sheet(cell.sheet).cells
    if to_left:
        places = [(cell.top, column) for column in cells.columns[cells.columns < cell.left][::-1].tolist()]
        found = [entry for place in places if (entry := cells.find(*place)) >= 0]
        nearest = next((entry for entry in found if cells.kinds[entry] == Kind.TEXT), None)
    else:
        above = [entries for _, entries in cells.entries(0, cell.left, cell.top, cell.left + 1)]
        texts = np.flatnonzero(cells.kinds[above[0]] == Kind.TEXT).tolist() if above else []
        nearest = above[0].start + texts[-1] if texts else None
    return "" if nearest is None else str(book.strings[int(cells.data[nearest])]).strip()[:60]
