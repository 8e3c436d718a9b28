"""The report of a run's history: a row an iteration, and charts of what became of the objective."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellgrad.late import Late
from cellgrad.reports import charts
from cellgrad.reports.contents import Run, counted, finite, thinned
from cellgrad.reports.page import Column, Page

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")

WIDTHS = (10, 16, 16, 14, 3)
CHART_AT, LAST = 5, 15
COLUMNS = (
    Column("step", "count"), Column("objective", "number"), Column("change", "number"), Column("rate", "number"),
)  # fmt: skip


def why_not(run: Run) -> str:
    """Why there is no history of a run; '' where there is one."""
    if run.solution is None:
        return "there has been no run yet"
    return "" if run.solution.history else "the method took no steps"


@dataclass(frozen=True)
class HistoryReport:
    """steps: (step, best value so far, rate), thinned; of `count` there were."""

    run: Run
    steps: tuple[tuple[int, float, float], ...]
    count: int

    @staticmethod
    def of(run: Run) -> HistoryReport:
        """The report on a run that `why_not` has nothing against."""
        assert run.solution is not None
        history = run.solution.history
        return HistoryReport(run, ((0, run.before, math.nan), *thinned(history)), len(history))

    def frame(self) -> pd.DataFrame:
        """By step: the objective, its change since the row before, and the method's rate."""
        steps, values, rates = (np.array(column, float) for column in zip(*self.steps, strict=True))
        told = {"objective": values, "change": np.diff(values, prepend=math.nan), "rate": rates}
        return pd.DataFrame(told, index=pd.Index(steps.astype(int), name="step"))

    def answer(self) -> dict[str, Any]:
        """The report for JSON."""
        return {
            "report": "history",
            "sheet": self.run.sheet,
            "objective": self.run.objective,
            "count": self.count,
            "steps": [{"step": step, "value": finite(value), "rate": finite(rate)} for step, value, rate in self.steps],
        }

    def write(self, page: Page) -> None:
        """The sheet: the steps at the left, the charts at the right."""
        thin = len(self.steps) - 1
        told = counted(self.count, "step") + (f", of which {thin:,} are shown" if thin < self.count else "")
        page.sentence(f"{told}. Rate: the method's step length, learning rate or damping.", LAST)
        page.row += 1
        top = page.row
        rates = self.frame()["rate"]
        by_powers = charts.suits_log(rates[rates > 0])
        shown = self.frame().assign(rate=rates.where(rates > 0) if by_powers else rates).reset_index()
        rows = ([None if math.isnan(value) else value for value in row] for row in shown.itertuples(index=False))
        table = page.table(COLUMNS, rows)
        names, values = ("step", "objective"), [value for _, value, _ in self.steps if math.isfinite(value)]
        log = charts.suits_log(values)
        page.chart(charts.line(page, table, 0, 1, "The objective, step by step", names, log), top, CHART_AT, 660, 340)
        below = top + 18
        if rates.nunique() > 1:
            chart = charts.line(page, table, 0, 3, "The rate", ("step", "rate"), by_powers)
            page.chart(chart, below, CHART_AT, 660, 280)
            below += 15
        page.prints(max(page.row, below), LAST)
        page.sheet.freeze_panes(top + 1, 0)
        page.sheet.repeat_rows(top)
