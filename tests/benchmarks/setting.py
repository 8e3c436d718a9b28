"""What a run of the suite was asked for, and the workbooks it opens."""

from __future__ import annotations

import hashlib
import inspect
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.fresh import ROOT, fresh, here

TITANIC = ROOT / "workbooks" / "titanic.xlsx"
PASSENGERS = ROOT / "workbooks" / "data" / "titanic.csv"
FULL = 1_048_573
"""Rows of data on a full sheet: three stand above them."""
LESSON_ROWS = 712
"""Passengers of the lesson itself; any other number of rows is a sample of them."""
MAKERS = (
    "tests/workbooks/scale.py",
    "tests/benchmarks/tasks/make_plain_net.py",
    "tests/benchmarks/tasks/make_formulas.py",
    "tests/benchmarks/tasks/make_linear.py",
    "pysrc/cellgrad/lessons/titanic/passengers.py",
    "pysrc/cellgrad/solver_models/writing.py",
)
"""What the made workbooks depend on, beside the passengers."""


@dataclass(frozen=True)
class Setting:
    """rows: the sizes. quick: one round of everything, in one process, to see that it works; its times mean nothing."""

    rows: tuple[int, ...]
    quick: bool = False

    @property
    def file_rows(self) -> list[int]:
        """Sizes of the files that are read and written: a full sheet stands for a million rows and more."""
        return sorted({FULL if rows >= 1_000_000 else rows for rows in self.rows if rows >= 1000})

    def rounds(self, thorough: int) -> int:
        return 1 if self.quick else thorough

    def measure(self, task: str, one_thread: Iterable[str] = (), **arguments: Any) -> dict[str, Any]:
        """What the task answers, from a fresh process. Raises TaskFailed."""
        return here(task, arguments) if self.quick else fresh(task, arguments, one_thread)

    def workbook(self, rows: int, sheet: str = "nnet", formulas: str = "plain") -> Path:
        """A workbook of that many rows, as tests/workbooks/scale.py makes it."""
        return self._made("make_workbook", f"{sheet}-{formulas}-{rows}", rows=rows, sheet=sheet, formulas=formulas)

    def plain_net(self, rows: int) -> Path:
        """The same net in formulas that every engine knows."""
        return self._made("make_plain_net", f"plain-net-{rows}", rows=rows)

    def linear(self, rows: int) -> Path:
        """The Titanic's linear fit at that many rows."""
        return self._made("make_linear", f"linear-{rows}", rows=rows, csv=str(PASSENGERS))

    def formulas(self, kind: str, *size: int) -> Path:
        """A workbook for the costs of compiling and of gradients: see tasks/make_formulas.py."""
        return self._made("make_formulas", "-".join([kind, *map(str, size)]), kind=kind, size=list(size))

    def _made(self, task: str, name: str, **arguments: Any) -> Path:
        """A workbook, made once and kept in the temporary folder under its makers' fingerprint."""
        made_from = b"".join((ROOT / name).read_bytes() for name in MAKERS) + PASSENGERS.read_bytes()
        folder = Path(tempfile.gettempdir()) / f"cellgrad-benchmarks-{hashlib.sha256(made_from).hexdigest()[:12]}"
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.xlsx"
        if not path.exists():
            unfinished = path.with_suffix(f".{os.getpid()}")
            self.measure(task, path=str(unfinished), **arguments)
            unfinished.replace(path)
        return path


def described(section: object) -> str:
    """The first line of a section's docstring: its title."""
    return (inspect.getdoc(section) or "").splitlines()[0]
