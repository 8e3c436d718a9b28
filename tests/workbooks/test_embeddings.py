"""workbooks/embeddings.xlsx: people by films, vectors learned through the cells, held against numpy's own account."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from tests.workbooks import lesson_checks as checks

import cellgrad
from cellgrad.errors import FileError
from cellgrad.lessons.embeddings.data import NUMBERS, PENALTY, start_vectors
from cellgrad.lessons.embeddings.parts import CHOICE, PENALTIES
from cellgrad.lessons.embeddings.training import by_size
from cellgrad.lessons.embeddings.workbook import build
from cellgrad.lessons.embeddings.you import EXAMPLE

NAME = "embeddings.xlsx"
WORKBOOK = checks.WORKBOOKS / NAME
FILMS, PEOPLE = 40, 60
MODEL_FILMS, MODEL_PEOPLE = "C12:F51", "H7:BO10"


# ---- the same by numpy ---------------------------------------------------------------------------------------------


@lru_cache
def table() -> pd.DataFrame:
    return pd.read_csv(checks.WORKBOOKS / "data" / "ratings.csv")


def stars() -> np.ndarray:
    """Films by people, nan where there is no rating."""
    return table().iloc[:, 4:].to_numpy(float)


def parts() -> np.ndarray:
    """Which of the ten parts a film and a person belong to."""
    return (np.arange(1, PEOPLE + 1) + 3 * np.arange(1, FILMS + 1)[:, None]) % 10


def split(part: int, left_out: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Which ratings are learned from, and which held out; those of the part left out are neither."""
    rated = ~np.isnan(stars())
    return rated & (parts() != part) & (parts() != left_out), rated & (parts() == part)


def kept() -> dict:
    return json.loads((checks.WORKBOOKS / "data" / "trained" / "embeddings.json").read_text())


def predicted(mean: float, films: np.ndarray, people: np.ndarray) -> np.ndarray:
    return mean + films[:, :-1] @ people[:, :-1].T + films[:, -1:] + people[:, -1]


def loss(films: np.ndarray, people: np.ndarray, part: int = 0) -> float:
    learned, _ = split(part)
    errors = (stars() - predicted(stars()[learned].mean(), films, people))[learned]
    return float((errors**2).mean() + PENALTY * ((films**2).sum() + (people**2).sum()))


def off_by(prediction: np.ndarray, where: np.ndarray) -> float:
    return float(np.sqrt(((stars() - prediction)[where] ** 2).mean()))


def biases(learned: np.ndarray) -> np.ndarray:
    """Film's mean plus person's mean difference from the means of the same films."""
    means = np.nanmean(np.where(learned, stars(), np.nan), axis=1, keepdims=True)
    return means + np.nanmean(np.where(learned, stars() - means, np.nan), axis=0)


def alternating(
    learned: np.ndarray, numbers: int = NUMBERS, penalty: float = PENALTY, seed: int = 1, rounds: int = 300
) -> tuple[np.ndarray, np.ndarray]:
    """Films' and people's vectors by ridge regression of each in turn: another way to the same valley."""
    draw = np.random.default_rng(seed)
    films, people = (np.c_[draw.normal(0, 0.1, (n, numbers)), np.zeros(n)] for n in (FILMS, PEOPLE))
    weights = learned.astype(float)
    rest = np.where(learned, stars() - stars()[learned].mean(), 0)
    price = penalty * weights.sum() * np.eye(numbers + 1)

    def fitted(others: np.ndarray, weight: np.ndarray, target: np.ndarray) -> np.ndarray:
        inputs = np.c_[others[:, :-1], np.ones(len(others))]
        normal = np.einsum("ij,jk,jl->ikl", weight, inputs, inputs) + price
        return np.linalg.solve(normal, ((target - others[:, -1]) * weight @ inputs)[..., None])[..., 0]

    for _ in range(rounds):
        people = fitted(films, weights.T, rest.T)
        films = fitted(people, weights, rest)
    return films, people


def numbers_of(sheet, region: str) -> np.ndarray:
    return np.array([[np.nan if cell.value in (None, "") else cell.value for cell in row] for row in sheet[region]])


