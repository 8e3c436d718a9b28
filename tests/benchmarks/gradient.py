"""One gradient against evaluations: what reverse mode costs, and what differences would cost instead."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.figures import Figure, compare, shown
from tests.benchmarks.setting import Setting

NAME = "gradient"
MANY, QUICK_MANY = 1_000_000, 10_000
SHAPES = {
    "column": "a column of parameters in one SUMXMY2",
    "formulas": "a column of parameters, two formulas filled down beside it",
    "matrix": "a square matrix of parameters in an MMULT",
}
PROMISED = 5.0
"""The most evaluations that a gradient may cost, however many cells it is by."""


def figures(setting: Setting) -> Iterator[Figure]:
    """Value and gradient with respect to a million changing cells, against one evaluation of the same program."""
    cells = QUICK_MANY if setting.quick else MANY
    for shape, words in SHAPES.items():
        found = setting.measure("million_cells", cells=cells, shape=shape, rounds=setting.rounds(15))
        note = f"compiled in {shown(found['compile'], 's')}, first gradient {shown(found['first'], 's')}"
        what = f"{found['cells']:,} changing cells, {words}: value and gradient"
        yield compare(NAME, what, found["gradient"], "one evaluation", found["evaluation"], target=PROMISED, note=note)
