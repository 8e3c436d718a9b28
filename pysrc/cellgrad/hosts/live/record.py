"""What a run has changed, kept in the workbook itself so that it can be undone tomorrow.

A hidden sheet holds one row a changed cell: the number of the transaction, the sheet, the cell, what it held before and
what was written. Excel and Calc both keep a hidden sheet when they save, and text as it is: numbers are written in
hexadecimal, exact to the bit whatever the program rounds. Until the transaction has ended the last column says `OPEN`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import xlwings as xw

from cellgrad.address import cell_name, parse_region
from cellgrad.errors import ArgumentError
from cellgrad.hosts.live.differences import ExactValue, exact_values, hide_well
from cellgrad.values import CellError

UNDO_SHEET = "Cellgrad undo"
MAX_STEPS = 20
"""How many transactions can be undone, the latest first; older ones are dropped."""
OPEN = "open"
_WIDTH = 5


@dataclass(frozen=True)
class Line:
    """One changed cell; before and after as `code` writes them."""

    number: int
    sheet: str
    cell: tuple[int, int]
    before: str
    after: str = OPEN

    def row(self) -> list[str | float]:
        """As it stands in the undo sheet; nothing in it reads as a number, a date or a formula."""
        address = "$" + cell_name(*self.cell)
        return [float(self.number), "s:" + self.sheet, address, self.before, self.after]


def code(value: ExactValue) -> str:
    """A value as text that no program takes for anything else.

    ``n:0x1.8p+1``, ``b:1``, ``t:text``, ``e:#N/A`` or ``blank``.
    """
    match value:
        case None:
            return "blank"
        case bool():
            return f"b:{value:d}"
        case CellError():
            return f"e:{value.text}"
        case str():
            return f"t:{value}"
    return f"n:{float(value).hex()}"


def decode(text: str) -> ExactValue:
    """The value of a code. Raises ValueError for what is none."""
    kind, mark, rest = text.partition(":")
    match kind if mark else text:
        case "blank":
            return None
        case "b":
            return rest == "1"
        case "e":
            return CellError.from_text(rest)
        case "t":
            return rest
        case "n":
            return float.fromhex(rest)
    raise ValueError(text)


def read(book: xw.Book) -> list[Line]:
    """Every line there is, in order; one that somebody has damaged is left out."""
    if UNDO_SHEET not in book.sheet_names:
        return []
    used = book.sheets[UNDO_SHEET].used_range
    found = []
    for row in exact_values(used.resize(used.shape[0], _WIDTH)):
        number, sheet, cell, before, after = row
        if isinstance(number, float) and all(isinstance(text, str) for text in (sheet, cell, before, after)):
            try:
                region = parse_region(str(cell), "")
                decode(str(before))
            except (ArgumentError, ValueError, KeyError):
                continue
            name = str(sheet).removeprefix("s:")
            found.append(Line(int(number), name, (region.top, region.left), str(before), str(after)))
    return found


def replace(book: xw.Book, lines: Sequence[Line]) -> None:
    """Make these all the lines there are. Raises what the program raises.

    An empty sheet stays: LibreOffice 7.4 breaks array formulas over tables when any sheet is deleted.
    """
    exists = UNDO_SHEET in book.sheet_names
    if not lines and not exists:
        return
    sheet = book.sheets[UNDO_SHEET] if exists else _add(book)
    rows = [line.row() for line in lines]
    if exists:
        height = sheet.used_range.row + sheet.used_range.shape[0] - 1
        rows += [["", "", "", "", ""]] * (height - len(rows))
    if rows:
        sheet.range((1, 1), (len(rows), _WIDTH)).raw_value = rows


def _add(book: xw.Book) -> xw.Sheet:
    """The undo sheet at the end, hidden, with the sheet that was active active again."""
    active = book.sheets.active
    sheet = book.sheets.add(UNDO_SHEET, after=book.sheets[len(book.sheets) - 1])
    active.activate()
    hide_well(sheet)
    return sheet


def append(book: xw.Book, lines: Sequence[Line]) -> None:
    """Add the lines of a new transaction, dropping transactions beyond `MAX_STEPS`."""
    known = read(book)
    numbers = sorted({line.number for line in known})
    kept = set(numbers[-MAX_STEPS + 1 :])
    replace(book, [line for line in known if line.number in kept] + list(lines))


def next_number(lines: Sequence[Line]) -> int:
    """The number of the next transaction."""
    return max((line.number for line in lines), default=0) + 1
