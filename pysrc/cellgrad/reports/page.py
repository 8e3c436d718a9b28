"""A sheet of a report, filled from the top down: heads, facts, tables, notes, and room for charts beside them."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cellgrad.reports.style import FAINT, GOAL, HEADER, LEARNED, RULE, Book

INFINITE = 1e30
CHARACTERS_A_WIDTH = 1.18
"""Characters of running text that fit into one unit of a column's width."""
STANDARD, PAGE = 8.43, 180.0
"""How wide a column is of which nothing is said, and how much of that is read well on a page."""
WIDEST = 44.0
"""No column is made wider than this for a text in it."""
ROUNDING = 1e-9
"""A number this near to a rounder one, relative to its size, is shown as that."""
FEW_DECIMALS, LARGEST = 1e4, 1e12
"""From these sizes on a column of numbers has two decimals, and a number is shown by its power of ten."""
LINE = 15.0
"""Points a line of text is high."""
ROOM_BELOW_CHART = 20.0
"""Points a row is high where nothing is said of it, in pixels."""


@dataclass(frozen=True)
class Column:
    """A column of a table. kind: how its values stand: ``text``, ``words`` (text broken into lines), ``number``,
    ``count``, ``share``, ``probability``, or ``answer`` and ``goal`` (numbers on the fills of changing and objective
    cells). note: what it says, in words, for the notes below the table. mixed: whether its numbers have nothing to do
    with each other, so that each is shown by its own size."""

    header: str
    kind: str = "text"
    note: str = ""
    mixed: bool = False

    @property
    def is_number(self) -> bool:
        return self.kind not in ("text", "words")


@dataclass(frozen=True)
class Table:
    """Where a table stands in its sheet: the row of its headers, its first and last rows of values, its columns."""

    top: int
    first: int
    last: int
    left: int
    right: int


