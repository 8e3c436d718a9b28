"""What a lowering knows already, cell by cell, for the per-cell reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cellgrad.address import Region
from cellgrad.program.values import Values, lists_of, value_at
from cellgrad.values import Value

if TYPE_CHECKING:
    from cellgrad.program.lowering import Lowering


class LiveCell(Exception):  # noqa: N818 - not an error: what was asked for has no one value
    """A cell was read whose value depends on the changing cells."""


class Overrides(Mapping[tuple[str, int, int], Value]):
    """The constant values of a lowering, cell by cell, for the reference: what is known need not be recomputed.

    Errors are left out, so that the reference finds out which they are. Looking up a cell whose value depends on the
    changing cells raises LiveCell.
    """

    def __init__(self, lowering: Lowering) -> None:
        self._lowering = lowering

    def __getitem__(self, key: tuple[str, int, int]) -> Value:
        sheet, row, column = key
        lowering = self._lowering
        cell = Region(sheet, row, column, row + 1, column + 1)
        for live, node in lowering.live.items():
            if cell in live:
                if node.value is None:
                    raise LiveCell
                return float(node.value[row - live.top, column - live.left])
        for block in lowering.dependence.touching(cell):
            values = lowering.values.get(block)
            if isinstance(values, Values):
                if not values.is_constant:
                    raise LiveCell
                found = value_at(values, row - block.region.top, column - block.region.left, lowering.book)
                if found is not None:
                    return found
        raise KeyError(key)

    def known(self, region: Region) -> Iterator[tuple[Region, list[list[Value]]]]:
        """What is known of a region, part by part; None where a cell is an error. Raises LiveCell as a look-up does."""
        lowering = self._lowering
        for part, values in lowering.pieces_known(region):
            if not values.is_constant:
                raise LiveCell
            yield part, lists_of(values, lowering.book)

    def __iter__(self) -> Iterator[tuple[str, int, int]]:
        raise TypeError("the known cells are looked up, not listed")

    def __len__(self) -> int:
        return len(self._lowering.values)