@pytest.fixture(scope="module")
def values():
    return checks.opened(NAME, data_only=True)


@pytest.fixture(scope="module")
def formulas():
    return checks.opened(NAME)


@pytest.fixture(scope="module")
def optimised(tmp_path_factory):
    """(the loss of the sheet model, that of you, the saved workbook read again)"""
    book = cellgrad.open(WORKBOOK)
    found = [book.model(sheet).optimize().value for sheet in ("model", "you")]
    path = book.write(tmp_path_factory.mktemp("films") / "optimised.xlsx").path
    return *found, openpyxl.load_workbook(path, data_only=True)


# ---- the table and the model as shipped ----------------------------------------------------------------------------


def test_the_ratings_their_gaps_and_the_tenth_held_out(values):
    sheet = values["ratings"]
    learned, held = split(0)
    np.testing.assert_array_equal(numbers_of(sheet, "H12:BO51"), stars())
    np.testing.assert_array_equal(numbers_of(sheet, "H62:BO101"), np.where(learned, 1.0, np.where(held, 0.0, np.nan)))
    assert [sheet.cell(row, 3).value for row in range(4, 8)] == [2031, 369, 1826, 205]
    assert held.sum(0).min() >= 1 and held.sum(1).min() >= 2, "everybody and every film has something held out"
    assert set(stars()[~np.isnan(stars())]) == set(np.arange(0.5, 5.5, 0.5))
    np.testing.assert_allclose(
        numbers_of(sheet, "F12:F51")[:, 0], np.nanmean(np.where(learned, stars(), np.nan), 1), rtol=1e-12
    )


def test_predictions_errors_and_baselines_are_numpys(values):
    model = values["model"]
    learned, held = split(0)
    films, people = (np.array(vectors) for vectors in start_vectors(FILMS, PEOPLE))
    mean = stars()[learned].mean()
    np.testing.assert_allclose(numbers_of(model, "H12:BO51"), predicted(mean, films, people), rtol=1e-12)
    np.testing.assert_allclose(
        numbers_of(values["errors"], "H12:BO51"), (stars() - predicted(mean, films, people)) ** 2, rtol=1e-9
    )
    assert model["E7"].value == pytest.approx(loss(films, people), rel=1e-12)
    assert values["errors"]["C5"].value == 0, "all of them at once, by MMULT, are the same"
    for row, prediction in {
        5: np.full_like(stars(), mean),
        6: biases(learned),
        7: predicted(mean, films, people),
    }.items():
        told = [model.cell(row, column).value for column in (3, 4)]
        assert told == pytest.approx([off_by(prediction, learned), off_by(prediction, held)], rel=1e-12)


# ---- what Optimize reaches -----------------------------------------------------------------------------------------


def test_optimize_reaches_the_stated_loss_and_so_does_alternating_regression(optimised):
    value, _, book = optimised
    model = book["model"]
    assert value == pytest.approx(kept()["loss"], abs=2e-6)
    assert model["E8"].value == kept()["loss"]
    for seed in (1, 2):
        assert loss(*alternating(split(0)[0], seed=seed)) == pytest.approx(value, abs=2e-6), "one valley, other numbers"
    films, people = numbers_of(model, MODEL_FILMS), numbers_of(model, MODEL_PEOPLE).T
    assert loss(films, people) == pytest.approx(value, rel=1e-9)


def test_without_a_penalty_it_learns_more_and_knows_less(tmp_path):
    """What the sheet model invites to try."""
    book = cellgrad.open(checks.typed_over(WORKBOOK, tmp_path, {"model!C10": 0}))
    book.model("model").optimize(starts=1)
    learned, held = (book.value(book.cell(cell, "model")) for cell in ("C7", "D7"))
    assert learned < kept()["parts"][0]["training"] - 0.05
    assert held > kept()["parts"][0]["biases"] + 0.05


def test_held_out_the_vectors_beat_the_biases_and_the_mean(optimised):
    model = optimised[2]["model"]
    mean, by_bias, by_vector, stated = (model.cell(row, 4).value for row in (5, 6, 7, 8))
    assert by_vector < by_bias < mean
    assert by_vector == pytest.approx(stated, abs=1e-3)
    assert model["C7"].value == pytest.approx(model["C8"].value, abs=1e-3)


