"""Single cells whose formulas have one shape, wherever they stand, evaluated as one.

A filled-down column is a block, and one operation. A formula in every other row, or a thousand formulas written one by
one that differ in the cells they read and the numbers they hold, are blocks of one cell each. Those of one shape that
do not need each other (the same operations on ranges of the same sizes, at the same distance from what is given) are
evaluated together: what each reads is gathered into one vector, and an operation works on all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.errors import CellgradError
from cellgrad.formula.tree import Binary, Call, Literal, Missing, Node, Range, Unary, with_children
from cellgrad.functions.arrays import Array, NoKernel, simple_kind
from cellgrad.functions.every_kernel import KERNELS
from cellgrad.functions.former_add_ins import NO_RANGES
from cellgrad.graph.binding import region_of
from cellgrad.program.evaluation import Evaluation
from cellgrad.program.every_form import FORMS
from cellgrad.program.joined_criteria import WITH_CRITERIA
from cellgrad.program.values import Values, fitted, part_of
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import constant

if TYPE_CHECKING:
    from cellgrad.program.lowering import Lowering

FEW = 16
"""Fewer cells of one shape than this are evaluated one by one."""
SMALL = 64
"""Ranges of more cells than this are never gathered: only formulas that read the very same one go together."""

_OPERATORS = frozenset({"+", "-", "*", "/", "^", "=", "<>", "<", "<=", ">", ">="})
_FUNCTIONS = frozenset(KERNELS) - frozenset(FORMS) - WITH_CRITERIA - NO_RANGES | {"IF"}
"""Functions that neither look at where a formula stands nor at how its references are written."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What formulas have in common that are evaluated together, and what one of them has of its own.

    key: the same for all of them. slots: its ranges and numbers, in reading order.
    """

    key: tuple[object, ...]
    slots: tuple[Region | float, ...]


def _shape(tree: Node, host: Region) -> _Shape | None:
    """The shape of the bound formula of one cell; None where it has to be evaluated by itself."""
    key: list[object] = []
    slots: list[Region | float] = []
    stack = [tree]
    while stack:
        node = stack.pop()
        match node:
            case Range():
                if node.top is None or node.left is None or node.last_sheet is not None:
                    return None
                region = region_of(node, host.sheet, host.top, host.left)
                key.append((region.sheet, region.height, region.width) if region.size <= SMALL else region)
                slots.append(region)
            case Literal(value=float()):
                key.append("number")
                slots.append(node.value)  # type: ignore[arg-type]
            case Literal():
                key.append(node)
            case Missing():
                key.append("missing")
            case Unary(operator="-" | "+" | "%"):
                key.append(node.operator)
                stack.append(node.operand)
            case Binary() if node.operator in _OPERATORS:
                key.append((node.operator, 2))
                stack += (node.right, node.left)
            case Call() if node.function in _FUNCTIONS:
                key.append((node.function, len(node.arguments)))
                stack += reversed(node.arguments)
            case _:
                return None
    return _Shape(tuple(key), tuple(slots))


def in_turn(lowering: Lowering, blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, precedents still first, that have to be evaluated one by one; others are evaluated on the way.

    Cells evaluated together are equally many steps away from what reads no formula, so that none needs another.
    """
    blocks = list(blocks)
    shapes = _shapes(lowering, blocks)
    if not shapes:
        yield from blocks
        return
    steps: dict[int, dict[object, list[Block]]] = {}
    for block, level in _levels(lowering, blocks).items():
        shape = shapes.get(block)
        steps.setdefault(level, {}).setdefault(block if shape is None else shape.key, []).append(block)
    for level in sorted(steps):
        for group in steps[level].values():
            if len(group) < FEW or not _lower_together(lowering, group, [shapes[block] for block in group]):
                yield from group


def _shapes(lowering: Lowering, blocks: Sequence[Block]) -> dict[Block, _Shape]:
    """The shapes of single cells, of those that many have."""
    dependence = lowering.dependence
    single = [block for block in blocks if block.region.size == 1 and not block.array and block not in lowering.values]
    if len(single) < FEW or dependence.apart:
        return {}
    found: dict[tuple[object, ...], dict[Block, _Shape]] = {}
    for block in single:
        try:
            shape = _shape(dependence.tree(block), block.region)
        except CellgradError:
            continue  # which is told where the cell is evaluated
        if shape is not None:
            found.setdefault((*shape.key, dependence.ends_in_sum(block)), {})[block] = shape
    return {block: shape for alike in found.values() if len(alike) >= FEW for block, shape in alike.items()}


def _levels(lowering: Lowering, blocks: Sequence[Block]) -> dict[Block, int]:
    """How many steps each block comes after what reads none of the others."""
    dependence = lowering.dependence
    levels: dict[Block, int] = {}
    known: dict[Region, int] = {}
    for block in blocks:
        if block in levels or block in lowering.values:
            continue
        recurrence = dependence.recurrence(block)
        circle = dependence.loop(block) or (recurrence.members if recurrence is not None else (block,))
        level = 0
        for region in (region for member in circle for region in dependence.reads(member)):
            after = known.get(region)
            if after is None:
                after = max((levels.get(found, -1) for found in dependence.touching(region)), default=-1) + 1
                if len(circle) == 1:
                    known[region] = after
            level = max(level, after)
        levels.update(dict.fromkeys(circle, level))
    return levels


# ---------------------------------------------------------------- evaluating


