"""One value and gradient, against the net written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figures import Figure, compare
from tests.benchmarks.setting import LESSON_ROWS, PASSENGERS, TITANIC, Setting

NAME = "step"
SHEETS = ("mmult", "nnet")
PROMISED = 1.2
"""The most that a step may cost, in steps of the hand-written eager torch."""


def figures(setting: Setting) -> Iterator[Figure]:
    """A step of the sheets mmult and nnet; every contender has been found equal in value and gradient to 1e-12."""
    for rows in setting.rows:
        answer = setting.measure(
            "step",
            paths={sheet: str(workbook(setting, rows, sheet)) for sheet in SHEETS},
            csv=str(PASSENGERS),
            rows=rows,
            rounds=setting.rounds(200 if rows <= 10_000 else 60 if rows <= 100_000 else 30),
            block_seconds=0.0 if setting.quick else 0.01,
            compiler=not setting.quick,
        )
        taken = answer["seconds"]
        peers = [name for name in ("eager torch", "numpy", "compiled torch") if name in taken]
        for sheet in SHEETS:
            for peer in peers:
                target = PROMISED if peer == "eager torch" else None
                what = f"{sheet}, {rows:,} rows"
                yield compare(
                    NAME, what, taken[f"sheet {sheet}"], peer, taken[peer], target=target, note=answer["absent"]
                )


def workbook(setting: Setting, rows: int, sheet: str) -> Path:
    """The lesson itself at its own number of rows, else one like it."""
    return TITANIC if rows == LESSON_ROWS else setting.workbook(rows, sheet, "shared")
