"""matmul.xlsx: the product beside numpy's, the step that walks through it in LibreOffice, and the layer found again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import xlwings as xw
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter, range_boundaries
from tests.libreoffice import require
from tests.workbooks import lesson_checks as checks
from tests.workbooks.test_quadratic import numbers

import cellgrad
from cellgrad.hosts import calc
from cellgrad.lessons.matmul import workbook as matmul

NAME = "matmul.xlsx"
PATH = checks.WORKBOOKS / NAME
A, B = np.array(matmul.A), np.array(matmul.B)


@pytest.fixture(scope="module")
def values() -> Any:
    return checks.opened(NAME, data_only=True)


def test_sheets_names_charts_and_look() -> None:
    book = checks.opened(NAME)
    assert book.sheetnames == ["product", "layer"]
    assert checks.not_set_up(book) == []
    assert checks.charts(NAME) == [f"Unit {unit}: what it says and what it should" for unit in (1, 2)]
    assert set(book.defined_names) == {
        "step", "at_row", "at_column", "matrix_A", "matrix_B", "written_out", "by_SUMPRODUCT", "by_MMULT",
        "inputs", "weights", "outputs", "targets", "loss",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("B11:E13", A),
        ("F6:H9", B),
        ("J6:M8", B.T),
        ("F11:H13", A @ B),
        ("J11:L13", A @ B),
        ("O11:Q13", A @ B),
        ("H18:H26", (A @ B).reshape(9, 1)),
        ("D18:G26", (A[:, None, :] * B.T[None, :, :]).reshape(9, 4)),
    ],
)
def test_the_product_is_numpys(values: Any, region: str, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(numbers(values["product"], region), expected)


def test_all_three_ways_are_formulas_of_their_kind() -> None:
    sheet = checks.opened(NAME)["product"]
    assert sheet["F11"].value == "=$B$11*$F$6+$C$11*$F$7+$D$11*$F$8+$E$11*$F$9"
    assert sheet["L13"].value == "=SUMPRODUCT($B$13:$E$13,$J$8:$M$8)"
    assert (sheet["O11"].value.text, sheet["O11"].value.ref) == ("=MMULT(matrix_A,matrix_B)", "O11:Q13")


def highlighted(step: int) -> dict[str, set[tuple[int, int]]]:
    """The cells (row, column within their matrix, from 0) that a reading of the rules makes dark at a step."""
    i, j = divmod(step, 3)
    cell = {(i, j)}
    return {
        "B11:E13": {(i, k) for k in range(4)}, "F6:H9": {(k, j) for k in range(4)},
        "J6:M8": {(j, k) for k in range(4)}, "F11:H13": cell, "J11:L13": cell, "O11:Q13": cell,
        "A18:H26": {(step, k) for k in range(8)},
    }  # fmt: skip


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[xw.Book]:
    """The workbook in LibreOffice, each rule written out as a formula on a scratch sheet."""
    require()
    book = openpyxl.load_workbook(PATH)
    sheet, scratch = book["product"], book.copy_worksheet(book["product"])
    scratch.title = "rules"
    scratch["B3"] = "=product!B3"
    for ranges in sheet.conditional_formatting:
        (rule,) = ranges.rules
        (top,) = ranges.sqref.ranges
        for row in range(top.min_row, top.max_row + 1):
            for column in range(top.min_col, top.max_col + 1):
                origin = f"{get_column_letter(top.min_col)}{top.min_row}"
                target = f"{get_column_letter(column)}{row}"
                moved = Translator(f"={rule.formula[0]}", origin=origin)
                at = f"{get_column_letter(column + 30)}{row}"
                scratch[at] = f"=IF({moved.translate_formula(target)[1:]},1,0)"
    path = tmp_path_factory.mktemp("walk") / NAME
    book.save(path)
    with calc.start() as app:
        yield app.books.open(str(path))


@pytest.mark.libreoffice
@pytest.mark.parametrize("step", [0, 1, 5, 8])
def test_the_step_walks_row_column_and_sums(walked: xw.Book, step: int) -> None:
    sheet, rules = walked.sheets["product"], walked.sheets["rules"]
    sheet["B3"].value = step
    i, j = divmod(step, 3)
    assert (sheet["H3"].value, sheet["K3"].value) == (i + 1, j + 1)
    pairs = " + ".join(f"{A[i, k]} × {B[k, j]}" for k in range(4))
    assert sheet["B15"].value == f"{pairs} = {(A @ B)[i, j]}"
    for region, expected in highlighted(step).items():
        there = range_boundaries(region)
        letters = [get_column_letter(column + 30) for column in (there[0], there[2])]
        dark = np.array(rules[f"{letters[0]}{there[1]}:{letters[1]}{there[3]}"].value)
        assert set(map(tuple, np.argwhere(dark == 1).tolist())) == expected, region


@pytest.mark.libreoffice
def test_the_slider_moves_the_step(tmp_path: Path) -> None:
    require()
    with calc.start() as app:
        sheet = app.books.open(shutil.copy(PATH, tmp_path)).sheets["product"]
        form = sheet.api.DrawPage.Forms.getByIndex(0)
        (bar,) = [form.getByIndex(at) for at in range(form.Count) if hasattr(form.getByIndex(at), "ScrollValue")]
        bar.ScrollValue = 5
        assert (sheet["B3"].value, sheet["H3"].value, sheet["K3"].value) == (5, 2, 3)


# ---- the layer -----------------------------------------------------------------------------------------------------

INPUTS = np.column_stack([np.array(matmul.X), np.ones(8)])


def test_the_layer_is_numpys(values: Any) -> None:
    sheet = values["layer"]
    z = INPUTS @ np.array(matmul.START)
    target = np.maximum(INPUTS @ np.array(matmul.TRUTH), 0)
    np.testing.assert_allclose(numbers(sheet, "J5:K12"), z, atol=1e-14)
    np.testing.assert_allclose(numbers(sheet, "L5:M12"), np.maximum(z, 0), atol=1e-14)
    np.testing.assert_array_equal(numbers(sheet, "N5:O12"), target)
    assert sheet["Q3"].value == pytest.approx(np.mean((np.maximum(z, 0) - target) ** 2), rel=1e-13)


def test_the_gradient_agrees_with_differences() -> None:
    model = cellgrad.open(PATH).model()
    assert [model.cells[0], model.cells[-1], len(model.cells)] == ["layer!G5", "layer!H8", 8]
    for point in np.random.default_rng(0).normal(0, 1, (5, 8)):
        assert model.check(point).max_relative_error < 1e-6


def test_optimising_reaches_the_loss_stated_on_the_sheet(values: Any) -> None:
    assert values["layer"]["H10"].value == 0
    solution = cellgrad.open(PATH).model().optimize()
    assert solution.value == pytest.approx(0, abs=1e-20)
    np.testing.assert_allclose(solution.x.reshape(4, 2), matmul.TRUTH, atol=1e-10)


def test_another_target_that_no_weights_give(tmp_path: Path) -> None:
    """What the box says of N6; by numpy, five of unit 1's other rows already ask all that four weights can give."""
    model = cellgrad.open(checks.typed_over(PATH, tmp_path, {"layer!N6": 5})).model()
    assert model.optimize().value > 0.1
