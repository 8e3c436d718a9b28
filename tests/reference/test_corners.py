# ruff: noqa: E501 - a row of a table is a line, whatever its length
"""Dark corners of the language, each with what Excel documents; by the per-cell reference and as a block alike."""

from __future__ import annotations

import math

import pytest
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value
from cellgrad.workbook import DefinedName, decode

SHEETS: dict[str, dict[str, Value]] = {
    "Sheet": {
        "A1": 1.0, "A2": "abc", "A4": True, "A5": "3", "A6": 2.0, "B1": 10.0, "B2": 20.0, "B3": 30.0, "B6": 5.0,
        "C1": 4.0, "C2": "x", "C3": 7.0, "D1": 3.0, "D2": 8.0, "E1": "=1/0", "E2": "=NA()", "E3": "#N/A",
        "F1": "=B1*2", "F2": "=SUBTOTAL(9,B1:B3)", "F3": "=F1&\"\"",
    },
    "US": {"C5": 1.0, "D5": 5.0, "A1": 2.0}, "Mid": {"C5": 10.0, "D5": "t", "A1": -4.0},
    "OthAsia": {"C5": 100.0, "D5": True, "A1": 7.0}, "my sheet": {"A1": 11.0, "B2": 12.0},
}  # fmt: skip
NAMES = [
    DefinedName("rate", "0.25"), DefinedName("spot", "Sheet!$B$2"), DefinedName("both", "Sheet!$B$1:$B$2,Sheet!$D$1"),
    DefinedName("doubled", "Sheet!$B$1:$B$3*2"), DefinedName("area", "OFFSET(Sheet!$B$1,0,0,3,1)"),
]  # fmt: skip
DIV0, NA, VALUE, REF, NULL, NUM, NAME = (
    CellError.DIV0, CellError.NA, CellError.VALUE, CellError.REF, CellError.NULL, CellError.NUM, CellError.NAME,
)  # fmt: skip

