"""A sheet's cells, collected piece by piece from top to bottom, and stacked column by column at the end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cellgrad.workbook import Cells

TYPES = (np.int32, np.uint8, np.float64, np.int32)
_SHORT = 16
"""Columns that are shorter in every piece are sorted all at once instead."""


@dataclass(slots=True)
class Piece:
    """Cells by column and then in the order they came.

    columns: the distinct columns, in order; starts: where each begins, and the end. arrays: rows, kinds, data and
    formulas. top, bottom: the first and the last row. in_order: rows grow down every column.
    """

    columns: np.ndarray
    starts: np.ndarray
    arrays: list[np.ndarray]
    top: int
    bottom: int
    in_order: bool

    @classmethod
    def of(cls, rows: np.ndarray, columns: np.ndarray, *others: np.ndarray) -> Piece:
        """One cell or more, in any order: parallel arrays of rows, columns, kinds, data and formulas."""
        narrow = np.asarray(columns).astype(np.uint16)
        order = np.argsort(narrow, kind="stable")  # a radix sort
        narrow = narrow[order]
        border = narrow[1:] != narrow[:-1]
        first = np.append(0, np.flatnonzero(border) + 1)
        arrays = [np.asarray(array, kind)[order] for array, kind in zip((rows, *others), TYPES, strict=True)]
        down = bool((border | (arrays[0][1:] > arrays[0][:-1])).all())
        starts = np.append(first, len(narrow))
        return cls(narrow[first].astype(np.int32), starts, arrays, int(rows.min()), int(rows.max()), down)


def stacked(pieces: list[Piece]) -> Cells:
    """All cells of the pieces, whose arrays are given up one at a time, so as not to hold all of them twice."""
    slices = sum(len(piece.columns) for piece in pieces)
    ordered = all(piece.in_order for piece in pieces)
    ordered &= all(one.bottom < other.top for one, other in pairwise(pieces))
    if not ordered or slices * _SHORT > sum(int(piece.starts[-1]) for piece in pieces):
        every = [np.repeat(piece.columns, np.diff(piece.starts)) for piece in pieces]
        rows, *others = (_joined([piece.arrays.pop(0) for piece in pieces], kind) for kind in TYPES)
        return Cells(rows, _joined(every, np.int32), *others)
    parts: dict[int, list[tuple[int, slice]]] = {}
    for number, piece in enumerate(pieces):
        borders = piece.starts.tolist()
        for column, start, end in zip(piece.columns.tolist(), borders[:-1], borders[1:], strict=True):
            parts.setdefault(column, []).append((number, slice(start, end)))
    columns = sorted(parts)
    lengths = [sum(part.stop - part.start for _, part in parts[column]) for column in columns]
    made = []
    for kind in TYPES:
        arrays = [piece.arrays.pop(0) for piece in pieces]
        made.append(_joined([arrays[number][part] for column in columns for number, part in parts[column]], kind))
    return Cells.in_columns(np.array(columns, np.int32), np.cumsum([0, *lengths]), *made)


def _joined(arrays: list[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate(arrays) if arrays else np.empty(0, kind)
