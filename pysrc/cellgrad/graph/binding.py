"""Binding: names and structured references become ranges and values.

A bound tree holds only Literal, ArrayConstant, Range, External, Missing, Unary, Binary and Call nodes, and for LET,
LAMBDA and what they name Let, Lambda, Local, FunctionName and Apply. Ranges name
their sheet, or None for the host's own; a 3-D reference keeps its last sheet and is expanded where it is read.

What cannot be resolved is decided as Excel does where Excel is certain: a name that is not defined is ``#NAME?``, a
``[#This Row]`` outside the table's rows is ``#VALUE!``, a part that the table lacks (totals) is ``#REF!``. These are
errors in the cell, which the run reports if they reach the objective. A table, column or sheet that is missing
altogether cannot come from Excel and raises FormulaError with the nearest name there is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.errors import CircularReferenceError, FormulaError
from cellgrad.formula.parse import parse
from cellgrad.formula.tree import (
    Apply,
    ArrayConstant,
    Binary,
    Call,
    Coordinate,
    External,
    FunctionName,
    Lambda,
    Let,
    Literal,
    Local,
    Missing,
    Name,
    Node,
    Range,
    Structured,
    Unary,
    children,
    walk,
    with_children,
)
from cellgrad.functions.registry import FUNCTIONS, Shape, Takes
from cellgrad.graph.last_operation import ends_in_sum
from cellgrad.graph.other_books import held
from cellgrad.graph.scopes import ETA, function_named, is_builtin, parameter
from cellgrad.graph.sum_ranges import fitted
from cellgrad.graph.tables import TableBinding, nearest, table_around
from cellgrad.values import CellError
from cellgrad.workbook import Workbook

_LEAVES = (Literal, ArrayConstant, Range, Missing, External)
"""What a local name may stand for by itself: it costs nothing to evaluate again."""

_ORIGIN = (0, 0)
"""Relative references in a defined name are stored as seen from A1."""


def bind(tree: Node, book: Workbook, sheet: str, row: int, column: int) -> Node:
    """The tree with names and structured references replaced, as seen by the cell (row, column) of `sheet`.

    The result holds for every cell of the sheet that has the same `table_context`. Raises FormulaError for a sheet,
    table or column that does not exist, CircularReferenceError for a name that needs itself and is no LAMBDA.
    """
    return _Binding(book, sheet, row, column).bind(tree, {}, None)


def table_context(book: Workbook, sheet: str, row: int, column: int) -> tuple[str | None, frozenset[str]]:
    """All that binding depends on beside the sheet: the table around the cell, and the tables with data in its row."""
    own = table_around(book, sheet, row, column)
    beside = frozenset(name for name, table in book.tables.items() if table.body.top <= row < table.body.bottom)
    return (own.name if own else None), beside


def needs_context(tree: Node) -> bool:
    """Whether the bound tree may differ between cells of a sheet."""
    return any(
        isinstance(node, Structured | Name) or (isinstance(node, Call) and not is_builtin(node.function))
        for node in walk(tree)
    )


class Binder:
    """The bound trees of a workbook's formulas, each parsed once and bound once a sheet and table context."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self._parsed: dict[int, tuple[Node, bool]] = {}
        self._bound: dict[tuple, Node] = {}
        self._end_in_sum: dict[int, bool] = {}

    def parsed(self, formula: int) -> Node:
        """The tree of a formula of the workbook, unbound."""
        return self._entry(formula)[0]

    def ends_in_sum(self, formula: int) -> bool:
        """Whether a formula's last operation is a sum or difference, outside of any bracket."""
        found = self._end_in_sum.get(formula)
        if found is None:
            text = self.book.formulas[formula].text
            found = self._end_in_sum[formula] = ends_in_sum(self.parsed(formula), text)
        return found

    def bound(self, formula: int, sheet: str, row: int, column: int) -> Node:
        """The bound tree of the formula of that number as seen by a cell."""
        tree, depends = self._entry(formula)
        key = (formula, sheet, table_context(self.book, sheet, row, column) if depends else None)
        found = self._bound.get(key)
        if found is None:
            found = self._bound[key] = bind(tree, self.book, sheet, row, column)
        return found

    def _entry(self, formula: int) -> tuple[Node, bool]:
        entry = self._parsed.get(formula)
        if entry is None:
            text = self.book.formulas[formula]
            tree = parse(text.text, text.row, text.column)
            entry = self._parsed[formula] = tree, needs_context(tree)
        return entry


