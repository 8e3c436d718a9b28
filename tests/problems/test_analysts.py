"""Workbooks as analysts save them, optimised with no options, end at optima computed in another way."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.problems.analysts import LONG, PROBLEMS

import cellgrad


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n in LONG else []) for n in PROBLEMS])
def test_the_optimum_is_found(name: str, tmp_path: Path) -> None:
    known = PROBLEMS[name]
    solution = cellgrad.open(known.write(tmp_path / "problem.xlsx")).model("model").optimize()
    assert solution.status.found, solution.message
    assert solution.violation <= 1e-8
    assert solution.value == pytest.approx(known.optimum, abs=1e-8 * max(1.0, abs(known.optimum))), solution.message
