"""Kernels of the functions with criteria: the gradient flows to the cells that are picked; what picks them is a step.

Where conditions and criteria are constant, the cells that each formula of a block picks are found once, by hash, and
summed by one sparse operation. Where the cells that are tested are themselves live, or the criteria, every one is
compared again at every evaluation (`criteria_masks`).
"""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass, replace

import numpy as np
import torch

from cellgrad.functions.arrays import Array, NoKernel, Texts, lifted
from cellgrad.functions.criteria_index import Cells, meeting_all
from cellgrad.functions.criteria_masks import (
    Comparison,
    Conditions,
    Limit,
    compared,
    criterion_of,
    meets_blank,
    values_of,
)
from cellgrad.functions.kernels import Kernel, kernel
from cellgrad.tensors import operations as t
from cellgrad.tensors.incidence import indexes, spread
from cellgrad.tensors.nodes import Node, constant
from cellgrad.values import Kind, Value

_MOST_PICKED = 40_000_000
_LARGEST = 1.7976931348623157e308

_READ: weakref.WeakKeyDictionary[Node, Cells] = weakref.WeakKeyDictionary()


def _cells(array: Array, texts: Texts) -> Cells:
    found = _READ.get(array.data)
    if found is None:
        found = _READ[array.data] = Cells(values_of(array, texts))
    return found


@dataclass(frozen=True, slots=True)
class Picks:
    """Which cells of a range go into which sum.

    rows, groups: pairs of a cell's place and a sum's number. which: the sum of each formula's element, in the shape
    `shape`. count: how many sums.
    """

    rows: np.ndarray
    groups: np.ndarray
    which: np.ndarray
    shape: tuple[int, ...]
    count: int

    def only(self, kept: np.ndarray) -> Picks:
        """The picks of the cells that a boolean array keeps."""
        some = kept[self.rows]
        return Picks(self.rows[some], self.groups[some], self.which, self.shape, self.count)

    def spread_over(self, per_group: Node) -> Node:
        """One number a sum, as one a formula's element."""
        if self.count == len(self.which) and bool((self.which == np.arange(self.count)).all()):
            return t.reshape(per_group, self.shape)
        size = len(self.which)
        return t.reshape(spread(per_group, indexes(self.which), indexes(np.arange(size)), size), self.shape)

    def sizes(self) -> np.ndarray:
        """How many cells each sum has."""
        return np.bincount(self.groups, minlength=self.count).astype(np.float64)


def _conditions(arguments: tuple[Array, ...], texts: Texts) -> Conditions:
    criteria = arguments[1::2]
    return list(zip(_alike(arguments[::2], criteria, texts), criteria, strict=True))


def _beside(values: Array, conditions: Conditions, texts: Texts) -> tuple[Array, Conditions]:
    """The range to add and the conditions, in one size."""
    criteria = tuple(criterion for _, criterion in conditions)
    values, *ranges = _alike((values, *(cells for cells, _ in conditions)), criteria, texts)
    return values, list(zip(ranges, criteria, strict=True))


def _alike(ranges: tuple[Array, ...], criteria: tuple[Array, ...], texts: Texts) -> tuple[Array, ...]:
    """Ranges of one size; of whole columns and rows the part that is used in all of them.

    What is left out lies beside blank cells: nothing is added there, unless a criterion is met by them.
    """
    for array in ranges:
        value = None if array.reference else array.data.value
        if value is not None and not bool(value.isfinite().all()):
            raise NoKernel("an error where a range is wanted")
    if len({array.inner for array in ranges}) == 1:
        return ranges
    if not all(array.beyond for array in ranges):
        raise NoKernel("ranges of different sizes")
    for criterion in criteria:
        if (isinstance(criterion, Limit) and criterion.sign == "<>") or (
            criterion.is_constant and any(meets_blank(criterion_of(value)) for value in values_of(criterion, texts))
        ):
            raise NoKernel("a criterion that blank cells meet, over whole columns of different length")
    height, width = (min(array.inner[axis] for array in ranges) for axis in (0, 1))
    return tuple(_cropped(array, height, width) for array in ranges)


