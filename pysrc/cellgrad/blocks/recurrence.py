"""Recurrences: blocks that depend on themselves at constant distances, and the order in which their cells come.

A balance reads the row above, a running count the row below, a dynamic programme the cells above and to the left. All
cells of such blocks share a schedule: the time of a cell is `down * row + across * column` plus a constant of its
block, and whatever a cell reads of the same blocks comes earlier.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.blocks.block import Block
from cellgrad.formula.tree import Binary, Node, Range, walk
from cellgrad.graph.precedents import Axis, axes, computes_reference, sheets_of
from cellgrad.workbook import Workbook

DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1), (2, 1), (2, -1), (1, 2), (-1, 2))
"""Schedules (down, across) that are tried in turn: rows, columns, diagonals, knight's moves."""

MOST_CELLS_READ = 64
"""A formula that reads larger windows of its own recurrence is taken apart."""


MOST_LINES = 64
"""Blocks are not cut into more pieces than this for a reference to a fixed place of their own."""


@dataclass(frozen=True, eq=False)
class Recurrence:
    """Blocks that are evaluated together, step by step.

    members: in the order in which the cells of one step are evaluated. direction: (down, across) of the schedule.
    delays: per member, what is added to its cells' times.
    """

    members: tuple[Block, ...]
    direction: tuple[int, int]
    delays: tuple[int, ...]

    def times(self, member: int) -> np.ndarray:
        """The time of every cell of a member, of its region's shape; int64, from an arbitrary zero."""
        r, (down, across) = self.members[member].region, self.direction
        rows, columns = np.arange(r.top, r.bottom)[:, None], np.arange(r.left, r.right)[None]
        return (down * rows + across * columns + self.delays[member]).astype(np.int64)

    @property
    def steps(self) -> int:
        """How many steps there are one after another."""
        return len(np.unique(np.concatenate([np.unique(self.times(i)) for i in range(len(self.members))])))

    def __str__(self) -> str:
        down, across = self.direction
        along = "rows" if not across else "columns" if not down else "diagonals"
        return f"recurrence over {along}, {self.steps} steps"


