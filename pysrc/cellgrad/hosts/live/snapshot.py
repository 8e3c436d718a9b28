"""An open workbook as a snapshot, unsaved edits included, in a few bulk reads."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from itertools import compress

import numpy as np
import xlwings as xw

from cellgrad.address import Region, split_sheet
from cellgrad.errors import FileError
from cellgrad.formula.pool import FormulaPool
from cellgrad.hosts.live.differences import (
    HOST_ERRORS,
    ExactValue,
    calculation_of,
    everything,
    is_protected,
    region_of,
)
from cellgrad.hosts.live.held import no_numbers
from cellgrad.hosts.live.hidden import with_hidden_rows
from cellgrad.hosts.live.stores import UNDO_SHEET
from cellgrad.hosts.sheet_builder import Shared, SheetBuilder
from cellgrad.values import Kind, Strings
from cellgrad.workbook import DefinedName, Sheet, Table, Workbook, encode

_BUILT_IN = {
    "print_area": "_xlnm.Print_Area",
    "print_titles": "_xlnm.Print_Titles",
    "_filterdatabase": "_xlnm._FilterDatabase",
    "criteria": "_xlnm.Criteria",
    "extract": "_xlnm.Extract",
    "consolidate_area": "_xlnm.Consolidate_Area",
    "database": "_xlnm.Database",
    "sheet_title": "_xlnm.Sheet_Title",
}
"""Excel shows these names without the mark that its files put before them."""


def snapshot(book: xw.Book) -> Workbook:
    """Everything the engine reads of a workbook, as it stands on the screen.

    Three calls a sheet for its cells, and a few for each name and table. Our own undo sheet is left out.
    Which rows are hidden is asked only where a formula counts on it (SUBTOTAL, AGGREGATE).
    Raises FileError where the program does not answer, such as while a cell is being edited.
    """
    collecting = gc.isenabled()
    gc.disable()  # it would walk over millions of new cells again and again
    try:
        return _snapshot(book)
    except HOST_ERRORS as error:
        raise FileError(
            f"the open workbook '{book.name}' cannot be read: {error}",
            action="finish editing the cell, close any dialog, and try again",
        ) from error
    finally:
        if collecting:
            gc.enable()


def _snapshot(book: xw.Book) -> Workbook:
    calculation = calculation_of(book)
    strings = Strings()
    shared = Shared(book.name, FormulaPool(), strings, np.empty(0, np.int64), date1904=calculation.date1904)
    sheets: dict[str, Sheet] = {}
    tables: dict[str, Table] = {}
    for sheet in book.sheets:
        name = sheet.name
        if name == UNDO_SHEET:
            continue
        sheets[name], values = _sheet(sheet, shared)
        for table in sheet.tables:
            read = _table(table, values)
            tables[read.name] = read
    found = Workbook(
        sheets=sheets,
        formulas=tuple(shared.pool.formulas),
        strings=strings,
        tables=tables,
        names=_names(book, sheets),
        date1904=calculation.date1904,
        iterate=calculation.iterate,
        iterate_count=calculation.iterate_count,
        iterate_delta=calculation.iterate_delta,
        manual=book.app.calculation == "manual",
    )
    return with_hidden_rows(found, book)


class _Values:
    """What a sheet's used range holds, for the tables' headers."""

    def __init__(self, region: Region, columns: list[list[ExactValue]]) -> None:
        self.region = region
        self.columns = columns

    def at(self, row: int, column: int) -> ExactValue:
        inside = self.region.top <= row < self.region.bottom and self.region.left <= column < self.region.right
        return self.columns[column - self.region.left][row - self.region.top] if inside else None


def _sheet(sheet: xw.Sheet, shared: Shared) -> tuple[Sheet, _Values]:
    used = sheet.used_range
    region = region_of(used)
    texts, values, blocks = everything(used)
    builder = SheetBuilder(region.sheet, shared, protected=is_protected(sheet))
    in_array = np.zeros((region.height, region.width), bool)
    for block in blocks:
        if inside := block.intersect(region):
            rows = slice(inside.top - region.top, inside.bottom - region.top)
            in_array[rows, inside.left - region.left : inside.right - region.left] = True
    columns = [
        _column(formulas, held, in_array[:, c], region.top, region.left + c, shared)
        for c, (formulas, held) in enumerate(zip(texts, values, strict=True))
    ]
    if columns:
        builder.add_cells(*(np.concatenate([column[at] for column in columns]) for at in range(5)))
    for block in blocks:
        text = texts[block.left - region.left][block.top - region.top].removeprefix("=")
        builder.formula(block.top, block.left, {"t": "array", "ref": block.a1}, text, "")
    return builder.finish(visible=sheet.visible in (True, -1)), _Values(region, values)


def _column(
    texts: Sequence[str],
    values: Sequence[ExactValue],
    in_array: np.ndarray,
    top: int,
    column: int,
    shared: Shared,
) -> tuple[np.ndarray, ...]:
    """rows, columns, kinds, data and formula ids of one column's cells that hold something."""
    height = len(values)
    formulas = np.full(height, -1, np.int32)
    if in_array.any():
        texts = ["" if inside else text for text, inside in zip(texts, in_array.tolist(), strict=True)]
    places = list(compress(range(height), texts))
    if places:
        formulas[places] = shared.pool.intern_column(
            [texts[at][1:] for at in places], [top + at for at in places], column, _same, _same
        )
    kinds, data = _encoded(values, shared.strings)
    held = np.flatnonzero((kinds != Kind.BLANK) | (formulas >= 0))
    return (
        (held + top).astype(np.int32),
        np.full(len(held), column, np.int32),
        kinds[held],
        data[held],
        formulas[held],
    )


