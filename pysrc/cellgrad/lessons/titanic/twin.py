"""The Titanic workbook with buttons: the same sheets and one with sliders; Optimize and Step beside each model.

titanic.xlsx stays free of macros.
"""

from __future__ import annotations

import io
from pathlib import Path

import xlsxwriter

from cellgrad.lessons.buttons import BUTTONS, macros
from cellgrad.lessons.titanic import linear_split, sigmoid, sliders, workbook
from cellgrad.lessons.titanic.passengers import Columns
from cellgrad.solver_models import SolverModel

BUTTONS_AT = {
    "linear": (9, 17),
    "nnet": (9, 17),
    "mmult": (21, 17),
    sigmoid.SHEET: (21, 0),
    linear_split.SHEET: (21, 0),
    sliders.SHEET: sliders.BUTTONS_AT,
}
"""The cell, counted from 0, where each model sheet's buttons begin."""
_SIZE = {"width": 140, "height": 30}
_APART = 2
"""Rows from one button to the next."""


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path` from `data`/titanic.csv. Raises FileError as `workbook.build` does."""
    return workbook.build(data, path, _add_sheet_and_buttons)


def _add_sheet_and_buttons(book: xlsxwriter.Workbook, people: Columns) -> dict[str, SolverModel]:
    models = {sliders.SHEET: sliders.add_sheet(book, people)}
    sheets = book.worksheets()
    book.add_vba_project(io.BytesIO(macros([sheet.get_name() for sheet in sheets])), is_stream=True)
    book.set_vba_name("ThisWorkbook")
    for number, sheet in enumerate(sheets, start=1):
        sheet.set_vba_name(f"Sheet{number}")
        if sheet.get_name() not in BUTTONS_AT:
            continue
        row, column = BUTTONS_AT[sheet.get_name()]
        for place, (caption, macro) in enumerate(BUTTONS.items()):
            sheet.insert_button(row + place * _APART, column, {"macro": macro, "caption": caption, **_SIZE})
    return models