@dataclass(frozen=True, slots=True)
class Cut:
    """Lines at which the blocks of a circle have to be cut before an order of their cells can be told."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()

    def pieces(self, region: Region) -> list[Region]:
        """The region cut along the lines, in reading order."""
        tops = [region.top, *sorted(row for row in self.rows if region.top < row < region.bottom), region.bottom]
        lefts = [region.left, *sorted(c for c in self.columns if region.left < c < region.right), region.right]
        return [
            Region(region.sheet, top, left, bottom, right)
            for top, bottom in pairwise(tops)
            for left, right in pairwise(lefts)
        ]


@dataclass(frozen=True, slots=True)
class _Edge:
    """Cells of one member read cells of another: (rows down, columns right) of themselves."""

    reader: int
    source: int
    down: int
    across: int


class _NoOrder(Exception):  # noqa: N818 - an answer
    """The blocks read themselves in no way that has a schedule."""


def recurrence_of(circle: Sequence[Block], tree: Callable[[Block], Node], book: Workbook) -> Recurrence | Cut | None:
    """The schedule of blocks that form a circle; or where to cut them first; or None where neither will do.

    tree: the bound formula of a block.
    """
    try:
        edges: list[_Edge] = []
        members = _Members(circle)
        for number, block in enumerate(circle):
            if block.spread:
                return None
            for node in walk(tree(block)):
                if computes_reference(node) or (isinstance(node, Binary) and node.operator == ":"):
                    return None
                if isinstance(node, Range):
                    found = _edges(node, number, members, book)
                    if isinstance(found, Cut):
                        return found
                    edges += found
    except _NoOrder:
        return None
    for direction in DIRECTIONS:
        scheduled = _scheduled(len(circle), edges, direction)
        if scheduled is not None:
            order, delays = scheduled
            return Recurrence(tuple(circle[i] for i in order), direction, tuple(delays[i] for i in order))
    return None


class _Members:
    """The blocks of a circle, found by their place."""

    def __init__(self, circle: Sequence[Block]) -> None:
        self.circle = circle
        self._columns: dict[tuple[str, int], list[tuple[int, int]]] = {}
        for number, block in enumerate(circle):
            for column in range(block.region.left, block.region.right):
                self._columns.setdefault((block.region.sheet, column), []).append((block.region.top, number))
        self._across: dict[str, list[int]] = {}
        for (sheet, column), tops in self._columns.items():
            tops.sort()
            self._across.setdefault(sheet, []).append(column)
        for columns in self._across.values():
            columns.sort()

    def touching(self, sheet: str, top: int, bottom: int, left: int, right: int) -> list[int]:
        """The numbers of the members that share a cell with a rectangle, in their order."""
        found: set[int] = set()
        across = self._across.get(sheet, [])
        for column in across[bisect.bisect_left(across, left) : bisect.bisect_left(across, right)]:
            tops = self._columns[sheet, column]
            first = max(bisect.bisect_right(tops, (top, len(self.circle))) - 1, 0)
            for start, number in tops[first : bisect.bisect_left(tops, (bottom, -1))]:
                if start < bottom and self.circle[number].region.bottom > top:
                    found.add(number)
        return sorted(found)


def _edges(node: Range, number: int, members: _Members, book: Workbook) -> list[_Edge] | Cut:
    """How one reference of a member reads the circle."""
    circle = members.circle
    host = circle[number].region
    edges = []
    for sheet in sheets_of(node, host.sheet, book):
        both = axes(node, host, book.sheet(sheet).cells.extent)
        rows, columns = both if both is not None else (None, None)
        if rows is None or columns is None:
            if members.touching(sheet, *_span(node, host)):
                return _into_lines(node, host)
            continue
        place = rows.start, rows.start + rows.length, columns.start, columns.start + columns.length
        for source in members.touching(sheet, *place):
            r = circle[source].region
            if (not rows.moving and host.height > 1) or (not columns.moving and host.width > 1):
                return _around(rows, columns, circle, number)
            if rows.inner * columns.inner > MOST_CELLS_READ:
                raise _NoOrder
            edges += [
                _Edge(number, source, rows.start + i - host.top, columns.start + j - host.left)
                for i in range(rows.inner)
                for j in range(columns.inner)
                if rows.start + i < r.bottom
                and r.top < rows.start + i + host.height
                and columns.start + j < r.right
                and r.left < columns.start + j + host.width
            ]
    return edges


def _around(rows: Axis, columns: Axis, circle: Sequence[Block], number: int) -> Cut:
    """Where to cut for a reference that stays in place: at its edges, or else between all cells that share it."""
    lines_rows = {rows.start, rows.start + rows.length} if not rows.moving else set()
    lines_columns = {columns.start, columns.start + columns.length} if not columns.moving else set()
    host = circle[number].region
    lines = [(lines_rows, lines_columns)]
    if not columns.moving and host.width <= MOST_LINES:
        lines.append((set(), set(range(host.left, host.right))))
    if not rows.moving and host.height <= MOST_LINES:
        lines.append((set(range(host.top, host.bottom)), set()))
    for across, down in lines:
        cut = Cut(frozenset(across), frozenset(down))
        if any(len(cut.pieces(member.region)) > 1 for member in circle):
            return cut
    raise _NoOrder


def _into_lines(node: Range, host: Region) -> Cut:
    """The cut between lines for a reference that grows along them: a line may read others and not itself."""
    grows_down = node.top is not None and node.bottom is not None and node.top.absolute != node.bottom.absolute
    if grows_down and 1 < host.width <= MOST_LINES:
        return Cut(columns=frozenset(range(host.left + 1, host.right)))
    if not grows_down and 1 < host.height <= MOST_LINES:
        return Cut(rows=frozenset(range(host.top + 1, host.bottom)))
    raise _NoOrder


def _span(node: Range, host: Region) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of all that a growing reference reads."""

    def ends(first: object, last: object, low: int, high: int, limit: int) -> tuple[int, int]:
        if first is None or last is None:
            return 0, limit
        places = [corner.at(at) for corner in (first, last) for at in (low, high - 1)]  # type: ignore[attr-defined]
        return min(places), max(places) + 1

    return (
        *ends(node.top, node.bottom, host.top, host.bottom, MAX_ROWS),
        *ends(node.left, node.right, host.left, host.right, MAX_COLUMNS),
    )


def _scheduled(count: int, edges: list[_Edge], direction: tuple[int, int]) -> tuple[list[int], list[int]] | None:
    """(order within a step, delays) of members under a schedule; None where a cell would need its own future.

    Delays are longest paths over the edges (Bellman-Ford: a positive circle shows after `count` rounds).
    """
    weights = {(e.reader, e.source, direction[0] * e.down + direction[1] * e.across) for e in edges}
    if not weights:
        return list(range(count)), [0] * count
    readers, sources, steps = (np.array(column, np.int64) for column in zip(*weights, strict=True))
    delay = np.zeros(count, np.int64)
    for _ in range(count + 1):
        later = delay.copy()
        np.maximum.at(later, readers, delay[sources] + steps)
        if (later == delay).all():
            break
        delay = later
    else:
        return None
    delays: list[int] = delay.tolist()
    before: list[set[int]] = [set() for _ in range(count)]
    for reader, source, weight in weights:
        if delays[source] + weight == delays[reader]:
            before[reader].add(source)
    order = list(_topological(before))
    return (order, delays) if len(order) == count else None


def _topological(before: list[set[int]]) -> Iterator[int]:
    """Members after all that must come before them; stops where none is left that could come next."""
    missing = [len(sources) for sources in before]
    readers: list[list[int]] = [[] for _ in before]
    for reader, sources in enumerate(before):
        for source in sources:
            readers[source].append(reader)
    ready = [number for number, count in enumerate(missing) if not count]
    while ready:
        yield from ready
        following = []
        for source in ready:
            for reader in readers[source]:
                missing[reader] -= 1
                if not missing[reader]:
                    following.append(reader)
        ready = sorted(following)
