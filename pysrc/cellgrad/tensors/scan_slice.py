"""One cell's share of an expression over a whole block.

In a block every operation works on cells side by side. `one_cell` finds the axes that number the cells all through an
expression and makes the same expression for a single cell, to be run with the cells of a step as its batch axis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cellgrad.tensors.building import OPERATIONS, build
from cellgrad.tensors.nodes import Node, Shape, topological

Axes = tuple[int, int]
"""Where the rows and the columns of the block lie, counted from the end (negative); 0 where there is one alone."""


class NotCellwise(Exception):  # noqa: N818 - an answer: the caller has another way
    """An operation mixes the cells of the block, or is not known to keep them apart."""


@dataclass(frozen=True, eq=False)
class Feed:
    """What one cell's expression takes from an input of the whole block's: `axes` of it number the cells."""

    name: str
    source: int
    axes: Axes


@dataclass(frozen=True, eq=False)
class OneCell:
    """result: the expression for one cell, over inputs named by `feeds`; an input keeps its rank, cell axes of 1."""

    result: Node
    feeds: tuple[Feed, ...]


def opaque(name: str, like: Node) -> Node:
    """An input that may hold whatever `like` may."""
    return Node("input", (), (name,), like.shape, like.boolean, bound=like.bound)


def one_cell(result: Node, axes: Mapping[int, Axes], sources: Sequence[Node], block: tuple[int, int]) -> OneCell:
    """The expression for one cell of a block.

    result: over the input nodes `sources`, of shape `block`. axes: for sources that are cells' own reads, by their
    place among the sources; those of the others follow from what they meet. Raises NotCellwise.
    """
    maker = _Maker(sources, axes, block)
    rows, columns = (-2 if block[0] > 1 else 0), (-1 if block[1] > 1 else 0)
    for node in topological([result]):
        if node.inputs:
            maker.add(node)
    made = maker.sliced(result, (rows, columns))
    if id(result) in maker.axes and maker.axes[id(result)] != (rows, columns):
        raise NotCellwise("result")
    return OneCell(made, tuple(maker.feeds.values()))


class _Maker:
    def __init__(self, sources: Sequence[Node], axes: Mapping[int, Axes], block: tuple[int, int]) -> None:
        self.block = block
        self.numbers = {id(node): number for number, node in enumerate(sources)}
        self.axes = {id(sources[number]): places for number, places in axes.items()}
        self.made: dict[int, Node] = {}
        self.feeds: dict[tuple[int, Axes], Feed] = {}
        self._inputs: dict[tuple[int, Axes], Node] = {}

    def add(self, node: Node) -> None:
        """Slice one operation whose operands have been seen."""
        moving = [i for i in node.inputs if id(i) in self.axes]
        if not moving:
            raise NotCellwise(node.operation)
        if OPERATIONS[node.operation].elementwise:
            places = {self.axes[id(i)] for i in moving}
            if len(places) > 1:
                raise NotCellwise(node.operation)
            (axes,) = places
            self._make(node, axes, [self.sliced(i, axes) for i in node.inputs], node.parameters)
            return
        rule = getattr(self, "_" + node.operation, None)
        if rule is None:
            raise NotCellwise(node.operation)
        rule(node)

    def sliced(self, node: Node, axes: Axes) -> Node:
        """One cell's share of an operand whose cells lie along `axes`, where it has them."""
        if id(node) in self.made:
            return self.made[id(node)]
        if node.is_constant and node.size == 1:
            return node
        if id(node) not in self.numbers:
            raise NotCellwise(node.operation)
        known = self.axes.get(id(node))
        axes = known if known is not None else self._present(node, axes)
        key = (self.numbers[id(node)], axes)
        if key not in self._inputs:
            feed = Feed(f"feed {len(self.feeds)}", key[0], axes)
            self.feeds[key] = feed
            self._inputs[key] = Node(
                "input", (), (feed.name,), _single(node.shape, axes), node.boolean, bound=node.bound
            )
        return self._inputs[key]

    def _present(self, node: Node, axes: Axes) -> Axes:
        """Of the cell axes of an operation those that an operand has, and does not merely broadcast over."""
        found = []
        for axis, count in zip(axes, self.block, strict=True):
            size = node.shape[axis] if axis and -axis <= len(node.shape) else 1
            if size not in (1, count):
                raise NotCellwise("operand")
            found.append(axis if axis and size == count else 0)
        return found[0], found[1]

    def _make(self, node: Node, axes: Axes, inputs: Sequence[Node], parameters: tuple[object, ...]) -> None:
        self.made[id(node)] = build(node.operation, tuple(inputs), _single(node.shape, axes), parameters)
        self.axes[id(node)] = axes

    # Operations that are not elementwise: where the cells' axes go ----------------------------------------------------

    def _one(self, node: Node) -> tuple[Node, Axes]:
        operand = node.inputs[0]
        return self.made.get(id(operand)) or self.sliced(operand, (0, 0)), self.axes[id(operand)]

    def _reduction(self, node: Node) -> None:
        made, axes = self._one(node)
        if any(axis in node.parameters[0] for axis in axes if axis):
            raise NotCellwise(node.operation)
        self._make(node, axes, [made], node.parameters)

    _sum = _amax = _amin = _prod = _any = _all = _reduction

    def _reshape(self, node: Node) -> None:
        made, axes = self._one(node)
        old, new = node.inputs[0].shape, node.shape
        moved = tuple(_moved(axis, old, new) if axis else 0 for axis in axes)
        axes = (moved[0], moved[1])
        self._make(node, axes, [made], (_single(new, axes), len(old)))

    def _broadcast(self, node: Node) -> None:
        made, axes = self._one(node)
        self._make(node, axes, [made], (_single(node.shape, axes),))

    def _permute(self, node: Node) -> None:
        made, axes = self._one(node)
        order = node.parameters[0]
        moved = tuple(order.index(axis) - len(order) if axis else 0 for axis in axes)
        self._make(node, (moved[0], moved[1]), [made], node.parameters)

    def _crop(self, node: Node) -> None:
        made, axes = self._one(node)
        starts, stops = (list(side) for side in node.parameters)
        for axis in axes:
            if axis:
                if starts[axis] or stops[axis] != node.inputs[0].shape[axis]:
                    raise NotCellwise("crop")
                starts[axis], stops[axis] = 0, 1
        self._make(node, axes, [made], (tuple(starts), tuple(stops)))

    def _concatenate(self, node: Node) -> None:
        places = {self.axes[id(i)] for i in node.inputs if id(i) in self.axes}
        if len(places) > 1 or node.parameters[0] in next(iter(places)):
            raise NotCellwise("concatenate")
        (axes,) = places
        for operand in node.inputs:
            if id(operand) not in self.axes and self._present(operand, axes) != axes:
                raise NotCellwise("concatenate")
        self._make(node, axes, [self.sliced(i, axes) for i in node.inputs], node.parameters)

    def _matmul(self, node: Node) -> None:
        a, b = node.inputs
        places = {self.axes[id(i)] for i in node.inputs if id(i) in self.axes}
        (axes, *others) = places
        of_a, of_b = (_without(axes, -1), _without(axes, -2))
        if others or (id(a) in self.axes and of_a != axes) or (id(b) in self.axes and of_b != axes):
            raise NotCellwise("matmul")
        self._make(node, axes, [self.sliced(a, of_a), self.sliced(b, of_b)], node.parameters)

    def _take(self, node: Node) -> None:
        table, index = node.inputs
        if not table.is_constant or id(index) not in self.axes:
            raise NotCellwise("take")
        axes = self.axes[id(index)]
        self._make(node, axes, [table, self.sliced(index, axes)], node.parameters)

    def _pick(self, node: Node) -> None:
        vector, places = node.inputs
        if id(vector) in self.axes or id(places) not in self.axes:
            raise NotCellwise("pick")
        axes = self.axes[id(places)]
        self._make(node, axes, [self.sliced(vector, (0, 0)), self.sliced(places, axes)], node.parameters)


def _single(shape: Shape, axes: Axes) -> Shape:
    """A shape with its cell axes at size 1."""
    sizes = list(shape)
    for axis in axes:
        if axis:
            sizes[axis] = 1
    return tuple(sizes)


def _without(axes: Axes, axis: int) -> Axes:
    rows, columns = axes
    return 0 if rows == axis else rows, 0 if columns == axis else columns


def _moved(axis: int, old: Shape, new: Shape) -> int:
    """Where an axis goes in a reshape that keeps it whole."""
    before, size = math.prod(old[:axis]), old[axis]
    for place in range(len(new)):
        if new[place] == size and math.prod(new[:place]) == before:
            return place - len(new)
    raise NotCellwise("reshape")
