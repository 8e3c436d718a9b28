"""A block: a rectangle of cells that share one relative formula, evaluated as one."""

from __future__ import annotations

from dataclasses import dataclass

from cellgrad.address import Region


@dataclass(frozen=True, slots=True)
class Block:
    """Cells of one relative formula.

    region: the cells. formula: index into `Workbook.formulas`.
    array: evaluated as an array formula (no implicit intersection).
    spread: one array formula fills the whole region with its one result; else each cell has its own evaluation.
    dynamic: it spills as far as its result reaches, so a result larger than the region means a stale file.
    """

    region: Region
    formula: int
    array: bool = False
    spread: bool = False
    dynamic: bool = False

    def __hash__(self) -> int:
        r = self.region  # which is hashed without its sheet's name: blocks are looked up a hundred times each
        return hash((r.top, r.left, r.bottom, r.right, self.formula))

    @property
    def host(self) -> Region:
        """The cells that are evaluated: the anchor alone for a spread array formula."""
        r = self.region
        return Region(r.sheet, r.top, r.left, r.top + 1, r.left + 1) if self.spread else r

    @property
    def splits(self) -> bool:
        """Whether the block can be taken apart into single cells."""
        return not self.spread and self.region.size > 1

    def cell(self, row: int, column: int) -> Block:
        """The block of one of its cells alone."""
        return Block(
            Region(self.region.sheet, row, column, row + 1, column + 1), self.formula, self.array, dynamic=self.dynamic
        )
