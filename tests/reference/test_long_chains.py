"""A chain of cells that each need the one above: no deep stack, and time that grows with its length alone."""

from __future__ import annotations

import time

import pytest
from tests.sheets import book_of

from cellgrad.blocks.dependence import Dependence
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference


@pytest.mark.parametrize("length", [10_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_the_reference_walks_it(length: int) -> None:
    book = book_of({"Sheet": {"A1": 1.0, f"A2:A{length}": "=A1+1"}})
    start = time.perf_counter()
    assert Reference(book).value("Sheet", length - 1, 0) == length
    assert time.perf_counter() - start < 2e-4 * length


@pytest.mark.parametrize("length", [3_000, pytest.param(300_000, marks=pytest.mark.slow)])
def test_it_is_ordered_cell_by_cell(length: int) -> None:
    dependence = Dependence(book_of({"Sheet": {"A1": 1.0, f"A2:A{length}": "=A1+1"}}), apart=True)
    start = time.perf_counter()
    order = dependence.order(dependence.all_blocks())
    assert time.perf_counter() - start < 5e-4 * length
    assert [block.region.top for block in order] == list(range(1, length))


def test_it_is_one_recurrence_as_a_block() -> None:
    book = book_of({"Sheet": {"A1": 1.0, "A2:A100000": "=A1+1"}})
    dependence = Dependence(book)
    ((_, data),) = recalculate(dependence, dependence.all_blocks(), {}).blocks.values()
    assert data[-1, 0] == 100_000
