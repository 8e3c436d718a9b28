# ruff: noqa: E501 - a row of a table is a line, whatever its length
"""References into other workbooks: the cells that a file keeps of them are data; nothing is ever opened.

Expected: what ECMA-376 (CT_ExternalBook) says the kept cells are, worked out by hand.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from tests.commands import run
from tests.hosts.tiny_package import HEADER, RELATIONS, TRANSITIONAL, parts, relationships, save

from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import FileError
from cellgrad.formula.parse import parse
from cellgrad.formula.printing import to_text
from cellgrad.hosts import package
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value

BOOK = """<externalBook r:id="rId1"><sheetNames><sheetName val="Sheet1"/><sheetName val="Other sheet"/><sheetName val="Bare"/></sheetNames>
<definedNames><definedName name="Rate" refersTo="=Sheet1!$B$1"/><definedName name="Pair" refersTo="='Other sheet'!$B$2:$B$3"/>
<definedName name="Rate" refersTo="='Other sheet'!$B$3" sheetId="1"/><definedName name="Seven" refersTo="=7"/>
<definedName name="Moving" refersTo="=Sheet1!A1"/><definedName name="Computed" refersTo="=SUM(Sheet1!$A$1:$A$3)"/></definedNames>
<sheetDataSet><sheetData sheetId="0"><row r="1"><cell r="A1"><v>2</v></cell><cell r="B1"><v>0.5</v></cell></row>
<row r="2"><cell r="A2" t="n"><v>3</v></cell><cell r="B2" t="str"><v>two words_x000D_</v></cell></row>
<row r="3"><cell r="A3"><v>5</v></cell><cell r="B3" t="b"><v>1</v></cell><cell r="C3" t="e"><v>#N/A</v></cell><cell r="D3"/></row></sheetData>
<sheetData sheetId="1"><row r="2"><cell r="B2"><v>10</v></cell></row><row r="3"><cell r="B3"><v>20</v></cell></row></sheetData>
<sheetData sheetId="2" refreshError="1"/></sheetDataSet></externalBook>"""


def link(body: str) -> str:
    return f'{HEADER}<externalLink xmlns="{TRANSITIONAL}" xmlns:r="{RELATIONS}">{body}</externalLink>'


def linked(folder: Path, formulas: dict[str, str], cached: float = -1.0, body: str = BOOK, numbers: str = "") -> Path:
    """A workbook whose `[1]` is a file that does not exist, and `[2]` an add-in; every formula's cached value is one."""
    rows = "".join(
        f'<row r="{address[1:]}"><c r="{address}"><f>{text}</f><v>{cached}</v></c></row>'
        for address, text in formulas.items()
    )
    tail = '<externalReferences><externalReference r:id="rId2"/><externalReference r:id="rId3"/></externalReferences>'
    contents = parts(numbers + rows, workbook_tail=tail)
    contents["xl/_rels/workbook.xml.rels"] = relationships(
        ("worksheet", "worksheets/sheet1.xml"), ("externalLink", "e/1.xml"), ("externalLink", "e/2.xml")
    )
    contents["xl/e/1.xml"] = link(body)
    contents["xl/e/2.xml"] = link('<externalBook r:id="rId1"><sheetNames/></externalBook>')
    contents["xl/e/_rels/1.xml.rels"] = relationships(("externalLinkPath", "file:///C:/nowhere.xlsx", "External"))
    contents["xl/e/_rels/2.xml.rels"] = relationships(("externalLinkPath", "cellgrad.xlam", "External"))
    return save(folder / "linked.xlsx", contents)


