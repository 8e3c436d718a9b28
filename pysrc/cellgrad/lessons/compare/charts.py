"""The charts that weigh the models: a colour a size, from the linear model to sixteen units."""

from __future__ import annotations

from typing import Any

import xlsxwriter
from xlsxwriter.chart import Chart

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.compare.nets import NETS, TABLE_TOP, table_row
from cellgrad.lessons.compare.parts import PARTS
from cellgrad.lessons.computed import Page
from cellgrad.lessons.style import INK
from cellgrad.lessons.titanic.passengers import INPUTS

COLOURS = {0: INK, 2: "#3B6FB6", 4: "#21A18C", 8: "#8CC63F", 16: "#F2A900"}
"""Units -> colour; the larger the lighter."""
SAID = {0: "linear", 2: "2 units", 4: "4 units", 8: "8 units", 16: "16 units"}


def _rows(units: int) -> tuple[int, int]:
    """The first and last row of the models of a size, from 0."""
    rows = [table_row(net) for net in NETS if net.units == units]
    return rows[0], rows[-1]


def _dots(colour: str, kind: str = "circle") -> dict[str, Any]:
    return {"type": kind, "size": 9, "fill": {"color": colour}, "border": {"color": "#FFFFFF", "width": 1}}


def _axes(chart: Chart, x: dict[str, Any], y: dict[str, Any]) -> None:
    chart.set_x_axis({"major_gridlines": GRID, **x})
    chart.set_y_axis({"major_gridlines": GRID, "num_format": "0.00", **y})


def time_against_loss(book: xlsxwriter.Workbook, page: Page) -> None:
    """On `models`: a dot a model, seconds to the right, validation loss upward, coloured by size."""
    chart = book.add_chart({"type": "scatter"})
    for units, colour in COLOURS.items():
        first, last = _rows(units)
        chart.add_series({
            "name": SAID[units], "categories": [page.name, first, 5, last, 5], "values": [page.name, first, 7, last, 7],
            "marker": _dots(colour),
        })  # fmt: skip
    _axes(chart, {"name": "seconds to train", "min": 0, "num_format": "0.0"},
          {"name": "validation loss: mean squared error", "num_format": "0.000"})  # fmt: skip
    dress(chart, "Time against loss: look down left", (330, 360), legend="bottom")
    page.sheet.insert_chart(TABLE_TOP, 13, chart, {"x_offset": 12})


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
    _axes(chart, {}, {"name": "validation loss", "min": 0.08})
    dress(chart, "Every line is a model: the splits differ more than the models", (620, 340))
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
    _axes(chart, {"name": "parameters", "log_base": 10, "min": 1, "max": 1000},
          {"name": "mean squared error", "min": 0})  # fmt: skip
    dress(chart, "Larger models: better on what they saw, worse on the rest", (510, 440), legend="bottom")
    page.sheet.insert_chart(TABLE_TOP, 8, chart, {"x_offset": 12})


def weights(book: xlsxwriter.Workbook, page: Page, weights_at: tuple[int, int], at: tuple[int, int]) -> None:
    """On `smallest`: a bar an input, rightward where its weight speaks for living; weights_at, at: cells from 0."""
    row, left = weights_at
    last = left + len(INPUTS) - 1
    chart = book.add_chart({"type": "bar"})
    chart.add_series({
        "name": "weight", "categories": [page.name, row - 1, left, row - 1, last],
        "values": [page.name, row, left, row, last], "fill": {"color": "#FFD84D"}, "gap": 35,
    })  # fmt: skip
    chart.set_y_axis({"name": "input", "reverse": True, "label_position": "low", "interval_unit": 1,
                      "num_font": {"size": 8}})  # fmt: skip
    chart.set_x_axis({"name": "weight: left against living, right for it", "num_format": "0.0",
                      "label_position": "high", "major_gridlines": GRID})  # fmt: skip
    dress(chart, "What each input says", (424, 236))
    page.sheet.insert_chart(*at, chart, {"x_offset": 12})
