"""Formulas made relative before anything else: a filled-down formula gets one id, whatever its length.

Two texts share an id exactly when they differ by nothing but the cell they stand in: every relative A1 coordinate is
replaced by its offset from that cell, and all the rest (text literals, quoted sheet names, structured references,
function names that look like cells such as ``LOG10(``) is compared letter by letter. The scanner below knows only as
much of the formula language as this needs; parsing proper is `formula/parse.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, column_index, column_letters
from cellgrad.workbook import FormulaText

# What a reference cannot start or end inside of comes first: strings, quoted names, brackets. A name may hold
# letters of any script, digits, '.', '_', '\\' and '?'. '(' '[' '!' after a would-be cell make it a function, a table
# or a sheet, and ':sheet!' the first sheet of a 3-D reference.
_SCANNER = re.compile(
    r"""
      (?P<skip> "(?:[^"]|"")*" | '(?:[^']|'')*' | \[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*\])*\] )
    | (?P<open> ["'\[\]] )
    | (?P<cell> (?P<c>\$?[A-Za-z]{1,3})(?P<r>\$?[1-9][0-9]{0,6}) (?![\w.\\?([!]) (?!\s*:\s*[^\W\d][\w.]*!) )
    | (?P<columns> (?P<c1>\$?[A-Za-z]{1,3}) (?P<cc>\s*:\s*) (?P<c2>\$?[A-Za-z]{1,3}) (?![\w.\\?([!$]) )
    | (?P<rows> (?P<r1>\$?[1-9][0-9]{0,6}) (?P<rc>\s*:\s*) (?P<r2>\$?[1-9][0-9]{0,6}) (?![\w.\\?([!$]) )
    | (?P<word> [\w.$\\?]+ )
    """,
    re.VERBOSE | re.DOTALL,
)

Coordinate: TypeAlias = tuple[str, bool, int]
"""axis 'r' or 'c'; absolute; the index from zero when absolute, else the offset from the host cell."""
Piece: TypeAlias = str | Coordinate


def scan(text: str, row: int, column: int) -> list[Piece] | None:
    """The formula as literal text and coordinates relative to its cell; None where quotes or brackets do not match."""
    pieces: list[Piece] = []
    literal_from = 0

    def coordinate(written: str) -> Coordinate | None:
        absolute = written.startswith("$")
        digits = written[absolute:]
        if digits.isdigit():
            index, host, size, axis = int(digits) - 1, row, MAX_ROWS, "r"
        else:
            index, host, size, axis = column_index(digits), column, MAX_COLUMNS, "c"
        return None if index >= size else (axis, absolute, index if absolute else index - host)

    for match in _SCANNER.finditer(text):
        kind = match.lastgroup
        if match["open"]:
            return None
        if match["cell"]:
            found: list[Coordinate | str | None] = [coordinate(match["c"]), coordinate(match["r"])]
        elif match["columns"]:
            found = [coordinate(match["c1"]), match["cc"], coordinate(match["c2"])]
        elif match["rows"]:
            found = [coordinate(match["r1"]), match["rc"], coordinate(match["r2"])]
        else:
            assert kind in ("skip", "word"), kind
            continue
        if None in found:  # beyond the sheet's last column or row: a name such as ABC1234567, not a reference
            continue
        pieces.append(text[literal_from : match.start()])
        pieces.extend(piece for piece in found if piece is not None)
        literal_from = match.end()
    pieces.append(text[literal_from:])
    return pieces


@dataclass(frozen=True, slots=True)
class Template:
    """A relative formula as it reads in one column, for any row.

    parts: the text between the row numbers that move with the cell.
    offsets: what to add to the host's row (from zero) to get each of those numbers (from one).
    first_row, last_row: the host rows for which no row number falls off the sheet.
    """

    formula: int
    parts: tuple[str, ...]
    offsets: tuple[int, ...]
    first_row: int
    last_row: int

    @classmethod
    def of(cls, formula: int, pieces: tuple[Piece, ...], column: int, encode: Callable[[str], str]) -> Template:
        """The template of a formula for one column, its literal text passed through `encode`."""
        parts, offsets = [""], []
        for piece in pieces:
            if isinstance(piece, str):
                parts[-1] += encode(piece)
            elif piece[0] == "r" and not piece[1]:
                parts.append("")
                offsets.append(piece[2] + 1)
            else:
                parts[-1] += _written(piece, 0, column)
        first = max([0, *(1 - offset for offset in offsets)])
        last = min([MAX_ROWS - 1, *(MAX_ROWS - offset for offset in offsets)])
        return cls(formula, tuple(parts), tuple(offsets), first, last)

    def expected(self, rows: Sequence[int]) -> list[str]:
        """The formula's text in each of these rows."""
        parts, offsets = self.parts, self.offsets
        if not offsets:
            return list(parts) * len(rows)
        if len(set(offsets)) == 1:
            offset = offsets[0]
            return [str(row + offset).join(parts) for row in rows]
        pattern = "%d".join(part.replace("%", "%%") for part in parts)
        return [pattern % tuple([row + offset for offset in offsets]) for row in rows]

    def count_matches(self, texts: Sequence[str], rows: Sequence[int]) -> int:
        """How many of the texts, from the first on, are this formula in their rows."""
        if not (self.first_row <= min(rows) and max(rows) <= self.last_row):
            inside = [self.first_row <= row <= self.last_row for row in rows]
            rows = rows[: inside.index(False)]
        expected = self.expected(rows)
        if expected == texts:
            return len(texts)
        pairs = zip(expected, texts, strict=False)
        return next((at for at, (want, text) in enumerate(pairs) if want != text), len(expected))


_BATCH = 4096


class FormulaPool:
    """Gives every distinct relative formula one id; `formulas[id]` is its text in the first cell that had it."""

    def __init__(self) -> None:
        self.formulas: list[FormulaText] = []
        self._pieces: list[tuple[Piece, ...]] = []
        self._by_key: dict[tuple[Piece, ...], int] = {}
        self._by_text: dict[str, int] = {}
        self._by_column: dict[int, list[Template]] = {}
        self._encoded: dict[int, Template] = {}

    def intern_column(
        self,
        texts: Sequence[str],
        rows: Sequence[int],
        column: int,
        decode: Callable[[str], str],
        encode: Callable[[str], str],
    ) -> list[int]:
        """The ids of formulas of one column whose texts are still encoded, as in XML; quick for a filled-down one.

        encode: how the texts are most likely encoded. A text equal to an encoded formula is that formula; any other
        is decoded and looked up. `encode` works piece by piece: what it gives for a text is what it gives for the
        parts, joined.
        """
        found: list[int] = []
        template, batch = self._encoded.get(column), _BATCH
        while len(found) < len(texts):
            at = len(found)
            if template is not None:
                count = template.count_matches(texts[at : at + batch], rows[at : at + batch])
                found += [template.formula] * count
                # little is expected ahead where little was found: formulas that keep changing stay cheap
                batch = min(_BATCH, max(1, 4 * count))
                if count:
                    continue
            formula = self.intern(decode(texts[at]), rows[at], column)
            found.append(formula)
            template = self.template(formula, column, encode)
        return found

    def intern(self, text: str, row: int, column: int) -> int:
        """The id of the formula `text` (without ``=``, as filed) standing in a cell; rows and columns from zero."""
        templates = self._by_column.setdefault(column, [])
        for at, template in enumerate(templates):
            if template.count_matches([text], [row]):
                if at:
                    templates.insert(0, templates.pop(at))
                return template.formula
        fixed = self._by_text.get(text)
        if fixed is not None:
            return fixed
        pieces = scan(text, row, column)
        if pieces is None:  # malformed: its own formula in every cell, so that nothing is merged by mistake
            return self._add((text, ("r", True, row), ("c", True, column)), text, row, column)
        key = tuple(pieces)
        formula = self._by_key.get(key)
        if formula is None:
            formula = self._add(key, text, row, column)
        if all(isinstance(piece, str) or piece[1] for piece in key):
            self._by_text[text] = formula
        else:
            templates.insert(0, Template.of(formula, key, column, _as_it_is))
            del templates[_TEMPLATES_A_COLUMN:]
        return formula

    def template(self, formula: int, column: int, encode: Callable[[str], str]) -> Template:
        """How a formula reads in a column, for any row, its text encoded; the latest one of each column is kept."""
        found = self._encoded.get(column)
        if found is None or found.formula != formula:
            found = self._encoded[column] = Template.of(formula, self._pieces[formula], column, encode)
        return found

    def _add(self, key: tuple[Piece, ...], text: str, row: int, column: int) -> int:
        formula = self._by_key.get(key)
        if formula is None:
            formula = self._by_key[key] = len(self.formulas)
            self.formulas.append(FormulaText(text, row, column))
            self._pieces.append(key)
        return formula

    def intern_shared(self, master: int, row: int, column: int) -> int:
        """The id of a shared formula in one of its other cells.

        That is the master's own, except where a reference falls off the sheet: Excel wraps it around to the other
        edge, so the text is written out for this cell and gets an id of its own.
        """
        if all(0 <= index < size for index, size in self._coordinates(master, row, column)):
            return master
        return self.intern(self.text_at(master, row, column), row, column)

    def reach(self, formula: int) -> tuple[int, int, int, int]:
        """First and last row, first and last column of the cells for which no reference falls off the sheet."""
        rows = [index for index, _ in self._relative(formula, "r")] or [0]
        columns = [index for index, _ in self._relative(formula, "c")] or [0]
        return (
            max(0, -min(rows)),
            min(MAX_ROWS, MAX_ROWS - max(rows)) - 1,
            max(0, -min(columns)),
            min(MAX_COLUMNS, MAX_COLUMNS - max(columns)) - 1,
        )

    def _relative(self, formula: int, axis: str) -> Iterator[tuple[int, str]]:
        for piece in self._pieces[formula]:
            if not isinstance(piece, str) and not piece[1] and piece[0] == axis:
                yield piece[2], axis

    def _coordinates(self, formula: int, row: int, column: int) -> Iterator[tuple[int, int]]:
        for piece in self._pieces[formula]:
            if not isinstance(piece, str) and not piece[1]:
                yield (piece[2] + row, MAX_ROWS) if piece[0] == "r" else (piece[2] + column, MAX_COLUMNS)

    def text_at(self, formula: int, row: int, column: int) -> str:
        """The formula's text written out for another cell, references wrapped around the sheet's edges as Excel does.

        Equals what Excel shows there; only letter case and blanks inside references may differ from the file.
        """
        if self.formulas[formula].row == row and self.formulas[formula].column == column:
            return self.formulas[formula].text
        return "".join(
            piece if isinstance(piece, str) else _written(piece, row, column) for piece in self._pieces[formula]
        )


_TEMPLATES_A_COLUMN = 4
"""How many formulas a column may alternate between and still be recognised without a scan."""


def _written(piece: Coordinate, row: int, column: int) -> str:
    axis, absolute, index = piece
    dollar = "$" if absolute else ""
    if axis == "r":
        return dollar + str((index if absolute else (index + row) % MAX_ROWS) + 1)
    return dollar + column_letters(index if absolute else (index + column) % MAX_COLUMNS)


def _as_it_is(text: str) -> str:
    return text
