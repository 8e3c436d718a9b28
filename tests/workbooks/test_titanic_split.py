"""titanic.xlsx, sheets sigmoid and linear_split: a fair split, both losses, what Optimize reaches."""

from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy.optimize import minimize
from tests.workbooks import lesson_checks as checks
from tests.workbooks.test_titanic import WORKBOOKS, numbers

import cellgrad
from cellgrad.lessons.titanic.sigmoid import PENALTY, SHARE, SPLIT
from cellgrad.lessons.titanic.training import SPLITS, train
from cellgrad.lessons.training import read_results

TITANIC = WORKBOOKS / "titanic.xlsx"


def column(sheet, letters: str) -> np.ndarray:
    return numbers(sheet, f"{letters}4:{letters}715")[:, 0]


def passengers() -> tuple[np.ndarray, np.ndarray]:
    """Inputs (712, 10) and who lived (712,), by pandas from the csv."""
    d = pd.read_csv(WORKBOOKS / "data" / "titanic.csv").dropna(subset=["Age", "Embarked"])
    x = [d.SibSp, d.Parch, d.Age / d.Age.max(), np.log10(d.Fare + 1), d.Pclass == 1, d.Pclass == 2]
    x += [d.Embarked == "S", d.Embarked == "C", d.Sex == "male", np.ones(len(d))]
    return np.stack(x, axis=1).astype(float), d.Survived.to_numpy(float)


def lots(seed: int) -> np.ndarray:
    """The lots (712,), counted in Python's whole numbers, which are never rounded."""
    mixed = [(31 * n**2 + 17 * n * seed + 7919 * seed**2) % 99991 for n in range(1, 713)]
    return np.array([value**2 % 9973 for value in mixed]) / 9973


def held_out(seed: int) -> np.ndarray:
    return lots(seed) < SHARE


