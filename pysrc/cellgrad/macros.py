"""What the ribbon's buttons run, as light as it can be: heavy work is started in a process of its own (`live_run`).

A button's macro waits until its Python has ended, and Excel with it. So `optimize` comes back at once, and `stop` loads
nothing that would keep a press waiting.
"""

from __future__ import annotations

import subprocess
import sys

import xlwings as xw

from cellgrad.errors import WriteError
from cellgrad.hosts.dialogs import agreed, faults_told
from cellgrad.hosts.live import status
from cellgrad.hosts.live import undo as undo_live
from cellgrad.worker.turn import ask_to_stop


def optimize() -> None:
    """Search for the best values of the changing cells of the sheet in front."""
    _begin("optimize")


def step() -> None:
    """One step of the chosen method."""
    _begin("step")


def check() -> None:
    """Say in words what the model of the sheet in front is, and what is in the way."""
    _begin("check")


def gradient_map() -> None:
    """Show in a new workbook what every number that reaches the objective does to it."""
    _begin("gradient_map")


def report() -> None:
    """Tell in a new workbook what the last run did, or what the model is."""
    _begin("report")


def stop() -> None:
    """Ask the run in this workbook to end; it keeps its best values."""
    book = xw.Book.caller()
    with faults_told(book.app):
        if not ask_to_stop(book.fullname):
            status(book.app, "Cellgrad: no run is under way in this workbook")


def undo() -> None:
    """Take the last run back; asks first where cells have been changed since."""
    book = xw.Book.caller()
    with faults_told(book.app):
        try:
            changes = undo_live(book)
        except WriteError as error:
            if "since the run" not in error.cause or not agreed(book.app, f"{error.in_sheet()}\n\nUndo all the same?"):
                raise
            changes = undo_live(book, force=True)
        status(book.app, f"Cellgrad: {len(changes)} cells are as they were before the run")


def _begin(command: str) -> None:
    """Start the process that carries out a command on the sheet in front."""
    book = xw.Book.caller()
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    else:
        flags = 0
    subprocess.Popen(
        [sys.executable, "-m", "cellgrad.live_run", command, str(book.app.pid), book.name, book.sheets.active.name],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        creationflags=flags, start_new_session=sys.platform != "win32",
    )  # fmt: skip
