"""NIST's nonlinear regressions, the way a user goes: open the workbook, optimise the model saved in it, no options."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.problems import nist

QUICK = [
    ("BoxBOD", "start1"), ("DanWood", "start2"), ("Eckerle4", "start1"), ("MGH10", "start1"), ("Misra1c", "start1"),
    ("Nelson", "start1"),
]  # fmt: skip
"""The hardest from the far start, and one of every kind of formula."""
REST = [(name, start) for name in nist.DATASETS for start in nist.STARTS if (name, start) not in QUICK]

LEAST = 9.0


def test_there_are_27():
    assert len(nist.DATASETS) == 27


@pytest.mark.parametrize(("name", "start"), QUICK)
def test_certified_parameters(name: str, start: str, tmp_path: Path) -> None:
    assert nist.solve(name, start, tmp_path).digits >= LEAST


@pytest.mark.slow
@pytest.mark.parametrize(("name", "start"), REST)
def test_certified_parameters_of_the_others(name: str, start: str, tmp_path: Path) -> None:
    minimum, _, _ = nist.written_minimum()
    assert nist.solve(name, start, tmp_path).digits >= max(LEAST, minimum - 0.5)


def test_the_table_tells_the_minimum(tmp_path: Path) -> None:
    """Stale where the worst run does no longer end as the table says: run ``python -m tests.problems.nist``."""
    minimum, name, start = nist.written_minimum()
    assert nist.solve(name, start, tmp_path).digits == pytest.approx(minimum, abs=0.5)
    text = nist.README.read_text(encoding="utf-8")
    assert all(f"| {name} |" in text for name in nist.DATASETS)
