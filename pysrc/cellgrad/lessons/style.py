"""The look that every lesson shares: one colour for data, one for parameters, one for the model, one for the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

INK = "#1F2933"
FAINT = "#6B7280"
LINE = "#FFFFFF"
GRID = {"visible": True, "line": {"color": "#E4E7EB"}}
"""The grid lines of a chart: there, and faint."""
NOTE_WIDTH = 300
"""Width of a note in pixels; its height follows from its text."""


@dataclass(frozen=True)
class Colours:
    """A fill for cells and a darker one for their header."""

    cell: str
    header: str


class Role(Enum):
    """What a cell is in the lesson; the value is (its colours, what the legend says).

    The four differ in lightness and in blue against yellow, which nearly everybody sees.
    """

    DATA = (Colours("#E6F1FA", "#B5D5F0"), "data")
    PARAMETER = (Colours("#FFF3BF", "#FFD84D"), "parameter: to be found")
    MODEL = (Colours("#E9DDF6", "#C9AEE8"), "model: formulas")
    LOSS = (Colours("#FBD5BD", "#F2A679"), "loss: to be made small")

    @property
    def colours(self) -> Colours:
        return self.value[0]

    @property
    def meaning(self) -> str:
        return self.value[1]


class Look:
    """The formats of one workbook; asking twice for the same look gives the same format."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def _format(self, **properties: Any) -> Format:
        properties = {"font_name": "Calibri", "font_size": 11, "font_color": INK} | properties
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(properties)
        return self._formats[key]

    def cell(self, role: Role, number_format: str = "General", **extra: Any) -> Format:
        """A cell of the given role."""
        usual = {"bg_color": role.colours.cell, "num_format": number_format, "border": 1, "border_color": LINE}
        return self._format(**(usual | extra))

    def result(self, role: Role, number_format: str) -> Format:
        """The one cell that a column of the given role leads to."""
        return self._format(
            bg_color=role.colours.header,
            num_format=number_format,
            bold=True,
            border=1,
            border_color=LINE,
            valign="vcenter",
        )

    def parameter(self) -> Format:
        """A parameter: centred like the columns it stands above."""
        return self.cell(Role.PARAMETER, "0.0000", bold=True, align="center", valign="vcenter")

    def setting(self, number_format: str = "General") -> Format:
        """A number that is the reader's to choose, and no parameter to be found, such as a learning rate."""
        return self._format(
            bg_color="#FFFFFF", num_format=number_format, bold=True, border=2, border_color="#7B8794",
            align="center", valign="vcenter",
        )  # fmt: skip

    def missing(self) -> Format:
        """A blank where the data should say something."""
        return self._format(bg_color="#C4CAD1", border=1, border_color=LINE)

    def header(self, role: Role) -> Format:
        """The header above a column of the given role."""
        return self._format(
            bg_color=role.colours.header, bold=True, border=1, border_color=LINE, align="center", valign="vcenter"
        )

    def broken(self) -> Format:
        """Laid over a cell that should be otherwise, by a conditional format."""
        return self._book.add_format({"bg_color": "#B42318", "font_color": "#FFFFFF"})

    def shortened(self) -> Format:
        """Laid over a number too large for its column, by a conditional format."""
        return self._book.add_format({"num_format": "0.0E+00"})

    def title(self) -> Format:
        return self._format(bold=True, font_size=16, valign="vcenter")

    def text(self) -> Format:
        return self._format(indent=1)

    def bold(self) -> Format:
        return self._format(bold=True)

    def invitation(self, bold: bool = False) -> Format:
        """A line of the box that says what to try."""
        return self._format(bg_color="#EAF5EC", font_color="#1E5631", bold=bold, text_wrap=True, valign="vcenter",
                            indent=1)  # fmt: skip

    def caption(self, align: str = "left") -> Format:
        """Units and hints: there when looked for, quiet otherwise."""
        return self._format(font_color=FAINT, italic=True, align=align, valign="vcenter")

    def label(self) -> Format:
        """A name that stands beside the cell it names."""
        return self._format(bold=True, align="right", valign="vcenter", indent=1)


