"""What a Calc range holds, many cells at a time: values and formulas as Excel gives them.

A call over the pipe takes up to a millisecond whatever it carries, so everything here is a few calls a range.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from cellgrad.formula.pool import Template, scan
from cellgrad.hosts.calc.bridge import import_uno
from cellgrad.hosts.calc.grammar import Translator

Raw: TypeAlias = float | bool | str | int | datetime.datetime | None
"""A value as the engine gives it: an `int` is an error's code, as in Excel's own interface (see `ERROR_CODES`)."""
Rows: TypeAlias = list[list[Any]]

ERROR_CODES = {
    "#NULL!": -2146826288,
    "#DIV/0!": -2146826281,
    "#VALUE!": -2146826273,
    "#REF!": -2146826265,
    "#NAME?": -2146826259,
    "#NUM!": -2146826252,
    "#N/A": -2146826246,
}
"""Excel's error values as its programming interface numbers them (XlCVError and the VT_ERROR flag)."""
ERROR_TEXTS = {code: text for text, code in ERROR_CODES.items()}

_CALC_ERRORS = {
    502: "#NUM!",  # invalid argument: LN(0), SQRT(-1)
    503: "#NUM!",
    511: "#VALUE!",
    519: "#VALUE!",
    521: "#NULL!",
    522: "#NUM!",  # a circle
    523: "#NUM!",  # no convergence
    524: "#REF!",
    525: "#NAME?",
    532: "#DIV/0!",
    32767: "#N/A",
}
DATE, LOGICAL = 2, 1024  # com.sun.star.util.NumberFormat
_FORMULA = 16  # com.sun.star.sheet.CellFlags
_ERROR_RESULT = 4  # com.sun.star.sheet.FormulaResult
_BULK_ERRORS = 40
"""From this many error cells on they are found by kind, seven searches, instead of asked one by one."""


class Formats:
    """What kind of value a document's number formats show, by key."""

    def __init__(self, document: Any) -> None:
        self._formats = document.NumberFormats
        self._types: dict[int, int] = {}
        zero = document.NullDate
        self.epoch = datetime.datetime(zero.Year, zero.Month, zero.Day)

    def type_of(self, key: int) -> int:
        """The bits of com.sun.star.util.NumberFormat."""
        if key not in self._types:
            self._types[key] = self._formats.getByKey(key).Type
        return self._types[key]

    def key(self, code: str) -> int:
        """The key of an English format code, made if new."""
        locale = import_uno().createUnoStruct("com.sun.star.lang.Locale")
        locale.Language, locale.Country = "en", "US"
        found = self._formats.queryKey(code, locale, False)
        return found if found >= 0 else self._formats.addNew(code, locale)

    def code(self, key: int) -> str:
        """The format's code in English."""
        return str(self._formats.getByKey(key).FormatString)

    def serial(self, moment: datetime.date) -> float:
        """A date or a moment as the document's serial number."""
        if not isinstance(moment, datetime.datetime):
            moment = datetime.datetime(moment.year, moment.month, moment.day)
        return (moment.replace(tzinfo=None) - self.epoch) / datetime.timedelta(days=1)

    def moment(self, serial: float) -> datetime.datetime:
        """A serial number as a moment, to the microsecond."""
        return self.epoch + datetime.timedelta(microseconds=round(serial * 86_400_000_000))


def read_values(area: Any, formats: Formats, dates: bool = True) -> Rows:
    """The values of a range (a UNO cell range): two calls, and a few for each format, and for error cells.

    Blank cells are None, text results that are empty ``""`` only in formulas; dates are moments, unless `dates` is
    off: then serial numbers, exact to the bit. Errors are codes of `ERROR_CODES`.
    """
    rows = [list(row) for row in area.getDataArray()]
    address = area.RangeAddress
    blank_or_error = [(r, c) for r, row in enumerate(rows) for c, value in enumerate(row) if value is None]
    if blank_or_error:
        _mark_errors(area, address, rows)
    formulas = None
    for r, row in enumerate(rows):
        if "" in row:
            if formulas is None:
                formulas = _addresses(area.queryContentCells(_FORMULA))
            for c, value in enumerate(row):
                if value == "" and not _inside(formulas, address.StartRow + r, address.StartColumn + c):
                    row[c] = None
    for kind, addresses in special_formats(area, formats):
        if kind & LOGICAL:
            _convert(rows, address, addresses, _if_number(bool))
        elif dates:
            _convert(rows, address, addresses, _if_number(formats.moment))
    return rows


def special_formats(area: Any, formats: Formats) -> Iterable[tuple[int, list[Any]]]:
    """(format bits, range addresses) of the parts shown as booleans or dates."""
    import_uno()
    if area.getPropertyState("NumberFormat").value != "AMBIGUOUS_VALUE":
        kind = formats.type_of(area.NumberFormat)
        if kind & (DATE | LOGICAL):
            yield kind, [area.RangeAddress]
        return
    parts = area.getUniqueCellFormatRanges()
    seen: dict[int, list[Any]] = {}
    for index in range(parts.Count):
        part = parts.getByIndex(index)
        kind = formats.type_of(part.NumberFormat)
        if kind & (DATE | LOGICAL):
            seen.setdefault(kind & (DATE | LOGICAL), []).extend(part.getRangeAddresses())
    yield from seen.items()


