"""The first sheet of a workbook of reports on several models: one line a model."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cellgrad.reports.contents import Run, goal_in_words
from cellgrad.reports.page import Column, Page
from cellgrad.reports.style import Book

WIDTHS = (16, 18, 12, 13, 13, 22, 9, 10, 50)
COLUMNS = (
    Column("sheet"), Column("objective"), Column("goal"),
    Column("before", "number", mixed=True), Column("after", "goal", mixed=True),
    Column("method"), Column("steps", "count"), Column("seconds", "number", mixed=True), Column("how it ended"),
)  # fmt: skip


def write_summary(book: Book, runs: Sequence[Run], name: str) -> None:
    """One line a model, in a sheet of its own. name: of the workbook, for people."""
    page = Page(book, "summary", "Answers", name, WIDTHS)
    page.table(COLUMNS, (_line(run) for run in runs))
    page.sheet.freeze_panes(4, 0)


def _line(run: Run) -> Sequence[object]:
    first, solution = (run.sheet, run.objective, goal_in_words(run.goal)), run.solution
    if run.error is not None or solution is None:
        why = "no run" if run.error is None else str(run.error.cause)
        return (*first, *[None] * 5, why)
    seconds = round(solution.seconds, 2 - math.floor(math.log10(max(solution.seconds, 1e-3))))
    status = solution.status.word
    return (*first, run.before, run.after, solution.method, solution.iterations, seconds, status)
