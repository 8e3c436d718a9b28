"""The few things that xlwings' own API does not say, asked of each program in its own way: Excel on Windows (COM),
Excel on macOS (AppleScript), Calc (UNO).

Everything else in this package is written against xlwings' API alone and is the same for all three.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import xlwings as xw

from cellgrad.address import Region, parse_region
from cellgrad.hosts.calc.reading import ERROR_CODES
from cellgrad.hosts.calc.writing import locked
from cellgrad.values import CellError

if sys.platform == "win32":
    import pywintypes

    _NATIVE: tuple[type[Exception], ...] = (pywintypes.com_error,)
elif sys.platform == "darwin":
    from appscript import CommandError

    _NATIVE = (CommandError,)
else:
    _NATIVE = ()

HOST_ERRORS: tuple[type[Exception], ...] = (*_NATIVE, xw.XlwingsError)
"""What the program raises when it refuses; a fault in our own Python is none of these."""

ExactValue: TypeAlias = float | bool | str | CellError | None
Rows: TypeAlias = list[list[Any]]

_ERRORS = {code: CellError.from_text(text) for text, code in ERROR_CODES.items()} | {
    -2146826245: CellError.GETTING_DATA,
    -2146826243: CellError.SPILL,
    -2146826238: CellError.CALC,
}
_VERY_HIDDEN = 2  # xlSheetVeryHidden
_PROPERTY_TEXT = 4  # msoPropertyTypeString


@dataclass(frozen=True)
class Calculation:
    """How the workbook calculates."""

    date1904: bool = False
    iterate: bool = False
    iterate_count: int = 100
    iterate_delta: float = 0.001


def program(book: xw.Book) -> str:
    """``calc``, ``windows`` or ``mac``."""
    if book.app.engine.name == "calc":
        return "calc"
    return "mac" if sys.platform == "darwin" else "windows"


def rows_of(found: Any, cells: xw.Range) -> Rows:
    """What a program gives for a range as rows: a single cell comes bare, and one row may come flat."""
    height, width = cells.shape
    if (height, width) == (1, 1):
        while isinstance(found, list | tuple):
            found = found[0]
        return [[found]]
    if not isinstance(found[0], list | tuple):
        return [list(found)] if height == 1 else [[value] for value in found]
    return [list(row) for row in found]


def exact_values(cells: xw.Range) -> Rows:
    """The values of a range, one call: numbers to the bit, dates as serial numbers, errors as `CellError`.

    `Range.value` will not do: it rounds amounts of money to four digits and dates to microseconds.
    """
    kind = program(cells.sheet.book)
    if kind == "mac":
        return _mac_values(cells)
    found = cells.impl.value2 if kind == "calc" else cells.api.Value2
    return _with_errors(rows_of(found, cells))


def _with_errors(rows: Rows) -> Rows:
    """Error codes, the only whole numbers that come, as `CellError`."""
    for row in rows:
        if int in set(map(type, row)):
            row[:] = [_ERRORS.get(value, CellError.VALUE) if type(value) is int else value for value in row]
    return rows


def _mac_values(cells: xw.Range) -> Rows:
    """On macOS an error's value says nothing; its text does."""
    values, texts = rows_of(cells.api.value2.get(), cells), rows_of(cells.api.string_value.get(), cells)
    for row, shown in zip(values, texts, strict=True):
        for at, (value, text) in enumerate(zip(row, shown, strict=True)):
            if type(value) is int:
                row[at] = float(value)
            elif not isinstance(value, float | bool | str):
                error = str(text) in ERROR_CODES
                row[at] = CellError.from_text(str(text)) if error else None
            elif value == "":
                row[at] = None
    return values


def everything(cells: xw.Range) -> tuple[list[list[str]], Rows, list[Region]]:
    """(formulas, values, whole blocks of array formulas) of a range in a few calls; constants have no formula.

    formulas: a list a column, from ``=`` on. values: a list a column too. Spilling formulas count as arrays.
    """
    if program(cells.sheet.book) == "calc":
        formulas, values, blocks = cells.impl.everything()
        return formulas, _with_errors(values), [region_of(xw.Range(impl=block)) for block in blocks]
    values = list(map(list, zip(*exact_values(cells), strict=True)))
    try:
        texts = rows_of(cells.formula2, cells)
    except _NO_FORMULA2:
        texts = rows_of(cells.formula, cells)
    formulas = [
        [text if is_formula(text, value) else "" for text, value in zip(*column, strict=True)]
        for column in zip(zip(*texts, strict=True), values, strict=True)
    ]
    return formulas, values, [region_of(block) for block in _array_blocks(cells)]


def is_formula(text: object, value: object) -> bool:
    """A cell with this formula text and value holds a formula: a text that begins with ``=`` is its own value."""
    return isinstance(text, str) and text.startswith("=") and text != value


_NO_FORMULA2: tuple[type[Exception], ...] = (*HOST_ERRORS, AttributeError)
"""What Excel before 2021 raises."""


