"""workbooks/compare.xlsx: eighteen models judged by passengers they never saw, held against numpy's own account."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from functools import lru_cache
from math import log
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import range_boundaries
from scipy.optimize import minimize
from tests.libreoffice import require
from tests.workbooks import lesson_checks as checks

import cellgrad
from cellgrad.errors import FileError
from cellgrad.lessons.compare import scratch
from cellgrad.lessons.compare.nets import NETS, Net
from cellgrad.lessons.compare.parts import passengers
from cellgrad.lessons.compare.smallest_sheet import REACHED
from cellgrad.lessons.compare.training import CURVE, CURVE_UP_TO, stopped_in_time, trained_to_the_end
from cellgrad.lessons.compare.workbook import build

NAME = "compare.xlsx"
WORKBOOK, DATA = checks.WORKBOOKS / NAME, checks.WORKBOOKS / "data"
SPLITS = range(1, 6)
ROW = {net.name: row for row, net in enumerate(NETS, start=7)}
"""Where a model stands on models, splits and to_the_end."""
SHEETS = {
    "linear": "linear", "2": "net_2", "2-2": "net_2_2", "4": "net_4", "4-4": "net_4_4", "8": "net_8",
    "8-8": "net_8_8", "16": "net_16", "16-16": "net_16_16",
}  # fmt: skip


@pytest.fixture(scope="module")
def formulas():
    return checks.opened(NAME)


@pytest.fixture(scope="module")
def values():
    return checks.opened(NAME, data_only=True)


# ---- the same by numpy ---------------------------------------------------------------------------------------------


@lru_cache
def people() -> pd.DataFrame:
    """The complete passengers, part after part, with their number and part."""
    d = pd.read_csv(DATA / "titanic.csv").dropna(subset=["Age", "Embarked"]).reset_index(drop=True)
    d["number"] = d.index + 1
    d["part"] = d.index % 5 + 1
    return d.sort_values(["part", "number"])


@lru_cache
def inputs() -> np.ndarray:
    """(712, 10), ages and fares to the nearest 1/1024."""
    d = people()
    age, fare = (np.round(1024 * x) / 1024 for x in (d.Age / d.Age.max(), np.log10(d.Fare + 1)))
    told = [d.Pclass == 1, d.Pclass == 2, d.Embarked == "S", d.Embarked == "C", d.Sex == "male"]
    return np.column_stack([d.SibSp, d.Parch, age, fare, *told, np.ones(len(d))]).astype(float)


def survived() -> np.ndarray:
    return people().Survived.to_numpy(float)


def said(name: str, parameters: list[float]) -> np.ndarray:
    """The predictions (712,) of a model, whose name says what it is."""
    size, _, sigmoid = name.partition(" ")
    x, rest = inputs(), np.array(parameters)
    units = [] if size == "linear" else [int(word) for word in size.split("-")]
    for layer, width in enumerate([*units, 1]):
        weights, rest = np.split(rest, [x.shape[1] * width])
        x = (np.maximum(x, 0) if layer else x) @ weights.reshape(-1, width)
        if layer:
            constant, rest = np.split(rest, [width])
            x = x + constant
    assert rest.size == 0
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x[:, 0])) if sigmoid else x[:, 0]


def roles(split: int, up_to: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Who trains and who judges."""
    part, early = people().part.to_numpy(), people().number.to_numpy() <= (up_to or 712)
    return (part != split) & (part != split % 5 + 1) & early, part == split


@lru_cache
def kept() -> dict:
    return json.loads((DATA / "trained" / "compare.json").read_text())


def column(sheet, letter: str, first: int, last: int) -> np.ndarray:
    return np.array([sheet[f"{letter}{row}"].value for row in range(first, last + 1)], float)


# ---- what training kept --------------------------------------------------------------------------------------------


def test_the_results_are_of_these_models_and_splits():
    assert list(kept()["models"]) == list(kept()["to the end"]) == [net.name for net in NETS]
    assert [net.parameters for net in NETS] == sorted(net.parameters for net in NETS)
    for group, expected in (("models", [*SPLITS]), ("to the end", [*SPLITS]), ("curve", [*SPLITS] * len(CURVE_UP_TO))):
        for name, runs in kept()[group].items():
            assert [run["split"] for run in runs] == expected, name
            assert all(run["seconds"] > 0 and run["steps"] > 0 for run in runs)


