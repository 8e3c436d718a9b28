"""New cell values spliced into a sheet's XML; every byte that need not change stays."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import BinaryIO, Final
from xml.sax.saxutils import escape as escape_xml

import numpy as np

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, cell_name, column_index, full_name
from cellgrad.errors import FileError, WriteError
from cellgrad.hosts.cell_tags import Stretch
from cellgrad.hosts.changes import Change, ChangedCells, same_value
from cellgrad.hosts.container import Package
from cellgrad.hosts.markup import escape
from cellgrad.hosts.sheet_markup import MAX_ROW_BYTES, Checker, Irregular, Patterns, is_opaque, sections, value_text
from cellgrad.hosts.splices import Decoder, Splices, number_text
from cellgrad.values import CellError, Kind, Value
from cellgrad.workbook import CellValues

NO_VALUE: Final = None
"""The new value of a formula cell that loses its cached value, or of a constant cell that becomes blank."""

MAX_TEXT = 32_767
_ATTRIBUTE = re.compile(rb"""(\s+)([^\s=]+)(\s*=\s*)("[^"]*"|'[^']*')""")
_ADDRESS = re.compile(rb'\s+r="([A-Z]{1,3})[0-9]{1,7}"')
_SAVE_FIRST = "open the file in Excel or LibreOffice, save it and try again"


class SheetEditor:
    """Streams one sheet's XML with new values in it; `changed` lists the cells whose value differs.

    Rows of usual layout are taken many at a time: where an edited cell stands in them is known from its address, and
    only its bytes are looked at. What is left (new cells and rows, texts in constant cells, odd layout) is done row by
    row, by patterns.
    """

    def __init__(
        self,
        package: Package,
        part: str,
        sheet: str,
        edits: Mapping[tuple[int, int], Value],
        decode: Decoder,
    ) -> None:
        """Raises WriteError for a value that no cell can hold."""
        self._edits = CellValues.of(edits)
        _check(self._edits, sheet)
        self.changed: list[ChangedCells] = []
        self._package, self._part, self._sheet = package, part, sheet
        self._decode = decode
        self._done = 0
        self._pending: list[tuple[int, list[int]]] = []
        """What is left to the way row by row: (row, columns), the next row last."""
        self._row = -1
        self._column_styles: list[tuple[int, int, bytes]] = []
        self._checker = Checker(package, part)
        self._patterns = Patterns(b"", opaque=False)
        self._notes: list[Change] = []

    def pieces(self, stream: BinaryIO) -> Iterator[bytes]:
        """The new XML. Raises FileError where the old is damaged, WriteError where it cannot be edited safely."""
        checker = self._checker
        for kind, data in sections(stream, checker, self._too_long):
            if checker.irregular:
                raise self._refuse(f"its XML is encoded as {checker.encoding} or names its namespace twice")
            if kind == "head":
                self._column_styles = _column_styles(data, checker.prefix)
                yield data
                continue
            if kind == "rows":
                yield self._edited_rows(data)
                continue
            self._leave(slice(self._done, None))
            rows = b"".join(self._new_rows(MAX_ROWS))
            if kind == "empty":
                start = data[:-2].rstrip() + b">"
                yield start + rows + b"</" + checker.prefix + b"sheetData>" if rows else data
            else:
                yield rows
                yield data
            self._note_changes([])
        if self._pending or self._done < len(self._edits):
            raise self._refuse("its XML holds no sheet data")

    def _edited_rows(self, data: bytes) -> bytes:
        """A stretch of rows with the edits that belong in it."""
        checker, stretch = self._checker, None
        if checker.is_plain and not self._pending:
            with contextlib.suppress(Irregular):
                stretch = Stretch(data)
        if stretch is None or not stretch.is_well_formed(checker):
            checker.feed(data)
        order = None if stretch is None else stretch.order()
        if stretch is None or order is None or order[0] <= self._row:
            self._leave(slice(self._done, None))  # which edits belong in it, only counting its rows and cells can tell
            edited, changed = self._row_by_row(data), []
        else:
            first, end = self._done, int(self._edits.places.searchsorted((order[1] + 1) * MAX_COLUMNS))
            self._done = end
            splices = Splices(stretch, self._edits, slice(first, end), self._sheet, self._decode)
            edited, changed = splices.edited(self._content), splices.changed
            if len(splices.left):
                self._leave(splices.left)
                edited = self._row_by_row(edited)
            self._row = order[1]
        self._note_changes(changed)
        return edited

    def _row_by_row(self, data: bytes) -> bytes:
        """A stretch of rows with the pending edits in it, found by patterns."""
        self._patterns = Patterns(self._checker.prefix, self._checker.opaque)
        return b"".join(self._rows(data))

    def _leave(self, which: np.ndarray | slice) -> None:
        """Leave edits to the way row by row; a slice to the end leaves all there are."""
        rows, columns = self._edits.rows[which], self._edits.columns[which]
        ordered = groupby(zip(rows.tolist(), columns.tolist(), strict=True), lambda cell: cell[0])
        self._pending = [(row, [column for _, column in group]) for row, group in ordered][::-1] + self._pending
        if isinstance(which, slice):
            self._done = len(self._edits)

    def _note_changes(self, quick: list[ChangedCells]) -> None:
        """Put the changes of a stretch in the order of its cells."""
        notes, self._notes = self._notes, []
        if notes:
            quick = [*quick, ChangedCells.of(self._sheet, notes)]
        if len(quick) > 1:
            quick = [ChangedCells.joined(quick)]
        self.changed += quick

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

    def _new_cell(self, row: int, column: int, style: bytes) -> bytes:
        value = self._edits[row, column]
        if value is None:
            return b""
        self._notes.append(Change(self._sheet, row, column, None, value))
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
        if same_value(before, after):
            return cell[0]
        self._notes.append(Change(self._sheet, row, column, before, after))
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


def _check(edits: CellValues, sheet: str) -> None:
    """Raises WriteError for a value that no cell can hold, and for a cell that no sheet has."""
    outside = (edits.rows < 0) | (edits.rows >= MAX_ROWS) | (edits.columns < 0) | (edits.columns >= MAX_COLUMNS)
    numbers = edits.kinds == Kind.NUMBER
    texts = np.flatnonzero(edits.kinds == Kind.TEXT)
    long = [at for at in texts.tolist() if len(edits.strings[int(edits.data[at])]) > MAX_TEXT]
    for at in [*np.flatnonzero(outside).tolist(), *np.flatnonzero(numbers & ~np.isfinite(edits.data)).tolist(), *long]:
        row, column = int(edits.rows[at]), int(edits.columns[at])
        if outside[at]:
            raise WriteError(f"row {row + 1}, column {column + 1} of '{sheet}' lies outside the sheet")
        held = f"{edits.data[at]}, which is no number in a spreadsheet"
        problem = held if numbers[at] else f"text of more than {MAX_TEXT} characters"
        raise WriteError(f"it cannot hold {problem}; nothing was saved", cell=full_name(sheet, row, column))


def _attributes(text: bytes | None) -> dict[bytes, bytes]:
    return {name: value[1:-1] for _, name, _, value in _ATTRIBUTE.findall(text or b"")}


def _with_kind(attributes: bytes, kind: bytes) -> bytes:
    """A cell's attributes with a new type (kept where it is the same); `vm`, which describes the old value, goes."""
    seen = False

    def replaced(match: re.Match[bytes]) -> bytes:
        nonlocal seen
        if match[2] == b"vm":
            return b""
        if match[2] != b"t":
            return match[0]
        seen = True
        if match[4][1:-1] == (kind or b"n"):
            return match[0]
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
