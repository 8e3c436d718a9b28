"""What people see: answers in words on stdout, progress and errors on stderr."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.progress import Progress as ProgressBar
from rich.table import Table
from rich.text import Text

from cellgrad.audit.buckets import Audit
from cellgrad.audit.files import Found
from cellgrad.blocks.data_tables import data_table_warning
from cellgrad.doctor import Check
from cellgrad.errors import CellgradError, printable
from cellgrad.explain import Explanation
from cellgrad.gradients.gradcheck import GradientCheck
from cellgrad.hosts.package import Change
from cellgrad.optimize.constraint_cells import Standing
from cellgrad.optimize.solution import Callback, Progress
from cellgrad.reports.contents import constraint_lines, run_of, shortcomings
from cellgrad.reports.learning_rate import LearningRateReport
from cellgrad.runs import Run
from cellgrad.session import Model, Written
from cellgrad.solver_models import SolverModel
from cellgrad.values import CellError, Value

if TYPE_CHECKING:
    import pandas as pd

MOST_LINES = 20
"""Long lists are cut here, and say so; --json has all of them."""

MOST_ROWS = 200
"""The same for a table of derivatives."""


class Screen:
    """Where commands print. Text from a workbook is never taken for markup, nor does it reach the terminal raw."""

    def __init__(self) -> None:
        # What goes into a file or a pipe is never wrapped.
        self.out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
        self.err = Console(highlight=False, soft_wrap=True, stderr=True)

    def say(self, text: str = "", style: str = "") -> None:
        """A line of the answer."""
        self.out.print(Text(printable(text), style=style))

    def note(self, text: str, style: str = "") -> None:
        """A line beside the answer."""
        self.err.print(Text(printable(text), style=style))

    def error(self, error: CellgradError) -> None:
        """An error in its four parts."""
        self.err.print(Text(str(error), style="red"))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> None:
        """A table of texts; the columns named in `right` are numbers."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, justify="right" if column in right else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(printable(cell)) for cell in row))
        self.out.print(table)


def number(value: float) -> str:
    """A number as people compare them: twelve digits."""
    return f"{value:.12g}" if math.isfinite(value) else "an error"


def counted(number: int, what: str) -> str:
    """'1 cell', '2 cells'."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def shown(value: Value) -> str:
    """A cell's value as people write it."""
    if value is None:
        return "blank"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, CellError):
        return value.text
    return number(value) if isinstance(value, float) else f'"{value}"'


class LiveProgress:
    """One line on the terminal while a search runs, gone afterwards; nothing where stderr is no terminal."""

    def __init__(self, screen: Screen) -> None:
        self._live = Live(console=screen.err, transient=True, auto_refresh=False) if screen.err.is_terminal else None
        self._next = 0.0

    def __enter__(self) -> LiveProgress:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def watch(self, name: str) -> Callback:
        """The callback of a model's search."""

        def callback(progress: Progress) -> None:
            now = time.perf_counter()
            if self._live is None or now < self._next:
                return
            self._next = now + 0.1
            self._live.update(Text(printable(progress_line(name, progress))), refresh=True)

        return callback


def progress_line(name: str, progress: Progress) -> str:
    """Step, loss, rate and time left, as in ``nnet  step 12  0.1391  rate 0.01  0.3 s, at most 2 s left``.

    Of methods without a rate, none is told."""
    value = f"{progress.value:.8g}" if math.isfinite(progress.value) else "no answer yet"
    rate = f"rate {progress.rate:.2g}" if progress.rate > 0 else ""
    parts = [name, f"step {progress.step}", value, rate]
    if progress.running > 1:
        parts.append(f"{progress.running} starts running")
    left = "" if progress.left is None else f", at most {duration(progress.left)} left"
    parts.append(f"{duration(progress.elapsed)}{left}")
    return "  ".join(part for part in [*parts, "Ctrl-C keeps the best"] if part)


