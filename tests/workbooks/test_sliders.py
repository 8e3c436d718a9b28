"""Sliders: what is written for Excel, that LibreOffice binds it, and the sheet `sliders` of titanic.xlsm."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import xlsxwriter
import xlwings as xw
from lxml import etree
from tests.libreoffice import require
from tests.workbooks.recalculation import disagreements
from tests.workbooks.test_titanic import FIRST, LAST, numbers

from cellgrad.cli import main
from cellgrad.hosts import calc
from cellgrad.lessons.package import finish
from cellgrad.lessons.sliders import Slider, as_scroll_bars, place, used
from cellgrad.session import open_book

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsm"
WEIGHTS = "E8:E17"
NS = {"v": "urn:schemas-microsoft-com:vml", "x": "urn:schemas-microsoft-com:office:excel"}


# ---------------------------------------------------------------- any workbook


def two_sheets(folder: Path) -> Path:
    """A slider on the second of two sheets, beside a note and a button; its cell holds 30, its value (C2) is 0.5."""
    slider = Slider("My sheet", (1, 1), low=-1, high=4, at=30, steps=100, page=5)
    with xlsxwriter.Workbook(folder / "draft.xlsx") as book:
        book.add_worksheet("First")
        sheet = book.add_worksheet("My sheet")
        sheet.write("A1", "sliders")
        sheet.write("A2", 7)
        sheet.write("B2", slider.at)
        sheet.write_formula("C2", f"={slider.scaled}", None, slider.value)
        sheet.write_formula("D2", f"={used('$A$1', 'C2', 'A2', 'sliders')}", None, slider.value)
        sheet.write_comment("A2", "learned")
        sheet.insert_button("F5", {"caption": "a button", "macro": "Press"})
        place(sheet, 3, 1, slider, 200, 18, "about it")
    return finish(folder / "draft.xlsx", folder / "sliders.xlsx", {})


@pytest.fixture
def drawing(tmp_path: Path) -> etree._Element:
    with zipfile.ZipFile(two_sheets(tmp_path)) as package:
        return etree.fromstring(package.read("xl/drawings/vmlDrawing1.vml"))


def test_a_scroll_bar_as_excel_writes_it(drawing: etree._Element) -> None:
    """The children of ClientData: ECMA-376 part 4, 19.4; the values are the slider's own."""
    (bar,) = drawing.xpath("//v:shape[x:ClientData/@ObjectType='Scroll']", namespaces=NS)
    (data,) = bar.findall("x:ClientData", NS)
    found = {etree.QName(child).localname: child.text for child in data}
    anchor = [int(part) for part in found.pop("Anchor").split(",")]
    assert anchor[:4] == [1, 2, 3, 2], "two pixels into B4"
    assert found == {
        "PrintObject": "False", "FmlaLink": "'My sheet'!$B$2", "Val": "30", "Min": "0", "Max": "100", "Inc": "1",
        "Page": "5", "Horiz": None, "Dx": "16",
    }  # fmt: skip
    assert bar.get("alt") == "about it"
    assert bar.get("type") == "#_x0000_t201", "the shape type of controls"
    assert drawing.xpath("//v:shapetype[@id='_x0000_t201']", namespaces=NS)


def test_the_other_shapes_stay(drawing: etree._Element) -> None:
    kinds = drawing.xpath("//x:ClientData/@ObjectType", namespaces=NS)
    assert sorted(kinds) == ["Button", "Note", "Scroll"]
    assert drawing.xpath("//x:FmlaMacro/text()", namespaces=NS) == ["[0]!Press"]
    assert len({shape.get("id") for shape in drawing.iterfind("v:shape", NS)}) == 3


def test_a_drawing_without_sliders_is_left_byte_for_byte() -> None:
    assert as_scroll_bars(b"<xml > <a/></xml>") == b"<xml > <a/></xml>"


SCALES = [(-1, 1, 0, -1.0), (-1, 1, 100, 0.0), (-1, 1, 200, 1.0), (0, 5, 50, 1.25)]


@pytest.mark.parametrize(("low", "high", "at", "value"), SCALES)
def test_whole_steps_reach_both_ends_and_the_middle(low: float, high: float, at: int, value: float) -> None:
    slider = Slider("S", (8, 2), low, high, at)
    assert slider.value == value
    assert slider.scaled == f"{low}+$C$9*{high - low}/200"


@pytest.mark.parametrize("wrong", [{"steps": 30_001}, {"at": 201}, {"low": 2.0}, {"steps": 0, "at": 0}])
def test_what_no_scroll_bar_can_do_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is no slider"):
        Slider(**{"sheet": "S", "link": (0, 0), "low": 0.0, "high": 1.0, "at": 0} | wrong)


# ---------------------------------------------------------------- LibreOffice


@pytest.fixture(scope="module")
def office() -> Iterator[xw.App]:
    require()
    with calc.start() as app:
        yield app


