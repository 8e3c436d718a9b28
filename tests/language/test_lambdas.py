"""LET and LAMBDA: values cell by cell, whole blocks, gradients, recursion and its bound.

Expected values are worked out by hand, or Microsoft's own examples ("LET function", "LAMBDA function").
"""

from __future__ import annotations

import time

import pytest
from tests.language.agreement import assert_blocks_agree, assert_model_agrees
from tests.sheets import book_of

from cellgrad.errors import FormulaError, UnsupportedError
from cellgrad.formula.parse import parse
from cellgrad.graph.binding import bind
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value
from cellgrad.workbook import DefinedName

CELLS: dict[str, Value] = {
    **{f"A{r}": float(v) for r, v in enumerate([0.5, 1.5, 2.0, 0.25, 3.0], 1)},
    **{f"B{r}": float(v) for r, v in enumerate([1.0, 2.0, 3.0, 0.5, 4.0], 1)},
    **{f"C{r}": float(v) for r, v in enumerate([2.0, 0.5, 1.0, 1.25, 0.3], 1)},
    "D1": "text", "D2": None, "D3": True, "D4": 7.0,
}  # fmt: skip
NAMES = [
    DefinedName("factorial", "_xlfn.LAMBDA(_xlpm.n,IF(_xlpm.n<2,1,_xlpm.n*factorial(_xlpm.n-1)))"),
    DefinedName("power_of", "LAMBDA(x,n,IF(n<1,1,x*power_of(x,n-1)))"),
    DefinedName("is_odd", "LAMBDA(n,IF(n=0,FALSE,is_even(n-1)))"),
    DefinedName("is_even", "LAMBDA(n,IF(n=0,TRUE,is_odd(n-1)))"),
    DefinedName("forever", "LAMBDA(n,forever(n+1))"),
    DefinedName("square", "LAMBDA(x,x*x)"),
    DefinedName("twice", "LAMBDA(f,x,f(f(x)))"),
    DefinedName("nine", "9"),
]


