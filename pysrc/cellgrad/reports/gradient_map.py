"""The gradient map: every number that reaches the objective, in its own place, coloured by what it does to it.

A workbook of its own: for each model a sheet with the legend and the strongest cells, and a sheet for each sheet of
the workbook that has such numbers, where the derivative stands in the place of the cell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cellgrad.address import Region, quote_sheet
from cellgrad.gradients.sensitivities import Sensitivities
from cellgrad.reports.style import BLUES, FAINT, GOAL, REDS, Book, name_of, shown, writing
from cellgrad.values import Kind
from cellgrad.workbook import Workbook

LEVELS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
"""Where each strength of colour begins, as a part of the greatest derivative: data is often many, and each of little
weight, beside a few parameters."""
LEVEL_WORDS = ("0.001 to 0.01 %", "0.01 to 0.1 %", "0.1 to 1 %", "1 to 10 %", "10 to 100 %")
MOST_LISTED = 40
MOST_BARS = 15
MOST_TEXTS = 100_000
"""Labels are copied for orientation up to so many a sheet."""
COLUMNS = ("cell", "name", "part", "value", "derivative", "elasticity")
NUMBERS = COLUMNS[3:]
TABLE_AT = 12


def write_gradient_map(path: Path, workbook: Workbook, maps: Sequence[Sensitivities], name: str) -> None:
    """Write the maps of models of one workbook, called `name` for people, as the workbook `path`.

    Raises ArgumentError or WriteError where that file cannot be.
    """
    with writing(path) as book:
        for found in maps:
            title = "gradient map" if len(maps) == 1 else f"map {found.objective.sheet}"
            first = book.sheet(title)
            mirrors = {sheet: book.sheet(sheet) for sheet in workbook.sheets if _has_cells(found, sheet)}
            for sheet, page in mirrors.items():
                _mirror(book, page, workbook, found, sheet)
            _front(book, first, workbook, found, name, mirrors)


def levels(slopes: np.ndarray, greatest: float) -> np.ndarray:
    """How strong derivatives are coloured: 1 to 5, negative for blue; 0 for no colour."""
    size = np.abs(np.where(np.isfinite(slopes), slopes, 0.0)) / (greatest or 1.0)
    return np.searchsorted(LEVELS, size, side="right") * np.where(slopes < 0, -1, 1)


def fill(strength: int) -> dict[str, Any]:
    """The properties of a cell of this strength."""
    if strength == 0:
        return {}
    colour = (REDS if strength > 0 else BLUES)[abs(strength) - 1]
    return {"bg_color": colour, "font_color": "#FFFFFF"} if abs(strength) > 2 else {"bg_color": colour}


def _greatest(found: Sensitivities) -> float:
    finite = np.abs(found.slopes[np.isfinite(found.slopes)])
    return float(finite.max(initial=0.0))


def _has_cells(found: Sensitivities, sheet: str) -> bool:
    return found.objective.sheet == sheet or any(area.sheet == sheet for area in found.areas)


# The sheets, mirrored ------------------------------------------------------------------------------------------------


def _mirror(book: Book, page: Worksheet, workbook: Workbook, found: Sensitivities, sheet: str) -> None:
    """Each derivative in its cell's place, labels for orientation, the objective where it stands."""
    _labels(book, page, workbook, sheet)
    greatest = _greatest(found)
    for area, _, slopes in found.by_area():
        if area.sheet == sheet:
            _derivatives(book, page, area, slopes, greatest)
    if found.objective.sheet == sheet:
        look = book.look(shown(found.value), bg_color=GOAL, bold=True, align="center")
        page.write_number(found.objective.top, found.objective.left, found.value, look)
    _freeze_above(page, found, sheet)


def _derivatives(book: Book, page: Worksheet, area: Region, slopes: np.ndarray, greatest: float) -> None:
    looks: dict[tuple[int, str], Format] = {}
    none = book.faint(align="center")
    strengths = levels(slopes, greatest).tolist()
    for row, (line, strong) in enumerate(zip(slopes.tolist(), strengths, strict=True), start=area.top):
        for column, (slope, strength) in enumerate(zip(line, strong, strict=True), start=area.left):
            if not math.isfinite(slope):
                page.write_string(row, column, "none", none)
                continue
            key = strength, shown(slope)
            look = looks.get(key)
            if look is None:
                quiet: dict[str, Any] = {"font_color": FAINT} if slope == 0 else {}
                look = looks[key] = book.look(key[1], align="center", **quiet, **fill(strength))
            page.write_number(row, column, slope, look)


def _labels(book: Book, page: Worksheet, workbook: Workbook, sheet: str) -> None:
    cells = workbook.sheet(sheet).cells
    texts = np.flatnonzero((cells.kinds == Kind.TEXT) & (cells.formulas < 0))[:MOST_TEXTS]
    look = book.look(font_color=FAINT)
    columns = cells.column_of(texts).tolist()
    for row, column, text in zip(cells.rows[texts].tolist(), columns, cells.data[texts].tolist(), strict=True):
        page.write_string(row, column, str(workbook.strings[int(text)])[:200], look)


def _freeze_above(page: Worksheet, found: Sensitivities, sheet: str) -> None:
    """Keep what stands above a long table in view."""
    tallest = max((area for area in found.areas if area.sheet == sheet), key=lambda area: area.height, default=None)
    if tallest is not None and tallest.height > 20 and tallest.top <= 8:
        page.freeze_panes(tallest.top, 0)


# The front sheet -----------------------------------------------------------------------------------------------------


