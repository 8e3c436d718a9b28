"""Criteria that vary over ranges that grow: ``COUNTIF(A$2:A2,A2)`` filled down, in time that grows with its rows.

The longest of the ranges is asked once for each different criterion; how many of the cells that meet it, or how much of
their sum, lies within the range of each row is then looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from cellgrad.address import Region
from cellgrad.errors import UnsupportedError
from cellgrad.formula.tree import Call, Node, Range
from cellgrad.functions.arrays import Array, NoKernel, kind_node
from cellgrad.functions.criteria_index import Cells, Criterion, meeting_all
from cellgrad.graph.precedents import region_read
from cellgrad.program.overrides import LiveCell
from cellgrad.tensors.nodes import constant
from cellgrad.values import CellError, Kind, Value
from cellgrad.workbook import decode

if TYPE_CHECKING:
    from cellgrad.program.evaluation import Evaluation

BY_CRITERIA = frozenset({"COUNTIF", "COUNTIFS", "SUMIF", "SUMIFS"})


def so_far(evaluation: Evaluation, tree: Call, first: int, downward: bool) -> Array:
    """A call of `BY_CRITERIA` whose ranges all grow alike, one row a row of the block.

    first: how many rows the range of the block's first row has. downward: the ranges grow towards the last row of the
    block, else they shrink towards it. Raises NoKernel for what is live, or an error among the criteria.
    """
    host = evaluation.host
    ranges, criteria, added = _taken_apart(tree)
    wanted = [_values(evaluation, node) for node in criteria]
    longest = host.bottom - 1 if downward else host.top
    found = np.empty((host.height, host.width, 1, 1))
    for column in range(host.width):
        read = [_read(evaluation, node, longest, host.left + column) for node in ranges]
        adding = None if added is None else _read(evaluation, added, longest, host.left + column)
        if len({len(cells.values) for cells in [*read, *([] if adding is None else [adding])]}) != 1:
            raise NoKernel(f"{tree.function} over ranges that do not grow alike")
        known: dict[tuple[tuple[Criterion, type], ...], tuple[np.ndarray, np.ndarray]] = {}
        for row in range(host.height):
            asked = tuple(_criterion(values[row][column]) for values in wanted)
            key = tuple((one, type(one.wanted)) for one in asked)  # TRUE is not 1
            if key not in known:
                places = meeting_all(read, asked)
                known[key] = places, _running(places, adding, downward)
            places, running = known[key]
            if downward:
                found[row, column] = running[np.searchsorted(places, first + row)]
            else:
                found[row, column] = running[np.searchsorted(places, row)]
    return Array(constant(torch.from_numpy(found)))


def _taken_apart(tree: Call) -> tuple[Sequence[Node], Sequence[Node], Node | None]:
    """The ranges with a condition, the criteria, and the range to add, None where cells are counted."""
    given = tree.arguments
    match tree.function:
        case "SUMIF":
            return given[:1], given[1:2], given[2] if len(given) > 2 else given[0]
        case "SUMIFS":
            return given[1::2], given[2::2], given[0]
    return given[::2], given[1::2], None


def _values(evaluation: Evaluation, node: Node) -> list[list[Value]]:
    """A criterion as each cell of the block has it."""
    host, array = evaluation.host, evaluation.of(node)
    if array.inner != (1, 1) or not array.is_constant:
        raise NoKernel("criteria that are live beside ranges that grow")
    shape = (host.height, host.width, 1, 1)
    data, kinds = array.data.value, kind_node(array.kind).value
    assert data is not None
    assert kinds is not None
    if not bool(data.isfinite().all()):
        raise NoKernel("a criterion that is an error")
    numbers = data.expand(shape)[..., 0, 0].tolist()
    sorts = kinds.expand(shape)[..., 0, 0].tolist()
    strings = evaluation.texts.strings
    return [
        [None if kind == Kind.BLANK else decode(int(kind), number, strings) for number, kind in zip(*rows, strict=True)]
        for rows in zip(numbers, sorts, strict=True)
    ]


def _criterion(value: Value) -> Criterion:
    try:
        return Criterion.of(value)
    except UnsupportedError as error:
        raise NoKernel(error.cause) from error


def _read(evaluation: Evaluation, node: Node, row: int, column: int) -> Cells:
    """The range of one cell of the block, its errors told apart."""
    if not isinstance(node, Range):
        raise NoKernel("a range that is computed beside ranges that grow")
    lowering, cell = evaluation.lowering, Region(evaluation.host.sheet, row, column, row + 1, column + 1)
    try:
        return Cells(lowering.reference.cells(region_read(node, cell, lowering.book)))
    except LiveCell:
        raise NoKernel("conditions that are live over ranges that grow") from None


def _running(places: np.ndarray, adding: Cells | None, downward: bool) -> np.ndarray:
    """How much the first 0, 1, 2, ... of the places come to; or all but so many, from the other end.

    An error among them is one from there on.
    """
    if adding is None:
        parts = np.ones(len(places), np.longdouble)
    else:
        parts = np.array([_number(adding.values[place]) for place in places.tolist()], np.longdouble)
    if downward:
        return np.concatenate(([0.0], np.cumsum(parts))).astype(np.float64)
    return np.concatenate((np.cumsum(parts[::-1])[::-1], [0.0])).astype(np.float64)


def _number(value: Value) -> float:
    if isinstance(value, CellError):
        return np.nan
    return value if type(value) is float else 0.0
