"""The hour of workbooks/class.md in a real window of LibreOffice: its buttons and menu clicked, its figures seen.

What stands in cells is typed through UNO, not by keys; that a slider can be dragged is tested in `test_sliders`.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from tests.window.window import Window, until
from tests.workbooks.class_script import Action, Row, differs, groups_of, rows_of

pytestmark = [pytest.mark.libreoffice, pytest.mark.slow]

WORKBOOKS = Path(__file__).parents[2] / "workbooks"
HOUR = {name: rows for name, rows in groups_of(rows_of(WORKBOOKS / "class.md")).items() if rows[0].minute is not None}
OWN = ("Step", "Start again")
"""Buttons of quadratic.xlsm, whose macros need nothing installed."""


@pytest.mark.parametrize("name", HOUR)
def test_the_class_sees_what_the_page_says(name: str, tmp_path: Path) -> None:
    with Window(Path(shutil.copy(WORKBOOKS / name, tmp_path))) as window:
        for row in HOUR[name]:
            window.book.sheets[row.sheet].activate()
            time.sleep(1)
            for action in row.actions:
                for _ in range(action.times):
                    take(window, row, action)
            shown(window, row)


def take(window: Window, row: Row, action: Action) -> None:
    """Type into cells, or press a button and wait until it has done its work."""
    sheet = window.book.sheets[row.sheet]
    if action.cells:
        for name, at, column in row.places(action.cells):
            window.book.sheets[name][at, column].value = action.value
    elif action.button in OWN:
        window.click_button(action.button)
        time.sleep(1)
    else:
        cells = HOUR[row.workbook]
        before = seen(window, cells)
        window.click_menu("Cellgrad", action.button)
        until(lambda: seen(window, cells) != before, f"{action.button} on {sheet.name} changes the sheet")
        window.idle()


def shown(window: Window, row: Row) -> None:
    """Wait until the sheet shows what a row says; the failure tells what it shows instead."""
    last = time.monotonic() + 30
    while wrong(window, row) and time.monotonic() < last:
        time.sleep(0.2)
    assert not wrong(window, row), f"line {row.line} of class.md"


def seen(window: Window, rows: list[Row]) -> list[object]:
    """The values of all cells that the rows speak of."""
    return [value for row in rows for cells, _, _ in row.checks for value in values(window, row, cells)]


def values(window: Window, row: Row, cells: str) -> list[object]:
    return [window.book.sheets[name][at, column].value for name, at, column in row.places(cells)]


def wrong(window: Window, row: Row) -> list[object]:
    """What a row says that is not so."""
    found = [(cells, relation, text, values(window, row, cells)) for cells, relation, text in row.checks]
    return [one for one in found if one[1] != "reads" and differs(one[2], one[1], one[3])]  # type: ignore[arg-type]
