"""What the worker does: search a model, check it, report on it. This is where the engine, torch with it, is loaded."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from cellgrad.optimize.solution import Progress
from cellgrad.reports.check import check_model
from cellgrad.reports.contents import constraint_lines, run_of, shortcomings
from cellgrad.reports.every import write_reports
from cellgrad.reports.gradient_map import write_gradient_map
from cellgrad.reports.record import read_record, record_of
from cellgrad.session import Book, Model
from cellgrad.workbook import Workbook
from cellgrad.worker.job import Advance, Answer, Job


def run(job: Job, tell: Callable[[Callable[[], Advance]], bool]) -> Answer:
    """Do the job. `tell` hears of every step and says whether to stop; what it is given makes the advance, which costs
    a copy of the changing cells.

    Raises what `Book.model` and `Model.optimize` raise.
    """
    began = time.perf_counter()
    book = Book(Path(job.path), job.workbook)
    model = book.model(job.sheet, job.objective, job.changing, job.goal)
    objective, changing = model.compiled.objective, tuple(model.compiled.areas)

    def callback(progress: Progress) -> bool:
        return tell(
            lambda: Advance(
                objective, changing, progress.step, progress.value, progress.point(), time.perf_counter() - began
            )
        )

    solution = model.optimize(
        method=job.method, steps=job.steps, learning_rate=job.learning_rate, starts=job.starts, seed=job.seed,
        device=job.device, seconds=job.seconds, callback=callback, dtype=job.dtype,
    )  # fmt: skip
    return Answer(
        objective,
        changing,
        solution.x,
        book.value(objective) if solution.usable and objective is not None else solution.value,
        solution.start_value,
        solution.status.word,
        solution.message,
        solution.method,
        model.ran_on.where,
        solution.iterations,
        solution.usable,
        time.perf_counter() - began,
        record_of(model, solution),
        _told(model),
    )


def _told(model: Model) -> tuple[str, ...]:
    """What there is to say of a run besides its message."""
    told = run_of(model)
    lines = constraint_lines(told, model.book.workbook) if model.constraints else []
    return (*shortcomings(told, lines), *(() if model.solution is None else model.solution.warnings))


def check(workbook: Workbook, name: str, sheet: str) -> list[str]:
    """What the model of a sheet is and what is in its way, as `check_model` says it. name: the workbook's."""
    return check_model(Book(Path(name), workbook), sheet)


def gradient_map(workbook: Workbook, name: str, sheet: str, out: str) -> None:
    """Write the gradient map of a sheet's model as the workbook `out`. name: the workbook's, for people."""
    model = Book(Path(name), workbook).model(sheet)
    write_gradient_map(Path(out), workbook, [model.gradient_map()], name)


def answer_report(workbook: Workbook, name: str, sheet: str, out: str, record: str) -> None:
    """Write the reports on the last run in a sheet as the workbook `out`, the answer first.

    record: what that run left, '' where there was none. One of another sheet counts as none: then the report tells
    what the sheet's model is now.
    """
    book, last = Book(Path(name), workbook), read_record(record)
    if last is None or last.sheet != sheet:
        run = run_of(book.model(sheet))
    else:
        run = run_of(last.model(book), last.solution, last.start, last.device)
    write_reports(Path(out), None, [run], workbook, name)
