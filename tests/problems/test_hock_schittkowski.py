"""Problems of Hock and Schittkowski as workbooks, optimised as they stand, end at the best published optimum."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.problems.hock_schittkowski import EXAMPLES, Example

import cellgrad

NAMES = [f"hs{example.number}" for example in EXAMPLES]


def check(example: Example, folder: Path, starts: int | None = None) -> None:
    model = cellgrad.open(example.known.write(folder / "problem.xlsx")).model("model")
    solution = model.optimize(starts=starts)
    assert solution.value == pytest.approx(example.optimum, abs=1e-8 * max(1.0, abs(example.optimum)))
    assert solution.violation <= 1e-9
    assert solution.status.found, solution.message


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_ends_at_the_published_optimum(example: Example, tmp_path: Path) -> None:
    check(example, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_a_cell_in_millionths_and_a_row_in_millions_change_nothing(example: Example, tmp_path: Path) -> None:
    # where a worse valley is nearer, other starts are drawn in other units: some more of them make up for the luck
    check(example.rescaled(), tmp_path, 24 if example.local else None)