@pytest.mark.parametrize("group", ["models", "to the end", "curve"])
def test_the_losses_of_the_parameters_kept_are_those_kept(group):
    for name, runs in kept()[group].items():
        for run in runs:
            trains, judges = roles(run["split"], run.get("up to"))
            prediction = said(name, run["parameters"])
            errors = (survived() - prediction) ** 2
            right = (prediction > 0.5) == (survived() == 1)
            ours = {
                "training": errors[trains].mean(),
                "validation": errors[judges].mean(),
                "right": right[judges].mean(),
            }
            assert ours == pytest.approx({key: run[key] for key in ours}, rel=1e-9), (name, run["split"])


# ---- what the workbook says ----------------------------------------------------------------------------------------


def test_the_passengers_their_parts_and_inputs(values):
    data = values["data"]
    np.testing.assert_array_equal(column(data, "A", 5, 716), people().number)
    np.testing.assert_array_equal(column(data, "B", 5, 716), people().part)
    np.testing.assert_array_equal(column(data, "C", 5, 716), survived())
    found = np.column_stack([column(data, letter, 5, 716) for letter in "IJKLMNOPQR"])
    np.testing.assert_array_equal(found, inputs())


def test_each_loss_in_the_tables_is_that_of_the_weights_in_yellow(values):
    splits, models = values["splits"], values["models"]
    losses = {
        name: [float(((survived() - said(name, run["parameters"]))[roles(run["split"], None)[1]] ** 2).mean())
               for run in runs]
        for name, runs in kept()["models"].items()
    }  # fmt: skip
    means = {name: float(np.mean(found)) for name, found in losses.items()}
    best = min(means, key=means.__getitem__)
    for name, runs in kept()["models"].items():
        row = ROW[name]
        shown = [splits.cell(row, at).value for at in range(2, 7)]
        assert shown == pytest.approx(losses[name], rel=1e-9)
        assert shown == pytest.approx([run["validation"] for run in runs], rel=1e-9)
        behind = np.array(losses[name]) - losses[best]
        expected = {
            "A": name, "E": len(runs[0]["parameters"]), "F": np.median([run["seconds"] for run in runs]),
            "G": np.mean([run["training"] for run in runs]), "H": means[name], "I": means[name] - means[best],
            "J": behind.std(ddof=1) / 5**0.5,
        }  # fmt: skip
        told = np.concatenate([said(name, run["parameters"])[roles(run["split"], None)[1]] for run in runs])
        truth = np.where(survived() == 1, told, 1 - told)
        expected |= {"K": -np.log(truth.clip(0.01, 1)).mean(), "L": ((told > 0.5) == (survived() == 1)).mean()}
        expected["M"] = int(expected["I"] <= expected["J"])
        found = {letter: models[f"{letter}{row}"].value for letter in expected}
        assert found.pop("A") == expected.pop("A")
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
    near = [net for net in NETS if models[f"M{ROW[net.name]}"].value]
    assert models["A4"].value == near[0].name
    assert models["E4"].value == min(net.parameters for net in near)
    assert (models["F4"].value, models["H4"].value) == (best, pytest.approx(means[best]))


def test_the_weights_and_predictions_stand_on_the_sheets_of_the_models(formulas, values):
    for name, runs in kept()["models"].items():
        size, _, sigmoid = name.partition(" ")
        sheet, shown = formulas[SHEETS[size]], values[SHEETS[size]]
        labels = [cell.column for cell in sheet[4] if cell.value == "weights of"]
        predictions = [cell.column for cell in sheet[4] if cell.value == "prediction"]
        at = 0 if sigmoid else 1
        for run in runs:
            _, judges = roles(run["split"], None)
            first = 5 + int(np.flatnonzero(judges)[0])
            region = sheet.cell(first, predictions[at]).value.ref
            assert range_boundaries(region)[1::2] == (first, first + judges.sum() - 1)
            found = [shown.cell(row, predictions[at]).value for row in range(first, first + judges.sum())]
            np.testing.assert_allclose(found, said(name, run["parameters"])[judges], rtol=1e-9, atol=1e-12)
            width = max(int(size.split("-")[0]), 1) if size != "linear" else 1
            block = sheet.iter_rows(first, first + 60, labels[at] + 1, labels[at] + width, values_only=True)
            assert [number for line in block for number in line if isinstance(number, int | float)] == run["parameters"]


