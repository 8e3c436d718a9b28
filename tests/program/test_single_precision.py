"""float32 on request: rows in single precision, the loss added up in double, and the answer checked in double."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.commands import run
from tests.sheets import book_of

import cellgrad
from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import ArgumentError
from cellgrad.program.compiling import compile_model
from cellgrad.program.objective import CompiledObjective
from cellgrad.program.row_batches import RowBatches, RowTable
from cellgrad.session.placing import arithmetic_called
from cellgrad.tensors import operations as t
from cellgrad.tensors.accumulating import accumulating
from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import constant, input_node, topological

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsx"
EPSILON = torch.finfo(torch.float32).eps
ROWS = 400_000


def compiled(objective: str, rows: int = 200) -> CompiledObjective:
    """An objective of B1:B2 over rows of x in column D and y in E, with residuals in F."""
    rng = np.random.default_rng(1)
    cells: dict[str, float | str] = {"A1": objective, "B1": 0.4, "B2": -0.3}
    for row, (x, y) in enumerate(rng.normal(size=(rows, 2)), 1):
        cells[f"D{row}"], cells[f"E{row}"] = float(x), float(y)
    cells[f"F1:F{rows}"] = "=TANH(D1*$B$1+$B$2)-E1"
    book = book_of({"S": cells})
    return compile_model(Dependence(book), parse_region("A1", "S"), [parse_region("B1:B2", "S")]).function


OBJECTIVES = {
    "sum of squares": "=SUMSQ(F1:F200)",
    "mean of squares": "=SUMSQ(F1:F200)/200",
    "root mean square": "=SQRT(SUMSQ(F1:F200)/200)",
    "sum of products": "=SUMPRODUCT(F1:F200,F1:F200)",
    "product with data": "=SUMPRODUCT(F1:F200,E1:E200)",
    "mean and a penalty": "=AVERAGE(F1:F200)+0.001*SUMSQ(B1:B2)",
    "a comparison": "=SUM((F1:F200>0)*F1:F200)",
    "a count": "=SUMPRODUCT(--(D1:D200>0),F1:F200)/COUNT(D1:D200)",
    "largest": "=MAX(F1:F200)+SUMSQ(F1:F200)",
    "a function of the sum": "=EXP(-SUMSQ(F1:F200)/100)",
    "one changing cell": "=(B1-3)^2",
}


@pytest.mark.parametrize("formula", OBJECTIVES.values(), ids=OBJECTIVES.keys())
@pytest.mark.parametrize("starts", [1, 3])
def test_single_precision_is_double_precision_rounded(formula: str, starts: int) -> None:
    """Expected: the same program in float64. Rows are off by a few roundings of float32."""
    double = compiled(formula)
    single = double.on("cpu", torch.float32)
    X = torch.tensor([[0.4, -0.3], [1.1, 0.2], [-0.7, 0.9]], dtype=torch.float64)[:starts]
    for ours, exact in zip(single.value_and_gradient(X), double.value_and_gradient(X), strict=True):
        assert (ours.dtype, ours.shape) == (torch.float64, exact.shape)
        torch.testing.assert_close(ours, exact, rtol=20 * EPSILON, atol=100 * EPSILON)
    assert {node.operation for node in topological([double.value_node])} >= {"input"}
    if double.has_residuals:
        for ours, exact in zip(single.normal_equations(X), double.normal_equations(X), strict=True):
            torch.testing.assert_close(ours, exact, rtol=50 * EPSILON, atol=200 * EPSILON)


@pytest.mark.parametrize(
    "total",
    [
        lambda rows: t.total(rows, (0, 1)),
        lambda rows: t.matmul(t.transpose(rows), rows),
        lambda rows: t.div(t.total(rows, (0, 1)), t.number(ROWS)),
    ],
    ids=["sum", "matmul", "mean"],
)
def test_the_loss_is_added_up_in_double(total: object) -> None:
    """Expected: the sum in float64 of the very rows that float32 computes, to 1e-12."""
    x = input_node("x", (1,))
    data = torch.linspace(0.1, 3.0, ROWS, dtype=torch.float64).reshape(-1, 1)
    rows = t.unary("sin", t.mul(constant(data), t.reshape(x, (1, 1))))
    value = total(rows)  # type: ignore[operator]
    point = torch.tensor([0.7], dtype=torch.float32)
    (made,) = Program([rows], ("x",), dtype=torch.float32)(point)
    exact = made.double().square().sum() if value.operation == "matmul" else made.double().sum()
    exact = exact / ROWS if value.operation == "div" else exact
    (wide,) = Program([value], ("x",), dtype=torch.float32, wide=torch.float64)(point)
    (narrow,) = Program([value], ("x",), dtype=torch.float32)(point)
    assert (wide.dtype, narrow.dtype) == (torch.float64, torch.float32)
    assert wide.item() == pytest.approx(exact.item(), rel=1e-12)
    assert abs(narrow.item() / exact.item() - 1) > 1e-9, "float32 alone would do"


def test_only_the_last_sums_are_wide() -> None:
    """Of a mean plus a penalty: two sums, the mean, the weight's product and what adds them; no row."""
    function = compiled(OBJECTIVES["mean and a penalty"])
    order = topological([function.value_node])
    wide = accumulating([function.value_node])
    made = [node for node in order if id(node) in wide]
    assert {node.operation for node in made} >= {"sum", "div", "add", "mul"}
    assert all(node.size == 1 for node in made)
    assert all(i.size == 1 for node in made if node.operation not in ("sum", "matmul") for i in node.inputs)


