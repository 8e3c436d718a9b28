"""The charts of the reports, all in one look; each is drawn from cells of its own sheet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cellgrad.reports.page import Page, Table
from cellgrad.reports.style import BLUES, FAINT, HEADER, INK, REDS, RULE

SPAN_OF_LOG = 100.0
"""Values that span more than this factor are drawn on a logarithmic axis."""
LABEL = {"size": 9, "color": INK}
RED = REDS[2]
"""Of what a chart points out."""


def cells(page: Page, table: Table, column: int) -> list[object]:
    """A column of a table as XlsxWriter's charts take it; column: of the sheet."""
    return [page.title, table.first, column, table.last, column]


def new_chart(page: Page, kind: str, title: str, across: str, up: str, subtype: str | None = None) -> Any:
    """A chart with a title and named axes, without series."""
    chart = page.book.file.add_chart({"type": kind, **({"subtype": subtype} if subtype else {})})
    chart.set_title({"name": title, "name_font": {"size": 11, "bold": True, "color": INK}, "overlay": False})
    name = {"size": 9, "bold": False, "color": FAINT}
    common = {"num_font": LABEL, "name_font": name, "line": {"color": RULE}}
    chart.set_x_axis({"name": across, "major_gridlines": {"visible": False}, **common})
    grid = {"visible": True, "line": {"color": HEADER}}
    chart.set_y_axis({"name": up, "num_format": "General", "major_gridlines": grid, **common})
    chart.set_legend({"none": True})
    return chart


def axis(**more: Any) -> dict[str, Any]:
    """An axis in the reports' look, in XlsxWriter's words: what `new_chart` sets, with more besides."""
    given: dict[str, Any] = {
        "num_font": LABEL, "name_font": {"size": 9, "bold": False, "color": FAINT}, "line": {"color": RULE},
        "num_format": "General",
    }  # fmt: skip
    return given | more


def line(page: Page, table: Table, across: int, up: int, title: str, names: tuple[str, str], log: bool) -> Any:
    """A line through the points of two columns, which are columns of the sheet; log: the axis upwards."""
    chart = new_chart(page, "scatter", title, *names, subtype="straight")
    chart.add_series({
        "name": names[1], "categories": cells(page, table, across), "values": cells(page, table, up),
        "line": {"color": BLUES[3], "width": 2},
    })  # fmt: skip
    chart.set_x_axis(axis(name=names[0], min=0, num_format="#,##0", major_gridlines={"visible": False}))
    grid = {"visible": True, "line": {"color": HEADER}}
    log_axis = {"log_base": 10, "crossing": "min"} if log else {}
    chart.set_y_axis(axis(name=names[1], major_gridlines=grid, num_format="General", **log_axis))
    return chart


def points(page: Page, table: Table, across: int, up: int, title: str, names: tuple[str, str]) -> Any:
    """A dot a row of a table."""
    chart = new_chart(page, "scatter", title, *names)
    dot = {"type": "circle", "size": 5, "fill": {"color": BLUES[2]}, "border": {"color": BLUES[3]}}
    chart.add_series({
        "name": names[1], "categories": cells(page, table, across), "values": cells(page, table, up), "marker": dot,
    })  # fmt: skip
    grid = {"visible": True, "line": {"color": HEADER}}
    chart.set_x_axis(axis(name=names[0], label_position="low", major_gridlines={"visible": False}))
    chart.set_y_axis(axis(name=names[1], major_gridlines=grid, label_position="low"))
    return chart


def bars(page: Page, table: Table, across: int, up: int, title: str, names: tuple[str, str], gap: int = 40) -> Any:
    """A column a row of a table, labelled by another column."""
    chart = new_chart(page, "column", title, *names)
    chart.add_series({
        "name": names[1], "categories": cells(page, table, across), "values": cells(page, table, up),
        "fill": {"color": BLUES[2]}, "border": {"none": True}, "gap": gap,
    })  # fmt: skip
    return chart


def suits_log(values: Iterable[float]) -> bool:
    """Whether values are read best on a logarithmic axis: all above zero, and far apart."""
    known = list(values)
    return bool(known) and min(known) > 0 and max(known) > SPAN_OF_LOG * min(known)
