"""learning-rate.xlsx: every recurrence beside numpy's, and the best rate found through twenty steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from tests.workbooks import lesson_checks as checks
from tests.workbooks.lesson_checks import changed
from tests.workbooks.test_quadratic import LEAST, POWERS, START, loss, numbers, slope

import cellgrad
from cellgrad.lessons.learning_rate import tables
from cellgrad.lessons.learning_rate import workbook as lesson

NAME = "learning-rate.xlsx"
PATH = checks.WORKBOOKS / NAME
STEPS = 20


@pytest.fixture(scope="module")
def values() -> Any:
    return checks.opened(NAME, data_only=True)


def walk(move: Callable[[int, np.ndarray], np.ndarray]) -> np.ndarray:
    """(21, 3): each point the one before it minus `move` of the step's number and that point's slope."""
    path = [START]
    for step in range(1, STEPS + 1):
        path.append(path[-1] - move(step, slope(path[-1])))
    return np.array(path)


def plain(rate: float = 0.1) -> Callable[[int, np.ndarray], np.ndarray]:
    return lambda step, g: rate * g


def momentum(rate: float = 0.1) -> Callable[[int, np.ndarray], np.ndarray]:
    velocity = np.zeros(3)

    def move(step: int, g: np.ndarray) -> np.ndarray:
        velocity[:] = 0.6 * velocity + g
        return rate * velocity

    return move


def adam(rate: float = 0.3) -> Callable[[int, np.ndarray], np.ndarray]:
    """Kingma and Ba (2015), algorithm 1."""
    mean, square = np.zeros(3), np.zeros(3)

    def move(step: int, g: np.ndarray) -> np.ndarray:
        mean[:] = 0.9 * mean + 0.1 * g
        square[:] = 0.999 * square + 0.001 * g**2
        return rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)

    return move


def last_loss(rate: float, method: Callable[[float], Any] = plain) -> float:
    return loss(walk(method(rate))[-1])


# ---- what is where -------------------------------------------------------------------------------------------------


def test_sheets_names_charts_and_look() -> None:
    book = checks.opened(NAME)
    assert book.sheetnames == ["rates", "methods", "finder", "descents", "plain", "momentum", "adam", "points"]
    assert checks.not_set_up(book) == []
    assert checks.charts(NAME) == [
        "How far above the best fit, step by step", "The weight a on its way",
        "How far above the best fit, step by step", "The weight c on its way", "Loss against a growing rate",
    ]  # fmt: skip
    assert set(book.defined_names) == {
        "best_fit", "data_x", "data_y", "loss_after_all", "loss_of_methods", "suggested_rate", "plain_rate",
        "momentum_rate", "momentum_kept", "adam_rate", "adam_kept", "adam_kept_of_squares",
        *(f"rate_{run.word}" for run in tables.RUNS),
    }  # fmt: skip


DESCENTS = [
    *(("descents", tables.LEFT[run.word], 3, lambda rate=run.rate: plain(rate)) for run in tables.RUNS),
    ("plain", 1, 7, plain),
    ("momentum", 1, 7, momentum),
    ("adam", 1, 13, adam),
]


@pytest.mark.parametrize(("sheet", "left", "loss_at", "made"), DESCENTS)
def test_every_step_is_numpys(values: Any, sheet: str, left: int, loss_at: int, made: Any) -> None:
    path = walk(made())
    rows = values[sheet].iter_rows(min_row=5, max_row=25, values_only=True)
    cells = np.array([[*row[left : left + 3], row[loss_at + (left if sheet == "descents" else 0)]] for row in rows])
    np.testing.assert_allclose(cells[:, :3], path, rtol=1e-10)
    np.testing.assert_allclose(cells[:, 3], [loss(w) for w in path], rtol=1e-10)


def test_the_five_rates_do_what_is_said_of_them(values: Any) -> None:
    """Creeping falls and is far from done; oscillating changes sides at every step; diverging only rises."""
    paths = {run.word: walk(plain(run.rate)) for run in tables.RUNS}
    losses = {word: [loss(w) for w in path] for word, path in paths.items()}
    assert all(np.diff(losses["creeping"]) < 0) and losses["creeping"][-1] > losses["creeping"][0] / 2
    assert all(np.diff(losses["slow"]) < 0)
    assert losses["right"][-1] == min(losses[word][-1] for word in losses)
    sides = np.sign(np.diff(paths["oscillating"][:, 0]))
    assert all(sides[1:] == -sides[:-1]) and losses["oscillating"][-1] < losses["oscillating"][0]
    assert all(np.diff(losses["diverging"]) > 0)
    shown = dict(zip([run.word for run in tables.RUNS], numbers(values["rates"], "C4:E9").tolist(), strict=True))
    for word, cells in shown.items():
        assert cells == pytest.approx([losses[word][step] for step in (1, 10, 20)], rel=1e-10)


def test_what_happens_is_said_of_the_rate_typed(tmp_path: Path) -> None:
    """The words of F9 for other rates in B9; the edge to flying off is 0.2211, that to changing sides 0.1106."""
    said = {0: "stands", 0.12: "oscillates", 0.22: "oscillates", 0.222: "diverges"}
    for rate, word in said.items():
        assert str(changed(PATH, tmp_path, {"rates!B9": rate})("rates!F9")).split(":")[0].split()[0] == word


def test_what_happens_fits_the_words_for_the_rates(values: Any) -> None:
    words = {values["rates"][f"A{row}"].value: values["rates"][f"F{row}"].value.split(":")[0] for row in range(4, 9)}
    assert words == {"creeping": "creeps", "slow": "steady", "right": "fast and calm", "oscillating": "oscillates",
                     "diverging": "diverges"}  # fmt: skip


def test_the_edges_that_the_note_names() -> None:
    """Steps shrink every direction below 2 / the largest curvature, without changing sides below half of that."""
    curvatures = np.linalg.eigvalsh(2 * POWERS.T @ POWERS / 20)
    assert [round(c, 3) for c in curvatures[[0, 2]]] == [0.762, 9.045]
    assert round(2 / curvatures[2], 3) == 0.221


def test_the_finder(values: Any) -> None:
    sheet = values["finder"]
    w, losses, rates = START, [], []
    for step in range(35):
        rates.append(0.0001 * 10 ** (step / 8))
        w = w - rates[-1] * slope(w)
        losses.append(loss(w))
    np.testing.assert_allclose(numbers(sheet, "F8:F42")[:, 0], losses, rtol=1e-9)
    steepest = rates[int(np.argmax(-np.diff([loss(START), *losses])))]
    lowest = rates[int(np.argmin(losses))]
    assert [sheet[cell].value for cell in ("B3", "D3", "B4", "D4")] == pytest.approx(
        [lowest, lowest / 10, steepest, min(steepest, lowest / 10)], rel=1e-12
    )


# ---- our engine ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.1, 0.2, 0.22])
def test_the_slope_in_the_rate_agrees_with_differences(rate: float) -> None:
    model = cellgrad.open(PATH).model("rates")
    assert model.cells == ["rates!B9"]
    assert model.check(np.array([rate])).max_relative_error < 1e-6


def test_optimising_reaches_the_rate_and_the_loss_stated_on_the_sheet(values: Any) -> None:
    solution = cellgrad.open(PATH).model("rates").optimize()
    found = minimize_scalar(last_loss, (0.17, 0.19, 0.2), tol=1e-12)
    assert solution.value == pytest.approx(found.fun, abs=1e-12)
    assert pytest.approx([solution.x[0], solution.value], abs=1e-8) == [lesson.BEST_RATE, lesson.BEST_LOSS]
    assert [values["rates"][cell].value for cell in ("B11", "E11")] == [lesson.BEST_RATE, lesson.BEST_LOSS]
    assert values["rates"]["E10"].value == values["methods"]["G8"].value == pytest.approx(LEAST, rel=1e-11)


METHODS = {"plain": (plain, (0.17, 0.19, 0.2)), "momentum": (momentum, (0.342, 0.346, 0.348)),
           "Adam": (adam, (0.33, 0.34, 0.35))}  # fmt: skip
"""Each method, and a bracket of the valley in its rate that Optimize ends in."""


@pytest.mark.parametrize("rates", [(0.1, 0.1, 0.3), (0.05, 0.2, 0.1), (0.19, 0.3, 0.34)])
def test_the_slopes_in_the_rates_of_the_methods_agree_with_differences(rates: tuple[float, ...]) -> None:
    model = cellgrad.open(PATH).model("methods")
    assert model.cells == ["methods!B4", "methods!B5", "methods!B6"]
    assert model.check(np.array(rates)).max_relative_error < 1e-6


def test_optimising_the_methods_reaches_the_rates_and_losses_stated_on_the_sheet(values: Any) -> None:
    sheet = values["methods"]
    found = {word: minimize_scalar(last_loss, at, args=(method,), tol=1e-12) for word, (method, at) in METHODS.items()}
    for row, (word, (rate, least)) in enumerate(lesson.BEST_RATES.items(), start=4):
        assert [sheet[f"{column}{row}"].value for column in "AHI"] == [word, rate, least]
        assert (found[word].x, found[word].fun) == pytest.approx((rate, least), rel=1e-7)
    assert sheet["G7"].value == pytest.approx(np.mean([sheet[f"G{row}"].value for row in (4, 5, 6)]), rel=1e-12)
    solution = cellgrad.open(PATH).model("methods").optimize()
    assert solution.value <= np.mean([one.fun for one in found.values()]) + 1e-11
    assert sheet["I7"].value == pytest.approx(np.mean([one.fun for one in found.values()]), abs=1e-11)
