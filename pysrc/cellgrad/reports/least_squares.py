"""The least-squares report: how well a fit's parameters are known, and what its residuals look like."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellgrad.late import Late
from cellgrad.optimize.fit_statistics import FitStatistics
from cellgrad.reports import charts
from cellgrad.reports.contents import Run, finite, without_end
from cellgrad.reports.page import Column, Page, Table
from cellgrad.reports.style import BLUES, REDS, name_of
from cellgrad.workbook import Workbook

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")

MOST_CORRELATED = 40
"""So many parameters are told in the table of correlations."""
MOST_DRAWN = 2000
"""More residuals than these are thinned for the chart."""
MOST_BINS, MOST_LABELS = 40, 8
WIDTHS = (20, 26, 14, 14, 12, 12, 14, 14)
LAST, DATA_AT = 7, 60
"""The last column of the page, and the first of the tables that the charts are drawn from, which are not printed."""
CHART_SIZE = (470, 300)
ILL_CONDITIONED = 1e8
"""From this condition on, half of the digits of a standard error are rounding."""
EXCHANGEABLE = "the parameters can nearly stand in for each other: the standard errors have fewer digits than shown"
MOST_LISTED = 12
STRONG = 0.95
"""Two parameters correlated beyond this can hardly be told apart."""
LEVELS = (0.5, 0.8, 0.95)
"""Correlations from each of these on have a colour of their own."""


def why_not(run: Run) -> str:
    """Why there is no least-squares report on a run; '' where there is one."""
    if run.solution is None:
        return "there has been no run yet"
    if run.fit is None:
        return (
            "the objective is no sum of squares to be made the least, with more residuals than changing cells, and few "
            "enough of these to tell how they go together"
        )
    return ""


@dataclass(frozen=True)
class LeastSquaresReport:
    """names: of the parameters, for people."""

    run: Run
    fit: FitStatistics
    names: tuple[str, ...]

    @staticmethod
    def of(run: Run, workbook: Workbook) -> LeastSquaresReport:
        """The report on a run that `why_not` has nothing against."""
        assert run.fit is not None
        return LeastSquaresReport(run, run.fit, tuple(name_of(workbook, cell) for cell in run.cells))

    def frame(self) -> pd.DataFrame:
        """The parameters, by cell: name, estimate, standard error, t, p and the interval of confidence."""
        fit = self.fit
        return pd.DataFrame(
            {
                "name": self.names, "estimate": self.run.end, "standard error": fit.standard_errors,
                "t": fit.t_values, "p": fit.p_values, self._bound("lower"): fit.lower, self._bound("upper"): fit.upper,
            },
            index=pd.Index(list(map(str, self.run.cells)), name="cell"),
        )  # fmt: skip

    def _bound(self, which: str) -> str:
        return f"{which} {100 * self.fit.confidence:g} %"

    def answer(self) -> dict[str, Any]:
        """The report for JSON."""
        fit = self.fit
        columns = (self.run.end, fit.standard_errors, fit.t_values, fit.p_values, fit.lower, fit.upper)
        keys = ("estimate", "standard_error", "t", "p", "lower", "upper")
        return {
            "report": "least-squares",
            "sheet": self.run.sheet,
            "objective": self.run.objective,
            "observations": fit.observations,
            "degrees_of_freedom": fit.degrees_of_freedom,
            "sum_of_squares": finite(fit.sum_of_squares),
            "residual_standard_deviation": finite(fit.residual_deviation),
            "r_squared": finite(fit.r_squared),
            "confidence": fit.confidence,
            "condition": without_end(fit.condition),
            "undetermined": [str(self.run.cells[place]) for place in fit.undetermined],
            "at_bounds": [str(self.run.cells[place]) for place in fit.at_bounds],
            "parameters": [
                {"cell": str(cell), "name": name} | dict(zip(keys, map(finite, values), strict=True))
                for cell, name, *values in zip(self.run.cells, self.names, *columns, strict=True)
            ],
            "correlations": [[finite(value) for value in row] for row in fit.correlations.tolist()],
        }

    def write(self, page: Page) -> None:
        """The sheet: the fit as a whole, the parameters, the residuals as charts, the correlations in colour."""
        page.facts(self._facts(), LAST)
        page.heading("The parameters")
        columns = (
            Column("cell"), Column("name"), Column("estimate", "answer"), Column("standard error", "number"),
            Column("t", "number"), Column("p", "probability"), Column(self._bound("lower"), "number"),
            Column(self._bound("upper"), "number"),
        )  # fmt: skip
        page.table(columns, self.frame().reset_index().itertuples(index=False))
        self._write_charts(page)
        self._write_correlations(page)
        page.heading("What the columns say")
        page.notes(self._notes(), LAST)
        page.prints(page.row, max(LAST, 1 + min(len(self.names), MOST_CORRELATED)))
        page.sheet.freeze_panes(2, 0)

    def _facts(self) -> Iterator[tuple[str, str]]:
        fit, run = self.fit, self.run
        counts = f"{fit.observations:,} observations, {len(run.cells):,} parameters"
        yield "fit", f"{counts}; {run.objective} is {run.after:.6g}"
        yield "degrees of freedom", f"{fit.degrees_of_freedom:,}"
        yield "residual deviation", f"{fit.residual_deviation:.6g}: what a residual typically amounts to"
        yield "sum of squares", f"{fit.sum_of_squares:.8g}"
        if fit.r_squared is not None and math.isfinite(fit.r_squared):
            yield "R squared", f"{fit.r_squared:.6f}: the part of the variation that the fit explains"
        if fit.undetermined:
            yield "not determined", f"{self._listed(fit.undetermined)}: the data leave these open; others fit as well"
        if fit.at_bounds:
            yield "held", f"{self._listed(fit.at_bounds)}: at a bound, or a whole number; taken as known"
        if ILL_CONDITIONED < fit.condition < math.inf:
            yield "warning", f"{EXCHANGEABLE} (condition {fit.condition:.1e})"
        close = list(self._close())
        if close:
            yield "hard to tell apart", "; ".join(close)

    def _listed(self, places: Sequence[int]) -> str:
        more = len(places) - MOST_LISTED
        named = ", ".join(self.run.short(str(self.run.cells[place])) for place in places[:MOST_LISTED])
        return named + (f" and {more:,} more" if more > 0 else "")

    def _close(self) -> Iterator[str]:
        """The pairs of parameters that are correlated most, in words; a few."""
        size = np.abs(np.triu(np.nan_to_num(self.fit.correlations), 1))
        for flat in np.argsort(-size, axis=None, kind="stable")[:3].tolist():
            one, other = divmod(flat, len(self.names))
            if size[one, other] > STRONG:
                cells = [self.run.short(str(self.run.cells[place])) for place in (one, other)]
                yield f"{cells[0]} and {cells[1]} (correlation {self.fit.correlations[one, other]:.3f})"

    def _notes(self) -> Sequence[tuple[str, str]]:
        return (
            ("standard error", "how far the estimate would scatter, were the data measured again and again"),
            ("t", "the estimate in standard errors"),
            ("p", "how likely a t this far from 0 would be, were the true parameter 0"),
            (f"{100 * self.fit.confidence:g} %", "the interval from lower to upper holds the true parameter as often"),
            ("correlation", "how the errors of two parameters go together; near 1 or -1, they are hard to tell apart"),
            ("all of it", "supposes independent errors of one size, and a model that is near enough to linear around "
                          "the answer"),
        )  # fmt: skip

    def _write_charts(self, page: Page) -> None:
        row = page.row
        residuals = self.fit.residuals
        stride = -(-len(residuals) // MOST_DRAWN) or 1
        places = range(0, len(residuals), stride)
        page.row = 3
        plotted = page.table(
            (Column("number", "count"), Column("residual", "number")),
            ((place + 1, residuals[place]) for place in places), DATA_AT,
        )  # fmt: skip
        page.row = 3
        binned = page.table((Column("middle", "number"), Column("count", "count")), _bins(residuals), DATA_AT + 3)
        names = "number of the residual, in the sheet's order", "residual"
        chart = charts.points(page, plotted, DATA_AT, DATA_AT + 1, "The residuals", names)
        page.chart(chart, row, 0, *CHART_SIZE)
        page.chart(self._histogram(page, binned), row, 3, *CHART_SIZE)
        page.row = row
        page.below(row, CHART_SIZE[1])

    def _histogram(self, page: Page, binned: Table) -> Any:
        names = "residual", "how many"
        chart = charts.bars(page, binned, DATA_AT + 3, DATA_AT + 4, "How they are spread", names, gap=4)
        apart = -(-(binned.last - binned.top) // MOST_LABELS)
        chart.set_x_axis(charts.axis(name=names[0], interval_unit=apart, major_gridlines={"visible": False}))
        return chart

    def _write_correlations(self, page: Page) -> None:
        count = min(len(self.names), MOST_CORRELATED)
        if count < 2:
            return
        left_out = len(self.names) - count
        page.heading("Correlations of the parameters" + (f"; the first {count:,}" if left_out else ""))
        short = [self.run.short(str(cell)) for cell in self.run.cells[:count]]
        columns = (Column("cell"), Column("name"), *(Column(cell, "number") for cell in short))
        table = page.table(
            columns, ((cell, name) + (None,) * count for cell, name in zip(short, self.names, strict=False))
        )
        for row, line in enumerate(self.fit.correlations[:count, :count].tolist()):
            for column, value in enumerate(line):
                if math.isnan(value):
                    page.put(table.first + row, 2 + column, value, "number")
                    continue
                look = page.book.look("0.000", **({} if row == column else _fill(value)))
                page.sheet.write_number(table.first + row, 2 + column, value, look)
        for column in range(len(WIDTHS), len(columns)):
            page.widen(column, 12)


def _bins(residuals: NDArray[np.float64]) -> list[tuple[float, int]]:
    """Middles and counts of a histogram; middles with as many digits as tell them apart."""
    known = residuals[np.isfinite(residuals)]
    if not known.size or known.min() == known.max():
        return [(float(known[0]), len(known))] if known.size else []
    counts, edges = np.histogram(known, bins=min(MOST_BINS, max(5, math.ceil(math.sqrt(len(known))))))
    middles = (edges[:-1] + edges[1:]) / 2
    digits = -math.floor(math.log10(edges[1] - edges[0]))
    return [(round(float(middle), digits), int(count)) for middle, count in zip(middles, counts, strict=True)]


def _fill(correlation: float) -> dict[str, Any]:
    """The colour of a correlation: red for those that go together, blue for opposites."""
    level = sum(abs(correlation) >= limit for limit in LEVELS)
    fill = {"bg_color": (REDS if correlation > 0 else BLUES)[level]}
    return {} if level == 0 else fill | ({"font_color": "#FFFFFF"} if level > 1 else {})
