# ruff: noqa: E501 - a row of a table is a line, whatever its length
"""Whole blocks against the per-cell reference, in value; and against cell-by-cell programs, in gradient.

The reference is the authority: every row of these tables is a shape that people fill into sheets.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import UnsupportedError
from cellgrad.functions.registry import FUNCTIONS
from cellgrad.gradients.gradcheck import check_gradient
from cellgrad.program.compiling import compile_model
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import Value
from cellgrad.workbook import DefinedName, Workbook, decode

NUMBERS: dict[str, Value] = {
    **{f"A{r}": float(v) for r, v in enumerate([0.5, -1.5, 2.0, 0.25, 3.0, -0.75, 1.0, 0.1, -2.0, 4.0], 1)},
    **{f"B{r}": float(v) for r, v in enumerate([1.0, 2.0, -3.0, 0.5, 0.0, 1.5, -2.5, 2.25, 0.75, -1.0], 1)},
    **{f"C{r}": float(v) for r, v in enumerate([2.0, 0.5, 1.0, -1.0, 0.3, 2.5, 0.2, -0.4, 1.2, 0.9], 1)},
}
MIXED: dict[str, Value] = {
    "A1": 1.0, "A2": "x", "A3": None, "A4": True, "A5": "3", "A6": 2.5, "A7": "", "A8": False, "A9": -4.0, "A10": "X",
    "B1": "male", "B2": "Male", "B3": "female", "B4": 0.0, "B5": None, "B6": "male ", "B7": True, "B8": 7.0,
}  # fmt: skip

# name, data cells, {range: formula filled from its first cell}, {block: array formula}
SHAPES = [
    ("filled column", NUMBERS, {"D1:D10": "=A1*2+B1^2"}, {}),
    ("filled row of column sums", NUMBERS, {"A11:C11": "=SUM(A1:A10)"}, {}),
    ("filled rectangle", NUMBERS, {"E1:G10": "=A1-A$1"}, {}),
    ("sliding window", NUMBERS, {"D1:D8": "=SUM(A1:A3)*MAX(B1:B3)"}, {}),
    ("convolution", NUMBERS, {"E1:F9": "=SUMPRODUCT(A1:B2,$B$1:$C$2)"}, {}),
    ("running total", NUMBERS, {"D1:D10": "=SUM($A$1:A1)"}, {}),
    ("recurrence", NUMBERS, {"D1": "=A1", "D2:D10": "=D1*0.5+A2"}, {}),
    ("two recurrences", NUMBERS, {"D1": "=A1", "E1": "=B1", "D2:D10": "=D1+E1*0.1", "E2:E10": "=E1-D1*0.1"}, {}),
    ("dynamic programme", NUMBERS, {"E1:G1": "=A1", "D1:D10": "=B1", "E2:G10": "=MIN(E1,D2)+0.5"}, {}),
    ("block reading several blocks", NUMBERS, {"D1:D5": "=A1*2", "D6:D10": "=B6*3", "E1": "=SUM(D1:D10)"}, {}),
    ("block beside plain numbers", NUMBERS, {"D3:D5": "=A3*2", "D1": 7.0, "D8": 1.0, "E1": "=SUMSQ(D1:D10)"}, {}),
    ("whole columns", NUMBERS, {"E1": "=SUM(A:A)+COUNT(B:C)", "F2": "=MAX(1:1)"}, {}),
    ("rows and columns", NUMBERS, {"E1:F4": "=ROW()*10+COLUMN()", "G1:G3": "=ROWS(A1:B5)+COLUMNS(A1:C1)"}, {}),
    ("row of a reference", NUMBERS, {"E1:E4": "=ROW(A3)+COLUMN($B1)"}, {}),
    ("index", NUMBERS, {"E1": "=INDEX(A1:C10,3,2)", "F1:F3": "=INDEX($A$1:$C$10,2,3)", "G1": "=INDEX(A1:A10,4)"}, {}),
    ("index that varies", NUMBERS, {"E1:E5": "=INDEX($A$1:$A$10,ROW()+1)"}, {}),
    ("implicit intersection", NUMBERS, {"E1:E5": "=$A$1:$A$10*2", "A12:C12": "=$A$1:$C$1+1"}, {}),
    ("nested branches", NUMBERS, {"D1:D10": "=IF(A1>0,IF(B1>0,1,2),IF(AND(A1<-1,B1<0),3,4))"}, {}),
    ("branch by ifs", NUMBERS, {"D1:D10": "=IFS(A1>1,A1,A1>0,B1,TRUE,0)"}, {}),
    ("errors caught", NUMBERS, {"D1:D10": "=IFERROR(1/B1,-1)", "E1:E10": "=IFERROR(SQRT(A1),LN(C1))"}, {}),
    ("errors not caught", NUMBERS, {"D1:D10": "=LN(A1)/B1", "E1": "=SUM(D1:D10)", "E2": "=COUNT(D1:D10)"}, {}),
    ("extremes over an error", NUMBERS, {"D1:D10": "=1/B1", "E1": "=MAX(D1:D10)", "E2": "=MIN(D1:D4)"}, {}),
    ("texts, blanks, booleans", MIXED,
     {"C1:C10": "=A1+1", "D1:D10": '=IF(B1="male",1,0)', "E1": "=SUM(A1:A10)", "E2": "=AVERAGE(A1:A10)",
      "E3": "=COUNT(A1:B10)", "E4": "=COUNTA(A1:B10)", "E5": "=MAX(A1:A3)", "E6": "=SUMPRODUCT(A1:A5,A6:A10)",
      "F1:F10": "=A1>B1", "G1:G10": "=A1=B1", "H1:H10": "=A1", "I1:I10": "=A1<=2", "J1": "=PRODUCT(A1:A10)"}, {}),
    ("logic over mixtures", MIXED,
     {"C1": "=AND(A1:A10)", "C2": "=OR(A1:A3)", "C3": "=AND(A2:A3)", "C4": "=NOT(A4)", "C5": '=OR("x",TRUE)',
      "C6:C12": "=AND(A4,B7)"}, {}),
    ("text from a branch", MIXED, {"C1:C10": '=IF(A1=1,"one",A1)', "D1:D10": '=IF(C1="ONE",1,2)', "E1": "=COUNTA(C1:C10)"}, {}),
    ("text joined", MIXED, {"C1:C10": '=A1&"-"&B1', "D1:D10": '=IF(C1="1-male",1,0)'}, {}),
    ("matrix product", NUMBERS, {}, {"Sheet!E1:F3": "=MMULT(A1:B3,B1:C2)"}),
    ("matrix product over a blank", MIXED, {}, {"Sheet!E1:F2": "=MMULT(A1:B2,A9:B10)"}),
    ("array product", NUMBERS, {}, {"Sheet!E1:E4": "=A1:A4*B1:B4"}),
    ("outer product", NUMBERS, {}, {"Sheet!E1:G4": "=A1:A4*A1:C1"}),
    ("array too small for its block", NUMBERS, {}, {"Sheet!E1:G4": "=A1:B2+0", "Sheet!I1:J3": "=A1:A2", "Sheet!L1:M2": "=A1"}),
    ("transposed", NUMBERS, {}, {"Sheet!E1:H2": "=TRANSPOSE(A1:B4)"}),
    ("one-cell array formulas", NUMBERS, {}, {"Sheet!E1": "=SUM(A1:A4*B1:B4)", "Sheet!F1": "=MAX(0,SUM(A1:B2*$B$1:$C$2))"}),
    ("array branch", NUMBERS, {}, {"Sheet!E1:E10": "=IF(A1:A10>0,A1:A10,-B1:B10)", "Sheet!F1": "=SUM(IF(A1:A10>0,1,0))"}),
    ("array constants", NUMBERS, {"E1": "=SUM({1,2;3,4}*2)", "E2": "=SUMPRODUCT(A1:B2,{1,2;3,4})"}, {}),
    ("sums over pairs", {**NUMBERS, "A3": "x", "B5": None},
     {"E1": "=SUMXMY2(A1:A10,B1:B10)", "E2": "=SUMX2MY2(A1:A10,B1:B10)", "E3": "=SUMX2PY2(A1:A10,C1:C10)"}, {}),
    ("unequal shapes", NUMBERS, {"E1": "=SUMPRODUCT(A1:A3,B1:B4)", "E2": "=SUMXMY2(A1:A3,B1:B4)"}, {}),
    ("rounding", NUMBERS, {"D1:D10": "=ROUND(A1*1.2345,2)", "E1:E10": "=INT(A1)", "F1:F10": "=MOD(A1,0.7)"}, {}),
    ("powers at zero", NUMBERS, {"D1:D10": "=B1^A1", "E1:E10": "=0^B1"}, {}),
    ("trigonometry", NUMBERS, {"D1:D10": "=SIN(A1)+COS(B1)*TAN(C1)", "E1:E10": "=ATAN2(A1,B1)", "F1:F10": "=ASIN(A1)"}, {}),
    ("reversed corners", NUMBERS, {"D1:D5": "=SUM(A3:A1)", "E1:E5": "=SUM(B$5:A$2)"}, {}),
    ("computed ends", NUMBERS, {"D1:D5": "=SUM(A1:INDEX(A1:B6,3,2))", "E1": "=SUM(D1:INDEX(D1:D5,COUNT(A1:A4)))"}, {}),
    ("unions", NUMBERS, {"E1": "=SUM((A1:A3,C1:C3))", "E2": "=SUM(A1:B3 B2:C5)"}, {}),
]  # fmt: skip


def _book(cells: dict[str, Value], filled: dict[str, Value], arrays: dict[str, str]) -> Workbook:
    return book_of({"Sheet": {**cells, **filled}}, arrays=arrays)


def _same(ours: Value, theirs: Value, tolerance: float = 1e-13) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=tolerance, abs_tol=tolerance)
    return type(ours) is type(theirs) and ours == theirs


def _assert_equal_reference(book: Workbook, tolerance: float = 1e-13) -> int:
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    assert not result.failures
    reference, count = Reference(book), 0
    for block, (kinds, data) in result.blocks.items():
        r = block.region
        for row, column in r.cells():
            ours = decode(
                int(kinds[row - r.top, column - r.left]), float(data[row - r.top, column - r.left]), book.strings
            )
            theirs = reference.value(r.sheet, row, column)
            assert _same(ours, theirs, tolerance), f"{r} at {row},{column}: block {ours!r}, reference {theirs!r}"
            count += 1
    return count


@pytest.mark.parametrize(("name", "cells", "filled", "arrays"), SHAPES, ids=[row[0] for row in SHAPES])
def test_blocks_equal_the_reference(name, cells, filled, arrays) -> None:
    assert _assert_equal_reference(_book(cells, filled, arrays)) > 0


CASES = [(record.name, formula) for record in FUNCTIONS.values() for formula, _ in record.cases]


def test_every_sample_case_as_a_block_equals_the_reference() -> None:
    """The function records' own cases, which the reference passes, once more through the block evaluator."""
    for name, formula in CASES:
        book = book_of({"Sheet": {**NUMBERS, "Z99:AA101": f"={formula}"}})
        try:
            _assert_equal_reference(book, 1e-12)  # kernels sum and raise to powers in an order of their own
        except AssertionError as error:
            raise AssertionError(f"{name}: ={formula}: {error}") from None


