"""The benchmark suite: every figure a ratio between Cellgrad and a peer, measured in one run on this machine.

python -m tests.benchmarks [SECTION ...] [--rows 712,100000,1000000] [--quick] [--json FILE] [--markdown FILE]
python -m tests.benchmarks laws [--write] [--quick]

The second measures what a cell, a formula and a row cost, and writes pysrc/SPEED.md (see `laws`). The first ends with
1 where a measurement failed; a missed target is told, in red, and no error, since machines differ and are busy.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from tests.benchmarks import (
    compiling,
    evaluating,
    gpu,
    gradient,
    laws,
    live,
    optimum,
    process,
    reading,
    scaling,
    solving,
    step,
    writing,
)  # fmt: skip
from tests.benchmarks.figures import Figure, markdown, table
from tests.benchmarks.fresh import TaskFailed
from tests.benchmarks.machine import machine, missing
from tests.benchmarks.setting import Setting, described

SECTIONS = {
    module.NAME: module
    for module in (
        reading, compiling, evaluating, step, gradient, optimum, solving, writing, scaling, process, live, gpu
    )
}  # fmt: skip
NEEDS = {module.NAME: module.absent for module in (live, gpu)}
"""Sections that need what not every machine has: each says in one line what is missing here, or nothing."""
HERE = [name for name in SECTIONS if name not in NEEDS or not NEEDS[name]()]
"""The sections that this machine has the programs and the devices for."""
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
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the same as tables for documents")
    asked = parser.parse_args(given)
    for section in asked.sections:
        if section not in SECTIONS:
            parser.error(f"no section {section}: the sections are {', '.join(SECTIONS)}")
    return asked


def main(given: list[str]) -> int:
    """Run the sections asked for, print a table each, and write the files asked for."""
    if given[:1] == [laws.NAME]:
        return laws.main(given[1:])
    asked = arguments(given)
    setting = Setting(asked.rows or (QUICK_ROWS if asked.quick else ROWS), asked.quick)
    console = Console(width=None if sys.stdout.isatty() else 200)
    before = machine()
    console.print(", ".join(f"{name} {value}" for name, value in before.items()))
    figures: list[Figure] = []
    failures: list[str] = []
    spent: dict[str, float] = {}
    for name in asked.sections or SECTIONS:
        if name not in HERE:
            continue
        began = time.perf_counter()
        title = f"{name}: {described(SECTIONS[name].figures)}"
        with Live(table(title, []), console=console, auto_refresh=False) as screen:
            try:
                for figure in SECTIONS[name].figures(setting):
                    figures.append(figure)
                    screen.update(table(title, [one for one in figures if one.section == name]), refresh=True)
                    # a run cut short keeps these
                    _save(asked, record(before, setting, figures, failures, spent), figures)
            except (TaskFailed, ArithmeticError) as failed:
                failures.append(f"{name}: {failed}")
        spent[name] = round(time.perf_counter() - began, 1)
        console.print()
    _save(asked, record(before, setting, figures, failures, spent), figures)
    for line in left_out():
        console.print(line, markup=False)
    for failure in failures:
        console.print(failure, style="bold red", markup=False)
    missed = [figure for figure in figures if figure.met is False]
    held = [figure for figure in figures if figure.met is not None]
    console.print("seconds: " + ", ".join(f"{name} {seconds:g}" for name, seconds in spent.items()))
    console.print(f"{len(held) - len(missed)} of {len(held)} targets met; load now {machine()['load']}")
    for figure in missed:
        told = f"{figure.section}: {figure.what} / {figure.against}: {figure.ratio.median:.3g} > {figure.target:g}"
        console.print(f"{figure.verdict}: {told}", style="bold red", markup=False)
    return 1 if failures else 0


def left_out() -> list[str]:
    """What this machine lacks, a line each: sections, and peers that are not installed."""
    sections = [f"{name}: left out, {NEEDS[name]()}" for name in SECTIONS if name not in HERE]
    return [*sections, *missing()]


def record(
    before: dict[str, object], setting: Setting, figures: list[Figure], failures: list[str], spent: dict[str, float]
) -> dict[str, Any]:
    """The whole run as JSON; `load` is the machine's own before the run, `load_after` includes the run's; `seconds` are
    those that each section took."""
    return {
        "machine": before | {"load_after": machine()["load"]},
        "rows": setting.rows,
        "quick": setting.quick,
        "figures": [figure.record() for figure in figures],
        "failures": failures,
        "left_out": left_out(),
        "seconds": spent,
    }


def _save(asked: argparse.Namespace, made: dict[str, Any], figures: list[Figure]) -> None:
    if asked.json is not None:
        asked.json.write_text(json.dumps(made, indent=1) + "\n")
    if asked.markdown is not None:
        asked.markdown.write_text(document(made, figures))


def document(made: dict[str, Any], figures: list[Figure]) -> str:
    """The run as a text with tables: the machine, a table a section, what was left out or failed."""
    parts = ["Measured on " + ", ".join(f"{name} {value}" for name, value in made["machine"].items()) + ".\n"]
    for name, module in SECTIONS.items():
        own = [figure for figure in figures if figure.section == name]
        if own:
            parts.append(markdown(f"{name}: {described(module.figures)}", own))
    lines = [*made["left_out"], *made["failures"]]
    return "\n".join([*parts, *(f"- {line}" for line in lines)]) + ("\n" if lines else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
