"""The tags of many rows at once: where the cells of a stretch of XML are, and whether it is well-formed.

`sheet_markup.sections` hands out whole rows without comments, CDATA sections or processing instructions. In well-formed
ones every ``<`` starts a tag, so numpy finds the tags, and a cell of one of the usual shapes

    <c r="B7" s="3" t="s"><f ...>...</f><v>...</v></c>      s, t, f and v optional; or <is><t>...</t></is> for f and v

is known by which tag follows which. Where that holds for every tag of a stretch, its attributes are the usual ones and
its texts are clean, the stretch is well-formed by construction; a parser is asked about any other.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cellgrad.address import MAX_COLUMNS, MAX_ROWS
from cellgrad.hosts.letters import Letters
from cellgrad.hosts.sheet_markup import Checker, Irregular

(OTHER, VALUE, VALUE_END, NO_VALUE, CELL, EMPTY_CELL, CELL_END, FORMULA, OWN_FORMULA, SHORT_FORMULA, FORMULA_END,
 ROW, EMPTY_ROW, ROW_END, INLINE, INLINE_END, TEXT, TEXT_END) = range(18)  # fmt: skip
_NAMES = (
    (VALUE, b"<v>"), (VALUE_END, b"</v>"), (NO_VALUE, b"<v/>"), (NO_VALUE, b"<v />"),
    (CELL, b'<c r="'), (CELL_END, b"</c>"), (FORMULA, b"<f>"), (OWN_FORMULA, b"<f "), (FORMULA_END, b"</f>"),
    (ROW, b"<row "), (ROW_END, b"</row>"), (INLINE, b"<is>"), (INLINE_END, b"</is>"),
    (TEXT, b"<t>"), (TEXT_END, b"</t>"),
)  # fmt: skip
_FOLLOWERS = {
    ROW: (CELL, EMPTY_CELL, ROW_END), EMPTY_ROW: (ROW, EMPTY_ROW), ROW_END: (ROW, EMPTY_ROW),
    CELL: (FORMULA, OWN_FORMULA, SHORT_FORMULA, VALUE, NO_VALUE, INLINE, CELL_END),
    EMPTY_CELL: (CELL, EMPTY_CELL, ROW_END), CELL_END: (CELL, EMPTY_CELL, ROW_END),
    FORMULA: (FORMULA_END,), OWN_FORMULA: (FORMULA_END,),
    FORMULA_END: (VALUE, NO_VALUE, CELL_END), SHORT_FORMULA: (VALUE, NO_VALUE, CELL_END),
    VALUE: (VALUE_END,), VALUE_END: (CELL_END,), NO_VALUE: (CELL_END,),
    INLINE: (TEXT,), TEXT: (TEXT_END,), TEXT_END: (INLINE_END,), INLINE_END: (CELL_END,),
}  # fmt: skip
_FOLLOWS = np.zeros(32 * 32, bool)
for _tag, _next in _FOLLOWERS.items():
    _FOLLOWS[_tag * 32 + np.array(_next)] = True
# Two letters tell which name it can be; then the whole name is compared.
_CANDIDATES = np.zeros(1 << 16, np.uint8)
_WHOLE_NAMES, _LENGTHS = np.zeros(len(_NAMES) + 1, np.uint64), np.zeros(len(_NAMES) + 1, np.uint64)
_CODES = np.zeros(len(_NAMES) + 1, np.uint8)
for _number, (_tag, _name) in enumerate(_NAMES, 1):
    _CANDIDATES[int.from_bytes(_name[1:3], "little")] = _number
    _WHOLE_NAMES[_number], _CODES[_number] = int.from_bytes(_name, "little"), _tag
    _LENGTHS[_number] = (1 << 8 * len(_name)) - 1
_MAY_END_ITSELF = np.isin(np.arange(32), (CELL, OWN_FORMULA, ROW))
_HOLDS_TEXT = np.isin(np.arange(32), (VALUE, FORMULA, OWN_FORMULA, TEXT))

_SLASH, _GREATER, _SPACE, _LESS, _QUOTE, _AND = (ord(c) for c in '/> <"&')
TYPES = ("", "n", "s", "b", "e", "str", "inlineStr")
"""The usual types of cells; the first is none."""
FORMULA_TEXT_TYPE, INLINE_TYPE = TYPES.index("str"), TYPES.index("inlineStr")
_MAX_STYLE = len(b' s="123456"')
_PRESERVED = b'<t xml:space="preserve">'
_EMPTY_CELL = re.compile(rb'<c(?:\s+[\w:]+="[^"]*")*\s*/>')
_CLEAN_ATTRIBUTES = rb'(?: [\w:.]+="[^"<>&]*")*'
_ROW_TAG = re.compile(rb'<row r="[0-9]+"(%s/?)>' % _CLEAN_ATTRIBUTES)
_ROW_START = b'<row r="'
_FORMULA_TAG = re.compile(rb"<f%s/?>" % _CLEAN_ATTRIBUTES)
_SHARED, _SHARED_END = b'<f t="shared" si="', b'"/>'
_AS_PLAIN = b'<f aca="false">'
"""LibreOffice's spelling of a bare <f>."""
_REFERENCES = (b"&amp;", b"&lt;", b"&gt;", b"&quot;", b"&apos;")


