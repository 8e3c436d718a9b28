"""What areas of a sheet hold, or are to hold: numbers all at once, what is none of them one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cellgrad.address import Region
from cellgrad.hosts.live.differences import ExactValue
from cellgrad.values import CellError, Value

Block: TypeAlias = Sequence[Sequence[Value]] | NDArray[np.float64]
"""The values of one area, row by row."""
FEW = 64
"""Values that are no numbers are few up to here."""
AS_SAVED = 1e-14
"""What a file format may round away, as a part of a number: Calc saves .xlsx with 15 digits."""


@dataclass(frozen=True)
class Held:
    """The values of one area, in reading order.

    numbers: (cells,) float64, of no meaning where `others`, by place, has what is no number.
    """

    area: Region
    numbers: NDArray[np.float64]
    others: Mapping[int, ExactValue]

    @classmethod
    def of(cls, area: Region, block: Block) -> Held:
        """From rows of values of the area's shape."""
        if isinstance(block, np.ndarray):
            return cls(area, np.array(block, np.float64).reshape(area.size), {})
        values = list(chain.from_iterable(block))
        others: dict[int, ExactValue] = {}
        for at in no_numbers(values):
            value = values[at]
            if value is None or isinstance(value, bool | str | CellError):
                others[at] = value
                values[at] = 0.0
        return cls(area, np.array(values, np.float64), others)

    def rows(self, others: Mapping[int, Any] | None = None) -> list[list[Any]]:
        """Row by row; with `others` these stand where there is no number."""
        values: list[Any] = self.numbers.tolist()
        for at, value in (self.others if others is None else others).items():
            values[at] = value
        width = self.area.width
        return [values[start : start + width] for start in range(0, len(values), width)]

    def value(self, at: int) -> ExactValue:
        """The value at a place."""
        return self.others[at] if at in self.others else float(self.numbers[at])

    def cell(self, at: int) -> tuple[int, int]:
        """The row and the column, from zero, of a place."""
        return self.area.top + at // self.area.width, self.area.left + at % self.area.width

    def differing(self, other: Held) -> NDArray[np.bool_]:
        """Where another has another value, to the bit."""
        return self._compared(other, self.numbers.view(np.int64) != other.numbers.view(np.int64))

    def unlike(self, other: Held) -> NDArray[np.bool_]:
        """Where another has another value than the same one saved and read again."""
        a, b = self.numbers, other.numbers
        with np.errstate(over="ignore"):
            far = np.abs(a - b) > AS_SAVED * np.maximum(np.abs(a), np.abs(b))
        return self._compared(other, far)

    def _compared(self, other: Held, numbers: NDArray[np.bool_]) -> NDArray[np.bool_]:
        for at in self.others.keys() | other.others.keys():
            a, b = self.value(at), other.value(at)
            numbers[at] = type(a) is not type(b) or a != b
        return numbers


def no_numbers(values: Sequence[object]) -> list[int]:
    """The places of what is no float. Looked for by type where they are few: a column of numbers has its header."""
    types = list(map(type, values))
    few = len(types) - types.count(float)
    if few > FEW:
        return [at for at, kind in enumerate(types) if kind is not float]
    found: list[int] = []
    for kind in set(types) - {float}:
        at = -1
        for _ in range(types.count(kind)):
            at = types.index(kind, at + 1)
            found.append(at)
    return found


def rectangles(sheet: str, cells: Iterable[tuple[int, int]]) -> list[Region]:
    """Cells as few rectangles: vertical runs, joined where neighbouring columns have the same."""
    places = np.array(sorted(cells), np.int64).reshape(-1, 2)[:, ::-1]
    runs: dict[tuple[int, int], list[int]] = {}
    columns, rows = places[np.lexsort(places.T[::-1])].T
    begins = np.flatnonzero((np.diff(rows, prepend=-2) != 1) | (np.diff(columns, prepend=-1) != 0))
    ends = np.append(begins[1:], len(rows))[: len(begins)] - 1
    for top, last, column in zip(rows[begins].tolist(), rows[ends].tolist(), columns[begins].tolist(), strict=True):
        runs.setdefault((top, last + 1), []).append(column)
    found = []
    for (top, bottom), listed in runs.items():
        ordered = np.array(listed)
        for part in np.split(ordered, np.flatnonzero(np.diff(ordered) != 1) + 1):
            found.append(Region(sheet, top, int(part[0]), bottom, int(part[-1]) + 1))
    return sorted(found, key=lambda region: (region.top, region.left))


def block_of(cells: Mapping[tuple[int, int], Value], area: Region) -> list[list[Value]]:
    """The values of an area, row by row."""
    return [[cells[row, column] for column in range(area.left, area.right)] for row in range(area.top, area.bottom)]
