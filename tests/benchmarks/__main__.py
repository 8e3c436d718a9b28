"""The benchmark suite: every figure a ratio between Cellgrad and a peer, measured in one run on this machine.

python -m tests.benchmarks [SECTION ...] [--rows 712,100000,1000000] [--quick] [--json FILE]

Ends with 1 where a measurement failed; a missed target is told, not an error, since machines differ and are busy.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.live import Live
from tests.benchmarks import evaluating, live, optimum, process, reading, scaling, solving, step, writing
from tests.benchmarks.figures import Figure, table
from tests.benchmarks.fresh import TaskFailed
from tests.benchmarks.machine import machine
from tests.benchmarks.setting import Setting, described

SECTIONS = {
    module.NAME: module for module in (reading, evaluating, step, optimum, solving, writing, scaling, process, live)
}
HERE = [name for name in SECTIONS if name != live.NAME or live.possible()]
"""The sections that this machine has the programs for."""
ROWS = (712, 100_000, 1_000_000)
QUICK_ROWS = (712, 2000)
"""A far smaller sample may lack the oldest passenger: the sheets would divide by another age than the peers."""


def arguments(given: list[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "sections", nargs="*", metavar="section",
        help=f"any of {', '.join(SECTIONS)}; by default all that this machine has the programs for",
    )  # fmt: skip
    parser.add_argument("--rows", type=lambda text: tuple(map(int, text.split(","))), help="sizes, as 712,100000")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one round: to see that the suite works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the machine and the figures to FILE")
    asked = parser.parse_args(given)
    for section in asked.sections:
        if section not in SECTIONS:
            parser.error(f"no section {section}: the sections are {', '.join(SECTIONS)}")
    return asked


def main(given: list[str]) -> int:
    """Run the sections asked for, print a table each, and write the JSON."""
    asked = arguments(given)
    setting = Setting(asked.rows or (QUICK_ROWS if asked.quick else ROWS), asked.quick)
    console = Console(width=None if sys.stdout.isatty() else 200)
    before = machine()
    console.print(", ".join(f"{name} {value}" for name, value in before.items()))
    figures: list[Figure] = []
    failures: list[str] = []
    for name in asked.sections or HERE:
        title = f"{name}: {described(SECTIONS[name].figures)}"
        with Live(table(title, []), console=console, auto_refresh=False) as screen:
            try:
                for figure in SECTIONS[name].figures(setting):
                    figures.append(figure)
                    screen.update(table(title, [one for one in figures if one.section == name]), refresh=True)
                    _save(asked.json, record(before, setting, figures, failures))  # a run cut short keeps these
            except TaskFailed as failed:
                failures.append(f"{name}: {failed}")
    _save(asked.json, record(before, setting, figures, failures))
    for failure in failures:
        console.print(failure, style="bold red", markup=False)
    missed = [figure for figure in figures if figure.met is False]
    held = [figure for figure in figures if figure.met is not None]
    console.print(f"{len(held) - len(missed)} of {len(held)} targets met; load now {machine()['load']}")
    return 1 if failures else 0


def record(
    before: dict[str, object], setting: Setting, figures: list[Figure], failures: list[str]
) -> dict[str, object]:
    """The whole run as JSON; `load` is the machine's own before the run, `load_after` includes the run's."""
    return {
        "machine": before | {"load_after": machine()["load"]},
        "rows": setting.rows,
        "quick": setting.quick,
        "figures": [figure.record() for figure in figures],
        "failures": failures,
    }


def _save(path: Path | None, made: dict[str, object]) -> None:
    if path is not None:
        path.write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
