"""Takes the pictures of the README: ``python -m tests.window.pictures``, from the root of the repository."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from tests.window.window import SIZE, Window, until

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "addin" / "pictures"


def main() -> None:
    """Every picture, on titanic.xlsm in Calc."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(ROOT / "workbooks" / "titanic.xlsm", folder))
        with Window(copy) as window:
            for take in (optimized, sliders, gradient_map):
                print(take(window))


def optimized(window: Window) -> Path:
    """After a click on the button Optimize, with the status bar's answer."""
    sheet = window.book.sheets["nnet"]
    sheet.activate()
    time.sleep(1)
    start = sheet["AA1"].value
    window.click_button("Optimize")
    until(lambda: sheet["AA1"].value < start / 2, "the loss falls")
    window.idle()
    time.sleep(1)
    return taken(window, "calc.png")


def sliders(window: Window) -> Path:
    """The three sliders where a person may leave them."""
    sheet = window.book.sheets["sliders"]
    sheet.activate()
    for cell, step in (("C12", 132), ("C16", 48), ("C17", 165)):
        sheet[cell].value = step
    time.sleep(20)  # until the status bar no longer tells of the run before
    return taken(window, "sliders.png")


def gradient_map(window: Window) -> Path:
    """The workbook that opens after a click on Gradient map."""
    window.book.sheets["linear"].activate()
    window.click_menu("Cellgrad", "Gradient map")
    name = "titanic gradient map.xlsx"
    report = until(lambda: next((one for one in window.app.books if one.name == name), None), "the map opens")
    report.api.CurrentController.Frame.getContainerWindow().setPosSize(0, 0, *SIZE, 15)
    time.sleep(2)
    return taken(window, "gradient-map.png")


def taken(window: Window, name: str) -> Path:
    window.picture(PICTURES / name)
    return PICTURES / name


if __name__ == "__main__":
    main()
