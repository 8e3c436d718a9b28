# ruff: noqa: E501 - a row of a table is a line, whatever its length
"""The functions written CG_...: values from torch and by hand, blocks against the reference, gradients by difference."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import ModelError, UnsupportedError
from cellgrad.formula.parse import parse
from cellgrad.formula.tree import Call
from cellgrad.functions.kernels import KERNELS
from cellgrad.functions.registry import FUNCTIONS
from cellgrad.gradients.gradcheck import check_gradient
from cellgrad.program.compiling import compile_model
from cellgrad.program.gradient_cells import gradient_cells
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value
from cellgrad.workbook import Workbook, decode

RNG = np.random.default_rng(5)
X = RNG.normal(0, 1.5, (6, 3))
W = RNG.normal(0, 1, (4, 2))  # three features and a constant, two outputs
LABELS = [0.0, 1.0, 1.0, 0.0, 1.0, 0.0]
CLASSES = [1.0, 2.0, 2.0, 1.0, 2.0, 1.0]


def _numbers(anchor_column: str, rows: np.ndarray) -> dict[str, Value]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    first = letters.index(anchor_column)
    return {f"{letters[first + c]}{r + 1}": float(v) for r, row in enumerate(rows) for c, v in enumerate(row)}


# A1:C6 observations, E1:F4 weights, G1:G6 labels, H1:H6 classes, I1:I6 the same with a blank, J1:J4 mixed values.
CELLS: dict[str, Value] = {
    **_numbers("A", X), **_numbers("E", W), **_numbers("G", np.array([LABELS]).T), **_numbers("H", np.array([CLASSES]).T),
    **_numbers("I", np.array([LABELS]).T), "I3": None, "J1": 900.0, "J2": -900.0, "J3": True, "J4": "2", "K1": "C", "K2": "s", "K3": "S", "K5": "Q",
}  # fmt: skip


def _torch(rows: object) -> torch.Tensor:
    return torch.as_tensor(np.asarray(rows), dtype=torch.float64)


def _net(x: np.ndarray, w: np.ndarray) -> torch.Tensor:
    return _torch(x) @ _torch(w[:-1]) + _torch(w[-1])


F = torch.nn.functional

# array formula over L1:..., expected values, where they come from
VALUES = [
    ("CG_RELU(A1:C6)", F.relu(_torch(X)), "torch relu"),
    ("CG_SIGMOID(A1:C6)", torch.sigmoid(_torch(X)), "torch sigmoid"),
    ("CG_SOFTMAX(A1:C6)", torch.softmax(_torch(X), 1), "torch softmax of rows"),
    ("CG_LINEAR(A1:C6,E1:F4)", _net(X, W), "x @ w + the last row"),
    ("CG_LINEAR(A1:C6,E1:F3)", _torch(X) @ _torch(W[:3]), "x @ w"),
    ("CG_MSE(CG_LINEAR(A1:C6,E1:E4),G1:G6)", F.mse_loss(_net(X, W[:, :1])[:, 0], _torch(LABELS)).reshape(1, 1), "torch mse_loss"),
    ("CG_CROSSENTROPY(CG_SIGMOID(CG_LINEAR(A1:C6,E1:E4)),G1:G6)",
     F.binary_cross_entropy(torch.sigmoid(_net(X, W[:, :1])[:, 0]), _torch(LABELS)).reshape(1, 1), "torch binary_cross_entropy"),
    ("CG_CROSSENTROPY(CG_LINEAR(A1:C6,E1:E4),G1:G6,TRUE)",
     F.binary_cross_entropy_with_logits(_net(X, W[:, :1])[:, 0], _torch(LABELS)).reshape(1, 1), "torch, with logits"),
    ("CG_CROSSENTROPY(CG_LINEAR(A1:C6,E1:F4),H1:H6,TRUE)",
     F.cross_entropy(_net(X, W), torch.tensor(CLASSES).long() - 1).reshape(1, 1), "torch cross_entropy"),
    ("CG_CROSSENTROPY(CG_SOFTMAX(CG_LINEAR(A1:C6,E1:F4)),H1:H6)",
     F.cross_entropy(_net(X, W), torch.tensor(CLASSES).long() - 1).reshape(1, 1), "the same from shares"),
    ("CG_MSE(A1:A6,I1:I6)", F.mse_loss(_torch(np.delete(X[:, 0], 2)), _torch(np.delete(LABELS, 2))).reshape(1, 1), "without the blank's row"),
    ("CG_CROSSENTROPY(A1:A6,I1:I6,TRUE)",
     F.binary_cross_entropy_with_logits(_torch(np.delete(X[:, 0], 2)), _torch(np.delete(LABELS, 2))).reshape(1, 1), "without the blank's row"),
    ("CG_CROSSENTROPY(J1:J2,{0;1},TRUE)", [[900.0]], "log(1 + exp(900)) = 900, twice, and their mean"),
    ("CG_PREDICT(A1:C6,\"sigmoid\",E1:F4,{1;-2;0.5})",
     torch.sigmoid(_net(F.relu(_net(X, W)).numpy(), np.array([[1.0], [-2.0], [0.5]]))), "two layers in torch"),
    ("CG_NORMALISE(A1:C6)", (X - X.min(0)) / (X.max(0) - X.min(0)), "numpy"),
    ("CG_NORMALISE(A1:C6,\"zscore\")", (X - X.mean(0)) / X.std(0), "numpy"),
    ("CG_NORMALISE(A1:C6,\"max\")", X / X.max(0), "numpy"),
    ("CG_DUMMIES(K1:K3)", [[1, 0], [0, 1], [0, 1]], "C and S, without regard to case"),
    ("CG_DUMMIES(K1:K5)", [[1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 0], [0, 1, 0]], "C, Q, S; a blank is none of them"),
    ("CG_DUMMIES(J1:J4,TRUE)", [[1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 1, 0]], "-900 dropped, then 900, the text 2, TRUE"),
    ("CG_STEP(E1:F3,A1:B3,0.25)", W[:3] - 0.25 * X[:3, :2], "numpy"),
]  # fmt: skip


def _filled(formula: str, height: int, width: int) -> Workbook:
    region = parse_region("L1", "Sheet1")
    block = f"Sheet1!L1:{'LMNOPQRSTU'[width - 1]}{height}" if height * width > 1 else f"Sheet1!{region.a1}"
    return book_of({"Sheet1": CELLS}, arrays={block: "=" + formula})


def _compiled(book: Workbook) -> np.ndarray:
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    assert not result.failures, list(result.failures.values())
    (kinds, data), *_ = result.blocks.values()
    return np.array(
        [
            [decode(int(k), float(d), book.strings) for k, d in zip(*row, strict=True)]
            for row in zip(kinds, data, strict=True)
        ],
        dtype=object,
    )


@pytest.mark.parametrize(("formula", "expected", "source"), VALUES, ids=[f"{row[0]} {row[2]}" for row in VALUES])
def test_values(formula: str, expected: object, source: str) -> None:
    wanted = np.asarray(expected, dtype=np.float64)
    book = _filled(formula, *wanted.shape)
    reference = Reference(book)
    by_cell = [[reference.value("Sheet1", r, 11 + c) for c in range(wanted.shape[1])] for r in range(wanted.shape[0])]
    np.testing.assert_allclose(np.array(by_cell, dtype=np.float64), wanted, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(_compiled(book).astype(np.float64), wanted, rtol=1e-13, atol=1e-15)


# Mistakes that must be seen: formula, the error in the first cell
ERRORS = [
    ("CG_LINEAR(A1:C6,E1:F2)", CellError.VALUE), ("CG_LINEAR(A1:C7,E1:F4)", CellError.VALUE), ("CG_LINEAR(A1:C6,E1:F5)", CellError.VALUE),
    ("CG_MSE(A1:A6,G1:G5)", CellError.NA), ("CG_MSE(K1:K3,G1:G3)", CellError.VALUE), ("CG_MSE(M1:M3,N1:N3)", CellError.DIV0),
    ("CG_CROSSENTROPY(A1:A6,G1:G6)", CellError.NUM), ("CG_CROSSENTROPY(A1:B6,H1:H5,TRUE)", CellError.NA),
    ("CG_CROSSENTROPY({0.5,0.5},G1)", CellError.NUM), ("CG_CROSSENTROPY(K1,1)", CellError.VALUE),
    ("CG_NORMALISE(I1:I6)", 0.0), ("INDEX(CG_NORMALISE(I1:I6),3)", CellError.NA), ("CG_NORMALISE(M1:M3)", CellError.DIV0),
    ("CG_PREDICT(A1:C6,\"tanh\",E1:F4)", CellError.VALUE), ("CG_PREDICT(A1:C6,\"relu\",E1:F4,E1:F4)", CellError.VALUE),
    ("CG_STEP(A1:A6,B1:B5,1)", CellError.VALUE), ("CG_STEP(A1:A6,B1:B6,1/0)", CellError.DIV0),
    ("CG_SOFTMAX(K1:K3)", CellError.VALUE), ("CG_SIGMOID(NA())", CellError.NA), ("CG_RELU(-1/0)", CellError.DIV0),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "expected"), ERRORS, ids=[row[0] for row in ERRORS])
def test_mistakes_are_errors_in_the_cell(formula: str, expected: Value) -> None:
    book = _filled(formula, 1, 1)
    assert Reference(book).value("Sheet1", 0, 11) == expected
    assert _compiled(book)[0, 0] == expected


# name, formulas that lead to the objective L9, changing cells, array formulas
MODELS = [
    ("relu", {"L9": "=SUM(CG_RELU(A1:C6)*{1,2,3})"}, "A1:C6", {}),
    ("relu of cells", {"L1:L6": "=CG_RELU(A1*2-B1)", "L9": "=SUMSQ(L1:L6)"}, "A1:B6", {}),
    ("sigmoid", {"L9": "=SUMSQ(CG_SIGMOID(A1:C6))"}, "A1:C6", {}),
    ("softmax", {"L9": "=SUM(CG_SOFTMAX(A1:C6)*{1,5,-2})"}, "A1:C6", {}),
    ("softmax of filled rows", {"L1:L6": "=SUM(CG_SOFTMAX(A1:C1)*{1,5,-2})", "L9": "=SUMSQ(L1:L6)"}, "A1:C6", {}),
    ("least squares", {"L9": "=CG_MSE(CG_LINEAR(A1:C6,E1:E4),G1:G6)"}, "E1:E4", {}),
    ("least squares beside a blank", {"L9": "=CG_MSE(CG_LINEAR(A1:C6,E1:E4),I1:I6)"}, "E1:E4", {}),
    ("weights in a row", {"L9": "=CG_MSE(CG_LINEAR(A1:B6,E1:F1),G1:G6)"}, "E1:F1", {}),
    ("logistic regression", {"L9": "=CG_CROSSENTROPY(CG_SIGMOID(CG_LINEAR(A1:C6,E1:E4)),G1:G6)"}, "E1:E4", {}),
    ("from scores", {"L9": "=CG_CROSSENTROPY(CG_LINEAR(A1:C6,E1:E4),I1:I6,TRUE)"}, "E1:E4", {}),
    ("two classes", {"L9": "=CG_CROSSENTROPY(CG_LINEAR(A1:C6,E1:F4),H1:H6,TRUE)"}, "E1:F4", {}),
    ("two classes as shares", {"L9": "=CG_CROSSENTROPY(CG_SOFTMAX(L1:M6),H1:H6)"}, "E1:F4", {"Sheet1!L1:M6": "=CG_LINEAR(A1:C6,E1:F4)"}),
    ("net", {"L9": '=CG_MSE(CG_PREDICT(A1:C6,"sigmoid",E1:F4,O1:O3),G1:G6)', "O1": 1.0, "O2": -2.0, "O3": 0.5}, "E1:F4,O1:O3", {}),
    ("scaled by extremes", {"L9": "=SUMSQ(CG_NORMALISE(A1:C6)*{1,2,3})"}, "A1:C6", {}),
    ("scaled by spread", {"L9": '=SUM(CG_NORMALISE(A1:C6,"zscore")*E1)+SUM(CG_NORMALISE(A1:C6,"zscore")^3)'}, "A1:C6,E1", {}),
    ("a step", {"L9": "=SUMSQ(CG_STEP(A1:C6,A1:C6^2,E1))"}, "A1:C6,E1", {}),
    ("a step of Adam", {"L9": "=SUMSQ(CG_ADAM(A1:A6,B1:B6,0*B1:B6,0.5+0*B1:B6,2,0.1))"}, "A1:B6", {}),
    ("one of an add-in", {"L9": "=SUMSQ([1]!CG_SIGMOID(A1:C6))+SUM([0]!CG_RELU(A1:C6))"}, "A1:C6", {}),
    ("through a gradient", {"L9": "=SUMSQ(CG_GRADIENT(L10,A1:B2))", "L10": "=SUMSQ(A1:B2)*A1"}, "A1:B2", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "formulas", "changing", "arrays"), MODELS, ids=[row[0] for row in MODELS])
def test_models(name: str, formulas: dict[str, Value], changing: str, arrays: dict[str, str]) -> None:
    """Value equal to the reference (where it can evaluate), gradient equal to central differences."""
    plain = {cell: value for cell, value in formulas.items() if cell != "L9"}
    book = book_of({"Sheet1": {**CELLS, **plain}}, arrays={**arrays, "Sheet1!L9": str(formulas["L9"])})
    areas = [parse_region(text, "Sheet1") for text in changing.split(",")]
    model = compile_model(Dependence(book), parse_region("L9", "Sheet1"), areas)
    x = model.x0 + np.random.default_rng(3).normal(0, 0.1, len(model.x0))
    values, slopes = model.function.value_and_gradient(torch.from_numpy(x)[None])
    assert check_gradient(model.function.value, slopes[0].numpy(), x).max_relative_error < 1e-6
    assert np.abs(slopes.numpy()).max() > 1e-3
    if "CG_GRADIENT" not in str(formulas["L9"]):
        reference = Reference(book, dict(zip(model.cells, x.tolist(), strict=True)))
        assert values.item() == pytest.approx(reference.value("Sheet1", 8, 11), rel=1e-12)
    if "CG_MSE" in str(formulas["L9"]):
        assert model.function.has_residuals, "a mean of squares is one however it is written"


def test_slopes_where_a_plain_formula_has_none_or_a_wrong_one() -> None:
    """Sigmoid, its entropy and softmax at 0 and far out: exact slopes by hand."""
    rows = [
        ("=CG_SIGMOID(A1)", 0.0, 0.25),
        ("=CG_SIGMOID(A1)", -700.0, math.exp(-700)),
        ("=CG_SIGMOID(A1)", 700.0, math.exp(-700)),
        ("=CG_CROSSENTROPY(A1,1,TRUE)", 0.0, -0.5),
        ("=CG_CROSSENTROPY(A1,0,TRUE)", 800.0, 1.0),
        ("=CG_CROSSENTROPY(A1,1,TRUE)", -800.0, -1.0),
        ("=CG_RELU(A1)", 0.0, 0.0),
        ("=CG_RELU(A1)", 1e-300, 1.0),
        ("=CG_MSE(A1,3)", 5.0, 4.0),
    ]
    for formula, at, slope in rows:
        book = book_of({"Sheet1": {"A1": at, "B1": formula}})
        model = compile_model(Dependence(book), parse_region("B1", "Sheet1"), [parse_region("A1", "Sheet1")])
        _, found = model.function.value_and_gradient(torch.tensor([[at]], dtype=torch.float64))
        assert found.item() == pytest.approx(slope, rel=1e-13), formula


def _gradient_cells(book: Workbook, block: str) -> np.ndarray:
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    assert not result.failures, list(result.failures.values())
    region = parse_region(block, "Sheet1")
    return next(data for found, (_, data) in result.blocks.items() if found.region == region)


def test_gradient_spills_in_the_shape_of_the_changing_cells() -> None:
    cells: dict[str, Value] = {"A1": 1.0, "B1": 2.0, "A2": 3.0, "B2": 4.0, "D1:D2": "=A1^2*B1", "E1": "=SUM(D1:D2)"}
    book = book_of({"Sheet1": cells}, arrays={"Sheet1!G1:H2": "=CG_GRADIENT($E$1,A1:B2)"})
    assert _gradient_cells(book, "G1:H2").tolist() == [[4.0, 1.0], [24.0, 9.0]]  # 2ab and a^2


def test_a_descent_written_in_the_sheet() -> None:
    """Each row: parameters, loss and gradient, and the next row's parameters by CG_STEP: formulas that change."""
    steps, rate = 8, 0.1
    cells: dict[str, Value] = {"A1": 3.0, "B1": -2.0, f"C1:C{steps}": "=(A1-1)^2+2*(B1-A1)^2"}
    arrays = {}
    for row in range(1, steps):
        arrays[f"Sheet1!D{row}:E{row}"] = f"=CG_GRADIENT(C{row},A{row}:B{row})"
        arrays[f"Sheet1!A{row + 1}:B{row + 1}"] = f"=CG_STEP(A{row}:B{row},D{row}:E{row},{rate})"
    book = book_of({"Sheet1": cells}, arrays=arrays)
    point = torch.tensor([3.0, -2.0], dtype=torch.float64, requires_grad=True)
    for row in range(1, steps):
        loss = (point[0] - 1) ** 2 + 2 * (point[1] - point[0]) ** 2
        (slope,) = torch.autograd.grad(loss, point)
        np.testing.assert_allclose(_gradient_cells(book, f"D{row}:E{row}")[0], slope.numpy(), rtol=1e-13)
        point = (point - rate * slope).detach().requires_grad_()
    # The whole descent is differentiable: the last loss by the first point, against central differences.
    model = compile_model(Dependence(book), parse_region(f"C{steps}", "Sheet1"), [parse_region("A1:B1", "Sheet1")])
    _, slopes = model.function.value_and_gradient(torch.tensor([[3.0, -2.0]], dtype=torch.float64))
    check = check_gradient(model.function.value, slopes[0].numpy(), model.x0)
    assert check.max_relative_error < 1e-6


