"""New values into an open workbook: one block a range, all or nothing, undoable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import compress
from types import TracebackType

import numpy as np
import xlwings as xw

from cellgrad.address import Region, full_name
from cellgrad.errors import ArgumentError, CellgradError, WriteError
from cellgrad.hosts.changes import Change
from cellgrad.hosts.live import record
from cellgrad.hosts.live.differences import (
    HOST_ERRORS,
    ExactValue,
    everything,
    exact_values,
    first_locked,
    is_read_only,
)
from cellgrad.hosts.live.held import Block, Held, block_of, rectangles
from cellgrad.hosts.live.quiet import quiet
from cellgrad.hosts.writer import Edits
from cellgrad.values import CellError

_READ_OTHERWISE = re.compile(r"\s*[=+\-@'#$.,(\d]|\s*(true|false)\s*$|\s*[a-z]{3,9}\.?[\s-]*\d", re.IGNORECASE)
"""Texts that a program may take for a formula, a number, a boolean or a date when they are put into a cell."""


def write(book: xw.Book, edits: Edits, undoable: bool = True) -> list[Change]:
    """Put new values into cells, all or none of them, and say what changed; `undo` takes it back.

    Only constants are replaced. Raises WriteError, with every cell as it was, where a cell holds a formula or is part
    of merged cells, where the sheet is protected, or where the program refuses or does not keep a value.
    """
    blocks = {area: block_of(cells, area) for sheet, cells in edits.items() for area in rectangles(sheet, cells)}
    with Transaction(book, list(blocks), undoable) as transaction:
        return transaction.commit(list(blocks.values()))


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
        self._before: list[Held] = []
        self._number = 0
        self._shown = False
        self._ended = False

    def __enter__(self) -> Transaction:
        require_writable(self.book)
        with _told(self.book):
            self._before = [_writable(self.book, area) for area in self.areas]
            if self.undoable and self.areas:
                self._number = record.begin(self.book, self._before)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ended:
            return
        with _told(self.book), quiet(self.book.app):
            if self._shown:
                _put(self.book, self._before)
            self._forget()

    def show(self, values: Sequence[Block]) -> None:
        """Put values (one block an area), whole areas at a time, without ending the transaction."""
        with _told(self.book), quiet(self.book.app):
            self._shown = True
            _put(self.book, self._after(values))

    def commit(self, values: Sequence[Block]) -> list[Change]:
        """Put the last values, and say what is now otherwise than before the transaction."""
        with _told(self.book), quiet(self.book.app):
            self._shown = True
            after = self._after(values)
            _put(self.book, after)
            _require_kept(self.book, after)
            changes = _changes(self._before, after)
            if not changes:
                self._forget()
            elif self.undoable:
                record.end(self.book, self._number, after)
        self._ended = True
        return changes

    def _after(self, values: Sequence[Block]) -> list[Held]:
        return [Held.of(area, block) for area, block in zip(self.areas, values, strict=True)]

    def _forget(self) -> None:
        if self.undoable and self.areas:
            record.drop(self.book, self._number)


def undo(book: xw.Book, force: bool = False) -> list[Change]:
    """Put back what the latest transaction has replaced, to the bit, and say what changed.

    Works after saving, closing and opening again. Raises WriteError where there is nothing to undo, or, unless
    `force` is given, where somebody has changed one of the cells since.
    """
    require_writable(book)
    with _told(book):
        entry = record.last(book)
        if entry is None:
            raise WriteError(f"there is nothing to undo in '{book.name}'")
        now = [_writable(book, one.area) for one in entry.before]
        if not force:
            _require_untouched(entry, now)
        with quiet(book.app):
            _put(book, entry.before)
            _require_kept(book, entry.before)
            record.drop(book, entry.number)
    return _changes(now, entry.before)


def _changes(before: Sequence[Held], after: Sequence[Held]) -> list[Change]:
    return [
        Change(one.area.sheet, *one.cell(at), one.value(at), other.value(at))
        for one, other in zip(before, after, strict=True)
        for at in np.flatnonzero(one.differing(other)).tolist()
    ]


def _require_untouched(entry: record.Entry, now: Sequence[Held]) -> None:
    """A run that was cut off is undone whatever the cells hold: they may show any of its steps."""
    if entry.after is None:
        return
    touched = [
        full_name(held.area.sheet, *held.cell(at))
        for held, before, after in zip(now, entry.before, entry.after, strict=True)
        for at in np.flatnonzero(held.unlike(before) & held.unlike(after)).tolist()
    ]
    if touched:
        listed = ", ".join(touched[:5]) + (", ..." if len(touched) > 5 else "")
        raise WriteError(
            f"{len(touched)} of the cells have been changed since the run: {listed}",
            action="undo those changes first, or undo all the same and lose them",
        )


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


def _writable(book: xw.Book, area: Region) -> Held:
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
    return Held.of(area, list(zip(*values, strict=True)))


def cells_of(book: xw.Book, area: Region) -> xw.Range:
    """The range of a region."""
    return book.sheets[area.sheet].range((area.top + 1, area.left + 1), (area.bottom, area.right))


def _put(book: xw.Book, values: Sequence[Held]) -> None:
    for held in values:
        others = {at: _for_cell(value) for at, value in held.others.items()}
        cells_of(book, held.area).raw_value = held.rows(others)


def _for_cell(value: ExactValue) -> object:
    """A value as a program takes it as that and nothing else."""
    if isinstance(value, CellError):
        return value.text
    if isinstance(value, str):
        return "'" + value if _READ_OTHERWISE.match(value) else value
    return value


def _require_kept(book: xw.Book, values: Sequence[Held]) -> None:
    """Raises WriteError where a cell does not hold what was put there: filtered rows, a macro, validation."""
    for wanted in values:
        kept = Held.of(wanted.area, exact_values(cells_of(book, wanted.area)))
        for at in np.flatnonzero(wanted.differing(kept)).tolist():
            if isinstance(wanted.value(at), CellError):
                continue  # in Calc a formula of the error alone, not calculated while calculation is off
            raise WriteError(
                f"the program did not keep {wanted.value(at)!r} here",
                cell=full_name(wanted.area.sheet, *wanted.cell(at)),
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
