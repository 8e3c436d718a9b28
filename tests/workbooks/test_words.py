"""workbooks/words.xlsx: a weight for every word; what it says, what it reaches, and on messages held out."""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy.optimize import minimize
from tests.libreoffice import require
from tests.workbooks import lesson_checks as checks

import cellgrad
from cellgrad.errors import FileError
from cellgrad.lessons.computed import computed
from cellgrad.lessons.words.weights import AT_LEAST, HOLD_OUT, PENALTY, REACHED
from cellgrad.lessons.words.workbook import build

NAME = "words.xlsx"
WORKBOOK = checks.WORKBOOKS / NAME
WORDS = slice(10, 118)
"""The rows of the words on the sheet words, from 0; the constant stands above them."""


@pytest.fixture(scope="module")
def values():
    return checks.opened(NAME, data_only=True)


@pytest.fixture(scope="module")
def optimised(tmp_path_factory):
    """(value reported, path of the saved workbook)"""
    book = cellgrad.open(WORKBOOK)
    value = book.model("words").optimize(starts=1).value
    return value, book.write(tmp_path_factory.mktemp("words") / "optimised.xlsx").path


@cache
def data() -> tuple[list[list[str]], np.ndarray]:
    """The words of each message, and 1 for spam, from the csv by pandas and a regular expression."""
    table = pd.read_csv(WORKBOOK.parent / "data" / "messages.csv", keep_default_na=False)
    marks = re.compile(r"""[^ .,!?:;()&/#*+\-=>"]+""")
    texts = table.text.str.lower().str.replace("'", "")
    return [marks.findall(text) for text in texts], (table.kind == "spam").to_numpy(float)


def held_out(part: int) -> np.ndarray:
    return (np.arange(200) + 1) % 3 == part


def present(words: list[str]) -> np.ndarray:
    """(200, 1 + words): 1, and 1 where the message has the word."""
    return np.array([[1.0] + [float(word in message) for word in words] for message in data()[0]])


def frequent(part: int) -> set[str]:
    """The words that enough training messages have."""
    training = [set(words) for words, held in zip(data()[0], held_out(part), strict=True) if not held]
    every = set().union(*training)
    return {word for word in every if sum(word in words for words in training) >= AT_LEAST}


@cache
def best(part: int) -> tuple[float, dict[str, float], np.ndarray]:
    """(loss, weight by word, which messages are told right), by scipy."""
    words = sorted(frequent(part))
    inputs, sign, training = present(words), 2 * data()[1] - 1, ~held_out(part)

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (inputs @ w)
        slope = (-sign / (1 + np.exp(margin)))[training] @ inputs[training] / training.sum()
        return np.logaddexp(0, -margin)[training].mean() + PENALTY * w @ w, slope + 2 * PENALTY * w

    found = minimize(loss, np.zeros(inputs.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-9})
    weights = dict(zip(["(always)", *words], found.x, strict=True))
    return found.fun, weights, (inputs @ found.x > 0) == (sign > 0)


def column(sheet, letter: str, rows: slice = WORDS) -> list:
    return [cell.value for cell in sheet[letter][rows]]


def changed(folder: Path, cells: dict[tuple[str, str], object], source: Path = WORKBOOK) -> Path:
    """A copy of a workbook with other values in some cells."""
    book = openpyxl.load_workbook(source)
    for (sheet, cell), value in cells.items():
        book[sheet][cell] = value
    path = folder / "changed.xlsx"
    book.save(path)
    return path


def test_the_committed_workbook_is_what_the_builder_writes(tmp_path):
    assert checks.rebuilt_the_same(NAME, tmp_path)


def test_every_value_is_recalculated():
    assert checks.wrong_values(WORKBOOK) == []


@pytest.mark.libreoffice
def test_every_value_is_libreoffices():
    require()
    assert checks.wrong_values(WORKBOOK, "libreoffice") == []


