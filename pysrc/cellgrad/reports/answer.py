"""The answer report: what a run was asked, how it went, and what it changed; a workbook of its own."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from xlsxwriter.worksheet import Worksheet

from cellgrad.address import Region, parse_region
from cellgrad.errors import CellgradError
from cellgrad.optimize.solution import Solution
from cellgrad.reports.bounds import Bounds, bounds_of
from cellgrad.reports.style import BLUES, GOAL, LEARNED, Book, name_of, shown, writing
from cellgrad.session import Model
from cellgrad.workbook import Workbook

MOST_POINTS = 1000
"""A longer history is thinned to so many."""
MOST_CELLS = 100_000
SPAN_OF_LOG = 100.0
"""A history that spans more than this factor is drawn on a logarithmic axis."""
CHART_AT, HISTORY_AT = 8, 20
"""The columns where the chart and the table it is drawn from begin; the table is not printed."""
CHARACTERS_A_LINE = 85
CHANGING = ("cell", "name", "before", "after", "change", "derivative", "bounds")


@dataclass(frozen=True)
class Run:
    """One model of a workbook and what became of it.

    cells: the changing cells' regions, one each; start, end, slopes (n,): their values before and after, and the
    derivative of the objective by them at `end`. solution: how the run went; None where there was none, and before is
    after. error: why the model cannot run, instead of all that. since: what has happened to the workbook since.
    """

    sheet: str
    objective: str
    goal: str
    error: CellgradError | None = None
    solution: Solution | None = None
    cells: tuple[Region, ...] = ()
    start: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    end: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    slopes: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    before: float = math.nan
    after: float = math.nan
    bounds: Bounds = field(default_factory=dict)
    device: str = ""
    since: str = ""


def run_of(
    model: Model, solution: Solution | None = None, start: np.ndarray | None = None, device: str | None = None
) -> Run:
    """A model's last run; without one, the model as it is.

    solution, start, device: a run of an earlier time, the values it started from (n,), and what it ran on.
    """
    past, solution = solution is not None, solution or model.solution
    start = model.x0 if start is None else start
    end = model.x0 if solution is None else solution.x
    value, slopes = model.value_and_gradient(end)
    return Run(
        model.sheet,
        str(model.objective),
        str(model.goal),
        None,
        solution,
        tuple(Region(sheet, row, column, row + 1, column + 1) for sheet, row, column in model.compiled.cells),
        start,
        end,
        slopes,
        value if solution is None else solution.start_value,
        value if solution is None else solution.value,
        bounds_of(model),
        device or str(model.ran_on.device),
        _since(model, solution, value) if past and solution is not None else "",
    )


def _since(model: Model, solution: Solution, value: float) -> str:
    """In words, whether the workbook still is as a run has left it; value: of the objective at its answer, now."""
    if not math.isclose(value, solution.value, rel_tol=1e-6, abs_tol=1e-12):
        return f"the workbook has changed: at the values of the run the objective is now {value:.6g}"
    if not np.array_equal(model.x0, solution.x):
        return "the changing cells hold other values now; those of the run are told here"
    return ""


def write_answer(path: Path, workbook: Workbook, runs: Sequence[Run], name: str) -> None:
    """Write the report on runs of models of one workbook, called `name` for people, as the workbook `path`.

    Raises ArgumentError or WriteError where that file cannot be.
    """
    with writing(path) as book:
        if len(runs) > 1:
            _summary(book, runs, name)
        for run in runs:
            page = book.sheet(run.sheet if len(runs) > 1 else "answer")
            _head(book, page, f"Answer: {run.objective}", name)
            if run.error is not None:
                page.write_string(3, 0, str(run.error.cause), book.look())
                continue
            _result(book, page, workbook, run)
            _changing(book, page, workbook, run)
            _history(book, page, run)


def _head(book: Book, page: Worksheet, title: str, name: str) -> None:
    page.set_row(0, 24)
    page.write_string(0, 0, title, book.title())
    written = datetime.datetime.now().strftime("%Y-%m-%d %H:%M")
    page.write_string(1, 0, f"{name}, {written}", book.faint())


def _summary(book: Book, runs: Sequence[Run], name: str) -> None:
    """One line a model."""
    page = book.sheet("summary")
    _head(book, page, "Answers", name)
    headers = ("sheet", "objective", "goal", "before", "after", "method", "steps", "seconds", "how it ended")
    book.table(page, 3, headers, ("before", "after", "steps", "seconds"))
    for row, run in enumerate(runs, start=4):
        for column, text in enumerate((run.sheet, run.objective, _goal(run.goal))):
            page.write_string(row, column, text, book.look())
        solution = run.solution
        if run.error is not None or solution is None:
            page.write_string(row, 8, "no run" if run.error is None else str(run.error.cause), book.look())
            continue
        page.write_number(row, 3, run.before, book.look(shown(run.before)))
        page.write_number(row, 4, run.after, book.look(shown(run.after), bold=True, bg_color=GOAL))
        page.write_string(row, 5, solution.method, book.look(indent=1))
        page.write_number(row, 6, solution.iterations, book.look("#,##0"))
        page.write_number(row, 7, solution.seconds, book.look("0.00"))
        page.write_string(row, 8, solution.status.word, book.look(indent=1))
    for column, width in enumerate((16, 18, 12, 13, 13, 22, 9, 10, 50)):
        page.set_column(column, column, width)


def _goal(goal: str) -> str:
    return {"min": "the least", "max": "the most"}.get(goal, goal.replace("value=", "the value "))


def _result(book: Book, page: Worksheet, workbook: Workbook, run: Run) -> None:
    """The objective before and after, and how the search went."""
    book.table(page, 3, ("objective", "name", "before", "after", "change"), ("before", "after", "change"))
    page.write_string(4, 0, run.objective, book.look())
    page.write_string(4, 1, name_of(workbook, parse_region(run.objective, run.sheet)), book.look())
    for column, value in ((2, run.before), (4, run.after - run.before)):
        _number(book, page, 4, column, value)
    page.write_number(4, 3, run.after, book.look(shown(run.after), bold=True, bg_color=GOAL))
    for row, (label, text) in enumerate(_how(run), start=6):
        lines = -(-len(text) // CHARACTERS_A_LINE)
        page.set_row(row, 15 * lines)
        page.write_string(row, 0, label, book.look(bold=True, valign="top"))
        page.merge_range(row, 1, row, 5, text, book.look("@", text_wrap=True, valign="top"))


def _how(run: Run) -> Iterator[tuple[str, str]]:
    """Label and words, a line each."""
    yield "goal", _goal(run.goal)
    solution = run.solution
    if solution is None:
        yield "run", "none yet: these are the values as they are"
        return
    yield "ended", f"{solution.status.word}. {solution.message}"
    yield "in Solver's words", solution.status.sentence
    yield "method", f"{solution.method} ({solution.reason})"
    tried = f", from {len(solution.starts):,} starts" if len(solution.starts) > 1 else ""
    yield "effort", f"{solution.iterations:,} steps, {solution.evaluations:,} evaluations{tried}"
    yield "time", f"{solution.seconds:.3g} s on {run.device}"
    if run.since:
        yield "since then", run.since


def _changing(book: Book, page: Worksheet, workbook: Workbook, run: Run) -> None:
    """The changing cells, before and after."""
    top = 14
    more = len(run.cells) - MOST_CELLS
    title = f"{len(run.cells):,} changing cells" + (f"; the first {MOST_CELLS:,}" if more > 0 else "")
    page.write_string(top - 1, 0, title, book.heading())
    headers = CHANGING if run.bounds else CHANGING[:-1]
    book.table(page, top, headers, CHANGING[2:6])
    columns = (run.start.tolist(), run.end.tolist(), run.slopes.tolist())
    for row, (cell, before, after, slope) in enumerate(zip(run.cells[:MOST_CELLS], *columns, strict=False), top + 1):
        page.write_string(row, 0, str(cell), book.look())
        page.write_string(row, 1, name_of(workbook, cell), book.look())
        _number(book, page, row, 2, before)
        page.write_number(row, 3, after, book.look(shown(after), bold=True, bg_color=LEARNED))
        _number(book, page, row, 4, after - before)
        _number(book, page, row, 5, slope)
        if cell in run.bounds:
            page.write_string(row, 6, run.bounds[cell], book.look(indent=1))
    for column, width in enumerate((20, 26, 13, 13, 13, 13, 18 if run.bounds else 3, 3)):
        page.set_column(column, column, width)


def _number(book: Book, page: Worksheet, row: int, column: int, value: float) -> None:
    if math.isfinite(value):
        page.write_number(row, column, value, book.look(shown(value)))
    else:
        page.write_string(row, column, "none", book.faint(align="right"))


def thinned(history: Sequence[tuple[int, float, float]]) -> list[tuple[int, float, float]]:
    """At most about `MOST_POINTS` of a history, evenly spread, the last among them."""
    stride = -(-len(history) // MOST_POINTS) or 1
    kept = list(history[::stride])
    return kept if not history or kept[-1] == history[-1] else [*kept, history[-1]]


def _history(book: Book, page: Worksheet, run: Run) -> None:
    """The objective step by step: a table at the right, and its chart."""
    if run.solution is None or not run.solution.history:
        return
    points = [(0, run.before), *((step, value) for step, value, _ in thinned(run.solution.history))]
    points = [(step, value) for step, value in points if math.isfinite(value)]
    top, left = 3, HISTORY_AT
    for column, text in enumerate(("step", "objective"), start=left):
        page.write_string(top, column, text, book.header("right"))
    for row, (step, value) in enumerate(points, start=top + 1):
        page.write_number(row, left, step, book.look("#,##0"))
        page.write_number(row, left + 1, value, book.look(shown(value)))
    title, last = page.get_name(), top + len(points)
    chart = book.file.add_chart({"type": "scatter", "subtype": "straight"})
    chart.add_series({
        "name": "objective", "categories": [title, top + 1, left, last, left],
        "values": [title, top + 1, left + 1, last, left + 1], "line": {"color": BLUES[3], "width": 2},
    })  # fmt: skip
    values = [value for _, value in points]
    steep = min(values) > 0 and max(values) > SPAN_OF_LOG * min(values)
    chart.set_title({"name": "The objective, step by step", "name_font": {"size": 11, "bold": True}})
    chart.set_x_axis({"name": "step", "min": 0, "num_format": "#,##0", "major_gridlines": {"visible": False}})
    chart.set_y_axis({"num_format": "General", **({"log_base": 10} if steep else {})})
    chart.set_legend({"none": True})
    chart.set_size({"width": 620, "height": 340})
    page.insert_chart(2, CHART_AT, chart)
    page.set_column(left, left + 1, 12)
    page.print_area(0, 0, 14 + max(len(run.cells), 10), HISTORY_AT - 2)
