"""Sums of many single-precision numbers added up in double precision.

A program in float32 computes a loss over a million rows well enough row by row; adding the rows up in float32 is what
would lose its digits. So what makes the last single numbers of a program (its outputs of one element, back to the sums
that make them) runs in a wider type, and whatever else reads those numbers reads them rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from cellgrad.tensors.building import OPERATIONS
from cellgrad.tensors.nodes import Node

Run = Callable[..., Tensor]

_SUMS = ("sum", "matmul")
_MOVERS = ("reshape", "permute", "broadcast")


def accumulating(outputs: Sequence[Node]) -> set[int]:
    """The ids of the live nodes to compute in the wider type: from outputs of one element back through single numbers,
    as far as sums of many."""
    found: set[int] = set()
    stack = [node for node in outputs if node.size == 1]
    while stack:
        node = stack.pop()
        if node.is_constant or node.operation == "input" or node.boolean or id(node) in found or node.size != 1:
            continue
        if node.operation in _SUMS:
            found.add(id(node))
        elif node.operation in _MOVERS or OPERATIONS[node.operation].elementwise:
            found.add(id(node))
            stack.extend(node.inputs)
    return found


def widened(operation: str, run: Run, dtype: torch.dtype) -> Run:
    """What runs an operation with its numbers, or at least their sum, in `dtype`."""
    if operation == "sum":
        return lambda a, axes, count: a.sum(axes, keepdim=True, dtype=dtype)
    if operation == "matmul":
        # of a row and a column: a product that makes a single number has no other shape
        return lambda a, b, inner: (a.to(dtype) * b.mT).sum(-1, keepdim=True)
    return _cast(run, dtype)


def narrowed(run: Run, dtype: torch.dtype) -> Run:
    """What runs an operation some of whose operands have been computed in a wider type."""
    return _cast(run, dtype)


def _cast(run: Run, dtype: torch.dtype) -> Run:
    def cast(*arguments: Any) -> Tensor:
        return run(*(a.to(dtype) if isinstance(a, Tensor) and a.is_floating_point() else a for a in arguments))

    return cast
