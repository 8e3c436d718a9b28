"""Every function and operator against LibreOffice, over a generated table of typed arguments.

Each formula stands in a workbook of its own cells without cached values; LibreOffice recalculates it, and so does the
per-cell reference. Where the two differ and Excel's documentation is on our side, the difference is named in
`KNOWN_DIFFERENCES`; anything else is a failure.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import xlsxwriter
from tests import libreoffice
from tests.libreoffice import Values

from cellgrad.address import cell_name
from cellgrad.hosts.package import read
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value
from cellgrad.workbook import Workbook

pytestmark = pytest.mark.libreoffice

# The typed cells, in column A of the sheet "data"; by row, from 1.
CELLS: list[Value] = [
    2.0, -3.5, 0.0, 0.5, 1.0, -1.0, 1e10, 7.25, None, "abc", "ABC", "3", True, False,
    CellError.NA, CellError.DIV0, "", 100.0, -0.75, 45.0,
]  # fmt: skip
# Blocks of mixed values in columns C:F of the sheet "data", rows 1 to 12.
BLOCK: list[list[Value]] = [
    [1.0, 2.0, 3.0, 4.0],
    [5.0, 6.5, -7.0, 8.0],
    [-9.0, 10.0, 0.25, 12.0],
    [0.5, 0.0, 2.5, -1.0],
    [1.0, None, "x", True],
    ["3", 4.0, False, 2.0],
    [None, None, None, None],
    [1.0, CellError.NA, 2.0, CellError.DIV0],
    [2.0, 3.0, 5.0, 7.0],
    ["a", "", "b", "c"],
    [True, True, False, 1.0],
    [1e5, -2e-5, 3.0, 1.0],
]

NUMBERS = ["data!A1", "data!A2", "data!A3", "data!A4", "data!A5", "data!A6", "data!A8", "data!A9", "data!A12"]
ANYTHING = [f"data!A{row}" for row in range(1, len(CELLS) + 1) if row != 17]
DIRECT = ["2", "-1.5", "0", '"3"', '"abc"', "TRUE", "1/0", "NA()"]
RANGES = ["data!C1:F4", "data!C5:F6", "data!C7:F7", "data!C8:F8", "data!C9:F9", "data!C10:F10", "data!C11:F11",
          "data!C1:C12", "data!D1:D7", "data!E1:E6", "data!A9", "data!A12", "data!A13"]  # fmt: skip
SQUARES = ["data!C1:D2", "data!E1:F2", "data!C2:D3", "data!C1:E3", "data!C1:C2", "data!C5:D6", "data!C8:D9",
           "data!C1:D3", "data!C1:F1", "data!C1:C4"]  # fmt: skip


class Case(NamedTuple):
    """A formula, and the shape of the block it fills where it is an array formula."""

    formula: str
    block: tuple[int, int] | None = None


def one_number(names: str) -> Iterator[Case]:
    for name in names.split():
        for argument in ANYTHING + DIRECT:
            yield Case(f"{name}({argument})")
        yield Case(f"SUM({name}(data!C1:F2))", (1, 1))


def two_numbers(names: str) -> Iterator[Case]:
    for name in names.split():
        for a, b in itertools.product([*NUMBERS, "data!A10", "data!A15"], NUMBERS):
            yield Case(f"{name}({a},{b})")
        for a in DIRECT:
            yield Case(f"{name}({a},2)")
            yield Case(f"{name}(2,{a})")
        yield Case(f"{name}(data!C1:F2,2)", (2, 4))
        yield Case(f"{name}(data!C1:C3,data!C1:F1)", (3, 4))


def binary_operators() -> Iterator[Case]:
    some = [f"data!A{row}" for row in (1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15)]
    for operator in ("+", "-", "*", "/", "^", "&", "=", "<>", "<", "<=", ">", ">="):
        for a, b in itertools.product(some, some):
            yield Case(f"{a}{operator}{b}")
        yield Case(f"data!C1:F4{operator}data!C1:C4", (4, 4))
        yield Case(f"data!C1:F1{operator}data!C1:C4", (4, 4))
        yield Case(f"data!C1:D2{operator}data!C1:E1", (3, 4))
        yield Case(f"{{1,2,3}}{operator}{{2;1}}", (2, 3))
    for a in ANYTHING + DIRECT:
        yield from (Case(f"-{a}"), Case(f"+{a}"), Case(f"{a}%"))


def aggregates(names: str) -> Iterator[Case]:
    for name in names.split():
        for argument in RANGES + DIRECT:
            yield Case(f"{name}({argument})")
        for a, b in itertools.combinations(RANGES[:8], 2):
            yield Case(f"{name}({a},{b})")
        for a in DIRECT:
            yield Case(f"{name}(data!C1:F1,{a})")
        yield Case(f"{name}(data!C1:F2*2)", (1, 1))
        yield Case(f"{name}((data!C1:D2,data!F9))")
        yield Case(f"{name}(data!C1:D4 data!D2:F3)")
        yield Case(f"{name}({{1,2;3,4}},5)")


def pairs(names: str) -> Iterator[Case]:
    for name in names.split():
        for a, b in itertools.product(SQUARES, SQUARES):
            yield Case(f"{name}({a},{b})")


def matrices() -> Iterator[Case]:
    for a, b in itertools.product(SQUARES, SQUARES):
        yield Case(f"MMULT({a},{b})", (2, 2))
    for a in SQUARES:
        yield Case(f"TRANSPOSE({a})", (4, 4))
        yield Case(f"SUM(TRANSPOSE({a}))", (1, 1))
    yield Case("MMULT(data!C1:D2*data!E1:F2,{1;2})", (2, 1))
    yield Case("MMULT(data!C1:D2,TRANSPOSE(data!C1:D2))", (2, 2))
    yield Case("MMULT(data!C1:D2,data!E1:F2)", (3, 3))


def branches() -> Iterator[Case]:
    tests = ["data!A1>0", "data!A2>0", "data!A9", "data!A10", "data!A12", "data!A13", "data!A15", "TRUE", "0"]
    for test in tests:
        for rest in ("1,2", "1", '"a","b"', "data!A9,data!A10", "data!A15,1", "1,data!A16", ",5", "5,", "1/0,2"):
            yield Case(f"IF({test},{rest})")
        yield Case(f"IFS({test},1,TRUE,2)")
        yield Case(f"IFS({test},1)")
        yield Case(f"NOT({test})")
        yield Case(f"CHOOSE(2,1,{test},3)")
    for a in ANYTHING + DIRECT:
        yield from (Case(f"IFERROR({a},7)"), Case(f"IFNA({a},7)"), Case(f"IFERROR(SQRT({a}),-1)"))
    yield Case("IF(data!C1:F4>2,data!C1:F4,0)", (4, 4))
    yield Case("IF(data!C1:C4>0,data!C1:F1,data!C2:F2)", (4, 4))
    yield Case("IFERROR(1/data!C4:F4,data!C1:F1)", (1, 4))
    yield Case("MAX(0,SUM(data!C1:E3*data!D1:F3))", (1, 1))
    yield Case("SUM(IF(data!C1:F4>0,SQRT(data!C1:F4),0))", (1, 1))


def places() -> Iterator[Case]:
    for array, row, column in itertools.product(
        ("data!C1:F4", "data!C1:F1", "data!C1:C4", "data!C1"), (0, 1, 2, 4, 5, 1.9), (0, 1, 3, 5)
    ):
        yield Case(f"SUM(INDEX({array},{row},{column}))")
    for array, index in itertools.product(("data!C1:F1", "data!C1:C4", "{5,6,7}", "{5;6;7}"), (1, 2, 3, 9)):
        yield Case(f"INDEX({array},{index})")
    for name, reference in itertools.product(("ROW", "COLUMN", "ROWS", "COLUMNS"), ("data!C3", "data!C3:F7", "$B$2")):
        yield Case(f"{name}({reference})")
    yield from (Case("ROW()"), Case("COLUMN()"), Case("SUM(ROW(data!A1:A9))", (1, 1)), Case("ROW()", (3, 1)))
    yield Case("INDEX(data!C1:F4,0,2)", (4, 1))
    yield Case("SUM(data!C1:INDEX(data!C1:F4,2,2))")
    yield Case("SUM(data!C:C)")
    yield Case("COUNT(data!1:4)")


def conditions(names: str) -> Iterator[Case]:
    for name in names.split():
        for argument in RANGES + DIRECT:
            yield Case(f"{name}({argument})")
        for a, b in itertools.combinations(DIRECT[:6], 2):
            yield Case(f"{name}({a},{b})")


def whole_numbers() -> Iterator[Case]:
    for a, b in itertools.product(("2.5", "-2.5", "7", "-7", "0", "0.3", "-4.25", '"3"'), ("1", "2", "-2", "0.1", "0")):
        yield from (Case(f"{name}({a},{b})") for name in ("CEILING", "FLOOR", "QUOTIENT"))
    for a in ("2.5", "-2.5", "7", "-7", "0", "170", "171", "-4.25"):
        yield from (Case(f"{name}({a})") for name in ("EVEN", "ODD", "FACT", "SQRTPI", "ISEVEN", "ISODD"))


def spreads() -> Iterator[Case]:
    names = "VAR.S VAR VAR.P VARP STDEV.S STDEV STDEV.P STDEVP DEVSQ AVEDEV GEOMEAN HARMEAN MEDIAN"
    for name in names.split():
        for argument in RANGES + DIRECT:
            yield Case(f"{name}({argument})")
        yield Case(f"{name}(data!C1:F1,2,data!C9:F9)")
    for array, k in itertools.product(RANGES, ("1", "2", "3", "0", "-1", "99")):
        yield from (Case(f"LARGE({array},{k})"), Case(f"SMALL({array},{k})"))


WANTED = [
    "1",
    "2",
    '">1"',
    '"<=2.5"',
    '"<>1"',
    '"abc"',
    '"AB*"',
    '"?b?"',
    '""',
    '"<>"',
    '"="',
    '">a"',
    "data!A1",
    '"x"',
]


def conditional() -> Iterator[Case]:
    for cells, wanted in itertools.product(("data!A1:A12", "data!C1:F6", "data!D1:D7"), WANTED):
        yield from (Case(f"COUNTIF({cells},{wanted})"), Case(f"SUMIF({cells},{wanted})"))
        yield Case(f"AVERAGEIF({cells},{wanted})")
    for wanted in WANTED:
        yield Case(f"SUMIF(data!A1:A12,{wanted},data!A1:A12)")
        yield Case(f'COUNTIFS(data!A1:A12,{wanted},data!A1:A12,"<>2")')
        yield Case(f"SUMIFS(data!C1:C6,data!D1:D6,{wanted})")
        yield Case(f"AVERAGEIFS(data!C1:C6,data!D1:D6,{wanted})")
        yield Case(f"MAXIFS(data!C1:C6,data!D1:D6,{wanted})")
        yield Case(f'MINIFS(data!C1:C6,data!D1:D6,{wanted},data!C1:C6,">-2")')
    yield Case('COUNTIF(data!C:C,">0")')


def lookups() -> Iterator[Case]:
    for wanted in ("2", "5", "6.5", "3", '"abc"', '"a*"', "TRUE", "data!A9", "data!A15", '"3"', "0.5"):
        yield from (Case(f"MATCH({wanted},{line},0)") for line in ("data!A1:A20", "data!C9:F9", "data!C1:D2"))
        yield from (Case(f"MATCH({wanted},data!C9:F9)"), Case(f"MATCH({wanted},{{9,6,3,1}},-1)"))
        yield from (Case(f"VLOOKUP({wanted},data!C1:F6,{k},FALSE)") for k in ("1", "3", "0", "5"))
        yield from (Case(f"VLOOKUP({wanted},{{1,10;3,30;5,50}},2)"), Case(f"HLOOKUP({wanted},data!C9:F11,2)"))
        yield Case(f"HLOOKUP({wanted},data!C1:F6,3,FALSE)")


def texts() -> Iterator[Case]:
    some = ['"Hello  World "', '""', "data!A10", "data!A1", "data!A2", "data!A9", "data!A12", "data!A15", '" a "']
    for text in some:
        yield from (
            Case(f"{name}({text})") for name in ("LEN", "UPPER", "LOWER", "TRIM", "VALUE", "N", "LEFT", "RIGHT")
        )
        yield from (Case(f"{name}({text},{k})") for name in ("LEFT", "RIGHT", "REPT") for k in ("0", "2", "-1", "99"))
        yield from (Case(f"MID({text},{a},{b})") for a in ("1", "3", "0", "50") for b in ("0", "2", "-1"))
        yield from (Case(f'FIND("l",{text}{start})') for start in ("", ",4", ",0"))
        yield from (Case(f'SUBSTITUTE({text},"l","__"{which})') for which in ("", ",2", ",9"))
        yield from (Case(f"EXACT({text},{other})") for other in some[:6])
        yield from (Case(f'CONCATENATE({text},"-",{other})') for other in some[:6])
    yield from (Case("CONCAT(data!C1:F2)"), Case('CONCAT(data!C9:F10,"x",5)'), Case("CONCAT(data!C8:F8)"))
    yield from (Case(f"ERROR.TYPE({a})") for a in (*DIRECT, "data!A15", "data!A16"))


def inverses() -> Iterator[Case]:
    for square in ("data!C1:D2", "data!C1:E3", "data!D2:F4", "data!C9:D10", "data!C1:D3", "{2,0;0,4}", "{1,2;2,4}"):
        yield from (Case(f"MDETERM({square})"), Case(f"MINVERSE({square})", (3, 3)))
    yield from (Case("MUNIT(3)", (3, 3)), Case("SUM(MUNIT(4.9))"), Case("MUNIT(0)"))


def nullary() -> Iterator[Case]:
    yield from (Case(f"{name}()") for name in ("PI", "TRUE", "FALSE", "NA"))


def all_cases() -> list[Case]:
    return list(
        itertools.chain(
            one_number(
                "ABS SIGN EXP LN LOG LOG10 SQRT SIN COS TAN ASIN ACOS ATAN SINH COSH TANH ASINH ACOSH ATANH INT"
            ),
            one_number("TRUNC DEGREES RADIANS"),
            one_number("ISNUMBER ISTEXT ISNONTEXT ISLOGICAL ISBLANK ISERROR ISERR ISNA"),
            two_numbers("POWER LOG ATAN2 MOD ROUND ROUNDUP ROUNDDOWN"),
            binary_operators(),
            aggregates("SUM SUMSQ AVERAGE COUNT COUNTA MAX MIN PRODUCT"),
            pairs("SUMPRODUCT SUMXMY2 SUMX2MY2 SUMX2PY2"),
            matrices(),
            branches(),
            places(),
            conditions("AND OR XOR"),
            whole_numbers(),
            spreads(),
            conditional(),
            lookups(),
            texts(),
            inverses(),
            nullary(),
            [Case(f"COUNTBLANK({r})") for r in RANGES],
        )
    )


class Difference(NamedTuple):
    """Where LibreOffice is not Excel: why, by which of Microsoft's pages, and which cases it covers."""

    reason: str
    source: str
    covers: Callable[[str, Value, Value], bool]


