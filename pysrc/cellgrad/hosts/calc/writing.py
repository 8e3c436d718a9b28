"""Putting values and formulas into a Calc range, many cells at a time, as typing them into Excel would."""

from __future__ import annotations

import datetime
import re
import string
from collections.abc import Callable, Sequence
from typing import Any

from cellgrad.address import cell_name
from cellgrad.formula.pool import FormulaPool
from cellgrad.hosts.calc.bridge import CalcError, import_uno, uno_exceptions
from cellgrad.hosts.calc.formulas import array_blocks
from cellgrad.hosts.calc.reading import (
    DATE,
    ERROR_CODES,
    LOGICAL,
    Formats,
    Rectangle,
    special_formats,
)

_CONTENTS = 1 | 2 | 4 | 16  # com.sun.star.sheet.CellFlags: numbers, dates, texts, formulas
_ANNOTATION, _FORMULA = 8, 16
_CHUNK = 256
"""Rows of formulas that go in one call."""
_NUMERAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_PLAIN = frozenset(string.ascii_letters + "$") - frozenset("tTfF")
"""A text that begins with one of these is that text: no numeral, boolean, error, formula or quoted text does."""


def require_whole_arrays(sheet: Any, area: Any) -> None:
    """Raises CalcError where writing a range would tear an array formula: Calc lets it happen, Excel does not."""
    if not area.queryContentCells(_FORMULA).getRangeAddresses():
        return
    where = Rectangle.of(area.RangeAddress)
    for block in array_blocks(sheet, area):
        if not where.holds(block):
            corners = cell_name(block.top, block.left), cell_name(block.bottom - 1, block.right - 1)
            raise CalcError(f"part of the array formula in {corners[0]}:{corners[1]} cannot be changed")


def clear(sheet: Any, area: Any, flags: int = _CONTENTS) -> None:
    """Clear a range: `flags` as in com.sun.star.sheet.CellFlags; contents alone unless told."""
    if flags & ~_CONTENTS:
        require_unprotected(sheet)
    require_unlocked(sheet, area)
    if flags & _FORMULA:
        require_whole_arrays(sheet, area)
    area.clearContents(flags)


def require_unprotected(sheet: Any) -> None:
    """Raises CalcError on a protected sheet: some of Calc's own calls would change it all the same."""
    if sheet.isProtected():
        raise CalcError(f"the sheet {sheet.Name} is protected")


def require_unlocked(sheet: Any, area: Any) -> None:
    """Raises CalcError where a protected sheet has locked cells in a range: some of Calc's calls would write them."""
    if sheet.isProtected() and locked(area) is not False:
        raise CalcError(f"the sheet {sheet.Name} is protected, and cells of {area.AbsoluteName} are locked")


def locked(area: Any) -> bool | None:
    """As Excel's Range.Locked: whether the sheet's protection, once on, covers a range; None where it covers a part."""
    if area.getPropertyState("CellProtection").value != "AMBIGUOUS_VALUE":
        return bool(area.CellProtection.IsLocked)
    parts = area.getUniqueCellFormatRanges()
    found = {bool(parts.getByIndex(at).getByIndex(0).CellProtection.IsLocked) for at in range(parts.Count)}
    return None if len(found) > 1 else found.pop()


def write_values(
    sheet: Any, area: Any, rows: Sequence[Sequence[Any]], formats: Formats, to_calc: Callable[[str, int, int], str]
) -> None:
    """Put values into a range of the same shape, as typed into Excel: ``=...`` is a formula, a numeral a number.

    Numbers, texts and blanks go in one call; booleans, dates and formulas in a few more. Cell notes stay.
    to_calc: translates an Excel formula for the cell at (row, column) within the range.
    """
    require_unlocked(sheet, area)
    require_whole_arrays(sheet, area)
    block: list[Sequence[float | str]] = []
    formulas: list[tuple[int, int, str]] = []
    logical: list[tuple[int, int]] = []
    dates: list[tuple[int, int]] = []
    for r, row in enumerate(rows):
        if set(map(type, row)) == {float}:
            block.append(tuple(row))
            continue
        line: list[float | str] = []
        for c, given in enumerate(row):
            if type(given) is float or (type(given) is str and given[:1] in _PLAIN):
                line.append(given)
                continue
            value = entered(given)
            if isinstance(value, bool):
                logical.append((r, c))
                value = float(value)
            elif isinstance(value, datetime.date):
                dates.append((r, c))
                value = formats.serial(value)
            elif isinstance(value, str) and value.startswith("=") and not _is_text(given):
                formulas.append((r, c, to_calc(value, r, c)))
                value = ""
            elif value is None:
                value = ""
            line.append(value if isinstance(value, str) else float(value))
        block.append(tuple(line))
    try:
        _forget_booleans(sheet, area, formats)
        _put(sheet, area, tuple(block), formulas)
    except uno_exceptions() as error:
        raise CalcError(f"Calc refused to write into {area.AbsoluteName}: {error}") from error
    _format(sheet, area, logical, formats.key("BOOLEAN"), formats, always=True)
    _format(sheet, area, dates, formats.key("YYYY-MM-DD"), formats, always=False)


