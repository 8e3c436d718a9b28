"""Criteria over live cells: several at once, and those that join a sign and a live number; against the reference."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import UnsupportedError
from cellgrad.functions import criteria_masks
from cellgrad.program.compiling import Compiled, compile_model
from cellgrad.reference import Reference
from cellgrad.values import Value
from cellgrad.workbook import Workbook

ROWS = 8
DATA: dict[str, Value] = {
    **{f"B{row}": float(row % 3) for row in range(1, ROWS + 1)}, "B9": "text", "B10": "2", "B11": True,
    **{f"C{row}": 0.5 * row for row in range(1, ROWS + 1)}, "E1": "<=", "E2": ">1", "E3": 2.0, "E4": "<>0",
    "F1": 0.0, "F3": 1.0,
}  # fmt: skip
"""A1:A8 are live; F2 is blank."""

WHOLE_NUMBERS = [
    # an array of criteria
    "SUMPRODUCT((COUNTIF(A1:A8,A1:A8)>1)+(COUNTIF(C1:C8,A1:A8)=0))", "SUM(1/COUNTIF(A1:A8,A1:A8))",
    "SUMPRODUCT(COUNTIF(A1:B4,A1:B4)*C1:D4)", "SUMPRODUCT(COUNTIFS(A1:A8,A1:A8,B1:B8,B1:B8)*C1:C8)",
    "SUM(COUNTIF(A1:A8,{1,2;3,1})*{1,10;100,1000})", 'SUM(COUNTIF(A1:A8,{">1","<1","<>3",2})*{1,10,100,1000})',
    "SUM(COUNTIF(A1:A8,E2:E4)*{1;10;100})", "SUM(COUNTIF(B1:B11,A1:A8)*C1:C8)", "SUM(COUNTIF(A1:A8,F1:F3)*{1;10;100})",
    "SUM(SUMIF(A1:A8,A1:A8,C1:C8)*C1:C8)", "SUM(SUMIF(A1:A8,A1:A8))", "SUM(SUMIF(B1:B8,A1:A8,A1:A8)*C1:C8)",
    "SUM(SUMIFS(A1:A8,B1:B8,B1:B8,A1:A8,A1:A8)*C1:C8)", "SUM(IFERROR(AVERAGEIF(A1:A8,{0;1;2},C1:C8),7)*C1:C3)",
    "SUM(MAXIFS(C1:C8,A1:A8,A1:A8)-MINIFS(C1:C8,A1:A8,A1:A8))", "SUM(COUNTIFS(A1:A8,{1;2},B1:B8,{0,1,2})*{1,10,99})",
    # one criterion a cell of a block
    "SUM(H1:H8)", "SUM(I1:I8)", "SUM(J1:J8)",
    # growing ranges
    "SUMPRODUCT(K1:K8,C1:C8)", "SUMPRODUCT(L1:L8,C1:C8)",
    # a joined sign, whole columns
    'COUNTIF(A:A,">"&A1)', 'COUNTIF(A1:A8,"<>"&A2)+10*COUNTIF(A1:B10,"="&A2)+100*COUNTIF(B1:B11,A3)',
    'COUNTIF(B1:B11,""&A3)', 'SUM(COUNTIF(A1:A8,">="&A1:A8)*C1:C8)', 'SUMIF(B:B,"<>"&A1,A:A)',
]  # fmt: skip

FILLED: dict[str, Value] = {
    "H1:H8": "=COUNTIF(A$1:A$8,A1)*C1", "I1:I8": '=SUMIFS(A$1:A$8,A$1:A$8,">"&A1,B$1:B$8,B1)',
    "J1:J8": '=COUNTIFS(A1:A3,"<"&A1,B$1:B$3,"<>"&A2)', "K1:K8": "=COUNTIF(A$1:A1,A1)",
    "L1:L8": '=SUMIF(A$1:A1,"<"&A$3,C$1:C1)',
}  # fmt: skip

NUMBERS = [
    'COUNTIF(C1:C8,"<"&A1)', 'SUMIFS(A1:A8,C1:C8,">="&A1,C1:C8,"<"&A2)', "SUMIF(C1:C8,$E$1&A1,A1:A8)^2",
    'SUMIF(A1:A8,">"&A1-A2)*A3', 'AVERAGEIF(A1:A8,"<="&A4+9,C1:C8)+AVERAGEIFS(A1:A8,A1:A8,"<"&A4+0.5)',
    'SUM(SUMIF(A1:A8,"<="&A1:A8+0.25)*C1:C8)', 'MAXIFS(A1:A8,A1:A8,"<"&A5)+MINIFS(A1:A8,A1:A8,">"&A5)',
    'SUMPRODUCT(SUMIF(C1:C8,"<"&C1:C8,A1:A8)*A1:A8)',
]  # fmt: skip

LOST_DIGITS = [
    # a number joined to a sign loses what is beyond 15 digits: a third is not at most 0.333333333333333
    'COUNTIF(A1:A8,"<="&A1)', 'COUNTIF(A1:A8,">"&A1)', 'SUM(COUNTIF(A1:A8,"<"&A1:A8))',
]  # fmt: skip


def compiled(formula: str) -> tuple[Compiled, Workbook]:
    cells: dict[str, Value] = {f"A{row}": 1.0 for row in range(1, ROWS + 1)} | DATA | FILLED
    book = book_of({"Sheet": cells}, arrays={"Sheet!Z1": f"={formula}"})
    return compile_model(Dependence(book), parse_region("Z1", "Sheet"), [parse_region("A1:A8", "Sheet")]), book


def by_reference(book: Workbook, x: np.ndarray) -> float:
    value = Reference(book, {("Sheet", row, 0): number for row, number in enumerate(x.tolist())}).value("Sheet", 0, 25)
    assert type(value) is float
    return value


@pytest.mark.parametrize("formula", WHOLE_NUMBERS)
def test_among_whole_numbers(formula: str) -> None:
    """Ties abound: where cells are equal and where they are not, every point is the reference's."""
    model, book = compiled(formula)
    points = np.random.default_rng(1).integers(-1, 4, (6, ROWS)).astype(float)
    values, _ = model.function.value_and_gradient(torch.from_numpy(points))
    expected = [by_reference(book, x) for x in points]
    assert values.tolist() == pytest.approx(expected, rel=1e-13)
    assert len(set(expected)) > 1


