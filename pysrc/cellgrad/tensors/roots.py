"""Roots of equations as differentiable expressions, by the implicit function theorem.

Where x(p) solves F(x, p) = 0, its derivative is -F_p / F_x. The derivative written here holds x itself as a node, so
that differentiating it again gives the second derivative, and so on.

Source: Griewank and Walther, "Evaluating Derivatives" (2008), section 15.1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from cellgrad.tensors.building import ONE, build
from cellgrad.tensors.cotangents import define, finite_or_zero, full, ratio
from cellgrad.tensors.derivatives import pull_back
from cellgrad.tensors.elementwise import mul, neg
from cellgrad.tensors.nodes import Node, Shape, broadcast_shapes, topological
from cellgrad.tensors.rebuilding import rebuild
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
    # Partial derivatives are taken by stand-ins: an expression may reach past a node that only reshapes another.
    x = _stand_in("x", node.shape)
    inputs = [i if i.is_constant else _stand_in(f"p{number}", i.shape) for number, i in enumerate(node.inputs)]
    cotangent = _stand_in("g", node.shape)
    equation = residual(x, *inputs)
    slope = pull_back([equation], [broadcast(ONE, node.shape)], [x])[0]
    multiplier = neg(mul(cotangent, finite_or_zero(ratio(ONE, slope))))
    live = [i for i in inputs if not i.is_constant]
    partials = pull_back([equation], [multiplier], live)
    real = {id(x): node, id(cotangent): full(g, node.shape)}
    real |= {id(stand_in): own for stand_in, own in zip(inputs, node.inputs, strict=True)}
    parts = iter(_substituted(partials, real))
    return tuple(None if i.is_constant else next(parts) for i in inputs)


def _stand_in(name: str, shape: Shape) -> Node:
    return Node("input", (), (name,), shape, bound=math.inf)


def _substituted(outputs: Sequence[Node], real: Mapping[int, Node]) -> list[Node]:
    """The outputs with other nodes in the place of some of their leaves."""
    new = dict(real)
    for node in topological(outputs):
        if id(node) not in new:
            new[id(node)] = rebuild(node, tuple(new[id(i)] for i in node.inputs))
    return [new[id(output)] for output in outputs]


define("root", _run_root, vjp=_root_vjp, elementwise=False)