def _convert(rows: Rows, address: Any, addresses: list[Any], convert: Callable[[Any], Any]) -> None:
    top, left = address.StartRow, address.StartColumn
    for one in addresses:
        for r in range(one.StartRow - top, one.EndRow - top + 1):
            row = rows[r]
            for c in range(one.StartColumn - left, one.EndColumn - left + 1):
                if isinstance(row[c], float | str):
                    row[c] = convert(row[c])


def _if_number(convert: Callable[[float], Any]) -> Callable[[Any], Any]:
    return lambda value: convert(value) if isinstance(value, float) else value


def _addresses(ranges: Any) -> list[Any]:
    return list(ranges.getRangeAddresses())


def _inside(addresses: list[Any], row: int, column: int) -> bool:
    return any(a.StartRow <= row <= a.EndRow and a.StartColumn <= column <= a.EndColumn for a in addresses)


def _mark_errors(area: Any, address: Any, rows: Rows) -> None:
    found = _addresses(area.queryFormulaCells(_ERROR_RESULT))
    cells = [
        (r - address.StartRow, c - address.StartColumn)
        for a in found
        for r in range(a.StartRow, a.EndRow + 1)
        for c in range(a.StartColumn, a.EndColumn + 1)
    ]
    if len(cells) > _BULK_ERRORS:
        _search_errors(area, address, rows)
        cells = [(r, c) for r, c in cells if rows[r][c] is None]
    for r, c in cells:
        number = area.getCellByPosition(c, r).getError()
        rows[r][c] = ERROR_CODES[_CALC_ERRORS.get(number, "#VALUE!")]


def _search_errors(area: Any, address: Any, rows: Rows) -> None:
    """Errors by kind, one search each: a search among values finds the text that the cell shows."""
    for text, code in [*ERROR_CODES.items(), ("Err:502", ERROR_CODES["#NUM!"]), ("Err:503", ERROR_CODES["#NUM!"])]:
        descriptor = area.createSearchDescriptor()
        descriptor.SearchString = text
        descriptor.SearchWords = True
        descriptor.setPropertyValue("SearchType", 1)
        found = area.findAll(descriptor)
        for a in _addresses(found) if found is not None else ():
            for r in range(a.StartRow - address.StartRow, a.EndRow - address.StartRow + 1):
                for c in range(a.StartColumn - address.StartColumn, a.EndColumn - address.StartColumn + 1):
                    if rows[r][c] is None:
                        rows[r][c] = code


def read_formulas(area: Any, translator: Translator, formats: Formats) -> list[list[str]]:
    """What Excel's ``Range.Formula`` gives: formulas from ``=`` on in Excel's words, constants as text, blanks ``""``.

    Two calls. A filled-down column is translated once and its other rows are only compared.
    """
    texts, values = area.getFormulaArray(), area.getDataArray()
    address = area.RangeAddress
    width = len(texts[0])
    columns = [
        _column_formulas(
            [row[c] for row in texts], [row[c] for row in values], address.StartRow, address.StartColumn + c, translator
        )
        for c in range(width)
    ]
    rows = [list(row) for row in zip(*columns, strict=True)]
    for kind, addresses in special_formats(area, formats):
        if kind & LOGICAL:
            _convert(rows, address, addresses, _boolean_text)
    return rows


def _boolean_text(text: str) -> str:
    return {"1": "TRUE", "0": "FALSE"}.get(text, text)


def is_formula(text: str, value: object) -> bool:
    """Whether a cell whose formula reads `text` and whose value is `value` holds a formula.

    A constant text may begin with ``=`` too; it is its own value, which no formula is.
    """
    return text.startswith(("=", "{=")) and text != value


def _column_formulas(
    texts: list[str], values: list[object], top: int, column: int, translator: Translator
) -> list[str]:
    found: list[str] = []
    calc: Template | None = None
    excel: Template | None = None
    batch = 1024
    while len(found) < len(texts):
        at = len(found)
        text, value = texts[at], values[at]
        if calc is not None and excel is not None and text.startswith("="):
            rows = range(top + at, top + min(len(texts), at + batch))
            count = calc.count_matches(texts[at : at + batch], rows)
            if count:
                found += excel.expected(rows[:count])
                continue
        if not is_formula(text, value):
            found.append(_constant(text, value))
            continue
        translated = translator.to_excel(text)
        if translated in ERROR_LITERALS:
            found.append(translated[1:])
            continue
        found.append(translated)
        calc, excel = _templates(text, translated, top + at, column)
    return found


ERROR_LITERALS = frozenset("=" + text for text in ERROR_CODES)
"""A constant error is a formula in Calc, of the error alone."""


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
        return text if text in ("TRUE", "FALSE") else number_text(value)
    return str(value) if value is not None else text


def number_text(value: float) -> str:
    """A number as Excel writes it into a formula bar, all digits kept: 1, 0.1, 1E-20."""
    text = repr(value)
    return text.removesuffix(".0") if "e" not in text else text.upper()


def array_addresses(sheet: Any, area: Any) -> list[Any]:
    """The range addresses of the array formulas' whole blocks that touch a range."""
    texts, values, address = area.getFormulaArray(), area.getDataArray(), area.RangeAddress
    found: list[Any] = []
    for r, row in enumerate(texts):
        for c, text in enumerate(row):
            if not (text.startswith("{=") and text != values[r][c]):
                continue
            if _inside(found, address.StartRow + r, address.StartColumn + c):
                continue
            cursor = sheet.createCursorByRange(area.getCellByPosition(c, r))
            cursor.collapseToCurrentArray()
            found.append(cursor.RangeAddress)
    return found
