# ruff: noqa: E501 - a row of a table is a line, whatever its length
"""Blocks that read themselves: evaluated as recurrences, equal to the reference and to the program cell by cell."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tests.sheets import book_of, columns_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.gradients.gradcheck import check_gradient
from cellgrad.program.compiling import Compiled, compile_model
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import Value
from cellgrad.workbook import decode

DATA: dict[str, Value] = {
    **{f"A{r}": float(v) for r, v in enumerate([0.5, -1.5, 2.0, 0.25, 3.0, -0.75, 1.0, 0.1, -2.0, 4.0], 1)},
    **{f"B{r}": float(v) for r, v in enumerate([1.0, 2.0, -3.0, 0.5, 0.0, 1.5, -2.5, 2.25, 0.75, -1.0], 1)},
    **{f"C{r}": float(v) for r, v in enumerate([2.0, 0.5, 1.0, -1.0, 0.3, 2.5, 0.2, -0.4, 1.2, 0.9], 1)},
    "X1": 0.04, "X2": 250.0,
}  # fmt: skip

# name, cells beside DATA, what explain says of the first cell named
RECURRENCES = [
    ("balance", {"D1": 1000.0, "D2:D10": "=D1*(1+$X$1)+A2"}, "D2", "recurrence over rows, 9 steps"),
    ("reads the row below", {"D10": "=A10", "D1:D9": "=D2*0.9+A1"}, "D1", "recurrence over rows, 9 steps"),
    ("reads the column before", {"D1": 1.0, "E1:K1": "=D1*0.5+$A1"}, "E1", "recurrence over columns, 7 steps"),
    ("reads the column after", {"L2": 1.0, "E2:K2": "=F2*0.5+$A2"}, "E2", "recurrence over columns, 7 steps"),
    ("starts from a blank", {"D2:D10": "=D1+A2"}, "D3", "recurrence over rows, 8 steps"),
    ("starts from a header", {"D1": "Balance", "D2:D10": "=SUM(D1,A2)"}, "D3", "recurrence over rows, 8 steps"),
    ("starts from an error", {"D1": "=1/0", "D2:D10": "=IF(A2<0,A2,D1+1)"}, "D2", "recurrence over rows, 9 steps"),
    ("two rows back", {"D1": "=A1", "D2": "=A2", "D3:D10": "=D2+D1*0.5"}, "D3", "recurrence over rows, 8 steps"),
    ("a window of rows before", {"D1:D3": "=A1", "D4:D10": "=AVERAGE(D1:D3)+A4*MAX(D2:D3)"}, "D4", "recurrence over rows, 7 steps"),
    ("interest, principal, balance", {"D1": 9000.0, "E2:E10": "=D1*$X$1", "F2:F10": "=$X$2-E2", "D2:D10": "=D1-F2"}, "D2", "recurrence over rows, 9 steps"),
    ("columns of different heights", {"D1": "=A1", "E1": 2.0, "D2:D10": "=D1+E1*0.1", "E2:E6": "=E1-D1*0.1", "E7": 5.0, "E8:E10": "=E7*D7"}, "D2", None),
    ("columns a row apart", {"D1": 1.0, "D2:D9": "=E1+A2", "E1:E9": "=D1*0.5+B1"}, "D2", None),
    ("a rectangle of columns", {"D1:F1": "=A1", "D2:F10": "=D1*0.5+A2"}, "D2", "recurrence over rows, 9 steps"),
    ("a neural state", {"D1:F1": "=A1", "D2:F10": "=TANH(SUMPRODUCT($D1:$F1,$A$1:$C$1)+A2)"}, "D2", "recurrence over rows, 9 steps"),
    ("conditions", {"D1": 1.0, "D2:D10": "=IF(D1>2,D1/2,IF(A2<0,3*D1+1,D1+A2))"}, "D2", "recurrence over rows, 9 steps"),
    ("truth values", {"D1:D1": "=A1>0", "D2:D10": "=IF(D1,A2>B2,A2<0)"}, "D2", "recurrence over rows, 9 steps"),
    ("truth beside numbers", {"D1": "=A1", "E1:E1": "=D1>2", "D2:D10": "=IF(E1,D1-1.5,D1+1)", "E2:E10": "=D2>2"}, "D2", "recurrence over rows, 9 steps"),
    ("an error that spreads", {"D1": 1.0, "D2:D10": "=D1+1/B2"}, "D2", "recurrence over rows, 9 steps"),
    ("an error that is caught", {"D1": 1.0, "D2:D10": "=IFERROR(D1/B2,A2)"}, "D2", "recurrence over rows, 9 steps"),
    ("errors that a branch passes by", {"D1": 1.0, "D2:D10": "=IF(B2=0,2,LN(D1)+1)"}, "D2", "recurrence over rows, 9 steps"),
    ("the row's own number", {"D1": "=A1", "D2:D10": "=D1+ROW()*COLUMN()"}, "D2", "recurrence over rows, 9 steps"),
    ("a growing range of data", {"D1": 1.0, "D2:D10": "=D1*0.5+SUM(A$1:A2)"}, "D2", "recurrence over rows, 9 steps"),
    ("a recurrence on a recurrence", {"D1": 1.0, "D2:D10": "=D1*0.5+A2", "E1": 0.0, "E2:E10": "=E1+D2^2"}, "E2", "recurrence over rows, 9 steps"),
    ("a table looked into", {"D1": 1.0, "D2:D10": "=D1*0.5+INDEX($A$1:$A$10,3)"}, "D2", "recurrence over rows, 9 steps"),
    ("least path", {"D1:D10": "=B1", "E1:H1": "=A$1*2", "E2:H10": "=MIN(E1,D2,D1)+$A2*0.1"}, "E2", "recurrence over diagonals, 12 steps"),
    ("a tree folded back", {"K1:K9": "=MAX(0,$B1+1)", "D1:J8": "=IF(ROW()>COLUMN()-3,0,MAX($A1*0.1,0.6*E1+0.3*E2))"}, "D1", "recurrence over columns, 7 steps"),
    ("above and to the right", {"D1:I1": "=$B1*COLUMN()", "H2:I10": "=$A2", "D2:G10": "=E1*0.5+D1*0.2+$A2"}, "D2", "recurrence over rows, 9 steps"),
    ("knight's move", {"D1:I1": "=$B1*COLUMN()", "D2:D10": "=A2", "I2:I10": "=$A2", "E2:H10": "=D2*0.5+F1*0.2"}, "E2", None),
    ("a fixed cell of its own column", {"D1": 1.0, "D2": "=D1+A2", "D3:D10": "=D2*0.5+D$2"}, "D3", "recurrence over rows, 8 steps"),
    ("texts", {"D1": "a", "D2:D10": '=D1&"b"'}, "D2", None),
    ("text in some rows", {"D1": 1.0, "D2:D10": '=IF(A2<-1,"gone",IF(ISNUMBER(D1),D1+A2,0))'}, "D2", None),
    ("its own column by number", {"D1": 1.0, "D2:D10": "=INDEX(D$1:D$10,ROW()-1)*0.5+INDEX(A$1:A$10,ROW())"}, "D2", "recurrence over rows, 9 steps"),
    ("its own column from a fixed cell", {"D1": 1.0, "D2:D10": "=OFFSET($D$1,ROW()-ROW($D$1)-1,0)*0.5+A2"}, "D2", "recurrence over rows, 9 steps"),
    ("its own whole column by number", {"D1": 1.0, "D2:D10": "=INDEX(D:D,ROW()-1)*0.5+A2"}, "D2", "recurrence over rows, 9 steps"),
    ("its own column by a number beside it", {"D1": 1.0, "E1:E10": "=ROW()-1", "D2:D10": "=INDEX(D$1:D$10,E2)*0.5+A2"}, "D2", None),
    ("all above, wherever that ends", {"D1": 1.0, "D2:D10": "=SUM(D$1:INDEX(D:D,ROW()-1))*0.5+A2"}, "D2", None),
    ("a total that its column's range holds", {"D1:D9": "=A1*2", "D10": "=SUM(D1:INDEX(D:D,ROW()-1))"}, "D10", None),
    ("a growing range of its own", {"D1": 1.0, "D2:D10": "=SUM(D$1:D1)*0.5+A2"}, "D2", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cells", "first", "words"), RECURRENCES, ids=[row[0] for row in RECURRENCES])
def test_recurrences_equal_the_reference(name, cells, first, words) -> None:
    book = book_of({"Sheet": {**DATA, **cells}})
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    assert not result.failures
    reference, count = Reference(book), 0
    for block, (kinds, data) in result.blocks.items():
        for at, (row, column) in zip(np.ndindex(kinds.shape), block.region.cells(), strict=True):
            ours = decode(int(kinds[at]), float(data[at]), book.strings)
            theirs = reference.value("Sheet", row, column)
            assert type(ours) is type(theirs)
            assert ours == (pytest.approx(theirs, rel=1e-13, abs=1e-13) if isinstance(theirs, float) else theirs)
            count += 1
    assert count >= 7
    if words is not None:
        assert dependence.in_words(parse_region(first, "Sheet")) == (words, None)


LIVE = [row for row in RECURRENCES if row[0] not in ("texts", "truth values", "starts from an error")]


@pytest.mark.parametrize(("name", "cells", "first", "words"), LIVE, ids=[row[0] for row in LIVE])
def test_gradients_equal_those_cell_by_cell(name, cells, first, words) -> None:
    """Value, gradient and product with the Hessian, at several points at once; and the gradient by differences."""
    last = "L12" if any(":K" in address for address in cells) else "I10"
    objective = {"M20": f"=SUMPRODUCT(IFERROR(D1:{last}*1,0),IFERROR(D1:{last}*1,0))"}
    # An array product keeps texts and errors away from the sum.
    book = book_of({"Sheet": {**DATA, **cells}}, arrays={f"Sheet!{a}": f for a, f in objective.items()})
    areas = [parse_region(area, "Sheet") for area in ("A1:B10", "X1:X2")]
    model = compile_model(Dependence(book), parse_region("M20", "Sheet"), areas)
    apart = compile_model(Dependence(book, apart=True), parse_region("M20", "Sheet"), areas)
    rng = np.random.default_rng(5)
    points = torch.from_numpy(model.x0 + rng.normal(0, 0.01, (3, len(model.x0))))
    directions = torch.from_numpy(rng.normal(0, 1, points.shape))
    for ours, theirs in zip(
        _derivatives(model, points, directions), _derivatives(apart, points, directions), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)
    slope = model.function.value_and_gradient(points[:1])[1][0].numpy()
    scale = max(1.0, float(np.abs(slope).max()))
    found = check_gradient(lambda X: model.function.value(X) / scale, slope / scale, points[0].numpy())
    assert found.max_relative_error < 1e-6


def _derivatives(model: Compiled, points: torch.Tensor, directions: torch.Tensor) -> list[torch.Tensor]:
    return [*model.function.value_and_gradient(points), model.function.hessian_product(points, directions)]


def test_a_descent_of_ten_thousand_steps_in_cells() -> None:
    """x <- x - rate * 2 (x - 3), of which the last is 3 + (1 - 2 rate)^n (x0 - 3); by x0 and by the rate."""
    n, rate, start = 10_000, 1e-4, 0.5
    book = columns_of(
        {"A1": rate, "B1": start, f"B2:B{n}": "=B1-$A$1*2*(B1-3)", f"C1:C{n}": "=(B1-3)^2", "D1": f"=C{n}"}
    )
    areas = [parse_region(cell, "Sheet") for cell in ("A1", "B1")]
    model = compile_model(Dependence(book), parse_region("D1", "Sheet"), areas)
    value, slope = model.function.value_and_gradient(torch.from_numpy(model.x0)[None])
    shrink = (1 - 2 * rate) ** (n - 1)
    error = shrink * (start - 3)
    by_rate = 2 * error * (start - 3) * (n - 1) * (1 - 2 * rate) ** (n - 2) * -2
    assert value.item() == pytest.approx(error**2, rel=1e-10)
    assert slope[0].tolist() == pytest.approx([by_rate, 2 * error * shrink], rel=1e-10)


def test_momentum_in_cells_against_a_loop() -> None:
    """Adam's two moments, the step and the parameter: four columns that form one recurrence that is not linear."""
    n = 2_000
    cells = {
        "A1": 0.02, "B1": 2.0, "D1": 0.0, "E1": 0.0,
        f"C2:C{n}": "=2*(B1-3)+COS(B1)", f"D2:D{n}": "=0.9*D1+0.1*C2", f"E2:E{n}": "=0.999*E1+0.001*C2^2",
        f"B2:B{n}": "=B1-$A$1*(D2/(1-0.9^(ROW()-1)))/(SQRT(E2/(1-0.999^(ROW()-1)))+1E-8)", "H1": f"=B{n}^2",
    }  # fmt: skip
    book = columns_of(cells)
    model = compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A1:B1", "Sheet")])

    def adam(rate: float, b: float) -> float:
        m = v = 0.0
        for t in range(1, n):
            g = 2 * (b - 3) + math.cos(b)
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            b -= rate * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return b**2

    value, slope = model.function.value_and_gradient(torch.from_numpy(model.x0)[None])
    assert value.item() == pytest.approx(adam(0.02, 2.0), rel=1e-12)
    assert check_gradient(model.function.value, slope[0].numpy(), model.x0).max_relative_error < 1e-6