def _forget_booleans(sheet: Any, area: Any, formats: Formats) -> None:
    """Calc gives a cell that held a boolean the format of booleans, and a number put there would still be one."""
    for kind, parts in special_formats(area, formats):
        for part in parts if kind & LOGICAL else ():
            cells = sheet.getCellRangeByPosition(part.left, part.top, part.right - 1, part.bottom - 1)
            cells.NumberFormat = formats.key("General")


def _is_text(given: object) -> bool:
    return isinstance(given, str) and given.startswith("'")


def entered(value: Any) -> Any:
    """What typing a text into Excel makes of it: a number, a boolean, an error, or the text after an apostrophe.

    Dates in words are left as text: their reading depends on the user's language.
    """
    if not isinstance(value, str):
        return value
    if value.startswith("'"):
        return value[1:]
    if _NUMERAL.fullmatch(value.strip()):
        return float(value)
    upper = value.upper()
    if upper in ("TRUE", "FALSE"):
        return upper == "TRUE"
    return "=" + upper if upper in ERROR_CODES else value


def _put(sheet: Any, area: Any, block: tuple[Sequence[float | str], ...], formulas: list[tuple[int, int, str]]) -> None:
    if formulas and len(formulas) == len(block) * len(block[0]):
        texts = [[""] * len(block[0]) for _ in block]
        for r, c, text in formulas:
            texts[r][c] = text
        _put_formulas(sheet, area, texts)
        return
    if not _noted_cells(sheet, area):
        area.setDataArray(block)
    else:
        for r, row in enumerate(block):
            for c, value in enumerate(row):
                cell = area.getCellByPosition(c, r)
                if isinstance(value, str):
                    cell.setString(value)
                else:
                    cell.setValue(value)
    for r, c, text in formulas:
        area.getCellByPosition(c, r).setFormula(text)


def _noted_cells(sheet: Any, area: Any) -> bool:
    """Whether a cell of the range has a note: Calc's bulk write would take it away."""
    return bool(sheet.Annotations.Count) and bool(area.queryContentCells(_ANNOTATION).getRangeAddresses())


def _format(sheet: Any, area: Any, cells: list[tuple[int, int]], key: int, formats: Formats, *, always: bool) -> None:
    """Give cells a number format; unless `always`, only those that have no format of their own."""
    if not cells:
        return
    where = Rectangle.of(area.RangeAddress)
    for r, c, height in _runs(cells):
        top, column = where.top + r, where.left + c
        part = sheet.getCellRangeByPosition(column, top, column, top + height - 1)
        if always or formats.type_of(part.NumberFormat) & DATE == 0:
            part.NumberFormat = key


def _runs(cells: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """(row, column, height) of the vertical runs."""
    found: list[tuple[int, int, int]] = []
    for r, c in sorted(cells, key=lambda cell: (cell[1], cell[0])):
        if found and found[-1][1] == c and found[-1][0] + found[-1][2] == r:
            found[-1] = (found[-1][0], c, found[-1][2] + 1)
        else:
            found.append((r, c, 1))
    return found


def write_fill(sheet: Any, area: Any, formula: str, formats: Formats, to_calc: Callable[[str, int, int], str]) -> None:
    """Fill a range with one Excel formula written for its first cell, relative references moving as in Excel."""
    require_unlocked(sheet, area)
    require_whole_arrays(sheet, area)
    where = Rectangle.of(area.RangeAddress)
    pool = FormulaPool()
    number = pool.intern(formula[1:], where.top, where.left)
    rows = range(where.top, where.bottom)
    _forget_booleans(sheet, area, formats)
    if len(rows) > _CHUNK and area.getUniqueCellFormatRanges().Count == 1 and not _noted_cells(sheet, area):
        # Calc fills quickly, formats included: only where there is one format anyway
        for c, column in enumerate(range(where.left, where.right)):
            text = to_calc("=" + pool.text_at(number, where.top, column), 0, c)
            area.getCellByPosition(c, 0).setFormula(text)
        area.fillAuto(import_uno().Enum("com.sun.star.sheet.FillDirection", "TO_BOTTOM"), 1)
        return
    texts = [
        [to_calc("=" + pool.text_at(number, row, where.left + c), r, c) for c in range(where.right - where.left)]
        for r, row in enumerate(rows)
    ]
    _put_formulas(sheet, area, texts)


def _put_formulas(sheet: Any, area: Any, texts: Sequence[Sequence[str]]) -> None:
    """Formulas into every cell, from the bottom up in pieces: from the top down Calc takes quadratic time."""
    if _noted_cells(sheet, area):
        for r, row in enumerate(texts):
            for c, text in enumerate(row):
                area.getCellByPosition(c, r).setFormula(text)
        return
    width = len(texts[0])
    for top in reversed(range(0, len(texts), _CHUNK)):
        part = tuple(tuple(row) for row in texts[top : top + _CHUNK])
        area.getCellRangeByPosition(0, top, width - 1, top + len(part) - 1).setFormulaArray(part)