# name, formulas that lead to the objective H1, changing cells (of NUMBERS)
MODELS = [
    ("column of squares", {"D1:D10": "=(A1*B1-C1)^2", "H1": "=SUM(D1:D10)"}, "A1:A10"),
    ("least squares line", {"D1:D10": "=$A$1+$A$2*B1", "H1": "=SUMXMY2(D1:D10,C1:C10)"}, "A1:A2"),
    ("rectified", {"D1:D10": "=SUMPRODUCT(A$1:A$3,B1:B3)", "E1:E8": "=IF(D1>0,D1,0)", "H1": "=AVERAGE(E1:E8)"}, "A1:A3"),
    ("row of parameters", {"D1:D9": "=SUMPRODUCT(A1:C1,$A$10:$C$10)", "H1": "=SUMSQ(D1:D9)/9"}, "A10:C10"),
    ("matrix product", {"H1": "=SUMSQ(J1:K3)"}, "A1:B2"),
    ("sigmoid and logs", {"D1:D10": "=1/(1+EXP(-A$1*B1-A$2))", "E1:E10": "=-LN(D1)*0.3-LN(1-D1)*0.7", "H1": "=SUM(E1:E10)"}, "A1:A2"),
    ("recurrence", {"D1": "=A1", "D2:D10": "=D1*(1+A$2*0.1)+B2", "H1": "=D10^2"}, "A1:A2"),
    ("running total", {"D1:D10": "=SUM(A$1:A1)*B1", "H1": "=SUM(D1:D10)"}, "A1:A10"),
    ("convolution", {"D1:E8": "=SUM(A1:B3)*$C$1", "H1": "=SUMSQ(D1:E8)"}, "A1:B10,C1"),
    ("extremes", {"D1": "=MAX(A1:A10)*2+MIN(A1:A10,B1)", "H1": "=D1*D1"}, "A1:A10"),
    ("powers and roots", {"D1:D4": "=ABS(A1)^1.5+SQRT(ABS(B1))", "H1": "=SUM(D1:D4)+PRODUCT(A1:A4)"}, "A1:B4"),
    ("trigonometry", {"D1:D10": "=SIN(A1)*COS(B1)+ATAN2(B1,A1)+TANH(A1)", "H1": "=SUM(D1:D10)"}, "A1:A10,B2"),
    ("kept from errors", {"D1:D10": "=IFERROR(LN(A1),A1^2)+IF(B1>0,SQRT(B1),0)", "H1": "=SUM(D1:D10)"}, "A1:A10,B1:B10"),
    ("texts and blanks among the live", {"D1": "n/a", "D2:D8": "=A2*2", "E1": "=AVERAGE(D1:D12)", "H1": "=E1^2+COUNT(D1:D12)"}, "A1:A8"),
    ("text from a live branch", {"D1:D10": '=IF(A1>0,A1^2,"none")', "H1": "=SUM(D1:D10)+COUNT(D1:D10)"}, "A1:A10"),
    ("index", {"D1": "=INDEX(A1:A10,4)*INDEX(A1:C2,2,1)", "H1": "=D1^2"}, "A1:A10"),
    ("root mean square", {"D1:D10": "=A$1*B1-C1", "H1": "=SQRT(SUMSQ(D1:D10)/COUNT(D1:D10))"}, "A1:A2"),
    ("modulo and logs", {"D1:D5": "=MOD(C1*3,2)+LOG(ABS(A1)+1,3)+LOG10(ABS(A1)+2)", "H1": "=SUM(D1:D5)"}, "A1:A5,C1:C5"),
    ("cells named one by one", {"H1": "=(A1-1)^2+(B3-2)^2*A1+C7"}, "C7,A1,B3"),
    ("cells that overlap", {"H1": "=SUMSQ(A1:B5)"}, "A1:A4,A3:B5"),
]  # fmt: skip
ARRAYS = {"matrix product": {"Sheet!J1:K3": "=MMULT(A3:B5,A1:B2)"}}