def test_the_vectors_kept_have_the_stated_loss_and_their_axes_are_the_principal_ones():
    films, people = (np.array(kept()[name]) for name in ("films", "people"))
    assert loss(films, people) == pytest.approx(kept()["loss"], abs=2e-6)
    across = films[:, :NUMBERS].T @ films[:, :NUMBERS]
    assert np.diag(across)[0] > np.diag(across)[1] > np.diag(across)[2]
    np.testing.assert_allclose(across, np.diag(np.diag(across)), atol=1e-3)
    np.testing.assert_allclose(across, people[:, :NUMBERS].T @ people[:, :NUMBERS], atol=0.02)


def test_turning_all_vectors_changes_no_loss_and_training_undoes_it():
    films, people = (np.array(kept()[name]) for name in ("films", "people"))
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(NUMBERS, NUMBERS)))[0]
    turned = [np.c_[vectors[:, :NUMBERS] @ turn, vectors[:, NUMBERS]] for vectors in (films, people)]
    assert loss(*turned) == pytest.approx(loss(films, people), rel=1e-12)
    again = by_size(np.r_[turned[0].ravel(), turned[1].T.ravel()], FILMS)
    np.testing.assert_allclose(again[0], films, atol=1e-5)
    np.testing.assert_allclose(again[1], people, atol=1e-5)


def test_each_tenth_in_turn_is_better_told_by_vectors(values):
    """The kept errors are those that alternating regression finds, part by part."""
    sheet = values["ten_parts"]
    for part, told in enumerate(kept()["parts"]):
        learned, held = split(part)
        assert told["held out"] == held.sum() == sheet.cell(6 + part, 2).value
        assert told["mean"] == pytest.approx(off_by(np.full_like(stars(), stars()[learned].mean()), held), abs=1e-6)
        assert told["biases"] == pytest.approx(off_by(biases(learned), held), abs=1e-6)
        ours = off_by(predicted(stars()[learned].mean(), *alternating(learned)), held)
        assert told["vectors"] == pytest.approx(ours, abs=2e-3)
        assert [sheet.cell(6 + part, column).value for column in (3, 4, 5)] == [
            told["mean"], told["biases"], told["vectors"],
        ]  # fmt: skip
        assert told["vectors"] < told["biases"] < told["mean"]
    assert [round(sheet.cell(16, column).value, 3) for column in (3, 4, 5)] == [0.927, 0.79, 0.764]


@pytest.mark.slow
@pytest.mark.parametrize("numbers", CHOICE)
def test_how_many_numbers_was_chosen_without_the_part_held_out(numbers):
    """What the sheet ten_parts says of each number of numbers: parts 1 to 9 in turn, part 0 out of all of it."""
    reached = {}
    for penalty in PENALTIES:
        squares = []
        for part in range(1, 10):
            learned, held = split(part, left_out=0)
            vectors = alternating(learned, numbers, penalty, rounds=150)
            squares.append((stars() - predicted(stars()[learned].mean(), *vectors))[held] ** 2)
        reached[penalty] = float(np.sqrt(np.concatenate(squares).mean()))
    best, told = CHOICE[numbers]
    assert reached[best] == pytest.approx(told, abs=5e-4)
    assert min(reached.values()) > told - 5e-4, "no other penalty is better by what could be told apart"


@pytest.mark.parametrize(("sheet", "points"), [("model", 1), ("you", 3)])
def test_gradients_agree_with_central_differences(sheet, points):
    model = cellgrad.open(WORKBOOK).model(sheet)
    for point in np.random.default_rng(0).normal(size=(points, len(model.x0))) * 0.3:
        assert model.check(point).max_relative_error < 1e-6


# ---- nearest -------------------------------------------------------------------------------------------------------


