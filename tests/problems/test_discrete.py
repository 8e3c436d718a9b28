"""Workbooks with whole numbers, permutations and jumps, optimised without options, end at their optima."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.problems.discrete import LONG, PROBLEMS
from tests.problems.known import Known

import cellgrad


def check(known: Known, path: Path) -> None:
    book = cellgrad.open(known.write(path / "problem.xlsx"))
    solution = book.model("model").optimize()
    assert solution.status.found, solution.message
    assert solution.violation <= 1e-6
    assert solution.value == pytest.approx(known.optimum, abs=1e-8 * max(1.0, abs(known.optimum))), solution.status.word
    if known.x is not None:
        np.testing.assert_allclose(solution.x, known.x, atol=1e-6)


@pytest.mark.parametrize("known", PROBLEMS.values(), ids=PROBLEMS)
def test_the_optimum_is_found(known: Known, tmp_path: Path) -> None:
    check(known, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("known", LONG.values(), ids=LONG)
def test_the_optimum_of_a_long_one_is_found(known: Known, tmp_path: Path) -> None:
    check(known, tmp_path)
