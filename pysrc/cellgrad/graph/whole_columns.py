"""Whole columns and rows worked on element by element, without a million elements.

Beyond the used part of a sheet all cells are blank, so that ``(B:B="")*1`` is the same value in each of them, and
``(B:B="")*ROW(B:B)`` a straight line. Two blank rows behind the used ones stand for all of them, the first and the last
of the sheet (`SHORT` functions): a maximum lies at one of the ends, it makes no difference how often an element stands
there, and a sum counts the two as often as there are blank rows.
"""

from __future__ import annotations

from cellgrad.formula.tree import Binary, Call, Literal, Missing, Node, Range, Unary
from cellgrad.functions.registry import FUNCTIONS, Shape

SUMS = frozenset({"SUM", "SUMPRODUCT", "SUMSQ", "COUNT", "COUNTA"})
"""To these each element adds its part."""

SHORT = SUMS | {"MAX", "MIN", "AND", "OR", "MATCH", "LOOKUP"}
"""Functions of arrays that need to see only the ends of the blank rows."""

BLANKS = 2
"""How many blank rows (or columns) stand for all."""


def is_whole(node: Node) -> bool:
    """Whether a node is a reference to whole columns or rows."""
    return isinstance(node, Range) and (node.top is None or node.left is None)


def positions_along(node: Call) -> int | None:
    """0 for ROW of whole columns, 1 for COLUMN of whole rows, whose answers run along them; None for any other call."""
    if len(node.arguments) != 1:
        return None
    (reference,) = node.arguments
    if isinstance(reference, Range) and reference.last_sheet is None:
        if node.function == "ROW" and reference.top is None:
            return 0
        if node.function == "COLUMN" and reference.left is None:
            return 1
    return None


def may_be_short(call: Call) -> bool:
    """Whether two blank rows may stand for all: the call is of such a function, and works on whole columns alone."""
    if call.function not in SHORT or not any(map(_works_on_whole, call.arguments)):
        return False
    degrees = [_degree(argument) for argument in call.arguments]
    known = [degree for degree in degrees if degree is not None]
    if len(known) < len(degrees):
        return False
    match call.function:
        case "SUM" | "MAX" | "MIN":
            return True
        case "SUMPRODUCT":
            return sum(known) <= 1
        case "MATCH":  # the first of equal ones; of sorted ones it is the last, whose place is not kept
            how = call.arguments[2:]
            return not any(known) and (how == (Literal(0.0),) or how == (Literal(False),))
    return not any(known)


def _works_on_whole(node: Node) -> bool:
    """Whether whole columns are worked on element by element somewhere in an argument."""
    parts = _operands(node)
    return any(is_whole(part) or _works_on_whole(part) for part in parts)


def _degree(node: Node) -> int | None:
    """0 where all blank rows come to the same value, 1 where they may lie on a straight line; None for neither."""
    match node:
        case Literal() | Missing():
            return 0
        case Range():
            return 0 if node.last_sheet is None and (node.is_cell or is_whole(node)) else None
        case Call() if positions_along(node) is not None:
            return 1
        case Call(function="ROW" | "COLUMN"):
            return (
                0 if all(isinstance(one, Range) and (one.is_cell or is_whole(one)) for one in node.arguments) else None
            )
        case Call():
            record = FUNCTIONS.get(node.function)
            if record is not None and record.shape is Shape.REDUCE:
                return 0
    parts = _operands(node)
    degrees = [_degree(part) for part in parts]
    if not parts or None in degrees:
        return None
    if not any(degrees):
        return 0
    match node:
        case Unary():
            return 1
        case Binary(operator="+" | "-"):
            return 1
        case Binary(operator="*"):
            return 1 if sum(filter(None, degrees)) == 1 else None
        case Binary(operator="/"):
            return 1 if degrees[1] == 0 else None
        case Call(function="IF"):
            return 1 if degrees[0] == 0 else None
    return None


def _operands(node: Node) -> tuple[Node, ...]:
    match node:
        case Unary() if node.operator not in "@#":
            return (node.operand,)
        case Binary() if node.operator not in (":", ",", " "):
            return node.left, node.right
        case Call():
            record = FUNCTIONS.get(node.function)
            return node.arguments if record is not None and record.shape is Shape.ELEMENTWISE else ()
    return ()