@dataclass(frozen=True, slots=True)
class UsualCells:
    """Cells of usual shape that hold something, and where in the bytes their pieces stand: parallel arrays.

    kinds: index into TYPES. type_start, tag_end: of the type attribute (empty where there is none) and the cell's '>'.
    value_start, value_end: of the value's text, where `has_value`. content_start, content_end: of the whole element
    that holds the value, empty where there is none. formula_tag, formula_end: of the formula tag's first and last
    letter, where `has_formula`; formula_close: of the tag after it. short: the tag closes itself; plain: a bare <f>;
    shared: the number of the shared formula in a tag that says nothing else, or -1.
    """

    starts: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    kinds: np.ndarray
    type_start: np.ndarray
    tag_end: np.ndarray
    has_value: np.ndarray
    value_start: np.ndarray
    value_end: np.ndarray
    content_start: np.ndarray
    content_end: np.ndarray
    has_formula: np.ndarray
    short: np.ndarray
    plain: np.ndarray
    shared: np.ndarray
    formula_tag: np.ndarray
    formula_end: np.ndarray
    formula_close: np.ndarray

    def take(self, which: np.ndarray) -> UsualCells:
        """Some of the cells, by a mask."""
        if which.all():
            return self
        which = np.flatnonzero(which)
        return UsualCells(*(getattr(self, field.name)[which] for field in dataclasses.fields(self)))


