"""Commands that search and save: optimize and step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cellgrad.cli.options import (
    METHODS,
    as_json_option,
    descent_options,
    file_argument,
    heavy_imports,
    model_options,
    print_json,
    require_report,
    search_options,
    tell_report,
)
from cellgrad.errors import ArgumentError, CellgradError

if TYPE_CHECKING:
    from cellgrad.runs import Search


@click.command()
@file_argument
@search_options
@descent_options
@click.option("--method", default="auto", show_default=True, help=f"One of {', '.join(METHODS)}.")
@click.option("--steps", type=int, help="The most steps; default: the method's own limit.")
def optimize(file: Path, method: str, steps: int | None, **given: Any) -> int:
    """Search for the best changing cells and save them, with everything that depends on them.

    The result goes to NAME-optimized.xlsx beside FILE, replacing an earlier result unless somebody has edited it since.
    Ctrl-C keeps the best values so far.
    """
    return _optimize(file, method=method, steps=steps, **given)


@click.command()
@file_argument
@search_options
@descent_options
@click.option("--method", default="gradient-descent", show_default=True, help=f"One of {', '.join(METHODS)}.")
@click.option("--steps", type=int, default=1, show_default=True, help="How many steps.")
def step(file: Path, method: str, steps: int, **given: Any) -> int:
    """Take one step, or a few, of a plain method and save it, as optimize does."""
    return _optimize(file, method=method, steps=steps, **given)


def _optimize(
    file: Path,
    *,
    sheet: str | None,
    objective: str | None,
    changing: str | None,
    goal: str | None,
    subject_to: Sequence[str],
    bounds: Sequence[str],
    out: Path | None,
    in_place: bool,
    report: Path | None,
    reports: str,
    checkpoint: float | None,
    resume: bool,
    as_json: bool,
    **search: Any,
) -> int:
    with heavy_imports():
        from cellgrad.answers import run_answer
        from cellgrad.checkpoints import Checkpoint
        from cellgrad.console import LiveProgress, Screen, show_runs
        from cellgrad.runs import Interrupt, Search, Task, output_path, reported, run_tasks, tasks
        from cellgrad.session import open_book

    how: Search = Search(**search)
    how.check()
    book = open_book(file)
    todo = tasks(book, Task(sheet, objective, changing, goal, tuple(subject_to), tuple(bounds)))
    target = output_path(file, out, in_place)
    which = None
    if report is not None:
        from cellgrad.reports.every import known_reports

        require_report(report, file, target)
        which = known_reports(reports) if reports else None
    elif reports:
        raise ArgumentError("--reports says which, and nothing says where to", action="add --report OUT.xlsx")
    kept = Checkpoint.beside(target, file, checkpoint, resume)
    screen = Screen()
    with Interrupt() as interrupt, LiveProgress(screen) as progress:
        runs = run_tasks(book, todo, how, interrupt, progress.watch, kept)
        written = book.write(target) if any(run.kept for run in runs) else None
    if not interrupt.requested:
        kept.done()
    if report is not None:
        from cellgrad.reports.every import write_reports

        write_reports(report, which, [reported(run) for run in runs], book.workbook, file.name)
    if as_json:
        print_json([{**run_answer(run, written), "report": None if report is None else str(report)} for run in runs])
    else:
        show_runs(screen, runs, written, in_place)
        tell_report(report)
    return 0 if written is not None else 1


@click.command()
@file_argument
@model_options
@click.option("--goal", metavar="min|max|value=V", help="What to bring the objective to.")
@descent_options
@click.option("--method", default="gradient-descent", show_default=True, help="A first-order method.")
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="OUT.xlsx", help="The curve as a sheet with a chart."
)
@as_json_option
def rate(
    file: Path,
    sheet: str | None,
    objective: str | None,
    changing: str | None,
    goal: str | None,
    method: str,
    report: Path | None,
    as_json: bool,
    **descent: Any,
) -> int:
    """Find a learning rate: the loss against a rate that grows from step to step. Nothing is saved.

    With --json: one object where --sheet, --objective or --changing names a model, else a list with one a saved model.
    """
    with heavy_imports():
        from cellgrad.answers import error_answer
        from cellgrad.console import Screen, show_rate
        from cellgrad.reports.learning_rate import LearningRateReport, write_learning_rates
        from cellgrad.runs import Search, Task, tasks
        from cellgrad.session import open_book

    how = Search(method=method, **descent)
    how.check()
    if report is not None:
        require_report(report, file)
    book = open_book(file)
    named = (sheet, objective, changing) != (None, None, None)
    found, failed, screen = [], [], Screen()
    for task in tasks(book, Task(sheet, objective, changing, goal)):
        try:
            model = book.model(task.sheet, task.objective, task.changing, task.goal)
            curve = model.find_rate(method, how.descent)
        except CellgradError as error:
            if named:
                raise
            screen.error(error)
            failed.append({"sheet": task.sheet, "error": error_answer(error)})
            continue
        found.append(LearningRateReport(curve, model.sheet, str(model.objective), method))
    if report is not None and found:
        write_learning_rates(report, found, file.name)
    if as_json:
        print_json(found[0].answer() if named else [*(one.answer() for one in found), *failed])
    else:
        for one in found:
            show_rate(screen, one)
        tell_report(report if found else None)
    return 0 if found else 1