def region_of(reference: Range, sheet: str, row: int, column: int) -> Region:
    """The rectangle that a bound range means for the cell (row, column) of `sheet`; the first sheet's of a 3-D one.

    Corners are put in order; an offset that leaves the sheet comes in again on the other side, as in Excel.
    """
    rows = _ordered(reference.top, reference.bottom, row, MAX_ROWS)
    columns = _ordered(reference.left, reference.right, column, MAX_COLUMNS)
    return Region(reference.sheet or sheet, rows[0], columns[0], rows[1] + 1, columns[1] + 1)


def regions_of(reference: Range, book: Workbook, sheet: str, row: int, column: int) -> tuple[Region, ...]:
    """The rectangles a bound range means, one a sheet for a 3-D reference, in workbook order."""
    region = region_of(reference, sheet, row, column)
    if reference.last_sheet is None:
        return (region,)
    names = sheets_between(book, region.sheet, reference.last_sheet)
    return tuple(dataclasses.replace(region, sheet=name) for name in names)


def sheets_between(book: Workbook, first: str, last: str) -> list[str]:
    """The worksheets from one to another, both included, in workbook order. Raises ArgumentError for unknown ones."""
    names = list(book.sheets)
    ends = sorted((names.index(book.sheet(first).name), names.index(book.sheet(last).name)))
    return names[ends[0] : ends[1] + 1]


def _ordered(first: Coordinate | None, last: Coordinate | None, host: int, size: int) -> tuple[int, int]:
    if first is None or last is None:
        return 0, size - 1
    a, b = first.at(host) % size, last.at(host) % size
    return min(a, b), max(a, b)


