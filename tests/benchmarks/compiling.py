"""Compiling a model: what a formula more costs, and what a cell more of a filled-down one."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from tests.benchmarks.figures import Figure, Spread, compare, shown
from tests.benchmarks.fresh import NUMPY, TORCH
from tests.benchmarks.setting import Setting
from tests.benchmarks.tasks.make_formulas import ANSWER

NAME = "compile"
DISTINCT, QUICK_DISTINCT = (1, 100, 1000, 10_000), (1, 10, 100)
FILLED, QUICK_FILLED = (1, 10_000, 100_000, 1_000_000), (1, 100, 1000)
WORDS = {"distinct": "different formulas", "filled": "cells of one filled-down formula"}
LINEAR = 1.25
"""A formula or a cell more may cost this many times what one cost at a tenth of the size: the clock's own unrest."""
ONE = (*NUMPY, *TORCH)
"""One thread for all: what is compiled is mostly Python's own work, and a thread that waits for another is unrest."""
FAR = 100_000
"""The most cells another engine is asked for."""


def figures(setting: Setting) -> Iterator[Figure]:
    """Reading and compiling, with the first gradient, at growing sizes; beside formualizer, which has no gradient."""
    for kind, sizes in (
        ("distinct", QUICK_DISTINCT if setting.quick else DISTINCT),
        ("filled", QUICK_FILLED if setting.quick else FILLED),
    ):
        ours: dict[int, list[dict[str, Any]]] = {size: [] for size in sizes}
        theirs: dict[int, list[float]] = {size: [] for size in sizes}
        for _ in range(setting.rounds(3)):
            for size in sizes:
                path = str(setting.formulas(kind, size))
                ours[size].append(setting.measure("compiling", ONE, path=path, kind=kind, size=[size]))
                if size <= FAR and find_spec("formualizer"):
                    sheet, cell = ANSWER.split("!")
                    theirs[size].append(
                        setting.measure("formualizer_open", ONE, path=path, sheet=sheet, cell=cell)["seconds"]
                    )
        yield from _growth(kind, ours)
        for size, taken in theirs.items():
            if taken and size > 1:
                whole = [one["read"] + one["compile"] for one in ours[size]]
                what = f"{size:,} {WORDS[kind]}: read + compile + gradient"
                yield compare(NAME, what, whole, "formualizer, open and evaluate", taken)


def _growth(kind: str, ours: dict[int, list[dict[str, Any]]]) -> Iterator[Figure]:
    for fewer, more in pairwise(ours):
        for part in ("compile",) if kind == "distinct" else ("compile", "read"):
            (costs, total), (less, _) = (_each(ours[size], size, part) for size in (more, fewer))
            what, peer = f"{part}, each of {more:,} {WORDS[kind]}", f"each of {fewer:,}"
            yield compare(NAME, what, costs, peer, less, target=LINEAR, note=f"{shown(total, 's')} in all")


def _each(taken: list[dict[str, Any]], size: int, part: str) -> tuple[list[float], float]:
    """Seconds a formula or cell, one number a round, and the median of all of them together."""
    seconds = [one[part] for one in taken]
    return [one / size for one in seconds], Spread.of(seconds).median
