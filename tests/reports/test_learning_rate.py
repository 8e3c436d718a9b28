"""The report of the search for a learning rate, read with openpyxl."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import torch

import cellgrad
from cellgrad.errors import ArgumentError
from cellgrad.optimize.first_order import FirstOrderOptions
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.rate_finder import find_rate
from cellgrad.reports.learning_rate import LearningRateReport, write_learning_rates

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsx"


@pytest.fixture(scope="module")
def report() -> LearningRateReport:
    model = cellgrad.open(TITANIC).model("linear")
    curve = find_rate(Problem(model.function), "adam", FirstOrderOptions(), torch.as_tensor(model.x0))
    return LearningRateReport(curve, "linear", "linear!AA1", "adam")


def test_the_sheet_holds_the_curve_and_a_chart_over_powers_of_ten(report: LearningRateReport, tmp_path: Path) -> None:
    path = tmp_path / "rate.xlsx"
    write_learning_rates(path, [report], "titanic.xlsx")
    page = openpyxl.load_workbook(path)["learning rate"]
    assert page["A1"].value == "Learning rate: linear!AA1"
    said = {row[0].value: str(row[1].value) for row in page.iter_rows(max_row=8, max_col=2) if row[0].value}
    assert said["rate suggested"].startswith(f"{report.curve.suggestion:.2g}, for adam")
    top = next(cell.row for cell in page["A"] if cell.value == "rate")
    rows = list(page.iter_rows(top + 1, top + len(report.curve.rates), max_col=3, values_only=True))
    frame = report.frame().reset_index()
    for row, expected in zip(rows, frame.itertuples(index=False), strict=True):
        assert row == pytest.approx(tuple(expected), rel=1e-12)
    (chart,) = page._charts
    assert (chart.x_axis.scaling.logBase, chart.y_axis.scaling.logBase) == (10, None)
    curve, smoothed, suggested = chart.series
    assert curve.yVal.numRef.f == f"'learning rate'!$B${top + 1}:$B${top + len(rows)}"
    assert smoothed.yVal.numRef.f == f"'learning rate'!$C${top + 1}:$C${top + len(rows)}"
    at = int(suggested.xVal.numRef.f.rpartition("$")[2])
    step = report.curve.rates[1] / report.curve.rates[0]
    assert 1 / step < page.cell(at, 1).value / report.curve.suggestion < step


def test_in_json(report: LearningRateReport) -> None:
    told = report.answer()
    assert told["report"] == "learning-rate"
    assert told["suggestion"] == min(told["steepest"], told["tenth_of_lowest"])
    assert len(told["curve"]) == len(report.curve.rates)
    assert told["curve"][0]["rate"] == pytest.approx(report.curve.rates[0])


def test_a_report_is_a_workbook(report: LearningRateReport, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="does not end in"):
        write_learning_rates(tmp_path / "rate.csv", [report], "titanic.xlsx")