def duration(seconds: float) -> str:
    """'0.02 s', '12 s', '3 min', '2 h'."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def show_runs(screen: Screen, runs: Sequence[Run], written: Written | None, in_place: bool) -> None:
    """What `optimize` and `step` did; where they ran, whenever that is news."""
    where = ""
    for run in runs:
        name, solution = run.sheet, run.solution
        if run.error is not None:
            screen.note(f"{name}: {run.status}", style="bold red")
            screen.error(run.error)
            continue
        if solution is None:
            screen.note(f"{name}: {run.status}. {run.message}", style="yellow")
            continue
        goal = run.goal.removesuffix(".0")
        found = f"{name}: {run.objective}  {number(solution.start_value)} -> {number(run.after)}  ({goal})"
        if not run.objective:
            found = f"{name}: a model without an objective"
        screen.say(found, style="bold")
        steps = counted(solution.iterations, "step")
        tried = f" from {len(solution.starts)} starts" if len(solution.starts) > 1 else ""
        screen.say(f"  {solution.method} ({solution.reason}), {steps}{tried}, {duration(solution.seconds)}")
        if run.model is not None:
            before, where = where, f"{run.model.ran_on.where}: {run.model.placement.why}"
            if where != before:
                screen.say(f"  {where}")
        screen.say(f"  {run.status}: {run.message}")
        _show_constraints(screen, run)
        if run.warning:
            screen.say(f"  {run.warning}", style="yellow")
        if not run.kept:
            screen.say("  These values were not kept.", style="yellow")
    if written is None:
        screen.note("Nothing was solved; no file was written.", style="bold")
        return
    changing = sum(len(run.model.x0) for run in runs if run.kept and run.model is not None)
    screen.say(
        f"{counted(len(written.changes), 'cell')} changed ({counted(changing, 'changing cell')}, the rest "
        "recalculated); "
        f"saved as {written.path} in {duration(written.seconds)}"
        + ("; `cellgrad undo` takes it back" if in_place else "")
    )
    show_lost(screen, written)


def _show_constraints(screen: Screen, run: Run) -> None:
    """How many constraints hold, which do not, and the cells that the end of the run is about."""
    if run.model is None or run.solution is None:
        return
    told = run_of(run.model)
    lines = constraint_lines(told, run.model.book.workbook) if run.model.constraints else []
    missed = sum(line.standing is Standing.VIOLATED for line in lines)
    binding = sum(line.standing is Standing.BINDING and not line.constraint.discrete for line in lines)
    if lines:
        kept = len(lines) - missed
        holding = f"{kept:,} of them {'holds' if kept == 1 else 'hold'}"
        if not missed:
            holding = "all hold" if kept > 1 else "it holds"
        bind = f", {binding:,} {'binds' if binding == 1 else 'bind'}" if binding else ""
        bind = " and binds" if len(lines) == binding == 1 and not missed else bind
        screen.say(f"  {counted(len(lines), 'constraint')}: {holding}{bind}")
    short = shortcomings(told, lines)
    for line in short[:MOST_LINES]:
        screen.say(f"    {line}", style="yellow")
    if len(short) > MOST_LINES:
        screen.say(f"    ... and {len(short) - MOST_LINES:,} more; --json lists them all", style="yellow")


def show_lost(screen: Screen, written: Written) -> None:
    """The cells that depend on the changing cells and cannot be recalculated."""
    for region, error in written.lost[:MOST_LINES]:
        screen.note(f"{region} depends on the changing cells and could not be recalculated: {error.cause}", "yellow")
    if len(written.lost) > MOST_LINES:
        screen.note(f"... and {len(written.lost) - MOST_LINES} more such regions", style="yellow")
    if written.lost:
        screen.note("These cells hold no value now; the file asks for a full recalculation when it is opened.")


def show_gradients(screen: Screen, model: Model, slopes: pd.Series, checks: Sequence[GradientCheck]) -> None:
    """The derivatives of one model."""
    value, _ = model.value_and_gradient()
    screen.say(f"{model.sheet}: {model.objective} = {number(value)}", style="bold")
    values = dict(zip(model.cells, model.x0.tolist(), strict=True))
    rows = [(cell, number(values[cell]), number(slope)) for cell, slope in slopes.items()]
    screen.table(("cell", "value", "derivative"), rows[:MOST_ROWS], right=("value", "derivative"))
    if len(rows) > MOST_ROWS:
        screen.say(f"... and {len(rows) - MOST_ROWS:,} more; --json lists them all")
    warning = data_table_warning(model.book.dependence, model.objective)
    if warning:
        screen.say(warning, style="yellow")
    if checks:
        worst = max(check.max_relative_error for check in checks)
        points = counted(len(checks), "point")
        screen.say(f"largest relative error against central differences, at {points}: {worst:.2g}")


def show_rate(screen: Screen, found: LearningRateReport) -> None:
    """A learning rate found for a model."""
    curve = found.curve
    screen.say(f"{found.sheet}: {found.objective}  learning rate {curve.suggestion:.3g}", style="bold")
    screen.say(
        f"  the loss falls most steeply at {curve.steepest:.3g}; a tenth of where it is lowest is {curve.tenth:.3g}"
    )


def show_saved(screen: Screen, found: Sequence[tuple[SolverModel, CellgradError | None, str]]) -> None:
    """The saved models, and whether they can run."""
    for saved, error, warning in found:
        aim = f"{saved.goal_text.removesuffix('.0')} {saved.objective or '#REF!'}"
        if not saved.objective and not saved.problems:
            aim = "no objective,"
        screen.say(f"{saved.sheet}: {aim} by changing {saved.changing or '#REF!'}", style="bold")
        for constraint in saved.constraints[:MOST_LINES]:
            screen.say(f"  {constraint}" if constraint.left else f"  #REF!{constraint}")
        if len(saved.constraints) > MOST_LINES:
            screen.say(f"  ... and {len(saved.constraints) - MOST_LINES:,} more constraints; --json lists them all")
        if saved.non_negative:
            screen.say("  changing cells without a bound below are at least 0")
        screen.say("  can run" if error is None else "  cannot run:")
        if error is not None:
            screen.error(error)
        if warning:
            screen.say(f"  {warning}", style="yellow")
    if not found:
        screen.say("No model is saved in this workbook; name --objective and --changing instead.")


def show_changes(screen: Screen, changes: Sequence[Change]) -> None:
    """Cells as an undo changed them back."""
    rows = [(change.cell, shown(change.before), shown(change.after)) for change in changes[:MOST_LINES]]
    if rows:
        screen.table(("cell", "was", "is again"), rows, right=("was", "is again"))
    if len(changes) > MOST_LINES:
        screen.say(f"... and {len(changes) - MOST_LINES:,} more; --json lists them all")


def show_audit(screen: Screen, found: Audit) -> None:
    """One file's audit."""
    whom = "the values in the file" if found.against == "file" else "what LibreOffice computes"
    screen.say(f"{found.file}: {found.matched:,} of {found.formulas:,} formula cells match {whom}", style="bold")
    for line in _buckets(found):
        screen.say(f"  {line}")
    origins = found.origins
    firsts = [m for m in found.mismatched if m.cell == m.origin]
    rows = [
        (m.cell, shown(m.cached), shown(m.computed), f"{origins[m.cell]:,}", m.formula) for m in firsts[:MOST_LINES]
    ]
    if rows:
        held = "file" if found.against == "file" else "LibreOffice"
        screen.say("  where they part:")
        screen.table(("cell", held, "computed", "cells", "formula"), rows, right=(held, "computed", "cells"))
    for failed in found.failed[:MOST_LINES]:
        screen.error(failed.error)
    if max(len(firsts), len(found.failed)) > MOST_LINES:
        screen.say(f"... the first {MOST_LINES} are shown; --json lists them all")


