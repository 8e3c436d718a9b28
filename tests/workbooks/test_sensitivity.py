"""workbooks/sensitivity.xlsx: the plan, its slopes, its saved model, and where Optimize ends."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from scipy.optimize import minimize
from tests.workbooks import lesson_checks as checks

import cellgrad
from cellgrad.lessons.sensitivity.plan import ASSUMPTIONS, BEST
from cellgrad.lessons.sensitivity.tornado import SORTED_AT

WORKBOOK = Path(__file__).parents[2] / "workbooks" / "sensitivity.xlsx"
NAMES = [assumption.name for assumption in ASSUMPTIONS]


@pytest.fixture(scope="module")
def formulas():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return openpyxl.load_workbook(WORKBOOK)


@pytest.fixture(scope="module")
def values():
    return openpyxl.load_workbook(WORKBOOK, data_only=True)


def plan(**changed: float) -> dict[str, np.ndarray | float]:
    """The plan written once more, in numpy: lines of the years 1 to 5 and the net present value."""
    a = {assumption.name: assumption.value for assumption in ASSUMPTIONS} | changed
    n = np.arange(5)
    units = a["base_units"] * (a["price"] / a["usual_price"]) ** -a["elasticity"]
    units = units * (a["advertising"] / a["usual_advertising"]) ** a["response"] * (1 + a["unit_growth"]) ** n
    profit = units * (a["price"] * (1 + a["price_rise"]) ** n - a["unit_cost"] * (1 + a["cost_rise"]) ** n)
    profit = profit - a["fixed_costs"] * (1 + a["cost_rise"]) ** n - a["advertising"] - a["investment"] / 5
    cash = profit - a["tax_rate"] * np.maximum(0, profit) + a["investment"] / 5
    value = float((cash / (1 + a["discount_rate"]) ** (n + 1)).sum() - a["investment"])
    return {"units": units, "profit": profit, "cash": cash, "so far": cash.cumsum() - a["investment"], "value": value}


def row(values, region: str) -> list[float]:
    return [cell.value for cell in values["plan"][region][0]]


def test_the_plan_is_what_numpy_makes_of_its_assumptions(values):
    expected = plan()
    for line, region in {"units": "H6:L6", "profit": "H12:L12", "cash": "H14:L14", "so far": "H15:L15"}.items():
        np.testing.assert_allclose(row(values, region), expected[line], rtol=1e-12)
    assert values["plan"]["L18"].value == pytest.approx(expected["value"], rel=1e-12)
    assert values["plan"]["L19"].value == pytest.approx(expected["value"], rel=1e-12)
    assert values["what_if"]["AB5"].value == pytest.approx(expected["value"], rel=1e-12)


def test_hand_written_slopes_are_cellgrads_and_near_the_differences(values):
    """By automatic differentiation of L18 by each assumption; the differences are second order in a step of 1 %."""
    model = cellgrad.open(WORKBOOK).model("plan", objective="L18", changing="B5:B19")
    gradient = model.value_and_gradient(model.x0)[1]
    by_hand = [values["tornado"].cell(at, 3).value for at in range(5, 20)]
    np.testing.assert_allclose(by_hand, gradient, rtol=1e-11)
    differences = [values["tornado"].cell(at, 4).value for at in range(5, 20)]
    np.testing.assert_allclose(by_hand, differences, rtol=1e-3)
    apart = [values["tornado"].cell(at, 5).value for at in range(5, 20)]
    assert max(apart) == pytest.approx(4.2e-4, rel=0.1), "what the sheet shows of them"


@pytest.mark.parametrize("place", range(len(ASSUMPTIONS)), ids=NAMES)
def test_full_swings(values, place):
    assumption = ASSUMPTIONS[place]
    sheet, at = values["tornado"], 5 + place
    for column, sign in ((8, -1), (9, 1)):
        shifted = plan(**{assumption.name: assumption.value + sign * assumption.swing})["value"]
        assert sheet.cell(at, column).value == pytest.approx(shifted - plan()["value"], rel=1e-9)


def test_the_tornado_is_sorted_and_each_bar_that_of_its_assumption(values):
    sheet = values["tornado"]
    size = {sheet.cell(at, 1).value: sheet.cell(at, 10).value for at in range(5, 20)}
    listed = [sheet.cell(at, 1).value for at in range(SORTED_AT + 1, SORTED_AT + 16)]
    assert listed == sorted(size, key=size.__getitem__, reverse=True)
    for at, label in enumerate(listed, start=SORTED_AT + 1):
        assert abs(sheet.cell(at, 4).value) == size[label] == abs(sheet.cell(at, 3).value)


def test_saved_model(formulas):
    names = {name: defined.attr_text for name, defined in formulas["plan"].defined_names.items()}
    assert (names["solver_opt"], names["solver_adj"], names["solver_typ"]) == ("plan!$L$18", "plan!$B$5:$B$6", "1")
    lines = [[names[f"solver_{part}{n}"] for part in ("lhs", "rel", "rhs")] for n in range(1, 7)]
    assert lines == [
        ["plan!$H$6:$L$6", "1", "plan!$D$23"], ["plan!$B$5", "1", "plan!$D$24"], ["plan!$B$5", "3", "plan!$D$25"],
        ["plan!$B$6", "1", "plan!$D$26"], ["plan!$B$6", "3", "plan!$D$27"], ["plan!$J$15", "3", "plan!$D$28"],
    ]  # fmt: skip


def test_optimize_reaches_what_the_sheet_says_and_what_scipy_finds(values):
    said = {values["plan"].cell(at, 1).value: values["plan"].cell(at, 2).value for at in range(41, 44)}
    assert said == {f"{name}, €": value for name, value in BEST.items()}

    def capacity_left(z: np.ndarray) -> float:
        return 1 - plan(price=z[0] * 40, advertising=z[1] * 60_000)["units"].max() / 34_000

    theirs = minimize(
        lambda z: -plan(price=z[0] * 40, advertising=z[1] * 60_000)["value"] / 1e5, [1, 1], method="SLSQP",
        constraints={"type": "ineq", "fun": capacity_left}, options={"ftol": 1e-14},
    )  # fmt: skip
    assert abs(capacity_left(theirs.x)) < 1e-6, "the workshop is full"
    assert -theirs.fun * 1e5 == pytest.approx(BEST["net present value"], rel=1e-8)
    solution = cellgrad.open(WORKBOOK).model("plan").optimize()
    assert solution.value == pytest.approx(BEST["net present value"], rel=1e-9)
    assert solution.x == pytest.approx([BEST["price"], BEST["advertising"]], rel=1e-5)


def test_gradients_agree_with_central_differences():
    model = cellgrad.open(WORKBOOK).model("plan")
    for point in ([40, 60_000], [30, 30_000], [47, 110_000]):
        assert model.check(np.array(point, float)).max_relative_error < 1e-6


def test_names_notes_charts_panes_and_print(formulas):
    for at, name in enumerate(NAMES, start=5):
        assert formulas.defined_names[name].attr_text == f"plan!$B${at}"
    assert formulas.defined_names["net_present_value"].attr_text == "plan!$L$18"
    assert [len(sheet._charts) for sheet in formulas] == [2, 2, 0]
    for sheet in formulas:
        assert sheet.freeze_panes in ("B5", "C5") and sheet.print_area and sheet.page_setup.orientation == "landscape"
    noted = {(s.title, c.coordinate) for s in formulas for line in s.iter_rows() for c in line if c.comment}
    assert {("plan", "A4"), ("plan", "L18"), ("plan", "A22"), ("tornado", "C4"), ("what_if", "C3")} <= noted
    assert "Gradient map" in formulas["tornado"].cell(SORTED_AT + 17, 1).value


def test_a_larger_workshop_is_worth_something(tmp_path):
    """What the note on the limits and the box ask for; the value by numpy at the decisions found."""
    solution = cellgrad.open(checks.typed_over(WORKBOOK, tmp_path, {"plan!D23": 40_000})).model("plan").optimize()
    assert solution.value > BEST["net present value"] + 1000 and solution.x[0] < BEST["price"]
    there = plan(price=solution.x[0], advertising=solution.x[1])
    assert there["value"] == pytest.approx(solution.value, rel=1e-9) and there["units"].max() < 40_000 * (1 + 1e-6)