@pytest.mark.parametrize("at", [-1.0, "text"])
def test_there_is_no_gradient_of_an_error(at: Value) -> None:
    book = book_of({"Sheet1": {"A1": at, "B1": "=IF(A1<0,LN(A1),A1)"}}, arrays={"Sheet1!C1": "=CG_GRADIENT(B1,A1)"})
    dependence = Dependence(book)
    (error,) = recalculate(dependence, dependence.all_blocks(), {}).failures.values()
    assert "Sheet1!C1" in str(error)
    assert "Sheet1!B1" in str(error)


def test_a_gradient_of_what_does_not_depend_is_zero() -> None:
    book = book_of({"Sheet1": {"A1": 2.0, "B1": "=3*4"}}, arrays={"Sheet1!C1": "=CG_GRADIENT(B1,A1)"})
    assert _gradient_cells(book, "C1").tolist() == [[0.0]]


@pytest.mark.parametrize("formula", ["=CG_GRADIENT(B1:B2,A1)", "=CG_GRADIENT(B1,(A1,A2))"])
def test_gradients_that_are_refused_in_words(formula: str) -> None:
    book = book_of({"Sheet1": {"A1": 2.0, "A2": 1.0, "B1:B2": "=A1^2"}}, arrays={"Sheet1!C1": formula})
    dependence = Dependence(book)
    (error,) = recalculate(dependence, dependence.all_blocks(), {}).failures.values()
    assert isinstance(error, UnsupportedError)
    assert "Sheet1!C1" in str(error)
    assert "single" in str(error)


