"""From the cells of a sheet's XML, one at a time or many at once, to the arrays of the snapshot."""

from __future__ import annotations

import dataclasses
import datetime
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region, full_name, parse_region
from cellgrad.errors import ArgumentError, FileError
from cellgrad.formula.pool import FormulaPool
from cellgrad.hosts.cell_pieces import Piece, stacked
from cellgrad.hosts.markup import unescape
from cellgrad.values import CellError, Kind, Strings
from cellgrad.workbook import ArrayFormula, Cells, Sheet, Table

MAX_CELLS = 60_000_000
"""Cells of one workbook; each takes some 21 bytes."""
MAX_ARRAY_CELLS = 5_000_000
"""Cells of all array formulas of one workbook."""


@dataclass
class Shared:
    """What the sheets of one workbook have in common while they are read."""

    path: str
    pool: FormulaPool
    strings: Strings
    string_indexes: np.ndarray
    """Shared string number -> index in `strings`."""
    dynamic: frozenset[int] | None = None
    rich_errors: Mapping[str, CellError] = field(default_factory=dict)
    """Errors that are stored as #VALUE!, by the `vm` attribute of their cells."""
    date1904: bool = False
    cells: int = 0
    array_cells: int = 0


@dataclass
class SheetBuilder:
    """Collects one sheet's cells. Rows and columns count from zero. All methods raise FileError for what makes no
    sense, naming the cell."""

    name: str
    shared: Shared
    protected: bool = False
    filter: Region | None = None
    """The range of the sheet's own filter, where one hides rows."""
    hidden_rows: list[int] = field(default_factory=list)
    _pieces: list[Piece] = field(default_factory=list)
    _rows: list[int] = field(default_factory=list)
    _columns: list[int] = field(default_factory=list)
    _kinds: list[int] = field(default_factory=list)
    _data: list[float] = field(default_factory=list)
    _formulas: list[int] = field(default_factory=list)
    _arrays: list[ArrayFormula] = field(default_factory=list)
    _data_tables: list[Region] = field(default_factory=list)
    _masters: dict[str, int] = field(default_factory=dict)
    _reach: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)
    _orphans: list[tuple[int, int, str]] = field(default_factory=list)

    def add_cell(self, row: int, column: int, kind: int, data: float, formula: int) -> None:
        """One cell; a blank one without a formula is dropped."""
        if not (0 <= row < MAX_ROWS and 0 <= column < MAX_COLUMNS):
            raise self.damaged(f"a cell lies outside the sheet (row {row + 1}, column {column + 1})")
        if kind == Kind.BLANK and formula < 0:
            return
        self._rows.append(row)
        self._columns.append(column)
        self._kinds.append(kind)
        self._data.append(data)
        self._formulas.append(formula)
        if len(self._rows) >= 1 << 16:
            self._flush()

    def add_cells(
        self, rows: np.ndarray, columns: np.ndarray, kinds: np.ndarray, data: np.ndarray, formulas: np.ndarray
    ) -> None:
        """Many cells, in the order they stand in the file."""
        self._flush()
        self._append(rows, columns, kinds, data, formulas)

    def _append(self, *arrays: np.ndarray) -> None:
        if len(arrays[0]):
            self._pieces.append(Piece.of(*arrays))
        self.shared.cells += len(arrays[0])
        if self.shared.cells > MAX_CELLS:
            raise FileError(
                f"'{self.shared.path}' holds more than {MAX_CELLS} cells", action="split the workbook into smaller ones"
            )

    def _flush(self) -> None:
        if self._rows:
            self._append(
                np.array(self._rows), np.array(self._columns), np.array(self._kinds),
                np.array(self._data), np.array(self._formulas),
            )  # fmt: skip
            for column in (self._rows, self._columns, self._kinds, self._data, self._formulas):
                column.clear()

    def value(self, row: int, column: int, kind: str, text: str | None) -> tuple[int, float]:
        """A cell's value from its type attribute (`t`) and the text of its value element; None: it has none."""
        if text is None or (kind == "s" and not text.strip()):
            return Kind.BLANK, 0.0
        match kind:
            case "n":
                return self._number(row, column, text)
            case "s":
                return Kind.TEXT, float(self._shared_string(row, column, text.strip()))
            case "str" | "inlineStr":
                return Kind.TEXT, float(self.shared.strings.intern(unescape(text)))
            case "b":
                word = text.strip().lower()
                if word in ("1", "true"):
                    return Kind.BOOLEAN, 1.0
                if word in ("0", "false", ""):
                    return Kind.BOOLEAN, 0.0
                raise self.damaged(f"{text!r} is no boolean", row, column)
            case "e":
                return Kind.ERROR, float(error_from_text(text).code)
            case "d":
                return Kind.NUMBER, self._date(row, column, text)
        raise self.damaged(f"unknown cell type {kind!r}", row, column)

    def _number(self, row: int, column: int, text: str) -> tuple[int, float]:
        text = text.strip()
        if not text:
            return Kind.BLANK, 0.0
        if not _NUMBER.fullmatch(text):
            if text.lower() in ("nan", "inf", "-inf", "infinity", "-infinity"):
                return Kind.ERROR, float(CellError.NUM.code)  # other programs write these; Excel has no such number
            raise self.damaged(f"{text!r} is no number", row, column)
        number = float(text)
        return (Kind.NUMBER, number) if math.isfinite(number) else (Kind.ERROR, float(CellError.NUM.code))

    def _shared_string(self, row: int, column: int, text: str) -> int:
        indexes = self.shared.string_indexes
        if not text.isdecimal() or int(text) >= len(indexes):
            raise self.damaged(f"it names shared string {text}, and there are {len(indexes)}", row, column)
        return int(indexes[int(text)])

    def _date(self, row: int, column: int, text: str) -> float:
        """An ISO 8601 date as Excel's serial number."""
        text = text.strip()
        try:
            if _TIME.fullmatch(text):
                time = datetime.time.fromisoformat(text)
                return datetime.timedelta(
                    hours=time.hour, minutes=time.minute, seconds=time.second, microseconds=time.microsecond
                ) / datetime.timedelta(days=1)
            moment = datetime.datetime.fromisoformat(text)
        except ValueError as error:
            raise self.damaged(f"{text!r} is no date", row, column) from error
        moment = moment.replace(tzinfo=None)
        epoch = datetime.datetime(1904, 1, 1) if self.shared.date1904 else datetime.datetime(1899, 12, 30)
        serial = (moment - epoch) / datetime.timedelta(days=1)
        # Excel counts a 29 February 1900 that never was: serials up to it are one lower
        return serial - 1 if serial < 61 and not self.shared.date1904 else serial

    def formula(self, row: int, column: int, attributes: Mapping[str, str], text: str, cell_metadata: str) -> int:
        """The formula id of a cell with an `<f>` element, or -1. `cell_metadata`: the cell's `cm` attribute or ''."""
        pool, text = self.shared.pool, unescape(text)
        match attributes.get("t", "normal"):
            case "shared":
                return self._shared_formula(row, column, attributes, text)
            case "array":
                region = self._region(attributes, row, column)
                if not text:
                    return -1
                formula = pool.intern(text, row, column)
                if Region(self.name, row, column, row + 1, column + 1) not in region:
                    raise self.damaged(f"its array formula covers {region.a1}, without the cell itself", row, column)
                self._arrays.append(ArrayFormula(region, formula, self._is_dynamic(cell_metadata)))
                return formula
            case "dataTable":
                self._data_tables.append(self._region(attributes, row, column))
                return -1
        return pool.intern(text, row, column) if text else -1

    def shared_formulas(self, index: str, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The formula ids of cells of one shared formula; -1 for those before its master, known only at the end."""
        found = np.full(len(rows), -1, np.int32)
        left = np.ones(len(rows), bool)
        master = self._masters.get(index)
        if master is not None:
            top, bottom, first, last = self._reach[index]
            left = (rows < top) | (rows > bottom) | (columns < first) | (columns > last)
            found[~left] = master
        for at in np.flatnonzero(left).tolist():
            found[at] = self.shared_formula(index, int(rows[at]), int(columns[at]))
        return found

    def shared_formula(self, index: str, row: int, column: int) -> int:
        """The formula id of a cell of a shared formula; -1 before its master."""
        master = self._masters.get(index)
        if master is None:
            self._orphans.append((row, column, index))
            return -1
        top, bottom, left, right = self._reach[index]
        if top <= row <= bottom and left <= column <= right:
            return master
        return self.shared.pool.intern_shared(master, row, column)

    def _shared_formula(self, row: int, column: int, attributes: Mapping[str, str], text: str) -> int:
        index = attributes.get("si", "").strip()
        index = str(int(index)) if index.isdecimal() else index
        if text:
            formula = self.shared.pool.intern(text, row, column)
            if "ref" in attributes or index not in self._masters:
                self._masters[index] = formula
                self._reach[index] = self.shared.pool.reach(formula)
            return formula
        return self.shared_formula(index, row, column)

    def _is_dynamic(self, cell_metadata: str) -> bool:
        if not cell_metadata.isdecimal() or int(cell_metadata) == 0:
            return False
        return self.shared.dynamic is None or int(cell_metadata) in self.shared.dynamic

    def _region(self, attributes: Mapping[str, str], row: int, column: int) -> Region:
        try:
            region = parse_region(attributes.get("ref", ""), self.name)
        except ArgumentError as error:
            raise self.damaged(f"its formula covers {attributes.get('ref')!r}, no range", row, column) from error
        return Region(self.name, region.top, region.left, region.bottom, region.right)

    def finish(self, visible: bool) -> Sheet:
        """The sheet, once all its cells are in."""
        self._flush()
        late = [(r, c, self._late_child(r, c, si)) for r, c, si in self._orphans]
        cells = stacked(self._pieces)
        self._pieces.clear()
        if late or self._arrays:
            cells = self._overlaid(cells, late)
        arrays = sorted(self._arrays, key=lambda array: (array.region.top, array.region.left))
        hidden = tuple(sorted(set(self.hidden_rows)))
        own = self.filter
        filtered = tuple(row for row in hidden if own.top <= row < own.bottom) if own is not None else ()
        return Sheet(
            self.name, cells, tuple(arrays), tuple(self._data_tables), visible, self.protected, hidden, filtered
        )

    def filtered_by(self, reference: str) -> None:
        """Note the range of the sheet's filter; a range that makes no sense hides nothing."""
        try:
            self.filter = parse_region(reference, self.name)
        except ArgumentError:
            self.filter = None

    def _late_child(self, row: int, column: int, index: str) -> int:
        """A cell before its master. Without one nobody knows its formula: a text that says so, and no formula, is."""
        if index not in self._masters:
            return self.shared.pool.intern(f"(shared formula {index}, which the sheet does not hold", row, column)
        return self.shared.pool.intern_shared(self._masters[index], row, column)

    def _overlaid(self, cells: Cells, late: list[tuple[int, int, int]]) -> Cells:
        """The cells with the formulas of shared children that came before their master, and of whole array blocks."""
        rows, columns = [np.array([r for r, _, _ in late], np.int32)], [np.array([c for _, c, _ in late], np.int32)]
        formulas = [np.array([f for _, _, f in late], np.int32)]
        for array in self._arrays:
            region = array.region
            self.shared.array_cells += region.size
            if self.shared.array_cells > MAX_ARRAY_CELLS:
                raise self.damaged(
                    f"array formulas cover more than {MAX_ARRAY_CELLS} cells, the last one {region.a1}",
                )
            r, c = np.mgrid[region.top : region.bottom, region.left : region.right]
            rows.append(r.ravel().astype(np.int32))
            columns.append(c.ravel().astype(np.int32))
            formulas.append(np.full(region.size, array.formula, np.int32))
        extra_rows, extra_columns, extra = np.concatenate(rows), np.concatenate(columns), np.concatenate(formulas)
        stored = cells.column_of(np.arange(len(cells))) if len(cells) else np.empty(0, np.int32)
        key = stored.astype(np.int64) * MAX_ROWS + cells.rows
        wanted = extra_columns.astype(np.int64) * MAX_ROWS + extra_rows
        at = np.searchsorted(key, wanted)
        known = np.zeros(len(wanted), bool)
        inside = at < len(key)
        known[inside] = key[at[inside]] == wanted[inside]
        cells.formulas[at[known]] = extra[known]
        new = ~known
        if not new.any():
            return cells
        count = int(new.sum())
        return Cells(
            np.concatenate([cells.rows, extra_rows[new]]),
            np.concatenate([stored, extra_columns[new]]),
            np.concatenate([cells.kinds, np.zeros(count, np.uint8)]),
            np.concatenate([cells.data, np.zeros(count)]),
            np.concatenate([cells.formulas, extra[new]]),
        )

    def damaged(self, why: str, row: int | None = None, column: int | None = None) -> FileError:
        """The error for something in this sheet that makes no sense."""
        cell = None if row is None or column is None else full_name(self.name, row, column)
        where = "" if cell else f" in sheet '{self.name}'"
        return FileError(
            f"'{self.shared.path}' is damaged{where}: {why}",
            cell=cell,
            action="open it in the program that made it and save it again, or take a backup",
        )


def with_filtered_rows(sheet: Sheet, tables: Sequence[Table]) -> Sheet:
    """The sheet, with the rows that its tables' filters hide among `filtered_rows`."""
    bodies = [table.body for table in tables if table.filtered]
    if not bodies or not sheet.hidden_rows:
        return sheet
    more = {row for row in sheet.hidden_rows if any(body.top <= row < body.bottom for body in bodies)}
    return dataclasses.replace(sheet, filtered_rows=tuple(sorted(more.union(sheet.filtered_rows))))


_TIME = re.compile(r"T?\d\d:\d\d(?::\d\d(?:\.\d+)?)?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def error_from_text(text: str) -> CellError:
    """The error value of a text such as ``#DIV/0!``; one we have no code for (``#FIELD!``) reads as ``#VALUE!``."""
    try:
        return CellError.from_text(text.strip())
    except KeyError:
        return CellError.VALUE
