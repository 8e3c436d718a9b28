"""The charts that weigh the models: a colour a size, from the linear model to sixteen units."""

from __future__ import annotations

from typing import Any

import xlsxwriter
from xlsxwriter.chart_scatter import ChartScatter

from cellgrad.lessons.charts import GRID
from cellgrad.lessons.compare.nets import NETS, TABLE_TOP, table_row
from cellgrad.lessons.compare.parts import PARTS
from cellgrad.lessons.computed import Page
from cellgrad.lessons.style import INK

COLOURS = {0: INK, 2: "#3B6FB6", 4: "#21A18C", 8: "#8CC63F", 16: "#F2A900"}
"""Units -> colour; the larger the lighter."""
SAID = {0: "linear", 2: "2 units", 4: "4 units", 8: "8 units", 16: "16 units"}


def _rows(units: int) -> tuple[int, int]:
    """The first and last row of the models of a size, from 0."""
    rows = [table_row(net) for net in NETS if net.units == units]
    return rows[0], rows[-1]


def _dots(colour: str, kind: str = "circle") -> dict[str, Any]:
    return {"type": kind, "size": 9, "fill": {"color": colour}, "border": {"color": "#FFFFFF", "width": 1}}


def _finish(chart: ChartScatter, title: str, x: dict[str, Any], y: dict[str, Any]) -> None:
    chart.set_title({"name": title, "name_font": {"size": 12, "bold": True}})
    chart.set_x_axis({"major_gridlines": GRID, **x})
    chart.set_y_axis({"major_gridlines": GRID, "num_format": "0.00", **y})
    chart.set_legend({"position": "bottom"})


def time_against_loss(book: xlsxwriter.Workbook, page: Page) -> None:
    """On `models`: a dot a model, seconds to the right, validation loss upward, coloured by size."""
    chart = book.add_chart({"type": "scatter"})
    for units, colour in COLOURS.items():
        first, last = _rows(units)
        chart.add_series({
            "name": SAID[units], "categories": [page.name, first, 5, last, 5], "values": [page.name, first, 7, last, 7],
            "marker": _dots(colour),
        })  # fmt: skip
    _finish(
        chart, "Time against loss: down left is where to look", {"name": "seconds to train", "min": 0,
        "num_format": "0.0"}, {"name": "validation loss: mean squared error", "num_format": "0.000"},
    )  # fmt: skip
    chart.set_size({"width": 500, "height": 440})
    page.sheet.insert_chart(2, 13, chart, {"x_offset": 12})


def splits(book: xlsxwriter.Workbook, page: Page) -> None:
    """On `splits`: a dot a model and split; the splits differ more than the models do."""
    chart = book.add_chart({"type": "line"})
    for units, colour in COLOURS.items():
        for row in range(_rows(units)[0], _rows(units)[1] + 1):
            chart.add_series({
                "name": [page.name, row, 0], "categories": [page.name, TABLE_TOP - 1, 1, TABLE_TOP - 1, PARTS],
                "values": [page.name, row, 1, row, PARTS], "line": {"color": colour, "width": 1.25},
                "marker": _dots(colour) | {"size": 5},
            })  # fmt: skip
    _finish(chart, "Every line is a model: the splits differ more than the models", {},
            {"name": "validation loss", "min": 0.08})  # fmt: skip
    chart.set_legend({"none": True})
    chart.set_size({"width": 640, "height": 340})
    page.sheet.insert_chart(TABLE_TOP + len(NETS) + 1, 7, chart)


def to_the_end(book: xlsxwriter.Workbook, page: Page) -> None:
    """On `to_the_end`: parameters to the right, loss upward: stopped in time, and to the end."""
    chart = book.add_chart({"type": "scatter"})
    last = TABLE_TOP + len(NETS) - 1
    series = {
        "validation, to the end": (4, "#B42318", "circle"),
        "validation, stopped in time": (6, "#2F7DC0", "circle"),
        "training, to the end": (3, "#EFA9A0", "diamond"),
        "training, stopped in time": (5, "#A3CBEC", "diamond"),
    }
    for name, (column, colour, kind) in series.items():
        chart.add_series({
            "name": name, "categories": [page.name, TABLE_TOP, 1, last, 1],
            "values": [page.name, TABLE_TOP, column, last, column], "marker": _dots(colour, kind),
        })  # fmt: skip
    _finish(chart, "Larger models: better on what they saw, worse on what they did not",
            {"name": "parameters", "log_base": 10, "min": 1, "max": 1000},
            {"name": "mean squared error", "min": 0})  # fmt: skip
    chart.set_size({"width": 600, "height": 440})
    page.sheet.insert_chart(2, 8, chart, {"x_offset": 12})
