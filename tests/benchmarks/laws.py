"""The laws of memory and time: what a cell, a formula, a row, a parameter and a layer more cost.

python -m tests.benchmarks laws [--write] [--quick]

Each law is the slope of a line through measured points, each point in fresh processes of one thread. Times are told in
calibrations as well: in what the same machine, in the same run, needs to copy a number, to multiply and add two in a
product of matrices, or to make a small object in Python. `--write` puts the table into pysrc/SPEED.md, between its
markers; slow tests hold later runs to the multiples that stand there.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from tests.benchmarks.fresh import NUMPY, ROOT, TORCH
from tests.benchmarks.machine import machine
from tests.benchmarks.setting import Setting

NAME = "laws"
DOCUMENT = ROOT / "pysrc" / "SPEED.md"
BEGIN, END = "<!-- laws: begin -->", "<!-- laws: end -->"
ONE = (*NUMPY, *TORCH)
COLUMNS = 27
"""Cells a row of the sheets that are read whole."""
ROUNDS = 3

CALIBRATIONS = {
    "copy": "numbers copied",
    "product": "multiplications of a matrix product",
    "object": "small Python objects",
}
HEADINGS = ("law", "each", "in calibrations", "fixed part", "measured over")
MIB = 2.0**20

Points = Mapping[int, float]
"""Sizes and what they cost, in seconds or bytes."""


@dataclass(frozen=True)
class Law:
    """What one more of something costs: the slope of a line, cost = base + each * size, in seconds or bytes.

    calibration: what it is told in multiples of, empty for bytes. sizes: the smallest and the largest. growth: what
    each costs at the largest size, fixed part and all, in what it costs at the smallest: above 1 where costs grow
    faster than sizes, and as many times as sizes do where they grow with the square.
    """

    name: str
    of: str
    calibration: str
    each: float
    base: float
    sizes: tuple[int, int]
    growth: float
    calibrated: float | None = None

    @classmethod
    def fitted(
        cls, name: str, of: str, points: Points, calibrations: Mapping[str, float], calibration: str = ""
    ) -> Law:
        """Least squares of relative errors: each point counts as much as any other, however large it is."""
        sizes, costs = np.array(sorted(points), float), np.array([points[size] for size in sorted(points)])
        each, base = (float(part) for part in np.polyfit(sizes, costs, 1, w=1 / costs))
        growth = float(costs[-1] / sizes[-1] / (costs[0] / sizes[0]))
        multiple = each / calibrations[calibration] if calibration else None
        ends = int(sizes[0]), int(sizes[-1])
        return cls(name, of, calibration, each, base, ends, growth, multiple)

    @property
    def line(self) -> str:
        """A line of the table in the document."""
        told = "" if self.calibrated is None else f"{self.calibrated:.3g} {CALIBRATIONS[self.calibration]}"
        sizes = f"{self.sizes[0]:,} to {self.sizes[1]:,} {self.of}"
        cells = self.name, self._shown(self.each), told, self._shown(max(0.0, self.base)), sizes
        return f"| {' | '.join(cells)} |"

    def _shown(self, cost: float) -> str:
        scales = (
            ((1, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
            if self.calibration
            else ((MIB, "MiB"), (1024.0, "KiB"), (1.0, "bytes"))
        )
        scale, unit = next((s, n) for s, n in scales if cost >= s or (s, n) == scales[-1])
        return f"{cost / scale:.3g} {unit}"


def measured(setting: Setting) -> Iterator[Law]:
    """Every law, measured here and now."""
    known = setting.measure("calibration", ONE)
    yield from _of_whole_sheets(setting, known)
    yield from _of_formulas(setting, known)
    yield from _of_steps(setting, known)


def _of_whole_sheets(setting: Setting, known: Mapping[str, float]) -> Iterator[Law]:
    sizes = (200, 400) if setting.quick else (25_000, 50_000, 100_000)
    paths = {rows: str(setting.workbook(rows)) for rows in sizes}
    taken = {
        rows: [setting.measure("whole_way", ONE, path=path, sheet="nnet") for _ in range(setting.rounds(ROUNDS))]
        for rows, path in paths.items()
    }

    def points(of: str) -> Points:
        return {rows * COLUMNS: min(one[of] for one in found) for rows, found in taken.items()}

    for stage, words in (
        ("read", "peak memory, read"), ("compile", "peak memory, read and compiled"),
        ("optimize", "peak memory, optimised"), ("write", "peak memory, saved"),
    ):  # fmt: skip
        found = {
            rows * COLUMNS: max(1.0, min(one[f"{stage}_mib"] - one["imported_mib"] for one in found)) * MIB
            for rows, found in taken.items()
        }
        yield Law.fitted(f"{words}, a cell", "cells", found, known)
    for stage, words in (("read", "reading"), ("write", "saving")):
        yield Law.fitted(f"{words}, a cell", "cells", points(stage), known, "copy")


def _of_formulas(setting: Setting, known: Mapping[str, float]) -> Iterator[Law]:
    for kind, sizes, words, calibration in (
        ("distinct", (300, 1000, 3000), "compiling, a distinct formula", "object"),
        ("filled", (100_000, 300_000, 1_000_000), "compiling, a filled-down cell", "copy"),
    ):
        if setting.quick:
            sizes = (10, 20, 40)
        taken: dict[int, float] = {}
        for size in sizes:
            path = str(setting.formulas(kind, size))
            rounds = [
                setting.measure("compiling", ONE, path=path, kind=kind, size=[size])
                for _ in range(setting.rounds(ROUNDS))
            ]
            taken[size] = min(one["compile"] for one in rounds)
        yield Law.fitted(words, "formulas" if kind == "distinct" else "cells", taken, known, calibration)


def _of_steps(setting: Setting, known: Mapping[str, float]) -> Iterator[Law]:
    rounds = setting.rounds(15)
    rows = (200, 400) if setting.quick else (50_000, 100_000, 200_000)
    taken: dict[int, float] = {}
    for size in rows:
        path = str(setting.workbook(size, "mmult", "shared"))
        taken[size] = setting.measure("law_step", ONE, path=path, sheet="mmult", rounds=rounds)["step"]
    yield Law.fitted("a step of the Titanic net, a row", "rows", taken, known, "copy")
    few, wide, deep = (20, (4, 8), (1, 2)) if setting.quick else (1000, (32, 64, 128, 256), (1, 2, 4, 8))
    at_width = [(few, units, 1) for units in wide]
    at_depth = [(few, 32, layers) for layers in deep]
    taken = {}
    for net in at_width:
        found = _step(setting, net, rounds)
        taken[int(found["parameters"])] = found["step"]
    yield Law.fitted(f"a step over {few:,} rows, one hidden layer, a parameter", "parameters", taken, known, "copy")
    taken = {net[2]: _step(setting, net, rounds)["step"] for net in at_depth}
    yield Law.fitted(f"a step over {few:,} rows, 32 units a layer, a layer", "layers", taken, known, "product")


def _step(setting: Setting, net: Sequence[int], rounds: int) -> dict[str, float]:
    path = str(setting.formulas("net", *net))
    return setting.measure("law_step", ONE, path=path, size=list(net), rounds=rounds)


def document(laws: Sequence[Law], told: Mapping[str, object]) -> str:
    """What stands between the markers."""
    lines = [f"| {' | '.join(HEADINGS)} |", f"|{'---|' * len(HEADINGS)}", *(law.line for law in laws)]
    where = ", ".join(f"{name} {value}" for name, value in told.items() if name not in ("GPU", "LibreOffice"))
    return "\n".join([BEGIN, "", *lines, "", f"Measured on one thread of: {where}.", "", END])


def write(laws: Sequence[Law], told: Mapping[str, object]) -> None:
    """Rewrite the table of the document, and nothing else in it."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    DOCUMENT.write_text(before + document(laws, told) + rest.split(END)[1], encoding="utf-8")


def written() -> dict[str, float]:
    """The laws that the document tells in calibrations, by name."""
    table = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| ")
    ]
    return {row[0]: float(row[2].split()[0]) for row in rows[1:] if row[2]}


def main(given: Sequence[str]) -> int:
    """Measure all laws, print them, and write the document if asked."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks laws", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"rewrite the table of {DOCUMENT.relative_to(ROOT)}")
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes: to see that it works; its numbers mean nothing"
    )
    asked = parser.parse_args(given)
    if asked.write and asked.quick:
        parser.error("--quick measures nothing that should be written")
    console, told = Console(width=200), machine()
    laws: list[Law] = []
    for law in measured(Setting((), asked.quick)):
        laws.append(law)
        console.print(law.line, f"growth {law.growth:.2f}", markup=False)
    if asked.write:
        write(laws, told)
    return 0
