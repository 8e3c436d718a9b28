"""A tensor expression made again for a few rows of a table: what each row needs is followed down to the data.

The rows are chosen when the program runs: each constant that has a row for every row of the table becomes an input,
fed with the rows chosen. What has no rows (the changing cells, what depends on them alone) stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from cellgrad.tensors import operations as t
from cellgrad.tensors.building import build
from cellgrad.tensors.nodes import Node, Shape, constant

_TALLEST_WINDOW = 64
"""Moving ranges of more rows than this are not followed."""


@dataclass(frozen=True)
class Rows:
    """Which rows of a node's axis are wanted: row min(max(i + shift, low), high) for each row i of the table chosen.
    clamps: whether the limits are ever met."""

    shift: int
    low: int
    high: int
    clamps: bool = False

    def within(self, start: int, size: int) -> Rows:
        """The same rows counted in a piece that begins at row `start` and has `size` of them; outside it, its ends."""
        low, high = (min(max(bound - start, 0), size - 1) for bound in (self.low, self.high))
        cut = low != self.low - start or high != self.high - start
        return Rows(self.shift - start, low, high, self.clamps or cut)

    def later(self, by: int) -> Rows:
        """The same rows in a node of which this one is the part from row `by`."""
        return Rows(self.shift + by, self.low + by, self.high + by, self.clamps)

    def of(self, index: Tensor) -> Tensor:
        """Their numbers, for the rows `index` (B,) of the table."""
        if self.shift:
            index = index + self.shift
        return index.clamp(self.low, self.high) if self.clamps else index


Slice = tuple[Node, int, Rows]
"""A node, the axis of its rows, and which of them are wanted."""

Work = Generator[Slice, Node, Node]
"""A rule at work: yields the slices it needs, gets them, returns its own."""


class NotByRows(Exception):  # noqa: N818 - an answer
    """An operation whose rows need one another. operation: its name."""

    def __init__(self, operation: str) -> None:
        super().__init__(operation)
        self.operation = operation


@dataclass(frozen=True)
class Feed:
    """An input of the sliced expression: its name, and how it comes from the rows chosen, (B,) -> its tensor.
    data: whether it is data of the workbook (rather than a place or a mask)."""

    name: str
    make: Callable[[Tensor], Tensor]
    data: bool


class Table:
    """The constants that have rows, with the rows in front, on a device."""

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        self.device = device
        self.dtype = dtype
        self._sources: dict[tuple[int, int], tuple[Node, Tensor]] = {}

    def by_row(self, node: Node, axis: int) -> Tensor:
        """A constant with the axis in front."""
        key = id(node), axis
        if key not in self._sources:
            assert node.value is not None
            moved = node.value.to(self.device, None if node.boolean else self.dtype).movedim(axis, 0)
            self._sources[key] = node, moved.contiguous()
        return self._sources[key][1]


class RowSlices:
    """Nodes made again for `count` rows chosen of a table. feeds: the inputs that this takes.

    whole: live nodes that every row reads as a whole.
    """

    def __init__(self, count: int, table: Table) -> None:
        self.count = count
        self.table = table
        self.feeds: list[Feed] = []
        self.whole: dict[int, Node] = {}
        self._made: dict[tuple[int, int, Rows], tuple[Node, Node]] = {}
        self._masks: dict[tuple[int, int, int, int, Rows], Node] = {}

    def slice(self, node: Node, axis: int, rows: Rows) -> Node:
        """The node with `rows` of its axis alone. Raises NotByRows where that takes all the others as well.

        Each rule is a generator that yields what it needs next, so that depth is no limit.
        """
        stack: list[tuple[Slice, Work]] = [((node, axis, rows), self._slice(node, axis, rows))]
        answer: Node | None = None
        while stack:
            (source, at, which), work = stack[-1]
            try:
                need = work.send(answer)  # type: ignore[arg-type]
            except StopIteration as finished:
                answer = finished.value
                assert answer is not None
                self._made[id(source), at, which] = source, answer
                stack.pop()
                continue
            known = self._made.get((id(need[0]), *need[1:]))
            answer = None if known is None else known[1]
            if answer is None:
                stack.append((need, self._slice(*need)))
        assert answer is not None
        return answer

    def _slice(self, node: Node, axis: int, rows: Rows) -> Work:
        if node.value is not None:
            return self._constant(node, axis, rows)
        if node.operation in _RULES:
            return (yield from _RULES[node.operation](self, node, axis, rows))
        if node.operation == "input":
            return self._picked(node, axis, rows)
        if not t.OPERATIONS[node.operation].elementwise and node.operation not in _POINTWISE:
            raise NotByRows(node.operation)
        operands = yield from self._operands(node, axis, rows)
        if node.operation in _POINTWISE:
            return build(node.operation, operands, self._shape(node, axis), node.parameters)
        return t.rebuild(node, operands)

    def _shape(self, node: Node, axis: int) -> Shape:
        return (*node.shape[:axis], self.count, *node.shape[axis + 1 :])

    def _kept(self, node: Node) -> Node:
        """A node that every row reads as it is."""
        if not node.is_constant and not is_parameter(node):
            self.whole[id(node)] = node
        return node

    def _operand(self, operand: Node, axis: int, rows: Rows) -> Work:
        """An operand along an axis of the result, which it repeats where it has one row or none."""
        if axis < 0 or operand.shape[axis] == 1:
            return self._kept(operand)
        return (yield operand, axis, rows)

    def _operands(self, node: Node, axis: int, rows: Rows) -> Generator[Slice, Node, tuple[Node, ...]]:
        made = []
        for operand in node.inputs:
            made.append((yield from self._operand(operand, axis - len(node.shape) + len(operand.shape), rows)))
        return tuple(made)

    def _input(
        self, make: Callable[[Tensor], Tensor], shape: Shape, bound: float, boolean: bool = False, data: bool = False
    ) -> Node:
        name = f"rows {len(self.feeds)}"
        self.feeds.append(Feed(name, make, data))
        return Node("input", (), (name,), shape, boolean, bound=bound)

    def _constant(self, node: Node, axis: int, rows: Rows) -> Node:
        assert node.value is not None
        if node.value.stride(axis) == 0 or rows.low == rows.high:  # the same row again and again
            one = node.value.narrow(axis, rows.low, 1)
            return constant(one.expand(*self._shape(node, axis)))
        source = self.table.by_row(node, axis)
        return self._input(
            lambda index: source.index_select(0, rows.of(index)).movedim(0, axis),
            self._shape(node, axis),
            node.bound,
            node.boolean,
            data=True,
        )

    def _mask(self, rank: int, axis: int, rows: Rows, start: int, size: int) -> Node:
        """Whether each row lies in the piece of `size` rows from `start`."""
        key = (rank, axis, start, size, rows)
        if key not in self._masks:
            shape = tuple(self.count if a == axis else 1 for a in range(rank))

            def make(index: Tensor) -> Tensor:
                at = rows.of(index)
                return ((at >= start) & (at < start + size)).reshape(shape)

            self._masks[key] = self._input(make, shape, 1.0, boolean=True)
        return self._masks[key]

    def _picked(self, node: Node, axis: int, rows: Rows) -> Node:
        """Rows of changing cells, by their places."""
        places = torch.arange(node.size, device=self.table.device).reshape(node.shape)
        return self._at_places(t.reshape(node, (node.size,)), places, axis, rows)

    def _at_places(self, vector: Node, places: Tensor, axis: int, rows: Rows) -> Node:
        """Elements of a vector, at rows of a table of places that has -1 where a 0 belongs."""
        moved = places.movedim(axis, 0).contiguous()
        shape = (*places.shape[:axis], self.count, *places.shape[axis + 1 :])

        def make(index: Tensor) -> Tensor:
            return moved.index_select(0, rows.of(index)).movedim(0, axis)

        dtype = self.table.dtype
        at = self._input(lambda index: make(index).clamp(min=0).to(dtype), shape, float(max(1, vector.size)))
        found = t.pick(vector, at)
        if bool((places >= 0).all()):
            return found
        return t.select(self._input(lambda index: make(index) >= 0, shape, 1.0, boolean=True), found, t.ZERO)

    # One rule an operation ------------------------------------------------------------------------------------------

    def _reshape(self, node: Node, axis: int, rows: Rows) -> Work:
        source = node.inputs[0]
        before, size = math.prod(node.shape[:axis]), node.shape[axis]
        for at, length in enumerate(source.shape):
            if length == size and math.prod(source.shape[:at]) == before:
                return t.reshape((yield source, at, rows), self._shape(node, axis))
        if is_parameter(node):
            return self._picked(node, axis, rows)
        raise NotByRows("reshape")

    def _permute(self, node: Node, axis: int, rows: Rows) -> Work:
        at = node.parameters[0][axis] + len(node.shape)
        source = yield node.inputs[0], at, rows
        return build("permute", (source,), self._shape(node, axis), node.parameters)

    def _broadcast(self, node: Node, axis: int, rows: Rows) -> Work:
        source = yield from self._operand(node.inputs[0], axis - len(node.shape) + len(node.inputs[0].shape), rows)
        return t.broadcast(source, self._shape(node, axis))

    def _crop(self, node: Node, axis: int, rows: Rows) -> Work:
        starts, stops = (list(ends) for ends in node.parameters)
        source = yield node.inputs[0], axis, rows.later(starts[axis])
        starts[axis], stops[axis] = 0, self.count
        return t.crop(source, tuple(starts), tuple(stops))

    def _assemble(self, node: Node, axis: int, rows: Rows) -> Work:
        *pieces, base = node.inputs
        shape, rank = self._shape(node, axis), len(node.shape)
        below = yield from self._operand(base, axis - rank + len(base.shape), rows)
        made = t.broadcast(below, shape)
        for piece, place in zip(pieces, node.parameters[1], strict=True):
            start, size = place[axis], piece.shape[axis]
            if rows.high < start or rows.low >= start + size:
                continue
            part = yield piece, axis, rows.within(start, size)
            corner = (*place[:axis], 0, *place[axis + 1 :])
            if rows.low < start or rows.high >= start + size:
                stops = tuple(p + s for p, s in zip(corner, part.shape, strict=True))
                part = t.select(self._mask(rank, axis, rows, start, size), part, t.crop(made, corner, stops))
            made = t.assemble(shape, [(part, corner)], made)
        return made

    def _concatenate(self, node: Node, axis: int, rows: Rows) -> Work:
        along = node.parameters[0] + len(node.shape)
        if along != axis:
            parts = []
            for part in node.inputs:
                parts.append((yield part, axis, rows))
            return t.concatenate(parts, along)
        made, start = None, 0
        for part in node.inputs:
            size = part.shape[axis]
            if rows.high >= start and rows.low < start + size:
                piece = yield part, axis, rows.within(start, size)
                within = None if made is None else self._mask(len(node.shape), axis, rows, start, size)
                made = piece if made is None or within is None else t.select(within, piece, made)
            start += size
        assert made is not None
        return made

    def _windows(self, node: Node, axis: int, rows: Rows) -> Work:
        height, width = node.parameters
        source = node.inputs[0]
        if axis != 0 or height > _TALLEST_WINDOW:
            raise NotByRows("windows")
        lines = []
        for at in range(height):
            lines.append(t.windows((yield source, 0, rows.later(at)), 1, width))
        return t.concatenate(lines, 2)

    def _matmul(self, node: Node, axis: int, rows: Rows) -> Work:
        a, b = node.inputs
        rank = len(node.shape)
        if axis == rank - 2:
            a, b = (yield (a, len(a.shape) - 2, rows)), self._kept(b)
        elif axis == rank - 1:
            a, b = self._kept(a), (yield (b, len(b.shape) - 1, rows))
        else:
            a, b = yield from self._operands(node, axis, rows)
        return t.matmul(a, b)

    def _reduced(self, node: Node, axis: int, rows: Rows) -> Work:
        """Reductions of the other axes."""
        source = yield node.inputs[0], axis, rows
        return build(node.operation, (source,), self._shape(node, axis), node.parameters)

    def _picks(self, node: Node, axis: int, rows: Rows) -> Work:
        vector, places = node.inputs
        at = yield places, axis, rows
        return build(node.operation, (self._kept(vector), at), self._shape(node, axis), node.parameters)

    def _gather(self, node: Node, axis: int, rows: Rows) -> Work:
        yield from ()
        places = node.parameters[0]
        index = places.flat(self.table.device).reshape(node.shape)
        return self._at_places(self._kept(node.inputs[0]), index.masked_fill(index == places.size, -1), axis, rows)

    def _seek(self, node: Node, axis: int, rows: Rows) -> Work:
        keys, line = node.inputs
        if axis == len(node.shape) - 1:
            raise NotByRows("seek")
        if axis == len(node.shape) - 2:
            line = self._kept(line)
        else:
            line = yield from self._operand(line, axis - len(node.shape) + len(line.shape), rows)
        keys = yield from self._operand(keys, axis - len(node.shape) + len(keys.shape), rows)
        return t.seek(keys, line, *node.parameters)

    def _in_place(self, node: Node, axis: int, rows: Rows) -> Work:
        """Operations along the last axis, or on the last two."""
        free = 1 if node.operation in ("order_of", "sort", "running_total", "running_largest") else 2
        if axis >= len(node.shape) - free:
            raise NotByRows(node.operation)
        return (yield from self._reduced(node, axis, rows))


def is_parameter(node: Node) -> bool:
    """Whether a node is only changing cells moved about."""
    while node.operation in ("reshape", "crop", "permute", "broadcast"):
        node = node.inputs[0]
    return node.operation == "input" and not node.parameters[0].startswith("rows ")


_POINTWISE = frozenset({"stepwise", "exp_moment", "log_moment"})
"""Element by element too, with parameters of their own."""

_RULES: dict[str, Callable[[RowSlices, Node, int, Rows], Work]] = {
    "reshape": RowSlices._reshape,
    "permute": RowSlices._permute,
    "broadcast": RowSlices._broadcast,
    "crop": RowSlices._crop,
    "assemble": RowSlices._assemble,
    "concatenate": RowSlices._concatenate,
    "windows": RowSlices._windows,
    "matmul": RowSlices._matmul,
    "take": RowSlices._picks,
    "pick_at": RowSlices._picks,
    "gather": RowSlices._gather,
    "seek": RowSlices._seek,
    **dict.fromkeys(("sum", "amax", "amin", "prod", "any", "all"), RowSlices._reduced),
    **dict.fromkeys(("order_of", "inverse", "determinant"), RowSlices._in_place),
}
