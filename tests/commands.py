"""Running the command line inside the test's own process."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from cellgrad.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command did: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as the one JSON document it must be; NaN and infinities are not JSON."""
        return json.loads(self.out, parse_constant=_refuse)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def run(*arguments: object) -> Ran:
    """Run `cellgrad` with these arguments."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Ran(code, out.getvalue(), err.getvalue())


def workbook(path: Path, cells: dict[str, object], **sheets: dict[str, object]) -> Path:
    """A workbook with these cells in Sheet1, and further sheets by name; texts that begin with = are formulas."""
    with xlsxwriter.Workbook(path) as book:
        for name, contents in {"Sheet1": cells, **sheets}.items():
            sheet = book.add_worksheet(name)
            for address, value in contents.items():
                if isinstance(value, str) and value.startswith("="):
                    sheet.write_formula(address, value, None, 0)
                else:
                    sheet.write(address, value)
    return path