HELD: list[tuple[str, Value]] = [
    ("[1]Sheet1!A1", 2.0), ("[1]sheet1!$A$2*2", 6.0), ("'[1]Other sheet'!$B$2", 10.0), ("SUM('[1]Other sheet'!$B$2:$C$9)", 30.0),
    ("[1]Sheet1!B2", "two words\r"), ("[1]Sheet1!B3", True), ("[1]Sheet1!C3", CellError.NA), ("SUM([1]Sheet1!A:A)", 10.0),
    ("VLOOKUP(3,[1]Sheet1!$A$1:$B$3,2,FALSE)", "two words\r"), ("SUMPRODUCT([1]Sheet1!A1:A3,[1]Sheet1!A1:A3)", 38.0),
    ("SUMIF([1]Sheet1!A1:A3,\">2\")", 8.0), ("COUNTBLANK([1]Sheet1!A1:A4)", 1.0), ("MATCH(5,[1]Sheet1!A:A,0)", 3.0),
    ("[1]!Rate*4", 2.0), ("SUM([1]!Pair)", 30.0), ("'[1]Other sheet'!Rate", 20.0), ("[1]!Seven+1", 8.0), ("[1]!rate", 0.5),
    ("[2]!CG_RELU(-[1]Sheet1!A1)", 0.0), ("[2]!CG_RELU([1]Sheet1!A1)", 2.0), ("INDEX([1]Sheet1!A1:B3,2,1)", 3.0),
    ("'[01]Sheet1'!A1", 2.0), ("SUM([1]Sheet1!1:1)", 2.5),
]  # fmt: skip
"""The formula, and its value; nothing in the file gives it away: all cached values are -1."""

NOT_HELD = [
    "[1]Sheet1!A4", "[1]Sheet1!D3", "SUM([1]Sheet1!F1:G9)", "[1]Bare!A1", "[1]Gone!A1+1", "[1]!Missing", "[1]!Moving", "[1]!Computed",
    "[3]Sheet1!A1", "SUM('[1]Sheet1:Other sheet'!B2)", "[1]!Table1[Age]", "'C:\\data\\[a.xlsx]Sheet1'!A1", "server|topic!item", "[1]!'EUR;bid'",
]  # fmt: skip
"""What only the formula's own cached value tells."""


@pytest.mark.parametrize(("formula", "expected"), HELD)
def test_kept_cells_are_computed_with(tmp_path: Path, formula: str, expected: Value) -> None:
    book = package.read(linked(tmp_path, {"A1": formula}))
    assert Reference(book).value("Sheet1", 0, 0) == expected
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    assert not result.failures
    assert result.cells(dependence).get("Sheet1", {}).get((0, 0), -1.0) == expected


@pytest.mark.parametrize("formula", NOT_HELD)
def test_the_cached_value_stays_where_nothing_is_kept(tmp_path: Path, formula: str) -> None:
    path = linked(tmp_path, {"A1": formula, "A2": "A1*2"})
    book = package.read(path)
    assert Reference(book).value("Sheet1", 0, 0) == -1.0
    assert Reference(book).value("Sheet1", 1, 0) == -2.0
    (answer,) = run("audit", path, "--json").json
    assert (answer["external"], len(answer["mismatched"]), answer["errors"]) == (1, 1, 0)


def test_filled_down_beyond_what_is_kept(tmp_path: Path) -> None:
    """Rows 1 to 3 are kept, row 4 is not: that cell keeps its value, and the others are computed."""
    path = linked(tmp_path, {f"A{row}": f"[1]Sheet1!A{row}+1" for row in range(1, 5)})
    book = package.read(path)
    expected = [3.0, 4.0, 6.0, -1.0]
    assert [Reference(book).value("Sheet1", row, 0) for row in range(4)] == expected
    dependence = Dependence(book)
    cells = recalculate(dependence, dependence.all_blocks(), {}).cells(dependence)["Sheet1"]
    assert [cells.get((row, 0), -1.0) for row in range(4)] == expected


def test_audit_compares_what_is_kept(tmp_path: Path) -> None:
    path = linked(tmp_path, {"A1": "[1]Sheet1!A1", "A2": "[1]Sheet1!A1-A1+2", "A3": "[1]Sheet1!A4"}, cached=2.0)
    (answer,) = run("audit", path, "--json").json
    assert (answer["formulas"], answer["matched"], answer["external"]) == (3, 2, 1)