@pytest.mark.parametrize("prefix", ["", "[1]!", "[0]!", "[12]!", "'C:\\Add Ins\\[cellgrad.xlam]'!", "cellgrad.xlam!"])
def test_a_function_saved_from_an_add_in(prefix: str) -> None:
    """Excel writes a function of an add-in as [n]!NAME, n an external link, until the add-in is loaded again."""
    tree = parse(f"{prefix}CG_RELU(A1)", 0, 0)
    assert isinstance(tree, Call)
    assert tree.function == "CG_RELU"


def test_dummies_of_changing_cells_are_refused_with_the_cell() -> None:
    book = book_of({"Sheet1": {"A1": 1.0, "A2": 2.0, "B1": "=SUM(CG_DUMMIES(A1:A2)*{1,2})"}})
    with pytest.raises(UnsupportedError, match="Sheet1!B1"):
        compile_model(Dependence(book), parse_region("B1", "Sheet1"), [parse_region("A1:A2", "Sheet1")])


def test_what_has_a_slope_has_a_kernel() -> None:
    own = [record for name, record in FUNCTIONS.items() if name.startswith("CG_")]
    assert len(own) == 12
    missing = [record.name for record in own if record.smoothness.value != "none" and record.name not in KERNELS]
    assert missing == ["CG_GRADIENT"]  # it is compiled where the formulas are: program/slopes.py


def test_the_gradient_in_numbers_for_a_live_sheet() -> None:
    """The same as the compiled one, and of cells that hold formulas as of numbers."""
    cells: dict[str, Value] = {"A1": 1.0, "B1": 2.0, "A2": 3.0, "B2": "=A2+1", "D1:D2": "=A1^2*B1", "E1": "=SUM(D1:D2)"}
    book = book_of({"Sheet1": {**cells, "F1": "=1/0", "G1": "text"}})
    objective, changing = parse_region("E1", "Sheet1"), parse_region("A1:B2", "Sheet1")
    assert gradient_cells(book, objective, changing).tolist() == [[4.0, 1.0], [24.0, 9.0]]
    assert gradient_cells(book, parse_region("D1", "Sheet1"), changing).tolist() == [[4.0, 1.0], [0.0, 0.0]]
    assert np.isnan(gradient_cells(book, parse_region("F1", "Sheet1"), changing)).all()
    assert np.isnan(gradient_cells(book, objective, parse_region("G1", "Sheet1"))).all()
    with pytest.raises(ModelError, match="Sheet1!D1:D2"):
        gradient_cells(book, parse_region("D1:D2", "Sheet1"), changing)
