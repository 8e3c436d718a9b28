"""The schedule of blocks that read themselves: which cells come first, how many steps, and where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.blocks.recurrence import Cut
from cellgrad.errors import CircularReferenceError

# formulas, (direction, steps) of the recurrence of the first
SCHEDULES = [
    ({"B2:B9": "=B1+1"}, ((1, 0), 8)),
    ({"B2:B9": "=B3+1"}, ((-1, 0), 8)),
    ({"B2:I2": "=A2+1"}, ((0, 1), 8)),
    ({"B2:I2": "=C2+1"}, ((0, -1), 8)),
    ({"B2:E9": "=B1+A2"}, ((1, 1), 11)),
    ({"B2:E9": "=B3+C2"}, ((-1, -1), 11)),
    ({"B2:E9": "=B1+C2"}, ((1, -1), 11)),
    ({"B2:E9": "=B1+A1"}, ((1, 0), 8)),
    ({"B2:E9": "=A2+C1"}, ((2, 1), 18)),
    ({"B2:E9": "=B1+A3"}, ((1, 2), 14)),
    ({"B2:B9": "=C1", "C2:C9": "=B2"}, ((1, 0), 8)),
    ({"B2:B9": "=C101", "C102:C109": "=B1"}, ((1, 0), 9)),
    ({"B2:B9": "=C12", "C11:C18": "=B1"}, None),  # B2 reads C12, which reads B2
]


@pytest.mark.parametrize(("formulas", "expected"), SCHEDULES, ids=[str(row[0]) for row in SCHEDULES])
def test_schedules(formulas: dict[str, str], expected: tuple[tuple[int, int], int] | None) -> None:
    dependence = Dependence(book_of({"Sheet": formulas}))
    first = parse_region(next(iter(formulas)), "Sheet")
    if expected is None:
        with pytest.raises(CircularReferenceError):
            dependence.order(dependence.touching(first))
        return
    order = dependence.order(dependence.touching(first))
    recurrence = dependence.recurrence(order[0])
    assert recurrence is not None
    assert (recurrence.direction, recurrence.steps) == expected
    assert set(recurrence.members) == set(order)


@pytest.mark.parametrize("formulas", [row[0] for row in SCHEDULES if row[1]], ids=str)
def test_whatever_a_cell_reads_comes_earlier(formulas: dict[str, str]) -> None:
    """By brute force over all cells: the time, and within it the place among the members, only grows."""
    dependence = Dependence(book_of({"Sheet": formulas}))
    order = dependence.order(dependence.all_blocks())
    recurrence = dependence.recurrence(order[0])
    assert recurrence is not None
    when = {}
    for number, block in enumerate(recurrence.members):
        times = recurrence.times(number)
        for at, cell in zip(np.ndindex(times.shape), block.region.cells(), strict=True):
            when[cell] = (int(times[at]), number)
    for block in recurrence.members:
        for row, column in block.region.cells():
            for read in dependence.reads(block.cell(row, column)):
                for cell in read.cells():
                    assert cell not in when or when[cell] < when[row, column]


def test_a_circle_of_cells_is_told_by_name() -> None:
    dependence = Dependence(book_of({"Sheet": {"B2:B9": "=C2", "C2:C9": "=B2"}}))
    with pytest.raises(CircularReferenceError, match=r"Sheet!B\d+.*Sheet!C\d+|Sheet!C\d+.*Sheet!B\d+"):
        dependence.order(dependence.all_blocks())


def test_a_fixed_cell_of_its_own_column_is_cut_out() -> None:
    dependence = Dependence(book_of({"Sheet": {"B2:B4": "=B1+1", "B5:B9": "=B4+B$3"}}))
    regions = [str(block.region) for block in dependence.order(dependence.all_blocks())]
    assert regions == ["Sheet!B2:B4", "Sheet!B5:B9"]


def test_cuts_keep_every_cell_once() -> None:
    region = parse_region("B2:F9", "Sheet")
    pieces = Cut(frozenset({1, 4, 100}), frozenset({3})).pieces(region)
    assert [piece.a1 for piece in pieces] == ["B2:C4", "D2:F4", "B5:C9", "D5:F9"]
    assert sorted(cell for piece in pieces for cell in piece.cells()) == region.cells()


def test_regions_taken_away() -> None:
    region, other = parse_region("B2:F9", "Sheet"), parse_region("D4:D5", "Sheet")
    left = region.minus(other)
    assert [part.a1 for part in left] == ["B2:F3", "B4:C5", "E4:F5", "B6:F9"]
    assert region.minus(parse_region("A1:Z99", "Sheet")) == []
    assert region.minus(parse_region("H1", "Sheet")) == [region]
