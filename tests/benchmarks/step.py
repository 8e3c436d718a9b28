"""One value and gradient, against the net written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figures import Figure, compare
from tests.benchmarks.fresh import NUMPY, TORCH
from tests.benchmarks.setting import LESSON_ROWS, PASSENGERS, TITANIC, Setting

NAME = "step"
SHEETS = ("mmult", "nnet")
PEERS = ("eager torch", "numpy", "compiled torch")
PROMISED = 1.2
"""The most that a step may cost, in steps of the hand-written eager torch."""


def figures(setting: Setting) -> Iterator[Figure]:
    """A step of the sheets mmult and nnet; every contender has been found equal in value and gradient to 1e-12."""
    for rows in setting.rows:
        for one_thread in (False, True):
            yield from _step(setting, rows, one_thread)


def _step(setting: Setting, rows: int, one_thread: bool) -> Iterator[Figure]:
    answer = setting.measure(
        "step",
        one_thread=(*NUMPY, *TORCH) if one_thread else (),
        paths={sheet: str(workbook(setting, rows, sheet)) for sheet in SHEETS},
        csv=str(PASSENGERS),
        rows=rows,
        rounds=setting.rounds(100 if rows <= 10_000 else 40 if rows <= 100_000 else 20),
        block_seconds=0.0 if setting.quick else 0.01,
        compiler=not setting.quick and not one_thread,
    )
    taken = answer["seconds"]
    for sheet in SHEETS:
        for peer in PEERS:
            if peer in taken:
                what = f"{sheet}, {rows:,} rows, {'1 thread' if one_thread else 'all cores'}"
                ours, target = taken[f"sheet {sheet}"], PROMISED if peer == "eager torch" else None
                yield compare(NAME, what, ours, peer, taken[peer], target=target, note=answer["absent"])


def workbook(setting: Setting, rows: int, sheet: str) -> Path:
    """The lesson itself at its own number of rows, else one like it."""
    return TITANIC if rows == LESSON_ROWS else setting.workbook(rows, sheet, "shared")
