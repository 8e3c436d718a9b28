"""Circular references of a workbook that iterates: cells that need each other, as a fixed point.

Cells are taken sheet by sheet in the order of the tabs, row by row, each reading the latest values of the others; the
cached values are where iterating begins. Source: Microsoft, "Remove or allow a circular reference in Excel" (iterations
and maximum change) and "Excel performance: Tips for optimizing performance obstructions" (sheet by sheet).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from cellgrad.address import full_name
from cellgrad.blocks.block import Block
from cellgrad.errors import UnsupportedError
from cellgrad.functions.arrays import NoKernel
from cellgrad.program.values import Values
from cellgrad.tensors import operations as t
from cellgrad.tensors.fixed_point import Iteration, fixed_point
from cellgrad.tensors.nodes import Node
from cellgrad.values import Kind
from cellgrad.workbook import Workbook

if TYPE_CHECKING:
    from cellgrad.program.lowering import Lowering


def lower_loop(lowering: Lowering, blocks: Sequence[Block]) -> dict[Block, Values]:
    """The values of cells that need each other, as a fixed point of the live cells.

    blocks: single cells, in the order in which they are iterated. Raises NoKernel for formulas that have no program,
    and UnsupportedError for a loop that goes through anything but numbers.
    """
    count = len(blocks)
    state = Node("input", (), ("loop",), (count,), bound=math.inf)
    latest = {block: _one(state, at) for at, block in enumerate(blocks)}
    lowering.values.update(latest)
    try:
        for block in blocks:
            if block.region.size != 1:
                raise NoKernel("a loop through an array formula")
            lowering.forget_regions()
            found = lowering.evaluated(block)
            if found.kind != Kind.NUMBER:
                raise UnsupportedError(
                    "this cell is part of a circular reference that depends on the changing cells, and it holds no "
                    "number",
                    cell=full_name(block.region.sheet, block.region.top, block.region.left),
                    formula=lowering.dependence.text(block),
                    action="let the circle go through numbers alone",
                )
            lowering.values[block] = latest[block] = found
    finally:
        lowering.forget_regions()
        for block in blocks:
            lowering.values.pop(block, None)
    sweep = t.concatenate([t.reshape(latest[block].data, (1,)) for block in blocks], 0)
    start = torch.tensor([_cached(lowering.book, block) for block in blocks], dtype=torch.float64)
    whole = fixed_point(Iteration(state, sweep, start, lowering.book.iterate_delta))
    return {block: _one(whole, at) for at, block in enumerate(blocks)}


def _one(vector: Node, at: int) -> Values:
    return Values(t.reshape(t.crop(vector, (at,), (at + 1,)), (1, 1)), int(Kind.NUMBER))


def _cached(book: Workbook, block: Block) -> float:
    value = book.cached(block.region.sheet, block.region.top, block.region.left)
    return float(value) if isinstance(value, int | float) else 0.0
