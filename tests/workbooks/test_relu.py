"""workbooks/relu.xlsm: lines with a bend, under the hand and fitted; what the sheets say and what Optimize reaches."""

from __future__ import annotations

import re
import warnings
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from tests.workbooks import lesson_checks as checks

import cellgrad
from cellgrad.lessons.relu.workbook import CURVES, SHEETS, draw_untrained
from cellgrad.lessons.training import read_results

WORKBOOK = Path(__file__).parents[2] / "workbooks" / "relu.xlsm"
X = np.arange(-30, 31) / 10


@pytest.fixture(scope="module")
def formulas():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return openpyxl.load_workbook(WORKBOOK, keep_vba=True)


@pytest.fixture(scope="module")
def values():
    return openpyxl.load_workbook(WORKBOOK, data_only=True)


@pytest.fixture(scope="module")
def optimised(tmp_path_factory):
    """The workbook as shipped, optimised, saved and read again; and the value reported."""
    book = cellgrad.open(WORKBOOK)
    value = book.model("ten").optimize(starts=1).value
    path = book.write(tmp_path_factory.mktemp("relu") / "optimised.xlsm").path
    return value, openpyxl.load_workbook(path, data_only=True)["ten"]


def numbers(sheet, region: str) -> np.ndarray:
    return np.array([[cell.value for cell in row] for row in sheet[region]], float)


def test_sheets_and_curves(values):
    assert tuple(values.sheetnames) == SHEETS
    ten = values["ten"]
    np.testing.assert_array_equal(numbers(ten, "A25:A85")[:, 0], X)
    np.testing.assert_allclose(numbers(ten, "B25:B85")[:, 0], np.sin(2 * X), atol=1e-15)
    np.testing.assert_array_equal(numbers(ten, "C25:C85")[:, 0], np.where(X > 0, 1, -1))
    zigzag = np.interp(X, np.arange(-3, 4), [1, -1, 1, -1, 1, -1, 1])
    np.testing.assert_allclose(numbers(ten, "D25:D85")[:, 0], zigzag, atol=1e-14)
    np.testing.assert_array_equal(numbers(ten, "F25:F85"), numbers(ten, "B25:B85"))
    assert ten["B4"].value == "sine" and ten["D4"].value == 10


@pytest.mark.parametrize(("sheet", "first"), [("one", 9), ("two", 13)])
def test_lines_and_their_relus(values, sheet, first):
    """By numpy, from where the sliders stand."""
    at, last = values[sheet], first + 60
    units = [(at["C5"].value, at["C6"].value)] + ([(at["C7"].value, at["C8"].value)] if sheet == "two" else [])
    assert [n for unit in units for n in unit] == ([1, 1] if sheet == "one" else [-0.5, 1, 1.5, -1])
    lines = [m * X + b for m, b in units]
    for number, line in enumerate(lines):
        columns = numbers(at, f"{'BD'[number]}{first}:{'CE'[number]}{last}")
        np.testing.assert_allclose(columns, np.stack([line, np.maximum(line, 0)], 1), atol=1e-14)
    if sheet == "two":
        total = np.maximum(lines, 0).sum(0)
        np.testing.assert_allclose(numbers(at, f"F{first}:G{last}"), np.stack([total, abs(X)], 1), atol=1e-14)
        assert at["C10"].value == pytest.approx(np.mean((total - abs(X)) ** 2), rel=1e-12)


def test_one_relu_for_each_half_is_the_v(tmp_path):
    """What the note on the loss of `two` promises: slopes 1 and -1, no shift."""
    book = openpyxl.load_workbook(WORKBOOK, keep_vba=True)
    for cell, value in {"B5": 80, "B6": 60, "B7": 40, "B8": 60}.items():
        book["two"][cell] = value
    book.save(tmp_path / "v.xlsm")
    model = cellgrad.open(tmp_path / "v.xlsm").model("two", objective="C10", changing="B5")
    assert model.value_and_gradient(model.x0)[0] == 0


def test_saved_model(formulas):
    names = {name: defined.attr_text for name, defined in formulas["ten"].defined_names.items()}
    assert (names["solver_opt"], names["solver_typ"], names["solver_neg"]) == ("ten!$F$4", "2", "2")
    assert names["solver_adj"] == "ten!$B$7:$D$16,ten!$B$17"


def sum_of_relus(parameters: np.ndarray, count: int) -> np.ndarray:
    """The sum of the first `count` ReLUs and the constant, at every point."""
    m, b, height = np.reshape(parameters[:-1], (10, 3))[:count].T
    return parameters[-1] + (height * np.maximum(X[:, None] * m + b, 0)).sum(1)


