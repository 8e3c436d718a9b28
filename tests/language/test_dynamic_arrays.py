"""Dynamic arrays in whole blocks against the per-cell reference, and their gradients against differences."""

from __future__ import annotations

import pytest
from tests.language.agreement import assert_blocks_agree, assert_model_agrees
from tests.sheets import book_of

from cellgrad.errors import CellgradError
from cellgrad.values import Value

CELLS: dict[str, Value] = {
    **{f"A{r}": float(v) for r, v in enumerate([0.5, 1.5, -2.0, 0.25, 3.0], 1)},
    **{f"B{r}": float(v) for r, v in enumerate([1.0, 2.0, 3.0, 0.5, 4.0], 1)},
    **{f"C{r}": float(v) for r, v in enumerate([2.0, 0.5, 1.0, 1.25, 0.3], 1)},
    **{f"D{r}": v for r, v in enumerate(["x", "y", "x", "z", "x"], 1)},
    "E1": 2.0, "E2": 1.0, "E3": 3.0, "E4": 5.0, "E5": 4.0, "G1": None, "G2": 7.0, "G3": "text",
}  # fmt: skip

# name, formula of one cell (weights make the order count)
ARRAYS = [
    ("take", "=SUMPRODUCT(TAKE(A1:B5,-3,1),{1;2;4})"),
    ("drop", "=SUMPRODUCT(DROP(A1:C5,2,-1)*{1,2;3,4;5,6})"),
    ("choosecols", "=SUMPRODUCT(CHOOSECOLS(A1:C5,3,1)*{1,2})"),
    ("chooserows", "=SUMPRODUCT(CHOOSEROWS(A1:A5,{5,1,1})*{1;2;3})"),
    ("vstack", "=SUMPRODUCT(VSTACK(A1:A5,B1:B2,9)*SEQUENCE(8))"),
    ("hstack", "=SUMPRODUCT(HSTACK(A1:A5,B1:C5)*SEQUENCE(5,3))"),
    ("vstack filled up", "=SUM(IFERROR(VSTACK(A1:B2,C1),100))"),
    ("wraprows", "=SUMPRODUCT(WRAPROWS(A1:A5,2,C1)*SEQUENCE(3,2))"),
    ("wrapcols", "=SUM(IFERROR(WRAPCOLS(A1:A5,3)*SEQUENCE(3,2),0))"),
    ("tocol", "=SUMPRODUCT(TOCOL(A1:C5)*SEQUENCE(15))"),
    ("torow by column", "=SUMPRODUCT(TOROW(A1:C5,,TRUE)*SEQUENCE(1,15))"),
    ("expand", "=SUM(EXPAND(A1:B2,3,3,C1))"),
    ("transpose", "=SUMPRODUCT(TRANSPOSE(A1:C5)*SEQUENCE(3,5))"),
    ("filter by text", '=SUMPRODUCT(FILTER(A1:A5,D1:D5="x")*SEQUENCE(3))'),
    ("filter rows", "=SUM(FILTER(A1:C5,E1:E5>2)*{1,2,3})"),
    ("filter columns", "=SUM(FILTER(A1:C5,{1,0,1})*SEQUENCE(5,2))"),
    ("filter none", '=SUM(FILTER(A1:A5,D1:D5="w",B1))'),
    ("sort", "=SUMPRODUCT(SORT(A1:A5)*SEQUENCE(5))"),
    ("sort falling", "=SUM(SORT(A1:B5,2,-1)*SEQUENCE(5,2))"),
    ("sort columns", "=SUM(SORT(A1:C5,1,1,TRUE)*SEQUENCE(5,3))"),
    ("sortby constants", "=SUM(SORTBY(A1:A5,E1:E5)*SEQUENCE(5))"),
    ("sortby two constants", "=SUM(SORTBY(A1:A5,D1:D5,-1,E1:E5,1)*SEQUENCE(5))"),
    ("sortby live", "=SUM(SORTBY(B1:B5,A1:A5,-1)*SEQUENCE(5))"),
    ("unique", "=SUMPRODUCT(UNIQUE(A1:A5)*SEQUENCE(5))"),
    ("sequence from live", "=SUMSQ(SEQUENCE(3,2,A1,B1))"),
    ("nested", "=SUM(TAKE(SORT(VSTACK(A1:A5,B1:B5)),3))"),
    ("constant parts beside live ones", '=SUM(UNIQUE(E1:E5)*A1:A5)+COUNTA(UNIQUE(D1:D5))*B1'),
    ("a single one", "=_xlfn.SINGLE(A1)*2+SUM(_xlfn._xlws.SORT(A1:A2)*{1;2})"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "formula"), ARRAYS, ids=[name for name, _ in ARRAYS])
def test_blocks(name: str, formula: str) -> None:
    assert_blocks_agree(book_of({"Sheet1": CELLS}, arrays={"Sheet1!H1": formula}))


@pytest.mark.parametrize(("name", "formula"), ARRAYS, ids=[name for name, _ in ARRAYS])
def test_gradients(name: str, formula: str) -> None:
    book = book_of({"Sheet1": {**CELLS, "H2": "=H1^2+H1"}}, arrays={"Sheet1!H1": formula})
    slopes = assert_model_agrees(book, "H2", "A1:C5")
    assert (slopes != 0).any()


SPILLS = [
    ("sort", "Sheet1!J1:J5", "=SORT(A1:A5,,-1)"),
    ("filter", "Sheet1!J1:K3", '=FILTER(A1:B5,D1:D5="x")'),
    ("texts", "Sheet1!J1:J3", "=UNIQUE(D1:D5)"),
    ("stack of all kinds", "Sheet1!J1:J6", "=VSTACK(G1:G3,D1:D2,A1)"),
    ("read by its anchor", "Sheet1!J1:J5", "=DROP(A1:B5,,1)"),
]


@pytest.mark.parametrize(("name", "block", "formula"), SPILLS, ids=[row[0] for row in SPILLS])
def test_spills(name: str, block: str, formula: str) -> None:
    cells = {**CELLS, "N1": "=SUM(_xlfn.ANCHORARRAY(J1))+SUM(J1#)", "N2": "=ROWS(J1#)"}
    assert_blocks_agree(book_of({"Sheet1": cells}, dynamic={block: formula}))


def test_equal_numbers_make_unique_an_error_not_a_wrong_number() -> None:
    cells = {**CELLS, "A2": 0.5, "H1": "=SUM(UNIQUE(A1:A5))"}
    with pytest.raises(AssertionError):  # the compiled value is an error there
        assert_model_agrees(book_of({"Sheet1": cells}), "H1", "A1:A5", spread=0.0)


@pytest.mark.parametrize(
    "formula", ["=SUM(FILTER(A1:A5,A1:A5>0))", "=SUM(TOCOL(A1:B5,1))", "=SUM(GROUPBY(D1:D5,A1:A5,SUM))"]
)
def test_what_changes_its_size_with_the_changing_cells_is_refused(formula: str) -> None:
    with pytest.raises(CellgradError, match=r"cannot be compiled|is not supported"):
        assert_model_agrees(book_of({"Sheet1": {**CELLS, "H1": formula}}), "H1", "A1:A5")
