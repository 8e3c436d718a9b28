"""The cells of many rows at once: a stretch of checked XML to arrays, without an object a tag.

`cell_tags` knows where the cells of usual shape are; here are their formulas and values. A cell of any other shape is
handed back, one at a time, and a sheet whose cells do not all start with their address is `Irregular`: `sheet_reader`
has a way for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from cellgrad.formula.pool import Template
from cellgrad.hosts.cell_tags import TYPES, Stretch
from cellgrad.hosts.letters import Letters
from cellgrad.hosts.markup import escape, from_xml, unescape
from cellgrad.hosts.sheet_builder import SheetBuilder
from cellgrad.hosts.sheet_markup import Irregular
from cellgrad.values import Kind

OddCell = Callable[[bytes, int, int], None]
"""Takes the XML of a cell with an unusual shape, its row and its column, and adds it to the sheet."""


def add_rows(stretch: Stretch, builder: SheetBuilder, odd_cell: OddCell) -> None:
    """Add the cells of a stretch of whole rows. Raises Irregular, or FileError for what makes no sense."""
    cells, reader = stretch.cells, _Reader(stretch, builder, odd_cell)
    formulas = np.full(len(cells.rows), -1, np.int32)
    reader.plain_formulas(formulas)
    reader.other_formulas(formulas)
    kinds, data = reader.values()
    arrays = cells.rows, cells.columns, kinds, data, formulas
    stored = (kinds != Kind.BLANK) | (formulas >= 0)
    builder.add_cells(*(arrays if stored.all() else (array[stored] for array in arrays)))
    if b"hidden=" in stretch.letters.data:
        _note_hidden_rows(stretch.letters.data, builder)


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


_GUESSES = 3
"""How many formulas a column of a stretch may have that are still compared all at once."""
_FEW = 16


class _Reader:
    """Formulas and values of a stretch's usual cells. All arrays are parallel to those cells."""

    def __init__(self, stretch: Stretch, builder: SheetBuilder, odd_cell: OddCell) -> None:
        self.stretch, self.cells, self.builder, self.odd_cell = stretch, stretch.cells, builder, odd_cell

    def plain_formulas(self, formulas: np.ndarray) -> None:
        """Fill in the ids of formulas that are written out, column by column."""
        cells = self.cells
        plain = np.flatnonzero(cells.plain & (cells.formula_close > cells.formula_end + 1))  # <f></f> is none
        plain = plain[np.argsort(cells.columns[plain].astype(np.uint16), kind="stable")]
        borders = np.flatnonzero(np.diff(cells.columns[plain])) + 1
        for group in np.split(plain, borders) if len(plain) else ():
            self._column(group, formulas)

    def _column(self, group: np.ndarray, formulas: np.ndarray) -> None:
        """The ids of a column's formulas: those that are the first one filled down, those left, and so on."""
        cells, pool = self.cells, self.builder.shared.pool
        column = int(cells.columns[group[0]])
        for _ in range(_GUESSES):
            first = group[:1]
            text = _formula_from_xml(self._texts(first)[0])
            formula = pool.intern(text, int(cells.rows[first[0]]), column)
            same = written(
                pool.template(formula, column, _formula_to_xml), self.stretch.letters,
                cells.formula_end[group] + 1, cells.formula_close[group], cells.rows[group],
            )  # fmt: skip
            same[0] = True
            formulas[group[same]] = formula
            group = group[~same]
            if not len(group):
                return
        formulas[group] = pool.intern_column(
            self._texts(group), cells.rows[group].tolist(), column, _formula_from_xml, _formula_to_xml
        )

    def _texts(self, which: np.ndarray) -> list[str]:
        text, cells = self.stretch.text, self.cells
        places = zip(cells.formula_end[which].tolist(), cells.formula_close[which].tolist(), strict=True)
        return self.stretch.decoded([text[start + 1 : end] for start, end in places])

    def other_formulas(self, formulas: np.ndarray) -> None:
        """Fill in the ids of shared and array formulas, and hand back the odd cells, in the order of the file:
        what a shared formula's number stands for can change on the way."""
        cells = self.cells
        own = np.flatnonzero(cells.has_formula & ~cells.plain & (cells.shared < 0))
        turns = sorted(
            [(start, -1, row, column) for start, row, column in self.stretch.odd]
            + [(start, index, 0, 0) for index, start in zip(own.tolist(), cells.starts[own].tolist(), strict=True)]
        )
        shared = np.flatnonzero(cells.shared >= 0)
        starts, done = cells.starts[shared], 0
        for start, index, row, column in turns:
            until = int(starts.searchsorted(start))
            self._shared_formulas(shared[done:until], formulas)
            done = until
            if index < 0:
                self._hand_back(start, row, column)
            else:
                formulas[index] = self._own_formula(index)
        self._shared_formulas(shared[done:], formulas)

    def _shared_formulas(self, which: np.ndarray, formulas: np.ndarray) -> None:
        """The cells of shared formulas between two others."""
        cells, builder = self.cells, self.builder
        while len(which):
            group = which
            if len(which) > _FEW:
                number = int(cells.shared[which[0]])
                group, which = which[cells.shared[which] == number], which[cells.shared[which] != number]
                formulas[group] = builder.shared_formulas(str(number), cells.rows[group], cells.columns[group])
                continue
            for index in group.tolist():
                row, column = int(cells.rows[index]), int(cells.columns[index])
                formulas[index] = builder.shared_formula(str(int(cells.shared[index])), row, column)
            return

    def _own_formula(self, index: int) -> int:
        cells, text = self.cells, self.stretch.text
        row, column, end = int(cells.rows[index]), int(cells.columns[index]), int(cells.formula_end[index])
        attributes = text[int(cells.formula_tag[index]) + 2 : end]
        if attributes.count('"') % 2 or "'" in attributes:
            raise Irregular
        if cells.short[index]:
            return self.builder.formula(row, column, _attributes(attributes[:-1]), "", "")
        inside = self.stretch.decoded([text[end + 1 : int(cells.formula_close[index])]])[0]
        return self.builder.formula(row, column, _attributes(attributes), from_xml(inside), "")

    def _hand_back(self, start: int, row: int, column: int) -> None:
        data = self.stretch.letters.data
        end = data.index(b"</c", start)
        self.odd_cell(data[start : data.index(b">", end) + 1], row, column)

    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """Kind and data of every cell."""
        cells, letters, builder = self.cells, self.stretch.letters, self.builder
        kinds, data = np.zeros(len(cells.rows), np.uint8), np.zeros(len(cells.rows))
        for number in np.flatnonzero(np.bincount(cells.kinds, minlength=len(TYPES))).tolist():
            where = np.flatnonzero(cells.has_value & (cells.kinds == number))
            starts, ends = cells.value_start[where], cells.value_end[where]
            kind = TYPES[number] or "n"
            if kind == "n":
                data[where], known = letters.decimals(starts, ends)
                kinds[where] = Kind.NUMBER
            elif kind == "s":
                indexes, known = letters.digits(ends, ends - starts)
                known &= indexes < len(builder.shared.string_indexes)
                data[where[known]] = builder.shared.string_indexes[indexes[known].astype(np.int64)]
                kinds[where] = Kind.TEXT
            else:
                known = np.zeros(len(where), bool)
            if not known.all():
                self._slowly(where[~known], kind, kinds, data)
        return kinds, data

    def _slowly(self, where: np.ndarray, kind: str, kinds: np.ndarray, data: np.ndarray) -> None:
        """Values one by one, equal ones once."""
        cells, text, builder = self.cells, self.stretch.text, self.builder
        places = zip(cells.value_start[where].tolist(), cells.value_end[where].tolist(), strict=True)
        texts = [text[start:end] for start, end in places]
        known: dict[str, tuple[int, float]] = {}
        for index, raw, value in zip(where.tolist(), texts, self.stretch.decoded(texts), strict=True):
            if raw not in known:
                row, column = int(cells.rows[index]), int(cells.columns[index])
                known[raw] = builder.value(row, column, kind, from_xml(value))
            kinds[index], data[index] = known[raw]


