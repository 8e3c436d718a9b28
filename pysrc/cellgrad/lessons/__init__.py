"""The workbooks people open: one builder a workbook, each rebuilt byte for byte the same.

Each lesson is a package. Its builder, `workbook.build(data, path) -> Path`, reads only the folder `workbooks/data/`;
list it in `BUILDERS`. What takes long is found by `training.train(data) -> Results`, listed in `TRAINERS`, and kept in
data/trained/, from where the builder reads it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cellgrad.lessons.learning_rate.workbook import build as build_learning_rate
from cellgrad.lessons.matmul.workbook import build as build_matmul
from cellgrad.lessons.quadratic.workbook import build as build_quadratic
from cellgrad.lessons.relu.workbook import build as build_relu
from cellgrad.lessons.sensitivity.workbook import build as build_sensitivity
from cellgrad.lessons.three_classes.workbook import build as build_three_classes
from cellgrad.lessons.titanic.twin import build as build_titanic_with_buttons
from cellgrad.lessons.titanic.workbook import build as build_titanic
from cellgrad.lessons.training import Results, write_results

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

TRAINERS: dict[str, Callable[[Path], Results]] = {}
"""Lesson -> its training, which takes the folder of the data and answers what to keep."""


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


def train(folder: str | Path, lessons: Iterable[str] | None = None) -> Iterator[tuple[str, Path]]:
    """Train the lessons, all of them where none is named, and replace their results; each when it is done.

    Yields (lesson, the file written). The workbooks themselves change when they are built again.
    Raises FileError where the data is missing or not what the lesson expects.
    """
    data = Path(folder) / "data"
    for lesson in TRAINERS if lessons is None else lessons:
        yield lesson, write_results(data, lesson, TRAINERS[lesson](data))
