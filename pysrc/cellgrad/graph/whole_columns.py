"""Whole columns and rows worked on element by element, without a million elements.

Beyond the used part of a sheet all cells are blank, so that ``(B:B="")*1`` is the same value in each of them. One blank
row behind the used ones stands for all of them (`SHORT` functions): it makes no difference to a maximum how often an
element stands there, and of a sum the rest is added (`extra`).
"""

from __future__ import annotations

from cellgrad.formula.tree import Binary, Call, Literal, Missing, Node, Range, Unary
from cellgrad.functions.registry import FUNCTIONS, Shape

SUMS = frozenset({"SUM", "SUMPRODUCT"})
SHORT = SUMS | {"MAX", "MIN", "AND", "OR"}
"""Functions of arrays that need to see only one of the blank rows."""


def is_whole(node: Node) -> bool:
    """Whether a node is a reference to whole columns or rows."""
    return isinstance(node, Range) and (node.top is None or node.left is None)


def may_be_short(call: Call) -> bool:
    """Whether one blank row may stand for all: the call is of such a function, and works on whole columns alone."""
    if call.function not in SHORT:
        return False
    return any(_works_on_whole(argument) for argument in call.arguments) and all(map(_is_even, call.arguments))


def _works_on_whole(node: Node) -> bool:
    """Whether whole columns are worked on element by element somewhere in an argument."""
    parts = _operands(node)
    return any(is_whole(part) or _works_on_whole(part) for part in parts)


def _is_even(node: Node) -> bool:
    """Whether all blank rows come to the same value."""
    match node:
        case Literal() | Missing():
            return True
        case Range():
            columns, rows = node.top is None, node.left is None
            return node.last_sheet is None and (node.is_cell or columns or rows)
        case Call():
            record = FUNCTIONS.get(node.function)
            if record is None:
                return False
            even = record.shape is Shape.ELEMENTWISE and all(map(_is_even, _operands(node)))
            return even or record.shape is Shape.REDUCE
    return bool(_operands(node)) and all(map(_is_even, _operands(node)))


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
