"""What the last run in a workbook left for its report, in a file in the user's own folder."""

from __future__ import annotations

from cellgrad.worker.turn import run_file

_SUFFIX = ".last"


def keep(book: str, record: str) -> None:
    """Keep the record of a run in place of an earlier one; '' forgets that. book: as in `turn.Turn`."""
    file = run_file(book, _SUFFIX)
    if record:
        new = file.with_suffix(".new")
        new.write_text(record, encoding="utf-8")
        new.replace(file)
    else:
        file.unlink(missing_ok=True)


def find(book: str) -> str:
    """The record of the last run in a workbook, '' where there is none."""
    try:
        return run_file(book, _SUFFIX).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
