"""Who depends on what: regions that meet, and what is known of it when blocks have been cut since."""

from __future__ import annotations

import numpy as np
from tests.sheets import book_of

from cellgrad.address import Region, parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.blocks.meeting import Regions


def _drawn(draw: np.random.Generator, count: int) -> list[Region]:
    found = []
    for _ in range(count):
        top, left, height, width = (int(x) for x in draw.integers((0, 0, 1, 1), (30, 30, 6, 6)))
        found.append(Region(str(draw.choice(["One", "Two"])), top, left, top + height, left + width))
    return found


def test_regions_that_meet_are_those_that_share_a_cell() -> None:
    """Few against many, and many against few, over two sheets."""
    draw = np.random.default_rng(0)
    for ours, theirs in ((40, 3), (3, 40), (20, 20), (1, 0)):
        for _ in range(50):
            mine, others = _drawn(draw, ours), _drawn(draw, theirs)
            wanted = {a for a in mine if any(a.intersect(b) for b in others)}
            found = Regions(mine).meeting(Regions(others))
            assert set(found) == wanted


def test_dependents_are_found_anew_when_blocks_have_been_taken_apart() -> None:
    book = book_of({"Sheet": {"A1:A4": 1.0, "B1:B4": "=A1*2", "C1:C4": "=B1+1", "E1": "=SUM(A4:A9)"}})
    dependence = Dependence(book)

    def found() -> list[str]:
        changed = [parse_region("A2", "Sheet")]
        return sorted(block.region.a1 for block in dependence.dependents(changed))

    assert found() == ["B1:B4", "C1:C4"]
    dependence.take_apart(dependence.touching(parse_region("B1:C4", "Sheet")), "as a test")
    assert found() == ["B2", "C2"]
