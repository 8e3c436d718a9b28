"""Constraints cell by cell, and the bounds and rows that they become."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

import numpy as np
import pytest

from cellgrad.address import Region
from cellgrad.errors import ModelError
from cellgrad.solver_models import (
    Cell,
    Constraint,
    Folded,
    ModelConditions,
    Relation,
    SolverModel,
    conditions_of,
    faults,
    fold,
    resolve,
)
from cellgrad.values import Kind, Strings
from cellgrad.workbook import Cells, DefinedName, FormulaText, Sheet, Table, Workbook

CHANGING = [Region("S", 0, 0, 3, 2), Region("S", 4, 0, 5, 1)]
"""A1:B3 and A5: seven cells, in reading order A1 B1 A2 B2 A3 B3 A5."""


def sheet(name: str, contents: dict[tuple[int, int], float | str], strings: Strings) -> Sheet:
    """Numbers and texts; a text that begins with = is the sheet's one formula, with the text "" for a value."""
    placed = sorted((column, row, value) for (row, column), value in contents.items())
    rows, columns = ([cell[at] for cell in placed] for at in (1, 0))
    kinds = np.array([Kind.TEXT if isinstance(value, str) else Kind.NUMBER for _, _, value in placed])
    data = np.array([strings.intern(value) if isinstance(value, str) else value for _, _, value in placed])
    formulas = np.array([0 if isinstance(value, str) and value.startswith("=") else -1 for _, _, value in placed])
    return Sheet(name, Cells(np.array(rows), np.array(columns), kinds, data, formulas))


def book() -> Workbook:
    strings = Strings()
    first: dict[tuple[int, int], float | str] = {
        (0, 3): "heading",
        (1, 3): 1.0,
        (2, 3): 2.0,
        (0, 4): 5.0,
        (1, 4): 6.0,
        (2, 4): "=A1",
        (3, 4): 8.0,
    }
    return Workbook(
        sheets={"S": sheet("S", first, strings), "My sheet": sheet("My sheet", {(0, 0): 9.0}, strings)},
        formulas=(FormulaText("A1", 2, 4),),
        strings=strings,
        tables={"T": Table("T", Region("My sheet", 0, 0, 4, 2), ("a", "b"))},
        names=(DefinedName("most", "100"), DefinedName("limits", "S!$E$1:$E$2")),
    )


SYMBOLS = {relation.symbol: relation for relation in Relation}


def resolved(*lines: tuple[str, str, str], **options: bool) -> ModelConditions:
    constraints = [Constraint(left, SYMBOLS[symbol], right) for left, symbol, right in lines]
    return resolve(book(), "S", CHANGING, constraints, **options)


def said(*lines: tuple[str, str, str]) -> list[str]:
    return [str(cell) for cell in resolved(*lines).cells]


def nothing_is_constant(right: Cell | str) -> float | None:
    return None


