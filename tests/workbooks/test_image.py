"""workbooks/image.xlsx: a convolutional network on digits, beside the same network in numpy and a linear model."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from lxml import etree
from numpy.lib.stride_tricks import sliding_window_view
from tests.libreoffice import require
from tests.workbooks import lesson_checks as checks

import cellgrad
from cellgrad.audit.auditing import audit
from cellgrad.errors import FileError
from cellgrad.hosts import package
from cellgrad.lessons.image.layout import CHANGING, read_images
from cellgrad.lessons.image.sharing import shared
from cellgrad.lessons.image.training import train
from cellgrad.lessons.image.workbook import build
from cellgrad.lessons.training import read_results
from cellgrad.reference import Reference

DATA = checks.WORKBOOKS / "data"
WORKBOOK = checks.WORKBOOKS / "image.xlsx"
FILTERS, PENALTY = 12, 0.0001


@pytest.fixture(scope="module")
def stored():
    """The workbook as read from the file, formulas not worked out."""
    return package.read(WORKBOOK)


@pytest.fixture(scope="module")
def book():
    return cellgrad.open(WORKBOOK)


@pytest.fixture(scope="module")
def found():
    return read_results(DATA, "image")


def block(stored, sheet: str, top: int, left: int, rows: int, columns: int) -> np.ndarray:
    """Numbers of a rectangle counted from 1."""
    _, numbers, _ = stored.sheet(sheet).cells.dense(top - 1, left - 1, top + rows - 1, left + columns - 1)
    return np.array(numbers, float).reshape(rows, columns)


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Images (1300, 8, 8) from 0 to 1 and digits (1300,), by pandas alone."""
    d = pd.read_csv(DATA / "digits.csv").to_numpy()
    return d[:, 1:].reshape(-1, 8, 8) / 16, d[:, 0]


def parameters(stored) -> tuple[np.ndarray, ...]:
    """What the yellow cells hold: filters (12, 3, 3), biases (12,), constants (10,), weights (10, 108)."""
    lefts = [11 + 7 * number for number in range(FILTERS)]
    filters = np.stack([block(stored, "look", 5, left, 3, 3) for left in lefts])
    biases = np.array([block(stored, "look", 8, left + 2, 1, 1)[0, 0] for left in lefts])
    dense = block(stored, "dense", 6, 3, 10, 109)
    return filters, biases, dense[:, 0], dense[:, 1:]


def network(images: np.ndarray, filters, biases, constants, weights) -> np.ndarray:
    """Scores (n, 10): correlate, bend, the largest of each two by two, weigh."""
    maps = np.einsum("nijyx,kyx->nkij", sliding_window_view(images, (3, 3), (1, 2)), filters) + biases[:, None, None]
    pooled = np.maximum(maps, 0).reshape(-1, FILTERS, 3, 2, 3, 2).max((3, 5))
    return pooled.reshape(len(images), -1) @ weights.T + constants


