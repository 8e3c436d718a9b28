"""A formula whose last operation is a sum or difference shows very small numbers as 0; nothing else does.

Expected: Microsoft, "Floating-point arithmetic may give inaccurate results in Excel"; for cells A1 to A3, Excel's own
results as told in "MS Excel Calculation Bug or Pentium Processor Bug" (a forum's thread); the rest is IEEE arithmetic.
"""

from __future__ import annotations

import pytest
import torch
from tests.language.agreement import assert_blocks_agree
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.program.compiling import compile_model
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.workbook import DefinedName, Workbook

CELLS = {"A1": 818562.54, "A2": -40026.44, "A3": 778536.1, "B1": 0.5, "B2": 0.4, "B3": 0.1, "C1": '="(" & "-"'}

VALUES: list[tuple[str, float]] = [
    # the page's own examples, and Excel's rule that brackets around the whole or another operation at the end undo it
    ("0.5-0.4-0.1", 0.0), ("(0.5-0.4-0.1)", 0.5 - 0.4 - 0.1), ("1*(0.5-0.4-0.1)", 0.5 - 0.4 - 0.1),
    ("1.333+1.225-1.333-1.225", 0.0), ("(1.333+1.225-1.333-1.225)", 1.333 + 1.225 - 1.333 - 1.225),
    ("A1-A3+A2", 818562.54 - 778536.1 - 40026.44), ("A1+A2-A3", 0.0), ("33.665-33.95+0.285", 33.665 - 33.95 + 0.285),
    # through cells, with unary signs, brackets inside, and texts and names that only look like brackets
    ("B1-B2-B3", 0.0), ("+B1-B2-B3", 0.0), ("-B3+B1-B2", -0.1 + 0.5 - 0.4), ("(B1-B2)-B3", 0.0), ("(B1-B2)-(B3)", 0.0),
    ("((B1-B2)-B3)", 0.5 - 0.4 - 0.1), (" B1 - B2 - B3 ", 0.0), ("-(B1-B2-B3)", -(0.5 - 0.4 - 0.1)),
    ("(B1-B2-B3)%", (0.5 - 0.4 - 0.1) / 100), ("(B1-B2-B3)*1", 0.5 - 0.4 - 0.1), ("SUM(B1-B2-B3)", 0.5 - 0.4 - 0.1),
    ("IF(TRUE,B1-B2-B3)", 0.5 - 0.4 - 0.1), ("(B1-B2-B3)+0", 0.5 - 0.4 - 0.1), ("(LEN(\"(\")-1)+B1-B2-B3", 0.0),
    ("LEN(\"(\")-1+(B1-B2)-B3", 0.0), ("-B3-(B2-B1)", 0.0), ("B1-B2+-B3", 0.0), ("nothing", 0.5 - 0.4 - 0.1),
    ("SUM(B1,-B2,-B3)-0", 0.5 - 0.4 - 0.1), ("1-0.9-0.1", 0.0), ("1E-20-1E-21", 1e-20 - 1e-21), ("1+1E-15-1", 0.0),
    # whole numbers are exact, and so are left alone
    ("4503599627370497-4503599627370496", 1.0), ("B1-B1", 0.0), ("\"0.5\"-0.4-B3", 0.0),
]  # fmt: skip


def book_with(formulas: dict[str, str], arrays: dict[str, str] | None = None) -> Workbook:
    names = [DefinedName("nothing", "Sheet1!$B$1-Sheet1!$B$2-Sheet1!$B$3")]
    return book_of({"Sheet1": {**CELLS, **formulas}}, arrays=arrays, names=names)


@pytest.mark.parametrize(("formula", "expected"), VALUES)
def test_values(formula: str, expected: float) -> None:
    book = book_with({"D1": "=" + formula})
    value = Reference(book).value("Sheet1", 0, 3)
    assert value == expected and isinstance(value, float)
    dependence = Dependence(book)
    cells = recalculate(dependence, dependence.all_blocks(), {}).cells(dependence)
    assert cells["Sheet1"][0, 3] == expected


def test_an_array_formula_is_left_as_it_comes() -> None:
    assert Reference(book_with({}, {"D1": "=B1-B2-B3"})).value("Sheet1", 0, 3) == 0.5 - 0.4 - 0.1


def test_filled_down_and_across() -> None:
    cells = {
        f"{column}{row}": value for row in range(1, 9) for column, value in zip("ABC", (0.5, 0.4, 0.1), strict=True)
    }
    cells |= {"C3": 0.2, "A5": "text", "B6": True}
    cells |= {f"E{row}": f"=A{row}-B{row}-C{row}" for row in range(1, 9)}
    cells |= {f"F{row}": f"=(A{row}-B{row}-C{row})" for row in range(1, 9)}
    book = book_of({"Sheet1": cells})
    assert_blocks_agree(book)
    dependence = Dependence(book)
    found = recalculate(dependence, dependence.all_blocks(), {}).cells(dependence)["Sheet1"]
    assert [found[row, 4] == 0 for row in range(8)] == [True, True, False, True, False, False, True, True]
    assert all(found[row, 5] != 0 for row in range(8))


def test_what_is_handed_on_down_a_column_is_zero() -> None:
    """A balance from which a tenth is taken ten times ends in 0, and the rows below start from that 0."""
    cells = {"A1": 1.0, **{f"A{row}": f"=A{row - 1}-0.1" for row in range(2, 15)}}
    book = book_of({"Sheet1": cells})
    reference = Reference(book)
    exact = 1.0
    for _ in range(9):
        exact -= 0.1
    assert exact != 0.1 and reference.value("Sheet1", 9, 0) == exact
    assert reference.value("Sheet1", 10, 0) == 0.0 and reference.value("Sheet1", 11, 0) == -0.1
    dependence = Dependence(book)
    found = recalculate(dependence, dependence.all_blocks(), {}).cells(dependence)["Sheet1"]
    assert [found[row, 0] for row in range(1, 14)] == [reference.value("Sheet1", row, 0) for row in range(1, 14)]


def test_a_program_of_changing_cells_stays_smooth() -> None:
    book = book_with({"D1": "=B1-B2-B3"})
    model = compile_model(Dependence(book), parse_region("D1", "Sheet1"), [parse_region("B1:B3", "Sheet1")])
    values, slopes = model.function.value_and_gradient(torch.tensor([[0.5, 0.4, 0.1]], dtype=torch.float64))
    assert values.item() == pytest.approx(0.0, abs=1e-15)
    assert slopes.tolist() == [[1.0, -1.0, -1.0]]
