"""The values of other workbooks that a file keeps: cells and names of external links, read and never followed."""

from __future__ import annotations

import math

import numpy as np

from cellgrad.address import parse_region
from cellgrad.errors import ArgumentError
from cellgrad.hosts.container import Package
from cellgrad.hosts.markup import Element, child, children, parse, unescape
from cellgrad.values import CellError, Strings, Value
from cellgrad.workbook import Cells, DefinedName, Sheet, encode


def read_external_books(
    package: Package, parts: tuple[str, ...], strings: Strings
) -> tuple[dict[str, Sheet], tuple[DefinedName, ...]]:
    """The cells that the file keeps of other workbooks, and their names, as in formulas: sheets are `[1]Sheet1`.

    parts: of the links, in the order that `[1]`, `[2]` count. A sheet without kept cells is left out; so is what DDE
    and OLE links hold. Names belong to a sheet, or to `[1]`. Source: ECMA-376, CT_ExternalBook.
    Raises FileError where a part makes no sense.
    """
    sheets: dict[str, Sheet] = {}
    names: list[DefinedName] = []
    for number, part in enumerate(parts, 1):
        book = child(parse(package, part), "externalBook") if part in package else None
        if book is None:
            continue
        titles = [f"[{number}]{unescape(item.get('val', ''))}" for item in _listed(book, "sheetNames", "sheetName")]
        for item in _listed(book, "definedNames", "definedName"):
            own = item.get("sheetId")
            sheet = f"[{number}]" if own is None else titles[_index(package, part, own, titles)]
            text = unescape(item.get("refersTo", "")).removeprefix("=")
            names.append(DefinedName(unescape(item.get("name", "")), text, sheet))
        for item in _listed(book, "sheetDataSet", "sheetData"):
            title = titles[_index(package, part, item.get("sheetId"), titles)]
            cells = _cells(package, part, item, strings)
            if len(cells):
                sheets[title] = Sheet(title, cells, visible=False)
    return sheets, tuple(names)


def _listed(book: Element, group: str, name: str) -> list[Element]:
    found = child(book, group)
    return [] if found is None else list(children(found, name))


def _index(package: Package, part: str, text: str | None, titles: list[str]) -> int:
    if text is None or not text.strip().isdecimal() or int(text) >= len(titles):
        raise package.damaged(part, f"it names sheet number {text}, which it does not list")
    return int(text)


def _cells(package: Package, part: str, data: Element, strings: Strings) -> Cells:
    rows, columns, kinds, numbers = [], [], [], []
    for line in children(data, "row"):
        for cell in children(line, "cell"):
            value = child(cell, "v")
            if value is None:
                continue
            try:
                place = parse_region(cell.get("r", ""), "")
                kind, number = encode(_value(cell.get("t", "n"), value.text or ""), strings)
            except (ArgumentError, KeyError, ValueError) as error:
                raise package.damaged(part, f"its cell {cell.get('r')} cannot be read ({error})") from error
            rows.append(place.top)
            columns.append(place.left)
            kinds.append(kind)
            numbers.append(number)
    return Cells(
        np.array(rows, np.int32),
        np.array(columns, np.int32),
        np.array(kinds, np.uint8),
        np.array(numbers, np.float64),
        np.full(len(rows), -1, np.int32),
    )


def _value(kind: str, text: str) -> Value:
    match kind:
        case "n":
            number = float(text)
            if not math.isfinite(number):
                raise ValueError(f"'{text}' is no number that a cell can hold")
            return number
        case "b":
            return text.strip().lower() in ("1", "true")
        case "e":
            return CellError.from_text(text.strip())
    return unescape(text)
