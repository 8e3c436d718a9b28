"""Points moved onto linear equalities: weights that add up to 1 are nothing that random draws ever meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.discrete.judge import Ints, Judge

ROUNDS = 6
"""A point pushed back between its bounds leaves the equalities again: so often it is moved."""
SAME = 1e-10
"""Slopes that agree so far, relative, at points far apart are those of a linear row."""


@dataclass(frozen=True)
class Balance:
    """Equalities matrix (m, n) x = limit (m,), met by moving the cells at `places` alone, which may be moved."""

    matrix: Floats
    limit: Floats
    places: Ints

    def met(self, X: Floats, lower: Floats, upper: Floats) -> Floats:
        """X (K, n) moved onto the equalities between bounds (n,), as far as a few projections go."""
        part = self.matrix[:, self.places]
        back = np.linalg.pinv(part * (upper - lower)[self.places]) * (upper - lower)[self.places][:, None]
        low, high = lower[self.places], upper[self.places]
        X = X.copy()
        inside = np.ones((len(X), len(self.places)), bool)
        for _ in range(ROUNDS):
            short = self.limit - X @ self.matrix.T
            step = short @ back.T
            if not inside.all():  # cells that stand at a bound already have nothing to give: the others give more
                step = step * inside * (len(self.places) / np.maximum(1, inside.sum(1, keepdims=True)))
            moved = X[:, self.places] + step
            X[:, self.places] = np.clip(moved, low, high)
            inside = (moved > low) & (moved < high)
        return X


def balance_of(judge: Judge, lower: Floats, upper: Floats, free: Ints) -> Balance | None:
    """The linear equalities among a problem's rows that the free cells can meet; None where there are none.

    lower, upper (n,): finite bounds. Linear is what has one slope at points far apart.
    """
    problem, conditions = judge.problem, judge.conditions
    if problem.system is None or not conditions.equalities.any() or not len(free):
        return None
    parts = np.array([[0.31], [0.77], [0.52]])
    X = torch.as_tensor(lower + parts * (upper - lower)).to(device=problem.device, dtype=problem.dtype)
    _, _, rows, slopes = (part.double().cpu().numpy() for part in problem.system.slopes(X))
    size = np.maximum(np.abs(slopes[0]).max(1, initial=0.0), 1e-300)
    linear = (np.abs(slopes[1:] - slopes[0]).max((0, 2)) <= SAME * size) & np.isfinite(rows).all(0)
    chosen = conditions.equalities & linear & (slopes[0][:, free] != 0).any(1)
    if not chosen.any():
        return None
    matrix = slopes[0][chosen]
    # what stands on the row besides the slope's part: its value where all cells are zero
    constant = rows[0][chosen] - matrix @ X[0].double().cpu().numpy()
    return Balance(matrix, conditions.row_lower[chosen] - constant, free)
