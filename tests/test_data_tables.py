"""What-if data tables are data: audited apart, and said aloud where an objective reads one."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from tests.commands import run
from tests.hosts.tiny_package import tiny

from cellgrad.reports.check import check_model
from cellgrad.session import open_book

ROWS = """<row r="1"><c r="A1"><v>3</v></c><c r="B1"><f>A1^2</f><v>9</v></c><c r="D1"><f>B1</f><v>9</v></c>
<c r="E1"><f>(A1-2)^2+D3</f><v>5</v></c><c r="F1"><f>(A1-2)^2</f><v>1</v></c></row>
<row r="2"><c r="C2"><v>1</v></c><c r="D2"><f t="dataTable" ref="D2:D4" dt2D="0" dtr="0" r1="A1"/><v>1</v></c></row>
<row r="3"><c r="C3"><v>2</v></c><c r="D3"><v>4</v></c></row>
<row r="4"><c r="C4"><v>3</v></c><c r="D4"><v>9</v></c></row>"""
"""B1 is the square of A1, and D2:D4 what it would be for 1, 2 and 3; E1 reads the table, F1 does not."""


def named(objective: str) -> str:
    values = {"opt": f"Sheet1!${objective[0]}$1", "adj": "Sheet1!$A$1", "typ": "2", "num": "0", "neg": "2"}
    return "".join(
        f'<definedName name="solver_{name}" localSheetId="0" hidden="1">{text}</definedName>'
        for name, text in values.items()
    )


@pytest.fixture
def reads(tmp_path: Path) -> Path:
    return tiny(tmp_path, ROWS, names=named("E1"))


def test_audit_counts_them_apart(reads: Path) -> None:
    (answer,) = run("audit", reads, "--json").json
    assert (answer["formulas"], answer["matched"], answer["errors"], answer["data_tables"]) == (4, 4, 0, 3)
    assert "3 more hold what a what-if data table has put there, which is data" in run("audit", reads).out


def test_every_command_warns_by_cell(reads: Path, tmp_path: Path) -> None:
    warning = "Sheet1!E1 reads Sheet1!D3, which a what-if data table fills"
    options = ("--objective", "E1", "--changing", "A1")
    optimized = ("optimize", reads, *options, "--out", tmp_path / "out.xlsx")
    for command in (("gradients", reads, *options), ("models", reads), optimized):
        ran = run(*command)
        assert ran.code == 0
        assert warning in " ".join(ran.out.split()), command
    answer = run("gradients", reads, *options, "--json").json
    assert answer["gradients"] == {"Sheet1!A1": 2.0}
    assert answer["warning"].startswith(warning)
    assert run("models", reads, "--json").json[0]["warning"].startswith(warning)
    assert warning in run(*optimized, "--json").json[0]["message"]
    assert any(line.startswith(warning) for line in check_model(open_book(reads), "Sheet1"))


def test_no_warning_where_the_path_is_clear(tmp_path: Path) -> None:
    path = tiny(tmp_path, ROWS, names=named("F1"))
    assert run("models", path, "--json").json[0]["warning"] == ""
    assert run("gradients", path, "--json").json[0]["warning"] == ""
    assert not any("data table" in line for line in check_model(open_book(path), "Sheet1"))


def test_a_save_asks_for_the_table_to_be_filled_anew(reads: Path, tmp_path: Path) -> None:
    """The table's cells follow A1 through B1 in a spreadsheet alone; they stay as they are until it has been open."""
    out = tmp_path / "out.xlsx"
    run("optimize", reads, "--objective", "F1", "--changing", "A1", "--out", out)
    with zipfile.ZipFile(out) as archive:
        assert b"fullCalcOnLoad" in archive.read("xl/workbook.xml")
        assert b'<f t="dataTable" ref="D2:D4"' in archive.read("xl/worksheets/sheet1.xml")
