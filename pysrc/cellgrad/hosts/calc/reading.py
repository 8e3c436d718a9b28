"""The values of a Calc range, many cells at a time, as Excel gives them.

A call over the pipe takes up to a millisecond whatever it carries, so everything here is a few calls a range.
"""

from __future__ import annotations

import csv
import datetime
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from cellgrad.hosts.calc.bridge import import_uno, property_value

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
FORMULA = 16  # com.sun.star.sheet.CellFlags
_ERROR_RESULT = 4  # com.sun.star.sheet.FormulaResult
_SHOWN = {"Err:502": "#NUM!", "Err:503": "#NUM!", "Err:521": "#NULL!", "Err:522": "#NUM!", "Err:523": "#NUM!"}
_VALUE = ERROR_CODES["#VALUE!"]
_BULK_ERRORS = 200
"""From this many error cells on they are read together instead of one by one."""


class Formats:
    """What kind of value a document's number formats show, by key."""

    def __init__(self, document: Any) -> None:
        self.document = document
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


class Rectangle(NamedTuple):
    """A rectangle of a sheet by places from zero, ends exclusive: UNO's own structures are slow to look into."""

    sheet: int
    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def of(cls, address: Any) -> Rectangle:
        """From a com.sun.star.table.CellRangeAddress."""
        return cls(address.Sheet, address.StartRow, address.StartColumn, address.EndRow + 1, address.EndColumn + 1)

    def holds(self, other: Rectangle) -> bool:
        """Whether another rectangle of the same sheet lies inside."""
        return (
            self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )

    def mask(self, parts: Iterable[Rectangle]) -> np.ndarray:
        """Which cells of this rectangle lie in any of the parts, (rows, columns)."""
        found = np.zeros((self.bottom - self.top, self.right - self.left), bool)
        for part in parts:
            top, left = max(0, part.top - self.top), max(0, part.left - self.left)
            found[top : max(0, part.bottom - self.top), left : max(0, part.right - self.left)] = True
        return found


def read_values(area: Any, formats: Formats, dates: bool = True) -> Rows:
    """The values of a range (a UNO cell range), row by row, as `columns_of` makes them of its data array."""
    columns = columns_of(area, area.getDataArray(), formats, dates)
    return list(map(list, zip(*columns, strict=True)))


def columns_of(area: Any, data: Sequence[Sequence[Any]], formats: Formats, dates: bool) -> Rows:
    """The values of a range, column by column, from its data array: a few calls more for formats and for error cells.

    Blank cells are None, text results that are empty ``""`` only in formulas; dates are moments, unless `dates` is
    off: then serial numbers, exact to the bit. Errors are codes of `ERROR_CODES`.
    """
    columns = list(map(list, zip(*data, strict=True)))
    where = Rectangle.of(area.RangeAddress)
    if any(None in column for column in columns):
        _mark_errors(area, where, columns, formats)
    if any("" in column for column in columns):
        results = where.mask(_rectangles(area.queryContentCells(FORMULA)))
        for c, column in enumerate(columns):
            at = -1
            for _ in range(column.count("")):
                at = column.index("", at + 1)
                if not results[at, c]:
                    column[at] = None
    for kind, parts in special_formats(area, formats):
        if kind & LOGICAL:
            convert_parts(columns, where, parts, _if_number(bool))
        elif dates:
            convert_parts(columns, where, parts, _if_number(formats.moment))
    return columns


def special_formats(area: Any, formats: Formats) -> Iterable[tuple[int, list[Rectangle]]]:
    """(format bits, cells) of the parts of a range that are shown as booleans or as dates."""
    if area.getPropertyState("NumberFormat").value != "AMBIGUOUS_VALUE":
        kind = formats.type_of(area.NumberFormat)
        if kind & (DATE | LOGICAL):
            yield kind, [Rectangle.of(area.RangeAddress)]
        return
    parts = area.getUniqueCellFormatRanges()
    for index in range(parts.Count):
        part = parts.getByIndex(index)
        kind = formats.type_of(part.NumberFormat)
        if kind & (DATE | LOGICAL):
            yield kind, _rectangles(part)


def _if_number(convert: Callable[[float], Any]) -> Callable[[Any], Any]:
    return lambda value: convert(value) if isinstance(value, float) else value


def convert_parts(columns: Rows, where: Rectangle, parts: list[Rectangle], convert: Callable[[Any], Any]) -> None:
    """Convert the values of some parts of a range, whose columns these are, in place."""
    for part in parts:
        rows = slice(part.top - where.top, part.bottom - where.top)
        for column in columns[part.left - where.left : part.right - where.left]:
            column[rows] = map(convert, column[rows])


def _rectangles(ranges: Any) -> list[Rectangle]:
    return [Rectangle.of(address) for address in ranges.getRangeAddresses()]


def _mark_errors(area: Any, where: Rectangle, columns: Rows, formats: Formats) -> None:
    """Put the codes of errors where the bulk read has nothing: asked cell by cell, or, where they are many, at once."""
    mask = where.mask(_rectangles(area.queryFormulaCells(_ERROR_RESULT)))
    cells = list(zip(*(places.tolist() for places in np.nonzero(mask)), strict=True))
    if len(cells) > _BULK_ERRORS:
        shown = _shown(formats.document, where.sheet)
        for r, c in cells:
            columns[c][r] = ERROR_CODES.get(_SHOWN.get(text := shown[where.top + r][where.left + c], text), _VALUE)
        return
    for r, c in cells:
        number = area.getCellByPosition(c, r).getError()
        columns[c][r] = ERROR_CODES[_CALC_ERRORS.get(number, "#VALUE!")]


def _shown(document: Any, sheet: int) -> list[list[str]]:
    """Every cell of a sheet from A1 on as Calc shows it: the only bulk read that tells errors apart."""
    with tempfile.TemporaryDirectory(prefix="cellgrad-shown-") as folder:
        # comma, quote, UTF-8, first line, columns, language, quote texts, detect, as shown, formulas, spaces, sheet
        options = f"44,34,76,1,,1033,true,false,true,false,false,{sheet + 1}"
        target = Path(folder) / "sheet.csv"
        document.storeToURL(
            target.as_uri(),
            (
                property_value("FilterName", "Text - txt - csv (StarCalc)"),
                property_value("FilterOptions", options),
            ),
        )
        written = next(Path(folder).glob("*.csv"))  # with a sheet's number its name is added to the file's
        with written.open(encoding="utf-8", newline="") as stream:
            return list(csv.reader(stream))