def _front(
    book: Book, page: Worksheet, workbook: Workbook, found: Sensitivities, name: str, mirrors: dict[str, Worksheet]
) -> None:
    """What it is, the legend, the strongest cells as a table and as bars, and what is left out."""
    page.set_row(0, 24)
    page.write_string(0, 0, f"What moves {found.objective}", book.title())
    page.write_string(1, 0, f"{name}: the exact derivative of the objective by {len(found.slopes):,} cells that hold a "
                            "number and reach it", book.faint())  # fmt: skip
    page.write_string(3, 0, "objective", book.look(bold=True))
    page.write_number(3, 1, found.value, book.look(shown(found.value), bg_color=GOAL, bold=True, align="left"))
    page.write_string(4, 0, name_of(workbook, found.objective), book.faint())
    for line, text in enumerate((
        "derivative: how much the objective grows when the cell grows by 1, all other cells as they are",
        "elasticity: by how many percent it grows when the cell grows by 1 percent",
        "The other sheets show each derivative in its cell's own place.",
    ), start=6):  # fmt: skip
        page.write_string(line, 0, text, book.faint(italic=False))
    _legend(book, page, _greatest(found))
    last = _strongest(book, page, workbook, found, mirrors)
    _left_out(book, page, found, last + 2)
    for column, width in enumerate((22, 26, 11, 13, 13, 13, 3)):
        page.set_column(column, column, width)
    page.set_column(7, 8, 16)


def _legend(book: Book, page: Worksheet, greatest: float) -> None:
    """The colours and what they stand for, above the bars."""
    page.write_string(3, 7, "lowers the objective", book.header("center"))
    page.write_string(3, 8, "raises it", book.header("center"))
    page.write_string(3, 9, "size of the derivative", book.header())
    for row, strength in enumerate(range(len(LEVELS), 0, -1), start=4):
        for column, signed in ((7, -strength), (8, strength)):
            page.write_blank(row, column, None, book.look(**fill(signed)))
        page.write_string(row, 9, f"{LEVEL_WORDS[strength - 1]} of the greatest", book.look(indent=1))
    page.write_string(4 + len(LEVELS), 9, "white: less, or none", book.look(indent=1))
    page.write_string(5 + len(LEVELS), 7, f"the greatest is {greatest:.4g}", book.faint())
    page.set_column(9, 9, 26)


def _strongest(
    book: Book, page: Worksheet, workbook: Workbook, found: Sensitivities, mirrors: dict[str, Worksheet]
) -> int:
    """The cells with the greatest derivatives, each a link to its place; the last row used."""
    top, listed = TABLE_AT, found.strongest(MOST_LISTED)
    strengths = levels(found.slopes[listed], _greatest(found)).tolist()
    page.write_string(top - 1, 0, f"The {len(listed)} strongest of {len(found.slopes):,}", book.heading())
    book.table(page, top, COLUMNS, NUMBERS)
    elasticities = found.elasticities
    for row, (at, strength) in enumerate(zip(listed, strengths, strict=True), start=top + 1):
        cell, value, slope = found.cell(at), float(found.values[at]), float(found.slopes[at])
        target = f"internal:{quote_sheet(mirrors[cell.sheet].get_name())}!{cell.a1}"
        page.write_url(row, 0, target, book.look(font_color="#1A5FB4", underline=1), str(cell))
        page.write_string(row, 1, name_of(workbook, cell), book.look())
        page.write_string(row, 2, "changing" if any(cell in area for area in found.changing) else "data", book.look())
        page.write_number(row, 3, value, book.look(shown(value)))
        page.write_number(row, 4, slope, book.look(shown(slope), **fill(strength)))
        if math.isfinite(elasticities[at]):
            page.write_number(row, 5, elasticities[at], book.look("0.000"))
    last = top + len(listed)
    if listed:
        page.autofilter(top, 0, last, len(COLUMNS) - 1)
        _bars(book, page, found, top, min(len(listed), MOST_BARS))
    return last


def _bars(book: Book, page: Worksheet, found: Sensitivities, top: int, count: int) -> None:
    chart, title = book.file.add_chart({"type": "bar"}), page.get_name()
    chart.add_series({
        "name": "derivative",
        "categories": [title, top + 1, 0, top + count, 0],
        "values": [title, top + 1, 4, top + count, 4],
        "fill": {"color": REDS[2]}, "invert_if_negative": True, "invert_if_negative_color": BLUES[2], "gap": 40,
    })  # fmt: skip
    chart.set_title({"name": f"The {count} greatest derivatives", "name_font": {"size": 11, "bold": True}})
    chart.set_y_axis({"reverse": True, "label_position": "low", "num_font": {"size": 9}})
    chart.set_x_axis({"num_format": "General", "major_gridlines": {"visible": True, "line": {"color": "#E4E9F0"}}})
    chart.set_legend({"none": True})
    chart.set_size({"width": 560, "height": 120 + 22 * count})
    page.insert_chart(top - 1, 7, chart)


def _left_out(book: Book, page: Worksheet, found: Sensitivities, row: int) -> None:
    if not found.left_out:
        return
    page.write_string(row, 0, "Without a derivative here", book.heading())
    for line, one in enumerate(found.left_out, start=row + 1):
        areas = ", ".join(map(str, one.areas[:4])) + (", ..." if len(one.areas) > 4 else "")
        where = one.error.cell or str(found.objective)
        page.write_string(line, 0, f"{areas}: {one.count:,} cells that reach {where}; {one.error.cause}", book.faint())
