"""Sizes of changing cells and rows, and what is left of bad conditioning once they are allowed for.

Solver's best known failure is a model whose cells or constraints differ in size by many powers of ten: it "converges"
to a wrong answer. Methods that are given sizes work in x / size, where a unit of every cell matters alike
(Gill, Murray and Wright 1981, Practical Optimization, section 8.7; Dennis and Schnabel 1983, section 7.1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellgrad.optimize.problem import Problem
from cellgrad.optimize.starts import cell_scales

Floats = NDArray[np.float64]

MOST_CELLS = 200
"""Beyond so many changing cells no Hessian is made to judge their sizes."""
LARGEST_JACOBIAN = 10**7
"""Residuals x changing cells up to which the condition is estimated."""
ILL = 1e8
"""A condition from which on half of the digits of double precision are lost."""
FAR_APART = 1e6
"""Sizes that differ by this factor are worth a word."""
TO_BLAME = 0.1
"""The share of a nearly flat direction from which on a cell is named as a cause of it."""
MOST_NAMED = 6


def typical_sizes(x: Floats, lower: Floats | None = None, upper: Floats | None = None) -> Floats:
    """A typical size of every cell (n,), positive: its own, or where it is zero the nearest bound's that is not, or
    that of the cells around it (see `starts.cell_scales`)."""
    sizes = np.abs(x)
    for bound in (lower, upper):
        if bound is not None:
            usable = (sizes == 0) & np.isfinite(bound) & (bound != 0)
            sizes = np.where(usable, np.abs(bound), sizes)
    return np.where(sizes > 0, sizes, cell_scales(x))


def curvature_along_cells(problem: Problem, x: Tensor, gradient: Tensor) -> Tensor:
    """The Hessian's diagonal (n,) at x (n,) with gradient (n,), roughly: by differences of exact gradients, n points in
    one batch. nan where a difference is lost in rounding or meets an error."""
    sizes = torch.as_tensor(typical_sizes(x.double().cpu().numpy())).to(x)
    step = problem.epsilon ** (1 / 3) * sizes
    if problem.bounded:
        up, down = (problem.project(x + side) - x for side in (step, -step))
        step = torch.where(up >= -down, up, down)
    _, there = problem.value_and_gradient(x + torch.diag(step))
    change = torch.diagonal(there) - gradient
    lost = change.abs() <= 100 * problem.epsilon * gradient.abs()
    return torch.where(lost, torch.nan, change / step)


def sizes_of_curvature(diagonal: Tensor) -> Tensor:
    """Sizes (K, n) from the Hessian's diagonal (K, n): a step of such a size changes a quadratic by one half. Cells
    without curvature, or with one below rounding of the largest, get the geometric mean of the others; 1 where no
    cell has any."""
    curvature = diagonal.abs()
    largest = torch.where(torch.isfinite(curvature), curvature, 0.0).amax(1, keepdim=True)
    known = torch.isfinite(curvature) & (curvature > 0) & (curvature > 1e-30 * largest)
    logs = torch.where(known, torch.where(known, curvature, 1.0).log(), 0.0)
    mean = logs.sum(1, keepdim=True) / known.sum(1, keepdim=True).clamp(min=1)
    return torch.exp(-0.5 * torch.where(known, logs, mean))


def row_factors(jacobian: Floats, sizes: Floats | None = None) -> Floats:
    """What to multiply each row of J (c, n) by, (c,), so that its gradient in cells of the given sizes (n,) is 1; 1 for
    a row that nothing moves."""
    norms = np.linalg.norm(jacobian if sizes is None else jacobian * sizes, axis=1)
    return np.where(norms > 0, 1 / np.where(norms > 0, norms, 1.0), 1.0)


@dataclass(frozen=True)
class Conditioning:
    """How well the changing cells are determined at a point.

    condition: of the Jacobian (or of the Hessian's square root) with every cell at its own size; infinite where some
    direction changes nothing. tangled: places of the cells that make up its flattest direction, where the condition is
    ill. spread: the largest size over the smallest. outsized: places of the cells whose size lies far from the median.
    """

    condition: float
    tangled: tuple[int, ...]
    spread: float
    outsized: tuple[int, ...]

    def warning(self, cells: Sequence[str]) -> str | None:
        """What the user should know, with the names of the cells (n,); None where all is well."""
        parts = []
        if self.tangled:
            named, alone = _listed(self.tangled, cells), len(self.tangled) == 1
            if math.isinf(self.condition):
                what = f"{named} can move{'' if alone else ' together'} without moving the objective"
            else:
                what = f"{named} can move{'' if alone else ' together'} with hardly an effect (condition "
                what += f"{self.condition:.0e})"
            parts.append(f"{what}: fix {'it' if alone else 'one of them'}, or give the model more to hold them by")
        if self.outsized:
            parts.append(
                f"{_listed(self.outsized, cells)}: a unit here weighs {self.spread:.0e} times more or less than "
                "elsewhere; cells of like sizes (thousands, percent) make better models"
            )
        return ". ".join(parts) + "." if parts else None


def conditioning_at(problem: Problem, x: Floats, multipliers: Floats | None = None) -> Conditioning | None:
    """That of a problem at x (n,); with rows at its answer, where their multipliers (c,) are known."""
    if not problem.conditions.count:
        return conditioning(problem, x)
    return None if multipliers is None else conditioning_under_rows(problem, x, multipliers)


def conditioning(problem: Problem, x: Floats) -> Conditioning | None:
    """That of a problem at x (n,): from the Jacobian of the residuals, else from the exact Hessian where the problem
    has a `System`; None where there is neither, or it is too large or not finite. Cells at bounds are left out."""
    free = np.flatnonzero((x > problem.conditions.lower) & (x < problem.conditions.upper))
    point = torch.as_tensor(x).to(device=problem.device, dtype=problem.dtype)[None]
    if problem.has_residuals and problem.residual_count * problem.size <= LARGEST_JACOBIAN:
        _, jacobian = problem.residuals_and_jacobian(point)
        return conditioning_of(jacobian[0].double().cpu().numpy(), free)
    if problem.system is not None and problem.size <= MOST_CELLS:
        hessian = own_hessian(problem, point)[0].double().cpu().numpy()
        if not np.isfinite(hessian).all():
            return None
        values, vectors = np.linalg.eigh(hessian)
        return conditioning_of(np.sqrt(np.abs(values))[:, None] * vectors.T, free)
    return None


def conditioning_under_rows(problem: Problem, x: Floats, multipliers: Floats) -> Conditioning | None:
    """That of a problem with rows at its answer x (n,), with their multipliers (c,): what neither the curvature of the
    Lagrangian nor a row that binds determines (Nocedal and Wright 2006, theorem 12.6). None where it is too large or
    not finite. Sizes are left out: rows and curvature have none in common."""
    system, conditions = problem.system, problem.conditions
    if system is None or problem.size > MOST_CELLS:
        return None
    point = torch.as_tensor(x).to(device=problem.device, dtype=problem.dtype)[None]
    weights = torch.as_tensor(multipliers).to(point)[None]
    hessian = system.weighted_hessian(point, torch.ones_like(point[:, 0]), -weights)[0].double().cpu().numpy()
    _, _, g, jacobian = (found[0].double().cpu().numpy() for found in system.slopes(point))
    if not (np.isfinite(hessian).all() and np.isfinite(jacobian).all()):
        return None
    values, vectors = np.linalg.eigh(hessian)
    roots = np.sqrt(np.abs(values))[:, None] * vectors.T
    limits = np.where(np.abs(g - conditions.row_lower) < np.abs(g - conditions.row_upper), conditions.row_lower,
                      conditions.row_upper)  # fmt: skip
    binding = np.abs(g - limits) <= conditions.precision * np.maximum(1.0, np.abs(limits))
    rows = jacobian[binding] * row_factors(jacobian[binding], typical_sizes(x))[:, None]
    free = np.flatnonzero((x > conditions.lower) & (x < conditions.upper))
    found = conditioning_of(np.vstack([roots, rows * max(1.0, float(roots.max(initial=0)))]), free)
    return None if found is None else replace(found, outsized=())


def own_hessian(problem: Problem, X: Tensor) -> Tensor:
    """The exact Hessian (K, n, n) of the objective cell of a problem with a `System`."""
    system = problem.system
    assert system is not None
    one = X.new_ones(len(X))
    return system.weighted_hessian(X, one, X.new_zeros(len(X), system.count))


def conditioning_of(jacobian: Floats, free: NDArray[np.int64] | None = None) -> Conditioning | None:
    """That of J (m, n), of its columns `free` alone; None where it is not finite or has no column.

    The condition is that of J with columns at unit length, which no choice of sizes betters by more than sqrt(n) (van
    der Sluis 1969); the cells to blame are read off the right singular vector of its smallest singular value (Belsley,
    Kuh and Welsch 1980, section 3.2).
    """
    places = np.arange(jacobian.shape[1]) if free is None else free
    J = jacobian[:, places]
    if not np.isfinite(J).all() or not len(places):
        return None
    norms = np.linalg.norm(J, axis=0)
    _, s, vt = np.linalg.svd(np.linalg.qr(J / np.where(norms > 0, norms, 1.0), mode="r"))
    s = np.concatenate((s, np.zeros(len(places) - len(s))))
    floor = max(J.shape) * np.finfo(np.float64).eps * s[0]
    condition = float(s[0] / s[-1]) if s[-1] > floor else math.inf
    tangled: tuple[int, ...] = ()
    if condition >= ILL:
        flat = vt[s <= max(floor, s[0] / ILL)]
        share = np.sqrt(np.square(flat).sum(axis=0))
        tangled = tuple(places[share > TO_BLAME].tolist())
    known = norms[norms > 0]
    spread = float(known.max() / known.min()) if known.size else 1.0
    outsized: tuple[int, ...] = ()
    if spread >= FAR_APART:
        away = np.abs(np.log(np.where(norms > 0, norms, np.median(known)) / np.median(known)))
        outsized = tuple(places[away >= 0.5 * math.log(FAR_APART)].tolist())
    return Conditioning(condition, tangled, spread, outsized)


def _listed(places: Sequence[int], cells: Sequence[str]) -> str:
    named = ", ".join(cells[place] for place in places[:MOST_NAMED])
    return named + (f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else "")