@pytest.mark.parametrize("formula", LOST_DIGITS)
def test_a_number_beside_itself(formula: str) -> None:
    model, book = compiled(formula)
    points = np.random.default_rng(2).integers(1, 12, (20, ROWS)) / 3
    values, slopes = model.function.value_and_gradient(torch.from_numpy(points))
    assert values.tolist() == [by_reference(book, x) for x in points]
    assert not slopes.any()


@pytest.mark.parametrize("formula", NUMBERS)
def test_values_and_slopes_among_numbers(formula: str) -> None:
    """Slopes are those of what is summed; comparisons are flat: against differences of the reference."""
    model, book = compiled(formula)
    points = np.random.default_rng(2).integers(1, 12, (5, ROWS)) / 3 + np.arange(ROWS) / 37
    values, _ = model.function.value_and_gradient(torch.from_numpy(points))
    assert values.tolist() == pytest.approx([by_reference(book, x) for x in points], rel=1e-13)
    points += 0.01  # away from what is tested
    _, slopes = model.function.value_and_gradient(torch.from_numpy(points))
    step = 1e-6
    for x, slope in zip(points, slopes.numpy(), strict=True):
        for cell in range(ROWS):
            move = step * np.eye(ROWS)[cell]
            difference = (by_reference(book, x + move) - by_reference(book, x - move)) / (2 * step)
            assert slope[cell] == pytest.approx(difference, rel=1e-6, abs=1e-6)


def test_a_criterion_that_is_an_error_makes_the_count_one() -> None:
    """How many cells hold the same error is not known here, and no number is made up."""
    model, _ = compiled("SUM(COUNTIF(A1:A8,SQRT(A1:A8)))")
    values, _ = model.function.value_and_gradient(torch.tensor([[4.0, 2, 2, 3, 3, 3, 3, 3], [-1.0] + [2.0] * 7]))
    assert values[0].item() == 2 and not values[1].isfinite()


REFUSED = [
    ('COUNTIF(A1:A8,A1&"x")', "no derivative"), ('COUNTIF(A:A,"<>"&A1)', "without end"),
    ('COUNTIF(A1:A8,IF(A1>0,"x","y"))', "live text"), ('COUNTIF(A1:A8,">"&TEXT(A1,"0"))', "no derivative"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "cause"), REFUSED)
def test_refused(formula: str, cause: str) -> None:
    with pytest.raises(UnsupportedError, match=cause):
        compiled(formula)


def test_more_comparisons_than_memory_should_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(criteria_masks, "_MOST_COMPARED", ROWS * ROWS - 1)
    compiled("SUM(COUNTIF(A1:A8,A1:A7))")
    with pytest.raises(UnsupportedError, match="fit into memory"):
        compiled("SUM(COUNTIF(A1:A8,A1:A8))")
