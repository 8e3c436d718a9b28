"""Problems of More, Garbow and Hillstrom, the way a user goes: open the workbook, optimise its model, no options."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.problems.more_garbow_hillstrom import PROBLEMS

import cellgrad


@pytest.mark.parametrize("name", PROBLEMS)
def test_published_minimum(name: str, tmp_path: Path) -> None:
    problem = PROBLEMS[name]
    known = problem.known
    solution = cellgrad.open(known.write(tmp_path / "problem.xlsx")).model("model").optimize()
    near = 1e-8 * max(1.0, abs(known.optimum))
    assert min(abs(solution.value - minimum) for minimum in (known.optimum, *problem.others)) <= near
    assert solution.status.found
