"""What the charts of every lesson share."""

from __future__ import annotations

from xlsxwriter.chart import Chart

GRID = {"visible": True, "line": {"color": "#E4E7EB"}}
"""The grid lines of a chart: there, and faint."""


def dress(chart: Chart, title: str, size: tuple[int, int], legend: str = "") -> None:
    """A chart's title, its size in pixels (width, height), and where its legend stands: at no side unless told."""
    chart.set_title({"name": title, "name_font": {"size": 11, "bold": True}})
    chart.set_legend({"position": legend} if legend else {"none": True})
    chart.set_size({"width": size[0], "height": size[1]})
