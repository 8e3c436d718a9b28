"""Reading and compiling, against openpyxl, python-calamine, formualizer, and unzipping alone as the limit."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Figure, against_limit, compare
from tests.benchmarks.setting import FULL, TITANIC, Setting

NAME = "read"
MOST_MIB = {100_000: 1536, FULL: 4096}
"""What sheets of so many rows may take."""
MOST_TIMES_CALAMINE = 2.2
FAR = 100_000
"""The most rows that openpyxl and formualizer are asked to load: beyond, they take minutes and tens of gibibytes."""
OPENPYXL, CALAMINE, FORMUALIZER = "openpyxl load_workbook", "calamine, values only", "formualizer, open alone"
UNZIP = "unzip, no reading"
TASKS = {OPENPYXL: "openpyxl_load", CALAMINE: "calamine_values", FORMUALIZER: "formualizer_open", UNZIP: "unzip"}
MODULES = {OPENPYXL: "openpyxl", CALAMINE: "python_calamine", FORMUALIZER: "formualizer"}


def figures(setting: Setting) -> Iterator[Figure]:
    """Opening and compiling, each in a fresh process; the import's time apart."""
    yield from _titanic(setting)
    for rows in setting.file_rows:
        for formulas in ("plain", "shared"):
            yield from _large(setting, rows, formulas)


def _titanic(setting: Setting) -> Iterator[Figure]:
    alone, compiled, peers = rounds(setting, 7, TITANIC)
    for peer, taken in peers.items():
        target = 1.0 if peer == OPENPYXL else None
        yield figure("titanic.xlsx: read + compile", compiled, peer, taken, target=target)
    for peer, taken in peers.items():
        yield figure("titanic.xlsx: read", alone, peer, taken)
    for peer in (OPENPYXL, CALAMINE):
        if peer in peers:
            name = f"import {MODULES[peer]}"
            yield figure("titanic.xlsx: import", compiled, name, peers[peer], of="import_seconds")
            yield figure("titanic.xlsx: peak memory", compiled, peer, peers[peer], of="peak_mib", unit="MiB")


def _large(setting: Setting, rows: int, formulas: str) -> Iterator[Figure]:
    path = setting.workbook(rows, formulas=formulas)
    alone, compiled, peers = rounds(setting, 5 if rows <= FAR else 3, path, far=rows > FAR)
    name, held = f"{rows:,} x 27, {formulas} formulas", rows in MOST_MIB
    targets = {CALAMINE: MOST_TIMES_CALAMINE, OPENPYXL: 1.0} if held else {}
    for peer, taken in peers.items():
        yield figure(f"{name}: read + compile", compiled, peer, taken, target=targets.get(peer))
    if CALAMINE in peers:
        yield figure(f"{name}: read + compile, processor time", compiled, CALAMINE, peers[CALAMINE], of="processor")
    for peer in (CALAMINE, UNZIP):
        if peer in peers:
            yield figure(f"{name}: read", alone, peer, peers[peer])
    if held:
        peaks = [one["peak_mib"] for one in compiled]
        yield against_limit(NAME, f"{name}: peak memory", peaks, MOST_MIB[rows], unit="MiB")
    for peer, taken in peers.items():
        if peer != UNZIP:
            yield figure(f"{name}: peak memory", compiled, peer, taken, of="peak_mib", unit="MiB")


Measured = list[dict[str, Any]]


def rounds(
    setting: Setting, count: int, path: Path, far: bool = False
) -> tuple[Measured, Measured, dict[str, Measured]]:
    """Cellgrad reading, Cellgrad reading and compiling, and the peers that are installed, in turn, `count` times.

    far: the file is too large for those that make an object a cell.
    """
    tasks = {peer: task for peer, task in TASKS.items() if peer not in MODULES or find_spec(MODULES[peer])}
    if far:
        tasks = {peer: task for peer, task in tasks.items() if peer in (CALAMINE, UNZIP)}
    alone: Measured = []
    compiled: Measured = []
    peers: dict[str, Measured] = {peer: [] for peer in tasks}
    for _ in range(setting.rounds(count)):
        alone.append(setting.measure("cellgrad_open", path=str(path), compiled=False))
        compiled.append(setting.measure("cellgrad_open", path=str(path), compiled=True))
        for peer, task in tasks.items():
            peers[peer].append(setting.measure(task, path=str(path)))
    return alone, compiled, peers


def figure(
    what: str, ours: Measured, against: str, theirs: Measured, of: str = "seconds", unit: str = "s",
    target: float | None = None,
) -> Figure:  # fmt: skip
    """One of the measured numbers, ours against theirs."""
    pair = [[one[of] for one in measured] for measured in (ours, theirs)]
    return compare(NAME, what, pair[0], against, pair[1], unit=unit, target=target)
