"""The cells of many rows at once: a stretch of checked XML to arrays, without an object a tag.

`sheet_markup.sections` hands out whole rows of well-formed XML without comments, CDATA sections or processing
instructions. There every ``<`` starts a tag, so numpy finds the tags, and a cell of one of the usual shapes

    <c r="B7" s="3" t="s"><f ...>...</f><v>...</v></c>      s, t, f and v optional; or <is><t>...</t></is> for f and v

is known by the tags that follow its own. A cell of any other shape is handed back, one at a time; a sheet whose cells
do not all start with their address is `Irregular`. `sheet_reader` has a way for both.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cellgrad.address import MAX_COLUMNS, MAX_ROWS
from cellgrad.hosts.markup import escape, from_xml, unescape
from cellgrad.hosts.sheet_builder import SheetBuilder
from cellgrad.hosts.sheet_markup import Irregular
from cellgrad.values import Kind

_CLOSE, _CELL, _FORMULA, _VALUE, _INLINE, _TEXT, _OTHER = range(7)
_QUOTE, _SLASH, _GREATER, _SPACE, _LESS = (ord(c) for c in '"/> <')
_NAME_ENDS = np.isin(np.arange(256), [ord(c) for c in " \t\r\n/>"])
_FIRST_LETTER = np.full(256, _OTHER, np.uint8)
for _letter, _code in ("/", _CLOSE), ("c", _CELL), ("f", _FORMULA), ("v", _VALUE), ("i", _INLINE), ("t", _TEXT):
    _FIRST_LETTER[ord(_letter)] = _code
_TYPES = {
    "n": b' t="n"',
    "s": b' t="s"',
    "b": b' t="b"',
    "e": b' t="e"',
    "str": b' t="str"',
    "inlineStr": b' t="inlineStr"',
}
_TYPE_NAMES = ["", *_TYPES]
_TEXT_TAG_LENGTHS = [len(tag) - 1 for tag in ("<t>", '<t xml:space="preserve">')]
_EMPTY_CELL = re.compile(rb'<c(?:\s+[\w:]+="[^"]*")*\s*/>')
_MAX_STYLE = len(b' s="12345"')

OddCell = Callable[[bytes, int, int], None]
"""Takes the XML of a cell with an unusual shape, its row and its column, and adds it to the sheet."""


def add_rows(data: bytes, builder: SheetBuilder, odd_cell: OddCell) -> None:
    """Add the cells of a stretch of whole rows. Raises Irregular, or FileError for what makes no sense."""
    _Stretch(data, builder, odd_cell).add()
    if b"hidden=" in data:
        _note_hidden_rows(data, builder)


_ROW = re.compile(rb"<row\s[^>]*>")
_HIDDEN = re.compile(rb"""\shidden=["'](?:1|true|on)["']""")
_ROW_NUMBER = re.compile(rb"""\sr=["'](\d+)["']""")


def _note_hidden_rows(data: bytes, builder: SheetBuilder) -> None:
    for row in _ROW.finditer(data):
        if _HIDDEN.search(row[0]):
            number = _ROW_NUMBER.search(row[0])
            if number is None:
                raise Irregular
            builder.hidden_rows.append(int(number[1]) - 1)


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells of usual shape, and where in the bytes their pieces stand: parallel arrays.

    kinds: index into _TYPE_NAMES. value_start, value_end: of the value's text, where `has_value`. formula_tag,
    formula_end: of the `<f>` tag's first and last letter, where `has_formula`; formula_close: of the tag after it.
    short: the tag closes itself.
    """

    starts: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    kinds: np.ndarray
    has_value: np.ndarray
    value_start: np.ndarray
    value_end: np.ndarray
    has_formula: np.ndarray
    short: np.ndarray
    formula_tag: np.ndarray
    formula_end: np.ndarray
    formula_close: np.ndarray

    def take(self, which: np.ndarray) -> _Cells:
        return _Cells(*(getattr(self, field.name)[which] for field in dataclasses.fields(self)))

    @property
    def is_plain(self) -> np.ndarray:
        """The formula's tag is a bare <f>."""
        return self.has_formula & (self.formula_end == self.formula_tag + 2)


class _Stretch:
    """The tags of a stretch of rows. All arrays are parallel to the tags, or to the cells among them."""

    def __init__(self, data: bytes, builder: SheetBuilder, odd_cell: OddCell) -> None:
        self.builder, self.odd_cell = builder, odd_cell
        self.bytes = data
        # a letter a byte, so that byte offsets are text offsets; texts beyond ASCII are put right in `_decoded`
        self.text = data.decode("latin-1")
        self.ascii = data.isascii()
        # padded, so that looking a few bytes ahead never runs over the end
        self.buffer = np.frombuffer(data + b"\0" * 16, np.uint8)
        self.tags = np.flatnonzero(self.buffer == _LESS)
        self.ends = np.flatnonzero(self.buffer == _GREATER)
        self.codes = np.append(self._codes(), np.full(8, _OTHER, np.uint8))

    def _codes(self) -> np.ndarray:
        buffer, tags = self.buffer, self.tags
        codes = _FIRST_LETTER[buffer[tags + 1]]
        inline = codes == _INLINE
        codes[inline & ~((buffer[tags + 2] == ord("s")) & _NAME_ENDS[buffer[tags + 3]])] = _OTHER
        codes[~inline & (codes != _CLOSE) & ~_NAME_ENDS[buffer[tags + 2]]] = _OTHER
        return codes

    def _tag_end(self, tags: np.ndarray) -> np.ndarray:
        """Where each tag's '>' stands."""
        return self.ends[np.searchsorted(self.ends, tags)]

    def add(self) -> None:
        """Hand the cells to the builder."""
        cells, odd = self._find()
        formulas = np.full(len(cells.rows), -1, np.int32)
        self._plain_formulas(cells, formulas)
        self._other_formulas(cells, formulas, odd)
        kinds, data = self._values(cells)
        stored = (kinds != Kind.BLANK) | (formulas >= 0)
        self.builder.add_cells(*(array[stored] for array in (cells.rows, cells.columns, kinds, data, formulas)))

    def _find(self) -> tuple[_Cells, list[tuple[int, int, int]]]:
        """The cells of usual shape, and where the others start, with their rows and columns."""
        buffer = self.buffer
        at = np.flatnonzero(self.codes[: len(self.tags)] == _CELL)
        starts = self.tags[at]
        for offset, letter in enumerate(b'c r="', 1):
            if not (buffer[starts + offset] == letter).all():
                raise Irregular
        ends = self._tag_end(starts)
        empty = buffer[ends - 1] == _SLASH  # <c r="A1" s="3"/> holds nothing
        rows, columns, after = self._addresses(starts + 6)
        inner_ends = ends - empty
        kinds, usual = self._types(after, inner_ends - (buffer[inner_ends - 1] == _SPACE))
        for start in starts[empty & ~usual].tolist():
            if not _EMPTY_CELL.match(self.bytes, start):
                raise Irregular
        if empty.any():
            at, starts, rows, columns, kinds, usual = (a[~empty] for a in (at, starts, rows, columns, kinds, usual))

        codes, tags = self.codes, np.append(self.tags, np.full(8, len(self.bytes)))
        has_formula = codes[at + 1] == _FORMULA
        formula_tag = np.where(has_formula, tags[at + 1], 0)
        formula_end = self._tag_end(formula_tag) if len(at) else formula_tag
        short = has_formula & (buffer[formula_end - 1] == _SLASH)  # <f t="shared" si="0"/>
        usual &= ~has_formula | short | (codes[at + 2] == _CLOSE)
        then = at + 1 + np.where(has_formula, np.where(short, 1, 2), 0)  # the tag after the formula
        has_value = codes[then] == _VALUE
        value_start, value_end = tags[then] + 3, tags[then + 1]
        closed = (codes[then + 1] == _CLOSE) & (codes[then + 2] == _CLOSE) & (buffer[value_start - 1] == _GREATER)
        inline = (kinds == _TYPE_NAMES.index("inlineStr")) & (codes[at + 1] == _INLINE) & (codes[at + 2] == _TEXT)
        for ahead in (3, 4, 5):
            inline &= codes[at + ahead] == _CLOSE
        if inline.any():
            text_tag = tags[at + 2]
            text_end = self._tag_end(np.where(inline, text_tag, 0))
            inline &= np.isin(text_end - text_tag, _TEXT_TAG_LENGTHS)
            value_start = np.where(inline, text_end + 1, value_start)
            value_end = np.where(inline, tags[at + 3], value_end)
        usual &= (has_value & closed) | inline | (codes[then] == _CLOSE)
        cells = _Cells(
            starts, rows, columns, kinds, has_value | inline, value_start, value_end,
            has_formula, short, formula_tag, formula_end, tags[at + 2],
        )  # fmt: skip
        others = np.flatnonzero(~usual)
        odd = list(zip(starts[others].tolist(), rows[others].tolist(), columns[others].tolist(), strict=True))
        return cells.take(np.flatnonzero(usual & (cells.has_value | has_formula))), odd

    def _addresses(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows and columns from zero of the addresses that start at `at`, and where their closing quotes stand."""
        buffer, at = self.buffer, at.copy()
        columns = np.zeros(len(at), np.int32)
        rows = np.zeros(len(at), np.int64)
        for _ in range(3):
            letter = buffer[at].astype(np.int32) - ord("A")
            more = (letter >= 0) & (letter < 26)
            columns = np.where(more, columns * 26 + letter + 1, columns)
            at += more
        for _ in range(7):
            digit = buffer[at].astype(np.int64) - ord("0")
            more = (digit >= 0) & (digit < 10)
            if not more.any():
                break
            rows = np.where(more, rows * 10 + digit, rows)
            at += more
        inside = (rows > 0) & (rows <= MAX_ROWS) & (columns > 0) & (columns <= MAX_COLUMNS)
        if not (inside & (buffer[at] == _QUOTE)).all():
            raise Irregular  # lower-case letters, a row zero: the other reader knows what to say
        return rows - 1, columns - 1, at + 1

    def _types(self, after: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each cell's type as an index into _TYPE_NAMES, and whether it has no attributes but r, s and t."""
        buffer = self.buffer
        kinds = np.zeros(len(ends), np.uint8)
        rest = ends.copy()
        open_ = np.flatnonzero(ends > after)
        for kind, pattern in enumerate(_TYPES.values(), 1):
            if not len(open_):
                break
            found = ends[open_] - after[open_] >= len(pattern)
            for offset, letter in enumerate(reversed(pattern), 1):
                found &= buffer[ends[open_] - offset] == letter
            kinds[open_[found]] = kind
            rest[open_[found]] -= len(pattern)
            open_ = open_[~found]
        length = rest - after
        styled = (length >= 6) & (length <= _MAX_STYLE) & (buffer[rest - 1] == _QUOTE)
        for offset, letter in enumerate(b' s="'):
            styled &= buffer[after + offset] == letter
        return kinds, (length == 0) | styled

    def _decoded(self, texts: list[str]) -> list[str]:
        """Texts cut from `self.text` as they are in the XML, line ends made one."""
        if not self.ascii:
            texts = [text if text.isascii() else text.encode("latin-1").decode("utf-8") for text in texts]
        if "\r" in self.text:
            texts = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
        return texts

    def _plain_formulas(self, cells: _Cells, formulas: np.ndarray) -> None:
        """Fill in the ids of formulas that are written out, column by column."""
        text = self.text
        plain = np.flatnonzero(cells.is_plain & (cells.formula_close > cells.formula_end + 1))  # <f></f> is none
        plain = plain[np.argsort(cells.columns[plain], kind="stable")]
        borders = np.flatnonzero(np.diff(cells.columns[plain])) + 1
        for group in np.split(plain, borders) if len(plain) else ():
            places = zip(cells.formula_end[group].tolist(), cells.formula_close[group].tolist(), strict=True)
            formulas[group] = self.builder.shared.pool.intern_column(
                self._decoded([text[start + 1 : end] for start, end in places]),
                cells.rows[group].tolist(),
                int(cells.columns[group[0]]),
                _formula_from_xml,
                _formula_to_xml,
            )

    def _other_formulas(self, cells: _Cells, formulas: np.ndarray, odd: list[tuple[int, int, int]]) -> None:
        """Fill in the ids of shared and array formulas, and hand back the odd cells, in the order of the file:
        what a shared formula's number stands for can change on the way."""
        pending = odd[::-1]
        others = np.flatnonzero(cells.has_formula & ~cells.is_plain)
        for index, start in zip(others.tolist(), cells.starts[others].tolist(), strict=True):
            while pending and pending[-1][0] < start:
                self._hand_back(*pending.pop())
            formulas[index] = self._other_formula(cells, index)
        while pending:
            self._hand_back(*pending.pop())

    def _other_formula(self, cells: _Cells, index: int) -> int:
        row, column, end = int(cells.rows[index]), int(cells.columns[index]), int(cells.formula_end[index])
        attributes = self.text[int(cells.formula_tag[index]) + 2 : end]
        if attributes.count('"') % 2 or "'" in attributes:
            raise Irregular
        if cells.short[index]:
            return self.builder.short_formula(row, column, attributes[:-1], _attributes)
        written = self._decoded([self.text[end + 1 : int(cells.formula_close[index])]])[0]
        return self.builder.formula(row, column, _attributes(attributes), from_xml(written), "")

    def _hand_back(self, start: int, row: int, column: int) -> None:
        end = self.bytes.index(b"</c", start)
        self.odd_cell(self.bytes[start : self.bytes.index(b">", end) + 1], row, column)

    def _values(self, cells: _Cells) -> tuple[np.ndarray, np.ndarray]:
        """Kind and data of every cell."""
        text, builder = self.text, self.builder
        kinds, data = np.zeros(len(cells.rows), np.uint8), np.zeros(len(cells.rows))
        for number, written in enumerate(_TYPE_NAMES):
            where = np.flatnonzero(cells.has_value & (cells.kinds == number))
            if not len(where):
                continue
            places = zip(cells.value_start[where].tolist(), cells.value_end[where].tolist(), strict=True)
            texts = [text[start:end] for start, end in places]
            kind = written or "n"
            quick = builder.values(kind, texts) if kind in ("n", "s") else None
            if quick is not None:
                kinds[where], data[where] = quick
                continue
            known: dict[str, tuple[int, float]] = {}
            for index, raw, value in zip(where.tolist(), texts, self._decoded(texts), strict=True):
                if raw not in known:
                    row, column = int(cells.rows[index]), int(cells.columns[index])
                    known[raw] = builder.value(row, column, kind, from_xml(value))
                kinds[index], data[index] = known[raw]
        return kinds, data


def _formula_from_xml(text: str) -> str:
    return unescape(from_xml(text))


def _formula_to_xml(text: str) -> str:
    """Formula text as most programs write it in XML, which is how `FormulaPool.intern_column` recognises it."""
    return escape(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_ATTRIBUTE = re.compile(r"""\s([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def _attributes(text: str) -> dict[str, str]:
    return {name: from_xml(double or single) for name, double, single in _ATTRIBUTE.findall(text)}
