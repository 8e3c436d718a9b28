# ruff: noqa: E501 - a row of a table is a line, whatever its length
"""References that formulas compute, compiled: values equal the per-cell reference, slopes central differences of it."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from tests.sheets import book_of
from tests.slopes import require_slopes

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import CellgradError, UnsupportedError
from cellgrad.program.compiling import Compiled, compile_model, constant_live
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value
from cellgrad.workbook import DefinedName, Workbook, decode

COLUMN: dict[str, Value] = {
    **{f"A{r}": v for r, v in enumerate([0.5, -1.5, 2.0, 0.25, 3.0, -0.75, 1.0, 0.1, -2.0, 4.0], 1)},
    **{f"B{r}": v for r, v in enumerate([1.0, 2.0, 3.0, 2.0, 0.0, 1.0, 3.0, 2.0, 1.0, 0.0], 1)},
    "C1": 2.0, "C2": "A", "C3": 3.0,
}  # fmt: skip

# name, formulas, whether the whole of it compiles as blocks (nothing is left to the per-cell reference)
SHAPES = [
    ("written numbers", {"E2:E9": "=OFFSET(A2,-1,0)+OFFSET(A2,1,0)"}),
    ("off the sheet in the first row only", {"E1:E9": "=IFERROR(OFFSET(A1,-1,0),7)"}),
    ("a window of written size", {"E2:E8": "=SUM(OFFSET(A2,-1,0,3,1))", "F1:F9": "=SUM(OFFSET($A$1,0,0,4,2))"}),
    ("a window that counts back", {"E3:E9": "=SUM(OFFSET(A3,0,0,-3,1))*2"}),
    ("a recurrence in disguise", {"E1": "=A1", "E2:E10": "=OFFSET(E2,-1,0)*0.5+A2"}),
    ("a position from a cell", {"E1:E7": "=OFFSET(A1,$C$1,0)", "F1:F7": "=OFFSET($A$1,$C$1,1)"}),
    ("a position for each row", {"E1:E10": "=OFFSET($A$1,B1,0)", "F1:F10": "=OFFSET($A$1,ROW()-1,0)"}),
    ("positions of windows", {"E1:E10": "=SUM(OFFSET($A$1,B1,0,3,1))", "F1:F10": "=AVERAGE(OFFSET($A$1,B1,0,2,2))"}),
    ("sizes for each row", {"E1:E10": "=SUM(OFFSET($A$1,0,0,ROW(),1))", "F1:F10": "=MAX(OFFSET($A$1,0,0,B1+1,1))"}),
    ("sizes where blanks would count", {"E1:E10": "=ROWS(OFFSET($A$1,0,0,B1+1,1))", "F1:F10": "=COUNTBLANK(OFFSET($A$1,0,0,B1+1,1))"}),
    ("text in A1 notation", {"E1:E9": '=INDIRECT("A"&ROW())', "F1:F9": "=INDIRECT($C$2&B1+1)*2"}),
    ("text in R1C1 notation", {"E1:E9": '=INDIRECT("R[1]C1",FALSE)', "F2:F9": '=SUM(INDIRECT("R1C1:RC1",FALSE))'}),
    ("text of another sheet", {"E1:E9": "=INDIRECT(\"'my other'!B\"&ROW())", "F1": '=SUM(INDIRECT("other!A1:B2"))'}),
    ("a text that is no reference", {"E1:E3": '=IFERROR(INDIRECT("nowhere!A"&ROW()),-1)', "F1": '=ISERROR(INDIRECT("A0"))'}),
    ("one end computed", {"E2:E9": "=SUM(A$1:OFFSET(A2,0,0))", "F1:F9": "=SUM(A1:INDEX(A$1:A$10,B1+1))"}),
    ("a total over what stands above it", {"E1:E5": "=A1*2", "E6": "=SUM(E1:OFFSET(E6,-1,0))"}),
    ("a total over what stands above it, by text", {"E1:E5": "=A1*2", "E6": '=SUM(E1:OFFSET(INDIRECT("E"&ROW()),-1,0))'}),
    ("a name that grows", {"E1": "=SUM(growing)", "E2:E5": "=A2/SUM(growing)", "F1": "=ROWS(growing)+COUNT(growing)"}),
    ("a chain of positions", {"E1": 1.0, "E2:E6": "=OFFSET($B$1,E1,0)", "F1": "=SUM(OFFSET(A1,E6,0,2,1))"}),
    ("a base that is computed", {"E1:E4": '=OFFSET(INDIRECT("A"&ROW()),1,0)', "F1": "=SUM(OFFSET(INDEX(A1:B10,2,1),0,0,3,2))"}),
    ("arguments left empty", {"E1": "=SUM(OFFSET(A1:A3,1,,,2))", "E2": "=SUM(OFFSET(A1:B3,,1))"}),
    ("an intersection", {"E1": "=SUM(A1:B5 OFFSET(A1,2,0,2,9))"}),
    ("where one value is wanted", {"E2:E4": "=OFFSET($A$1,0,0,9,1)*2", "F3": "=OFFSET($A$1,$C$1,0,5,1)+1"}),
    ("lookups in a computed table", {"E1:E4": "=VLOOKUP(B1,OFFSET($B$1,0,0,5,1),1,FALSE)", "F1": "=MATCH(3,OFFSET(B1,0,0,10,1),0)"}),
    ("an array of positions", {"E1": "=SUMPRODUCT(SUBTOTAL(9,OFFSET(A1,ROW(A1:A4)-1,0)))", "E2": "=SUMPRODUCT(N(OFFSET(A1,{0;2;4},0)))"}),
]  # fmt: skip

NAMES = [DefinedName("growing", "OFFSET(Sheet!$A$1,0,0,COUNT(Sheet!$B:$B),1)")]


def sheet_of(formulas: dict[str, Value]) -> Workbook:
    others: dict[str, dict[str, Value]] = {
        "my other": {f"B{r}": r * 1.5 for r in range(1, 10)}, "other": {"A1": 1.0, "A2": 2.0, "B1": 3.0, "B2": "x"},
    }  # fmt: skip
    return book_of({"Sheet": {**COLUMN, **formulas}, **others}, names=NAMES)


def same(ours: Value, theirs: Value) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-13, abs_tol=1e-13)
    return type(ours) is type(theirs) and ours == theirs


def recalculated(book: Workbook) -> dict[tuple[int, int], Value]:
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    assert not result.failures
    found = {}
    for block, (kinds, data) in result.blocks.items():
        r = block.region
        for row, column in r.cells():
            at = row - r.top, column - r.left
            found[row, column] = decode(int(kinds[at]), float(data[at]), book.strings)
    return found


@pytest.mark.parametrize(("name", "formulas"), SHAPES, ids=[row[0] for row in SHAPES])
def test_blocks_equal_the_reference(name: str, formulas: dict[str, Value]) -> None:
    book = sheet_of(formulas)
    reference = Reference(book)
    for (row, column), ours in recalculated(book).items():
        theirs = reference.value("Sheet", row, column)
        assert same(ours, theirs), f"row {row + 1}, column {column + 1}: block {ours!r}, reference {theirs!r}"


# name, formulas that lead to the objective H1, changing cells
MODELS = [
    ("written numbers", {"E2:E9": "=(OFFSET(A2,-1,0)-OFFSET(A2,1,0)*B2)^2", "H1": "=SUM(E2:E9)"}, "A1:A10"),
    ("a position for each row", {"E1:E10": "=OFFSET($A$1,B1,0)^2+OFFSET($A$1,ROW()-1,0)", "H1": "=SUMSQ(E1:E10)"}, "A1:A10"),
    ("windows", {"E1:E7": "=SUM(OFFSET($A$1,B1,0,3,1))*SUM(OFFSET(A1,0,0,2,1))", "H1": "=SUMSQ(E1:E7)"}, "A1:A10"),
    ("sizes for each row", {"E1:E9": "=AVERAGE(OFFSET($A$1,0,0,ROW(),1))^2", "H1": "=SUM(E1:E9)"}, "A1:A10"),
    ("shapes taken apart", {"E1:E4": "=SUMPRODUCT(OFFSET($A$1,0,0,B1+1,1),OFFSET($A$2,0,0,B1+1,1))", "H1": "=SUM(E1:E4)"}, "A1:A10"),
    ("a recurrence in disguise", {"E1": "=A1", "E2:E10": "=OFFSET(E2,-1,0)*0.5+A2^2", "H1": "=SUM(E1:E10)"}, "A1:A10"),
    ("text", {"E1:E9": '=INDIRECT("A"&ROW())*INDIRECT("R[1]C1",FALSE)', "H1": "=SUM(E1:E9)"}, "A1:A10"),
    ("one end computed", {"E2:E9": "=SUM(A$1:OFFSET(A2,0,0))^2", "H1": "=SUM(E2:E9)"}, "A1:A10"),
    ("a name that grows", {"E1": "=SUM(growing)", "H1": "=SUMSQ(growing)/E1"}, "A1:A10"),
    ("as many as there are numbers among the changing cells", {"H1": "=SUMSQ(OFFSET(A1,0,0,COUNT(A1:A10),1))"}, "A1:A10"),
    ("a position that moves", {"E1:E3": "=OFFSET($A$1,INT(C1),0)^2", "H1": "=SUM(E1:E3)+C1*C3"}, "A1:A10,C1,C3"),
    ("windows that move", {"E1": "=SUM(OFFSET($A$1,INT(C1),0,3,1))^2", "H1": "=E1*C1"}, "A1:A10,C1"),
    ("a position beside what depends on it", {"D1": "=OFFSET($A$1,INT(C1),0)*3", "D2": 5.0, "D3": "=OFFSET($D$2,INT(C1)-2,0)*C1", "H1": "=D1+D3"}, "A3,C1"),
    ("a block taken from a column that moves", {"H1": "=SUM(OFFSET(A1,0,INT(C1)-2,4,1))^2"}, "A1:A4,C1"),
]  # fmt: skip


def compiled(book: Workbook, changing: str) -> Compiled:
    areas = [parse_region(text, "Sheet") for text in changing.split(",")]
    return compile_model(Dependence(book), parse_region("H1", "Sheet"), areas)


@pytest.mark.parametrize(("name", "formulas", "changing"), MODELS, ids=[row[0] for row in MODELS])
def test_slopes_equal_differences_of_the_reference(name: str, formulas: dict[str, Value], changing: str) -> None:
    """Positions of 2.4 and 3.4: INT is flat around them, so that differences see the step's zero slope."""
    book = sheet_of({**formulas, "C1": 2.4, "C3": 3.4, "C2": 1.0})
    model = compiled(book, changing)
    require_slopes(book, model, step=1e-6, tolerance=1e-7)


