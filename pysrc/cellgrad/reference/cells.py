"""Cells as a formula reads them: values given, values in the file, results of formulas computed so far."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

import numpy as np

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region, quote_sheet
from cellgrad.errors import FormulaError, UnsupportedError
from cellgrad.formula.printing import shown_in
from cellgrad.functions.operands import Areas, Matrix
from cellgrad.graph.binding import Binder
from cellgrad.reference.host import CachedIsData, Cell, Needs
from cellgrad.values import CellError, Kind, Value
from cellgrad.workbook import ArrayFormula, Workbook, decode

_MOST_CELLS = 5_000_000
_MOST_CELLS_KEPT = 20_000_000
"""Cells of all regions kept after they have been read; those read longest ago are read anew when asked for again."""
_NOT_GIVEN = object()


@runtime_checkable
class KnownByRegion(Protocol):
    """Overrides that tell at once what they hold of a whole region."""

    def known(self, region: Region) -> Iterable[tuple[Region, list[list[Value]]]]:
        """Parts of the region and their values; None where one is not known."""


class Cells:
    """The cells of a workbook; `peek` and `read` raise `Needs` where a formula must be computed first.

    overrides: values that stand in for what the cells hold. results: what formulas came to, by the cell that holds
    the formula: a Matrix of an array formula. extent: rows and columns beyond which no sheet holds anything.
    iterating: cells of a circle, whose values are still moving.
    """

    def __init__(self, book: Workbook, binder: Binder, overrides: Mapping[Cell, Value] | None) -> None:
        self.book = book
        self.binder = binder
        self.overrides = overrides
        self.results: dict[Cell, Value | Matrix] = {}
        self.iterating: frozenset[Cell] = frozenset()
        self._numbers: dict[Cell, int] = {}
        self._arrays: dict[str, dict[tuple[int, int], ArrayFormula]] = {}
        self._regions: OrderedDict[Region, Matrix] = OrderedDict()
        self._kept = 0
        self._from_top: dict[tuple[str, int, int, int], Matrix] = {}
        self._to_bottom: dict[tuple[str, int, int, int], Matrix] = {}
        self.extent = self._used()

    def task(self, cell: Cell) -> Cell:
        """The cell whose formula gives this one its value: the anchor of an array formula, or itself."""
        array = self.array_at(*cell)
        return cell if array is None else (cell[0], array.region.top, array.region.left)

    def array_at(self, sheet: str, row: int, column: int) -> ArrayFormula | None:
        """The array formula that fills a cell."""
        found = self._arrays.get(sheet)
        if found is None:
            arrays = self.book.sheet(sheet).arrays
            found = self._arrays[sheet] = {cell: array for array in arrays for cell in array.region.cells()}
        return found.get((row, column))

    def formula_number(self, cell: Cell) -> int:
        number = self._numbers.get(cell)
        if number is None:
            cells = self.book.sheets[cell[0]].cells
            number = self._numbers[cell] = int(cells.formulas[cells.find(cell[1], cell[2])])
        return number

    def shown(self, cell: Cell, position: int | None) -> tuple[str, int | None]:
        """The formula of a cell as it is seen there, and the place in it."""
        number = self.formula_number(cell)
        written = self.book.formulas[number]
        if (written.row, written.column) == cell[1:]:
            return "=" + written.text, position
        try:
            return shown_in(self.binder.parsed(number), cell[1], cell[2], position)
        except FormulaError:  # it cannot be parsed, which is what is being reported: show it as written
            return "=" + written.text, position

    def peek(self, cell: Cell) -> Value:
        """A cell's value if it is known; raises Needs for a formula that is not computed yet."""
        if self.overrides is not None:
            given = self.overrides.get(cell, _NOT_GIVEN)
            if given is not _NOT_GIVEN:
                return given  # type: ignore[return-value]
        known = self.results.get(cell)
        if known is not None and not isinstance(known, Matrix):
            return known
        sheet, row, column = cell
        cells = self.book.sheet(sheet).cells
        entry = cells.find(row, column)
        if entry < 0:
            if sheet in self.book.external_sheets:
                raise _not_held(sheet)
            return None
        if cells.formulas[entry] < 0:
            return decode(int(cells.kinds[entry]), float(cells.data[entry]), self.book.strings)
        self._numbers[cell] = int(cells.formulas[entry])
        return self._result(cell)

    def _result(self, cell: Cell) -> Value:
        task = self.task(cell)
        if task not in self.results:
            raise Needs([task])
        result = self.results[task]
        if not isinstance(result, Matrix):
            return result
        row, column = cell[1] - task[1], cell[2] - task[2]
        return result.rows[row][column] if row < result.height and column < result.width else None

    def read(self, areas: Areas, clip: bool = False) -> Matrix:
        """The cells of one region as a Matrix; `clip`: leave out what lies beyond the used cells of whole columns."""
        if len(areas.regions) != 1:
            return Matrix(((CellError.VALUE,),))
        region = areas.regions[0]
        kept = self.clipped(region) if clip else region
        if region.sheet in self.book.external_sheets and not self.book.is_held(kept):
            raise _not_held(region.sheet)
        if kept.size > _MOST_CELLS:
            raise UnsupportedError(
                f"this formula computes with all {kept.size:,} cells of {region}",
                action="name the rows that hold data instead of whole columns",
            )
        found = self._regions.get(kept)
        if found is None:
            found = self._read_cells(kept) if self._is_iterating(kept) else self._read_and_kept(kept)
        elif self._kept > _MOST_CELLS_KEPT // 2:
            self._regions.move_to_end(kept)
        return found if kept is region else dataclasses.replace(found, beyond=region.size - kept.size)

    def _read_and_kept(self, region: Region) -> Matrix:
        """A region, by way of what has been read of one with the same first or last row: ``A$1:A2``, ``A$1:A3``, ..."""
        first = (region.sheet, region.top, region.left, region.right)
        last = (region.sheet, region.bottom, region.left, region.right)
        above, below = self._from_top.get(first), self._to_bottom.get(last)
        if above is not None and above.height >= region.height:
            found = Matrix(above.rows[: region.height])
        elif below is not None and below.height >= region.height:
            found = Matrix(below.rows[below.height - region.height :])
        elif above is not None:
            rest = dataclasses.replace(region, top=region.top + above.height)
            found = Matrix(above.rows + self._read_cells(rest).rows)
        elif below is not None:
            rest = dataclasses.replace(region, bottom=region.bottom - below.height)
            found = Matrix(self._read_cells(rest).rows + below.rows)
        else:
            found = self._read_cells(region)
        if above is None or above.height < found.height:
            self._from_top[first] = found
        if below is None or below.height < found.height:
            self._to_bottom[last] = found
        self._regions[region] = found
        self._kept += region.size
        while self._kept > _MOST_CELLS_KEPT:
            self._kept -= self._regions.popitem(last=False)[0].size
        return found

    def _is_iterating(self, region: Region) -> bool:
        """Whether a region holds cells whose values are still moving."""
        return any(
            sheet == region.sheet and region.top <= row < region.bottom and region.left <= column < region.right
            for sheet, row, column in self.iterating
        )

    def _read_cells(self, region: Region) -> Matrix:
        cells = self.book.sheet(region.sheet).cells
        kinds, data, formulas = cells.dense(region.top, region.left, region.bottom, region.right)
        strings = self.book.strings
        rows: list[list[Value]] = [
            [
                number if kind == Kind.NUMBER else decode(kind, number, strings)
                for kind, number in zip(row_kinds, numbers, strict=True)
            ]
            for row_kinds, numbers in zip(kinds.tolist(), data.tolist(), strict=True)
        ]
        unknown = formulas >= 0
        if isinstance(self.overrides, KnownByRegion):
            for part, values in self.overrides.known(region):
                for r, line in enumerate(values, part.top - region.top):
                    for c, value in enumerate(line, part.left - region.left):
                        if value is not None:
                            rows[r][c], unknown[r, c] = value, False
        elif self.overrides is not None and region.sheet in self.book.sheets:
            unknown[:] = True
        missing: list[Cell] = []
        for r, c in np.argwhere(unknown).tolist():
            try:
                rows[r][c] = self.peek((region.sheet, region.top + r, region.left + c))
            except Needs as needs:
                missing += needs.cells
        if missing:
            raise Needs(list(dict.fromkeys(missing)))
        return Matrix(tuple(map(tuple, rows)))

    def clipped(self, region: Region) -> Region:
        """A region of whole columns or rows without the part where no sheet holds anything."""
        rows, columns = self.extent
        bottom = min(region.bottom, max(rows, region.top + 1)) if region.height == MAX_ROWS else region.bottom
        right = min(region.right, max(columns, region.left + 1)) if region.width == MAX_COLUMNS else region.right
        if (bottom, right) == (region.bottom, region.right):
            return region
        return dataclasses.replace(region, bottom=bottom, right=right)

    def _used(self) -> tuple[int, int]:
        extents = [sheet.cells.extent for sheet in self.book.every_sheet]
        if isinstance(self.overrides, dict):
            extents += [(row + 1, column + 1) for _, row, column in self.overrides]
        return max((e[0] for e in extents), default=0), max((e[1] for e in extents), default=0)


def _not_held(sheet: str) -> CachedIsData:
    return CachedIsData(f"the value of cells of {quote_sheet(sheet)}, of which the file holds none,")
