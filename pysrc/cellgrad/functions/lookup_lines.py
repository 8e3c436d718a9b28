"""Lines to look up in: one row or column, prepared once and then searched in the time of a hash or of halving.

A value meets values of its own type alone: numbers, texts (without regard to case) or truth values. Numbers are
compared bit for bit, unlike by ``=``, which rounds to 15 digits.
Source: Microsoft, "MATCH function", "XMATCH function"; for the comparison "Floating-point arithmetic may give
inaccurate results in Excel" and its answers on learn.microsoft.com (MATCH of 0.1 in 10.1-10 is #N/A).
"""

from __future__ import annotations

import bisect
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any

from cellgrad.errors import UnsupportedError
from cellgrad.functions.criteria import wildcards
from cellgrad.functions.operands import Matrix
from cellgrad.values import CellError, Value, fold_case


class Line:
    """One row or column of values; each search answers with a place from zero, or None."""

    def __init__(self, values: Sequence[Value]) -> None:
        self.values = values
        self._entries: dict[type, _Entries] | None = None
        self._sorted: dict[bool, tuple[list[Any], list[int]] | None] = {}

    def _of_type(self, wanted: Value) -> tuple[_Entries, Any]:
        """The entries of the wanted value's type, and the value as they are compared."""
        if self._entries is None:
            self._entries = {}
            for place, value in enumerate(self.values):
                if value is not None and type(value) is not CellError:
                    found = self._entries.get(type(value))
                    if found is None:
                        found = self._entries[type(value)] = _Entries()
                    found.places.append(place)
                    found.keys.append(fold_case(value) if type(value) is str else value)
        key = fold_case(wanted) if isinstance(wanted, str) else wanted
        return self._entries.get(type(wanted)) or _Entries(), key

    def exact(self, wanted: Value, last: bool = False) -> int | None:
        """The first place (or the last) that holds the value."""
        entries, key = self._of_type(wanted)
        return entries.where(last).get(key)

    def blank(self, last: bool = False) -> int | None:
        """The first (or last) place that holds nothing."""
        places = range(len(self.values))
        return next((place for place in (reversed(places) if last else places) if self.values[place] is None), None)

    def matching(self, wanted: str, last: bool = False) -> int | None:
        """The first (or last) text that matches one with ``*``, ``?`` and ``~``."""
        if not any(sign in wanted for sign in "*?~"):
            return self.exact(wanted, last)
        entries, _ = self._of_type(wanted)
        pattern = wildcards(wanted)
        pairs = zip(entries.keys, entries.places, strict=True)
        found = reversed(list(pairs)) if last else pairs
        return next((place for key, place in found if pattern.fullmatch(key)), None)

    def sorted(self, wanted: Value, descending: bool = False) -> int | None:
        """The last place not beyond the value, in a line sorted that way.

        Excel searches a rising line by halves, which comes to the same place where it is sorted, and a falling one
        from its start. Raises UnsupportedError where a rising line is not sorted around the value, and where a falling
        line holds the value more than once.
        """
        entries, key = self._of_type(wanted)
        inside, beyond = entries.bounds(key, descending)
        if descending:
            inside = beyond - 1
        if inside < 0:
            return None
        if inside > beyond:
            raise UnsupportedError(
                "the nearest value is looked up among entries that are not sorted the way the formula says",
                action="sort them, or look up an exact match",
            )
        if descending and inside and entries.keys[inside] == entries.keys[inside - 1]:
            raise UnsupportedError(
                "the nearest value is looked up in falling order, and stands there more than once",
                action="leave each value in the list once",
            )
        return entries.places[inside]

    def nearest(self, wanted: Value, larger: bool, last: bool = False) -> int | None:
        """The place of the value, else of the next smaller (or larger) one; the line need not be sorted.

        Beyond the values of its own type come those of the next: numbers, texts, truth values, as Excel sorts them.
        """
        entries, key = self._of_type(wanted)
        ordered = entries.ordered
        at = bisect.bisect_left(ordered, key) if larger else bisect.bisect_right(ordered, key) - 1
        if 0 <= at < len(ordered):
            return entries.where(last)[ordered[at]]
        rank = _TYPES.index(type(wanted))
        for other in _TYPES[rank + 1 :] if larger else _TYPES[:rank][::-1]:
            entries = (self._entries or {}).get(other) or _Entries()
            if entries.ordered:
                return entries.where(last)[entries.ordered[0 if larger else -1]]
        return None

    def halved(self, wanted: Value, step: int, descending: bool) -> int | None:
        """The place by halves: of the value, the first of its kind in rising order, the last in falling order.

        step: what stands in for a value that is not there, the next smaller (-1), the next larger (1) or nothing (0).
        Raises UnsupportedError for a line that is not sorted that way.
        """
        if descending not in self._sorted:
            pairs = [
                ((_TYPES.index(type(value)), fold_case(value) if type(value) is str else value), place)
                for place, value in enumerate(self.values)
                if value is not None and type(value) is not CellError
            ]
            rising = pairs[::-1] if descending else pairs
            keys = [key for key, _ in rising]
            places = [place for _, place in rising]
            self._sorted[descending] = (keys, places) if all(a <= b for a, b in pairwise(keys)) else None
        found = self._sorted[descending]
        if found is None:
            raise UnsupportedError(
                "a search by halves is asked for in a list that is not sorted that way",
                action="search from first to last, which is search mode 1",
            )
        keys, places = found
        key = _TYPES.index(type(wanted)), fold_case(wanted) if isinstance(wanted, str) else wanted
        at = bisect.bisect_left(keys, key)
        if at == len(keys) or keys[at] != key:
            if step == 0:
                return None
            at -= step < 0
        return places[at] if 0 <= at < len(places) else None