def _array_blocks(cells: xw.Range) -> list[xw.Range]:
    """The whole blocks of array formulas that touch a range of Excel.

    Excel says whether all, none or some of a range's cells are in arrays: a range that is mixed is halved until it is
    not.
    """
    found: dict[str, xw.Range] = {}
    pending = [cells]
    while pending:
        part = pending.pop()
        if any(_covers(block, part) for block in found.values()):
            continue
        filled = part.has_array  # None where only some of its cells are in arrays
        if filled is False:
            continue
        if filled:
            block = _current_array(part[0, 0])
            found[block.address] = block
            if _covers(block, part):
                continue
        height, width = part.shape
        if height >= width:
            pending += [part[height // 2 :, :], part[: height // 2, :]]
        else:
            pending += [part[:, width // 2 :], part[:, : width // 2]]
    return list(found.values())


def _covers(block: xw.Range, part: xw.Range) -> bool:
    return (
        block.row <= part.row
        and block.column <= part.column
        and part.row + part.shape[0] <= block.row + block.shape[0]
        and part.column + part.shape[1] <= block.column + block.shape[1]
    )


def _current_array(cell: xw.Range) -> xw.Range:
    """The block of the array formula that a cell of Excel lies in."""
    if sys.platform == "darwin":
        return cell.sheet[cell.api.current_array.get_address()]
    return cell.sheet[cell.api.CurrentArray.Address]


def is_protected(sheet: xw.Sheet) -> bool:
    """Whether the sheet's cells are protected."""
    kind = program(sheet.book)
    if kind == "calc":
        return bool(sheet.api.isProtected())
    return bool(sheet.api.protect_contents.get() if kind == "mac" else sheet.api.ProtectContents)


def first_locked(cells: xw.Range) -> xw.Range | None:
    """The first cell, in reading order, that the sheet's protection keeps from being written; None where none is."""
    sheet = cells.sheet
    kind = program(sheet.book)
    if not is_protected(sheet) or (kind == "windows" and sheet.api.ProtectionMode):  # protected from people alone
        return None
    while (found := _locked(cells, kind)) is not False:
        height, width = cells.shape
        if (height, width) == (1, 1):
            return cells
        if found:
            return cells[0, 0]
        parts = (
            [cells[: height // 2, :], cells[height // 2 :, :]]
            if height > 1
            else [cells[:, : width // 2], cells[:, width // 2 :]]
        )
        cells = parts[0] if _locked(parts[0], kind) is not False else parts[1]
    return None


def _locked(cells: xw.Range, kind: str) -> bool | None:
    """Whether all cells of a range are locked, or none of them; None where some are."""
    if kind == "calc":
        return locked(cells.api)
    found = cells.api.locked.get() if kind == "mac" else cells.api.Locked
    return found if isinstance(found, bool) else None  # AppleScript has a constant of its own for some of them


def is_read_only(book: xw.Book) -> bool:
    """Whether a workbook is open for reading alone: it was asked for, its file is write-protected, or somebody else has
    it open."""
    kind = program(book)
    if kind == "calc":
        return bool(book.api.isReadonly())
    return bool(book.api.read_only.get() if kind == "mac" else book.api.ReadOnly)


_BUSY = (-2147418111, -2147417846, -2146777998)  # RPC_E_CALL_REJECTED, RPC_E_SERVERCALL_RETRYLATER, VBA_E_IGNORE


def is_busy(error: BaseException | None) -> bool:
    """Whether Excel on Windows refuses for now alone: a cell is being edited, or a dialog is open."""
    return getattr(error, "hresult", None) in _BUSY


def hide_well(sheet: xw.Sheet) -> None:
    """Hide a sheet so that the program's own list of hidden sheets leaves it out, where there is such a thing."""
    sheet.visible = _VERY_HIDDEN if program(sheet.book) == "windows" else False  # type: ignore[assignment]


class CustomProperties(Protocol):
    """The custom properties of a document that are texts."""

    def read(self) -> dict[str, str]:
        """All of them by name."""

    def add(self, name: str, text: str) -> None:
        """A new one."""

    def remove(self, name: str) -> None:
        """Take one away."""


class ExcelProperties:
    """`CustomProperties` of Excel on Windows."""

    def __init__(self, book: xw.Book) -> None:
        self._all = book.api.CustomDocumentProperties

    def read(self) -> dict[str, str]:
        return {one.Name: one.Value for one in self._all if isinstance(one.Value, str)}

    def add(self, name: str, text: str) -> None:
        self._all.Add(name, False, _PROPERTY_TEXT, text)

    def remove(self, name: str) -> None:
        self._all.Item(name).Delete()


def custom_properties(book: xw.Book) -> CustomProperties | None:
    """The document's custom properties; None in Excel on macOS, which does not say them."""
    kind = program(book)
    if kind == "calc":
        found: CustomProperties = book.impl.custom_properties
        return found
    return ExcelProperties(book) if kind == "windows" else None


def calculation_of(book: xw.Book) -> Calculation:
    """The workbook's date base and its iterative calculation."""
    kind = program(book)
    if kind == "calc":
        document = book.api
        return Calculation(
            document.NullDate.Year == 1904,
            bool(document.IsIterationEnabled),
            int(document.IterationCount),
            float(document.IterationEpsilon),
        )
    if kind == "windows":
        app = book.app.api
        return Calculation(bool(book.api.Date1904), bool(app.Iteration), int(app.MaxIterations), float(app.MaxChange))
    app = book.app.api
    return Calculation(
        bool(book.api.date_1904.get()),
        bool(app.iteration.get()),
        int(app.max_iterations.get()),
        float(app.max_change.get()),
    )


def region_of(cells: xw.Range) -> Region:
    """The range as a region."""
    return parse_region(cells.address, cells.sheet.name)
