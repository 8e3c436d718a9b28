"""New values into an open workbook: one block a range, all or nothing, undoable."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import compress
from types import TracebackType

import numpy as np
import xlwings as xw

from cellgrad.address import Region, full_name
from cellgrad.errors import ArgumentError, CellgradError, WriteError
from cellgrad.hosts.live import record
from cellgrad.hosts.live.differences import (
    HOST_ERRORS,
    ExactValue,
    everything,
    exact_values,
    first_locked,
    is_busy,
    is_read_only,
)
from cellgrad.hosts.sheet_editor import Change
from cellgrad.hosts.writer import Edits
from cellgrad.values import CellError, Value

Block = Sequence[Sequence[Value]]
_READ_OTHERWISE = re.compile(r"\s*[=+\-@'#$.,(\d]|\s*(true|false)\s*$|\s*[a-z]{3,9}\.?[\s-]*\d", re.IGNORECASE)
"""Texts that a program may take for a formula, a number, a boolean or a date when they are put into a cell."""


@contextmanager
def quiet(app: xw.App) -> Iterator[None]:
    """Screen updating, events and automatic calculation off; all back as they were afterwards, error or not."""
    screen, events, calculation = app.screen_updating, app.enable_events, app.calculation
    try:
        app.screen_updating = False
        app.enable_events = False
        app.calculation = "manual"
        yield
    finally:
        app.calculation = calculation
        app.enable_events = events
        app.screen_updating = screen
    if calculation == "automatic":
        app.calculate()


def status(app: xw.App, text: str | None) -> None:
    """Show a text in the status bar; None gives the bar back to the program. Left alone while a cell is edited."""
    try:
        app.status_bar = False if text is None else text[:250]
    except HOST_ERRORS as error:
        if not is_busy(error):
            raise


def give_back_status(app: xw.App, text: str) -> None:
    """Give the status bar back to the program, if this is still what it shows."""
    if app.status_bar == text[:250]:
        status(app, None)


def write(book: xw.Book, edits: Edits, undoable: bool = True) -> list[Change]:
    """Put new values into cells, all or none of them, and say what changed; `undo` takes it back.

    Only constants are replaced. Raises WriteError, with every cell as it was, where a cell holds a formula or is part
    of merged cells, where the sheet is protected, or where the program refuses or does not keep a value.
    """
    blocks = {region: _block(cells, region) for sheet, cells in edits.items() for region in rectangles(sheet, cells)}
    with Transaction(book, list(blocks), undoable) as transaction:
        return transaction.commit([blocks[region] for region in transaction.areas])


def _block(cells: Mapping[tuple[int, int], Value], area: Region) -> Block:
    return [[cells[row, column] for column in range(area.left, area.right)] for row in range(area.top, area.bottom)]


def rectangles(sheet: str, cells: Mapping[tuple[int, int], object]) -> list[Region]:
    """Cells as few rectangles: vertical runs, joined where neighbouring columns have the same."""
    runs: dict[tuple[int, int], list[int]] = {}
    columns: dict[int, list[int]] = {}
    for row, column in cells:
        columns.setdefault(column, []).append(row)
    for column, rows in columns.items():
        ordered = np.array(sorted(rows))
        breaks = np.flatnonzero(np.diff(ordered) != 1) + 1
        for run in np.split(ordered, breaks):
            runs.setdefault((int(run[0]), int(run[-1]) + 1), []).append(column)
    found = []
    for (top, bottom), listed in runs.items():
        ordered = np.array(sorted(listed))
        for part in np.split(ordered, np.flatnonzero(np.diff(ordered) != 1) + 1):
            found.append(Region(sheet, top, int(part[0]), bottom, int(part[-1]) + 1))
    return sorted(found, key=lambda region: (region.top, region.left))


class Transaction:
    """Writes into some areas of an open workbook that can be undone together.

    Use it in a `with` block: entering checks that the areas can be written and keeps what they hold in the workbook;
    `show` puts values for people to watch; `commit` ends it. Leaving the block by an error puts everything back.
    A program that dies in between leaves an open record: `undo` puts back what it holds.
    """

    def __init__(self, book: xw.Book, areas: Sequence[Region], undoable: bool = True) -> None:
        self.book = book
        self.areas = list(areas)
        self.undoable = undoable
        self._before: list[list[list[ExactValue]]] = []
        self._number = 0
        self._shown = False
        self._ended = False

    def __enter__(self) -> Transaction:
        require_writable(self.book)
        with _told(self.book):
            for area in self.areas:
                self._before.append(_writable(self.book, area))
            if self.undoable and self.areas:
                with quiet(self.book.app):
                    known = record.read(self.book)
                    self._number = record.next_number(known)
                    record.append(self.book, self._lines(None))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ended:
            return
        with _told(self.book), quiet(self.book.app):
            if self._shown:
                _put(self.book, self.areas, self._before)
            self._forget()

    def show(self, values: Sequence[Block]) -> None:
        """Put values (one block an area), whole areas at a time, without ending the transaction."""
        with _told(self.book), quiet(self.book.app):
            self._shown = True
            _put(self.book, self.areas, values)

    def commit(self, values: Sequence[Block]) -> list[Change]:
        """Put the last values, and say what is now otherwise than before the transaction."""
        with _told(self.book), quiet(self.book.app):
            self._shown = True
            _put(self.book, self.areas, values)
            _require_kept(self.book, self.areas, values)
            changes = self._changes(values)
            if not changes:
                self._forget()
            elif self.undoable:
                known = [line for line in record.read(self.book) if line.number != self._number]
                record.replace(self.book, known + self._lines(values))
        self._ended = True
        return changes

    def _forget(self) -> None:
        if self.undoable and self.areas:
            known = record.read(self.book)
            record.replace(self.book, [line for line in known if line.number != self._number])

    def _lines(self, values: Sequence[Block] | None) -> list[record.Line]:
        return [
            record.Line(
                self._number,
                area.sheet,
                (row, column),
                record.code(self._before[at][row - area.top][column - area.left]),
                record.OPEN if values is None else record.code(_plain(values[at][row - area.top][column - area.left])),
            )
            for at, area in enumerate(self.areas)
            for row, column in area.cells()
        ]

    def _changes(self, values: Sequence[Block]) -> list[Change]:
        return [
            Change(area.sheet, row, column, before, after)
            for at, area in enumerate(self.areas)
            for row, column in area.cells()
            if not _same(
                before := self._before[at][row - area.top][column - area.left],
                after := _plain(values[at][row - area.top][column - area.left]),
            )
        ]


def undo(book: xw.Book, force: bool = False) -> list[Change]:
    """Put back what the latest transaction has replaced, to the bit, and say what changed.

    Works after saving, closing and opening again. Raises WriteError where there is nothing to undo, or, unless
    `force` is given, where somebody has changed one of the cells since.
    """
    require_writable(book)
    with _told(book):
        known = record.read(book)
        last = max((line.number for line in known), default=0)
        lines = [line for line in known if line.number == last]
        if not lines:
            raise WriteError(f"there is nothing to undo in '{book.name}'")
        before: dict[str, dict[tuple[int, int], ExactValue]] = {}
        for line in lines:
            before.setdefault(line.sheet, {})[line.cell] = record.decode(line.before)
        areas = [region for sheet, cells in before.items() for region in rectangles(sheet, cells)]
        held = [_writable(book, area) for area in areas]
        now = {
            (area.sheet, row, column): held[at][row - area.top][column - area.left]
            for at, area in enumerate(areas)
            for row, column in area.cells()
        }
        if not force:
            _require_untouched(lines, now)
        values = [
            tuple(
                tuple(before[a.sheet][row, column] for column in range(a.left, a.right))
                for row in range(a.top, a.bottom)
            )
            for a in areas
        ]
        with quiet(book.app):
            _put(book, areas, values)
            _require_kept(book, areas, values)
            record.replace(book, [line for line in known if line.number != last])
    return [
        Change(sheet, row, column, was, before[sheet][row, column])
        for (sheet, row, column), was in now.items()
        if not _same(was, before[sheet][row, column])
    ]


def _require_untouched(lines: Sequence[record.Line], now: Mapping[tuple[str, int, int], ExactValue]) -> None:
    """A run that was cut off is undone whatever the cells hold: they may show any of its steps."""
    touched = [
        full_name(line.sheet, *line.cell)
        for line in lines
        if line.after != record.OPEN
        and not any(_alike(now[line.sheet, *line.cell], record.decode(one)) for one in (line.before, line.after))
    ]
    if touched:
        listed = ", ".join(touched[:5]) + (", ..." if len(touched) > 5 else "")
        raise WriteError(
            f"{len(touched)} of the cells have been changed since the run: {listed}",
            action="undo those changes first, or undo all the same and lose them",
        )


def _alike(a: ExactValue, b: ExactValue) -> bool:
    """The same value, or the same number but for what a file format rounds away: Calc saves .xlsx with 15 digits."""
    if type(a) is float and type(b) is float:
        return math.isclose(a, b, rel_tol=1e-14)
    return _same(a, b)


def require_writable(book: xw.Book) -> None:
    """Raises WriteError for a workbook that is open for reading alone: what is written could not be kept."""
    with _told(book):
        read_only = is_read_only(book)
    if read_only:
        raise WriteError(
            f"the workbook '{book.name}' is open read-only, because its file is write-protected or somebody else has "
            "it open",
            action="save it under another name, or close it elsewhere and open it again",
        )


def _writable(book: xw.Book, area: Region) -> list[list[ExactValue]]:
    """What the cells of an area hold. Raises WriteError, naming the cell, where they cannot be written."""
    names = {name.casefold(): name for name in book.sheet_names}
    if area.sheet.casefold() not in names:
        raise ArgumentError(f"no sheet '{area.sheet}'", action="the sheets are " + ", ".join(names.values()))
    cells = cells_of(book, area)
    closed = first_locked(cells)
    if closed is not None:
        raise WriteError(
            "the sheet is protected and this cell is locked",
            cell=full_name(area.sheet, closed.row - 1, closed.column - 1),
            action="take the sheet's protection off, or unlock the changing cells (Format Cells, Protection)",
        )
    texts, values, _ = everything(cells)
    for c, column in enumerate(texts):
        for r in compress(range(area.height), column):
            raise WriteError(
                "this cell holds a formula, which a value would replace",
                cell=full_name(area.sheet, area.top + r, area.left + c),
                formula=column[r],
                action="name cells that hold plain numbers",
            )
    if cells.merge_cells is not False and not (area.size == 1 and cells.merge_area.address.startswith(cells.address)):
        raise WriteError(
            "it is part of merged cells, of which only the first holds a value",
            cell=str(area),
            action="take the cells apart (Home, Merge & Center), or name the first of them alone",
        )
    return values


def cells_of(book: xw.Book, area: Region) -> xw.Range:
    """The range of a region."""
    return book.sheets[area.sheet].range((area.top + 1, area.left + 1), (area.bottom, area.right))


def _put(book: xw.Book, areas: Sequence[Region], values: Sequence[Block]) -> None:
    for area, block in zip(areas, values, strict=True):
        cells_of(book, area).raw_value = tuple(tuple(_for_cell(value) for value in row) for row in block)


def _for_cell(value: Value) -> object:
    """A value as a program takes it as that and nothing else."""
    if isinstance(value, CellError):
        return value.text
    if isinstance(value, str):
        return "'" + value if _READ_OTHERWISE.match(value) else value
    if value is None or isinstance(value, bool):
        return value
    return float(value)


def _plain(value: Value) -> ExactValue:
    return value if value is None or isinstance(value, bool | str | CellError) else float(value)


def _same(a: ExactValue, b: ExactValue) -> bool:
    return record.code(a) == record.code(b)


def _require_kept(book: xw.Book, areas: Sequence[Region], values: Sequence[Block]) -> None:
    """Raises WriteError where a cell does not hold what was put there: filtered rows, a macro, validation."""
    for area, block in zip(areas, values, strict=True):
        held = exact_values(cells_of(book, area))
        for (row, column), wanted in zip(area.cells(), (value for line in block for value in line), strict=True):
            if isinstance(wanted, CellError):
                continue  # in Calc a formula of the error alone, not calculated while calculation is off
            if not _same(held[row - area.top][column - area.left], _plain(wanted)):
                raise WriteError(
                    f"the program did not keep {wanted!r} here",
                    cell=full_name(area.sheet, row, column),
                    action="clear any filter on the sheet, and try again",
                )


@contextmanager
def _told(book: xw.Book) -> Iterator[None]:
    """What the program refuses, in words."""
    try:
        yield
    except CellgradError:
        raise
    except HOST_ERRORS as error:
        raise WriteError(
            f"the open workbook '{book.name}' could not be changed: {error}",
            action="finish editing the cell, close any dialog, see whether the workbook is protected, and try again",
        ) from error
