# ruff: noqa: E501 - a row of a table is a line, whatever its length
"""SUBTOTAL and AGGREGATE: what counts, by Microsoft's pages; as blocks equal to the reference, and with their slopes."""

from __future__ import annotations

import dataclasses
import math

import pytest
from tests.sheets import book_of
from tests.slopes import require_slopes

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.program.compiling import compile_model
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value
from cellgrad.workbook import Workbook, decode

# rows 3 and 4 are hidden by a filter, row 7 by hand; A9 is a subtotal, B5 an error
CELLS: dict[str, Value] = {
    **{f"A{r}": float(v) for r, v in enumerate([120, 10, 150, 23, 5, 7, 11, 2], 1)}, "A9": "=SUBTOTAL(9,A1:A8)", "A10": 4.0,
    **{f"B{r}": float(v) for r, v in enumerate([3, 1, 4, 1], 1)}, "B5": "=1/0", "B6": "x", "B7": 9.0, "B8": True,
    "C1": "=SUBTOTAL(9,A1:A3)", "C2": "=1+AGGREGATE(9,4,A1:A3)", "C3": 100.0, "C5": 1.0,
}  # fmt: skip


def sheet_of(formulas: dict[str, Value]) -> Workbook:
    book = book_of({"Sheet": {**CELLS, **formulas}})
    sheet = dataclasses.replace(book.sheet("Sheet"), hidden_rows=(2, 3, 6), filtered_rows=(2, 3))
    return dataclasses.replace(book, sheets={"Sheet": sheet})


VALUES = [
    # Microsoft, "SUBTOTAL function": 1 to 11 include rows hidden by hand, 101 to 111 do not; filtered rows never count
    ("SUBTOTAL(9,A1:A8)", 120 + 10 + 5 + 7 + 11 + 2),
    ("SUBTOTAL(109,A1:A8)", 120 + 10 + 5 + 7 + 2),
    ("SUBTOTAL(9,A5:A10)", 5 + 7 + 11 + 2 + 4),  # nested subtotals are ignored
    ("SUBTOTAL(1,A1:A2,A5)", 45.0),
    ("SUBTOTAL(2,A1:B4)", 4.0),
    ("SUBTOTAL(3,B6:B8)", 3.0),
    ("SUBTOTAL(103,B6:B8)", 2.0),
    ("SUBTOTAL(4,A1:A8)", 120.0),
    ("SUBTOTAL(5,A1:A8)", 2.0),
    ("SUBTOTAL(6,A5:A6)", 35.0),
    ("SUBTOTAL(7,A1:A4)", math.sqrt(6050)),
    ("SUBTOTAL(8,A1:A4)", 55.0),
    ("SUBTOTAL(10,A1:A4)", 6050.0),
    ("SUBTOTAL(11,A1:A4)", 3025.0),
    ("SUBTOTAL(9,C1:C5)", 1.0),  # a formula that holds a subtotal anywhere is one; C3 is filtered
    ("SUBTOTAL(9,B1:B8)", CellError.DIV0),
    ("SUBTOTAL(9,A:A)", 155.0 + 4),
    ("SUBTOTAL(9,(A1:A2,A5:A6))", 142.0),
    ("SUBTOTAL(2,B3:B4)", 0.0),
    ("SUBTOTAL(1,B3:B4)", CellError.DIV0),
    # Microsoft, "AGGREGATE function": the table of options
    ("AGGREGATE(9,0,A1:A9)", 328.0),  # a filter's rows count: the option names nested subtotals alone
    ("AGGREGATE(9,1,A1:A9)", 328.0 - 150 - 23 - 11),
    ("AGGREGATE(9,4,A1:A3)", 280.0),
    ("AGGREGATE(9,5,A1:A3)", 130.0),
    ("AGGREGATE(9,6,B1:B8)", 18.0),
    ("AGGREGATE(9,7,B1:B8)", 4.0),
    ("AGGREGATE(9,4,B1:B8)", CellError.DIV0),
    ("AGGREGATE(4,6,A1:A3,B1:B8)", 150.0),
    ("AGGREGATE(14,6,B1:B8,2)", 4.0),
    ("AGGREGATE(15,6,B1:B8,1)", 1.0),
    ("AGGREGATE(15,6,A1:A4/(B1:B4=1),1)", 10.0),
    ("AGGREGATE(14,6,B1:B4,9)", CellError.NUM),
    ("SUM(AGGREGATE(14,6,A1:A8,{1,2}))", 270.0),
    ("AGGREGATE(12,6,B1:B8)", 3.0),
    ("AGGREGATE(13,6,B1:B8)", 1.0),
    ("AGGREGATE(17,6,A1:A3,2)", 120.0),
    ("SUMPRODUCT(SUBTOTAL(103,OFFSET(A1,ROW(A1:A8)-1,0))*(A1:A8>6))", 3.0),  # the known way to count what is shown
]  # fmt: skip


@pytest.mark.parametrize(("formula", "expected"), VALUES)
def test_values(formula: str, expected: Value) -> None:
    book = sheet_of({"H6": f"={formula}"})
    found = Reference(book).value("Sheet", 5, 7)
    if isinstance(expected, CellError):
        assert found is expected
    else:
        assert isinstance(found, float)
        assert math.isclose(found, float(expected), rel_tol=1e-14)  # type: ignore[arg-type]
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.touching(parse_region("H6", "Sheet")), {})
    ((kinds, data),) = result.blocks.values()
    block = decode(int(kinds[0, 0]), float(data[0, 0]), book.strings)
    assert block == found or math.isclose(block, found, rel_tol=1e-13)  # type: ignore[arg-type]


MODELS = [
    ("sums of what is shown", {"D1:D8": "=A1^2", "H1": "=SUBTOTAL(109,D1:D8)*SUBTOTAL(1,A1:A8)"}),
    ("a sliding window", {"D1:D5": "=SUBTOTAL(9,A1:A4)^2", "H1": "=SUM(D1:D5)"}),
    ("a running total", {"D1:D8": "=SUBTOTAL(9,A$1:A1)^2", "H1": "=SUM(D1:D8)"}),
    ("subtotals in the range", {"D1:D3": "=A1^2", "D4": "=SUBTOTAL(9,D1:D3)", "D5": "=A5^2", "H1": "=SUBTOTAL(9,D1:D5)"}),
    ("errors left out", {"D1:D8": "=LN(A1-6)", "H1": "=AGGREGATE(9,6,D1:D8)"}),
    ("the largest of quotients", {"D1:D8": "=A1^2", "H1": "=AGGREGATE(14,6,D1:D8/(A1:A8>6),2)"}),
    ("a median", {"D1:D8": "=A1^2", "H1": "=AGGREGATE(12,5,D1:D8)"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "formulas"), MODELS, ids=[row[0] for row in MODELS])
def test_slopes_equal_differences_of_the_reference(name: str, formulas: dict[str, Value]) -> None:
    book = sheet_of(formulas)
    model = compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A1:A8", "Sheet")])
    require_slopes(book, model, step=1e-5, tolerance=1e-6)
