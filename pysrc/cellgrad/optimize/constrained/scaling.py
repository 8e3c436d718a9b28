"""Units in which every cell, row and slope is about 1.

A cell's typical size is what stands in it, or the width between its bounds. One that starts at zero between no bounds
gets the size at which the rows and the objective feel it as much as the others (equilibration after Ruiz 2001), so
that a model with a cell in millions and a row in millionths is solved as the same model in plain units is.
"""

from __future__ import annotations

import numpy as np

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.constrained.model import Model, Slopes, View

ROUNDS = 8
KEPT = 1e-2
WIDEST = 1e12
"""No cell is scaled by more than this part of another."""


def plain(model: Model) -> View:
    """The model in its own units."""
    return View(model, np.ones(model.n), np.ones(model.m), 1.0)


def scaled(model: Model, x: Floats, before: View | None = None) -> View:
    """The model in units that suit the point x (n,).

    before: the units in use so far: a cell that went to zero keeps some of its size, and the merit its unit, because
    its slope at an optimum is zero and no unit for anything.
    """
    own = model.slopes(x)
    if not own.finite:
        return before or plain(model)
    slopes = [own]
    cells = np.maximum(np.abs(x), KEPT * before.cells) if before else cell_sizes(model, x, slopes)
    steepness = np.max([np.abs(s.jacobian * cells).max(1, initial=0.0) for s in slopes], axis=0)
    limits = np.where(np.isfinite(model.row_upper), model.row_upper, model.row_lower)
    rows = 1.0 / np.where(steepness > 0, steepness, np.maximum(1.0, np.abs(limits)))
    steepest = max(float(np.abs(s.gradient * cells).max(initial=0.0)) for s in slopes)
    return View(model, cells, rows, before.merit if before else 1.0 / steepest if steepest > 0 else 1.0)


def cell_sizes(model: Model, x: Floats, slopes: list[Slopes]) -> Floats:
    """The typical size of every cell (n,)."""
    sizes = np.abs(x)
    width = model.upper - model.lower
    near = np.minimum(np.abs(model.lower), np.abs(model.upper))
    sizes = np.where((sizes == 0) & np.isfinite(width), width, sizes)
    sizes = np.where((sizes == 0) & np.isfinite(near), near, sizes)
    unknown = sizes == 0
    if unknown.any():
        sizes = _equilibrated(sizes, unknown, slopes)
    known = sizes[np.isfinite(sizes) & (sizes > 0)]
    middle = float(np.median(known)) if len(known) else 1.0
    sizes = np.where(np.isfinite(sizes) & (sizes > 0), sizes, middle)
    return np.maximum(sizes, sizes.max(initial=0.0) / WIDEST)


def _equilibrated(sizes: Floats, unknown: np.ndarray, slopes: list[Slopes]) -> Floats:
    """Sizes for the unknown cells at which their greatest influence on a row, or else on the objective, is that of
    the greatest of the others."""
    J = np.max([np.abs(np.vstack((s.jacobian, s.gradient))) for s in slopes], axis=0)
    felt = J.max(0) > 0
    guess = np.where(unknown, 1.0, sizes)
    moving = unknown & felt
    for _ in range(ROUNDS):
        row = (J * guess).max(1)
        row = np.where(row > 0, row, 1.0)
        column = (J * guess / row[:, None]).max(0)
        guess = np.where(moving & (column > 0), guess / np.sqrt(np.where(column > 0, column, 1.0)), guess)
    return np.where(moving | ~unknown, guess, 0.0)


def scaled_by_values(model: Model, x: Floats) -> View:
    """Units from the cells and limits alone, for models so large that no Jacobian is formed."""
    sizes = np.abs(x)
    known = sizes[sizes > 0]
    cells = np.where(sizes > 0, sizes, float(np.median(known)) if len(known) else 1.0)
    limits = np.where(np.isfinite(model.row_upper), model.row_upper, model.row_lower)
    gradient = model.weighted(x, 1.0, np.zeros(model.m))[2]
    steepest = float(np.abs(gradient * cells).max(initial=0.0))
    merit = 1.0 / steepest if np.isfinite(steepest) and steepest > 0 else 1.0
    return View(model, cells, 1.0 / np.maximum(1.0, np.abs(limits)), merit)
