"""Clicks on Gradient map and Reports in the extension's menu: each opens a workbook of its own."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
import xlwings as xw
from tests.window.window import Window, until

from cellgrad.session import open_book

pytestmark = [pytest.mark.libreoffice, pytest.mark.slow]

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsm"


def opened(window: Window, name: str) -> xw.Book:
    """The workbook of this name as soon as it is open."""
    return until(lambda: next((one for one in window.app.books if one.name == name), None), f"{name} opens")


def in_front(window: Window) -> None:
    """The user's workbook, as a window manager would put it there when another window closes; this screen has none."""
    frame = window.book.api.CurrentController.Frame
    frame.activate()
    frame.getContainerWindow().toFront()
    frame.getContainerWindow().setFocus()
    time.sleep(1)


def test_both_menu_items_open_a_workbook_beside_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    copy = Path(shutil.copy(TITANIC, tmp_path))
    model = open_book(copy).model("linear")
    slopes = model.gradients()
    best = model.optimize()
    with Window(copy) as window:
        sheet = window.book.sheets["linear"]
        sheet.activate()
        time.sleep(1)
        window.click_menu("Cellgrad", "Gradient map")
        found = opened(window, "titanic gradient map.xlsx")
        assert found.sheets["linear"]["G2:P2"].value == pytest.approx(slopes.tolist(), rel=1e-12)
        window.idle()
        found.close()
        in_front(window)
        window.click_menu("Cellgrad", "Optimize")
        until(lambda: sheet["AA1"].value == pytest.approx(best.value, rel=1e-9), "the loss becomes the optimum")
        window.idle()
        window.click_menu("Cellgrad", "Reports")
        page = opened(window, "titanic answer.xlsx").sheets["answer"]
        assert page["C5:D5"].value == pytest.approx([best.start_value, best.value], rel=1e-9)
        assert page["D16:D25"].value == pytest.approx(sheet["G2:P2"].value, rel=1e-12)
