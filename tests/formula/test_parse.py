"""Formula text to tree and back: precedence, references of every kind, what files hide in prefixes, and refusals."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellgrad.errors import FormulaError, UnsupportedError
from cellgrad.formula.parse import parse
from cellgrad.formula.printing import shown_in, to_relative, to_text
from cellgrad.formula.tree import (
    ArrayConstant,
    Binary,
    Call,
    Coordinate,
    External,
    Literal,
    Missing,
    Name,
    Node,
    Range,
    Structured,
    Unary,
    walk,
)
from cellgrad.values import CellError

ROW, COLUMN = 4, 4  # the host cell is E5


def tree(text: str) -> Node:
    return parse(text, ROW, COLUMN)


def number(value: float) -> Literal:
    return Literal(float(value))


def at(row: int, column: int) -> Range:
    """One cell, as offsets from the host."""
    corner = (Coordinate(row, False), Coordinate(column, False))
    return Range(*corner, *corner)


A1 = at(-4, -4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Microsoft, "Calculation operators and precedence in Excel"
        ("-2^2", Binary("^", Unary("-", number(2)), number(2))),
        ("2^3^2", Binary("^", Binary("^", number(2), number(3)), number(2))),
        ("2^-3", Binary("^", number(2), Unary("-", number(3)))),
        ("-A1%", Unary("-", Unary("%", A1))),
        ("1+2*3", Binary("+", number(1), Binary("*", number(2), number(3)))),
        ("(1+2)*3", Binary("*", Binary("+", number(1), number(2)), number(3))),
        ("1-2-3", Binary("-", Binary("-", number(1), number(2)), number(3))),
        ('1&2+3="x"', Binary("=", Binary("&", number(1), Binary("+", number(2), number(3))), Literal("x"))),
        ("1<=2<>3", Binary("<>", Binary("<=", number(1), number(2)), number(3))),
        ("50%%", Unary("%", Unary("%", number(50)))),
        ("1--1", Binary("-", number(1), Unary("-", number(1)))),
    ],
)
def test_precedence(text: str, expected: Node) -> None:
    assert tree(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5E-3", Literal(0.0015)),
        (".5", Literal(0.5)),
        ('"say ""hi"""', Literal('say "hi"')),
        ('"#N/A"', Literal("#N/A")),
        ("#N/A", Literal(CellError.NA)),
        ("#DIV/0!", Literal(CellError.DIV0)),
        ("#GETTING_DATA", Literal(CellError.GETTING_DATA)),
        ("#SPILL!", Literal(CellError.SPILL)),
        ("Sheet1!#REF!", Literal(CellError.REF)),
        ("TRUE", Literal(True)),
        ("TRUE()", Call("TRUE", ())),
        ("IF(,1,)", Call("IF", (Missing(), number(1), Missing()))),
        ("SUM()", Call("SUM", ())),
        ('{1,"#N/A",#N/A;-2,TRUE,"a;b"}', ArrayConstant(((1.0, "#N/A", CellError.NA), (-2.0, True, "a;b")))),
        ("{ 1 ; +2 }", ArrayConstant(((1.0,), (2.0,)))),
    ],
)
def test_constants(text: str, expected: Node) -> None:
    assert tree(text) == expected


def corners(top: int | None, left: int | None, bottom: int | None, right: int | None) -> tuple[Coordinate | None, ...]:
    return tuple(None if value is None else Coordinate(value, False) for value in (top, left, bottom, right))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A1", A1),
        ("a1", A1),
        ("$A1", Range(Coordinate(-4, False), Coordinate(0, True), Coordinate(-4, False), Coordinate(0, True))),
        ("B$5:B2", Range(Coordinate(4, True), Coordinate(-3, False), Coordinate(-3, False), Coordinate(-3, False))),
        ("A:B", Range(*corners(None, -4, None, -3))),
        ("$1:3", Range(Coordinate(0, True), None, Coordinate(-2, False), None)),
        ("Sheet1!A1:B2", Range(*corners(-4, -4, -3, -3), sheet="Sheet1")),
        ("Sheet1!A1:Sheet1!B2", Range(*corners(-4, -4, -3, -3), sheet="Sheet1")),
        ("'it''s'!A1", Range(*corners(-4, -4, -4, -4), sheet="it's")),
        ("US:Oth!C5", Range(*corners(0, -2, 0, -2), sheet="US", last_sheet="Oth")),
        ("'a b:c'!A1", Range(*corners(-4, -4, -4, -4), sheet="a b", last_sheet="c")),
        ("Übersicht!A1", Range(*corners(-4, -4, -4, -4), sheet="Übersicht")),
        ("[0]!Rate", Name("Rate")),
        ("A1:B2:C3", Binary(":", Range(*corners(-4, -4, -3, -3)), at(-2, -2))),
        ("(A1,B2)", Binary(",", A1, at(-3, -3))),
        ("A1:C3 B2", Binary(" ", Range(*corners(-4, -4, -2, -2)), at(-3, -3))),
        ("A1:INDEX(B:B,3)", Binary(":", A1, Call("INDEX", (Range(*corners(None, -3, None, -3)), number(3))))),
        ("A1#", Unary("#", A1)),
        ("@A1:A2", Unary("@", Range(*corners(-4, -4, -3, -4)))),
        ("LOG10", Range(*corners(5, 8504, 5, 8504))),  # a cell, unless a parenthesis follows
    ],
)
def test_references(text: str, expected: Node) -> None:
    assert tree(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rate", Name("Rate")),
        ("R1C1", Name("R1C1")),
        ("XFE1", Name("XFE1")),
        ("A1048577", Name("A1048577")),
        ("Sheet1!Rate", Name("Rate", "Sheet1")),
        ("'My sheet'!Rate", Name("Rate", "My sheet")),
        ("größe.2", Name("größe.2")),
        ("_x\\y?", Name("_x\\y?")),
    ],
)
def test_names(text: str, expected: Node) -> None:
    assert tree(text) == expected


