"""What the worker makes of saved models with constraints, and what somebody in front of the sheet reads of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.problems.known import Known

from cellgrad.live_run import in_words, refused_in_words
from cellgrad.session import open_book
from cellgrad.worker.job import Answer, Job
from cellgrad.worker.work import check, run

PLAN = {"A1": 0, "A2": 0, "B1": "=45*A1+80*A2", "B2": "=3*A1+5*A2", "B3": "=5*A1+20*A2"}
"""Chairs and tables: profit, hours and wood."""
LIMITS = (("B2", "<=", "301"), ("B3", "<=", "1003"))


def answer_of(tmp_path: Path, problem: Known) -> tuple[Answer, list[str]]:
    """The answer to the saved model of a workbook, and what Check model says of it."""
    workbook = open_book(problem.write(tmp_path / "book.xlsx")).workbook
    answer = run(Job(workbook, "book.xlsx", "model"), lambda advance: False)
    return answer, check(workbook, "book.xlsx", "model")


def plan(*constraints: tuple[str, str, str], objective: str = "B1") -> Known:
    """The plan with constraints."""
    return Known(PLAN, objective, "A1:A2", 0.0, "by hand", "max", constraints, non_negative=True)


@pytest.mark.parametrize(
    ("constraints", "value"),
    [
        (LIMITS, 33109 / 7),  # where both limits meet: A1 = 201/7, A2 = 1504/35
        ((*LIMITS, ("A1:A2", "int", "")), 4720.0),  # 32 chairs and 41 tables
    ],
)
def test_a_plan(tmp_path: Path, constraints: tuple[tuple[str, str, str], ...], value: float) -> None:
    answer, lines = answer_of(tmp_path, plan(*constraints))
    assert (answer.kept, answer.told) == (True, ())
    assert answer.value == pytest.approx(value, rel=1e-12)
    assert in_words(answer).startswith("Cellgrad: model!B1 from 0 to 47")
    assert "Its kind: linear." in lines


def test_what_cannot_hold_together_is_told(tmp_path: Path) -> None:
    answer, lines = answer_of(tmp_path, plan(*LIMITS, ("A1:A2", ">=", "100")))
    assert "4 constraints, cell by cell: not all hold at these values." in lines
    assert "  missed: model!A1 >= 100 (the cell is 0)." in lines
    assert (answer.kept, answer.status) == (False, "infeasible")
    assert len(answer.told) >= 2
    said = refused_in_words(answer)
    for line in answer.told:
        assert line.startswith("in conflict: model!") and line in said and line in in_words(answer)
    assert said.endswith("The changing cells hold their start values.")


def test_a_model_without_an_objective(tmp_path: Path) -> None:
    """3 a + 5 b = 301 and 5 a + 20 b = 1003 hold at one point alone."""
    answer, lines = answer_of(tmp_path, plan(("B2", "=", "301"), ("B3", "=", "1003"), objective=""))
    assert (answer.kept, answer.objective) == (True, None)
    assert answer.x == pytest.approx([201 / 7, 1504 / 35], rel=1e-9)
    assert in_words(answer).startswith("Cellgrad: a model without an objective by ")
    assert lines[0].startswith("The model has no objective")
