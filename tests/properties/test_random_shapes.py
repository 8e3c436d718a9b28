"""Random workbooks of every shape that people fill: blocks equal the reference in value, and cells in gradient.

A sheet holds data in A1:F12 and, beside it, a few areas, each filled with one random formula of one shape: columns,
rows, rectangles, windows, convolutions, growing ranges, recurrences in any direction, dynamic programmes, products of
blocks on a diagonal, lookups, transposed reads. Areas read the data and themselves, and now and then an earlier area.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from tests.sheets import book_of

from cellgrad.address import cell_name, column_letters, parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import CellgradError, UnsupportedError
from cellgrad.program.compiling import compile_model
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value
from cellgrad.workbook import Workbook, decode

ROWS, COLUMNS = 12, 6
TOP = 3
"""Areas start in this row (from zero), so that what lies above them is on the sheet."""


class Sketch:
    """A sheet in the making: where the next area starts, and formulas of leaves that an area may read."""

    def __init__(self, seed: int, typed: bool) -> None:
        self.random = random.Random(seed)
        self.cells: dict[str, Value] = {}
        self.left = COLUMNS + 2
        self.typed = typed
        self.earlier: list[int] = []
        self.made: list[int] = []
        numbers: list[Value] = [0.5, 1.0, -1.0, 2.0, 0.25, -0.75, 1.5]
        odd: list[Value] = [None, "x", True, "3", 0.0, CellError.NA] if typed else [0.0]
        for row in range(ROWS + TOP + 2):
            for column in range(COLUMNS):
                some = odd if self.random.random() < 0.1 else numbers
                self.cells[cell_name(row, column)] = self.random.choice(some)

    def number(self) -> str:
        return self.random.choice(["0.5", "1", "-0.25", "$B$2", "$C$1", "0.1"])

    def leaf(self) -> str:
        """A cell of the data in the area's first row, or of an area before."""
        row, pick = TOP + self.random.choice([-1, 0, 0, 1]), self.random
        if self.earlier and pick.random() < 0.2:
            return f"${column_letters(pick.choice(self.earlier))}{row + 1}"
        column = f"${column_letters(pick.randrange(COLUMNS))}"
        return pick.choice([f"{column}{row + 1}", f"{column}{row + 1}", self.number()])

    def expression(self, leaves: list[Callable[[], str]], depth: int) -> str:
        """A random expression over some leaves."""
        pick = self.random
        if depth == 0:
            return pick.choice(leaves)()

        def part() -> str:
            return self.expression(leaves, depth - 1)

        kind = pick.random()
        if kind < 0.45:
            return f"({part()}{pick.choice('+-*')}{part()})"
        if kind < 0.6:
            return f"{pick.choice(['SIN', 'TANH', 'ATAN', 'ABS'])}({part()})"
        if kind < 0.75:
            return f"{pick.choice(['MIN', 'MAX', 'SUM', 'AVERAGE'])}({part()},{part()})"
        if kind < 0.85:
            return f"IF({part()}>{part()},{part()},{part()})"
        if kind < 0.92:
            return f"IFERROR({part()}/{part()},{part()})"
        return part()

    def fill(self, height: int, width: int, formula: str) -> None:
        area = f"{cell_name(TOP, self.left)}:{cell_name(TOP + height - 1, self.left + width - 1)}"
        self.cells[area] = "=" + formula
        self.made.append(self.left)

    def around(self, height: int, width: int) -> None:
        """Numbers in the cells around an area, from which recurrences start."""
        for row in range(TOP - 2, TOP + height + 2):
            for column in range(self.left - 2, self.left + width + 2):
                inside = TOP <= row < TOP + height and self.left <= column < self.left + width
                if not inside and self.random.random() < (0.8 if self.typed else 1):
                    self.cells[cell_name(row, column)] = self.random.choice([1.0, 0.5, -1.0, 0.25])


def column(s: Sketch) -> None:
    s.fill(ROWS, 1, s.expression([s.leaf], 2))


def rectangle(s: Sketch) -> None:
    s.fill(ROWS, 3, s.expression([s.leaf, lambda: f"A{TOP + 1}", lambda: "B$1"], 2))
    s.left += 2


def row_of_columns(s: Sketch) -> None:
    s.fill(1, 4, f"{s.random.choice(['SUM', 'AVERAGE', 'MAX', 'SUMSQ'])}(A$1:A$9)+{s.expression([s.leaf], 1)}")
    s.left += 3


def sliding_window(s: Sketch) -> None:
    s.fill(8, 1, f"{s.random.choice(['SUM', 'AVERAGE', 'MAX', 'MIN', 'SUMSQ'])}($A{TOP + 1}:$B{TOP + 3})*{s.leaf()}")


def convolution(s: Sketch) -> None:
    s.fill(6, 3, f"SUMPRODUCT(A{TOP}:C{TOP + 2},$D$1:$F$3)+{s.leaf()}")
    s.left += 2


def growing(s: Sketch) -> None:
    name = s.random.choice(["SUM", "AVERAGE", "MAX", "MIN", "COUNT", "SUMSQ", "PRODUCT", "STDEV"])
    ends = s.random.choice(["$A$1:$A{}", "$A{}:$A$14", "$B$6:$A{}", "$C$3:$A{}"])
    s.fill(10, 1, f"{name}({ends.format(TOP + 1)})+{s.leaf()}")


def block_diagonal(s: Sketch) -> None:
    s.fill(
        4,
        1,
        f"SUMPRODUCT($A{TOP + 1}:$C{TOP + 1},$D{TOP + 1}:$F{TOP + 1})*SUMPRODUCT($A$1:$C$1,$A{TOP + 2}:$C{TOP + 2})",
    )