def _lower_together(lowering: Lowering, group: list[Block], shapes: list[_Shape]) -> bool:
    """Evaluate cells of one shape, as far as they depend alike on the changing cells; False where they have to be
    evaluated one by one."""
    if lowering.values.failures:
        return False
    try:
        slots = [_Slot.of(values) for values in zip(*(shape.slots for shape in shapes), strict=True)]
        states = np.zeros(len(group), np.int8)
        for slot in slots:
            np.maximum(states, slot.state(lowering, len(group)), out=states)
        for state in np.unique(states).tolist():
            which = np.flatnonzero(states == state)
            members = [group[at] for at in which]
            values = _evaluated(lowering, members, [slot.of_some(which) for slot in slots])
            if state:
                lowering.moved.update(members)
            lowering.sources.gathered(members, values, _one_by_one(members, values), state)
    except (NoKernel, CellgradError):  # which is told, or need not be, where cells are evaluated one by one
        return False
    return True


def _evaluated(lowering: Lowering, members: list[Block], slots: list[_Slot]) -> Values:
    """The values of cells of one shape, one below the other."""
    first = members[0]
    r = first.region
    column = Block(Region(r.sheet, r.top, r.left, r.top + len(members), r.left + 1), first.formula)
    evaluation = _Together(lowering, column)
    return fitted(evaluation.whole(evaluation.filled(lowering.dependence.tree(first), slots)), column)


def _one_by_one(members: list[Block], values: Values) -> list[Values]:
    whole = Region("", 0, 0, len(members), 1)
    return [part_of(values, whole, Region("", at, 0, at + 1, 1)) for at in range(len(members))]


@dataclass(frozen=True)
class _Slot:
    """What one range, or one number, of a shape is in each of its cells.

    region: of the first cell; None for numbers. rows, columns: where each cell's range begins.
    """

    region: Region | None
    rows: np.ndarray
    columns: np.ndarray
    numbers: np.ndarray

    @classmethod
    def of(cls, values: Sequence[Region | float]) -> _Slot:
        first, none = values[0], np.zeros(0, np.int64)
        if not isinstance(first, Region):
            return cls(None, none, none, np.array(values))
        rows, columns = np.array([(r.top, r.left) for r in values], np.int64).T  # type: ignore[union-attr]
        return cls(first, rows, columns, np.zeros(0))

    @property
    def is_one(self) -> bool:
        """Whether it is the same in all cells."""
        return all(bool((part == part[:1]).all()) for part in (self.rows, self.columns, self.numbers))

    def of_some(self, which: np.ndarray) -> _Slot:
        """The same of some of the cells."""
        if self.region is None:
            return _Slot(None, self.rows, self.columns, self.numbers[which])
        r, rows, columns = self.region, self.rows[which], self.columns[which]
        top, left = int(rows[0]), int(columns[0])
        return _Slot(Region(r.sheet, top, left, top + r.height, left + r.width), rows, columns, self.numbers)

    def _cells(self, count: int) -> tuple[str, np.ndarray, np.ndarray]:
        """Sheet, rows and columns of all cells read, those of one range after another."""
        r = self.region
        assert r is not None
        shape = (count, r.height, r.width)
        rows = np.broadcast_to(self.rows[:count, None, None] + np.arange(r.height)[:, None], shape)
        columns = np.broadcast_to(self.columns[:count, None, None] + np.arange(r.width), shape)
        return r.sheet, rows.ravel(), columns.ravel()

    def state(self, lowering: Lowering, count: int) -> np.ndarray:
        """For each cell how what it reads depends on the changing cells: see `Sources.state`."""
        if self.region is None:
            return np.zeros(count, np.int8)
        read = 1 if self.is_one else count
        states = lowering.sources.state(*self._cells(read)).reshape(read, -1).max(1)
        return np.broadcast_to(states, (count,))

    def array(self, lowering: Lowering) -> Array:
        """Its values, along the first axis."""
        r = self.region
        if r is None:
            return Array(constant(torch.from_numpy(self.numbers.reshape(-1, 1, 1, 1))))
        if self.is_one:
            shape, values = (1, 1, r.height, r.width), lowering.value(r)
        else:
            shape = (len(self.rows), 1, r.height, r.width)
            values = lowering.sources.values(*self._cells(len(self.rows)))
        kind = values.kind
        if not isinstance(kind, int):
            kind = simple_kind(t.reshape(t.broadcast(kind, values.data.shape), shape))
        return Array(t.reshape(values.data, shape), kind, reference=True)


class _Together(Evaluation):
    """The formula that cells of one shape have in common, evaluated over a column that stands for all of them."""

    def filled(self, tree: Node, slots: Sequence[_Slot]) -> Node:
        """The formula with a mark in place of each range and of each number that is not the same in all cells."""
        self.arrays: dict[Node, Array] = {}
        rest = iter(slots)

        def fill(node: Node) -> Node:
            if not isinstance(node, Range) and not (isinstance(node, Literal) and isinstance(node.value, float)):
                return with_children(node, fill)
            slot = next(rest)
            if slot.region is None and slot.is_one:
                return node
            mark = Call("OFFSET", (Literal(float(len(self.arrays))),))
            self.arrays[mark] = slot.array(self.lowering)
            return mark

        return fill(tree)

    def _computed(self, tree: Call, padded: bool = False) -> Array:
        return self.arrays[tree]
