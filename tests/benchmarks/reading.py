"""Reading and compiling, against openpyxl and python-calamine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Figure, against_limit, compare
from tests.benchmarks.setting import FULL, TITANIC, Setting

NAME = "read"
MOST_MIB = {100_000: 1536, FULL: 4096}
"""What sheets of so many rows may take."""
MOST_TIMES_CALAMINE = 2.2
FAR = 100_000
"""The most rows openpyxl is asked to load: beyond, it takes minutes and tens of gibibytes."""
OPENPYXL, CALAMINE = "openpyxl load_workbook", "calamine, values only"


def figures(setting: Setting) -> Iterator[Figure]:
    """Opening and compiling, each in a fresh process; the import's time apart."""
    yield from _titanic(setting)
    for rows in setting.file_rows:
        for formulas in ("plain", "shared"):
            yield from _large(setting, rows, formulas)


def _titanic(setting: Setting) -> Iterator[Figure]:
    alone, compiled, openpyxl, calamine = rounds(setting, 7, TITANIC)
    yield figure("titanic.xlsx: read + compile", compiled, OPENPYXL, openpyxl, target=1.0)
    yield figure("titanic.xlsx: read + compile", compiled, CALAMINE, calamine)
    yield figure("titanic.xlsx: read", alone, OPENPYXL, openpyxl)
    yield figure("titanic.xlsx: read", alone, CALAMINE, calamine)
    yield figure("titanic.xlsx: import", compiled, "import openpyxl", openpyxl, of="import_seconds")
    yield figure("titanic.xlsx: import", compiled, "import python_calamine", calamine, of="import_seconds")
    yield figure("titanic.xlsx: peak memory", compiled, OPENPYXL, openpyxl, of="peak_mib", unit="MiB")
    yield figure("titanic.xlsx: peak memory", compiled, CALAMINE, calamine, of="peak_mib", unit="MiB")


def _large(setting: Setting, rows: int, formulas: str) -> Iterator[Figure]:
    path = setting.workbook(rows, formulas=formulas)
    count = 5 if rows <= FAR else 3
    alone, compiled, openpyxl, calamine = rounds(setting, count, path, with_openpyxl=rows <= FAR)
    name = f"{rows:,} x 27, {formulas} formulas"
    held = rows in MOST_MIB
    target = MOST_TIMES_CALAMINE if held else None
    yield figure(f"{name}: read + compile", compiled, CALAMINE, calamine, target=target)
    yield figure(f"{name}: read + compile, processor time", compiled, CALAMINE, calamine, of="processor")
    if openpyxl:
        yield figure(f"{name}: read + compile", compiled, OPENPYXL, openpyxl, target=1.0 if held else None)
    yield figure(f"{name}: read", alone, CALAMINE, calamine)
    peaks = [one["peak_mib"] for one in compiled]
    if held:
        yield against_limit(NAME, f"{name}: peak memory", peaks, MOST_MIB[rows], unit="MiB")
    yield figure(f"{name}: peak memory", compiled, CALAMINE, calamine, of="peak_mib", unit="MiB")
    if openpyxl:
        yield figure(f"{name}: peak memory", compiled, OPENPYXL, openpyxl, of="peak_mib", unit="MiB")


Measured = list[dict[str, Any]]


def rounds(
    setting: Setting, count: int, path: Path, with_openpyxl: bool = True
) -> tuple[Measured, Measured, Measured, Measured]:
    """Cellgrad reading, Cellgrad reading and compiling, openpyxl (or nothing) and calamine, in turn, `count` times."""
    taken: tuple[Measured, Measured, Measured, Measured] = ([], [], [], [])
    for _ in range(setting.rounds(count)):
        taken[0].append(setting.measure("cellgrad_open", path=str(path), compiled=False))
        taken[1].append(setting.measure("cellgrad_open", path=str(path), compiled=True))
        if with_openpyxl:
            taken[2].append(setting.measure("openpyxl_load", path=str(path)))
        taken[3].append(setting.measure("calamine_values", path=str(path)))
    return taken


def figure(
    what: str, ours: Measured, against: str, theirs: Measured, of: str = "seconds", unit: str = "s",
    target: float | None = None,
) -> Figure:  # fmt: skip
    """One of the measured numbers, ours against theirs."""
    pair = [[one[of] for one in measured] for measured in (ours, theirs)]
    return compare(NAME, what, pair[0], against, pair[1], unit=unit, target=target)
