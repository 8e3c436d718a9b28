"""Random formulas over random typed cells, filled over rectangles: blocks equal the reference, whatever the shape.

Every column of formulas may read the data and the columns of formulas before it, so errors, texts and blanks travel.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sheets import book_of

from cellgrad.address import Region, column_letters
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import CellgradError, UnsupportedError
from cellgrad.program.compiling import compile_model
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value
from cellgrad.workbook import Workbook, decode

ROWS, DATA, COLUMNS = 5, 3, 4
NUMBERS = st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0, -2.5, 3.25, 10.0, 1e-3])
TYPED = st.one_of(NUMBERS, st.sampled_from([None, "x", "X", "3", "", True, False, CellError.NA, CellError.DIV0]))

UNARY = ["ABS", "SIGN", "EXP", "LN", "SQRT", "SIN", "COS", "ATAN", "TANH", "INT", "NOT", "ISNUMBER", "ISERROR", "LOG10"]
REDUCERS = ["SUM", "AVERAGE", "COUNT", "COUNTA", "MAX", "MIN", "SUMSQ", "PRODUCT", "AND", "OR"]
OPERATORS = ["+", "-", "*", "/", "^", "=", "<>", "<", "<=", ">", ">="]


@st.composite
def _reference(draw: st.DrawFn, columns: int) -> tuple[str, int]:
    """A cell: (column letters with or without $, row offset from the host's, or a fixed row) as a pattern."""
    column = draw(st.integers(0, columns - 1))
    fixed_column = "$" if draw(st.booleans()) else ""
    row = draw(st.sampled_from(["{r}", "{r}", "{r}", "$1", "$3", "{up}"]))
    return f"{fixed_column}{column_letters(column)}{row}", column


@st.composite
def _expression(draw: st.DrawFn, columns: int, depth: int, smooth: bool = False) -> str:
    kind = draw(
        st.sampled_from(["cell", "number"] if depth == 0 else ["cell", "binary", "unary", "reduce", "branch", "catch"])
    )
    deeper = _expression(columns, depth - 1, smooth)
    if kind == "cell":
        return draw(_reference(columns))[0]
    if kind == "number":
        return repr(draw(NUMBERS))
    if kind == "binary":
        return f"({draw(deeper)}{draw(st.sampled_from(OPERATORS[:4] if smooth else OPERATORS))}{draw(deeper)})"
    if kind == "unary":
        return f"{draw(st.sampled_from(['SIN', 'TANH', 'EXP', 'ATAN'] if smooth else UNARY))}({draw(deeper)})"
    if kind == "branch":
        return f"IF({draw(deeper)}>{draw(deeper)},{draw(deeper)},{draw(deeper)})"
    if kind == "catch":
        return f"IFERROR({draw(deeper)},{draw(deeper)})"
    first = draw(st.integers(0, columns - 1))
    last = draw(st.integers(first, columns - 1))
    rows = draw(st.sampled_from([("{r}", "{r}"), ("$1", "$5"), ("{r}", "{down}"), ("$1", "{r}"), ("{up}", "{r}")]))
    area = f"{column_letters(first)}{rows[0]}:{column_letters(last)}{rows[1]}"
    return f"{draw(st.sampled_from(['SUM', 'AVERAGE', 'SUMSQ', 'MAX'] if smooth else REDUCERS))}({area})"


def _filled(pattern: str) -> dict[str, Value]:
    """The first cell's formula; the others are it filled down, rows counted from 2 so that `up` stays on the sheet."""
    return {"=": "=" + pattern.replace("{r}", "2").replace("{up}", "1").replace("{down}", "3")}


@st.composite
def books(draw: st.DrawFn, typed: bool = True) -> Workbook:
    """Data in the first columns of rows 1 to 7, formulas filled over rows 2 to 6 of the columns after them."""
    values = TYPED if typed else NUMBERS
    cells: dict[str, Value] = {f"{column_letters(c)}{r}": draw(values) for c in range(DATA) for r in range(1, ROWS + 3)}
    for c in range(DATA, DATA + COLUMNS):
        pattern = draw(_expression(c, 2, smooth=not typed))
        letters = column_letters(c)
        cells[f"{letters}2:{letters}{ROWS + 1}"] = _filled(pattern)["="]
    return book_of({"Sheet": cells})


def _same(ours: Value, theirs: Value) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-11, abs_tol=1e-11)
    return type(ours) is type(theirs) and ours == theirs


@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(books())
def test_blocks_equal_the_reference(book: Workbook) -> None:
    _compare(book)


@pytest.mark.slow
@settings(max_examples=3000, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(books())
def test_blocks_equal_the_reference_many_times(book: Workbook) -> None:
    _compare(book)


def _shown(book: Workbook) -> list[list[Value]]:
    return [[book.cached("Sheet", row, column) for column in range(DATA)] for row in range(ROWS + 2)]


def _compare(book: Workbook) -> None:
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    reference = Reference(book)
    assert not result.failures
    for block, (kinds, data) in result.blocks.items():
        r = block.region
        for row, column in r.cells():
            at = row - r.top, column - r.left
            ours = decode(int(kinds[at]), float(data[at]), book.strings)
            theirs = reference.value(r.sheet, row, column)
            assert _same(ours, theirs), (
                f"{dependence.text_at(block, row, column)} at {row},{column}: block {ours!r}, reference {theirs!r} "
                f"of {[f.text for f in book.formulas]}, {_shown(book)}"
            )


@settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(books(typed=False), st.integers(0, 1000))
def test_live_programs_equal_the_reference_and_cell_by_cell_gradients(book: Workbook, seed: int) -> None:
    """Data of the first column are the changing cells; the objective is the sum of the last column."""
    cells = book.sheet("Sheet").cells
    last = DATA + COLUMNS - 1
    objective = Region("Sheet", 2, last, 3, last + 1)
    changing = [Region("Sheet", 0, 0, ROWS + 2, 1)]
    assert len(cells)
    try:
        model = compile_model(Dependence(book), objective, changing)
    except UnsupportedError:
        return  # refused in words: nothing silently wrong
    except CellgradError:
        return  # constant, or always an error: no model
    apart = compile_model(Dependence(book, apart=True), objective, changing)
    x = model.x0 + np.random.default_rng(seed).normal(0, 0.3, len(model.x0))
    value, slope = model.function.value_and_gradient(torch.from_numpy(x)[None])
    theirs = Reference(book, dict(zip(model.cells, x.tolist(), strict=True))).value("Sheet", 2, last)
    if not isinstance(theirs, float):
        assert isinstance(theirs, CellError) and not math.isfinite(value.item())
        return
    assert math.isclose(value.item(), theirs, rel_tol=1e-10, abs_tol=1e-10)
    assert torch.isfinite(slope).all()
    value_by_cells, slope_by_cells = apart.function.value_and_gradient(torch.from_numpy(x)[None])
    assert math.isclose(value_by_cells.item(), value.item(), rel_tol=1e-11, abs_tol=1e-11)
    torch.testing.assert_close(slope_by_cells, slope, rtol=1e-9, atol=1e-9)
