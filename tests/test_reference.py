"""The per-cell reference evaluator: order, arrays, intersection, volatile cells, circles, and messages."""

from __future__ import annotations

import pytest
from tests.sheets import book_of

from cellgrad.address import Region, parse_region
from cellgrad.errors import CircularReferenceError, FormulaError, UnknownFunctionError, UnsupportedError
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value
from cellgrad.workbook import DefinedName, Table, Workbook


def value(book: Workbook, address: str, **overrides: Value) -> Value:
    """A cell's value; overrides of cells of the first sheet by address."""
    sheet = next(iter(book.sheets))
    given = {(sheet, r.top, r.left): v for a, v in overrides.items() for r in [parse_region(a, sheet)]}
    region = parse_region(address, sheet)
    return Reference(book, given).value(region.sheet, region.top, region.left)


def block(book: Workbook, address: str) -> list[list[Value]]:
    region = parse_region(address, next(iter(book.sheets)))
    reference = Reference(book)
    return [
        [reference.value(region.sheet, row, column) for column in range(region.left, region.right)]
        for row in range(region.top, region.bottom)
    ]


MIXED: dict[str, Value] = {
    "A1": 1.0, "A2": "abc", "A3": None, "A4": True, "A5": "3", "A6": 2.0, "B1": 10.0, "B2": 20.0, "B3": 30.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        # Microsoft, "SUM function" and its kin: in references only numbers count, typed arguments are coerced
        ("=SUM(A1:A6)", 3.0),
        ('=SUM("3",TRUE,A1)', 5.0),
        ("=COUNT(A1:A6)", 2.0),
        ("=COUNTA(A1:A6)", 5.0),
        ("=COUNTBLANK(A1:A6)", 1.0),
        ("=AVERAGE(A1:A6)", 1.5),
        ("=A5+1", 4.0),
        ("=A2+1", CellError.VALUE),
        ("=A3+1", 1.0),
        ("=A4+A4", 2.0),
        # a blank is 0, "" and FALSE, and a formula that comes to one is 0
        ("=A3", 0.0),
        ("=A3=0", True),
        ('=A3=""', True),
        ("=A3=FALSE", True),
        ('=A3&"x"', "x"),
        ("=IF(TRUE,A3)", 0.0),
        ('=IF(A3="","blank","full")', "blank"),
        ("=ISBLANK(A3)", True),
        ("=INDEX(A1:A6,3)", 0.0),
        ("=AND(A2:A4)", True),
        ("=AND(A2)", CellError.VALUE),
        # references
        ("=SUM((A1,B1:B2))", 31.0),
        ("=SUM(A1:B2 B1:C9)", 30.0),
        ("=SUM(A1:A2 B1:B2)", CellError.NULL),
        ("=SUM(A1:B1:B3)", 61.0),
        ("=SUM(B1:INDEX(B1:B9,2))", 30.0),
        ("=SUM(B:B)", 60.0),
        ("=SUM(1:2)", 31.0),
        ("=SUM(INDEX(A1:B6,0,2))", 60.0),
        ("=ROWS(B:B)", 1048576.0),
        ("=SUM(other!A1,first:other!B1)", 105.0),
        # functions over arrays
        ("=SUMPRODUCT(A1:A3,B1:B3)", 10.0),
        ("=SUMPRODUCT(A1:A3*B1:B3)", CellError.VALUE),
        ("=SUMPRODUCT(--(B1:B3>10),B1:B3)", 50.0),
        ("=SUMPRODUCT(B1:B3,B1:B2)", CellError.VALUE),
        ("=SUMXMY2(A1:A3,B1:B3)", 81.0),
        ("=SUM({1,2,3}*{1;10})", 66.0),
        ("=MMULT(A1:A3,B1:B3)", CellError.VALUE),
        ("={7,8;9,10}", 7.0),
    ],
)
def test_values(formula: str, expected: Value) -> None:
    book = book_of({"first": {**MIXED, "H4": formula}, "other": {"A1": 50.0, "B1": 45.0}})
    got = value(book, "H4")
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("cell", "formula", "expected"),
    [
        # Microsoft, "Implicit intersection operator: @"
        ("H2", "=B1:B3*2", 40.0),
        ("H9", "=B1:B3*2", CellError.VALUE),
        ("B9", "=A1:C1+0", 10.0),
        ("H2", "=A1:B3+0", CellError.VALUE),
        ("H2", "=@B1:B3", 20.0),
        ("H2", "=SUM(B1:B3*2)", 40.0),
        ("H2", "=B1:B3", 20.0),
        ("H2", "=IF(B1:B3>15,1,0)", 1.0),
        ("H2", "=B:B+1", 21.0),
        ("H2", "=SUM(ABS(B1:B3))", 20.0),
        ("H2", "=SUMPRODUCT(ABS(B1:B3))", 60.0),
        ("H2", "=INDEX(B1:B3,0)", 20.0),
        ("H2", "=SUM(INDEX(B1:B3*2,0))", 120.0),  # the known way to an array formula without Ctrl+Shift+Enter
    ],
)
def test_a_plain_formula_meets_its_own_row_or_column(cell: str, formula: str, expected: Value) -> None:
    assert value(book_of({"first": {**MIXED, cell: formula}}), cell) == expected


