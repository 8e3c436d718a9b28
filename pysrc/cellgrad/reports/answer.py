"""The answer report: what a run was asked, how it went, and what it changed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellgrad.late import Late
from cellgrad.optimize.constraint_cells import Standing
from cellgrad.optimize.solution import Solution
from cellgrad.reports import charts
from cellgrad.reports.contents import (
    MOST_CELLS,
    ConstraintLine,
    Run,
    constraint_lines,
    counted,
    finite,
    goal_in_words,
    thinned,
)
from cellgrad.reports.page import Column, Page
from cellgrad.reports.style import name_of
from cellgrad.workbook import Workbook

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")

MOST_LISTED = 12
"""No more constraints are named in a sentence."""
CHART_AT, CHART_ENDS, HISTORY_AT = 8, 16, 20
"""The columns where the chart begins and ends, and where the table it is drawn from begins, which is not printed."""
CHART_SIZE = (520, 320)
WIDTHS = (20, 26, 13, 13, 13, 13, 3, 3)
WIDE, BOUNDS = 26, 18
"""The width of the fourth column where it holds formulas of constraints, of the seventh where it holds bounds."""

OBJECTIVE = (
    Column("objective"), Column("name"), Column("before", "number"), Column("after", "goal"),
    Column("change", "number"),
)  # fmt: skip
CHANGING = (
    Column("cell"), Column("name"), Column("before", "number"), Column("after", "answer"), Column("change", "number"),
    Column("derivative", "number"), Column("bounds"),
)  # fmt: skip
CONSTRAINTS = (
    Column("cell"), Column("name"), Column("value", "number"), Column("formula"), Column("status"),
    Column("slack", "number"), Column("in conflict"),
)  # fmt: skip


@dataclass(frozen=True)
class AnswerReport:
    """A run in Solver's order. name: of the objective, for people. names: of the changing cells, one each."""

    run: Run
    name: str
    names: tuple[str, ...]
    constraints: tuple[ConstraintLine, ...]

    @staticmethod
    def of(run: Run, workbook: Workbook) -> AnswerReport:
        """The report on a run that could begin, with its constraints at the answer."""
        cell = run.objective_cell
        name = "" if cell is None else name_of(workbook, cell)
        names = tuple(name_of(workbook, cell) for cell in run.cells[:MOST_CELLS])
        return AnswerReport(run, name, names, tuple(constraint_lines(run, workbook)))

    def frame(self) -> pd.DataFrame:
        """The changing cells: name, before, after, change, derivative, bounds and kind, by cell."""
        run, most, kinds = self.run, len(self.names), self.run.kinds
        return pd.DataFrame(
            {
                "name": self.names, "before": run.start[:most], "after": run.end[:most],
                "change": (run.end - run.start)[:most], "derivative": run.slopes[:most],
                "bounds": [run.bounds.get(cell, "") for cell in run.cells[:most]],
                "kind": [kinds.get(place, "") for place in range(most)],
            },
            index=pd.Index(list(map(str, run.cells[:most])), name="cell"),
        )  # fmt: skip

    def constraints_frame(self) -> pd.DataFrame:
        """The constraints: cell, name, value, formula, status and slack, in the model's order."""
        return pd.DataFrame(
            [
                (str(line.constraint.left), line.name, line.value, line.formula, line.standing.value, line.slack)
                for line in self.constraints
            ],
            columns=[column.header for column in CONSTRAINTS[:-1]],
        )

    def answer(self) -> dict[str, Any]:
        """The report for JSON."""
        run, solution = self.run, self.run.solution
        told: dict[str, Any] = {
            "report": "answer",
            "sheet": run.sheet,
            "objective": {
                "cell": run.objective or None, "name": self.name,
                "before": finite(run.before) if run.objective else None,
                "after": finite(run.after) if run.objective else None,
            },
            "goal": run.goal,
            "changing": [
                {"cell": cell} | {key: finite(v) if isinstance(v, float) else v for key, v in row.items()}
                for cell, row in self.frame().to_dict("index").items()
            ],
            "constraints": [
                {
                    "cell": str(line.constraint.left), "name": line.name, "value": finite(line.value),
                    "formula": line.formula, "status": line.standing.value, "slack": finite(line.slack),
                    "in_conflict": line.in_conflict,
                }
                for line in self.constraints
            ],
            "status": None,
        }  # fmt: skip
        among = _conflicting(run, self.constraints)
        return (
            told
            if solution is None
            else told | _told(solution, among) | {"device": run.device, "since": run.since or None}
        )

    def write(self, page: Page) -> None:
        """The sheet: objective, how it went, changing cells, constraints; at the right the objective step by step."""
        run = self.run
        if self.constraints:
            page.widen(3, WIDE)
        if run.bounds or any(line.in_conflict for line in self.constraints):
            page.widen(6, BOUNDS)
        if run.objective:
            values = (run.objective, self.name, run.before, run.after, run.after - run.before)
            page.table(OBJECTIVE, [values])
        page.facts(_how(run, self.constraints), 5)
        page.heading(counted(len(run.cells), "changing cell"))
        columns = CHANGING if run.bounds else CHANGING[:-1]
        rows = zip(*(self.frame().reset_index()[column.header] for column in columns), strict=True)
        table = page.table(columns, ([value or None if value == "" else value for value in row] for row in rows))
        if self.constraints:
            self._write_constraints(page)
        last = max(page.row, table.last)
        self._write_history(page)
        drawn = bool(run.objective) and run.solution is not None and len(run.solution.history) > 0
        page.prints(max(last, 22), CHART_ENDS if drawn else 6)
        page.sheet.freeze_panes(2, 0)

    def _write_constraints(self, page: Page) -> None:
        standings = [line.standing for line in self.constraints]
        counts = ", ".join(f"{standings.count(one):,} {one.value.lower()}" for one in Standing if one in standings)
        page.heading(f"{counted(len(self.constraints), 'constraint')}: {counts}")
        conflict = any(line.in_conflict for line in self.constraints)
        page.table(
            CONSTRAINTS if conflict else CONSTRAINTS[:-1],
            (
                (
                    str(line.constraint.left), line.name, line.value, line.formula,
                    line.standing.value, None if math.isnan(line.slack) else line.slack,
                    *([("yes" if line.in_conflict else None)] if conflict else []),
                )
                for line in self.constraints[:MOST_CELLS]
            ),
        )  # fmt: skip
        page.notes((
            ("Binding", "the limit is reached: without it, the objective might be better"),
            ("Not binding", "there is room left, as much as the slack says"),
            *([("Violated", "the limit is missed, by as much as the slack is below zero")]
              if Standing.VIOLATED in standings else []),
        ), 5)  # fmt: skip

    def _write_history(self, page: Page) -> None:
        """The objective step by step: a table at the right, and its chart."""
        if not self.run.objective or self.run.solution is None or not self.run.solution.history:
            return
        told = [(0, self.run.before), *((step, value) for step, value, _ in thinned(self.run.solution.history))]
        points = [(step, value) for step, value in told if math.isfinite(value)]
        if not points:
            return
        page.row = 3
        table = page.table((Column("step", "count"), Column("objective", "number")), points, HISTORY_AT)
        log = charts.suits_log(value for _, value in points)
        chart = charts.line(
            page, table, HISTORY_AT, HISTORY_AT + 1, "The objective, step by step", ("step", "objective"), log
        )
        page.chart(chart, 2, CHART_AT, *CHART_SIZE)
        page.sheet.set_column(HISTORY_AT, HISTORY_AT + 1, 12)