@pytest.mark.parametrize("place", range(4), ids=CURVES)
def test_how_many_is_what_the_parameters_kept_give(values, place):
    """Each loss by numpy from the parameters that training found; another bend never does harm."""
    curve = CURVES[place]
    target = numbers(values["ten"], "B25:E85")[:, place]
    found = read_results(checks.WORKBOOKS / "data", "relu")[curve]
    shown = numbers(values["how_many"], "B5:E14")[:, place]
    losses = [np.mean((sum_of_relus(one["parameters"], n) - target) ** 2) for n, one in enumerate(found, start=1)]
    np.testing.assert_allclose(shown, losses, rtol=1e-6, atol=1e-20)
    assert all(np.diff(shown) <= 0)


def test_the_best_known_is_that_of_the_curve_and_number_chosen(values, tmp_path):
    assert values["ten"]["H4"].value == values["how_many"]["B14"].value
    value = checks.changed(WORKBOOK, tmp_path, {"ten!B4": "step", "ten!D4": 2})
    assert value("ten!H4") == values["how_many"]["C6"].value


def test_the_sum_of_the_fitted_relus_is_numpys(optimised):
    value, ten = optimised
    total = sum_of_relus(np.append(numbers(ten, "B7:D16").ravel(), ten["B17"].value), 10)
    np.testing.assert_allclose(numbers(ten, "G25:G85")[:, 0], total, rtol=1e-9, atol=1e-12)
    assert value == pytest.approx(np.mean((total - np.sin(2 * X)) ** 2), rel=1e-9)
    assert ten["F4"].value == pytest.approx(value, rel=1e-9)


def fitted(folder: Path, curve: str, count: int) -> float:
    return cellgrad.open(draw_untrained(folder / "one.xlsx", curve, count)).model("ten").optimize().value


@pytest.mark.parametrize(("curve", "count"), [("zig-zag", 10), ("step", 3)])
def test_curves_of_straight_pieces_are_met_exactly(tmp_path, curve, count):
    """A step between two points is a ramp: a flat piece, a slope, a flat piece."""
    assert fitted(tmp_path, curve, count) < 1e-20


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("curve", CURVES)
def test_optimize_comes_near_the_best_known(tmp_path, values, curve, count):
    """Within a third of it, or a hundredth of what one ReLU leaves: there are many valleys, and searches change."""
    known = [values["how_many"].cell(4 + n, 2 + CURVES.index(curve)).value for n in (1, count)]
    assert fitted(tmp_path, curve, count) <= known[1] + max(known[1] / 3, known[0] / 100)


def test_gradients_agree_with_central_differences():
    model = cellgrad.open(WORKBOOK).model("ten")
    assert model.check(model.x0).max_relative_error < 1e-6
    rng = np.random.default_rng(0)
    for _ in range(3):
        assert model.check(rng.normal(size=31)).max_relative_error < 1e-6


def test_relus_that_take_no_part_have_no_slope(tmp_path):
    model = cellgrad.open(draw_untrained(tmp_path / "three.xlsx", "sine", 3)).model("ten")
    slope = model.value_and_gradient(np.random.default_rng(1).normal(size=31))[1]
    assert not slope[9:30].any() and slope[:9].any() and slope[30] != 0


def test_sliders_buttons_and_macros():
    with zipfile.ZipFile(WORKBOOK) as package:
        drawings = {name: package.read(name).decode() for name in package.namelist() if "vmlDrawing" in name}
        assert "xl/vbaProject.bin" in package.namelist()
    links = sorted(link for text in drawings.values() for link in re.findall(r"<x:FmlaLink>(.*?)</x:FmlaLink>", text))
    assert links == ["one!$B$5", "one!$B$6", "two!$B$5", "two!$B$6", "two!$B$7", "two!$B$8"]
    found = [macro for text in drawings.values() for macro in re.findall(r"<x:FmlaMacro>\[0\]!(\w+)<", text)]
    assert sorted(found) == ["CellgradOptimize", "CellgradStep"]


def test_names_notes_charts_panes_and_print(formulas):
    names = {name: formulas.defined_names[name].attr_text for name in ("curve", "relus", "loss", "constant", "two_m1")}
    assert names == {"curve": "ten!$B$4", "relus": "ten!$D$4", "loss": "ten!$F$4", "constant": "ten!$B$17",
                     "two_m1": "two!$C$5"}  # fmt: skip
    assert [len(sheet._charts) for sheet in formulas] == [1, 1, 2, 1]
    assert all(sheet.freeze_panes and sheet.print_area for sheet in formulas)
    noted = {(s.title, c.coordinate): c.comment.text for s in formulas for r in s.iter_rows() for c in r if c.comment}
    for place, word in {("one", "A5"): "slope", ("two", "A10"): "by hand", ("ten", "C4"): "Optimize"}.items():
        assert word in noted[place]
    lists = {str(v.sqref): v.formula1 for v in formulas["ten"].data_validations.dataValidation}
    assert lists["B4"] == '"sine,step,zig-zag,yours"'