def test_the_messages_are_fit_to_be_shown():
    """Half of each kind; no phone number, no web address; none that is nearly another of its kind."""
    table = pd.read_csv(WORKBOOK.parent / "data" / "messages.csv", keep_default_na=False)
    assert table.kind.value_counts().to_dict() == {"spam": 100, "ham": 100}
    assert not table.text.str.contains(r"\d{5}|www|http|@|\.co", regex=True).any()
    assert table.text.str.len().between(60, 160).all()
    for _, texts in table.groupby("kind").text:
        words = [set(re.findall("[a-z']+", text.lower())) for text in texts]
        assert max(len(a & b) / len(a | b) for a, b in combinations(words, 2)) <= 0.5


def test_messages_become_words_and_counts(values):
    texts, spam = data()
    listed, counts = values["messages"], values["counts"]
    rows = slice(8, 208)
    assert [text.split() for text in column(listed, "E", rows)] == texts
    assert column(listed, "B", rows) == ["spam" if kind else "ham" for kind in spam]
    assert column(listed, "C", rows) == list((~held_out(HOLD_OUT)).astype(int))
    words = [cell.value for cell in counts[8][11:]]
    assert words == column(values["words"], "B")
    block = np.array([[cell.value for cell in row] for row in counts.iter_rows(min_row=9, min_col=11)], float)
    np.testing.assert_array_equal(block, present(words))


def test_the_vocabulary_is_chosen_from_the_training_messages_alone(values):
    sheet, words, (_, spam) = values["words"], column(values["words"], "B"), data()
    inputs, training = present(words)[:, 1:], ~held_out(HOLD_OUT)
    assert column(sheet, "D") == list(inputs[training & (spam == 1)].sum(0))
    assert column(sheet, "E") == list(inputs[training & (spam == 0)].sum(0))
    used = {word for word, one in zip(words, column(sheet, "F"), strict=True) if one}
    assert used == frequent(HOLD_OUT) and len(used) == 87
    assert set(words) == frequent(0) | frequent(1) | frequent(2), "whichever third is held out, its words have a row"


def test_the_start_tells_nothing(values):
    sheet = values["words"]
    assert sheet["C3"].value == pytest.approx(np.log(2), rel=1e-12)
    assert sheet["F4"].value == sheet["F5"].value == sheet["F6"].value == 0.5
    assert column(sheet, "H") == list(range(1, 109)), "equal pushes are told apart by their place"


def test_optimize_reaches_what_the_sheet_says_and_what_scipy_finds(optimised):
    value, path = optimised
    sheet, (loss, weights, _) = openpyxl.load_workbook(path, data_only=True)["words"], best(HOLD_OUT)
    assert loss == pytest.approx(REACHED["loss"], rel=1e-9)
    assert value == sheet["C3"].value == pytest.approx(REACHED["loss"], rel=1e-9)
    theirs = [weights.get(word, 0) for word in column(sheet, "B", slice(9, 118))]
    np.testing.assert_allclose(column(sheet, "C", slice(9, 118)), theirs, atol=1e-5)
    assert [sheet[f"G{row}"].value for row in range(4, 8)] == list(REACHED.values())


def test_held_out_messages_are_told_right_far_more_often_than_by_guessing(optimised):
    sheet = openpyxl.load_workbook(optimised[1], data_only=True)["words"]
    right, held = best(HOLD_OUT)[2], held_out(HOLD_OUT)
    assert sheet["F4"].value == pytest.approx(right[~held].mean()) == REACHED["training"]
    assert sheet["F5"].value == pytest.approx(right[held].mean()) == REACHED["held out"]
    assert sheet["F5"].value >= sheet["F6"].value + 0.15
    spam = data()[1] == 1
    told = [[(held & ~spam & right).sum(), (held & ~spam & ~right).sum()],
            [(held & spam & ~right).sum(), (held & spam & right).sum()]]  # fmt: skip
    assert [[cell.value for cell in row] for row in sheet["K4:L5"]] == told


