"""Writes workbooks for what compiling and a step cost: different formulas, one in many cells, nets of layers.

The sheet `model` holds the changing cells (see `changing`), the cell ANSWER the objective. Every formula is written
out, as Excel does in tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import xlsxwriter
from numpy.random import Generator
from xlsxwriter.utility import xl_range
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

SHEET, ANSWER = "model", "answer!A1"
WRAPPERS = (
    "SIN({})", "COS({})", "TANH({})", "ATAN({})", "EXP(0-({})^2)", "({}+$D$1)", "({}*$D$2)", "({}-A{row})",
    "LN(1+({})^2)", "({}/(1+A{row}^2))",
)  # fmt: skip
"""Around a formula, each makes another one; four in a row make 10,000 that differ in more than a number."""
NESTED = 4
MOST_DISTINCT = len(WRAPPERS) ** NESTED
INPUTS = 10
"""Columns of a net's data."""


def run(path: str, kind: str, size: list[int]) -> dict[str, object]:
    """A workbook of this kind; `size` is what its maker below takes, counts that follow each other."""
    with xlsxwriter.Workbook(path, {"constant_memory": kind != "net"}) as book:
        answer = KINDS[kind](book, book.add_worksheet(SHEET), np.random.default_rng(0), *size)
        book.add_worksheet("answer").write_array_formula("A1:A1", answer)
    return {}


def changing(kind: str, size: list[int]) -> list[str]:
    """The changing cells of such a workbook."""
    if kind == "net":
        return [f"weights!{area}" for area in _weights(*size[1:])]
    return ["D1:D2"]


def _distinct(book: Workbook, sheet: Worksheet, random: Generator, count: int) -> str:
    """`count` formulas, no two of them alike, in a column."""
    for row in range(count):
        sheet.write(row, 0, random.uniform(0.1, 1))
        sheet.write_formula(row, 2, f"={different(row, row + 1)}")
        _parameters(sheet, row)
    _parameters(sheet, *range(count, 2))
    return f"=SUM({SHEET}!C1:C{count})"


def different(number: int, row: int) -> str:
    """The formula of that number, below MOST_DISTINCT, for a cell in this row (from one)."""
    text = f"A{row}*$D$1"
    for _ in range(NESTED):
        number, digit = divmod(number, len(WRAPPERS))
        text = WRAPPERS[digit].format(text, row=row)
    return text


def _filled(book: Workbook, sheet: Worksheet, random: Generator, count: int) -> str:
    """One formula filled down over `count` cells."""
    for row, value in enumerate(random.uniform(size=count).tolist()):
        sheet.write_number(row, 0, value)
        sheet.write_formula(row, 1, f"=TANH(A{row + 1}*$D$1+$D$2)")
        _parameters(sheet, row)
    _parameters(sheet, *range(count, 2))
    return f"=AVERAGE({SHEET}!B1:B{count})"


def _net(book: Workbook, sheet: Worksheet, random: Generator, rows: int, units: int, layers: int) -> str:
    """A net of as many hidden layers of as many units: each an array formula over all rows, TANH of an MMULT."""
    for row, values in enumerate(random.normal(size=(rows, INPUTS + 1)).tolist()):
        sheet.write_row(row, 0, values)
    weights = book.add_worksheet("weights")
    left, before = INPUTS + 1, xl_range(0, 0, rows - 1, INPUTS - 1)
    for at, (area, wide) in enumerate(_weights(units, layers).items()):
        high = INPUTS if at == 0 else units
        for row, values in enumerate(random.normal(size=(high, wide)).tolist()):
            weights.write_row(at * max(INPUTS, units) + row, 0, [value / high**0.5 for value in values])
        product = f"MMULT({before},weights!{area})"
        here = xl_range(0, left, rows - 1, left + wide - 1)
        sheet.write_array_formula(here, f"={product}" if at == layers else f"=TANH({product})")
        left, before = left + wide, here
    wanted = xl_range(0, INPUTS, rows - 1, INPUTS)
    return f"=SUMXMY2({SHEET}!{before},{SHEET}!{wanted})/{rows}"


def _weights(units: int, layers: int) -> dict[str, int]:
    """The areas of each layer's weights and how many columns they have: the hidden layers, then the answer's."""
    apart = max(INPUTS, units)
    sizes = [(INPUTS if at == 0 else units, 1 if at == layers else units) for at in range(layers + 1)]
    return {xl_range(at * apart, 0, at * apart + high - 1, wide - 1): wide for at, (high, wide) in enumerate(sizes)}


def _parameters(sheet: Worksheet, *rows: int) -> None:
    for row in rows:
        if row < 2:
            sheet.write_number(row, 3, (0.7, 0.3)[row])


KINDS: Mapping[str, Callable[..., str]] = {"distinct": _distinct, "filled": _filled, "net": _net}