VALUES: list[tuple[str, Value]] = [
    # SWITCH compares values: a case that is a cell, or comes to one
    ('SWITCH(2,A1,"one",A6,"two")', "two"), ('SWITCH("ABC",A2,1,2)', 1.0), ('SWITCH(30,INDEX(B1:B3,3),A2,"none")', "abc"),
    ('SWITCH(20,OFFSET(B1,1,0),B3,0)', 30.0), ('SWITCH(0,A3,"blank","none")', "blank"), ('SWITCH(1,2,A1,B1)', 10.0),
    ("SUBTOTAL(E1,B1:B3)", DIV0), ("AGGREGATE(E1,6,B1:B3)", DIV0), ("AGGREGATE(9,E1,B1:B3)", DIV0),
    # several areas where a function takes its ranges in pairs
    ("COUNTIFS((A1,B1:B3),1)", VALUE), ("SUMIFS(B1:B3,(A1,A2:A3),1)", VALUE), ("MINIFS(B1:B3,(A1,A2:A3),1)", VALUE),
    ("COUNTIFS(US:OthAsia!C5,1)", VALUE),
    # 3-D references: Microsoft, "Create a reference to the same cell range on multiple worksheets", names the functions
    ("SUM(US:OthAsia!C5)", 111.0), ("SUM('US:OthAsia'!C5:D5)", 116.0), ("AVERAGE(US:OthAsia!C5)", 37.0),
    ("COUNT(US:OthAsia!C5:D5)", 4.0), ("COUNTA(US:OthAsia!C5:D5)", 6.0), ("MAX(US:OthAsia!C5)", 100.0),
    ("MIN(US:OthAsia!A1)", -4.0), ("PRODUCT(US:OthAsia!C5)", 1000.0), ("STDEV(US:OthAsia!C5)", math.sqrt(2997)),
    ("VAR(US:OthAsia!C5)", 2997.0), ("LARGE(US:OthAsia!C5,2)", 10.0), ("SMALL(US:OthAsia!C5,1)", 1.0),
    ("MEDIAN(US:OthAsia!C5)", 10.0), ("SUM(OthAsia:US!C5)", 111.0), ("SUM(US:OthAsia!C5,B1)", 121.0),
    ("SHEETS(US:OthAsia!C5)", 3.0), ("US:OthAsia!C5+1", VALUE), ("AVERAGEA(US:OthAsia!D5)", 2.0),
    ("SUMSQ(US:OthAsia!A1)", 69.0), ("VARP(US:OthAsia!C5)", 1998.0), ("STDEVP(US:OthAsia!C5)", math.sqrt(1998)),
    # union and intersection: Microsoft, "Using references in Excel formulas"
    ("SUM((A1,B1:B3,D1))", 64.0), ("COUNT((B1:B3,A1:A6))", 5.0), ("SUM(both)", 33.0), ("MAX((B1:B2,C3))", 20.0),
    ("LARGE((B1:B2,C3),3)", 7.0), ("SUM((A1:B3 B2:D9))", 50.0), ("B1:B3 A2:D2", 20.0), ("SUM(B1:B2 D1:D2)", NULL),
    ("AREAS(both)", 2.0), ("INDEX((B1:B2,D1:D2),2,1,2)", 8.0), ("SUM(A1:B1:D2)", 46.0), ("ROWS((B1:B2,D1))", REF),
    # whole columns and rows
    ("SUM(B:B)", 65.0), ("COUNTA(C:C)", 3.0), ("SUM(3:3,D:D)", 48.0), ("SUM(4:6,D:D)", 18.0), ("COUNTBLANK(D:D)", 1048574.0), ("ROWS(A:A)", 1048576.0),
    ("COLUMNS(1:1)", 16384.0), ("SUMPRODUCT((B:B>10)*1)", 2.0), ("MATCH(30,B:B,0)", 3.0), ("INDEX(B:B,2)", 20.0),
    ("VLOOKUP(10,B:D,3,FALSE)", 3.0), ("SUMIF(B:B,\">10\",D:D)", 8.0),
    # @: Microsoft, "Implicit intersection operator: @"; the formula stands in row 2
    ("@B1:B3", 20.0), ("@B5:B9", VALUE), ("SUM(@B1:B3)", 20.0), ("@B:B*2", 40.0), ("@{5,6}", 5.0), ("@INDEX(B1:B3,0)", 20.0),
    # omitted arguments are 0, FALSE or ""
    ("IF(TRUE,,2)", 0.0), ("IF(FALSE,1,)", 0.0), ("IF(FALSE,1)", False), ("SUM(1,,2)", 3.0), ("MAX(,-3)", 0.0), ("CONCATENATE(\"a\",,\"b\")", "ab"),
    ("AVERAGE(1,,2)", 1.0), ("LEFT(\"abc\",)", ""), ("VLOOKUP(10,B1:D3,2,)", 4.0), ("ROUND(2.567,)", 3.0), ("INDEX(B1:B3,2,)", 20.0),
    ("COUNT(1,,2)", 3.0), ("AND(TRUE,)", False), ("PRODUCT(2,,3)", 0.0), ("MATCH(10,B1:B3,)", 1.0),
    # pairs with a blank, a text or a truth value are skipped: Microsoft, "SUMXMY2 function" and its kin
    ("SUMXMY2(A1:A6,B1:B6)", 81.0 + 9.0), ("SUMX2MY2(A1:A6,B1:B6)", -99.0 - 21.0), ("SUMX2PY2(A1:A6,B1:B6)", 101.0 + 29.0),
    ("SUMXMY2({1,2},{3,4,5})", NA), ("SUMPRODUCT(A1:A6,B1:B6)", 20.0),
    # error propagation: the first error in reading order
    ("E1+E2", DIV0), ("E2+E1", NA), ("SUM(E1:E2)", DIV0), ("SUM(E2,E1)", NA), ("E1&E2", DIV0), ("IF(E1,1,2)", DIV0), ("IF(TRUE,1,E1)", 1.0),
    ("MAX(B1,E2,E1)", NA), ("IFERROR(E1,E2)", NA), ("AND(FALSE,E1)", DIV0), ("E1=E2", DIV0), ("-E1", DIV0), ("SUMPRODUCT(E1:E2,B1:B2)", DIV0),
    ("COUNT(E1:E3,B1)", 1.0), ("ISERROR(E3)", False), ("CHOOSE(1,5,E1)", 5.0), ("INDEX(E1:E2,2)", NA), ("ROUND(E2,E1)", NA),
    # text and numbers: Microsoft, "Operators and precedence": an operator turns text into a number where it can
    ("\"3\"+A5", 6.0), ("A5*2", 6.0), ("-A5", -3.0), ("A5%", 0.03), ("\"1,000\"+1", 1001.0), ("\"50%\"*2", 1.0), ("\"$3\"+0", 3.0),
    ("\"1e2\"+0", 100.0), ("\"\"+0", VALUE), ("\" 7 \"+0", 7.0), ("A2+1", VALUE), ("TRUE+1", 2.0), ("A4*3", 3.0), ("\"TRUE\"+0", VALUE),
    ("SUM(A5)", 0.0), ("SUM(\"3\")", 3.0), ("A5=3", False), ("A5=\"3\"", True), ("1&2", "12"), ("TRUE&\"\"", "TRUE"), ("0.1&\"\"", "0.1"),
    ("1/3&\"\"", "0.333333333333333"), ("1E21&\"\"", "1E+21"), ("-0.00001&\"\"", "-0.00001"),
    ("AND(\"TRUE\",1)", True), ("IF(\"false\",1,2)", 2.0), ("MAX(\"5\",3)", 5.0), ("--\"2\"", 2.0), ("\"a\"<\"B\"", True), ("\"A\"=\"a\"", True), ("2<\"1\"", True), ("\"z\"<FALSE", True),
    ("A3=0", True), ("A3=\"\"", True), ("A3&\"x\"", "x"), ("A3+1", 1.0), ("ISBLANK(A3)", True), ("A3", 0.0), ("A3=FALSE", True),
    # precedence: Microsoft, "Calculation operators and precedence in Excel"
    ("-2^2", 4.0), ("2^3^2", 64.0), ("2^-1", 0.5), ("10%^2", 0.01), ("1-1%", 0.99), ("-1%", -0.01), ("1+2&3", "33"), ("1=1=TRUE", True), ("5-2-1", 2.0), ("2*3%", 0.06), ("- -3", 3.0), ("+\"a\"", "a"),
    # 15 digits
    ("0.1+0.2=0.3", True), ("0.5-0.4-0.1=0", False), ("1E308*10", NUM), ("0^0", NUM), ("0/0", DIV0), ("(-8)^(1/3)", -2.0),
    ("100000000000000001=100000000000000000", True),
    # days before 1 March 1900: Microsoft, "Excel incorrectly assumes that the year 1900 is a leap year"
    ("DATE(1900,1,1)", 1.0), ("DATE(1900,2,28)", 59.0), ("DATE(1900,3,1)", 61.0), ("DATE(1900,2,29)", 60.0), ("DAY(60)", 29.0), ("MONTH(60)", 2.0), ("DAY(59)", 28.0), ("DAY(61)", 1.0), ("WEEKDAY(1)", 1.0),
    ("YEAR(0)", 1900.0), ("DAY(0)", 0.0), ("MONTH(0)", 1.0),
    # names
    ("rate*4", 1.0), ("spot+1", 21.0), ("SUM(doubled)", 120.0), ("SUM(area)", 60.0), ("nowhere", NAME), ("SUM(nowhere)", NAME), ("ROWS(area)", 3.0),
    # formulas asked about
    ("FORMULATEXT(F1)", "=B1*2"), ("FORMULATEXT(F1:F2)", "=B1*2"), ("FORMULATEXT(B1)", NA), ("ISFORMULA(F1)", True), ("ISFORMULA(B1)", False), ("FORMULATEXT(F3)", "=F1&\"\""),
    ("SHEET()", 1.0), ("SHEET(US!A1)", 2.0), ("SHEETS()", 5.0), ("SHEET(\"my sheet\")", 5.0), ("TYPE(F3)", 2.0), ("TYPE(E1)", 16.0), ("TYPE(B1:B2)", 64.0), ("ERROR.TYPE(E1)", 2.0),
    ("CELL(\"contents\",B2)", 20.0), ("CELL(\"type\",A2)", "l"), ("CELL(\"address\",B2)", "$B$2"), ("HYPERLINK(\"#A1\",A2)", "abc"), ("HYPERLINK(\"#A1\",A3)", 0.0),
    ("ISREF(B1)", True), ("ISREF(INDIRECT(\"zz\"))", False), ("ISREF(B1+1)", False), ("ADDRESS(1,1,,,\"my sheet\")", "'my sheet'!$A$1"),
    # INDIRECT: Microsoft, "INDIRECT function"
    ("INDIRECT(\"'my sheet'!B2\")", 12.0), ("INDIRECT(\"my sheet!B2\")", REF), ("INDIRECT(\"spot\")", 20.0), ("SUM(INDIRECT(\"both\"))", 33.0), ("INDIRECT(\"area\")", REF), ("INDIRECT(\"B\"&ROW())", 20.0),
    ("INDIRECT(\"R1C2\",FALSE)", 10.0), ("INDIRECT(\"RC[-1]\",0)", 0.0), ("INDIRECT(\"RC[-9]\",0)", 0.0), ("SUM(INDIRECT(\"C2\",FALSE))", 65.0), ("SUM(INDIRECT(\"B:B\"))", 65.0), ("INDIRECT(\"US:Mid!C5\")", REF), ("INDIRECT(A3)", REF), ("INDIRECT(1)", REF),
    ("SUM(B1:INDIRECT(\"B3\"))", 60.0), ("SUM(OFFSET(both,1,0))", VALUE), ("INDIRECT(ADDRESS(2,2))", 20.0),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "expected"), VALUES, ids=[row[0] for row in VALUES])
def test_corner(formula: str, expected: Value) -> None:
    sheets = {**SHEETS, "Sheet": {**SHEETS["Sheet"], "H2": f"={formula}"}}
    book = book_of(sheets, names=NAMES)
    found = Reference(book).value("Sheet", 1, 7)
    assert _same(found, expected), f"reference: {found!r}"
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.touching(parse_region("H2", "Sheet")), {})
    assert not result.failures
    ((kinds, data),) = result.blocks.values()
    block = decode(int(kinds[0, 0]), float(data[0, 0]), book.strings)
    assert _same(block, expected), f"block: {block!r}"


def _same(found: Value, expected: Value) -> bool:
    if isinstance(found, float) and isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=1e-14, abs_tol=1e-15)
    return type(found) is type(expected) and found == expected
