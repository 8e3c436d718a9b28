"""titanic.xlsm: the sheets of titanic.xlsx and one with sliders (test_sliders.py), with buttons whose macros exist."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from oletools.olevba import VBA_Parser
from openpyxl.cell import Cell

from cellgrad.session import open_book

ROOT = Path(__file__).parents[2]
PLAIN, BUTTONS = ROOT / "workbooks" / "titanic.xlsx", ROOT / "workbooks" / "titanic.xlsm"
MODEL_SHEETS = ("linear", "nnet", "mmult", "sigmoid", "linear_split", "sliders")


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def macros() -> dict[str, str]:
    """The text of each module."""
    return {name.rpartition(".")[0]: code for _, _, name, code in VBA_Parser(str(BUTTONS)).extract_macros()}


def buttons() -> list[tuple[str, str]]:
    """(drawing, macro) of every button."""
    return [
        (name, macro)
        for name, data in parts(BUTTONS).items()
        if "vmlDrawing" in name
        for macro in re.findall(r"<x:FmlaMacro>\[0\]!(\w+)</x:FmlaMacro>", data.decode())
    ]


def style(cell: Cell) -> tuple[object, ...]:
    """How a cell looks; the two files number their styles each in its own way."""
    return cell.number_format, cell.fill.fgColor.rgb, cell.font.b, cell.font.color.rgb, cell.alignment.horizontal


@pytest.mark.parametrize("data_only", [False, True], ids=["formulas", "values"])
def test_every_cell_is_that_of_the_workbook_without_buttons(data_only: bool) -> None:
    one, other = (openpyxl.load_workbook(path, data_only=data_only) for path in (PLAIN, BUTTONS))
    assert [*one.sheetnames, "sliders"] == other.sheetnames
    for sheet in one.sheetnames:
        for row, twin in zip(one[sheet].iter_rows(), other[sheet].iter_rows(), strict=True):
            for cell, same in zip(row, twin, strict=True):
                a, b = (getattr(value, "text", value) for value in (cell.value, same.value))  # array formulas
                assert (a, style(cell)) == (b, style(same)), f"{sheet}!{cell.coordinate}"
        assert {cell.coordinate: cell.comment.text for row in one[sheet] for cell in row if cell.comment} == {
            cell.coordinate: cell.comment.text for row in other[sheet] for cell in row if cell.comment
        }


def test_the_plain_workbook_holds_no_macros() -> None:
    assert not [name for name in parts(PLAIN) if "vba" in name.lower()]


def test_each_model_sheet_has_an_optimize_and_a_step_button_whose_macros_exist() -> None:
    found = buttons()
    assert len({drawing for drawing, _ in found}) == len(MODEL_SHEETS)
    assert sorted(macro for _, macro in found) == ["CellgradOptimize"] * 6 + ["CellgradStep"] * 6
    subs = re.findall(r"^Public Sub (\w+)\(\)", macros()["CellgradButtons"], re.MULTILINE)
    assert set(subs) == {macro for _, macro in found}


def test_what_the_macros_call_exists_in_the_add_in_and_in_the_extension() -> None:
    pairs = re.findall(r'Press "(\w+)", "CellgradRibbon\.(\w+)"', macros()["CellgradButtons"])
    assert len(pairs) == 2
    ribbon = (ROOT / "addin" / "vba" / "CellgradRibbon.bas").read_text()
    menu = (ROOT / "addin" / "calc" / "Addons.xcu").read_text()
    for command, macro in pairs:
        assert f"Public Sub {macro}()" in ribbon
        assert f"service:org.cellgrad.Commands?{command}<" in menu


def test_a_module_for_the_workbook_and_for_each_sheet() -> None:
    """Excel finds a document's modules by code name; one that is missing makes it repair the file."""
    package = parts(BUTTONS)
    codes = [re.search(rb'codeName="(\w+)"', package[f"xl/worksheets/sheet{number}.xml"]) for number in range(1, 11)]
    book = re.search(rb'<workbookPr [^>]*codeName="(\w+)"', package["xl/workbook.xml"])
    assert {code[1].decode() for code in (*codes, book) if code} | {"CellgradButtons"} == set(macros())


def test_a_save_of_ours_keeps_buttons_and_macros_byte_for_byte(tmp_path: Path) -> None:
    book = open_book(BUTTONS)
    book.model("nnet").optimize()
    book.write(tmp_path / "out.xlsm")
    before, after = parts(BUTTONS), parts(tmp_path / "out.xlsm")
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    readers = {"xl/worksheets/sheet8.xml", "xl/worksheets/sheet9.xml"}  # passenger, answers
    assert changed <= {"xl/worksheets/sheet4.xml", "xl/workbook.xml", "xl/calcChain.xml"} | readers
    assert "xl/worksheets/sheet4.xml" in changed