def test_one_split_is_noisy(values):
    """What README and the sheet say: a split is farther from the next than the best model from the worst."""
    splits = values["splits"]
    spread, means = column(splits, "H", 7, 24), column(splits, "G", 7, 24)
    assert spread.min() > means.max() - means.min()
    winners = [splits[f"B{row}"].value for row in range(27, 32)]
    by_split = {name: [run["validation"] for run in runs] for name, runs in kept()["models"].items()}
    assert winners == [min(by_split, key=lambda name, split=split: by_split[name][split]) for split in range(5)]
    assert splits["B32"].value == len(set(winners)) >= 3


def test_to_the_end_costs_large_models_most(values):
    sheet = values["to_the_end"]
    for name, runs in kept()["to the end"].items():
        found = [sheet.cell(ROW[name], at).value for at in (3, 4, 5)]
        expected = [np.median([run["seconds"] for run in runs])]
        expected += [np.mean([run[word] for run in runs]) for word in ("training", "validation")]
        assert found == pytest.approx(expected, rel=1e-12)
    price = {name: sheet.cell(ROW[name], 8).value for name in ROW}
    assert min(price["16-16"], price["16-16 sigmoid"]) > 0.04 > 0.01 > max(price["linear"], price["linear sigmoid"])
    training = column(sheet, "D", 7, 24)
    assert training[-2:].max() < training[:2].min() / 1.5


def test_the_learning_curve(values):
    sheet = values["learning_curve"]
    assert column(sheet, "B", 5, 11).round().tolist() == [50, 100, 200, 300, 400, 500, 570]
    for net, letters in zip(CURVE, ("CDE", "FGH"), strict=True):
        runs = kept()["curve"][net.name]
        for at, up_to in enumerate(CURVE_UP_TO):
            these = [run for run in runs if run["up to"] == up_to]
            assert len(these) == 5
            expected = [np.mean([run[word] for run in these]) for word in ("training", "validation")]
            expected.append(np.std([run["validation"] for run in these], ddof=1) / 5**0.5)
            assert [sheet[f"{letter}{5 + at}"].value for letter in letters] == pytest.approx(expected, rel=1e-9)
    for fewest, all_of_them in (("D5", "D11"), ("G5", "G11")):
        assert sheet[fewest].value > 1.2 * sheet[all_of_them].value, "more data helps, and the chart says so"


def test_one_split_carries_the_mean_of_8_8():
    """The note on the validation loss to the end."""
    losses = sorted(run["validation"] for run in kept()["to the end"]["8-8"])
    assert losses[-1] > 1 and losses[-2] < 0.25


def test_the_readme_says_what_the_workbook_says(values):
    models, splits, end, curve = (values[name] for name in ("models", "splits", "to_the_end", "learning_curve"))
    told = (checks.WORKBOOKS / "README.md").read_text(encoding="utf-8").split("## compare.xlsx")[1].split("\n## ")[0]
    small, large, pick = ROW["linear sigmoid"], ROW["16-16 sigmoid"], ROW["4 sigmoid"]
    spread, means = column(splits, "H", 7, 24), column(splits, "G", 7, 24)
    losses = [models[f"H{row}"].value for row in (small, large, pick)]
    losses += [spread.min(), spread.max(), means.max() - means.min(), end[f"E{large}"].value, end[f"D{large}"].value]
    losses += [curve["D14"].value, curve["G14"].value]
    assert [f"{number:.4f}" for number in losses if f"{number:.4f}" not in told] == []
    assert f"{models[f'L{pick}'].value:.1%}".replace("%", " %") in told
    assert f"the five name {splits['B32'].value:.0f} different winners" in told
    assert (models["A4"].value, models["F4"].value) == ("4 sigmoid", "4 sigmoid")
    assert str(REACHED["loss"]) in told