@pytest.mark.parametrize(("name", "formulas", "changing"), MODELS, ids=[row[0] for row in MODELS])
def test_models_equal_the_reference_in_value_and_gradient(name, formulas, changing) -> None:
    book = book_of({"Sheet": {**NUMBERS, **formulas}}, arrays=ARRAYS.get(name))
    areas = [parse_region(text, "Sheet") for text in changing.split(",")]
    objective = parse_region("H1", "Sheet")
    model = compile_model(Dependence(book), objective, areas)
    apart = compile_model(Dependence(book, apart=True), objective, areas)
    rng = np.random.default_rng(11)
    points = np.stack([model.x0, *(model.x0 + rng.normal(0, 0.05, (3, len(model.x0))))])
    values, slopes = model.function.value_and_gradient(torch.from_numpy(points))
    for i, (x, value, slope) in enumerate(zip(points, values.tolist(), slopes.numpy(), strict=True)):
        reference = Reference(book, dict(zip(model.cells, x.tolist(), strict=True)))
        assert value == pytest.approx(reference.value("Sheet", 0, 7), rel=1e-12, abs=1e-12)
        one_by_one, slope_by_cells = apart.function.value_and_gradient(torch.from_numpy(x)[None])
        assert one_by_one.item() == pytest.approx(value, rel=1e-12, abs=1e-12)
        np.testing.assert_allclose(slope_by_cells[0].numpy(), slope, rtol=1e-12, atol=1e-12)
        if i:  # the first point, the sheet's own, may lie on a kink, where a difference tells nothing
            assert check_gradient(model.function.value, slope, x).max_relative_error < 1e-6
    if model.function.has_residuals:
        residuals, jacobian = model.function.residuals_and_jacobian(torch.from_numpy(points))
        if model.function.rooted:
            values, slopes = values.square(), 2 * values[:, None] * slopes
        np.testing.assert_allclose(residuals.square().sum(1), values, rtol=1e-12)
        np.testing.assert_allclose((2 * jacobian.mT @ residuals[:, :, None])[:, :, 0], slopes, rtol=1e-9, atol=1e-11)


