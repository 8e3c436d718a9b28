"""The net on a graphics card: a step, a million rows, thousands of starts, and the same numbers as on the processor."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.figures import Figure, against_limit, compare
from tests.benchmarks.machine import gpu
from tests.benchmarks.setting import FULL, LESSON_ROWS, Setting
from tests.benchmarks.step import workbook

NAME = "gpu"
SHEET, METHOD = "mmult", "adam"
MOST_FOR_A_STEP = 40e-6
"""Seconds of a step at the lesson's own rows, the optimiser's part of it included."""
MOST_TIMES_MOVING = 2.0
"""What a step over a full sheet may cost, of moving its data once through the card's memory."""
STARTS, MOST_FOR_STARTS, STARTS_END_AT = 4096, 5.0, 0.12895
APART = 1e-10
"""How far from the processor's float64 a card's may be, as a part of its size."""


def absent() -> str:
    """Why nothing can be measured here; empty where torch can use a card."""
    return "" if gpu() else "no GPU that torch can use (torch.cuda.is_available() is false)"


def figures(setting: Setting) -> Iterator[Figure]:
    """Steps of `optimize(method="adam")` on the card, optimiser included, many starts at once, and float64 compared."""
    yield from on(setting, "cuda", gpu())


def on(setting: Setting, device: str, name: str) -> Iterator[Figure]:
    """The same on any device of torch's, `name` to its readers."""
    sizes = (LESSON_ROWS,) if setting.quick else (LESSON_ROWS, FULL)
    for rows in sizes:
        found = setting.measure(
            "gpu_step", path=str(workbook(setting, rows, SHEET)), sheet=SHEET, method=METHOD, device=device,
            rows=rows, rounds=setting.rounds(9), steps=20 if setting.quick else 1000,
        )  # fmt: skip
        what = f"{SHEET}, {rows:,} rows: a step of {METHOD}"
        if rows == LESSON_ROWS:
            yield against_limit(NAME, what, found["step"], MOST_FOR_A_STEP, device=name)
        else:
            note = f"{found['bytes'] / 2**20:,.0f} MiB at {found['bandwidth'][0] / 1e9:,.0f} GB/s, as a copy moves"
            yield compare(
                NAME, what, found["step"], "moving its data once", found["moving"], target=MOST_TIMES_MOVING,
                note=note, device=name,
            )  # fmt: skip
        yield compare(NAME, what, found["step"], "a step on the processor", found["processor"], device=name)
        words = f"{SHEET}, {rows:,} rows: value and gradient in float64, apart from the processor's"
        yield against_limit(NAME, words, [max(1e-18, found["apart"])], APART, unit="apart", device=name)
    yield from _starts(setting, device, name)


def _starts(setting: Setting, device: str, name: str) -> Iterator[Figure]:
    starts = 8 if setting.quick else STARTS
    path = str(workbook(setting, LESSON_ROWS, SHEET))
    found = setting.measure(
        "gpu_starts", path=path, sheet=SHEET, device=device, starts=starts, rounds=setting.rounds(3)
    )
    what = f"{SHEET}, {LESSON_ROWS} rows, {starts:,} starts in one batch"
    note = f"{found['method']}; the first run {found['first']:.2f} s"
    yield against_limit(NAME, f"{what}: optimize()", found["seconds"], MOST_FOR_STARTS, note=note, device=name)
    if starts == STARTS:
        yield against_limit(NAME, f"{what}: loss", found["loss"], STARTS_END_AT, unit="loss", device=name)
