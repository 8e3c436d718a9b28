"""The command line.

Exit codes: 0 done, 1 solved nothing (the message says why), 2 bad arguments or a file that cannot be read, 3 for
`audit --fail-on`, 130 for a second Ctrl-C. With --json stdout is one JSON document, on errors too; people's messages go
to stderr.
"""

# The one module with imports inside functions: torch and its company take seconds to import, and `--help`, a typing
# error or shell completion should not wait for them. tests/test_structure.py allows it here alone.

from __future__ import annotations

import io
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cellgrad import __version__
from cellgrad.addin.commands import addin_commands
from cellgrad.errors import ArgumentError, CellgradError
from cellgrad.lesson_commands import lesson_commands

if TYPE_CHECKING:
    from cellgrad.runs import Search

METHODS = ("auto", "gradient-descent", "momentum", "adam", "l-bfgs", "levenberg-marquardt")
"""For the help alone; `optimize.choice` has the say. A test compares the two."""
INTERRUPTED = 130
FAILED_AUDIT = 3

Command = Callable[..., int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    if isinstance(sys.stdout, io.TextIOWrapper):  # a console that cannot show a sheet's name shows its code
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = commands.main(given, prog_name="cellgrad", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        if as_json:
            _print_error(ArgumentError(error.format_message(), action="see cellgrad --help"))
        return ArgumentError.exit_code
    except CellgradError as error:
        click.echo(str(error), err=True)
        if as_json:
            _print_error(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped; nothing was written.", err=True)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has heard enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code if isinstance(code, int) else 0


def _print_error(error: CellgradError) -> None:
    from cellgrad.answers import error_answer

    _print_json({"error": error_answer(error)})


def _print_json(answer: object) -> None:
    from cellgrad.answers import to_json

    click.echo(to_json(answer))


def options(*declared: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator."""

    def decorate(command: Command) -> Command:
        for option in reversed(declared):
            command = option(command)
        return command

    return decorate


_file = click.argument("file", type=click.Path(path_type=Path))
_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON on stdout.")
_model = options(
    click.option("--sheet", help="The sheet of the model, and of cells named without one."),
    click.option("--objective", metavar="REF", help="The objective cell; default: the saved model's."),
    click.option("--changing", metavar="REF,REF", help="The changing cells, such as B2:B5,D7."),
)
_search = options(
    _model,
    click.option("--goal", metavar="min|max|value=V", help="What to bring the objective to."),
    click.option("--learning-rate", type=float, help="A fixed rate for gradient-descent, momentum or adam."),
    click.option("--starts", type=int, default=1, show_default=True, help="Search from so many starts at once."),
    click.option("--seed", type=int, default=0, show_default=True, help="What the other starts are drawn from."),
    click.option("--seconds", type=float, default=math.inf, help="Stop after so long, keeping the best."),
    click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps."),
    click.option("--out", type=click.Path(path_type=Path), help="Where to save; default: NAME-optimized beside FILE."),
    click.option("--in-place", is_flag=True, help="Save into FILE itself; `cellgrad undo FILE` takes it back."),
    click.option("--report", type=click.Path(path_type=Path), metavar="OUT.xlsx", help="Write an answer report too."),
    _json,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cellgrad")
def commands() -> None:
    """Gradient descent for the spreadsheet you already have.

    Without --objective a command works on the models saved in the workbook by Excel's Solver, each sheet in turn.
    """


@commands.command()
@_file
@_search
@click.option("--method", default="auto", show_default=True, help=f"One of {', '.join(METHODS)}.")
@click.option("--steps", type=int, help="The most steps; default: the method's own limit.")
def optimize(file: Path, method: str, steps: int | None, **given: Any) -> int:
    """Search for the best changing cells and save them, with everything that depends on them.

    The result goes to NAME-optimized.xlsx beside FILE, replacing an earlier result unless somebody has edited it since.
    Ctrl-C keeps the best values so far.
    """
    return _optimize(file, method=method, steps=steps, **given)


@commands.command()
@_file
@_search
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
    out: Path | None,
    in_place: bool,
    report: Path | None,
    as_json: bool,
    **search: Any,
) -> int:
    from cellgrad.answers import run_answer
    from cellgrad.console import LiveProgress, Screen, show_runs
    from cellgrad.runs import Interrupt, Search, output_path, reported, run_tasks, tasks
    from cellgrad.session import open_book

    how: Search = Search(**search)
    how.check()
    book = open_book(file)
    todo = tasks(book, sheet, objective, changing, goal)
    target = output_path(file, out, in_place)
    if report is not None:
        _require_report(report, file, target)
    screen = Screen()
    with Interrupt() as interrupt, LiveProgress(screen) as progress:
        runs = run_tasks(book, todo, how, interrupt, progress.watch)
        written = book.write(target) if any(run.kept for run in runs) else None
    if report is not None:
        from cellgrad.reports.answer import write_answer

        write_answer(report, book.workbook, [reported(run) for run in runs], file.name)
    if as_json:
        _print_json([{**run_answer(run, written), "report": _text(report)} for run in runs])
    else:
        show_runs(screen, runs, written, in_place)
        _tell_report(report)
    return 0 if written is not None else 1


def _require_report(report: Path, *others: Path) -> None:
    """Raises ArgumentError or WriteError where a report cannot be written there, or would replace one of the others."""
    from cellgrad.reports.style import require_report

    require_report(report)
    for other in others:
        if report.resolve() == other.resolve():
            raise ArgumentError(f"'{report}' is the workbook itself", action="name another file for the report")


def _tell_report(report: Path | None) -> None:
    if report is not None:
        click.echo(f"report: {report}")


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


@commands.command()
@_file
@_model
@click.option("--check", is_flag=True, help="Compare with central differences.")
@click.option("--at-random", type=int, default=0, metavar="N", help="Check at N random points too.")
@click.option("--seed", type=int, default=0, show_default=True, help="What the random points are drawn from.")
@click.option("--map", "map_file", type=click.Path(path_type=Path), metavar="OUT.xlsx",
              help="Write a map of the derivatives by every number that reaches the objective, data too.")  # fmt: skip
@_json
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
    from cellgrad.answers import error_answer, gradient_answer
    from cellgrad.console import Screen, show_gradients
    from cellgrad.runs import tasks
    from cellgrad.session import open_book

    if at_random < 0 or seed < 0:
        raise ArgumentError("--at-random and --seed cannot be below zero", action="give zero or more")
    if map_file is not None:
        _require_report(map_file, file)
    book = open_book(file)
    todo = tasks(book, sheet, objective, changing, None)
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
        _print_json(answers[0] if named else answers)
    elif maps:
        _tell_report(map_file)
    return 0 if any("error" not in answer for answer in answers) else 1


@commands.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--tolerance", type=float, default=1e-9, show_default=True, help="How far numbers may differ, relative.")
@click.option("--against", type=click.Choice(["file", "libreoffice"]), default="file", show_default=True,
              help="Compare with the values in the file, or with what LibreOffice computes.")  # fmt: skip
@click.option("--fail-on", default="", metavar="BUCKETS", help="Exit 3 where any is not empty: mismatched,unsupported.")
@click.option("--jobs", type=int, default=0, help="Files audited side by side.  [default: one a processor core]")
@click.option("--timeout", type=float, default=600.0, show_default=True, help="Seconds for one of several files.")
@_json
def audit(
    files: Sequence[Path], tolerance: float, against: str, fail_on: str, jobs: int, timeout: float, as_json: bool
) -> int:
    """Recompute every formula cell and compare. Several files may be given."""
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
            _print_json([found.answer()])
        else:
            show_audit(screen, found)
        return FAILED_AUDIT if any(getattr(found, word) for word in wanted) else 0
    running = audit_files(files, tolerance, against, jobs or os.cpu_count() or 1, timeout)
    results = show_audits(screen, files, running, quiet=as_json)
    if as_json:
        _print_json([file_answer(file, one) for file, one in zip(files, results, strict=True)])
    errors = [one.exit_code for one in results if isinstance(one, CellgradError)]
    if any(getattr(one, word) for one in results if not isinstance(one, CellgradError) for word in wanted):
        return FAILED_AUDIT
    return max(errors, default=0)


@commands.command()
@_file
@_json
def models(file: Path, as_json: bool) -> int:
    """The models saved in the workbook, and whether they can run."""
    from cellgrad.answers import saved_answer
    from cellgrad.console import Screen, show_saved
    from cellgrad.runs import saved_models
    from cellgrad.session import open_book

    found = saved_models(open_book(file))
    if as_json:
        _print_json([saved_answer(*one) for one in found])
    else:
        show_saved(Screen(), found)
    return 0


@commands.command()
@_file
@click.argument("cell")
@click.option("--sheet", help="The sheet, where CELL names none.")
@_json
def explain(file: Path, cell: str, sheet: str | None, as_json: bool) -> int:
    """Everything about one CELL: value, formula, what it reads, who reads it, its part in the model."""
    from cellgrad.console import Screen, show_explanation
    from cellgrad.explain import explain as explain_cell
    from cellgrad.session import open_book

    found = explain_cell(open_book(file), cell, sheet)
    if as_json:
        _print_json(found.answer())
    else:
        show_explanation(Screen(), found)
    return 0


@commands.command()
@_file
@_json
def undo(file: Path, as_json: bool) -> int:
    """Put FILE back, byte for byte, as it was before the last save from here. Again undoes the save before."""
    from cellgrad.answers import change_answer
    from cellgrad.console import Screen, show_changes
    from cellgrad.hosts import package

    changes = package.undo(file)
    if as_json:
        _print_json({"file": str(file), "changes": [change_answer(change) for change in changes]})
    else:
        screen = Screen()
        what = f"{len(changes):,} cells changed back" if changes else "the file that had been replaced is back"
        screen.say(f"{file} is again as it was; {what}", style="bold")
        show_changes(screen, changes)
    return 0


@commands.command()
@_json
def doctor(as_json: bool) -> int:
    """Is this machine fit for the job? What is installed, which devices there are, and one small run."""
    from cellgrad.console import Screen, show_checks
    from cellgrad.doctor import examine

    checks = examine()
    ok = all(check.ok for check in checks if check.needed)
    if as_json:
        _print_json({"ok": ok, "version": __version__, "checks": [check.answer() for check in checks]})
    else:
        show_checks(Screen(), checks)
    return 0 if ok else 1


commands.add_command(addin_commands)
commands.add_command(lesson_commands)

if __name__ == "__main__":
    sys.exit(main())
