"""The laws of pysrc/SPEED.md: what can be counted is counted, what can only be timed is timed against calibrations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.benchmarks import laws
from tests.benchmarks.fresh import fresh
from tests.benchmarks.laws import Law
from tests.benchmarks.setting import Setting
from tests.benchmarks.tasks import make_formulas
from tests.benchmarks.tasks.law_step import opened
from tests.benchmarks.tasks.make_formulas import ANSWER, MOST_DISTINCT, SHEET, changing, different
from tests.workbooks.scale import titanic_at_scale

from cellgrad.program.objective import CompiledObjective
from cellgrad.session import open_book
from cellgrad.tensors.derivatives import gradient
from cellgrad.tensors.nodes import topological

MOST = 4.0
"""How many times its law a cost may come to: machines differ in more than the calibrations know."""
GROWTH = 2.0
"""How many times what each costs at the smallest size each may cost at the largest, four and more times as large."""


def counted(function: CompiledObjective) -> tuple[int, int, int]:
    """Numbers computed for a value, those for value and gradient, and the operations of the latter."""
    order = topological([function.value_node, gradient(function.value_node, function.x)])
    live = [node for node in order if not node.is_constant]
    return function.elements, sum(node.size for node in live), len(live)


def net(folder: Path, rows: int, units: int, layers: int) -> CompiledObjective:
    path, size = folder / "net.xlsx", [rows, units, layers]
    make_formulas.run(str(path), "net", size)
    return opened(str(path), size, "").function


@pytest.mark.parametrize("sheet", ["nnet", "mmult"])
def test_rows_add_numbers_and_no_operations(tmp_path, sheet):
    """Ten times the rows: ten times the numbers, and not one call more."""
    found = []
    for rows in (200, 2000):
        path = titanic_at_scale(tmp_path / "net.xlsx", rows, "shared", sheet)
        found.append(counted(open_book(path).model(sheet).function))
    (value, both, calls), (more_value, more_both, more_calls) = found
    assert more_value <= 10 * value and more_both <= 10 * both and more_calls == calls


def test_layers_add_the_same_operations_each(tmp_path):
    calls = [counted(net(tmp_path, 50, 8, layers))[2] for layers in (2, 3, 4, 5)]
    assert len(set(np.diff(calls))) == 1


@pytest.mark.parametrize(("rows", "units", "layers"), [(50, 8, 1), (50, 8, 4), (500, 2, 2)])
def test_a_gradient_computes_no_more_than_five_evaluations(tmp_path, rows, units, layers):
    value, both, _ = counted(net(tmp_path, rows, units, layers))
    assert both <= 5 * value


def test_distinct_formulas_add_operations_in_proportion(tmp_path):
    """Each formula has a program of its own, and its derivative is no part of another's."""
    found = {}
    for count in (10, 100, 1000):
        path = tmp_path / "formulas.xlsx"
        make_formulas.run(str(path), "distinct", [count])
        model = open_book(path).model(SHEET, objective=ANSWER, changing=changing("distinct", [count]))
        found[count] = counted(model.function)[2]
    assert found[1000] <= 11 * found[100] <= 11 * 11 * found[10]


def test_filled_down_cells_add_no_operations(tmp_path):
    found = set()
    for count in (10, 1000):
        path = tmp_path / "formulas.xlsx"
        make_formulas.run(str(path), "filled", [count])
        model = open_book(path).model(SHEET, objective=ANSWER, changing=changing("filled", [count]))
        found.add(counted(model.function)[2])
    assert len(found) == 1


def test_the_distinct_formulas_are_distinct():
    assert len({different(number, 1) for number in range(MOST_DISTINCT)}) == MOST_DISTINCT


