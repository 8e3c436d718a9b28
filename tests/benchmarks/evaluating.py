"""Opening and evaluating a workbook, and its objective again after changed cells, against other engines."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from tests.benchmarks.figures import Figure, compare, fastest
from tests.benchmarks.fresh import NUMPY, TORCH
from tests.benchmarks.setting import LESSON_ROWS, TITANIC, Setting
from tests.benchmarks.tasks.make_plain_net import CHANGING, OBJECTIVE, SHEET

NAME = "evaluate"
LIBREOFFICE = "libreoffice"
PEERS = {"formualizer": 10**9, "ironcalc": 10**9, LIBREOFFICE: 2000, "pycel": 2000, "formulas": 2000}
"""Who is measured where installed, and the most rows it is asked for: beyond, two that work cell by cell in Python and
one that opens a file as slowly would take minutes and gibibytes."""
SLOW = ("pycel", "formulas")
"""Left out of a quick run."""
KNOW_TABLES = ("ironcalc", LIBREOFFICE)
"""Who reads the lesson's own workbook, with its tables and its MMULT; to the others it is an error or a refusal."""
LESSON: dict[str, Any] = {
    "path": str(TITANIC),
    "sheet": "mmult",
    "objective": "AA1",
    "changing": [f"{column}{row}" for row in range(4, 14) for column in "ST"],
}
AGREE = 1e-9
PATIENCE = 10.0
"""Seconds to open and evaluate: an engine that takes longer is asked in one round alone."""
OF_THE_FASTEST = 0.1
"""The most that one change and the objective after it may cost, of what they cost the fastest of all others."""
OURS, WHOLE = "cellgrad", "workbook"
"""The objective's compiled model, and the open workbook with all that depends on the change."""


def present() -> list[str]:
    """The engines that are there to be measured."""
    return [name for name in PEERS if (shutil.which("soffice") if name == LIBREOFFICE else find_spec(name))]


def figures(setting: Setting) -> Iterator[Figure]:
    """Each engine in a process and a thread of its own; one that comes to another objective is not timed but told."""
    peers = [name for name in present() if not (setting.quick and name in SLOW)]
    for rows in setting.rows[:1] if setting.quick else setting.rows:
        asked = [name for name in peers if rows <= PEERS[name] and rows <= 100_000]
        if asked:
            net = {"path": str(setting.plain_net(rows)), "sheet": SHEET, "objective": OBJECTIVE, "changing": CHANGING}
            yield from _compared(setting, f"the Titanic net in plain formulas, {rows:,} rows", rows, net, asked)
    asked = [name for name in peers if name in KNOW_TABLES]
    if asked:
        yield from _compared(setting, "titanic.xlsx, sheet mmult", LESSON_ROWS, LESSON, asked)


def _compared(setting: Setting, what: str, rows: int, net: dict[str, Any], asked: Sequence[str]) -> Iterator[Figure]:
    changes = 20 if rows <= 2000 and not setting.quick else 3
    rounds: list[dict[str, dict[str, Any]]] = []
    for _ in range(setting.rounds(5 if rows <= 2000 else 3)):
        patient = [name for name in asked if not any(one[name]["seconds"] > PATIENCE for one in rounds if name in one)]
        measured = {
            name: setting.measure("evaluate", (*NUMPY, *TORCH), engine=name, changes=changes, **net)
            for name in (OURS, WHOLE, *patient)
        }
        for name in (WHOLE, *patient):
            require_agreement(measured[OURS]["values"], name, measured[name]["values"])
        rounds.append(measured)

    def column(engine: str, of: str, beside: str = "") -> list[float]:
        """One number for each round in which both took part."""
        return [one[engine][of] for one in rounds if engine in one and (beside or engine) in one]

    for name in asked:
        ours, theirs = column(OURS, "seconds", name), column(name, "seconds")
        yield compare(NAME, f"{what}: open and evaluate", ours, name, theirs)
    for of, words in (("one", "the objective after one changed cell"), ("all", "after 20 changed cells")):
        first = fastest({name: column(name, of) for name in asked})
        for name in asked:
            target, note = (OF_THE_FASTEST, "the fastest of them") if name == first else (None, "")
            yield compare(
                NAME, f"{what}: {words}", column(OURS, of, name), name, column(name, of), target=target, note=note
            )
        note = "Book.put and Book.value: every cell that depends on it"
        yield compare(
            NAME, f"{what}: {words}, all dependents", column(WHOLE, of, first), first, column(first, of), note=note
        )


def require_agreement(ours: Mapping[str, Sequence[float]], name: str, theirs: Mapping[str, Sequence[float]]) -> None:
    """Raises ArithmeticError where another engine comes to other numbers, in those changes that both were asked for."""
    for stage, numbers in theirs.items():
        for mine, other in zip(ours[stage], numbers, strict=False):
            if not math.isclose(mine, other, rel_tol=AGREE):
                raise ArithmeticError(f"{name} comes to {other!r} where Cellgrad comes to {mine!r}")
