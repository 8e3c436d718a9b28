"""Rows of constraints: their values against the per-cell reference, their derivatives against central differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.properties.test_random_workbooks import COLUMNS, DATA, ROWS, books
from tests.sheets import book_of, columns_of

from cellgrad.address import Region, parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import CellgradError, ModelError, UnknownFunctionError
from cellgrad.program.coefficients import linear_coefficients
from cellgrad.program.compiling import CompiledWithRows, compile_model, compile_system
from cellgrad.program.rows import Sides
from cellgrad.program.system import CompiledSystem
from cellgrad.reference import Reference
from cellgrad.tensors.nodes import topological
from cellgrad.values import CellError, Value
from cellgrad.workbook import Workbook

CELLS: dict[str, Value] = {
    "A1": 1.5, "A2": -0.5, "A3": 2.0, "B1": 3.0, "B2": 4.0, "B3": None, "B4": True, "B5": "text", "B6": "=1/0",
    "C1:C3": "=A1^2+B1", "C4": "=SUMPRODUCT(A1:A3,A1:A3)", "C5": "=EXP(A1)*A2", "C6": "=IF(A1>1,A2*A3,A3)",
    "C7": "=B1*2", "C8": "=LN(A2)", "C9": '=IF(A1>100,"big",A2)', "D1:D3": "=A1*2", "D4": "=IF(A1>0,LN(A2),1)",
    "E1": "=B6+A1", "E2": '="a"&B1', "E3": "=B6+B1", "F1:H1": "=B1*2",
}  # fmt: skip
ARRAYS = {"Sheet!I1:J2": "=MMULT(A1:A2,TRANSPOSE(A2:A3))"}


def region(a1: str) -> Region:
    return parse_region(a1, "Sheet")


def compiled(book: Workbook, *sides: tuple[str, float | str], objective: str | None = "C4") -> CompiledWithRows:
    """A model of A1:A3; a right side that begins with '=' is a formula, another text a region."""

    def right(given: float | str) -> float | Region | str:
        if isinstance(given, str):
            return given[1:] if given.startswith("=") else region(given)
        return given

    found = [Sides(region(left), right(other)) for left, other in sides]
    place = None if objective is None else region(objective)
    return compile_system(Dependence(book), place, [region("A1:A3")], found)


def book() -> Workbook:
    return book_of({"Sheet": CELLS}, arrays=ARRAYS)


# left, right, expected: how many rows, which are less their right side, limits of the others
SIDES = [
    ("C1:C3", 5.0, 3, [], [5, 5, 5]),
    ("C1:C3", "B1:B3", 3, [], [3, 4, 0]),  # a blank is 0
    ("C1:C3", "B4", 3, [], [1, 1, 1]),  # TRUE is 1
    ("C1:C3", "F1:H1", 3, [], [6, 8, 0]),  # F1:H1 is =B1*2 filled to the right: its cells are read in reading order
    ("C1:C3", "A1:A3", 3, [0, 1, 2], [0, 0, 0]),
    ("C1:C3", "C4", 3, [0, 1, 2], [0, 0, 0]),
    ("A1:A3", 1.0, 3, [], [1, 1, 1]),
    ("A1:A3", "D1:D3", 3, [0, 1, 2], [0, 0, 0]),
    ("B1:B3", "C5", 3, [0, 1, 2], [0, 0, 0]),  # constants on the left
    ("B1:B2", 7.0, 2, [], [7, 7]),
    ("C5", "=SUM(B1:B3)*2", 1, [], [14]),
    ("C5", "=SUM(A1:A3)*2", 1, [0], [0]),
    ("C6", "=MAX(A1,-A2)", 1, [0], [0]),
    ("C6", "=2+3", 1, [], [5]),
    ("C1:C3", "=SUM(A:A)", 3, [0, 1, 2], [0, 0, 0]),
    ("C1:C3", "A3:A5", 3, [0], [0, 0, 0]),  # A4 and A5 are no changing cells
    ("I1:J2", "A1", 4, [0, 1, 2, 3], [0] * 4),
    ("C9", 0.0, 1, [], [0]),  # a text for some values of the changing cells alone
]


@pytest.mark.parametrize("left, right, count, moving, limits", SIDES, ids=[f"{s[0]} {s[1]}" for s in SIDES])
def test_rows_are_the_references_left_side_less_a_moving_right_side(left, right, count, moving, limits):
    given_book = book_of({"Sheet": {**CELLS, "F1": "=B1*2", "G1": "=B2*2", "H1": "=B3*2"}}, arrays=ARRAYS)
    model = compiled(given_book, (left, right))
    assert model.system.count == model.rows.count == count
    assert np.flatnonzero(model.rows.moving).tolist() == moving
    assert model.rows.limits.tolist() == limits
    points = np.array([[1.5, -0.5, 2.0], [0.3, 0.7, -1.0], [2.0, 3.0, 0.1]])
    for x in points:
        f, g = model.system.values(torch.from_numpy(x[None]))
        f_expected, g_expected = by_reference(given_book, model, right, x)
        assert f.item() == pytest.approx(f_expected, rel=1e-14)
        np.testing.assert_allclose(g[0].numpy(), g_expected, rtol=1e-14, atol=1e-14)
    require_slopes(model.system, points, 1e-7)


def by_reference(book: Workbook, model: CompiledWithRows, right: float | str, x: np.ndarray) -> tuple[float, list]:
    """f and g at x, cell by cell."""
    overrides = dict(zip(model.cells, x.tolist(), strict=True))
    if isinstance(right, str) and right.startswith("="):
        book = book_of({"Sheet": {**CELLS, "Z99": right}}, arrays=ARRAYS)
        right = "Z99"
    reference = Reference(book, overrides)

    def number(row: int, column: int) -> float:
        value = reference.value("Sheet", row, column)
        return math.nan if isinstance(value, CellError | str) else float(value or 0.0)

    lefts = [number(cell.top, cell.left) for cell in model.rows.cells]
    if isinstance(right, str):
        cells = region(right).cells() * (len(lefts) if region(right).size == 1 else 1)
        rights = [number(*cell) for cell in cells]
        lefts = [a - b * moves for a, b, moves in zip(lefts, rights, model.rows.moving, strict=True)]
    return number(3, 2), lefts


def require_slopes(system: CompiledSystem, points: np.ndarray, tolerance: float) -> None:
    """Every derivative a system hands out against differences of its values and of each other, at points (K, n)."""
    X = torch.from_numpy(points)
    many, size, count = *points.shape, system.count
    f, slope, g, jacobian = system.slopes(X)
    assert f.shape == (many,) and slope.shape == X.shape
    assert g.shape == (many, count) and jacobian.shape == (many, count, size)
    fine = np.isfinite(g.numpy())
    draw = np.random.default_rng(1)
    f_weight, g_weights = (torch.from_numpy(draw.uniform(-1, 1, shape)) for shape in ((many,), (many, count)))
    direction = torch.from_numpy(draw.uniform(-1, 1, X.shape))
    step = 1e-6
    for at in range(size):
        move = torch.zeros(size, dtype=torch.float64)
        move[at] = step
        (f_up, g_up), (f_down, g_down) = system.values(X + move), system.values(X - move)
        np.testing.assert_allclose(slope[:, at], (f_up - f_down) / (2 * step), rtol=tolerance, atol=tolerance)
        difference = ((g_up - g_down) / (2 * step)).numpy()
        here = fine & np.isfinite(difference)
        np.testing.assert_allclose(jacobian[:, :, at].numpy()[here], difference[here], rtol=tolerance, atol=tolerance)
    kept = torch.from_numpy(fine.all(1))  # an error's derivative is nothing to compare
    f_again, g_again, weighted = system.weighted(X, f_weight, g_weights)
    assert torch.equal(f_again, f) and torch.equal(torch.nan_to_num(g_again), torch.nan_to_num(g))
    expected = f_weight[:, None] * slope + (g_weights[:, :, None] * jacobian).sum(1)
    np.testing.assert_allclose(weighted[kept], expected[kept], rtol=1e-12, atol=1e-12)
    up, down = (system.weighted(X + sign * step * direction, f_weight, g_weights)[2] for sign in (1, -1))
    product = system.weighted_hessian_product(X, f_weight, g_weights, direction)
    np.testing.assert_allclose(product[kept], ((up - down) / (2 * step))[kept], rtol=1e-6, atol=1e-6)
    hessian = system.weighted_hessian(X, f_weight, g_weights)
    assert hessian.shape == (many, size, size)
    np.testing.assert_allclose((hessian @ direction[:, :, None])[kept, :, 0], product[kept], rtol=1e-12, atol=1e-12)
    for one in range(many):  # a batch of points is the points one by one
        alone = system.slopes(X[one : one + 1])
        for together, single in zip((f, slope, g, jacobian), alone, strict=True):
            np.testing.assert_allclose(single[0], together[one], rtol=1e-13, atol=1e-13)


WRONG = [  # left, right, error, cell named, what is said
    ("C1", "B5", ModelError, "Sheet!B5", "this one is the text 'text'"),
    ("B5", 1.0, ModelError, "Sheet!B5", "this one is the text 'text'"),
    ("E2", 1.0, ModelError, "Sheet!E2", "this one is the text 'a3'"),
    ("C1", "B6", ModelError, "Sheet!B6", "this one is #DIV/0! whatever the changing cells hold"),
    ("E3", 1.0, ModelError, "Sheet!B6", "#DIV/0! here makes Sheet!E3, a side of a constraint, an error"),
    ("C1:C3", "B1:B2", ModelError, "Sheet!C1:C3", "3 cells on the left, 2 on the right"),
    ("C1", "=B6+1", ModelError, "Sheet!B6", "makes the right side of the constraint on Sheet!C1 an error"),
    ("C1", '="a"', ModelError, "Sheet!C1", "the text 'a'"),
    ("C1", "=FOO(1)", UnknownFunctionError, "Sheet!C1", "no Excel function FOO"),
]


@pytest.mark.parametrize("left, right, kind, cell, says", WRONG, ids=[f"{w[0]} {w[1]}" for w in WRONG])
def test_sides_that_are_no_numbers_are_told_by_cell(left, right, kind, cell, says):
    with pytest.raises(kind) as caught:
        compiled(book(), (left, right))
    assert caught.value.cell == cell
    assert says in str(caught.value)
    assert caught.value.action


def test_an_error_in_a_cell_that_moves_is_data():
    model = compiled(book(), ("E1", 1.0), ("C8", 1.0))
    assert model.rows.live.all() and np.isnan(model.rows.left).all()
    assert not torch.isfinite(model.system.values(torch.ones(1, 3, dtype=torch.float64))[1][0, 0])


def test_a_model_without_an_objective_is_constant_zero():
    model = compiled(book(), ("C4", 9.0), objective=None)
    assert model.objective is None
    f, slope, g, jacobian = model.system.slopes(torch.tensor([[1.0, 2.0, 2.0]], dtype=torch.float64))
    assert (f.item(), slope.tolist(), g.tolist()) == (0.0, [[0.0, 0.0, 0.0]], [[9.0]])
    assert jacobian.tolist() == [[[2.0, 4.0, 4.0]]]


def test_a_model_without_rows_is_its_objective():
    model, plain = compiled(book()), compile_model(Dependence(book()), region("C4"), [region("A1:A3")])
    X = torch.tensor([[1.0, 2.0, 2.0], [0.5, 0.0, 1.0]], dtype=torch.float64)
    f, slope, g, jacobian = model.system.slopes(X)
    value, gradient = plain.function.value_and_gradient(X)
    assert torch.equal(f, value) and torch.equal(slope, gradient)
    assert g.shape == (2, 0) and jacobian.shape == (2, 0, 3)
    weights = torch.ones(2, dtype=torch.float64), torch.zeros(2, 0, dtype=torch.float64)
    assert torch.equal(model.system.weighted_hessian(X, *weights), plain.function.hessian(X))


def test_rows_come_in_the_order_of_the_constraints_and_in_reading_order_of_each():
    model = compiled(book(), ("C3", 1.0), ("C1", 1.0), ("C2", 1.0), ("I1:J2", 2.0), ("C4", 0.0))
    names = [cell.a1 for cell in model.rows.cells]
    assert names == ["C3", "C1", "C2", "I1", "J1", "I2", "J2", "C4"]
    _, g = model.system.values(torch.tensor([[1.0, 2.0, 3.0]], dtype=torch.float64))
    assert g[0].tolist() == [9.0, 4.0, 8.0, 2.0, 3.0, 4.0, 6.0, 14.0]


def test_a_cell_with_new_values_is_read_as_such():
    sides = [Sides(region("C1"), region("B1"))]
    new = {region("B1"): np.array([10.0])}
    model = compile_system(Dependence(book()), region("C4"), [region("A1:A3")], sides, new)
    assert model.rows.limits.tolist() == [10.0]
    assert model.rows.left.tolist() == [1.5**2 + 10]


def test_formulas_on_the_right_are_evaluated_on_their_sheet():
    two = book_of({"Sheet": CELLS, "Other": {"B1": 8.0}})
    sides = [Sides(region("C1"), "B1+1", "Other"), Sides(region("C1"), "B1+1"), Sides(region("C1"), "Other!B1*2")]
    model = compile_system(Dependence(two), region("C4"), [region("A1:A3")], sides)
    assert model.rows.limits.tolist() == [9.0, 4.0, 16.0]


TRANSPORT = {
    "A1:H5": 0.0, "A11:H15": np.random.default_rng(0).uniform(1, 9, 40), "I1:I5": "=SUM(A1:H1)", "A6:H6": "=SUM(A1:A5)",
    "J1": "=SUMPRODUCT(A1:H5,A11:H15)+7", "K1": "=I1-2*A6+3",
}  # fmt: skip


def transport() -> CompiledWithRows:
    lines = [*(Sides(region(f"I{row}"), 10.0) for row in range(1, 6)), Sides(region("A6:H6"), 5.0)]
    dependence = Dependence(columns_of(TRANSPORT))
    return compile_system(dependence, region("J1"), [region("A1:H5")], [*lines, Sides(region("K1"), region("A1"))])


def test_linear_coefficients_are_exact():
    model = transport()
    x = np.random.default_rng(1).uniform(0, 100, 40)
    found = linear_coefficients(model.system, x)
    incidence = np.vstack([np.kron(np.eye(5), np.ones(8)), np.tile(np.eye(8), 5), np.zeros(40)])
    incidence[-1] = incidence[0] - 2 * incidence[5]
    incidence[-1, 0] -= 1
    assert np.array_equal(found.jacobian.toarray(), incidence)
    assert found.jacobian.nnz == np.count_nonzero(incidence)
    assert np.array_equal(found.gradient, TRANSPORT["A11:H15"])
    assert (found.offset, found.offsets.tolist()) == (7.0, [0.0] * 13 + [3.0])


def test_coefficients_of_more_rows_than_cells_and_of_none():
    many = columns_of({"A1:C1": 1.0, "E1:E50": "=ROW()*$A$1-$C$1", "F1": "=A1+B1"})
    model = compile_system(Dependence(many), region("F1"), [region("A1:C1")], [Sides(region("E1:E50"), 0.0)])
    found = linear_coefficients(model.system, np.ones(3))
    expected = np.stack([np.arange(1.0, 51), np.zeros(50), -np.ones(50)], 1)
    assert np.array_equal(found.jacobian.toarray(), expected)
    none = compile_system(Dependence(many), region("F1"), [region("A1:C1")], [])
    assert linear_coefficients(none.system, np.ones(3)).jacobian.shape == (0, 3)


@pytest.mark.parametrize("most", [1, 100, 1000])
def test_jacobians_in_chunks_are_the_whole(monkeypatch, most):
    X = torch.from_numpy(np.random.default_rng(2).uniform(-1, 1, (2, 3)))
    whole, tall = (compiled(book(), *sides).system for sides in ([("C1:C2", 1.0)], [("C1:C3", 1.0), ("I1:J2", 1.0)]))
    expected = [system.slopes(X)[3] for system in (whole, tall)]
    weights = torch.ones(2, dtype=torch.float64), torch.ones(2, 7, dtype=torch.float64)
    hessian = tall.weighted_hessian(X, *weights)
    monkeypatch.setattr("cellgrad.program.system.MOST_ELEMENTS", most)
    for system, known in zip((whole, tall), expected, strict=True):
        np.testing.assert_allclose(system.slopes(X)[3], known, rtol=1e-14)
    np.testing.assert_allclose(tall.weighted_hessian(X, *weights), hessian, rtol=1e-14)


def test_thousands_of_rows_are_one_vector():
    large = columns_of({"A1:A4": 0.5, "C1:C5000": 2.0, "D1:D5000": "=C1*$A$1+$A$2^2", "F1": "=SUM(A1:A4)"})
    lines = [Sides(region(f"D{row}"), region(f"C{row}")) for row in range(1, 5001)]  # cell by cell
    model = compile_system(Dependence(large), region("F1"), [region("A1:A4")], lines)
    assert model.system.count == 5000
    assert len(topological([model.system.rows_node])) < 30
    assert model.rows.limits.tolist() == [2.0] * 5000


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(books(typed=False), st.integers(0, 1000))
def test_rows_of_random_workbooks_equal_the_reference(random_book: Workbook, seed: int) -> None:
    """Every cell of every column of formulas is a row; the first column are the changing cells."""
    first, last = DATA, DATA + COLUMNS - 1
    sides = [Sides(Region("Sheet", 1, column, ROWS + 1, column + 1), 0.0) for column in range(first, last + 1)]
    try:
        model = compile_system(Dependence(random_book), None, [Region("Sheet", 0, 0, ROWS + 2, 1)], sides)
    except ModelError:
        return  # always an error
    except CellgradError:
        return  # refused in words
    x = model.x0 + np.random.default_rng(seed).uniform(-0.1, 0.1, len(model.x0))
    _, g = model.system.values(torch.from_numpy(x[None]))
    reference = Reference(random_book, dict(zip(model.cells, x.tolist(), strict=True)))
    for cell, ours in zip(model.rows.cells, g[0].tolist(), strict=True):
        theirs = reference.value("Sheet", cell.top, cell.left)
        if isinstance(theirs, float):
            assert math.isclose(ours, theirs, rel_tol=1e-11, abs_tol=1e-11), cell
        else:
            assert isinstance(theirs, bool) or not math.isfinite(ours), cell
    w = torch.from_numpy(np.random.default_rng(seed).uniform(-1, 1, (1, model.system.count)))
    zero = torch.zeros(1, dtype=torch.float64)
    X = torch.from_numpy(x[None])
    *_, jacobian = model.system.slopes(X)
    slope = model.system.weighted(X, zero, w)[2]
    if torch.isfinite(g).all():
        np.testing.assert_allclose(slope[0], w[0] @ jacobian[0], rtol=1e-9, atol=1e-9)
