"""Seconds of one value and gradient, the best of many short rounds, and what is computed in it, counted."""

from __future__ import annotations

import torch
from tests.benchmarks.tasks.make_formulas import ANSWER, SHEET, changing
from tests.benchmarks.tasks.step import seconds

from cellgrad.session import Model, open_book

BLOCK_SECONDS = 0.02


def run(path: str, rounds: int, size: list[int] | None = None, sheet: str = "") -> dict[str, float]:
    """Of a net of `make_formulas` of that size, or of the model saved in `sheet`."""
    model = opened(path, size, sheet)
    x = torch.as_tensor(model.x0)[None]

    def call() -> tuple[object, object]:
        return model.function.value_and_gradient(x)

    repeats = max(1, round(BLOCK_SECONDS / seconds(call, 2)))
    return {
        "step": min(seconds(call, repeats) for _ in range(rounds)),
        "elements": model.function.elements,
        "parameters": len(model.x0),
    }


def opened(path: str, size: list[int] | None, sheet: str) -> Model:
    """The compiled model of such a workbook."""
    book = open_book(path)
    return book.model(sheet) if size is None else book.model(SHEET, objective=ANSWER, changing=changing("net", size))
