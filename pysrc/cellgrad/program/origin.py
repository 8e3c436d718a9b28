"""Where an error comes from: the cell in which it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cellgrad.address import Region
from cellgrad.blocks.dependence import Dependence
from cellgrad.program.lowering import Lowering
from cellgrad.program.values import Values
from cellgrad.tensors.nodes import Node
from cellgrad.values import CellError, Kind


@dataclass(frozen=True)
class Origin:
    """The cell where an error begins, its formula (None for a constant), and the error (None where there is none)."""

    cell: Region
    formula: str | None
    error: CellError | None


class Evaluated:
    """A cell and all it needs, evaluated block by block; `reference` then answers for single cells at no cost.

    live: constant nodes that stand in for what cells hold, as in `Lowering`.
    Raises CircularReferenceError where the cell depends on itself.
    """

    def __init__(self, dependence: Dependence, cell: Region, live: Mapping[Region, Node] | None = None) -> None:
        self.dependence = dependence
        self.cell = cell
        self._lowering = Lowering(dependence, live or {})
        self._lowering.lower(dependence.order(dependence.touching(cell)))
        self.reference = self._lowering.reference

    def error_origin(self) -> Origin:
        """Follow the cell's error back to the cell where it begins: one that reads no cell with the same error.

        Raises FormulaError for a cell on the way that cannot be evaluated.
        """
        cell = self.cell
        value = self.reference.value(cell.sheet, cell.top, cell.left)
        error = value if isinstance(value, CellError) else None
        seen = {cell}
        while error is not None:
            found = self._read_with(error, cell, seen)
            if found is None:
                break
            seen.add(found)
            cell = found
        blocks = self.dependence.touching(cell)
        return Origin(cell, self.dependence.text_at(blocks[0], cell.top, cell.left) if blocks else None, error)

    def _read_with(self, error: CellError, cell: Region, seen: set[Region]) -> Region | None:
        """The first cell with this error that a cell reads."""
        for block in self.dependence.touching(cell):
            for region in self.dependence.reads(block if block.spread else block.cell(cell.top, cell.left)):
                for row, column in self._suspects(region):
                    found = Region(region.sheet, row, column, row + 1, column + 1)
                    if found not in seen and self.reference.value(region.sheet, row, column) is error:
                        return found
        return None

    def _suspects(self, region: Region) -> list[tuple[int, int]]:
        """The cells of a region that may hold an error."""
        book = self.dependence.book
        kinds, _, formulas = book.sheet(region.sheet).cells.dense(region.top, region.left, region.bottom, region.right)
        suspect = (kinds == Kind.ERROR) & (formulas < 0)
        for block in self.dependence.touching(region):
            values, part = self._lowering.values.get(block), block.region.intersect(region)
            if part is not None and isinstance(values, Values) and values.data.value is not None:
                wrong = ~np.isfinite(values.data.value.expand(block.region.height, block.region.width).numpy())
                suspect[part.within(region)] = wrong[part.within(block.region)]
        return [(region.top + row, region.left + column) for row, column in np.argwhere(suspect).tolist()]
