"""Lowering: from blocks of formulas to tensor expressions over whole regions.

Live are the changing cells: their values are input nodes. Everything else folds as it is built, so a block that does
not depend on them comes out constant. What no kernel covers is evaluated cell by cell by the reference, as long as it
is constant; where it is live the model is refused, with the cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cellgrad.address import Region, full_name
from cellgrad.blocks.block import Block
from cellgrad.blocks.dependence import Dependence
from cellgrad.blocks.recurrence import Recurrence
from cellgrad.errors import CellgradError, UnsupportedError
from cellgrad.formula.tree import Node
from cellgrad.functions.arrays import NoKernel, Texts, kind_node, simple_kind
from cellgrad.graph.precedents import only_the_file_knows
from cellgrad.program.evaluation import Evaluation
from cellgrad.program.recurrences import CutFirst, lower_recurrence
from cellgrad.program.values import Values, constants, fitted, part_of, value_at
from cellgrad.reference import Reference
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.values import Kind, Value
from cellgrad.workbook import Workbook, encode


@dataclass(frozen=True, slots=True)
class Failure:
    """A block that cannot be evaluated, and why; whoever reads it fails for the same reason."""

    error: CellgradError


class Lowering:
    """The values of blocks as tensor expressions, for one set of live cells.

    live: regions of changing cells and the node that holds each one's values (of the region's shape). The node may be
    a constant: then the cells simply have other values than in the file.
    known: another lowering of the same workbook whose constant blocks can be taken over.
    """

    def __init__(
        self,
        dependence: Dependence,
        live: Mapping[Region, Tensor],
        known: Mapping[Block, Values | Failure] | None = None,
    ) -> None:
        self.dependence = dependence
        self.book: Workbook = dependence.book
        self.live = dict(live)
        self.values: dict[Block, Values | Failure] = dict(known or {})
        self.texts = Texts(self.book.strings)
        self._regions: dict[Region, Values] = {}
        self._moved: set[Block] = set()
        self._open: tuple[Block, ...] = ()

    def lower(self, blocks: Iterable[Block]) -> None:
        """Evaluate blocks, given precedents first; those already known are skipped."""
        for block in blocks:
            if block in self.values:
                continue
            recurrence = self.dependence.recurrence(block)
            if recurrence is not None:
                self._lower_together(recurrence)
            else:
                if self._reads_live(block):
                    self._moved.add(block)
                try:
                    self.values[block] = self._lower(block)
                except CellgradError as error:
                    self.values[block] = Failure(error)

    def _reads_live(self, block: Block) -> bool:
        """Whether a block depends on the live cells, be they inputs or new constants."""
        return any(
            any(live.intersect(region) for live in self.live)
            or any(precedent in self._moved for precedent in self.dependence.touching(region))
            for region in self.dependence.reads(block)
        )

    def value(self, region: Region) -> Values:
        """The values of a region whose blocks have been lowered. Raises the error of a block that failed."""
        if any(member.region.intersect(region) for member in self._open):
            raise NoKernel("a reference of a recurrence to itself that is no plain one")
        known = self._regions.get(region)
        if known is None:
            known = self._regions[region] = self._read(region)
        return known

    def read_anew(self, region: Region) -> Values:
        """The values of a region as they stand now, for a recurrence whose own are not known yet."""
        return self._read(region)

    # Recurrences ------------------------------------------------------------------------------------------------------

    def _lower_together(self, recurrence: Recurrence) -> None:
        members = recurrence.members
        if any(self._reads_live(member) for member in members):
            self._moved.update(members)
        try:
            self._require_precedents(members)
            self.values.update(self._scanned(recurrence))
        except CutFirst as reason:
            self.dependence.cut(members, reason.cut)
            self._lower_parts(members)
        except NoKernel:
            if not self._moved.issuperset(members) and self._is_settled(members):
                for member, values in zip(members, self._computed(members), strict=True):
                    self.values[member] = values
            else:
                self.dependence.take_apart(members)
                self._lower_parts(members)
        except CellgradError as error:
            self.values.update(dict.fromkeys(members, Failure(error)))

    def _scanned(self, recurrence: Recurrence) -> dict[Block, Values]:
        if any(only_the_file_knows(self.dependence.tree(member)) for member in recurrence.members):
            raise NoKernel("it depends on what only the file holds")
        self._open = recurrence.members
        try:
            return lower_recurrence(self, recurrence)
        finally:
            self._open = ()

    def _lower_parts(self, blocks: Sequence[Block]) -> None:
        """Blocks that have been cut, each part on its own; the whole is then known too."""
        self.lower(self.dependence.order(blocks))
        for block in blocks:
            try:
                self.values[block] = self.value(block.region)
            except CellgradError as error:
                self.values[block] = Failure(error)

    def _require_precedents(self, blocks: Sequence[Block]) -> None:
        """Raises the error of a block that one of `blocks` reads, other than themselves."""
        for block in blocks:
            for precedent in self.dependence.precedents(block):
                value = None if precedent in blocks else self.values[precedent]
                if isinstance(value, Failure):
                    raise value.error

    def _is_settled(self, blocks: Sequence[Block]) -> bool:
        """Whether blocks read nothing that depends on the changing cells, other than themselves."""
        for block in blocks:
            for region in self.dependence.reads(block):
                if any(not node.is_constant and live.intersect(region) for live, node in self.live.items()):
                    return False
            for precedent in self.dependence.precedents(block):
                value = None if precedent in blocks else self.values[precedent]
                if isinstance(value, Values) and not value.is_constant:
                    return False
        return True

    # Blocks ----------------------------------------------------------------------------------------------------------

    def _lower(self, block: Block) -> Values:
        tree = self.dependence.tree(block)
        if only_the_file_knows(tree):
            return self._cached(block)
        for region in self.dependence.reads(block):
            for precedent in self.dependence.touching(region):
                value = self.values[precedent]
                if isinstance(value, Failure):
                    raise value.error
        try:
            array = Evaluation(self, block).of(tree)
            return fitted(array, block)
        except NoKernel as reason:
            return self._by_reference(block, tree, str(reason))

    def _cached(self, block: Block) -> Values:
        r = block.region
        if block in self._moved:
            raise UnsupportedError(
                "this formula depends on the changing cells and on what only the file holds (chance, a clock or "
                "another workbook), so its value after a change cannot be known",
                cell=full_name(r.sheet, r.top, r.left),
                formula=self.dependence.text(block),
                action="put the random or outside value in a cell of its own, as a number",
            )
        kinds, data, _ = self.book.sheet(r.sheet).cells.dense(r.top, r.left, r.bottom, r.right)
        missing = np.argwhere(kinds == Kind.BLANK)
        if len(missing):
            row, column = missing[0]
            raise UnsupportedError(
                "only the file can hold this value (chance, a clock or another workbook), and it holds none",
                cell=full_name(r.sheet, r.top + int(row), r.left + int(column)),
                formula=self.dependence.text(block),
                action="recalculate and save the workbook where it was made, or put a value in the cell",
            )
        return constants(kinds, data)

    def _by_reference(self, block: Block, tree: Node, reason: str) -> Values:
        """The block cell by cell; only for blocks that read nothing live."""
        r = block.region
        for region in self.dependence.reads(block):
            if not self.value(region).is_constant:
                raise UnsupportedError(
                    f"this formula depends on the changing cells and cannot be compiled: {reason}",
                    cell=full_name(r.sheet, r.top, r.left),
                    formula=self.dependence.text(block),
                    action="keep it off the way from the changing cells to the objective",
                )
        return self._computed([block])[0]

    def _computed(self, blocks: Sequence[Block]) -> list[Values]:
        """The values of blocks, cell by cell."""
        reference = Reference(self.book, Overrides(self))
        found = []
        for r in (block.region for block in blocks):
            kinds, data = np.zeros((r.height, r.width), np.uint8), np.zeros((r.height, r.width))
            for row, column in r.cells():
                value = reference.value(r.sheet, row, column)
                kind, number = encode(0.0 if value is None else value, self.book.strings)
                kinds[row - r.top, column - r.left], data[row - r.top, column - r.left] = kind, number
            found.append(constants(kinds, data))
        return found

    # Regions ---------------------------------------------------------------------------------------------------------

    def _pieces(self, region: Region) -> Iterator[tuple[Region, Values]]:
        """What computed or live values a region holds, by the part they cover."""
        for live, node in self.live.items():
            part = live.intersect(region)
            if part is not None:
                yield part, part_of(Values(node, int(Kind.NUMBER)), live, part)
        for block in self.dependence.touching(region):
            shared = block.region.intersect(region)
            for part in self._not_live(shared) if shared is not None else ():
                value = self.values[block]
                if isinstance(value, Failure):
                    raise value.error
                yield part, part_of(value, block.region, part)

    def _not_live(self, region: Region) -> list[Region]:
        """The region without live cells: what stands in a live cell, be it a formula, is not read."""
        parts = [region]
        for live in self.live:
            parts = [rest for part in parts for rest in part.minus(live)]
        return parts

    def _read(self, region: Region) -> Values:
        pieces = list(self._pieces(region))
        if len(pieces) == 1 and pieces[0][0] == region:
            return pieces[0][1]
        kinds, data, _ = self.book.sheet(region.sheet).cells.dense(region.top, region.left, region.bottom, region.right)
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


class Overrides(Mapping[tuple[str, int, int], Value]):
    """The constant values of a lowering, cell by cell, for the reference: what is known need not be recomputed.

    Errors are left out, so that the reference finds out which they are.
    """

    def __init__(self, lowering: Lowering) -> None:
        self._lowering = lowering

    def __getitem__(self, key: tuple[str, int, int]) -> Value:
        sheet, row, column = key
        lowering = self._lowering
        cell = Region(sheet, row, column, row + 1, column + 1)
        for live, node in lowering.live.items():
            if cell in live and node.value is not None:
                return float(node.value[row - live.top, column - live.left])
        for block in lowering.dependence.touching(cell):
            values = lowering.values.get(block)
            if isinstance(values, Values) and values.is_constant:
                found = value_at(values, row - block.region.top, column - block.region.left, lowering.book)
                if found is not None:
                    return found
        raise KeyError(key)

    def __iter__(self) -> Iterator[tuple[str, int, int]]:
        raise TypeError("the known cells are looked up, not listed")

    def __len__(self) -> int:
        return len(self._lowering.values)
