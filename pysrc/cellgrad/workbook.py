"""The snapshot of a workbook that hosts read and the engine works on: arrays per sheet, never an object a cell.

A snapshot is frozen: the engine never changes it. A host fills it, from a package (`hosts/package.py`) or a live
application, and everything downstream reads only this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cellgrad.address import MAX_COLUMNS, Region
from cellgrad.errors import ArgumentError
from cellgrad.values import CellError, Kind, Strings, Value


@dataclass(frozen=True)
class FormulaText:
    """A formula as written in its first cell; every cell that carries its index holds the same relative formula.

    text: without the leading ``=``, as the file stores it.
    row, column: the cell that `text` is written for.
    """

    text: str
    row: int
    column: int


@dataclass(frozen=True)
class ArrayFormula:
    """An array formula and the whole block of cells it fills. `dynamic`: a spilling formula (cm attribute)."""

    region: Region
    formula: int
    dynamic: bool = False


class Cells:
    """The cells of one sheet, sorted by column and then row; only cells that hold something are stored.

    rows (int32), kinds (uint8), data (float64), formulas (int32, -1 for none) are parallel, one entry a cell;
    `columns` (int32) holds the distinct columns in order and `starts` where each begins (one longer).
    For a formula cell kind and data are its *cached* value; BLANK where the file holds none.
    """

    def __init__(
        self, rows: np.ndarray, columns: np.ndarray, kinds: np.ndarray, data: np.ndarray, formulas: np.ndarray
    ) -> None:
        """Five parallel arrays, one entry a cell, in any order; a cell given twice keeps the last."""
        rows, columns = np.asarray(rows, np.int32), np.asarray(columns, np.int32)
        if len(rows) and (rows[1:] >= rows[:-1]).all() and columns.min() >= 0 and columns.max() < MAX_COLUMNS:
            order = np.argsort(columns.astype(np.uint16), kind="stable")  # row by row, as files have it: a radix sort
        else:
            order = np.lexsort((rows, columns))
        rows, columns = rows[order], columns[order]
        if len(rows):
            last = np.ones(len(rows), bool)
            last[:-1] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
            if not last.all():
                order, rows, columns = order[last], rows[last], columns[last]
        self.rows = rows
        self.kinds = np.asarray(kinds, np.uint8)[order]
        self.data = np.asarray(data, np.float64)[order]
        self.formulas = np.asarray(formulas, np.int32)[order]
        self.columns, first = np.unique(columns, return_index=True)
        self.starts = np.append(first, len(rows)).astype(np.int64)

    @classmethod
    def in_columns(
        cls, columns: np.ndarray, starts: np.ndarray, rows: np.ndarray, kinds: np.ndarray, data: np.ndarray,
        formulas: np.ndarray,
    ) -> Cells:  # fmt: skip
        """Cells that are sorted already, none of them twice: the arrays of the same names."""
        made = cls.__new__(cls)
        made.columns, made.starts = columns, starts.astype(np.int64)
        made.rows, made.kinds, made.data, made.formulas = rows, kinds, data, formulas
        return made

    def __len__(self) -> int:
        return len(self.rows)

    def column_of(self, entries: np.ndarray) -> np.ndarray:
        """The column of each entry (an index into the parallel arrays)."""
        return self.columns[np.searchsorted(self.starts, entries, side="right") - 1]

    @cached_property
    def extent(self) -> tuple[int, int]:
        """(rows, columns) of the used range, counted from A1."""
        if not len(self.rows):
            return 0, 0
        return int(self.rows.max()) + 1, int(self.columns[-1]) + 1

    def find(self, row: int, column: int) -> int:
        """The entry of one cell, or -1."""
        at = int(np.searchsorted(self.columns, column))
        if at == len(self.columns) or self.columns[at] != column:
            return -1
        start, end = self.starts[at], self.starts[at + 1]
        entry = int(start + self.rows[start:end].searchsorted(np.int32(row)))  # an int64 would copy the column
        return entry if entry < end and self.rows[entry] == row else -1

    def entries(self, top: int, left: int, bottom: int, right: int) -> list[tuple[int, slice]]:
        """(column, slice of entries) for each stored column of the rectangle that has cells in its rows."""
        found = []
        ends = np.array((top, bottom), np.int32)  # an int64 would make searchsorted copy the columns
        low, high = np.searchsorted(self.columns, (left, right))
        for at in range(low, high):
            start, end = int(self.starts[at]), int(self.starts[at + 1])
            a, b = self.rows[start:end].searchsorted(ends)
            if a < b:
                found.append((int(self.columns[at]), slice(start + int(a), start + int(b))))
        return found

    def dense(self, top: int, left: int, bottom: int, right: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """kind, data and formula of every cell of the rectangle, each of shape (rows, columns)."""
        shape = (bottom - top, right - left)
        kinds, data = np.zeros(shape, np.uint8), np.zeros(shape)
        formulas = np.full(shape, -1, np.int32)
        for column, part in self.entries(top, left, bottom, right):
            rows = self.rows[part] - top
            kinds[rows, column - left] = self.kinds[part]
            data[rows, column - left] = self.data[part]
            formulas[rows, column - left] = self.formulas[part]
        return kinds, data, formulas

    def entries_at(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The entries of single cells, given by parallel arrays; -1 where nothing is stored."""
        found = np.full(len(rows), -1, np.int64)
        for column in np.unique(columns).tolist():
            low, high = np.searchsorted(self.columns, (column, column + 1))
            if low == high:
                continue
            start, end = int(self.starts[low]), int(self.starts[high])
            wanted = np.flatnonzero(columns == column)
            at = start + self.rows[start:end].searchsorted(rows[wanted].astype(np.int32))
            held = at < end
            held[held] = self.rows[at[held]] == rows[wanted[held]]
            found[wanted[held]] = at[held]
        return found

    def values_at(self, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """kind and data of single cells, given by parallel arrays."""
        kinds, data = np.zeros(len(rows), np.uint8), np.zeros(len(rows))
        entries = self.entries_at(rows, columns)
        held = entries >= 0
        kinds[held], data[held] = self.kinds[entries[held]], self.data[entries[held]]
        return kinds, data


class CellValues(Mapping[tuple[int, int], Value]):
    """Values of some cells of one sheet: a mapping of (row, column) to a value, kept as arrays in reading order.

    rows, columns (int32), kinds (uint8) and data (float64) are parallel; a text is an index into `strings`.
    """

    def __init__(
        self, rows: np.ndarray, columns: np.ndarray, kinds: np.ndarray, data: np.ndarray, strings: Strings
    ) -> None:
        """Parallel arrays in any order; of a cell given more than once the last value holds."""
        keys = np.asarray(rows, np.int64) * MAX_COLUMNS + np.asarray(columns, np.int64)
        if len(keys) and not (keys[1:] > keys[:-1]).all():
            order = np.argsort(keys, kind="stable")
            last = np.append(keys[order[1:]] != keys[order[:-1]], True)
            order = order[last]
            keys, rows, columns, kinds, data = (a[order] for a in (keys, rows, columns, kinds, data))
        self.places = keys
        """row * MAX_COLUMNS + column, which grows."""
        self.rows, self.columns = np.asarray(rows, np.int32), np.asarray(columns, np.int32)
        self.kinds, self.data, self.strings = np.asarray(kinds, np.uint8), np.asarray(data, np.float64), strings

    @classmethod
    def of(cls, values: Mapping[tuple[int, int], Value], strings: Strings | None = None) -> CellValues:
        """The same as any mapping. strings: where its texts go; a new collection unless given."""
        if isinstance(values, cls):
            return values
        strings = Strings() if strings is None else strings
        cells = np.array(list(values), np.int64).reshape(-1, 2)
        coded = np.array([encode(value, strings) for value in values.values()], np.float64).reshape(-1, 2)
        return cls(cells[:, 0], cells[:, 1], coded[:, 0], coded[:, 1], strings)

    @classmethod
    def joined(cls, parts: Sequence[CellValues]) -> CellValues:
        """One or more collections over the same strings; of a cell in several the last one's value holds."""
        rows, columns, kinds, data = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("rows", "columns", "kinds", "data")
        )
        return cls(rows, columns, kinds, data, parts[0].strings)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.rows.tolist(), self.columns.tolist(), strict=True)

    def __getitem__(self, cell: tuple[int, int]) -> Value:
        key = cell[0] * MAX_COLUMNS + cell[1]
        at = int(self.places.searchsorted(key))
        if at == len(self.places) or self.places[at] != key:
            raise KeyError(cell)
        return decode(int(self.kinds[at]), float(self.data[at]), self.strings)


