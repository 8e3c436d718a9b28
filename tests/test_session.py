"""Book and Model: what the command line does not show."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from tests.commands import workbook

import cellgrad
from cellgrad.errors import ArgumentError, ModelError, WriteError
from cellgrad.optimize import Status


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """B1 = (A1-3)^2 + (A2-5)^2 from A1:A2 = 2, 2, and C1 = B1 + 1 beside the way."""
    return workbook(tmp_path / "book.xlsx", {"A1": 2, "A2": 2, "B1": "=(A1-3)^2+(A2-5)^2", "C1": "=B1+1"})


def values(path: Path) -> dict[str, object]:
    sheet = openpyxl.load_workbook(path, data_only=True).active
    return {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row}


def test_value_and_gradient(path: Path) -> None:
    model = cellgrad.open(path).model(objective="B1", changing="A1:A2")
    assert model.x0.tolist() == [2, 2]
    value, slope = model.value_and_gradient(np.array([1.0, 4.0]))
    assert (value, slope.tolist()) == (5.0, [-4.0, -2.0])
    pd.testing.assert_series_equal(
        model.gradients(), pd.Series([-2.0, -6.0], pd.Index(["Sheet1!A1", "Sheet1!A2"], name="cell"), name="Sheet1!B1")
    )
    with pytest.raises(ArgumentError, match="3 values were given for 2 changing cells"):
        model.value_and_gradient(np.zeros(3))


@pytest.mark.parametrize("changing", ["A1:A2", "A1,A2", ["A1", "A2"], "$A$1:$A$2", "Sheet1!A1:A2", "A1:A2,A2"])
def test_ways_to_name_the_changing_cells(path: Path, changing: object) -> None:
    model = cellgrad.open(path).model(objective="Sheet1!B1", changing=changing)  # type: ignore[arg-type]
    assert model.cells == ["Sheet1!A1", "Sheet1!A2"]


def test_in_place_again_and_again(path: Path) -> None:
    """The second answer moves A1 back to where the file had it at first: the file must hear of that too."""
    book = cellgrad.open(path)
    book.model(objective="B1", changing="A1").optimize()
    book.write(path)
    assert (values(path)["A1"], values(path)["B1"]) == (3, 9)
    book.put(book.regions("A1", "Sheet1"), np.array([2.0]))
    book.put(book.regions("A2", "Sheet1"), np.array([2.0]))
    book.write(path)
    assert values(path) | {"B1": 10, "C1": 11} == values(path)
    assert values(path)["A1"] == 2


def test_a_later_model_starts_from_an_earlier_ones_answer(path: Path) -> None:
    book = cellgrad.open(path)
    book.model(objective="B1", changing="A1").optimize()
    both = book.model(objective="B1", changing="A1:A2")
    assert both.x0.tolist() == [3, 2]
    one = book.model(objective="B1", changing="A2")
    assert one.value_and_gradient()[0] == 9
    assert one.optimize().value == pytest.approx(0, abs=1e-15)
    book.write(path)
    assert (values(path)["A1"], values(path)["A2"], values(path)["C1"]) == (3, 5, 1)


def test_a_model_made_before_the_workbook_moved_on_is_noticed(path: Path) -> None:
    book = cellgrad.open(path)
    first, second = book.model(objective="B1", changing="A1"), book.model(objective="B1", changing="A2")
    first.optimize()
    with pytest.raises(ModelError, match="recalculating the workbook gives") as caught:
        second.optimize()  # it still believes in the old A1
    assert caught.value.cell == "Sheet1!B1"
    book.write(path)
    assert (values(path)["A1"], values(path)["A2"]) == (3, 2)


def test_a_file_that_somebody_else_has_changed_is_left_alone(path: Path) -> None:
    book = cellgrad.open(path)
    book.model(objective="B1", changing="A1").optimize()
    workbook(path, {"A1": "mine"})
    os.utime(path, ns=(1, 1))
    before = path.read_bytes()
    for target in (path, path.with_name("other.xlsx")):
        with pytest.raises(WriteError, match="has been changed by another program since it was read"):
            book.write(target)
    assert path.read_bytes() == before


def test_an_answer_without_use_is_not_kept(path: Path) -> None:
    book = cellgrad.open(path)
    solution = book.model(objective="B1", changing="A1", goal="max").optimize()
    assert (solution.status, solution.usable) == (Status.UNBOUNDED, False)
    assert book.new == {}


def test_the_sheet_of_a_model(path: Path) -> None:
    book = cellgrad.open(path)
    assert book.model_sheet() == "Sheet1"
    assert book.model_sheet("sheet1") == "Sheet1"
    assert book.model_sheet(None, "'Sheet1'!B1") == "Sheet1"
    with pytest.raises(ArgumentError, match="the sheets are Sheet1"):
        book.model_sheet("Sheet2")


@pytest.mark.parametrize("formula", ["=SIN(A1*1E+200*1E+200)", "=(A1*1E+200)^2"])
def test_a_slope_without_end_names_the_cell(tmp_path: Path, formula: str) -> None:
    """At 0 the value is 0, and the slope more than a double holds."""
    model = cellgrad.open(workbook(tmp_path / "book.xlsx", {"A1": 0, "B1": formula})).model("Sheet1", "B1", "A1")
    assert model.value_and_gradient()[0] == 0
    with pytest.raises(ModelError, match="no finite slope in this changing cell") as caught:
        model.optimize()
    assert caught.value.cell == "Sheet1!A1"
