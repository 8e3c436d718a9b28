"""The formulas of a Calc range, many cells at a time, in Excel's words; and everything it holds, at once."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cellgrad.formula.pool import Template, scan
from cellgrad.hosts.calc.grammar import Translator
from cellgrad.hosts.calc.reading import (
    ERROR_CODES,
    LOGICAL,
    Formats,
    Rectangle,
    Rows,
    convert_parts,
    special_formats,
    values_of,
)

_CONSTANTS = frozenset("=" + text for text in (*ERROR_CODES, "TRUE", "FALSE"))
"""A constant error is a formula in Calc, of the error alone; so is a boolean that comes from an .xlsx file."""
_BATCH = 4096


class Everything(NamedTuple):
    """What a range holds. formulas: a list a column, Excel's text where there is a formula, else ``""``; values: rows
    as of Excel's Value2."""

    formulas: list[list[str]]
    values: Rows
    arrays: list[Rectangle]


def read_everything(sheet: Any, area: Any, translator: Translator, formats: Formats) -> Everything:
    """Formulas, values and the array formulas' blocks of a range, with two bulk calls."""
    texts, data = area.getFormulaArray(), area.getDataArray()
    formulas = _columns(area, texts, data, translator, constants=False)
    return Everything(formulas, values_of(area, data, formats, dates=False), _blocks(sheet, area, texts, data))


def read_formulas(area: Any, translator: Translator, formats: Formats) -> list[list[str]]:
    """As Excel's ``Range.Formula``: formulas from ``=`` on in Excel's words, constants as text, blanks ``""``."""
    columns = _columns(area, area.getFormulaArray(), area.getDataArray(), translator, constants=True)
    rows = [list(row) for row in zip(*columns, strict=True)]
    for kind, parts in special_formats(area, formats):
        if kind & LOGICAL:
            convert_parts(rows, Rectangle.of(area.RangeAddress), parts, _boolean_text)
    return rows


def array_blocks(sheet: Any, area: Any) -> list[Rectangle]:
    """The array formulas' whole blocks that touch a range."""
    return _blocks(sheet, area, area.getFormulaArray(), area.getDataArray())


def _boolean_text(text: str) -> str:
    return {"1": "TRUE", "0": "FALSE"}.get(text, text)


def _columns(
    area: Any, texts: Sequence[Sequence[str]], data: Sequence[Sequence[Any]], translator: Translator, constants: bool
) -> list[list[str]]:
    where = Rectangle.of(area.RangeAddress)
    return [
        _column(column, values, where.top, where.left + c, translator, constants)
        for c, (column, values) in enumerate(zip(zip(*texts, strict=True), zip(*data, strict=True), strict=True))
    ]


def _column(
    texts: tuple[str, ...], values: tuple[Any, ...], top: int, column: int, translator: Translator, constants: bool
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


def _blocks(sheet: Any, area: Any, texts: Sequence[Sequence[str]], data: Sequence[Sequence[Any]]) -> list[Rectangle]:
    where = Rectangle.of(area.RangeAddress)
    found: list[Rectangle] = []
    seen = np.zeros((where.bottom - where.top, where.right - where.left), bool)
    for r, row in enumerate(texts):
        if "{=" not in map(_first_two, row):
            continue
        for c, text in enumerate(row):
            if not text.startswith("{=") or seen[r, c] or text == data[r][c]:
                continue
            cursor = sheet.createCursorByRange(area.getCellByPosition(c, r))
            cursor.collapseToCurrentArray()
            block = Rectangle.of(cursor.RangeAddress)
            seen |= where.mask([block])
            found.append(block)
    return found


_first_two = operator.itemgetter(slice(2))
