"""New cell values spliced into a sheet's XML; every byte that need not change stays."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO, Final
from xml.sax.saxutils import escape as escape_xml

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, cell_name, column_index, full_name
from cellgrad.errors import FileError, WriteError
from cellgrad.hosts.container import Package
from cellgrad.hosts.markup import escape
from cellgrad.hosts.sheet_markup import MAX_ROW_BYTES, Checker, Patterns, is_opaque, sections, value_text
from cellgrad.values import CellError, Value

NO_VALUE: Final = None
"""The new value of a formula cell that loses its cached value, or of a constant cell that becomes blank."""

MAX_TEXT = 32_767
_ATTRIBUTE = re.compile(rb"""(\s+)([^\s=]+)(\s*=\s*)("[^"]*"|'[^']*')""")
_ADDRESS = re.compile(rb'\s+r="([A-Z]{1,3})[0-9]{1,7}"')
_NUMBER_CELL = re.compile(
    rb'(<c r="([A-Z]{1,3})[0-9]{1,7}"(?: s="[0-9]+")?>(?:<f[^<>]*/>|<f[^<>]*>[^<]*</f>)?<v>)([0-9.eE+-]+)</v></c>'
)
_SAVE_FIRST = "open the file in Excel or LibreOffice, save it and try again"


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that a save changed; None stands for blank, or for a formula without a cached value."""

    sheet: str
    row: int
    column: int
    before: Value
    after: Value

    @property
    def cell(self) -> str:
        """The full address, such as Sheet1!B7."""
        return full_name(self.sheet, self.row, self.column)


Decoder = Callable[[int, int, str, str | None], Value]
"""(row, column, type attribute, text of the value) -> the value."""


class SheetEditor:
    """Streams one sheet's XML with new values in it; `changes` lists the cells whose value differs."""

    def __init__(
        self,
        package: Package,
        part: str,
        sheet: str,
        edits: Mapping[tuple[int, int], Value],
        decode: Decoder,
    ) -> None:
        """Raises WriteError for a value that no cell can hold."""
        self._edits = {cell: _checked(value, sheet, *cell) for cell, value in edits.items()}
        self.changes: list[Change] = []
        self._package, self._part, self._sheet = package, part, sheet
        self._decode = decode
        ordered = sorted(edits)
        self._pending = [(row, [column for _, column in group]) for row, group in groupby(ordered, lambda rc: rc[0])]
        self._pending.reverse()  # the next row to write is the last one, cheap to pop
        self._row = -1
        self._column_styles: list[tuple[int, int, bytes]] = []
        self._checker = Checker(package, part)
        self._patterns = Patterns(b"", opaque=False)

    def pieces(self, stream: BinaryIO) -> Iterator[bytes]:
        """The new XML. Raises FileError where the old is damaged, WriteError where it cannot be edited safely."""
        checker = self._checker
        for kind, data in sections(stream, checker, self._too_long):
            if checker.irregular:
                raise self._refuse(f"its XML is encoded as {checker.encoding} or names its namespace twice")
            if kind == "head":
                self._column_styles = _column_styles(data, checker.prefix)
                yield data
            elif kind == "empty":
                rows = b"".join(self._new_rows(MAX_ROWS))
                start = data[:-2].rstrip() + b">"
                yield start + rows + b"</" + checker.prefix + b"sheetData>" if rows else data
            elif kind == "rows":
                self._patterns = Patterns(checker.prefix, checker.opaque)
                yield b"".join(self._rows(data))
            else:
                yield b"".join(self._new_rows(MAX_ROWS))
                yield data
        if self._pending:
            raise self._refuse("its XML holds no sheet data")

    def _refuse(self, why: str) -> WriteError:
        return WriteError(f"sheet '{self._sheet}' cannot be edited in place: {why}", action=_SAVE_FIRST)

    def _too_long(self) -> FileError:
        return self._package.damaged(self._part, f"a row takes more than {MAX_ROW_BYTES >> 20} MiB")

    def _rows(self, data: bytes) -> Iterator[bytes]:
        """A stretch of whole rows, with the pending edits in or between them."""
        kept_from = 0
        for match in self._patterns.row.finditer(data):
            if is_opaque(match):
                continue
            attributes = _attributes(match["attributes"])
            row = self._row + 1 if b"r" not in attributes else int(attributes[b"r"]) - 1
            if row <= self._row:
                raise self._refuse(f"row {row + 1} comes after row {self._row + 1}")
            self._row = row
            if not self._pending or row < self._pending[-1][0]:
                continue
            yield data[kept_from : match.start()]
            yield from self._new_rows(row)
            kept_from = match.start()
            if self._pending and self._pending[-1][0] == row:
                yield self._edited_row(match, row, self._pending.pop()[1])
                kept_from = match.end()
        yield data[kept_from:]

    def _new_rows(self, before: int) -> Iterator[bytes]:
        """The pending rows above row `before`, which the sheet does not hold yet."""
        p = self._checker.prefix
        while self._pending and self._pending[-1][0] < before:
            row, columns = self._pending.pop()
            cells = b"".join(self._new_cell(row, column, b"") for column in columns)
            if cells:
                yield b'<%srow r="%d">%s</%srow>' % (p, row + 1, cells, p)

    def _edited_row(self, match: re.Match[bytes], row: int, columns: list[int]) -> bytes:
        body, p = match["body"] or b"", self._checker.prefix
        if not p and not self._checker.opaque:
            body, columns = self._with_plain_numbers(body, row, columns)
            if not columns:
                start, end = match.span("body")
                return match[0][: start - match.start()] + body + match[0][end - match.start() :]
        attributes = _attributes(match["attributes"])
        style = b' s="%s"' % attributes[b"s"] if attributes.get(b"customFormat") in (b"1", b"true") else b""
        wanted = iter(columns)
        next_wanted = next(wanted, MAX_COLUMNS)
        pieces: list[bytes] = []
        kept_from, column = 0, -1
        for cell in self._patterns.cell.finditer(body):
            if is_opaque(cell):
                continue
            address = _ADDRESS.match(cell[0], 2 + len(p))
            if address is None:
                cell_attributes = _attributes(cell["attributes"])
                here = column + 1 if b"r" not in cell_attributes else _column(cell_attributes[b"r"])
            else:
                here = column_index(address[1].decode())
            if here <= column:
                raise self._refuse(f"{cell_name(row, here)} comes after {cell_name(row, column)}")
            column = here
            if here < next_wanted:
                continue
            pieces.append(body[kept_from : cell.start()])
            while next_wanted < here:
                pieces.append(self._new_cell(row, next_wanted, style))
                next_wanted = next(wanted, MAX_COLUMNS)
            kept_from = cell.start()
            if next_wanted == here:
                pieces.append(self._edited_cell(cell, row, here))
                kept_from = cell.end()
                next_wanted = next(wanted, MAX_COLUMNS)
        pieces.append(body[kept_from:])
        while next_wanted < MAX_COLUMNS:
            pieces.append(self._new_cell(row, next_wanted, style))
            next_wanted = next(wanted, MAX_COLUMNS)
        new_body = b"".join(pieces)
        if new_body == match["body"]:
            return match[0]
        tag = b"<" + p + b"row" + _widened_spans(match["attributes"] or b"", columns)
        return tag + b">" + new_body + b"</" + p + b"row>"

    def _with_plain_numbers(self, body: bytes, row: int, columns: list[int]) -> tuple[bytes, list[int]]:
        """The row with its plainest cells done, a number in place of a number, and the columns still to do."""
        edits, left, sheet, note = self._edits, set(columns), self._sheet, self.changes.append

        def replaced(match: re.Match[bytes]) -> bytes:
            start, letters, old = match.groups()
            column = column_index(letters.decode())
            after = edits[row, column] if column in left else None
            if type(after) is not float:
                return match[0]
            try:
                before = float(old)
            except ValueError:  # damaged: the careful way says so
                return match[0]
            if before == math.inf or before == -math.inf:
                return match[0]
            left.discard(column)
            if before == after:
                return match[0]
            note(Change(sheet, row, column, before, after))
            return start + number_text(after).encode() + b"</v></c>"

        body = _NUMBER_CELL.sub(replaced, body)
        return body, [column for column in columns if column in left]

    def _new_cell(self, row: int, column: int, style: bytes) -> bytes:
        value = self._edits[row, column]
        if value is None:
            return b""
        self.changes.append(Change(self._sheet, row, column, None, value))
        if not style:
            styles = (style for first, last, style in self._column_styles if first <= column <= last)
            style = next(styles, b"")
        kind, content = self._content(value, is_formula=False)
        kind_attribute = b' t="%s"' % kind if kind else b""
        p, name = self._checker.prefix, cell_name(row, column).encode()
        return b'<%sc r="%s"%s%s>%s</%sc>' % (p, name, style, kind_attribute, content, p)

    def _edited_cell(self, cell: re.Match[bytes], row: int, column: int) -> bytes:
        body, p = cell["body"] or b"", self._checker.prefix
        attributes = cell["attributes"] or b""
        found = {name: value for _, name, _, value in _ATTRIBUTE.findall(attributes)}
        kind = found.get(b"t", b'"n"')[1:-1].decode()
        formula_end, is_formula, text = 0, False, None
        value_at: tuple[int, int] | None = None
        for part in self._patterns.part.finditer(body):
            if is_opaque(part):
                continue
            if part[0].startswith(b"<" + p + b"f"):
                formula_end, is_formula = part.end(), True
            else:
                value_at = part.span()
                text = value_text(part[0], self._checker.encoding)
        before = self._decode(row, column, kind, text)
        after = self._edits[row, column]
        if _same(before, after):
            return cell[0]
        self.changes.append(Change(self._sheet, row, column, before, after))
        new_kind, content = self._content(after, is_formula or kind == "str")
        attributes = _with_kind(attributes, new_kind)
        start, end = value_at or (formula_end, formula_end)
        body = body[:start] + content + body[end:]
        tag = b"<" + p + b"c" + attributes
        return tag + b"/>" if not body else tag + b">" + body + b"</" + p + b"c>"

    def _content(self, value: Value, is_formula: bool) -> tuple[bytes, bytes]:
        """The type attribute and the value element for a value."""
        p = self._checker.prefix
        if value is None:
            return b"", b""
        if isinstance(value, bool):
            return b"b", b"<%sv>%d</%sv>" % (p, value, p)
        if isinstance(value, CellError):
            return b"e", b"<%sv>%s</%sv>" % (p, value.text.encode(), p)
        if isinstance(value, str):
            text = self._encoded(value)
            space = b' xml:space="preserve"' if value != value.strip() else b""
            if is_formula:
                return b"str", b"<%sv%s>%s</%sv>" % (p, space, text, p)
            return b"inlineStr", b"<%sis><%st%s>%s</%st></%sis>" % (p, p, space, text, p, p)
        return b"", b"<%sv>%s</%sv>" % (p, number_text(value).encode(), p)

    def _encoded(self, text: str) -> bytes:
        plain = escape_xml(escape(text))
        return plain.encode() if self._checker.encoding == "utf-8" else plain.encode("ascii", "xmlcharrefreplace")


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number, whole numbers without '.0' as Excel writes them."""
    return repr(float(value)).removesuffix(".0") if value else "0"


def _checked(value: Value, sheet: str, row: int, column: int) -> Value:
    """The value as one of the types of `Value`. Raises WriteError for one that no cell can hold."""
    if not (0 <= row < MAX_ROWS and 0 <= column < MAX_COLUMNS):
        raise WriteError(f"row {row + 1}, column {column + 1} of '{sheet}' lies outside the sheet")
    if value is None or isinstance(value, bool | CellError):
        return value
    if isinstance(value, str):
        problem = f"text of more than {MAX_TEXT} characters" if len(value) > MAX_TEXT else None
    else:
        value = float(value)
        problem = None if math.isfinite(value) else f"{value}, which is no number in a spreadsheet"
    if problem:
        raise WriteError(f"it cannot hold {problem}; nothing was saved", cell=full_name(sheet, row, column))
    return value


def _same(before: Value, after: Value) -> bool:
    return type(before) is type(after) and before == after


def _attributes(text: bytes | None) -> dict[bytes, bytes]:
    return {name: value[1:-1] for _, name, _, value in _ATTRIBUTE.findall(text or b"")}


def _with_kind(attributes: bytes, kind: bytes) -> bytes:
    """A cell's attributes with a new type; `vm`, which describes the old value, goes."""
    seen = False

    def replaced(match: re.Match[bytes]) -> bytes:
        nonlocal seen
        if match[2] == b"vm":
            return b""
        if match[2] != b"t":
            return match[0]
        seen = True
        return match[1] + b't="' + kind + b'"' if kind else b""

    new = _ATTRIBUTE.sub(replaced, attributes)
    return new if seen or not kind else new.rstrip() + b' t="' + kind + b'"'


