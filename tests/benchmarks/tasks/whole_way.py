"""From file to optimised file: the seconds of each stage, for the growth of cost with rows."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from cellgrad.session import open_book

STEPS = 10
"""The same number of steps at every size, so that optimising is the same work a row."""


def run(path: str, sheet: str) -> dict[str, float]:
    clock = [time.perf_counter()]
    book = open_book(path)
    clock.append(time.perf_counter())
    model = book.model(sheet)
    clock.append(time.perf_counter())
    solution = model.optimize(steps=STEPS)
    clock.append(time.perf_counter())
    with tempfile.TemporaryDirectory() as folder:
        book.write(Path(folder) / "written.xlsx")
        clock.append(time.perf_counter())
    stages = ("read", "compile", "optimize", "write")
    taken = {stage: end - start for stage, start, end in zip(stages, clock[:-1], clock[1:], strict=True)}
    return taken | {"steps": solution.iterations}
