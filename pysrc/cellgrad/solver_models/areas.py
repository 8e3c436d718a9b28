"""References to cells, as a saved model or a person writes them: one or more areas of any sheet."""

from __future__ import annotations

from collections.abc import Iterator

from cellgrad.address import Region
from cellgrad.errors import FormulaError
from cellgrad.formula.parse import parse
from cellgrad.formula.tree import Binary, External, Literal, Node, Range
from cellgrad.graph.binding import bind, regions_of
from cellgrad.workbook import Workbook


def areas(book: Workbook, sheet: str, text: str) -> Iterator[Region]:
    """The areas that a reference names: ``Sheet1!$A$1:$B$3,Table1[Weight],rate`` gives three, in that order.

    Raises FormulaError for text that is no reference, or names what the workbook does not have.
    """
    pending: list[Node] = [bind(parse(text, 0, 0), book, sheet, 0, 0)]
    while pending:
        node = pending.pop()
        match node:
            case Binary(operator=",", left=left, right=right):
                pending += [right, left]
            case Range():
                yield from regions_of(node, book, sheet, 0, 0)
            case External(text=outside):
                raise FormulaError(f"{outside} is in another workbook")
            case Literal(value=value):
                raise FormulaError(f"'{value}' is no reference to cells")
            case _:
                raise FormulaError(f"'{text}' is not a list of cells, ranges, table columns and names")


def disjoint(regions: list[Region]) -> list[Region]:
    """The same cells in the same order with no cell twice; what is left of an overlapping area is cut into rows."""
    kept: list[Region] = []
    for region in regions:
        overlapping = [other for other in kept if region.intersect(other)]
        if not overlapping:
            kept.append(region)
            continue
        for row in range(region.top, region.bottom):
            covered = sorted((o.left, o.right) for o in overlapping if o.top <= row < o.bottom)
            left = region.left
            for start, end in [*covered, (region.right, region.right)]:
                if left < min(start, region.right):
                    kept.append(Region(region.sheet, row, left, row + 1, min(start, region.right)))
                left = max(left, end)
    return kept
