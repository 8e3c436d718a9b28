"""Problems of More, Garbow and Hillstrom, the way a user goes: open the workbook, optimise its model, no options."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.problems.more_garbow_hillstrom import PROBLEMS

import cellgrad


@pytest.mark.parametrize("name", PROBLEMS)
def test_published_minimum(name: str, tmp_path: Path) -> None:
    known = PROBLEMS[name].known
    solution = cellgrad.open(known.write(tmp_path / "problem.xlsx")).model("model").optimize()
    assert solution.value == pytest.approx(known.optimum, abs=1e-8 * max(1.0, abs(known.optimum)))
    assert solution.status.found


@pytest.mark.parametrize("name", [name for name, problem in PROBLEMS.items() if problem.others])
def test_the_standard_start_alone_ends_in_a_minimum_of_the_paper(name: str, tmp_path: Path) -> None:
    problem = PROBLEMS[name]
    book = cellgrad.open(problem.known.write(tmp_path / "problem.xlsx"))
    value = book.model("model").optimize(starts=1).value
    assert any(value == pytest.approx(other, abs=1e-8) for other in (problem.known.optimum, *problem.others))
