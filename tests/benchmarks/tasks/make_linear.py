"""Writes the linear fit of the Titanic at any number of rows: ten inputs, a prediction and its squared error a row."""

from __future__ import annotations

import xlsxwriter
from tests.benchmarks import titanic_net

OBJECTIVE, CHANGING = "L1", "A1:J1"


def run(path: str, csv: str, rows: int) -> dict[str, object]:
    """Parameters in the first row, the mean squared error beside them, one passenger a row below."""
    x, y = titanic_net.data(csv, rows)
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("linear")
        sheet.write_row(0, 0, [0.0] * 10)
        sheet.write_formula(0, 11, f"=AVERAGE(M2:M{rows + 1})")
        for row, (inputs, survived) in enumerate(zip(x.tolist(), y.tolist(), strict=True), start=1):
            sheet.write_row(row, 0, inputs)
            sheet.write_number(row, 10, survived)
            sheet.write_formula(row, 11, f"=SUMPRODUCT(A{row + 1}:J{row + 1},$A$1:$J$1)")
            sheet.write_formula(row, 12, f"=(K{row + 1}-L{row + 1})^2")
    return {}
