"""What sums of 1 to 10 ReLUs can do: the lowest losses that searches find, by curve and number of ReLUs.

Each is found by optimising the workbook itself, its sheet `ten`, from its own start and many others.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from cellgrad.lessons.relu.workbook import CURVES, MOST, draw_untrained
from cellgrad.lessons.training import Results
from cellgrad.session import open_book

SEEDS = (0, 1)
"""What the other starts are drawn from; one search for each."""


def train(data: Path) -> Results:
    """{curve: [{"loss", "parameters"} for 1, 2, ... ReLUs]}.

    The parameters are `ten!B7:D16` in reading order, then the constant, so that each loss can be worked out again.
    """
    with tempfile.TemporaryDirectory() as scratch:
        return {curve: _by_number(curve, Path(scratch) / "relu.xlsx") for curve in CURVES}


def _by_number(curve: str, path: Path) -> list[dict[str, object]]:
    """The best found for each number of ReLUs, or with one fewer: a ReLU of height 0 does no harm."""
    found: list[dict[str, object]] = []
    least = float("inf")
    for relus in range(1, MOST + 1):
        start = open_book(draw_untrained(path, curve, relus)).model("ten").x0
        for seed in SEEDS:
            solution = open_book(path).model("ten").optimize(seed=seed)
            if solution.value < least:
                least, parameters = solution.value, solution.x
        used = 3 * relus
        parameters[used:-1] = start[used:-1]  # of those that take no part
        found.append({"loss": least, "parameters": [float(number) for number in parameters]})
        parameters = parameters.copy()
    return found
