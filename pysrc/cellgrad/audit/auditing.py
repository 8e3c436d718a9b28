"""Auditing a workbook: every formula cell recomputed, and compared with what the file holds or LibreOffice computes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cellgrad.address import full_name, parse_region
from cellgrad.audit.buckets import Audit, Failed, Mismatch
from cellgrad.audit.origins import Origins, Place
from cellgrad.audit.second_opinion import computed_by_libreoffice
from cellgrad.blocks.block import Block
from cellgrad.blocks.data_tables import data_table_cells
from cellgrad.blocks.dependence import Dependence
from cellgrad.blocks.outside import lacks_values
from cellgrad.errors import CellgradError, FormulaError
from cellgrad.formula.tree import Call, walk
from cellgrad.functions.registry import FUNCTIONS
from cellgrad.graph.precedents import only_the_file_knows
from cellgrad.hosts import package
from cellgrad.program.recalculate import recalculate
from cellgrad.values import Kind
from cellgrad.workbook import Workbook, decode

TOLERANCE = 1e-9
TINY = 1e-15
"""Numbers closer than this agree whatever their size: what is left where terms cancel."""


def audit(path: str | Path, tolerance: float = TOLERANCE, against: str = "file") -> Audit:
    """Recompute every formula cell of a workbook and compare.

    tolerance: relative, for numbers; everything else must be equal. against: ``file``, the values stored with the
    formulas, or ``libreoffice``, what LibreOffice computes now. Raises FileError for a file that cannot be read,
    ArgumentError where LibreOffice is asked for and not installed.
    """
    path = Path(path)
    book = package.read(path)
    other = book if against == "file" else computed_by_libreoffice(path)
    return _Auditing(Dependence(book), other, tolerance, Audit(str(path), against)).run()


class _Auditing:
    """One audit under way."""

    def __init__(self, dependence: Dependence, other: Workbook, tolerance: float, found: Audit) -> None:
        self.dependence = dependence
        self.book = dependence.book
        self.other = other
        self.tolerance = tolerance
        self.found = found
        self.differing: dict[Place, Block] = {}
        self.missed: set[int] = set()
        self.formulas: Counter[int] = Counter()

    def run(self) -> Audit:
        found, dependence = self.found, self.dependence
        blocks = dependence.all_blocks()
        result = recalculate(dependence, blocks, {})
        blocks = list(dict.fromkeys(part for root in blocks for part in dependence.touching(root.region)))
        volatile, external = self._frozen(blocks)
        for block in blocks:
            size, whole = block.region.size, found.matched
            found.formulas += size
            self.formulas[block.formula] += size
            if block not in result.blocks:
                error = result.failures.get(block) or next(
                    error for failed, error in result.failures.items() if failed.region.intersect(block.region)
                )
                self._failure(block, error)
            elif block in volatile:
                found.volatile += size
            elif block in external:
                found.external += size
            else:
                self._compare(block, *result.blocks[block])
            if found.matched != whole + size:
                self.missed.add(block.formula)
        found.data_tables = data_table_cells(self.book)
        found.distinct = len(self.formulas)
        found.distinct_matched = len(self.formulas.keys() - self.missed)
        self._trace()
        return found

    def _frozen(self, blocks: list[Block]) -> tuple[set[Block], set[Block]]:
        """Blocks that change on every recalculation, with all that depends on them, and blocks that read outside."""
        changing, outside = [], set()
        for block in blocks:
            try:
                tree = self.dependence.tree(block)
            except FormulaError:
                continue
            if lacks_values(self.dependence, block):
                outside.add(block)
            elif only_the_file_knows(tree):
                calls = (node.function for node in walk(tree) if isinstance(node, Call))
                if any(name in FUNCTIONS and FUNCTIONS[name].volatile for name in calls):
                    changing.append(block)
                else:
                    outside.add(block)
        depend = self.dependence.dependents([block.region for block in changing]) if changing else []
        return {*changing, *depend}, outside

    # What could not be evaluated --------------------------------------------------------------------------------------

    def _failure(self, block: Block, error: CellgradError) -> None:
        lacking = next(self._lacking(block), None) or next(
            (name for origin in self._origin(error) for name in self._lacking(origin)), None
        )
        if lacking is None:
            self.found.errors += block.region.size
        else:
            self.found.unsupported[lacking] += block.region.size
        self.found.failed.append(Failed(block.region, error))

    def _origin(self, error: CellgradError) -> list[Block]:
        """The block of the cell that an error names."""
        return [] if error.cell is None else self.dependence.touching(parse_region(error.cell, ""))

    def _lacking(self, block: Block) -> Iterator[str]:
        """The functions of a block's formula that are not in the registry."""
        try:
            for node in walk(self.dependence.tree(block)):
                if isinstance(node, Call) and node.function not in FUNCTIONS:
                    yield node.function
        except FormulaError:
            return

    # What could -------------------------------------------------------------------------------------------------------

    def _compare(self, block: Block, kinds: np.ndarray, data: np.ndarray) -> None:
        found, other, r, strings = self.found, self.other, block.region, self.book.strings
        found.error_values += int((kinds == Kind.ERROR).sum())
        theirs, values, _ = other.sheet(r.sheet).cells.dense(r.top, r.left, r.bottom, r.right)
        blank = theirs == Kind.BLANK
        size = np.maximum(np.abs(data), np.abs(values))
        far = np.where(kinds == Kind.NUMBER, self.tolerance * size + TINY, 0)
        same = (kinds == theirs) & (np.abs(data - values) <= far)
        if other is not self.book:  # texts are numbered workbook by workbook
            for row, column in np.argwhere((kinds == Kind.TEXT) & (theirs == Kind.TEXT)).tolist():
                same[row, column] = strings[int(data[row, column])] == other.strings[int(values[row, column])]
        found.no_cached_value += int(blank.sum())
        found.matched += int((same & ~blank).sum())
        for row, column in np.argwhere(~same & ~blank).tolist():
            place = r.sheet, r.top + row, r.left + column
            self.differing[place] = block
            found.mismatched.append(
                Mismatch(
                    full_name(*place),
                    self.dependence.text_at(block, *place[1:]),
                    decode(int(theirs[row, column]), float(values[row, column]), other.strings),
                    decode(int(kinds[row, column]), float(data[row, column]), strings),
                    origin="",
                )
            )

    def _trace(self) -> None:
        """Tells of each cell that differs where the difference begins."""
        origins = Origins(self.dependence, self.differing.items())
        self.found.mismatched = [
            Mismatch(m.cell, m.formula, m.cached, m.computed, full_name(*origins.of(place)))
            for m, place in zip(self.found.mismatched, self.differing, strict=True)
        ]
