"""Recurrences lowered: blocks that read themselves become one scan.

Every block of the recurrence is evaluated over its whole region, as blocks are, with an input node in place of each
reference to the recurrence itself; `tensors.scan` does the rest. What cells read beyond the recurrence (the value that
a balance starts from) stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import torch

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.blocks.recurrence import Cut, Recurrence
from cellgrad.formula.tree import Range
from cellgrad.functions.arrays import Array, NoKernel
from cellgrad.graph.precedents import axes, region_read
from cellgrad.program.evaluation import Evaluation
from cellgrad.program.values import Values, fitted
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node
from cellgrad.tensors.scan import Loop, scan
from cellgrad.tensors.scan_gather import Places, gather
from cellgrad.tensors.scan_slice import NotCellwise
from cellgrad.tensors.scan_solve import System
from cellgrad.values import Kind

if TYPE_CHECKING:
    from cellgrad.program.lowering import Lowering

MOST_EDGES = 8
"""A block whose first cells start from something else is cut there, if it takes no more pieces than this."""


class CutFirst(Exception):  # noqa: N818 - an answer
    """Some cells of the blocks read what is no number beyond the recurrence: they have to be blocks of their own."""

    def __init__(self, cut: Cut) -> None:
        super().__init__("some cells start from what is no number")
        self.cut = cut


def lower_recurrence(lowering: Lowering, recurrence: Recurrence) -> dict[Block, Values]:
    """The values of all members. Their precedents have been lowered.

    Raises CutFirst, or NoKernel where the recurrence has no scan, both before anything has been changed.
    """
    kinds = [int(Kind.NUMBER)] * len(recurrence.members)
    for _ in range(3):
        attempt = _Attempt(lowering, recurrence, kinds)
        results = attempt.results()
        found = [result.kind for result in results]
        if found == kinds:
            if attempt.cut is not None:
                raise CutFirst(attempt.cut)
            return attempt.solved(results)
        if any(not isinstance(kind, int) for kind in found):
            break
        kinds = [kind for kind in found if isinstance(kind, int)]
    raise NoKernel("what it holds is a number in some rows and no number in others")


class _Attempt:
    """One evaluation of all members, taking them for values of given kinds."""

    def __init__(self, lowering: Lowering, recurrence: Recurrence, kinds: list[int]) -> None:
        self.lowering = lowering
        self.members = recurrence.members
        self.kinds = kinds
        self.numbers, self.stretches = _numbered(recurrence)
        self.size = sum(numbers.size for numbers in self.numbers)
        self.readable = [_without_live(lowering, m, n) for m, n in zip(self.members, self.numbers, strict=True)]
        self.readers: list[int] = []
        self.places: list[Places] = []
        self.reads: list[Node] = []
        self.beyond: list[Node] = []
        self.cut: Cut | None = None
        """Where some cells read something of another kind beyond the recurrence: they have to stand alone."""

    def results(self) -> list[Values]:
        """The formula of each member over its block, over `reads`; whatever else reads a member gets an error."""
        own = {
            member: Values(t.broadcast(t.NAN, (member.region.height, member.region.width)), kind)
            for member, kind in zip(self.members, self.kinds, strict=True)
        }
        self.lowering.values.update(own)
        try:
            found = []
            for number, member in enumerate(self.members):
                array = _Member(self, number).of(self.lowering.dependence.tree(member))
                found.append(fitted(array, member))
            return found
        finally:
            for member in self.members:
                del self.lowering.values[member]

    def solved(self, results: list[Values]) -> dict[Block, Values]:
        cells = [Places(torch.from_numpy(numbers), self.size) for numbers in self.numbers]
        system = System(self.size, cells, self.readers, self.places, self.stretches)
        try:
            loop = Loop(system, [result.data for result in results], self.reads)
        except NotCellwise as reason:
            raise NoKernel(f"its cells cannot be told apart ({reason})") from None
        values = scan(loop, self.beyond)
        return {
            member: Values(gather(values, where), kind)
            for member, where, kind in zip(self.members, cells, self.kinds, strict=True)
        }

    def read(self, reader: int, region: Region, inner: tuple[int, int]) -> Array | None:
        """What the cells of a member read of `region`, where that holds cells of the recurrence; else None."""
        host = self.members[reader].region
        index = np.full((host.height, host.width, *inner), -1, np.int64)
        kinds = set()
        for member, readable, kind in zip(self.members, self.readable, self.kinds, strict=True):
            shared = member.region.intersect(region)
            if shared is None:
                continue
            kinds.add(kind)
            for i in range(inner[0]):
                for j in range(inner[1]):
                    corner = region.top + i, region.left + j
                    shifted = Region(region.sheet, *corner, corner[0] + host.height, corner[1] + host.width)
                    part = member.region.intersect(shifted)
                    if part is not None:
                        rows, columns = part.within(shifted)
                        index[rows, columns, i, j] = readable[part.within(member.region)]
        if not kinds:
            return None
        if len(kinds) > 1:
            raise NoKernel("it reads numbers and truth values of its own")
        (kind,) = kinds
        values = self.lowering.read_anew(region)
        self._check_kinds(values, kind, index, inner, host)
        node = Node("input", (), (f"read {len(self.reads)}",), index.shape, bound=float("inf"))
        self.readers.append(reader)
        self.places.append(Places(torch.from_numpy(index), self.size))
        self.reads.append(node)
        outside = bool((index < 0).any())
        self.beyond.append(t.windows(values.data, *inner) if outside else t.broadcast(t.ZERO, index.shape))
        return Array(node, kind, reference=True)

    def _check_kinds(self, values: Values, kind: int, index: np.ndarray, inner: tuple[int, int], host: Region) -> None:
        """Notes where to cut if cells read something of another kind beyond the recurrence."""
        if isinstance(values.kind, int):
            theirs = np.full(values.data.shape, values.kind)
        elif values.kind.value is not None:
            theirs = values.kind.value.expand(values.data.shape).numpy()
        else:
            raise NoKernel("it reads what is a number for some values of the changing cells only")
        windows = np.lib.stride_tricks.sliding_window_view(theirs, inner)
        wrong = ((windows != kind) & (index < 0)).any((2, 3))
        if not wrong.any():
            return
        rows, columns = (wrong.all(1), wrong.any(1)), (wrong.all(0), wrong.any(0))
        # Lines that are wrong as a whole, or else those that hold what is: these are cut again, along the other way.
        for lines, along in ((rows[0], "rows"), (columns[0], "columns"), (rows[1], "rows"), (columns[1], "columns")):
            first = host.top if along == "rows" else host.left
            ends = {int(line) + first + end for line in lines.nonzero()[0] for end in (0, 1)}
            cut = Cut(**{along: frozenset(ends)})
            if 1 < len(cut.pieces(host)) <= MOST_EDGES:
                self.cut = cut
                return
        raise NoKernel("cells here and there read what is no number")


class _Member(Evaluation):
    """The formula of one member, its references to the recurrence replaced by inputs."""

    keeps_totals = False

    def __init__(self, attempt: _Attempt, number: int) -> None:
        super().__init__(attempt.lowering, attempt.members[number])
        self._attempt = attempt
        self._number = number
        self._known: dict[Range, Array | None] = {}

    def range(self, tree: Range) -> Array:
        if tree not in self._known:
            self._known[tree] = self._own(tree)
        return self._known[tree] or super().range(tree)

    def _own(self, tree: Range) -> Array | None:
        book = self.lowering.book
        if tree.last_sheet is not None:
            return None
        region = region_read(tree, self.host, book)
        if not any(member.region.intersect(region) for member in self._attempt.members):
            return None
        both = axes(tree, self.host, book.sheet(region.sheet).cells.extent)
        if both is None:
            raise NoKernel("it reads a growing range of its own")
        rows, columns = both
        if (self.host.height > 1 and not rows.moving) or (self.host.width > 1 and not columns.moving):
            raise NoKernel("it reads a fixed place of its own")
        return self._attempt.read(self._number, region, (rows.inner, columns.inner))


def _numbered(recurrence: Recurrence) -> tuple[list[np.ndarray], list[tuple[int, int, int]]]:
    """Per member the numbers of its cells in the order of evaluation, and the stretches of one member in one step."""
    times = [recurrence.times(i) for i in range(len(recurrence.members))]
    time = np.concatenate([one.ravel() for one in times])
    member = np.concatenate([np.full(one.size, i) for i, one in enumerate(times)])
    key = (time - time.min()) * len(times) + member
    order = np.argsort(key, kind="stable")
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.arange(len(order))
    sorted_key = key[order]
    firsts = np.concatenate([[0], np.flatnonzero(np.diff(sorted_key)) + 1])
    lasts = np.append(firsts[1:], len(order))
    stretches = list(zip((sorted_key[firsts] % len(times)).tolist(), firsts.tolist(), lasts.tolist(), strict=True))
    split = np.split(numbers, np.cumsum([one.size for one in times])[:-1])
    return [part.reshape(one.shape) for part, one in zip(split, times, strict=True)], stretches


def _without_live(lowering: Lowering, member: Block, numbers: np.ndarray) -> np.ndarray:
    """The numbers of a member's cells, -1 for those that are live: whoever reads them reads the live value."""
    live: Iterable[Region] = lowering.live
    for region in live:
        part = region.intersect(member.region)
        if part is not None:
            numbers = numbers.copy()
            numbers[part.within(member.region)] = -1
    return numbers