@pytest.mark.parametrize(
    ("cells", "training", "held"),
    [
        ({"C5": 1}, 133 / 133, 60 / 67),
        ({"C5": 2}, 129 / 133, 63 / 67),
        ({"C4": 0.0001}, 134 / 134, 59 / 66),
        ({"C4": 1}, 117 / 134, 56 / 66),
        ({"C6": 1}, 131 / 134, 61 / 66),
    ],
    ids=["second third", "last third", "next to no penalty", "a high penalty", "words the held-out messages chose"],
)
def test_other_settings(tmp_path, cells, training, held):
    """What the notes on the cells hold out, penalty and at least say."""
    book = cellgrad.open(changed(tmp_path, {("words", cell): value for cell, value in cells.items()}))
    book.model("words").optimize(starts=1)
    sheet = openpyxl.load_workbook(book.write(tmp_path / "out.xlsx").path, data_only=True)["words"]
    assert (sheet["F4"].value, sheet["F5"].value) == pytest.approx((training, held))
    if "C5" in cells:
        right, part = best(cells["C5"])[2], held_out(cells["C5"])
        assert (right[~part].mean(), right[part].mean()) == pytest.approx((training, held))
        assert held >= max(data()[1][part].mean(), 1 - data()[1][part].mean()) + 0.15


def test_the_list_is_sorted_by_push(optimised):
    sheet = openpyxl.load_workbook(optimised[1], data_only=True)["words"]
    push = dict(zip(column(sheet, "B"), column(sheet, "G"), strict=True))
    ranked = sorted(push, key=lambda word: -push[word])
    rows = slice(9, 29)
    assert column(sheet, "K", rows) == ranked[:10] + ranked[-10:]
    assert column(sheet, "L", rows) == [push[word] for word in ranked[:10]] + [0] * 10
    assert column(sheet, "M", rows) == [0] * 10 + [push[word] for word in ranked[-10:]]
    assert {"call", "txt", "free"} == set(ranked[:3]) and ranked[-1] == "i"


@pytest.mark.parametrize("text", ["FREE: are you (when me) 'call'!", "\u2018Free\u2019: are you when me call", ""])
def test_a_message_typed_in(optimised, tmp_path, text):
    """Its words, the strongest first, and the answer; those of the box of things to try, turned around, and none."""
    shown = computed(changed(tmp_path, {("try", "B4"): text}, optimised[1]))["try"]
    weights = best(HOLD_OUT)[1]
    words = re.findall("[a-z]+", text.lower().replace("'", ""))
    known = sorted({word for word in words if word in weights}, key=lambda word: -abs(weights[word]))
    assert [shown[row, 1] for row in range(12, 24)] == known + [""] * (12 - len(known))
    assert (shown[11, 7], shown[12, 7]) == (len(words), len(known))
    probability = 1 / (1 + np.exp(-weights["(always)"] - sum(weights[word] for word in known)))
    assert shown[16, 7] == pytest.approx(probability, abs=1e-5)
    assert shown[17, 7] == ("spam" if probability > 0.5 else "ham") == ("spam" if words else "ham")


def test_saved_model_names_notes_charts_panes_and_print(values):
    book = checks.opened(NAME)
    saved = {name: defined.attr_text for name, defined in book["words"].defined_names.items()}
    assert (saved["solver_opt"], saved["solver_adj"]) == ("words!$C$3", "words!$C$10:$C$118")
    assert (saved["solver_typ"], saved["solver_neg"]) == ("2", "2")
    assert {"train", "kind", "present", "cross_entropy", "is_right", "loss", "penalty", "hold_out", "at_least",
            "weights", "vocabulary", "push"} <= set(book.defined_names)  # fmt: skip
    assert "CC BY 4.0" in book["messages"]["A1"].comment.text
    for cell, word in {"words!B3": "LN(2)", "words!B5": "94.0 %", "counts!L8": "COUNTIF", "counts!I8": "EXP",
                       "messages!E8": "space", "words!C9": "changing cells"}.items():  # fmt: skip
        sheet, at = cell.split("!")
        assert word in book[sheet][at].comment.text
    assert checks.not_set_up(book) == []
    assert checks.charts(NAME) == ["The words that push most", "What each word of the message adds"]


def test_gradients_agree_with_central_differences():
    model = cellgrad.open(WORKBOOK).model("words")
    for point in np.random.default_rng(0).normal(size=(2, 109)):
        assert model.check(point).max_relative_error < 1e-6


def test_other_data_is_refused(tmp_path):
    (tmp_path / "messages.csv").write_text("line,text\n1,hello\n")
    with pytest.raises(FileError, match="is not a table of line, kind, text"):
        build(tmp_path, tmp_path / "x.xlsx")
