"""Whole columns and rows, element by element: every one of their million cells counts, and none takes time."""

from __future__ import annotations

import math
import time

import pytest
import torch
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.program.compiling import compile_model
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value
from cellgrad.workbook import decode

ROWS, COLUMNS = 1_048_576, 16_384
CELLS: dict[str, Value] = {
    "A1": 1.0, "A2": 2.0, "A3": "x", "A5": 5.0, "B1": 10.0, "B2": -20.0, "B3": 30.0, "B4": True, "C1": 3.0,
}  # fmt: skip

VALUES: list[tuple[str, Value]] = [
    ('SUM(IF(A:A="",1,0))', ROWS - 4.0),
    ("SUM(IF(A:A=0,0.5,0))", (ROWS - 4) / 2),
    ('SUM((A:A<>"")*1)', 4.0),
    ('SUMPRODUCT((A:A="")*1)', ROWS - 4.0),
    ("SUMPRODUCT(--(B:B>5),B:B)", 40.0),
    ("SUMPRODUCT((B:B<5)*2)", (ROWS - 3) * 2.0),  # blanks are below 5; TRUE and what is above are not
    ("SUMPRODUCT((A:A+1)*(C1))", CellError.VALUE),
    ("SUMPRODUCT((B:B+1)*(C:C=0))", -19.0 + 31 + 2 + (ROWS - 4)),
    ('SUMPRODUCT((1:1="")*1)', COLUMNS - 3.0),
    ("MAX(IF(B:B<0,-B:B,1))", 20.0),
    ("MIN(-ABS(B:B))", -30.0),
    ("MAX(B:B*0-1)", -1.0),
    ('AND(B:B<>"no")', True),
    ('OR(A:A="y")', False),
    ("SUM(1/(B:B+0.5))", 1 / 10.5 + 1 / -19.5 + 1 / 30.5 + 1 / 1.5 + 2.0 * (ROWS - 4)),
    ("SUM(1/B:B)", CellError.DIV0),
    ("SUM(B:B*SUM(C:C))", 63.0),
    ("SUM(B:B,(B:B=0)*1)", 20.0 + ROWS - 4),
    # positions along them: of the blank rows the first and the last are the ends of a straight line
    ("MAX((B:B>5)*ROW(B:B))", 4.0),  # TRUE is above 5 as well
    ('SUMPRODUCT((A:A="x")*ROW(A:A))', 3.0),
    ('SUMPRODUCT(MAX((A:A<>"")*ROW(A:A)))', 5.0),
    ('MAX(IF(A:A<>"",ROW(A:A)))', 5.0),
    ('MIN(IF(A:A<>"",ROW(A:A)))', 1.0),
    ('MIN(IF(A:A="",ROW(A:A)))', 4.0),
    ('MAX((A:A="")*ROW(A:A))', float(ROWS)),
    ('MIN((A:A="")*-ROW(A:A))', -float(ROWS)),
    ('SUM((A:A="")*ROW(A:A))', ROWS * (ROWS + 1) / 2 - 1 - 2 - 3 - 5),
    ("SUM(ROW(A:A))", ROWS * (ROWS + 1) / 2),
    ("SUMPRODUCT(ROW(A:A)/2,--(B:B=0))", ROWS * (ROWS + 1) / 4 - (1 + 2 + 3 + 4) / 2),
    ("SUM(IF(B:B=0,ROW(B:B)-C1,1))", ROWS * (ROWS + 1) / 2 - 10 - 3 * (ROWS - 4.0) + 4),
    ("MAX((1:1>5)*COLUMN(1:1))", 2.0),
    ('SUM((1:1="")*COLUMN(1:1))', COLUMNS * (COLUMNS + 1) / 2 - 6),
    ("MAX((B:B>5)*ROW(B:B)*COLUMN(B:B))", 8.0),
    ("INDEX(A:A,MAX((A:A<>0)*ROW(A:A)))", 5.0),
    ("MAX(ROW(A:A)*(A:A=ROW()-1))", 5.0),  # the formula stands in row 6
    # counted, looked up
    ('COUNT(IF(A:A="",1))', ROWS - 4.0),
    ('COUNTA(IF(A:A="x",1,2))', float(ROWS)),
    ("SUMSQ(B:B-1)", 81.0 + 441 + 841 + 0 + (ROWS - 4)),
    ('MATCH(1,(A:A<>"")*(B:B=30),0)', 3.0),
    ('MATCH(1,(A:A="")*(C:C=""),0)', 4.0),
    ("MATCH(1,(A:A=0)*(B:B=0),0)", 6.0),
    ('MATCH(1,(A:A="")*(B:B=30),0)', CellError.NA),
    ('LOOKUP(2,1/(A:A<>""),A:A)', 5.0),
    ('LOOKUP(2,1/(B:B<>""),A:A)', 0.0),  # A4 is blank
    ("LOOKUP(2,1/(B:B<20),C:C)", 0.0),  # the last row of the sheet
    ('LOOKUP(2,1/(A:A="x"),B:B)', 30.0),
    ('LOOKUP(2,1/(A:A="y"),B:B)', CellError.NA),
]