def test_a_net_is_the_one_written_by_hand(tmp_path):
    """Layers of TANH over MMULT in the sheet, against torch with the same weights."""
    rows, units, layers = size = (20, 4, 2)
    path = tmp_path / "net.xlsx"
    make_formulas.run(str(path), "net", list(size))
    model = opened(str(path), list(size), "")
    data = np.array([[open_cell(model.book, row, column) for column in range(11)] for row in range(rows)])
    w = torch.tensor(model.x0, requires_grad=True)
    shapes = [(10, units), (units, units), (units, 1)]
    parts = [part.reshape(shape) for part, shape in zip(w.split([a * b for a, b in shapes]), shapes, strict=True)]
    h = torch.tensor(data[:, :10])
    for part in parts[:layers]:
        h = torch.tanh(h @ part)
    loss = ((h @ parts[layers])[:, 0] - torch.tensor(data[:, 10])).square().mean()
    loss.backward()
    value, slope = model.value_and_gradient()
    assert value == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(slope, w.grad.numpy(), rtol=1e-9, atol=1e-12)


def open_cell(book, row: int, column: int) -> float:
    return book.workbook.cached(SHEET, row, column)


def test_a_law_is_the_slope_of_its_points():
    law = Law.fitted("a row", "rows", {100: 2.1e-6, 200: 4.1e-6, 400: 8.1e-6}, {"copy": 1e-9}, "copy")
    assert law.each == pytest.approx(2e-8) and law.base == pytest.approx(1e-7)
    assert law.calibrated == pytest.approx(20) and law.growth == pytest.approx(8.1 / 400 / (2.1 / 100))
    assert law.line == "| a row | 20 ns | 20 numbers copied | 100 ns | 100 to 400 rows |"


def test_growth_tells_a_square():
    law = Law.fitted("a row", "rows", {100: 1e-6, 200: 4e-6, 400: 16e-6}, {})
    assert law.growth == pytest.approx(4)


def test_the_document_is_rewritten_between_its_markers_alone(tmp_path, monkeypatch):
    before = laws.DOCUMENT.read_text(encoding="utf-8")
    path = tmp_path / "SPEED.md"
    path.write_text(before, encoding="utf-8")
    monkeypatch.setattr(laws, "DOCUMENT", path)
    law = Law.fitted("a row", "rows", {100: 2.1e-6, 200: 4.1e-6}, {"copy": 1e-9}, "copy")
    laws.write([law], {"processor": "a slow one"})
    after = path.read_text(encoding="utf-8")
    assert laws.written() == {"a row": 20.0}
    assert after.split(laws.BEGIN)[0] == before.split(laws.BEGIN)[0]
    assert after.split(laws.END)[1] == before.split(laws.END)[1]
    assert "a slow one" in after


def test_every_law_stands_in_the_document():
    """As many lines as are measured, each named as it is measured, those of time in calibrations."""
    text = laws.DOCUMENT.read_text(encoding="utf-8")
    quick = list(laws.measured(Setting((), quick=True)))
    without_size = [law.name.split(" rows, ")[-1] for law in quick]
    assert len(quick) == len(set(without_size)) == 11
    for name in without_size:
        assert f"{name} |" in text
    assert len(laws.written()) == sum(bool(law.calibration) for law in quick)


@pytest.mark.slow
def test_the_laws_hold():
    """No law costs four times what stands in the document, in calibrations of this run, and none grows faster than its
    sizes; bytes are held to what lets a full sheet be worked with."""
    promised = laws.written()
    for law in laws.measured(Setting(())):
        assert law.growth <= GROWTH, law
        if law.calibrated is None:
            assert law.each <= MOST_BYTES[law.name], law
        else:
            assert law.calibrated <= MOST * promised[law.name], law


MOST_BYTES = {
    "peak memory, read, a cell": 60, "peak memory, read and compiled, a cell": 100,
    "peak memory, optimised, a cell": 160, "peak memory, saved, a cell": 160,
}  # fmt: skip
"""Four gibibytes hold a full sheet, 28 million cells, at 150 bytes each."""


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["column", "formulas", "matrix"])
def test_a_gradient_by_many_cells_costs_a_few_evaluations(shape):
    """The best of some rounds of both, in one process: five are promised, and twice that is no noise."""
    found = fresh("million_cells", {"cells": 250_000, "shape": shape, "rounds": 15}, laws.ONE)
    assert min(found["gradient"]) <= 2 * 5 * min(found["evaluation"])
