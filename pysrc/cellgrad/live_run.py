"""A command on a workbook that is open in a program, in a process of its own: what the ribbon's buttons start.

``python -m cellgrad.live_run optimize|step|check|gradient_map|report PID BOOK SHEET``. Meanwhile the program
itself waits for nothing.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from contextlib import suppress

import xlwings as xw

from cellgrad.hosts.dialogs import faults_told, tell
from cellgrad.hosts.live import give_back_status, on_escape, snapshot, status
from cellgrad.hosts.live.differences import HOST_ERRORS
from cellgrad.hosts.settings import Settings, read_settings
from cellgrad.live import optimize_live
from cellgrad.live_reports import answer_report, gradient_map
from cellgrad.worker import last_run
from cellgrad.worker.job import STOPPED, Answer
from cellgrad.worker.process import shared_worker
from cellgrad.worker.turn import Turn

SHOWN_SECONDS = 0.5
"""Between two showings of the changing cells."""
NOT_KEPT = "The changing cells hold their start values."
MOST_TOLD = 12
"""No more constraints and cells are listed."""
ANSWER_SECONDS = 15.0
"""How long the status bar keeps a command's last words before the program has it back."""


def search(book: xw.Book, sheet: str, settings: Settings) -> Answer:
    """Run the model saved in a sheet with the ribbon's settings, in the worker, until Stop or Esc is pressed or it has
    ended.

    Raises RunError while another run has the workbook, and what `optimize_live` raises.
    """
    return _run(book, sheet, settings.method, settings.steps, settings, every=SHOWN_SECONDS)


def one_step(book: xw.Book, sheet: str, settings: Settings) -> Answer:
    """One step of the chosen method from the sheet's values. Raises as `search` does.

    Where none is chosen it is plain gradient descent, as it is for the command `cellgrad step`: a step of the methods
    that choose themselves may find that it went too far, and change nothing.
    """
    method = "gradient-descent" if settings.method == "auto" else settings.method
    return _run(book, sheet, method, 1, settings, every=None)


def _run(book: xw.Book, sheet: str, method: str, steps: int | None, settings: Settings, every: float | None) -> Answer:
    """A run that Stop ends, from whichever process, and Esc."""
    with Turn(book.fullname) as turn, on_escape(book, turn.ask_to_stop):
        answer = optimize_live(
            book, sheet, every=every, stop=lambda: turn.stop_asked, method=method, steps=steps,
            learning_rate=settings.rate, device=settings.device,
        )  # fmt: skip
    last_run.keep(book.fullname, answer.record)
    status(book.app, in_words(answer))
    if not answer.kept and answer.status != STOPPED:  # a line that passes by is not enough
        tell(book.app, refused_in_words(answer))
    return answer


def check(book: xw.Book, sheet: str) -> None:
    """Say in words what the model of a sheet is, and what is in the way."""
    lines = shared_worker().call("cellgrad.worker.work:check", snapshot(book), book.name, sheet)
    tell(book.app, "\n\n".join(lines))


def in_words(answer: Answer) -> str:
    """A run's answer on one line."""
    moved = f"{answer.objective} from {answer.start_value:.6g} to {answer.value:.6g}"
    if answer.objective is None:
        moved = "a model without an objective"
    elif not math.isfinite(answer.start_value):
        moved = f"{answer.objective} from an error to {answer.value:.6g}"
    said = f"Cellgrad: {moved} by {answer.method} on {answer.device} in {answer.seconds:.1f} s. {answer.message}" + (
        "" if answer.kept else f" {NOT_KEPT}"
    )
    return " ".join((said, "; ".join(answer.told[:MOST_TOLD]))).strip()


def refused_in_words(answer: Answer) -> str:
    """Why a run's answer was not kept, a paragraph each."""
    more = len(answer.told) - MOST_TOLD
    told = [*answer.told[:MOST_TOLD], *([f"and {more:,} more"] if more > 0 else [])]
    return "\n\n".join((f"{answer.status.capitalize()}: {answer.message}", *told, NOT_KEPT))


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what a button asks, in the workbook that is open in the program of a process id."""
    parser = argparse.ArgumentParser(prog="cellgrad.live_run")
    parser.add_argument("command", choices=["optimize", "step", "check", "gradient_map", "report"])
    parser.add_argument("pid", type=int)
    parser.add_argument("book")
    parser.add_argument("sheet")
    given = parser.parse_args(arguments)
    shared_worker().start()  # it is ready by the time the sheet has been read
    book = xw.apps[given.pid].books[given.book]
    with faults_told(book.app):
        match given.command:
            case "check":
                check(book, given.sheet)
            case "gradient_map":
                gradient_map(book, given.sheet)
            case "report":
                answer_report(book, given.sheet)
            case "step":
                one_step(book, given.sheet, read_settings())
            case _:
                search(book, given.sheet, read_settings())
    with suppress(*HOST_ERRORS):  # the program may end meanwhile
        said = str(book.app.status_bar)
        time.sleep(ANSWER_SECONDS)
        give_back_status(book.app, said)


if __name__ == "__main__":
    main()
