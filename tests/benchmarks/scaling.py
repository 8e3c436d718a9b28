"""The whole way at growing numbers of rows: what one more row costs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tests.benchmarks.figures import Figure, Spread, compare, shown
from tests.benchmarks.setting import Setting

NAME = "scaling"
STAGES = ("read", "compile", "optimize", "write")


def figures(setting: Setting) -> Iterator[Figure]:
    """Cost a row, against the cost a row at a tenth of the rows: above 1 it would grow faster than the rows."""
    most = max(setting.rows)
    sizes = sorted({max(10, most // 100), max(10, most // 10), most})
    paths = {rows: str(setting.workbook(rows)) for rows in sizes}
    taken: dict[int, list[dict[str, float]]] = {rows: [] for rows in sizes}
    for _ in range(setting.rounds(2)):
        for rows, path in paths.items():
            taken[rows].append(setting.measure("whole_way", path=path, sheet="nnet"))
    for fewer, rows in pairwise(sizes):
        for stage in STAGES:
            total = shown(Spread.of(one[stage] for one in taken[rows]).median, "s")
            spent = {size: [one[stage] for one in taken[size]] for size in (rows, fewer)}
            yield _growth(stage, spent, f"{total} in all")
        if not setting.quick:  # in one process there is one peak
            above = {
                size: [(one["peak_mib"] - one["imported_mib"]) * 1024 for one in taken[size]] for size in (rows, fewer)
            }
            peak = shown(Spread.of(one["peak_mib"] for one in taken[rows]).median, "MiB")
            yield _growth("memory", above, f"above that of the imports; peak {peak}", unit="KiB")


def _growth(what: str, taken: dict[int, list[float]], note: str, unit: str = "s") -> Figure:
    """Cost a row at the first size of `taken` against the second."""
    (rows, more), (fewer, less) = ((size, [cost / size for cost in costs]) for size, costs in taken.items())
    name, peer = f"{what}, a row of {rows:,}", f"a row of {fewer:,}"
    return compare(NAME, name, more, peer, less, unit=unit, target=1.0, note=note)