def _column(address: bytes) -> int:
    return column_index(address.rstrip(b"0123456789").decode())


def _widened_spans(attributes: bytes, columns: list[int]) -> bytes:
    """The row's attributes; a `spans` hint that leaves a column out is widened."""
    match = re.search(rb"""(\sspans\s*=\s*["'])([0-9: ]+)""", attributes)
    numbers = [int(n) for n in re.findall(rb"[0-9]+", match[2])] if match else []
    if match is None or not numbers or (min(numbers) <= columns[0] + 1 and columns[-1] + 1 <= max(numbers)):
        return attributes
    wide = b"%d:%d" % (min(*numbers, columns[0] + 1), max(*numbers, columns[-1] + 1))
    return attributes[: match.start(2)] + wide + attributes[match.end(2) :]


def _column_styles(head: bytes, prefix: bytes) -> list[tuple[int, int, bytes]]:
    """(first column, last column, style attribute) of the styled columns."""
    found = []
    for tag in re.finditer(rb"<%scol(\s[^>]*)" % re.escape(prefix), head):
        attributes = _attributes(tag[1])
        if b"style" in attributes:
            first, last = int(attributes.get(b"min", b"1")), int(attributes.get(b"max", b"1"))
            found.append((first - 1, last - 1, b' s="%s"' % attributes[b"style"]))
    return found
