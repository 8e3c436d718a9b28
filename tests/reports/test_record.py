"""The record of a run: everything that a solution knows there and back, and records of other versions."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.reports.product_mix import INFEASIBLE, SHEET, SOLUTION, saved
from tests.sheets import book_of

from cellgrad.optimize.solution import Basin, Solution, StartOutcome, Status
from cellgrad.reports.record import read_record, record_of, solution_read, solution_told
from cellgrad.session import Book

RICH = dataclasses.replace(
    SOLUTION,
    basins=[Basin(0.5, 3, np.array([1.0, 2.0, 3.0]), 0), Basin(0.75, 1, np.array([4.0, 5.0, 6.0]), 7)],
    starts=[StartOutcome(math.nan, Status.ERROR_VALUE, 0), StartOutcome(0.5, Status.OPTIMAL, 9)],
    gap=0.01,
    best_start=1,
    places=(2,),
)
SOLUTIONS = {"linear": SOLUTION, "rich": RICH, "infeasible": INFEASIBLE}


def plain(value: Any) -> Any:
    """A value that can be compared: arrays as lists, NaN as a word."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return "nan" if isinstance(value, float) and math.isnan(value) else value


@pytest.mark.parametrize("solution", SOLUTIONS.values(), ids=SOLUTIONS)
def test_a_solution_there_and_back(solution: Solution) -> None:
    again = solution_read(json.loads(json.dumps(solution_told(solution))))
    assert plain(again) == plain(solution)
    for field in dataclasses.fields(Solution):
        assert type(getattr(again, field.name)) is type(getattr(solution, field.name)), field.name


NEW = (
    "rows",
    "basins",
    "violation",
    "start_violation",
    "multipliers",
    "ranges",
    "conflict",
    "gap",
    "warnings",
    "places",
)


def test_a_record_from_before_there_were_constraints_is_read() -> None:
    told = {name: value for name, value in solution_told(SOLUTION).items() if name not in NEW}
    again = solution_read(told)
    assert (again.value, again.status, again.rows.size, again.multipliers) == (25000, Status.OPTIMAL, 0, None)
    assert (again.basins, again.conflict, again.gap, again.warnings, again.violation) == ([], None, None, (), 0)


def test_what_only_a_later_version_knows_is_left_out() -> None:
    assert solution_read(solution_told(SOLUTION) | {"mood": "bright"}).value == 25000


BROKEN = ["", "no json", "[]", "3", "{}", '{"solution": {}}', '{"solution": 3}',
          json.dumps({"solution": {"status": "SUPERB"}})]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_record_is_none(text: str) -> None:
    assert read_record(text) is None


def test_the_saved_model_is_found_again_with_its_constraints() -> None:
    model = saved().model(SHEET)
    record = read_record(record_of(model, model.optimize()))
    assert record is not None
    again = record.model(saved())
    assert [str(one) for one in again.constraints] == [str(one) for one in model.constraints]
    assert len(again.constraints) == len(record.solution.rows) == 5


def test_a_saved_model_that_has_been_changed_since_is_not_taken_for_it() -> None:
    model = saved().model(SHEET)
    record = read_record(record_of(model, model.optimize()))
    assert record is not None
    other = saved()
    other.saved[SHEET] = dataclasses.replace(other.saved[SHEET], changing=f"'{SHEET}'!$B$2:$C$2")
    again = record.model(other)
    assert (len(again.x0), again.constraints) == (3, [])


def test_a_model_without_an_objective_has_a_record() -> None:
    book = Book(Path("b.xlsx"), book_of({"S": {"A1": 1.0, "B1": "=A1*2"}}))
    model = book.model("S", changing="A1", subject_to=["B1>=6"])
    record = read_record(record_of(model, SOLUTION))
    assert record is not None
    assert (record.objective, record.changing, record.saved) == ("", ["S!A1"], False)
