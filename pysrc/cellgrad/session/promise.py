"""What a search says its objective is worth, until the whole workbook, recalculated, has borne it out."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cellgrad.address import Region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import ModelError


@dataclass(frozen=True)
class Promise:
    """The objective `cell` is worth `value`, by no more than `within` either way, once `areas` hold what was found.

    before: the new values that the book had, and has again where the promise is broken.
    """

    areas: tuple[Region, ...]
    cell: Region
    value: float
    within: float
    before: Mapping[Region, np.ndarray]

    def kept_by(self, value: float) -> bool:
        """Whether what the cell is worth bears the promise out."""
        return abs(value - self.value) <= self.within

    def broken(self, value: float, dependence: Dependence) -> ModelError:
        """What to say where the recalculated workbook has another value in the cell."""
        return ModelError(
            f"the search ended at {self.value!r}, but recalculating the workbook gives {value!r}; nothing was kept",
            cell=str(self.cell),
            formula=dependence.text(dependence.touching(self.cell)[0]),
            action="make the model again if other cells have changed since; else please report this workbook",
        )


def rounding(part: float, *values: float) -> float:
    """How far numbers may lie apart that differ by rounding alone: `part` of the largest that is one."""
    return part * max((abs(value) for value in values if math.isfinite(value)), default=0.0) + sys.float_info.epsilon


def differ(before: Mapping[Region, np.ndarray], after: Mapping[Region, np.ndarray]) -> bool:
    """Whether new values are not what they were."""
    same = before.keys() == after.keys()
    return not same or any(not np.array_equal(before[region], after[region]) for region in before)
