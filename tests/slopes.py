"""Compiled slopes against central differences of the per-cell reference, one changing cell at a time."""

from __future__ import annotations

import math

import numpy as np
import torch

from cellgrad.program.compiling import Compiled
from cellgrad.reference import Reference
from cellgrad.workbook import Workbook


def require_slopes(book: Workbook, model: Compiled, step: float, tolerance: float) -> None:
    """The model of the cell H1 in the sheet "Sheet" has the reference's value, and its differences as slopes."""

    def value(x: np.ndarray) -> float:
        found = Reference(book, dict(zip(model.cells, x.tolist(), strict=True))).value("Sheet", 0, 7)
        assert isinstance(found, float)
        return found

    ours, slope = model.function.value_and_gradient(torch.from_numpy(model.x0[None]))
    assert math.isclose(ours.item(), value(model.x0), rel_tol=1e-13)
    for at in range(len(model.x0)):
        moved = np.zeros(len(model.x0))
        moved[at] = step
        difference = (value(model.x0 + moved) - value(model.x0 - moved)) / (2 * step)
        assert math.isclose(slope[0, at].item(), difference, rel_tol=1e-6, abs_tol=tolerance), at
