"""The derivative by every number that reaches an objective, and the workbook that shows it in each cell's place."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from tests import commands
from tests.sheets import book_of

from cellgrad.address import Region
from cellgrad.errors import ArgumentError
from cellgrad.gradients.sensitivities import Sensitivities
from cellgrad.reports.gradient_map import COLUMNS, TABLE_AT, fill, levels, write_gradient_map
from cellgrad.reports.style import BLUES, REDS, name_of, writing
from cellgrad.session import Book, open_book
from cellgrad.workbook import DefinedName, Table

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsx"


def mapped(cells: dict, objective: str, changing: str, **more: object) -> Sensitivities:
    return Book(Path("book.xlsx"), book_of({"S": cells}, **more)).model("S", objective, changing).gradient_map()


# By hand: what reaches the objective, and its derivative.
CASES = [
    ("a product and a sum", {"A1": 2.0, "A2": 3.0, "B1": "=A1^2*A2", "C1": "=B1+A1", "D9": 5.0}, "C1", "A1",
     {"A1": 13.0, "A2": 4.0}),
    ("data in a column with text, blanks and truth values",
     {"A1": 1.0, "A2": "x", "A3": 4.0, "A5": True, "A6": 5.0, "B1": 2.0, "C1": "=B1*SUM(A1:A6)"}, "C1", "B1",
     {"A1": 2.0, "A3": 2.0, "A6": 2.0, "B1": 10.0}),
    ("formulas among the cells of a range", {"A1": 2.0, "A2": "=A1*3", "A3": 1.0, "C1": "=SUMSQ(A1:A3)"}, "C1", "A1",
     {"A1": 2 * 2 + 2 * 6 * 3.0, "A3": 2.0}),
    ("a branch not taken", {"A1": 2.0, "A2": 9.0, "C1": "=IF(A1>0,A1*7,A2)"}, "C1", "A1", {"A1": 7.0, "A2": 0.0}),
    ("a rectangle", {"A1": 1.0, "B1": 2.0, "A2": 3.0, "B2": 4.0, "D1": 10.0, "E1": 20.0,
                     "C1": "=SUMPRODUCT(A1:B1,D1:E1)+SUMPRODUCT(A2:B2,D1:E1)"}, "C1", "D1",
     {"A1": 10.0, "B1": 20.0, "A2": 10.0, "B2": 20.0, "D1": 4.0, "E1": 6.0}),
]  # fmt: skip


@pytest.mark.parametrize(("why", "cells", "objective", "changing", "expected"), CASES, ids=[case[0] for case in CASES])
def test_every_number_that_reaches_the_objective(why, cells, objective, changing, expected) -> None:
    found = mapped(cells, objective, changing).frame()["derivative"].to_dict()
    assert found == {f"S!{cell}": pytest.approx(slope, rel=1e-14) for cell, slope in expected.items()}


def test_areas_are_rectangles_without_overlap() -> None:
    cells = {f"{c}{r}": 1.0 for c in "ABC" for r in range(1, 5)} | {"E1": 2.0, "F1": "=SUM(A1:C4)*E1", "B3": "text"}
    areas = mapped(cells, "F1", "E1").areas
    assert sorted(map(str, areas)) == ["S!A1:A4", "S!B1:B2", "S!B4", "S!C1:C4", "S!E1"]


def test_elasticity_is_percent_for_percent() -> None:
    """x^3 y^-2 has the elasticities 3 and -2, wherever."""
    found = mapped({"A1": 1.7, "A2": 0.3, "C1": "=A1^3*A2^-2"}, "C1", "A1").frame()["elasticity"]
    assert found.tolist() == pytest.approx([3, -2], rel=1e-13)


def test_where_the_objective_is_zero_there_is_no_elasticity() -> None:
    assert np.isnan(mapped({"A1": 2.0, "C1": "=A1-2"}, "C1", "A1").elasticities).all()


def test_cells_that_feed_what_cannot_be_differentiated_are_left_out_and_listed() -> None:
    """Chance keeps the value that the file holds, so nobody knows how it depends on A2 and A3; A1 does not reach it."""
    cells = {"A1": 2.0, "A2": 3.0, "A3": 5.0, "B1": "=A2*A3*RAND()", "C1": "=A1*B1"}
    found = mapped(cells, "C1", "A1", cached={"S!B1": 4.0})
    assert found.frame()["derivative"].to_dict() == {"S!A1": 4.0}
    (one,) = found.left_out
    assert (one.areas, one.count, one.error.cell) == ((Region("S", 1, 0, 3, 1),), 2, "S!B1")


def test_changing_cells_are_never_left_out() -> None:
    """The objective is a text for some values of A2, so only with A2 fixed can it be differentiated."""
    found = mapped({"A1": 2.0, "A2": 3.0, "C1": '=IF(A2>0,A1*7,"none")'}, "C1", "A1")
    assert found.frame()["derivative"].to_dict() == {"S!A1": 7.0}
    assert [str(area) for one in found.left_out for area in one.areas] == ["S!A2"]


def test_at_the_answer_of_a_run_the_changing_cells_have_none() -> None:
    book = open_book(TITANIC)
    model = book.model("linear")
    model.optimize()
    found = model.gradient_map()
    assert found.value == pytest.approx(0.1442271493073, abs=1e-12)
    slopes = found.frame()["derivative"]
    assert slopes[model.cells].abs().max() < 1e-9
    assert slopes["linear!A4"] != 0


@pytest.mark.parametrize("sheet", ["linear", "nnet", "mmult"])
def test_titanic_in_full_agrees_with_the_gradient_and_with_differences(sheet: str) -> None:
    book = open_book(TITANIC)
    model = book.model(sheet)
    began = time.perf_counter()
    found = model.gradient_map()
    assert time.perf_counter() - began < 5, "0.02 s on an idle machine"
    slopes = found.frame()["derivative"]
    np.testing.assert_allclose(slopes[model.cells], model.gradients(), rtol=1e-12, atol=1e-15)
    assert len(slopes) == len(model.x0) + 7 * 712  # Survived, Pclass, Age, Fare, SibSp, Parch, Ones
    drawn = np.random.default_rng(0).integers(4, 716, 3)
    some = [f"{column}{row}" for column, row in zip("AEH", drawn.tolist(), strict=True)]
    other = book.model(sheet, str(model.objective), some)
    assert other.check().max_relative_error < 1e-7
    by_itself = other.gradients()
    np.testing.assert_allclose(slopes[by_itself.index], by_itself, rtol=1e-12)


def test_strongest_first_and_no_zeros() -> None:
    cells = {"A1": 1.0, "A2": 1.0, "A3": 1.0, "C1": "=A1*2-A2*5+IF(A3>9,A3,0)"}
    found = mapped(cells, "C1", "A1")
    assert [str(found.cell(at)) for at in found.strongest(9)] == ["S!A2", "S!A1"]
    assert found.strongest(1) == [1]


# ---------------------------------------------------------------- the workbook

LEVELS = [(1.0, 5), (-1.0, -5), (0.05, 4), (-0.005, -3), (2e-5, 1), (1e-6, 0), (0.0, 0), (math.nan, 0)]


@pytest.mark.parametrize(("slope", "expected"), LEVELS)
def test_one_colour_a_power_of_ten(slope: float, expected: int) -> None:
    assert levels(np.array([slope]), 1.0).tolist() == [expected]


def test_red_raises_and_blue_lowers() -> None:
    assert (fill(5)["bg_color"], fill(-2)["bg_color"], fill(0)) == (REDS[4], BLUES[1], {})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.xlsx"
    ran = commands.run("gradients", TITANIC, "--map", path, "--json")
    assert (ran.code, [answer["map"] for answer in ran.json]) == (0, [str(path)] * 5)
    return path


def test_each_derivative_stands_in_its_cells_place_and_colour(written: Path) -> None:
    book = open_book(TITANIC)
    sheets = openpyxl.load_workbook(written)
    assert sheets.sheetnames == [
        "map linear", "linear", "map nnet", "nnet", "map mmult", "mmult",
        "map sigmoid", "linear (2)", "sigmoid", "map linear_split", "linear (3)", "sigmoid (2)", "linear_split",
    ]  # fmt: skip
    assert sheets["nnet"]["D4"].value == "male", "labels stay, for orientation"
    for name in ("linear", "nnet", "mmult"):
        found = book.model(name).gradient_map()
        greatest = np.abs(found.slopes).max()
        for area, _, slopes in found.by_area():
            for (row, column), slope in zip(area.cells(), slopes.ravel().tolist(), strict=True):
                cell = sheets[name].cell(row + 1, column + 1)
                assert cell.value == pytest.approx(slope, rel=1e-15)  # files hold 16 digits
                expected = fill(int(levels(np.array(slope), greatest))).get("bg_color", "#000000")
                assert cell.fill.start_color.rgb[2:] == expected[1:]
        assert sheets[name]["AA1"].value == pytest.approx(found.value, rel=1e-15)


def test_the_front_lists_the_strongest_cells(written: Path) -> None:
    page = openpyxl.load_workbook(written)["map linear"]
    rows = [[cell.value for cell in row] for row in page.iter_rows(TABLE_AT + 1, TABLE_AT + 4, 1, len(COLUMNS))]
    assert rows[0] == list(COLUMNS)
    found = open_book(TITANIC).model("linear").gradient_map().frame()
    best = found.reindex(found["derivative"].abs().sort_values(ascending=False).index)[:3]
    assert [row[0] for row in rows[1:]] == list(best.index)
    assert [row[3:] for row in rows[1:]] == [pytest.approx(list(row)) for row in best.to_numpy().tolist()]
    assert rows[1][1:3] == ["parameters log_Fare", "changing"]
    assert page.cell(TABLE_AT + 2, 1).hyperlink.location == "linear!J2"
    legend = {cell.value for row in page.iter_rows(4, 10, 8, 10) for cell in row if cell.value}
    assert {"lowers the objective", "raises it", "10 to 100 % of the greatest", "white: less, or none"} <= legend
    assert len(page._charts) == 1


def test_one_model_one_front(tmp_path: Path) -> None:
    path = tmp_path / "map.xlsx"
    book = open_book(TITANIC)
    write_gradient_map(path, book.workbook, [book.model("linear").gradient_map()], "titanic.xlsx")
    assert openpyxl.load_workbook(path).sheetnames == ["gradient map", "linear"]


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    source = commands.workbook(tmp_path / "b.xlsx", {"A1": 2, "A2": 3, "B1": "=A2*RAND()", "C1": "=A1*B1+A1"})
    path = tmp_path / "map.xlsx"
    assert commands.run("gradients", source, "--objective", "C1", "--changing", "A1", "--map", path).code == 0
    texts = [str(cell.value) for row in openpyxl.load_workbook(path)["gradient map"] for cell in row if cell.value]
    assert "Without a derivative here" in texts
    assert any(text.startswith("Sheet1!A2: 1 cells that reach Sheet1!B1") for text in texts)


@pytest.mark.parametrize(("out", "words"), [("map.csv", "does not end in .xlsx"), ("b.xlsx", "is the workbook itself")])
def test_a_map_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path, out: str, words: str) -> None:
    source = commands.workbook(tmp_path / "b.xlsx", {"A1": 2, "C1": "=A1^2"})
    before = source.read_bytes()
    ran = commands.run("gradients", source, "--objective", "C1", "--changing", "A1", "--map", tmp_path / out, "--json")
    assert ran.code == 2
    assert words in json.loads(ran.out)["error"]["message"]
    assert source.read_bytes() == before


# ---------------------------------------------------------------- names of cells and of sheets

NAMES = [
    ("A1", ""), ("A9", "left"), ("B2", "left"), ("C2", "left above"), ("D2", "rate"), ("F6", "Age, row 6"),
    ("F3", "Age"), ("E4", "Fare"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "expected"), NAMES)
def test_what_a_cell_is_called(cell: str, expected: str) -> None:
    """As in Solver's reports; a defined name and a table's column come first."""
    cells = {"A2": "left", "B2": 1.0, "C1": "above", "C2": 2.0, "D2": 3.0, "E5": "Fare", "F5": "Age", "F6": 4.0}
    table = Table("T", Region("S", 4, 4, 8, 6), ("Fare", "Age"))
    book = book_of({"S": cells}, tables=[table], names=[DefinedName("rate", "S!$D$2")])
    region = Region("S", int(cell[1]) - 1, "ABCDEF".index(cell[0]), int(cell[1]), "ABCDEF".index(cell[0]) + 1)
    assert name_of(book, region) == expected


def test_sheets_get_names_that_excel_allows(tmp_path: Path) -> None:
    with writing(tmp_path / "r.xlsx") as book:
        for name in ("a/b", "A/B", "x" * 40, "X" * 40, "History", "'"):
            book.sheet(name)
    names = openpyxl.load_workbook(tmp_path / "r.xlsx").sheetnames
    assert names == ["a_b", "A_B (2)", "x" * 31, "X" * 27 + " (2)", "History (2)", "sheet"]


def test_a_report_is_a_workbook(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="is a workbook"), writing(tmp_path / "r.pdf"):
        pass
