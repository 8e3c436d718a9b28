"""Opening and evaluating a workbook, and its objective again after 20 changed cells, against other engines."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.figures import Figure, compare
from tests.benchmarks.fresh import TORCH
from tests.benchmarks.setting import LESSON_ROWS, TITANIC, Setting
from tests.benchmarks.tasks.make_plain_net import CHANGING, OBJECTIVE, SHEET

NAME = "evaluate"
PEERS = {"formualizer": 10**9, "ironcalc": 10**9, "pycel": 2000, "formulas": 2000}
"""Who is measured where installed (`pip install -e .[peers]`), and the most rows it is asked for: two of them work cell
by cell in Python, and would take minutes and gibibytes beyond."""
KNOW_TABLES = ("ironcalc",)
"""Who reads the lesson's own workbook, with its tables and its MMULT; to the others it is an error or a refusal."""
LESSON: dict[str, Any] = {
    "path": str(TITANIC),
    "sheet": "mmult",
    "objective": "AA1",
    "changing": [f"{column}{row}" for row in range(4, 14) for column in "ST"],
}
AGREE = 1e-9


def figures(setting: Setting) -> Iterator[Figure]:
    """Each engine in a process and a thread of its own; one that comes to another objective is not timed but told."""
    peers = {name: most for name, most in PEERS.items() if importlib.util.find_spec(name) is not None}
    if setting.quick:
        peers = {name: most for name, most in peers.items() if most > 100_000}
    for rows in setting.rows:
        asked = [name for name, most in peers.items() if rows <= most and rows <= 100_000]
        if asked:
            net = {"path": str(setting.plain_net(rows)), "sheet": SHEET, "objective": OBJECTIVE, "changing": CHANGING}
            yield from _compared(setting, f"the Titanic net in plain formulas, {rows:,} rows", rows, net, asked)
    asked = [name for name in peers if name in KNOW_TABLES]
    if asked:
        yield from _compared(setting, "titanic.xlsx, sheet mmult", LESSON_ROWS, LESSON, asked)


def _compared(setting: Setting, what: str, rows: int, net: dict[str, Any], asked: list[str]) -> Iterator[Figure]:
    rounds: list[dict[str, dict[str, Any]]] = []
    for _ in range(setting.rounds(5 if rows <= 2000 else 3)):
        measured = {
            name: setting.measure("evaluate", TORCH, engine=name, changes=10 if rows <= 2000 else 3, **net)
            for name in ("cellgrad", *asked)
        }
        for name in asked:
            _require_agreement(measured["cellgrad"]["values"], name, measured[name]["values"])
        rounds.append(measured)
    for name in asked:
        for of, words, target in (
            ("seconds", "open and evaluate", None),
            ("change", "the objective after 20 changes", 1.0),
        ):
            ours, theirs = ([one[engine][of] for one in rounds] for engine in ("cellgrad", name))
            yield compare(NAME, f"{what}: {words}", ours, name, theirs, target=target)


def _require_agreement(ours: list[float], name: str, theirs: list[float]) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        if not math.isclose(mine, other, rel_tol=AGREE):
            raise ArithmeticError(f"{name} comes to {other!r} where Cellgrad comes to {mine!r}")
