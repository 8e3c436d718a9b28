# ruff: noqa: E501 - a row of a table is a line, whatever its length
"""What kind of function a formula is: formula -> form, and which cell is to blame. Expected by calculus."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.sheets import book_of, columns_of

from cellgrad.address import Region, parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.gradients.structure import Form, Structure, structure_of
from cellgrad.program.compiling import compile_model, compile_system
from cellgrad.program.rows import Sides
from cellgrad.values import Value

CONSTANT, LINEAR, QUADRATIC, SMOOTH, PIECEWISE, DISCONTINUOUS = Form

CELLS: dict[str, Value] = {
    "A1": 1.5, "A2": -0.5, "A3": 2.0, "A4": 0.7, "B1": 3.0, "B2": 4.0, "B3": -2.0, "B4": 1.0,
    **{f"C{i}": float(i) for i in range(1, 6)}, **{f"D{i}": float(i * i) for i in range(1, 6)},
}  # fmt: skip


def region(a1: str) -> Region:
    return parse_region(a1, "Sheet")


def structure(cells: dict[str, Value], objective: str = "H1", changing: str = "A1:A4", **told: object) -> Structure:
    model = compile_model(Dependence(book_of({"Sheet": {**CELLS, **cells}})), region(objective), [region(changing)])
    return structure_of(model, **told)  # type: ignore[arg-type]


# formula of A1:A4 (changing) and data in B, C and D; form; words of the reason
FORMULAS = [
    ("=2*A1-3*A2+7", LINEAR, None),
    ("=SUM(A1:A4)/4", LINEAR, None),
    ("=AVERAGE(A1:A4)*B1", LINEAR, None),
    ("=SUMPRODUCT(A1:A4,B1:B4)", LINEAR, None),
    ("=NPV(0.1,A1:A4)", LINEAR, None),
    ("=PMT(0.05,36,A1)", LINEAR, None),
    ("=TREND(A1:A4,B1:B4,2)", LINEAR, None),
    ("=SUMIF(B1:B4,\">0\",A1:A4)", LINEAR, None),
    ("=VLOOKUP(B1,C1:D5,2)*A1", LINEAR, None),
    ("=INDEX(A1:A4,B2)*2", LINEAR, None),
    ("=IF(B1>0,A1,A1^2)", LINEAR, None),
    ("=EXP(LN(B1))*A1", LINEAR, None),
    ("=A1*(A1-1)-A1*A1", LINEAR, None),  # the squares cancel
    ("=(A1*A1)/A1", LINEAR, None),
    ("=IF(A1<>0,A1*2,0)", LINEAR, None),  # 0 at 0 as well
    ("=MAX(B1:B4)*A1", LINEAR, None),
    ("=A1*A2", QUADRATIC, "product of two cells that both depend on the changing cells"),
    ("=A1*A1", QUADRATIC, "square of a changing cell"),
    ("=A1^2+A2", QUADRATIC, "square of a changing cell"),
    ("=SUMSQ(A1:A4)", QUADRATIC, "SUMSQ of cells"),
    ("=SUMXMY2(A1:A4,B1:B4)", QUADRATIC, "SUMXMY2 of cells"),
    ("=SUMPRODUCT(A1:A2,A3:A4)", QUADRATIC, "SUMPRODUCT of two ranges"),
    ("=SUM(MMULT(A1:A2,TRANSPOSE(A3:A4)))", QUADRATIC, "MMULT of two ranges"),
    ("=VAR(A1:A4)", QUADRATIC, "VAR of cells"),
    ("=SUM(A1:A4)^2", QUADRATIC, "square"),
    ("=1E12*A1+A1^2", QUADRATIC, "square"),  # a curvature that differences of slopes would not show
    ("=A1*A2*A3/A3", QUADRATIC, None),  # what cancels is no cell's fault
    ("=A1*A2*A3", SMOOTH, "product"),
    ("=A1/A2", SMOOTH, "division by a changing cell"),
    ("=EXP(A1)", SMOOTH, "EXP of a changing cell"),
    ("=A1^3", SMOOTH, "power of a changing cell"),
    ("=2^A1", SMOOTH, "power"),
    ("=SQRT(A1^2+1)", SMOOTH, "SQRT"),
    ("=STDEV(A1:A4)", SMOOTH, "STDEV"),
    ("=NORM.S.DIST(A1,TRUE)", SMOOTH, "NORM.S.DIST"),
    ("=PMT(A1/12,36,1000)", SMOOTH, "PMT"),
    ("=NPV(A1,B1:B4)", SMOOTH, "power"),
    ("=IFERROR(A1/A2,0)", SMOOTH, "division"),  # the domain ends at one point
    ("=IF(A1=0,1,SIN(A1)/A1)", SMOOTH, "SIN"),
    ("=IF(SUM(A1:A4)=0,0,A1/SUM(A1:A4))", SMOOTH, "division"),
    ("=ABS(A1)", PIECEWISE, "ABS of a changing cell"),
    ("=MAX(A1,A2)", PIECEWISE, "MAX of a changing cell"),
    ("=MAX(0,A1)", PIECEWISE, "MAX"),
    ("=MIN(A1,5)+A2^2", PIECEWISE, "MIN"),
    ("=MEDIAN(A1:A4)", PIECEWISE, "MEDIAN"),
    ("=LARGE(A1:A4,2)", PIECEWISE, "LARGE"),
    ("=IF(A1>0,A1,0)", PIECEWISE, "IF on a condition"),
    ("=IF(A1>0,A1*2,A1)", PIECEWISE, "no jump was found there"),
    ("=IF(A1>1,A1^2,2*A1-1)", PIECEWISE, "no jump was found there"),
    ("=IF(A1<1,NA(),A1)", PIECEWISE, "one of its branches is an error"),  # linear, and yet not without end
    ("=IF(A1<1,NA(),A1^3)", SMOOTH, "power"),
    ("=(A1>0)*A1", PIECEWISE, "no jump was found there"),
    ("=SUMPRODUCT((A1:A4>0)*A1:A4)", PIECEWISE, "no jump was found there"),
    ("=SUMIF(A1:A4,\">0\")", PIECEWISE, "SUMIF"),
    ("=IFERROR(SQRT(A1),0)", PIECEWISE, "IFERROR"),
    ("=IF(A1>0,SQRT(A1),-SQRT(-A1))", PIECEWISE, "no jump was found there"),
    ("=IF(A1>0,A1+1,A1)", DISCONTINUOUS, "IF on a condition that depends on the changing cells; its branches differ there"),
    ("=IF(A1>1000,A1^2,A1)", DISCONTINUOUS, "its branches differ there"),
    ("=IF(AND(A1>0,A2>0),A3,A3+1)", DISCONTINUOUS, "its branches differ there"),
    ("=A1+IF(A2>1,1,0)", DISCONTINUOUS, "its branches differ there"),
    ("=IF(A1=1,100,0)+A2", DISCONTINUOUS, "its branches differ there"),
    ("=CHOOSE(IF(A1>1,1,2),A2,A3)", DISCONTINUOUS, "its branches differ there"),
    ("=IFERROR(LN(A1-1),-5)", DISCONTINUOUS, None),  # a fixed value where LN has none: nobody says that they meet
    ("=(A1>0)*5+A1", DISCONTINUOUS, "used as a number"),
    ("=INT(A1)", DISCONTINUOUS, "INT of a changing cell"),
    ("=ROUND(A1,1)", DISCONTINUOUS, "ROUND"),
    ("=MOD(A1,2)", DISCONTINUOUS, "MOD"),
    ("=SIGN(A1)", DISCONTINUOUS, "SIGN"),
    ("=VLOOKUP(A1,C1:D5,2)", DISCONTINUOUS, "VLOOKUP by a key"),
    ("=INDEX(D1:D5,A1)", DISCONTINUOUS, "INDEX by a key or place"),
    ("=SUMIF(A1:A4,\">1\",B1:B4)", DISCONTINUOUS, "SUMIF"),
    ("=COUNTIF(A1:A4,\">1\")", DISCONTINUOUS, "COUNTIF counts or picks"),
]  # fmt: skip


@pytest.mark.parametrize("formula, form, why", FORMULAS, ids=[f[0] for f in FORMULAS])
def test_the_form_of_a_formula_and_its_reason(formula, form, why):
    found = structure({"H1": formula})
    assert found.form is found.objective is form
    assert found.rows == ()
    if why is not None:
        assert [(str(reason.cell), reason.formula, reason.form) for reason in found.reasons] == [
            ("Sheet!H1", formula, form)
        ]
        assert why in found.reasons[0].why
    if form <= LINEAR:
        assert found.linear and not found.reasons


# objective, goal -> convex
CURVES = [
    ("=SUMSQ(A1:A4)", "min", True),
    ("=SUMSQ(A1:A4)", "max", False),
    ("=-SUMSQ(A1:A4)+A1", "max", True),
    ("=-SUMSQ(A1:A4)+A1", "min", False),
    ("=A1*A2", "min", False),
    ("=A1^2+A2^2+A1*A2", "min", True),
    ("=A1^2+A2^2+3*A1*A2", "min", False),
    ("=(A1+A2)^2-A3", "min", True),  # flat along A1 = -A2: an eigenvalue of 0
    ("=A1^2", "value", None),
    ("=EXP(A1)", "min", None),
    ("=A1+A2", "max", True),
]


@pytest.mark.parametrize("formula, goal, convex", CURVES)
def test_convexity_minds_the_goal(formula, goal, convex):
    assert structure({"H1": formula}, goal=goal).convex is convex


@pytest.mark.parametrize("scale, convex", [(1.0, True), (-1e-3, False)])
def test_convexity_of_many_cells_by_lanczos(scale, convex):
    """sum of i x_i^2 over 500 cells, the first with the sign of `scale`: the eigenvalues are 2 i."""
    weights = np.arange(1.0, 501)
    weights[0] = scale * 500
    book = columns_of({"A1:A500": 1.0, "B1:B500": weights, "H1": "=SUMPRODUCT(A1:A500,A1:A500,B1:B500)"})
    found = structure_of(compile_model(Dependence(book), region("H1"), [region("A1:A500")]))
    assert (found.objective, found.convex) == (QUADRATIC, convex)


def test_squares_are_counted():
    assert structure({"H1": "=SUMXMY2(A1:A4,B1:B4)"}).squares == 4
    assert structure({"H1": "=SQRT(SUMSQ(A1:A4)/4)"}).squares == 4
    assert structure({"H1": "=A1+A2"}).squares == 0


CHAINS: list[tuple[str, dict[str, Value], Form, list[tuple[str, Form]]]] = [
    ("the first cell is blamed, not those after it", {"F1": "=EXP(A1)", "G1": "=F1*2", "H1": "=G1+A2"}, SMOOTH, [("F1", SMOOTH)]),
    ("a harder one after a smooth one", {"F1": "=EXP(A1)", "G1": "=ABS(F1)", "H1": "=G1+A2"}, PIECEWISE, [("G1", PIECEWISE), ("F1", SMOOTH)]),
    ("a filled-down block is blamed once", {"F1:F4": "=A1^2", "H1": "=SUM(F1:F4)"}, QUADRATIC, [("F1", QUADRATIC)]),
    ("two branches", {"F1": "=INT(A1)", "F2": "=A1*A2", "F3": "=MAX(A3,0)", "H1": "=SUM(F1:F3)"}, DISCONTINUOUS,
     [("F1", DISCONTINUOUS), ("F3", PIECEWISE), ("F2", QUADRATIC)]),
    ("a cell that is not read is not blamed", {"F1:F4": "=IF(C1>2,INT(A1),A1)", "H1": "=F1+F2"}, LINEAR, []),
    ("a part of a block that is easy", {"F1:F4": "=IF(C1>2,A1^2,A1)", "H1": "=F1+F2+EXP(A3)"}, SMOOTH, [("H1", SMOOTH)]),
    ("a part of a block that is hard", {"F1:F4": "=IF(C1>2,A1^2,A1)", "H1": "=SUM(F1:F4)"}, QUADRATIC, [("F3", QUADRATIC)]),
    ("a factor of 0", {"F1:F4": "=A1^2*(C1>9)", "H1": "=SUM(F1:F4)+A1"}, LINEAR, []),
    ("a linear recurrence", {"F1": "=A1", "F2:F9": "=F1*1.05+A$2", "H1": "=F9"}, LINEAR, []),
    ("a recurrence with a live rate", {"F1": "=A1", "F2:F9": "=F1*(1+A$2)", "H1": "=F9"}, SMOOTH, [("F2", SMOOTH)]),
    ("a logistic map", {"F1": "=A1", "F2:F9": "=A$2*F1*(1-F1)", "H1": "=F9"}, SMOOTH, [("F2", SMOOTH)]),
    ("a recurrence with a kink", {"F1": "=A1", "F2:F9": "=MAX(F1-1,A$2)", "H1": "=F9"}, PIECEWISE, [("F2", PIECEWISE)]),
    ("a recurrence that jumps", {"F1": "=A1", "F2:F9": "=IF(F1>1,F1-A$2,F1+3)", "H1": "=F9"}, DISCONTINUOUS, [("F2", DISCONTINUOUS)]),
    ("two sheets of factors", {"F1": "=A1*2", "G1": "=A2+1", "H1": "=F1*G1"}, QUADRATIC, [("H1", QUADRATIC)]),
]  # fmt: skip


@pytest.mark.parametrize("cells, form, blamed", [c[1:] for c in CHAINS], ids=[c[0] for c in CHAINS])
def test_the_first_cells_that_make_it_so_are_named(cells, form, blamed):
    found = structure(cells)
    assert found.form is form
    assert [(reason.cell.a1, reason.form) for reason in found.reasons] == blamed


def test_a_recurrence_answers_for_its_switches():
    found = structure({"F1": "=A1", "F2:F9": "=IF(F1>1,F1-A$2,F1+3)", "H1": "=F9"})
    assert found.reasons[0].why == "IF in a recurrence, on values that depend on the changing cells"


def test_cells_that_need_each_other_are_named():
    cells: dict[str, Value] = {"A1": 2.0, "A2": 0.3, "B1": "=A1+A2*B2", "B2": "=B1*0.5", "H1": "=B1+B2"}
    model = compile_model(Dependence(book_of({"Sheet": cells}, iterate=True)), region("H1"), [region("A1:A2")])
    found = structure_of(model)
    assert found.form is SMOOTH  # A1 / (1 - A2 / 2) * 1.5
    assert [reason.cell.a1 for reason in found.reasons] == ["B1", "B2"]
    assert "need each other" in found.reasons[0].why


def test_a_recurrence_too_long_to_look_into_counts_as_kinked():
    found = structure({"F1": "=A1", "F2:F30000": "=IF(F1>1,F1-A$2,F1+3)", "H1": "=F30000"})
    assert found.form is PIECEWISE


def test_rows_are_judged_one_by_one():
    cells: dict[str, Value] = {
        "F1:F4": "=IF(C1>2,A1^2,A1)", "G1": "=EXP(A1)", "G2": "=A1*(A1-1)-A1*A1", "G3": "=LN(A2+10)", "G4": "=MAX(A1,A2)",
        "G5": "=INT(A1)", "G6": "=A1*A2", "H1": "=SUM(A1:A4)",
    }  # fmt: skip
    book = book_of({"Sheet": {**CELLS, **cells}})
    sides = [
        Sides(region("F1:F4"), 1.0),
        Sides(region("G1:G6"), 1.0),
        Sides(region("B1"), 2.0),
        Sides(region("A1"), region("A2")),
    ]
    sides += [Sides(region("G1"), region("G1")), Sides(region("H1"), "A1*A2")]
    found = structure_of(compile_system(Dependence(book), region("H1"), [region("A1:A4")], sides))
    rows = [
        LINEAR,
        LINEAR,
        QUADRATIC,
        QUADRATIC,
        SMOOTH,
        LINEAR,
        SMOOTH,
        PIECEWISE,
        DISCONTINUOUS,
        QUADRATIC,
        CONSTANT,
        LINEAR,
    ]
    assert found.rows == (*rows, LINEAR, QUADRATIC)
    assert (found.objective, found.form, found.linear) == (LINEAR, DISCONTINUOUS, False)
    names = [reason.cell.a1 for reason in found.reasons if reason.form is not QUADRATIC]
    assert names == ["G5", "G4", "G1", "G3"]
    answer = json.loads(json.dumps(found.answer()))
    assert answer["rows"] == {
        "constant": 1,
        "linear": 5,
        "quadratic": 4,
        "smooth": 2,
        "piecewise": 1,
        "discontinuous": 1,
    }
    assert answer["reasons"][0] == {
        "cell": "Sheet!G5", "formula": "=INT(A1)", "form": "discontinuous", "why": "INT of a changing cell",
    }  # fmt: skip


def test_a_switch_beyond_the_bounds_is_no_jump():
    """IF(A1>0, ...) on cells that may not be negative: whether it jumps at 0 does not matter."""
    formula = {"H1": "=IF(A1>=0,A1,A1-100)+A2"}
    assert structure(formula).form is DISCONTINUOUS
    bounds = {"lower": np.full(4, 0.0), "upper": np.full(4, 10.0)}
    assert structure(formula, **bounds).form is PIECEWISE


def test_errors_everywhere_leave_the_bound():
    found = structure({"H1": "=SQRT(-1-A1^2)+A2"})
    assert found.objective is SMOOTH


def test_a_feasibility_problem_is_constant_with_rows():
    book = book_of({"Sheet": {**CELLS, "H1": "=A1*2"}})
    found = structure_of(compile_system(Dependence(book), None, [region("A1:A4")], [Sides(region("H1"), 3.0)]))
    assert (found.objective, found.rows, found.linear) == (CONSTANT, (LINEAR,), True)


def test_the_same_seed_gives_the_same_report():
    cells: dict[str, Value] = {"F1:F4": "=IF(A1>B1,A1^2,A1*B1)", "H1": "=SUM(F1:F4)+EXP(A1)"}
    assert structure(cells, seed=3) == structure(cells, seed=3)