def test_the_slope_reaches_what_lies_between_computed_ends() -> None:
    """A3 lies between the ends and is named by neither: its share of the gradient may not be lost in silence."""
    book = book_of({"Sheet": {**NUMBERS, "H1": "=SUM(A1:INDEX(A5:A6,1))^2"}})
    model = compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A3", "Sheet")])
    value, slope = model.function.value_and_gradient(torch.tensor([[2.0]], dtype=torch.float64))
    assert (value.item(), slope.tolist()) == (4.25**2, [[2 * 4.25]])


def test_a_name_that_lifts_over_a_range() -> None:
    names = [DefinedName("weights", "Sheet!$A$1:$A$3*2")]
    book = book_of({"Sheet": {**NUMBERS, "H1": "=SUM(weights)^2"}}, names=names)
    model = compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A1:A3", "Sheet")])
    value, slope = model.function.value_and_gradient(torch.tensor([[1.0, 2.0, 3.0]], dtype=torch.float64))
    assert (value.item(), slope.tolist()) == (144.0, [[48.0, 48.0, 48.0]])


def test_the_checker_catches_a_wrong_gradient() -> None:
    x = np.array([0.3, -1.2, 2.0])
    right = 3 * x**2
    assert check_gradient(lambda X: X.pow(3).sum(1), right, x).max_relative_error < 1e-6
    assert check_gradient(lambda X: X.pow(3).sum(1), right + np.array([0, 1e-4, 0]), x).max_relative_error > 1e-6


