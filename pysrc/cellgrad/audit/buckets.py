"""What an audit found: every formula cell of a workbook in exactly one bucket."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cellgrad.address import Region
from cellgrad.answers import plain
from cellgrad.errors import CellgradError
from cellgrad.values import Value

FAILABLE = ("mismatched", "unsupported", "no_cached_value", "volatile", "external", "errors")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A formula cell whose recomputed value differs from the one compared with.

    origin: the cell where the two really part: this one, or the first of its precedents, and theirs, that differs
    although everything that it reads agrees.
    """

    cell: str
    formula: str
    cached: Value
    computed: Value
    origin: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Formula cells that could not be evaluated, and the error, which names the cell where it begins."""

    region: Region
    error: CellgradError


@dataclass
class Audit:
    """What an audit found. Every formula cell is in exactly one bucket.

    formulas: all formula cells. matched, mismatched: recomputed, and equal or not. unsupported: not evaluated for want
    of a function, by its name. no_cached_value: evaluated, with nothing to compare with. volatile: cells that change
    on every recalculation (chance, a clock) and all that depend on them, not compared. external: cells whose value
    only another workbook or a service has, taken from the file. errors: not evaluated for any other reason; `failed`
    says why, region by region. error_values: cells that show an error. distinct, distinct_matched: the same formula
    filled over many cells counts once, and is matched where all its cells are. data_tables: cells that a what-if data
    table fills, which are no formula cells and in none of the buckets.
    """

    file: str
    against: str
    formulas: int = 0
    matched: int = 0
    mismatched: list[Mismatch] = field(default_factory=list)
    unsupported: Counter[str] = field(default_factory=Counter)
    no_cached_value: int = 0
    volatile: int = 0
    external: int = 0
    errors: int = 0
    error_values: int = 0
    distinct: int = 0
    distinct_matched: int = 0
    data_tables: int = 0
    failed: list[Failed] = field(default_factory=list)

    def answer(self) -> dict[str, Any]:
        """As JSON: the fields of the command line's contract, and a few more."""
        found: dict[str, Any] = {name: getattr(self, name) for name in ("file", "against", "formulas", "matched")}
        found["mismatched"] = [
            {
                "cell": m.cell,
                "formula": m.formula,
                "cached": plain(m.cached),
                "computed": plain(m.computed),
                "origin": m.origin,
            }
            for m in self.mismatched
        ]
        found["unsupported"] = dict(sorted(self.unsupported.items()))
        counts = ("no_cached_value", "volatile", "external", "errors", "error_values", "distinct", "distinct_matched")
        found |= {name: getattr(self, name) for name in (*counts, "data_tables")}
        found["failed"] = [
            {"cells": str(f.region), "cell": f.error.cell, "formula": f.error.formula, "cause": f.error.cause}
            for f in self.failed
        ]
        return found

    @property
    def origins(self) -> Counter[str]:
        """The cells where values really part, and how many mismatched cells each explains."""
        return Counter(mismatch.origin for mismatch in self.mismatched)
