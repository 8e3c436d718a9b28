"""Constraints and bounds as a person types them."""

from __future__ import annotations

import pytest

from cellgrad.errors import ArgumentError
from cellgrad.solver_models import Constraint, Relation, parse_bounds, parse_subject_to

LOW, EQUAL, HIGH = Relation.AT_LEAST, Relation.EQUAL, Relation.AT_MOST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B7<=100", ("B7", HIGH, "100")),
        (" B7 >= -1E-3 ", ("B7", LOW, "-1E-3")),
        ("B7=<100", ("B7", HIGH, "100")),
        ("B7=>100", ("B7", LOW, "100")),
        ("B7≤100", ("B7", HIGH, "100")),
        ("B7≥100", ("B7", LOW, "100")),
        ("=B7<=100", ("B7", HIGH, "100")),
        ("$B$2:$B$5>=D2:D5", ("$B$2:$B$5", LOW, "D2:D5")),
        ("A1,B2:B3<=4", ("A1,B2:B3", HIGH, "4")),
        ("rate<=most", ("rate", HIGH, "most")),
        ("Sheet2!B7 = SUM(A1:A3)", ("Sheet2!B7", EQUAL, "SUM(A1:A3)")),
        ("B7==SUM(A1:A3)", ("B7", EQUAL, "SUM(A1:A3)")),
        # relations in names, texts and brackets are none
        ("'a<=b'!B7<=3", ("'a<=b'!B7", HIGH, "3")),
        ("T[a>=b]<=3", ("T[a>=b]", HIGH, "3")),
        ('B7<=IF(A1>=2,LEN("<="),3)', ("B7", HIGH, 'IF(A1>=2,LEN("<="),3)')),
        ("B7= =A1>=3", ("B7", EQUAL, "A1>=3")),  # a formula with its = may compare
        # cells on the right: the sides change places
        ("100>=B7", ("B7", HIGH, "100")),
        ("SUM(A1:A3)<=B7", ("B7", LOW, "SUM(A1:A3)")),
        ("5=B7", ("B7", EQUAL, "5")),
        # kinds of numbers
        ("C3:C9=int", ("C3:C9", Relation.INTEGER, "integer")),
        ("C3:C9 = Integer", ("C3:C9", Relation.INTEGER, "integer")),
        ("C3:C9 bin", ("C3:C9", Relation.BINARY, "binary")),
        ("C3:C9=binary", ("C3:C9", Relation.BINARY, "binary")),
        ("A1:A8=alldifferent", ("A1:A8", Relation.ALL_DIFFERENT, "AllDifferent")),
        ("A1:A8 = all different", ("A1:A8", Relation.ALL_DIFFERENT, "AllDifferent")),
        ("A1:A8 dif", ("A1:A8", Relation.ALL_DIFFERENT, "AllDifferent")),
    ],
)
def test_subject_to(text: str, expected: tuple[str, Relation, str]) -> None:
    constraint = Constraint(*expected)
    assert parse_subject_to(text) == constraint
    assert parse_subject_to(str(constraint)) == constraint


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("B7<100", 2, "Solver knows no constraint with <; write <= instead"),
        ("B7>100", 2, "write >= instead"),
        ("B7<>3", 2, "use alldifferent"),
        ("0<=B7<=1", 5, "a constraint has one relation; give a second constraint"),
        ("B7", 2, "there is no relation"),
        ("B7 prime", 8, "there is no relation"),
        ("", 0, "there is no relation"),
        ("<=3", 0, "the left side of this constraint is missing"),
        ("B7<=", 4, "the right side of this constraint is missing"),
        ("SUM(A1)<=3", 0, "one side of a constraint must be cells; put the formula into a cell"),
        ("B7 <= SUM(", 9, "parenthesis"),
        ("B7 <= $", 6, "is no reference, name or number"),
        ("5 int", 0, "'5' is not a list of cells"),
        ("=int", 4, "there is no relation"),
        ("B7 >= int", 3, "int goes with ="),
    ],
)
def test_what_is_no_constraint(text: str, position: int, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        parse_subject_to(text)
    assert (caught.value.formula, caught.value.position) == (text, position)
    assert message in str(caught.value)


def test_the_caret_stands_under_the_place() -> None:
    with pytest.raises(ArgumentError) as caught:
        parse_subject_to("B7<100")
    first, second = str(caught.value).splitlines()
    assert first[second.index("^")] == "<"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B2:B5=0..1", [("B2:B5", LOW, "0"), ("B2:B5", HIGH, "1")]),
        ("B2=0..", [("B2", LOW, "0")]),
        ("B2=..10", [("B2", HIGH, "10")]),
        ("B2=-1e3..-.5", [("B2", LOW, "-1e3"), ("B2", HIGH, "-.5")]),
        ("B2=1.5..2.5E+3", [("B2", LOW, "1.5"), ("B2", HIGH, "2.5E+3")]),
        ("B2 , C3:C4 = 0 .. 0", [("B2 , C3:C4", LOW, "0"), ("B2 , C3:C4", HIGH, "0")]),
        ("'a=b'!B2=0..1", [("'a=b'!B2", LOW, "0"), ("'a=b'!B2", HIGH, "1")]),
    ],
)
def test_bounds(text: str, expected: list[tuple[str, Relation, str]]) -> None:
    assert parse_bounds(text) == tuple(Constraint(*line) for line in expected)


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("B2", 2, "there is no = after the cells"),
        ("B2<=1", 2, "there is no = after the cells"),
        ("B2=1", 3, "two numbers with two dots between"),
        ("B2=..", 3, "two numbers with two dots between"),
        ("B2=a..b", 3, "two numbers with two dots between"),
        ("B2=0..1..2", 3, "two numbers with two dots between"),
        ("B2= 2..1", 4, "no number is from 2 to 1"),
        ("=0..1", 0, "the cells are missing"),
        ("SUM(A1)=0..1", 0, "'SUM(A1)' is not a list of cells"),
    ],
)
def test_what_is_no_bound(text: str, position: int, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        parse_bounds(text)
    assert (caught.value.formula, caught.value.position) == (text, position)
    assert message in str(caught.value)
