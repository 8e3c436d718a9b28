"""The limits report: how far each changing cell alone may move, and what the objective is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellgrad.late import Late
from cellgrad.optimize.cell_limits import CellLimits, cell_limits
from cellgrad.reports.contents import Run, finite
from cellgrad.reports.page import Column, Page
from cellgrad.reports.style import name_of
from cellgrad.workbook import Workbook

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")

MOST_CELLS = 200
"""For more changing cells than Solver itself takes, every one of them moved alone tells little, and costs much."""
WIDTHS = (20, 26, 14, 14, 16, 14, 16, 3)
LAST = 6
COLUMNS = (
    Column("cell"), Column("name"), Column("value", "answer"), Column("lower limit", "number"),
    Column("objective there", "number"), Column("upper limit", "number"), Column("objective there", "number"),
)  # fmt: skip


def why_not(run: Run) -> str:
    """Why there is no limits report on a run; '' where there is one."""
    if run.solution is None:
        return "there has been no run yet"
    if run.system is None or run.conditions is None:
        return "what the model's cells do is not at hand"
    if not run.solution.usable:
        return f"the run ended at no answer: {run.solution.status.word}"
    if run.discrete:
        return "it is not meaningful for whole numbers"
    if len(run.cells) > MOST_CELLS:
        return f"there are more than {MOST_CELLS} changing cells"
    if not (run.conditions.count or run.conditions.bounded):
        return "nothing limits the changing cells"
    return ""


@dataclass(frozen=True)
class LimitsReport:
    """names: of the changing cells, for people."""

    run: Run
    names: tuple[str, ...]
    limits: CellLimits

    @staticmethod
    def of(run: Run, workbook: Workbook) -> LimitsReport:
        """The report on a run that `why_not` has nothing against."""
        assert run.system is not None
        assert run.conditions is not None
        names = tuple(name_of(workbook, cell) for cell in run.cells)
        return LimitsReport(run, names, cell_limits(run.system, run.conditions, run.end))

    def frame(self) -> pd.DataFrame:
        """By cell: name, value, both limits and the objective at each; infinite and nan where there is no limit."""
        limits = self.limits
        return pd.DataFrame(
            {
                "name": self.names, "value": self.run.end, "lower limit": limits.lower,
                "objective at lower": limits.at_lower, "upper limit": limits.upper,
                "objective at upper": limits.at_upper,
            },
            index=pd.Index(list(map(str, self.run.cells)), name="cell"),
        )  # fmt: skip

    def answer(self) -> dict[str, Any]:
        """The report for JSON: null where there is no limit."""
        keys = ("name", "value", "lower", "at_lower", "upper", "at_upper")
        return {
            "report": "limits",
            "sheet": self.run.sheet,
            "objective": self.run.objective,
            "changing": [
                {"cell": cell} | {key: v if isinstance(v, str) else finite(v) for key, v in zip(keys, row, strict=True)}
                for cell, *row in self.frame().reset_index().itertuples(index=False)
            ],
        }

    def write(self, page: Page) -> None:
        """The sheet: a row a changing cell."""
        page.sentence(
            f"{self.run.objective} is {self.run.after:.6g}. Each changing cell is moved alone, all others as they are, "
            "down and up until a bound or a constraint stands in the way.", LAST,
        )  # fmt: skip
        page.row += 1
        rows = self.frame().replace([np.inf, -np.inf], np.nan).reset_index()
        page.table(COLUMNS, rows.itertuples(index=False))
        page.prints(page.row, LAST)
        page.sheet.freeze_panes(2, 0)