def test_a_dynamic_programme_of_200_by_200() -> None:
    """Least cost of a way right and down through a grid: against numpy, and its slope is 1 on the way and 0 off it."""
    n = 200
    costs = np.random.default_rng(3).uniform(0.1, 1.0, (n, n))
    best = np.full((n + 1, n + 1), np.inf)
    best[0, 1] = 0.0
    for i in range(n):
        for j in range(n):
            best[i + 1, j + 1] = costs[i, j] + min(best[i, j + 1], best[i + 1, j])
    book = columns_of(
        {
            "B2:GS201": costs,
            "GU2:GU201": 1e9,
            "GV1:OM1": 1e9,
            "GV2": "=B2",
            "GW2:OM2": "=GV2+C2",
            "GV3:GV201": "=GV2+B3",
            "GW3:OM201": "=MIN(GV3,GW2)+C3",
            "A1": "=OM201",
        }
    )
    dependence = Dependence(book)
    model = compile_model(dependence, parse_region("A1", "Sheet"), [parse_region("B2:GS201", "Sheet")])
    assert dependence.in_words(parse_region("GX5", "Sheet"))[0] == "recurrence over diagonals, 397 steps"
    value, slope = model.function.value_and_gradient(torch.from_numpy(model.x0)[None])
    assert value.item() == pytest.approx(best[n, n], rel=1e-12)
    assert sorted(set(slope[0].tolist())) == [0.0, 1.0]
    assert slope.sum().item() == 2 * n - 1
    assert (slope[0].reshape(n, n) * torch.from_numpy(costs)).sum().item() == pytest.approx(best[n, n], rel=1e-12)


