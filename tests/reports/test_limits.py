"""The limits report: how far each changing cell alone may move from an answer."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import torch
from tests.optimize.objectives import Constrained
from tests.reports.product_mix import INFEASIBLE, SHEET, SOLUTION, run, saved

from cellgrad.address import parse_region
from cellgrad.optimize.cell_limits import cell_limits
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.constraint_cells import ConstraintCell
from cellgrad.reports.contents import Run, run_of
from cellgrad.reports.every import answers, write_reports
from cellgrad.reports.limits import LimitsReport, why_not

INF, NAN = math.inf, math.nan
Function = Callable[[torch.Tensor], torch.Tensor]


def product(X: torch.Tensor) -> torch.Tensor:
    return X[:, 0] * X[:, 1]


# x y at (3, 4): the row, its limits, the bounds -> by hand, (lower, upper) of x and of y
ROWS = [
    ("a circle of 5", lambda X: X.square().sum(1, keepdim=True), -INF, 25, (-INF, INF), [(-3, 3), (-4, 4)]),
    ("a circle of 5 above 0", lambda X: X.square().sum(1, keepdim=True), -INF, 25, (0, INF), [(0, 3), (0, 4)]),
    ("a line", lambda X: X.sum(1, keepdim=True), 1, INF, (-INF, INF), [(-3, INF), (-2, INF)]),
    ("a strip", lambda X: X.sum(1, keepdim=True), 1, 8, (-INF, INF), [(-3, 4), (-2, 5)]),
    ("an equality", lambda X: X.sum(1, keepdim=True), 7, 7, (-INF, INF), [(3, 3), (4, 4)]),
    ("a root, an error below 0", lambda X: X.sqrt().sum(1, keepdim=True), -INF, 10, (-INF, INF),
     [(0, 64), (0, (10 - 3**0.5) ** 2)]),
    ("far bounds", lambda X: X.sum(1, keepdim=True), -INF, 1e9, (-1e7, INF), [(-1e7, 1e9 - 4), (-1e7, 1e9 - 3)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rows", "low", "high", "bounds", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_edges_by_hand(name: str, rows: Function, low, high, bounds, expected) -> None:
    conditions = Conditions(*(np.full(2, bound, float) for bound in bounds), np.array([low]), np.array([high]))
    x = np.array([3.0, 4.0])
    found = cell_limits(Constrained(product, rows, 2, 1), conditions, x)
    np.testing.assert_allclose(found.lower, [low for low, _ in expected], rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(found.upper, [high for _, high in expected], rtol=1e-9, atol=1e-10)
    others = x[::-1]
    for limit, value in ((found.lower, found.at_lower), (found.upper, found.at_upper)):
        np.testing.assert_allclose(value, np.where(np.isfinite(limit), limit * others, NAN), rtol=1e-9, atol=1e-9)


def test_without_rows_the_bounds_are_the_limits() -> None:
    conditions = Conditions(np.array([0.0, -INF]), np.array([INF, 9.0]))
    system = Constrained(product, lambda X: X[:, :0], 2, 0)
    found = cell_limits(system, conditions, np.array([3.0, 4.0]))
    assert (found.lower.tolist(), found.upper.tolist()) == ([0, -INF], [INF, 9])
    np.testing.assert_array_equal(found.at_upper, [NAN, 27])


# by hand: the speaker cones are all used, so none can grow; each falls to its bound of 0
PRODUCT_MIX = {"B2": (0, 10_000, 200, 25_000), "C2": (0, 15_000, 200, 25_000), "D2": (0, 25_000, 0, 25_000)}


def test_the_product_mix(tmp_path: Path) -> None:
    book = saved()
    model = book.model(SHEET)
    model.optimize()
    made = run_of(model)
    frame = LimitsReport.of(made, book.workbook).frame()
    assert list(frame) == ["name", "value", "lower limit", "objective at lower", "upper limit", "objective at upper"]
    np.testing.assert_allclose(frame.iloc[:, 2:].astype(float), list(PRODUCT_MIX.values()), atol=1e-6)
    write_reports(tmp_path / "r.xlsx", ["limits"], [made], book.workbook, "mix.xlsx")
    page = openpyxl.load_workbook(tmp_path / "r.xlsx")["limits"]
    rows = {str(row[0].value): [cell.value for cell in row[3:7]] for row in page.iter_rows(max_col=7)}
    for cell, expected in PRODUCT_MIX.items():
        assert rows[f"'{SHEET}'!{cell}"] == pytest.approx(expected, abs=1e-6)
    (told,) = answers(["limits"], made, book.workbook)
    assert told["changing"][0]["at_lower"] == pytest.approx(10_000)
    json.dumps(told, allow_nan=False)


SYSTEM = Constrained(product, lambda X: X, 3, 5)
REFUSED = [
    (run(None), "no run yet"),
    (run(), "not at hand"),
    (run(INFEASIBLE, system=SYSTEM), "infeasible"),
    (run(SOLUTION, ConstraintCell(parse_region("B2", SHEET), "int", place=0), system=SYSTEM), "whole numbers"),
    (run(system=SYSTEM, conditions=Conditions.none(3)), "nothing limits"),
    (run(system=SYSTEM, cells=run().cells * 100), "more than 200"),
    (dataclasses.replace(run(), system=SYSTEM), ""),
]


@pytest.mark.parametrize(("made", "words"), REFUSED, ids=[words or "there is one" for _, words in REFUSED])
def test_where_there_is_none_it_says_why(made: Run, words: str) -> None:
    assert words in why_not(made)
    assert bool(words) == bool(why_not(made))
