"""Formulas made relative: what shares an id and what must not."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, cell_name, column_letters
from cellgrad.formula.parse import parse
from cellgrad.formula.pool import FormulaPool


def place(name: str) -> tuple[int, int]:
    letters = name.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(name[len(letters) :]) - 1, column - 1


def test_one_formula_filled_over_a_rectangle() -> None:
    pool = FormulaPool()
    ids = {
        pool.intern(f"{cell_name(r, c - 1)}*$A{r + 1}+{column_letters(c)}$1-$A$1", r, c)
        for r in range(20)
        for c in range(1, 6)
    }
    assert ids == {0}
    assert (pool.formulas[0].text, pool.formulas[0].row, pool.formulas[0].column) == ("A1*$A1+B$1-$A$1", 0, 1)


SAME = [
    # two cells with one relative formula
    ("B1", "A1", "C7", "B7"),
    ("B1", "a1", "B2", "A2"),
    ("B2", "SUM(A:A)", "C9", "SUM(B:B)"),
    ("B2", "SUM(2:3)", "Z4", "SUM(4:5)"),
    ("B2", "SUM($A:B)", "C2", "SUM($A:C)"),
    ("B1", "LOG10(A1)", "B2", "LOG10(A2)"),
    ("B1", "'A1'!A1", "B2", "'A1'!A2"),
    ("B1", "Q1!A1", "B2", "Q1!A2"),
    ("B1", "[1]Data!A1", "B2", "[1]Data!A2"),
    ("B1", "T[[#This Row],[A1]]", "B2", "T[[#This Row],[A1]]"),
    ("B1", "T1[A1]+A1", "B2", "T1[A1]+A2"),
    ("B1", "Table9['#Shame]+A1", "B2", "Table9['#Shame]+A2"),
    ("B1", "T[Column'[]+A1", "B2", "T[Column'[]+A2"),
    ("B1", 'A1&"it is A1"', "B2", 'A2&"it is A1"'),
    ("B1", 'A1&"say ""A1"""', "B2", 'A2&"say ""A1"""'),
    ("B1", "'it''s A1'!A1", "B2", "'it''s A1'!A2"),
    ("B1", "50%*A1", "B2", "50%*A2"),
    ("B1", "A1+1E5+1.5E-3", "B2", "A2+1E5+1.5E-3"),
    ("B1", "rate*A1", "B9", "rate*A9"),
    ("B1", "XFE1+ABC1234567", "B2", "XFE1+ABC1234567"),  # beyond the last column and row: names
    ("B1", "größe1+A1", "B2", "größe1+A2"),
    ("B1", "A1:INDEX(A1:A9,3)", "B2", "A2:INDEX(A2:A10,3)"),
    ("B1", "A1#", "B2", "A2#"),
    ("B1", "RAND()", "Z99", "RAND()"),
    ("B1", "{1,2;3,4}", "B2", "{1,2;3,4}"),
    ("B1", "#REF!+A1", "B2", "#REF!+A2"),
]

DIFFERENT = [
    ("B1", "A1", "B2", "A1"),
    ("B1", "$A$1", "B2", "$A$2"),
    ("B1", "A$1", "B2", "A$2"),
    ("B2", "SUM(A:A)", "C9", "SUM(A:A)"),
    ("B2", "SUM(2:3)", "B3", "SUM(2:3)"),
    ("B1", '"A1"', "B2", '"A2"'),
    ("B1", "'A1'!A1", "B2", "'A2'!A2"),
    ("B1", "Q1!A1", "B2", "Q2!A2"),
    ("B1", "LOG10(A1)", "B2", "LOG11(A2)"),
    ("B1", "T1[A]", "B2", "T2[A]"),
    ("B1", "T[A1]", "B2", "T[A2]"),
    ("B1", "A1+1E5", "B2", "A2+1E6"),
    ("B1", "XFE1", "B2", "XFE2"),
    ("B1", "A1048577", "B2", "A1048578"),
    ("B1", "A1", "B1", "$A1"),
    ("B1", "A1", "B1", "A$1"),
    ("B1", "A1+A1", "B1", "A1+$A$1"),
    ("B1", "[1]D!A1", "B2", "[2]D!A2"),
    ("B1", "SUM(A1:Q1!C3)", "B2", "SUM(A2:Q1!C4)"),
    ("B1", '"unfinished A1', "B2", '"unfinished A2'),
    ("B1", '"unfinished A1', "B2", '"unfinished A1'),
    ("B1", "T[A1", "B2", "T[A2"),
]


@pytest.mark.parametrize(("first", "text", "second", "other"), SAME)
def test_the_same_relative_formula(first: str, text: str, second: str, other: str) -> None:
    pool = FormulaPool()
    assert pool.intern(text, *place(first)) == pool.intern(other, *place(second)) == 0


@pytest.mark.parametrize(("first", "text", "second", "other"), DIFFERENT)
def test_different_relative_formulas(first: str, text: str, second: str, other: str) -> None:
    pool = FormulaPool()
    assert pool.intern(text, *place(first)) != pool.intern(other, *place(second))


