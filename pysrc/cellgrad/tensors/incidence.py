"""Sums over picked elements: what SUMIF does, and its adjoint, which is the same with both indexes exchanged."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from cellgrad.tensors.building import build
from cellgrad.tensors.cotangents import define, full
from cellgrad.tensors.nodes import Node, constant


def spread(source: Node, start: Node, end: Node, size: int) -> Node:
    """The vector of `size` whose element end[k] is the sum of source[start[k]] over all k that share it.

    source: a vector. start, end: constant vectors of indexes, equally long. What is not picked leaves no trace, not
    even an error.
    """
    return build("spread", (source, start, end), (size,), (size,))


def indexes(values: np.ndarray) -> Node:
    """A constant vector of indexes for `spread`."""
    return constant(torch.from_numpy(np.ascontiguousarray(values, dtype=np.float64)))


def _run_spread(source: Tensor, start: Tensor, end: Tensor, size: int) -> Tensor:
    picked = source.index_select(-1, start.to(torch.int64))
    return source.new_zeros(*source.shape[:-1], size).index_add_(-1, end.to(torch.int64), picked)


def _spread_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    source, start, end = node.inputs
    return spread(full(g, node.shape), end, start, source.shape[-1]), None, None


define("spread", _run_spread, vjp=_spread_vjp, elementwise=False)
