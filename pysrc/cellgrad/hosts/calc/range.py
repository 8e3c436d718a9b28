"""Ranges over UNO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from xlwings import base_classes
from xlwings.utils import hex_to_rgb, int_to_rgb, rgb_to_int

from cellgrad.address import column_letters, quote_sheet
from cellgrad.hosts.calc import formulas, reading, writing
from cellgrad.hosts.calc.bridge import CalcError, import_uno, translated, uno_exceptions
from cellgrad.hosts.calc.names import Name
from cellgrad.hosts.calc.tables import Table

if TYPE_CHECKING:
    from cellgrad.hosts.calc.sheet import Sheet

_ANNOTATIONS, _HARD_FORMATS, _STYLES = 8, 32, 64  # com.sun.star.sheet.CellFlags
_CONTENTS = 1 | 2 | 4 | 16
_FORMATS = _HARD_FORMATS | _STYLES
_NO_COLOR = -1


@translated
class Range(base_classes.Range):
    """A rectangle of one sheet; rows and columns count from one."""

    options: dict[str, Any]

    def __init__(self, sheet: Sheet, row: int, column: int, height: int, width: int) -> None:
        self._sheet = sheet
        self._coords = (row, column, height, width)
        self._area: Any = None
        self.options = {}

    @property
    def area(self) -> Any:
        """The UNO cell range."""
        if self._area is None:
            row, column, height, width = self._coords
            try:
                self._area = self._sheet.sheet.getCellRangeByPosition(
                    column - 1, row - 1, column + width - 2, row + height - 2
                )
            except uno_exceptions() as error:
                raise CalcError(f"{self.address} lies outside the sheet") from error
        return self._area

    @property
    def api(self) -> Any:
        return self.area

    @property
    def sheet(self) -> Sheet:
        return self._sheet

    @property
    def coords(self) -> tuple[Any, int, int, int, int]:
        return (self._sheet, *self._coords)

    def __len__(self) -> int:
        return self._coords[2] * self._coords[3]

    @property
    def row(self) -> int:
        return self._coords[0]

    @property
    def column(self) -> int:
        return self._coords[1]

    @property
    def shape(self) -> tuple[int, int]:
        return self._coords[2], self._coords[3]

    max_cells_per_read = None
    max_cells_per_write = None

    # what the cells hold

    @property
    def raw_value(self) -> Any:
        """Rows of values, or one value: dates as moments, errors as the codes of Excel's interface."""
        return self._read(dates=True)

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        self._write(data)

    @property
    def value2(self) -> Any:
        """As Excel's Value2: as `raw_value`, with dates as serial numbers, exact to the bit."""
        return self._read(dates=False)

    def _read(self, dates: bool) -> Any:
        if not all(self.shape):
            return None
        rows = reading.read_values(self.area, self._sheet.book.formats, dates)
        return rows[0][0] if self.shape == (1, 1) else rows

    def _write(self, data: Any) -> None:
        sheet, formats = self._sheet.sheet, self._sheet.book.formats
        if isinstance(data, str) and data.startswith("=") and len(self) > 1:
            writing.write_fill(sheet, self.area, data, formats, self._to_calc)
        elif rows := self._filled(data):
            writing.write_values(sheet, self.area, rows, formats, self._to_calc)

    def _filled(self, data: Any) -> Sequence[Sequence[Any]]:
        """The data in this range's shape: a single value fills it, one row is repeated as Excel does."""
        height, width = self.shape
        if not isinstance(data, list | tuple):
            return [[data] * width for _ in range(height)]
        rows = data if data and isinstance(data[0], list | tuple) else [data]
        if len(rows) == 1 and height > 1:
            rows = list(rows) * height
        if len(rows) != height or any(len(row) != width for row in rows):
            raise CalcError(f"{len(rows)} x {len(rows[0])} values do not fit {self.address}")
        return rows

    def _to_calc(self, formula: str, row: int, column: int) -> str:
        """An Excel formula for the cell at (row, column) of the range, from zero, in Calc's words."""
        try:
            return self._sheet.book.translator.to_calc(formula, lambda: self._own_table(row, column))
        except ValueError as error:
            raise CalcError(str(error)) from error

    def _own_table(self, row: int, column: int) -> str | None:
        at_row, at_column = self.row + row, self.column + column
        for table in self._sheet.tables:
            whole = table.range
            inside = 0 <= at_row - whole.row < whole.shape[0] and 0 <= at_column - whole.column < whole.shape[1]
            if inside:
                return table.name
        return None

    @property
    def formula(self) -> Any:
        """Formulas in Excel's words, constants as text: a string for one cell, else a tuple of rows."""
        if not all(self.shape):
            return None
        rows = formulas.read_formulas(self.area, self._sheet.book.translator, self._sheet.book.formats)
        return rows[0][0] if self.shape == (1, 1) else tuple(tuple(row) for row in rows)

    @formula.setter
    def formula(self, value: Any) -> None:
        self._write(value)

    formula2 = formula
    """Calc has no spilling formulas: the same as `formula`. For a formula over a block use `formula_array`."""

    @property
    def formula_array(self) -> str | None:
        """The array formula of the block this range lies in, or a single cell's formula; None for anything else."""
        formulas = self.formula
        if isinstance(formulas, str):
            return formulas
        texts = {text for row in formulas for text in row}
        return texts.pop() if len(texts) == 1 and self.has_array else None

    @formula_array.setter
    def formula_array(self, value: str) -> None:
        writing.require_unlocked(self._sheet.sheet, self.area)
        writing.require_whole_arrays(self._sheet.sheet, self.area)
        self.area.setArrayFormula(self._to_calc(value, 0, 0))

    @property
    def has_array(self) -> bool | None:
        """Whether array formulas fill the range: None where they fill a part of it."""
        covered = sum(
            part.shape[0] * part.shape[1] for block in self.array_blocks if (part := self._common(block)) is not None
        )
        return bool(covered) if covered in (0, len(self)) else None

    @property
    def array_blocks(self) -> list[Range]:
        """The whole blocks of the array formulas that touch this range."""
        return [self._block(block) for block in formulas.array_blocks(self._sheet.sheet, self.area)]

    def everything(self) -> tuple[list[list[str]], list[list[Any]], list[Range]]:
        """(columns of formulas, ``""`` for constants; columns of values as `value2`; array blocks) in a few calls."""
        book = self._sheet.book
        found = formulas.read_everything(self._sheet.sheet, self.area, book.translator, book.formats)
        return found.formulas, found.values, [self._block(block) for block in found.arrays]

    def _block(self, block: reading.Rectangle) -> Range:
        return self._sheet.area(block.top + 1, block.left + 1, block.bottom - block.top, block.right - block.left)

    def _common(self, other: Range) -> Range | None:
        top, left = max(self.row, other.row), max(self.column, other.column)
        bottom = min(self.row + self.shape[0], other.row + other.shape[0])
        right = min(self.column + self.shape[1], other.column + other.shape[1])
        return None if top >= bottom or left >= right else self._sheet.area(top, left, bottom - top, right - left)

    def clear_contents(self) -> None:
        writing.clear(self._sheet.sheet, self.area)

    def clear_formats(self) -> None:
        writing.clear(self._sheet.sheet, self.area, _FORMATS)

    def clear(self) -> None:
        writing.clear(self._sheet.sheet, self.area, _CONTENTS | _ANNOTATIONS | _FORMATS)

    # where it lies

    def get_address(self, row_absolute: bool = True, col_absolute: bool = True, external: bool = False) -> str:
        row, column, height, width = self._coords
        r, c = "$" if row_absolute else "", "$" if col_absolute else ""
        text = f"{c}{column_letters(column - 1)}{r}{row}"
        if (height, width) != (1, 1):
            text += f":{c}{column_letters(column + width - 2)}{r}{row + height - 1}"
        return f"{quote_sheet(self._sheet.name)}!{text}" if external else text

    @property
    def address(self) -> str:
        return self.get_address()

    def __call__(self, arg1: int, arg2: int | None = None) -> Range:
        """The cell at (row, column), or the n-th in reading order; from one, and beyond the range too."""
        row, column, _, width = self._coords
        if arg2 is None:
            arg1, arg2 = (arg1 - 1) // width + 1, (arg1 - 1) % width + 1
        return self._sheet.area(row + arg1 - 1, column + arg2 - 1, 1, 1)

    @property
    def rows(self) -> Range:
        return self

    @property
    def columns(self) -> Range:
        return self

    def end(self, direction: str) -> Range:
        """Where Ctrl and an arrow key go: the end of a run of filled cells, or the next filled cell."""
        step = {"down": (1, 0), "up": (-1, 0), "right": (0, 1), "left": (0, -1)}[direction]
        used = self._sheet.used_range
        limits = self._sheet.book.app.sheet_size
        vertical = step[0] != 0
        at = self.row if vertical else self.column
        last = max(at, (used.row + used.shape[0] if vertical else used.column + used.shape[1]) - 1)
        line = (
            self._sheet.area(1, self.column, last, 1) if vertical else self._sheet.area(self.row, 1, 1, last)
        ).area.getFormulaArray()
        filled = [bool(row[0]) for row in line] if vertical else [bool(text) for text in line[0]]
        found = _jump(filled, at - 1, step[0] + step[1], limits[0 if vertical else 1]) + 1
        return self._sheet.area(found, self.column, 1, 1) if vertical else self._sheet.area(self.row, found, 1, 1)

    @property
    def current_region(self) -> Range:
        cursor = self._sheet.sheet.createCursorByRange(self.area)
        cursor.collapseToCurrentRegion()
        return self._sheet.book.range_of(cursor.RangeAddress)

    def select(self) -> None:
        controller = self._sheet.book.document.CurrentController
        if controller is not None:
            controller.select(self.area)

    @property
    def merge_cells(self) -> bool | None:
        """Whether it lies in merged cells: None where a part of it does."""
        if len(self) > 1:
            if not self.area.IsMerged:
                return any(self._sheet.area(r, c, 1, 1).merge_cells for r, c in self._edges()) and None
            return True if self.merge_area.shape == self.shape else None
        return len(self.merge_area) > 1

    def _edges(self) -> list[tuple[int, int]]:
        """A merged area that reaches in from outside covers a corner cell of the range, or begins inside it."""
        row, column, height, width = self._coords
        return [(row, column), (row + height - 1, column), (row, column + width - 1)]

    @property
    def merge_area(self) -> Range:
        cursor = self._sheet.sheet.createCursorByRange(self.area)
        cursor.collapseToMergedArea()
        return self._sheet.book.range_of(cursor.RangeAddress)

    def merge(self, across: bool = False) -> None:
        parts = [self._sheet.area(self.row + r, self.column, 1, self.shape[1]) for r in range(self.shape[0])]
        for part in parts if across else [self]:
            part.area.merge(True)

    def unmerge(self) -> None:
        self.area.merge(False)

    @property
    def table(self) -> Table | None:
        name = self._own_table(0, 0)
        return None if name is None else Table(self._sheet, name)

    @property
    def name(self) -> Name | None:
        own = (self._sheet.name, *self._coords)
        for name in self._sheet.book.names._all():
            try:
                target = name.refers_to_range
            except CalcError:
                continue
            if (target.sheet.name, *target.coords[1:]) == own:
                return name
        return None

    @name.setter
    def name(self, value: str) -> None:
        self._sheet.book.names.add(value, "=" + self.get_address(external=True))

    # how it looks

    @property
    def number_format(self) -> str | None:
        if self.area.getPropertyState("NumberFormat").value == "AMBIGUOUS_VALUE":
            return None
        return self._sheet.book.formats.code(self.area.NumberFormat)

    @number_format.setter
    def number_format(self, value: str) -> None:
        self.area.NumberFormat = self._sheet.book.formats.key(value)

    @property
    def color(self) -> tuple[int, int, int] | None:
        color = self.area.CellBackColor
        return None if color == _NO_COLOR else _swapped(color)

    @color.setter
    def color(self, value: tuple[int, int, int] | int | str | None) -> None:
        if value is None:
            self.area.CellBackColor = _NO_COLOR
            return
        rgb = hex_to_rgb(value) if isinstance(value, str) else int_to_rgb(value) if isinstance(value, int) else value
        red, green, blue = rgb
        self.area.CellBackColor = rgb_to_int((blue, green, red))

    @property
    def row_hidden(self) -> bool | None:
        return self._hidden(self.area.Rows)

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        self.area.Rows.IsVisible = not value

    @property
    def column_hidden(self) -> bool | None:
        return self._hidden(self.area.Columns)

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        self.area.Columns.IsVisible = not value

    def _hidden(self, lines: Any) -> bool | None:
        shown = {bool(lines.getByIndex(index).IsVisible) for index in range(lines.Count)}
        return None if len(shown) > 1 else not shown.pop()

    def autofit(self, axis: str | None = None) -> None:
        if axis in (None, "rows", "r"):
            self.area.Rows.OptimalHeight = True
        if axis in (None, "columns", "c"):
            self.area.Columns.OptimalWidth = True

    # moving cells

    def insert(self, shift: str | None = None, copy_origin: str | None = None) -> None:
        mode = {"down": "DOWN", "right": "RIGHT", None: "DOWN"}[shift]
        kind = import_uno().Enum("com.sun.star.sheet.CellInsertMode", mode)
        self._sheet.sheet.insertCells(self.area.RangeAddress, kind)

    def delete(self, shift: str | None = None) -> None:
        mode = {"up": "UP", "left": "LEFT", None: "UP"}[shift]
        kind = import_uno().Enum("com.sun.star.sheet.CellDeleteMode", mode)
        self._sheet.sheet.removeRange(self.area.RangeAddress, kind)

    def copy(self, destination: Any = None) -> None:
        if destination is None:
            raise CalcError("name a destination: there is no clipboard here")
        target = getattr(destination, "impl", destination).area.getCellByPosition(0, 0).CellAddress
        self._sheet.sheet.copyRange(target, self.area.RangeAddress)


def _swapped(color: int) -> tuple[int, int, int]:
    """Calc keeps red in the highest byte, Excel in the lowest."""
    return (color >> 16) & 255, (color >> 8) & 255, color & 255


def _jump(filled: list[bool], at: int, step: int, size: int) -> int:
    """From place `at`, the end of the run of filled cells, or the next filled cell, or the edge; places from zero."""

    def is_filled(place: int) -> bool:
        return 0 <= place < len(filled) and filled[place]

    place = at + step
    if is_filled(at) and is_filled(place):
        while is_filled(place + step):
            place += step
        return place
    while 0 <= place < len(filled) and not filled[place]:
        place += step
    if is_filled(place):
        return place
    return 0 if step < 0 else size - 1
