"""Where a model has gone flat: cells that no longer pass on any change of the changing cells.

A rectified unit whose every cell takes its constant branch is the usual case: its parameters get no gradient, and no
descent moves them again.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.program.compiling import Compiled
from cellgrad.tensors.derivatives import push_forward
from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import Node, input_node

NEARBY = 1e-6
"""How far around a point is looked, relative to the changing cells."""


def flat_regions(model: Compiled, x: np.ndarray) -> list[Region]:
    """Units that ignore the changing cells around x (n,), although cells they read do not.

    A unit is a column of a block of formulas (a row, where the block is wider than high): units side by side that
    share one relative formula are one block, and each may die alone.
    Told by one forward tangent in a fixed generic direction, which vanishes exactly where the derivative does; and by
    two steps that way, so that the bottom of a valley is not taken for a plain.
    """
    live = [block for block in model.order if model.is_live(block)]
    if not live:
        return []
    direction = np.random.default_rng(0).uniform(0.5, 1.5, len(x))
    moves = dict(zip(live, _moves(model, live, x, direction), strict=True))
    found = []
    for block, moving in moves.items():
        units = [block.region] if block.spread else _lines(block.region)
        for unit in units:
            if not moving[unit.within(block.region)].any() and _reads_movement(model, block, unit, moves):
                found.append((block, unit))
    blocks = list(dict.fromkeys(block for block, _ in found))
    stays = dict(zip(blocks, _stays(model, blocks, x, direction), strict=True))
    return [unit for block, unit in found if stays[block][unit.within(block.region)].all()]


def _moves(model: Compiled, live: list[Block], x: np.ndarray, direction: np.ndarray) -> list[np.ndarray]:
    """Which cells of each block have a derivative in a direction."""
    tangent = input_node("tangent", model.function.x.shape)
    nodes = [push_forward(_values(model, block), model.function.x, tangent) for block in live]
    slopes = Program(nodes, ["x", "tangent"])(torch.from_numpy(x), torch.from_numpy(direction))
    return [_over(slope != 0, block) for slope, block in zip(slopes, live, strict=True)]


def _stays(model: Compiled, blocks: list[Block], x: np.ndarray, direction: np.ndarray) -> list[np.ndarray]:
    """Which cells of each block hold the same value a small step to either side."""
    if not blocks:
        return []
    program = Program([_values(model, block) for block in blocks], ["x"])
    step = NEARBY * direction * np.maximum(np.abs(x), np.abs(x).max(initial=NEARBY))
    here, *around = (program(torch.from_numpy(point)) for point in (x, x - step, x + step))
    return [
        _over((before == here[i]) & (after == here[i]), block)
        for i, (block, before, after) in enumerate(zip(blocks, *around, strict=True))
    ]


def _values(model: Compiled, block: Block) -> Node:
    return model.lowering.value(block.region).data


def _over(mask: torch.Tensor, block: Block) -> np.ndarray:
    return mask.expand(block.region.height, block.region.width).numpy()


def _lines(region: Region) -> list[Region]:
    """The columns of a region, or its rows where it is wider than high."""
    if region.height >= region.width:
        columns = range(region.left, region.right)
        return [dataclasses.replace(region, left=column, right=column + 1) for column in columns]
    return [dataclasses.replace(region, top=row, bottom=row + 1) for row in range(region.top, region.bottom)]


def _reads_movement(model: Compiled, block: Block, unit: Region, moves: dict[Block, np.ndarray]) -> bool:
    dependence = model.lowering.dependence
    for region in dependence.reads(dataclasses.replace(block, region=unit)):
        if any(region.intersect(area) for area in model.areas):
            return True
        for precedent in dependence.touching(region):
            common = precedent.region.intersect(region)
            if common and precedent in moves and moves[precedent][common.within(precedent.region)].any():
                return True
    return False
