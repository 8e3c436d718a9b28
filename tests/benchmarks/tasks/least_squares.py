"""The linear sheet: Cellgrad's search against numpy's least squares."""

from __future__ import annotations

import time

import numpy as np
from tests.benchmarks import titanic_net

from cellgrad.session import open_book


def run(path: str, csv: str, rows: int, rounds: int, cells: list[str] | None = None) -> dict:
    """Seconds of both, one number a round, of our first run, and the loss each ends at.

    cells: objective and changing cells of a workbook without a saved model."""
    model = open_book(path).model("linear", *(cells or ()))
    x, y = titanic_net.data(csv, rows)
    began = time.perf_counter()
    model.optimize()
    first = time.perf_counter() - began
    taken: dict[str, list[float]] = {"search": [], "whole": [], "lstsq": []}
    for _ in range(rounds):
        began = time.perf_counter()
        solution = model.optimize()
        taken["whole"].append(time.perf_counter() - began)
        taken["search"].append(solution.seconds)
        began = time.perf_counter()
        w = np.linalg.lstsq(x, y)[0]
        taken["lstsq"].append(time.perf_counter() - began)
    loss = float(np.mean((y - x @ w) ** 2))
    return taken | {"first": first, "loss": solution.value, "lstsq_loss": loss, "steps": solution.iterations}