def _outside_domain(formula: str, ours: Value, theirs: Value) -> bool:
    called = re.search(r"\b(LN|LOG|LOG10|SQRT|ACOSH|ATANH|CEILING|FLOOR|QUOTIENT|FACT|SQRTPI)\(", formula)
    called = called or re.match("(VAR|STDEV|DEVSQ|AVEDEV|GEOMEAN|HARMEAN|MEDIAN|LARGE|SMALL)", formula)
    return called is not None and ours in (CellError.NUM, CellError.DIV0) and isinstance(theirs, CellError)


KNOWN_DIFFERENCES = [
    Difference(
        "a number outside the domain of a function is #VALUE! in LibreOffice",
        "the page of each function: #NUM!, or #DIV/0!; LOG to base 1 divides by LN(1)",
        _outside_domain,
    ),
    Difference(
        "zero to the power of zero is 1 in LibreOffice, and to a negative power #NUM!",
        "POWER function; How to correct a #NUM! error; How to correct a #DIV/0! error",
        lambda formula, ours, theirs: (
            "^" in formula + formula.replace("POWER(", "^")
            and (ours, theirs) in ((CellError.NUM, 1.0), (CellError.DIV0, CellError.NUM))
        ),
    ),
    Difference(
        "the angle of the origin is 0 in LibreOffice",
        "ATAN2 function: if both x_num and y_num are 0, ATAN2 returns the #DIV/0! error value",
        lambda formula, ours, theirs: formula.startswith("ATAN2(") and ours is CellError.DIV0 and theirs == 0.0,
    ),
    Difference(
        "division by zero comes before an error in the number in LibreOffice's MOD",
        "errors propagate from the first argument",
        lambda formula, ours, theirs: formula.startswith("MOD(data!A1") and theirs is CellError.DIV0,
    ),
    Difference(
        "a place outside the array is #VALUE! in LibreOffice",
        "INDEX function: row_num and column_num must point to a cell within array, otherwise #REF!",
        lambda formula, ours, theirs: "INDEX(" in formula and (ours, theirs) == (CellError.REF, CellError.VALUE),
    ),
    Difference(
        "comparing beyond the end of an array is #VALUE! in LibreOffice",
        "Guidelines and examples of array formulas: #N/A where an array is too small",
        lambda formula, ours, theirs: (
            bool(re.search("[<>=]", formula)) and (ours, theirs) == (CellError.NA, CellError.VALUE)
        ),
    ),
    Difference(
        "a number typed as text among the arguments is #VALUE! in LibreOffice",
        "SUM, AVERAGE, MAX, PRODUCT functions: text representations of numbers typed directly are counted",
        lambda formula, ours, theirs: '"3")' in formula and theirs is CellError.VALUE and type(ours) is float,
    ),
    Difference(
        "arrays of different size are #VALUE! in LibreOffice",
        "SUMXMY2 function: if array_x and array_y have a different number of values, the #N/A error value",
        lambda formula, ours, theirs: formula.startswith("SUMX") and (ours, theirs) == (CellError.NA, CellError.VALUE),
    ),
    Difference(
        "arrays of one size and different shape are #VALUE! in LibreOffice",
        "Excel stores 5 for SUMX2MY2 of a column of 1, 3, 3 and {1,2,3}: only how many values there are counts",
        lambda formula, ours, theirs: formula.startswith("SUMX") and theirs is CellError.VALUE,
    ),
    Difference(
        "a blank or a text in a pair counts as a number, and an error beside one is skipped, in LibreOffice",
        "SUMXMY2, SUMX2MY2, SUMX2PY2 functions: text, logical values and empty cells are ignored",
        lambda formula, ours, theirs: formula.startswith("SUMX") and "data!C5:D6" in formula,
    ),
    Difference(
        "a boolean that is computed or typed is a number in LibreOffice",
        "IS functions: ISNUMBER; SUM function: logical values in an array are ignored",
        lambda formula, ours, theirs: formula in BOOLEANS_AS_NUMBERS,
    ),
    Difference(
        "a mean of numbers that are not all positive is 0 in LibreOffice, to which FALSE is one of them",
        "GEOMEAN, HARMEAN functions: #NUM! if any data point is 0 or below; logical values are ignored",
        lambda formula, ours, theirs: (
            re.match("(GEO|HAR)MEAN", formula) is not None
            and (ours is CellError.NUM or "C5:F6" in formula or "C11:F11" in formula)
        ),
    ),
    Difference(
        "a column or row beyond the table, or a place in a rectangle, is #VALUE! in LibreOffice",
        "VLOOKUP function: #REF!; MATCH function: #N/A",
        lambda formula, ours, theirs: (
            re.match("VLOOKUP|MATCH", formula) is not None
            and ours in (CellError.REF, CellError.NA)
            and theirs is CellError.VALUE
        ),
    ),
    Difference(
        "what is looked up is found among values of another type in LibreOffice, and a blank is looked up as text",
        "MATCH, VLOOKUP functions: lookup_value is a value (number, text, or logical value) of the array's own type",
        lambda formula, ours, theirs: re.match(r"[VH]?(LOOKUP|MATCH)\((TRUE|\"|data!A9)", formula) is not None,
    ),
    Difference(
        "a count that is out of range comes before an error in the text in LibreOffice",
        "errors propagate from the first argument",
        lambda formula, ours, theirs: (
            re.match(r"(LEFT|RIGHT|MID|REPT)\(data!A15", formula) is not None
            and (ours, theirs) == (CellError.NA, CellError.VALUE)
        ),
    ),
    Difference(
        "a matrix without an inverse is #VALUE! in LibreOffice",
        "MINVERSE function: #NUM!",
        lambda formula, ours, theirs: "MINVERSE" in formula and (ours, theirs) == (CellError.NUM, CellError.VALUE),
    ),
    Difference(
        "a number as text is a condition in LibreOffice",
        "IF function, NOT function: #VALUE! for text other than TRUE and FALSE",
        lambda formula, ours, theirs: (
            re.match(r"(IF|IFS|NOT)\(data!A12", formula) is not None and ours is CellError.VALUE
        ),
    ),
]


