"""Optimise a model in an open workbook while its class watches: the live sheet is the display.

The workbook is read once, the search runs in a process of its own, and the sheet is only written: its changing cells
every now and then, its status bar more often, and the best values at the end. The sheet recalculates itself; what it
then shows must be what the search found.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xlwings as xw
from numpy.typing import NDArray

from cellgrad.address import Region
from cellgrad.errors import WriteError
from cellgrad.hosts.live import Transaction, snapshot, status
from cellgrad.hosts.live.differences import exact_values, is_busy
from cellgrad.hosts.live.writing import Block, cells_of, require_writable
from cellgrad.worker.job import Advance, Answer, Job
from cellgrad.worker.process import shared_worker

STATUS_SECONDS = 0.1
"""The status bar is written no more often."""
EDITING_SECONDS = 60.0
"""How long an answer waits for the end of editing a cell."""
AGREEMENT = 1e-9
"""The recalculated sheet and our answer agree within this part of their size."""

Runner = Callable[[Job, Callable[[Callable[[], Advance]], bool]], Answer]


def optimize_live(
    book: xw.Book,
    sheet: str | None = None,
    objective: str | None = None,
    changing: str | Sequence[str] | None = None,
    goal: str | None = None,
    *,
    every: float | None = 0.5,
    stop: Callable[[], bool] = lambda: False,
    runner: Runner | None = None,
    **search: Any,
) -> Answer:
    """Optimise in an open workbook: the saved model of a sheet, or the one named (see `session.Book.model`).

    every: seconds between two showings of the changing cells; None shows only the answer.
    stop: asked all the time; once it says yes, the best values so far are kept.
    runner: does the job and tells of its advances (`worker.work.run` does so in this process); by default the worker
    process, in which the wish to stop is looked for within a step too.
    search: method, steps, learning_rate, starts, seed, device, seconds, as in `Model.optimize`.

    Raises what the model raises, and WriteError; the sheet is then as it was. `hosts.live.undo` takes the answer back.
    """
    app = book.app
    require_writable(book)  # not only once the search has ended
    display = _Display(book, every)
    try:
        status(app, "Cellgrad: reading the workbook")
        job = Job(snapshot(book), book.name, sheet, objective, changing, goal, **search)
        status(app, "Cellgrad: searching")
        if runner is None:
            answer = shared_worker().run(job, lambda advance: display.tell(lambda: advance), stop)
        else:
            answer = runner(job, lambda advance: display.tell(advance) or stop())
        if not answer.kept:
            display.cancel()
            return answer
        display.commit(answer.changing, answer.x)
    except BaseException:
        display.cancel()
        raise
    finally:
        status(app, None)
    _require_agreement(book, answer)
    return answer


class _Display:
    """The transaction of a run, begun with its first advance or at its end."""

    def __init__(self, book: xw.Book, every: float | None) -> None:
        self._book = book
        self._every = math.inf if every is None else every
        self._transaction: Transaction | None = None
        self._shown = self._said = time.monotonic()

    def tell(self, advance: Callable[[], Advance]) -> bool:
        """Show how far the run has come, where it is time to; never asks to stop."""
        now = time.monotonic()
        if now - self._said >= STATUS_SECONDS:
            self._said = now
            at = advance()
            status(self._book.app, f"Cellgrad: step {at.step}, {_progress(at)}")
            if now - self._shown >= self._every:
                try:
                    self._begin(at.changing).show(blocks(at.changing, at.x))
                except WriteError as error:
                    if not is_busy(error.__cause__):
                        raise
                self._shown = time.monotonic()
        return False

    def commit(self, areas: Sequence[Region], x: NDArray[np.float64]) -> None:
        """Write the answer; where a cell is being edited, once it no longer is."""
        last = time.monotonic() + EDITING_SECONDS
        while True:
            try:
                transaction = self._begin(areas)
                transaction.commit(blocks(areas, x))
                break
            except WriteError as error:
                if not is_busy(error.__cause__) or time.monotonic() > last:
                    raise
                time.sleep(STATUS_SECONDS)
        transaction.__exit__(None, None, None)
        self._transaction = None

    def cancel(self) -> None:
        """Put back what the cells held before."""
        if self._transaction is not None:
            self._transaction.__exit__(None, None, None)
            self._transaction = None

    def _begin(self, areas: Sequence[Region]) -> Transaction:
        if self._transaction is None:
            self._transaction = Transaction(self._book, areas).__enter__()
        return self._transaction


def _progress(at: Advance) -> str:
    if at.objective is None or not math.isfinite(at.value):
        return "no answer yet"
    return f"{at.objective} = {at.value:.10g}"


def blocks(areas: Sequence[Region], x: NDArray[np.float64]) -> list[Block]:
    """The values x (n,) of the areas' cells in reading order, as one block of rows an area."""
    found: list[Block] = []
    start = 0
    for area in areas:
        found.append(x[start : start + area.size].reshape(area.height, area.width).tolist())
        start += area.size
    return found


def _require_agreement(book: xw.Book, answer: Answer) -> None:
    """Raises WriteError where the sheet, recalculated, does not show the answer; not asked of one set to manual."""
    if answer.objective is None or book.app.calculation != "automatic":
        return
    value = exact_values(cells_of(book, answer.objective))[0][0]
    tolerance = AGREEMENT if "32" not in answer.device else 1e-4
    size = max(abs(answer.value), abs(answer.start_value) if math.isfinite(answer.start_value) else 0.0, 1e-300)
    if not isinstance(value, float) or abs(value - answer.value) > tolerance * size:
        raise WriteError(
            f"the search ended at {answer.value!r}, but the recalculated sheet shows {value!r}; the new values stand",
            cell=str(answer.objective),
            action="undo the run, recalculate the workbook (Ctrl+Alt+F9), and try again",
        )
