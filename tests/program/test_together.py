"""Cells of one shape that stand anywhere, evaluated together: against the reference, and against cells one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import CircularReferenceError, FormulaError
from cellgrad.program.compiling import compile_model, constant_live
from cellgrad.program.recalculate import recalculate
from cellgrad.program.together import FEW
from cellgrad.reference import Reference
from cellgrad.values import Value
from cellgrad.workbook import Workbook, decode

COUNT = 3 * FEW
"""Formulas in each workbook, in C; numbers in A (changing) and B, all sorts of values in E."""
ROWS = 60
KINDS: tuple[Value, ...] = (1.5, "text", None, True, -2.0, "3", False, 0.0, 0.25, None)

# name, formula of the cell in row r ({a}, {b}: rows drawn at random, {c} a few rows below {a}, {n} a number drawn)
SHAPES = [
    ("one formula in every other row", "A{r}*B{r}^2"),
    ("numbers of their own", "A{r}*{n}+B{r}"),
    ("cells from anywhere", "A{a}*B{b}"),
    ("the same cell twice", "A{a}/(1+A{a}^2)"),
    ("ranges of one size", "SUM(A{a}:A{a3})*{n}"),
    ("ranges of several sizes", "AVERAGE(A{a}:A{c})"),
    ("sums of products", "SUMPRODUCT(A{a}:A{a3},B{b}:B{b3})"),
    ("all read one range", "A{a}-AVERAGE($A$1:$A$60)+MAX($B$1:$B$60)"),
    ("branches", "IF(A{a}>B{b},A{a}^2,-B{b}*A{r})"),
    ("branches on data, errors among those not taken", "IF(B{b}>0,LN(B{b})*A{a},{n})"),
    ("elementary functions", "EXP(-ABS(A{a}))+SQRT(B{b}^2+1)-TANH(A{a}*{n})"),
    ("numbers in the place of digits", "ROUND(B{b}+A{a},2)+A{r}"),
    ("digits that differ", "ROUND(B{b}+A{a},{d})+A{r}"),
    ("percent and signs", "-A{a}%+B{b}*{n}%"),
    ("powers", "(A{a}^2+1)^{n}"),
    ("comparisons as numbers", "(B{a}>B{b})*A{r}+(B{a}=B{a})*1"),
    ("any kind of cell, by itself", "N(E{a})+A{r}"),
    ("any kind of cell, in a range", "SUM(E{a}:E{a3})+COUNT(E{a}:E{c})+A{r}"),
    ("any kind of cell, with errors", "IFERROR(E{a}+1,-1)+A{r}"),
    ("left out arguments", "IF(B{a}>0,A{a},)+A{r}"),
    ("extremes of scattered cells", "MAX(A{a},B{b},{n})+MIN(A{a}:A{a3})"),
    ("statistics", "STDEV(A{a}:A{a3})+MEDIAN(B{b}:B{b3})*A{r}"),
    ("where the cell stands", "ROW()*A{r}+COLUMN(B1)"),
    ("references that are computed", "OFFSET(A{a},1,0)+INDEX($A$1:$A$60,{d})"),
    ("texts compared", 'IF(E{a}="text",1,2)*A{r}'),
    ("matrix products", "SUM(MMULT(A{a}:B{a3},{{1;2}}))"),
    ("sums ended by what cancels", "B{b}-B{b}+A{r}*0.1"),
]  # fmt: skip


def _book(shape: str, objective: str, seed: int = 3) -> Workbook:
    draw = np.random.default_rng(seed)
    numbers = draw.normal(size=(ROWS, 2)).round(3)
    cells: dict[str, Value] = {
        **{f"A{i + 1}": float(x) for i, (x, _) in enumerate(numbers)},
        **{f"B{i + 1}": float(x) for i, (_, x) in enumerate(numbers)},
        **{f"E{i + 1}": KINDS[i % len(KINDS)] for i in range(ROWS)},
    }
    for i in range(COUNT):
        a, b = (int(x) for x in draw.integers(1, ROWS - 8, 2))
        n, c = round(float(draw.normal()), 3), a + int(draw.integers(1, 7))
        row = 2 * i + 1
        text = shape.format(r=i + 1, a=a, b=b, a3=a + 3, b3=b + 3, c=c, n=n, d=int(draw.integers(1, 4)))
        cells[f"C{row}"] = f"={text}"
        cells[f"C{row + 1}"] = 0.5
    return book_of({"Sheet": {**cells, "H1": objective}})


def _assert_as_reference(book: Workbook, places: dict[tuple[str, int, int], float] | None = None) -> None:
    dependence, reference = Dependence(book), Reference(book, places or {})
    result = recalculate(dependence, dependence.all_blocks(), {})
    assert not result.failures
    for block, (kinds, data) in result.blocks.items():
        r = block.region
        for row, column in r.cells():
            at = row - r.top, column - r.left
            ours, theirs = decode(int(kinds[at]), float(data[at]), book.strings), reference.value(r.sheet, row, column)
            same = ours == pytest.approx(theirs, rel=1e-12, abs=1e-13) if isinstance(theirs, float) else ours == theirs
            assert same, f"{r}: {ours!r}, reference {theirs!r}"


def _assert_as_one_by_one(book: Workbook, changing: str) -> int:
    """Value and gradient by both ways at several points; how many operations fewer there are."""
    areas = [parse_region(changing, "Sheet")]
    objective = parse_region("H1", "Sheet")
    model = compile_model(Dependence(book), objective, areas)
    apart = compile_model(Dependence(book, apart=True), objective, areas)
    draw = np.random.default_rng(5)
    points = torch.from_numpy(np.stack([model.x0, *(model.x0 + draw.normal(0, 0.1, (3, len(model.x0))))]))
    values, slopes = model.function.value_and_gradient(points)
    wanted, slopes_wanted = apart.function.value_and_gradient(points)
    torch.testing.assert_close(values, wanted, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(slopes, slopes_wanted, rtol=1e-11, atol=1e-12)
    for x, value in zip(points.tolist(), values.tolist(), strict=True):
        there = Reference(book, dict(zip(model.cells, x, strict=True))).value("Sheet", 0, 7)
        assert value == pytest.approx(there, rel=1e-11)
    assert model.function.residual_count == apart.function.residual_count
    return apart.function.listing().count("\n") - model.function.listing().count("\n")


@pytest.mark.parametrize(("name", "shape"), SHAPES, ids=[row[0] for row in SHAPES])
def test_values_equal_the_reference(name: str, shape: str) -> None:
    _assert_as_reference(_book(shape, "=SUM(C1:C200)+SUMSQ(C7:C95)"))


@pytest.mark.parametrize(("name", "shape"), SHAPES, ids=[row[0] for row in SHAPES])
def test_values_and_gradients_equal_those_of_cells_one_by_one(name: str, shape: str) -> None:
    _assert_as_one_by_one(_book(shape, "=SUMSQ(C1:C200)"), "A1:A60")


def test_many_formulas_are_few_operations() -> None:
    """48 formulas of one shape are one operation each step: far fewer than one by one, where it is four and more."""
    assert _assert_as_one_by_one(_book("A{a}*{n}+B{b}^2", "=SUMSQ(C1:C200)"), "A1:A60") > 4 * COUNT


def _levels(width: int, levels: int) -> dict[str, Value]:
    """Formulas in C that read two, drawn at random, of the level before theirs."""
    draw = np.random.default_rng(7)
    cells: dict[str, Value] = {f"A{i + 1}": float(x) for i, x in enumerate(draw.normal(size=ROWS).round(3))}
    for i in range(width * levels):
        level, a = i // width, int(draw.integers(1, ROWS + 1))
        first, second = (int(x) for x in draw.integers((level - 1) * width + 1, level * width + 1, 2))
        cells[f"C{i + 1}"] = f"=0.5*C{first}+SIN(C{second})*A{a}" if level else f"=A{a}*{a / 7}"
    return cells


def test_formulas_that_read_formulas() -> None:
    book = book_of({"Sheet": {**_levels(2 * FEW, 5), "H1": "=SUMSQ(C1:C200)"}})
    _assert_as_reference(book)
    assert _assert_as_one_by_one(book, "A1:A60") > 300


def test_a_block_and_a_recurrence_among_them() -> None:
    cells = _levels(2 * FEW, 2)
    cells |= {"D1": "=C1", "D2:D40": "=0.9*D1+C2", "F1:F40": "=C1*D1", "H1": "=SUMSQ(C1:F80)"}
    cells |= {f"G{2 * i + 1}": f"=D{i + 1}-F{i + 2}*A{i + 1}" for i in range(30)}
    book = book_of({"Sheet": cells | {"H2": "=H1+SUM(G1:G80)", "H1": "=SUMSQ(C1:F80)+SUM(G1:G80)"}})
    _assert_as_reference(book)
    _assert_as_one_by_one(book, "A1:A60")


def test_what_does_not_depend_on_the_changing_cells_stays_data() -> None:
    """Half of the cells of one shape read data alone, and a position in INDEX has to be settled."""
    cells = {f"C{i + 1}": f"={'A' if i % 2 else 'B'}{i + 1}*1+0" for i in range(2 * FEW)}
    numbers = {**{f"A{i + 1}": 0.5 for i in range(40)}, **{f"B{i + 1}": float(i % 5 + 1) for i in range(40)}}
    book = book_of({"Sheet": {**numbers, **cells, "H1": "=INDEX(A1:A40,C5)+SUMSQ(C1:C40)"}})
    _assert_as_one_by_one(book, "A1:A40")


def test_cells_of_two_sheets_and_of_a_spilled_array() -> None:
    there = {f"A{i + 1}": float(i % 7 - 3) for i in range(40)}
    here = {f"C{2 * i + 1}": f"=Data!A{i + 1}*A{i % 20 + 1}+E{i % 3 + 1}" for i in range(2 * FEW)}
    numbers = {f"A{i + 1}": 0.1 * i for i in range(20)}
    book = book_of(
        {"Sheet": {**numbers, **here, "H1": "=SUMSQ(C1:C90)"}, "Data": there},
        arrays={"Sheet!E1:E3": "=A1:A3*2"},
    )
    _assert_as_reference(book)
    _assert_as_one_by_one(book, "A1:A20")


def test_an_error_is_the_cell_s_own() -> None:
    """One of the cells reads an error: it is one, and none of the others."""
    cells = {f"C{2 * i + 1}": f"=A{i + 1}/B{i + 1}" for i in range(2 * FEW)}
    numbers = {**{f"A{i + 1}": 1.0 for i in range(40)}, **{f"B{i + 1}": float(i - 4) for i in range(40)}}
    _assert_as_reference(book_of({"Sheet": {**numbers, **cells, "H1": "=COUNT(C1:C90)+SUM(C1:C7)"}}))


def test_new_values_reach_them() -> None:
    """Recalculating with fixed numbers in the changing cells, some of which hold formulas or nothing in the file."""
    book = book_of({"Sheet": {**_levels(2 * FEW, 3), "C3": None, "H1": "=SUMSQ(C1:C200)"}})
    areas = [parse_region(text, "Sheet") for text in ("A1:A60", "C3:C4")]
    x = np.random.default_rng(9).normal(size=62)
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.dependents(areas), constant_live(areas, x))
    given = dict(zip([("Sheet", *cell) for area in areas for cell in area.cells()], x.tolist(), strict=True))
    reference = Reference(book, given)
    assert len(result.blocks) > 80 and not result.failures
    for block, (_, data) in result.blocks.items():
        at = block.region.sheet, block.region.top, block.region.left
        if at not in given:
            assert data[0, 0] == pytest.approx(reference.value(*at), rel=1e-12)


def test_a_circle_among_them_is_told() -> None:
    cells = {**_levels(2 * FEW, 3), "C5": "=0.5*C90+SIN(C91)*A3", "H1": "=SUMSQ(C1:C200)"}
    with pytest.raises(CircularReferenceError, match="C5"):
        compile_model(
            Dependence(book_of({"Sheet": cells | {"C90": "=0.5*C5+SIN(C40)*A1"}})),
            parse_region("H1", "Sheet"),
            [parse_region("A1:A60", "Sheet")],
        )


def test_a_formula_that_cannot_be_compiled_is_told_by_its_cell() -> None:
    cells = {f"C{2 * i + 1}": f"=SUM(Table{i}[x])+A{i + 1}" for i in range(2 * FEW)}
    with pytest.raises(FormulaError, match="Table0"):
        compile_model(
            Dependence(book_of({"Sheet": {"A1:A40": 1.0, **cells, "H1": "=SUM(C1:C90)"}})),
            parse_region("H1", "Sheet"),
            [parse_region("A1:A40", "Sheet")],
        )