def scores(w: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(n,), for weights (10, 2): a unit for, a unit against."""
    for_it, against = np.maximum(x @ w, 0).T
    return for_it - against


def cross_entropy(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.where(y == 1, np.logaddexp(0, -z), np.logaddexp(0, z))


@pytest.fixture(scope="module")
def values():
    return openpyxl.load_workbook(TITANIC, data_only=True)


@pytest.fixture(scope="module")
def optimised(tmp_path_factory):
    """({sheet: value reported}, the saved workbook read again)"""
    book = cellgrad.open(TITANIC)
    found = {sheet: book.model(sheet).optimize().value for sheet in ("sigmoid", "linear_split")}
    path = book.write(tmp_path_factory.mktemp("split") / "optimised.xlsx").path
    return found, openpyxl.load_workbook(path, data_only=True)


# ---- the split -----------------------------------------------------------------------------------------------------


def test_the_split_is_that_of_the_formula_in_whole_numbers(values):
    at = values["sigmoid"]
    assert (at["F4"].value, at["F5"].value) == (SPLIT, SHARE)
    np.testing.assert_allclose(column(at, "M"), lots(SPLIT), rtol=1e-15)
    np.testing.assert_array_equal(column(at, "N"), ~held_out(SPLIT))
    np.testing.assert_array_equal(column(values["linear_split"], "M"), column(at, "N"))
    assert [at[cell].value for cell in ("F10", "G10")] == [(~held_out(1)).sum(), held_out(1).sum()]
    assert held_out(1).sum() == 148


def test_over_seeds_the_split_is_fair():
    """Over 200 seeds: the share held out and its spread are those of 712 independent draws; neighbours and other seeds
    tell nothing; those who lived are held out as often as those who died; no passenger is nearly always out."""
    splits = np.array([held_out(seed) for seed in range(200)])
    draws = np.sqrt(SHARE * (1 - SHARE) / 712)
    shares = splits.mean(1)
    assert shares.mean() == pytest.approx(SHARE, abs=4 * draws / np.sqrt(200))
    assert shares.std() == pytest.approx(draws, rel=0.2)
    assert np.abs(shares - SHARE).max() < 4.5 * draws
    neighbours = [np.corrcoef(split[1:], split[:-1])[0, 1] for split in splits]
    assert abs(np.mean(neighbours)) < 4 / np.sqrt(711 * 200)
    between = np.corrcoef(splits)[np.triu_indices(200, 1)]
    assert between.std() == pytest.approx(1 / np.sqrt(712), rel=0.1) and np.abs(between).max() < 0.2
    _, y = passengers()
    assert splits[:, y == 1].mean() == pytest.approx(splits[:, y == 0].mean(), abs=0.006)
    assert np.abs(splits.mean(0) - SHARE).max() < 4.5 * np.sqrt(SHARE * (1 - SHARE) / 200)


@pytest.mark.parametrize("seed", [2, 1000])
def test_another_seed_gives_its_own_split(tmp_path, seed):
    book = cellgrad.open(TITANIC)
    book.put([book.cell("split_seed", "sigmoid")], np.array([float(seed)]))
    at = openpyxl.load_workbook(book.write(tmp_path / "seed.xlsx").path, data_only=True)
    np.testing.assert_array_equal(column(at["sigmoid"], "N"), ~held_out(seed))
    np.testing.assert_array_equal(column(at["linear_split"], "M"), ~held_out(seed))


# ---- the model -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("book", ["values", "optimised"])
def test_predictions_and_both_losses_are_numpys(request, book):
    book = request.getfixturevalue(book)
    at = book["sigmoid"] if not isinstance(book, tuple) else book[1]["sigmoid"]
    (x, y), held, w = passengers(), held_out(SPLIT), numbers(at, "B4:C13")
    z = scores(w, x)
    p = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(column(at, "T"), p, rtol=1e-9)
    np.testing.assert_allclose(column(at, "V"), cross_entropy(z, y), rtol=1e-7, atol=1e-12)
    for cell, rows in (("F", ~held), ("G", held)):
        assert at[f"{cell}11"].value == pytest.approx(cross_entropy(z, y)[rows].mean(), rel=1e-10)
        assert at[f"{cell}12"].value == pytest.approx(((p - y) ** 2)[rows].mean(), rel=1e-10)
        assert at[f"{cell}13"].value == pytest.approx(((p > 0.5) == (y == 1))[rows].mean(), rel=1e-12)
    expected = cross_entropy(z, y)[~held].mean() + PENALTY * (w**2).sum()
    assert at["F2"].value == pytest.approx(expected, rel=1e-10)
    confusion = [[((y == truth) & ((p > 0.5) == said))[held].sum() for said in (0, 1)] for truth in (0, 1)]
    np.testing.assert_array_equal(numbers(at, "F17:G18"), confusion)
    assert at["I19"].value == pytest.approx((y[held] == 0).mean(), rel=1e-12)
    assert p.min() > 0 and p.max() < 1


def test_cross_entropy_stays_exact_where_a_probability_would_be_0_or_1(tmp_path):
    """At a score of -720 for everybody the sigmoid is 0 to any reader's eye; who lived costs 720."""
    book = cellgrad.open(TITANIC)
    weights = np.zeros((10, 2))
    weights[9, 1] = 720
    model = book.model("sigmoid")
    _, y = passengers()
    expected = 720 * y[~held_out(SPLIT)].mean() + PENALTY * 720**2
    assert model.value_and_gradient(weights.ravel())[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("loss", ["cross-entropy", "squared error"])
def test_gradients_agree_with_central_differences(tmp_path, loss):
    book = openpyxl.load_workbook(TITANIC)
    book["sigmoid"]["F6"] = loss
    book.save(tmp_path / "book.xlsx")
    model = cellgrad.open(tmp_path / "book.xlsx").model("sigmoid")
    for point in np.random.default_rng(0).random((3, 20)) - 0.5:
        assert model.check(point).max_relative_error < 1e-6


def test_linear_split_gradients():
    model = cellgrad.open(TITANIC).model("linear_split")
    for point in np.random.default_rng(0).random((3, 10)) - 0.5:
        assert model.check(point).max_relative_error < 1e-6


# ---- what is reached -----------------------------------------------------------------------------------------------


def test_optimize_reaches_what_the_sheets_say(optimised, values):
    found, book = optimised
    results = read_results(WORKBOOKS / "data", "titanic")
    for sheet, rows in (("sigmoid", range(10, 15)), ("linear_split", range(7, 10))):
        assert found[sheet] == pytest.approx(results[sheet]["loss"], rel=1e-5)
        at = book[sheet]
        for row in rows:
            assert [at[f"{c}{row}"].value for c in "HI"] == [values[sheet][f"{c}{row}"].value for c in "HI"]
            now, said = ([at[f"{c}{row}"].value for c in pair] for pair in ("FG", "HI"))
            assert now == pytest.approx(said, abs=0.0025), f"{sheet} row {row}"


def test_no_other_search_finds_less(optimised):
    """scipy's BFGS from the optimum and from 20 other starts; the linear model by numpy's least squares."""
    found, book = optimised
    (x, y), train = passengers(), ~held_out(SPLIT)

    def loss_and_slope(w: np.ndarray) -> tuple[float, np.ndarray]:
        w = w.reshape(10, 2)
        z = scores(w, x[train])
        g = (1 / (1 + np.exp(-np.clip(z, -500, 500))) - y[train]) / train.sum()
        slope = np.stack([x[train].T @ (g * s * (x[train] @ w[:, k] > 0)) for k, s in ((0, 1), (1, -1))], 1)
        value = cross_entropy(z, y[train]).mean() + PENALTY * (w**2).sum()
        return value, (slope + 2 * PENALTY * w).ravel()

    starts = [numbers(book["sigmoid"], "B4:C13").ravel(), *(4 * np.random.default_rng(1).random((20, 20)) - 2)]
    theirs = min(minimize(loss_and_slope, start, jac=True, method="L-BFGS-B").fun for start in starts)
    assert found["sigmoid"] <= theirs + 2e-4
    squares = np.linalg.lstsq(x[train], y[train])[1][0] / train.sum()
    assert found["linear_split"] == pytest.approx(squares, rel=1e-11)


def test_the_best_validation_accuracy_beside_the_linear_models(optimised):
    """120 and 114 of the 148 held-out passengers, as README.md of the workbooks says."""
    _, book = optimised
    held = held_out(SPLIT)
    x, y = passengers()
    net = (scores(numbers(book["sigmoid"], "B4:C13"), x) > 0) == (y == 1)
    linear = (x @ numbers(book["linear_split"], "B4:B13")[:, 0] > 0.5) == (y == 1)
    assert linear[held].sum() == 114
    assert net[held].sum() == pytest.approx(120, abs=1)
    assert book["sigmoid"]["H2"].value == book["sigmoid"]["G13"].value == net[held].mean()
    assert book["sigmoid"]["G14"].value == linear[held].mean()


def test_the_ten_splits_are_what_training_found(values):
    at, results = values["linear_split"], read_results(WORKBOOKS / "data", "titanic")
    x, y = passengers()
    assert [one["seed"] for one in results["splits"]] == list(SPLITS)
    for row, one in enumerate(results["splits"], start=14):
        held = held_out(one["seed"])
        w = np.linalg.lstsq(x[~held], y[~held])[0]
        assert one["held out"] == held.sum() == at[f"F{row}"].value
        assert one["linear"] == (((x @ w) > 0.5) == (y == 1))[held].sum()
        assert at[f"G{row}"].value == pytest.approx(one["linear"] / held.sum(), rel=1e-12)
        assert at[f"H{row}"].value == pytest.approx(one["net"] / held.sum(), rel=1e-12)
    differences = [one["net"] / one["held out"] - one["linear"] / one["held out"] for one in results["splits"]]
    assert at["I24"].value == pytest.approx(np.mean(differences), rel=1e-9)
    assert at["I25"].value == pytest.approx(np.std(differences, ddof=1), rel=1e-9)
    assert sum(difference > 0 for difference in differences) == 9
    readme = (WORKBOOKS / "README.md").read_text(encoding="utf-8")
    first, means = results["splits"][0], [at[f"{column}24"].value for column in "HG"]
    for said in (f"{first['net'] / 148:.1%} right ({first['net']})", f"{first['linear'] / 148:.1%} ({first['linear']})",
                 f"the net's mean is {means[0]:.1%}", f"the linear model's {means[1]:.1%}"):  # fmt: skip
        assert said.replace("%", " %") in readme


@pytest.mark.slow
def test_training_again_finds_the_same():
    found, kept = train(WORKBOOKS / "data"), read_results(WORKBOOKS / "data", "titanic")
    assert found.keys() == kept.keys()
    for one, other in zip(found["splits"], kept["splits"], strict=True):
        assert (one["seed"], one["held out"], one["linear"]) == (other["seed"], other["held out"], other["linear"])
        assert one["net"] == pytest.approx(other["net"], abs=1)
    assert found["sigmoid"]["loss"] == pytest.approx(kept["sigmoid"]["loss"], rel=1e-5)
    for sheet, (before, after) in kept["whole"].items():
        assert found["whole"][sheet][0] == pytest.approx(before, abs=1e-9)
        assert found["whole"][sheet][1] == pytest.approx(after, abs=1e-9 if sheet == "linear" else 3e-3)


# ---- what a reader finds -------------------------------------------------------------------------------------------


def test_saved_models_names_notes_and_charts():
    book = openpyxl.load_workbook(TITANIC)
    for sheet, cells in (("sigmoid", "$B$4:$C$13"), ("linear_split", "$B$4:$B$13")):
        saved = {name: defined.attr_text for name, defined in book[sheet].defined_names.items()}
        assert (saved["solver_opt"], saved["solver_adj"]) == (f"{sheet}!$F$2", f"{sheet}!{cells}")
        assert (saved["solver_typ"], saved["solver_neg"]) == ("2", "2")
        assert book[sheet].freeze_panes == "A4"
    for name, cell in {"split_seed": "$F$4", "loss_by": "$F$6", "sigmoid_loss": "$F$2"}.items():
        assert book.defined_names[name].attr_text == f"sigmoid!{cell}"
    says = {"A1": "probability", "E4": "RAND", "E6": "squared error", "E7": "weights", "M3": "MOD", "V3": "LN",
            "C3": "against", "E16": "held-out"}  # fmt: skip
    for cell, word in says.items():
        assert word in book["sigmoid"][cell].comment.text, cell
    assert "10" in book["linear_split"]["E13"].comment.text
    assert len(book["sigmoid"]._charts) == 2 and len(book["linear_split"]._charts) == 1
    lists = {str(rule.sqref): rule.formula1 for rule in book["sigmoid"].data_validations.dataValidation}
    assert lists["F6"] == '"cross-entropy,squared error"'


def test_every_sheet_is_set_up_and_charts_have_titles():
    assert checks.not_set_up(checks.opened("titanic.xlsx")) == []
    assert checks.charts("titanic.xlsx") == [
        "Age, years, before", "Age_N, after", "Fare, £, before", "log_Fare, after", "From score to prediction",
        "What a prediction costs, for one who lived", "Held-out passengers predicted right, split by split",
        "Predictions; above 0.5 says: lives",
    ]  # fmt: skip