def cosines(chosen: str) -> dict[str, float]:
    """Film -> cosine with the chosen one, by the vectors kept."""
    vectors = dict(zip(table().short, np.array(kept()["films"])[:, :NUMBERS], strict=True))
    one = vectors.pop(chosen)
    return {film: float(v @ one / np.linalg.norm(v) / np.linalg.norm(one)) for film, v in vectors.items()}


@pytest.mark.parametrize(("chosen", "turn"), [("Shrek", 0), ("Star Wars IV", 0), ("Fight Club", 75)])
def test_the_nearest_films_are_sorted_however_the_chart_is_turned(tmp_path, chosen, turn):
    cell = checks.changed(WORKBOOK, tmp_path, {"nearest!B4": chosen, "nearest!B6": turn})
    listed = [(cell(f"nearest!B{row}"), cell(f"nearest!C{row}")) for row in range(9, 48)]
    expected = sorted(cosines(chosen).items(), key=lambda item: -item[1])
    assert [film for film, _ in listed] == [film for film, _ in expected]
    assert [cosine for _, cosine in listed] == pytest.approx([cosine for _, cosine in expected], abs=1e-12)
    first = np.array(kept()["films"])[list(table().short).index(listed[0][0]), :2]
    angle = np.radians(turn)
    across = first[0] * np.cos(angle) - first[1] * np.sin(angle)
    assert cell("nearest!D9") == pytest.approx(across, abs=1e-12)


@pytest.mark.parametrize(
    ("film", "near"),
    [
        ("Shrek", "Aladdin"),
        ("Star Wars VI", "Rings: Fellowship"),
        ("Fight Club", "Seven"),
        ("Fargo", "American Beauty"),
    ],
)
def test_films_for_the_same_people_are_near(film, near):
    assert near in sorted(cosines(film), key=cosines(film).get)[-3:]


def test_films_of_equal_likeness_are_each_listed_once(tmp_path):
    same = {
        f"films!{column}{row}": value for row in (9, 10, 11) for column, value in zip("CDE", (1, 2, 3), strict=True)
    }
    cell = checks.changed(WORKBOOK, tmp_path, same)
    assert sorted(str(cell(f"nearest!B{row}")) for row in range(9, 48)) == sorted(set(table().short) - {"Shrek"})


def test_the_models_own_vectors_can_be_shown(tmp_path):
    cell = checks.changed(WORKBOOK, tmp_path, {"nearest!B5": "model"})
    assert [cell(f"films!{column}9") for column in "GHIJ"] == start_vectors(FILMS, PEOPLE)[0][0]


# ---- you -----------------------------------------------------------------------------------------------------------


def own_vector(ratings: np.ndarray) -> tuple[np.ndarray, float]:
    """The best vector for ratings of the films, nan where there is none, by the normal equations; and its loss."""
    films = np.array(kept()["films"])
    learned, _ = split(0)
    rated = ~np.isnan(ratings)
    inputs = np.c_[films[rated, :NUMBERS], np.ones(rated.sum())]
    target = ratings[rated] - stars()[learned].mean() - films[rated, NUMBERS]
    price = PENALTY * learned.sum()
    vector = np.linalg.solve(inputs.T @ inputs + price * np.eye(NUMBERS + 1), inputs.T @ target)
    return vector, float(((target - inputs @ vector) ** 2).sum() + price * (vector**2).sum())


def test_your_vector_is_the_one_best_answer(optimised):
    _, value, book = optimised
    ratings = np.array([EXAMPLE.get(short, np.nan) for short in table().short])
    vector, least = own_vector(ratings)
    assert value == pytest.approx(least, rel=1e-9)
    assert book["you"]["D7"].value == kept()["yours"] == pytest.approx(least, abs=1e-6)
    np.testing.assert_allclose(numbers_of(book["you"], "B5:E5")[0], vector, atol=1e-5)


def test_what_you_should_watch_is_sorted_and_new_to_you(optimised):
    you = optimised[2]["you"]
    listed = [(you.cell(row, 8).value, you.cell(row, 9).value) for row in range(11, 51) if you.cell(row, 8).value]
    assert len(listed) == FILMS - len(EXAMPLE)
    assert {film for film, _ in listed}.isdisjoint(EXAMPLE)
    assert [stars for _, stars in listed] == sorted((stars for _, stars in listed), reverse=True)
    assert listed[0][0] == "Rings: Two Towers", "to who gave the first of the Rings and the Star Wars five stars"


