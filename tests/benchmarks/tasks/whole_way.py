"""From file to optimised file: the seconds of each stage, and the peak of memory up to its end."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.benchmarks.fresh import peak_mib

from cellgrad.session import open_book

STEPS = 10
"""The same number of steps at every size, so that optimising is the same work a row."""
STAGES = ("read", "compile", "optimize", "write")


def run(path: str, sheet: str) -> dict[str, float]:
    clock, peaks = [time.perf_counter()], []

    def ended() -> None:
        clock.append(time.perf_counter())
        peaks.append(peak_mib())

    book = open_book(path)
    ended()
    model = book.model(sheet)
    ended()
    solution = model.optimize(steps=STEPS)
    ended()
    with tempfile.TemporaryDirectory() as folder:
        book.write(Path(folder) / "written.xlsx")
        ended()
    taken = {stage: end - start for stage, start, end in zip(STAGES, clock[:-1], clock[1:], strict=True)}
    mib = {f"{stage}_mib": peak for stage, peak in zip(STAGES, peaks, strict=True)}
    return taken | mib | {"steps": solution.iterations}
