"""The gradient as a formula of the sheet: what CG_GRADIENT compiles to.

The formulas between the changing cells and the objective are lowered once more with the changing cells free, and
differentiated; then the changing cells get their own expressions again. So the gradient folds to numbers where they
are numbers, and is differentiable itself where they are live.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.functions.arrays import Array
from cellgrad.tensors import operations as t
from cellgrad.tensors.derivatives import gradient
from cellgrad.tensors.nodes import Node, input_node, topological
from cellgrad.values import Kind

if TYPE_CHECKING:
    from cellgrad.program.lowering import Lowering


def gradient_within(lowering: Lowering, objective: Region, changing: Region) -> Array:
    """The derivative of the number in one cell by every cell of a region, of its shape; an error where either is one.

    Both must have been lowered with all they read. Raises the error of a cell on the way that cannot be lowered.
    """
    slope, free, here = slope_of(lowering, objective, changing)
    return Array(t.reshape(_substituted(slope, free, here), (1, 1, *free.shape)))


def slope_of(lowering: Lowering, objective: Region, changing: Region) -> tuple[Node, Node, Node]:
    """(slope, free, here): the derivative as an expression of the free node in the changing cells' place, and what
    they hold; each of the region's shape. See `gradient_within`."""
    shape = (changing.height, changing.width)
    free = input_node("changing", shape)
    inner = type(lowering)(lowering.dependence, {**_without(lowering.live, changing), changing: free})
    order = lowering.dependence.order(lowering.dependence.touching(objective))
    between = _between(lowering, order, changing)
    known = (block for block in order if block in lowering.values and block not in between)
    inner.values.update({block: lowering.values[block] for block in known})
    inner.lower(order)
    value = inner.value(objective)
    here = lowering.value(changing)
    number = _number(value.data, value.kind)
    slope = t.guard(gradient(t.reshape(number, ()), free), number)
    return slope, free, t.broadcast(_number(here.data, here.kind), shape)


def _number(data: Node, kind: Node | int) -> Node:
    """What is a number or blank; anything else as an error."""
    if isinstance(kind, int):
        return data if kind in (Kind.NUMBER, Kind.BLANK) else t.broadcast(t.NAN, data.shape)
    number = t.logical_or(*(t.compare("eq", kind, t.number(one)) for one in (Kind.NUMBER, Kind.BLANK)))
    return t.select(number, data, t.NAN)


def _without(live: dict[Region, Node], taken: Region) -> dict[Region, Node]:
    """Live regions without the cells of `taken`."""
    kept: dict[Region, Node] = {}
    for region, node in live.items():
        for part in region.minus(taken):
            at = (part.top - region.top, part.left - region.left)
            kept[part] = t.crop(node, at, (at[0] + part.height, at[1] + part.width))
    return kept


def _between(lowering: Lowering, order: list[Block], changing: Region) -> set[Block]:
    """The blocks, of those given precedents first, whose values depend on the changing cells."""
    dependence = lowering.dependence
    found: set[Block] = set()
    for block in order:
        if block.region in changing:
            continue
        for region in dependence.reads(block):
            if region.intersect(changing) or any(precedent in found for precedent in dependence.touching(region)):
                recurrence = dependence.recurrence(block)
                found.update([block] if recurrence is None else recurrence.members)
                break
    return found


def _substituted(output: Node, old: Node, new: Node) -> Node:
    """The expression with one node in another's place, simplified anew: constants fold."""
    done: dict[int, Node] = {id(old): new}
    for node in topological([output]):
        if id(node) not in done:
            done[id(node)] = t.rebuild(node, tuple(done[id(i)] for i in node.inputs)) if node.inputs else node
    return done[id(output)]
