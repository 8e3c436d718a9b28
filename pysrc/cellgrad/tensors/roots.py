"""Roots of equations as differentiable expressions, by the implicit function theorem.

Where x(p) solves F(x, p) = 0, its derivative is -F_p / F_x. The derivative written here holds x itself as a node, so
that differentiating it again gives the second derivative, and so on.

Source: Griewank and Walther, "Evaluating Derivatives" (2008), section 15.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from cellgrad.tensors.building import ONE, build
from cellgrad.tensors.cotangents import define, finite_or_zero, full, ratio
from cellgrad.tensors.derivatives import pull_back
from cellgrad.tensors.elementwise import mul, neg
from cellgrad.tensors.nodes import Node, Shape, broadcast_shapes
from cellgrad.tensors.shapes import broadcast

Residual: TypeAlias = Callable[..., Node]
"""F(x, *p) as an expression of x's shape, each element depending on its own x alone."""
Solve: TypeAlias = Callable[..., np.ndarray]
"""The roots of arrays *p of the inputs' ranks (batch axes made equal and in front); NaN where there is none."""


def root(residual: Residual, solve: Solve, shape: Shape, *inputs: Node) -> Node:
    """x of `shape` with residual(x, *inputs) = 0, found by solve(*arrays).

    Both functions are the same objects for the same equation, since nodes are shared by them. An input that only says
    where to look (a guess) may take part in `solve` alone; it has no derivative.
    """
    return build("root", inputs, shape, (residual, solve, len(shape)))


def _run_root(*arguments: object) -> Tensor:
    *given, _residual, solve, rank = arguments
    tensors = [tensor for tensor in given if isinstance(tensor, Tensor)]
    assert callable(solve) and isinstance(rank, int)
    like = tensors[0]
    arrays = [tensor.detach().cpu().numpy().astype(np.float64, copy=False) for tensor in tensors]
    batch = broadcast_shapes(*(array.shape[: max(array.ndim - rank, 0)] for array in arrays))
    spread = [np.broadcast_to(array, (*batch, *array.shape[array.ndim - rank :])) for array in arrays]
    return torch.as_tensor(np.asarray(solve(*spread)), dtype=like.dtype, device=like.device)


def _root_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    residual = node.parameters[0]
    equation = residual(node, *node.inputs)
    slope = pull_back([equation], [broadcast(ONE, node.shape)], [node])[0]
    multiplier = neg(mul(full(g, node.shape), finite_or_zero(ratio(ONE, slope))))
    # The root itself is among what is differentiated by, so that the other derivatives hold it fixed. An input given
    # twice is one node: its derivative counts once.
    live = list({id(i): i for i in node.inputs if not i.is_constant}.values())
    partials = pull_back([equation], [multiplier], [node, *live])[1:]
    left = {id(i): partial for i, partial in zip(live, partials, strict=True)}
    return tuple(left.pop(id(i), None) for i in node.inputs)


define("root", _run_root, vjp=_root_vjp, elementwise=False)
