"""The report of basins: in which places the starts of a search ended, and how many in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cellgrad.optimize.solution import Basin
from cellgrad.reports import charts
from cellgrad.reports.contents import Run, finite
from cellgrad.reports.page import Column, Page

MOST_CELLS = 20
"""So many changing cells of each basin are told."""
MOST_BASINS, MOST_BARS = 1000, 25
WIDTHS = (10, 16, 10, 10, 12)
LAST = 9
COLUMNS = (
    Column("basin", "count"), Column("objective", "goal"), Column("starts", "count"), Column("share", "share"),
    Column("first start", "count"),
)  # fmt: skip


def why_not(run: Run) -> str:
    """Why there is no report of basins on a run; '' where there is one."""
    if run.solution is None:
        return "there has been no run yet"
    return "" if run.solution.basins else "there was one start only: ask for more, to see where others end"


@dataclass(frozen=True)
class BasinsReport:
    """basins: best first. cells: the changing cells that are told of each."""

    run: Run
    basins: tuple[Basin, ...]
    cells: tuple[str, ...]

    @staticmethod
    def of(run: Run) -> BasinsReport:
        """The report on a run that `why_not` has nothing against."""
        assert run.solution is not None
        cells = tuple(run.short(str(cell)) for cell in run.cells[:MOST_CELLS])
        return BasinsReport(run, tuple(run.solution.basins), cells)

    @property
    def starts(self) -> int:
        """How many starts ended in a basin."""
        return sum(basin.count for basin in self.basins)

    def frame(self) -> pd.DataFrame:
        """A row a basin, best first: objective, starts, share, first start (from 1), and the changing cells."""
        counts = np.array([basin.count for basin in self.basins])
        told: dict[str, Any] = {
            "objective": [basin.value for basin in self.basins],
            "starts": counts,
            "share": counts / max(1, self.starts),
            "first start": [basin.first + 1 for basin in self.basins],
        }
        told |= {cell: [float(basin.x[place]) for basin in self.basins] for place, cell in enumerate(self.cells)}
        return pd.DataFrame(told, index=pd.RangeIndex(1, len(self.basins) + 1, name="basin"))

    def answer(self) -> dict[str, Any]:
        """The report for JSON."""
        return {
            "report": "basins",
            "sheet": self.run.sheet,
            "objective": self.run.objective,
            "starts": self.starts,
            "basins": [
                {
                    "value": finite(basin.value), "starts": basin.count, "share": basin.count / max(1, self.starts),
                    "first": basin.first + 1,
                    "changing": dict(zip(self.cells, map(finite, basin.x.tolist()), strict=False)),
                }
                for basin in self.basins
            ],
        }  # fmt: skip

    def write(self, page: Page) -> None:
        """The sheet: what there is to see, the chart of counts, and a row a basin."""
        best, count = self.basins[0], len(self.basins)
        most = "was" if best.count == 1 else "were"
        page.sentence(
            f"{self.starts:,} starts ended in {count:,} different place{'' if count == 1 else 's'}; {best.count:,} of "
            f"them {most} in the best, where {self.run.objective} is {best.value:.6g}. The more starts end in the best "
            "place, the surer it is that there is no better one.", LAST,
        )  # fmt: skip
        page.row += 1
        chart_row, height = page.row, 300
        page.below(chart_row, height)
        page.heading("The basins, best first" + (f"; the first {MOST_BASINS:,}" if count > MOST_BASINS else ""))
        columns = (*COLUMNS, *(Column(cell, "number") for cell in self.cells))
        table = page.table(columns, self.frame().head(MOST_BASINS).reset_index().itertuples(index=False))
        for column in range(len(COLUMNS), len(columns)):
            page.sheet.set_column(column, column, 12)
        left_out = len(self.run.cells) - len(self.cells)
        if left_out > 0:
            page.sentence(f"{left_out:,} more changing cells are not shown.", LAST, italic=True)
        drawn = type(table)(table.top, table.first, min(table.last, table.top + MOST_BARS), table.left, table.right)
        chart = charts.bars(page, drawn, 1, 2, "How many starts ended in each basin", ("objective", "starts"), gap=30)
        chart.set_x_axis(charts.axis(name="objective, best first", num_format="0.0###", major_gridlines={"visible": 0}))
        page.chart(chart, chart_row, 0, 760, height)
        page.sheet.print_area(0, 0, page.row, max(LAST, len(columns) - 1))
        page.sheet.freeze_panes(2, 0)
