"""Cell addresses and regions.

Rows and columns count from zero inside the engine; A1 text exists only at its edges. A `Region` is a rectangle of
one sheet with exclusive ends, as in slices: `Region("Sheet1", 3, 6, 715, 16)` is ``Sheet1!G4:P715``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from cellgrad.errors import ArgumentError

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384


@lru_cache(maxsize=MAX_COLUMNS)
def column_letters(column: int) -> str:
    """0 -> 'A', 25 -> 'Z', 26 -> 'AA'."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=MAX_COLUMNS)
def column_index(letters: str) -> int:
    """'A' -> 0, 'AA' -> 26; upper or lower case."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def cell_name(row: int, column: int) -> str:
    """(3, 6) -> 'G4'."""
    return f"{column_letters(column)}{row + 1}"


def quote_sheet(name: str) -> str:
    """The sheet's name as Excel writes it before an exclamation mark: quoted where it needs to be."""
    looks_like_a_cell = _CELL.fullmatch(name) or re.fullmatch(r"(?i)R\d*(C\d*)?|C\d*", name)
    plain = re.fullmatch(r"[^\W\d][\w.]*", name) and not looks_like_a_cell
    return name if plain else "'" + name.replace("'", "''") + "'"


_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_COLUMN = re.compile(r"\$?([A-Za-z]{1,3})")
_ROW = re.compile(r"\$?([0-9]{1,7})")


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of one sheet: rows top..bottom-1, columns left..right-1, all from zero."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def size(self) -> int:
        return self.height * self.width

    def __contains__(self, other: Region) -> bool:
        return (
            self.sheet == other.sheet
            and self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )

    def intersect(self, other: Region) -> Region | None:
        """The common rectangle, or None."""
        if (
            self.top >= other.bottom
            or other.top >= self.bottom
            or self.left >= other.right
            or other.left >= self.right
            or self.sheet != other.sheet
        ):
            return None
        top, left = max(self.top, other.top), max(self.left, other.left)
        bottom, right = min(self.bottom, other.bottom), min(self.right, other.right)
        return Region(self.sheet, top, left, bottom, right) if top < bottom and left < right else None

    def minus(self, other: Region) -> list[Region]:
        """What `other` leaves of this region, as rectangles without overlap, from the top down."""
        shared = self.intersect(other)
        if shared is None:
            return [self]
        parts = (
            Region(self.sheet, self.top, self.left, shared.top, self.right),
            Region(self.sheet, shared.top, self.left, shared.bottom, shared.left),
            Region(self.sheet, shared.top, shared.right, shared.bottom, self.right),
            Region(self.sheet, shared.bottom, self.left, self.bottom, self.right),
        )
        return [part for part in parts if part.height and part.width]

    def within(self, whole: Region) -> tuple[slice, slice]:
        """Where this region lies in an array of the cells of `whole`."""
        rows = slice(self.top - whole.top, self.bottom - whole.top)
        return rows, slice(self.left - whole.left, self.right - whole.left)

    def cells(self) -> list[tuple[int, int]]:
        """(row, column) of every cell, in reading order."""
        return [(r, c) for r in range(self.top, self.bottom) for c in range(self.left, self.right)]

    @property
    def a1(self) -> str:
        """The address without its sheet: 'G4:P715', or 'G4' for one cell."""
        first = cell_name(self.top, self.left)
        return first if self.size == 1 else f"{first}:{cell_name(self.bottom - 1, self.right - 1)}"

    def __str__(self) -> str:
        return f"{quote_sheet(self.sheet)}!{self.a1}"


def full_name(sheet: str, row: int, column: int) -> str:
    """'Sheet1!G4', the sheet quoted where needed: how messages and answers name a cell."""
    return f"{quote_sheet(sheet)}!{cell_name(row, column)}"


def split_sheet(text: str) -> tuple[str | None, str]:
    """ "'My sheet'!A1" -> ('My sheet', 'A1'); 'A1' -> (None, 'A1')."""
    text = text.strip()
    if text.startswith("'"):
        match = re.fullmatch(r"'((?:[^']|'')+)'!(.+)", text, re.DOTALL)
        return (match[1].replace("''", "'"), match[2]) if match else (None, text)
    sheet, mark, rest = text.rpartition("!")
    return (sheet, rest) if mark else (None, text)


def parse_region(text: str, sheet: str) -> Region:
    """An A1 reference as a region; `sheet` where the text names none. Whole rows and columns are allowed.

    Raises ArgumentError for anything else.
    """
    own, a1 = split_sheet(text)
    sheet = own or sheet
    first, _, last = a1.strip().partition(":")
    last = last or first
    if (a := _CELL.fullmatch(first)) and (b := _CELL.fullmatch(last)):
        rows, columns = (int(a[2]) - 1, int(b[2]) - 1), (column_index(a[1]), column_index(b[1]))
    elif ":" in a1 and (a := _COLUMN.fullmatch(first)) and (b := _COLUMN.fullmatch(last)):
        rows, columns = (0, MAX_ROWS - 1), (column_index(a[1]), column_index(b[1]))
    elif ":" in a1 and (a := _ROW.fullmatch(first)) and (b := _ROW.fullmatch(last)):
        rows, columns = (int(a[1]) - 1, int(b[1]) - 1), (0, MAX_COLUMNS - 1)
    else:
        raise ArgumentError(f"'{text}' is not a cell or range", action="write it like B7, B2:B9 or 'My sheet'!B2:B9")
    if min(rows) < 0 or max(rows) >= MAX_ROWS or max(columns) >= MAX_COLUMNS:
        raise ArgumentError(f"'{text}' lies outside the sheet", action="the last cell of a sheet is XFD1048576")
    return Region(sheet, min(rows), min(columns), max(rows) + 1, max(columns) + 1)