NA = CellError.NA


@pytest.mark.parametrize(
    ("region", "formula", "expected"),
    [
        # Microsoft, "Guidelines and examples of array formulas": one row or column repeats, beyond the end is #N/A
        ("H1:I2", "=B1:B3*2", [[20.0, 20.0], [40.0, 40.0]]),
        ("H1:H4", "=B1:B3", [[10.0], [20.0], [30.0], [NA]]),
        ("H1:J2", "={1,2;3,4}", [[1.0, 2.0, NA], [3.0, 4.0, NA]]),
        ("H1:I2", "=5", [[5.0, 5.0], [5.0, 5.0]]),
        ("H1:I2", "={1,2}+{10;20}", [[11.0, 12.0], [21.0, 22.0]]),
        ("H1:J1", "={1,2,3}+{1,2}", [[2.0, 4.0, NA]]),
        ("H1:J1", "=IFERROR({1,2,3}+{1,2},9)", [[2.0, 4.0, 9.0]]),
        ("H1:H3", "=IF(B1:B3>15,B1:B3)", [[False], [20.0], [30.0]]),
        ("H1:H1", "=SUM(B1:B3*2)", [[120.0]]),
        ("H1:H1", "=MAX(0,SUM(B1:B3*{1;0;-1}))", [[0.0]]),
        ("H1:I2", "=MMULT(B1:B2,{1,2})", [[10.0, 20.0], [20.0, 40.0]]),
        ("H1:J1", "=TRANSPOSE(B1:B3)", [[10.0, 20.0, 30.0]]),
        ("H1:H3", "=ROW()", [[1.0], [2.0], [3.0]]),
        ("H1:H3", '=A1:A3&""', [["1"], ["abc"], [""]]),
        ("H1:H3", "=A1:A3", [[1.0], ["abc"], [0.0]]),
        ("H1:H2", "=SQRT({4;-1})", [[2.0], [CellError.NUM]]),
        ("H1:I1", "=INDEX(B1:B3,{1,3})", [[10.0, 30.0]]),
        ("H1:I1", "=CHOOSE({1,2},B1:B3,5)", [[10.0, 5.0]]),
    ],
)
def test_array_formulas_fill_their_block(region: str, formula: str, expected: list[list[Value]]) -> None:
    assert block(book_of({"first": MIXED}, arrays={region: formula}), region) == expected


def test_spilled_formulas_keep_their_shape() -> None:
    book = book_of(
        {"s": {"A1": 1.0, "A2": 2.0, "F1": "=SUM(C1#)", "F2": "=ROWS(C1#)", "F3": "=SUM(A1#)"}},
        dynamic={"C1:C2": "=A1:A2*10"},
    )
    assert block(book, "C1:C3") == [[10.0], [20.0], [None]]
    assert [value(book, f"F{row}") for row in (1, 2, 3)] == [30.0, 2.0, CellError.REF]


def test_a_spill_that_outgrows_the_file_is_refused() -> None:
    book = book_of({"s": {"A1": 1.0, "A2": 2.0, "A3": 3.0}}, dynamic={"C1:C2": "=A1:A3*10"})
    with pytest.raises(UnsupportedError, match="spills over 3 x 1 cells, and over 2 x 1"):
        value(book, "C1")


def test_a_name_that_is_a_formula_is_evaluated_as_an_array() -> None:
    book = book_of(
        {"s": {"A1": 1.0, "A2": 2.0, "C9": "=SUM(doubled)"}}, names=[DefinedName("doubled", "s!$A$1:$A$2*2")]
    )
    assert value(book, "C9") == 6.0


def test_table_columns_row_by_row() -> None:
    book = book_of(
        {"s": {"A1": "x", "A2": 1.0, "A3": 2.0, "B2:B3": "=T[@x]/MAX(T[x])", "D5": "=SUM(T[y])"}},
        tables=[Table("T", Region("s", 0, 0, 3, 2), ("x", "y"))],
    )
    assert [value(book, a) for a in ("B2", "B3", "D5")] == [0.5, 1.0, 1.5]


def test_formulas_are_recomputed_and_caches_never_trusted() -> None:
    book = book_of({"s": {"A1": 2.0, "B1": "=A1*3", "C1": "=B1+1"}}, cached={"B1": 99.0, "C1": "stale"})
    assert value(book, "C1") == 7.0
    assert value(book, "C1", A1=5.0) == 16.0
    assert value(book, "C1", B1=1.0) == 2.0
    assert value(book, "C1", A1=None) == 1.0
    assert value(book, "C1", A1=CellError.NA) is CellError.NA