# objective over errors D1:D10 = A1 + A2*B - C, how many residuals are found, whether under a root
STRUCTURES = [
    ("=AVERAGE(E1:E10)", 10, False),
    ("=SUM(E1:E10)/COUNT(E1:E10)", 10, False),
    ("=SUMSQ(D1:D10)", 10, False),
    ("=SUMXMY2(D1:D10,C1:C10)", 10, False),
    ("=SUMPRODUCT(D1:D10,D1:D10)", 10, False),
    ("=SUMPRODUCT(E1:E10,G1:G10)", 10, False),  # weights above zero
    ("=2*SUM(E1:E10)+A1^2", 11, False),  # a ridge
    ("=SQRT(AVERAGE(E1:E10))", 10, True),
    ("=SUMSQ(D1:D10)^0.5", 10, True),
    ("=(SUM(F1:F10)/COUNT(F1:F10))^0.5", 10, True),  # squares that may be errors
    ("=(SUM(F1:F10)/10)^(1/2)", 10, True),
    ("=SUM(F1:F10)/COUNT(I1:I10)", 0, False),  # the count of what the sum does not hold may vary
    ("=SUM(F1:F10)/(COUNT(F1:F10)-2)", 10, False),
    ("=SQRT(SUM(E1:E10))/SQRT(10)", 10, True),
    ("=100*SQRT(AVERAGE(E1:E10))/2", 10, True),
    ("=-SQRT(AVERAGE(E1:E10))", 0, False),
    ("=SUMSQ(D1:D10)^0.25", 0, False),
    ("=SUMSQ(D1:D10)^-0.5", 0, False),
    ("=D1^2", 1, False),
    ("=SUM(D1:D10)", 0, False),
    ("=SUM(E1:E10)-1", 0, False),
    ("=SUMPRODUCT(E1:E10,B1:B10)", 0, False),  # weights below zero
    ("=SUM(H2:H11)", 0, False),
]