SLOW: list[tuple[str, Value]] = [
    ("SUMPRODUCT((MOD(ROW(A:A),2)=0)*(B:B=0))", ROWS / 2 - 2),
    ("SUMPRODUCT((ROW(A:A)>1)*(B:B>0))", 2.0),
    ('SMALL(IF(A:A<>"",ROW(A:A)),3)', 3.0),
    ("AVERAGE(IF(B:B<>0,B:B))", 20 / 3),
    ("MATCH(1,(B:B=0)*(ROW(B:B)>9),0)", 10.0),
]
"""No two blank rows stand for all of these; only evaluation in blocks is quick."""


@pytest.mark.parametrize(("formula", "expected"), SLOW)
def test_all_million_cells_at_once(formula: str, expected: float) -> None:
    book = book_of({"Sheet": CELLS}, arrays={"Sheet!E6": f"={formula}"})
    start = time.perf_counter()
    dependence = Dependence(book)
    ((kinds, data),) = recalculate(dependence, dependence.all_blocks(), {}).blocks.values()
    assert time.perf_counter() - start < 60
    assert decode(int(kinds[0, 0]), float(data[0, 0]), book.strings) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(("formula", "expected"), VALUES)
def test_as_an_array_formula(formula: str, expected: Value) -> None:
    book = book_of({"Sheet": CELLS, "other": {"A9": 1.0}}, arrays={"Sheet!E6": f"={formula}"})
    start = time.perf_counter()
    found = Reference(book).value("Sheet", 5, 4)
    dependence = Dependence(book)
    ((kinds, data),) = recalculate(dependence, dependence.all_blocks(), {}).blocks.values()
    assert time.perf_counter() - start < 5
    block = decode(int(kinds[0, 0]), float(data[0, 0]), book.strings)
    for one in (found, block):
        if isinstance(expected, float):
            assert isinstance(one, float)
            assert math.isclose(one, expected, rel_tol=1e-14), one
        else:
            assert one is expected, one


def test_slopes_through_whole_columns() -> None:
    book = book_of({"Sheet": {**CELLS, "A3": 7.0, "H1": "=SUMPRODUCT((A:A+0.5)^2*(C:C=0)*(B:B>-9))"}})
    model = compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A1:A5", "Sheet")])
    value, slope = model.function.value_and_gradient(torch.from_numpy(model.x0[None]))
    # rows 3, 4 and 5 count of those that hold something (B4 is TRUE, which is above every number), and all blank rows
    assert math.isclose(value.item(), 7.5**2 + 0.25 + 5.5**2 + (ROWS - 5) * 0.25, rel_tol=1e-14)
    assert slope.tolist() == [[0.0, 0.0, 15.0, 1.0, 11.0]]
