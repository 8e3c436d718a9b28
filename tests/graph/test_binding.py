"""Binding: defined names and structured references against a small workbook with two tables."""

from __future__ import annotations

import pytest
from tests.sheets import book_of

from cellgrad.address import Region
from cellgrad.errors import CellgradError, CircularReferenceError, FormulaError
from cellgrad.formula.parse import parse
from cellgrad.formula.printing import to_text
from cellgrad.graph.binding import Binder, bind, region_of, regions_of, table_context
from cellgrad.workbook import DefinedName, Table, Workbook

# People: A3:C8 on "data" (header row 3, rows 4 to 7, totals row 8). Bare: E3:F5 on "data", no header, no totals.
BOOK = book_of(
    {"data": {"A4:C7": 1.0}, "other": {"A1": 2.0}, "third": {"A1": 3.0}},
    tables=[
        Table("People", Region("data", 2, 0, 8, 3), ("Age", "Fare ", "[Odd]"), 1, 1),
        Table("Bare", Region("data", 2, 4, 5, 6), ("x", "y"), 0, 0),
    ],
    names=[
        DefinedName("rate", "0.07"),
        DefinedName("Block", "data!$A$4:$C$7"),
        DefinedName("left", "data!XFD1"),  # one cell to the left, as Excel stores it: seen from A1
        DefinedName("here", "other!$A$1", sheet="other"),
        DefinedName("here", "data!$A$4"),
        DefinedName("doubled", "data!$A$4:$A$7*2"),
        DefinedName("total", "SUM(Block)+rate"),
        DefinedName("loop", "pool+1"),
        DefinedName("pool", "loop+1"),
        DefinedName("broken", "#REF!"),
        DefinedName("nonsense", "1+"),
        DefinedName("ages", "People[Age]"),
    ],
)


def bound(text: str, cell: str = "H5", sheet: str = "data", book: Workbook = BOOK) -> str:
    """The formula bound and printed again, in the same cell."""
    row, column = int(cell[1:]) - 1, ord(cell[0]) - 65
    return to_text(bind(parse(text, row, column), book, sheet, row, column), row, column)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("People[Age]", "$A$4:$A$7"),
        ("people[AGE]", "$A$4:$A$7"),
        ("People[]", "$A$4:$C$7"),
        ("People", "$A$4:$C$7"),
        ("People[[Age]:[Fare ]]", "$A$4:$B$7"),
        ("People[[Fare ]:[Age]]", "$A$4:$B$7"),
        ("People['[Odd']]", "$C$4:$C$7"),
        ("People[#All]", "$A$3:$C$8"),
        ("People[[#All],[Age]]", "$A$3:$A$8"),
        ("People[#Headers]", "$A$3:$C$3"),
        ("People[[#Headers],[#Data],[Age]]", "$A$3:$A$7"),
        ("People[[#Totals],[Age]]", "$A$8"),
        ("People[[#Data],[#Totals]]", "$A$4:$C$8"),
        ("People[@Age]", "$A5"),
        ("People[@]", "$A5:$C5"),
        ("People[@[Age]:[Fare ]]", "$A5:$B5"),
        ("Bare[x]", "$E$3:$E$5"),
        # what the table lacks is #REF!, a row beside it #VALUE! (Microsoft, "Using structured references")
        ("Bare[#Headers]", "#REF!"),
        ("Bare[[#Totals],[x]]", "#REF!"),
    ],
)
def test_structured_references(text: str, expected: str) -> None:
    assert bound(text) == expected


@pytest.mark.parametrize(
    ("text", "cell", "sheet", "expected"),
    [
        ("[Age]", "B5", "data", "$A$4:$A$7"),  # the host's own table
        ("[@Age]*2", "B5", "data", "$A5*2"),
        ("People[@Age]", "H5", "other", "data!$A5"),  # the row of the same number, from another sheet
        ("People[@Age]", "H3", "data", "#VALUE!"),  # the header row has no data
        ("People[@Age]", "H8", "data", "#VALUE!"),  # nor has the totals row
        ("People[@Age]", "H9", "other", "#VALUE!"),
        ("People[Age]", "H5", "other", "data!$A$4:$A$7"),
    ],
)
def test_structured_references_by_place(text: str, cell: str, sheet: str, expected: str) -> None:
    assert bound(text, cell, sheet) == expected