def _cropped(array: Array, height: int, width: int) -> Array:
    stops = (*array.data.shape[:2], height, width)
    kind = array.kind
    if not isinstance(kind, int):
        kind = t.crop(t.broadcast(kind, array.data.shape), (0, 0, 0, 0), stops)
    return replace(array, data=t.crop(array.data, (0, 0, 0, 0), stops), kind=kind)


def _constant_picks(conditions: Conditions, texts: Texts, counts_blanks: bool) -> Picks | None:
    """The picks, where they are known before anything is evaluated; None where a tested cell or criterion is live."""
    if any(not r.is_constant or not c.is_constant or r.data.shape[:2] != (1, 1) for r, c in conditions):
        return None
    shape = lifted(*(c.data.shape for _, c in conditions))
    size = math.prod(shape)
    columns = []
    for _, criterion in conditions:
        own = np.arange(math.prod(criterion.data.shape)).reshape(criterion.data.shape)
        values = values_of(criterion, texts)
        columns.append([values[place] for place in np.broadcast_to(own, shape).flatten()])
    endless = counts_blanks and conditions[0][0].beyond
    numbers: dict[tuple[tuple[type, Value], ...], int] = {}
    which = np.empty(size, dtype=np.int64)
    for place, wanted in enumerate(zip(*columns, strict=True)):
        which[place] = numbers.setdefault(tuple((type(v), v) for v in wanted), len(numbers))
    cells = [_cells(r, texts) for r, _ in conditions]
    rows, groups, total = [], [], 0
    for wanted_all, number in numbers.items():
        criteria = [criterion_of(value) for _, value in wanted_all]
        if endless and all(meets_blank(c) for c in criteria):
            raise NoKernel("a criterion that blank cells meet, which whole columns have without end")
        found = meeting_all(cells, criteria)
        total += len(found)
        if total > _MOST_PICKED:
            raise NoKernel("more cells meet the criteria than fit into memory")
        rows.append(found)
        groups.append(np.full(len(found), number, dtype=np.int64))
    return Picks(np.concatenate(rows), np.concatenate(groups), which, shape, len(numbers))


# ---------------------------------------------------------------- the functions


def _numbers_kept(array: Array) -> np.ndarray | None:
    """Which cells of a range are numbers, of a range that does not move; None: all."""
    kinds = array.is_kind(Kind.NUMBER)
    if isinstance(kinds, bool):
        return None if kinds else np.zeros(math.prod(array.inner), dtype=bool)
    if kinds.value is None:
        raise NoKernel("cells to add whose types change")
    return kinds.value.expand(array.data.shape).flatten().numpy()


def _picks_of(values: Array, conditions: Conditions, texts: Texts) -> Picks | None:
    """The picks among the numbers of a range, where range and conditions stand still."""
    picks = _constant_picks(conditions, texts, False) if values.data.shape[:2] == (1, 1) else None
    if picks is None:
        return None
    kept = _numbers_kept(values)
    return picks if kept is None else picks.only(kept)


def _vector(array: Array) -> Node:
    return t.reshape(array.data, (math.prod(array.data.shape),))


def _counted(values: Array, conditions: Conditions, texts: Texts) -> tuple[Comparison, Array, Node]:
    """The comparison, the range to add laid out beside it, and which of its cells are numbers that count."""
    comparison = compared(conditions, texts, False)
    values = comparison.beside(values)
    numbers = values.is_kind(Kind.NUMBER)
    if isinstance(numbers, bool):
        mask = comparison.holds
        return comparison, values, mask if numbers else t.logical_and(mask, constant(torch.zeros((1,) * 4).bool()))
    return comparison, values, t.logical_and(comparison.holds, numbers)


