"""The buttons Optimize and Step of a lesson, and the macros behind them.

The macros only pass a press on, to the add-in in Excel and to the extension in Calc. Needs pyOpenVBA (the extra
`addin`), which makes the macros' binary from their text.
"""

from __future__ import annotations

import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path

import pyopenvba
import xlsxwriter

MACROS = Path(__file__).with_name("buttons.bas")
BUTTONS = {"Optimize": "CellgradOptimize", "Step": "CellgradStep"}
"""What stands on a button, and the macro that a click runs."""


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
