"""quadratic.xlsm: the shipped workbook by openpyxl, by our engine and by LibreOffice; its macros run in LibreOffice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oletools.olevba import VBA_Parser
from tests.libreoffice import require
from tests.workbooks import lesson_checks as checks

import cellgrad
from cellgrad.hosts import calc
from cellgrad.hosts.calc.book import import_uno, property_value
from cellgrad.lessons import parabola
from cellgrad.lessons.quadratic import workbook as quadratic

NAME = "quadratic.xlsm"
PATH = checks.WORKBOOKS / NAME
X, Y = np.array(parabola.X), np.array(parabola.Y)
POWERS = np.stack([X**2, X, np.ones(20)], axis=1)
START = np.full(3, 1.5)
LEAST = np.linalg.lstsq(POWERS, Y)[1][0] / 20
"""The mean squared error of numpy's least-squares fit."""


def loss(w: np.ndarray) -> float:
    return float(np.mean((POWERS @ w - Y) ** 2))


def slope(w: np.ndarray) -> np.ndarray:
    return 2 / 20 * POWERS.T @ (POWERS @ w - Y)


def descent(rate: float, steps: int) -> np.ndarray:
    """(steps + 1, 3), by numpy."""
    path = [START]
    for _ in range(steps):
        path.append(path[-1] - rate * slope(path[-1]))
    return np.array(path)


def numbers(sheet: Any, region: str) -> np.ndarray:
    return np.array([[cell.value for cell in row] for row in sheet[region]], float)


# ---- what is where -------------------------------------------------------------------------------------------------


def test_the_points_are_what_the_lesson_says() -> None:
    """Evenly from -2 to 2, and 3x²+2x+1 with noise of standard deviation 1.2 (its mean and spread, 20 draws)."""
    np.testing.assert_allclose(X, np.linspace(-2, 2, 20), atol=0.005 + 1e-12)
    noise = Y - POWERS @ [3, 2, 1]
    assert abs(noise.mean()) < 3 * 1.2 / np.sqrt(20)
    assert 0.4 < noise.std() < 1.8


def test_sheets_names_charts_and_look() -> None:
    book = checks.opened(NAME)
    assert book.sheetnames == ["quadratic", "history"]
    assert checks.not_set_up(book) == []
    assert checks.charts(NAME) == ["The points and the curve in use", "Loss, step by step"]
    expected = {f"{word}_{w}" for word in ("hand", "moved", "weight", "slope", "next") for w in "abc"}
    assert set(book.defined_names) == expected | {
        "data_x", "data_y", "pull", "loss", "least_loss", "learning_rate", "steps_taken", "recorded",
    }  # fmt: skip


def test_it_starts_at_one_and_a_half() -> None:
    sheet = checks.opened(NAME, data_only=True)["quadratic"]
    assert numbers(sheet, "C5:E7").tolist() == [[1.5, 0, 1.5]] * 3
    assert sheet["B10"].value == pytest.approx(loss(START), rel=1e-14)


def test_the_slopes_three_ways_are_numpys_and_the_engines() -> None:
    sheet = checks.opened(NAME, data_only=True)["quadratic"]
    for column in range(3):
        np.testing.assert_allclose(numbers(sheet, "I5:K7")[:, column], slope(START), rtol=1e-11)
    np.testing.assert_allclose(numbers(sheet, "I5:I7")[:, 0], cellgrad.open(PATH).model().gradients(), rtol=1e-13)


def test_the_history_is_gradient_descent() -> None:
    sheet = checks.opened(NAME, data_only=True)["history"]
    path = descent(quadratic.RATE, 40)
    np.testing.assert_allclose(numbers(sheet, "B4:D44"), path, rtol=1e-12)
    np.testing.assert_allclose(numbers(sheet, "H4:H44")[:, 0], [loss(w) for w in path], rtol=1e-12)


def test_the_least_loss_stated_is_the_least_squares_fits() -> None:
    assert checks.opened(NAME, data_only=True)["quadratic"]["D10"].value == pytest.approx(LEAST, rel=1e-11)