BOOLEANS_AS_NUMBERS = {"ISNUMBER(TRUE)", "SUM(ISNUMBER(data!C1:F2))", "SUM(ISNONTEXT(data!C1:F2))"}


def explained(case: Case, ours: Value, theirs: Value) -> bool:
    """Whether Excel's documentation is on our side."""
    return any(difference.covers(case.formula, ours, theirs) for difference in KNOWN_DIFFERENCES)


def without_booleans(book: Workbook) -> Reference:
    """The same workbook as LibreOffice sees it, to which TRUE and FALSE in cells are the numbers 1 and 0.

    Excel tells them apart: a comparison puts numbers before booleans ("Calculation operators and precedence in Excel",
    sort order), SUM and its kin ignore logical values in a reference, ISNUMBER(TRUE) is FALSE, TRUE&"" is TRUE.
    """
    cells = [(row, 0, value) for row, value in enumerate(CELLS)]
    cells += [(row, column + 2, value) for row, line in enumerate(BLOCK) for column, value in enumerate(line)]
    return Reference(book, {("data", r, c): float(value) for r, c, value in cells if isinstance(value, bool)})


def write(
    path: Path, cases: list[Case], more: Mapping[str, Sequence[Sequence[Value]]] | None = None
) -> list[tuple[int, int]]:
    """Writes the workbook; answers with the first cell of each case on the sheet "cases".

    more: further sheets, by name, their values by rows.
    """
    book = xlsxwriter.Workbook(str(path))
    sheet, data = book.add_worksheet("cases"), book.add_worksheet("data")
    for row, value in enumerate(CELLS):
        _put(data, row, 0, value)
    for row, line in enumerate(BLOCK):
        for column, value in enumerate(line):
            _put(data, row, column + 2, value)
    for name, rows in (more or {}).items():
        own = book.add_worksheet(name)
        for row, line in enumerate(rows):
            for column, value in enumerate(line):
                _put(own, row, column, value)
    places = []
    at = 0
    for number, case in enumerate(cases):
        height, width = case.block or (1, 1)
        if case.block is None:
            sheet.write_formula(at, 0, "=" + _in_file(case.formula), None, "")
        else:
            sheet.write_array_formula(at, 0, at + height - 1, width - 1, "{=" + _in_file(case.formula) + "}", None, "")
        places.append((at, 0))
        at += height + number % 2
    book.close()
    return places


