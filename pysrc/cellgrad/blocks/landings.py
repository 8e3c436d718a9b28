"""Where the references lead that formulas compute with OFFSET and INDIRECT.

A block of such formulas reads what its references come to, cell by cell. Where the position follows from numbers
written in the formula the reference is a plain one in disguise (``OFFSET(A2,-1,0)`` is ``A1``), and the formula is
rewritten; else the arguments are evaluated.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.errors import UnsupportedError
from cellgrad.formula.tree import (
    Binary,
    Call,
    Coordinate,
    Literal,
    Missing,
    Node,
    Range,
    Unary,
    children,
    with_children,
)
from cellgrad.functions.operands import Areas
from cellgrad.graph.precedents import around, computes_reference, is_anchored, what_is_read
from cellgrad.reference import Reference
from cellgrad.values import CellError
from cellgrad.workbook import Workbook

MOST_REGIONS = 64
"""A block that reads more regions than this is taken to read the rectangles around them."""


class Landings:
    """The regions that computed references come to by the workbook's own values."""

    def __init__(self, book: Workbook) -> None:
        self._reference = Reference(book)
        self._anchored: dict[tuple[Node, str], Areas | CellError | None] = {}
        self._found: dict[tuple[Node, Region], list[Region]] = {}

    def regions(self, tree: Node, host: Region, by_place: bool = False) -> list[Region]:
        """What the computed references of a bound tree lead to, for all cells of `host`.

        by_place: INDEX of a range is among them. Raises FormulaError where their arguments cannot be evaluated.
        """
        return [region for node in what_is_read(tree, by_place)[1] for region in self._regions(node, host)]

    def placed(self, tree: Node, host: Region) -> Node:
        """The tree with every OFFSET and INDEX by the cell's own place (``INDEX(B$1:B$9,ROW()-1)``) as a plain range.

        Raises FormulaError where such a place cannot be evaluated.
        """
        if computes_reference(tree, by_place=True) and _is_told_by_place(tree):
            landed = self._of(tree, host)
            if all(isinstance(found, Areas) and len(found.regions) == 1 for found in landed):
                regions = [found.regions[0] for found in landed if isinstance(found, Areas)]
                plain = _plain(regions * (host.size // len(regions)), host, tree)  # one stands for all if anchored
                if plain is not None:
                    return plain
        return with_children(tree, lambda node: self.placed(node, host))

    def _regions(self, node: Node, host: Region) -> list[Region]:
        known = self._found.get((node, host))
        if known is None:
            landed = self._of(node, host)
            if None in landed:
                raise UnsupportedError("an array of references")
            areas = [found for found in landed if isinstance(found, Areas)]
            regions = list(dict.fromkeys(region for found in areas for region in found.regions))
            known = regions if len(regions) <= MOST_REGIONS else around(regions)
            self._found[node, host] = known
        return known

    def _of(self, node: Node, host: Region) -> list[Areas | CellError | None]:
        if is_anchored(node):
            key = node, host.sheet
            if key not in self._anchored:
                self._anchored[key] = self._reference.areas(node, host.sheet, host.top, host.left)
            return [self._anchored[key]]
        return [self._reference.areas(node, host.sheet, row, column) for row, column in host.cells()]


_ASK_FOR_PLACE = frozenset({"ROW", "COLUMN", "ROWS", "COLUMNS"})
_OF_PLACES = frozenset({*_ASK_FOR_PLACE, "MAX", "MIN", "INT", "MOD", "ABS", "TRUNC", "ROUND", "QUOTIENT", "IF"})


def _is_told_by_place(tree: Node, position: bool = False) -> bool:
    """Whether what a reference comes to follows from numbers in the formula and the cell's own place."""
    match tree:
        case Range():
            return not position
        case Call() if not position and computes_reference(tree, by_place=True):
            base, *positions = tree.arguments
            return isinstance(base, Range) and all(_is_told_by_place(argument, True) for argument in positions)
        case Call():
            asks = tree.function in _ASK_FOR_PLACE
            return tree.function in _OF_PLACES and all(_is_told_by_place(a, not asks) for a in tree.arguments)
        case Unary() | Binary():
            return all(_is_told_by_place(child, position) for child in children(tree))
    return isinstance(tree, Literal | Missing)


def _plain(regions: list[Region], host: Region, like: Node) -> Range | None:
    """The range whose ends stay, or move with the cells of `host`, as those of its `regions` do; None for others."""
    rows, columns = zip(*host.cells(), strict=True)
    corners = []
    for ends, places in (
        ([r.top for r in regions], rows),
        ([r.left for r in regions], columns),
        ([r.bottom - 1 for r in regions], rows),
        ([r.right - 1 for r in regions], columns),
    ):
        away = {end - place for end, place in zip(ends, places, strict=True)}
        if len(away) == 1:
            corners.append(Coordinate(away.pop(), False))
        elif len(set(ends)) == 1:
            corners.append(Coordinate(ends[0], True))
        else:
            return None
    if len({region.sheet for region in regions}) > 1:
        return None
    top, left, bottom, right = corners
    return Range(top, left, bottom, right, regions[0].sheet, position=like.position)  # type: ignore[attr-defined]


# ---------------------------------------------------------------- OFFSET by numbers written in the formula


def written_out(tree: Node, host: Region) -> Node:
    """The tree with every OFFSET by written numbers replaced by the range it comes to, for all cells of `host`."""
    return rewritten(tree, lambda node: _written_offset(node, host))


def rewritten(tree: Node, change: Callable[[Node], Node]) -> Node:
    """The tree with every node replaced by what `change` makes of it, from the leaves up."""
    return change(with_children(tree, lambda node: rewritten(node, change)))


def _written_offset(node: Node, host: Region) -> Node:
    if not isinstance(node, Call) or node.function != "OFFSET" or not 3 <= len(node.arguments) <= 5:
        return node
    base, *places = node.arguments
    if not isinstance(base, Range) or base.last_sheet is not None:
        return node
    corners = (base.top, base.left, base.bottom, base.right)
    numbers = [0 if isinstance(place, Missing) else _number(place) for place in places[:2]]
    sizes = [None if isinstance(place, Missing) else _number(place) for place in places[2:]]
    if (
        None in corners
        or None in numbers
        or any(size is None and not isinstance(place, Missing) for size, place in zip(sizes, places[2:], strict=True))
    ):
        return node
    top, left, bottom, right = corners
    assert top is not None and left is not None and bottom is not None and right is not None
    rows, columns = numbers
    assert rows is not None and columns is not None
    height, width = (*sizes, None, None)[:2]
    vertical = _moved(top, bottom, rows, height, host.top, host.bottom, MAX_ROWS)
    horizontal = _moved(left, right, columns, width, host.left, host.right, MAX_COLUMNS)
    if vertical is None or horizontal is None:
        return node
    return dataclasses.replace(
        base, top=vertical[0], bottom=vertical[1], left=horizontal[0], right=horizontal[1], position=node.position
    )


def _number(node: Node) -> int | None:
    """A whole number written in a formula, perhaps with a sign."""
    if isinstance(node, Unary) and node.operator in "+-":
        inside = _number(node.operand)
        return inside if inside is None or node.operator == "+" else -inside
    if isinstance(node, Literal) and type(node.value) is float:
        return math.trunc(node.value)
    return None


def _moved(
    first: Coordinate, last: Coordinate, by: int, size: int | None, low: int, high: int, limit: int
) -> tuple[Coordinate, Coordinate] | None:
    """The ends of a stretch moved and resized for hosts low .. high-1; None where that is an error for some of them."""
    if first.absolute != last.absolute or first.value > last.value or size == 0:
        return None
    length = last.value - first.value + 1 if size is None else size
    start = first.value + by
    start, end = (start, start + length - 1) if length > 0 else (start + length + 1, start)
    for host in (0,) if first.absolute else (low, high - 1):
        if min(start, first.value) + host < 0 or max(end, last.value) + host >= limit:
            return None
    return Coordinate(start, first.absolute), Coordinate(end, first.absolute)
