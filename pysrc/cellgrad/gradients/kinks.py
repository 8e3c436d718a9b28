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
from cellgrad.tensors.nodes import input_node


def flat_regions(model: Compiled, x: np.ndarray) -> list[Region]:
    """Units that ignore the changing cells at x, although cells they read do not.

    A unit is a column of a block of formulas (a row, where the block is wider than high): units side by side that
    share one relative formula are one block, and each may die alone.
    Told by one forward tangent in a fixed generic direction: it vanishes exactly where the derivative does.
    """
    moves = _moves(model, x)
    found = []
    for block, moving in moves.items():
        units = [block.region] if block.spread else _lines(block.region)
        for unit in units:
            if not _part(moving, block.region, unit).any() and _reads_movement(model, block, unit, moves):
                found.append(unit)
    return found


def _moves(model: Compiled, x: np.ndarray) -> dict[Block, np.ndarray]:
    """Which cells of each live block move with the changing cells at x."""
    live = [block for block in model.order if model.is_live(block)]
    if not live:
        return {}
    tangent = input_node("tangent", model.function.x.shape)
    nodes = [push_forward(model.lowering.value(block.region).data, model.function.x, tangent) for block in live]
    program = Program(nodes, ["x", "tangent"])
    direction = torch.from_numpy(np.random.default_rng(0).uniform(0.5, 1.5, len(x)))
    slopes = program(torch.from_numpy(np.asarray(x, np.float64)), direction)
    return {
        block: (slope != 0).expand(block.region.height, block.region.width).numpy()
        for block, slope in zip(live, slopes, strict=True)
    }


def _lines(region: Region) -> list[Region]:
    """The columns of a region, or its rows where it is wider than high."""
    if region.height >= region.width:
        columns = range(region.left, region.right)
        return [dataclasses.replace(region, left=column, right=column + 1) for column in columns]
    return [dataclasses.replace(region, top=row, bottom=row + 1) for row in range(region.top, region.bottom)]


def _part(array: np.ndarray, whole: Region, part: Region) -> np.ndarray:
    return array[
        part.top - whole.top : part.bottom - whole.top,
        part.left - whole.left : part.right - whole.left,
    ]


def _reads_movement(model: Compiled, block: Block, unit: Region, moves: dict[Block, np.ndarray]) -> bool:
    dependence = model.lowering.dependence
    for region in dependence.reads(dataclasses.replace(block, region=unit)):
        if any(region.intersect(area) for area in model.areas):
            return True
        for precedent in dependence.touching(region):
            common = precedent.region.intersect(region)
            if common and precedent in moves and _part(moves[precedent], precedent.region, common).any():
                return True
    return False
