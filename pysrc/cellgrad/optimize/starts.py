"""Where the starts of a run begin."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.quasirandom import SobolEngine

from cellgrad.errors import ArgumentError

SAME_GROUP = 100.0
"""Cells whose sizes follow each other within this factor are taken to be of one kind."""
DECADES = 1.5
"""By how many powers of ten either way ``spread`` multiplies."""
FAR = 10.0
WAYS = ("uniform", "near", "spread", "far")

Floats = NDArray[np.float64]


def make_starts(
    x0: Tensor,
    count: int,
    seed: int = 0,
    how: str = "uniform",
    lower: Floats | None = None,
    upper: Floats | None = None,
) -> Tensor:
    """`count` starts (K, n): the first is x0 (n,) itself, the others are drawn.

    A cell with both bounds gets points of a scrambled Sobol sequence between them (Sobol 1967; Owen 1998), which fill a
    box more evenly than random ones. The others are drawn as `how` says, and then moved between their bounds:
    uniform: in plus or minus the cell's scale, around zero. near: the same width around x0. spread: x0 times a random
    power of ten, so that signs stay; a zero as in uniform, but positive. far: as uniform, ten times as wide.
    The scale of a cell is the largest size in its group, where sizes |x0_i| that follow each other within a factor of
    100 form a group: cells set to RAND()-0.5 share one box, a rate of 1e-3 beside a mass of 1e5 keeps its own.
    A zero joins the group of the largest; where all are zero the scale is 1.
    The draw is made on the host from `seed`: the same starts on every device.
    """
    if count < 1:
        raise ArgumentError(f"{count} starts were asked for", action="ask for one or more")
    if how not in WAYS:
        raise ArgumentError(f"starts cannot be drawn {how!r}", action=f"use one of {', '.join(WAYS)}")
    if count == 1:
        return x0.unsqueeze(0)
    own = x0.detach().cpu().double().numpy()
    drawn = _drawn(own, count - 1, seed, how)
    if lower is not None and upper is not None:
        boxed = np.flatnonzero(np.isfinite(lower) & np.isfinite(upper))
        if len(boxed):
            drawn[:, boxed] = _sobol(len(boxed), count - 1, seed) * (upper - lower)[boxed] + lower[boxed]
        # mirrored rather than cut off at a bound: starts that all lie on it would search its face alone
        drawn = np.where(drawn < lower, 2 * lower - drawn, drawn)
        drawn = np.where(drawn > upper, 2 * upper - drawn, drawn)
        drawn = np.minimum(np.maximum(drawn, lower), upper)
    others = torch.as_tensor(drawn).to(device=x0.device, dtype=x0.dtype)
    return torch.cat((x0.unsqueeze(0), others))


def _drawn(own: Floats, count: int, seed: int, how: str) -> Floats:
    random = np.random.default_rng(seed)
    draw = random.uniform(-1.0, 1.0, (count, own.size))
    scales = cell_scales(own)
    if how == "spread":
        return np.where(own != 0, own * 10 ** (DECADES * draw), np.abs(draw) * scales)
    if how == "far":
        return FAR * draw * scales
    return draw * scales + (own if how == "near" else 0.0)


def _sobol(size: int, count: int, seed: int) -> Floats:
    """(count, size) points in the unit box; random ones where there are more dimensions than the sequence has."""
    if size > SobolEngine.MAXDIM:
        return np.random.default_rng(seed).uniform(size=(count, size))
    return SobolEngine(size, scramble=True, seed=seed).draw(count, dtype=torch.float64).numpy()


def cell_scales(x0: Floats) -> Floats:
    """The scale of each cell as `make_starts` describes it, (n,), all positive."""
    sizes = np.abs(x0)
    order = np.argsort(sizes)
    ranked = sizes[order]
    nonzero = ranked[ranked > 0]
    if nonzero.size == 0:
        return np.ones_like(sizes)
    scales = np.empty_like(sizes)
    zeros = sizes.size - nonzero.size
    scales[order[:zeros]] = nonzero[-1]
    last_of_group = np.append(nonzero[1:] > SAME_GROUP * nonzero[:-1], True)
    tops = np.flatnonzero(last_of_group)
    scales[order[zeros:]] = nonzero[tops[np.searchsorted(tops, np.arange(nonzero.size))]]
    return scales
