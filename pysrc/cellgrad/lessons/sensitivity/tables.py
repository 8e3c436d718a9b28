"""What the sheets of the business plan share: the legend's words, and a row of headers with their notes."""

from __future__ import annotations

from collections.abc import Mapping

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from cellgrad.lessons.style import Look, Role, note

WORDS = {Role.DATA: "assumption", Role.PARAMETER: "decision", Role.MODEL: "plan", Role.LOSS: "value"}
"""The legend's words: this lesson makes no loss small, it makes a value large."""


def headers(
    sheet: Worksheet, look: Look, row: int, words: tuple[tuple[str, Role], ...], texts: Mapping[str, str]
) -> None:
    """Headers side by side from the first column on, each in its role's colour, with its note where there is one."""
    for column, (text, role) in enumerate(words):
        sheet.write_string(row, column, text, look.header(role))
        if text in texts:
            note(sheet, xl_rowcol_to_cell(row, column), texts[text])