def folded(*lines: tuple[str, str, str], constants: dict[object, float] | None = None, **options: bool) -> Folded:
    return fold(resolved(*lines, **options), (constants or {}).get)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # a number, however written
        (("$C$1", "<=", "100"), ["S!C1 <= 100"]),
        (("S!C1", "<=", "=1E-6"), ["S!C1 <= 1e-06"]),
        (("C1", "=", "-5"), ["S!C1 = -5"]),
        (("C1", ">=", "10%"), ["S!C1 >= 0.1"]),
        (("C1", "=", "TRUE"), ["S!C1 = 1"]),
        (("C1", "<=", "0,5"), ["S!C1 <= 0.5"]),
        (("C1", "<=", "most"), ["S!C1 <= 100"]),
        # a range against one number or one cell
        (("C1:C2", "<=", "3"), ["S!C1 <= 3", "S!C2 <= 3"]),
        (("C1:C2", "<=", "E1"), ["S!C1 <= S!E1", "S!C2 <= S!E1"]),
        (("C1:D1", ">=", "'My sheet'!$A$1"), ["S!C1 >= 'My sheet'!A1"]),  # D1 is a heading
        # a range against a range, of the same shape or turned over
        (("C1:C2", "<=", "E1:E2"), ["S!C1 <= S!E1", "S!C2 <= S!E2"]),
        (("C1:C2", "<=", "limits"), ["S!C1 <= S!E1", "S!C2 <= S!E2"]),
        (("C7:D7", "=", "E1:E2"), ["S!C7 = S!E1", "S!D7 = S!E2"]),
        (("C7:D9", "=", "F1:H2"), [
            "S!C7 = S!F1", "S!D7 = S!F2", "S!C8 = S!G1", "S!D8 = S!G2", "S!C9 = S!H1", "S!D9 = S!H2",
        ]),
        (("C7:D8", "=", "F1:G2"), ["S!C7 = S!F1", "S!D7 = S!G1", "S!C8 = S!F2", "S!D8 = S!G2"]),
        (("C7:D8", "=", "F1:F4"), ["S!C7 = S!F1", "S!D7 = S!F2", "S!C8 = S!F3", "S!D8 = S!F4"]),
        # several areas; a cell named twice counts once
        (("C7,C9:C10", "<=", "F1:F3"), ["S!C7 <= S!F1", "S!C9 <= S!F2", "S!C10 <= S!F3"]),
        (("C7:C8,C8:C9", "<=", "1"), ["S!C7 <= 1", "S!C8 <= 1", "S!C9 <= 1"]),
        (("C7:C8,C8:C9", "<=", "F1:F4"), ["S!C7 <= S!F1", "S!C8 <= S!F2", "S!C8 <= S!F3", "S!C9 <= S!F4"]),
        (("T[b]", "<=", "1"), ["'My sheet'!B2 <= 1", "'My sheet'!B3 <= 1", "'My sheet'!B4 <= 1"]),
        # a formula
        (("C7:C8", "<=", "SUM($A$1:$A$3)"), ["S!C7 <= =SUM($A$1:$A$3)", "S!C8 <= =SUM($A$1:$A$3)"]),
        (("C7", "<=", "=2*most"), ["S!C7 <= =2*most"]),
        # changing cells
        (("A1:A2", "int", "integer"), ["S!A1 int", "S!A2 int"]),
        (("A1:B1", "dif", "AllDifferent"), ["S!A1 dif", "S!B1 dif"]),
        # texts that formulas give are not known before the run; E3 is one
        (("E2:E3", "<=", "1"), ["S!E2 <= 1", "S!E3 <= 1"]),
    ],
)  # fmt: skip
def test_a_line_cell_by_cell(line: tuple[str, str, str], expected: list[str]) -> None:
    assert said(line) == expected


def test_places_of_changing_cells() -> None:
    """Places count the changing cells in reading order of their areas."""
    cells = resolved(("A1:B2", "<=", "1")).cells
    assert [cell.place for cell in cells] == [0, 1, 2, 3]
    cells = resolved(("A3:A6", "<=", "1")).cells
    assert [cell.place for cell in cells] == [4, None, 6, None]


