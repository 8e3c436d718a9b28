"""The report of basins: in which places the starts of a search ended, and how many in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellgrad.late import Late
from cellgrad.optimize.solution import Basin
from cellgrad.reports import charts
from cellgrad.reports.contents import Run, finite
from cellgrad.reports.page import Column, Page, Table

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")

MOST_CELLS = 20
"""So many changing cells of each basin are told."""
MOST_BASINS, MOST_BARS, MOST_LABELLED = 1000, 25, 10
"""So many basins are listed, so many drawn, and of so many the values stand below their bars."""
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
            f"them {most} in the best, where {self.run.objective} is {best.value:.6g}. {self._lesson()}", LAST,
        )  # fmt: skip
        page.row += 1
        chart_row, height = page.row, 300
        page.below(chart_row, height)
        page.heading("The basins, best first" + (f"; the first {MOST_BASINS:,}" if count > MOST_BASINS else ""))
        columns = (*COLUMNS, *(Column(cell, "number") for cell in self.cells))
        table = page.table(columns, self.frame().head(MOST_BASINS).reset_index().itertuples(index=False))
        for column in range(len(COLUMNS), len(columns)):
            page.widen(column, 12)
        left_out = len(self.run.cells) - len(self.cells)
        if left_out > 0:
            page.sentence(f"{left_out:,} more changing cells are not shown.", LAST, italic=True)
        chart = self._chart(page, Table(table.top, table.first, min(table.last, table.top + MOST_BARS), 0, 4))
        page.chart(chart, chart_row, 0, 760, height)
        page.prints(page.row, max(LAST, len(columns) - 1))
        page.sheet.freeze_panes(2, 0)

    @property
    def _alone(self) -> bool:
        """Whether no two of several starts ended in one place."""
        return len(self.basins) > 1 and all(basin.count == 1 for basin in self.basins)

    def _lesson(self) -> str:
        if self._alone:
            return "No two ended in one place: more steps might bring them together, or there are very many valleys."
        return "The more starts end in the best place, the surer it is that there is no better one."

    def _chart(self, page: Page, drawn: Table) -> Any:
        """How many starts ended in each basin; where each ended alone, what it reached."""
        if self._alone:
            return charts.points(page, drawn, 0, 1, "What the starts reached, best first", ("basin", "objective"))
        few = drawn.last - drawn.top <= MOST_LABELLED
        across = "objective, best first" if few else "basin, best first"
        names = across, "starts"
        return charts.bars(page, drawn, int(few), 2, "How many starts ended in each basin", names, gap=30)