@pytest.mark.parametrize(
    ("text", "table", "items", "first", "last"),
    [
        ("T[Age]", "T", set(), "Age", "Age"),
        ("T[]", "T", set(), None, None),
        ("T[#All]", "T", {"all"}, None, None),
        ("T[@Age]", "T", {"this row"}, "Age", "Age"),
        ("T[@[Age in years]]", "T", {"this row"}, "Age in years", "Age in years"),
        ("T[@[a]:[b]]", "T", {"this row"}, "a", "b"),
        ("T[@]", "T", {"this row"}, None, None),
        ("[@x]", None, {"this row"}, "x", "x"),
        ("[x]", None, set(), "x", "x"),
        ("T[[#Headers],[#Data],[x]]", "T", {"headers", "data"}, "x", "x"),
        ("Table13[[#This Row],[SibSp]:[Ones]]", "Table13", {"this row"}, "SibSp", "Ones"),
        ("T[ [#Totals], [a]:[b] ]", "T", {"totals"}, "a", "b"),
        # What formualizer gets wrong: escapes, blanks at the end, marks inside a name
        ("Table9[Hi, ''This]", "Table9", set(), "Hi, 'This", "Hi, 'This"),
        ("Table9['#Shame]", "Table9", set(), "#Shame", "#Shame"),
        ("T[Column'[]", "T", set(), "Column[", "Column["),
        ("T[[Gender ]]", "T", set(), "Gender ", "Gender "),
        ("T[Gender ]", "T", set(), "Gender ", "Gender "),
        ("T[[#This Row],[a'[1'],b]]", "T", {"this row"}, "a[1],b", "a[1],b"),
        ('T[a!b "c" é]', "T", set(), 'a!b "c" é', 'a!b "c" é'),
    ],
)
def test_structured(text: str, table: str | None, items: set[str], first: str | None, last: str | None) -> None:
    assert tree(text) == Structured(table, frozenset(items), first, last)


@pytest.mark.parametrize(
    "text",
    [
        "[1]Sheet1!A1",
        "'[1]My Sheet'!$A$1:B$2",
        "[1]!Rate",
        "'C:\\my [x] files\\[a.xlsx]S''s'!A1",
        "cmd|'/C calc'!A0",
        "[1]!'EUR=;bid'",
        "[2]!Table1[Age]",
    ],
)
def test_other_workbooks_are_kept_as_text(text: str) -> None:
    assert tree(f"1+{text}") == Binary("+", number(1), External(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("_xlfn.IFS(TRUE,1)", Call("IFS", (Literal(True), number(1)))),
        ("_xlfn._xlws.FILTER(A1,A1)", Call("FILTER", (A1, A1))),
        ("_xlfn.SINGLE(A1)", Unary("@", A1)),
        ("_xlfn.ANCHORARRAY(A1)", Unary("#", A1)),
        ("_xlfn.LET(_xlpm.x,1,_xlpm.x)", Call("LET", (Name("x"), number(1), Name("x")))),
        ("[1]!CG_X(A1)", Call("CG_X", (A1,))),
        ("'C:\\addins\\[cg.xlam]'!CG_X(A1)", Call("CG_X", (A1,))),
        ("sum(1)", Call("SUM", (number(1),))),
    ],
)
def test_prefixes_of_functions(text: str, expected: Node) -> None:
    assert tree(text) == expected


