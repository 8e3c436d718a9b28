"""The values of cells that stand anywhere, picked from wherever they come from: one operation a source, none a cell.

A region of a thousand blocks of one cell is put together here, and so is what a thousand scattered formulas read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import torch

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.functions.arrays import NoKernel, kind_node, simple_kind
from cellgrad.program.settled import Evaluated
from cellgrad.program.values import Values, constants
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.tensors.scan_gather import Places, gather
from cellgrad.values import Kind
from cellgrad.workbook import Workbook

_FILE, _UNKNOWN, _BLANK = -1, -2, -3
"""Where a cell's value comes from that no node holds: the file; nobody yet; an empty cell."""

SETTLED, FIXED, LIVE = 0, 1, 2
"""Values that do not depend on the changing cells; that do, but these hold fixed numbers; that do."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Values, and the shape of the region or the column whose cells they are.

    state: how they depend on the changing cells, see `Sources.state`.
    """

    values: Values
    shape: tuple[int, int]
    state: int


class _Sheet:
    """For every stored cell of a sheet which source holds its value, and at which place."""

    def __init__(self, book: Workbook, name: str) -> None:
        sheet = book.sheet(name)
        self.cells = sheet.cells
        self.source = np.append(np.where(self.cells.formulas < 0, _FILE, _UNKNOWN), _BLANK).astype(np.int32)
        """One more than there are cells: the last is for those of which nothing is stored."""
        self.place = np.zeros(len(self.source), np.int64)
        self.spread = [array.region for array in sheet.arrays if array.region.size > 1]
        for region in self.spread:
            for _, part in self.cells.entries(region.top, region.left, region.bottom, region.right):
                self.source[part] = _UNKNOWN

    def put(self, region: Region, source: int) -> None:
        """A source that holds the values of a region, row by row."""
        for column, part in self.cells.entries(region.top, region.left, region.bottom, region.right):
            self.source[part] = source
            self.place[part] = (self.cells.rows[part] - region.top) * region.width + column - region.left


