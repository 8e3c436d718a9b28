"""The sensitivity report: what one more unit of anything is worth at the answer, and how far that holds.

Terms and signs are those of Solver's own report (support.microsoft.com, "Define and solve a problem by using Solver").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellgrad.late import Late
from cellgrad.optimize.constraint_cells import Standing
from cellgrad.reports.contents import MOST_CELLS, ConstraintLine, Run, constraint_lines, counted, finite, without_end
from cellgrad.reports.page import Column, Page
from cellgrad.reports.style import name_of
from cellgrad.workbook import Workbook

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")

WIDTHS = (20, 26, 14, 14, 14, 14, 14, 3)
LAST = 6

CELL, NAME = Column("cell"), Column("name")
FINAL = Column("final value", "answer")
VALUE = Column("final value", "number")
LINEAR_CELLS = (
    CELL, NAME, FINAL,
    Column("reduced cost", "number",
           "what the objective changes by if this cell is moved one unit off the bound it stands at; 0 between bounds"),
    Column("objective coefficient", "number", "what the objective changes by for one unit of this cell"),
    Column("allowable increase", "number",
           "how far the coefficient may grow before other values of the changing cells become the best"),
    Column("allowable decrease", "number", "how far it may fall before that"),
)  # fmt: skip
LINEAR_ROWS = (
    CELL, NAME, VALUE,
    Column("shadow price", "number", "what the objective changes by for one unit more of the right-hand side"),
    Column("constraint R.H. side", "number", "the limit: the value of the right side"),
    Column("allowable increase", "number", "how far the limit may grow with the shadow price staying the same"),
    Column("allowable decrease", "number", "how far it may fall with the shadow price staying the same"),
)  # fmt: skip
SMOOTH_CELLS = (
    CELL, NAME, FINAL,
    Column("reduced gradient", "number",
           "what the objective changes by, per unit, if this cell is moved off the bound it stands at; "
           "0 between bounds, at an optimum"),
)  # fmt: skip
SMOOTH_ROWS = (
    CELL, NAME, VALUE,
    Column("Lagrange multiplier", "number",
           "what the objective changes by, per unit, if the limit grows a little; 0 where it does not bind"),
)  # fmt: skip
ENDLESS = ("1E+30", "no limit: as far as you like")


@dataclass(frozen=True)
class CellLine:
    """A changing cell. reduced: its reduced cost, or gradient. coefficient, increase, decrease: of a linear model,
    otherwise nan."""

    cell: str
    name: str
    value: float
    reduced: float
    coefficient: float = math.nan
    increase: float = math.nan
    decrease: float = math.nan


@dataclass(frozen=True)
class RowLine:
    """A constraint on a formula. multiplier: its shadow price, or Lagrange multiplier. The last two as above, of its
    limit."""

    cell: str
    name: str
    value: float
    multiplier: float
    limit: float
    increase: float = math.nan
    decrease: float = math.nan


def why_not(run: Run) -> str:
    """Why there is no sensitivity report on a run; '' where there is one."""
    if run.solution is None:
        return "there has been no run yet"
    if not run.solution.status.found and not run.solution.usable:
        return f"the run ended at no answer: {run.solution.status.word}"
    if run.solution.multipliers is None and run.discrete:
        return "between whole numbers there are no slopes: what a unit more is worth, only another run can tell"
    if run.solution.multipliers is None and any(c.row is not None for c in run.constraints):
        return f"the method {run.solution.method} tells no multipliers"
    return ""


@dataclass(frozen=True)
class SensitivityReport:
    """linear: whether it has the ranges of a linear model."""

    run: Run
    linear: bool
    cells: tuple[CellLine, ...]
    rows: tuple[RowLine, ...]

    @staticmethod
    def of(run: Run, workbook: Workbook) -> SensitivityReport:
        """The report on a run that `why_not` has nothing against."""
        solution = run.solution
        assert solution is not None
        ranges, multipliers = solution.ranges, solution.multipliers
        reduced = run.slopes if multipliers is None else multipliers.cells
        count = min(len(run.cells), MOST_CELLS)
        columns = [run.end[:count], reduced[:count]]
        if ranges is not None:
            columns += [ranges.coefficients[:count], ranges.cell_increase[:count], ranges.cell_decrease[:count]]
        cells = tuple(
            CellLine(str(cell), name_of(workbook, cell), *map(float, values))
            for cell, *values in zip(run.cells[:count], *columns, strict=True)
        )
        lines = (line for line in constraint_lines(run, workbook) if line.constraint.row is not None)
        return SensitivityReport(run, ranges is not None, cells, tuple(_row_line(run, line) for line in lines))

    def frame(self) -> pd.DataFrame:
        """The changing cells, by cell, in the columns of the sheet."""
        return self._frame(self.cells, LINEAR_CELLS if self.linear else SMOOTH_CELLS)

    def constraints_frame(self) -> pd.DataFrame:
        """The constraints, by cell, in the columns of the sheet."""
        return self._frame(self.rows, LINEAR_ROWS if self.linear else SMOOTH_ROWS)

    def _frame(self, lines: tuple[CellLine, ...] | tuple[RowLine, ...], columns: tuple[Column, ...]) -> pd.DataFrame:
        headers = [column.header for column in columns]
        frame = pd.DataFrame([_values(line, len(columns)) for line in lines], columns=headers)
        return frame.set_index("cell")

    def answer(self) -> dict[str, Any]:
        """The report for JSON: 1e30 for an allowable change without end."""
        changing: list[dict[str, Any]] = []
        for cell in self.cells:
            told = {"cell": cell.cell, "name": cell.name, "value": finite(cell.value), "reduced": finite(cell.reduced)}
            more = {"coefficient": finite(cell.coefficient), **_ranges(cell)} if self.linear else {}
            changing.append(told | more)
        constraints: list[dict[str, Any]] = []
        for row in self.rows:
            told = {"cell": row.cell, "name": row.name, "value": finite(row.value), "limit": finite(row.limit)}
            more = _ranges(row) if self.linear else {}
            constraints.append(told | {"multiplier": finite(row.multiplier)} | more)
        return {
            "report": "sensitivity", "sheet": self.run.sheet, "objective": self.run.objective, "linear": self.linear,
            "changing": changing, "constraints": constraints,
        }  # fmt: skip

    def write(self, page: Page) -> None:
        """The sheet: changing cells, constraints, and what the columns say."""
        cell_columns = LINEAR_CELLS if self.linear else SMOOTH_CELLS
        row_columns = LINEAR_ROWS if self.linear else SMOOTH_ROWS
        page.sentence(_introduction(self.run, self.linear), LAST)
        page.row += 1
        page.heading(counted(len(self.run.cells), "changing cell"))
        page.table(cell_columns, (_values(line, len(cell_columns)) for line in self.cells))
        if self.rows:
            page.heading(counted(len(self.rows), "constraint"))
            page.table(row_columns, (_values(line, len(row_columns)) for line in self.rows[:MOST_CELLS]))
        page.heading("What the columns say")
        notes = {c.header: c.note for c in (*cell_columns, *(row_columns if self.rows else ())) if c.note}
        if self.linear:
            notes["allowable increase"] = (
                "of a coefficient: how far it may grow before other values of the changing cells become the best; "
                "of a limit: how far it may grow with the shadow price staying the same"
            )
            notes["allowable decrease"] = "how far each may fall, likewise"
            notes[ENDLESS[0]] = ENDLESS[1]
        page.notes(notes.items(), LAST)
        page.prints(page.row, LAST)
        page.sheet.freeze_panes(2, 0)


def _row_line(run: Run, line: ConstraintLine) -> RowLine:
    """A constraint with the range of its limit. A limit that does not bind may move away without end, and come as near
    as the slack is wide: so it is for the other side of a row with two, of which the engine tells the binding one."""
    row, ranges = line.constraint.row, None if run.solution is None else run.solution.ranges
    assert row is not None
    increase = decrease = math.nan
    if ranges is not None and line.standing is Standing.NOT_BINDING:
        above = line.constraint.symbol == "<="
        increase, decrease = (math.inf, line.slack) if above else (line.slack, math.inf)
    elif ranges is not None:
        increase, decrease = float(ranges.row_increase[row]), float(ranges.row_decrease[row])
    limit = 0.0 if line.constraint.moving else line.limit
    value = line.value - line.limit if line.constraint.moving else line.value
    return RowLine(str(line.constraint.left), line.name, value, line.multiplier, limit, increase, decrease)


def _values(line: CellLine | RowLine, columns: int) -> list[object]:
    """The values of a line in the order of its columns."""
    if isinstance(line, CellLine):
        every: list[object] = [
            line.cell, line.name, line.value, line.reduced, line.coefficient, line.increase, line.decrease,
        ]  # fmt: skip
    else:
        every = [line.cell, line.name, line.value, line.multiplier, line.limit, line.increase, line.decrease]
    return every[:columns]


def _ranges(line: CellLine | RowLine) -> dict[str, float | None]:
    return {
        "allowable_increase": without_end(line.increase),
        "allowable_decrease": without_end(line.decrease),
    }


def _introduction(run: Run, linear: bool) -> str:
    told = f"{run.objective} is {run.after:.6g}. "
    if linear:
        return told + "The model is linear: the numbers below hold exactly, as far as the allowable changes say."
    slopes = np.abs(run.slopes[np.isfinite(run.slopes)])
    steep = f" The steepest slope by any changing cell is {slopes.max():.3g}." if slopes.size else ""
    return told + "The model is not linear: the numbers below are slopes at the answer, exact there alone." + steep