@pytest.mark.parametrize(
    ("text", "mark", "cause"),
    [
        ("1+", "+", "ends too early"),
        ("1 2", "2", "not expected"),
        ("SUM(1", "1", "Unmatched"),
        ('"abc', '"', "does not end"),
        ("'abc!A1", "'", "does not end"),
        ("T[abc", "[", "does not end"),
        ("{1,A1}", "A", "array constant"),
        ("{1,2;3}", "}", "equal length"),
        ("~1", "~", "no reference"),
        ("T[#Nothing]", "T", "no structured reference"),
        ("1+[1]!(A1)", "[1]!", "no reference"),
        ("1+':b'!A1", "':b'", "no reference"),
        ("", "=", "ends too early"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place(text: str, mark: str, cause: str) -> None:
    with pytest.raises(FormulaError, match=cause) as caught:
        tree(text)
    assert caught.value.formula == "=" + text
    assert caught.value.position is not None
    assert caught.value.position == (caught.value.formula.rindex(mark) if text else 0)


@pytest.mark.parametrize("text", ["+".join(["A1"] * 400), "#FIELD!"])
def test_valid_excel_beyond_our_tree_is_unsupported(text: str) -> None:
    with pytest.raises(UnsupportedError):
        tree(text)


def test_positions_point_into_the_text() -> None:
    text = 'IF("é">T[@a], Übung!B2 , -foo(1)%)'
    starts = {"if": "IF", '"é"': '"', ">": ">", "T": "T[", "Ü": "Übung", "-": "-", "foo": "foo", "1": "1", "%": "%"}
    formula = "=" + text
    found = {node.position for node in walk(tree(text))}  # type: ignore[attr-defined]
    assert found == {formula.index(mark) for mark in starts.values()}


def test_a_filled_down_formula_is_one_tree() -> None:
    assert parse("A1*$B$1", 0, 2) == parse("A7*$B$1", 6, 2)
    assert to_relative(parse("A1*$B$1+D:D", 0, 2)) == "RC[-2]*R1C2+C[1]:C[1]"


def test_a_message_shows_the_formula_of_its_own_cell() -> None:
    formula, position = shown_in(parse("A1+NOPE(B1)", 0, 2), 6, 2, 4)
    assert formula == "=A7+NOPE(B7)"
    assert formula[position:] == "NOPE(B7)"


# ---------------------------------------------------------------- round trip

_coordinates = st.builds(Coordinate, st.integers(0, 90), st.booleans())
_sheets = st.sampled_from([None, "Sheet1", "my sheet", "it's", "A1", "2024", "é"])


@st.composite
def _ranges(draw: st.DrawFn) -> Range:
    top, left, bottom, right = (draw(_coordinates) for _ in range(4))
    shape = draw(st.sampled_from(["cell", "cells", "columns", "rows"]))
    sheet = draw(_sheets)
    last = draw(_sheets) if sheet else None
    if shape == "cell":
        return Range(top, left, top, left, sheet, last)
    if shape == "columns":
        return Range(None, left, None, right, sheet, last)
    if shape == "rows":
        return Range(top, None, bottom, None, sheet, last)
    return Range(top, left, bottom, right, sheet, last)


_values = st.one_of(
    st.floats(0, 1e300, allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
    st.booleans(),
    st.sampled_from([CellError.NA, CellError.REF, CellError.DIV0, CellError.GETTING_DATA]),
)
_columns = st.text(st.sampled_from("ab #[]'@,:!\"é"), min_size=1, max_size=6)
_structured = st.builds(
    lambda table, items, columns: Structured(table, frozenset(items), *columns),
    st.sampled_from(["T", "Table_1"]),
    st.sets(st.sampled_from(["headers", "data", "totals"]), max_size=2),
    st.one_of(st.just((None, None)), _columns.map(lambda c: (c, c)), st.tuples(_columns, _columns)),
)
_leaves = st.one_of(
    _values.map(Literal),
    _ranges(),
    _structured,
    st.builds(Name, st.sampled_from(["rate", "größe", "_x"]), st.sampled_from([None, "Sheet1", "my sheet"])),
    st.just(ArrayConstant(((1.0, "a"), (True, CellError.NA)))),
)


_OPERATORS = ["+", "-", "*", "/", "^", "&", "=", "<>", "<", "<=", ">", ">="]


def _nodes(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    references = st.one_of(_ranges(), st.builds(Call, st.just("INDEX"), st.tuples(inner, inner)))
    return st.one_of(
        st.builds(Unary, st.sampled_from(["-", "+", "%", "@"]), inner),
        st.builds(
            Binary, st.sampled_from(["+", "-", "*", "/", "^", "&", "=", "<>", "<", "<=", ">", ">="]), inner, inner
        ),
        st.builds(Binary, st.just(","), references, references),
        st.builds(Call, st.sampled_from(["SUM", "F.X"]), st.lists(inner, max_size=3).map(tuple)),
        st.builds(Call, st.just("IF"), st.tuples(inner, st.just(Missing()), inner)),
    )


@given(st.recursive(_leaves, _nodes, max_leaves=12))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_round_trip(node: Node) -> None:
    text = to_text(node, 3, 2)
    assert parse(text, 3, 2) == node, text
