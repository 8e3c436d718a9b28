"""Lowering: from blocks of formulas to tensor expressions over whole regions.

Live are the changing cells: their values are input nodes. Everything else folds as it is built, so a block that does
not depend on them comes out constant. What no kernel covers is evaluated cell by cell by the reference, as long as it
is constant; where it is live the model is refused, with the cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region, full_name
from cellgrad.blocks.block import Block
from cellgrad.blocks.dependence import Dependence
from cellgrad.blocks.outside import lacks_values
from cellgrad.blocks.recurrence import Recurrence
from cellgrad.errors import CellgradError, CircularReferenceError, UnsupportedError
from cellgrad.formula.tree import Node, walk
from cellgrad.functions.arrays import NoKernel, Texts, kind_node, simple_kind
from cellgrad.functions.operands import Areas
from cellgrad.graph.precedents import is_anchored, only_the_file_knows
from cellgrad.graph.whole_columns import BLANKS
from cellgrad.program.evaluation import Evaluation
from cellgrad.program.landing import is_computed, landed
from cellgrad.program.loops import lower_loop
from cellgrad.program.overrides import LiveCell, Overrides
from cellgrad.program.recurrences import CutFirst, lower_recurrence
from cellgrad.program.settled import Evaluated, Failure
from cellgrad.program.sources import Sources
from cellgrad.program.together import in_turn
from cellgrad.program.values import Values, assembled, constants, fitted, part_of
from cellgrad.reference import Reference
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.values import CellError, Kind
from cellgrad.workbook import Workbook, encode

_SMALL = 64
"""Cells up to which a region is put together block by block."""


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
        self.values = Evaluated(self.book, known or {})
        self.texts = Texts(self.book.strings, self.book.date1904)
        self._regions: dict[Region, Values] = {}
        self.totals: dict[tuple[str, str, int, int, int], tuple[int, Tensor]] = {}  # what growing.py has added up
        self.moved: set[Block] = set()
        self._open: tuple[Block, ...] = ()
        self._pending: set[Block] = set()
        self.reference = Reference(self.book, Overrides(self), exact=bool(live))
        self.sources = Sources(self.book, self.live, self.values, self.moved)

    def lower(self, blocks: Iterable[Block]) -> None:
        """Evaluate blocks, given precedents first; those already known are skipped."""
        for block in in_turn(self, blocks):
            if block in self.values:
                continue
            recurrence = self.dependence.recurrence(block)
            loop = self.dependence.loop(block)
            if loop is not None:
                self._lower_loop(loop)
            elif recurrence is not None:
                self._lower_together(recurrence)
            else:
                if self._reads_live(block):
                    self.moved.add(block)
                self._pending.add(block)
                try:
                    self.values[block] = self._lower(block)
                except CellgradError as error:
                    self.values[block] = Failure(error)
                self._pending.discard(block)

    def ensure(self, region: Region) -> None:
        """Evaluate what is not known yet of a region that a computed reference has led to.

        Raises CircularReferenceError where that is under way itself.
        """
        for block in self.dependence.touching(region):
            if block in self.values or block in self._open:
                continue
            if block in self._pending:
                raise CircularReferenceError(
                    "the formula depends on itself, by way of a reference that it computes",
                    cell=full_name(block.region.sheet, block.region.top, block.region.left),
                    formula=self.dependence.text(block),
                    action="break the circle, or put a value in one of its cells",
                )
            self.lower(self.dependence.order([block]))

    def areas(self, tree: Node, host: Region) -> list[Areas | CellError | None]:
        """What a computed reference comes to in every cell of a block. Raises LiveCell where that is not settled."""
        if is_anchored(tree):
            return [self.reference.areas(tree, host.sheet, host.top, host.left)] * host.size
        return [self.reference.areas(tree, host.sheet, row, column) for row, column in host.cells()]

    def used(self, short: bool) -> tuple[int, int]:
        """How far whole columns and rows are read: what any sheet holds, and if `short` what stands for the rest."""
        rows = max((sheet.cells.extent[0] for sheet in self.book.every_sheet), default=0)
        columns = max((sheet.cells.extent[1] for sheet in self.book.every_sheet), default=0)
        more = BLANKS if short else 0
        return min(rows + more, MAX_ROWS), min(columns + more, MAX_COLUMNS)

    def _reads_live(self, block: Block) -> bool:
        """Whether a block depends on the live cells, be they inputs or new constants."""
        return bool(self.live or self.moved) and any(
            any(live.intersect(region) for live in self.live)
            or any(precedent in self.moved for precedent in self.dependence.touching(region))
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
            self.moved.update(members)
        try:
            self._require_precedents(members)
            found = self._scanned(recurrence)
            self.values.update(found)
            if self._ends_in_zeros(found):
                for member in members:
                    del self.values[member]
                self.forget_regions()
                self.values.update(zip(members, self._computed(members), strict=True))
        except CutFirst as reason:
            self.dependence.cut(members, reason.cut)
            self._lower_parts(members)
        except NoKernel as reason:
            if not self.moved.issuperset(members) and self._is_settled(members):
                for member, values in zip(members, self._computed(members), strict=True):
                    self.values[member] = values
            else:
                self.dependence.take_apart(members, str(reason))
                self._lower_parts(members)
        except CellgradError as error:
            self.values.update(dict.fromkeys(members, Failure(error)))

    def _ends_in_zeros(self, found: Mapping[Block, Values]) -> bool:
        """Whether a constant recurrence comes to very small numbers that cells show as 0 and hand on as 0."""
        for block, values in found.items():
            if self.dependence.ends_in_sum(block) and values.data.value is not None:
                shown = self.evaluated(block).data.value
                if shown is not None and bool(((shown == 0) & (values.data.value != 0)).any()):
                    return True
        return False

    def _scanned(self, recurrence: Recurrence) -> dict[Block, Values]:
        members, tree = recurrence.members, self.dependence.tree
        if any(only_the_file_knows(tree(member)) or lacks_values(self.dependence, member) for member in members):
            raise NoKernel("it depends on what only the file holds")
        self._open = members
        try:
            return lower_recurrence(self, recurrence)
        finally:
            self._open = ()

    def _lower_loop(self, members: Sequence[Block]) -> None:
        """Cells that need each other, in a workbook that iterates."""
        if any(self._reads_live(member) for member in members):
            self.moved.update(members)
        try:
            self._require_precedents(members)
            if self._is_settled(members):
                self.values.update(zip(members, self._computed(members), strict=True))
            else:
                self.values.update(lower_loop(self, members))
        except NoKernel as reason:
            self.values.update(dict.fromkeys(members, Failure(self._not_compiled(members[0], str(reason)))))
        except CellgradError as error:
            self.values.update(dict.fromkeys(members, Failure(error)))

    def evaluated(self, block: Block) -> Values:
        """The values of a block by what is known now, for a loop whose members change. Raises NoKernel."""
        evaluation = Evaluation(self, block)
        return fitted(evaluation.whole(landed(evaluation, self.dependence.tree(block))), block)

    def forget_regions(self) -> None:
        """Read every region anew: the values of some blocks have changed."""
        self._regions, self.totals = {}, {}

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
        if lacks_values(self.dependence, block):
            return self._cell_by_cell(block) if block.splits else self._cached(block)
        for region in self.dependence.reads(block) if self.values.failures else ():
            for precedent in self.dependence.touching(region):
                value = self.values[precedent]
                if isinstance(value, Failure):
                    raise value.error
        evaluation = Evaluation(self, block)
        try:
            return fitted(evaluation.whole(landed(evaluation, tree)), block)
        except NoKernel as reason:
            if block.splits and any(is_computed(node) for node in walk(tree)):
                return self._cell_by_cell(block)
            return self._by_reference(block, tree, str(reason))

    def _cell_by_cell(self, block: Block) -> Values:
        """A block whose cells cannot be evaluated as one, one after another."""
        r = block.region
        found = [(self._lower(block.cell(row, column)), (row - r.top, column - r.left)) for row, column in r.cells()]
        kinds = {values.kind for values, _ in found if isinstance(values.kind, int)}
        data = t.assemble((r.height, r.width), [(values.data, at) for values, at in found])
        if len(kinds) == 1 and all(isinstance(values.kind, int) for values, _ in found):
            return Values(data, kinds.pop())
        nodes = [(t.broadcast(kind_node(values.kind), (1, 1)), at) for values, at in found]
        return Values(data, simple_kind(t.assemble((r.height, r.width), nodes)))

    def _cached(self, block: Block) -> Values:
        r = block.region
        if block in self.moved:
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
        for region in self.dependence.reads(block):
            if not self.value(region).is_constant:
                if block.splits:
                    return self._cell_by_cell(block)
                raise self._not_compiled(block, reason)
        try:
            return self._computed([block])[0]
        except LiveCell:
            raise self._not_compiled(block, reason) from None

    def _not_compiled(self, block: Block, reason: str) -> UnsupportedError:
        return UnsupportedError(
            f"this formula depends on the changing cells and cannot be compiled: {reason}",
            cell=full_name(block.region.sheet, block.region.top, block.region.left),
            formula=self.dependence.text(block),
            action="keep it off the way from the changing cells to the objective",
        )

    def _computed(self, blocks: Sequence[Block]) -> list[Values]:
        """The values of blocks, cell by cell."""
        found = []
        for r in (block.region for block in blocks):
            kinds, data = np.zeros((r.height, r.width), np.uint8), np.zeros((r.height, r.width))
            for row, column in r.cells():
                value = self.reference.value(r.sheet, row, column)
                kind, number = encode(0.0 if value is None else value, self.book.strings)
                kinds[row - r.top, column - r.left], data[row - r.top, column - r.left] = kind, number
            found.append(constants(kinds, data))
        return found

    # Regions ---------------------------------------------------------------------------------------------------------

    def value_aside(self, region: Region, block: Block) -> Values:
        """The values of a region in which whatever depends on a block is an error; the rest is evaluated at need."""
        later = {block, *self._pending, *self._open, *self.dependence.dependents([block.region])}
        for found in self.dependence.touching(region):
            if found not in later:
                self.ensure(found.region)
        return self._read(region, frozenset(later))

    def _pieces(self, region: Region, without: frozenset[Block] = frozenset()) -> Iterator[tuple[Region, Values]]:
        """What computed or live values a region holds, by the part they cover; those of some blocks are errors."""
        for live, node in self.live.items():
            part = live.intersect(region)
            if part is not None:
                yield part, part_of(Values(node, int(Kind.NUMBER)), live, part)
        for block in self.dependence.touching(region):
            shared = block.region.intersect(region)
            for part in self._not_live(shared) if shared is not None else ():
                if block in without:
                    yield part, Values(t.broadcast(t.NAN, (part.height, part.width)), int(Kind.NUMBER))
                    continue
                if block not in self.values:  # nobody could tell beforehand that it would be read
                    self.ensure(block.region)
                value = self.values[block]
                if isinstance(value, Failure):
                    raise value.error
                yield part, part_of(value, block.region, part)

    def pieces_known(self, region: Region) -> Iterator[tuple[Region, Values]]:
        """As `_pieces`, of the blocks alone that have been evaluated so far, and to no error."""
        for live, node in self.live.items():
            part = live.intersect(region)
            if part is not None:
                yield part, part_of(Values(node, int(Kind.NUMBER)), live, part)
        for block in self.dependence.touching(region):
            shared, value = block.region.intersect(region), self.values.get(block)
            if shared is not None and isinstance(value, Values):
                for part in self._not_live(shared):
                    yield part, part_of(value, block.region, part)

    def _not_live(self, region: Region) -> list[Region]:
        """The region without live cells: what stands in a live cell, be it a formula, is not read."""
        parts = [region]
        for live in self.live:
            parts = [rest for part in parts for rest in part.minus(live)]
        return parts

    def _picked(self, region: Region) -> Values:
        """The values of a region that many blocks have a part in: an operation a source, and none a block."""
        for block in self.dependence.touching(region):
            if block not in self.values:  # nobody could tell beforehand that it would be read
                self.ensure(block.region)
            value = self.values[block]
            if isinstance(value, Failure) and self._not_live(block.region):
                raise value.error
        return self.sources.of_region(region)

    def _read(self, region: Region, without: frozenset[Block] = frozenset()) -> Values:
        whole = region.size > _SMALL and not without and not any(live.intersect(region) for live in self.live)
        if whole and (cells := self.values.cells(region)) is not None:
            return constants(*cells)
        if region.size > _SMALL and not without and len(self.dependence.touching(region)) > _SMALL:
            return self._picked(region)
        pieces = [*self._pieces(region, without)]
        if len(pieces) == 1 and pieces[0][0] == region:
            return pieces[0][1]
        kinds, data, _ = self.book.sheet(region.sheet).cells.dense(region.top, region.left, region.bottom, region.right)
        return assembled(region, kinds, data, pieces)
