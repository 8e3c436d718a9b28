"""The workbooks people open: one builder a workbook, each rebuilt byte for byte the same.

Each lesson is a package. Its builder, `workbook.build(data, path) -> Path`, reads only the folder `workbooks/data/`;
list it in `BUILDERS`. What takes long is found by `training.train(data) -> Results`, listed in `TRAINERS`, and kept in
data/trained/, from where the builder reads it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from pathlib import Path

from cellgrad.errors import ArgumentError
from cellgrad.lessons.compare.training import train as train_compare
from cellgrad.lessons.compare.workbook import build as build_compare
from cellgrad.lessons.embeddings.training import train as train_embeddings
from cellgrad.lessons.embeddings.workbook import build as build_embeddings
from cellgrad.lessons.image.training import train as train_image
from cellgrad.lessons.image.workbook import build as build_image
from cellgrad.lessons.index.training import train as train_index
from cellgrad.lessons.index.workbook import build as build_index
from cellgrad.lessons.learning_rate.workbook import build as build_learning_rate
from cellgrad.lessons.matmul.workbook import build as build_matmul
from cellgrad.lessons.quadratic.workbook import build as build_quadratic
from cellgrad.lessons.relu.training import train as train_relu
from cellgrad.lessons.relu.workbook import build as build_relu
from cellgrad.lessons.sensitivity.workbook import build as build_sensitivity
from cellgrad.lessons.three_classes.workbook import build as build_three_classes
from cellgrad.lessons.titanic.training import train as train_titanic
from cellgrad.lessons.titanic.twin import build as build_titanic_with_buttons
from cellgrad.lessons.titanic.workbook import build as build_titanic
from cellgrad.lessons.training import Results, write_results
from cellgrad.lessons.words.workbook import build as build_words

BUILDERS = {
    "titanic.xlsx": build_titanic,
    "titanic.xlsm": build_titanic_with_buttons,
    "quadratic.xlsm": build_quadratic,
    "learning-rate.xlsx": build_learning_rate,
    "matmul.xlsx": build_matmul,
    "relu.xlsm": build_relu,
    "sensitivity.xlsx": build_sensitivity,
    "compare.xlsx": build_compare,
    "three-classes.xlsx": build_three_classes,
    "image.xlsx": build_image,
    "embeddings.xlsx": build_embeddings,
    "words.xlsx": build_words,
    "index.xlsx": build_index,  # the last: it reads the others
}

TRAINERS: dict[str, Callable[[Path], Results]] = {
    "relu": train_relu,
    "titanic": train_titanic,
    "compare": train_compare,
    "embeddings": train_embeddings,
    "image": train_image,
    "index": train_index,
}
"""Lesson -> its training, which takes the folder of the data and answers what to keep."""


class State(Enum):
    """What a shipped workbook is beside the one that would be built now; the value is said of it."""

    CURRENT = "up to date"
    STALE = "not what `cellgrad lessons build` writes"
    MISSING = "missing"


def chosen(only: Iterable[str] | None = None) -> list[str]:
    """The workbooks that people mean by names such as titanic or titanic.xlsm, in the order of building; or all.

    Raises ArgumentError for a name that no workbook has.
    """
    if only is None:
        return list(BUILDERS)
    wanted = set(only)
    if unknown := sorted(wanted - {part for name in BUILDERS for part in (name, Path(name).stem)}):
        stems = dict.fromkeys(Path(name).stem for name in BUILDERS)
        raise ArgumentError(f"no lesson is called '{unknown[0]}'", action=f"choose among: {', '.join(stems)}")
    return [name for name in BUILDERS if {name, Path(name).stem} & wanted]


def building(folder: str | Path, only: Iterable[str] | None = None) -> Iterator[Path]:
    """Build lesson workbooks into `folder` from `folder/data`, all where none is named; each when it is written.

    Raises FileError where the data is missing or not what the lesson expects, ArgumentError as `chosen` does.
    """
    folder = Path(folder)
    for name in chosen(only):
        yield BUILDERS[name](folder / "data", folder / name)


def build(folder: str | Path, only: Iterable[str] | None = None) -> list[Path]:
    """`building` in one go: the paths written."""
    return list(building(folder, only))


def comparing(folder: str | Path, only: Iterable[str] | None = None) -> Iterator[tuple[Path, State]]:
    """Each workbook of `folder` beside what `build` would write now, in the order of building; writes nothing there."""
    folder = Path(folder)
    with tempfile.TemporaryDirectory() as scratch:
        for name in chosen(only):
            fresh = BUILDERS[name](folder / "data", Path(scratch) / name).read_bytes()
            shipped = folder / name
            if not shipped.is_file():
                yield shipped, State.MISSING
            else:
                yield shipped, State.CURRENT if shipped.read_bytes() == fresh else State.STALE


def check(folder: str | Path, only: Iterable[str] | None = None) -> list[Path]:
    """The workbooks of `folder` that are missing or differ from what `build` would write now; writes nothing there."""
    return [path for path, state in comparing(folder, only) if state is not State.CURRENT]


def train(folder: str | Path, lessons: Iterable[str] | None = None) -> Iterator[tuple[str, Path]]:
    """Train the lessons, all of them where none is named, and replace their results; each when it is done.

    Yields (lesson, the file written). The workbooks themselves change when they are built again.
    Raises FileError where the data is missing or not what the lesson expects.
    """
    data = Path(folder) / "data"
    for lesson in TRAINERS if lessons is None else lessons:
        yield lesson, write_results(data, lesson, TRAINERS[lesson](data))
