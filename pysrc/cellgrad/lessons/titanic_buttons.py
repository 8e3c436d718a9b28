"""The Titanic workbook with buttons: the same sheets and one with sliders; Optimize and Step beside each model.

titanic.xlsx stays free of macros. The macros here only pass a press on, to the add-in in Excel and to the extension in
Calc. Needs pyOpenVBA (the extra `addin`), which makes the macros' binary from their text.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path

import pyopenvba
import xlsxwriter

from cellgrad.lessons import titanic, titanic_sliders
from cellgrad.solver_models import SolverModel

MACROS = Path(__file__).with_name("buttons.bas")
BUTTONS = {"Optimize": "CellgradOptimize", "Step": "CellgradStep"}
"""What stands on a button, and the macro that a click runs."""

BUTTONS_AT = {"linear": (9, 17), "nnet": (9, 17), "mmult": (21, 17), titanic_sliders.SHEET: titanic_sliders.BUTTONS_AT}
"""The cell, counted from 0, where each model sheet's buttons begin."""
_SIZE = {"width": 140, "height": 30}
_APART = 2
"""Rows from one button to the next."""


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path` from `data`/titanic.csv. Raises FileError as `titanic.build` does."""
    return titanic.build(data, path, _add_sheet_and_buttons)


def _add_sheet_and_buttons(book: xlsxwriter.Workbook, people: titanic.Columns) -> dict[str, SolverModel]:
    models = {titanic_sliders.SHEET: titanic_sliders.add_sheet(book, people)}
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


def macros(sheets: list[str], *others: Path) -> bytes:
    """vbaProject.bin with our module, for a workbook with these sheets, called Sheet1, Sheet2, ... by the macros.

    others: the files of further modules.
    """
    return _macros(tuple(sheets), *(path.read_text(encoding="ascii") for path in (MACROS, *others)))


@lru_cache
def _macros(sheets: tuple[str, ...], *sources: str) -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "macros.xlsm"
        with xlsxwriter.Workbook(path) as book:
            for sheet in sheets:
                book.add_worksheet(sheet)
        with pyopenvba.ExcelFile(path) as workbook:
            project = workbook.add_vba_project()
            for source in sources:
                first, *_ = lines = source.splitlines()
                project.add_module(first.split('"')[1], "\r\n".join(lines) + "\r\n")  # Attribute VB_Name = "..."
            workbook.save()
        with zipfile.ZipFile(path) as package:
            return package.read("xl/vbaProject.bin")