_TYPES = (float, str, bool)
"""The types of values in Excel's order."""


class _Entries:
    """The entries of one type, with what its searches need; each table is made when first asked for."""

    def __init__(self) -> None:
        self.places: list[int] = []
        self.keys: list[Any] = []
        self._where: dict[bool, dict[Any, int]] = {}
        self._ordered: list[Any] | None = None
        self._hulls: dict[bool, tuple[list[Any], list[Any]]] = {}

    def where(self, last: bool) -> dict[Any, int]:
        """The first (or last) place of every key."""
        found = self._where.get(last)
        if found is None:
            pairs = list(zip(self.keys, self.places, strict=True))
            found = self._where[last] = dict(pairs if last else reversed(pairs))
        return found

    @property
    def ordered(self) -> list[Any]:
        if self._ordered is None:
            self._ordered = sorted(self.where(False))
        return self._ordered

    def bounds(self, key: Any, descending: bool) -> tuple[int, int]:
        """The last entry not beyond the key (-1: none), and the first beyond it.

        Running extremes from the front and from the back are sorted whatever the line is, so both are found by halves.
        """
        if descending not in self._hulls:
            outward, inward = (min, max) if descending else (max, min)
            front = list(accumulate(self.keys, outward))
            back = list(accumulate(reversed(self.keys), inward))[::-1]
            self._hulls[descending] = front, back
        front, back = self._hulls[descending]
        beyond: Callable[[Any], bool] = (lambda entry: entry < key) if descending else (lambda entry: entry > key)
        return bisect.bisect_left(back, True, key=beyond) - 1, bisect.bisect_left(front, True, key=beyond)


class _Prepared:
    """Lines of the matrices last searched: many formulas look into one table."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._held = 0
        # The rows are kept with their line, so that an id is not used again while it stands here.
        self._lines: OrderedDict[tuple[int, bool, int], tuple[tuple[tuple[Value, ...], ...], Line]] = OrderedDict()

    def line(self, matrix: Matrix, upright: bool, index: int) -> Line:
        """Column (upright) or row number `index` of a matrix."""
        size = matrix.height if upright else matrix.width
        if size < _SMALL:
            return Line(_cut(matrix, upright, index))
        key = (id(matrix.rows), upright, index)
        found = self._lines.get(key)
        if found is not None:
            self._lines.move_to_end(key)
            return found[1]
        line = Line(_cut(matrix, upright, index))
        self._lines[key] = matrix.rows, line
        self._held += size
        while self._held > self._room and len(self._lines) > 1:
            _, (_, dropped) = self._lines.popitem(last=False)
            self._held -= len(dropped.values)
        return line


_SMALL = 16
"""A shorter line is not worth keeping."""

_PREPARED = _Prepared(room=2_000_000)


def _cut(matrix: Matrix, upright: bool, index: int) -> Sequence[Value]:
    return [row[index] for row in matrix.rows] if upright else matrix.rows[index]


def column_line(matrix: Matrix, column: int = 0) -> Line:
    """A column of a matrix, prepared for looking up."""
    return _PREPARED.line(matrix, True, column)


def row_line(matrix: Matrix, row: int = 0) -> Line:
    """A row of a matrix, prepared for looking up."""
    return _PREPARED.line(matrix, False, row)