def test_a_heading_on_the_left_is_left_out_and_said_to_be() -> None:
    found = resolved(("D1:D3", "<=", "E1:E3"))
    assert [str(cell) for cell in found.cells] == ["S!D2 <= S!E2", "S!D3 <= S!E3"]
    assert found.notes == ("S!D1 holds a text and is left out of the constraint D1:D3 <= E1:E3",)
    assert said(("D1:D2", "<=", "D1:D2")) == ["S!D2 <= S!D2"]  # beside a heading may stand another


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (("C1:C3", "<=", "E1:E2"), "C1:C3 <= E1:E2 cannot be used: its left side is 3 cells and its right side 2"),
        (("C1", "<=", "E1:E2"), "its left side is 1 cells and its right side 2"),
        (("C1", "<=", "D1"), "S!D1: the constraint C1 <= D1 cannot be used: its right side must be a number"),
        (("D1", "<=", "1"), "S!D1: the constraint D1 <= 1 cannot be used: its left side must be a number"),
        (("C1", "<=", '"five"'), "its right side is neither a number nor cells nor a formula"),
        (("C1", "<=", "SUM("), "its right side cannot be read"),
        (("C1", "<=", "Gone!A1"), "its right side cannot be read: "),
        (("5", "<=", "C1"), "its left side names no cells"),
        (("Gone!A1", "<=", "1"), "its left side names no cells"),
        (("A1:C1", "int", ""), "S!C1: the constraint A1:C1 int cannot be used: only a changing cell"),
        (("C1", "bin", "binary"), "only a changing cell can be held to 0 or 1 (bin)"),
        (("A4", "dif", ""), "only a changing cell can be held to being all different (dif)"),
        (("A:A", "<=", "1"), "its left side is more than 1000000 cells"),
    ],
)  # fmt: skip
def test_lines_that_make_no_sense(line: tuple[str, str, str], message: str) -> None:
    with pytest.raises(ModelError) as caught:
        resolved(("C1", "<=", "1"), line)
    assert message in str(caught.value)


def test_bounds_of_changing_cells() -> None:
    """Constants bound; the tightest holds; Solver's 1E30 is no bound."""
    found = folded(
        ("A1:B1", "<=", "9"), ("A1", "<=", "12"), ("A1", ">=", "-1E30"), ("B1", ">=", "E1"), ("A2", "=", "SUM(D2:D3)"),
        ("B2", "bin", "binary"), ("A3", "int", "integer"),
        constants={("S", 0, 4): 5.0, "SUM(D2:D3)": 3.0},
    )  # fmt: skip
    inf = math.inf
    assert found.lower.tolist() == [-inf, 5, 3, 0, -inf, -inf, -inf]
    assert found.upper.tolist() == [9, 9, 3, 1, inf, inf, inf]
    assert found.whole.tolist() == [False, False, False, True, True, False, False]
    assert found.rows == ()
    assert found.limits.tolist()[:6] == [9, 9, 12, -1e30, 5, 3]
    assert (found.row_of == -1).all()


def test_the_zero_bound_is_for_cells_without_a_lower_bound_of_their_own() -> None:
    """solver_neg: >=, =, bin and dif against constants are bounds of their own; <= and moving right sides are not."""
    found = folded(
        ("A1", ">=", "-5"), ("B1", "=", "-3"), ("A2", "<=", "-1"), ("B2", ">=", "C1"), ("A3:B3", "dif", ""),
        non_negative=True,
    )  # fmt: skip
    assert found.lower.tolist() == [-5, -3, 0, 0, -math.inf, -math.inf, 0]
    assert found.upper.tolist()[1:3] == [-3, -1]  # 0 <= A2 <= -1 cannot be met, which the run says
    assert [str(row) for row in found.rows] == ["0 <= S!B2 - S!C1 <= inf"]


def test_rows() -> None:
    """One row for each left side, or left side less a right side that moves; its limits taken together."""
    found = folded(
        ("C1:C2", "<=", "E1"), ("C1", ">=", "-2"), ("C1", "<=", "7"), ("C2", ">=", "C9"), ("C2", "<=", "C9"),
        ("C3", "=", "2*C9"),
        constants={("S", 0, 4): 5.0},
    )  # fmt: skip
    assert [str(row) for row in found.rows] == [
        "-2 <= S!C1 <= 5",
        "-inf <= S!C2 <= 5",
        "0 <= S!C2 - S!C9 <= 0",
        "0 <= S!C3 - =2*C9 <= 0",
    ]
    assert found.row_of.tolist() == [0, 1, 0, 0, 2, 2, 3]
    np.testing.assert_array_equal(found.limits, [5, 5, -2, 7, math.nan, math.nan, math.nan])


