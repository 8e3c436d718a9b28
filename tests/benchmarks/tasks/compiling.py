"""Opens a workbook of `make_formulas`, compiles its model, and takes the first gradient: the seconds of each."""

from __future__ import annotations

import time
from itertools import pairwise

from tests.benchmarks.fresh import peak_mib
from tests.benchmarks.tasks.make_formulas import ANSWER, SHEET, changing

from cellgrad.session import open_book


def run(path: str, kind: str, size: list[int]) -> dict[str, float]:
    """compile: with the first gradient, at which the derivative's program is made. elements: computed for a value;
    calls: of torch or numpy in one gradient. `again`: a second gradient, which compiles nothing."""
    cells = changing(kind, size)
    clock = [time.perf_counter()]
    book = open_book(path)
    clock.append(time.perf_counter())
    model = book.model(SHEET, objective=ANSWER, changing=cells)
    for _ in range(2):
        model.value_and_gradient()
        clock.append(time.perf_counter())
    read, compiled, again = (end - start for start, end in pairwise(clock))
    return {
        "read": read, "compile": compiled, "again": again, "elements": model.function.elements,
        "compiled_mib": peak_mib(),
    }  # fmt: skip