# ---- the model that the reader optimises ---------------------------------------------------------------------------


def test_optimize_reaches_what_the_sheet_says_and_what_scipy_finds(tmp_path):
    book = cellgrad.open(WORKBOOK)
    model = book.model("smallest")
    assert model.value_and_gradient()[0] == pytest.approx(log(2), rel=1e-12)
    value = model.optimize().value
    trains, judges = people().part.to_numpy() != 1, people().part.to_numpy() == 1
    truth = survived()

    def loss(w: np.ndarray) -> float:
        score = inputs() @ w
        return float((np.logaddexp(0, score) - truth * score)[trains].mean())

    best = minimize(loss, np.zeros(10), method="BFGS", options={"gtol": 1e-7})
    assert value == pytest.approx(REACHED["loss"], rel=1e-10)
    assert best.fun == pytest.approx(REACHED["loss"], rel=1e-9)
    sheet = openpyxl.load_workbook(book.write(tmp_path / "out.xlsx").path, data_only=True, read_only=True)["smallest"]
    rows = {row[3]: row[4:6] for row in sheet.iter_rows(7, 10, 1, 6, values_only=True)}
    for word, (now, optimised) in rows.items():
        assert now == pytest.approx(optimised, rel=1e-6) == pytest.approx(REACHED[word], rel=1e-6)
    prediction = 1 / (1 + np.exp(-inputs() @ best.x))
    assert REACHED["right"] == pytest.approx(((prediction > 0.5) == (truth == 1))[judges].mean())
    assert REACHED["validation"] == pytest.approx(((prediction - truth) ** 2)[judges].mean(), rel=1e-5)


def test_gradients_agree_with_central_differences():
    model = cellgrad.open(WORKBOOK).model("smallest")
    for point in np.random.default_rng(0).normal(size=(3, 10)):
        assert model.check(point).max_relative_error < 1e-6


def test_gradients_through_two_layers_agree_with_central_differences(tmp_path):
    net = Net(4, 2, True)
    start = np.random.default_rng(1).uniform(-0.5, 0.5, net.parameters)
    path = scratch.write_model(tmp_path / "net.xlsx", net, passengers(DATA), 2, 712, start)
    assert cellgrad.open(path).model(scratch.SHEET).check().max_relative_error < 1e-6


# ---- structure -----------------------------------------------------------------------------------------------------


def test_sheets_names_saved_model_charts_and_setup(formulas):
    assert formulas.sheetnames == [
        "models", "splits", "to_the_end", "learning_curve", "smallest", "data", *SHEETS.values(), "curve_sets",
    ]  # fmt: skip
    assert {"number", "part", "survived", "inputs", "least", "pick", "best_loss"} <= set(formulas.defined_names)
    saved = {name: defined.attr_text for name, defined in formulas["smallest"].defined_names.items()}
    assert (saved["solver_opt"], saved["solver_adj"]) == ("smallest!$E$7", "smallest!$E$4:$N$4")
    assert (saved["solver_typ"], saved["solver_neg"]) == ("2", "2")
    assert [title.split(":")[0] for title in checks.charts(NAME)] == [
        "Time against loss", "Every line is a model", "Larger models", "More data", "What each input says",
    ]  # fmt: skip
    assert [len(sheet._charts) for sheet in formulas][:5] == [1, 1, 1, 1, 1]
    assert len(checks.things_to_try(NAME)["smallest"]) == 3
    assert checks.not_set_up(formulas) == []
    assert WORKBOOK.stat().st_size < 15e6


def test_the_scatter_has_a_colour_a_size():
    with zipfile.ZipFile(WORKBOOK) as package:
        chart = package.read("xl/charts/chart1.xml").decode()
    names = re.findall(r"<c:ser>.*?<c:v>([^<]*)</c:v>.*?<a:srgbClr val=\"(\w+)\"", chart, re.DOTALL)
    assert [name for name, _ in names] == ["linear", "2 units", "4 units", "8 units", "16 units"]
    assert len({colour for _, colour in names}) == 5


