"""Charts on a laptop's screen: 1366 pixels across at 100 %, and frozen rows that leave them whole."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.workbooks.lesson_checks import WORKBOOKS

from cellgrad.lessons import BUILDERS

WIDEST = 1150
"""Pixels of columns, as Excel counts them, that are seen on such a screen beside row numbers and scroll bar, in
LibreOffice with its side bar too: it draws columns a tenth wider."""
USUAL = 64
"""Pixels of a column whose width nobody has set."""


@dataclass(frozen=True)
class Chart:
    """rows: the first and the last it covers, from 0; frozen: how many rows are; right: pixels to its right edge."""

    sheet: str
    rows: tuple[int, int]
    frozen: int
    right: float


def charts(name: str) -> Iterator[Chart]:
    """Where the charts of a workbook stand, by its parts."""
    with zipfile.ZipFile(WORKBOOKS / name) as book:
        titles = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        for number, title in enumerate(titles, start=1):
            links = f"xl/worksheets/_rels/sheet{number}.xml.rels"
            found = (
                re.findall(r"drawings/(drawing\d+\.xml)", book.read(links).decode()) if links in book.NameToInfo else []
            )
            with book.open(f"xl/worksheets/sheet{number}.xml") as sheet:
                head = sheet.read(20_000).decode(errors="replace").partition("<sheetData>")[0]
            frozen = re.search(r'ySplit="(\d+)"', head)
            set_widths = {
                column: round(float(width) * 7)
                for first, last, width in re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', head)
                for column in range(int(first) - 1, int(last))
            }
            for drawing in found:
                text = book.read(f"xl/drawings/{drawing}").decode()
                for anchor in re.findall(r"<xdr:twoCellAnchor.*?</xdr:twoCellAnchor>", text, re.DOTALL):
                    if "<xdr:graphicFrame" not in anchor:
                        continue
                    (_, _, top), (column, beyond, bottom) = (
                        (int(c), int(offset) / 9525, int(row))
                        for c, offset, row in re.findall(
                            r"<xdr:col>(\d+)</xdr:col><xdr:colOff>(-?\d+)</xdr:colOff><xdr:row>(\d+)</xdr:row>", anchor
                        )
                    )
                    right = sum(set_widths.get(at, USUAL) for at in range(column)) + beyond
                    yield Chart(title, (top, bottom), int(frozen[1]) if frozen else 0, right)


def test_charts_are_found() -> None:
    """As openpyxl and the eye count them: the table's sheets of compare.xlsx have one each."""
    assert [chart.sheet for chart in charts("compare.xlsx")] == [
        "models", "splits", "to_the_end", "learning_curve", "smallest",
    ]  # fmt: skip
    [first, *_] = charts("compare.xlsx")
    assert (first.rows[0], first.frozen) == (6, 6)


@pytest.mark.parametrize("name", BUILDERS)
def test_no_chart_is_cut(name: str) -> None:
    cut = [chart for chart in charts(name) if chart.right > WIDEST or chart.rows[0] < chart.frozen <= chart.rows[1]]
    assert cut == []
