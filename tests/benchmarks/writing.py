"""Saving, against unpacking and packing the same file again."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.figures import Figure, compare
from tests.benchmarks.setting import TITANIC, Setting

NAME = "write"


def figures(setting: Setting) -> Iterator[Figure]:
    """Saving the optimised workbook, with the undo data beside it."""
    files = {"titanic.xlsx": TITANIC} | {
        f"{rows:,} x 27": setting.workbook(rows) for rows in setting.rows if 1000 <= rows <= 100_000
    }
    for name, path in files.items():
        answer = setting.measure("write", path=str(path), rounds=setting.rounds(7 if path == TITANIC else 3))
        note = f"{answer['changes']:,} cells changed"
        yield compare(NAME, f"{name}: Book.write", answer["write"], "unzip and rezip", answer["rezip"], note=note)
