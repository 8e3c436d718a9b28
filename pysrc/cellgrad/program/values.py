"""The values of a region of cells, as the compiler holds them: nodes of numbers and of kinds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.functions.arrays import Array, NoKernel, kind_node, simple_kind
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.tensors.nodes import constant
from cellgrad.values import Kind, Value
from cellgrad.workbook import Workbook, decode


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a region: data and kind of shape (rows, columns), as in `Array`."""

    data: Tensor
    kind: Tensor | int

    @property
    def is_constant(self) -> bool:
        return self.data.is_constant and (isinstance(self.kind, int) or self.kind.is_constant)


def value_at(values: Values, row: int, column: int, book: Workbook) -> Value:
    """One value of a constant region; None where it is an error."""
    assert values.data.value is not None
    number = values.data.value[row, column].item()
    if not math.isfinite(number):
        return None
    if isinstance(values.kind, int):
        kind = values.kind
    else:
        assert values.kind.value is not None
        kind = int(values.kind.value.expand(values.data.shape)[row, column].item())
    return decode(kind, number, book.strings)


def lists_of(values: Values, book: Workbook) -> list[list[Value]]:
    """The values of a constant region, row by row; None where one is an error."""
    assert values.data.value is not None
    data = values.data.value
    rows: list[list[Value]] = data.tolist()
    if isinstance(values.kind, int):
        kinds = data.new_full((1, 1), values.kind).expand(data.shape)
    else:
        assert values.kind.value is not None
        kinds = values.kind.value.expand(data.shape)
    for row, column in ((kinds != Kind.NUMBER) | ~data.isfinite()).nonzero().tolist():
        number = float(data[row, column])
        kind = int(kinds[row, column])
        rows[row][column] = decode(kind, number, book.strings) if math.isfinite(number) else None
    return rows


def part_of(values: Values, whole: Region, part: Region) -> Values:
    if part == whole:
        return values
    starts = (part.top - whole.top, part.left - whole.left)
    stops = (part.bottom - whole.top, part.right - whole.left)
    data = t.crop(values.data, starts, stops)
    if isinstance(values.kind, int):
        return Values(data, values.kind)
    kind = t.crop(t.broadcast(values.kind, values.data.shape), starts, stops)
    return Values(data, simple_kind(kind))


def constants(kinds: np.ndarray, data: np.ndarray) -> Values:
    """Cells as they stand in the file; an error becomes a number that is not finite."""
    errors = kinds == Kind.ERROR
    if errors.any():
        kinds = np.where(errors, Kind.NUMBER, kinds).astype(np.uint8)
        data = np.where(errors, np.nan, data)
    # Columns are contiguous, since a sheet is worked on by columns.
    tensor = torch.from_numpy(np.asfortranarray(data))
    first = int(kinds.flat[0]) if kinds.size else int(Kind.BLANK)
    if (kinds == first).all():
        return Values(constant(tensor), first)
    return Values(constant(tensor), constant(torch.from_numpy(kinds.astype(np.float64))))


def assembled(region: Region, kinds: np.ndarray, data: np.ndarray, pieces: Sequence[tuple[Region, Values]]) -> Values:
    """A region as it stands in the file, but for pieces of it that have other values."""
    if not pieces:
        return constants(kinds, data)
    places = [(part.top - region.top, part.left - region.left) for part, _ in pieces]
    covered = np.zeros(kinds.shape, bool)
    for (part, _), (row, column) in zip(pieces, places, strict=True):
        covered[row : row + part.height, column : column + part.width] = True
    base = constants(np.where(covered, Kind.NUMBER, kinds).astype(np.uint8), np.where(covered, 0.0, data))
    shape = kinds.shape
    contents = [piece for _, piece in pieces]
    data_node = t.assemble(shape, [(p.data, at) for p, at in zip(contents, places, strict=True)], base.data)
    if isinstance(base.kind, int) and all(p.kind == base.kind for p in contents):
        return Values(data_node, base.kind)
    sizes = [part for part, _ in pieces]
    kind_pieces = [
        (t.broadcast(kind_node(p.kind), (part.height, part.width)), at)
        for p, part, at in zip(contents, sizes, places, strict=True)
    ]
    kind = t.assemble(shape, kind_pieces, t.broadcast(kind_node(base.kind), shape))
    return Values(data_node, simple_kind(kind))


def fitted(array: Array, block: Block) -> Values:
    """A block's result as the values of its cells. Raises NoKernel for one that spills beyond its block."""
    r = block.region
    space = (r.height, r.width) if block.spread else (1, 1)
    if block.dynamic and any(size > room for size, room in zip(array.inner, space, strict=True)):
        raise NoKernel("it spills over more cells than the file holds of it")
    if not block.spread:
        # A formula that yields an array in one cell shows its first element.
        data = t.crop(array.data, (0, 0, 0, 0), (*array.data.shape[:2], 1, 1))
        data = t.reshape(t.broadcast(data, (r.height, r.width, 1, 1)), (r.height, r.width))
        kind = array.kind
        if not isinstance(kind, int):
            kind = t.broadcast(kind, array.data.shape)
            kind = t.crop(kind, (0, 0, 0, 0), (*kind.shape[:2], 1, 1))
            kind = t.reshape(t.broadcast(kind, (r.height, r.width, 1, 1)), (r.height, r.width))
        return _shown(Values(data, kind))
    values = Values(
        t.reshape(array.data, array.inner),
        array.kind
        if isinstance(array.kind, int)
        else t.reshape(t.broadcast(array.kind, array.data.shape), array.inner),
    )
    return _shown(_spread(values, array.inner, (r.height, r.width)))


def _spread(values: Values, inner: tuple[int, int], shape: tuple[int, int]) -> Values:
    """An array formula's result over its block: one row or column repeats, what lies beyond the result is #N/A."""
    target = tuple(full if size == 1 else size for size, full in zip(inner, shape, strict=True))
    keep = (min(target[0], shape[0]), min(target[1], shape[1]))

    def fit(node: Tensor, filler: Tensor) -> Tensor:
        node = t.crop(t.broadcast(node, target), (0, 0), keep)
        return node if keep == shape else t.assemble(shape, [(node, (0, 0))], filler)

    data = fit(values.data, t.broadcast(t.NAN, shape))
    kind = values.kind if isinstance(values.kind, int) else fit(values.kind, t.broadcast(t.ONE, shape))
    if keep != shape and isinstance(kind, int) and kind != Kind.NUMBER:
        kind = fit(t.broadcast(kind_node(kind), inner), t.broadcast(t.ONE, shape))
    return Values(data, kind)


def _shown(values: Values) -> Values:
    """A formula never shows a blank: it shows 0."""
    if isinstance(values.kind, int):
        return Values(values.data, int(Kind.NUMBER)) if values.kind == Kind.BLANK else values
    blank = t.compare("eq", values.kind, t.number(Kind.BLANK))
    return Values(values.data, simple_kind(t.select(blank, t.number(Kind.NUMBER), values.kind)))