def test_groups_of_cells_all_different() -> None:
    found = folded(("A1:B2", "dif", ""), ("A3:B3,B3", "dif", ""))
    assert [group.tolist() for group in found.different] == [[0, 1, 2, 3], [4, 5]]


def test_integers_ignored_keep_their_bounds() -> None:
    """solver_rlx: the relaxation, as Solver solves it before it branches; a cell that is none matters no more."""
    found = folded(
        ("A1", "int", ""), ("B1", "bin", ""), ("A2:B2", "dif", ""), ("C1", "int", ""),
        ignore_integers=True, non_negative=True,
    )  # fmt: skip
    assert not found.whole.any()
    assert found.different == ()
    assert found.lower.tolist() == [0, 0, 1, 1, 0, 0, 0]
    assert found.upper.tolist() == [math.inf, 1, 2, 2, math.inf, math.inf, math.inf]


def test_a_constant_right_side_that_is_no_number() -> None:
    for right in ("E3", "LN(-1)"):
        key: object = ("S", 2, 4) if right == "E3" else right
        with pytest.raises(ModelError, match="is no number"):
            folded(("C1", "<=", right), constants={key: math.nan})


def test_a_right_side_is_asked_for_once() -> None:
    asked: list[Cell | str] = []

    def constant_of(right: Cell | str) -> float | None:
        asked.append(right)
        return 1.0

    fold(resolved(("C1:C9", "<=", "E1"), ("A1:A3", "<=", "E1"), ("C1", ">=", "2*E1")), constant_of)
    assert asked == [("S", 0, 4), "2*E1"]


def test_of_a_saved_model() -> None:
    model = SolverModel(
        "S", "S!$C$1", "S!$A$1:$B$3,S!$A$5", "min",
        constraints=(Constraint("S!$A$1", Relation.AT_LEAST, "-2"), Constraint("S!$C$2", Relation.AT_MOST, "1")),
        ignore_integers=True,
    )  # fmt: skip
    found = conditions_of(model, book())
    assert (found.size, found.non_negative, found.ignore_integers) == (7, True, True)
    result = fold(found, nothing_is_constant)
    assert result.lower.tolist() == [-2, 0, 0, 0, 0, 0, 0]
    assert len(result.rows) == 1


STALE = SolverModel("S", "S!$E$3", "S!$A$1:$B$3,S!$A$5", "min")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"objective": ""}, []),
        ({"objective": "S!$D$2"}, ["S!D2: .*solver_opt is =S!.D.2: the objective must be a formula.* is a constant"]),
        ({"objective": "S!$D$1"}, ["S!D1: .*holds the text 'heading'"]),
        ({"objective": "S!$Z$1"}, ["S!Z1: .*this cell is blank"]),
        ({"objective": "S!$A$1:$A$2"}, ["solver_opt is .*the objective must be one cell"]),
        ({"changing": "S!$E$1:$E$4"}, ["S!E3: .*solver_adj is .* and this one holds a formula;"]),
        ({"changing": "S!$D$1:$E$4"}, ["S!E3: .*holds a formula", "S!D1: .*holds a text"]),
        ({"changing": "Gone!$A$1"}, ["solver_adj is =Gone!"]),
        ({"constraints": (Constraint("S!$C$1", Relation.INTEGER, ""), Constraint("#REF!", Relation.EQUAL, "0"))},
         ["S!C1: the constraint S!.C.1 int cannot be used", "the constraint #REF! = 0 cannot be used"]),
        ({"constraints": (Constraint("S!$C$1", Relation.INTEGER, ""),), "ignore_integers": True}, []),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_with_a_model(changes: dict[str, Any], expected: list[str]) -> None:
    found = [str(error) for error in faults(dataclasses.replace(STALE, **changes), book())]
    assert len(found) == len(expected)
    for message, pattern in zip(found, expected, strict=True):
        assert re.search(pattern, message), message
