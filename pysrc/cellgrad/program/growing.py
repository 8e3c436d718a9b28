"""Ranges that grow or shrink from cell to cell: ``SUM(B$2:B2)`` filled down, ``MAX($B2:B2)`` filled right.

What adds up over cells (sums, counts, sums of products) is computed for every row alone and then summed along, in
linear time; so are the running maximum and minimum. Other aggregates are given one window a cell, filled up with
blanks, as long as that is not too much to hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.formula.tree import Call, Coordinate, Node, Range
from cellgrad.functions.arrays import Array, NoKernel, simple_kind
from cellgrad.functions.kernels import KERNELS
from cellgrad.functions.kernels_aggregate import LARGEST, filled
from cellgrad.graph.precedents import Axis, axes, axis, region_read
from cellgrad.program.growing_criteria import BY_CRITERIA, so_far
from cellgrad.program.joined_criteria import WITH_CRITERIA, criterion
from cellgrad.program.landing import Spots, gathered
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.tensors.scan_running import running_largest, running_total
from cellgrad.values import Kind

if TYPE_CHECKING:
    from cellgrad.program.evaluation import Evaluation

ADDITIVE = frozenset({"SUM", "SUMSQ", "COUNT", "COUNTA", "COUNTBLANK"})
"""Functions of several ranges whose value is the sum of that of their parts."""

CONTINUED = ADDITIVE | {"AVERAGE"}
"""Functions that go on from what has been added up for the cell before, where blocks are evaluated cell by cell."""

TOGETHER = frozenset({"SUMPRODUCT", "SUMIF", "SUMIFS", "COUNTIF", "COUNTIFS"})
"""Functions whose ranges run side by side, and whose value is the sum of that of their rows."""


@dataclass(frozen=True, slots=True)
class _Growth:
    """A stretch from a fixed line to one that moves with the cell: cell i reads from `fixed` to `first` + i."""

    fixed: int
    first: int
    count: int

    @property
    def start(self) -> int:
        return min(self.fixed, self.first)

    @property
    def length(self) -> int:
        return max(self.fixed, self.first + self.count - 1) + 1 - self.start


def is_growing(evaluation: Evaluation, node: Node) -> bool:
    """Whether a reference reads regions of different sizes from cell to cell of the block."""
    return isinstance(node, Range) and axes(node, evaluation.host) is None


def of_growing(evaluation: Evaluation, tree: Call) -> Array:
    """A call of an aggregate with growing references among its arguments. Raises NoKernel where it cannot be done."""
    if any(isinstance(node, Range) and node.last_sheet is not None for node in tree.arguments):
        raise NoKernel("a reference over several sheets that grows from cell to cell")
    name = tree.function
    if name in ADDITIVE:
        return Array(_sum([_additive(evaluation, name, argument) for argument in tree.arguments]))
    if name == "AVERAGE":
        sums, counts = (_sum([_additive(evaluation, f, one) for one in tree.arguments]) for f in ("SUM", "COUNT"))
        return Array(t.div(sums, counts))
    if name in TOGETHER:
        return _side_by_side(evaluation, tree)
    if name in ("MAX", "MIN") and len(tree.arguments) == 1 and _is_one_line(evaluation, tree.arguments[0]):
        return _extreme(evaluation, tree.arguments[0], -1.0 if name == "MIN" else 1.0)
    windows = [_windows(evaluation, argument) for argument in tree.arguments]
    return KERNELS[name](tuple(windows), evaluation.texts)


def _sum(parts: list[Tensor]) -> Tensor:
    total = parts[0]
    for part in parts[1:]:
        total = t.add(total, part)
    return t.reshape(total, (1,) * (4 - len(total.shape)) + total.shape)


def _whole(evaluation: Evaluation, node: Node) -> Array:
    return evaluation.range(node) if isinstance(node, Range) else evaluation.of(node)


def _additive(evaluation: Evaluation, name: str, node: Node) -> Tensor:
    run = KERNELS[name]
    if continues(evaluation, node):
        return _continued(evaluation, name, node)
    if not is_growing(evaluation, node):
        return run((_whole(evaluation, node),), evaluation.texts).data
    assert isinstance(node, Range)
    lines, growths = _lines(evaluation, node)
    return _summed(run((lines,), evaluation.texts).data, growths)


def continues(evaluation: Evaluation, node: Node) -> bool:
    """Whether a cell of its own reads a stretch that cells before it may have added up to a point: ``SUM(D$9:D12)``."""
    if not evaluation.keeps_totals or evaluation.host.size > 1 or not isinstance(node, Range) or node.is_cell:
        return False
    if node.top is None or node.bottom is None or node.last_sheet is not None:
        return False
    return node.top.absolute and not node.bottom.absolute


def _continued(evaluation: Evaluation, name: str, node: Node) -> Tensor:
    """A sum that goes on from the longest one known of the same columns: cell by cell, and yet in linear time."""
    assert isinstance(node, Range)
    lowering = evaluation.lowering
    region = region_read(node, evaluation.host, lowering.book)
    start = name, region.sheet, region.top, region.left, region.right
    bottom, known = lowering.totals.get(start, (region.top, t.ZERO))
    if bottom > region.bottom:
        bottom, known = region.top, t.ZERO
    if bottom < region.bottom:
        rest = replace(region, top=bottom)
        values = lowering.value(rest)
        kind = values.kind
        if not isinstance(kind, int):
            kind = simple_kind(t.windows(t.broadcast(kind, values.data.shape), rest.height, rest.width))
        array = Array(t.windows(values.data, rest.height, rest.width), kind, reference=True)
        known = t.add(known, KERNELS[name]((array,), evaluation.texts).data)
        lowering.totals[start] = region.bottom, known
    return known


def _side_by_side(evaluation: Evaluation, tree: Call) -> Array:
    """All ranges have to grow alike; criteria that vary from cell to cell are for constants alone."""
    arguments, growths, varies = [], [], False
    for node in tree.arguments:
        if is_growing(evaluation, node):
            assert isinstance(node, Range)
            lines, growth = _lines(evaluation, node)
            arguments.append(lines)
            growths.append(growth)
            continue
        array = criterion(evaluation, node) if tree.function in WITH_CRITERIA else evaluation.of(node)
        varies = varies or array.data.shape != (1, 1, 1, 1)
        arguments.append(array)
    if varies:
        return _by_varying_criteria(evaluation, tree, growths)
    shapes = {tuple((g.fixed - g.first, g.count) if isinstance(g, _Growth) else None for g in one) for one in growths}
    if len(shapes) > 1 or any(a.data.shape[:2] != arguments[0].data.shape[:2] for a in arguments if a.reference):
        raise NoKernel(f"{tree.function} over ranges that do not grow alike")
    if tree.function == "SUMPRODUCT" and len(growths) != len(arguments):
        raise NoKernel("SUMPRODUCT of a growing range and a single value")
    run = KERNELS.get(tree.function)
    if run is None:
        raise NoKernel(f"{tree.function} has no derivative here")
    return Array(_summed(run(tuple(arguments), evaluation.texts).data, growths[0]))


def _by_varying_criteria(
    evaluation: Evaluation, tree: Call, growths: list[tuple[Axis | _Growth, Axis | _Growth]]
) -> Array:
    down = {(g.fixed - g.first, g.count) if isinstance(g, _Growth) else None for g, _ in growths}
    one_wide = all(not isinstance(across, _Growth) and across.inner == 1 for _, across in growths)
    if tree.function not in BY_CRITERIA or len(down) != 1 or None in down or not one_wide:
        raise NoKernel(f"{tree.function} over growing ranges beside what varies otherwise")
    growth = growths[0][0]
    assert isinstance(growth, _Growth)
    downward = growth.fixed <= growth.first
    if not downward and growth.fixed < growth.first + growth.count - 1:
        raise NoKernel("ranges that turn over")
    return so_far(evaluation, tree, growth.first - growth.fixed + 1, downward)


def _extreme(evaluation: Evaluation, node: Node, sign: float) -> Array:
    """The running maximum, or with a sign of -1 minimum, of what is a number; 0 where nothing is."""
    assert isinstance(node, Range)
    lines, growths = _lines(evaluation, node)
    counts = _summed(KERNELS["COUNT"]((lines,), evaluation.texts).data, growths)
    data = filled(lines.data, lines.is_kind(Kind.NUMBER), t.number(-sign * LARGEST))
    signed = t.neg(data) if sign < 0 else data
    best = t.largest(signed, (2, 3))
    for place, growth in enumerate(growths):
        if isinstance(growth, _Growth):
            best = _run_along(best, place, growth, running_largest)
    errors = _summed(t.total(t.select(t.is_finite(data), t.ZERO, t.NAN), (2, 3)), growths)
    found = t.neg(best) if sign < 0 else best
    return Array(t.guard(t.select(t.compare("gt", counts, t.ZERO), found, t.ZERO), errors))


def _is_one_line(evaluation: Evaluation, node: Node) -> bool:
    """Whether a reference grows by one cell at a time, so that equal extremes can share a slope equally."""
    assert isinstance(node, Range)
    rows, columns = _spans(evaluation, node)
    return sorted(1 if isinstance(one, _Growth) else one.inner for one in (rows, columns)) == [1, 1] and not (
        isinstance(rows, _Growth) and isinstance(columns, _Growth)
    )


def _summed(parts: Tensor, growths: tuple[Axis | _Growth, Axis | _Growth]) -> Tensor:
    for place, growth in enumerate(growths):
        if isinstance(growth, _Growth):
            parts = _run_along(parts, place, growth, running_total)
    return parts


def _run_along(lines: Tensor, place: int, growth: _Growth, running: object) -> Tensor:
    """What runs from the fixed line to that of each cell, up to it or down to it."""
    assert callable(running)
    if lines.shape[place] == 1 and growth.length > 1:  # the same in every line, such as a count of plain numbers
        sizes = list(lines.shape)
        sizes[place] = growth.length
        lines = t.broadcast(lines, tuple(sizes))
    fixed = growth.fixed - growth.start
    first, last = growth.first - growth.start, growth.first + growth.count - growth.start

    def part(low: int, high: int) -> Tensor:
        starts, stops = [0] * len(lines.shape), list(lines.shape)
        starts[place], stops[place] = low, high
        return t.crop(lines, tuple(starts), tuple(stops))

    def rows(node: Tensor, low: int, high: int) -> Tensor:
        starts, stops = [0] * len(node.shape), list(node.shape)
        starts[place], stops[place] = low, high
        return t.crop(node, tuple(starts), tuple(stops))

    found = []
    axis = place - len(lines.shape)
    if first < fixed:
        until = min(last, fixed)
        found.append(rows(running(part(first, fixed + 1), axis, True), 0, until - first))
    if last > fixed:
        since = max(first, fixed)
        found.append(rows(running(part(fixed, last), axis, False), since - fixed, last - fixed))
    return t.concatenate(found, place)


def _lines(evaluation: Evaluation, node: Range) -> tuple[Array, tuple[Axis | _Growth, Axis | _Growth]]:
    """All that a growing reference reads, line by line where it grows, in windows where it does not."""
    rows, columns = _spans(evaluation, node)
    sheet = evaluation.lowering.book.sheet(node.sheet or evaluation.host.sheet).name
    if rows.start < 0 or columns.start < 0 or rows.start + rows.length > MAX_ROWS or (
        columns.start + columns.length > MAX_COLUMNS
    ):  # fmt: skip
        raise NoKernel("a range that grows beyond the sheet")
    region = Region(sheet, rows.start, columns.start, rows.start + rows.length, columns.start + columns.length)
    values = evaluation.lowering.value(region)
    inner = tuple(1 if isinstance(one, _Growth) else one.inner for one in (rows, columns))
    data = t.windows(values.data, *inner)
    if isinstance(values.kind, int):
        return Array(data, values.kind, reference=True), (rows, columns)
    kind = t.windows(t.broadcast(values.kind, values.data.shape), *inner)
    return Array(data, simple_kind(kind), reference=True), (rows, columns)


def _spans(evaluation: Evaluation, node: Range) -> tuple[Axis | _Growth, Axis | _Growth]:
    host = evaluation.host
    used = evaluation.lowering.book.sheet(node.sheet or host.sheet).cells.extent
    rows = _axis(node.top, node.bottom, host.top, host.height, max(used[0], 1))
    return rows, _axis(node.left, node.right, host.left, host.width, max(used[1], 1))


def _axis(first: Coordinate | None, last: Coordinate | None, host: int, count: int, limit: int) -> Axis | _Growth:
    plain = axis(first, last, host, count, limit)
    if plain is not None:
        return plain
    assert first is not None and last is not None
    fixed, moving = (first, last) if first.absolute else (last, first)
    return _Growth(fixed.value, moving.at(host), count)


def _windows(evaluation: Evaluation, node: Node) -> Array:
    """What each cell reads, filled up with blanks."""
    if not is_growing(evaluation, node):
        return _whole(evaluation, node)
    assert isinstance(node, Range)
    host, book = evaluation.host, evaluation.lowering.book
    ones = (Region(host.sheet, row, column, row + 1, column + 1) for row, column in host.cells())
    return gathered(evaluation, Spots(tuple(region_read(node, one, book) for one in ones)), padded=True)
