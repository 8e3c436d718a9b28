"""Cells as a formula reads them: values given, values in the file, results of formulas computed so far."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.errors import FormulaError, UnsupportedError
from cellgrad.formula.printing import shown_in
from cellgrad.functions.operands import Areas, Matrix
from cellgrad.graph.binding import Binder
from cellgrad.reference.host import Cell, Needs
from cellgrad.values import CellError, Kind, Value
from cellgrad.workbook import ArrayFormula, Workbook, decode

_MOST_CELLS = 5_000_000
_NOT_GIVEN = object()


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
        self._regions: dict[Region, Matrix] = {}
        self.extent = self._used()

    def task(self, cell: Cell) -> Cell:
        """The cell whose formula gives this one its value: the anchor of an array formula, or itself."""
        array = self.array_at(*cell)
        return cell if array is None else (cell[0], array.region.top, array.region.left)

    def array_at(self, sheet: str, row: int, column: int) -> ArrayFormula | None:
        """The array formula that fills a cell."""
        found = self._arrays.get(sheet)
        if found is None:
            arrays = self.book.sheets[sheet].arrays
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
        cells = self.book.sheets[sheet].cells
        entry = cells.find(row, column)
        if entry < 0:
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
        if kept.size > _MOST_CELLS:
            raise UnsupportedError(
                f"this formula computes with all {kept.size:,} cells of {region}",
                action="name the rows that hold data instead of whole columns",
            )
        found = self._regions.get(kept)
        if found is None:
            found = self._read_cells(kept)
            if not self._is_iterating(kept):
                self._regions[kept] = found
        return found if kept is region else dataclasses.replace(found, beyond=region.size - kept.size)

    def _is_iterating(self, region: Region) -> bool:
        """Whether a region holds cells whose values are still moving."""
        return any(
            sheet == region.sheet and region.top <= row < region.bottom and region.left <= column < region.right
            for sheet, row, column in self.iterating
        )

    def _read_cells(self, region: Region) -> Matrix:
        cells = self.book.sheets[region.sheet].cells
        kinds, data, formulas = cells.dense(region.top, region.left, region.bottom, region.right)
        strings = self.book.strings
        rows: list[list[Value]] = []
        missing: list[Cell] = []
        for r, (row_kinds, numbers, own) in enumerate(
            zip(kinds.tolist(), data.tolist(), formulas.tolist(), strict=True)
        ):
            line: list[Value] = [
                number if kind == Kind.NUMBER else decode(kind, number, strings)
                for kind, number in zip(row_kinds, numbers, strict=True)
            ]
            rows.append(line)
            for c, formula in enumerate(own):
                if formula >= 0 or self.overrides is not None:
                    try:
                        line[c] = self.peek((region.sheet, region.top + r, region.left + c))
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
        extents = [sheet.cells.extent for sheet in self.book.sheets.values()]
        if isinstance(self.overrides, dict):
            extents += [(row + 1, column + 1) for _, row, column in self.overrides]
        return max((e[0] for e in extents), default=0), max((e[1] for e in extents), default=0)
