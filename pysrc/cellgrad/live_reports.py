"""Reports on an open workbook: each a workbook of its own, opened beside the user's in the same program."""

from __future__ import annotations

import contextlib
from pathlib import Path

import xlwings as xw

from cellgrad.hosts.excel_places import settings_file
from cellgrad.hosts.live import snapshot, status
from cellgrad.worker import last_run
from cellgrad.worker.process import shared_worker

KEPT = 20
"""So many reports stay in the folder; what is worth keeping has been saved elsewhere."""


def gradient_map(book: xw.Book, sheet: str) -> xw.Book:
    """Open the gradient map of a sheet's model; that workbook. Raises what the model raises, and WriteError."""
    return _open(book, sheet, "gradient map", "cellgrad.worker.work:gradient_map")


def answer_report(book: xw.Book, sheet: str) -> xw.Book:
    """Open the answer report on the last run in a sheet, or on its model where there was none; that workbook."""
    return _open(book, sheet, "answer", "cellgrad.worker.work:answer_report", last_run.find(book.fullname))


def _open(book: xw.Book, sheet: str, what: str, function: str, *more: str) -> xw.Book:
    status(book.app, f"Cellgrad: making the {what}")
    out = _free_file(book, what)
    shared_worker().call(function, snapshot(book), book.name, sheet, str(out), *more)
    report = book.app.books.open(str(out))
    status(book.app, f"Cellgrad: the {what} is a new workbook; save it where you want to keep it")
    return report


def _free_file(book: xw.Book, what: str) -> Path:
    """A file named after the workbook, in the user's folder (where Excel on macOS may open it too), open nowhere."""
    folder = settings_file().parent / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    taken = {one.name.casefold() for one in book.app.books}  # Excel opens no two of one name
    stem, number = f"{Path(book.name).stem} {what}", 1
    name = f"{stem}.xlsx"
    while name.casefold() in taken or any((folder / f"{lock}{name}{end}").exists() for lock, end in _LOCKS):
        number += 1
        name = f"{stem} {number}.xlsx"
    return folder / name


_LOCKS = (("~$", ""), (".~lock.", "#"))
"""What Excel and LibreOffice put beside a file that they have open."""


def _sweep(folder: Path) -> None:
    files = sorted(folder.glob("*.xlsx"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in files[KEPT:]:
        with contextlib.suppress(OSError):  # open somewhere
            old.unlink()
