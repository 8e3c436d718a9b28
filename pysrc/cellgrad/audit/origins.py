"""Where values really part: of the cells that differ, the first on each way back whose precedents all agree."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.blocks.dependence import Dependence

Place = tuple[str, int, int]
"""A cell as (sheet, row, column)."""


class Origins:
    """The cells that differ, and which of them the difference of each comes from.

    differing: the cells, with the block that each belongs to.
    """

    def __init__(self, dependence: Dependence, differing: Iterable[tuple[Place, Block]]) -> None:
        self._dependence = dependence
        self._blocks = dict(differing)
        self._columns: dict[tuple[str, int], list[int]] = {}
        for sheet, row, column in sorted(self._blocks):
            self._columns.setdefault((sheet, column), []).append(row)
        self._sheets: dict[str, list[int]] = {}
        for sheet, column in self._columns:
            self._sheets.setdefault(sheet, []).append(column)
        for columns in self._sheets.values():
            columns.sort()
        self._found: dict[Place, Place] = {}

    def of(self, place: Place) -> Place:
        """The cell that the difference of this one comes from; itself where all that it reads agrees."""
        path = [place]
        seen = {place}
        while path[-1] not in self._found:
            before = next((cell for cell in self._differing_precedents(path[-1]) if cell not in seen), None)
            if before is None:
                break
            path.append(before)
            seen.add(before)
        origin = self._found.get(path[-1], path[-1])
        self._found.update(dict.fromkeys(path, origin))
        return origin

    def _differing_precedents(self, place: Place) -> Iterator[Place]:
        block = self._blocks[place]
        cell = block if block.spread else block.cell(place[1], place[2])
        for region in self._dependence.reads(cell):
            yield from self._within(region)

    def _within(self, region: Region) -> Iterator[Place]:
        columns = self._sheets.get(region.sheet, [])
        for column in columns[bisect.bisect_left(columns, region.left) : bisect.bisect_left(columns, region.right)]:
            rows = self._columns[region.sheet, column]
            for row in rows[bisect.bisect_left(rows, region.top) : bisect.bisect_left(rows, region.bottom)]:
                yield region.sheet, row, column