class Page:
    """A sheet in the making. `row` is the next free one, from zero."""

    def __init__(self, book: Book, name: str, title: str, source: str, widths: Sequence[float]) -> None:
        """name: of the sheet. title, source: of the report, and of the workbook it tells of. widths: of the columns."""
        self.book = book
        self.sheet: Worksheet = book.sheet(name)
        self.widths = list(widths)
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        self.sheet.set_row(0, 24)
        self.sheet.write_string(0, 0, title, book.title())
        written = datetime.datetime.now().strftime("%Y-%m-%d %H:%M")
        self.sheet.write_string(1, 0, f"{source}, {written}", book.faint())
        self.sheet.set_footer("&L&8&A&R&8&P / &N")
        self.row = 3

    @property
    def title(self) -> str:
        """The sheet's own name, as charts refer to it."""
        return str(self.sheet.get_name())

    def heading(self, text: str) -> None:
        """A heading over what follows, with a blank row before it."""
        self.sheet.write_string(self.row, 0, text, self.book.heading())
        self.row += 1

    def facts(self, facts: Iterable[tuple[str, str]], last: int) -> None:
        """Label and words, a line each, the words over the columns up to `last`; then a blank row."""
        for label, text in facts:
            self.sheet.write_string(self.row, 0, label, self.book.look(bold=True, valign="top"))
            self._words(text, 1, last, self.book.look("@", text_wrap=True, valign="top"))
        self.row += 1

    def notes(self, notes: Iterable[tuple[str, str]], last: int) -> None:
        """What columns or words mean, small and faint; then a blank row."""
        for label, text in notes:
            self.sheet.write_string(self.row, 0, label, self.book.faint(italic=False, valign="top", bold=True))
            self._words(text, 1, last, self.book.faint(italic=False, text_wrap=True, valign="top"))
        self.row += 1

    def sentence(self, text: str, last: int, **properties: Any) -> None:
        """A sentence over the columns up to `last`."""
        self._words(text, 0, last, self.book.look("@", text_wrap=True, valign="top", **properties))

    def _words(self, text: str, first: int, last: int, look: Format) -> None:
        room = CHARACTERS_A_WIDTH * sum(self.widths[first : last + 1])
        self.sheet.set_row(self.row, LINE * max(1, _lines(text, room)))
        if first == last:
            self.sheet.write_string(self.row, first, text, look)
        else:
            self.sheet.merge_range(self.row, first, self.row, last, text, look)
        self.row += 1

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[object]], left: int = 0) -> Table:
        """A table from the next free row on, then a blank row. A value None is left blank, nan is 'none', and what has
        no end is 1E+30, as in Solver's reports."""
        top, rows = self.row, [list(values) for values in rows]
        self._widen(columns, rows, left)
        for number, column in enumerate(columns):
            follows = number > 0 and columns[number - 1].is_number and not column.is_number
            look = self._header(column.is_number, follows)
            self.sheet.write_string(top, left + number, column.header, look)
        if any(
            len(column.header) > CHARACTERS_A_WIDTH * self._width(left + number)
            for number, column in enumerate(columns)
        ):
            self.sheet.set_row(top, 2 * LINE)
        together = [_decimals([row[number] for row in rows]) for number in range(len(columns))]
        last = top
        for last, values in enumerate(rows, start=top + 1):
            for number, (column, value) in enumerate(zip(columns, values, strict=True)):
                follows = number > 0 and columns[number - 1].is_number
                decimals = _decimals([value]) if column.mixed else together[number]
                self.put(last, left + number, value, column.kind, int(follows), decimals)
            self._make_room(last, left, columns, values)
        self.row = last + 2
        return Table(top, top + 1, last, left, left + len(columns) - 1)

    def _widen(self, columns: Sequence[Column], rows: Sequence[Sequence[object]], left: int) -> None:
        """Make columns as wide as their texts ask for, within reason."""
        for number, column in enumerate(columns):
            if column.kind == "text" and left + number < len(self.widths):
                longest = max((len(str(row[number])) for row in rows if row[number] is not None), default=0)
                width = min(WIDEST, longest / CHARACTERS_A_WIDTH + 2)
                self.widen(left + number, width)

    def widen(self, column: int, width: float) -> None:
        """Make a column at least so wide."""
        self.widths += [0.0] * (column + 1 - len(self.widths))
        if width > self.widths[column]:
            self.widths[column] = width
            self.sheet.set_column(column, column, width)

    def _make_room(self, row: int, left: int, columns: Sequence[Column], values: Sequence[object]) -> None:
        """Make a row high enough for the words in it."""
        lines = [
            _lines(str(value), CHARACTERS_A_WIDTH * self._width(left + number))
            for number, (column, value) in enumerate(zip(columns, values, strict=True))
            if column.kind == "words" and value is not None
        ]
        if lines and max(lines) > 1:
            self.sheet.set_row(row, LINE * max(lines))

    def put(self, row: int, column: int, value: object, kind: str, indent: int = 0, decimals: int = 4) -> None:
        """One value of a table, in the way of its kind of column."""
        if value is None or value == "":
            return
        if isinstance(value, str):
            wrapped = {"text_wrap": True} if kind == "words" else {}
            self.sheet.write_string(
                row, column, value, self.book.look("@", indent=indent, align="left", valign="vcenter", **wrapped)
            )
            return
        number = float(value)  # type: ignore[arg-type]
        if math.isnan(number):
            self.sheet.write_string(row, column, "none", self.book.faint(align="right", valign="vcenter"))
        elif abs(number) >= INFINITE:
            endless = math.copysign(INFINITE, number)
            self.sheet.write_number(row, column, endless, self.book.look("0E+00", font_color=FAINT, valign="vcenter"))
        else:
            self.sheet.write_number(row, column, number, self._look(number, kind, decimals))

    def _look(self, value: float, kind: str, decimals: int) -> Format:
        if kind == "count":
            return self.book.look("#,##0", valign="vcenter")
        if kind == "share":
            return self.book.look("0.0%", valign="vcenter")
        if kind == "probability":
            return self.book.look("0.0000" if value == 0 or value >= 1e-4 else "0.0E+00", valign="vcenter")
        fill = {"answer": LEARNED, "goal": GOAL}.get(kind)
        strong = {"bold": True, "bg_color": fill} if fill else {}
        return self.book.look(_digits(value, decimals), valign="vcenter", **strong)

    def _header(self, right: bool, follows: bool) -> Format:
        return self.book.look(
            bold=True, bg_color=HEADER, align="right" if right else "left", indent=int(follows), valign="vcenter",
            bottom=1, bottom_color=RULE, text_wrap=True,
        )  # fmt: skip

    def _width(self, column: int) -> float:
        return self.widths[column] if column < len(self.widths) else math.inf

    def prints(self, row: int, column: int) -> None:
        """What is printed, down to a row and a column: as many pages wide as it takes to be read."""
        self.sheet.print_area(0, 0, row, column)
        width = sum(self.widths[: column + 1]) + STANDARD * max(0, column + 1 - len(self.widths))
        self.sheet.fit_to_pages(max(1, round(width / PAGE)), 0)

    def chart(self, chart: Any, row: int, column: int, width: int, height: int) -> None:
        """Place a chart with its upper left corner in a cell; sizes in pixels."""
        chart.set_size({"width": width, "height": height})
        self.sheet.insert_chart(row, column, chart)

    def below(self, row: int, height: int) -> None:
        """Go on below a chart of this height in pixels that begins in a row."""
        self.row = max(self.row, row + math.ceil(height / ROOM_BELOW_CHART) + 1)


def _decimals(values: Sequence[object]) -> int:
    """How many decimals the numbers of a column are read best with: none for whole numbers, fewer for large ones."""
    sizes = [abs(v) for v in values if isinstance(v, int | float) and math.isfinite(v) and abs(v) < INFINITE]
    if all(_is_told(size, 0) for size in sizes):
        return 0
    return 2 if max(sizes) >= FEW_DECIMALS else 4


def _is_told(size: float, decimals: int) -> bool:
    """Whether a number is one with so many decimals, but for rounding."""
    return abs(round(size, decimals) - size) <= ROUNDING * size


def _digits(value: float, decimals: int) -> str:
    """The number format of a value in a column of so many decimals: powers of ten where those would not tell it."""
    size = abs(value)
    if size >= LARGEST or (0 < size < 10.0 ** (1 - decimals) and not _is_told(size, decimals)):
        return "0.00E+00"
    plain = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f"{plain};-{plain};0"


def _lines(text: str, room: float) -> int:
    """How many lines of so many characters a text fills, broken between words."""
    lines = 0
    for paragraph in text.split("\n"):
        used, lines = 0.0, lines + 1
        for word in paragraph.split(" "):
            if used and used + 1 + len(word) > room:
                used, lines = 0.0, lines + 1
            used += len(word) + (1 if used else 0)
    return lines
