"""The per-cell reference evaluator: slow, plain, the authority that compiled blocks are proven equal to.

`Reference(book).value("Sheet1", 0, 0)` recomputes a cell from its formula and everything it needs, one Python value at
a time; cached values are read only where they are data (volatile functions, references into other workbooks).

A formula that needs a cell which is not computed yet is put back, the cell is computed first, and the formula starts
again: no recursion from cell to cell, so a chain of a hundred thousand cells needs no deep stack, and only what is
really needed (the branch that IF takes) is computed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region, full_name
from cellgrad.errors import CircularReferenceError, FormulaError, UnsupportedError
from cellgrad.formula.printing import shown_in
from cellgrad.formula.tree import (
    Apply,
    ArrayConstant,
    Binary,
    Call,
    External,
    FunctionName,
    Lambda,
    Let,
    Literal,
    Local,
    Missing,
    Node,
    Range,
    Unary,
)
from cellgrad.functions.calling import OVER_AREAS, call
from cellgrad.functions.context import OnlyTheFileKnows
from cellgrad.functions.local_names import LocalNames
from cellgrad.functions.operands import OMITTED, Areas, Argument, FunctionValue, Lazy, Matrix, Operand, References
from cellgrad.functions.registry import SCALARS, Function, Shape, Takes, find
from cellgrad.graph.binding import Binder, regions_of
from cellgrad.graph.circles import settle
from cellgrad.graph.order import components
from cellgrad.graph.precedents import COMPUTE_REFERENCES, regions_read
from cellgrad.graph.subtotals import Subtotals
from cellgrad.graph.textual import names_another_book, regions_of_text
from cellgrad.graph.whole_columns import SUMS, may_be_short
from cellgrad.values import CellError, Kind, Value
from cellgrad.workbook import ArrayFormula, Workbook, decode

Cell = tuple[str, int, int]
"""A cell as (sheet, row, column), the sheet spelled as in the workbook."""

_OVER_REFERENCES = frozenset(
    {"AVERAGEIF", "AVERAGEIFS", "COUNTBLANK", "COUNTIF", "COUNTIFS", "N", "SUBTOTAL", "SUMIF", "SUMIFS", "T"}
)
"""Functions that answer an array of references (``OFFSET(A1,{0;1;2},0)``) with an array, one value a reference."""

_MOST_CELLS = 5_000_000
_NOT_GIVEN = object()
_EVALUATED_AS_ARRAYS = frozenset({Takes.ARRAY, Takes.CELLS, Takes.REFERENCE, Takes.FUNCTION})
_REFERENCES_AS_THEY_ARE = frozenset({Takes.REFERENCE, Takes.FUNCTION})


@dataclass(frozen=True, slots=True)
class _Host:
    """The cell a formula is evaluated for, and the block that it fills (the cell alone, unless an array formula)."""

    sheet: str
    row: int
    column: int
    region: Region
    scope: Mapping[str, Any] = field(default_factory=dict)
    """What LET and LAMBDA have named so far."""

    @property
    def name(self) -> str:
        return full_name(self.sheet, self.row, self.column)


def _several_references(position: int | None = None) -> UnsupportedError:
    return UnsupportedError(
        "an array of references is read here, which Excel answers in no documented way",
        position=position,
        action="wrap it in N(...) or SUBTOTAL(...), or give one position at a time",
    )


class _Needs(Exception):  # noqa: N818 - not an error: the evaluation is taken up again
    """Cells that must be computed before this formula can be."""

    def __init__(self, cells: list[Cell]) -> None:
        super().__init__(f"{len(cells)} cells")
        self.cells = cells


class _CachedIsData(Exception):  # noqa: N818 - not an error: the cell's cached value is its value
    """The formula came to something that only the file knows: chance, the clock, another workbook."""

    def __init__(self, what: str, position: int) -> None:
        super().__init__(what)
        self.what = what
        self.position = position


class Reference:
    """Values of a workbook's cells, recomputed from its formulas; each cell once.

    overrides: values that stand in for what the cells hold, by (sheet, row, column), such as changing cells; the sheet
    is spelled as in the workbook. It is only looked up, so that it may compute its values; one that is a dict may also
    fill cells beyond the used part of a sheet.
    exact: iterate circular references until they rest, not just to the tolerance of the file (see `settle`); None:
    where there are overrides.
    """

    def __init__(
        self, book: Workbook, overrides: Mapping[Cell, Value] | None = None, exact: bool | None = None
    ) -> None:
        self.book = book
        self._exact = overrides is not None if exact is None else exact
        self._iterating: frozenset[Cell] = frozenset()
        self._short = False
        self.binder = Binder(book)
        self._local_names = LocalNames(self._evaluate, self._read)
        self.subtotals = Subtotals(self.binder)
        self._overrides = overrides
        self._results: dict[Cell, Value | Matrix] = {}
        self._numbers: dict[Cell, int] = {}
        self._arrays: dict[str, dict[tuple[int, int], ArrayFormula]] = {}
        self._regions: dict[Region, Matrix] = {}
        self._extent = self._used()

    # ------------------------------------------------------------ the public face

    def value(self, sheet: str, row: int, column: int) -> Value:
        """The value of a cell. Blank is None, but a formula that comes to a blank is 0.

        Raises FormulaError, with the cell it lies in, for a formula on the way that cannot be evaluated;
        CircularReferenceError names the cells of the circle.
        """
        cell = (self.book.sheet(sheet).name, row, column)
        while True:
            try:
                return self._peek(cell)
            except _Needs as needs:
                self._compute(needs.cells)

    def evaluate(
        self, tree: Node, sheet: str, row: int, column: int, array: bool = False, region: Region | None = None
    ) -> Value | Matrix:
        """A bound tree evaluated for a cell: as a plain formula (one value), or as an array formula (`array`).

        region: the block that the array formula fills, where that is more than the cell.
        """
        name = self.book.sheet(sheet).name
        host = _Host(name, row, column, region or Region(name, row, column, row + 1, column + 1))
        while True:
            try:
                operand = self._evaluate(tree, host, array)
                return self._whole(operand) if array else self._single(operand, host)
            except _Needs as needs:
                self._compute(needs.cells)
            except _CachedIsData as data:
                raise UnsupportedError(
                    f"{data.what} cannot be computed", cell=host.name, action="put a value in the cell"
                ) from None

    def areas(self, tree: Node, sheet: str, row: int, column: int) -> Areas | CellError | None:
        """The reference that a bound tree comes to in a cell, its cells unread; or an error; None for several at once.

        Raises FormulaError for what it needs and cannot be evaluated.
        """
        name = self.book.sheet(sheet).name
        host = _Host(name, row, column, Region(name, row, column, row + 1, column + 1))
        while True:
            try:
                operand = self._evaluate(tree, host, True)
            except _Needs as needs:
                self._compute(needs.cells)
            except _CachedIsData as data:
                raise UnsupportedError(f"{data.what} cannot be computed", cell=host.name) from None
            else:
                if isinstance(operand, References):
                    return None
                return operand if isinstance(operand, Areas | CellError) else CellError.VALUE

    # ------------------------------------------------------------ which cells, and in which order

    def _compute(self, cells: list[Cell]) -> None:
        """Computes cells and all they need: depth first on a stack of our own."""
        stack = [self._task(cell) for cell in cells]
        started: dict[Cell, None] = {}
        while stack:
            task = stack[-1]
            if task in self._results:
                started.pop(stack.pop(), None)
                continue
            started[task] = None
            try:
                self._results[task] = self._formula_result(task)
            except _Needs as needs:
                wanted = [self._task(cell) for cell in needs.cells]
                closing = next((cell for cell in wanted if cell in started), None)
                if closing is None:
                    stack.extend(wanted)
                elif not self.book.iterate or self._iterating:
                    raise self._circle(list(started), closing) from None
                else:
                    self._iterate(list(started), closing)
            else:
                stack.pop()
                del started[task]

    def _task(self, cell: Cell) -> Cell:
        """The cell whose formula gives this one its value: the anchor of an array formula, or itself."""
        array = self._array_at(*cell)
        return cell if array is None else (cell[0], array.region.top, array.region.left)

    def _array_at(self, sheet: str, row: int, column: int) -> ArrayFormula | None:
        """The array formula that fills a cell."""
        found = self._arrays.get(sheet)
        if found is None:
            arrays = self.book.sheets[sheet].arrays
            found = self._arrays[sheet] = {cell: array for array in arrays for cell in array.region.cells()}
        return found.get((row, column))

    def _circle(self, path: list[Cell], cell: Cell) -> CircularReferenceError:
        circle = [full_name(*step) for step in path[path.index(cell) :]]
        shown = circle if len(circle) <= 8 else [*circle[:6], f"... {len(circle) - 7} more", circle[-1]]
        text, _ = self._shown(cell, None)
        return CircularReferenceError(
            "a circular reference: " + " needs ".join([*shown, circle[0]]),
            cell=circle[0],
            formula=text,
            action="break the circle, or turn iterative calculation on in the workbook if it is meant",
        )

    # ------------------------------------------------------------ circles in a workbook that iterates

    def _iterate(self, path: list[Cell], closing: Cell) -> None:
        """Fills in the values of all cells that need each other, as a fixed point."""
        found = components([closing], self._named_precedents)
        members = {*path[path.index(closing) :], *next(members for members in found if closing in members)}
        numbers = {name: number for number, name in enumerate(self.book.sheets)}
        cells = sorted(members, key=lambda cell: (numbers[cell[0]], *cell[1:]))
        self._results.update((cell, self._start(cell)) for cell in cells)
        self._iterating = frozenset(cells)
        try:
            rests = settle(
                cells, self._results, self._latest,
                passes=self.book.iterate_count, tolerance=self.book.iterate_delta, exact=self._exact,
            )  # fmt: skip
        except BaseException:
            for cell in cells:
                del self._results[cell]
            raise
        finally:
            self._iterating = frozenset()
        if not rests:
            for cell in cells:
                del self._results[cell]
            text, _ = self._shown(closing, None)
            raise UnsupportedError(
                f"this circular reference over {len(cells)} cells does not come to rest, so that its value depends on "
                "how often it has been calculated",
                cell=full_name(*closing),
                formula=text,
                action="break the circle, or let it converge",
            )

    def _latest(self, cell: Cell) -> Value | Matrix:
        while True:
            try:
                return self._formula_result(cell)
            except _Needs as needs:
                self._compute(needs.cells)

    def _start(self, cell: Cell) -> Value | Matrix:
        """What a cell holds in the file: where iterating begins."""
        array = self._array_at(*cell)
        if array is None:
            value = self.book.cached(*cell)
            return 0.0 if value is None else value
        r = array.region
        return Matrix.build(r.height, r.width, lambda i, j: self.book.cached(r.sheet, r.top + i, r.left + j) or 0.0)

    def _named_precedents(self, task: Cell) -> list[Cell]:
        """The formula cells that a cell's formula names."""
        number = self._formula_number(task)
        host = Region(task[0], task[1], task[2], task[1] + 1, task[2] + 1)
        found: dict[Cell, None] = {}
        for region in regions_read(self.binder.bound(number, *task), host, self.book):
            cells = self.book.sheets[region.sheet].cells
            for column, part in cells.entries(region.top, region.left, region.bottom, region.right):
                for row in cells.rows[part][cells.formulas[part] >= 0].tolist():
                    cell = (region.sheet, row, column)
                    if self._overrides is None or cell not in self._overrides:
                        found[self._task(cell)] = None
        return list(found)

    def _formula_result(self, task: Cell) -> Value | Matrix:
        sheet, row, column = task
        array = self._array_at(sheet, row, column)
        region = array.region if array else Region(sheet, row, column, row + 1, column + 1)
        host = _Host(sheet, row, column, region)
        try:
            return self._recomputed(host, array)
        except FormulaError as error:
            if error.cell is None:
                error.cell = host.name
                error.formula, error.position = self._shown(task, error.position)
            raise

    def _recomputed(self, host: _Host, array: ArrayFormula | None) -> Value | Matrix:
        number = self._formula_number((host.sheet, host.row, host.column))
        tree = self.binder.bound(number, host.sheet, host.row, host.column)
        try:
            operand = self._evaluate(tree, host, array is not None)
            return self._single(operand, host) if array is None else self._filled(self._whole(operand), array)
        except _CachedIsData as data:
            return self._cached(host, data)

    def _formula_number(self, cell: Cell) -> int:
        number = self._numbers.get(cell)
        if number is None:
            cells = self.book.sheets[cell[0]].cells
            number = self._numbers[cell] = int(cells.formulas[cells.find(cell[1], cell[2])])
        return number

    def _shown(self, cell: Cell, position: int | None) -> tuple[str, int | None]:
        """The formula of a cell as it is seen there, and the place in it."""
        number = self._formula_number(cell)
        written = self.book.formulas[number]
        if (written.row, written.column) == cell[1:]:
            return "=" + written.text, position
        try:
            return shown_in(self.binder.parsed(number), cell[1], cell[2], position)
        except FormulaError:  # it cannot be parsed, which is what is being reported: show it as written
            return "=" + written.text, position

    def _cached(self, host: _Host, data: _CachedIsData) -> Value | Matrix:
        region = host.region
        values = Matrix.build(
            region.height,
            region.width,
            lambda r, c: self.book.cached(host.sheet, region.top + r, region.left + c),
        )
        if values.rows[0][0] is None:
            raise UnsupportedError(
                f"{data.what} is not recomputed, and the file holds no value for this cell",
                position=data.position,
                action="recalculate and save the workbook in a spreadsheet, or put a value in the cell",
            )
        return values if region.size > 1 else values.rows[0][0]

    # ------------------------------------------------------------ reading cells

    def _peek(self, cell: Cell) -> Value:
        """A cell's value if it is known; raises _Needs for a formula that is not computed yet."""
        if self._overrides is not None:
            given = self._overrides.get(cell, _NOT_GIVEN)
            if given is not _NOT_GIVEN:
                return given  # type: ignore[return-value]
        known = self._results.get(cell)
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
        task = self._task(cell)
        if task not in self._results:
            raise _Needs([task])
        result = self._results[task]
        if not isinstance(result, Matrix):
            return result
        row, column = cell[1] - task[1], cell[2] - task[2]
        return result.rows[row][column] if row < result.height and column < result.width else None

    def _read(self, areas: Areas, clip: bool = False) -> Matrix:
        """The cells of one region as a Matrix; `clip`: leave out what lies beyond the used cells of whole columns."""
        if len(areas.regions) != 1:
            return Matrix(((CellError.VALUE,),))
        region = areas.regions[0]
        kept = self._clipped(region) if clip else region
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
            for sheet, row, column in self._iterating
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
                if formula >= 0 or self._overrides is not None:
                    try:
                        line[c] = self._peek((region.sheet, region.top + r, region.left + c))
                    except _Needs as needs:
                        missing += needs.cells
        if missing:
            raise _Needs(list(dict.fromkeys(missing)))
        return Matrix(tuple(map(tuple, rows)))

    def _clipped(self, region: Region) -> Region:
        """A region of whole columns or rows without the part where no sheet holds anything."""
        rows, columns = self._extent
        bottom = min(region.bottom, max(rows, region.top + 1)) if region.height == MAX_ROWS else region.bottom
        right = min(region.right, max(columns, region.left + 1)) if region.width == MAX_COLUMNS else region.right
        if (bottom, right) == (region.bottom, region.right):
            return region
        return dataclasses.replace(region, bottom=bottom, right=right)

    def _used(self) -> tuple[int, int]:
        extents = [sheet.cells.extent for sheet in self.book.sheets.values()]
        if isinstance(self._overrides, dict):
            extents += [(row + 1, column + 1) for _, row, column in self._overrides]
        return max((e[0] for e in extents), default=0), max((e[1] for e in extents), default=0)

    # ------------------------------------------------------------ what a formula leaves in its cells

    def _single(self, operand: Operand, host: _Host) -> Value:
        """What a plain formula shows: a reference meets the cell's own row or column, an array its first value."""
        value = self._intersected(operand, host)
        return CellError.CALC if isinstance(value, FunctionValue) else 0.0 if value in (None, OMITTED) else value

    def _whole(self, operand: Operand) -> Value | Matrix:
        """What an array formula comes to."""
        if isinstance(operand, References):
            raise _several_references()
        if isinstance(operand, Areas):
            operand = self._read(operand)
        if isinstance(operand, FunctionValue):  # a function that nobody calls
            return CellError.CALC
        if isinstance(operand, Matrix):
            return Matrix(tuple(tuple(0.0 if value is None else value for value in row) for row in operand.rows))
        return 0.0 if operand in (None, OMITTED) else operand

    def _filled(self, result: Value | Matrix, array: ArrayFormula) -> Value | Matrix:
        """The result fitted to its block: one row, column or value repeats, and beyond its end stands #N/A.

        A spilled formula keeps its own shape; one that has outgrown the block in the file is refused, because cells
        that others read would be missing.
        """
        region = array.region
        matrix = result if isinstance(result, Matrix) else Matrix(((result,),))
        if not array.dynamic:
            return Matrix.build(region.height, region.width, matrix.broadcast)
        if matrix.height > region.height or matrix.width > region.width:
            raise UnsupportedError(
                f"this formula now spills over {matrix.height} x {matrix.width} cells, "
                f"and over {region.height} x {region.width} in the file",
                action="recalculate and save the workbook in a spreadsheet",
            )
        return matrix

    def _intersected(self, operand: Operand, host: _Host) -> Value:
        """Implicit intersection: one value of a reference or array."""
        if isinstance(operand, References):
            raise _several_references()
        if isinstance(operand, Matrix):
            return operand.rows[0][0]
        if not isinstance(operand, Areas):
            return operand  # type: ignore[return-value]
        if len(operand.regions) != 1:
            return CellError.VALUE
        region = operand.regions[0]
        if region.size == 1:
            return self._peek((region.sheet, region.top, region.left))
        if region.width == 1 and region.top <= host.row < region.bottom:
            return self._peek((region.sheet, host.row, region.left))
        if region.height == 1 and region.left <= host.column < region.right:
            return self._peek((region.sheet, region.top, host.column))
        return CellError.VALUE

    # ------------------------------------------------------------ trees

    def _evaluate(self, node: Node, host: _Host, array: bool) -> Operand:
        """A node's value; `array`: ranges are worked on element by element instead of meeting the host's row."""
        match node:
            case Literal():
                return node.value
            case ArrayConstant():
                return Matrix(node.rows)
            case Range():
                return Areas(regions_of(node, self.book, host.sheet, host.row, host.column))
            case Call():
                function = find(node.function, position=node.position)
                before = self._short
                self._short = may_be_short(node) or (before and function.shape is Shape.ELEMENTWISE)
                try:
                    found = self._call(function, node.arguments, host, array, node.position)
                finally:
                    self._short = before
                return found
            case Unary(operator="@"):
                return self._intersected(self._evaluate(node.operand, host, array), host)
            case Unary(operator="#"):
                return self._spill(self._evaluate(node.operand, host, array))
            case Unary():
                name = node.operator if node.operator == "%" else f"unary {node.operator}"
                return self._call(find(name), (node.operand,), host, array, node.position)
            case Binary(operator=":" | "," | " "):
                left = self._evaluate(node.left, host, array)
                return _combined(node.operator, left, self._evaluate(node.right, host, array))
            case Binary():
                return self._call(find(node.operator), (node.left, node.right), host, array, node.position)
            case External():
                raise _CachedIsData(f"the reference into another workbook, {node.text},", node.position)
            case Missing():
                return 0.0
            case Let() | Local() | Lambda() | FunctionName() | Apply():
                return self._local_names.evaluate(node, host, array)  # type: ignore[return-value] # or OMITTED
        raise TypeError(f"not a bound formula node: {node!r}")

    def _call(self, function: Function, nodes: tuple[Node, ...], host: _Host, array: bool, position: int) -> Operand:
        if function.volatile:
            raise _CachedIsData(f"{function.name}, which changes on every recalculation,", position)
        if function.external:
            raise _CachedIsData(f"{function.name}, whose value comes from outside the workbook,", position)
        complaint = function.arity_complaint(len(nodes))
        if complaint is not None:
            raise FormulaError(complaint, position=position, action="correct the formula in the sheet")
        arguments: list[Argument] = []
        for index, node in enumerate(nodes):
            parameter = function.parameter(index)
            if isinstance(node, Missing) and parameter.takes is not Takes.LAZY:
                arguments.append(Areas((host.region,)) if parameter.from_host else OMITTED)
            elif parameter.takes is Takes.LAZY:
                arguments.append(self._lazy(node, host, array))
            else:
                operand = self._evaluate(node, host, array or parameter.takes in _EVALUATED_AS_ARRAYS)
                if isinstance(operand, FunctionValue) and parameter.takes is not Takes.FUNCTION:
                    return CellError.VALUE
                if isinstance(operand, Areas) and parameter.takes not in _REFERENCES_AS_THEY_ARE:
                    if parameter.takes in (Takes.RANGE, Takes.CELLS):
                        if len(operand.regions) > 1 and not function.repeats:
                            if function.name not in OVER_AREAS:
                                return CellError.VALUE
                            read = [self._read(Areas((region,)), clip=True) for region in operand.regions]
                            arguments.append(Matrix((tuple(value for matrix in read for value in matrix),)))
                            continue
                        arguments += [self._read(Areas((region,)), clip=True) for region in operand.regions]
                        continue
                    operand = self._dereferenced(operand, host, array or parameter.takes not in SCALARS)
                if isinstance(operand, References) and function.name not in _OVER_REFERENCES:
                    raise _several_references(position)
                arguments.append(operand)
        for parameter in function.parameters[len(arguments) :]:
            if parameter.from_host:
                arguments.append(Areas((host.region,)))
        context = _Context(self, host) if function.context or self.book.date1904 else None  # for texts that are dates
        try:
            if function.name in COMPUTE_REFERENCES and any(isinstance(argument, Matrix) for argument in arguments[1:]):
                return self._references(function, arguments, context)
            if any(isinstance(argument, References) for argument in arguments):
                return self._over_references(function, arguments, context)
            found = call(function, arguments, self._read, context)
            if self._short and function.name in SUMS:
                return self._with_blank_rows(function, found, arguments)
            return found
        except OnlyTheFileKnows as data:
            raise _CachedIsData(data.what, position) from None

    def _with_blank_rows(self, function: Function, found: Operand, arguments: list[Argument]) -> Operand:
        """A sum over whole columns, and what the blank rows add behind the one that stands for all of them."""
        rows, columns = self._extent
        matrices = [argument for argument in arguments if isinstance(argument, Matrix)]
        if type(found) is not float:
            return found
        if any(matrix.height == rows + 1 for matrix in matrices):
            count = MAX_ROWS - rows - 1
            ends = [Matrix(m.rows[-1:]) for m in matrices if m.height == rows + 1]
        else:
            count = MAX_COLUMNS - columns - 1
            ends = [Matrix(tuple(row[-1:] for row in m.rows)) for m in matrices if m.width == columns + 1]
        more = call(function, ends, self._read) if ends else 0.0
        return found + count * more if type(more) is float else found

    def _references(self, function: Function, arguments: list[Argument], context: _Context | None) -> Operand:
        """OFFSET or INDIRECT by an array of positions: a reference an element."""
        grids = [argument if isinstance(argument, Matrix) else None for argument in arguments]
        height = max(grid.height for grid in grids if grid is not None)
        width = max(grid.width for grid in grids if grid is not None)

        def element(row: int, column: int) -> Operand:
            ones = [
                argument if grid is None else grid.broadcast(row, column)
                for argument, grid in zip(arguments, grids, strict=True)
            ]
            return call(function, ones, self._read, context)

        rows = tuple(tuple(element(r, c) for c in range(width)) for r in range(height))
        return cast(Operand, References(rows))

    def _over_references(self, function: Function, arguments: list[Argument], context: _Context | None) -> Matrix:
        """A function that gives an answer for each of an array of references, such as SUBTOTAL."""
        many = {i: a for i, a in enumerate(cast(list[Any], arguments)) if isinstance(a, References)}

        def element(row: int, column: int) -> Value:
            ones = list(arguments)
            for index, references in many.items():
                one = references.at(row, column)
                takes = function.parameter(index).takes
                if isinstance(one, Areas) and takes not in _REFERENCES_AS_THEY_ARE:
                    read = self._read(one, clip=True)
                    one = read.rows[0][0] if takes in SCALARS else read
                ones[index] = one
            answer = call(function, ones, self._read, context)
            return answer.rows[0][0] if isinstance(answer, Matrix) else answer  # type: ignore[return-value]

        return Matrix.build(max(m.height for m in many.values()), max(m.width for m in many.values()), element)

    def _lazy(self, node: Node, host: _Host, array: bool) -> Lazy:
        def run() -> Operand:
            operand = self._evaluate(node, host, array)
            return 0.0 if operand is OMITTED else operand

        return run

    def _dereferenced(self, areas: Areas, host: _Host, array: bool) -> Value | Matrix:
        if not array or (len(areas.regions) == 1 and areas.regions[0].size == 1):
            return self._intersected(areas, host)
        if self._short and len(areas.regions) == 1:
            return self._read(Areas((self._with_one_blank(areas.regions[0]),)))
        return self._read(areas)

    def _with_one_blank(self, region: Region) -> Region:
        """Whole columns or rows as far as they are used, and one blank row or column."""
        rows, columns = self._extent
        bottom = min(region.bottom, rows + 1) if region.height == MAX_ROWS else region.bottom
        right = min(region.right, columns + 1) if region.width == MAX_COLUMNS else region.right
        return dataclasses.replace(region, bottom=bottom, right=right)

    def _spill(self, operand: Operand) -> Operand:
        """The cells that the array formula anchored at a cell fills."""
        if not isinstance(operand, Areas) or len(operand.regions) != 1:
            return CellError.REF
        region = operand.regions[0]
        array = self._array_at(region.sheet, region.top, region.left)
        if array is None or (array.region.top, array.region.left) != (region.top, region.left):
            return CellError.REF
        self._peek((region.sheet, region.top, region.left))
        result = self._results.get((region.sheet, region.top, region.left))
        if result is None:  # its values were given, not computed here: they fill the block in the file
            return Areas((array.region,))
        height, width = result.shape if isinstance(result, Matrix) else (1, 1)
        return Areas((Region(region.sheet, region.top, region.left, region.top + height, region.left + width),))