def test_mini_batches_too() -> None:
    double = compiled(OBJECTIVES["mean of squares"])
    X = torch.tensor([[0.4, -0.3], [1.1, 0.2]], dtype=torch.float64)
    batches = [RowBatches(RowTable(one), 32, seed=3) for one in (double, double.on("cpu", torch.float32))]
    for _ in range(batches[0].per_epoch):
        exact, ours = (one.value_and_gradient(X) for one in batches)
        for a, b in zip(ours, exact, strict=True):
            assert a.dtype == torch.float64
            torch.testing.assert_close(a, b, rtol=20 * EPSILON, atol=20 * EPSILON)


@pytest.mark.parametrize(
    ("dtype", "device", "expected"),
    [("", "cpu", None), ("float32", "mps", torch.float32), ("float64", "auto", torch.float64)],
)
def test_names(dtype: str, device: str, expected: torch.dtype | None) -> None:
    assert arithmetic_called(dtype, device) is expected


@pytest.mark.parametrize(
    ("dtype", "device", "message"),
    [("half", "cpu", "no arithmetic is called 'half'"), ("float64", "mps", "no float64")],
)
def test_names_that_are_none(dtype: str, device: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        arithmetic_called(dtype, device)


@pytest.mark.parametrize("method", ["auto", "l-bfgs", "adam", "momentum"])
def test_an_answer_in_single_precision_is_kept_when_double_agrees(method: str) -> None:
    """Where a method ends in float32 it would nearly end in float64: within 0.3 % of the loss, on the net."""
    model = cellgrad.open(TITANIC).model("nnet")
    losses = [
        model.optimize(method=method, steps=200, starts=1, device="cpu", dtype=dtype).value
        for dtype in ("float64", "float32")
    ]
    assert model.ran_on.where == "cpu float32"
    assert losses[1] == pytest.approx(losses[0], rel=3e-3)
    kept = model.book.value(model.objective)
    assert kept == pytest.approx(losses[1], rel=1e-6)


def test_the_command_says_what_it_computed_in(tmp_path: Path) -> None:
    ran = run("optimize", TITANIC, "--sheet", "nnet", "--dtype", "float32", "--steps", "5",
              "--out", tmp_path / "out.xlsx", "--json")  # fmt: skip
    assert [one["dtype"] for one in ran.json] == ["float32"]
    assert run("optimize", TITANIC, "--dtype", "half").code == 2