@pytest.mark.parametrize(
    ("formulas", "changing", "cause"),
    [
        ({"H1": '=INDIRECT("A"&INT(C1))*2'}, "C1", "INDIRECT of a text that depends on the changing cells"),
        ({"H1": "=SUM(OFFSET(A1,0,0,INT(C1),1))"}, "C1", "OFFSET to a size that depends on the changing cells"),
        ({"H1": "=SUM(A1:OFFSET(A1,INT(C1),0))"}, "C1", "Sheet!H1"),
    ],
)
def test_what_has_no_program_is_refused_in_words(formulas: dict[str, Value], changing: str, cause: str) -> None:
    with pytest.raises(UnsupportedError, match=cause):
        compiled(sheet_of(formulas), changing)


@pytest.mark.parametrize(
    ("formulas", "position", "expected"),
    [
        # after the position has changed the value is that of the cells landed on now, in each case by arithmetic
        ({"H1": "=OFFSET(A1,C1,0)*2"}, 4.0, 6.0),
        ({"H1": '=INDIRECT("A"&C1)'}, 9.0, -2.0),
        ({"H1": "=SUM(OFFSET(A1,0,0,C1,1))"}, 3.0, 1.0),
        ({"E4": "=A4*8", "H1": "=OFFSET(D1,C1,1)"}, 3.0, 2.0),  # a formula that nothing read before
        ({"E4": "=H1", "H1": "=OFFSET(D1,C1,1)"}, 1.0, 0.0),
        ({"H1": "=OFFSET(A1,C1,0)"}, -1.0, CellError.REF),
    ],
)
def test_the_position_is_that_of_the_new_values(formulas: dict[str, Value], position: float, expected: Value) -> None:
    book = sheet_of(formulas)
    dependence = Dependence(book)
    areas = [parse_region("C1", "Sheet")]
    result = recalculate(dependence, dependence.dependents(areas), constant_live(areas, np.array([position])))
    assert result.cells(dependence)["Sheet"][0, 7] == expected