def note(sheet: Worksheet, cell: str, text: str) -> None:
    """A note on a cell, in a box that its text fits."""
    lines = sum(1 + len(paragraph) // 46 for paragraph in text.split("\n"))
    sheet.write_comment(
        cell, text, {"author": "Cellgrad", "width": NOTE_WIDTH, "height": 14 + 17 * lines, "font_size": 10}
    )


def legend(
    sheet: Worksheet,
    look: Look,
    row: int,
    column: int,
    meanings: Mapping[Role, str] = MappingProxyType({}),
    settings: bool = False,
) -> None:
    """The four colours and what they mean, downward from (row, column), counted from 0.

    meanings: other words than a role's own, where the lesson is about something else than a loss.
    settings: whether the sheet has settings too, which get a fifth line.
    """
    sheet.write_string(row, column, "Colours", look.bold())
    for line, role in enumerate(Role, start=row + 1):
        sheet.write_blank(line, column, None, look.cell(role))
        sheet.write_string(line, column + 1, meanings.get(role, role.meaning), look.text())
    if settings:
        sheet.write_blank(row + 1 + len(Role), column, None, look.setting())
        sheet.write_string(row + 1 + len(Role), column + 1, "setting: yours to choose", look.text())


LEGEND_WORDS = MappingProxyType({
    Role.DATA: "data", Role.PARAMETER: "parameter", Role.MODEL: "model", Role.LOSS: "loss",
})  # fmt: skip
"""A word for each role, short enough for a cell of its colour."""


def legend_across(
    sheet: Worksheet,
    look: Look,
    row: int,
    column: int,
    words: Mapping[Role, str] = LEGEND_WORDS,
    settings: bool = False,
) -> None:
    """The legend in one row, rightward from (row, column), counted from 0: each word in a cell of its colour."""
    sheet.write_string(row, column, "Colours", look.label())
    for at, role in enumerate(Role, start=column + 1):
        sheet.write_string(row, at, words[role], look.cell(role, align="center", valign="vcenter"))
    if settings:
        sheet.write_string(row, column + 1 + len(Role), "setting", look.setting())


def try_this(
    sheet: Worksheet, look: Look, row: int, columns: tuple[int, int], things: Sequence[str], rows_each: int = 1
) -> None:
    """A box of numbered things to try, downward from `row` over the columns (first, last), all counted from 0.

    rows_each: how many rows the text of each takes up.
    """
    first, last = columns
    sheet.merge_range(row, first, row, last, "Try this", look.invitation(bold=True))
    for number, thing in enumerate(things, start=1):
        top = row + 1 + (number - 1) * rows_each
        sheet.merge_range(top, first, top + rows_each - 1, last, f"{number}. {thing}", look.invitation())


def numbers_only(
    sheet: Worksheet, region: tuple[int, int, int, int], low: float, high: float, whole: bool = False
) -> None:
    """Refuse what is no number from `low` to `high` in a region (top, left, bottom, right, from 0), and say so."""
    kind, said = ("integer", "whole number") if whole else ("decimal", "number")
    sheet.data_validation(*region, {
        "validate": kind, "criteria": "between", "minimum": low, "maximum": high,
        "error_title": "Not here", "error_message": f"Type a {said} from {low:,} to {high:,}.",
    })  # fmt: skip


def may_run_away(sheet: Worksheet, look: Look, region: tuple[int, int, int, int]) -> None:
    """Show numbers of 1,000 and more as powers of ten, in a region (top, left, bottom, right, from 0).

    For what grows without limit where a reader takes too large a step: no column is wide enough for all of it.
    """
    sheet.conditional_format(*region, {
        "type": "cell", "criteria": "not between", "minimum": -999.9999, "maximum": 999.9999,
        "format": look.shortened(),
    })  # fmt: skip


def set_up_page(sheet: Worksheet, last_row: int, last_column: int, header_rows: int) -> None:
    """Row heights, no grid lines, and print: landscape A4, as wide as the page, headers repeated. Counted from 0."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.repeat_rows(0, header_rows - 1)
    sheet.print_area(0, 0, last_row, last_column)
    sheet.set_footer("&L&A&RPage &P of &N")
    sheet.hide_gridlines(2)
    sheet.set_row(0, 24)
    sheet.set_row(header_rows - 1, 18)
