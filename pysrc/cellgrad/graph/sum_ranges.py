"""The range that SUMIF and AVERAGEIF add has the size of the range they test, whatever is written.

Source: Microsoft, "SUMIF function": the cells that are added are found from the upper left cell of sum_range, in the
size and shape of range.
"""

from __future__ import annotations

import dataclasses

from cellgrad.formula.tree import Call, Coordinate, Node, Range

_FUNCTIONS = frozenset({"SUMIF", "AVERAGEIF"})


def fitted(call: Call) -> Call:
    """The call with its third argument in the size of the first, where both are plain references of a known size."""
    if call.function not in _FUNCTIONS or len(call.arguments) != 3:
        return call
    tested, criterion, added = call.arguments
    resized = _resized(tested, added)
    return call if resized is added else dataclasses.replace(call, arguments=(tested, criterion, resized))


def _resized(tested: Node, added: Node) -> Node:
    if not isinstance(tested, Range) or not isinstance(added, Range) or tested.last_sheet or added.last_sheet:
        return added
    rows = _line(tested.top, tested.bottom, added.top, added.bottom)
    columns = _line(tested.left, tested.right, added.left, added.right)
    if rows is None or columns is None:
        return added
    (top, bottom), (left, right) = rows, columns
    if (top, bottom, left, right) == (added.top, added.bottom, added.left, added.right):
        return added
    return dataclasses.replace(added, top=top, bottom=bottom, left=left, right=right)


_Line = tuple[Coordinate | None, Coordinate | None]


def _line(
    first: Coordinate | None, last: Coordinate | None, start: Coordinate | None, end: Coordinate | None
) -> _Line | None:
    """Start and end of the line to add along one axis, or None where its size is not known before a cell is.

    first, last: of the line that is tested; None: the whole sheet.
    """
    if (first, last) == (start, end):
        return start, end
    if first is None or last is None:
        return (None, None) if start is None or (start.absolute and start.value == 0) else None
    if first.absolute != last.absolute or last.value < first.value:
        # Equally long if both ends stand equally far away, as in $A$1:A9 beside $B$2:B10.
        return _alike(first, last, start, end)
    if start is None:
        start = Coordinate(0, True)
    return start, Coordinate(start.value + last.value - first.value, start.absolute)


def _alike(first: Coordinate, last: Coordinate, start: Coordinate | None, end: Coordinate | None) -> _Line | None:
    if start is None or end is None or (first.absolute, last.absolute) != (start.absolute, end.absolute):
        return None
    return (start, end) if end.value - start.value == last.value - first.value else None
