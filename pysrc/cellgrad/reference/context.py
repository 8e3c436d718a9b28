"""What the functions that ask for it are told about the workbook and the cell they stand in."""

from __future__ import annotations

import numpy as np

from cellgrad.address import Region
from cellgrad.errors import FormulaError
from cellgrad.formula.as_seen import as_seen, stands_for_operators
from cellgrad.formula.printing import to_text
from cellgrad.functions.context import OnlyTheFileKnows
from cellgrad.functions.operands import Areas, Matrix
from cellgrad.graph.subtotals import Subtotals
from cellgrad.graph.textual import names_another_book, regions_of_text
from cellgrad.reference.cells import Cells
from cellgrad.reference.host import Host
from cellgrad.workbook import Workbook


class CellContext:
    """The workbook as the formula of one cell sees it: a `Context` for the functions that ask for one."""

    def __init__(self, cells: Cells, subtotals: Subtotals, host: Host) -> None:
        self._cells = cells
        self._subtotals = subtotals
        self._host = host

    @property
    def book(self) -> Workbook:
        return self._cells.book

    @property
    def date_1904(self) -> bool:
        return self.book.date1904

    @property
    def host(self) -> Region:
        return self._host.region

    @property
    def sheets(self) -> tuple[str, ...]:
        return tuple(self.book.sheets)

    def formula(self, sheet: str, row: int, column: int) -> str | None:
        """As the formula bar shows it, an array formula that does not spill in braces.

        Source: Microsoft, "FORMULATEXT function"; for the braces T. Mehta, "FORMULATEXT function", figure 2.
        """
        if self.book.formula(sheet, row, column) is None:
            return None
        task = self._cells.task((self.book.sheet(sheet).name, row, column))
        text = self._cells.shown(task, None)[0]
        try:
            if stands_for_operators(text):
                tree = self._cells.binder.parsed(self._cells.formula_number(task))
                text = "=" + to_text(tree, task[1], task[2])
            text = as_seen(text)
        except FormulaError:  # no formula that anybody can read: as it is in the file
            return text
        array = self._cells.array_at(*task)
        return text if array is None or array.dynamic else f"{{{text}}}"

    def reference(self, text: str, a1: bool = True) -> Areas | None:
        if names_another_book(text):
            raise OnlyTheFileKnows(f"the reference into another workbook, {text},")
        here = Region(self._host.sheet, self._host.row, self._host.column, self._host.row + 1, self._host.column + 1)
        regions = regions_of_text(text, self.book, here, a1)
        return None if regions is None else Areas(regions)

    def read(self, areas: Areas) -> Matrix:
        return self._cells.read(areas, clip=True)

    def kept(self, region: Region, *, filtered: bool, hidden: bool, nested: bool) -> np.ndarray:
        used = self._cells.clipped(region)
        return self._subtotals.kept(used, filtered=filtered, hidden=hidden, nested=nested)
