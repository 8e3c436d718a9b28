"""The workbooks people open: one builder a workbook, each rebuilt byte for byte the same.

A builder takes the folder `workbooks/` and reads only its `data/`. To add a workbook, write a module with a
`build(folder) -> Path` and list it in `BUILDERS`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from cellgrad.lessons.learning_rate import build as build_learning_rate
from cellgrad.lessons.matmul import build as build_matmul
from cellgrad.lessons.quadratic import build as build_quadratic
from cellgrad.lessons.relu import build as build_relu
from cellgrad.lessons.sensitivity import build as build_sensitivity
from cellgrad.lessons.three_classes import build as build_three_classes
from cellgrad.lessons.titanic import build as build_titanic
from cellgrad.lessons.titanic_buttons import build as build_titanic_with_buttons

BUILDERS = {
    "titanic.xlsx": build_titanic,
    "titanic.xlsm": build_titanic_with_buttons,
    "quadratic.xlsm": build_quadratic,
    "learning-rate.xlsx": build_learning_rate,
    "matmul.xlsx": build_matmul,
    "relu.xlsm": build_relu,
    "sensitivity.xlsx": build_sensitivity,
    "three-classes.xlsx": build_three_classes,
}


def build(folder: str | Path) -> list[Path]:
    """Build every lesson workbook into `folder` from `folder/data`; the paths written.

    Raises FileError where the data is missing or not what the lesson expects.
    """
    folder = Path(folder)
    return [builder(folder / "data", folder / name) for name, builder in BUILDERS.items()]


def check(folder: str | Path) -> list[Path]:
    """The workbooks of `folder` that are missing or differ from what `build` would write now; writes nothing there."""
    folder = Path(folder)
    stale = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, builder in BUILDERS.items():
            fresh = builder(folder / "data", Path(scratch) / name).read_bytes()
            built = folder / name
            if not built.is_file() or built.read_bytes() != fresh:
                stale.append(built)
    return stale
