"""titanic.xlsx, sheets cleaning, passenger and answers: what they count and say, against pandas and numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from tests.workbooks import lesson_checks as checks
from tests.workbooks.test_titanic import INPUTS, LAST, TITANIC, WORKBOOKS, numbers

import cellgrad
from cellgrad.address import cell_name
from cellgrad.lessons.computed import computed
from cellgrad.lessons.training import read_results


@pytest.fixture(scope="module")
def values():
    return openpyxl.load_workbook(TITANIC, data_only=True)


@pytest.fixture(scope="module")
def formulas():
    return openpyxl.load_workbook(TITANIC)


@pytest.fixture(scope="module")
def everyone():
    return pd.read_csv(WORKBOOKS / "data" / "titanic.csv")


@pytest.fixture(scope="module")
def kept(everyone):
    return everyone.dropna(subset=["Age", "Embarked"])


def typed_in(folder: Path, answers: dict[str, object]) -> dict[str, object]:
    """What the cells of `passenger` hold, by name, once these are typed over; nothing else is optimised."""
    book = openpyxl.load_workbook(TITANIC)
    for cell, value in answers.items():
        book["passenger"][cell] = value
    book.save(folder / "typed.xlsx")
    found = computed(folder / "typed.xlsx", {"passenger"})["passenger"]
    return {cell_name(*place): value for place, value in found.items()}


# ---- cleaning ------------------------------------------------------------------------------------------------------


def test_rows_that_went(values, everyone, kept):
    at, blank = values["cleaning"], everyone.isna()
    either = blank.Age & blank.Embarked
    went = (blank.Age | blank.Embarked).sum()
    expected = [891, blank.Age.sum(), blank.Embarked.sum(), either.sum(), went, len(kept), 712]
    assert [at[f"B{row}"].value for row in range(5, 12)] == expected
    np.testing.assert_allclose(numbers(at, "C5:C11")[:, 0], np.array(expected) / 891)
    assert at["D11"].value == "as it must be"


def test_the_counts_are_formulas_over_the_tables(formulas):
    at = formulas["cleaning"]
    assert at["B6"].value == "=COUNTBLANK(Passengers[Age])"
    assert at["B7"].value == "=COUNTBLANK(Passengers[Embarked])"
    assert [at[f"A{row}"].value for row in range(14, 18)] == ["PassengerId", "Name", "Ticket", "Cabin"]


def test_those_without_an_age_died_more_often(values, everyone):
    at, none = values["cleaning"], everyone.Age.isna()
    groups = [~none, none, none & (everyone.Pclass == 3), none & (everyone.Pclass < 3)]
    for row, group in enumerate(groups, start=20):
        said = [at[f"{column}{row}"].value for column in "BCD"]
        assert said == [group.sum(), everyone.Survived[group].sum(), pytest.approx(everyone.Survived[group].mean())]
    assert at["D24"].value == pytest.approx(0.1124, abs=1e-4)


def test_with_all_columns_endlessly_many_weights_predict_the_same(values, formulas):
    """The three classes add up to Ones; what Ones gains and the classes lose changes no prediction."""
    at = values["cleaning"]
    columns = numbers(at, "G5:J7")
    np.testing.assert_array_equal(columns[:, 1:].sum(1), columns[:, 0])
    one, other = numbers(at, "G8:J8")[0], numbers(at, "G10:J10")[0]
    assert np.abs(one - other).min() > 0
    np.testing.assert_array_equal(columns @ one, columns @ other)
    np.testing.assert_array_equal(numbers(at, "L5:L7")[:, 0], columns @ one)
    np.testing.assert_array_equal(numbers(at, "L11:L13")[:, 0], columns @ one)
    assert np.linalg.matrix_rank(columns) == 3 < columns.shape[1]


def test_before_and_after_normalising(values, kept):
    at = values["cleaning"]
    measured = [kept.Age, kept.Age / kept.Age.max(), kept.Fare, np.log10(kept.Fare + 1), pd.Series(np.ones(len(kept)))]
    for column, series in zip("GHIJK", measured, strict=True):
        expected = [series.min(), series.mean(), series.max(), (series**2).mean()]
        np.testing.assert_allclose(numbers(at, f"{column}16:{column}19")[:, 0], expected, rtol=1e-12)
    squares = [(series**2).mean() for series in measured]
    assert at["G20"].value == pytest.approx(squares[2] / squares[4])
    assert at["H20"].value == pytest.approx(squares[3] / squares[1])
    for column, series, (up, down) in zip("GHIJ", measured, ((8, 1), (1, 10), (60, 1), (3, 10)), strict=False):
        counts = numbers(at, f"{column}25:{column}34")[:, 0]
        edges = [step * up / down for step in range(10)] + [np.inf]
        np.testing.assert_array_equal(counts, np.histogram(series, edges)[0])
        assert counts.sum() == 712


# ---- passenger -----------------------------------------------------------------------------------------------------

WHO = {"B4": 1, "B5": "male", "B6": 40, "B7": 52, "B8": 1, "B9": 2, "B10": "C"}
TYPED = np.array([1, 2, 40 / 80, np.log10(53), 1, 0, 0, 1, 1, 1])
SHIPPED = np.array([0, 0, 24 / 80, np.log10(13), 0, 0, 1, 0, 0, 1])


@pytest.mark.parametrize("typed", [False, True])
def test_each_models_prediction(tmp_path, values, kept, typed):
    at, x = typed_in(tmp_path, WHO if typed else {}), TYPED if typed else SHIPPED
    assert [at[f"B{row}"] for row in range(16, 26)] == pytest.approx(list(x), rel=1e-12)
    linear, net = numbers(values["linear"], "G2:P2")[0], numbers(values["nnet"], "G1:P2")
    for_it, against = np.maximum(x @ numbers(values["sigmoid"], "B4:C13"), 0)
    expected = [x @ linear, np.maximum(net @ x, 0).sum(), 1 / (1 + np.exp(against - for_it))]
    assert [at[f"H{row}"] for row in (4, 5, 6)] == pytest.approx(expected, rel=1e-12)
    assert [at[f"I{row}"] for row in (4, 5, 6)] == ["lives" if value > 0.5 else "dies" for value in expected]
    group = kept[(kept.Sex == ("male" if typed else "female")) & (kept.Pclass == (1 if typed else 3))]
    assert (at["H9"], at["H10"]) == (len(group), pytest.approx(group.Survived.mean()))
    assert at["F7"] == pytest.approx(kept.Fare[kept.Pclass == (1 if typed else 3)].mean())


@pytest.mark.parametrize("row", [4, 200, LAST])
def test_a_passenger_of_the_data_gets_the_prediction_of_the_sheets(tmp_path, values, row):
    data = values["linear"]
    questions = dict(zip("CDEFGHB", range(4, 11), strict=True))  # column of the data -> row of the question
    at = typed_in(tmp_path, {f"B{question}": data[f"{column}{row}"].value for column, question in questions.items()})
    expected = [values[sheet][f"{c}{row}"].value for sheet, c in (("linear", "Z"), ("nnet", "Z"), ("sigmoid", "T"))]
    assert [at[f"H{line}"] for line in (4, 5, 6)] == pytest.approx(expected, rel=1e-12)


def test_what_may_be_typed_and_a_hint_before_optimising(formulas, values, tmp_path):
    rules = {str(rule.sqref): rule for rule in formulas["passenger"].data_validations.dataValidation}
    assert {cell: rules[cell].formula1 for cell in ("B4", "B5", "B10")} == {
        "B4": '"1,2,3"', "B5": '"female,male"', "B10": '"S,C,Q"',
    }  # fmt: skip
    assert (rules["B6"].formula1, rules["B6"].formula2) == ("0", "100")
    assert [formulas["passenger"][f"A{row}"].value for row in range(16, 26)] == INPUTS
    assert "Optimize it first" in values["passenger"]["A12"].value
    book = cellgrad.open(TITANIC)
    for sheet in ("linear", "nnet", "sigmoid"):
        book.model(sheet).optimize(starts=1)
    after = openpyxl.load_workbook(book.write(tmp_path / "out.xlsx").path, data_only=True)
    assert not after["passenger"]["A12"].value
    assert after["answers"]["F6"].value == after["linear"]["AA1"].value


# ---- answers -------------------------------------------------------------------------------------------------------


def test_other_solvers_figures_are_told_apart_and_compared(values):
    """Excel's: as heard in the recorded lesson, or reported; Calc's: 200 cycles of DEPS and SCO, on these data."""
    at = values["answers"]
    rows = [[cell.value for cell in row] for row in at["A13:I19"]]
    assert [row[:5] for row in rows] == [
        ["linear", "Excel's Solver", 1.03, 0.1, "not known"],
        ["nnet", "Excel's Solver", "not known", 0.08, "not known"],
        ["nnet", "Excel's Solver", "not known", 0.143152, "not known"],
        ["linear", "Calc's DEPS", "not known", 0.1505, 122],
        ["linear", "Calc's SCO", "not known", 0.1506, 138],
        ["mmult", "Calc's DEPS", "not known", 0.1495, 148],
        ["mmult", "Calc's SCO", "not known", 0.1509, 170],
    ]
    assert [row[8] for row in rows] == ["no"] * 2 + ["yes"] * 5
    ours = {at[f"A{row}"].value: at[f"D{row}"].value for row in (6, 7, 8)}
    for sheet, _, _, theirs, _, mine, difference, ratio, same in rows:
        assert mine == ours[sheet]
        if same == "yes":
            assert difference == pytest.approx(theirs - mine, abs=1e-15) and difference > 0
            assert ratio == pytest.approx(theirs / mine)
        else:
            assert (difference, ratio) == ("no comparison", "no comparison")


def test_our_own_figures_are_what_optimize_reaches(values):
    """The nets stop where kinks let them: another processor may end in a neighbouring valley."""
    at, whole = values["answers"], read_results(WORKBOOKS / "data", "titanic")["whole"]
    book = cellgrad.open(TITANIC)
    for row, (sheet, tolerance) in enumerate({"linear": 1e-9, "nnet": 3e-3, "mmult": 3e-3}.items(), start=6):
        assert [at[f"{c}{row}"].value for c in "ACD"] == [sheet, *whole[sheet]]
        solution = book.model(sheet).optimize()
        assert at[f"C{row}"].value == pytest.approx(solution.start_value, abs=1e-9)
        assert at[f"D{row}"].value == pytest.approx(solution.value, abs=tolerance)
        assert at[f"F{row}"].value == pytest.approx(values[sheet]["AA1"].value, rel=1e-12)
        assert at[f"G{row}"].value == pytest.approx(1 - at[f"D{row}"].value / at[f"C{row}"].value)


def test_notes_teach(formulas):
    says = [("cleaning", "A4", "COUNTBLANK"), ("cleaning", "A13", "Pclass"), ("cleaning", "F4", "n - 1 columns"),
            ("cleaning", "F9", "any number"), ("cleaning", "F15", "LOG10"), ("passenger", "H3", "probability"),
            ("answers", "A1", "source"), ("answers", "D5", "least-squares")]  # fmt: skip
    for sheet, cell, word in says:
        assert word in formulas[sheet][cell].comment.text, (sheet, cell)


def test_every_value_is_recalculated():
    for name in ("titanic.xlsx", "titanic.xlsm"):
        assert checks.wrong_values(WORKBOOKS / name) == []
