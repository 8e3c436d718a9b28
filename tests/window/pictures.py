"""Takes the pictures of the README: ``python -m tests.window.pictures``, from the root of the repository."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from tests.window.window import Window, until

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "addin" / "pictures"


def main() -> None:
    """titanic.xlsm in Calc after a click on its button Optimize, with the status bar's answer."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(ROOT / "workbooks" / "titanic.xlsm", folder))
        with Window(copy) as window:
            sheet = window.book.sheets["nnet"]
            sheet.activate()
            time.sleep(1)
            start = sheet["AA1"].value
            window.click_button("Optimize")
            until(lambda: sheet["AA1"].value < start / 2, "the loss falls")
            window.idle()
            time.sleep(1)
            window.picture(PICTURES / "calc.png")
    print(PICTURES / "calc.png")


if __name__ == "__main__":
    main()