def test_dependents_through_a_computed_reference_are_exact() -> None:
    dependence = Dependence(sheet_of({"E1": "=OFFSET(A1,2,0)", "E2": '=INDIRECT("A"&C1)', "F1": "=E1+E2", "G1": "=A1"}))

    def dependents(address: str) -> set[str]:
        return {block.region.a1 for block in dependence.dependents([parse_region(address, "Sheet")])}

    assert dependents("A3") == {"E1", "F1"}
    assert dependents("A2") == {"E2", "F1"}
    assert dependents("C1") == {"E2", "F1"}
    assert dependents("A1") == {"G1"}
    assert dependents("A9") == set()


def test_a_position_that_leads_back_to_itself_is_a_circle() -> None:
    book = sheet_of({"E1": "=OFFSET(A1,0,C1+2)", "E2": "=A1"})
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    failed = {block.region.a1: error for block, error in result.failures.items()}
    assert list(failed) == ["E1"]
    assert isinstance(failed["E1"], CellgradError)
    assert "depends on itself" in failed["E1"].cause


def test_ten_thousand_positions_take_seconds() -> None:
    rows = 10_000
    cells: dict[str, Value] = {
        f"A1:A{rows}": "=ROW()", f"B1:B{rows}": "=OFFSET($A$1,MOD(ROW()*7,5000),0)",
        f"C2:C{rows}": "=OFFSET(C2,-1,0)+SUM(OFFSET($A$1,0,0,3,1))", "C1": 1.0, f"D1:D{rows}": '=INDIRECT("A"&ROW())',
    }  # fmt: skip
    book = book_of({"Sheet": cells})
    start = time.perf_counter()
    found = recalculated(book)
    assert time.perf_counter() - start < 40
    assert found[rows - 1, 1] == (rows * 7) % 5000 + 1
    assert found[rows - 1, 2] == 1 + 6 * (rows - 1)
    assert found[rows - 1, 3] == rows


def test_whole_columns_of_computed_references_are_read_as_far_as_they_are_used() -> None:
    sheets: dict[str, dict[str, Value]] = {
        f"Week {k}": {f"B{r}": float(k * r) for r in range(1, 9)} for k in range(1, 31)
    }
    cells: dict[str, Value] = {f"A{k}": f"Week {k}" for k in range(1, 31)}
    cells["C1:C30"] = '=VLOOKUP(ROW()*3,INDIRECT("\'"&A1&"\'!B:B"),1,FALSE)+SUMIF(INDIRECT("\'"&A1&"\'!B:B"),">0")'
    book = book_of({"Sum": cells, **sheets})
    began = time.perf_counter()
    found = recalculate(Dependence(book), Dependence(book).all_blocks(), {})
    assert time.perf_counter() - began < 5
    values = [value for _, data in found.blocks.values() for value in data[:, 0].tolist()]
    assert values == [k * 3.0 + k * 36 for k in range(1, 31)]
