# ruff: noqa: E501 - a row of a table is a line, whatever its length
"""Ranges that grow or shrink from cell to cell: one block, equal to the reference in value and cell by cell in slope."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from tests.program.test_recurrences import DATA
from tests.sheets import book_of, columns_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.program.compiling import compile_model
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value
from cellgrad.workbook import decode

MIXED: dict[str, Value] = {**DATA, "A2": "x", "A5": None, "A7": True, "B4": "7", "B9": None, "C3": CellError.NA}

FORMULAS = [
    "=SUM(A$1:A1)", "=SUM(A1:A$10)", "=SUM(A1:$A$5)", "=SUM($A$3:B4)", "=SUM(A$1:A1,C1,5)", "=SUM(A$1:A1)/COUNT(A$1:A1)+SUM($A1:B$3)",
    "=AVERAGE($A$2:B1)", "=COUNT(A$1:B1)", "=COUNTA(A$3:B1)", "=SUMSQ(A$1:A1)", "=MAX(A$1:A1)", "=MIN(A1:A$10)", "=MIN(A1:A$5)",
    "=MAX(B1:$A$5)", "=MAX($A$4:A1,1)", "=PRODUCT(A$1:A1)", "=SUMPRODUCT(A$1:A1,B$1:B1)", "=SUMPRODUCT(A$1:B1,B$1:C1)",
    "=ROWS(A$1:A1)*COLUMNS($A1:B1)", "=AND(A$1:A1)", "=OR(A$4:A1)", "=STDEV(A$1:A2)", "=VAR(A$1:B2)", "=DEVSQ(A1:A$10)", "=MEDIAN(A$1:A1)",
    '=SUMIF(A$1:A1,">0",B$1:B1)', '=COUNTIF(A$1:A1,">0")', "=COUNTIF(A$1:A1,A1)",
]  # fmt: skip


VARYING = [
    "=COUNTIF(A1:A$10,A1)", "=COUNTIF(A$1:A1,$B1)", '=COUNTIF(A$1:A1,">"&B1)', "=COUNTIFS(A$1:A1,A1,$B$1:$B1,B1)",
    "=COUNTIFS(A$1:A1,A1,B$1:B1,\">0\")", "=SUMIF(A$1:A1,A1,B$1:B1)", "=SUMIF(A1:A$10,A1,C1:C$10)", "=SUMIF(A$1:A1,\"<=\"&A1)",
    "=SUMIFS(C$1:C1,A$1:A1,A1)", "=SUMIFS(B1:B$10,A1:A$10,A1,C1:C$10,\">\"&A1)", "=COUNTIF(A$4:A1,A1)", "=COUNTIF(A$1:B1,A1)",
    "=SUMIF(A$1:A1,A1,B1:B$10)", "=COUNTIF(A1:A$10,C1)",
]  # fmt: skip
"""Criteria that vary over ranges that grow."""


@pytest.mark.parametrize("filled", ["D1:D10", "D1:F10", "D4:D7"])
@pytest.mark.parametrize("formula", FORMULAS + VARYING)
def test_growing_ranges_equal_the_reference(formula: str, filled: str) -> None:
    for data in (DATA, MIXED):
        book = book_of({"Sheet": {**data, filled: formula}})
        dependence = Dependence(book)
        result = recalculate(dependence, dependence.all_blocks(), {})
        assert len(result.blocks) <= 3, "whole columns at least"
        reference = Reference(book)
        for block, (kinds, values) in result.blocks.items():
            for at, (row, column) in zip(np.ndindex(kinds.shape), block.region.cells(), strict=True):
                ours = decode(int(kinds[at]), float(values[at]), book.strings)
                theirs = reference.value("Sheet", row, column)
                assert ours == (pytest.approx(theirs, rel=1e-13, abs=1e-13) if type(theirs) is float else theirs)


SMOOTH = [f for f in FORMULAS if not f.startswith(("=COUNT", "=ROWS", "=AND", "=OR"))]


@pytest.mark.parametrize("formula", SMOOTH)
def test_slopes_through_growing_ranges(formula: str) -> None:
    cells = {**DATA, "A4": DATA["A1"], "D1:E10": formula, "H1": "=SUMSQ(D2:E10)"}  # two equal numbers: a tie
    book = book_of({"Sheet": cells})
    areas = [parse_region("A1:B10", "Sheet")]
    model, apart = (
        compile_model(Dependence(book, apart), parse_region("H1", "Sheet"), areas) for apart in (False, True)
    )
    points = torch.from_numpy(model.x0 + np.random.default_rng(2).normal(0, 0.1, (3, len(model.x0))))
    points[0] = torch.from_numpy(model.x0)
    for ours, theirs in zip(
        model.function.value_and_gradient(points), apart.function.value_and_gradient(points), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)
    if "PRODUCT(A$1:A1)" not in formula:  # its second derivative is refused in words
        directions = torch.ones_like(points[1:])
        ours, theirs = (one.function.hessian_product(points[1:], directions) for one in (model, apart))
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


def test_running_totals_and_extremes_of_twenty_thousand_rows() -> None:
    """Against numpy's own running functions; a window a cell would be 400 million numbers."""
    n = 20_000
    data = np.random.default_rng(4).normal(0, 1, n)
    book = columns_of(
        {f"A1:A{n}": data, f"B1:B{n}": "=SUM(A$1:A1)", f"C1:C{n}": "=MAX(A$1:A1)", f"D1:D{n}": f"=MIN(A1:A${n})"}
    )
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    found = {block.region.left: values[:, 0] for block, (_, values) in result.blocks.items()}
    np.testing.assert_allclose(found[1], np.cumsum(data), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(found[2], np.maximum.accumulate(data))
    np.testing.assert_array_equal(found[3], np.minimum.accumulate(data[::-1])[::-1])


def test_running_counts_of_what_recurs_take_linear_time() -> None:
    rows = 20_000
    data: dict[str, Value] = {f"A{row}": float(row % 700) for row in range(1, rows + 1)}
    book = book_of({"Sheet": {**data, f"B1:B{rows}": "=COUNTIF(A$1:A1,A1)"}})
    began = time.perf_counter()
    ((_, counts),) = recalculate(Dependence(book), Dependence(book).all_blocks(), {}).blocks.values()
    assert time.perf_counter() - began < 10
    assert counts[:, 0].tolist() == [(row - 1) // 700 + 1 if row % 700 else row // 700 for row in range(1, rows + 1)]
