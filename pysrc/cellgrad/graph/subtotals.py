"""Which cells of a region SUBTOTAL and AGGREGATE count: not those that hold a subtotal themselves, not hidden rows."""

from __future__ import annotations

import numpy as np

from cellgrad.address import Region
from cellgrad.errors import FormulaError
from cellgrad.formula.tree import Call, walk
from cellgrad.graph.binding import Binder

SUBTOTALS = frozenset({"SUBTOTAL", "AGGREGATE"})


class Subtotals:
    """The cells of a workbook that subtotals leave out; each formula is looked into once."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        self._is_subtotal: dict[int, bool] = {}

    def kept(self, region: Region, *, filtered: bool, hidden: bool, nested: bool) -> np.ndarray:
        """A boolean array of the region's shape: the cells that count.

        filtered: leave out rows that a filter hides. hidden: leave out every hidden row. nested: leave out cells whose
        formula calls SUBTOTAL or AGGREGATE, wherever in it. Source: Microsoft, "SUBTOTAL function" and "AGGREGATE
        function".
        """
        sheet = self._binder.book.sheet(region.sheet)
        kept = np.ones((region.height, region.width), bool)
        gone = sheet.hidden_rows if hidden else sheet.filtered_rows if filtered else ()
        if gone:
            rows = np.asarray(gone) - region.top
            kept[rows[(rows >= 0) & (rows < region.height)]] = False
        if nested:
            for column, part in sheet.cells.entries(region.top, region.left, region.bottom, region.right):
                formulas = sheet.cells.formulas[part]
                inside = [number for number in np.unique(formulas).tolist() if number >= 0 and self._calls_one(number)]
                if inside:
                    kept[sheet.cells.rows[part][np.isin(formulas, inside)] - region.top, column - region.left] = False
        return kept

    def _calls_one(self, formula: int) -> bool:
        known = self._is_subtotal.get(formula)
        if known is None:
            try:
                tree = self._binder.parsed(formula)
                known = any(isinstance(node, Call) and node.function in SUBTOTALS for node in walk(tree))
            except FormulaError:
                known = False
            self._is_subtotal[formula] = known
        return known