class _Context:
    """The workbook as the formula of one cell sees it: a `Context` for the functions that ask for one."""

    def __init__(self, reference: Reference, host: _Host) -> None:
        self._reference = reference
        self._host = host

    @property
    def book(self) -> Workbook:
        return self._reference.book

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
        if self.book.formula(sheet, row, column) is None:
            return None
        task = self._reference._task((self.book.sheet(sheet).name, row, column))
        return self._reference._shown(task, None)[0]

    def reference(self, text: str, a1: bool = True) -> Areas | None:
        if names_another_book(text):
            raise OnlyTheFileKnows(f"the reference into another workbook, {text},")
        here = Region(self._host.sheet, self._host.row, self._host.column, self._host.row + 1, self._host.column + 1)
        regions = regions_of_text(text, self.book, here, a1)
        return None if regions is None else Areas(regions)

    def read(self, areas: Areas) -> Matrix:
        return self._reference._read(areas, clip=True)

    def kept(self, region: Region, *, filtered: bool, hidden: bool, nested: bool) -> np.ndarray:
        used = self._reference._clipped(region)
        return self._reference.subtotals.kept(used, filtered=filtered, hidden=hidden, nested=nested)


def _combined(operator: str, left: Operand, right: Operand) -> Operand:
    """Range, union or intersection of two references. #VALUE! for what is no reference, #NULL! for no common cell."""
    for operand in (left, right):
        if isinstance(operand, CellError):
            return operand
    if not isinstance(left, Areas) or not isinstance(right, Areas):
        return CellError.VALUE
    if operator == ",":
        return Areas(left.regions + right.regions)
    if operator == " ":
        common = [met for a in left.regions for b in right.regions if (met := a.intersect(b)) is not None]
        return Areas(tuple(common)) if common else CellError.NULL
    both = left.regions + right.regions
    if len({region.sheet for region in both}) != 1:
        return CellError.VALUE
    return Areas(
        (
            Region(
                both[0].sheet,
                min(region.top for region in both),
                min(region.left for region in both),
                max(region.bottom for region in both),
                max(region.right for region in both),
            ),
        )
    )
