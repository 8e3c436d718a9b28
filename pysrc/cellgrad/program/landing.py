"""References that formulas compute (OFFSET, INDIRECT, ``A1:INDEX(...)``), over a whole block at once.

Where a reference does not depend on the changing cells it is found by evaluating it, cell by cell. If all cells of the
block land on the same region, or each at the same distance, it is a plain range; else the cells landed on are gathered.
Where the position of an OFFSET depends on the changing cells, its cells are looked up in what lies within reach: the
value follows the position, and the slope flows to the cells landed on alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.formula.tree import (
    Binary,
    Call,
    Coordinate,
    Literal,
    Local,
    Missing,
    Node,
    Range,
    walk,
    with_children,
)
from cellgrad.functions.arrays import Array, NoKernel, simple_kind
from cellgrad.functions.operands import Areas, Fault
from cellgrad.functions.references import moved
from cellgrad.graph.precedents import COMPUTE_REFERENCES, around, axes, picks_a_place
from cellgrad.program.overrides import LiveCell
from cellgrad.program.values import Values
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.tensors.nodes import constant
from cellgrad.values import CellError, Kind

if TYPE_CHECKING:
    from cellgrad.program.evaluation import Evaluation

MOST_GATHERED = 20_000_000
"""More values than this are not gathered for one block; it is taken apart, or refused."""

SKIP_BLANKS = frozenset({"SUM", "SUMSQ", "PRODUCT", "AVERAGE", "MAX", "MIN", "COUNT", "COUNTA"})
"""Aggregates for which windows of different sizes may be filled up with blanks."""


@dataclass(frozen=True, slots=True)
class Spots:
    """Where a computed reference lands, for every cell of a block in reading order; None for an error."""

    regions: tuple[Region | None, ...]


def is_computed(node: Node) -> bool:
    """Whether a node is a reference that has to be found out: by a function, or an operator between references."""
    match node:
        case Call():
            return node.function in COMPUTE_REFERENCES
        case Binary():
            return node.operator in (":", " ")
    return False


def landed(evaluation: Evaluation, tree: Node) -> Node:
    """The tree with each computed reference replaced by the plain range it is, where it is one.

    Of the others, `evaluation.spots` says where they land; those that move with the changing cells stay as they are.
    """
    by_place = evaluation.lowering.dependence.by_place(evaluation.block)
    if not any(is_computed(node) or (by_place and picks_a_place(node)) for node in walk(tree)):
        return tree
    return _Landing(evaluation, by_place).of(tree)


class _Landing:
    def __init__(self, evaluation: Evaluation, by_place: bool) -> None:
        self.evaluation = evaluation
        self.by_place = by_place
        self.lowering = evaluation.lowering
        self.host = evaluation.host

    def of(self, tree: Node) -> Node:
        if is_computed(tree) or (self.by_place and picks_a_place(tree)):
            if any(isinstance(node, Local) for node in walk(tree)):
                raise NoKernel("a reference computed from a name that LET or LAMBDA gives")
            spots = self._spots(tree)
            if spots is not None:
                return self._placed(tree, spots)
            tree = self._inside(tree)
            spots = self._moved_by_numbers(tree) if isinstance(tree, Call) else self._spots(tree)
            return tree if spots is None else self._placed(tree, spots)
        return self._inside(tree)

    def _inside(self, tree: Node) -> Node:
        return with_children(tree, self.of)

    def _spots(self, node: Node) -> Spots | None:
        """Where a reference lands, by the per-cell reference; None where that depends on the changing cells."""
        try:
            found = self.lowering.areas(node, self.host)
        except LiveCell:
            return None
        regions: list[Region | None] = []
        for areas in found:
            if areas is None or (isinstance(areas, Areas) and len(areas.regions) > 1):
                raise NoKernel("an array of references, or one of several areas")
            regions.append(areas.regions[0] if isinstance(areas, Areas) else None)
        return Spots(tuple(regions))

    def _moved_by_numbers(self, tree: Call) -> Spots | None:
        """Where an OFFSET lands whose arguments are the same for all values of the changing cells (a COUNT of them)."""
        if tree.function != "OFFSET" or not isinstance(tree.arguments[0], Range):
            return None
        bases = _bases(tree.arguments[0], self.host)
        moves = [_whole_numbers(argument, self.evaluation) for argument in tree.arguments[1:3]]
        numbers = moves + [_whole_numbers(argument, self.evaluation, size=True) for argument in tree.arguments[3:]]
        if any(number is not None and number.value is None for number in numbers):
            return None
        shape = (self.host.height, self.host.width, 1, 1)
        values = [None if n is None else n.value.expand(shape).flatten().tolist() for n in numbers]  # type: ignore[union-attr]
        regions: list[Region | None] = []
        for at, base in enumerate(bases):
            rows, columns, height, width = [*(None if v is None else v[at] for v in values), None, None][:4]
            try:
                wanted = (rows or 0.0, columns or 0.0, height, width)
                if not all(n is None or math.isfinite(n) for n in wanted):
                    raise Fault(CellError.VALUE)
                tall, wide = base.height if height is None else height, base.width if width is None else width
                regions.append(moved(base, int(wanted[0]), int(wanted[1]), int(tall), int(wide)))
            except Fault:
                regions.append(None)
        return Spots(tuple(regions))

    def _placed(self, node: Node, spots: Spots) -> Node:
        """A plain range in place of the node, where all cells of the block land alike; else the spots are noted."""
        first = spots.regions[0]
        if all(region == first for region in spots.regions):
            if first is None:
                return Literal(CellError.REF, position=node.position)  # type: ignore[attr-defined]
            return _range(first, 0, 0, absolute=True, like=node)
        if first is not None and self._at_one_distance(spots, first):
            return _range(first, self.host.top, self.host.left, absolute=False, like=node)
        self.evaluation.spots[node] = spots
        return node

    def _at_one_distance(self, spots: Spots, first: Region) -> bool:
        for (row, column), region in zip(self.host.cells(), spots.regions, strict=True):
            down, right = row - self.host.top, column - self.host.left
            wanted = Region(first.sheet, first.top + down, first.left + right, first.bottom + down, first.right + right)
            if region != wanted:
                return False
        return True


def _range(region: Region, row: int, column: int, *, absolute: bool, like: Node) -> Range:
    """A region as a plain reference; whole columns and rows as such, so that they are read as far as they are used."""
    top, bottom = Coordinate(region.top - row, absolute), Coordinate(region.bottom - 1 - row, absolute)
    left, right = Coordinate(region.left - column, absolute), Coordinate(region.right - 1 - column, absolute)
    position = like.position  # type: ignore[attr-defined]
    if region.height == MAX_ROWS:
        return Range(None, left, None, right, region.sheet, position=position)
    if region.width == MAX_COLUMNS:
        return Range(top, None, bottom, None, region.sheet, position=position)
    return Range(top, left, bottom, right, region.sheet, position=position)


def _bases(base: Range, host: Region) -> list[Region]:
    """The region that a plain range means for every cell of a block."""
    both = axes(base, host, (MAX_ROWS, MAX_COLUMNS))
    if both is None or base.last_sheet is not None:
        raise NoKernel("OFFSET of a reference whose size varies, or over several sheets")
    rows, columns = both
    sheet = base.sheet or host.sheet
    return [
        Region(sheet, top, left, top + rows.inner, left + columns.inner)
        for r in range(host.height)
        for c in range(host.width)
        for top, left in [(rows.start + r * rows.moving, columns.start + c * columns.moving)]
    ]


def _whole_numbers(argument: Node, evaluation: Evaluation, size: bool = False) -> Tensor | None:
    """A position or size as whole numbers, one a cell of the block; None where it is left out.

    A size between 0 and 1 is 1.
    """
    if isinstance(argument, Missing):
        return None
    array = evaluation.of(argument)
    if array.inner != (1, 1):
        raise NoKernel("OFFSET by several positions at once")
    numbers = evaluation.texts.numbers(array)
    whole = t.unary("trunc", numbers)
    if not size:
        return whole
    small = t.logical_and(t.compare("gt", numbers, t.ZERO), t.compare("lt", numbers, t.ONE))
    return t.select(small, t.ONE, whole)


# ---------------------------------------------------------------- gathering


def gathered(evaluation: Evaluation, spots: Spots, *, padded: bool = False) -> Array:
    """The cells landed on, one window a cell of the block.

    padded: windows may differ in size; the smaller are filled up with blanks. Raises NoKernel where they do and may
    not, and for more than can be held.
    """
    host, lowering = evaluation.host, evaluation.lowering
    kept = [region for region in spots.regions if region is not None]
    if not kept:
        raise NoKernel("a reference that is an error in every cell")
    height, width = max(r.height for r in kept), max(r.width for r in kept)
    if not padded and any((r.height, r.width) != (height, width) for r in kept):
        raise NoKernel("computed references of different sizes")
    wholes = around(kept)
    sizes = [whole.size for whole in wholes]
    if max(sum(sizes), host.size * height * width) > MOST_GATHERED:
        raise NoKernel("computed references that are spread too far")
    starts = dict(zip((whole.sheet for whole in wholes), np.cumsum([0, *sizes]).tolist(), strict=False))
    error, blank = sum(sizes), sum(sizes) + 1
    index = np.full((host.size, height, width), blank)
    by_sheet = {whole.sheet: whole for whole in wholes}
    for at, region in enumerate(spots.regions):
        if region is None:
            index[at] = error
            continue
        whole = by_sheet[region.sheet]
        rows = np.arange(region.top - whole.top, region.bottom - whole.top)[:, None] * whole.width
        columns = np.arange(region.left - whole.left, region.right - whole.left)[None]
        index[at, : region.height, : region.width] = starts[region.sheet] + rows + columns
    table = _table([lowering.value(whole) for whole in wholes])
    shaped = constant(torch.from_numpy(index.reshape(host.height, host.width, height, width).astype(np.float64)))
    return _looked_up(table, shaped)


def _table(parts: list[Values]) -> Values:
    """The values of regions one after another, then an error, then a blank."""
    data = [t.reshape(part.data, (part.data.shape[0] * part.data.shape[1],)) for part in parts]
    ends = t.concatenate([t.reshape(t.NAN, (1,)), t.reshape(t.ZERO, (1,))], 0)
    kinds = []
    for part, flat in zip(parts, data, strict=True):
        kind = part.kind
        if isinstance(kind, int):
            kinds.append(t.broadcast(t.reshape(t.number(kind), (1,)), flat.shape))
        else:
            kinds.append(t.reshape(t.broadcast(kind, part.data.shape), flat.shape))
    tail = constant(torch.tensor([float(Kind.NUMBER), float(Kind.BLANK)], dtype=torch.float64))
    return Values(t.concatenate([*data, ends], 0), t.concatenate([*kinds, tail], 0))


def _looked_up(table: Values, index: Tensor) -> Array:
    assert not isinstance(table.kind, int)
    return Array(t.pick(table.data, index), simple_kind(t.pick(table.kind, index)), reference=True)


# ---------------------------------------------------------------- positions that depend on the changing cells


def moving_offset(evaluation: Evaluation, tree: Call) -> Array:
    """OFFSET by positions that depend on the changing cells: looked up among the cells within reach.

    The position is a step: it has no slope. A cell that depends on the formula itself is an error here, as it is a
    circle in the sheet. Raises NoKernel where the size of the reference depends on the changing cells.
    """
    base = tree.arguments[0]
    if not isinstance(base, Range):
        raise NoKernel("OFFSET from a reference that is itself computed")
    host = evaluation.host
    bases = _bases(base, host)
    rows, columns = (_whole_numbers(argument, evaluation) for argument in tree.arguments[1:3])
    sizes = [_whole_numbers(argument, evaluation, size=True) for argument in tree.arguments[3:]]
    tall, wide = (
        _one_size(size, extent)
        for size, extent in zip([*sizes, None, None], (bases[0].height, bases[0].width), strict=False)
    )
    shape = (host.height, host.width, 1, 1)
    top = _first(np.array([b.top for b in bases]).reshape(shape), rows, tall)
    left = _first(np.array([b.left for b in bases]).reshape(shape), columns, wide)
    tall, wide = abs(tall), abs(wide)
    reach = _reach(evaluation, bases[0].sheet, top, left, tall, wide)
    values = evaluation.lowering.value_aside(reach, evaluation.block)
    down = t.add(t.sub(top, t.number(reach.top)), _steps(tall, (1, 1, tall, 1)))
    right = t.add(t.sub(left, t.number(reach.left)), _steps(wide, (1, 1, 1, wide)))
    inside = _all([_between(down, 0, reach.height), _between(right, 0, reach.width)])
    on_sheet = _all([_between(top, 0, MAX_ROWS - tall + 1), _between(left, 0, MAX_COLUMNS - wide + 1)])
    place = t.add(t.mul(down, t.number(reach.width)), right)
    full = tuple(max(a, b) for a, b in zip(down.shape, right.shape, strict=True))
    place = t.select(on_sheet, t.select(inside, place, t.number(reach.size + 1)), t.number(reach.size))
    return _looked_up(_table([values]), t.broadcast(place, full))


def _one_size(size: Tensor | None, extent: int) -> int:
    if size is None:
        return extent
    if size.value is None:
        raise NoKernel("OFFSET to a size that depends on the changing cells")
    first = float(size.value.flatten()[0])
    if not bool((size.value == first).all()) or not first:
        raise NoKernel("OFFSET to sizes that vary from cell to cell")
    return int(first)


def _first(base: np.ndarray, by: Tensor | None, size: int) -> Tensor:
    """The first row or column of each window."""
    start = constant(torch.from_numpy(base.astype(np.float64) + (size + 1 if size < 0 else 0)))
    return start if by is None else t.add(start, by)


def _reach(evaluation: Evaluation, sheet: str, top: Tensor, left: Tensor, tall: int, wide: int) -> Region:
    """The cells that the windows can come to: what is used of the sheet, or less where a position is fixed."""
    height, width = evaluation.lowering.book.sheet(sheet).cells.extent

    def span(first: Tensor, size: int, used: int) -> tuple[int, int]:
        if first.value is None:
            return 0, max(used, 1)
        return max(int(first.value.min()), 0), max(int(first.value.max()) + size, 1)

    rows, columns = span(top, tall, height), span(left, wide, width)
    reach = Region(sheet, rows[0], columns[0], max(rows[1], rows[0] + 1), max(columns[1], columns[0] + 1))
    if reach.size > MOST_GATHERED:
        raise NoKernel("OFFSET by a position that can lie anywhere on a large sheet")
    return reach


def _steps(count: int, shape: tuple[int, ...]) -> Tensor:
    return constant(torch.arange(count, dtype=torch.float64).reshape(shape))


def _between(value: Tensor, low: int, high: int) -> Tensor:
    return t.logical_and(t.compare("ge", value, t.number(low)), t.compare("lt", value, t.number(high)))


def _all(conditions: list[Tensor]) -> Tensor:
    return t.logical_and(*conditions)
