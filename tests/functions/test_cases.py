"""Every record's own sample cases, through the per-cell reference evaluator."""

from __future__ import annotations

import math

import pytest
from tests.sheets import book_of

from cellgrad.formula.parse import parse
from cellgrad.functions.expected import Shown
from cellgrad.functions.registry import FUNCTIONS
from cellgrad.graph.binding import bind
from cellgrad.reference import Reference
from cellgrad.workbook import Workbook

CASES = [(formula, expected) for record in FUNCTIONS.values() for formula, expected in record.cases]


@pytest.fixture(scope="module")
def book() -> Workbook:
    return book_of({"Sheet1": {}})


@pytest.mark.parametrize(("formula", "expected"), CASES, ids=[formula for formula, _ in CASES])
def test_sample_case(book: Workbook, formula: str, expected: object) -> None:
    tree = bind(parse(formula, 9, 9), book, "Sheet1", 9, 9)
    value = Reference(book).evaluate(tree, "Sheet1", 9, 9)
    if isinstance(expected, Shown):
        assert expected.agrees(value)
    elif isinstance(expected, int | float) and not isinstance(expected, bool):
        assert type(value) is float
        assert math.isclose(value, expected, rel_tol=1e-13, abs_tol=1e-15)
    else:
        assert value == expected
        assert type(value) is type(expected)


def test_every_function_that_is_computed_has_a_case() -> None:
    # "{}" stands behind defined names and cannot be written in a formula; test_binding covers it.
    only_data = [r.name for r in FUNCTIONS.values() if r.volatile or r.external]
    assert [r.name for r in FUNCTIONS.values() if not r.cases and r.name not in (*only_data, "{}")] == []
