"""A command on a workbook that is open in a program, in a process of its own: what the ribbon's buttons start.

``python -m cellgrad.live_run optimize|step|check PID BOOK SHEET``. Meanwhile the program itself waits for nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import xlwings as xw

from cellgrad.hosts.dialogs import faults_told, tell
from cellgrad.hosts.live import snapshot, status
from cellgrad.hosts.settings import Settings, read_settings
from cellgrad.live import optimize_live
from cellgrad.reports.check import check_model
from cellgrad.session import Book
from cellgrad.worker.job import Advance, Answer, Job
from cellgrad.worker.process import shared_worker
from cellgrad.worker.turn import Turn


def search(book: xw.Book, sheet: str, settings: Settings) -> Answer:
    """Run the model saved in a sheet with the ribbon's settings, in the worker, until Stop is pressed or it has ended.

    Raises RunError while another run has the workbook, and what `optimize_live` raises.
    """
    with Turn(book.fullname) as turn:

        def in_worker(job: Job, heard: Callable[[Callable[[], Advance]], bool]) -> Answer:
            # The wish to stop is looked for between advances too: a step of a large model takes its time.
            return shared_worker().run(job, lambda advance: heard(lambda: advance), lambda: turn.stop_asked)

        answer = optimize_live(
            book, sheet, runner=in_worker, method=settings.method, steps=settings.steps,
            learning_rate=settings.rate, device=settings.device,
        )  # fmt: skip
    status(book.app, in_words(answer))
    return answer


def one_step(book: xw.Book, sheet: str, settings: Settings) -> Answer:
    """One step of the chosen method from the sheet's values. Raises as `search` does.

    Where none is chosen it is plain gradient descent, as it is for the command `cellgrad step`: a step of the methods
    that choose themselves may find that it went too far, and change nothing.
    """
    method = "gradient-descent" if settings.method == "auto" else settings.method
    with Turn(book.fullname):
        answer = optimize_live(
            book, sheet, every=None, method=method, steps=1, learning_rate=settings.rate,
            device=settings.device,
        )  # fmt: skip
    status(book.app, in_words(answer))
    return answer


def check(book: xw.Book, sheet: str) -> None:
    """Say in words what the model of a sheet is, and what is in the way."""
    tell(book.app, "\n\n".join(check_model(Book(Path(book.name), snapshot(book)), sheet)))


def in_words(answer: Answer) -> str:
    """A run's answer on one line."""
    return (
        f"Cellgrad: {answer.objective} from {answer.start_value:.6g} to {answer.value:.6g} by {answer.method} on "
        f"{answer.device} in {answer.seconds:.1f} s. {answer.message}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what a button asks, in the workbook that is open in the program of a process id."""
    parser = argparse.ArgumentParser(prog="cellgrad.live_run")
    parser.add_argument("command", choices=["optimize", "step", "check"])
    parser.add_argument("pid", type=int)
    parser.add_argument("book")
    parser.add_argument("sheet")
    given = parser.parse_args(arguments)
    if given.command == "optimize":
        shared_worker().start()  # it is ready by the time the sheet has been read
    book = xw.apps[given.pid].books[given.book]
    with faults_told(book.app):
        match given.command:
            case "check":
                check(book, given.sheet)
            case "step":
                one_step(book, given.sheet, read_settings())
            case _:
                search(book, given.sheet, read_settings())


if __name__ == "__main__":
    main()
