"""Sheets over UNO."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from cellgrad.address import parse_region, split_sheet
from cellgrad.errors import ArgumentError
from cellgrad.hosts.calc import writing
from cellgrad.hosts.calc.bridge import CalcError, translated, uno_exceptions
from cellgrad.hosts.calc.names import Names
from cellgrad.hosts.calc.range import Range
from cellgrad.hosts.calc.tables import Tables

if TYPE_CHECKING:
    from cellgrad.hosts.calc.book import Book

_FORMATS = 32 | 64  # com.sun.star.sheet.CellFlags: direct formats and styles


@translated
class Sheet(base_classes.Sheet):
    """A sheet."""

    def __init__(self, book: Book, sheet: Any) -> None:
        self._book = book
        self.sheet = sheet

    @property
    def api(self) -> Any:
        return self.sheet

    @property
    def book(self) -> Book:
        return self._book

    @property
    def name(self) -> str:
        return str(self.sheet.Name)

    @name.setter
    def name(self, value: str) -> None:
        self.sheet.setName(value)

    @property
    def names(self) -> Names:
        return Names(self._book, self)

    @property
    def tables(self) -> Tables:
        return Tables(self)

    @property
    def index(self) -> int:
        return int(self.sheet.RangeAddress.Sheet) + 1

    def area(self, row: int, column: int, height: int, width: int) -> Range:
        """The range from a cell (rows and columns from one) on."""
        return Range(self, row, column, height, width)

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        """As in Excel: A1 text, a name, a table's name, (row, column) from one, or two corners of those."""
        if isinstance(arg1, tuple) and len(arg1) == 4:
            return self.area(*arg1)
        if isinstance(arg1, numbers.Number) and isinstance(arg2, numbers.Number):
            return self._corner((arg1, arg2))
        first = self._corner(arg1)
        if arg2 is None:
            return first
        second = self._corner(arg2)
        top, left = min(first.row, second.row), min(first.column, second.column)
        bottom = max(first.row + first.shape[0], second.row + second.shape[0])
        right = max(first.column + first.shape[1], second.column + second.shape[1])
        return self.area(top, left, bottom - top, right - left)

    def _corner(self, given: Any) -> Range:
        if isinstance(given, Range):
            return given
        if isinstance(given, base_classes.Range) or hasattr(given, "impl"):
            return given.impl
        if isinstance(given, tuple):
            if 0 in given:
                raise IndexError("rows and columns count from one")
            return self.area(int(given[0]), int(given[1]), 1, 1)
        try:
            region = parse_region(given, self.name)
        except ArgumentError:
            return self._named(given)
        rows, columns = self._book.app.sheet_size
        bottom, right = min(region.bottom, rows), min(region.right, columns)
        sheet = self if split_sheet(given)[0] is None else self._book.sheets(region.sheet)
        return sheet.area(region.top + 1, region.left + 1, bottom - region.top, right - region.left)

    def _named(self, text: str) -> Range:
        for names in (self.names, self._book.names):
            if names.contains(text):
                return names(text).refers_to_range
        for sheet in self._book.sheets:
            if text in sheet.tables:
                body = sheet.tables(text).data_body_range
                if body is not None:
                    return body
        raise CalcError(f"'{text}' is no range, name or table of this workbook")

    @property
    def cells(self) -> Range:
        return self.area(1, 1, *self._book.app.sheet_size)

    @property
    def used_range(self) -> Range:
        cursor = self.sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        cursor.gotoStartOfUsedArea(True)
        return self._book.range_of(cursor.RangeAddress)

    def activate(self) -> None:
        controller = self._book.document.CurrentController
        if controller is not None and self.visible:
            controller.setActiveSheet(self.sheet)

    def select(self) -> None:
        self.activate()

    def clear_contents(self) -> None:
        self.used_range.clear_contents()

    def clear_formats(self) -> None:
        writing.clear(self.sheet, self.sheet, _FORMATS)

    def clear(self) -> None:
        self.used_range.clear()

    def autofit(self, axis: str | None = None) -> None:
        self.used_range.autofit(axis)

    def delete(self) -> None:
        try:
            self._book.document.Sheets.removeByName(self.name)
        except uno_exceptions() as error:
            raise CalcError(f"LibreOffice does not delete the sheet {self.name}: {error}") from error

    def copy(self, before: Any = None, after: Any = None) -> None:
        """A copy within the workbook, named as Excel names it: ``Sheet1 (2)``."""
        target = before or after
        if target is None or target.book.document != self._book.document:
            raise CalcError("a sheet is copied within its workbook only")
        names, number = set(self._book.document.Sheets.ElementNames), 2
        while f"{self.name} ({number})" in names:
            number += 1
        position = target.index - 1 if before is not None else target.index
        self._book.document.Sheets.copyByName(self.name, f"{self.name} ({number})", position)

    def move(self, before: Any = None, after: Any = None) -> None:
        target = before or after
        self._book.document.Sheets.moveByName(self.name, target.index - 1 if before is not None else target.index)

    @property
    def visible(self) -> bool:
        return bool(self.sheet.IsVisible)

    @visible.setter
    def visible(self, value: bool | int) -> None:
        """Excel's numbers are taken too: -1 visible, 0 hidden, 2 very hidden, which is hidden in Calc."""
        self.sheet.IsVisible = value is True or value == -1