def test_an_override_in_a_blank_cell_reaches_whole_columns() -> None:
    book = book_of({"s": {"A1": 2.0, "B1": "=SUM(A:A)"}})
    assert value(book, "B1", A500=5.0) == 7.0


def test_only_the_branch_that_is_taken_is_computed() -> None:
    book = book_of({"s": {"A1": 1.0, "B1": "=IF(A1>0,A1,NOPE(1))", "C1": "=IF(A1>0,5,C1)", "D1": "=IFERROR(1/0,B1)"}})
    assert [value(book, a) for a in ("B1", "C1", "D1")] == [1.0, 5.0, 1.0]


def test_a_long_chain_needs_no_deep_stack() -> None:
    book = book_of({"s": {"A1": 1.0, "A2:A20001": "=A1+1", "B1": "=SUM(A:A)"}})
    assert value(book, "A20001") == 20001.0
    assert value(book, "B1") == 20001 * 20002 / 2


@pytest.mark.parametrize("formula", ["=RAND()", "=A1*RANDBETWEEN(1,A1)", "=[1]Sheet1!A1*2", "=NOW()-1", "=T&TODAY()"])
def test_what_only_the_file_knows_keeps_its_cached_value(formula: str) -> None:
    book = book_of({"s": {"A1": 2.0, "B1": formula, "C1": "=B1*2"}}, cached={"B1": 0.25})
    assert [value(book, a) for a in ("B1", "C1")] == [0.25, 0.5]


def test_without_a_cached_value_it_is_refused() -> None:
    book = book_of({"s": {"A1": 2.0, "B1": "=1+RAND()", "C1": "=B1*2"}})
    with pytest.raises(UnsupportedError, match=r"RAND, which changes .* holds no value") as caught:
        value(book, "C1")
    assert (caught.value.cell, caught.value.formula, caught.value.position) == ("s!B1", "=1+RAND()", 3)


def test_chance_in_a_branch_that_is_not_taken_does_not_matter() -> None:
    assert value(book_of({"s": {"A1": 2.0, "B1": "=IF(A1>0,A1,RAND())"}}), "B1") == 2.0


def test_a_circle_names_its_cells() -> None:
    book = book_of({"s": {"A1": "=B1", "B1": "=C1+1", "C1": "=SUM(A1:A2)", "D1": "=A1"}})
    with pytest.raises(CircularReferenceError, match="s!A1 needs s!B1 needs s!C1 needs s!A1") as caught:
        value(book, "D1")
    assert caught.value.cell == "s!A1"


def test_a_cell_that_needs_itself_is_a_circle() -> None:
    with pytest.raises(CircularReferenceError, match="s!A1 needs s!A1"):
        value(book_of({"s": {"A1": "=A1+1"}}), "A1")


def test_two_ways_to_one_cell_are_no_circle() -> None:
    book = book_of({"s": {"A1": "=1", "B1": "=A1+1", "C1": "=A1+B1", "D1": "=SUM(A1:C1)+B1"}})
    assert value(book, "D1") == 8.0


@pytest.mark.parametrize(
    ("formula", "kind", "message"),
    [
        ("=1+XLOOKUPP(A1)", UnknownFunctionError,
         "s!C2: =1+XLOOKUPP(A2)\n         ^ no Excel function XLOOKUPP; did you mean XLOOKUP?"),
        ("=1+BAHTTEXT(A1)", UnsupportedError, "the Excel function BAHTTEXT is not supported"),
        ("=1+SQRT(A1,2)", FormulaError, "SQRT takes 1 argument, not 2"),
        ("=ROUND(A1)", FormulaError, "ROUND takes 2 arguments, not 1"),
        ("=LOG()", FormulaError, "LOG takes 1 to 2 arguments, not 0"),
        ("=SUM()", FormulaError, "SUM takes at least 1 argument, not 0"),
        ("=IFS(A1,1,2)", FormulaError, "groups of 2, not 3"),
        ("=A1+", FormulaError, "ends too early"),
        ("=MATCH(5,{1,9,3})", UnsupportedError, "entries that are not sorted"),
    ],
)  # fmt: skip
def test_messages_name_cell_formula_place_and_cause(formula: str, kind: type[FormulaError], message: str) -> None:
    book = book_of({"s": {"A1": 1.0, "A2": 1.0, "C1:C2": formula, "E1": "=C2"}})
    with pytest.raises(kind) as caught:
        value(book, "E1")
    assert message in str(caught.value)
    assert caught.value.cell == "s!C2"


def test_arithmetic_over_whole_columns_is_exact_or_refused() -> None:
    book = book_of(
        {"s": {"A1": 2.0, "C3": '=SUMPRODUCT(--(1:1=""))', "AB2": "=SUMPRODUCT(A:Z*2)", "AB3": "=ROWS(UNIQUE(A:Z*2))"}}
    )
    assert value(book, "C3") == 16383.0
    assert value(book, "AB2") == 2 * (2 + 16383)
    with pytest.raises(UnsupportedError, match="computes with all 27,262,976 cells"):
        value(book, "AB3")
