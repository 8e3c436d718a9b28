"""Blocks that read cells of other workbooks which the file does not hold."""

from __future__ import annotations

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.blocks.dependence import Dependence
from cellgrad.values import Kind


def lacks_values(dependence: Dependence, block: Block) -> bool:
    """Whether some cell of a block reads cells of another workbook of which the file holds none."""
    outside = [region for region in dependence.reads(block) if region.sheet in dependence.book.external_sheets]
    if not outside:
        return False
    if not block.splits:
        return not _all_held(dependence, outside)
    if not any(_has_gaps(dependence, region) for region in outside):
        return False
    cells = [block.cell(row, column) for row, column in block.region.cells()]
    return any(lacks_values(dependence, cell) for cell in cells)


def _all_held(dependence: Dependence, regions: list[Region]) -> bool:
    return all(map(dependence.book.is_held, regions))


def _has_gaps(dependence: Dependence, region: Region) -> bool:
    """Whether a cell of a region is not held; of a table that all cells of a block read, few may be."""
    kinds, _, _ = dependence.book.sheet(region.sheet).cells.dense(region.top, region.left, region.bottom, region.right)
    return bool((kinds == Kind.BLANK).any())