@dataclass(frozen=True)
class Table:
    """An Excel table. `region` is the whole of it: header rows, data and totals rows.

    filtered: its filter hides the rows that do not pass.
    """

    name: str
    region: Region
    columns: tuple[str, ...]
    header_rows: int = 1
    totals_rows: int = 0
    filtered: bool = False

    @property
    def body(self) -> Region:
        """The data rows."""
        r = self.region
        return Region(r.sheet, r.top + self.header_rows, r.left, r.bottom - self.totals_rows, r.right)


@dataclass(frozen=True)
class DefinedName:
    """A defined name; `sheet` is its scope (None: the workbook), `text` what stands after the ``=``."""

    name: str
    text: str
    sheet: str | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Sheet:
    """One worksheet. `arrays` holds array formulas by whole block; every cell of a block carries its formula id too.

    hidden_rows: every row that is not shown, from zero and in order. filtered_rows: those of them that a filter hides.
    """

    name: str
    cells: Cells
    arrays: tuple[ArrayFormula, ...] = ()
    data_tables: tuple[Region, ...] = ()
    visible: bool = True
    protected: bool = False
    hidden_rows: tuple[int, ...] = ()
    filtered_rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Workbook:
    """A frozen snapshot of a workbook.

    formulas: distinct relative formulas; `Cells.formulas` indexes it.
    names: in file order; look one up with `find_name`, which knows scope and ignores case.
    tabs: every sheet by its name in the order of the tabs, those without cells (charts) among them.
    """

    sheets: Mapping[str, Sheet]
    formulas: tuple[FormulaText, ...]
    strings: Strings
    tables: Mapping[str, Table] = field(default_factory=dict)
    names: tuple[DefinedName, ...] = ()
    date1904: bool = False
    iterate: bool = False
    iterate_count: int = 100
    iterate_delta: float = 0.001
    manual: bool = False
    r1c1: bool = False
    tabs: tuple[str, ...] = ()
    externals: tuple[str, ...] = ()
    """What `[1]`, `[2]`, ... in formulas stand for: the external books' targets as text; never opened."""
    external_sheets: Mapping[str, Sheet] = field(default_factory=dict)
    """The cells of other workbooks that the file keeps, by sheets such as ``[1]Sheet1``; no part of `sheets`."""
    external_names: tuple[DefinedName, ...] = ()
    """The names of other workbooks; each belongs to one of their sheets, or to ``[1]``, the whole workbook."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tabs", self.tabs or tuple(self.sheets))
        by_name = {(n.sheet.casefold() if n.sheet else None, n.name.casefold()): n for n in self.names}
        known = {**self.sheets, **self.external_sheets}
        object.__setattr__(self, "_names", by_name)
        object.__setattr__(self, "_sheets", {name.casefold(): sheet for name, sheet in known.items()})
        object.__setattr__(self, "_tables", {name.casefold(): table for name, table in self.tables.items()})

    def sheet(self, name: str) -> Sheet:
        """The sheet of this name, ignoring case, of another workbook too. Raises ArgumentError with those there are."""
        found = self._sheets.get(name.casefold())  # type: ignore[attr-defined]
        if found is None:
            raise ArgumentError(f"no sheet '{name}'", action="the sheets are " + ", ".join(self.sheets))
        return found

    def has_sheet(self, name: str) -> bool:
        return name.casefold() in self._sheets  # type: ignore[attr-defined]

    @property
    def every_sheet(self) -> tuple[Sheet, ...]:
        """The worksheets, and what is kept of those of other workbooks."""
        return (*self.sheets.values(), *self.external_sheets.values())

    def is_held(self, region: Region) -> bool:
        """Whether the file holds a cell of the region; of another workbook it holds what formulas read, or nothing."""
        return bool(self.sheet(region.sheet).cells.entries(region.top, region.left, region.bottom, region.right))

    def find_name(self, name: str, sheet: str | None = None) -> DefinedName | None:
        """The defined name as `sheet` sees it: its own before the workbook's; case is ignored.

        Names that Excel gives itself are stored with a prefix (``_xlnm.Criteria``), and written without.
        """
        names = self._names  # type: ignore[attr-defined]
        for key in (name.casefold(), f"_xlnm.{name.casefold()}"):
            own = names.get((sheet.casefold(), key)) if sheet else None
            if own or (None, key) in names:
                return own or names[None, key]
        return None

    def find_table(self, name: str) -> Table | None:
        return self._tables.get(name.casefold())  # type: ignore[attr-defined]

    def cached(self, sheet: str, row: int, column: int) -> Value:
        """What the file holds for a cell: its constant, or the cached value of its formula."""
        cells = self.sheet(sheet).cells
        entry = cells.find(row, column)
        return None if entry < 0 else decode(int(cells.kinds[entry]), float(cells.data[entry]), self.strings)

    def formula(self, sheet: str, row: int, column: int) -> FormulaText | None:
        """The cell's formula (as written for its first cell), or None."""
        cells = self.sheet(sheet).cells
        entry = cells.find(row, column)
        return None if entry < 0 or cells.formulas[entry] < 0 else self.formulas[cells.formulas[entry]]


def decode(kind: int, data: float, strings: Strings) -> Value:
    """One entry of a kind and a data array as a Python value."""
    match kind:
        case Kind.NUMBER:
            return data
        case Kind.BOOLEAN:
            return bool(data)
        case Kind.TEXT:
            return strings[int(data)]
        case Kind.ERROR:
            return CellError.from_code(int(data))
    return None


def encode(value: Value, strings: Strings) -> tuple[int, float]:
    """A Python value as (kind, data)."""
    if value is None:
        return Kind.BLANK, 0.0
    if isinstance(value, bool):
        return Kind.BOOLEAN, float(value)
    if isinstance(value, str):
        return Kind.TEXT, float(strings.intern(value))
    if isinstance(value, CellError):
        return Kind.ERROR, float(value.code)
    return Kind.NUMBER, float(value)