def _buckets(found: Audit) -> list[str]:
    """What did not match, a line a bucket."""
    counts = (
        (len(found.mismatched), "differ"),
        (sum(found.unsupported.values()), f"need functions that are not supported: {_counted(found)}"),
        (found.no_cached_value, "hold no value to compare with"),
        (found.volatile, "depend on chance or the clock, and are not compared"),
        (found.external, "hold what only another workbook or a service knows, and are not compared"),
        (found.errors, "cannot be evaluated"),
        (found.data_tables, "more hold what a what-if data table has put there, which is data"),
        (found.error_values, "show an error value"),
    )
    return [f"{count:,} {what}" for count, what in counts if count]


def show_audits(
    screen: Screen, files: Sequence[Path], running: Iterable[Found], quiet: bool
) -> list[Audit | CellgradError]:
    """Several audits as they come in, with their progress and a total; all of them, in the order of `files`."""
    results: dict[int, Audit | CellgradError] = {}
    with ProgressBar(console=screen.err, transient=True, disable=not screen.err.is_terminal) as bar:
        task = bar.add_task("auditing", total=len(files))
        for at, one in running:
            results[at] = one
            bar.advance(task)
            if isinstance(one, CellgradError):
                screen.error(one)
            elif not quiet:
                show_audit(screen, one)
    audits = [one for one in results.values() if isinstance(one, Audit)]
    if not quiet:
        matched, formulas = sum(a.matched for a in audits), sum(a.formulas for a in audits)
        whole = sum(a.matched == a.formulas for a in audits)
        screen.say(
            f"{counted(len(files), 'file')}: {matched:,} of {formulas:,} formula cells match; "
            f"{whole:,} files match in every cell, {len(files) - len(audits):,} could not be audited",
            style="bold",
        )
    return [results[at] for at in range(len(files))]


