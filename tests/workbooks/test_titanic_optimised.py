"""titanic.xlsx after optimising, read headless by openpyxl: new values where they belong, everything else as it was."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from tests.workbooks.recalculation import disagreements
from tests.workbooks.test_titanic import FIRST, LAST, MODEL_SHEETS, TITANIC, numbers

import cellgrad

LEAST_SQUARES = 0.1442271493073
"""The linear optimum, by numpy.linalg.lstsq on the csv; a test below computes it."""

SOLVER_ENDED_AT = 0.143152
"""Where Excel's Solver ended on the net."""


@pytest.fixture(scope="module")
def optimised(tmp_path_factory) -> Path:
    book = cellgrad.open(TITANIC)
    for sheet in MODEL_SHEETS:
        book.model(sheet).optimize()
    return book.write(tmp_path_factory.mktemp("optimised") / "titanic-optimized.xlsx").path


@pytest.fixture(scope="module")
def values(optimised):
    return openpyxl.load_workbook(optimised, data_only=True)


def test_linear_is_the_least_squares_fit(values):
    at = values["linear"]
    x, y = numbers(at, f"G{FIRST}:P{LAST}"), numbers(at, f"A{FIRST}:A{LAST}")[:, 0]
    w, (squares,) = np.linalg.lstsq(x, y)[:2]
    assert squares / len(y) == pytest.approx(LEAST_SQUARES, abs=1e-12)
    assert at["AA1"].value == pytest.approx(LEAST_SQUARES, abs=1e-12)
    np.testing.assert_allclose(numbers(at, "G2:P2")[0], w, rtol=1e-7)


@pytest.mark.parametrize("sheet", ["nnet", "mmult"])
def test_the_net_ends_below_what_solver_found(values, sheet):
    assert values[sheet]["AA1"].value <= SOLVER_ENDED_AT


@pytest.mark.parametrize("sheet", MODEL_SHEETS)
def test_every_dependent_was_recalculated_also_off_the_path(values, sheet):
    """Predictions, the loss, its copy beside the parameters and the share predicted right, by numpy."""
    at = values[sheet]
    x, y = numbers(at, f"G{FIRST}:P{LAST}"), numbers(at, f"A{FIRST}:A{LAST}")[:, 0]
    if sheet == "linear":
        prediction = x @ numbers(at, "G2:P2")[0]
    else:
        prediction = np.maximum(x @ (numbers(at, "G1:P2").T if sheet == "nnet" else numbers(at, "S4:T13")), 0).sum(1)
    np.testing.assert_allclose(numbers(at, f"Z{FIRST}:Z{LAST}")[:, 0], prediction, rtol=1e-12, atol=1e-14)
    assert at["AA1"].value == pytest.approx(np.mean((y - prediction) ** 2), rel=1e-12)
    assert at["AA2"].value == pytest.approx(np.mean((prediction > 0.5) == (y == 1)), rel=1e-12)
    if sheet != "mmult":
        assert at["E1"].value == at["AA1"].value


def test_nnet_and_mmult_are_one_function_and_have_the_gradient_written_by_hand():
    """At ten shared parameter sets, to 1e-12; the hand-written gradient is 2/n x'(on * r) with r the residuals."""
    book = cellgrad.open(TITANIC)
    net, turned = book.model("nnet"), book.model("mmult")
    at = openpyxl.load_workbook(TITANIC, data_only=True)["mmult"]
    x, y = numbers(at, f"G{FIRST}:P{LAST}"), numbers(at, f"A{FIRST}:A{LAST}")[:, 0]
    for w in np.random.default_rng(0).random((10, 10, 2)) - 0.5:
        z = x @ w
        r = np.maximum(z, 0).sum(1) - y
        by_hand = 2 / len(y) * (x.T @ ((z > 0) * r[:, None]))
        for model, point, gradient in ((net, w.T, by_hand.T), (turned, w, by_hand)):
            value, slope = model.value_and_gradient(point.ravel())
            assert value == pytest.approx(r @ r / len(y), rel=1e-12)
            np.testing.assert_allclose(slope, gradient.ravel(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("sheet", MODEL_SHEETS)
def test_gradients_agree_with_central_differences(sheet):
    model = cellgrad.open(TITANIC).model(sheet)
    assert model.cells[0].endswith({"linear": "G2", "nnet": "G1", "mmult": "S4"}[sheet])
    for point in np.random.default_rng(1).random((10, len(model.x0))) - 0.5:
        assert model.check(point).max_relative_error < 1e-6


@pytest.mark.parametrize("method", ["gradient-descent", "momentum", "adam", "l-bfgs", "levenberg-marquardt"])
def test_the_shipped_start_is_kind_to_every_method(method):
    assert cellgrad.open(TITANIC).model("mmult").optimize(method=method).value <= SOLVER_ENDED_AT


def test_formulas_data_notes_and_saved_models_are_as_they_were(optimised):
    before, after = openpyxl.load_workbook(TITANIC), openpyxl.load_workbook(optimised)
    changed = set()
    for sheet in before:
        other = after[sheet.title]
        for row in sheet.iter_rows():
            for cell in row:
                now = other[cell.coordinate]
                mine, yours = (getattr(v, "text", v) for v in (cell.value, now.value))  # an array formula is an object
                if mine != yours:
                    changed.add((sheet.title, cell.coordinate))
                assert cell.data_type == now.data_type and cell.number_format == now.number_format
                assert (cell.comment and cell.comment.text) == (now.comment and now.comment.text)
        assert {n: d.attr_text for n, d in sheet.defined_names.items()} == {
            n: d.attr_text for n, d in other.defined_names.items()
        }
    parameters = {"linear": "G2:P2", "nnet": "G1:P2", "mmult": "S4:T13"}
    expected = {(s, c.coordinate) for s, region in parameters.items() for row in before[s][region] for c in row}
    inside = {
        ("mmult", f"{c}{r}") for c in "VW" for r in range(FIRST, LAST + 1)
    }  # openpyxl sees numbers, not a formula
    assert expected <= changed <= expected | inside


def test_only_the_three_model_sheets_and_those_that_read_them_differ_in_the_package(optimised):
    with zipfile.ZipFile(TITANIC) as before, zipfile.ZipFile(optimised) as after:
        assert before.namelist() == after.namelist()
        differ = {name for name in before.namelist() if before.read(name) != after.read(name)}
    assert differ == {f"xl/worksheets/sheet{number}.xml" for number in (3, 4, 5, 8, 9)}


def test_all_rows_is_untouched(values):
    before = openpyxl.load_workbook(TITANIC, data_only=True)["all_rows"]
    region = "A3:K894"
    assert [[c.value for c in r] for r in values["all_rows"][region]] == [[c.value for c in r] for r in before[region]]


@pytest.mark.libreoffice
def test_libreoffice_recalculates_the_written_file_to_the_same_values(optimised, tmp_path):
    """Each number within 1e-9 relative; squared errors near zero within the rounding of the prediction."""
    wrong = [
        (sheet, cell, mine, yours)
        for sheet, cell, mine, yours in disagreements(optimised, tmp_path, tolerance=1e-9)
        if not (isinstance(mine, float) and isinstance(yours, float) and abs(mine - yours) < 1e-15)
    ]
    assert wrong == []
