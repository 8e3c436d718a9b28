"""The gradient of one cell by a rectangle of others, in numbers: what CG_GRADIENT answers in a live sheet."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from cellgrad.address import Region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import ModelError
from cellgrad.program.lowering import Lowering
from cellgrad.program.objective import default_dtype
from cellgrad.program.slopes import slope_of
from cellgrad.tensors.execute import Program
from cellgrad.workbook import Workbook


def gradient_cells(
    book: Workbook, objective: Region, changing: Region, device: torch.device | str = "cpu"
) -> NDArray[np.float64]:
    """The derivative of `objective`, one cell, by every cell of `changing`, of its shape; not finite for an error.

    The changing cells may hold formulas, as the steps of a descent that is written in the sheet do: they are taken for
    numbers. Raises ModelError for an objective of several cells, and the error of a cell that cannot be evaluated.
    """
    if objective.size != 1:
        raise ModelError("the objective must be one cell", cell=str(objective), action="name a single cell")
    dependence = Dependence(book)
    lowering = Lowering(dependence, {})
    lowering.lower(dependence.order([*dependence.touching(objective), *dependence.touching(changing)]))
    slope, _, here = slope_of(lowering, objective, changing)
    assert here.value is not None  # nothing is live
    device = torch.device(device)
    program = Program([slope], ["changing"], device, default_dtype(device))
    (found,) = program(here.value.to(device, default_dtype(device)))
    result: NDArray[np.float64] = found.double().cpu().numpy()
    return np.where(np.isfinite(here.value.numpy()), result, np.nan)