def _counted(found: Audit) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in found.unsupported.most_common())


def show_explanation(screen: Screen, found: Explanation) -> None:
    """One cell."""
    screen.say(f"{found.cell}  {shown(found.computed if found.error is None else found.cached)}", style="bold")
    lines: list[tuple[str, str]] = []
    if found.formula is not None:
        lines.append(("formula", found.formula))
    if found.relative is not None:
        lines.append(("relative", found.relative))
    if found.block is not None:
        lines.append(("block", f"{found.block}, {counted(found.block_cells, 'cell')} of this formula"))
        if found.recurrence is not None:
            lines.append(("evaluated as", found.recurrence))
        if found.apart is not None:
            lines.append(("evaluated", f"cell by cell, because {found.apart}"))
        lines.append(("in the file", shown(found.cached)))
    if found.volatile:
        lines.append(("volatile", "only the file knows the value: chance, a clock or another workbook"))
    for region, value in found.reads[:MOST_LINES]:
        lines.append(("reads", f"{region}  {shown(value)}" if region.size == 1 else f"{region}, {region.size:,} cells"))
    if len(found.reads) > MOST_LINES:
        lines.append(("reads", f"... and {len(found.reads) - MOST_LINES} more"))
    lines.append(("read by", f"{counted(found.dependents, 'cell')}, directly or not"))
    if found.origin is not None:
        lines.append(("error begins", f"{found.origin}  {found.origin_formula or ''}"))
    if found.objective:
        lines.append(("objective", found.objective))
    if found.role is not None:
        lines.append(("role", found.role))
    for constraint, (standing, slack) in zip(found.constraints, found.standings, strict=True):
        room = f", slack {number(slack)}" if math.isfinite(slack) else ""
        lines.append(("constraint", f"{constraint}: {standing.value.lower()}{room}"))
    if found.reason is not None:
        lines.append(("the model", f"is {found.reason.form.name.lower()} because of this cell: {found.reason.why}"))
    if found.derivative is not None:
        lines.append(("derivative", f"{number(found.derivative)} of the objective by this cell"))
    if found.flat:
        lines.append(("flat", "no small change of the changing cells moves this cell or its neighbours"))
    for label, text in lines:
        screen.say(f"  {label:<13}{text}")
    if found.error is not None:
        screen.error(found.error)


def show_checks(screen: Screen, checks: Sequence[Check]) -> None:
    """What `doctor` found."""
    for check in checks:
        word = "ok" if check.ok else "FAILS" if check.needed else "none"
        more = f"; {check.action}" if check.action else ""
        style = "" if check.ok else "red" if check.needed else "yellow"
        screen.say(f"{word:<6}{check.name}: {check.detail}{more}", style=style)
