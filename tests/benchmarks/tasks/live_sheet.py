"""An open workbook in Calc: a snapshot, writes and their undoing, and Calc's own calls for the same cells."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import xlwings as xw

from cellgrad.hosts import calc, live
from cellgrad.hosts.live.differences import exact_values

SHEET, FEW, LOSS = "nnet", "G1:P1", "AA1"
FORMULAS = (("I", "O"), ("V", "AA"))
"""The columns with formulas."""


def run(path: str, rounds: int) -> dict[str, Any]:
    """Seconds of every round. many: how many cells are written at once, one column of the passengers."""
    taken: dict[str, Any] = {}
    with calc.start() as app:
        book = app.books.open(path)
        sheet = book.sheets[SHEET]
        used = sheet.used_range
        column = sheet.range((4, 1), (used.shape[0], 1))
        taken["many"] = column.size
        number = exact_values(sheet[FEW])[0][0]
        place = {(sheet[FEW].row - 1, sheet[FEW].column - 1): number + 0.5}
        _time(taken, "first_write", lambda: (live.write(book, {SHEET: place}), sheet[LOSS].value))
        live.undo(book)
        parts = [sheet[f"{left}4:{right}{used.shape[0]}"].api for left, right in FORMULAS]
        for _ in range(rounds):
            gc.collect()
            gc.disable()  # as it is for a snapshot
            _time(taken, "bare_read", lambda: (used.api.getFormulaArray(), used.api.getDataArray()))
            gc.collect()
            _time(taken, "calls", lambda: ([part.getFormulaArray() for part in parts], used.api.getDataArray()))
            gc.enable()
            gc.collect()
            _time(taken, "snapshot", lambda: live.snapshot(book))
            for cells, name in ((sheet[FEW], "10"), (column, "many")):
                _writes(taken, cells, name)
    return taken


def _writes(taken: dict[str, Any], cells: xw.Range, name: str) -> None:
    """The same values by Calc's own call and by ours, each until the loss shows them, and back."""
    sheet, book = cells.sheet, cells.sheet.book
    before = tuple(map(tuple, exact_values(cells)))
    after = tuple(tuple(value + 0.5 for value in row) for row in before)
    loss = sheet[LOSS].value
    _time(taken, f"bare_write_{name}", lambda: (cells.api.setDataArray(after), sheet[LOSS].value))
    shown = sheet[LOSS].value
    cells.api.setDataArray(before)
    assert sheet[LOSS].value == loss != shown
    new = {
        (cells.row - 1 + r, cells.column - 1 + c): value for r, row in enumerate(after) for c, value in enumerate(row)
    }
    _time(taken, f"write_{name}", lambda: (live.write(book, {sheet.name: new}), sheet[LOSS].value))
    assert sheet[LOSS].value == shown
    _time(taken, f"undo_{name}", lambda: (live.undo(book), sheet[LOSS].value))
    assert sheet[LOSS].value == loss


def _time(taken: dict[str, Any], name: str, call: Callable[[], object]) -> None:
    began = time.perf_counter()
    call()
    taken.setdefault(name, []).append(time.perf_counter() - began)