def _told(solution: Solution, among: list[str]) -> dict[str, Any]:
    """How a run went, for JSON. among: the constraints and bounds in conflict."""
    status, own = solution.status, solution.starts[0] if solution.starts else None
    conflict = solution.conflict
    return {
        "status": status.word,
        "solver": {"code": status.code, "message": status.sentence},
        "message": solution.message,
        "method": solution.method,
        "reason": solution.reason,
        "iterations": solution.iterations,
        "evaluations": solution.evaluations,
        "seconds": solution.seconds,
        "violation": finite(solution.violation),
        "gap": finite(solution.gap),
        "starts": {
            "count": max(1, len(solution.starts)),
            "best": solution.best_start,
            "own": None if own is None else {"value": finite(own.value), "status": own.status.word},
        },
        "conflict": None if conflict is None else {"irreducible": conflict.irreducible, "among": among},
        "warnings": list(solution.warnings),
    }


def _how(run: Run, constraints: tuple[ConstraintLine, ...]) -> Iterator[tuple[str, str]]:
    """Label and words, a line each."""
    yield "goal", goal_in_words(run.goal) if run.objective else "none: the constraints have to hold"
    solution = run.solution
    if solution is None:
        yield "run", "none yet: these are the values as they are"
        return
    status = solution.status
    yield "ended", f"{status.word}. {solution.message}"
    yield "in Solver's words", f"{status.sentence} (Solver's result {status.code})"
    if status.restores:
        yield "note", "the workbook keeps its start values; those that the run ended at are told here"
    yield from _conflict(run, constraints)
    if len(solution.starts) > 1:
        yield "starts", starts_in_words(solution)
    if solution.gap is not None:
        yield "whole numbers", f"no other values can be better by more than {solution.gap:.3g} of the objective"
    for warning in solution.warnings:
        yield "warning", warning
    yield "method", f"{solution.method} ({solution.reason})"
    yield "effort", f"{solution.iterations:,} steps, {solution.evaluations:,} evaluations"
    yield "time", f"{solution.seconds:.3g} s on {run.device}"
    if run.since:
        yield "since then", run.since


def starts_in_words(solution: Solution) -> str:
    """How many starts there were, which won, and what the sheet's own gave."""
    count, own = len(solution.starts), solution.starts[0]
    gave = f"{own.value:.6g} ({own.status.word})" if math.isfinite(own.value) else f"no value ({own.status.word})"
    if solution.best_start == 0:
        return f"{count:,} starts; the sheet's own was the best and gave {gave}"
    return (
        f"{count:,} starts; number {solution.best_start + 1:,} was the best, with {solution.value:.6g}. "
        f"The sheet's own gave {gave}"
    )


def _conflict(run: Run, constraints: tuple[ConstraintLine, ...]) -> Iterator[tuple[str, str]]:
    conflict = None if run.solution is None else run.solution.conflict
    if conflict is None:
        return
    formulas = _conflicting(run, constraints)
    more = len(formulas) - MOST_LISTED
    listed = "; ".join(formulas[:MOST_LISTED]) + (f"; and {more:,} more" if more > 0 else "")
    rest = "leave out any one of them and the others can" if conflict.irreducible else "fewer may already conflict"
    yield "in conflict", f"{listed}. These cannot hold together; {rest}"


def _conflicting(run: Run, constraints: tuple[ConstraintLine, ...]) -> list[str]:
    """The constraints that cannot hold together, and after them the bounds that no constraint of the list tells."""
    if run.solution is None or run.solution.conflict is None:
        return []
    told = {line.constraint.place for line in constraints if line.in_conflict}
    others = (run.cells[place] for place in run.solution.conflict.cells if place not in told)
    bounds = [f"{run.short(str(cell))} {run.bounds.get(cell, 'between its bounds')}" for cell in others]
    return [line.formula for line in constraints if line.in_conflict] + bounds
