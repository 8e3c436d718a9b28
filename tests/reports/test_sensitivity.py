"""The sensitivity report: the printed one of a textbook's linear programme, by hand and by the engine; slopes else."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from tests.reports.product_mix import CELLS, INFEASIBLE, ROWS, SHEET, SOLUTION, run, saved, workbook

from cellgrad.address import parse_region
from cellgrad.optimize.constraint_cells import ConstraintCell
from cellgrad.optimize.solution import Multipliers
from cellgrad.reports.contents import Run, run_of
from cellgrad.reports.every import write_reports
from cellgrad.reports.sensitivity import SensitivityReport, why_not

CELL_HEADERS = ["name", "final value", "reduced cost", "objective coefficient", "allowable increase",
                "allowable decrease"]  # fmt: skip
ROW_HEADERS = ["name", "final value", "shadow price", "constraint R.H. side", "allowable increase",
               "allowable decrease"]  # fmt: skip


@pytest.fixture(scope="module")
def by_the_engine() -> Run:
    model = saved().model(SHEET)
    model.optimize()
    return run_of(model)


@pytest.mark.parametrize("whose", ["by hand", "by the engine"])
def test_the_textbooks_report(whose: str, by_the_engine: Run) -> None:
    report = SensitivityReport.of(run() if whose == "by hand" else by_the_engine, workbook())
    assert report.linear
    cells, rows = report.frame(), report.constraints_frame()
    assert (list(cells), list(rows)) == (CELL_HEADERS, ROW_HEADERS)
    for frame, expected in ((cells, CELLS), (rows, ROWS)):
        assert list(frame.index) == [f"'{SHEET}'!{cell}" for cell in expected]
        np.testing.assert_allclose(frame.to_numpy()[:, 1:].astype(float), list(expected.values()), atol=1e-9)


def cells_below(page: Worksheet, heading: str, count: int) -> list[list[object]]:
    """So many rows of the table under a heading."""
    (top,) = [row[0].row for row in page.iter_rows(max_col=1) if row[0].value == heading]
    return [[cell.value for cell in row] for row in page.iter_rows(top + 2, top + 1 + count, 1, 7)]


def test_the_sheet_writes_what_has_no_end_as_solver_does(tmp_path: Path) -> None:
    write_reports(tmp_path / "r.xlsx", ["sensitivity"], [run()], workbook(), "mix.xlsx")
    page = openpyxl.load_workbook(tmp_path / "r.xlsx")["sensitivity"]
    found = cells_below(page, "3 changing cells", 3), cells_below(page, "5 constraints", 5)
    for rows, expected in zip(found, (CELLS, ROWS), strict=True):
        endless = [[1e30 if value == math.inf else value for value in row] for row in expected.values()]
        assert [row[2:] for row in rows] == endless
    notes = {row[0].value: row[1].value for row in page.iter_rows() if row[0].value}
    assert notes["1E+30"] == "no limit: as far as you like"
    for header in (*CELL_HEADERS[2:], *ROW_HEADERS[2:]):
        assert len(notes[header]) > 20, "each column is explained"


def test_json_is_finite() -> None:
    told = SensitivityReport.of(run(), workbook()).answer()
    again = json.loads(json.dumps(told, allow_nan=False))
    assert again["changing"][2] == {
        "cell": "'Product mix'!D2", "name": "Number to build Speaker", "value": 0, "reduced": -2.5, "coefficient": 35,
        "allowable_increase": 2.5, "allowable_decrease": 1e30,
    }  # fmt: skip
    assert again["constraints"][2] == {
        "cell": "'Product mix'!E13", "name": "Speaker cone used", "value": 800, "limit": 800, "multiplier": 12.5,
        "allowable_increase": 100, "allowable_decrease": 100,
    }  # fmt: skip


def test_the_free_side_of_a_row_with_two_has_its_slack() -> None:
    """E13 is at 800, its upper limit, and 100 above a lower one of 700, which may fall for ever."""
    lower = ConstraintCell(parse_region("E13", SHEET), ">=", "700", 700.0, row=2)
    last = SensitivityReport.of(run(SOLUTION, lower), workbook()).rows[-1]
    assert (last.multiplier, last.limit, last.increase, last.decrease) == (0, 700, 100, math.inf)


def test_a_limit_that_moves_is_told_as_the_difference() -> None:
    moving = ConstraintCell(parse_region("E13", SHEET), "<=", "C2", 1.0, row=2, moving=True)
    solution = dataclasses.replace(SOLUTION, rows=np.array([400.0, 200.0, 0.0, 400.0, 600.0]))
    made = run(solution, constraints=(moving,), lefts={moving.left: 800.0})
    (line,) = SensitivityReport.of(made, workbook()).rows
    assert (line.value, line.limit, line.multiplier) == (0, 0, 12.5)


def test_without_ranges_it_tells_slopes() -> None:
    solution = dataclasses.replace(SOLUTION, ranges=None)
    report = SensitivityReport.of(run(solution), workbook())
    assert list(report.frame()) == ["name", "final value", "reduced gradient"]
    assert list(report.constraints_frame()) == ["name", "final value", "Lagrange multiplier"]
    assert report.constraints_frame()["Lagrange multiplier"].tolist() == [0, 0, 12.5, 0, 25]


def test_without_rows_the_reduced_gradients_are_the_gradient() -> None:
    solution = dataclasses.replace(SOLUTION, ranges=None, multipliers=None)
    report = SensitivityReport.of(run(solution, constraints=()), workbook())
    assert report.frame()["reduced gradient"].tolist() == [75, 50, 35]


WHOLE = ConstraintCell(parse_region("B2", SHEET), "int", place=0)
REFUSED = [
    (run(None), "no run yet"),
    (run(INFEASIBLE), "infeasible"),
    (run(dataclasses.replace(SOLUTION, multipliers=None, ranges=None), WHOLE), "whole numbers"),
    (run(dataclasses.replace(SOLUTION, multipliers=None, ranges=None)), "tells no multipliers"),
    (run(), ""),
    (run(dataclasses.replace(SOLUTION, multipliers=Multipliers(np.zeros(5), np.zeros(3))), WHOLE), ""),
]


@pytest.mark.parametrize(("made", "words"), REFUSED, ids=[words or "there is one" for _, words in REFUSED])
def test_where_there_is_none_it_says_why(made: Run, words: str) -> None:
    assert words in why_not(made)
    assert bool(words) == bool(why_not(made))
