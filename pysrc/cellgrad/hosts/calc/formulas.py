"""The formulas of a Calc range, many cells at a time, in Excel's words; and everything it holds, at once."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from cellgrad.formula.pool import Template, scan
from cellgrad.hosts.calc.grammar import Translator
from cellgrad.hosts.calc.reading import (
    ERROR_CODES,
    FORMULA,
    LOGICAL,
    Formats,
    Rectangle,
    Rows,
    columns_of,
    convert_parts,
    special_formats,
)

_CONSTANTS = frozenset("=" + text for text in (*ERROR_CODES, "TRUE", "FALSE"))
"""A constant error is a formula in Calc, of the error alone; so is a boolean that comes from an .xlsx file."""
_BATCH = 4096
_MANY = 1000
"""So many places with formulas are not looked at one by one."""


class Everything(NamedTuple):
    """What a range holds, a list a column. formulas: Excel's text where there is a formula, else ``""``; values: as of
    Excel's Value2."""

    formulas: list[list[str]]
    values: Rows
    arrays: list[Rectangle]


def read_everything(sheet: Any, area: Any, translator: Translator, formats: Formats) -> Everything:
    """Formulas, values and the array formulas' blocks of a range, in two bulk calls, one for formulas alone."""
    where = Rectangle.of(area.RangeAddress)
    values = columns_of(area, area.getDataArray(), formats, dates=False)
    texts = _texts(sheet, area, where)
    formulas = [
        _column(texts[c], column, where.top, where.left + c, translator, False) if c in texts else [""] * len(column)
        for c, column in enumerate(values)
    ]
    return Everything(formulas, values, _blocks(sheet, area, where, texts, values))


def read_formulas(area: Any, translator: Translator, formats: Formats) -> list[list[str]]:
    """As Excel's ``Range.Formula``: formulas from ``=`` on in Excel's words, constants as text, blanks ``""``."""
    where = Rectangle.of(area.RangeAddress)
    texts, values = (zip(*rows, strict=True) for rows in (area.getFormulaArray(), area.getDataArray()))
    columns = [
        _column(text, value, where.top, where.left + c, translator, True)
        for c, (text, value) in enumerate(zip(texts, values, strict=True))
    ]
    for kind, parts in special_formats(area, formats):
        if kind & LOGICAL:
            convert_parts(columns, where, parts, _boolean_text)
    return [list(row) for row in zip(*columns, strict=True)]


def array_blocks(sheet: Any, area: Any) -> list[Rectangle]:
    """The array formulas' whole blocks that touch a range."""
    where = Rectangle.of(area.RangeAddress)
    texts = _texts(sheet, area, where)
    return _blocks(sheet, area, where, texts, list(zip(*area.getDataArray(), strict=True))) if texts else []


def _texts(sheet: Any, area: Any, where: Rectangle) -> dict[int, tuple[str, ...]]:
    """The texts of a range's columns, by place: where there are formulas; between them constants may be blank."""
    found: dict[int, tuple[str, ...]] = {}
    height = where.bottom - where.top
    for part in _parts_to_read(area.queryContentCells(FORMULA).getRangeAddresses(), where):
        cells = sheet.getCellRangeByPosition(part.left, part.top, part.right - 1, part.bottom - 1)
        for c, column in enumerate(zip(*cells.getFormulaArray(), strict=True), part.left - where.left):
            above = ("",) * (part.top - where.top)
            found[c] = above + column + ("",) * (height - len(above) - len(column))
    return found


def _parts_to_read(addresses: Sequence[Any], where: Rectangle) -> list[Rectangle]:
    """A few rectangles around many: neighbouring columns are read at once where this reads little in vain."""
    if len(addresses) > _MANY:
        return [where]
    spans: dict[int, tuple[int, int]] = {}
    for part in map(Rectangle.of, addresses):
        for column in range(part.left, part.right):
            top, bottom = spans.get(column, (part.top, part.bottom))
            spans[column] = min(top, part.top), max(bottom, part.bottom)
    found: list[Rectangle] = []
    needed = 0
    for column, (top, bottom) in sorted(spans.items()):
        if found:
            last = found[-1]
            both = Rectangle(where.sheet, min(last.top, top), last.left, max(last.bottom, bottom), column + 1)
            needed += bottom - top
            if (both.bottom - both.top) * (both.right - both.left) <= needed + _BATCH:
                found[-1] = both
                continue
        needed = bottom - top
        found.append(Rectangle(where.sheet, top, column, bottom, column + 1))
    return found


def _boolean_text(text: str) -> str:
    return {"1": "TRUE", "0": "FALSE"}.get(text, text)


def _column(
    texts: Sequence[str], values: Sequence[Any], top: int, column: int, translator: Translator, constants: bool
) -> list[str]:
    """One column: a filled-down formula is translated once, and its other rows are only compared."""
    found: list[str] = []
    calc: Template | None = None
    excel: Template | None = None
    known = result = ""
    if not constants and not any("=" in text for text in texts):
        return [""] * len(texts)
    while len(found) < len(texts):
        at = len(found)
        text, value = texts[at], values[at]
        if calc is not None and excel is not None and text.startswith("="):
            batch = list(texts[at : at + _BATCH])
            rows = range(top + at, top + at + len(batch))
            count = calc.count_matches(batch, rows)
            if count and not any(map(operator.eq, batch[:count], values[at : at + count])):
                found += excel.expected(rows[:count])
                continue
        if not _is_formula(text, value):
            found.append(_constant(text, value) if constants else "")
            continue
        if text == known:  # its references are absolute, or to a table's own row
            found.append(result)
            continue
        known, translated = text, translator.to_excel(text)
        result = translated if translated not in _CONSTANTS else translated[1:] if constants else ""
        found.append(result)
        if result != translated:
            continue
        calc, excel = _templates(text, translated, top + at, column)
    return found


def _is_formula(text: str, value: object) -> bool:
    """A constant text may begin with ``=`` too; it is its own value, which no formula is."""
    return text.startswith(("=", "{=")) and text != value


def _templates(text: str, translated: str, row: int, column: int) -> tuple[Template | None, Template | None]:
    """Both texts as templates for other rows, where the same row numbers move in the same order in both."""
    ours, theirs = scan(text, row, column), scan(translated, row, column)
    if text.startswith("{") or ours is None or theirs is None:
        return None, None
    calc = Template.of(0, tuple(ours), column, str)
    excel = Template.of(0, tuple(theirs), column, str)
    return (calc, excel) if calc.offsets == excel.offsets else (None, None)


def _constant(text: str, value: object) -> str:
    if isinstance(value, float):
        return number_text(value)
    return str(value) if value is not None else text


def number_text(value: float) -> str:
    """A number as Excel writes it into a formula bar, all digits kept: 1, 0.1, 1E-20."""
    text = repr(value)
    return text.removesuffix(".0") if "e" not in text else text.upper()


def _blocks(
    sheet: Any, area: Any, where: Rectangle, texts: Mapping[int, Sequence[str]], values: Sequence[Sequence[Any]]
) -> list[Rectangle]:
    found: list[Rectangle] = []
    seen = np.zeros((where.bottom - where.top, where.right - where.left), bool)
    for c, column in texts.items():
        if max(column) < "{=":  # no other formula's text comes after
            continue
        for r, text in enumerate(column):
            if not text.startswith("{=") or seen[r, c] or text == values[c][r]:
                continue
            cursor = sheet.createCursorByRange(area.getCellByPosition(c, r))
            cursor.collapseToCurrentArray()
            block = Rectangle.of(cursor.RangeAddress)
            seen |= where.mask([block])
            found.append(block)
    return sorted(found)
