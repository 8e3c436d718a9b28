"""LibreOffice as a second opinion: recalculates a workbook, headless, and says what every cell comes to.

The profile is private and forces recalculation on load, so that no cached value is trusted.
"""

from __future__ import annotations

import datetime
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TypeAlias

import openpyxl
import pytest
from openpyxl.utils.datetime import to_excel

from cellgrad.values import CellError, Value

Values: TypeAlias = dict[tuple[int, int], Value]
"""Values by (row, column) from zero; blank cells are left out."""

_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>
"""


def require() -> str:
    """The path of soffice. Without one the test is skipped, except where the environment variable CI is set."""
    path = shutil.which("soffice")
    if path is None:
        reason = "soffice is not on the PATH: install LibreOffice to compare with it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@functools.cache
def _profile() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="cellgrad-soffice-"))
    user = folder / "user"
    user.mkdir()
    (user / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    return folder


def recalculate(path: Path, folder: Path) -> Path:
    """The workbook recalculated by LibreOffice and saved as .xlsx into `folder` (another than its own)."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        require(), "--headless", "--norestore", f"-env:UserInstallation={_profile().as_uri()}",
        "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder), str(path),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    result = folder / f"{path.stem}.xlsx"
    if done.returncode or not result.exists():
        raise RuntimeError(f"soffice could not convert {path.name}: {done.stdout}{done.stderr}")
    return result


def values(path: Path) -> dict[str, Values]:
    """What the cells of a saved workbook hold, by sheet."""
    book = openpyxl.load_workbook(path, data_only=True)
    found: dict[str, Values] = {}
    for sheet in book.worksheets:
        found[sheet.title] = {
            (cell.row - 1, cell.column - 1): _value(cell.value)
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        }
    book.close()
    return found


def recalculated(path: Path, folder: Path) -> dict[str, Values]:
    """What LibreOffice computes for every cell of a workbook."""
    return values(recalculate(path, folder))


def _value(value: object) -> Value:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime.datetime | datetime.time | datetime.timedelta):  # as openpyxl shows a dated number
        return float(to_excel(value))
    text = str(value)
    try:
        return CellError.from_text(text)
    except KeyError:
        return text