class Stretch:
    """A stretch of whole rows, taken apart.

    letters: its bytes. tags, closes: where each tag starts and where its '>' stands; codes: which tag it is.
    starts, rows, columns: of every cell. cells: those of usual shape that hold something. odd: start, row and column of
    those of another shape. Raises Irregular where cells do not all start with their address.
    """

    def __init__(self, data: bytes) -> None:
        self.letters = Letters(data)
        buffer = self.letters.bytes
        self.tags = np.flatnonzero(buffer == _LESS)
        self.closes = self._closes(np.flatnonzero(buffer == _GREATER))
        self.codes = self._codes()
        follow = _FOLLOWS[self.codes[:-1].astype(np.intp) * 32 + self.codes[1:]]
        self._follow, self._all_follow = follow, bool(follow.all())
        self._clean_attributes = True
        self._find()

    def _closes(self, ends: np.ndarray) -> np.ndarray:
        tags = self.tags
        self._paired = len(ends) == len(tags) and bool((ends > tags).all() and (ends[:-1] < tags[1:]).all())
        if self._paired:
            return ends
        after = np.searchsorted(ends, tags)  # a '>' stands in some text
        if len(tags) and (not len(ends) or after[-1] == len(ends)):
            raise Irregular
        return ends[after] if len(ends) else ends

    def _codes(self) -> np.ndarray:
        words = self.letters.words[self.tags]
        candidates = _CANDIDATES[((words >> 8) & 0xFFFF).astype(np.intp)].astype(np.intp)
        codes = _CODES[candidates]
        codes[(words & _LENGTHS[candidates]) != _WHOLE_NAMES[candidates]] = OTHER
        spaced = np.flatnonzero(words == int.from_bytes(_PRESERVED[:8], "little"))
        spaced = spaced[self.letters.are(self.tags[spaced], _PRESERVED)]
        codes[spaced] = TEXT
        codes += (self.letters.bytes[self.closes - 1] == _SLASH) & _MAY_END_ITSELF[codes]
        return codes

    def _find(self) -> None:
        letters, codes = self.letters, self.codes
        at = np.flatnonzero((codes == CELL) | (codes == EMPTY_CELL))
        other = self.tags[codes == OTHER]
        if (letters.are(other, b"<c") & np.isin(letters.bytes[other + 2], list(b" \t\r\n/>"))).any():
            raise Irregular
        starts, ends = self.tags[at], self.closes[at]
        rows, columns, after = self._addresses(starts + 6)
        empty = codes[at] == EMPTY_CELL
        inner_ends = ends - empty
        kinds, type_start, usual = self._types(after, inner_ends - (letters.bytes[inner_ends - 1] == _SPACE))
        for start in starts[empty & ~usual].tolist():
            self._clean_attributes = False
            if not _EMPTY_CELL.match(letters.data, start):
                raise Irregular
        self.starts, self.rows, self.columns = starts, rows, columns
        if empty.any():
            full = ~empty
            at, starts, ends, rows, columns, kinds, type_start, usual = (
                a[full] for a in (at, starts, ends, rows, columns, kinds, type_start, usual)
            )
        self._clean_attributes &= bool(usual.all())
        if not self._all_follow:
            usual &= self._shaped(at)
        codes, tags = np.append(codes, np.zeros(8, np.uint8)), np.append(self.tags, np.full(8, len(letters.data)))
        closes = np.append(self.closes, np.full(8, len(letters.data)))
        first = codes[at + 1]
        short = first == SHORT_FORMULA
        written_out = (first == FORMULA) | (first == OWN_FORMULA)
        has_formula = short | written_out
        then = at + 1 + short + 2 * written_out  # the tag after the formula
        inline = codes[then] == INLINE
        usual &= ~inline | (kinds == INLINE_TYPE)
        usual &= (codes[then] != NO_VALUE) | (kinds < FORMULA_TEXT_TYPE)  # there it is the empty text
        has_value = (codes[then] == VALUE) | inline
        text = then + inline
        content_end = closes[then + 3 * inline + (has_value & ~inline)] + 1
        content_end = np.where(codes[then] == CELL_END, tags[then], content_end)
        formula_tag, formula_end = tags[at + 1], closes[at + 1]
        plain, shared = self._formulas(first, formula_tag, formula_end)
        cells = UsualCells(
            starts, rows, columns, kinds, type_start, ends, has_value, closes[text] + 1, tags[text + 1],
            tags[then], content_end, has_formula, short, plain, shared, formula_tag, formula_end, tags[at + 2],
        )  # fmt: skip
        others = np.flatnonzero(~usual)
        self.odd = list(zip(starts[others].tolist(), rows[others].tolist(), columns[others].tolist(), strict=True))
        self.cells = cells.take(usual & (has_value | has_formula))

    def _shaped(self, at: np.ndarray) -> np.ndarray:
        """Which of the cells are made of the usual tags up to their end."""
        wrong = np.append(0, np.cumsum(~self._follow))
        ends = np.append(np.flatnonzero(self.codes == CELL_END), len(self.codes) - 1)
        close = ends[np.searchsorted(ends[:-1], at)]
        return (wrong[close] == wrong[at]) & (close > at)

    def _addresses(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows and columns from zero of the addresses that start at `at`, and the places after their quotes."""
        letters, at = self.letters, at.copy()
        columns = np.zeros(len(at), np.int32)
        for _ in range(3):
            letter = letters.bytes[at] - np.uint8(ord("A"))
            more = letter < 26
            if not more.any():
                break
            columns = np.where(more, columns * 26 + letter + 1, columns)
            at += more
        count = letters.run(at)
        at += count
        rows, known = letters.digits(at, count)
        rows = rows.astype(np.int64)
        known &= (rows > 0) & (rows <= MAX_ROWS) & (columns > 0) & (columns <= MAX_COLUMNS)
        if not (known & (letters.bytes[at] == _QUOTE)).all():
            raise Irregular  # lower-case letters, a row zero: the other reader knows what to say
        return rows - 1, columns - 1, at + 1

    def _types(self, after: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each cell's type as an index into TYPES, where that is written, and whether r, s and t are all there is."""
        letters = self.letters
        kinds = np.zeros(len(ends), np.uint8)
        rest = ends.copy()
        open_ = np.flatnonzero(ends > after)
        for kind, name in enumerate(TYPES[1:], 1):
            if not len(open_):
                break
            pattern = b' t="%s"' % name.encode()
            found = (ends[open_] - after[open_] >= len(pattern)) & letters.are(ends[open_] - len(pattern), pattern)
            kinds[open_[found]] = kind
            rest[open_[found]] -= len(pattern)
            open_ = open_[~found]
        usual = rest == after
        styled = np.flatnonzero(~usual)
        if len(styled):
            start, end = after[styled], rest[styled]
            _, number = letters.digits(end - 1, np.minimum(end - start - 5, 6))
            number &= (end - start <= _MAX_STYLE) & (letters.bytes[end - 1] == _QUOTE)
            usual[styled] = number & letters.are(start, b' s="')
        return kinds, rest, usual

    def _formulas(self, first: np.ndarray, tag: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which formulas are bare, and the numbers of shared ones that are nothing else; notes what else there is."""
        letters, plain, shared = self.letters, first == FORMULA, np.full(len(first), -1, np.int64)
        short = np.flatnonzero((first == SHORT_FORMULA) & (end - tag > len(_SHARED + _SHARED_END) - 1))
        if len(short):
            place = tag[short] + len(_SHARED)
            last = end[short] - len(_SHARED_END) + 1
            number, known = letters.digits(last, last - place)
            known &= letters.are(tag[short], _SHARED) & letters.are(last, _SHARED_END) & (last - place <= 8)
            shared[short[known]] = number[known].astype(np.int64)
        own = np.flatnonzero(first == OWN_FORMULA)
        if len(own):
            bare = (end[own] - tag[own] == len(_AS_PLAIN) - 1) & letters.are(tag[own], _AS_PLAIN)
            plain[own[bare]] = True
        left = ((first == OWN_FORMULA) | (first == SHORT_FORMULA)) & ~plain & (shared < 0)
        self._formula_tags = tag[left], end[left]
        return plain, shared

    def order(self) -> tuple[int, int] | None:
        """The first and the last row; None where rows do not all say which they are, or they or cells are out of order.

        Then every cell stands in the row that its address says, and cells follow each other in reading order.
        """
        place = np.flatnonzero((self.codes == ROW) | (self.codes == EMPTY_ROW))
        at = self.tags[place]
        if not len(at) or not self.letters.are(at, _ROW_START).all():
            return None
        at = at + len(_ROW_START)
        count = self.letters.run(at)
        number, known = self.letters.digits(at + count, count)
        others = self.letters.are(self.tags[self.codes == OTHER], b"<row")
        if others.any() or not (known & (self.letters.bytes[at + count] == _QUOTE)).all():
            return None
        rows = number.astype(np.int64) - 1
        if not (rows[1:] > rows[:-1]).all():
            return None
        cells = self.rows * MAX_COLUMNS + self.columns
        inside = rows[np.searchsorted(at, self.starts) - 1] == self.rows
        if not (cells[1:] > cells[:-1]).all() or not inside.all() or (len(cells) and self.starts[0] < at[0]):
            return None
        return int(rows[0]), int(rows[-1])

    def is_well_formed(self, checker: Checker) -> bool:
        """Whether it certainly is, as a piece of the sheet that `checker` has seen the head of.

        True also says that no text holds a reference to a character by number, and that `checker` was asked about one
        tag of each kind that stands in it.
        """
        data, buffer = self.letters.data, self.letters.bytes[: len(self.letters.data)]
        if not (self._all_follow and self._clean_attributes and len(self.codes)):
            return False
        borders = self.codes[0] in (ROW, EMPTY_ROW) and self.codes[-1] in (ROW_END, EMPTY_ROW)
        if not (borders and self.tags[0] == 0 and self.closes[-1] == len(data) - 1):
            return False
        if not ((self.tags[1:] == self.closes[:-1] + 1) | _HOLDS_TEXT[self.codes[:-1]]).all():
            return False
        if (buffer < _SPACE).any() or (not self._paired and b"]]>" in data):
            return False
        if not self.is_ascii and not _is_text(data, checker.encoding):
            return False
        references = np.flatnonzero(buffer == _AND)
        if not np.logical_or.reduce([self.letters.are(references, name) for name in _REFERENCES]).all():
            return False
        rows = _ROW_TAG.findall(data)
        if len(rows) != np.count_nonzero((self.codes == ROW) | (self.codes == EMPTY_ROW)):
            return False
        samples = {b'<row r="1"%s>%s' % (rest, b"" if rest.endswith(b"/") else b"</row>") for rest in set(rows)}
        for tag, end in zip(*(places.tolist() for places in self._formula_tags), strict=True):
            written = data[tag : end + 1]
            if not _FORMULA_TAG.fullmatch(written):
                return False
            samples.add(written if written.endswith(b"/>") else written + b"</f>")
        checker.allow(samples)
        return True

    @cached_property
    def is_ascii(self) -> bool:
        return self.letters.data.isascii()

    @cached_property
    def text(self) -> str:
        """A letter a byte, so that byte offsets are text offsets; `decoded` puts letters beyond ASCII right."""
        return self.letters.data.decode("latin-1")

    @cached_property
    def has_returns(self) -> bool:
        return b"\r" in self.letters.data

    def decoded(self, texts: list[str]) -> list[str]:
        """Texts cut from `text` as they are in the XML, line ends made one."""
        if not self.is_ascii:
            texts = [text if text.isascii() else text.encode("latin-1").decode("utf-8") for text in texts]
        if self.has_returns:
            texts = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
        return texts


def _is_text(data: bytes, encoding: str) -> bool:
    """Whether it is UTF-8, declared as such, without the two letters beyond ASCII that XML excludes."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return encoding == "utf-8" and b"\xef\xbf\xbe" not in data and b"\xef\xbf\xbf" not in data
