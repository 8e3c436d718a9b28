"""Recalculating: the values that cells take when the changing cells take theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import CellgradError, CircularReferenceError
from cellgrad.program.lowering import Failure, Lowering
from cellgrad.program.undisturbed import undisturbed
from cellgrad.program.values import Values
from cellgrad.reference import Reference
from cellgrad.tensors.nodes import Node
from cellgrad.values import Kind
from cellgrad.workbook import CellValues, encode


@dataclass(frozen=True)
class Recalculated:
    """The values of blocks of cells.

    kinds, data: per block, as in a snapshot (errors with their codes). failures: blocks that cannot be evaluated.
    """

    blocks: dict[Block, tuple[np.ndarray, np.ndarray]]
    failures: dict[Block, CellgradError]

    def cells(self, dependence: Dependence) -> dict[str, CellValues]:
        """Sheet -> the values of the cells that differ from the cached ones; None where unknown."""
        book = dependence.book
        parts: dict[str, list[CellValues]] = {}
        for block, (kinds, data) in self.blocks.items():
            r = block.region
            old_kinds, old_data, _ = book.sheet(r.sheet).cells.dense(r.top, r.left, r.bottom, r.right)
            rows, columns = np.nonzero((kinds != old_kinds) | (data != old_data))
            changed = kinds[rows, columns], data[rows, columns]
            parts.setdefault(r.sheet, []).append(CellValues(rows + r.top, columns + r.left, *changed, book.strings))
        for block in self.failures:
            r = block.region
            rows, columns = (part.ravel() for part in np.mgrid[r.top : r.bottom, r.left : r.right])
            blank = np.zeros(r.size, np.uint8), np.zeros(r.size)
            parts.setdefault(r.sheet, []).append(CellValues(rows, columns, *blank, book.strings))
        return {sheet: CellValues.joined(found) for sheet, found in parts.items()}


@undisturbed()
def recalculate(
    dependence: Dependence,
    blocks: Iterable[Block],
    live: Mapping[Region, Node],
    known: Mapping[Block, Values | Failure] | None = None,
) -> Recalculated:
    """The values of `blocks` with the constant nodes of `live` in place of the cells they stand for.

    known: values of blocks that do not depend on those cells, from an earlier lowering.
    """
    blocks = list(blocks)
    lowering = Lowering(dependence, live, known)
    failures: dict[Block, CellgradError] = {}
    circular: dict[Block, CircularReferenceError] = {}
    order = dependence.order(blocks, circular)
    lowering.values.update((block, Failure(error)) for block, error in circular.items())
    lowering.lower(order)
    reference = lowering.reference
    found: dict[Block, tuple[np.ndarray, np.ndarray]] = {}
    for root in blocks:
        for block in dependence.touching(root.region):
            values = lowering.values.get(block)
            if isinstance(values, Values):
                try:
                    found[block] = _arrays(values, block, reference, dependence)
                except CellgradError as error:  # it is an error, and which one cannot be told
                    failures[block] = error
            elif isinstance(values, Failure):
                failures[block] = values.error
    return Recalculated(found, failures)


def _arrays(
    values: Values, block: Block, reference: Reference, dependence: Dependence
) -> tuple[np.ndarray, np.ndarray]:
    """Kinds and data of a constant block; the reference is asked which errors its errors are."""
    r = block.region
    assert values.data.value is not None
    data = values.data.value.expand(r.height, r.width).numpy().copy()
    if isinstance(values.kind, int):
        kinds = np.full(data.shape, values.kind, np.uint8)
    else:
        assert values.kind.value is not None
        kinds = values.kind.value.expand(r.height, r.width).numpy().astype(np.uint8)
    for row, column in np.argwhere(~np.isfinite(data)).tolist():
        value = reference.value(r.sheet, r.top + row, r.left + column)
        kinds[row, column], data[row, column] = encode(value, dependence.book.strings)
    kinds[kinds == Kind.BLANK] = Kind.NUMBER
    return kinds, data
