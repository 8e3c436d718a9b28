"""The former Analysis ToolPak's functions: arrays, and no ranges, where one value is wanted.

Expected: as the answer that `cellgrad.functions.former_add_ins` names tells of Excel.
"""

from __future__ import annotations

import pytest
from tests.language.agreement import assert_blocks_agree
from tests.sheets import book_of

from cellgrad.reference import Reference
from cellgrad.values import CellError, Value

VALUE = CellError.VALUE
CASES: list[tuple[str, Value]] = [
    ("EDATE(A1:A3,1)", VALUE),
    ("EOMONTH(A1:A3,0)", VALUE),
    ("EDATE(A1,1)", 45689.0),  # 45658 is 2025-01-01
    ("EDATE(A1:A1,1)", 45689.0),
    ("EDATE(@A1:A3,1)", 45689.0),
    ("SUM(EOMONTH(+A1:A3,0))", 3 * 45688.0),
    ("SUM(EOMONTH(A1:A3,0))", VALUE),
    ("SUM(EOMONTH({45658;45659},0))", 2 * 45688.0),
    ("MOD(TRUE,2)", 1.0),
    ("MAX(WEEKDAY({45658,45660}))", 6.0),
]


PLAIN: list[tuple[str, Value]] = [("SUM(EOMONTH(+A1:A3,0))", 45688.0), ("WEEKDAY(A1:A3)", 4.0)]
"""What meets its own row where it is no array formula."""
CELLS: dict[str, Value] = {"A1": 45658.0, "A2": 45659.0, "A3": 45660.0}


@pytest.mark.parametrize(("formula", "expected"), [*(case for case in CASES if "+" not in case[0]), *PLAIN])
def test_in_plain_formulas(formula: str, expected: Value) -> None:
    book = book_of({"Sheet1": {**CELLS, "E1": f"={formula}"}})
    assert Reference(book).value("Sheet1", 0, 4) == expected
    assert_blocks_agree(book)


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_in_array_formulas(formula: str, expected: Value) -> None:
    book = book_of({"Sheet1": CELLS}, arrays={"E1": f"={formula}"})
    assert Reference(book).value("Sheet1", 0, 4) == expected
    assert_blocks_agree(book)