class _Binding:
    """One pass over one tree for one cell."""

    def __init__(self, book: Workbook, sheet: str, row: int, column: int) -> None:
        self.book = book
        self.sheet = book.sheet(sheet).name
        self.row = row
        self.column = column
        self.tables = TableBinding(book, self.sheet, row, column)
        self.names: list[str] = []
        self.functions: set[str] = set()

    def bind(self, node: Node, scope: Mapping[str, Node], position: int | None) -> Node:
        """`scope`: the names that LET gives; `position`: where the defined name stands that the node comes from."""
        match node:
            case Range():
                node = self._range(node)
            case Structured():
                return self.tables.bind(node, node.position if position is None else position)
            case External():
                node = held(node, self.book)
            case Name():
                return self._name(node, scope, node.position if position is None else position)
            case Unary():
                operand = self.bind(node.operand, scope, position)
                node = node if operand is node.operand else dataclasses.replace(node, operand=operand)
            case Binary():
                left, right = self.bind(node.left, scope, position), self.bind(node.right, scope, position)
                if left is not node.left or right is not node.right:
                    node = dataclasses.replace(node, left=left, right=right)
            case Call(function="LET"):
                return self._let(node, scope, position)
            case Call(function="LAMBDA"):
                return self._lambda(node, scope, position)
            case Apply():
                return self._apply(node, scope, position)
            case Call():
                function = self._called(node, scope, position)
                arguments = self._arguments(node, scope, position)
                if function is not None:
                    return Apply(function, arguments, position=node.position if position is None else position)
                if any(new is not old for new, old in zip(arguments, node.arguments, strict=True)):
                    node = dataclasses.replace(node, arguments=arguments)
                node = fitted(node)
        return node if position is None else dataclasses.replace(node, position=position)  # type: ignore[call-arg]

    def _range(self, node: Range) -> Range:
        if node.sheet is None:
            return node
        for name in (node.sheet, node.last_sheet):
            if name is not None and not self.book.has_sheet(name):
                raise FormulaError(
                    f"there is no sheet '{name}'",
                    position=node.position,
                    action=nearest(name, self.book.sheets, "the sheets are " + ", ".join(self.book.sheets)),
                )
        sheet: str | None = self.book.sheet(node.sheet).name
        if node.last_sheet is None:
            sheet = None if sheet == self.sheet else sheet
        return node if sheet == node.sheet else dataclasses.replace(node, sheet=sheet)

    # ------------------------------------------------------------ names

    def _name(self, node: Name, scope: Mapping[str, Node], position: int) -> Node:
        given = scope.get(node.name.casefold()) if node.sheet is None else None
        if given is not None:
            return given
        sheet = node.sheet if node.sheet and self.book.has_sheet(node.sheet) else self.sheet
        defined = self.book.find_name(node.name, sheet)
        if defined is None:
            return self._whole_table(node, position)
        key = f"{defined.sheet or ''}!{defined.name}".casefold()
        if key in self.names:
            if key in self.functions:
                return Local(key, calls=True, position=position)
            raise CircularReferenceError(
                f"the name {defined.name} is defined by itself", position=position, action="give it a cell or a value"
            )
        definition = _unwrapped(self._definition(defined.name, defined.text, position))
        self.names.append(key)
        if isinstance(definition, Call) and definition.function == "LAMBDA":
            self.functions.add(key)
            function = self._lambda(definition, {}, position, own=key)
            self.names.pop()
            return function
        tree = self.bind(definition, {}, position)
        self.names.pop()
        return Call("{}", (tree,), position=position) if _lifts(tree) else tree

    def _definition(self, name: str, text: str, position: int) -> Node:
        try:
            return parse(text.removeprefix("="), *_ORIGIN)
        except FormulaError as error:
            raise type(error)(
                f"the name {name} is defined as ={text}: {error.cause}", position=position, action=error.action
            ) from None

    def _whole_table(self, node: Name, position: int) -> Node:
        """A table's bare name is its data; any other name that is not defined is #NAME?."""
        if node.sheet is None and self.book.find_table(node.name) is not None:
            return self.tables.bind(Structured(node.name, frozenset(), None, None), position)
        return Literal(CellError.NAME, position=position)

    # ------------------------------------------------------------ LET, LAMBDA and what is called

    def _let(self, node: Call, scope: Mapping[str, Node], position: int | None) -> Node:
        """LET: a name for a leaf stands for that leaf, which keeps a reference a reference; others get a scope."""
        here = node.position if position is None else position
        if len(node.arguments) < 3 or len(node.arguments) % 2 == 0:
            raise FormulaError(
                "LET takes pairs of name and value, and a formula at the end",
                position=here,
                action="add what is missing",
            )
        inner, names, values = dict(scope), [], []
        for written, value in zip(node.arguments[:-1:2], node.arguments[1:-1:2], strict=True):
            name, _ = parameter(written, "LET", here if position is not None else None)
            bound = self.bind(value, inner, position)
            if isinstance(bound, _LEAVES):
                inner[name] = bound
                continue
            inner[name] = Local(name, calls=isinstance(bound, Lambda | FunctionName), position=here)
            names.append(name)
            values.append(bound)
        body = self.bind(node.arguments[-1], inner, position)
        return Let(tuple(names), tuple(values), body, position=here) if names else body

    def _lambda(self, node: Call, scope: Mapping[str, Node], position: int | None, own: str | None = None) -> Lambda:
        here = node.position if position is None else position
        if not node.arguments:
            raise FormulaError("LAMBDA needs a formula", position=here, action="add what is missing")
        inner, names, required = dict(scope), [], 0
        for written in node.arguments[:-1]:
            name, optional = parameter(written, "LAMBDA", here if position is not None else None)
            names.append(name)
            inner[name] = Local(name, position=here)
            required = required if optional else len(names)
        return Lambda(tuple(names), required, self.bind(node.arguments[-1], inner, position), own, position=here)

    def _apply(self, node: Apply, scope: Mapping[str, Node], position: int | None) -> Node:
        here = node.position if position is None else position
        if isinstance(node.function, Name) and node.function.sheet is None:  # f(1), f a local name; or SUM (A1)
            name = node.function.name
            if name.casefold() not in scope and self.book.find_name(name, self.sheet) is None:
                return self.bind(Call(name.upper(), node.arguments, position=here), scope, position)
        function = self.bind(node.function, scope, position)
        arguments = tuple(self.bind(argument, scope, position) for argument in node.arguments)
        if isinstance(function, Range) and len(arguments) == 1:  # foo (A1:B2), foo a range: what they share
            return Binary(" ", function, arguments[0], position=here)
        return Apply(function, arguments, position=here)

    def _called(self, node: Call, scope: Mapping[str, Node], position: int | None) -> Node | None:
        """What a call by name calls, where that is no function of Excel's: a local name, or a defined one."""
        given = scope.get(node.function.casefold())
        if is_builtin(node.function):
            return given if isinstance(given, Local) and given.calls else None
        if given is not None:
            return given
        if self.book.find_name(node.function, self.sheet) is None:
            return None
        return self._name(Name(node.function), scope, node.position if position is None else position)

    def _arguments(self, node: Call, scope: Mapping[str, Node], position: int | None) -> tuple[Node, ...]:
        """Arguments bound; where a function may stand, the bare name of one (in files _xleta.SUM) is that function."""
        record = FUNCTIONS.get(node.function)
        bound: list[Node] = []
        for index, argument in enumerate(node.arguments):
            function = function_named(argument)
            known = record is not None and (record.repeats or index < len(record.parameters))
            bare = known and record.parameter(index).takes is Takes.FUNCTION  # type: ignore[union-attr]
            bare = bare and function is not None and function.casefold() not in scope
            eta = isinstance(argument, Name) and argument.name.casefold().startswith(ETA)
            if function is not None and (eta or bare):
                bound.append(FunctionName(function, position=getattr(argument, "position", 0)))
            else:
                bound.append(self.bind(argument, scope, position))
        return tuple(bound)