class Sources:
    """Where the value of every cell is, of those evaluated so far.

    live: regions of changing cells and their nodes, which hold whatever the cells themselves hold. values: of every
    block so far. moved: the blocks that depend on the changing cells, fixed or not.
    """

    def __init__(self, book: Workbook, live: Mapping[Region, Tensor], values: Evaluated, moved: Set[Block]) -> None:
        self._book = book
        self._values = values
        self._moved = moved
        self._live = list(live)
        self._found = [
            _Source(Values(node, int(Kind.NUMBER)), (r.height, r.width), FIXED if node.is_constant else LIVE)
            for r, node in live.items()
        ]
        self._sheets: dict[str, _Sheet] = {}
        self._places: dict[tuple[int, bytes], Places] = {}

    def _sheet(self, name: str) -> _Sheet:
        """A sheet as it stands now: what has been evaluated since the last time is taken up."""
        sheet = self._sheets.get(name)
        if sheet is None:
            sheet = self._sheets[name] = _Sheet(self._book, name)
        for block in self._values.take_new(name):
            value = self._values.get(block)
            known = isinstance(value, Values)
            sheet.put(block.region, len(self._found) if known else _UNKNOWN)
            if isinstance(value, Values):
                state = (FIXED if block in self._moved else SETTLED) if value.is_constant else LIVE
                self._found.append(_Source(value, (block.region.height, block.region.width), state))
        return sheet

    def gathered(self, blocks: Sequence[Block], values: Values, parts: Sequence[Values], state: int) -> None:
        """Single cells whose values stand one below the other in one column of values, and one by one in `parts`."""
        places: dict[str, list[tuple[int, int, int]]] = {}
        for number, block in enumerate(blocks):
            places.setdefault(block.region.sheet, []).append((block.region.top, block.region.left, number))
        sheets = {name: self._sheet(name) for name in places}
        self._values.update(zip(blocks, parts, strict=True))
        for name, found in places.items():
            self._values.take_new(name)  # they need no source each
            rows, columns, numbers = np.array(found, np.int64).T
            entries = sheets[name].cells.entries_at(rows, columns)
            sheets[name].source[entries], sheets[name].place[entries] = len(self._found), numbers
        self._found.append(_Source(values, (len(blocks), 1), state))

    def state(self, sheet: str, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """For each cell SETTLED, FIXED or LIVE: how it depends on the changing cells."""
        names, which = np.unique(self._where(sheet, rows, columns)[0], return_inverse=True)
        return np.array([self._found[name].state if name >= 0 else SETTLED for name in names.tolist()], np.int8)[which]

    def values(self, sheet: str, rows: np.ndarray, columns: np.ndarray) -> Values:
        """The values of cells, given by parallel arrays, as vectors. Raises NoKernel where one is not known."""
        source, place, entries = self._where(sheet, rows, columns)
        if (source == _UNKNOWN).any():
            raise NoKernel("a cell whose value is not known")
        order = np.argsort(source, kind="stable")
        names, starts = np.unique(source[order], return_index=True)
        parts = []
        for name, which in zip(names.tolist(), np.split(order, starts[1:]), strict=True):
            if name >= 0:
                parts.append(self._part(self._found[name], place[which]))
            elif name == _FILE:
                cells, taken = self._sheets[sheet].cells, entries[which]
                parts.append(constants(cells.kinds[taken], cells.data[taken]))
            else:
                parts.append(constants(np.full(len(which), Kind.BLANK, np.uint8), np.zeros(len(which))))
        return parts[0] if len(parts) == 1 else self._joined(parts, order)

    def of_region(self, region: Region) -> Values:
        """The values of all cells of a region. Raises NoKernel where one is not known."""
        shape = (region.height, region.width)
        rows, columns = (part.ravel() for part in np.mgrid[region.top : region.bottom, region.left : region.right])
        found = self.values(region.sheet, rows, columns)
        kind = found.kind
        if not isinstance(kind, int):
            kind = t.reshape(t.broadcast(kind, found.data.shape), shape)
        return Values(t.reshape(found.data, shape), kind)

    def _part(self, source: _Source, places: np.ndarray) -> Values:
        """The elements of a source at places counted row by row, as a vector."""
        data = self._elements(t.broadcast(source.values.data, source.shape), places)
        kind = source.values.kind
        if not isinstance(kind, int):
            kind = simple_kind(self._elements(t.broadcast(kind, source.shape), places))
        return Values(data, kind)

    def _joined(self, parts: Sequence[Values], order: np.ndarray) -> Values:
        """Vectors put behind one another, and their elements then where `order` says they belong."""
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        data = self._elements(t.concatenate([part.data for part in parts], 0), back)
        if all(isinstance(part.kind, int) and part.kind == parts[0].kind for part in parts):
            return Values(data, parts[0].kind)
        kinds = [t.broadcast(kind_node(part.kind), part.data.shape) for part in parts]
        return Values(data, simple_kind(self._elements(t.concatenate(kinds, 0), back)))

    def _elements(self, node: Tensor, places: np.ndarray) -> Tensor:
        """Elements counted row by row, as a vector; the same ones twice are one node."""
        vector = t.reshape(node, (node.size,))
        start, stop = int(places[0]), int(places[-1]) + 1
        if stop - start == len(places) and (places[1:] == places[:-1] + 1).all():
            return t.crop(vector, (start,), (stop,))
        key = node.size, places.tobytes()
        known = self._places.get(key)
        if known is None:
            known = self._places[key] = Places(torch.from_numpy(places.astype(np.int64)), node.size)
        return gather(vector, known)

    def _where(self, name: str, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Source, place in it and entry of each cell."""
        sheet = self._sheet(name)
        entries = sheet.cells.entries_at(rows, columns)
        source, place = sheet.source[entries], sheet.place[entries]
        for region in sheet.spread:
            source[_within(region, rows, columns) & (entries < 0)] = _UNKNOWN
        for number, region in enumerate(self._live):
            if region.sheet == name:
                inside = _within(region, rows, columns)
                source[inside] = number
                place[inside] = (rows[inside] - region.top) * region.width + columns[inside] - region.left
        return source, place, entries


def _within(region: Region, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Which of the cells a region holds."""
    return (region.top <= rows) & (rows < region.bottom) & (region.left <= columns) & (columns < region.right)
