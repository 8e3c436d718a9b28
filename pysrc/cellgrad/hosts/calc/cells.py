"""Many cells at a time: what a Calc range holds as Python values and Excel formulas, and how values are put there.

A call over the pipe takes up to a millisecond whatever it carries, so everything here is a few calls a range.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from cellgrad.address import cell_name
from cellgrad.formula.pool import FormulaPool, Template, scan
from cellgrad.hosts.calc.bridge import CalcError, import_uno, uno_exceptions
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
_DATE, _LOGICAL = 2, 1024  # com.sun.star.util.NumberFormat
_FORMULA = 16  # com.sun.star.sheet.CellFlags
_ERROR_RESULT = 4  # com.sun.star.sheet.FormulaResult
_CONTENTS = 1 | 2 | 4 | 16
_BULK_ERRORS = 40
"""From this many error cells on they are found by kind, seven searches, instead of asked one by one."""

_NUMERAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


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
    for kind, addresses in _special_formats(area, formats):
        if kind & _LOGICAL:
            _convert(rows, address, addresses, _if_number(bool))
        elif dates:
            _convert(rows, address, addresses, _if_number(formats.moment))
    return rows


def _special_formats(area: Any, formats: Formats) -> Iterable[tuple[int, list[Any]]]:
    """(format bits, range addresses) of the parts shown as booleans or dates."""
    import_uno()
    if area.getPropertyState("NumberFormat").value != "AMBIGUOUS_VALUE":
        kind = formats.type_of(area.NumberFormat)
        if kind & (_DATE | _LOGICAL):
            yield kind, [area.RangeAddress]
        return
    parts = area.getUniqueCellFormatRanges()
    seen: dict[int, list[Any]] = {}
    for index in range(parts.Count):
        part = parts.getByIndex(index)
        kind = formats.type_of(part.NumberFormat)
        if kind & (_DATE | _LOGICAL):
            seen.setdefault(kind & (_DATE | _LOGICAL), []).extend(part.getRangeAddresses())
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
    for kind, addresses in _special_formats(area, formats):
        if kind & _LOGICAL:
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


def require_whole_arrays(sheet: Any, area: Any) -> None:
    """Raises CalcError where writing a range would tear an array formula: Calc lets it happen, Excel does not."""
    if not area.queryContentCells(_FORMULA).getRangeAddresses():
        return
    address = area.RangeAddress
    for a in array_addresses(sheet, area):
        if not (
            address.StartRow <= a.StartRow
            and a.EndRow <= address.EndRow
            and address.StartColumn <= a.StartColumn
            and a.EndColumn <= address.EndColumn
        ):
            block = f"{cell_name(a.StartRow, a.StartColumn)}:{cell_name(a.EndRow, a.EndColumn)}"
            raise CalcError(f"part of the array formula in {block} cannot be changed")


def clear(sheet: Any, area: Any, flags: int = _CONTENTS) -> None:
    """Clear a range: `flags` as in com.sun.star.sheet.CellFlags; contents alone unless told."""
    require_unprotected(sheet)
    if flags & _FORMULA:
        require_whole_arrays(sheet, area)
    area.clearContents(flags)


def require_unprotected(sheet: Any) -> None:
    """Raises CalcError on a protected sheet: some of Calc's own calls would write into it all the same."""
    if sheet.isProtected():
        raise CalcError(f"the sheet {sheet.Name} is protected")


def write_values(
    sheet: Any, area: Any, rows: Sequence[Sequence[Any]], formats: Formats, to_calc: Callable[[str, int, int], str]
) -> None:
    """Put values into a range of the same shape, as typed into Excel: ``=...`` is a formula, a numeral a number.

    Numbers, texts and blanks go in one call; booleans, dates and formulas in a few more. Cell notes stay.
    to_calc: translates an Excel formula for the cell at (row, column) within the range.
    """
    require_unprotected(sheet)
    require_whole_arrays(sheet, area)
    block: list[tuple[float | str, ...]] = []
    formulas: list[tuple[int, int, str]] = []
    logical: list[tuple[int, int]] = []
    dates: list[tuple[int, int]] = []
    for r, row in enumerate(rows):
        line: list[float | str] = []
        for c, given in enumerate(row):
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
    for kind, addresses in _special_formats(area, formats):
        for a in addresses if kind & _LOGICAL else ():
            part = sheet.getCellRangeByPosition(a.StartColumn, a.StartRow, a.EndColumn, a.EndRow)
            part.NumberFormat = formats.key("General")


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


def _put(
    sheet: Any, area: Any, block: tuple[tuple[float | str, ...], ...], formulas: list[tuple[int, int, str]]
) -> None:
    noted = _noted_cells(sheet, area)
    if formulas and len(formulas) == len(block) * len(block[0]) and not noted:
        texts = [[""] * len(block[0]) for _ in block]
        for r, c, text in formulas:
            texts[r][c] = text
        area.setFormulaArray(tuple(tuple(row) for row in texts))
        return
    if not noted:
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
    return bool(sheet.Annotations.Count) and bool(area.queryContentCells(8).getRangeAddresses())


def _format(sheet: Any, area: Any, cells: list[tuple[int, int]], key: int, formats: Formats, *, always: bool) -> None:
    """Give cells a number format; unless `always`, only those that have no format of their own."""
    if not cells:
        return
    address = area.RangeAddress
    for r, c, height in _runs(cells):
        top, column = address.StartRow + r, address.StartColumn + c
        part = sheet.getCellRangeByPosition(column, top, column, top + height - 1)
        if always or formats.type_of(part.NumberFormat) & _DATE == 0:
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


def moved(formula: str, top: int, left: int, rows: int, columns: int) -> str:
    """A formula written for the cell (top, left), as filling writes it for the cell so many rows and columns on."""
    if not formula.startswith("="):
        return formula
    pool = FormulaPool()
    number = pool.intern(formula[1:], top, left)
    return "=" + pool.text_at(number, top + rows, left + columns)