def value_of(formula: str) -> object:
    book = book_of({"Sheet1": CELLS}, names=NAMES)
    return Reference(book).evaluate(bind(parse(formula, 20, 20), book, "Sheet1", 20, 20), "Sheet1", 20, 20)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("LET(x,5,SUM(x,1))", 6.0),  # Microsoft, "LET function", example 1
        ("LET(x,2,x,x+1,x)", 3.0),
        ("LET(x,1/0,5)", 5.0),  # a value that nobody needs
        ("LET(X,A1*2,y,x+1,x*y)", 2.0),
        ("LET(x,A1:A3,ROWS(x)+INDEX(x,2))", 4.5),  # a reference stays one
        ("LET(x,A1:A3*2,SUMPRODUCT(x)+SUMPRODUCT(x))", 16.0),
        ("LAMBDA(x,x+122)(1)", 123.0),  # Microsoft, "LAMBDA function"
        ("LAMBDA(x,LAMBDA(y,x+y))(3)(4)", 7.0),
        ("LAMBDA(x,y,x+y)(1)", CellError.VALUE),  # Microsoft: a wrong number of arguments
        ("LAMBDA(x,x)(1,2)", CellError.VALUE),
        ("LAMBDA(x,x)", CellError.CALC),  # Microsoft: a LAMBDA that is not called
        ("square", CellError.CALC),
        ("SUM(LAMBDA(x,x))", CellError.VALUE),
        ("LAMBDA(x,_xlop.y,IF(ISOMITTED(y),1,2))(1)", 1.0),
        ("LAMBDA(x,[y],IF(ISOMITTED(y),1,y))(1,5)", 5.0),
        ("LAMBDA(x,[y],x+y)(3)", 3.0),
        ("LET(f,LAMBDA(x,x+1),f(3))", 4.0),
        ("_xlfn.LET(_xlpm.f,_xlfn.LAMBDA(_xlpm.x,_xlpm.x+1),_xlpm.f(3))", 4.0),
        ("LET(n,LAMBDA(x,x+1),n(3))", 4.0),  # N is a function of Excel's too
        ("LET(f,IF(A1>0,LAMBDA(x,x),LAMBDA(x,-x)),f(5))", 5.0),
        ("square(5)+SQUARE(2)", 29.0),
        ("twice(square,3)", 81.0),
        ("twice(LAMBDA(x,x+1),3)", 5.0),
        ("factorial(5)", 120.0),
        ("factorial(170)", 7.257415615307994e306),
        ("is_even(700)", True),
        ("power_of(2,10)", 1024.0),
        ("SUM(MAP(A1:A3,B1:B3,LAMBDA(a,b,a*b)))", 9.5),
        ("SUM(MAP(A1:A3,LAMBDA(c,ROW(c))))", 6.0),  # entries of a range are references
        ("SUM(MAP(D1:D4,LAMBDA(c,ISBLANK(c)*1)))", 1.0),
        ("SUM(BYROW(A1:B3,_xleta.SUM))", 10.0),
        ("SUM(BYROW(A1:B3,max))", 6.0),
        ("SUM(BYROW(D1:D4,SUM))", 7.0),  # of a range text and truth are skipped
        ("INDEX(BYROW(A1:B2,LAMBDA(r,r)),1)", CellError.CALC),  # an array for each row
        ("REDUCE(0,A1:A5,LAMBDA(a,b,a+b^2))", 15.5625),
        ("REDUCE(1,SEQUENCE(5),LAMBDA(a,b,a*b))", 120.0),
        ('REDUCE("",{"a","b"},LAMBDA(a,b,a&b))', "ab"),
        ("SUM(SCAN(0,A1:A3,LAMBDA(a,b,a+b)))", 6.5),
        ("SUM(MAKEARRAY(2,3,LAMBDA(r,c,r*10+c)))", 102.0),
        ("SUM(LET(a,A1:A3,MAP(a,LAMBDA(x,SUM(a)*x))))", 16.0),
        ("LET(f,LAMBDA(g,n,IF(n<2,1,n*g(g,n-1))),f(f,5))", 120.0),
        ("SUM (A1:A3)", 4.0),
    ],
)
def test_values(formula: str, expected: object) -> None:
    found = value_of(formula)
    assert found == (pytest.approx(expected, rel=1e-14) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(
    ("formula", "error", "cause"),
    [
        ("forever(1)", UnsupportedError, "more than 1,024 levels deep"),
        ("nine(3)", UnsupportedError, "is no function"),
        ("MAP(A1:A3,B1:B2,LAMBDA(a,b,a))", UnsupportedError, "different sizes"),
        ("LET(x,1)", FormulaError, "pairs of name and value"),
        ("LET(1,2,3)", FormulaError, "LET needs a name"),
        ("LAMBDA(A1,2)", FormulaError, "LAMBDA needs a name"),
        ("LAMBDA()", FormulaError, "LAMBDA needs a formula"),
        ("nosuch(2)", FormulaError, "no Excel function NOSUCH"),
        ("_xlpm.f(2)", FormulaError, "no Excel function F"),
    ],
)
def test_what_cannot_be_called_is_said_in_words(formula: str, error: type[Exception], cause: str) -> None:
    with pytest.raises(error, match=cause):
        value_of(formula)


def test_names_that_build_on_each_other_take_linear_time() -> None:
    pairs = ",".join(f"n_{at},n_{at - 1}+n_{at - 1}" for at in range(1, 60))
    started = time.perf_counter()
    assert value_of(f"LET(n_0,A1+0,{pairs},n_59)") == 0.5 * 2.0**59
    assert time.perf_counter() - started < 1


BLOCKS = [
    ("let", {"E1:E5": "=LET(x,A1*2,y,x+B1,x*y)"}),
    ("let of an array", {"E1:E5": "=LET(x,A$1:A$5,SUM(x)+A1)"}),
    ("a named function", {"E1:E5": "=square(A1)+twice(square,B1/4)"}),
    ("recursion over constants", {"E1:E5": "=power_of(A1,3)"}),
    ("map in one cell", {"E1": "=SUM(MAP(A1:B5,LAMBDA(x,x^2+1)))"}),
    ("map filled down", {"E1:E5": "=SUM(MAP(A1:C1,LAMBDA(x,x^2)))"}),
    ("map within map", {"E1": "=SUM(MAP(A1:A3,LAMBDA(x,SUM(MAP(B1:B2,LAMBDA(y,x*y))))))"}),
    ("map that adds up", {"E1": "=SUM(MAP(A1:A5,LAMBDA(x,SUM(x,A1:A5)*x)))"}),
    ("byrow", {"E1": "=SUM(BYROW(A1:C5,LAMBDA(r,MAX(r)-MIN(r))))"}),
    ("byrow by name", {"E1": "=SUMPRODUCT(BYROW(A1:C5,SUM),B1:B5)"}),
    ("bycol", {"E1": "=MAX(BYCOL(A1:C5,LAMBDA(c,AVERAGE(c))))"}),
    ("reduce", {"E1": "=REDUCE(1,A1:A5,LAMBDA(a,b,a*b+1))", "E2:E4": "=REDUCE(,A1:C1,LAMBDA(a,b,a-b))"}),
    ("scan", {"E1": "=SUMPRODUCT(SCAN(0,A1:A5,LAMBDA(a,b,a+b)),B1:B5)"}),
    ("makearray", {"E1": "=SUM(MAKEARRAY(3,2,LAMBDA(r,c,INDEX(A1:B5,r,c)*c)))"}),
    ("omitted", {"E1:E5": "=LAMBDA(x,[y],IF(ISOMITTED(y),x,x+y))(A1)"}),
    ("called at once", {"E1:E5": "=LAMBDA(x,y,x/y)(A1,B1)"}),
]


@pytest.mark.parametrize(("name", "formulas"), BLOCKS, ids=[name for name, _ in BLOCKS])
def test_blocks(name: str, formulas: dict[str, str]) -> None:
    assert_blocks_agree(book_of({"Sheet1": {**CELLS, **formulas}}, names=NAMES))


@pytest.mark.parametrize(("name", "formulas"), BLOCKS, ids=[name for name, _ in BLOCKS])
def test_gradients(name: str, formulas: dict[str, str]) -> None:
    book = book_of({"Sheet1": {**CELLS, **formulas, "H1": "=SUMSQ(E1:E5)"}}, names=NAMES)
    slopes = assert_model_agrees(book, "H1", "A1:C5", spread=0.02)
    assert (slopes != 0).any()


SPILLS = [
    ("map", "Sheet1!E1:F5", "=MAP(A1:B5,LAMBDA(x,x*2))"),
    ("scan", "Sheet1!E1:E5", "=SCAN(0,A1:A5,LAMBDA(a,b,a+b))"),
    ("byrow", "Sheet1!E1:E5", "=BYROW(A1:C5,LAMBDA(r,SUM(r)))"),
    ("bycol", "Sheet1!E1:G1", "=BYCOL(A1:C5,LAMBDA(r,SUM(r)))"),
    ("makearray", "Sheet1!E1:F3", "=MAKEARRAY(3,2,LAMBDA(r,c,r*A1+c))"),
    ("let", "Sheet1!E1:E5", "=LET(x,A1:A5*B1:B5,x+SUM(x))"),
]


@pytest.mark.parametrize(("name", "block", "formula"), SPILLS, ids=[row[0] for row in SPILLS])
def test_spills(name: str, block: str, formula: str) -> None:
    cells = {**CELLS, "H1": "=SUMSQ(E1:G5)"}
    assert_blocks_agree(book_of({"Sheet1": cells}, dynamic={block: formula}, names=NAMES))
    assert_model_agrees(book_of({"Sheet1": cells}, dynamic={block: formula}, names=NAMES), "H1", "A1:A5")


def test_a_live_recursion_is_refused_in_words() -> None:
    book = book_of({"Sheet1": {**CELLS, "H1": "=factorial(A5)*A1"}}, names=NAMES)
    with pytest.raises(UnsupportedError, match="calls itself deeper"):
        assert_model_agrees(book, "H1", "A1:A5")


def test_calls_without_end_are_bounded_in_time() -> None:
    book = book_of({"Sheet1": {**CELLS, "H1": "=LET(f,LAMBDA(g,n,g(g,n-1)+g(g,n-2)),f(f,14))*A1"}}, names=NAMES)
    started = time.perf_counter()
    with pytest.raises(UnsupportedError, match="calls"):
        assert_model_agrees(book, "H1", "A1:A5")
    assert time.perf_counter() - started < 30
