"""formualizer opens a workbook, evaluates all of it and gives one cell's number."""

from __future__ import annotations

import time

import formualizer
from xlsxwriter.utility import xl_cell_to_rowcol


def run(path: str, sheet: str = "", cell: str = "") -> dict[str, float]:
    """cell: where the objective stands; without one the workbook is opened alone."""
    began = time.perf_counter()
    book = formualizer.load_workbook(path)
    if not cell:
        return {"seconds": time.perf_counter() - began}
    row, column = xl_cell_to_rowcol(cell)
    book.evaluate_all()
    value = float(book.evaluate_cell(sheet, row + 1, column + 1))
    return {"seconds": time.perf_counter() - began, "value": value}