def _sum_and_count(values: Array, conditions: Conditions, texts: Texts) -> tuple[Node, Node]:
    values, conditions = _beside(values, conditions, texts)
    picks = _picks_of(values, conditions, texts)
    if picks is not None:
        sums = spread(_vector(values), indexes(picks.rows), indexes(picks.groups), picks.count)
        counts = constant(torch.from_numpy(picks.sizes()))
        return picks.spread_over(sums), picks.spread_over(counts)
    comparison, values, mask = _counted(values, conditions, texts)
    full = lifted(mask.shape, values.data.shape)
    sums = comparison.folded(t.total, t.select(mask, values.data, t.ZERO))
    counts = comparison.folded(t.total, t.broadcast(t.to_number(mask), full))
    return t.guard(sums, comparison.fine), t.guard(counts, comparison.fine)


def _added(arguments: tuple[Array, ...], texts: Texts) -> tuple[Array, Conditions]:
    """SUMIF, AVERAGEIF: range, criterion and maybe the range to add."""
    range_, criterion, *others = arguments
    return others[0] if others else range_, _conditions((range_, criterion), texts)


@kernel("SUMIF")
def _sumif(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return Array(_sum_and_count(*_added(arguments, texts), texts)[0])


@kernel("SUMIFS")
def _sumifs(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return Array(_sum_and_count(arguments[0], _conditions(arguments[1:], texts), texts)[0])


@kernel("AVERAGEIF")
def _averageif(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return Array(t.div(*_sum_and_count(*_added(arguments, texts), texts)))


@kernel("AVERAGEIFS")
def _averageifs(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return Array(t.div(*_sum_and_count(arguments[0], _conditions(arguments[1:], texts), texts)))


@kernel("COUNTIF", "COUNTIFS")
def _countifs(arguments: tuple[Array, ...], texts: Texts) -> Array:
    conditions = _conditions(arguments, texts)
    picks = _constant_picks(conditions, texts, True)
    if picks is not None:
        return Array(picks.spread_over(constant(torch.from_numpy(picks.sizes()))))
    comparison = compared(conditions, texts, True)
    mask = comparison.holds
    full = mask.shape
    if comparison.asked is None:
        full = lifted(full, *(cells.data.shape for cells, _ in conditions))
    counts = comparison.folded(t.total, t.broadcast(t.to_number(mask), full))
    return Array(t.guard(counts, comparison.fine))


def extreme_of_picks(values: Array, picks: Picks, largest: bool) -> Array:
    """The largest or smallest number of each sum's cells, 0 where there is none; cells that tie share the slope."""
    sizes = picks.sizes().astype(np.int64)
    width = int(max(sizes.max(initial=0), 1))
    if picks.count * width > _MOST_PICKED:
        raise NoKernel("more cells meet the criteria than fit into memory")
    order = np.argsort(picks.groups, kind="stable")
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    place = np.arange(len(order)) - starts[picks.groups[order]]
    slots = picks.groups[order] * width + place
    filled = np.zeros(picks.count * width, dtype=bool)
    filled[slots] = True
    table = spread(_vector(values), indexes(picks.rows[order]), indexes(slots), picks.count * width)
    filler = t.number(-_LARGEST if largest else _LARGEST)
    table = t.reshape(t.select(constant(torch.from_numpy(filled)), table, filler), (picks.count, width))
    found = (t.largest if largest else t.smallest)(table, (1,))
    some = constant(torch.from_numpy(sizes > 0))
    return Array(picks.spread_over(t.select(some, t.reshape(found, (picks.count,)), t.ZERO)))


def _extreme(largest: bool) -> Kernel:
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        values, conditions = _beside(arguments[0], _conditions(arguments[1:], texts), texts)
        picks = _picks_of(values, conditions, texts)
        if picks is not None:
            return extreme_of_picks(values, picks, largest)
        comparison, values, mask = _counted(values, conditions, texts)
        filler = t.number(-_LARGEST if largest else _LARGEST)
        full = lifted(mask.shape, values.data.shape)
        found = comparison.folded(t.largest if largest else t.smallest, t.select(mask, values.data, filler))
        some = comparison.folded(t.any_of, t.broadcast(mask, full))
        return Array(t.guard(t.select(some, found, t.ZERO), comparison.fine))

    return apply


kernel("MAXIFS")(_extreme(True))
kernel("MINIFS")(_extreme(False))
