"""What the six first lessons have in common: their models from the command line, their guards, their boxes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from tests.commands import run
from tests.workbooks import lesson_checks as checks


@dataclass(frozen=True)
class Model:
    """A saved model: file, sheet, what Solver says of it, the cell that states what is reached, and how nearly."""

    name: str
    sheet: str
    objective: str
    changing: str
    stated: str
    goal: str = "min"
    non_negative: bool = False
    within: float = 1e-9


MODELS = [
    Model("quadratic.xlsm", "quadratic", "B10", "quadratic!$D$5:$D$7", "quadratic!D10"),
    Model("learning-rate.xlsx", "rates", "E9", "rates!$B$9", "rates!E11", non_negative=True),
    Model("learning-rate.xlsx", "methods", "G7", "methods!$B$4:$B$6", "methods!I7", non_negative=True),
    Model("relu.xlsm", "ten", "F4", "ten!$B$7:$D$16,ten!$B$17", "ten!H4", within=0.2),  # its valleys are many
    Model("matmul.xlsx", "layer", "Q3", "layer!$G$5:$H$8", "layer!H10"),
    Model("three-classes.xlsx", "softmax", "P3", "softmax!$H$3:$L$5", "softmax!U5"),
    Model("sensitivity.xlsx", "plan", "L18", "plan!$B$5:$B$6", "plan!B41", goal="max", non_negative=True),
]
NAMES = sorted({model.name for model in MODELS})


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.name}-{model.sheet}")
def test_the_saved_models_are_solvers_own_names(model: Model) -> None:
    names = {name: one.attr_text for name, one in checks.opened(model.name)[model.sheet].defined_names.items()}
    column, row = model.objective[0], model.objective[1:]
    assert names["solver_opt"] == f"{model.sheet}!${column}${row}"
    assert names["solver_adj"] == model.changing
    assert names["solver_typ"] == {"max": "1", "min": "2"}[model.goal]
    assert names["solver_neg"] == ("1" if model.non_negative else "2")


@pytest.mark.parametrize("name", NAMES)
def test_no_other_sheet_has_a_model(name: str) -> None:
    """So that what is optimised when no sheet is named is what the list above says."""
    having = {sheet.title for sheet in checks.opened(name) if "solver_opt" in sheet.defined_names}
    assert having == {model.sheet for model in MODELS if model.name == name}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.name}-{model.sheet}")
def test_the_command_line_reaches_what_the_sheet_states(model: Model, tmp_path: Path) -> None:
    """Without any option but the sheet; what is saved shows the value reported."""
    out = tmp_path / f"out{Path(model.name).suffix}"
    ran = run("optimize", checks.WORKBOOKS / model.name, "--sheet", model.sheet, "--json", "--out", out)
    assert ran.code == 0, ran.err
    (answer,) = ran.json
    sheet, cell = model.stated.split("!")
    stated = checks.opened(model.name, data_only=True)[sheet][cell].value
    assert answer["status"] in ("optimal", "converged") and answer["goal"] == model.goal
    reached = answer["objective"]["after"]
    worse = stated - reached if model.goal == "max" else reached - stated
    assert worse <= model.within * abs(stated) + 1e-11
    saved = openpyxl.load_workbook(out, data_only=True)[model.sheet][model.objective].value
    assert saved == pytest.approx(reached, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.name}-{model.sheet}")
def test_gradients_checked_from_the_command_line(model: Model) -> None:
    ran = run("gradients", checks.WORKBOOKS / model.name, "--sheet", model.sheet, "--check", "--json")
    assert ran.code == 0, ran.err
    (answer,) = ran.json if isinstance(ran.json, list) else [ran.json]
    assert answer["max_relative_error"] < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_every_sheet_is_set_up(name: str) -> None:
    book = checks.opened(name)
    assert checks.not_set_up(book) == []
    assert [sheet.title for sheet in book if sheet["A1"].comment is None] == [], "a note on each title"


@pytest.mark.parametrize("name", NAMES)
def test_every_chart_and_axis_is_named(name: str) -> None:
    assert checks.charts(name) != [] and checks.unnamed_axes(name) == []


TO_TRY = {
    "quadratic.xlsm": {"quadratic": 4}, "learning-rate.xlsx": {"rates": 4}, "relu.xlsm": {"one": 3, "two": 3, "ten": 4},
    "matmul.xlsx": {"product": 4, "layer": 3}, "three-classes.xlsx": {"flower": 4}, "sensitivity.xlsx": {"plan": 4},
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_things_to_try_stand_on_the_sheets(name: str) -> None:
    found = checks.things_to_try(name)
    assert {sheet: len(things) for sheet, things in found.items()} == TO_TRY[name]
    for things in found.values():
        assert [int(thing[0]) for thing in things] == list(range(1, len(things) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_and_slider_cell_refuses_nonsense_with_a_message(name: str) -> None:
    assert checks.unguarded(name) == []


@pytest.mark.parametrize("end", [0, 1], ids=["lowest", "highest"])
@pytest.mark.parametrize("name", NAMES)
def test_no_cell_is_an_error_at_the_ends_of_what_may_be_typed(name: str, end: int, tmp_path: Path) -> None:
    cells = checks.limits(name)[end]
    assert cells
    assert checks.errors(checks.recalculated(checks.typed_over(checks.WORKBOOKS / name, tmp_path, cells))) == []


ODD = [
    ("relu.xlsm", {"ten!D4": 0}, {"ten!G25": 0, "ten!F7": "no"}),
    ("relu.xlsm", {"ten!D4": 11, "ten!D7": 1}, {"ten!G25": 3.27, "ten!F16": "yes"}),
    ("matmul.xlsx", {"product!B3": 9}, {"product!H3": 3, "product!K3": 3}),
    ("matmul.xlsx", {"product!B3": -1}, {"product!H3": 1, "product!K3": 1}),
    ("matmul.xlsx", {"product!B3": "x"}, {"product!H3": 1, "product!K3": 1}),
    ("learning-rate.xlsx", {"rates!B9": None}, {"rates!F9": "stands still", "rates!E9": 7.3071646892499995}),
    ("three-classes.xlsx", {"softmax!B3": 0}, {"softmax!P3": 1.0986122886681098}),
    ("sensitivity.xlsx", {"plan!B12": 0, "plan!B13": 0, "plan!B16": 0, "plan!B18": 0, "plan!B19": 0}, {}),
]
"""What a hand may type or paste past the guards, and what cells must then say: no error, and nothing untrue."""


@pytest.mark.parametrize(("name", "cells", "expected"), ODD, ids=lambda value: str(value)[:40])
def test_odd_inputs(name: str, cells: dict[str, object], expected: dict[str, object], tmp_path: Path) -> None:
    values = checks.recalculated(checks.typed_over(checks.WORKBOOKS / name, tmp_path, cells))
    assert checks.errors(values) == []
    for cell, wanted in expected.items():
        shown = wanted if isinstance(wanted, str) else pytest.approx(wanted, rel=1e-12, abs=1e-15)
        assert values[cell] == shown, cell
