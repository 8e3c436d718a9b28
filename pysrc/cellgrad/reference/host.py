"""What a formula is evaluated for, and the two ways in which an evaluation stops that are no errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cellgrad.address import Region, full_name
from cellgrad.errors import UnsupportedError

Cell = tuple[str, int, int]
"""A cell as (sheet, row, column), the sheet spelled as in the workbook."""


@dataclass(frozen=True, slots=True)
class Host:
    """The cell a formula is evaluated for, and the block that it fills (the cell alone, unless an array formula)."""

    sheet: str
    row: int
    column: int
    region: Region
    scope: Mapping[str, Any] = field(default_factory=dict)
    """What LET and LAMBDA have named so far."""

    @property
    def name(self) -> str:
        return full_name(self.sheet, self.row, self.column)


class Needs(Exception):  # noqa: N818 - not an error: the evaluation is taken up again
    """Cells that must be computed before this formula can be."""

    def __init__(self, cells: list[Cell]) -> None:
        super().__init__(f"{len(cells)} cells")
        self.cells = cells


class CachedIsData(Exception):  # noqa: N818 - not an error: the cell's cached value is its value
    """The formula came to something that only the file knows: chance, the clock, another workbook."""

    def __init__(self, what: str, position: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.position = position


def several_references(position: int | None = None) -> UnsupportedError:
    return UnsupportedError(
        "an array of references is read here, which Excel answers in no documented way",
        position=position,
        action="wrap it in N(...) or SUBTOTAL(...), or give one position at a time",
    )
