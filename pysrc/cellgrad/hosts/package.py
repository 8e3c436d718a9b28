"""Workbook files (.xlsx, .xlsm): read as a snapshot, written in place, nothing else in them touched."""

from __future__ import annotations

from pathlib import Path

from cellgrad.formula.pool import FormulaPool
from cellgrad.hosts.changes import Change
from cellgrad.hosts.container import Package
from cellgrad.hosts.external_books import read_external_books
from cellgrad.hosts.parts import read_calculation, read_dynamic, read_tables, read_workbook_part
from cellgrad.hosts.replace import require_writable
from cellgrad.hosts.rich_errors import read_rich_errors
from cellgrad.hosts.shared_strings import read_strings
from cellgrad.hosts.sheet_builder import Shared, with_filtered_rows
from cellgrad.hosts.sheet_editor import NO_VALUE
from cellgrad.hosts.sheet_reader import read_sheet
from cellgrad.hosts.undo import saved_here, undo
from cellgrad.hosts.writer import Edits, write
from cellgrad.solver_models import SolverModel
from cellgrad.values import Strings
from cellgrad.workbook import Sheet, Table, Workbook

__all__ = [
    "NO_VALUE", "Change", "Edits", "read", "require_writable", "save_model", "saved_here", "state", "undo", "write",
]  # fmt: skip


def state(path: Path) -> tuple[int, int] | None:
    """What tells that a file has changed: its size and time; None where it cannot be told."""
    try:
        stat = path.stat()
    except (OSError, ValueError):  # reading it says what is wrong
        return None
    return stat.st_size, stat.st_mtime_ns


def save_model(source: str | Path, target: str | Path, model: SolverModel) -> None:
    """Save `source` as `target` (which may be the same file) with a Solver model in its sheet, where Excel's Solver and
    LibreOffice find it. Of the package only the workbook part changes; `undo` takes it back. Raises what `write` does.
    """
    write(source, target, {}, models=[model])


def read(path: str | Path) -> Workbook:
    """The workbook of a file as a snapshot. Chart, macro and dialog sheets are left out: they hold no cells.

    Raises FileError, saying what the file is and what to do about it, for everything that is no readable workbook.
    """
    with Package(Path(path)) as package:
        part = read_workbook_part(package)
        strings = Strings()
        shared = Shared(
            path=str(path),
            pool=FormulaPool(),
            strings=strings,
            string_indexes=read_strings(package, part.strings_part, strings),
            dynamic=read_dynamic(package, part.metadata_part),
            rich_errors=read_rich_errors(package, part.metadata_part),
            date1904=part.date1904,
        )
        sheets: dict[str, Sheet] = {}
        tables: dict[str, Table] = {}
        for entry in part.sheets:
            if entry.part is None:
                continue
            sheet = read_sheet(package, entry.name, entry.part, entry.visible, shared)
            own = read_tables(package, entry.name, entry.part)
            tables.update({table.name: table for table in own})
            sheets[entry.name] = with_filtered_rows(sheet, own)
        external_sheets, external_names = read_external_books(package, part.external_parts, strings)
        return Workbook(
            sheets=sheets,
            formulas=tuple(shared.pool.formulas),
            strings=strings,
            tables=tables,
            names=part.names,
            date1904=part.date1904,
            tabs=tuple(entry.name for entry in part.sheets),
            externals=part.externals,
            external_sheets=external_sheets,
            external_names=external_names,
            **read_calculation(package, part),  # type: ignore[arg-type]
        )
