"""Saving, against unpacking and packing the same file again."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.figures import Figure, against_limit, compare
from tests.benchmarks.setting import FULL, TITANIC, Setting

NAME = "write"
MOST_TIMES_REZIP = 2.0
HELD = (f"{100_000:,} x 27", f"{FULL:,} x 27")
MOST_MIB = 4096
"""What a full sheet may take, from reading to the saved file."""


def figures(setting: Setting) -> Iterator[Figure]:
    """Saving the optimised workbook, with the undo data beside it."""
    files = {"titanic.xlsx": TITANIC} | {f"{rows:,} x 27": setting.workbook(rows) for rows in setting.file_rows}
    for name, path in files.items():
        count = 7 if path == TITANIC else 1 if name == HELD[-1] else 3
        answer = setting.measure("write", path=str(path), rounds=setting.rounds(count))
        note, peer = f"{answer['changes']:,} cells changed", "unzip and rezip"
        target = MOST_TIMES_REZIP if name in HELD else None
        yield compare(NAME, f"{name}: Book.write", answer["write"], peer, answer["rezip"], target=target, note=note)
        yield compare(
            NAME, f"{name}: Book.write, processor time", answer["write_processor"], peer, answer["rezip_processor"]
        )
        if name == HELD[-1]:
            yield against_limit(NAME, f"{name}: peak memory", [answer["peak_mib"]], MOST_MIB, unit="MiB")
