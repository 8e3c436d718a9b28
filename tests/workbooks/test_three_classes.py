"""workbooks/three-classes.xlsx: a softmax layer on irises; what it says, what it reaches, and on flowers held out."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy.optimize import minimize

import cellgrad
from cellgrad.errors import FileError
from cellgrad.lessons.three_classes.workbook import PENALTY, REACHED, SPECIES, build

WORKBOOKS = Path(__file__).parents[2] / "workbooks"
WORKBOOK = WORKBOOKS / "three-classes.xlsx"


@pytest.fixture(scope="module")
def formulas():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return openpyxl.load_workbook(WORKBOOK)


@pytest.fixture(scope="module")
def values():
    return openpyxl.load_workbook(WORKBOOK, data_only=True)


@pytest.fixture(scope="module")
def optimised(tmp_path_factory):
    """(value reported, the saved workbook read again)"""
    book = cellgrad.open(WORKBOOK)
    value = book.model("softmax").optimize().value
    path = book.write(tmp_path_factory.mktemp("irises") / "optimised.xlsx").path
    return value, openpyxl.load_workbook(path, data_only=True)


def flowers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs (150, 5), class (150,) and which are held out, from the csv by pandas alone."""
    d = pd.read_csv(WORKBOOKS / "data" / "iris.csv")
    held = (np.arange(150) + 1) % 3 == 0
    x = d.iloc[:, :4].to_numpy()
    x = (x - x[~held].mean(0)) / x[~held].std(0)
    return np.c_[x, np.ones(150)], d.species.map(SPECIES.index).to_numpy(), held


def probabilities(w: np.ndarray) -> np.ndarray:
    """(150, 3), for weights (3, 5)."""
    scores = flowers()[0] @ w.T
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def loss(w: np.ndarray) -> float:
    _, y, held = flowers()
    truth = probabilities(w)[np.arange(150), y]
    return float(-np.log(truth[~held]).mean() + PENALTY * (w**2).sum())


def numbers(sheet, region: str) -> np.ndarray:
    return np.array([[cell.value for cell in row] for row in sheet[region]], float)


def test_inputs_split_and_the_start(values):
    x, y, held = flowers()
    at = values["softmax"]
    np.testing.assert_allclose(numbers(at, "H8:L157"), x, rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(numbers(at, "G8:G157")[:, 0], ~held)
    assert [at.cell(row, 2).value for row in range(8, 158)] == [SPECIES[k] for k in y]
    assert at["P3"].value == pytest.approx(np.log(3), rel=1e-12)
    assert np.bincount(y[held]).tolist() == [16, 17, 17], "each species is held out alike"


def test_optimize_reaches_what_the_sheet_says_and_what_scipy_finds(optimised):
    value, book = optimised
    theirs = minimize(lambda w: loss(w.reshape(3, 5)), np.zeros(15), method="BFGS", options={"gtol": 1e-7})
    assert theirs.fun == pytest.approx(REACHED["loss"], rel=1e-8)
    assert value == pytest.approx(REACHED["loss"], rel=1e-9)
    at = book["softmax"]
    assert [at[cell].value for cell in ("U3", "U4", "U5")] == [
        REACHED["training"], REACHED["held out"], REACHED["loss"],
    ]  # fmt: skip


def test_at_least_95_of_100_held_out_flowers_are_told_right(optimised):
    at = optimised[1]["softmax"]
    _, y, held = flowers()
    guess = probabilities(numbers(at, "H3:L5")).argmax(1)
    assert (guess == y)[held].mean() >= 0.95
    assert at["T4"].value == pytest.approx((guess == y)[held].mean()) == REACHED["held out"]
    assert at["T3"].value == pytest.approx((guess == y)[~held].mean()) == REACHED["training"]
    confusion = np.zeros((3, 3))
    np.add.at(confusion, (y[held], guess[held]), 1)
    np.testing.assert_array_equal(numbers(optimised[1]["flower"], "B17:D19"), confusion)


@pytest.mark.parametrize(("part", "share"), [(0, 0.96), (1, 1), (2, 0.96)])
def test_each_third_held_out_in_turn(tmp_path, part, share):
    """What the note on the cell hold out says."""
    book = openpyxl.load_workbook(WORKBOOK)
    book["softmax"]["B4"] = part
    book.save(tmp_path / "part.xlsx")
    book = cellgrad.open(tmp_path / "part.xlsx")
    book.model("softmax").optimize(starts=1)
    at = openpyxl.load_workbook(book.write(tmp_path / "out.xlsx").path, data_only=True)["softmax"]
    assert at["T4"].value == at["F3"].value == share


def test_probabilities_and_the_sorted_vocabulary(optimised):
    at, new = optimised[1]["softmax"], optimised[1]["flower"]
    np.testing.assert_allclose(numbers(at, "S8:U157"), probabilities(numbers(at, "H3:L5")), rtol=1e-9, atol=1e-14)
    said = {new.cell(row, 1).value: new.cell(row, 3).value for row in (11, 12, 13)}
    assert sum(said.values()) == pytest.approx(1)
    listed = [(new.cell(row, 5).value, new.cell(row, 6).value) for row in (11, 12, 13)]
    assert listed == sorted(said.items(), key=lambda item: -item[1])
    x = np.append(numbers(new, "C5:C8")[:, 0], 1)
    scores = np.exp(numbers(at, "H3:L5") @ x)
    assert [said[species] for species in SPECIES] == pytest.approx(list(scores / scores.sum()))


def test_equal_probabilities_are_each_listed_once(values):
    assert [values["flower"].cell(row, 5).value for row in (11, 12, 13)] == list(SPECIES)


def test_saved_model_names_notes_charts_panes_and_print(formulas):
    saved = {name: defined.attr_text for name, defined in formulas["softmax"].defined_names.items()}
    assert (saved["solver_opt"], saved["solver_adj"]) == ("softmax!$P$3", "softmax!$H$3:$L$5")
    assert (saved["solver_typ"], saved["solver_neg"]) == ("2", "2")
    assert formulas.defined_names["classes"].attr_text == "softmax!$G$3:$G$5"
    assert "scikit-learn" in formulas["softmax"]["A1"].comment.text
    for cell, word in {"S7": "softmax", "W7": "-LN", "O3": "LN(3)", "P7": "overflow", "G7": "held out"}.items():
        assert word in formulas["softmax"][cell].comment.text
    assert len(formulas["flower"]._charts) == 2
    assert [sheet.freeze_panes for sheet in formulas] == ["C8", "A4"]
    assert all(sheet.print_area for sheet in formulas)


def test_gradients_agree_with_central_differences():
    model = cellgrad.open(WORKBOOK).model("softmax")
    for point in np.random.default_rng(0).normal(size=(3, 15)):
        assert model.check(point).max_relative_error < 1e-6


def test_other_data_is_refused(tmp_path):
    (tmp_path / "iris.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FileError, match="is not a table of sepal_length"):
        build(tmp_path, tmp_path / "x.xlsx")
