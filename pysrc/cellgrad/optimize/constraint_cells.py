"""Which cells a model's conditions stand for: what a person wrote, beside the places of rows and changing cells."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from cellgrad.address import Region
from cellgrad.optimize.conditions import PRECISION


class Standing(enum.Enum):
    """How a constraint stands at a point, in the words of Solver's answer report (`VIOLATED` is ours)."""

    BINDING = "Binding"
    NOT_BINDING = "Not binding"
    VIOLATED = "Violated"


@dataclass(frozen=True)
class ConstraintCell:
    """One constraint on one cell, as a person wrote it; a range of a saved model gives one a cell.

    left: the cell on the left. symbol: one of ``<= = >= int bin dif``. right: the right side of this cell as text, the
    name of a cell or a number ('' where the symbol says all). limit: the right side's value, nan for int, bin and dif;
    where the right side moves with the changing cells (`moving`), its value at the start.

    What it became:
    row: its place among the rows of `Conditions`, where it is no mere bound. With `moving` that row is the left side
    less the right one, and its limit is 0. Two constraints on one cell may share a row.
    place: that of the changing cell, where the left cell is one.
    constant: the left cell's value, where no changing cell moves it and it is no row.
    """

    left: Region
    symbol: str
    right: str = ""
    limit: float = math.nan
    row: int | None = None
    place: int | None = None
    constant: float | None = None
    moving: bool = False

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.left), self.symbol, self.right)))

    @property
    def discrete(self) -> bool:
        """Whether it asks for whole numbers (int, bin, dif), which neither bind nor have a slack."""
        return self.symbol in ("int", "bin", "dif")

    def slack(self, value: float, limit: float | None = None) -> float:
        """How far the left side's value is from the limit, below zero where it is beyond; 0 or less for an equality.

        limit: the right side's value now, where it is another than at the start."""
        limit = self.limit if limit is None else limit
        if self.symbol == "<=":
            return limit - value
        return value - limit if self.symbol == ">=" else 0.0 - abs(value - limit)

    def standing(self, value: float, limit: float | None = None, precision: float = PRECISION) -> Standing:
        """Whether the constraint binds: its slack is within `precision`, relative to max(1, |limit|) as in
        `Conditions.violation`. int, bin and dif count as binding where they hold, as in Solver's report. An error
        violates every constraint."""
        if self.discrete:
            whole = abs(value - round(value)) <= precision if math.isfinite(value) else False
            held = whole and (self.symbol != "bin" or -precision <= value <= 1 + precision)
            return Standing.BINDING if held else Standing.VIOLATED
        limit = self.limit if limit is None else limit
        slack, room = self.slack(value, limit), precision * max(1.0, abs(limit))
        if not slack >= -room:
            return Standing.VIOLATED
        return Standing.BINDING if slack <= room else Standing.NOT_BINDING
