"""One sheet's XML, streamed into a `SheetBuilder`."""

from __future__ import annotations

import re
from typing import BinaryIO, cast

from lxml import etree

from cellgrad.address import column_index
from cellgrad.errors import FileError
from cellgrad.hosts.cell_lexer import add_rows
from cellgrad.hosts.cell_tags import Stretch
from cellgrad.hosts.container import Package
from cellgrad.hosts.markup import Element, child, flag, forbidden_dtd, local
from cellgrad.hosts.sheet_builder import Shared, SheetBuilder
from cellgrad.hosts.sheet_markup import MAX_ROW_BYTES, Checker, Irregular, sections
from cellgrad.values import Kind
from cellgrad.workbook import Sheet

_CLEARED = ("sheetPr", "sheetViews", "cols", "mergeCells", "conditionalFormatting", "dataValidations", "hyperlinks")


def read_sheet(package: Package, name: str, part: str, visible: bool, shared: Shared) -> Sheet:
    """One worksheet. Raises FileError where its XML is malformed or holds what no sheet may."""
    cells_before = shared.cells
    try:
        return _lex(package, name, part, shared).finish(visible)
    except Irregular:
        shared.cells = cells_before
    builder = SheetBuilder(name, shared)
    with package.open(part) as stream:
        try:
            walk(package, part, cast(BinaryIO, stream), builder)
        except etree.XMLSyntaxError as error:
            raise package.damaged(part, error) from error
    return builder.finish(visible)


def _lex(package: Package, name: str, part: str, shared: Shared) -> SheetBuilder:
    """The cells of a sheet of usual layout, many at a time. Raises Irregular for any other."""
    builder = SheetBuilder(name, shared)
    checker = Checker(package, part)

    def odd_cell(data: bytes, row: int, column: int) -> None:
        parser = etree.XMLParser(encoding=checker.encoding, recover=True, resolve_entities=False, no_network=True)
        _cell(etree.fromstring(data, parser), row, column, builder)

    def too_long() -> FileError:
        return package.damaged(part, f"a row takes more than {MAX_ROW_BYTES >> 20} MiB")

    after_rows, filter_mode = b"", False
    with package.open(part) as stream:
        for kind, data in sections(cast(BinaryIO, stream), checker, too_long):
            if checker.irregular or (kind == "rows" and not checker.is_plain):
                raise Irregular
            if kind == "rows":
                stretch = Stretch(data)
                if not stretch.is_well_formed(checker):
                    checker.feed(data)
                add_rows(stretch, builder, odd_cell)
            elif kind == "head":
                filter_mode = filter_mode or _FILTER_MODE.search(data) is not None
            elif kind == "tail" and len(after_rows) < _PROTECTION_WITHIN:
                after_rows += data[:_PROTECTION_WITHIN]
    protection = _PROTECTION.search(after_rows)
    builder.protected = protection is not None and protection[1] in (b"1", b"true")
    own = _FILTER.search(after_rows)
    if own is not None and (filter_mode or own["active"]):
        builder.filtered_by(own["range"].decode())
    return builder


_PROTECTION_WITHIN = 1 << 16
_FILTER_MODE = re.compile(rb"""<sheetPr\s(?:[^>]*\s)?filterMode=["'](?:1|true|on)["']""")
_FILTER = re.compile(
    rb"""<autoFilter\s(?:[^>]*\s)?ref=["'](?P<range>[$:\w]+)["'][^>]*?(?:/>|>\s*(?P<active><filterColumn\b)?)"""
)
_PROTECTION = re.compile(rb"""<sheetProtection\s(?:[^>]*\s)?sheet=["'](\w+)["']""")


def walk(package: Package, part: str, stream: BinaryIO, builder: SheetBuilder) -> None:
    """Every cell in turn, through libxml2: takes any well-formed sheet, whatever its prefixes and layout."""
    events = etree.iterparse(
        stream,
        events=("start", "end"),
        tag=(
            "{*}worksheet",
            "{*}row",
            "{*}c",
            "{*}sheetProtection",
            "{*}autoFilter",
            *(f"{{*}}{name}" for name in _CLEARED),
        ),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    row, column = -1, -1
    checked = filter_mode = False
    for event, element in events:
        tag = local(element.tag)
        if not checked:
            checked = True
            if element.getroottree().docinfo.doctype:
                raise forbidden_dtd(package, part)
            if tag != "worksheet":
                raise package.damaged(part, f"its root element is not <worksheet> but <{tag}>")
        if event == "start":
            if tag == "row":
                row, column = _row_number(element, row, builder), -1
                if flag(element, "hidden"):
                    builder.hidden_rows.append(row)
            elif tag == "sheetProtection":
                builder.protected = element.get("sheet", "0") in ("1", "true", "on")
            elif tag == "sheetPr":
                filter_mode = flag(element, "filterMode")
        elif tag == "c":
            row_of_cell, column = _position(element, row, column, builder)
            _cell(element, row_of_cell, column, builder)
            element.clear()
            # everything before the cell is done with
            while element.getprevious() is not None:
                del element.getparent()[0]
        elif tag == "autoFilter" and local(element.getparent().tag) == "worksheet":
            if filter_mode or child(element, "filterColumn") is not None:
                builder.filtered_by(element.get("ref", ""))
        elif tag != "worksheet":
            element.clear()
            while tag == "row" and element.getprevious() is not None:
                del element.getparent()[0]


def _row_number(element: Element, last: int, builder: SheetBuilder) -> int:
    written = element.get("r")
    if written is None:
        return last + 1
    if not written.strip().isdecimal() or int(written) < 1:
        raise builder.damaged(f"a row is numbered {written!r}")
    return int(written) - 1


def _position(element: Element, row: int, column: int, builder: SheetBuilder) -> tuple[int, int]:
    """The cell's own address, or the next one to the right where it has none."""
    written = element.get("r")
    if written is None:
        return row, column + 1
    letters = written.rstrip("0123456789")
    digits = written[len(letters) :]
    if not (letters.isalpha() and letters.isascii() and len(letters) <= 3 and digits) or int(digits) < 1:
        raise builder.damaged(f"a cell is named {written!r}")
    return int(digits) - 1, column_index(letters)


def _cell(element: Element, row: int, column: int, builder: SheetBuilder) -> None:
    kind = element.get("t", "n")
    text: str | None = None
    formula = -1
    for inner in element:
        tag = local(inner.tag)
        if tag == "v":
            text = inner.text or ("" if kind in ("str", "inlineStr") else None)
        elif tag == "f":
            formula = builder.formula(row, column, dict(inner.attrib), inner.text or "", element.get("cm", ""))
        elif tag == "is":
            text = "".join(part.text or "" for part in inner.iter("{*}t") if local(part.getparent().tag) != "rPh")
    value_kind, data = builder.value(row, column, kind, text)
    if value_kind == Kind.ERROR:
        newer = builder.shared.rich_errors.get(element.get("vm", ""))
        data = data if newer is None else float(newer.code)
    builder.add_cell(row, column, value_kind, data, formula)
