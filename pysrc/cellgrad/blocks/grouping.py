"""Grouping formula cells into blocks: runs of one relative formula down a column, merged across columns.

All of it is array work on a sheet's sorted cells; nothing is done per cell in Python.
"""

from __future__ import annotations

import bisect

import numpy as np

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.workbook import Sheet


class SheetBlocks:
    """The blocks of one sheet, and which of them a region touches."""

    def __init__(self, sheet: Sheet) -> None:
        self.blocks = _group(sheet)
        columns: dict[int, list[tuple[int, int]]] = {}
        for number, block in enumerate(self.blocks):
            for column in range(block.region.left, block.region.right):
                columns.setdefault(column, []).append((block.region.top, number))
        self._columns = sorted(columns)
        self._tops: dict[int, list[int]] = {}
        self._numbers: dict[int, list[int]] = {}
        for column, entries in columns.items():
            entries.sort()
            self._tops[column] = [top for top, _ in entries]
            self._numbers[column] = [number for _, number in entries]

    def touching(self, region: Region) -> list[Block]:
        """The blocks that share a cell with `region`, each once."""
        found: dict[int, None] = {}
        low = bisect.bisect_left(self._columns, region.left)
        for column in self._columns[low : bisect.bisect_left(self._columns, region.right)]:
            tops, numbers = self._tops[column], self._numbers[column]
            at = max(bisect.bisect_right(tops, region.top) - 1, 0)
            for number in numbers[at : bisect.bisect_left(tops, region.bottom)]:
                if self.blocks[number].region.bottom > region.top:
                    found[number] = None
        return [self.blocks[number] for number in found]


def _group(sheet: Sheet) -> list[Block]:
    cells = sheet.cells
    formulas = cells.formulas.astype(np.int64)
    in_array = np.zeros(len(formulas), np.int64)  # 1 in an array formula, 2 in a dynamic one
    blocks = []
    for array in sheet.arrays:
        region = array.region
        for _, part in cells.entries(region.top, region.left, region.bottom, region.right):
            in_array[part] = 2 if array.dynamic else 1
            if region.size > 1:
                formulas[part] = -1
        if region.size > 1:
            blocks.append(Block(region, array.formula, array=True, spread=True, dynamic=array.dynamic))
    entries = np.flatnonzero(formulas >= 0)
    if not len(entries):
        return blocks
    key = formulas[entries] * 4 + in_array[entries]
    rows, columns = cells.rows[entries], cells.column_of(entries)
    new = np.ones(len(entries), bool)
    new[1:] = (key[1:] != key[:-1]) | (columns[1:] != columns[:-1]) | (rows[1:] != rows[:-1] + 1)
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(entries)) - 1
    run_key, top, bottom, column = key[first], rows[first], rows[last] + 1, columns[first]
    # Runs of one formula and the same rows in neighbouring columns are one rectangle.
    order = np.lexsort((column, bottom, top, run_key))
    run_key, top, bottom, column = run_key[order], top[order], bottom[order], column[order]
    new = np.ones(len(order), bool)
    new[1:] = (
        (run_key[1:] != run_key[:-1])
        | (top[1:] != top[:-1])
        | (bottom[1:] != bottom[:-1])
        | (column[1:] != column[:-1] + 1)
    )
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(order)) - 1
    for k, t, left, b, right in zip(
        run_key[first].tolist(),
        top[first].tolist(),
        column[first].tolist(),
        bottom[first].tolist(),
        (column[last] + 1).tolist(),
        strict=True,
    ):
        blocks.append(Block(Region(sheet.name, t, left, b, right), k >> 2, bool(k & 3), dynamic=k & 3 == 2))
    return blocks
