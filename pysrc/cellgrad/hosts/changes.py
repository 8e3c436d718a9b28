"""What a save changed: millions of cells as arrays, a `Change` for each only where somebody asks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from cellgrad.address import column_letters, full_name
from cellgrad.values import CellError, Kind, Strings, Value
from cellgrad.workbook import decode, encode


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


@dataclass(frozen=True, slots=True)
class ChangedCells:
    """Changed cells of one sheet as parallel arrays: before and after are kinds and data, their texts in `strings`."""

    sheet: str
    rows: np.ndarray
    columns: np.ndarray
    before: tuple[np.ndarray, np.ndarray]
    after: tuple[np.ndarray, np.ndarray]
    strings: Strings

    @classmethod
    def of(cls, sheet: str, changes: Sequence[Change]) -> ChangedCells:
        """The same as single changes."""
        strings = Strings()
        sides = []
        for name in ("before", "after"):
            coded = [encode(getattr(change, name), strings) for change in changes]
            kinds, data = zip(*coded, strict=True) if coded else ((), ())
            sides.append((np.array(kinds, np.uint8), np.array(data, np.float64)))
        rows, columns = (
            np.array([getattr(change, axis) for change in changes], np.int32) for axis in ("row", "column")
        )
        return cls(sheet, rows, columns, sides[0], sides[1], strings)

    @classmethod
    def joined(cls, parts: Sequence[ChangedCells]) -> ChangedCells:
        """Changes of different cells of one sheet, in reading order."""
        strings = Strings()
        rows, columns = (np.concatenate([getattr(part, name) for part in parts]) for name in ("rows", "columns"))
        order = np.lexsort((columns, rows))
        sides = []
        for name in ("before", "after"):
            kinds = np.concatenate([getattr(part, name)[0] for part in parts])
            data = np.concatenate([with_texts_in(strings, getattr(part, name), part.strings) for part in parts])
            sides.append((kinds[order], data[order]))
        return cls(parts[0].sheet, rows[order], columns[order], sides[0], sides[1], strings)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Change]:
        places = zip(self.rows.tolist(), self.columns.tolist(), strict=True)
        for (row, column), before, after in zip(places, self._of(self.before), self._of(self.after), strict=True):
            yield Change(self.sheet, row, column, before, after)

    def _of(self, values: tuple[np.ndarray, np.ndarray]) -> list[Value]:
        kinds, data = values
        if (kinds == Kind.NUMBER).all():
            return data.tolist()
        return [decode(kind, number, self.strings) for kind, number in zip(kinds.tolist(), data.tolist(), strict=True)]

    def as_json(self) -> str:
        """[sheet, cell, before, after], ... without the brackets around them all; an error is {"error": its text}."""
        sheet = json.dumps(self.sheet)
        letters = {column: column_letters(column) for column in np.unique(self.columns).tolist()}
        before, after = (
            values if (kinds == Kind.NUMBER).all() else [_Written(json.dumps(_to_json(value))) for value in values]
            for (kinds, _), values in ((pair, self._of(pair)) for pair in (self.before, self.after))
        )
        lines = zip(self.rows.tolist(), self.columns.tolist(), before, after, strict=True)
        return ", ".join([f'[{sheet}, "{letters[c]}{r + 1}", {old!r}, {new!r}]' for r, c, old, new in lines])


def same_value(before: Value, after: Value) -> bool:
    """Whether two values are of one type and equal: TRUE is not 1."""
    return type(before) is type(after) and before == after


def with_texts_in(strings: Strings, values: tuple[np.ndarray, np.ndarray], known: Strings) -> np.ndarray:
    """The data of cells, given as kinds and data, with their texts, which are indexes into `known`, in `strings`."""
    kinds, data = values
    if strings is known:
        return data
    data = data.copy()
    for at in np.flatnonzero(kinds == Kind.TEXT).tolist():
        data[at] = strings.intern(known[int(data[at])])
    return data


class _Written(str):
    """A text that is JSON already, and is its own repr."""

    __slots__ = ()
    __repr__ = str.__str__


def _to_json(value: Value) -> object:
    return {"error": value.text} if isinstance(value, CellError) else value


class Changes(Sequence[Change]):
    """Changes in the order of the sheets and their cells; equal to any sequence of the same changes."""

    def __init__(self, parts: Sequence[ChangedCells] = ()) -> None:
        self.parts = [part for part in parts if len(part)]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[Change]:
        for part in self.parts:
            yield from part

    @overload
    def __getitem__(self, index: int) -> Change: ...
    @overload
    def __getitem__(self, index: slice) -> list[Change]: ...
    def __getitem__(self, index: int | slice) -> Change | list[Change]:
        return list(self)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Changes({len(self)} cells)"

    def as_json(self) -> Iterator[str]:
        """The whole list as JSON, piece by piece."""
        yield "["
        for number, part in enumerate(self.parts):
            yield (", " if number else "") + part.as_json()
        yield "]"
