"""What Check model says: of a model that stands, of one that does not, and of functions of ours that failed."""

from __future__ import annotations

from pathlib import Path

from tests.sheets import book_of

from cellgrad.hosts.settings import DEVICES
from cellgrad.hosts.settings import METHODS as KEPT_METHODS
from cellgrad.optimize.choice import METHODS
from cellgrad.reports.check import check_model
from cellgrad.session import Book, choose_device
from cellgrad.values import CellError, Value
from cellgrad.workbook import DefinedName


def checked(cells: dict[str, Value], cached: dict[str, Value] | None = None, **model: str) -> str:
    names = [DefinedName(f"solver_{name}", text, "Sheet1", True) for name, text in model.items()]
    book = book_of({"Sheet1": cells}, names=names, cached=cached)
    return "\n".join(check_model(Book(Path("model.xlsx"), book), "Sheet1"))


LINE: dict[str, Value] = {"A1": 1.0, "A2": 2.0, "B1:B3": 3.0, "C1:C3": "=$A$1*B1+$A$2"}
MODEL = {"opt": "Sheet1!$D$1", "adj": "Sheet1!$A$1:$A$2", "typ": "2", "neg": "2"}


def test_a_model_that_stands() -> None:
    said = checked({**LINE, "D1": "=SUMXMY2(C1:C3,{1;2;3})"}, **MODEL)
    assert "Sheet1!D1 is 29, and the goal is the least" in said  # 16 + 9 + 4
    assert "2 changing cells: Sheet1!A1:A2" in said
    assert "agrees with differences" in said
    assert "levenberg-marquardt" in said


def test_a_model_that_does_not() -> None:
    assert "the sheet Sheet1 has no saved model" in checked(LINE)
    said = checked({**LINE, "D1": "=SUM(C1:C3)/(A1-1)"}, **MODEL)
    assert "Sheet1!D1" in said
    assert "#DIV/0!" in said


def test_cells_that_no_descent_moves() -> None:
    said = checked({**LINE, "D1": "=IF(A2>0,0,A2)+A1^2"}, **MODEL)
    assert "No slope at these values" in said
    assert "Sheet1!A2" in said


def test_a_function_that_failed_is_explained() -> None:
    cells = {**LINE, "D1": "=SUMSQ(C1:C3)", "E1": "=CG_LINEAR(A1:A2,B1:B3)", "E2": "=CG_SIGMOID(F1)", "F1": "=1/0"}
    said = checked(
        {**cells, "E3": "=CG_RELU(A1)", "E4": "=CG_GRADIENT(B1:B2,A1)"},
        {f"Sheet1!E{row}": CellError.VALUE for row in (1, 2, 3, 4)},
        **MODEL,
    )
    assert "Sheet1!E1: #VALUE! begins here. CG_LINEAR: The matrix product" in said
    assert "Sheet1!E2: #DIV/0! comes from Sheet1!F1" in said
    assert "Sheet1!E3: shows an error, and its value is a number: CG_RELU could not be called" in said
    assert "Sheet1!E4: CG_GRADIENT is compiled" in said


def test_the_settings_offer_what_there_is() -> None:
    assert set(KEPT_METHODS) <= set(METHODS)
    assert str(choose_device(DEVICES[1])) == "cpu"
