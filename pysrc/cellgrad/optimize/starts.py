"""Where the starts of a run begin."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellgrad.errors import ArgumentError

SAME_GROUP = 100.0
"""Cells whose sizes follow each other within this factor are taken to be of one kind."""


def make_starts(x0: Tensor, count: int, seed: int = 0, how: str = "uniform") -> Tensor:
    """`count` starts (K, n): the first is x0 (n,) itself, the others are drawn around it or around zero.

    uniform: each cell uniform in plus or minus its scale, around zero. near: the same width around x0.
    The scale of a cell is the largest size in its group, where sizes |x0_i| that follow each other within a factor of
    100 form a group: cells set to RAND()-0.5 share one box, a rate of 1e-3 beside a mass of 1e5 keeps its own.
    A zero joins the group of the largest; where all are zero the scale is 1.
    The draw is numpy's PCG64 from `seed`, made on the host: the same starts on every device.
    """
    if count < 1:
        raise ArgumentError(f"{count} starts were asked for", action="ask for one or more")
    if how not in ("uniform", "near"):
        raise ArgumentError(f"starts cannot be drawn {how!r}", action="use uniform or near")
    if count == 1:
        return x0.unsqueeze(0)
    own = x0.detach().cpu().double().numpy()
    draw = np.random.default_rng(seed).uniform(-1.0, 1.0, (count - 1, own.size)) * cell_scales(own)
    if how == "near":
        draw += own
    others = torch.as_tensor(draw).to(device=x0.device, dtype=x0.dtype)
    return torch.cat((x0.unsqueeze(0), others))


def cell_scales(x0: NDArray[np.float64]) -> NDArray[np.float64]:
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
