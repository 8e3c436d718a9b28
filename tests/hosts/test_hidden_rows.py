"""Rows that are not shown, and which of them a filter hides: SUBTOTAL leaves out the one and keeps the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.hosts.tiny_package import tiny

from cellgrad.hosts import package

ROWS = "".join(
    f'<row r="{row}"{hidden}><c r="A{row}"><v>{row}</v></c></row>'
    for row, hidden in enumerate(
        ["", ' hidden="1"', ' ht="5" hidden="true" customHeight="1"', "", ' hidden="0"', ""], 1
    )
)
SPREAD = ROWS.replace("<row ", "<!-- --><row ").replace("<c ", "<c  ")
"""The same rows, in a layout that only the slower reader takes."""


def sheet(rows: str, head: str = "", tail: str = "") -> str:
    return f"{head}<sheetData>{rows}</sheetData>{tail}"


@pytest.mark.parametrize("rows", [ROWS, SPREAD], ids=["usual", "unusual"])
@pytest.mark.parametrize(
    ("head", "tail", "filtered"),
    [
        # ECMA-376 18.3.1.73 (row), 18.3.1.2 (autoFilter), 18.3.2.7 (filterColumn), 18.3.1.82 (sheetPr filterMode)
        ("", "", ()),
        ("", '<autoFilter ref="A1:A2"/>', ()),
        ("", '<autoFilter ref="A1:A2"><filterColumn colId="0"><filters/></filterColumn></autoFilter>', (1,)),
        ('<sheetPr filterMode="1"><tabColor rgb="FF00FF00"/></sheetPr>', '<autoFilter ref="$A$1:$A$9"/>', (1, 2)),
        ('<sheetPr filterMode="0"/>', '<autoFilter ref="A1:A9"/>', ()),
        ("", '<autoFilter ref="nonsense"><filterColumn colId="0"/></autoFilter>', ()),
    ],
)
def test_hidden_and_filtered_rows(tmp_path: Path, rows: str, head: str, tail: str, filtered: tuple[int, ...]) -> None:
    found = package.read(tiny(tmp_path, sheet(rows, head, tail))).sheet("Sheet1")
    assert found.hidden_rows == (1, 2)
    assert found.filtered_rows == filtered


def test_a_row_is_hidden_whether_or_not_it_says_its_number(tmp_path: Path) -> None:
    rows = '<row><c><v>1</v></c></row><row hidden="1"><c><v>2</v></c></row>'
    assert package.read(tiny(tmp_path, rows)).sheet("Sheet1").hidden_rows == (1,)