def _unwrapped(node: Node) -> Node:
    """Relative references of a name, stored as seen from A1 and so wrapped around the sheet, as the short way round."""

    def short(coordinate: Coordinate | None, size: int) -> Coordinate | None:
        if coordinate is None or coordinate.absolute or coordinate.value <= size // 2:
            return coordinate
        return Coordinate(coordinate.value - size, False)

    match node:
        case Range():
            return dataclasses.replace(
                node,
                top=short(node.top, MAX_ROWS),
                left=short(node.left, MAX_COLUMNS),
                bottom=short(node.bottom, MAX_ROWS),
                right=short(node.right, MAX_COLUMNS),
            )
    return with_children(node, _unwrapped)


_REFERENCE_OPERATORS = {":", ",", " "}


def _lifts(tree: Node) -> bool:
    """Whether something in the tree works element by element on a range of several cells."""
    return any(_elementwise(node) and any(map(_wide, children(node))) for node in walk(tree))


def _elementwise(node: Node) -> bool:
    match node:
        case Unary():
            return node.operator not in "@#"
        case Binary():
            return node.operator not in _REFERENCE_OPERATORS
        case Call():
            record = FUNCTIONS.get(node.function)
            return record is not None and record.shape is Shape.ELEMENTWISE
    return False


def _wide(node: Node) -> bool:
    match node:
        case Range():
            return not node.is_cell
        case Binary() if node.operator in _REFERENCE_OPERATORS:
            return True
    return _elementwise(node) and any(map(_wide, children(node)))
