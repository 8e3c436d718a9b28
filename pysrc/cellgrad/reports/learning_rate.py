"""The report of the search for a learning rate: the loss by the rate, with the rate suggested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellgrad.late import Late
from cellgrad.optimize.rate_finder import RateCurve
from cellgrad.reports import charts
from cellgrad.reports.page import Column, Page, Table
from cellgrad.reports.style import BLUES, FAINT, HEADER, writing

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")

WIDTHS = (16, 16, 16, 3)
CHART_AT, LAST = 4, 14
WIDTH, HEIGHT = 680, 380
COLUMNS = (Column("rate", "number", mixed=True), Column("loss", "number"), Column("smoothed", "number"))
TOO_HIGH = 3.0
"""The chart is cut above where the loss has grown by this many times what it fell: what comes after flattens it."""


@dataclass(frozen=True)
class LearningRateReport:
    """What `find_rate` found. sheet, objective: of the model, for people. method: that the rate is for."""

    curve: RateCurve
    sheet: str
    objective: str
    method: str

    def frame(self) -> pd.DataFrame:
        """By rate: the loss after a step with it, and the smoothed curve."""
        told = {"loss": self.curve.losses, "smoothed": self.curve.smoothed}
        return pd.DataFrame(told, index=pd.Index(self.curve.rates, name="rate"))

    def answer(self) -> dict[str, Any]:
        """The report for JSON."""
        curve = self.curve
        return {
            "report": "learning-rate",
            "sheet": self.sheet,
            "objective": self.objective,
            "method": self.method,
            "suggestion": curve.suggestion,
            "steepest": curve.steepest,
            "tenth_of_lowest": curve.tenth,
            "curve": [
                {"rate": rate, "loss": loss, "smoothed": smoothed}
                for rate, loss, smoothed in zip(
                    curve.rates.tolist(), curve.losses.tolist(), curve.smoothed.tolist(), strict=True
                )
            ],
        }

    def write(self, page: Page) -> None:
        """The sheet: what was found, then the curve as a table at the left and a chart at the right."""
        curve = self.curve
        page.facts(
            (
                ("rate suggested", f"{curve.suggestion:.2g}, for {self.method}: the smaller of the next two"),
                ("steepest", f"{curve.steepest:.2g}, where the loss falls most steeply as the rate grows"),
                ("a tenth", f"{curve.tenth:.2g}, a tenth of the rate at the lowest point of the curve"),
                ("how", f"{len(curve.rates)} steps from the start values, each with a rate larger than the last, at "
                        "most until the loss ran away; no cell was changed (Smith 2017, section 3.3)"),
            ),
            LAST,
        )  # fmt: skip
        top = page.row
        rows = zip(curve.rates.tolist(), curve.losses.tolist(), curve.smoothed.tolist(), strict=True)
        table = page.table(COLUMNS, rows)
        page.chart(self._chart(page, table), top, CHART_AT, WIDTH, HEIGHT)
        page.below(top, HEIGHT)
        page.sheet.print_area(0, 0, page.row, LAST)
        page.sheet.freeze_panes(top + 1, 0)
        page.sheet.repeat_rows(top)

    def _chart(self, page: Page, table: Table) -> Any:
        """Loss and smoothed loss by the rate, which grows by its powers of ten, and the suggestion as a dot."""
        chart = charts.new_chart(page, "scatter", "The loss by the learning rate", "rate", "loss", "straight")
        across = charts.cells(page, table, 0)
        chart.add_series({
            "name": "loss", "categories": across, "values": charts.cells(page, table, 1),
            "line": {"color": BLUES[0], "width": 1.25},
        })  # fmt: skip
        chart.add_series({
            "name": "smoothed", "categories": across, "values": charts.cells(page, table, 2),
            "line": {"color": BLUES[3], "width": 2.25},
        })  # fmt: skip
        curve = self.curve
        at = table.first + int(abs(curve.rates / curve.suggestion - 1).argmin())
        chart.add_series({
            "name": "suggested",
            "categories": [page.title, at, 0, at, 0],
            "values": [page.title, at, 2, at, 2],
            "line": {"none": True},
            "marker": {"type": "circle", "size": 9, "fill": {"color": charts.RED}, "border": {"color": charts.RED}},
        })  # fmt: skip
        low, high = float(curve.smoothed.min()), float(curve.smoothed[0])
        fall = abs(high - low)
        limits = {"min": 0.0} if low >= 0 and low < 0.5 * high else {}
        if curve.losses.max() > max(low, high) + TOO_HIGH * fall:
            limits["max"] = _round_up(max(low, high) + fall)
        chart.set_x_axis(
            charts.axis(
                name="rate",
                log_base=10,
                num_format="0E+00",
                label_position="low",
                crossing="min",
                major_gridlines={"visible": False},
            )
        )
        grid = {"visible": True, "line": {"color": HEADER}}
        chart.set_y_axis(charts.axis(name="loss", major_gridlines=grid, crossing="min", **limits))
        chart.set_legend({"position": "top", "font": {"size": 9, "color": FAINT}})
        return chart


def _round_up(value: float) -> float:
    """A number of two digits not below this one."""
    step = 10.0 ** (len(f"{abs(value):.0f}") - 2) if abs(value) >= 1 else 10.0 ** (int(f"{value:e}".split("e")[1]) - 1)
    return step * (value // step + 1)


def write_learning_rates(path: Path, reports: Sequence[LearningRateReport], name: str) -> None:
    """Write reports as the workbook `path`, a sheet each; name: of the workbook they tell of, for people.

    Raises ArgumentError or WriteError where that file cannot be.
    """
    with writing(path) as book:
        for report in reports:
            sheet = "learning rate" if len(reports) == 1 else f"rate {report.sheet}"
            report.write(Page(book, sheet, f"Learning rate: {report.objective}", name, WIDTHS))