def test_typing_a_persons_ratings_gives_that_persons_numbers(tmp_path):
    learned, _ = split(0)
    for person in (6, 33):
        ratings = {
            f"you!B{11 + film}": stars()[film, person] if learned[film, person] else None for film in range(FILMS)
        }
        book = cellgrad.open(checks.typed_over(WORKBOOK, tmp_path, ratings))
        found = book.model("you").optimize().x
        np.testing.assert_allclose(found, kept()["people"][person], atol=2e-3)


# ---- the workbook as a whole ---------------------------------------------------------------------------------------


def test_saved_models_names_notes_charts_and_the_look(formulas):
    models = {
        sheet: {name: defined.attr_text for name, defined in formulas[sheet].defined_names.items()}
        for sheet in ("model", "you")
    }
    assert (models["model"]["solver_opt"], models["model"]["solver_adj"]) == (
        "model!$E$7", "model!$C$12:$F$51,model!$H$7:$BO$10",
    )  # fmt: skip
    assert (models["you"]["solver_opt"], models["you"]["solver_adj"]) == ("you!$B$7", "you!$B$5:$E$5")
    assert {(found["solver_typ"], found["solver_neg"]) for found in models.values()} == {("2", "2")}
    names = {name: defined.attr_text for name, defined in formulas.defined_names.items()}
    assert (names["loss"], names["film_vectors"], names["you"]) == ("model!$E$7", "model!$C$12:$F$51", "you!$B$5:$E$5")
    words = {
        "model!H12": "dot product", "model!B10": "price", "model!C11": "all 0", "nearest!A6": "no axis has a name",
        "films!A1": "table", "you!A1": "person 61",
    }  # fmt: skip
    for cell, word in words.items():
        sheet, address = cell.split("!")
        assert word in formulas[sheet][address].comment.text
    assert checks.not_set_up(formulas) == checks.unguarded(NAME) == checks.unnamed_axes(NAME) == []
    assert [len(formulas[sheet]._charts) for sheet in ("nearest", "you", "ten_parts")] == [1, 1, 1]
    assert set(checks.things_to_try(NAME)) == {"ratings", "model", "errors", "nearest", "you"}


def test_the_source_and_its_terms_are_told(formulas):
    said = " ".join(str(cell.value) for row in formulas["ratings"]["C53:C58"] for cell in row)
    for word in ("MovieLens", "GroupLens", "Harper", "dslabs", "no commercial use", "same terms"):
        assert word in said
    terms = (checks.WORKBOOKS / "data" / "ratings-terms.txt").read_text()
    assert "may redistribute the data set, including transformations" in terms


def test_the_readme_has_the_figures(values):
    readme = (checks.WORKBOOKS / "README.md").read_text()
    said = readme[readme.index("## embeddings.xlsx") :].split("\n## ")[0]
    figures = [f"{values['model']['E7'].value:.4f}", f"{kept()['loss']:.6f}"]
    figures += [f"{kept()['parts'][0][name]:.3f}" for name in ("mean", "biases", "vectors")]
    figures += [f"{values['ten_parts'].cell(16, column).value:.3f}" for column in (3, 4, 5)]
    assert [figure for figure in figures if figure not in said] == []


def test_no_setting_at_its_limit_makes_an_error(tmp_path):
    for settings in checks.limits(NAME):
        assert checks.errors(checks.recalculated(checks.typed_over(WORKBOOK, tmp_path, settings))) == []


def test_other_data_and_missing_results_are_refused(tmp_path):
    (tmp_path / "ratings.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FileError, match=r"ratings\.csv"):
        build(tmp_path, tmp_path / "x.xlsx")
    (tmp_path / "ratings.csv").write_bytes((checks.WORKBOOKS / "data" / "ratings.csv").read_bytes())
    with pytest.raises(FileError, match="lessons train --only embeddings"):
        build(tmp_path, Path(tmp_path) / "x.xlsx")