@pytest.mark.parametrize("n", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_chain_of_dependent_cells(n: int) -> None:
    """A2 = A1 * 1.0000001 + B2: against a loop; the slope by the first cell is the factor to the power of the steps."""
    steps = np.random.default_rng(1).normal(0, 1e-3, n - 1)
    book = columns_of({"A1": 1.0, f"A2:A{n}": "=A1*1.0000001+B2", f"B2:B{n}": steps, "D1": f"=A{n}"})
    model = compile_model(
        Dependence(book), parse_region("D1", "Sheet"), [parse_region("A1", "Sheet"), parse_region("B2:B3", "Sheet")]
    )
    expected = 1.0
    for step in steps.tolist():
        expected = expected * 1.0000001 + step
    value, slope = model.function.value_and_gradient(torch.from_numpy(model.x0)[None])
    assert value.item() == pytest.approx(expected, rel=1e-12)
    powers = [1.0000001 ** (n - 1), 1.0000001 ** (n - 2), 1.0000001 ** (n - 3)]
    assert slope[0].tolist() == pytest.approx(powers, rel=1e-9)
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    data = next(data for block, (_, data) in result.blocks.items() if block.region.height == n - 1)
    assert float(data[-1, 0]) == expected  # without changing cells, in the very order of the sheet


def test_a_sum_nested_two_thousand_deep_compiles() -> None:
    """What cannot be a recurrence, as the formulas differ from row to row, is still no matter of the stack."""
    n = 2_000
    cells: dict[str, Value] = {"A1": 1.0, **{f"A{r}": f"=A{r - 1}+{r}*A$1" for r in range(2, n + 1)}}
    model = compile_model(
        Dependence(book_of({"Sheet": cells})), parse_region(f"A{n}", "Sheet"), [parse_region("A1", "Sheet")]
    )
    value, slope = model.function.value_and_gradient(torch.tensor([[1.0]], dtype=torch.float64))
    assert (value.item(), slope.item()) == (n * (n + 1) / 2, n * (n + 1) / 2)


def test_a_changing_cell_in_the_middle_of_a_recurrence() -> None:
    """What stands in a changing cell counts, and not what its formula would make of it."""
    book = book_of({"Sheet": {**DATA, "D1": 1.0, "D2:D4": "=D1*2", "D5": 7.0, "D6:D10": "=D5*2", "H1": "=D10"}})
    model = compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("D5", "Sheet")])
    assert model.function.value_and_gradient(torch.tensor([[3.0]], dtype=torch.float64))[1].item() == 32.0
