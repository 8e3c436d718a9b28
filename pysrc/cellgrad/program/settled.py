"""Blocks by their values, and the constant ones among them once more as the cells of their sheets.

A thousand formulas that read a region of a thousand blocks would put its values together a million times over; here a
region without a live cell is a slice of arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.errors import CellgradError
from cellgrad.program.values import Values
from cellgrad.workbook import Workbook


@dataclass(frozen=True, slots=True)
class Failure:
    """A block that cannot be evaluated, and why; whoever reads it fails for the same reason."""

    error: CellgradError


class _SheetArrays:
    """The cells of one sheet as far as they are settled: parallel to the sheet's own, `known` where they are."""

    def __init__(self, book: Workbook, sheet: str) -> None:
        self.cells = book.sheet(sheet).cells
        self.kinds = self.cells.kinds.copy()
        self.data = self.cells.data.copy()
        self.known = self.cells.formulas < 0

    def put(self, region: Region, values: Values | None) -> None:
        """Values of a block; None: they are not settled."""
        kinds = data = None
        if values is not None:
            assert values.data.value is not None
            shape = (region.height, region.width)
            data = values.data.value.expand(shape).numpy()
            if isinstance(values.kind, int):
                kinds = np.broadcast_to(np.uint8(values.kind), shape)
            else:
                assert values.kind.value is not None
                kinds = values.kind.value.expand(shape).numpy()
        for column, part in self.cells.entries(region.top, region.left, region.bottom, region.right):
            self.known[part] = values is not None
            if kinds is not None and data is not None:
                rows = self.cells.rows[part] - region.top
                self.kinds[part] = kinds[rows, column - region.left]
                self.data[part] = data[rows, column - region.left]

    def dense(self, region: Region) -> tuple[np.ndarray, np.ndarray] | None:
        """kind and data of every cell of a region; None where one is not settled."""
        shape = (region.height, region.width)
        kinds, data = np.zeros(shape, np.uint8), np.zeros(shape)
        for column, part in self.cells.entries(region.top, region.left, region.bottom, region.right):
            if not self.known[part].all():
                return None
            rows = self.cells.rows[part] - region.top
            kinds[rows, column - region.left] = self.kinds[part]
            data[rows, column - region.left] = self.data[part]
        return kinds, data


class Evaluated(dict[Block, Values | Failure]):
    """The value of every block evaluated so far."""

    def __init__(self, book: Workbook, known: Mapping[Block, Values | Failure]) -> None:
        super().__init__(known)
        self._book = book
        self._sheets: dict[str, _SheetArrays] = {}
        self._new: dict[str, dict[Block, None]] = {}
        self._untold: dict[str, dict[Block, None]] = {}
        self.failures = any(isinstance(value, Failure) for value in known.values())
        for block in known:
            self._note(block)

    def _note(self, block: Block) -> None:
        for found in (self._new, self._untold):
            new = found.setdefault(block.region.sheet, {})
            new.pop(block, None)  # what came last is put last
            new[block] = None

    def take_new(self, sheet: str) -> list[Block]:
        """The blocks of a sheet that have got a value, or lost theirs, since this was last asked."""
        return list(self._untold.pop(sheet, ()))

    def __setitem__(self, block: Block, value: Values | Failure) -> None:
        super().__setitem__(block, value)
        self._note(block)
        self.failures = self.failures or isinstance(value, Failure)

    def __delitem__(self, block: Block) -> None:
        super().__delitem__(block)
        self._note(block)

    def pop(self, block: Block, default: Any = None, /) -> Any:
        """The value of a block, which from now on is not known; `default` where it is not now."""
        found = super().pop(block, default)
        self._note(block)
        return found

    def update(self, other: Any = (), /, **_: Any) -> None:
        """Further values, as pairs or as a mapping."""
        items: Iterable[tuple[Block, Values | Failure]] = other.items() if isinstance(other, Mapping) else other
        for block, value in items:
            self[block] = value

    def cells(self, region: Region) -> tuple[np.ndarray, np.ndarray] | None:
        """kind and data of every cell of a region, errors not finite; None where one is live or not evaluated yet."""
        arrays = self._sheets.get(region.sheet)
        if arrays is None:
            arrays = self._sheets[region.sheet] = _SheetArrays(self._book, region.sheet)
        for block in self._new.pop(region.sheet, ()):
            value = self.get(block)
            arrays.put(block.region, value if isinstance(value, Values) and value.is_constant else None)
        return arrays.dense(region)