def _in_file(formula: str) -> str:
    return re.sub(r"\b(IFS|IFNA|XOR|MAXIFS|MINIFS|CONCAT|MUNIT|VAR\.[SP]|STDEV\.[SP])\(", r"_xlfn.\1(", formula)


def _put(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, value: Value) -> None:
    if isinstance(value, CellError):
        sheet.write_formula(row, column, "=NA()" if value is CellError.NA else "=1/0", None, value.text)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif value == "":
        sheet.write_formula(row, column, '=""', None, "")
    elif isinstance(value, str):
        sheet.write_string(row, column, value)
    elif value is not None:
        sheet.write_number(row, column, value)


def same(ours: Value, theirs: Value, booleans_are_numbers: bool) -> bool:
    if booleans_are_numbers:
        ours = float(ours) if isinstance(ours, bool) else ours
        theirs = float(theirs) if isinstance(theirs, bool) else theirs
    if type(ours) is float and type(theirs) is float:
        return math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-13)
    return type(ours) is type(theirs) and ours == theirs


def test_agrees_with_libreoffice(tmp_path: Path) -> None:
    cases = all_cases()
    places = write(tmp_path / "cases.xlsx", cases)
    theirs: Values = libreoffice.recalculated(tmp_path / "cases.xlsx", tmp_path / "recalculated")["cases"]
    book = read(tmp_path / "cases.xlsx")
    reference, numeric = Reference(book), without_booleans(book)
    compared = 0
    failures = []
    for case, (top, left) in zip(cases, places, strict=True):
        height, width = case.block or (1, 1)
        for row, column in itertools.product(range(top, top + height), range(left, left + width)):
            ours = reference.value("cases", row, column)
            other = theirs.get((row, column), "")  # an empty text is saved as no value
            compared += 1
            in_array = case.block is not None  # where LibreOffice saves a boolean as a number
            if same(ours, other, in_array) or explained(case, ours, other):
                continue
            if not same(numeric.value("cases", row, column), other, booleans_are_numbers=True):
                failures.append(f"{cell_name(row, column)} {case.formula}: ours {ours!r}, LibreOffice {other!r}")
    assert not failures, "\n".join([f"{len(failures)} of {compared} differ", *failures])
    assert compared >= 3000