def lookup(s: Sketch) -> None:
    s.fill(
        6,
        1,
        f"INDEX($A$1:$F$12,{s.random.randint(1, 12)},{s.random.randint(1, 6)})*{s.leaf()}+INDEX($A$1:$A$12,ROW()-2)",
    )


def transposed(s: Sketch) -> None:
    """What the row holds goes down the column: read by INDEX, as TRANSPOSE would."""
    s.fill(6, 1, f"INDEX($A$2:$F$2,1,ROW()-{TOP})*{s.leaf()}")


def recurrence(s: Sketch) -> None:
    """One to three columns that read the rows before, or the rows below."""
    width, sign = s.random.choice([1, 1, 2, 3]), s.random.choice([-1, -1, 1])
    s.around(10, width)
    lefts = [s.left + i for i in range(width)]
    for number, left in enumerate(lefts):

        def own(number: int = number) -> str:
            near = s.random.randrange(number) if number and s.random.random() < 0.3 else None
            if near is not None:
                return cell_name(TOP, lefts[near])  # the same row of a column before
            return cell_name(TOP + sign * s.random.choice([1, 1, 2]), s.random.choice(lefts))

        s.left = left
        s.fill(10, 1, f"{own()}*0.5+{s.expression([s.leaf, own], s.random.choice([1, 2]))}")
    s.left += 1


def along_rows(s: Sketch) -> None:
    s.left += 1
    s.around(2, 6)
    s.fill(2, 6, f"{cell_name(TOP, s.left - 1)}*0.5+{s.expression([s.leaf], 1)}")
    s.left += 6


def dynamic_programme(s: Sketch) -> None:
    s.left += 1
    down, right = s.random.choice([(-1, -1), (-1, 1), (1, -1), (1, 1)])
    s.around(6, 5)
    near = [cell_name(TOP + a, s.left + b) for a, b in ((down, 0), (0, right), (down, right))]
    rest = s.expression([s.leaf, lambda: near[2]], 1)
    s.fill(6, 5, f"{s.random.choice(['MIN', 'MAX', 'SUM'])}({near[0]},{near[1]})*0.5+{rest}")
    s.left += 6


SHAPES = [
    column, rectangle, row_of_columns, sliding_window, convolution, growing, block_diagonal, lookup, transposed,
    recurrence, along_rows, dynamic_programme,
]  # fmt: skip


def _workbook(shape: Callable[[Sketch], None], seed: int, typed: bool) -> tuple[Workbook, int]:
    """A sheet with the shape and two others at random, and the first column past them."""
    sketch = Sketch(seed, typed)
    for one in [*sketch.random.sample(SHAPES, 2), shape]:
        one(sketch)
        sketch.earlier += sketch.made
        sketch.made.clear()
        sketch.left += 3
    last = f"{cell_name(TOP - 1, COLUMNS + 2)}:{cell_name(TOP + ROWS, sketch.left)}"
    sketch.cells["A40"] = f"=SUMSQ({last})"
    return book_of({"Sheet": sketch.cells}), sketch.left


def _agree(ours: Value, theirs: Value) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-11, abs_tol=1e-11)
    return type(ours) is type(theirs) and ours == theirs


SEEDS = [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 100))]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_shape_equals_the_reference(shape: Callable[[Sketch], None], seed: int) -> None:
    book, _ = _workbook(shape, seed, typed=True)
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    assert not result.failures
    reference = Reference(book)
    for block, (kinds, data) in result.blocks.items():
        for at, (row, column) in zip(np.ndindex(kinds.shape), block.region.cells(), strict=True):
            ours = decode(int(kinds[at]), float(data[at]), book.strings)
            theirs = reference.value("Sheet", row, column)
            assert _agree(ours, theirs), f"{dependence.text_at(block, row, column)} in {cell_name(row, column)}"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_shape_has_the_gradient_of_its_cells(shape: Callable[[Sketch], None], seed: int) -> None:
    """By all the data, against the program of single cells, at the sheet's values and beside them; curvature too."""
    book, _ = _workbook(shape, seed, typed=False)
    objective, areas = parse_region("A40", "Sheet"), [parse_region("A1:F12", "Sheet")]
    try:
        model = compile_model(Dependence(book), objective, areas)
    except UnsupportedError as error:
        pytest.fail(f"refused: {error}")
    except CellgradError:
        with pytest.raises(CellgradError):  # always an error: so it is cell by cell
            compile_model(Dependence(book, apart=True), objective, areas)
        return
    apart = compile_model(Dependence(book, apart=True), objective, areas)
    rng = np.random.default_rng(seed)
    points = torch.from_numpy(np.stack([model.x0, model.x0 + rng.normal(0, 0.2, len(model.x0))]))
    ours, theirs = (one.function.value_and_gradient(points) for one in (model, apart))
    fine = torch.isfinite(theirs[0])
    assert torch.equal(fine, torch.isfinite(ours[0]))
    torch.testing.assert_close(ours[0][fine], theirs[0][fine], rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(ours[1][fine], theirs[1][fine], rtol=1e-8, atol=1e-8)
    if shape is not growing and fine[1]:
        point, direction = points[1:], torch.from_numpy(rng.normal(0, 1, (1, len(model.x0))))
        try:
            curved, by_cells = (one.function.hessian_product(point, direction) for one in (model, apart))
        except UnsupportedError:  # a product over a range, refused in words
            return
        torch.testing.assert_close(curved, by_cells, rtol=1e-6, atol=1e-6)
