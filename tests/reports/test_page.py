"""How a page of a report shows numbers, and makes room for words."""

from __future__ import annotations

import math
from pathlib import Path

import openpyxl
import pytest

from cellgrad.reports.page import Column, Page
from cellgrad.reports.style import writing

# a column of numbers -> what each is shown as, in Excel's formats
WHOLE, FOUR, TWO, POWER = "#,##0;-#,##0;0", "#,##0.0000;-#,##0.0000;0", "#,##0.00;-#,##0.00;0", "0.00E+00"
NUMBERS = [
    ([1, 20, 300], [WHOLE, WHOLE, WHOLE]),
    ([5.0000000001, 200 - 3e-13], [WHOLE, WHOLE]),  # but for rounding
    ([1.5, 20], [FOUR, FOUR]),
    ([12345.67, 0.5], [TWO, TWO]),
    ([1.5, 1e-7, -2e-9], [FOUR, POWER, POWER]),
    ([12345.67, 0.0123], [TWO, POWER]),
    ([1, 2, 1e-10], [FOUR, FOUR, POWER]),
    ([2.5e13, 1], [WHOLE, WHOLE]),
    ([math.inf, 2.0], ["0E+00", WHOLE]),
]


@pytest.mark.parametrize(("values", "formats"), NUMBERS)
def test_a_column_of_numbers_is_of_one_look(values: list[float], formats: list[str], tmp_path: Path) -> None:
    with writing(tmp_path / "r.xlsx") as book:
        page = Page(book, "page", "Title", "source", (20,))
        page.table((Column("number", "number"),), [[value] for value in values])
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["page"]
    cells = [row[0] for row in sheet.iter_rows(5, 4 + len(values), 1, 1)]
    expected = [POWER if abs(value) >= 1e12 and math.isfinite(value) else form
                for value, form in zip(values, formats, strict=True)]  # fmt: skip
    assert [cell.number_format for cell in cells] == expected
    assert [cell.value for cell in cells] == pytest.approx([min(value, 1e30) for value in values], rel=1e-15)


def test_what_is_no_number_is_said(tmp_path: Path) -> None:
    with writing(tmp_path / "r.xlsx") as book:
        page = Page(book, "page", "Title", "source", (20, 20))
        page.table((Column("a", "number"), Column("b")), [[math.nan, None], [None, ""]])
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["page"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(5, 6, 1, 2)] == [["none", None], [None, None]]


# words over columns of this many units of width -> lines of 15 points
ROOM = [("short", 40, 1), ("word " * 20, 40, 3), ("x" * 200, 40, 1), ("two\nlines", 40, 2), ("", 40, 1)]


@pytest.mark.parametrize(("text", "width", "lines"), ROOM)
def test_rows_are_as_high_as_their_words_ask(text: str, width: int, lines: int, tmp_path: Path) -> None:
    with writing(tmp_path / "r.xlsx") as book:
        Page(book, "page", "Title", "source", (10, width)).facts([("label", text.strip())], 1)
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["page"]
    assert sheet.row_dimensions[4].height in ((15 * lines,) if lines > 1 else (None, 15))


def test_columns_grow_with_their_texts_within_reason(tmp_path: Path) -> None:
    with writing(tmp_path / "r.xlsx") as book:
        page = Page(book, "page", "Title", "source", (10, 10, 10))
        page.table((Column("a"), Column("b"), Column("c")), [["x" * 5, "x" * 30, "x" * 300]])
        widths = page.widths
    assert widths[0] == 10
    assert 25 < widths[1] < 32
    assert widths[2] == 44