def test_formulas_that_take_turns_in_a_column() -> None:
    pool = FormulaPool()
    ids = [pool.intern(f"A{r + 1}*{r % 3 + 1}", r, 1) for r in range(300)]
    assert ids == [0, 1, 2] * 100


@pytest.mark.parametrize(
    ("master", "text", "cell", "expected"),
    [
        # Excel counts relative rows and columns modulo the sheet's size ([MS-XLS], RgceLocRel); LibreOffice says #REF!
        ("B2", "A1", "A1", "XFD1048576"),
        ("B2", "C3", "XFD5", "A6"),
        ("B2", "B3", "C1048576", "C1"),
        ("B2", "SUM(A:$B)", "A2", "SUM(XFD:$B)"),
        ("B2", "$A$1", "A1", "$A$1"),
    ],
)
def test_shared_formulas_wrap_around_the_edges(master: str, text: str, cell: str, expected: str) -> None:
    pool = FormulaPool()
    formula = pool.intern(text, *place(master))
    shared = pool.intern_shared(formula, *place(cell))
    assert pool.text_at(shared, *place(cell)) == pool.text_at(formula, *place(cell)) == expected
    assert (shared == formula) == (text == "$A$1")


def test_reach_is_where_nothing_wraps() -> None:
    pool = FormulaPool()
    formula = pool.intern("A1+D9", *place("B3"))  # one left and two up, two right and six down
    assert pool.reach(formula) == (2, MAX_ROWS - 7, 1, MAX_COLUMNS - 3)


references = st.builds(
    lambda column, row, dollar_column, dollar_row: (
        f"{'$' * dollar_column}{column_letters(column)}{'$' * dollar_row}{row + 1}"
    ),
    st.integers(0, 30),
    st.integers(0, 40),
    st.booleans(),
    st.booleans(),
)
pieces = st.one_of(
    references,
    st.tuples(references, references).map(":".join),
    st.sampled_from(["1", "1E5", '"A1"', "'B2'!C3", "T[[#This Row],[A1]]", "LOG10(A1)", "A:B", "2:$3", "rate", "TRUE"]),
)
formulas = st.lists(pieces, min_size=1, max_size=4).map("+".join)


@given(formulas, st.integers(0, 90), st.integers(0, 60), st.integers(0, 90), st.integers(0, 60))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_moved_text_keeps_the_id_and_moves_back(text: str, row: int, column: int, down: int, right: int) -> None:
    pool = FormulaPool()
    formula = pool.intern(text, row, column)
    moved = pool.text_at(formula, row + down, column + right)
    assert pool.intern(moved, row + down, column + right) == formula
    again = FormulaPool()
    assert again.text_at(again.intern(moved, row + down, column + right), row, column) == text


@given(st.lists(st.tuples(formulas, st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=12))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_one_id_means_one_tree(cells: list[tuple[str, int, int]]) -> None:
    """The parser, which shares no code with the scanner, is the authority on what a formula is."""
    pool = FormulaPool()
    trees: dict[int, object] = {}
    for text, row, column in cells:
        tree = parse(text, row, column)
        assert trees.setdefault(pool.intern(text, row, column), tree) == tree


@given(formulas, st.integers(0, 90), st.integers(0, 60), st.integers(0, 90), st.integers(0, 60))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_one_tree_means_one_id(text: str, row: int, column: int, down: int, right: int) -> None:
    pool = FormulaPool()
    moved = pool.text_at(pool.intern(text, row, column), row + down, column + right)
    assert parse(text, row, column) == parse(moved, row + down, column + right)


def test_a_column_at_once_equals_one_by_one() -> None:
    rng = random.Random(1)
    texts, rows = [], []
    for row in range(3000):
        kind = 0 if row < 1000 else rng.randrange(4)
        texts.append(["A{0}*2", "A{0}&lt;B{1}", '"A{0}"', "$A$1"][kind].format(row + 1, row + 5))
        rows.append(row)
    one, many = FormulaPool(), FormulaPool()

    def decode(text: str) -> str:
        return text.replace("&lt;", "<")

    expected = [one.intern(decode(text), row, 3) for text, row in zip(texts, rows, strict=True)]
    found = many.intern_column(texts, rows, 3, decode, lambda text: text.replace("<", "&lt;"))
    assert [one.formulas[i] for i in expected] == [many.formulas[i] for i in found]


def test_a_long_column_is_scanned_once() -> None:
    """A hundred thousand formulas in well under a second: a scan of each would take several."""
    texts = [f'IF(D{r}="male",A{r}*$B$1,SUM(F{r}:K{r}))' for r in range(1, 100_001)]
    pool = FormulaPool()
    start = time.process_time()
    assert set(pool.intern_column(texts, range(100_000), 14, str, str)) == {0}
    assert time.process_time() - start < 0.5
