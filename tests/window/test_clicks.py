"""A person's clicks in a real window of LibreOffice: on the workbook's buttons and in the extension's menu."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xlwings as xw
from tests.window.window import Window, find, is_box, until

from cellgrad.hosts.settings import Settings, read_settings, write_settings
from cellgrad.session import open_book

pytestmark = [pytest.mark.libreoffice, pytest.mark.slow]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    copy = tmp_path_factory.mktemp("window") / "titanic.xlsm"
    shutil.copyfile(ROOT / "workbooks" / "titanic.xlsm", copy)
    with Window(copy) as window:
        yield window


def on(window: Window, name: str) -> xw.Sheet:
    """The sheet, in front."""
    sheet = window.book.sheets[name]
    sheet.activate()
    time.sleep(1)
    return sheet


def optimum(sheet: str) -> float:
    """What the engine finds in the file, without a window."""
    return open_book(ROOT / "workbooks" / "titanic.xlsm").model(sheet).optimize().value


def test_python_is_warm_before_the_first_press(window: Window) -> None:
    """The workbook holds models: the server starts with it, and its worker."""
    until(lambda: any("cellgrad.addin.calc_server" in command for command in window.commands), "Python starts")
    until(lambda: any("multiprocessing" in command for command in window.commands), "the worker starts")


def test_the_optimize_button_of_the_workbook_and_undo_of_the_menu(window: Window) -> None:
    sheet = on(window, "nnet")
    before, loss = sheet["G1:P2"].value, sheet["AA1"].value
    best = optimum("nnet")
    window.click_button("Optimize")
    until(lambda: sheet["AA1"].value == pytest.approx(best, rel=1e-9), "the loss becomes the optimum")
    assert all(
        a != b for row, new in zip(before, sheet["G1:P2"].value, strict=True) for a, b in zip(row, new, strict=True)
    )
    window.idle()
    window.click_menu("Cellgrad", "Undo")
    until(lambda: sheet["G1:P2"].value == before, "the parameters are what they were")
    until(lambda: sheet["AA1"].value == loss, "the loss is what it was")
    window.idle()


def test_the_step_button_takes_one_step(window: Window) -> None:
    sheet = on(window, "mmult")
    loss, before = sheet["AA1"].value, sheet["S4:T13"].value
    window.click_button("Step")
    until(lambda: sheet["S4:T13"].value != before, "the parameters change")
    window.idle()
    assert optimum("mmult") < sheet["AA1"].value < loss


def test_optimize_in_the_menu(window: Window) -> None:
    sheet = on(window, "linear")
    before = sheet["G2:P2"].value
    best = optimum("linear")
    window.click_menu("Cellgrad", "Optimize")
    until(lambda: sheet["AA1"].value == pytest.approx(best, rel=1e-9), "the loss becomes the optimum")
    assert best == pytest.approx(0.144227149307, abs=1e-12)  # the least-squares fit, by linear algebra
    assert all(a != b for a, b in zip(before, sheet["G2:P2"].value, strict=True))
    window.idle()


def test_check_model_in_the_menu_answers_in_a_dialog(window: Window) -> None:
    on(window, "linear")
    window.click_menu("Cellgrad", "Check model")
    text = window.dialog_text()
    assert "linear!AA1" in text
    assert "linear!G2:P2" in text


@pytest.fixture
def endless(window: Window) -> Iterator[xw.Sheet]:
    """A run on the sheet nnet that ends when it is stopped, well under way."""
    write_settings(Settings(method="gradient-descent", steps=10**9, rate=1e-4))
    sheet = on(window, "nnet")
    before = sheet["G1:P2"].value
    window.click_menu("Cellgrad", "Optimize")
    until(lambda: sheet["G1:P2"].value != before, "the parameters move")
    yield sheet
    write_settings(Settings())
    window.click_menu("Cellgrad", "Undo")
    until(lambda: sheet["G1:P2"].value == before, "the parameters are what they were")
    window.idle()


def assert_one_complete_set(window: Window, sheet: xw.Sheet) -> None:
    """The sheet, at rest, shows the loss of the parameters it holds, and goes on calculating."""
    window.idle()
    model = open_book(window.file).model("nnet")
    held = sheet["G1:P2"].value
    assert sheet["AA1"].value == pytest.approx(model.value_and_gradient(np.ravel(held))[0], rel=1e-9)
    time.sleep(1)
    assert sheet["G1:P2"].value == held
    document = window.book.api
    assert document.isAutomaticCalculationEnabled()
    assert not document.hasControllersLocked()


def test_esc_on_the_keyboard_stops_a_run(window: Window, endless: xw.Sheet) -> None:
    window.key("Escape")
    assert_one_complete_set(window, endless)


def test_stop_in_the_menu(window: Window, endless: xw.Sheet) -> None:
    window.click_menu("Cellgrad", "Stop")
    assert_one_complete_set(window, endless)


def test_a_second_press_during_a_run_is_refused_in_words(window: Window, endless: xw.Sheet) -> None:
    window.click_menu("Cellgrad", "Optimize")
    assert "a run is under way" in window.dialog_text()
    moving = endless["G1:P2"].value
    until(lambda: endless["G1:P2"].value != moving, "the first run goes on")
    window.click_menu("Cellgrad", "Stop")
    assert_one_complete_set(window, endless)


def test_the_settings_in_the_menu_are_kept_and_obeyed(window: Window) -> None:
    window.click_menu("Cellgrad", "Settings")
    dialog = window.dialog()
    for name, text in (("Steps", "3"), ("Learning rate", "0.5")):
        window.click(find(dialog, lambda one, name=name: one.getAccessibleName() == name and is_box(one)))
        window.type(text)
    window.click(find(dialog, lambda one: one.getAccessibleName() == "OK"))
    until(lambda: read_settings() == Settings(steps=3, rate=0.5), "the settings are kept")
    write_settings(Settings())


def test_a_sheet_without_a_model_is_refused_in_words_and_a_model_is_set_by_the_menu(window: Window) -> None:
    sheet = on(window, "all_rows")
    window.click_menu("Cellgrad", "Optimize")
    text = window.dialog_text()
    assert "has no saved model" in text
    assert "press Set objective" in text
    sheet["N1"].value, sheet["N2"].value = 5.0, "=(N1-3)^2"
    for cell, item in (("N2", "Set objective"), ("N1", "Set changing cells"), ("N2", "Optimize")):
        sheet[cell].select()
        time.sleep(0.3)
        window.click_menu("Cellgrad", item)
        window.idle()
    until(lambda: sheet["N1"].value == pytest.approx(3, abs=1e-6), "the changing cell becomes the best")