def written(template: Template, letters: Letters, starts: np.ndarray, ends: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Which of the texts between `starts` and `ends` are this formula in their rows, letter by letter."""
    same = np.zeros(len(rows), bool)
    parts = [part.encode() for part in template.parts]
    different = sorted(set(template.offsets))
    lengths = [_digit_count(rows + offset) for offset in different]
    inside = (rows >= template.first_row) & (rows <= template.last_row)
    if len(different) > _MOST_OFFSETS:
        return same
    case = np.zeros(len(rows), np.int64)
    for length in lengths:
        case = case << 3 | length
    case[~inside] = -1
    for one in [int(case[0])] if (case == case[0]).all() else np.unique(case).tolist():
        if one < 0:
            continue
        which = np.flatnonzero(case == one)
        counts = {offset: int(length[which[0]]) for offset, length in zip(different, lengths, strict=True)}
        size = sum(map(len, parts)) + sum(counts[offset] for offset in template.offsets)
        which = which[ends[which] - starts[which] == size]
        if not len(which):
            continue
        expected = np.empty((len(which), size), np.uint8)
        numbers = {offset: _digits(rows[which] + offset, count) for offset, count in counts.items()}
        at = 0
        for part, offset in zip(parts, [*template.offsets, None], strict=True):
            expected[:, at : at + len(part)] = np.frombuffer(part, np.uint8)
            at += len(part)
            if offset is not None:
                expected[:, at : at + counts[offset]] = numbers[offset]
                at += counts[offset]
        found = np.lib.stride_tricks.sliding_window_view(letters.bytes, size)[starts[which]]
        same[which] = (found == expected).all(1)
    return same


_MOST_OFFSETS = 21
"""How many numbers' lengths, three bits each, one number holds."""
_TENS = 10 ** np.arange(1, 8)


def _digit_count(numbers: np.ndarray) -> np.ndarray:
    return np.searchsorted(_TENS, numbers, side="right") + 1


def _digits(numbers: np.ndarray, count: int) -> np.ndarray:
    """The digits of numbers of `count` digits, as letters: (number, digit)."""
    return (numbers[:, None] // 10 ** np.arange(count - 1, -1, -1) % 10 + ord("0")).astype(np.uint8)


def _formula_from_xml(text: str) -> str:
    return unescape(from_xml(text))


def _formula_to_xml(text: str) -> str:
    """Formula text as most programs write it in XML, which is how formulas are recognised unread."""
    return escape(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_ATTRIBUTE = re.compile(r"""\s([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def _attributes(text: str) -> dict[str, str]:
    return {name: from_xml(double or single) for name, double, single in _ATTRIBUTE.findall(text)}
