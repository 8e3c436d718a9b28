"""References written as text, as INDIRECT reads them: A1 or R1C1 notation, a defined name, a table's column."""

from __future__ import annotations

import re

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region, parse_region, split_sheet
from cellgrad.errors import ArgumentError, FormulaError
from cellgrad.formula.parse import parse
from cellgrad.formula.tree import Binary, Name, Node, Range, Structured
from cellgrad.graph.binding import bind, regions_of
from cellgrad.workbook import Workbook

_BARE_SHEET = re.compile(r"\w[\w.]*")
_R1C1 = re.compile(r"(?:R(?P<row>\[-?\d{1,7}\]|\d{1,7})?)?(?:C(?P<column>\[-?\d{1,7}\]|\d{1,7})?)?", re.IGNORECASE)


def names_another_book(text: str) -> bool:
    """Whether the text refers into another workbook, as in ``[Book2]Sheet1!A1``."""
    sheet, _ = split_sheet(text)
    return sheet is not None and "[" in sheet


def regions_of_text(text: str, book: Workbook, host: Region, a1: bool = True) -> tuple[Region, ...] | None:
    """The cells that a text refers to, seen from the first cell of `host`; None where it is no reference.

    A name counts where it stands for cells as written; one that computes its reference (``=OFFSET(...)``) does not, as
    in Excel. Source: Microsoft, "INDIRECT function".
    """
    sheet, rest = split_sheet(text)
    if sheet is not None:
        bare = not text.strip().startswith("'")
        if not book.has_sheet(sheet) or (bare and not _BARE_SHEET.fullmatch(sheet)):
            return None
        sheet = book.sheet(sheet).name
    region = _in_a1(rest, sheet or host.sheet) if a1 else _in_r1c1(rest, sheet or host.sheet, host)
    if region is not None:
        return (region,)
    return _by_name(rest, sheet, book, host)


def _in_a1(text: str, sheet: str) -> Region | None:
    try:
        found = parse_region(text, sheet) if "!" not in text else None
    except ArgumentError:
        return None
    return found


def _in_r1c1(text: str, sheet: str, host: Region) -> Region | None:
    first, _, last = text.strip().partition(":")
    ends = [_corner(end, host) for end in ((first, last) if last else (first,))]
    spans = [end for end in ends if end is not None]
    if len(spans) != len(ends) or len({(s[1] - s[0], s[3] - s[2]) for s in spans}) > 1:
        return None  # a cell and a whole row are no range
    top, bottom = min(s[0] for s in spans), max(s[1] for s in spans)
    left, right = min(s[2] for s in spans), max(s[3] for s in spans)
    return Region(sheet, top, left, bottom, right)


def _corner(text: str, host: Region) -> tuple[int, int, int, int] | None:
    """Rows and columns, ends exclusive, of one side of an R1C1 range; a side without C (or R) is a whole row (column).

    None for what is no reference or lies outside the sheet.
    """
    match = _R1C1.fullmatch(text)
    if match is None or not text:
        return None
    rows: tuple[int, int] | None = (0, MAX_ROWS)
    columns: tuple[int, int] | None = (0, MAX_COLUMNS)
    if text[0] in "Rr":
        rows = _line(match["row"], host.top, MAX_ROWS)
    if "C" in text.upper():
        columns = _line(match["column"], host.left, MAX_COLUMNS)
    return None if rows is None or columns is None else (*rows, *columns)


def _line(written: str | None, host: int, limit: int) -> tuple[int, int] | None:
    if written is None:
        at = host
    elif written.startswith("["):
        offset = int(written[1:-1])
        at = (host + offset) % limit if abs(offset) < limit else -1  # around the sheet
    else:
        at = int(written) - 1
    return (at, at + 1) if 0 <= at < limit else None


def _by_name(text: str, sheet: str | None, book: Workbook, host: Region) -> tuple[Region, ...] | None:
    try:
        tree = parse(text.strip(), host.top, host.left)
        if not isinstance(tree, Name | Structured):
            return None
        if isinstance(tree, Name) and sheet is not None:
            tree = Name(tree.name, sheet)
        bound = bind(tree, book, host.sheet, host.top, host.left)
    except FormulaError:
        return None
    return _named(bound, book, host)


def _named(tree: Node, book: Workbook, host: Region) -> tuple[Region, ...] | None:
    """The regions of a bound tree that is a reference as written, or a union of such."""
    if isinstance(tree, Range):
        return regions_of(tree, book, host.sheet, host.top, host.left)
    if isinstance(tree, Binary) and tree.operator == ",":
        left, right = _named(tree.left, book, host), _named(tree.right, book, host)
        return None if left is None or right is None else left + right
    return None
