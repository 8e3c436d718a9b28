"""One value and gradient, against the net written by hand and against differences of the same program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figures import Figure, compare, fastest
from tests.benchmarks.fresh import NUMPY, TORCH
from tests.benchmarks.setting import LESSON_ROWS, PASSENGERS, TITANIC, Setting

NAME = "step"
SHEETS = ("mmult", "nnet")
EAGER, BETTER, DIFFERENCES = "eager torch", ("numpy", "compiled torch"), "differences"
SMALL = 10_000
OF_EAGER_SMALL, OF_EAGER_LARGE, OF_BETTER_LARGE = 0.8, 1.0, 1.3
"""What a step may cost: in steps of the hand-written eager torch up to SMALL rows and beyond, and beyond also in steps
of the better of hand-written numpy and torch.compile."""


def figures(setting: Setting) -> Iterator[Figure]:
    """A step of the sheets mmult and nnet, all contenders on as many threads; those by hand agree to 5e-12."""
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
        # on a busy machine a pair is as good as its neighbours in time are alike: many short rounds
        rounds=setting.rounds(200 if rows <= SMALL else 60 if rows <= 100_000 else 30),
        block_seconds=0.0 if setting.quick else 0.004,
        compiler=not setting.quick,
    )
    taken, note = answer["seconds"], answer["absent"]
    small = rows <= SMALL
    by_hand = {name: taken[name] for name in BETTER if name in taken}
    best = fastest(by_hand)
    for sheet in SHEETS:
        what = f"{sheet}, {rows:,} rows, {'1 thread' if one_thread else 'all cores'}"
        ours = taken[f"sheet {sheet}"]
        target = OF_EAGER_SMALL if small else OF_EAGER_LARGE
        yield compare(NAME, what, ours, EAGER, taken[EAGER], target=target, note=note)
        for name, theirs in by_hand.items():
            held = OF_BETTER_LARGE if name == best and not small else None
            words = f"{note}{'; ' if note else ''}the better of {len(by_hand)}" if name == best else note
            yield compare(NAME, what, ours, name, theirs, target=held, note=words)
        if sheet == SHEETS[0]:
            yield compare(NAME, what, ours, "forward differences of the same program", taken[DIFFERENCES])


def workbook(setting: Setting, rows: int, sheet: str) -> Path:
    """The lesson itself at its own number of rows, else one like it."""
    return TITANIC if rows == LESSON_ROWS else setting.workbook(rows, sheet, "shared")