def _encoded(values: Sequence[ExactValue], strings: Strings) -> tuple[np.ndarray, np.ndarray]:
    """Kinds and data of a column: numbers all at once, what is none of them one by one."""
    kinds = np.full(len(values), Kind.NUMBER, np.uint8)
    others = no_numbers(values)
    if not others:
        return kinds, np.array(values, np.float64)
    if len(others) == len(values) and set(values) == {None}:
        return np.full_like(kinds, Kind.BLANK), np.zeros(len(values))
    numbers = list(values)
    for at in others:
        numbers[at] = 0.0
    data = np.array(numbers, np.float64)
    rare = [values[at] for at in others]
    codes = {value: encode(value, strings) for value in dict.fromkeys(rare)}  # texts repeat
    kinds[others], data[others] = zip(*map(codes.__getitem__, rare), strict=True)
    return kinds, data


def _same(text: str) -> str:
    return text


def _table(table: xw.main.Table, values: _Values) -> Table:
    region = region_of(table.range)
    header = int(table.header_row_range is not None)
    totals = int(bool(table.show_totals))
    names = [values.at(region.top, column) if header else None for column in range(region.left, region.right)]
    columns = tuple(_header(name, number) for number, name in enumerate(names, 1))
    return Table(table.name, region, columns, header, totals)


def _header(value: ExactValue, number: int) -> str:
    if value is None:
        return f"Column{number}"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _names(book: xw.Book, sheets: dict[str, Sheet]) -> tuple[DefinedName, ...]:
    """The defined names, a sheet's own with their sheet; hidden are those that Excel and Solver hide."""
    found = []
    by_fold = {name.casefold(): name for name in sheets}
    for name in book.names:
        scope, plain = split_sheet(name.name)
        if scope is not None and scope.casefold() not in by_fold:
            continue
        text = (name.refers_to or "").removeprefix("=")
        plain = _BUILT_IN.get(plain.casefold(), plain)
        hidden = plain.casefold().startswith(("solver_", "_xlnm._filter"))
        found.append(DefinedName(plain, text, by_fold[scope.casefold()] if scope else None, hidden))
    return tuple(found)
