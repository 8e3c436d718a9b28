"""What the rules of differentiation share.

A derivative factor that is not finite where the value is finite (SQRT at 0, a power below 1 at 0) counts as 0: the
subgradient chosen, so that a gradient is finite wherever the value is, and so that a branch not taken, whose incoming
cotangent is 0, never turns it into NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor

from cellgrad.tensors.building import OPERATIONS, ZERO, Operation, number
from cellgrad.tensors.elementwise import elementwise, is_finite, mul, select
from cellgrad.tensors.nodes import Node, Shape
from cellgrad.tensors.reductions import total
from cellgrad.tensors.shapes import broadcast, lift, reshape


def reduce_to(cotangent: Node, shape: Shape, target: Shape) -> Node:
    """A cotangent of a node of `shape` (or of a shape that broadcasts to it) for an operand of shape `target`."""
    cotangent = lift(cotangent, len(shape)) if len(cotangent.shape) < len(shape) else cotangent
    padded = (1,) * (len(shape) - len(target)) + target
    summed = tuple(i for i, size in enumerate(padded) if size == 1 and cotangent.shape[i] > 1)
    repeats = math.prod(
        shape[i] for i, size in enumerate(padded) if size == 1 and shape[i] > 1 and cotangent.shape[i] == 1
    )
    result = total(cotangent, summed)
    if repeats != 1:
        result = mul(number(repeats), result)
    return reshape(result, result.shape[len(shape) - len(target) :])


def full(cotangent: Node, shape: Shape) -> Node:
    return broadcast(cotangent, shape)


def finite_or_zero(factor: Node) -> Node:
    """A derivative factor with 0 where it is not finite: the subgradient this module promises."""
    return factor if factor.always_finite or _is_finite_or_zero(factor) else select(is_finite(factor), factor, ZERO)


def _is_finite_or_zero(factor: Node) -> bool:
    """Whether a factor is one already, as it is in second derivatives."""
    if factor.operation != "select":
        return False
    condition, value, instead = factor.inputs
    return condition.operation == "isfinite" and condition.inputs[0] is value and instead.always_finite


def define(name: str, run: Callable[..., Tensor], **fields: Any) -> None:
    OPERATIONS[name] = Operation(run, **fields)


def bound_of_product(a: float, b: float) -> float:
    """The bound of a product; an infinite factor stays a doubt even beside a zero."""
    return a * b if math.isfinite(a) and math.isfinite(b) else math.inf


def ratio(a: Node, b: Node) -> Node:
    """a / b inside a derivative, where `finite_or_zero` deals with whatever is not finite."""
    return elementwise("div", a, b)