def test_a_model_reads_kept_cells_as_constants(tmp_path: Path) -> None:
    """(x - 2)^2 with the 2 in another workbook."""
    path = linked(tmp_path, {"A2": "(A1-[1]Sheet1!A1)^2"}, numbers='<row r="1"><c r="A1"><v>7</v></c></row>')
    ran = run("optimize", path, "--objective", "A2", "--changing", "A1", "--out", tmp_path / "out.xlsx", "--json")
    assert ran.code == 0, ran.err
    assert ran.json[0]["changing"][0]["after"] == pytest.approx(2.0, abs=1e-6)


def test_a_model_that_needs_what_is_not_kept_is_refused(tmp_path: Path) -> None:
    path = linked(tmp_path, {"A2": "(A1-[1]Sheet1!A4)^2"}, numbers='<row r="1"><c r="A1"><v>7</v></c></row>')
    ran = run("optimize", path, "--objective", "A2", "--changing", "A1", "--out", tmp_path / "out.xlsx")
    assert ran.code == 1
    assert "Sheet1!A2" in ran.err and "another workbook" in ran.err


def test_the_sheets_of_other_workbooks_are_no_sheets_of_this_one(tmp_path: Path) -> None:
    book = package.read(linked(tmp_path, {"A1": "SHEETS()", "A2": "[1]Sheet1!A1"}))
    assert list(book.sheets) == ["Sheet1"]
    assert sorted(book.external_sheets) == ["[1]Other sheet", "[1]Sheet1"]
    assert Reference(book).value("Sheet1", 0, 0) == 1.0


@pytest.mark.parametrize("text", ["[1]Sheet1!B2", "'[1]Other sheet'!$B2:C$9", "[1]!Rate", "[1]Sheet1!B:B"])
def test_printed_for_another_cell(text: str) -> None:
    tree = parse(text, 3, 3)
    assert to_text(tree, 3, 3) == text
    assert to_text(tree, 4, 3) == text.replace("B2", "B3").replace("$B3", "$B3")


DAMAGED = {
    "a number that is none": '<sheetData sheetId="0"><row r="1"><cell r="A1"><v>x</v></cell></row></sheetData>',
    "a number beyond all": '<sheetData sheetId="0"><row r="1"><cell r="A1"><v>1e999</v></cell></row></sheetData>',
    "a cell that is none": '<sheetData sheetId="0"><row r="1"><cell r="1A"><v>1</v></cell></row></sheetData>',
    "an error that is none": '<sheetData sheetId="0"><row r="1"><cell r="A1" t="e"><v>#WHAT</v></cell></row></sheetData>',
    "a sheet that is not listed": '<sheetData sheetId="5"/>',
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_links_are_told(tmp_path: Path, name: str) -> None:
    body = f'<externalBook><sheetNames><sheetName val="S"/></sheetNames><sheetDataSet>{DAMAGED[name]}</sheetDataSet></externalBook>'
    with pytest.raises(FileError, match=r"xl/e/1\.xml"):
        package.read(linked(tmp_path, {"A1": "1"}, body=body))


def test_what_is_no_workbook_holds_no_cells(tmp_path: Path) -> None:
    path = linked(tmp_path, {"A1": "1"}, body='<ddeLink ddeService="s" ddeTopic="t"/>')
    assert package.read(path).external_sheets == {}


def test_entities_are_refused(tmp_path: Path) -> None:
    path = linked(tmp_path, {"A1": "1"})
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name).decode() for name in archive.namelist()}
    doctype = '<!DOCTYPE externalLink [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    contents["xl/e/1.xml"] = contents["xl/e/1.xml"].replace(HEADER, HEADER + doctype).replace("two words", "&a;")
    with pytest.raises(FileError, match="declares a document type"):
        package.read(save(tmp_path / "evil.xlsx", contents))
