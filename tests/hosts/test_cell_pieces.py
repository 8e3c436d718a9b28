"""Cells stacked piece by piece, against the same cells sorted all at once."""

from __future__ import annotations

import numpy as np
import pytest

from cellgrad.hosts.cell_pieces import Piece, stacked
from cellgrad.workbook import Cells

SHAPES = {
    # rows of each piece, columns, share of the cells that are there, and what is odd about them
    "tall, every cell": ([100, 1, 250], 5, 1.0, ""),
    "tall, with holes": ([100, 80, 250], 5, 0.6, ""),
    "wide": ([3, 2, 4], 300, 0.5, ""),
    "a column in one piece alone": ([100, 100], 4, 1.0, "column"),
    "pieces in another order": ([100, 100, 100], 4, 1.0, "pieces"),
    "rows in another order": ([100, 100, 100], 4, 1.0, "rows"),
    "a cell twice": ([100, 100], 4, 1.0, "twice"),
    "none": ([], 3, 1.0, ""),
}


def parts(heights: list[int], width: int, share: float, odd: str) -> list[list[np.ndarray]]:
    rng, top, made = np.random.default_rng(0), 0, []
    for height in heights:
        rows, columns = (axis.ravel() for axis in np.mgrid[top : top + height, 0:width])
        there = rng.random(rows.size) < share
        if odd == "column" and top:
            there &= columns != 2
        rows, columns = rows[there], columns[there]
        if odd == "rows":
            rows = rows[::-1]
        if odd == "twice":
            rows[-1], columns[-1] = rows[0], columns[0]
        kinds, formulas = rng.integers(0, 5, rows.size), rng.integers(-1, 9, rows.size)
        made.append([rows, columns, kinds, rng.random(rows.size), formulas])
        top += height
    return made[::-1] if odd == "pieces" else made


@pytest.mark.parametrize("name", SHAPES)
def test_stacked_is_sorted(name: str) -> None:
    made = parts(*SHAPES[name])
    found = stacked([Piece.of(*arrays) for arrays in made])
    whole = [np.concatenate(arrays) for arrays in zip(*made, strict=True)] or [np.empty(0)] * 5
    expected = Cells(*whole)
    for field in ("columns", "starts", "rows", "kinds", "data", "formulas"):
        one, other = getattr(found, field), getattr(expected, field)
        assert one.dtype == other.dtype and one.tolist() == other.tolist(), field