def bars(sheet: xw.Sheet) -> list[Any]:
    """The form control models of the sheet's scroll bars, top to bottom."""
    forms = sheet.api.DrawPage.Forms
    models = [forms.getByIndex(f).getByIndex(i) for f in range(forms.Count) for i in range(forms.getByIndex(f).Count)]
    return [model for model in models if hasattr(model, "ScrollValue")]


@pytest.mark.libreoffice
def test_a_slider_moves_its_cell_and_its_cell_moves_it(office: xw.App, tmp_path: Path) -> None:
    book = office.books.open(str(two_sheets(tmp_path)))
    sheet = book.sheets["My sheet"]
    (bar,) = bars(sheet)
    assert (bar.ScrollValue, bar.ScrollValueMin, bar.ScrollValueMax, bar.LineIncrement, bar.BlockIncrement) == (
        30, 0, 100, 1, 5,
    )  # fmt: skip
    bar.ScrollValue = 80
    assert (sheet["B2"].value, sheet["C2"].value, sheet["D2"].value) == (80, 3, 3)
    sheet["B2"].value = 10
    assert bar.ScrollValue == 10
    sheet["A1"].value = "learned"
    assert sheet["D2"].value == 7
    book.close()


@pytest.mark.libreoffice
def test_the_sliders_of_titanic_move_weight_and_loss(office: xw.App, tmp_path: Path) -> None:
    book = office.books.open(shutil.copy(TITANIC, tmp_path))
    sheet = book.sheets["sliders"]
    for bar, step in zip(bars(sheet), (120, 60, 170), strict=True):  # Pclass_1, Male, Ones
        bar.ScrollValue = step
    weights = [0, 0, 0, 0, 0.2, 0, 0, 0, -0.4, 0.7]
    assert sheet[WEIGHTS].value == pytest.approx(weights, abs=1e-15)
    linear = book.sheets["linear"]
    x, y = np.array(linear[f"G{FIRST}:P{LAST}"].value), np.array(linear[f"A{FIRST}:A{LAST}"].value)
    assert sheet["E4"].value == pytest.approx(np.mean((y - x @ weights) ** 2), rel=1e-12)
    assert sheet["E5"].value == pytest.approx(np.mean(((x @ weights) > 0.5) == (y == 1)), rel=1e-12)
    women = (x[:, 8] == 0) & (x[:, 4] == 1)
    assert sheet["C21"].value == pytest.approx(y[women].mean(), rel=1e-12)
    assert sheet["D21"].value == pytest.approx((x @ weights)[women].mean(), rel=1e-12)
    sheet["B4"].value = "learned"
    assert sheet["E4"].value == pytest.approx(np.mean(y**2), rel=1e-12), "all learned weights are 0"
    book.close()


@pytest.mark.libreoffice
def test_every_cached_value_of_titanic_is_libreoffices(tmp_path: Path) -> None:
    require()
    assert disagreements(TITANIC, tmp_path) == []


# ---------------------------------------------------------------- our own engine


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_in_place_the_controls_stay_byte_for_byte_and_the_learned_weights_are_found(tmp_path: Path) -> None:
    """With the switch at `learned` the sheet is the linear model: its optimum is the least-squares fit."""
    copy = Path(shutil.copy(TITANIC, tmp_path))
    book = openpyxl.load_workbook(copy, keep_vba=True)
    assert book["sliders"]["B4"].value == "sliders"
    seven = open_book(copy).model("sliders")
    assert main(["optimize", str(copy), "--sheet", "sliders", "--in-place"]) == 0
    before, after = parts(TITANIC), parts(copy)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert changed == {"xl/worksheets/sheet10.xml"}
    values = openpyxl.load_workbook(copy, data_only=True, keep_vba=True)
    learned = numbers(values["sliders"], "B8:B17")[:, 0]
    assert [name for name, slope in seven.gradients().items() if slope == 0] == [
        "sliders!B12", "sliders!B16", "sliders!B17",
    ]  # fmt: skip
    assert learned[[4, 8, 9]].tolist() == [0, 0, 0], "those under a slider do not move the loss"
    x, y = numbers(values["linear"], f"G{FIRST}:P{LAST}"), numbers(values["linear"], f"A{FIRST}:A{LAST}")[:, 0]
    others = np.delete(x, [4, 8, 9], axis=1)
    least = np.linalg.lstsq(others, y)[1][0] / len(y)
    assert values["sliders"]["E4"].value == pytest.approx(least, abs=1e-12)


def test_with_the_switch_at_learned_it_is_the_linear_model(tmp_path: Path) -> None:
    copy = Path(shutil.copy(TITANIC, tmp_path))
    book = open_book(copy)
    start = book.model("sliders", changing="B8:B17", objective="E4").x0
    assert start.tolist() == [0] * 10
    book = openpyxl.load_workbook(copy, keep_vba=True)
    book["sliders"]["B4"].value = "learned"
    book.save(copy)
    solution = open_book(copy).model("sliders", changing="B8:B17", objective="E4").optimize()
    assert solution.value == pytest.approx(0.1442271493073, abs=1e-12)  # numpy.linalg.lstsq on the csv
