"""Where an objective adds up the rows of a table, found in its expression.

Above that sum there may only be what is linear in it: then the sum over some of the rows, scaled, has the objective
as its expectation, and so has its gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch

from cellgrad.program.row_slices import NotByRows, Rows, RowSlices, Table
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node, constant, topological

_LINEAR = frozenset(
    {"reshape", "permute", "broadcast", "crop", "neg", "add", "sub", "concatenate", "assemble", "sum", "spread"}
)
_BILINEAR = frozenset({"mul", "matmul"})
MOST_SPREAD = 64
"""Sums of rows picked by criteria are sampled together up to this many."""
_FINITENESS = frozenset({"isfinite", "and"})


def sizes_summed(value: Node) -> list[int]:
    """The lengths of the axes that are added up on the way to `value`, the longest first."""
    found: set[int] = set()
    for node in topological([value]):
        if node.operation == "sum":
            found.update(node.inputs[0].shape[axis] for axis in _axes(node))
        elif node.operation == "matmul":
            found.add(node.inputs[0].shape[-1])
        elif node.operation == "spread":
            found.add(node.inputs[0].size)
    return sorted((size for size in found if size > 1), reverse=True)


def _axes(node: Node) -> tuple[int, ...]:
    """The axes of its operand that a sum adds up, from the front."""
    return tuple(axis + len(node.shape) for axis in node.parameters[0])


class SampledSum:
    """An expression of `count` rows chosen whose expectation is `value`, a sum over `rows` of them (or several such).

    node: the expression. feeds, whole: see `RowSlices`.
    Raises NotByRows where the structure does not allow it.
    """

    def __init__(self, value: Node, rows: int, count: int, table: Table) -> None:
        self.rows = rows
        self.slices = RowSlices(count, table)
        self._share = t.number(rows / count)
        self.node = self._expected(value)
        self.feeds = self.slices.feeds

    @property
    def has_data(self) -> bool:
        """Whether any data of the workbook is read by row."""
        return any(feed.data for feed in self.feeds)

    @property
    def whole(self) -> list[Node]:
        """Live nodes that every row reads as a whole."""
        return list(self.slices.whole.values())

    def _expected(self, value: Node) -> Node:
        """`value` with every sum over the rows sampled; from the sums up, so that depth is no limit."""
        made: dict[int, Node] = {}
        looked: set[int] = set()
        stack = [value]
        while stack:
            node = stack[-1]
            if id(node) not in looked:
                looked.add(id(node))
                sampled = node if node.is_constant or not node.inputs else self._sampled(node)
                if sampled is not None:
                    made[id(node)] = sampled
            if id(node) in made:
                stack.pop()
                continue
            waiting = [i for i in node.inputs if id(i) not in made]
            if waiting:
                stack += waiting
            else:
                made[id(node)] = self._linear(node, tuple(made[id(i)] for i in node.inputs))
        return made[id(value)]

    def _sampled(self, node: Node) -> Node | None:
        """The sum over the rows, as that over the rows chosen; None for what is no such sum."""
        if node.operation == "sum":
            source = node.inputs[0]
            axes = [axis for axis in _axes(node) if source.shape[axis] == self.rows]
            return self._first_that_works([partial(self._added, source, axis, _axes(node)) for axis in axes])
        if node.operation == "matmul" and node.inputs[0].shape[-1] == self.rows:
            return self._first_that_works([partial(self._multiplied, *node.inputs)])
        if node.operation == "spread" and node.inputs[0].shape == (self.rows,) and node.size <= MOST_SPREAD:
            return self._first_that_works([partial(self._spread, node)])
        return None

    def _added(self, node: Node, axis: int, axes: tuple[int, ...]) -> Node:
        return t.total(self._sliced(node, axis), axes)

    def _multiplied(self, a: Node, b: Node) -> Node:
        return t.matmul(self._sliced(a, len(a.shape) - 1), self._sliced(b, len(b.shape) - 2))

    def _spread(self, node: Node) -> Node:
        """Sums of rows picked by criteria (SUMIF): each row counts as often as it is picked, and where it is not, not
        even as an error."""
        source, start, end = node.inputs
        assert start.value is not None
        assert end.value is not None
        counts = torch.zeros(self.rows, node.size, dtype=torch.float64)
        picks = start.value.to(torch.int64), end.value.to(torch.int64)
        weights = self._sliced(constant(counts.index_put_(picks, torch.ones_like(start.value), accumulate=True)), 0)
        part = self._sliced(t.reshape(source, (self.rows, 1)), 0)
        picked = t.select(t.compare("gt", weights, t.ZERO), part, t.ZERO)
        return t.reshape(t.total(t.mul(weights, picked), (0,)), node.shape)

    def _sliced(self, node: Node, axis: int) -> Node:
        return self.slices.slice(node, axis, Rows(0, 0, self.rows - 1))

    def _first_that_works(self, ways: list[Callable[[], Node]]) -> Node | None:
        failure: NotByRows | None = None
        for way in ways:
            try:
                return t.mul(self._share, way())
            except NotByRows as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return None

    @staticmethod
    def _linear(node: Node, inputs: tuple[Node, ...]) -> Node:
        """The node on sampled inputs. Raises NotByRows where it is not linear in what was sampled."""
        changed = [new is not old for new, old in zip(inputs, node.inputs, strict=True)]
        if not any(changed):
            return node
        linear = node.operation in _LINEAR or (node.operation in _BILINEAR and sum(changed) == 1)
        linear = linear or (node.operation == "div" and not changed[1])
        linear = linear or (node.operation == "select" and (not changed[0] or _is_guard(node)))
        if not linear:
            raise NotByRows(node.operation)
        return t.rebuild(node, inputs)


def _is_guard(node: Node) -> bool:
    """Whether a choice only lets errors through: its condition asks for numbers, not for their size."""
    stack = [node.inputs[0]]
    while stack:
        at = stack.pop()
        if at.operation == "isfinite":
            continue
        if at.operation not in _FINITENESS:
            return False
        stack += at.inputs
    return True
