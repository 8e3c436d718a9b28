"""Commands that look without changing: gradients, audit, models, explain, doctor; and undo."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import click

from cellgrad import __version__
from cellgrad.cli.options import (
    as_json_option,
    conditions_options,
    file_argument,
    heavy_imports,
    model_options,
    print_json,
    require_report,
    tell_report,
)
from cellgrad.errors import ArgumentError, CellgradError

FAILED_AUDIT = 3


@click.command()
@file_argument
@model_options
@click.option("--check", is_flag=True, help="Compare with central differences.")
@click.option("--at-random", type=int, default=0, metavar="N", help="Check at N random points too.")
@click.option("--seed", type=int, default=0, show_default=True, help="What the random points are drawn from.")
@click.option("--map", "map_file", type=click.Path(path_type=Path), metavar="OUT.xlsx",
              help="Write a map of the derivatives by every number that reaches the objective, data too.")  # fmt: skip
@as_json_option
def gradients(
    file: Path,
    sheet: str | None,
    objective: str | None,
    changing: str | None,
    check: bool,
    at_random: int,
    seed: int,
    map_file: Path | None,
    as_json: bool,
) -> int:
    """The derivative of the objective by every changing cell.

    With --json: one object where --sheet, --objective or --changing names a model, else a list with one a saved model.
    """
    with heavy_imports():
        from cellgrad.answers import error_answer, gradient_answer
        from cellgrad.console import Screen, show_gradients
        from cellgrad.runs import Task, tasks
        from cellgrad.session import open_book

    if at_random < 0 or seed < 0:
        raise ArgumentError("--at-random and --seed cannot be below zero", action="give zero or more")
    if map_file is not None:
        require_report(map_file, file)
    book = open_book(file)
    todo = tasks(book, Task(sheet, objective, changing))
    named = (sheet, objective, changing) != (None, None, None)
    screen, answers, maps = Screen(), [], []
    for task in todo:
        try:
            model = book.model(task.sheet, task.objective, task.changing)
            slopes = model.gradients()
            if map_file is not None:
                maps.append(model.gradient_map())
            checks = model.checks(at_random, seed) if check or at_random else []
        except CellgradError as error:
            if named:
                raise
            screen.error(error)
            answers.append({"sheet": task.sheet, "error": error_answer(error)})
            continue
        answers.append({**gradient_answer(model, slopes, checks), **({"map": str(map_file)} if map_file else {})})
        if not as_json:
            show_gradients(screen, model, slopes, checks)
    if map_file is not None and maps:
        from cellgrad.reports.gradient_map import write_gradient_map

        write_gradient_map(map_file, book.workbook, maps, file.name)
    if as_json:
        print_json(answers[0] if named else answers)
    elif maps:
        tell_report(map_file)
    return 0 if any("error" not in answer for answer in answers) else 1


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--tolerance", type=float, default=1e-9, show_default=True, help="How far numbers may differ, relative.")
@click.option("--against", type=click.Choice(["file", "libreoffice"]), default="file", show_default=True,
              help="Compare with the values in the file, or with what LibreOffice computes.")  # fmt: skip
@click.option("--fail-on", default="", metavar="BUCKETS", help="Exit 3 where any is not empty: mismatched,unsupported.")
@click.option("--jobs", type=int, default=0, help="Files audited side by side.  [default: one a processor core]")
@click.option("--timeout", type=float, default=600.0, show_default=True, help="Seconds for one of several files.")
@as_json_option
def audit(
    files: Sequence[Path], tolerance: float, against: str, fail_on: str, jobs: int, timeout: float, as_json: bool
) -> int:
    """Recompute every formula cell and compare. Several files may be given."""
    with heavy_imports():
        from cellgrad.audit.auditing import audit as audit_file
        from cellgrad.audit.buckets import FAILABLE
        from cellgrad.audit.files import audit_files, file_answer
        from cellgrad.console import Screen, show_audit, show_audits

    wanted = [word.strip() for word in fail_on.split(",") if word.strip()]
    for word in wanted:
        if word not in FAILABLE:
            raise ArgumentError(f"--fail-on knows no '{word}'", action=f"use some of {', '.join(FAILABLE)}")
    if not 0 <= tolerance < math.inf:
        raise ArgumentError(f"--tolerance {tolerance} is no tolerance", action="give zero or more, such as 1e-9")
    if jobs < 0 or not timeout > 0:
        raise ArgumentError("--jobs and --timeout must be above zero", action="give one or more")
    screen = Screen()
    if len(files) == 1:
        found = audit_file(files[0], tolerance, against)
        if as_json:
            print_json([found.answer()])
        else:
            show_audit(screen, found)
        return FAILED_AUDIT if any(getattr(found, word) for word in wanted) else 0
    running = audit_files(files, tolerance, against, jobs or os.cpu_count() or 1, timeout)
    results = show_audits(screen, files, running, quiet=as_json)
    if as_json:
        print_json([file_answer(file, one) for file, one in zip(files, results, strict=True)])
    errors = [one.exit_code for one in results if isinstance(one, CellgradError)]
    if any(getattr(one, word) for one in results if not isinstance(one, CellgradError) for word in wanted):
        return FAILED_AUDIT
    return max(errors, default=0)


@click.command()
@file_argument
@model_options
@conditions_options
@click.option("--save", is_flag=True, help="Save the model that the options describe in its sheet, as Solver does.")
@click.option("--non-negative", is_flag=True, help="With --save: changing cells without a bound below are at least 0.")
@click.option("--out", type=click.Path(path_type=Path), help="With --save: where to; default: NAME-optimized.")
@click.option("--in-place", is_flag=True, help="With --save: into FILE itself; `cellgrad undo FILE` takes it back.")
@as_json_option
def models(
    file: Path,
    sheet: str | None,
    objective: str | None,
    changing: str | None,
    goal: str | None,
    subject_to: Sequence[str],
    bounds: Sequence[str],
    save: bool,
    non_negative: bool,
    out: Path | None,
    in_place: bool,
    as_json: bool,
) -> int:
    """The models saved in the workbook, and whether they can run; with --save, one more, or another for a sheet.

    What is saved opens in Excel's Solver and in LibreOffice. What the options leave out stays as it was saved.
    """
    with heavy_imports():
        from cellgrad.answers import saved_answer
        from cellgrad.console import Screen, show_saved
        from cellgrad.runs import Task, output_path, remember, saved_models
        from cellgrad.session import open_book

    asked = Task(sheet, objective, changing, goal, tuple(subject_to), tuple(bounds))
    if not save and (asked != Task(None) or non_negative or out is not None or in_place):
        raise ArgumentError("these options describe a model to save", action="add --save, or leave them out")
    book = open_book(file)
    if save:
        target = output_path(file, out, in_place)
        remember(book, asked, non_negative)
        book.write(target)
        book = open_book(target)
    found = saved_models(book)
    if as_json:
        print_json([saved_answer(*one) for one in found])
    else:
        if save:
            click.echo(f"saved as {target}")
        show_saved(Screen(), found)
    return 0


@click.command()
@file_argument
@click.argument("cell")
@click.option("--sheet", help="The sheet, where CELL names none.")
@as_json_option
def explain(file: Path, cell: str, sheet: str | None, as_json: bool) -> int:
    """Everything about one CELL: value, formula, what it reads, who reads it, its part in the model."""
    with heavy_imports():
        from cellgrad.console import Screen, show_explanation
        from cellgrad.explain import explain as explain_cell
        from cellgrad.session import open_book

    found = explain_cell(open_book(file), cell, sheet)
    if as_json:
        print_json(found.answer())
    else:
        show_explanation(Screen(), found)
    return 0


@click.command()
@file_argument
@as_json_option
def undo(file: Path, as_json: bool) -> int:
    """Put FILE back, byte for byte, as it was before the last save from here. Again undoes the save before."""
    with heavy_imports():
        from cellgrad.answers import change_answer
        from cellgrad.console import Screen, show_changes
        from cellgrad.hosts import package

    changes = package.undo(file)
    if as_json:
        print_json({"file": str(file), "changes": [change_answer(change) for change in changes]})
    else:
        screen = Screen()
        what = f"{len(changes):,} cells changed back" if changes else "the file that had been replaced is back"
        screen.say(f"{file} is again as it was; {what}", style="bold")
        show_changes(screen, changes)
    return 0


@click.command()
@as_json_option
def doctor(as_json: bool) -> int:
    """Is this machine fit for the job? What is installed, which devices there are, and one small run."""
    with heavy_imports():
        from cellgrad.console import Screen, show_checks
        from cellgrad.doctor import examine

    checks = examine()
    ok = all(check.ok for check in checks if check.needed)
    if as_json:
        print_json({"ok": ok, "version": __version__, "checks": [check.answer() for check in checks]})
    else:
        show_checks(Screen(), checks)
    return 0 if ok else 1
