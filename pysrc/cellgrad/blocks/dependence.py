"""Which blocks a workbook has, what each reads, and in which order they can be evaluated.

Blocks that form a circle (a balance that reads the row above) are evaluated together where they make a recurrence;
else they are cut, at last into their cells, and a circle of cells is an error of the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cellgrad.address import Region, full_name
from cellgrad.blocks.block import Block
from cellgrad.blocks.grouping import SheetBlocks
from cellgrad.blocks.landings import Landings, written_out
from cellgrad.blocks.meeting import Regions
from cellgrad.blocks.recurrence import Cut, Recurrence, recurrence_of
from cellgrad.errors import CircularReferenceError, FormulaError
from cellgrad.formula.printing import to_text
from cellgrad.formula.tree import Call, Node, walk
from cellgrad.graph.binding import Binder
from cellgrad.graph.order import components
from cellgrad.graph.precedents import is_uniform, picks_a_place, regions_read, what_is_read
from cellgrad.workbook import Workbook

_SMALL = 16
"""Cells up to which what a region holds is named one by one where blocks are put in order."""


class Dependence:
    """The blocks of a workbook and their dependencies; sheets are grouped and formulas bound when first needed.

    apart: take every block apart into its cells, which is slow and what whole blocks are tested against.
    """

    def __init__(self, book: Workbook, apart: bool = False) -> None:
        self.book = book
        self.apart = apart
        self._sheets: dict[str, SheetBlocks] = {}
        self._binder = Binder(book)
        self._bound: dict[Block, Node | FormulaError] = {}
        self._taken_apart: set[Block] = set()
        self._reasons: dict[Block, str] = {}
        self._pieces: dict[Block, list[Block]] = {}
        self._recurrences: dict[Block, Recurrence] = {}
        self._loops: dict[Block, tuple[Block, ...]] = {}
        self._sheet_numbers = {name: number for number, name in enumerate(book.sheets)}
        self._read: dict[Block, list[Region]] = {}
        self._landings = Landings(book)
        self._unknown: set[Block] = set()
        self._by_place: set[int] = set()
        self._fitting: set[Block] = set()
        self._readers: _Readers | None = None
        self.version = 0
        """Grows whenever blocks are cut or taken apart, so that what was known of their order no longer holds."""

    def sheet_blocks(self, sheet: str) -> list[Block]:
        """Every block of a sheet as it is evaluated: taken apart where it had to be."""
        return [part for block in self._grouped(sheet).blocks for part in self._parts(block, block.region)]

    def _grouped(self, sheet: str) -> SheetBlocks:
        if sheet not in self._sheets:
            self._sheets[sheet] = SheetBlocks(self.book.sheet(sheet))
        return self._sheets[sheet]

    def touching(self, region: Region) -> list[Block]:
        """The blocks that share a cell with `region`."""
        found: list[Block] = []
        for block in self._grouped(region.sheet).touching(region):
            found += self._parts(block, region)
        return found

    def _parts(self, block: Block, region: Region) -> list[Block]:
        pieces = self._pieces.get(block)
        if pieces is not None:
            near = (piece for piece in pieces if piece.region.intersect(region))
            return [part for piece in near for part in self._parts(piece, region)]
        if block.splits and block not in self._taken_apart and (self.apart or not self._fits_together(block)):
            self.take_apart([block], "its cells read regions of different sizes, or different names")
        if block not in self._taken_apart:
            return [block]
        shared = block.region.intersect(region)
        return [block.cell(r, c) for r, c in shared.cells()] if shared else []

    def _fits_together(self, block: Block) -> bool:
        """Whether all cells of the block can be evaluated as one: same bound formula, same sizes read."""
        if block in self._fitting:
            return True
        r = block.region
        try:
            first = self._bind(block, r.top, r.left)
            last = self._bind(block, r.bottom - 1, r.right - 1)
        except FormulaError:
            return True  # the error is the same for all of them, and told when it is needed
        if first != last or not is_uniform(first, r):
            return False
        self._fitting.add(block)
        return True

    def _bind(self, block: Block, row: int, column: int) -> Node:
        try:
            return self._binder.bound(block.formula, block.region.sheet, row, column)
        except FormulaError as error:
            if error.cell is not None:
                raise
            raise type(error)(
                error.cause,
                cell=full_name(block.region.sheet, row, column),
                formula=error.formula or self.text_at(block, row, column),
                position=error.position,
                action=error.action,
            ) from error

    def tree(self, block: Block) -> Node:
        """The bound formula of a block. Raises FormulaError, with the cell, where it cannot be parsed or bound."""
        bound = self._bound.get(block)
        if bound is None:
            try:
                bound = written_out(self._bind(block, block.region.top, block.region.left), block.host)
                if self.by_place(block):
                    bound = self._landings.placed(bound, block.host)
            except FormulaError as error:
                bound = error
            self._bound[block] = bound
        if isinstance(bound, FormulaError):
            raise bound
        return bound

    def ends_in_sum(self, block: Block) -> bool:
        """Whether the last operation of a plain formula is a sum or difference (see `functions.last_sum`)."""
        return not block.array and self._binder.ends_in_sum(block.formula)

    def text(self, block: Block) -> str:
        """The formula of the block's first cell, with its ``=``."""
        return self.text_at(block, block.region.top, block.region.left)

    def text_at(self, block: Block, row: int, column: int) -> str:
        """The formula of one of the block's cells as that cell shows it, with its ``=``."""
        formula = self.book.formulas[block.formula]
        if (formula.row, formula.column) == (row, column) or block.spread:
            return "=" + formula.text
        try:
            tree = self._binder.parsed(block.formula)
        except FormulaError:
            return "=" + formula.text
        return "=" + to_text(tree, row, column)

    def reads(self, block: Block) -> list[Region]:
        """The regions a block reads; none where its formula cannot be bound.

        What OFFSET and INDIRECT come to is found by evaluating their arguments, by the values of the workbook.
        """
        known = self._read.get(block)
        if known is None:
            try:
                tree = self.tree(block)
                known = regions_read(tree, block.host, self.book, self.by_place(block))
                landed = self._landings.regions(tree, block.host, self.by_place(block))
                known += [region for region in landed if region not in known]
            except FormulaError:
                known = known or []
                self._unknown.add(block)
            self._read[block] = known
        return known

    def may_read_anything(self, block: Block) -> bool:
        """Whether what a block reads cannot be told: it cannot be bound, or computes references that cannot be."""
        self.reads(block)
        return block in self._unknown

    def _lands_anywhere(self, block: Block) -> bool:
        return bool(what_is_read(self.tree(block), self.by_place(block))[1])

    def by_place(self, block: Block) -> bool:
        """Whether a block's INDEX of a range reads the place it lands on alone, as OFFSET does.

        It does where the range holds cells that depend on the block (``SUM(B$2:INDEX(B:B,ROW()-1))`` below a column),
        once `order` has come to them; else the whole range is read, which asks nothing of the positions.
        """
        return block.formula in self._by_place

    def _go_by_place(self, circle: list[Block]) -> bool:
        """Whether a circle may be one only because INDEX was taken to read the whole of its range."""
        found = {
            block.formula
            for block in circle
            if not self.by_place(block)
            for node in walk(self.tree(block))
            if picks_a_place(node) or (isinstance(node, Call) and node.function == "OFFSET")
        }
        self._by_place |= found
        self.version += bool(found)
        for block in [block for block in self._bound if block.formula in found]:
            del self._bound[block]
        return bool(found)

    def precedents(self, block: Block) -> list[Block]:
        """The blocks that a block reads directly."""
        return [found for region in self.reads(block) for found in self.touching(region)]

    def order(self, roots: Iterable[Block], circular: dict[Block, CircularReferenceError] | None = None) -> list[Block]:
        """The roots and all they depend on, precedents first; members of a recurrence or a loop stand together.

        circular: takes up the blocks that depend on themselves, with the error of each, which then stand somewhere in
        the order. Without it raises CircularReferenceError, naming the cells, where there are such.
        """
        regions = [root.region for root in roots]
        while True:
            blocks = [block for region in regions for block in self.touching(region)]
            found = self._components(blocks)
            circles = [c for c in found if len(c) > 1 or self._reads_itself(c[0])]
            if not circles:
                return [component[0] for component in found]
            settled = [self._is_settled(circle, circular) for circle in circles]
            if all(settled):
                return [block for component in found for block in self._together(component)]
            self._read.clear()

    def _components(self, blocks: list[Block]) -> list[list[Block]]:
        """The blocks and all they depend on, those that need each other together.

        A region over many blocks is a node of its own, so that a thousand formulas that read it are a thousand edges
        and not a thousand times as many as it has blocks.
        """

        def precedents(node: Block | Region) -> Iterator[Block | Region]:
            if isinstance(node, Region):
                yield from self.touching(node)
                return
            for region in self.reads(node):
                if region.size < _SMALL:
                    yield from self.touching(region)
                else:
                    yield region

        roots: list[Block | Region] = list(blocks)
        found = ([node for node in component if isinstance(node, Block)] for component in components(roots, precedents))
        return [component for component in found if component]

    def _is_settled(self, circle: list[Block], circular: dict[Block, CircularReferenceError] | None) -> bool:
        """Whether it is known what to do about a circle; if not, its blocks have been cut into smaller ones."""
        try:
            return self._is_recurrence(circle)
        except CircularReferenceError as error:
            if self.book.iterate:
                self._loops.update(dict.fromkeys(circle, tuple(sorted(circle, key=self._place))))
            elif circular is None:
                raise
            else:
                circular.update(dict.fromkeys(circle, error))
            return True

    def _reads_itself(self, block: Block) -> bool:
        return any(block.region.intersect(region) for region in self.reads(block))

    def _place(self, block: Block) -> tuple[int, int, int]:
        return self._sheet_numbers[block.region.sheet], block.region.top, block.region.left

    def loop(self, block: Block) -> tuple[Block, ...] | None:
        """The cells that need each other and are iterated together, once `order` has come to them."""
        return self._loops.get(block)

    def recurrence(self, block: Block) -> Recurrence | None:
        """The recurrence that a block is a member of, once `order` has come to it."""
        return self._recurrences.get(block)

    def _together(self, component: list[Block]) -> Iterable[Block]:
        recurrence = self._recurrences.get(component[0])
        return component if recurrence is None else recurrence.members

    def _is_recurrence(self, circle: list[Block]) -> bool:
        """Whether blocks that form a circle are evaluated together; if not, they have been cut into smaller ones."""
        known = self._recurrences.get(circle[0])
        if known is not None and set(known.members) == set(circle):
            return True
        if self._go_by_place(circle):
            return False
        if not any(block.splits for block in circle):
            raise self._circular(circle)
        found = None if any(map(self._lands_anywhere, circle)) else recurrence_of(circle, self.tree, self.book)
        if isinstance(found, Recurrence):
            self._recurrences.update(dict.fromkeys(found.members, found))
            return True
        if isinstance(found, Cut):
            self.cut(circle, found)
            return False
        self.take_apart(circle, "it depends on itself in no regular order")
        return False

    def cut(self, blocks: Iterable[Block], lines: Cut) -> None:
        """Cut blocks along lines: from now on their pieces are blocks of their own."""
        self.version += 1
        for block in blocks:
            regions = lines.pieces(block.region) if block.splits else []
            if len(regions) > 1:
                self._pieces[block] = [replace(block, region=region) for region in regions]
            self._recurrences.pop(block, None)

    def take_apart(self, blocks: Iterable[Block], reason: str) -> None:
        """Take blocks apart: from now on each of their cells is a block of its own. `reason`, in words, is kept."""
        self.version += 1
        for block in blocks:
            if block.splits:
                self._taken_apart.add(block)
                self._reasons[block] = reason
            self._recurrences.pop(block, None)

    def in_words(self, cell: Region) -> tuple[str | None, str | None]:
        """(the recurrence that a cell is part of, why it was taken out of a block), once `order` has come to it."""
        found = (self._recurrences.get(block) for block in self.touching(cell))
        recurrence = next((str(one) for one in found if one is not None), None)
        reason = next((why for block, why in self._reasons.items() if cell in block.region), None)
        return recurrence, None if self.apart else reason

    def _circular(self, circle: list[Block]) -> CircularReferenceError:
        names = [str(block.region) for block in circle[:4]] + (["..."] if len(circle) > 4 else [])
        first = circle[0]
        return CircularReferenceError(
            f"the formula depends on itself, by way of {' -> '.join([*names, names[0]])}",
            cell=full_name(first.region.sheet, first.region.top, first.region.left),
            formula=self.text(first),
            action="break the circle, or put a value in one of its cells",
        )

    def all_blocks(self) -> list[Block]:
        """Every block of the workbook."""
        return [block for sheet in self.book.sheets for block in self.sheet_blocks(sheet)]

    def dependents(self, regions: Iterable[Region]) -> list[Block]:
        """Every block that depends, directly or not, on a cell of `regions`, or that may, for all that can be told."""
        readers = self._who_reads_what()
        found: dict[Block | Region, None] = dict.fromkeys(readers.of_anything)
        for read in readers.reads.meeting(Regions(regions)):
            found.update(dict.fromkeys(readers.of[read]))
        stack = list(found)
        while stack:
            for reader in readers.of.get(stack.pop(), ()):
                if reader not in found:
                    found[reader] = None
                    stack.append(reader)
        return [node for node in found if isinstance(node, Block)]

    def _who_reads_what(self) -> _Readers:
        """Found once, and again when blocks have been cut since."""
        if self._readers is None or self._readers.version != self.version:
            of: dict[Block | Region, list[Block | Region]] = {}
            of_anything: list[Block] = []
            reads: dict[Region, None] = {}
            for block in self.all_blocks():
                if self.may_read_anything(block):
                    of_anything.append(block)
                for read in self.reads(block):
                    if read not in reads:
                        reads[read] = None
                        for precedent in self.touching(read):
                            of.setdefault(precedent, []).append(read)
                    of.setdefault(read, []).append(block)
            self._readers = _Readers(self.version, of, Regions(reads), of_anything)
        return self._readers


@dataclass(frozen=True)
class _Readers:
    """Who reads what, as things were at a version of the dependencies.

    of: by a region the blocks that read it, by a block the regions it has cells in. reads: all that is read.
    of_anything: the blocks of which that cannot be told.
    """

    version: int
    of: dict[Block | Region, list[Block | Region]]
    reads: Regions
    of_anything: list[Block]
