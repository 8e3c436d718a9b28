"""The engine behind the menu of the Calc extension: ``python -m cellgrad.addin.calc_server PIPE``.

The extension starts it and writes one JSON object a line to its input, ``{"command": ..., "document": ...}``; it works
on that document over the UNO pipe. It says when it is ready, and ends when its input does, that is, with LibreOffice.
What it does is what Excel's ribbon does, by the same functions of `cellgrad.live_run` and `cellgrad.macros`.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TextIO

import xlwings as xw

from cellgrad import live_reports, live_run, macros
from cellgrad.address import quote_sheet
from cellgrad.errors import ArgumentError, RunError
from cellgrad.hosts import calc
from cellgrad.hosts.dialogs import faults_told, settings_asked, tell
from cellgrad.hosts.live import give_back_status, require_writable, status
from cellgrad.hosts.settings import read_settings, write_settings
from cellgrad.worker.process import shared_worker

TITLE = "Cellgrad"
_COMPLETE = {"solver_typ": 2, "solver_val": 0, "solver_num": 0, "solver_neg": 2, "solver_eng": 1, "solver_ver": 3}
"""What a model needs besides its cells, where the sheet has none yet: minimise, no constraints, no sign condition."""


def optimize(book: xw.Book) -> None:
    """Search for the best values of the changing cells of the sheet in front."""
    live_run.search(book, book.sheets.active.name, read_settings())


def step(book: xw.Book) -> None:
    """One step of the chosen method."""
    live_run.one_step(book, book.sheets.active.name, read_settings())


def set_objective(book: xw.Book) -> None:
    """Make the selected cell the sheet's objective, in the name that Excel's Solver uses."""
    (area, *others) = selected(book)
    cells = book.sheets.active.range(area)
    if others or cells.size != 1:
        raise ArgumentError("the objective is one cell, and more are selected", action="select one")
    if not str(cells.formula).startswith("="):
        raise ArgumentError(
            "this cell holds no formula, so it depends on nothing",
            cell=area.replace("$", ""),
            action="select the cell whose formula gives the number to minimise",
        )
    _name(book.sheets.active, "solver_opt", [area])


def set_changing(book: xw.Book) -> None:
    """Make the selected cells those that Optimize may change."""
    areas = selected(book)
    sheet = book.sheets.active
    for area in areas:
        formulas = sheet.range(area).formula
        texts = [text for row in formulas for text in row] if isinstance(formulas, tuple) else [formulas]
        if any(str(text).startswith("=") for text in texts):
            raise ArgumentError(
                "some of the selected cells hold formulas, and a changing cell must hold a number",
                cell=area.replace("$", ""),
                action="select the cells that the formulas read",
            )
    _name(sheet, "solver_adj", areas)


def settings(book: xw.Book) -> None:
    """Ask for method, device, steps and rate, and keep them for Optimize and Step, where Excel's ribbon keeps them."""
    chosen = settings_asked(book, read_settings())
    if chosen is not None:
        write_settings(chosen)
        book.app.status_bar = f"{TITLE}: {chosen}"


COMMANDS: dict[str, Callable[[xw.Book], object]] = {
    "optimize": optimize,
    "step": step,
    "undo": lambda book: macros.undo(),
    "check": lambda book: live_run.check(book, book.sheets.active.name),
    "gradient_map": lambda book: live_reports.gradient_map(book, book.sheets.active.name),
    "report": lambda book: live_reports.answer_report(book, book.sheets.active.name),
    "set_objective": set_objective,
    "set_changing": set_changing,
    "settings": settings,
}
"""What the menu runs, beside stop; undo asks xlwings for the book in front."""


def selected(book: xw.Book) -> list[str]:
    """The absolute addresses of the selected areas. Raises ArgumentError where no cells are selected."""
    chosen = book.api.CurrentController.getSelection()
    if hasattr(chosen, "RangeAddresses"):
        areas = chosen.RangeAddresses
    elif hasattr(chosen, "RangeAddress"):
        areas = (chosen.RangeAddress,)
    else:
        raise ArgumentError("no cells are selected", action="select cells first")
    sheet = book.sheets.active
    return [
        sheet.range((area.StartRow + 1, area.StartColumn + 1), (area.EndRow + 1, area.EndColumn + 1)).address
        for area in areas
    ]


def _name(sheet: xw.Sheet, name: str, areas: Sequence[str]) -> None:
    require_writable(sheet.book)
    known = {one.name.rpartition("!")[2].lower() for one in sheet.names}
    sheet.names.add(name, "=" + ",".join(f"{quote_sheet(sheet.name)}!{area}" for area in areas))
    for item, value in _COMPLETE.items():
        if item not in known:
            sheet.names.add(item, f"={value}")
    what = "objective of this sheet is" if name == "solver_opt" else "changing cells of this sheet are"
    sheet.book.app.status_bar = f"{TITLE}: the {what} {', '.join(areas).replace('$', '')}"


class Server:
    """One command at a time, and Stop at any time."""

    def __init__(self, app: xw.App) -> None:
        self._app = app
        self._running: threading.Thread | None = None

    def press(self, command: str, document: str) -> None:
        """Run a command on a document. One pressed during another is refused in words, but for stop."""
        found = [book for book in self._app.books if book.api.RuntimeUID == document]
        if not found:  # closed in between
            return
        book = found[0]
        book.set_mock_caller()
        if command == "stop":
            macros.stop()
        elif self._running is not None and self._running.is_alive():
            error = RunError("a run is under way", action="wait for its end, or press Stop, and press again")
            threading.Thread(target=tell, args=(self._app, error.in_sheet()), daemon=True).start()
        else:
            self._running = threading.Thread(target=self._run, args=(COMMANDS[command], book), daemon=True)
            self._running.start()

    def _run(self, command: Callable[[xw.Book], object], book: xw.Book) -> None:
        with faults_told(self._app):
            status(self._app, None)  # menus have hidden what stood there, and Calc shows a new text only
            command(book)
        if isinstance(said := self._app.status_bar, str):
            later = threading.Timer(live_run.ANSWER_SECONDS, give_back_status, (self._app, said))
            later.daemon = True
            later.start()


def serve(app: xw.App, presses: TextIO) -> None:
    """Run what is pressed until the input ends."""
    server = Server(app)
    for line in presses:
        server.press(**json.loads(line))


def main() -> None:
    """``python -m cellgrad.addin.calc_server PIPE``."""
    shared_worker().keep()  # torch loads while LibreOffice is being connected
    app = calc.attach(sys.argv[1])
    print("ready", flush=True)
    serve(app, sys.stdin)


if __name__ == "__main__":
    main()
