"""Which rows of an open workbook are not shown: SUBTOTAL and AGGREGATE leave them out."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import xlwings as xw

from cellgrad.address import Region, parse_region
from cellgrad.errors import ArgumentError
from cellgrad.workbook import Sheet, Workbook

_ASKS = re.compile(r"\b(SUBTOTAL|AGGREGATE)\s*\(", re.IGNORECASE)


def with_hidden_rows(book: Workbook, live: xw.Book) -> Workbook:
    """The snapshot with the rows that are hidden, and those of them that a filter hides.

    Rows are asked for only where a formula counts on them: most workbooks have none that does.
    """
    if not any(_ASKS.search(formula.text) for formula in book.formulas):
        return book
    sheets = {name: _seen(sheet, live.sheets[name], book) for name, sheet in book.sheets.items()}
    return dataclasses.replace(book, sheets=sheets)


def _seen(sheet: Sheet, live: xw.Sheet, book: Workbook) -> Sheet:
    rows = sheet.cells.extent[0]
    if live.book.app.engine.name == "calc":
        runs = list(_hidden_in_calc(live, rows))
        filtered = [run for run in runs if live.api.Rows.getByIndex(run.start).IsFiltered]
    else:
        runs = list(_hidden_runs(live, 0, rows))
        inside = _filtered_region(book, sheet.name)
        filtered = [
            range(max(run.start, inside.top + 1), min(run.stop, inside.bottom)) for run in runs if inside is not None
        ]
    hidden = tuple(row for run in runs for row in run)
    return dataclasses.replace(sheet, hidden_rows=hidden, filtered_rows=tuple(row for run in filtered for row in run))


def _hidden_in_calc(live: xw.Sheet, rows: int) -> Iterator[range]:
    """The rows between those that Calc says are visible."""
    if not rows:
        return
    visible = live.api.getCellRangeByPosition(0, 0, 0, rows - 1).queryVisibleCells().RangeAddresses
    at = 0
    for start, end in sorted((one.StartRow, one.EndRow) for one in visible):
        if start > at:
            yield range(at, start)
        at = max(at, end + 1)
    if at < rows:
        yield range(at, rows)


def _hidden_runs(live: xw.Sheet, start: int, stop: int) -> Iterator[range]:
    """Hidden rows by halves: a range says all, none or some of its rows."""
    if start >= stop:
        return
    hidden = live.range((start + 1, 1), (stop, 1)).rows.hidden
    if hidden:
        yield range(start, stop)
    elif hidden is None:
        middle = (start + stop) // 2
        yield from _hidden_runs(live, start, middle)
        yield from _hidden_runs(live, middle, stop)


def _filtered_region(book: Workbook, sheet: str) -> Region | None:
    """The range of a sheet's own filter, which Excel keeps in a hidden name."""
    found = book.find_name("_xlnm._FilterDatabase", sheet)
    if found is None or found.sheet is None:
        return None
    try:
        return parse_region(found.text.removeprefix("="), sheet)
    except ArgumentError:  # the name of a filter that was: #REF!
        return None
