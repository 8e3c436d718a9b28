"""Constraints at the answer: both sides, slack, and whether they bind."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from tests.reports.product_mix import INFEASIBLE, SHEET, SOLUTION, run, workbook

from cellgrad.address import parse_region
from cellgrad.optimize.constraint_cells import ConstraintCell, Standing
from cellgrad.reports.contents import constraint_lines

BINDING, FREE, VIOLATED = Standing.BINDING, Standing.NOT_BINDING, Standing.VIOLATED
CELL = parse_region("E11", SHEET)


def cell(symbol: str, limit: float = math.nan, **more: object) -> ConstraintCell:
    return ConstraintCell(CELL, symbol, limit=limit, **more)  # type: ignore[arg-type]


# symbol, limit, value -> standing, slack
SLACKS = [
    ("<=", 5.0, 3.0, FREE, 2.0),
    ("<=", 5.0, 5.0, BINDING, 0.0),
    ("<=", 5.0, 5.000004, BINDING, -0.000004),  # 1e-6 of the limit
    ("<=", 5.0, 5.1, VIOLATED, -0.1),
    (">=", 5.0, 7.0, FREE, 2.0),
    (">=", 5.0, 4.0, VIOLATED, -1.0),
    (">=", -1e6, -1e6 - 0.5, BINDING, -0.5),  # 5e-7 of the limit
    ("=", 5.0, 5.0, BINDING, 0.0),
    ("=", 5.0, 4.0, VIOLATED, -1.0),
    ("<=", 5.0, math.nan, VIOLATED, math.nan),  # an error
]


@pytest.mark.parametrize(("symbol", "limit", "value", "standing", "slack"), SLACKS)
def test_slack_and_standing(symbol: str, limit: float, value: float, standing: Standing, slack: float) -> None:
    constraint = cell(symbol, limit)
    assert constraint.standing(value) is standing
    assert constraint.slack(value) == pytest.approx(slack, nan_ok=True)


DISCRETE = [
    ("int", 3.0, BINDING), ("int", 2.9999999, BINDING), ("int", 2.5, VIOLATED), ("bin", 1.0, BINDING),
    ("bin", 2.0, VIOLATED), ("bin", -1.0, VIOLATED), ("dif", 4.0, BINDING), ("int", math.nan, VIOLATED),
]  # fmt: skip


@pytest.mark.parametrize(("symbol", "value", "standing"), DISCRETE)
def test_whole_numbers_hold_or_do_not(symbol: str, value: float, standing: Standing) -> None:
    assert cell(symbol).standing(value) is standing


# constraint, lefts known besides the rows -> formula, value, limit, standing; the rows are those of the answer
LINES = [
    (ConstraintCell(CELL, "<=", "450", 450.0, row=0), {}, ("E11 <= 450", 400, 450, FREE)),
    (ConstraintCell(CELL, "<=", f"'{SHEET}'!$F$11", 450.0, row=0), {}, ("E11 <= F11 (450)", 400, 450, FREE)),
    (ConstraintCell(CELL, ">=", "Other!$F$11", 400.0, row=0), {}, ("E11 >= Other!F11 (400)", 400, 400, BINDING)),
    # the row is left - right: with the left side known, the right one is 1000 - 400
    (ConstraintCell(CELL, ">=", f"'{SHEET}'!$C$2", 9.0, row=0, moving=True), {CELL: 1000.0},
     ("E11 >= C2 (600)", 1000, 600, FREE)),
    (ConstraintCell(CELL, ">=", f"'{SHEET}'!$C$2", 9.0, row=0, moving=True), {}, ("E11 - C2 >= 0", 400, 0, FREE)),
    (ConstraintCell(parse_region("C2", SHEET), "<=", "200", 200.0, place=1), {}, ("C2 <= 200", 200, 200, BINDING)),
    (ConstraintCell(parse_region("B2", SHEET), "int", "", place=0), {}, ("B2 = whole", 200, math.nan, BINDING)),
    (ConstraintCell(CELL, "<=", "3", 3.0, constant=2.0), {}, ("E11 <= 3", 2, 3, FREE)),
]  # fmt: skip


@pytest.mark.parametrize(("constraint", "lefts", "expected"), LINES, ids=[row[2][0] for row in LINES])
def test_both_sides_at_the_answer(constraint, lefts, expected) -> None:
    found = run(constraints=(constraint,), lefts=lefts)
    (line,) = constraint_lines(found, workbook())
    told = line.formula, line.value, line.limit, line.standing
    assert told == (expected[0], expected[1], pytest.approx(expected[2], nan_ok=True), expected[3])


def test_names_are_those_of_solvers_reports() -> None:
    assert [line.name for line in constraint_lines(run(), workbook())] == [
        "Chassis used", "Picture tube used", "Speaker cone used", "Power supply used", "Electronics used",
    ]  # fmt: skip


# the values of a group of two that must be 1 and 2
GROUPS = [([1, 2], BINDING), ([2, 1], BINDING), ([1, 1], VIOLATED), ([2, 3], VIOLATED), ([1.5, 2], VIOLATED)]


@pytest.mark.parametrize(("values", "standing"), GROUPS)
def test_all_different_is_a_matter_of_the_group(values: list[float], standing: Standing) -> None:
    x = np.array([*values, 0.0])
    made = run(dataclasses.replace(SOLUTION, x=x))
    different = dataclasses.replace(made.conditions, different=(np.array([0, 1]),))
    asked = tuple(ConstraintCell(made.cells[place], "dif", place=place) for place in (0, 1))
    lines = constraint_lines(dataclasses.replace(made, conditions=different, constraints=asked), workbook())
    assert [(line.formula, line.standing) for line in lines] == [
        ("B2 are all different", standing), ("C2 are all different", standing)
    ]  # fmt: skip


def test_those_in_conflict_are_marked() -> None:
    lines = constraint_lines(run(INFEASIBLE), workbook())
    assert [line.in_conflict for line in lines] == [True, False, True, False, False]
    assert [line.standing for line in lines] == [VIOLATED, FREE, BINDING, FREE, BINDING]


def test_of_two_on_one_row_the_one_that_asks_for_more_is_in_conflict() -> None:
    looser = ConstraintCell(CELL, "<=", "900", 900.0, row=0)
    assert [line.in_conflict for line in constraint_lines(run(INFEASIBLE, looser), workbook())][::5] == [True, False]


def test_before_a_run_only_what_is_known_is_told() -> None:
    first = run().constraints[0]
    assert constraint_lines(run(None), workbook()) == []
    (line,) = constraint_lines(run(None, lefts={first.left: 100.0}), workbook())
    assert (line.value, line.slack) == (100, 350)
