"""Kernels of CONVERT and of the database functions."""

from __future__ import annotations

import math

import numpy as np
import torch

from cellgrad.functions.arrays import Array, NoKernel, Texts
from cellgrad.functions.conversion import line
from cellgrad.functions.criteria_index import Cells
from cellgrad.functions.criteria_kernels import Picks, extreme_of_picks
from cellgrad.functions.criteria_masks import values_of
from cellgrad.functions.databases import criteria_rows, field_column, label, matching
from cellgrad.functions.kernels import Kernel, kernel
from cellgrad.functions.operands import Fault, Matrix
from cellgrad.tensors import operations as t
from cellgrad.tensors.incidence import indexes, spread
from cellgrad.tensors.nodes import Node, constant
from cellgrad.values import CellError, Kind


@kernel("CONVERT")
def _convert(arguments: tuple[Array, ...], texts: Texts) -> Array:
    """A line in the number, between units that are the same for every cell of the block."""
    number, *units = arguments
    names = []
    for unit in units:
        if not unit.is_constant or unit.data.size != 1 or unit.kind != Kind.TEXT:
            raise NoKernel("CONVERT between units that vary")
        names.append(str(values_of(unit, texts)[0]))
    try:
        times, by, plus, over = line(*names)
    except Fault:
        raise NoKernel("CONVERT between units that do not fit") from None
    scaled = t.add(t.mul(t.number(times / by), texts.numbers(number)), t.number(plus))
    return Array(t.mul(t.number(1 / over), scaled))


def _known(node: Node, top: int, left: int, bottom: int, right: int) -> torch.Tensor | None:
    """The values of a part of a rectangle, where they are constant though others of the rectangle are live."""
    if node.operation == "reshape" and node.inputs[0].shape == node.shape[-2:]:
        node = node.inputs[0]
    if node.value is not None:
        return node.value.reshape(node.shape[-2:])[top:bottom, left:right]
    if node.operation == "assemble":
        *pieces, base = node.inputs
        for piece, (row, column) in zip(pieces, node.parameters[1], strict=True):
            height, width = piece.shape
            if row < bottom and top < row + height and column < right and left < column + width:
                return None
        return None if base.value is None else base.value.expand(node.shape)[top:bottom, left:right]
    if node.operation == "concatenate":
        axis = node.parameters[0] % 2
        at, parts = 0, []
        for part in node.inputs:
            size = part.shape[axis]
            box = [top, left, bottom, right]
            box[axis], box[axis + 2] = max(box[axis] - at, 0), min(box[axis + 2] - at, size)
            if box[axis] < box[axis + 2]:
                parts.append(_known(part, *box))
            at += size
        return None if any(part is None for part in parts) else torch.cat(parts, axis)  # type: ignore[arg-type]
    return None


def _part(array: Array, top: int, left: int, bottom: int, right: int) -> Array:
    """A part of a range as a constant array. Raises NoKernel where it is live."""
    values = _known(array.data, top, left, bottom, right)
    if values is None:
        raise NoKernel("labels or conditions of a database that are live")
    kind = array.kind
    if not isinstance(kind, int):
        if kind.value is None:
            raise NoKernel("cells of a database whose types change")
        kind = constant(kind.value.expand(array.data.shape)[0, 0, top:bottom, left:right])
    return Array(constant(values.contiguous()), kind)


def _column_picked(arguments: tuple[Array, ...], texts: Texts) -> tuple[Array, Picks]:
    """The field's column below its label, and its rows that meet the criteria and hold numbers."""
    database, field, criteria = arguments
    height, width = database.inner
    if not (field.is_constant and field.data.size == 1 and criteria.is_constant):
        raise NoKernel("a field or criteria of a database that are live or vary")
    if database.data.shape[:2] != (1, 1) or criteria.data.shape[:2] != (1, 1) or height < 2:
        raise NoKernel("a database that moves from cell to cell")
    wanted, flat = values_of(field, texts)[0], values_of(criteria, texts)
    if isinstance(wanted, CellError) or any(isinstance(value, CellError) for value in flat):
        raise NoKernel("an error among field and criteria of a database")
    labels = [label(value) for value in values_of(_part(database, 0, 0, 1, width), texts)]
    rows, columns = criteria.inner
    table = [tuple(flat[row * columns : (row + 1) * columns]) for row in range(rows)]
    try:
        place = field_column(wanted, labels)
        conditions = criteria_rows(Matrix(tuple(table)), labels)
    except Fault:
        raise NoKernel("a field or criteria that the database lacks") from None
    known: dict[int, Cells] = {}

    def cells(column: int) -> Cells:
        if column not in known:
            known[column] = Cells(values_of(_part(database, 1, column, height, column + 1), texts))
        return known[column]

    found = matching(conditions, cells, height - 1)
    data = t.crop(database.data, (0, 0, 1, place), (1, 1, height, place + 1))
    kinds = database.is_kind(Kind.NUMBER)
    if isinstance(kinds, Node):
        if kinds.value is None:
            raise NoKernel("cells of a database whose types change")
        found = found[kinds.value.expand(database.data.shape)[0, 0, 1:, place].numpy()[found]]
    elif not kinds:
        found = found[:0]
    picks = Picks(found, np.zeros(len(found), dtype=np.int64), np.zeros(1, dtype=np.int64), (1, 1, 1, 1), 1)
    return Array(data), picks


def _picked(arguments: tuple[Array, ...], texts: Texts) -> Node:
    """The picked numbers, as a vector along the last axis."""
    column, picks = _column_picked(arguments, texts)
    size = len(picks.rows)
    if not size:
        raise NoKernel("no row meets the criteria of the database")
    vector = t.reshape(column.data, (math.prod(column.data.shape),))
    return t.reshape(spread(vector, indexes(picks.rows), indexes(np.arange(size)), size), (1, 1, 1, size))


@kernel("DSUM")
def _dsum(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return Array(t.total(_picked(arguments, texts), (3,)))


@kernel("DAVERAGE")
def _daverage(arguments: tuple[Array, ...], texts: Texts) -> Array:
    found = _picked(arguments, texts)
    return Array(t.div(t.total(found, (3,)), t.number(found.shape[3])))


@kernel("DPRODUCT")
def _dproduct(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return Array(t.product(_picked(arguments, texts), (3,)))


@kernel("DGET")
def _dget(arguments: tuple[Array, ...], texts: Texts) -> Array:
    found = _picked(arguments, texts)
    if found.shape[3] != 1:
        raise NoKernel("DGET of several rows")
    return Array(found)


def _spread_of(name: str, fewer: int, root: bool) -> None:
    @kernel(name)
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        found = _picked(arguments, texts)
        size = found.shape[3]
        if size <= fewer:
            raise NoKernel("too few rows meet the criteria of the database")
        mean = t.div(t.total(found, (3,)), t.number(size))
        variance = t.div(t.total(t.square(t.sub(found, mean)), (3,)), t.number(size - fewer))
        return Array(t.unary("sqrt", variance) if root else variance)


_spread_of("DVAR", 1, False)
_spread_of("DVARP", 0, False)
_spread_of("DSTDEV", 1, True)
_spread_of("DSTDEVP", 0, True)


def _extreme(largest: bool) -> Kernel:
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        return extreme_of_picks(*_column_picked(arguments, texts), largest)

    return apply


kernel("DMAX")(_extreme(True))
kernel("DMIN")(_extreme(False))
