"""Which of many regions share a cell with another: asked thousands of times over, so by arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cellgrad.address import Region


class Regions:
    """Regions of any sheets, in any order, overlapping or not."""

    def __init__(self, regions: Iterable[Region]) -> None:
        self._regions: dict[str, list[Region]] = {}
        for region in regions:
            self._regions.setdefault(region.sheet, []).append(region)
        self._corners = {
            sheet: np.array([(r.top, r.left, r.bottom, r.right) for r in found]).T
            for sheet, found in self._regions.items()
        }

    def meeting(self, others: Regions) -> list[Region]:
        """Those that share a cell with one of the others, each once."""
        found: list[Region] = []
        for sheet, regions in self._regions.items():
            if sheet in others._corners:
                ours, theirs = self._corners[sheet], others._corners[sheet]
                if ours.shape[1] <= theirs.shape[1]:
                    met = np.array([_meet(theirs, own).any() for own in ours.T])
                else:
                    met = np.logical_or.reduce([_meet(ours, other) for other in theirs.T])
                found += [regions[at] for at in np.flatnonzero(met)]
        return found


def _meet(corners: np.ndarray, one: np.ndarray) -> np.ndarray:
    """Which of many regions share a cell with one."""
    (top, left, bottom, right), (first, start, last, end) = corners, one
    return (top < last) & (bottom > first) & (left < end) & (right > start)