@pytest.mark.parametrize(
    ("text", "sheet", "expected"),
    [
        ("rate*2", "data", "0.07*2"),
        ("RATE", "data", "0.07"),
        ("SUM(Block)", "data", "SUM($A$4:$C$7)"),
        ("SUM(Block)", "other", "SUM(data!$A$4:$C$7)"),
        ("left", "data", "G5"),
        ("here", "other", "$A$1"),  # a sheet's own name goes before the workbook's
        ("here", "third", "data!$A$4"),
        ("other!here", "third", "other!$A$1"),
        ("book.xlsx!rate", "third", "0.07"),
        ("total", "data", "SUM($A$4:$C$7)+0.07"),
        ("SUM(doubled)", "data", "SUM({}($A$4:$A$7*2))"),  # a name's formula is evaluated as an array formula
        ("SUM(ages)", "data", "SUM($A$4:$A$7)"),
        ("broken", "data", "#REF!"),
        ("unheard_of+1", "data", "#NAME?+1"),
        ("data!A1+other!A1", "data", "A1+other!A1"),
        ("LET(x,A1*2,y,x+1,x*y)", "data", "LET(x,A1*2,y,x+1,x*y)"),
        ("LET(rate,1,rate)+rate", "data", "1+0.07"),
    ],
)
def test_names(text: str, sheet: str, expected: str) -> None:
    assert bound(text, sheet=sheet) == expected


@pytest.mark.parametrize(
    ("text", "kind", "cause", "position"),
    [
        ("1+People[Agee]", FormulaError, "no column 'Agee'; did you mean Age", 3),
        ("1+Peeple[Age]", FormulaError, "no table 'Peeple'; did you mean People", 3),
        ("1+[Age]", FormulaError, "stands in none", 3),
        ("1+Sheat!A1", FormulaError, "no sheet 'Sheat'", 3),
        ("1+loop", CircularReferenceError, "defined by itself", 3),
        ("1+nonsense", FormulaError, "the name nonsense is defined as =1\\+", 3),
        ("1+LET(x,1)", FormulaError, "LET takes pairs", 3),
        ("1+LET(A1,1,A1)", FormulaError, "needs a name", 7),
        ("1+LAMBDA(A1,x)", FormulaError, "LAMBDA needs a name", 10),
    ],
)
def test_what_cannot_be_bound_is_said_with_its_place(
    text: str, kind: type[CellgradError], cause: str, position: int
) -> None:
    with pytest.raises(kind, match=cause) as caught:
        bound(text)
    assert caught.value.position == position


def test_positions_inside_a_name_point_at_the_name() -> None:
    tree = bind(parse("1+total", 4, 7), BOOK, "data", 4, 7)
    assert tree.right.position == 3  # type: ignore[attr-defined]
    assert tree.right.left.arguments[0].position == 3  # type: ignore[attr-defined]


def test_three_dimensions_take_the_sheets_between() -> None:
    reference = bind(parse("third:data!A1", 0, 0), BOOK, "other", 0, 0)
    assert [str(region) for region in regions_of(reference, BOOK, "other", 0, 0)] == ["data!A1", "other!A1", "third!A1"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "first", "cell", "expected"),
    [
        ("A1:B2", (0, 2), (5, 3), "data!B6:C7"),
        ("B$5:B2", (0, 2), (9, 2), "data!B5:B11"),  # a range that turns over when filled down
        ("A:A", (0, 2), (9, 2), "data!A1:A1048576"),
        ("2:$3", (0, 2), (9, 2), "data!A3:XFD11"),
        ("A1", (0, 1), (0, 0), "data!XFD1"),  # an offset over the edge comes in on the other side
    ],
)
def test_regions(text: str, first: tuple[int, int], cell: tuple[int, int], expected: str) -> None:
    assert str(region_of(parse(text, *first), "data", *cell)) == expected  # type: ignore[arg-type]


def test_bound_once_a_context_not_once_a_cell() -> None:
    book = book_of(
        {"data": {"A1": "a", "A2:A5": 1.0, "B2:B5": "=T[@a]*2", "C1:C9": "=A1+1"}},
        tables=[Table("T", Region("data", 0, 0, 5, 2), ("a", "b"))],
    )
    binder = Binder(book)
    assert len({id(binder.bound(0, "data", row, 1)) for row in range(1, 5)}) == 1
    assert len({id(binder.bound(1, "data", row, 2)) for row in range(9)}) == 1
    assert table_context(book, "data", 2, 1) == ("T", frozenset({"T"}))
    assert table_context(book, "data", 2, 7) == (None, frozenset({"T"}))
    assert table_context(book, "data", 7, 7) == (None, frozenset())
