"""Which blocks a workbook has, what each reads, and in which order they can be evaluated.

A block that takes part in a circle (a balance that reads the row above) is taken apart into its cells; a circle of
cells is an error of the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable

from cellgrad.address import Region, full_name
from cellgrad.blocks.block import Block
from cellgrad.blocks.grouping import SheetBlocks
from cellgrad.errors import CircularReferenceError, FormulaError
from cellgrad.formula.printing import to_text
from cellgrad.formula.tree import Call, Node, walk
from cellgrad.graph.binding import Binder
from cellgrad.graph.order import components
from cellgrad.graph.precedents import is_uniform, regions_read
from cellgrad.workbook import Workbook

COMPUTE_REFERENCES = frozenset({"OFFSET", "INDIRECT"})
"""Functions that make a reference out of values: their formulas read cells that they do not name."""


class Dependence:
    """The blocks of a workbook and their dependencies; sheets are grouped and formulas bound when first needed.

    apart: take every block apart into its cells, which is slow and what whole blocks are tested against.
    """

    def __init__(self, book: Workbook, apart: bool = False) -> None:
        self.book = book
        self._apart = apart
        self._sheets: dict[str, SheetBlocks] = {}
        self._binder = Binder(book)
        self._bound: dict[Block, Node | FormulaError] = {}
        self._taken_apart: set[Block] = set()
        self._read: dict[Block, list[Region]] = {}

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
        if block.splits and block not in self._taken_apart and (self._apart or not self._fits_together(block)):
            self._taken_apart.add(block)
        if block not in self._taken_apart:
            return [block]
        shared = block.region.intersect(region)
        return [block.cell(r, c) for r, c in shared.cells()] if shared else []

    def _fits_together(self, block: Block) -> bool:
        """Whether all cells of the block can be evaluated as one: same bound formula, same sizes read."""
        r = block.region
        try:
            first = self._bind(block, r.top, r.left)
            last = self._bind(block, r.bottom - 1, r.right - 1)
        except FormulaError:
            return True  # the error is the same for all of them, and told when it is needed
        return first == last and is_uniform(first, r)

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
                bound = self._bind(block, block.region.top, block.region.left)
            except FormulaError as error:
                bound = error
            self._bound[block] = bound
        if isinstance(bound, FormulaError):
            raise bound
        return bound

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
        """The regions a block reads; none where its formula cannot be bound."""
        known = self._read.get(block)
        if known is None:
            try:
                known = regions_read(self.tree(block), block.host, self.book)
            except FormulaError:
                known = []
            self._read[block] = known
        return known

    def may_read_anything(self, block: Block) -> bool:
        """Whether what a block reads cannot be told from its formula: it computes references, or cannot be bound."""
        try:
            tree = self.tree(block)
        except FormulaError:
            return True
        return any(isinstance(node, Call) and node.function in COMPUTE_REFERENCES for node in walk(tree))

    def precedents(self, block: Block) -> list[Block]:
        """The blocks that a block reads directly."""
        return [found for region in self.reads(block) for found in self.touching(region)]

    def order(self, roots: Iterable[Block]) -> list[Block]:
        """The roots and all they depend on, precedents first.

        Raises CircularReferenceError, naming the cells, where cells depend on themselves.
        """
        regions = [root.region for root in roots]
        while True:
            blocks = [block for region in regions for block in self.touching(region)]
            found = components(blocks, self.precedents)
            circles = [c for c in found if len(c) > 1 or c[0] in self.precedents(c[0])]
            apart = {block for circle in circles for block in circle if block.splits}
            if not circles:
                return [component[0] for component in found]
            if not apart:
                raise self._circular(circles[0])
            self._taken_apart |= apart
            self._read.clear()

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
        readers: dict[Block, list[Block]] = {}
        touched: list[Block] = []
        regions = list(regions)
        for block in self.all_blocks():
            if self.may_read_anything(block):
                touched.append(block)
            for read in self.reads(block):
                if any(read.intersect(region) for region in regions):
                    touched.append(block)
                for precedent in self.touching(read):
                    readers.setdefault(precedent, []).append(block)
        found = dict.fromkeys(touched)
        stack = list(found)
        while stack:
            for reader in readers.get(stack.pop(), ()):
                if reader not in found:
                    found[reader] = None
                    stack.append(reader)
        return list(found)
