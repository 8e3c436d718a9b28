"""FORMULATEXT answers what the formula bar shows, whatever a file writes.

Expected: Microsoft, "FORMULATEXT function" and "Issue: An _xlfn. prefix is displayed in front of a formula"; for array
formulas T. Mehta, "FORMULATEXT function", figure 2; for ``@`` and ``#`` Microsoft, "Implicit intersection operator: @"
and "Spilled range operator".
"""

from __future__ import annotations

import pytest
from tests.sheets import book_of

from cellgrad.reference import Reference
from cellgrad.values import CellError

SHOWN: list[tuple[str, str]] = [
    ("=_xlfn.STDEV.S(A1:A3)", "=STDEV.S(A1:A3)"),
    ("=_xlfn._xlws.SORT( A1:A3 )", "=SORT( A1:A3 )"),
    ("=_xlfn.LET(_xlpm.x,A1,_xlpm.x*2)", "=LET(x,A1,x*2)"),
    ('=_xlfn.CONCAT("_xlfn.",A1)', '=CONCAT("_xlfn.",A1)'),
    ("='_xlfn.sheet'!A1", "='_xlfn.sheet'!A1"),
    ("=SUM(_xlfn.SINGLE(A1:A3))", "=SUM(@A1:A3)"),
    ("=SUM(_xlfn.ANCHORARRAY(C1))", "=SUM(C1#)"),
    ("=a1 + SUM( A1:A3)", "=a1 + SUM( A1:A3)"),
]


@pytest.mark.parametrize(("written", "expected"), SHOWN)
def test_as_the_formula_bar_shows_it(written: str, expected: str) -> None:
    cells = {"A1": 1.0, "B1": "=FORMULATEXT(D5)", "D5": written, "B2": "=FORMULATEXT(A1)"}
    reference = Reference(book_of({"Sheet1": cells, "_xlfn.sheet": {}}))
    assert reference.value("Sheet1", 0, 1) == expected
    assert reference.value("Sheet1", 1, 1) is CellError.NA


def test_array_formulas_stand_in_braces_unless_they_spill() -> None:
    cells = {"A1": 1.0, "A2": 2.0, "F1": "=FORMULATEXT(D2)", "F2": "=FORMULATEXT(E1)"}
    book = book_of({"Sheet1": cells}, arrays={"D1:D2": "=A1:A2*2"}, dynamic={"E1:E2": "=A1:A2*3"})
    reference = Reference(book)
    assert reference.value("Sheet1", 0, 5) == "{=A1:A2*2}"
    assert reference.value("Sheet1", 1, 5) == "=A1:A2*3"
