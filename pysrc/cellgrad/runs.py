"""Running a workbook's models one after the other: what `optimize` and `step` do, without a word printed."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from cellgrad.address import Region, full_name
from cellgrad.blocks.data_tables import data_table_warning
from cellgrad.checkpoints import Checkpoint
from cellgrad.errors import ArgumentError, CellgradError, ModelError, WriteError
from cellgrad.hosts import package
from cellgrad.optimize.choice import known_method
from cellgrad.optimize.first_order import FIRST_ORDER, PATIENCE, FirstOrderOptions
from cellgrad.optimize.problem import Goal
from cellgrad.optimize.solution import Callback, Solution
from cellgrad.program.devices import choose_device
from cellgrad.reports import contents
from cellgrad.session import Book, Model
from cellgrad.session.placing import arithmetic_called
from cellgrad.solver_models import SolverModel, parse_bounds, parse_subject_to

CANNOT_RUN = "cannot run"
NOT_RUN = "not run"


@dataclass(frozen=True)
class Task:
    """One model to run; None where the saved model, or a default, says it. subject_to, bounds: conditions besides."""

    sheet: str | None
    objective: str | None = None
    changing: str | None = None
    goal: str | None = None
    subject_to: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Search:
    """How to search: the options of `Model.optimize`."""

    method: str = "auto"
    steps: int | None = None
    learning_rate: float | None = None
    starts: int | None = None
    seed: int | None = None
    device: str = "auto"
    dtype: str = ""
    compile: bool = False
    seconds: float = math.inf
    evaluations: int | None = None
    solver_options: bool = False
    schedule: str = "constant"
    momentum: float | None = None
    clip: str | None = None
    weight_decay: float = 0.0
    batch_rows: int | None = None
    validation_rows: str | None = None
    validation_cell: str | None = None
    patience: int = PATIENCE

    @property
    def descent(self) -> FirstOrderOptions | None:
        """What is asked of a first-order method; None where nothing is. Raises ArgumentError."""
        options = FirstOrderOptions(
            self.learning_rate, self.schedule, self.momentum, self.clip, self.weight_decay, self.batch_rows,
            self.validation_rows, self.patience,
        )  # fmt: skip
        return None if options == FirstOrderOptions() else options

    def check(self) -> None:
        """Raises ArgumentError for options that make no sense, before any time is spent."""
        if self.steps is not None and self.steps < 0:
            raise ArgumentError(f"--steps {self.steps} is below zero", action="give zero or more")
        if self.starts is not None and self.starts < 1:
            raise ArgumentError(f"--starts {self.starts} is too few", action="give one or more")
        if self.seed is not None and self.seed < 0:
            raise ArgumentError(f"--seed {self.seed} is below zero", action="give zero or more")
        word = known_method(self.method, self.learning_rate)
        if self.descent is not None and word not in ("auto", *FIRST_ORDER):
            raise ArgumentError(
                f"{word} has no schedule, momentum, clip, decay or batches",
                action=f"leave them out, or use one of {', '.join(FIRST_ORDER)}",
            )
        if self.evaluations is not None and self.evaluations < 1:
            raise ArgumentError(f"--evaluations {self.evaluations} is too few", action="give one or more")
        if not self.seconds > 0:
            raise ArgumentError(f"--seconds {self.seconds} is no time at all", action="give a number above zero")
        choose_device(self.device)
        arithmetic_called(self.dtype, self.device)


@dataclass
class Run:
    """What became of one model.

    objective: its full cell name where known. status: a word of `optimize.Status`, or CANNOT_RUN or NOT_RUN.
    after: the objective as recalculated through the whole workbook. kept: whether its answer goes into the file.
    flat: units that ended flat; warning: sentences about them, and about data tables on the way.
    """

    sheet: str
    goal: str
    read_seconds: float
    objective: str | None = None
    model: Model | None = None
    solution: Solution | None = None
    error: CellgradError | None = None
    status: str = NOT_RUN
    message: str = "The run was stopped before this model began."
    after: float = math.nan
    kept: bool = False
    flat: list[Region] = field(default_factory=list)
    warning: str = ""


class Interrupt:
    """Ctrl-C inside the `with` block: the first asks the search to stop, a second one ends the command at once."""

    def __init__(self) -> None:
        self.requested = False
        self._before: Any = None

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True


def tasks(book: Book, asked: Task) -> list[Task]:
    """The model that the options name, or every saved model in sheet order.

    Raises ModelError where nothing is named and nothing saved.
    """
    if asked.goal is not None:
        Goal.parse(asked.goal)
    if asked.sheet is not None:
        book.workbook.sheet(asked.sheet)
    if asked.sheet is not None or asked.objective is not None or asked.changing is not None:
        return [asked]
    if not book.saved:
        raise ModelError(
            f"no model is saved in '{book.path}'",
            action="name the objective and the changing cells: --objective B9 --changing B2:B5",
        )
    return [replace(asked, sheet=sheet) for sheet in book.saved]


def remember(book: Book, asked: Task, non_negative: bool) -> SolverModel:
    """Take a model into the book, as its sheet's saved one, for the next write. What is not asked stays as it was.

    Raises what `Book.model` raises for a model that cannot be.
    """
    sheet = book.model_sheet(asked.sheet, asked.objective)
    saved = book.saved.get(sheet, SolverModel(sheet, goal="min", non_negative=False))
    lines = [parse_subject_to(text) for text in asked.subject_to]
    lines += [line for text in asked.bounds for line in parse_bounds(text)]
    goal = None if asked.goal is None else Goal.parse(asked.goal)
    new = replace(
        saved,
        objective=saved.objective if asked.objective is None else asked.objective,
        changing=saved.changing if asked.changing is None else asked.changing,
        goal=saved.goal if goal is None else goal.kind,
        value=saved.value if goal is None else goal.target,
        constraints=tuple(lines) if lines else saved.constraints,
        non_negative=non_negative or saved.non_negative,
        problems=(),
    )
    book.save_model(new)
    return new


def saved_models(book: Book) -> list[tuple[SolverModel, CellgradError | None, str]]:
    """The saved models in sheet order, each with the reason why it cannot run, if it cannot, and a warning, or ''."""
    found: list[tuple[SolverModel, CellgradError | None, str]] = []
    for sheet, saved in book.saved.items():
        try:
            model = book.model(sheet)
            if not model.conditions.count:
                model.require_start()
        except CellgradError as error:
            found.append((saved, error, ""))
        else:
            tables = data_table_warning(book.dependence, model.objective) if model.has_objective else ""
            found.append((saved, None, " ".join(filter(None, (*map(str, saved.notes), *model.notes, tables)))))
    return found


def run_tasks(
    book: Book,
    todo: Sequence[Task],
    search: Search,
    interrupt: Interrupt,
    watch: Callable[[str], Callback],
    checkpoint: Checkpoint | None = None,
) -> list[Run]:
    """Each model in turn; one that cannot run says why and the next goes on. After a Ctrl-C the rest are not begun.

    watch: makes the callback that is told of a model's steps, from its sheet's name. checkpoint: where the best values
    are written down on the way, and read from where a run goes on.
    """
    runs = []
    for task in todo:
        sheet = book.model_sheet(task.sheet, task.objective)
        run = Run(sheet, task.goal or "min", book.read_seconds, task.objective)
        saved = book.saved.get(sheet)
        if saved is not None and task.objective is None:
            run.goal, run.objective = task.goal or saved.goal_text, _objective_name(book, saved)
        runs.append(run)
        if interrupt.requested:
            continue
        try:
            _run(book, task, search, run, _stoppable(watch(run.sheet), interrupt), checkpoint)
        except CellgradError as error:
            if isinstance(error, ArgumentError) and len(todo) == 1:
                raise
            run.error, run.status, run.message = error, CANNOT_RUN, str(error)
    for run in runs:
        if run.kept and run.model is not None and run.model.has_objective:  # a later model may have moved it
            run.after = book.value(run.model.objective)
    return runs


def _objective_name(book: Book, saved: SolverModel) -> str:
    try:
        return str(saved.objective_region(book.workbook))
    except CellgradError:  # running the model says what is wrong
        return saved.objective


def _run(book: Book, task: Task, search: Search, run: Run, callback: Callback, checkpoint: Checkpoint | None) -> None:
    model = run.model = book.model(
        task.sheet, task.objective, task.changing, task.goal, subject_to=task.subject_to, bounds=task.bounds
    )
    run.sheet, run.goal = model.sheet, str(model.goal)
    run.objective = str(model.objective) if model.has_objective else ""
    start = None
    if checkpoint is not None:
        start, callback = checkpoint.start(model), checkpoint.watching(model, callback)
    solution = run.solution = model.optimize(
        method=search.method, steps=search.steps, learning_rate=search.learning_rate, starts=search.starts,
        seed=search.seed, device=search.device, seconds=search.seconds, callback=callback, start=start,
        evaluations=search.evaluations, solver_options=search.solver_options, options=search.descent,
        validation=search.validation_cell, dtype=search.dtype, compile=search.compile,
    )  # fmt: skip
    book.recalculated()  # which raises where the whole workbook belies the answer
    run.kept, run.after = solution.usable, solution.value
    run.status, run.message = solution.status.word, solution.message
    smooth = model.has_objective and not model.conditions.discrete  # whole numbers are not moved by slopes
    run.flat = model.flat(solution.x) if smooth else []
    tables = data_table_warning(book.dependence, model.objective) if model.has_objective else ""
    flat = flat_message(model, run.flat) if run.flat else ""
    run.warning = " ".join(filter(None, (*solution.warnings, flat, tables)))


def reported(run: Run) -> contents.Run:
    """A run as the reports tell it."""
    if run.model is not None and run.error is None:
        return contents.run_of(run.model)
    not_begun = ModelError(run.message) if run.error is None else run.error
    return contents.Run(run.sheet, run.objective or "", run.goal, not_begun)


def _stoppable(watch: Callback, interrupt: Interrupt) -> Callback:
    def callback(progress: Any) -> bool:
        return watch(progress) is True or interrupt.requested

    return callback


def flat_message(model: Model, units: list[Region]) -> str:
    """That units of a model have died, by cell, and what to do about it."""
    listed = ", ".join(map(str, units[:6])) + (f" and {len(units) - 6} more" if len(units) > 6 else "")
    unit = units[0]
    blocks = model.book.dependence.touching(Region(unit.sheet, unit.top, unit.left, unit.top + 1, unit.left + 1))
    formula = model.book.dependence.text_at(blocks[0], unit.top, unit.left)
    _, slope = model.value_and_gradient(None if model.solution is None else model.solution.x)
    still = [cell for cell, own in zip(model.compiled.cells, slope, strict=True) if own == 0]
    stuck = f" The changing cells {_listed(still)} no longer move the objective." if still else ""
    return (
        f"{listed} went flat: no small change of the changing cells moves any cell there ({formula} takes its "
        f"constant branch in all of them), so no method brings them back.{stuck} "
        "Start from other values, or search from many starts: --starts 64."
    )


def _listed(cells: list[tuple[str, int, int]]) -> str:
    names = [full_name(*cell) for cell in cells]
    return ", ".join(names[:3]) + (f", ... {names[-1]} ({len(names)} cells)" if len(names) > 3 else "")


def output_path(source: Path, out: Path | None, in_place: bool) -> Path:
    """Where the result goes: --out, the source itself, or NAME-optimized beside it. Nothing is written yet.

    Raises ArgumentError for options that contradict each other, and WriteError where the file cannot be written, or
    holds somebody's work: an earlier result of ours is replaced, unless it has been edited since.
    """
    if in_place and out is not None:
        raise ArgumentError("--in-place and --out contradict each other", action="give one of them")
    target = source if in_place else out
    if target is None:
        target = source.with_name(f"{source.stem}-optimized{source.suffix}")
        if target.exists() and not package.saved_here(target) and target.read_bytes() != source.read_bytes():
            raise WriteError(
                f"'{target}' was not replaced: it is not, or no longer, what Cellgrad wrote there",
                action="rename or delete it, or name another file with --out",
            )
    elif not in_place and target.exists() and source.exists() and target.samefile(source):
        raise ArgumentError(f"--out '{target}' is the workbook itself", action="say --in-place to replace it")
    if target.suffix.lower() != source.suffix.lower():
        raise ArgumentError(
            f"--out '{target}' does not end in {source.suffix} as the workbook does",
            action="a save keeps the workbook's format, and spreadsheets go by the ending",
        )
    package.require_writable(target)
    return target