@pytest.mark.parametrize(("rate", "settles"), [(0.02, True), (0.2, True), (0.23, False)])
def test_what_is_said_of_three_rates(tmp_path: Path, rate: float, settles: bool) -> None:
    """By numpy and by the sheet: 0.02 creeps, 0.2 jumps to and fro and settles, 0.23 flies out of the valley."""
    value = checks.changed(PATH, tmp_path, {"quadratic!G10": rate})
    path = descent(rate, 40)
    assert value("history!H44") == pytest.approx(loss(path[-1]), rel=1e-9)
    assert (value("history!H44") < value("history!H5") < value("history!H4")) == settles
    sides = np.sign(np.diff(path[:6, 0]))
    assert all(sides[1:] == sides[:-1]) == (rate == 0.02) and all(sides[1:] == -sides[:-1]) == (rate > 0.1)


def test_the_best_fit_follows_the_points(tmp_path: Path) -> None:
    value = checks.changed(PATH, tmp_path, {"quadratic!B14": 0, "quadratic!B33": 0})
    assert value("quadratic!D10") == pytest.approx(np.linalg.lstsq(POWERS, [0, *Y[1:-1], 0])[1][0] / 20, rel=1e-11)


# ---- our engine ----------------------------------------------------------------------------------------------------


def test_the_gradient_agrees_with_differences() -> None:
    model = cellgrad.open(PATH).model()
    assert model.cells == ["quadratic!D5", "quadratic!D6", "quadratic!D7"]
    for point in np.random.default_rng(0).normal(0, 2, (5, 3)):
        assert model.check(point).max_relative_error < 1e-6


def test_optimising_reaches_the_loss_stated_on_the_sheet() -> None:
    solution = cellgrad.open(PATH).model().optimize()
    assert solution.value == pytest.approx(LEAST, rel=1e-12)
    np.testing.assert_allclose(START + solution.x, np.linalg.lstsq(POWERS, Y)[0], rtol=1e-8)


def test_steps_of_the_engine_are_the_rows_of_the_history() -> None:
    solution = (
        cellgrad.open(PATH).model().optimize(method="gradient-descent", learning_rate=quadratic.RATE, steps=3, starts=1)
    )
    np.testing.assert_allclose(START + solution.x, descent(quadratic.RATE, 3)[3], rtol=1e-12)


# ---- the buttons ---------------------------------------------------------------------------------------------------


def test_every_button_has_its_macro() -> None:
    code = "\n".join(text for _, _, _, text in VBA_Parser(str(PATH)).extract_macros())
    for macro in quadratic.BUTTONS.values():
        assert f"Public Sub {macro}()" in code


Run = Callable[[str], None]


@pytest.fixture
def shown() -> Iterator[tuple[Any, Run]]:
    """The workbook open in LibreOffice with its macros allowed; what runs one of them."""
    require()
    with calc.start() as app:
        url = import_uno().systemPathToFileUrl(str(PATH))
        allowed = property_value("Hidden", True), property_value("MacroExecutionMode", 4)
        document = app.impl.office.desktop.loadComponentFromURL(url, "_blank", 0, allowed)

        def run(macro: str) -> None:
            place = f"vnd.sun.star.script:VBAProject.QuadraticSteps.{macro}?language=Basic&location=document"
            document.getScriptProvider().getScript(place).invoke((), (), ())

        yield document, run
        document.close(True)


@pytest.mark.libreoffice
def test_step_and_start_again_in_libreoffice(shown: tuple[Any, Run]) -> None:
    document, run = shown
    sheet, history = (document.Sheets.getByName(name) for name in ("quadratic", "history"))

    def value(cell: str) -> float:
        return float(sheet.getCellRangeByName(cell).Value)

    def recorded() -> list[float]:
        cells = [history.getCellRangeByName(f"I{row}") for row in range(4, 9)]
        return [cell.Value for cell in cells if cell.String]

    path = descent(quadratic.RATE, 3)
    for step in (1, 2, 3):
        run("QuadraticStep")
        assert [value(f"E{row}") for row in (5, 6, 7)] == pytest.approx(path[step], rel=1e-12)
        assert value("I10") == step
    assert recorded() == pytest.approx([loss(w) for w in path], rel=1e-12)
    run("QuadraticStartAgain")
    assert [value(cell) for cell in ("E5", "E6", "E7", "I10")] == [1.5, 1.5, 1.5, 0]
    assert recorded() == []
