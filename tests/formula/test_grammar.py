"""The dark corners of what files and people write: parsed, printed, and parsed again to the same tree.

What a formula means is Microsoft's "Calculation operators and precedence in Excel", "Using structured references with
Excel tables" and [MS-XLSX]; how files spell newer functions is what Excel saves.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sheets import book_of

from cellgrad.address import Region
from cellgrad.errors import CellgradError, FormulaError, UnsupportedError
from cellgrad.formula.parse import parse
from cellgrad.formula.printing import to_text
from cellgrad.graph.binding import bind
from cellgrad.reference import Reference
from cellgrad.values import CellError
from cellgrad.workbook import DefinedName, Table

WRITTEN = [
    # intersections: formualizer knows them only between cells
    ("A:A 1:1", "A:A 1:1"),
    ("foo bar", "foo bar"),
    ("x y", "x y"),
    ("SUM(foo A1)", "SUM(foo A1)"),
    ("SUM(A:A 1:1,foo bar)", "SUM(A:A 1:1,foo bar)"),
    ("SUM((foo bar) A1:B2)", "SUM(foo bar A1:B2)"),
    ("Sheet1!foo bar", "Sheet1!foo bar"),
    ("Table1[a] foo", "Table1[[a]] foo"),
    ("(A:A) 1:1", "A:A 1:1"),
    ("SUM(A1:B2\nB1:C2)", "SUM(A1:B2 B1:C2)"),
    ("SUM(A1:B2  B1:C2 \t A1:C9)", "SUM(A1:B2 B1:C2 A1:C9)"),
    ("A1#  B1:B2", "A1# B1:B2"),
    # unions
    ("SUM((A1,B2:C3),1)", "SUM((A1,B2:C3),1)"),
    ("(A1:B2,C3:D4) B2", "(A1:B2,C3:D4) B2"),
    # sheets, other books
    ("Sheet1:Sheet3!A1", "Sheet1:Sheet3!A1"),
    ("SUM('Sheet 1:It''s'!A1:B2)", "SUM('Sheet 1:It''s'!A1:B2)"),
    ("'It''s'!A1", "'It''s'!A1"),
    ("'My \"q\" sheet'!A1", "'My \"q\" sheet'!A1"),
    ("Données!A1+日本!B2", "Données!A1+日本!B2"),
    ("'[1]Sheet'!A1", "'[1]Sheet'!A1"),
    ("[1]Sheet1!A1:B2", "[1]Sheet1!A1:B2"),
    ("[1]!Name", "[1]!Name"),
    ("[1]Sheet1:Sheet3!A1", "[1]Sheet1:Sheet3!A1"),
    ("'C:\\dir\\[b.xlsx]S'!A1", "'C:\\dir\\[b.xlsx]S'!A1"),
    ("[1]!MyFunc(1,2)", "MYFUNC(1,2)"),
    # the sign before a formula stored with it, as some programs do
    ("=A1*2", "A1*2"),
    (" =+A1", "+A1"),
    # prefixes of files
    ("_xlfn.STDEV.S(A1:A3)", "STDEV.S(A1:A3)"),
    ("_xlfn._xlws.SORT(A1:A3)", "SORT(A1:A3)"),
    ("_xlws.FILTER(A1:A3,B1:B3)", "FILTER(A1:A3,B1:B3)"),
    ("_xlfn.SINGLE(A1:A3)", "@A1:A3"),
    ("_xlfn.ANCHORARRAY(Sheet1!A1)", "Sheet1!A1#"),
    ("_xlfn.SINGLE(_xlfn.ANCHORARRAY(A1))", "@A1#"),
    ("_xlfn._TRO_ALL(A1:B9)", "TRIMRANGE(A1:B9,3,3)"),
    ("_xlfn.LET(_xlpm.a,1,_xlpm.a+1)", "LET(a,1,a+1)"),
    ("_xlfn.LET(_xlpm.f,_xlfn.LAMBDA(_xlpm.x,_xlpm.x),_xlpm.f(2))", "LET(f,LAMBDA(x,x),_xlpm.f(2))"),
    ("_xlfn.BYROW(A1:A3,_xleta.SUM)", "BYROW(A1:A3,_xleta.SUM)"),
    ("LAMBDA(x,x+1)(3)", "LAMBDA(x,x+1)(3)"),
    ("LAMBDA(x,LAMBDA(y,x+y))(3)(4)", "LAMBDA(x,LAMBDA(y,x+y))(3)(4)"),
    ("LAMBDA(x,[y],x)(1,)", "LAMBDA(x,[[y]],x)(1,)"),
    # what has been deleted
    ("Sheet1!#REF!", "#REF!"),
    ("'My Sheet'!#REF!", "#REF!"),
    ("[1]Sheet1!#REF!", "#REF!"),
    ("#REF!A1", "#REF!"),
    ("#REF!$A$1:$B$2+1", "#REF!+1"),
    ("SUM(#REF!A1,2)", "SUM(#REF!,2)"),
    ("Sheet1!#REF!:A1", "#REF!:A1"),
    ("A1:#REF!", "A1:#REF!"),
    ("Table1[#REF!]", "#REF!"),
    # constants
    ('{-1,#N/A;TRUE,"a"}', '{-1,#N/A;TRUE,"a"}'),
    ("{ 1 , 2 ; 3 , 4 }", "{1,2;3,4}"),
    ("{+1,-2.5E-3}", "{1,-0.0025}"),
    ("1.", "1"),
    (".5", "0.5"),
    ("1E+3", "1000"),
    ("1.5e-3", "0.0015"),
    ('"a""b"', '"a""b"'),
    ('"It\'s ""x"" [y] {z} #REF!"', '"It\'s ""x"" [y] {z} #REF!"'),
    ("#SPILL!", "#SPILL!"),
    ("true", "TRUE"),
    # operators in chains
    ("5%%", "(5%)%"),
    ("-5%", "-5%"),
    ("--A1", "--A1"),
    ("+-+1", "+-+1"),
    ("-2^2", "-2^2"),
    ("2^-2", "2^-2"),
    ("1=2=3", "1=2=3"),
    ("A1:B2:C3", "A1:B2:C3"),
    ("A1:INDEX(B1:B9,2)", "A1:INDEX(B1:B9,2)"),
    ("IF(A1,B1,C1):D1", "IF(A1,B1,C1):D1"),
    ("A1:foo_1", "A1:foo_1"),
    ("foo_1:bar_1", "foo_1:bar_1"),
    # structured references
    ("Table1[[#This Row],[a'#b]]", "Table1[[#This Row],[a'#b]]"),
    ("Table1[@]", "Table1[#This Row]"),
    ("[@[net price]]", "[[#This Row],[net price]]"),
    ("[@col]", "[[#This Row],[col]]"),
    ("Table1[[#Headers],[x]:[y]]", "Table1[[#Headers],[x]:[y]]"),
    ("Table1[['[x']]]", "Table1[['[x']]]"),
    # names and functions
    ("my.name+_name+größe+x.y.z_1", "my.name+_name+größe+x.y.z_1"),
    ("\\name+name?", "\\name+name?"),
    ("sum(a1:b2)", "SUM(A1:B2)"),
    ("MyFunc(A1,2)", "MYFUNC(A1,2)"),
    ("R1C1", "R1C1"),
    ("LOG10(1)", "LOG10(1)"),
    ("ABC1234567", "ABC1234567"),
    # blanks and line breaks
    ("A1 : B2", "A1:B2"),
    ("A1: B2", "A1:B2"),
    ("SUM(\n A1 ,\r\n B1 )", "SUM(A1,B1)"),
    (" 1 + 2 ", "1+2"),
    ("IF(A1,,2)", "IF(A1,,2)"),
    ("IF(,,)", "IF(,,)"),
]


@pytest.mark.parametrize(("written", "printed"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_parsed_printed_and_parsed_again(written: str, printed: str) -> None:
    tree = parse(written, 4, 4)
    assert to_text(tree, 4, 4) == printed
    assert parse(printed, 4, 4) == tree


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("1 2", "not expected"),
        ("A1 1", "not expected|stands between"),
        ("{1,2;3}", "equal length"),
        ("{A1}", "only numbers"),
        ("foo(", "parenthesis"),
        ("A1 +", "ends too early"),
        ("1:1048577", "stands between references"),
        ("''!A1", "no reference"),
        ('"open', "does not end"),
        ("Table1[a", "does not end"),
    ],
)
def test_what_is_no_formula_is_said(text: str, cause: str) -> None:
    with pytest.raises(FormulaError, match=cause):
        parse(text, 4, 4)


BOOK = book_of(
    {
        "Sheet1": {
            **{f"A{r}": float(r) for r in range(1, 6)},
            **{f"B{r}": float(r * 10) for r in range(1, 6)},
            "E1": 7.0,
        },
        "It's": {"A1": 100.0},
        "Sheet 3": {"A1": 1000.0},
    },
    names=[
        DefinedName("tens", "Sheet1!$B:$B"),
        DefinedName("third", "Sheet1!$3:$3"),
        DefinedName("first_cell", "Sheet1!$A$1"),
        DefinedName("größe", "2"),
    ],
    tables=[Table("T", Region("Sheet1", 0, 4, 2, 6), ("a#b", "c"), 0, 0)],
)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("SUM(B:B 3:3)", 30.0),
        ("SUM(tens third)", 30.0),
        ("tens third", 30.0),
        ("SUM(tens (A2:B3))", 50.0),
        ("SUM(A1:B3 B2:C9)", 50.0),
        ("A1:A2 B1:B2", CellError.NULL),
        ("SUM((A1:A2,B1))", 13.0),
        ("SUM(first_cell:B2)", 33.0),
        ("SUM('Sheet1:Sheet 3'!A1)", 1101.0),
        ("'It''s'!A1", 100.0),
        ("SUM(#REF!A1,2)", CellError.REF),
        ("Sheet1!#REF!:A1", CellError.REF),
        ("IFERROR(#REF!A1,5)", 5.0),
        ("5%%", 0.0005),
        ("--A2", 2.0),
        ("größe*2", 4.0),
        ("T[[a'#b]]", 7.0),
        ("SUM({1,-2;3.5,TRUE})", 2.5),
        ("SUM(_xlfn._TRO_ALL(A:A))", 15.0),
        ("ROWS(_xlfn._TRO_TRAILING(A1:A99))", 5.0),
    ],
)
def test_values(formula: str, expected: object) -> None:
    tree = bind(parse(formula, 0, 25), BOOK, "Sheet1", 0, 25)
    value = Reference(BOOK).evaluate(tree, "Sheet1", 0, 25)
    assert value == (pytest.approx(expected, rel=1e-15) if isinstance(expected, float) else expected)


@pytest.mark.parametrize("formula", ["MyFunc(1)", "[1]!MyFunc(1)", "PIVOTBY(A1,B1,A1:A2,SUM)", "my.func()"])
def test_functions_of_others_are_refused_by_name(formula: str) -> None:
    tree = bind(parse(formula, 0, 25), BOOK, "Sheet1", 0, 25)
    with pytest.raises(FormulaError, match=r"MYFUNC|PIVOTBY|MY\.FUNC") as caught:
        Reference(BOOK).evaluate(tree, "Sheet1", 0, 25)
    assert isinstance(caught.value, UnsupportedError) or "no Excel function" in caught.value.cause


PIECES = st.sampled_from(
    ["A1", "B2:C3", "A:A", "1:1", "foo", "T[c]", "'It''s'!A1", "#REF!", "#REF!A1", "(", ")", ",", ":", "+", "-", "%",
     "#", "@", "^", "{1;2}", '"a b"', "SUM(", "LAMBDA(x,", "LET(x,", "_xlpm.f(", "[y]", "[1]!", "1.5E+3", "Sheet1:It!",
     " ", "\n"]
)  # fmt: skip


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(st.lists(PIECES, min_size=1, max_size=9).map("".join))
def test_whatever_is_put_together_is_parsed_or_refused_in_words(text: str) -> None:
    try:
        tree = parse(text, 4, 4)
    except CellgradError:
        return
    assert parse(to_text(tree, 4, 4), 4, 4) == tree
    try:
        bound = bind(tree, BOOK, "Sheet1", 4, 4)
        Reference(BOOK).evaluate(bound, "Sheet1", 4, 4)
    except CellgradError:
        return
