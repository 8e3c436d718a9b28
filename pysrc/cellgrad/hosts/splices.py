"""New values for the cells of a stretch of rows: where their bytes go, all at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cellgrad.address import MAX_COLUMNS
from cellgrad.hosts.cell_tags import FORMULA_TEXT_TYPE, INLINE_TYPE, TYPES, Stretch
from cellgrad.hosts.changes import ChangedCells, same_value, with_texts_in
from cellgrad.hosts.markup import from_xml
from cellgrad.values import Kind, Strings, Value
from cellgrad.workbook import CellValues, decode, encode

Decoder = Callable[[int, int, str, str | None], Value]
"""(row, column, type attribute, text of the value) -> the value."""
Content = Callable[[Value, bool], tuple[bytes, bytes]]
"""(value, whether the cell has a formula) -> its type attribute and the XML of its value."""
_PLAIN_TYPES = (TYPES.index(""), TYPES.index("n"))


class Splices:
    """Edits of one stretch whose cells are in order.

    `edited` gives the new bytes; then `changed` holds the cells whose value differs, and `left` the numbers of those
    edits that have to be done in another way: their cells are missing, blank, of unusual shape or to hold a text.
    """

    def __init__(self, stretch: Stretch, edits: CellValues, which: slice, sheet: str, decoded: Decoder) -> None:
        self._stretch, self._edits, self._sheet, self._decode = stretch, edits, sheet, decoded
        self.changed: list[ChangedCells] = []
        cells = stretch.cells
        wanted = np.arange(len(edits))[which]
        keys = cells.rows * MAX_COLUMNS + cells.columns
        at = np.searchsorted(keys, edits.places[wanted])
        here = np.flatnonzero(at < len(keys))
        here = here[keys[at[here]] == edits.places[wanted[here]]]
        at, edit = at[here], wanted[here]
        kinds, own_formula = edits.kinds[edit], cells.has_formula[at] | (cells.kinds[at] == FORMULA_TEXT_TYPE)
        possible = (cells.kinds[at] != INLINE_TYPE) & (own_formula | ((kinds != Kind.TEXT) & (kinds != Kind.BLANK)))
        plain = possible & np.isin(cells.kinds[at], _PLAIN_TYPES) & cells.has_value[at] & (kinds == Kind.NUMBER)
        before = np.zeros(len(at))
        before[plain], known = stretch.letters.decimals(cells.value_start[at[plain]], cells.value_end[at[plain]])
        plain[np.flatnonzero(plain)[~known]] = False  # written in an unusual way: decoded one by one, as the rest
        self._numbers = at[plain], edit[plain], before[plain]
        others = possible & ~plain
        self._others = at[others], edit[others]
        taken = np.zeros(len(wanted), bool)
        taken[here[possible]] = True
        self.left = wanted[~taken]

    def edited(self, content: Content) -> bytes:
        """The stretch with the new values of the cells that can be done here."""
        data, cells, edits = self._stretch.letters.data, self._stretch.cells, self._edits
        at, edit, before = self._numbers
        differ = np.flatnonzero(before != edits.data[edit])
        at, edit, before = at[differ], edit[differ], before[differ]
        after = edits.data[edit]
        self._note(edit, (np.full(len(at), Kind.NUMBER, np.uint8), before), edits.strings)
        places = zip(cells.value_start[at].tolist(), cells.value_end[at].tolist(), strict=True)
        texts = map(str.encode, map(number_text, after.tolist()))
        replaced = [(start, end, text) for (start, end), text in zip(places, texts, strict=True)]
        others = self._other_replacements(content)
        if others:
            replaced = sorted([*replaced, *others])
        pieces: list[bytes] = []
        kept = 0
        for start, end, new in replaced:
            pieces += data[kept:start], new
            kept = end
        return b"".join([*pieces, data[kept:]])

    def _other_replacements(self, content: Content) -> list[tuple[int, int, bytes]]:
        """What becomes of cells that change their type, or whose value is read one by one."""
        cells, edits, text = self._stretch.cells, self._edits, self._stretch.text if len(self._others[0]) else ""
        replaced, changed, old = [], [], []
        strings = Strings()
        for at, edit in zip(*(which.tolist() for which in self._others), strict=True):
            written = None
            if cells.has_value[at]:
                raw = text[int(cells.value_start[at]) : int(cells.value_end[at])]
                written = from_xml(self._stretch.decoded([raw])[0]) or None
            kind = TYPES[cells.kinds[at]] or "n"
            before = self._decode(int(edits.rows[edit]), int(edits.columns[edit]), kind, written)
            after = decode(int(edits.kinds[edit]), float(edits.data[edit]), edits.strings)
            if same_value(before, after):
                continue
            new_kind, new_content = content(after, bool(cells.has_formula[at]) or kind == "str")
            if (new_kind or b"n") != kind.encode():  # a type that stays is left as it is written, or is not
                attribute = b' t="%s"' % new_kind if new_kind else b""
                start, end = int(cells.type_start[at]), int(cells.tag_end[at])
                there = len(self._stretch.letters.data[start:end].rstrip())
                replaced.append((start, start + there if there else end, attribute))
            replaced.append((int(cells.content_start[at]), int(cells.content_end[at]), new_content))
            changed.append(edit)
            old.append(encode(before, strings))
        if changed:
            coded = np.array(old, np.float64)
            self._note(np.array(changed), (coded[:, 0].astype(np.uint8), coded[:, 1]), strings)
        return replaced

    def _note(self, edit: np.ndarray, before: tuple[np.ndarray, np.ndarray], strings: Strings) -> None:
        """Note changed cells; `before` has its texts in `strings`."""
        edits = self._edits
        if not len(edit):
            return
        kinds = edits.kinds[edit]
        after = kinds, with_texts_in(strings, (kinds, edits.data[edit]), edits.strings)
        self.changed.append(ChangedCells(self._sheet, edits.rows[edit], edits.columns[edit], before, after, strings))


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number, whole numbers without '.0' as Excel writes them."""
    text = repr(value + 0.0)  # no minus before a zero
    return text[:-2] if text[-2:] == ".0" else text