def test_the_losses_are_formulas_and_what_training_told_is_not(formulas):
    models, splits = formulas["models"], formulas["splits"]
    for row in ROW.values():
        assert all(str(models[f"{letter}{row}"].value).startswith("=") for letter in "EFGHIJKLM")
        assert all(str(splits.cell(row, at).value).startswith("=SUMXMY2(") for at in range(2, 7))
        assert all(isinstance(splits.cell(row, at).value, float | int) for at in range(16, 26))


def test_the_notes_explain_each_new_idea(formulas):
    for sheet, cell, word in (
        ("models", "A3", "linear model"), ("models", "J6", "standard error"), ("splits", "A1", "judges once"),
        ("to_the_end", "H6", "by heart"), ("learning_curve", "A1", "more passengers"), ("smallest", "D7", "LN(2)"),
        ("data", "K4", "1/1024"), ("net_4", "J4", "MMULT"), ("net_4_4", "A1", "nobody had learned"),
    ):  # fmt: skip
        assert word in formulas[sheet][cell].comment.text, (sheet, cell)


# ---- building and training -----------------------------------------------------------------------------------------


def test_the_committed_workbook_is_what_the_builder_writes(tmp_path):
    assert checks.rebuilt_the_same(NAME, tmp_path)


def test_every_value_is_recalculated():
    assert checks.wrong_values(WORKBOOK) == []


@pytest.mark.slow
@pytest.mark.libreoffice
def test_every_value_is_libreoffices():
    require()
    assert checks.wrong_values(WORKBOOK, "libreoffice") == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda found: found.update(data="0"), "other passengers"),
        (lambda found: found["models"].pop("8 sigmoid"), "does not hold what this lesson trains"),
        (lambda found: found["models"]["linear"].pop(), "does not hold what this lesson trains"),
        (lambda found: found["curve"]["linear sigmoid"][3]["parameters"].pop(), "not 10 parameters"),
        (lambda found: found["to the end"]["2"][0].update(seconds="soon"), "does not hold what this lesson trains"),
    ],
    ids=["other data", "a model less", "a split less", "a parameter less", "no number"],
)
def test_results_of_something_else_are_refused(tmp_path, change, word):
    found = json.loads((DATA / "trained" / "compare.json").read_text())
    change(found)
    data = copied(tmp_path, json.dumps(found))
    with pytest.raises(FileError, match=word) as refused:
        build(data, tmp_path / "x.xlsx")
    assert "cellgrad lessons train --only compare" in str(refused.value)


def test_no_results_and_other_passengers_are_refused(tmp_path):
    with pytest.raises(FileError, match="lessons train --only compare"):
        build(copied(tmp_path / "none", None), tmp_path / "x.xlsx")
    data = copied(tmp_path / "fewer", (DATA / "trained" / "compare.json").read_text())
    lines = (data / "titanic.csv").read_text().splitlines()
    (data / "titanic.csv").write_text("\n".join(lines[:-1]) + "\n")
    with pytest.raises(FileError, match="other passengers"):
        build(data, tmp_path / "x.xlsx")


def copied(folder: Path, results: str | None) -> Path:
    """A data folder with the passengers and these results."""
    (folder / "trained").mkdir(parents=True)
    shutil.copy(DATA / "titanic.csv", folder)
    if results is not None:
        (folder / "trained" / "compare.json").write_text(results)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("net", [Net(0, 0, True), Net(2, 1, False)], ids=lambda net: net.name)
def test_training_again_finds_what_was_kept(tmp_path, net):
    """The same seeds: the same valley, to what the last digits of another processor make of a few hundred steps."""
    everyone = passengers(DATA)
    for group, run in (("models", stopped_in_time), ("to the end", trained_to_the_end)):
        found, before = run(tmp_path / "net.xlsx", net, everyone, 1), kept()[group][net.name][0]
        for word in ("training", "validation"):
            assert found[word] == pytest.approx(before[word], rel=1e-3), group
