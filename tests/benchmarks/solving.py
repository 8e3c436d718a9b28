"""Saved models solved, against scipy alone on hand-written functions and gradients, and LibreOffice's own solver."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from tests.benchmarks.figures import Figure, compare
from tests.benchmarks.fresh import NUMPY
from tests.benchmarks.races.table import RACES
from tests.benchmarks.setting import Setting

NAME = "solving"
PROMISED = 2.0
"""What a spreadsheet may cost, of scipy's time on functions that an expert wrote for it by hand."""
QUICK = ("savings", "hs71", "knapsack", "mgh17", "orders")
SMALL_LINEAR = ("knapsack", "warehouses")
"""LibreOffice reads every coefficient off the sheet by changing a cell: far more of them take it minutes."""


def figures(setting: Setting) -> Iterator[Figure]:
    """From the same starts to the same ends: no race counts in which Cellgrad ends at a worse one."""
    for race in QUICK if setting.quick else RACES:
        yield from _race(setting, race)
    if shutil.which("soffice") is not None:
        for race in SMALL_LINEAR[:1] if setting.quick else SMALL_LINEAR:
            yield from _libreoffice(setting, race)


def _race(setting: Setting, race: str) -> Iterator[Figure]:
    # one thread for numpy's operations, as Cellgrad gives torch's here: all are small
    found = setting.measure("solving", one_thread=NUMPY, race=race, rounds=setting.rounds(11))
    taken, name = found["seconds"], found["name"]
    if found["evaluations"] is not None:
        once = found["evaluations"]
        what = f"{name}: one evaluation with all slopes, processor's time"
        yield compare(NAME, what, once["cellgrad"], "numpy by hand", once["by hand"], target=PROMISED)
    for peer, end in found["ends"].items():
        target = PROMISED if peer in found["held"] else None
        note = (
            f"{found['method']}, {found['steps']} steps; the first run {1000 * found['first']:,.0f} ms; "
            f"ends apart {abs(found['value'] - end):.1g}"
        )
        what = f"{name}: optimize(), processor's time"
        yield compare(NAME, what, taken["cellgrad"], peer, taken[peer], target=target, note=note)


def _libreoffice(setting: Setting, race: str) -> Iterator[Figure]:
    found = setting.measure("office_solver", race=race, rounds=setting.rounds(3))
    if "absent" not in found:
        note = f"{found['solver']}; ends apart {abs(found['value'] - found['end']):.1g}"
        what = f"{found['name']}: optimize()"
        yield compare(NAME, what, found["ours"], "LibreOffice's solver", found["theirs"], target=1.0, note=note)
