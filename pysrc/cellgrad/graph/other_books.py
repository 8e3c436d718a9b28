"""References into other workbooks: to the cells that the file keeps of them, where it keeps any."""

from __future__ import annotations

import dataclasses

from cellgrad.errors import FormulaError
from cellgrad.formula.parse import parse
from cellgrad.formula.tree import External, Literal, Name, Node, Range
from cellgrad.workbook import Workbook


def held(node: External, book: Workbook) -> Node:
    """The range of kept cells that a reference into another workbook means, or the value of a name there.

    The node itself where the file keeps nothing of that sheet, so that only a formula's own cached value is known.
    """
    reference = node.reference
    if isinstance(reference, Name):
        definition = _definition(reference, book)
        if isinstance(definition, Literal):
            return dataclasses.replace(definition, position=node.position)
        reference = definition
    if reference is None or reference.sheet is None or not book.has_sheet(reference.sheet):
        return node
    return dataclasses.replace(reference, sheet=book.sheet(reference.sheet).name, position=node.position)


def _definition(name: Name, book: Workbook) -> Range | Literal | None:
    """What a name of another workbook stands for: a value, or cells named in full; else None."""
    assert name.sheet is not None
    number = name.sheet.partition("]")[0]
    for scope in (name.sheet, f"{number}]"):
        for defined in book.external_names:
            known = (defined.name.casefold(), (defined.sheet or "").casefold())
            if known == (name.name.casefold(), scope.casefold()):
                return _meaning(defined.text, number)
    return None


def _meaning(text: str, number: str) -> Range | Literal | None:
    try:
        tree = parse(text, 0, 0)
    except FormulaError:
        return None
    if isinstance(tree, Literal):
        return tree
    if not isinstance(tree, Range) or tree.sheet is None or tree.last_sheet is not None:
        return None
    corners = (tree.top, tree.left, tree.bottom, tree.right)
    fixed = all(corner is None or corner.absolute for corner in corners)
    return dataclasses.replace(tree, sheet=f"{number}]{tree.sheet}") if fixed else None
