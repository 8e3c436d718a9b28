"""The value of a bound formula tree."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.errors import FormulaError
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
from cellgrad.functions.former_add_ins import refuses
from cellgrad.functions.last_sum import LAST
from cellgrad.functions.local_names import LocalNames
from cellgrad.functions.operands import OMITTED, Areas, Argument, FunctionValue, Lazy, Matrix, Operand, References
from cellgrad.functions.registry import SCALARS, Function, Shape, Takes, find
from cellgrad.graph.binding import regions_of
from cellgrad.graph.precedents import COMPUTE_REFERENCES
from cellgrad.graph.subtotals import Subtotals
from cellgrad.graph.whole_columns import BLANKS, SUMS, may_be_short, positions_along
from cellgrad.reference.cells import Cells
from cellgrad.reference.combining import combined
from cellgrad.reference.context import CellContext
from cellgrad.reference.host import CachedIsData, Host, several_references
from cellgrad.values import CellError, Value

_OVER_REFERENCES = frozenset(
    {"AVERAGEIF", "AVERAGEIFS", "COUNTBLANK", "COUNTIF", "COUNTIFS", "N", "SUBTOTAL", "SUMIF", "SUMIFS", "T"}
)
"""Functions that answer an array of references (``OFFSET(A1,{0;1;2},0)``) with an array, one value a reference."""

_EVALUATED_AS_ARRAYS = frozenset({Takes.ARRAY, Takes.CELLS, Takes.REFERENCE, Takes.FUNCTION})
_REFERENCES_AS_THEY_ARE = frozenset({Takes.REFERENCE, Takes.FUNCTION})


class Trees:
    """Evaluates bound trees over the cells; raises `Needs` for cells to compute first, and `CachedIsData`."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._short = False
        self._local_names = LocalNames(self.evaluate, cells.read)
        self.subtotals = Subtotals(cells.binder)

    def evaluate(self, node: Node, host: Host, array: bool) -> Operand:
        """A node's value; `array`: ranges are worked on element by element instead of meeting the host's row."""
        match node:
            case Literal():
                return node.value
            case ArrayConstant():
                return Matrix(node.rows)
            case Range():
                return Areas(regions_of(node, self._cells.book, host.sheet, host.row, host.column))
            case Call() if self._short and (along := positions_along(node)) is not None:
                return self._positions(along)
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
                return self.intersected(self.evaluate(node.operand, host, array), host)
            case Unary(operator="#"):
                return self._spill(self.evaluate(node.operand, host, array))
            case Unary():
                name = node.operator if node.operator == "%" else f"unary {node.operator}"
                return self._call(find(name), (node.operand,), host, array, node.position)
            case Binary(operator=":" | "," | " "):
                left = self.evaluate(node.left, host, array)
                return combined(node.operator, left, self.evaluate(node.right, host, array))
            case Binary():
                return self._call(find(node.operator), (node.left, node.right), host, array, node.position)
            case External():
                raise CachedIsData(f"the reference into another workbook, {node.text},", node.position)
            case Missing():
                return 0.0
            case Let() | Local() | Lambda() | FunctionName() | Apply():
                return self._local_names.evaluate(node, host, array)  # type: ignore[return-value] # or OMITTED
        raise TypeError(f"not a bound formula node: {node!r}")

    def plain(self, tree: Node, host: Host, ends_in_sum: bool) -> Operand:
        """The value of a whole plain formula, of which only the last operation shows very small numbers as 0."""
        if ends_in_sum and isinstance(tree, Binary):
            return self._call(LAST[tree.operator], (tree.left, tree.right), host, False, tree.position)
        return self.evaluate(tree, host, False)

    def _call(self, function: Function, nodes: tuple[Node, ...], host: Host, array: bool, position: int) -> Operand:
        if function.volatile:
            raise CachedIsData(f"{function.name}, which changes on every recalculation,", position)
        if function.external:
            raise CachedIsData(f"{function.name}, whose value comes from outside the workbook,", position)
        complaint = function.arity_complaint(len(nodes))
        if complaint is not None:
            raise FormulaError(complaint, position=position, action="correct the formula in the sheet")
        arguments: list[Argument] = []
        for index, node in enumerate(nodes):
            parameter = function.parameter(index)
            if isinstance(node, Missing) and (parameter.none_if_empty or parameter.takes is not Takes.LAZY):
                arguments.append(Areas((host.region,)) if parameter.from_host else OMITTED)
            elif parameter.takes is Takes.LAZY:
                case = function.name == "SWITCH" and index % 2 == 1 and index + 1 < len(nodes)
                arguments.append(self._lazy(node, host, array, case))
            else:
                operand = self.evaluate(node, host, array or parameter.takes in _EVALUATED_AS_ARRAYS)
                if isinstance(operand, FunctionValue) and parameter.takes is not Takes.FUNCTION:
                    return CellError.VALUE
                if isinstance(operand, Areas) and parameter.takes not in _REFERENCES_AS_THEY_ARE:
                    if parameter.takes in (Takes.RANGE, Takes.CELLS):
                        if len(operand.regions) > 1 and function.repeats != 1:
                            if function.name not in OVER_AREAS:
                                return CellError.VALUE
                            read = [self._cells.read(Areas((region,)), clip=True) for region in operand.regions]
                            arguments.append(Matrix((tuple(value for matrix in read for value in matrix),)))
                            continue
                        beside = self._short and function.name == "LOOKUP"  # results that go with what is shortened
                        kept = map(self._with_blanks, operand.regions) if beside else operand.regions
                        arguments += [self._cells.read(Areas((region,)), clip=not beside) for region in kept]
                        continue
                    if parameter.takes in SCALARS and refuses(function.name, operand.regions):
                        return CellError.VALUE
                    operand = self._dereferenced(operand, host, array or parameter.takes not in SCALARS)
                if isinstance(operand, References) and function.name not in _OVER_REFERENCES:
                    raise several_references(position)
                arguments.append(operand)
        for parameter in function.parameters[len(arguments) :]:
            if parameter.from_host:
                arguments.append(Areas((host.region,)))
        context = (
            CellContext(self._cells, self.subtotals, host) if function.context or self._cells.book.date1904 else None
        )  # for texts that are dates
        try:
            if function.name in COMPUTE_REFERENCES and any(isinstance(argument, Matrix) for argument in arguments[1:]):
                return self._references(function, arguments, context)
            if any(isinstance(argument, References) for argument in arguments):
                return self._over_references(function, arguments, context)
            found = call(function, arguments, self._cells.read, context)
            if self._short and function.name in SUMS:
                return self._with_blank_rows(function, found, arguments)
            return found
        except OnlyTheFileKnows as data:
            raise CachedIsData(data.what, position) from None

    def _with_blank_rows(self, function: Function, found: Operand, arguments: list[Argument]) -> Operand:
        """A sum over whole columns, and what the blank rows add between the two that stand for all of them."""
        matrices = [argument for argument in arguments if isinstance(argument, Matrix)]
        if type(found) is not float:
            return found
        (rows, columns), (height, width) = self._cells.extent, self._shortened()
        if any(matrix.height == height for matrix in matrices):
            kept, left_out = height - rows, MAX_ROWS - height
            ends = [Matrix(m.rows[-kept:]) for m in matrices if m.height == height]
        else:
            kept, left_out = width - columns, MAX_COLUMNS - width
            ends = [Matrix(tuple(row[-kept:] for row in m.rows)) for m in matrices if m.width == width]
        more = call(function, ends, self._cells.read) if ends and left_out else 0.0
        return found + left_out * more / BLANKS if type(more) is float else found

    def _shortened(self) -> tuple[int, int]:
        """How far whole columns and rows are read where blanks stand for the rest."""
        rows, columns = self._cells.extent
        return min(rows + BLANKS, MAX_ROWS), min(columns + BLANKS, MAX_COLUMNS)

    def _positions(self, along: int) -> Matrix:
        """ROW of whole columns (0) or COLUMN of whole rows (1): the last blank one that is kept is the sheet's last."""
        size, most = self._shortened()[along], (MAX_ROWS, MAX_COLUMNS)[along]
        numbers = (*map(float, range(1, size)), float(most))
        return Matrix((numbers,) if along else tuple((number,) for number in numbers))

    def _references(self, function: Function, arguments: list[Argument], context: CellContext | None) -> Operand:
        """OFFSET or INDIRECT by an array of positions: a reference an element."""
        grids = [argument if isinstance(argument, Matrix) else None for argument in arguments]
        height = max(grid.height for grid in grids if grid is not None)
        width = max(grid.width for grid in grids if grid is not None)

        def element(row: int, column: int) -> Operand:
            ones = [
                argument if grid is None else grid.broadcast(row, column)
                for argument, grid in zip(arguments, grids, strict=True)
            ]
            return call(function, ones, self._cells.read, context)

        rows = tuple(tuple(element(r, c) for c in range(width)) for r in range(height))
        return cast(Operand, References(rows))

    def _over_references(self, function: Function, arguments: list[Argument], context: CellContext | None) -> Matrix:
        """A function that gives an answer for each of an array of references, such as SUBTOTAL."""
        many = {i: a for i, a in enumerate(cast(list[Any], arguments)) if isinstance(a, References)}

        def element(row: int, column: int) -> Value:
            ones = list(arguments)
            for index, references in many.items():
                one = references.at(row, column)
                takes = function.parameter(index).takes
                if isinstance(one, Areas) and takes not in _REFERENCES_AS_THEY_ARE:
                    read = self._cells.read(one, clip=True)
                    one = read.rows[0][0] if takes in SCALARS else read
                ones[index] = one
            answer = call(function, ones, self._cells.read, context)
            return answer.rows[0][0] if isinstance(answer, Matrix) else answer  # type: ignore[return-value]

        return Matrix.build(max(m.height for m in many.values()), max(m.width for m in many.values()), element)

    def _lazy(self, node: Node, host: Host, array: bool, compared: bool) -> Lazy:
        """An argument for when it is needed; `compared`: its value is, not the reference that it may be."""

        def run() -> Operand:
            operand = self.evaluate(node, host, array)
            if compared and isinstance(operand, Areas):
                return self._dereferenced(operand, host, array)
            return 0.0 if operand is OMITTED else operand

        return run

    def _dereferenced(self, areas: Areas, host: Host, array: bool) -> Value | Matrix:
        if not array or (len(areas.regions) == 1 and areas.regions[0].size == 1):
            return self.intersected(areas, host)
        if self._short and len(areas.regions) == 1:
            return self._cells.read(Areas((self._with_blanks(areas.regions[0]),)))
        return self._cells.read(areas)

    def _with_blanks(self, region: Region) -> Region:
        """Whole columns or rows as far as they are used, and the blank rows or columns that stand for the rest."""
        rows, columns = self._shortened()
        bottom = min(region.bottom, rows) if region.height == MAX_ROWS else region.bottom
        right = min(region.right, columns) if region.width == MAX_COLUMNS else region.right
        return dataclasses.replace(region, bottom=bottom, right=right)

    def _spill(self, operand: Operand) -> Operand:
        """The cells that the array formula anchored at a cell fills."""
        if not isinstance(operand, Areas) or len(operand.regions) != 1:
            return CellError.REF
        region = operand.regions[0]
        array = self._cells.array_at(region.sheet, region.top, region.left)
        if array is None or (array.region.top, array.region.left) != (region.top, region.left):
            return CellError.REF
        self._cells.peek((region.sheet, region.top, region.left))
        result = self._cells.results.get((region.sheet, region.top, region.left))
        if result is None:  # its values were given, not computed here: they fill the block in the file
            return Areas((array.region,))
        height, width = result.shape if isinstance(result, Matrix) else (1, 1)
        return Areas((Region(region.sheet, region.top, region.left, region.top + height, region.left + width),))

    def intersected(self, operand: Operand, host: Host) -> Value:
        """Implicit intersection: one value of a reference or array."""
        if isinstance(operand, References):
            raise several_references()
        if isinstance(operand, Matrix):
            return operand.rows[0][0]
        if not isinstance(operand, Areas):
            return operand  # type: ignore[return-value]
        if len(operand.regions) != 1:
            return CellError.VALUE
        region = operand.regions[0]
        if region.size == 1:
            return self._cells.peek((region.sheet, region.top, region.left))
        if region.width == 1 and region.top <= host.row < region.bottom:
            return self._cells.peek((region.sheet, host.row, region.left))
        if region.height == 1 and region.left <= host.column < region.right:
            return self._cells.peek((region.sheet, region.top, host.column))
        return CellError.VALUE

    def single(self, operand: Operand, host: Host) -> Value:
        """What a plain formula shows: a reference meets the cell's own row or column, an array its first value."""
        value = self.intersected(operand, host)
        return CellError.CALC if isinstance(value, FunctionValue) else 0.0 if value in (None, OMITTED) else value

    def whole(self, operand: Operand) -> Value | Matrix:
        """What an array formula comes to."""
        if isinstance(operand, References):
            raise several_references()
        if isinstance(operand, Areas):
            operand = self._cells.read(operand)
        if isinstance(operand, FunctionValue):  # a function that nobody calls
            return CellError.CALC
        if isinstance(operand, Matrix):
            return Matrix(tuple(tuple(0.0 if value is None else value for value in row) for row in operand.rows))
        return 0.0 if operand in (None, OMITTED) else operand
