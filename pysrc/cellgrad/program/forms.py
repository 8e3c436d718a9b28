"""Functions that look at the reference itself: ROW, COLUMN, ROWS, COLUMNS, INDEX, CG_GRADIENT."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import torch

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.formula.tree import Call, Node, Range
from cellgrad.functions.arrays import Array, NoKernel, Texts, scalar
from cellgrad.graph.precedents import axes
from cellgrad.program.picking import entries
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.tensors.nodes import constant

if TYPE_CHECKING:
    from cellgrad.program.lowering import Lowering


class Evaluation(Protocol):
    """What a form needs of the block being evaluated."""

    host: Region
    lowering: Lowering

    def gradient(self, objective: Region, changing: Region) -> Array: ...
    def of(self, tree: Node, array_mode: bool | None = None) -> Array: ...
    def by_kernel(self, tree: Call, array_mode: bool, first: Array | None = None) -> Array: ...
    def branch(self, tree: Node, array_mode: bool) -> Array: ...
    def area(self, tree: Node, array_mode: bool) -> Array: ...
    def range(self, tree: Range) -> Array: ...
    @property
    def texts(self) -> Texts: ...


Form = Callable[[Call, Evaluation, bool], Array]


def _position(along_rows: bool) -> Form:
    """ROW or COLUMN of a reference (of an array formula: all of them), or of the host cell."""

    def form(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
        host = evaluation.host
        if not tree.arguments:
            start, count = (host.top, host.height) if along_rows else (host.left, host.width)
            values = torch.arange(start + 1, start + count + 1, dtype=torch.float64)
            return Array(constant(values.reshape((count, 1, 1, 1) if along_rows else (1, count, 1, 1))))
        reference = tree.arguments[0]
        if not isinstance(reference, Range) or reference.last_sheet is not None:
            raise NoKernel(f"{tree.function} of something that is no plain reference")
        both = axes(reference, host, (MAX_ROWS, MAX_COLUMNS))
        assert both is not None
        axis = both[0] if along_rows else both[1]
        steps = axis.length - axis.inner + 1
        inner = axis.inner
        if inner > 1 and not array_mode:
            raise NoKernel(f"{tree.function} of several cells where one value is wanted")
        values = (
            torch.arange(axis.start + 1, axis.start + steps + 1, dtype=torch.float64)[:, None]
            + torch.arange(inner, dtype=torch.float64)[None]
        )
        shape = (steps, 1, inner, 1) if along_rows else (1, steps, 1, inner)
        return Array(constant(values.reshape(shape)))

    return form


def extent(reference: Range, host: Region, along_rows: bool) -> Tensor:
    """How many rows or columns a reference has, for every cell of a block."""
    first, last = (reference.top, reference.bottom) if along_rows else (reference.left, reference.right)
    if first is None or last is None:
        return scalar(MAX_ROWS if along_rows else MAX_COLUMNS).data
    start, count = (host.top, host.height) if along_rows else (host.left, host.width)
    sizes = [abs(last.at(at) - first.at(at)) + 1.0 for at in range(start, start + count)]
    if len(set(sizes)) == 1:
        sizes = sizes[:1]
    values = torch.tensor(sizes, dtype=torch.float64)
    return constant(values.reshape((-1, 1, 1, 1) if along_rows else (1, -1, 1, 1)))


def _extent(along_rows: bool) -> Form:
    """ROWS or COLUMNS: how many a reference or array has."""

    def form(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
        argument = tree.arguments[0]
        if isinstance(argument, Range):
            return Array(extent(argument, evaluation.host, along_rows))
        return scalar(evaluation.of(argument, True).inner[0 if along_rows else 1])

    return form


def index(tree: Call, evaluation: Evaluation, array_mode: bool, area: bool = False) -> Array:
    """INDEX; the gradient flows to the cell picked. `area`: a whole row or column is taken as a range is."""
    source, *positions = tree.arguments
    if len(positions) > 2:
        raise NoKernel("INDEX over several areas")
    array = evaluation.range(source) if isinstance(source, Range) else evaluation.of(source, True)
    height, width = array.inner
    wanted = [evaluation.texts.numbers(evaluation.of(position, array_mode)) for position in positions]
    if any(node.value is None or node.size != 1 for node in wanted):
        return _index_that_varies(array, wanted)
    numbers = [_one_number(node) for node in wanted]
    if len(numbers) == 1:
        row, column = (numbers[0], 1) if height > 1 or width == 1 else (1, numbers[0])
        if height > 1 and width > 1:
            column = 0
    else:
        row, column = numbers
    if not (0 <= row <= height and 0 <= column <= width):
        return scalar(math.nan)
    whole = (not row and height > 1) or (not column and width > 1)
    if whole and not array_mode and not area:
        raise NoKernel("INDEX of a whole row or column where one value is wanted")
    starts = (max(row - 1, 0), max(column - 1, 0))
    stops = (row or height, column or width)
    lead = array.data.shape[:2]
    data = t.crop(array.data, (0, 0, *starts), (*lead, *stops))
    if isinstance(array.kind, int):
        return Array(data, array.kind, reference=array.reference)
    kind = t.crop(t.broadcast(array.kind, array.data.shape), (0, 0, *starts), (*lead, *stops))
    return Array(data, kind, reference=array.reference)


def _index_that_varies(array: Array, wanted: list[Tensor]) -> Array:
    """INDEX by positions that vary from cell to cell or depend on the changing cells.

    A position of 0, which is a whole row or column, is refused where it is known and an error where it is not.
    """
    height, width = array.inner
    for node in wanted:
        if node.value is not None and bool((node.value.trunc() == 0).any()):
            raise NoKernel("INDEX of a whole row or column in some cells of a block")
    places = [t.sub(t.unary("floor", node), t.ONE) for node in wanted]
    if len(places) == 2:
        return entries(array, *places)
    if height > 1 and width > 1:
        raise NoKernel("INDEX of a row whose number varies")
    zero = t.reshape(t.ZERO, (1, 1, 1, 1))
    return entries(array, places[0], zero) if height > 1 or width == 1 else entries(array, zero, places[0])


def _one_number(number: Tensor) -> int:
    assert number.value is not None
    if not math.isfinite(number.value.item()):
        raise NoKernel("INDEX by a position that is an error")
    return int(number.value.item())


def _as_array(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    """What binding makes of a name whose formula lifts over a range: evaluated as in an array formula."""
    return evaluation.of(tree.arguments[0], True)


def _gradient(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    """CG_GRADIENT of one cell by one rectangle, each the same for every cell of the block."""
    regions = []
    for argument in tree.arguments:
        if not isinstance(argument, Range) or argument.last_sheet is not None or argument.top is None:
            raise NoKernel("CG_GRADIENT of something that is no plain reference")
        both = axes(argument, evaluation.host, (MAX_ROWS, MAX_COLUMNS))
        assert both is not None
        if both[0].moving or both[1].moving:
            raise NoKernel("CG_GRADIENT of references that move from cell to cell; write them with $")
        start = both[0].start, both[1].start
        regions.append(
            Region(argument.sheet or evaluation.host.sheet, *start, start[0] + both[0].inner, start[1] + both[1].inner)
        )
    objective, changing = regions
    if objective.size != 1:
        raise NoKernel("CG_GRADIENT of several cells")
    return evaluation.gradient(objective, changing)


FORMS: dict[str, Form] = {
    "CG_GRADIENT": _gradient,
    "{}": _as_array,
    "ROW": _position(True),
    "COLUMN": _position(False),
    "ROWS": _extent(True),
    "COLUMNS": _extent(False),
    "INDEX": index,
}