@pytest.mark.parametrize(("formula", "count", "rooted"), STRUCTURES, ids=[row[0] for row in STRUCTURES])
def test_sums_of_squares_are_found_from_the_formula(formula, count, rooted) -> None:
    cells = {
        "D1:D10": "=A$1+A$2*B1-C1",
        "E1:E10": "=D1^2",
        "F1:F10": "=(A$1*B1+A$2/(1+A$1^2)-C1)^2",
        "G1:G10": 0.5,
        "H2:H11": "=ABS(D1)^3",
        "I1:I10": "=LN(A$1+3+B1)",
        "H1": formula,
    }
    book = book_of({"Sheet": {**NUMBERS, **cells}})
    model = compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A1:A2", "Sheet")])
    assert model.function.residual_count == count
    assert model.function.rooted is rooted
    if count:
        x = torch.from_numpy(model.x0)[None]
        residuals, jacobian = model.function.residuals_and_jacobian(x)
        value, slope = model.function.value_and_gradient(x)
        merit = value.square() if rooted else value
        torch.testing.assert_close(residuals.square().sum(1), merit, rtol=1e-12, atol=0)
        chain = 2 * value[:, None] * slope if rooted else slope
        torch.testing.assert_close((2 * jacobian.mT @ residuals[:, :, None])[:, :, 0], chain, rtol=1e-11, atol=1e-12)


def test_a_spilled_block_is_read_by_its_anchor() -> None:
    book = book_of(
        {"Sheet": {**NUMBERS, "H1": "=SUMSQ(E1#)+SUM(_xlfn.ANCHORARRAY($E$1))"}},
        dynamic={"Sheet!E1:E3": "=MMULT(A1:B3,B1:B2)"},
    )
    model = compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A1:A3", "Sheet")])
    value, slope = model.function.value_and_gradient(torch.from_numpy(model.x0)[None])
    assert value.item() == pytest.approx(Reference(book).value("Sheet", 0, 7), rel=1e-13)
    assert check_gradient(model.function.value, slope[0].numpy(), model.x0).max_relative_error < 1e-6
    dependence = Dependence(book)
    block = dependence.touching(parse_region("H1", "Sheet"))[0]
    data = recalculate(dependence, [block], {}).blocks[block][1]
    assert data[0, 0] == pytest.approx(value.item(), rel=1e-13)


@pytest.mark.parametrize("stored", ["Sheet!E1:E1", "Sheet!E1:E2"])
def test_a_formula_that_spills_beyond_what_the_file_holds_is_refused(stored) -> None:
    """The cells it would spill into stand empty in the file: whoever reads them would read nothing, in silence."""
    book = book_of({"Sheet": {**NUMBERS, "H1": "=SUM(E1:E3)"}}, dynamic={stored: "=MMULT(A1:B3,B1:B2)"})
    with pytest.raises(UnsupportedError, match="Sheet!E1"):
        compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A1:A3", "Sheet")])
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    assert [type(error) for error in result.failures.values()] == [UnsupportedError, UnsupportedError]


def test_the_checker_takes_steps_to_the_size_of_a_cell() -> None:
    x = np.array([3e9, 2e-21])
    check = check_gradient(lambda X: torch.log(X).sum(1), 1 / x, x)
    np.testing.assert_allclose(check.difference, 1 / x, rtol=1e-6, atol=1e-15)


def test_hessian_products_are_differences_of_gradients() -> None:
    formulas = {"D1:D10": "=1/(1+EXP(-A$1*B1-A$2))", "H1": "=SUMXMY2(D1:D10,C1:C10)"}
    book = book_of({"Sheet": {**NUMBERS, **formulas}})
    function = compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A1:A2", "Sheet")]).function
    x = torch.tensor([[0.5, -0.3]], dtype=torch.float64)
    for direction in torch.eye(2, dtype=torch.float64):
        after, before = (function.value_and_gradient(x + sign * 1e-6 * direction)[1] for sign in (1, -1))
        product = function.hessian_product(x, direction[None])
        torch.testing.assert_close(product, (after - before) / 2e-6, rtol=1e-6, atol=1e-7)