def cross_entropy(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.logaddexp.reduce(scores, 1) - scores[range(len(truth)), truth]


def test_the_data_and_the_split(stored):
    images, truth = digits()
    assert len(images) == 1300
    for sheet, part in (("train", slice(0, 1000)), ("held_out", slice(1000, 1300))):
        count = part.stop - part.start
        assert np.array_equal(block(stored, sheet, 8, 1, count, 1)[:, 0], np.arange(part.start, part.stop) + 1)
        assert np.array_equal(block(stored, sheet, 8, 2, count, 1)[:, 0], truth[part])
        assert np.array_equal(block(stored, sheet, 8, 17, count, 64), images[part].reshape(count, 64))


def test_the_cells_hold_what_numpy_finds_with_the_same_parameters(stored, found):
    images, truth = digits()
    learned = parameters(stored)
    scores = network(images, *learned)
    entropy = cross_entropy(scores, truth)
    for sheet, part in (("train", slice(0, 1000)), ("held_out", slice(1000, 1300))):
        count = part.stop - part.start
        np.testing.assert_allclose(block(stored, sheet, 8, 7, count, 10), scores[part], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(block(stored, sheet, 8, 6, count, 1)[:, 0], entropy[part], rtol=1e-7, atol=1e-13)
        assert np.array_equal(block(stored, sheet, 8, 3, count, 1)[:, 0], scores[part].argmax(1))
    loss = entropy[:1000].mean() + PENALTY * ((learned[0] ** 2).sum() + (learned[3] ** 2).sum())
    assert block(stored, "train", 3, 3, 1, 1)[0, 0] == pytest.approx(loss, rel=1e-11)
    assert loss == pytest.approx(found["loss"], abs=1e-6)
    assert block(stored, "train", 3, 6, 1, 1)[0, 0] == found["loss"]


def test_held_out_images_are_read_right_and_better_than_by_the_linear_model(stored, found):
    images, truth = digits()
    held = truth[1000:]
    network_right = (network(images[1000:], *parameters(stored)).argmax(1) == held).mean()
    linear = block(stored, "linear", 8, 18, 65, 10)
    scores = images.reshape(-1, 64) @ linear[1:] + linear[0]
    linear_right = (scores[1000:].argmax(1) == held).mean()
    assert network_right >= 0.96
    assert network_right - linear_right >= 0.01
    assert found["seconds"] < 600
    assert block(stored, "results", 5, 3, 2, 1)[:, 0] == pytest.approx([network_right, linear_right])
    assert (network_right, linear_right) == pytest.approx((found["held out"], 290 / 300)), "what the README says"
    loss = cross_entropy(scores[:1000], truth[:1000]).mean() + PENALTY * (linear[1:] ** 2).sum()
    assert block(stored, "linear", 3, 3, 1, 1)[0, 0] == pytest.approx(loss, rel=1e-11)


def test_the_readme_says_what_was_found(found):
    text = (checks.WORKBOOKS / "README.md").read_text(encoding="utf-8").split("## image.xlsx")[1].split("\n## ")[0]
    for said in (
        f"{found['start']:.6f} to {found['loss']:.6f}",
        f"{found['held out']:.1%}".replace("%", " %"),
        "96.7 %",
    ):
        assert said in text


def test_confusion_and_the_worst(stored):
    images, truth = digits()
    scores, held = network(images[1000:], *parameters(stored)), truth[1000:]
    confusion = np.zeros((10, 10))
    np.add.at(confusion, (held, scores.argmax(1)), 1)
    assert np.array_equal(block(stored, "results", 10, 2, 10, 10), confusion)
    entropy = cross_entropy(scores, held)
    worst = np.argsort(-entropy)[:10]
    expected = np.c_[1001 + worst, held[worst], scores.argmax(1)[worst], entropy[worst]]
    np.testing.assert_allclose(block(stored, "results", 5, 13, 10, 4), expected, rtol=1e-9)


def test_layers_and_parameters_are_counted(stored):
    _, biases, constants, weights = parameters(stored)
    assert block(stored, "layers", 6, 5, 1, 2).tolist() == [[FILTERS * 9 + len(biases)] * 2]
    assert block(stored, "layers", 9, 5, 1, 2).tolist() == [[weights.size + len(constants)] * 2]
    assert block(stored, "layers", 11, 5, 2, 2).tolist() == [[1210, 1210], [650, 650]]
    assert len(cellgrad.open(WORKBOOK).model("train").x0) == 1210


@pytest.mark.parametrize("number", [1, 1000, 1001, 1203])
def test_look_shows_any_image_as_the_long_sheets_judge_it(number):
    images, truth = digits()
    book = cellgrad.open(WORKBOOK)
    scores = network(images[number - 1 : number], *parameters(book.workbook))[0]
    book.put([book.cell("D3", "look")], np.array([float(number)]))
    value = lambda cell: book.value(book.cell(cell, "look"))  # noqa: E731
    assert (value("D14"), value("H14")) == (truth[number - 1], scores.argmax())
    assert [value(f"C{row}") for row in range(16, 26)] == pytest.approx(list(scores), rel=1e-9)
    powers = np.exp(scores - scores.max())
    assert [value(f"H{row}") for row in range(16, 26)] == pytest.approx(sorted(powers / powers.sum())[::-1], rel=1e-9)
    assert [value(f"G{row}") for row in range(16, 26)] == list(np.argsort(-scores))


def test_the_bands_add_up_to_the_score_they_explain(stored):
    explained = int(block(stored, "look", 3, 8, 1, 1)[0, 0])
    sums = [block(stored, "look", 35, 13 + 7 * number, 1, 1)[0, 0] for number in range(FILTERS)]
    score, constant = block(stored, "dense", 6 + explained, 2, 1, 2)[0]
    assert sum(sums) + constant == pytest.approx(score, rel=1e-12)


def test_values_are_the_reference_evaluators_to_the_last_bit(stored):
    """The builder works the long sheets out by itself: a sample of rows, each value of them."""
    reference = Reference(stored)
    for sheet, row in (("train", 8), ("held_out", 300), ("linear", 8), ("linear", 1100)):
        last = 15 if sheet == "linear" else 188
        _, numbers, formulas = stored.sheet(sheet).cells.dense(row - 1, 0, row, last)
        places = [place for place in range(last) if np.asarray(formulas).reshape(-1)[place] >= 0]
        assert len(places) > 10
        for place in places:
            value, held = reference.value(sheet, row - 1, place), np.asarray(numbers).reshape(-1)[place]
            # what an array formula fills is written with 16 digits
            assert held in (value, float(f"{value:.16G}") if sheet == "linear" else value), (sheet, place)


def test_gradients_agree_with_central_differences(book):
    """Every parameter of one filter and some weights, at the optimum and elsewhere; then all along random lines."""
    some = book.model("train", objective="train!C3", changing="look!K5:M7,look!M8,dense!C6:F6")
    random = np.random.default_rng(0)
    for point in (some.x0, *random.normal(size=(2, len(some.x0)))):
        assert some.check(point).max_relative_error < 1e-6
    model = book.model("train")
    for _ in range(3):
        point = model.x0 + random.normal(size=1210) * 0.1
        line = random.normal(size=1210) / np.sqrt(1210)
        ahead, behind = (model.value_and_gradient(point + step * line)[0] for step in (1e-6, -1e-6))
        assert (ahead - behind) / 2e-6 == pytest.approx(model.value_and_gradient(point)[1] @ line, rel=1e-6, abs=1e-6)
    linear = book.model("linear", objective="linear!C3", changing="linear!R8:AA10")
    assert linear.check(random.normal(size=30)).max_relative_error < 1e-6


def test_optimize_goes_on_from_a_disturbed_network(book):
    """A tenth of noise on every weight, then sixty steps: most of what it cost is won back."""
    model = book.model("train")
    start = model.x0 + np.random.default_rng(1).normal(size=1210) * 0.1
    before = model.value_and_gradient(start)[0]
    solution = cellgrad.open(WORKBOOK).model("train").optimize(method="l-bfgs", starts=1, steps=15, start=start)
    assert before > 3 * solution.value


def test_shared_formulas_are_written_once():
    rows = b'<c r="A2" s="1"><f>B2</f><v>1</v></c><c r="A3" s="1"><f>B3</f><v>2</v></c><c r="C1"><f>9</f><v>9</v></c>'
    assert shared(rows, 2) == (
        b'<c r="A2" s="1"><f t="shared" ref="A2:A3" si="0">B2</f><v>1</v></c>'
        b'<c r="A3" s="1"><f t="shared" si="0"/><v>2</v></c><c r="C1"><f>9</f><v>9</v></c>'
    )


def test_saved_models_names_and_size():
    with zipfile.ZipFile(WORKBOOK) as parts:
        root = etree.fromstring(parts.read("xl/workbook.xml"))
    names = {(name.get("name"), name.get("localSheetId")): name.text for name in root.iter("{*}definedName")}
    assert names["solver_opt", "4"] == "train!$C$3"
    assert names["solver_adj", "4"] == CHANGING
    assert names["solver_adj", "6"] == "linear!$R$8:$AA$72"
    assert (names["solver_typ", "4"], names["solver_neg", "4"]) == ("2", "2")
    assert (names["penalty", None], names["image_number", None]) == ("train!$C$5", "look!$D$3")
    assert WORKBOOK.stat().st_size < 20_000_000


def test_other_data_is_refused(tmp_path):
    (tmp_path / "digits.csv").write_text("digit,a\n1,2\n")
    with pytest.raises(FileError, match="is not a table of 1300 images"):
        build(tmp_path, tmp_path / "x.xlsx")
    with pytest.raises(FileError, match="cannot be read"):
        read_images(tmp_path / "none.csv")


def wrong(against: str) -> list[object]:
    """Formula cells that differ by more than 1e-12 of their size, and by more than sums of such scores can be known."""
    found = audit(WORKBOOK, tolerance=1e-12, against=against)
    assert found.formulas > 170_000
    assert found.error_values == 0
    buckets = [found.no_cached_value, found.volatile, found.external, found.errors]
    differing = [cell for cell in found.mismatched if abs(cell.cached - cell.computed) > 1e-13]
    return [*differing, *found.unsupported, *(bucket for bucket in buckets if bucket)]


def test_every_value_is_recalculated():
    assert wrong("file") == []


@pytest.mark.slow
@pytest.mark.libreoffice
def test_every_value_is_libreoffices():
    require()
    assert wrong("libreoffice") == []


@pytest.mark.slow
def test_it_is_rebuilt_byte_for_byte(tmp_path):
    assert checks.rebuilt_the_same("image.xlsx", tmp_path)


@pytest.mark.slow
def test_notes_panes_print_and_colours():
    book = openpyxl.load_workbook(WORKBOOK)
    assert checks.not_set_up(book) == []
    assert checks.charts("image.xlsx") == ["Held-out images read wrong, of 300"]
    assert "scikit-learn" in book["look"]["A1"].comment.text
    for sheet, cell, word in (("look", "K9", "slides"), ("train", "F7", "-LN"), ("results", "A7", "300")):
        assert word in book[sheet][cell].comment.text
    assert book["look"].conditional_formatting
    assert book["train"]["CC900"].value.startswith("=MAX(0,")


@pytest.mark.slow
def test_training_from_the_start_reaches_what_the_sheet_says(found, tmp_path: Path):
    """Another machine's sums may lead to another valley nearby: as low, and as good on the held-out images."""
    again = train(DATA)
    assert again["start"] == found["start"]
    assert again["loss"] == pytest.approx(found["loss"], rel=0.05)
    assert again["linear_loss"] == pytest.approx(found["linear_loss"], rel=1e-3)
    assert again["held out"] >= 0.96
    assert again["seconds"] < 600
