"""Where an open workbook keeps our texts, saved with it and out of its user's way.

In Calc they are custom properties of the document: a new sheet would make LibreOffice compute every formula anew. In
Excel they are in a very hidden sheet, as they once were in Calc too. What the other program has left is read as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Protocol, TypeAlias

import xlwings as xw

from cellgrad.address import parse_region
from cellgrad.errors import ArgumentError
from cellgrad.hosts.live.differences import (
    CustomProperties,
    ExactValue,
    custom_properties,
    exact_values,
    hide_well,
    program,
)
from cellgrad.hosts.live.held import Held, block_of, rectangles
from cellgrad.hosts.live.packing import decode, pack
from cellgrad.hosts.live.quiet import quiet

UNDO_SHEET = "Cellgrad undo"
OPEN = "open"
_NAME = re.compile(rf"{UNDO_SHEET} (\w+ \d+) (\d+)")
_IN_PROPERTY = 250
"""Characters of a custom property: Office keeps no more than 255, and Excel may crash over more."""
_IN_CELL = 8000
"""Characters of a cell: more than that not every Excel takes with many cells at a time."""


class Store(Protocol):
    """Texts of ours in a workbook, by key: a word and a number."""

    def texts(self) -> dict[str, str]:
        """All of them; one of which a part is missing is as damaged as it is."""

    def put(self, key: str, text: str) -> None:
        """Keep a text."""

    def drop(self, keys: Collection[str]) -> None:
        """Keep these no longer."""


def stores(book: xw.Book) -> list[Store]:
    """Where texts may be; the first is where new ones go."""
    properties = custom_properties(book)
    found: list[Store] = [] if properties is None else [InProperties(properties)]
    if program(book) != "calc":
        return [InSheet(book), *found]
    return [*found, InSheet(book)] if UNDO_SHEET in book.sheet_names else found


class InProperties:
    """Custom properties of the document, a text cut into as many as it needs."""

    def __init__(self, properties: CustomProperties) -> None:
        self._properties = properties

    def texts(self) -> dict[str, str]:
        parts: dict[str, dict[int, str]] = {}
        for name, part in self._properties.read().items():
            if match := _NAME.fullmatch(name):
                parts.setdefault(match[1], {})[int(match[2])] = part
        return {key: "".join(found[at] for at in sorted(found)) for key, found in parts.items()}

    def put(self, key: str, text: str) -> None:
        for at, start in enumerate(range(0, len(text), _IN_PROPERTY), 1):
            self._properties.add(f"{UNDO_SHEET} {key} {at}", text[start : start + _IN_PROPERTY])

    def drop(self, keys: Collection[str]) -> None:
        for name in self._properties.read():
            if (match := _NAME.fullmatch(name)) and match[1] in keys:
                self._properties.remove(name)


class InSheet:
    """A hidden sheet: a row a text, its key and then its parts.

    Before that it had a row a changed cell: the number of the run, the sheet, the cell, what it held before and what
    was written. These are given as the texts they would be now.
    """

    def __init__(self, book: xw.Book) -> None:
        self._book = book

    def texts(self) -> dict[str, str]:
        rows = self._rows()
        found = _of_old_rows([row for row in rows if isinstance(row[0], float)])
        for row in rows:
            if isinstance(row[0], str):
                found[row[0]] = "".join(part for part in row[1:] if isinstance(part, str))
        return found

    def put(self, key: str, text: str) -> None:
        with quiet(self._book.app):
            sheet = self._book.sheets[UNDO_SHEET] if self._exists() else self._add()
            used = sheet.used_range
            below = used.row + used.shape[0] if exact_values(used) != [[None]] else 1
            row = (key, *(text[start : start + _IN_CELL] for start in range(0, len(text), _IN_CELL)))
            sheet.range((below, 1), (below, len(row))).raw_value = (row,)

    def drop(self, keys: Collection[str]) -> None:
        """An empty sheet stays: LibreOffice 7.4 breaks array formulas over tables when any sheet is deleted."""
        rows = self._rows()
        numbers = {int(key.split()[1]) for key in keys}
        kept = [row for row in rows if row[0] not in (numbers if isinstance(row[0], float) else keys)]
        if len(kept) < len(rows):
            kept += [[None] * len(rows[0])] * (len(rows) - len(kept))
            with quiet(self._book.app):
                sheet = self._book.sheets[UNDO_SHEET]
                sheet.range((1, 1), (len(rows), len(rows[0]))).raw_value = tuple(map(tuple, kept))

    def _exists(self) -> bool:
        return UNDO_SHEET in self._book.sheet_names

    def _rows(self) -> list[list[ExactValue]]:
        if not self._exists():
            return []
        sheet = self._book.sheets[UNDO_SHEET]
        last = sheet.used_range.last_cell
        return exact_values(sheet.range((1, 1), (last.row, last.column)))

    def _add(self) -> xw.Sheet:
        """The sheet at the end, hidden, with the sheet that was active active again."""
        active = self._book.sheets.active
        sheet = self._book.sheets.add(UNDO_SHEET, after=self._book.sheets[len(self._book.sheets) - 1])
        active.activate()
        hide_well(sheet)
        return sheet


_Cells: TypeAlias = dict[str, dict[tuple[int, int], ExactValue]]


def _of_old_rows(rows: list[list[ExactValue]]) -> dict[str, str]:
    """A row that somebody has damaged is left out."""
    before: dict[int, _Cells] = {}
    after: dict[int, _Cells] = {}
    for row in rows:
        if len(row) < 5 or not all(isinstance(text, str) for text in row[1:5]):
            continue
        number, sheet, cell, was, is_now = int(float(str(row[0]))), *map(str, row[1:5])
        try:
            region = parse_region(cell, "")
            place = sheet.removeprefix("s:"), (region.top, region.left)
            before.setdefault(number, {}).setdefault(place[0], {})[place[1]] = decode(was)
            if is_now != OPEN:
                after.setdefault(number, {}).setdefault(place[0], {})[place[1]] = decode(is_now)
        except (ArgumentError, ValueError):
            continue
    return {
        f"{word} {number}": pack(list(_held(cells)))
        for word, numbers in (("before", before), ("after", after))
        for number, cells in numbers.items()
    }


def _held(cells: _Cells) -> Iterator[Held]:
    for sheet, values in cells.items():
        for area in rectangles(sheet, values):
            yield Held.of(area, block_of(values, area))
