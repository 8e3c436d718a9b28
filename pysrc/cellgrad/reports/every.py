"""Every report there is, and the one door to them: which reports on which runs, into one workbook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cellgrad.errors import ArgumentError
from cellgrad.reports import answer, basins, history, least_squares, limits, sensitivity, structure
from cellgrad.reports.contents import Report, Run
from cellgrad.reports.page import Page
from cellgrad.reports.style import Book, writing
from cellgrad.reports.summary import write_summary
from cellgrad.workbook import Workbook


@dataclass(frozen=True)
class Kind:
    """A kind of report. title: before the objective's name. sheet: what its sheets are called. why_not: why there is
    none on a run, '' where there is one. make: the report. widths: of its sheet's columns."""

    title: str
    sheet: str
    why_not: Callable[[Run], str]
    make: Callable[[Run, Workbook], Report]
    widths: Sequence[float]


KINDS: dict[str, Kind] = {
    "answer": Kind("Answer", "answer", lambda run: "", answer.AnswerReport.of, answer.WIDTHS),
    "sensitivity": Kind(
        "Sensitivity", "sensitivity", sensitivity.why_not, sensitivity.SensitivityReport.of, sensitivity.WIDTHS
    ),
    "limits": Kind("Limits", "limits", limits.why_not, limits.LimitsReport.of, limits.WIDTHS),
    "least-squares": Kind(
        "Least squares", "least squares", least_squares.why_not, least_squares.LeastSquaresReport.of,
        least_squares.WIDTHS,
    ),
    "basins": Kind("Basins", "basins", basins.why_not, lambda run, _: basins.BasinsReport.of(run), basins.WIDTHS),
    "history": Kind(
        "History", "run history", history.why_not, lambda run, _: history.HistoryReport.of(run), history.WIDTHS
    ),
    "structure": Kind(
        "Structure", "structure", structure.why_not, lambda run, _: structure.StructureReport.of(run), structure.WIDTHS
    ),
}  # fmt: skip
"""By the names that a user asks by, in the order of their sheets."""


OF_THE_OBJECTIVE = ("sensitivity", "limits", "basins", "history")
"""What says nothing of a model that only has to be made feasible."""


def known_reports(text: str) -> tuple[str, ...]:
    """The names of reports in a list like ``answer,sensitivity``, in the order of their sheets; '' or ``all`` for every
    one. Raises ArgumentError for a name that is none."""
    names = {name.strip().lower().replace("_", "-") for name in text.split(",") if name.strip()}
    if not names or names == {"all"}:
        return tuple(KINDS)
    for name in sorted(names):
        if name not in KINDS:
            raise ArgumentError(f"no report is called {name!r}", action=f"use some of {', '.join(KINDS)}")
    return tuple(name for name in KINDS if name in names)


def report_on(kind: str, run: Run, workbook: Workbook) -> Report | None:
    """A report on a run; None where there is none of its kind. kind: one of `KINDS`."""
    return None if _why_not(kind, run) else KINDS[kind].make(run, workbook)


def answers(which: Sequence[str] | None, run: Run, workbook: Workbook) -> list[dict[str, Any]]:
    """The reports on a run for JSON. One asked for by name that cannot be has the reason instead."""
    told = []
    for kind in which or KINDS:
        report = report_on(kind, run, workbook)
        if report is not None:
            told.append(report.answer())
        elif which is not None:
            told.append({"report": kind, "sheet": run.sheet, "none_because": _why_not(kind, run)})
    return told


def write_reports(path: Path, which: Sequence[str] | None, runs: Sequence[Run], workbook: Workbook, name: str) -> None:
    """Write reports on runs of models of one workbook, called `name` for people, as the workbook `path`.

    which: names among `KINDS`; None for all that there are of a run. One asked for by name that cannot be has a sheet
    that says why. Raises ArgumentError or WriteError where that file cannot be.
    """
    with writing(path) as book:
        if len(runs) > 1:
            write_summary(book, runs, name)
        for run in runs:
            for kind in which or KINDS:
                _write(book, kind, run, workbook, name, alone=len(runs) == 1, asked=which is not None)


def _write(book: Book, kind: str, run: Run, workbook: Workbook, name: str, alone: bool, asked: bool) -> None:
    found, why_not = KINDS[kind], _why_not(kind, run)
    if why_not and not asked and kind != "answer":
        return
    sheet = found.sheet if alone else f"{found.sheet} {run.sheet}"
    page = Page(book, sheet, f"{found.title}: {run.objective or run.sheet}", name, found.widths)
    if why_not:
        page.sentence(why_not if run.error is not None else f"There is no such report here: {why_not}.", 5)
    else:
        found.make(run, workbook).write(page)


def _why_not(kind: str, run: Run) -> str:
    if run.error is not None:
        return str(run.error.cause)
    if not run.objective and kind in OF_THE_OBJECTIVE:
        return "the model has no objective"
    return KINDS[kind].why_not(run)
