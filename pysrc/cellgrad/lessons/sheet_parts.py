"""What stands on the sheets of every lesson: heading, headers, notes, legend, things to try; and how a page prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from cellgrad.lessons.style import Look, Role

NOTE_WIDTH = 300
"""Width of a note in pixels; its height follows from its text."""


def note(sheet: Worksheet, cell: str, text: str) -> None:
    """A note on a cell, in a box that its text fits."""
    lines = sum(1 + len(paragraph) // 46 for paragraph in text.split("\n"))
    sheet.write_comment(
        cell, text, {"author": "Cellgrad", "width": NOTE_WIDTH, "height": 14 + 17 * lines, "font_size": 10}
    )


def heading(sheet: Worksheet, look: Look, title: str, about: str, hint: str = "") -> None:
    """A sheet's title with the note `about` on it, and below it what to do here."""
    sheet.write_string(0, 0, title, look.title())
    note(sheet, "A1", about)
    if hint:
        sheet.write_string(1, 0, hint, look.caption())


def header_row(
    sheet: Worksheet,
    look: Look,
    row: int,
    words: Iterable[tuple[str, Role]],
    texts: Mapping[str, str] = MappingProxyType({}),
    left: int = 0,
) -> None:
    """Headers side by side from (row, left) on, counted from 0, each in its role's colour.

    texts: the note of a word, for those that have one.
    """
    for column, (word, role) in enumerate(words, start=left):
        sheet.write_string(row, column, word, look.header(role))
        if word in texts:
            note(sheet, xl_rowcol_to_cell(row, column), texts[word])


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
