"""Which of many regions share a cell with another: asked thousands of times over, so by arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cellgrad.address import Region


class Regions:
    """Regions of any sheets, in any order, overlapping or not."""

    def __init__(self, regions: Iterable[Region]) -> None:
        by_sheet: dict[str, list[tuple[int, int, int, int]]] = {}
        for r in regions:
            by_sheet.setdefault(r.sheet, []).append((r.top, r.left, r.bottom, r.right))
        self._sheets = {sheet: np.array(corners).T for sheet, corners in by_sheet.items()}

    def any_meets(self, region: Region) -> bool:
        """Whether one of them shares a cell with `region`."""
        corners = self._sheets.get(region.sheet)
        if corners is None:
            return False
        top, left, bottom, right = corners
        met = (top < region.bottom) & (bottom > region.top) & (left < region.right) & (right > region.left)
        return bool(met.any())
