"""A person's hand on a slider in a real window of LibreOffice: the weight and the loss follow."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from tests.window.window import Window, until

pytestmark = [pytest.mark.libreoffice, pytest.mark.slow]

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsm"


def test_the_arrow_the_track_and_the_thumb_of_a_slider(tmp_path: Path) -> None:
    copy = Path(shutil.copy(TITANIC, tmp_path))
    with Window(copy) as window:
        sheet = window.book.sheets["sliders"]
        sheet.activate()
        time.sleep(1)
        forms = sheet.api.DrawPage.Forms
        models = [
            forms.getByIndex(f).getByIndex(i) for f in range(forms.Count) for i in range(forms.getByIndex(f).Count)
        ]
        constant = [model for model in models if hasattr(model, "ScrollValue")][2]
        bar = window.book.api.CurrentController.getControl(constant).getAccessibleContext()
        place, size = bar.getLocationOnScreen(), bar.getSize()
        y, arrow = place.Y + size.Height // 2, size.Height // 2

        def mouse(*actions: str) -> None:
            environment = os.environ | {"DISPLAY": window.display}
            subprocess.run(["xdotool", *actions], env=environment, check=True, timeout=30)

        def click(x: int) -> None:
            mouse("mousemove", str(x), str(y), "sleep", "0.2", "click", "1")

        step, weight, loss = sheet["C17"], sheet["E17"], sheet["E4"]
        assert step.value == 100
        before = loss.value
        click(place.X + size.Width - arrow)
        until(lambda: step.value == 101, "the arrow adds a step")
        assert weight.value == pytest.approx(0.01, abs=1e-15)
        assert loss.value < before
        click(place.X + size.Width - 3 * arrow - 4)
        until(lambda: step.value == 111, "the track adds a page")
        middle = place.X + size.Width // 2 + round(0.055 * (size.Width - 6 * arrow))
        mouse(
            "mousemove", str(middle), str(y), "sleep", "0.2", "mousedown", "1", "sleep", "0.2",
            "mousemove_relative", "--", "30", "0", "sleep", "0.2", "mousemove_relative", "--", "30", "0",
            "sleep", "0.2", "mouseup", "1",
        )  # fmt: skip
        until(lambda: step.value > 130, "the thumb is dragged")
        assert weight.value == pytest.approx((step.value - 100) / 100, abs=1e-15)
        assert loss.value < before
