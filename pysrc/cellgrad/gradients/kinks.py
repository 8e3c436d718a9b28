"""Where a model has gone flat: blocks that no longer pass on any change of the changing cells.

A rectified unit whose every cell takes its constant branch is the usual case: its parameters get no gradient, and no
descent moves them again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from cellgrad.blocks.block import Block
from cellgrad.blocks.dependence import Dependence
from cellgrad.program.compiling import Compiled
from cellgrad.program.lowering import Values
from cellgrad.tensors.derivatives import push_forward
from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import input_node


def flat_blocks(model: Compiled, x: np.ndarray) -> list[Block]:
    """The blocks whose every cell ignores the changing cells at x, although cells they read do not.

    Told by one forward tangent in a fixed generic direction: it vanishes exactly where the derivative does.
    """
    live = [block for block in model.order if _is_live(model, block)]
    if not live:
        return []
    tangent = input_node("tangent", model.function.x.shape)
    nodes = [push_forward(_values(model, block).data, model.function.x, tangent) for block in live]
    program = Program(nodes, ["x", "tangent"])
    direction = torch.from_numpy(np.random.default_rng(0).uniform(0.5, 1.5, len(x)))
    moves = dict(zip(live, program(torch.from_numpy(np.asarray(x, np.float64)), direction), strict=True))
    moving = {block for block, move in moves.items() if bool((move != 0).any())}
    return [block for block in live if block not in moving and _reads_movement(model, block, moving)]


def _is_live(model: Compiled, block: Block) -> bool:
    values = model.lowering.values[block]
    return isinstance(values, Values) and not values.data.is_constant


def _values(model: Compiled, block: Block) -> Values:
    values = model.lowering.values[block]
    assert isinstance(values, Values)
    return values


def _reads_movement(model: Compiled, block: Block, moving: set[Block]) -> bool:
    dependence: Dependence = model.lowering.dependence
    reads: Sequence = dependence.reads(block)
    changing = any(region.intersect(area) for region in reads for area in model.areas)
    return changing or any(precedent in moving for precedent in dependence.precedents(block))
