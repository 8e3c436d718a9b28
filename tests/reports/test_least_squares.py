"""The least-squares report on a straight line, against the closed formulas of simple regression."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from tests.sheets import book_of

from cellgrad.reports.contents import Run, run_of
from cellgrad.reports.every import write_reports
from cellgrad.reports.least_squares import LeastSquaresReport, why_not
from cellgrad.session import Book

X = np.arange(1.0, 11.0)
Y = np.array([2.1, 3.9, 6.2, 7.8, 10.1, 12.2, 13.8, 16.1, 18.0, 19.7])
DATA = {f"A{i}": x for i, x in enumerate(X.tolist(), 1)} | {f"B{i}": y for i, y in enumerate(Y.tolist(), 1)}
START = {"E1": 1.0, "E2": 0.0, "D1": "slope", "D2": "intercept"}

# By hand: b = Sxy / Sxx, s^2 = SS / (m - 2), and their errors (Draper and Smith 1998, Applied Regression, section 1.4)
SXX = float(((X - X.mean()) ** 2).sum())
SLOPE = float(((X - X.mean()) * (Y - Y.mean())).sum()) / SXX
INTERCEPT = float(Y.mean() - SLOPE * X.mean())
LEFT = float(((Y - INTERCEPT - SLOPE * X) ** 2).sum())
DEVIATION = (LEFT / 8) ** 0.5
ERRORS = [DEVIATION / SXX**0.5, DEVIATION * (1 / 10 + X.mean() ** 2 / SXX) ** 0.5]
CORRELATION = -float(X.mean()) / float((X**2).mean()) ** 0.5
R_SQUARED = 1 - LEFT / float(((Y - Y.mean()) ** 2).sum())
T_975_8 = 2.306004135  # any table of Student's t

FORMULAS = {
    "SUMXMY2": {"C1:C10": "=$E$1*A1+$E$2", "H1": "=SUMXMY2(B1:B10,C1:C10)"},
    "a mean of squares": {"C1:C10": "=B1-$E$1*A1-$E$2", "H1": "=SUMSQ(C1:C10)/COUNT(C1:C10)"},
    "a root of it": {"C1:C10": "=($E$1*A1+$E$2-B1)^2", "H1": "=SQRT(AVERAGE(C1:C10))"},
}


def fitted(formulas: dict[str, str]) -> tuple[Book, Run]:
    book = Book(Path("line.xlsx"), book_of({"S": DATA | START | formulas}))
    model = book.model("S", "H1", "E1:E2")
    model.optimize()
    return book, run_of(model)


@pytest.mark.parametrize("formulas", FORMULAS.values(), ids=FORMULAS)
def test_a_straight_line(formulas: dict[str, str]) -> None:
    book, run = fitted(formulas)
    report = LeastSquaresReport.of(run, book.workbook)
    frame = report.frame()
    assert frame["name"].tolist() == ["slope", "intercept"]
    np.testing.assert_allclose(frame["estimate"], [SLOPE, INTERCEPT], rtol=1e-8)
    np.testing.assert_allclose(frame["standard error"], ERRORS, rtol=1e-7)
    np.testing.assert_allclose(frame["t"], frame["estimate"] / ERRORS, rtol=1e-7)
    np.testing.assert_allclose(frame["upper 95 %"] - frame["estimate"], T_975_8 * np.array(ERRORS), rtol=1e-7)
    np.testing.assert_allclose(frame["estimate"] - frame["lower 95 %"], T_975_8 * np.array(ERRORS), rtol=1e-7)
    np.testing.assert_allclose(report.fit.correlations, [[1, CORRELATION], [CORRELATION, 1]], rtol=1e-8)
    told = report.answer()
    assert (told["observations"], told["degrees_of_freedom"]) == (10, 8)
    assert told["residual_standard_deviation"] == pytest.approx(DEVIATION, rel=1e-8)
    assert told["sum_of_squares"] == pytest.approx(LEFT, rel=1e-8)
    assert told["r_squared"] == pytest.approx(R_SQUARED, rel=1e-8)
    json.dumps(told, allow_nan=False)


def test_the_sheet_has_the_numbers_the_charts_and_the_colours(tmp_path: Path) -> None:
    book, run = fitted(FORMULAS["SUMXMY2"])
    write_reports(tmp_path / "r.xlsx", ["least-squares"], [run], book.workbook, "line.xlsx")
    page = openpyxl.load_workbook(tmp_path / "r.xlsx")["least squares"]
    rows = {row[0].value: [cell.value for cell in row] for row in page.iter_rows(max_col=8) if row[0].value}
    assert rows["S!E1"][1:4] == ["slope", pytest.approx(SLOPE), pytest.approx(ERRORS[0])]
    assert rows["degrees of freedom"][1] == "8"
    assert str(rows["R squared"][1]).startswith(f"{R_SQUARED:.6f}")
    assert len(page._charts) == 2
    (corner,) = [cell for row in page.iter_rows(max_col=1) for cell in row if cell.value == "E1"]
    one = page.cell(corner.row, corner.column + 3)
    assert one.value == pytest.approx(CORRELATION)
    assert one.fill.start_color.rgb == "FF4393C3", "a correlation below -0.8, in blue"
    residuals = [row[1].value for row in page.iter_rows(5, 14, 61, 62)]
    np.testing.assert_allclose(np.sort(np.abs(residuals)), np.sort(np.abs(Y - INTERCEPT - SLOPE * X)), rtol=1e-5)


NOT_FITS = [
    ({"H1": "=E1^3+E2^2+SUM(A1:B10)"}, "min", "no sum of squares"),
    (FORMULAS["SUMXMY2"], "value=3", "no sum of squares"),
    ({"H1": "=E1^2+E2^2"}, "min", "with more residuals"),
]


@pytest.mark.parametrize(("formulas", "goal", "words"), NOT_FITS, ids=["not squares", "a value", "no freedom"])
def test_what_is_no_fit_has_none(formulas: dict[str, str], goal: str, words: str) -> None:
    model = Book(Path("b.xlsx"), book_of({"S": DATA | START | formulas})).model("S", "H1", "E1:E2", goal)
    model.optimize(steps=5)
    assert words in why_not(run_of(model))


def test_a_parameter_that_the_data_leave_open_is_named() -> None:
    formulas = {"C1:C10": "=$E$1*A1+$E$2*A1", "H1": "=SUMXMY2(B1:B10,C1:C10)"}
    book, run = fitted(formulas)
    told = LeastSquaresReport.of(run, book.workbook).answer()
    assert told["undetermined"] == ["S!E1", "S!E2"]
    assert [one["standard_error"] for one in told["parameters"]] == [None, None]
