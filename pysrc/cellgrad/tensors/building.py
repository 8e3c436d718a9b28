"""What an operation of a tensor expression is, and how a node of one is built: shared, folded or live.

Errors are elements that are not finite: whatever could hide one (a comparison, a division by it) has to guard.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cellgrad.tensors.nodes import Node, Shape, constant, derived, remember

Vjp = Callable[[Node, Node], tuple[Node | None, ...]]


@dataclass(frozen=True, slots=True)
class Operation:
    """How one operation runs and differentiates.

    run(*tensors, *parameters) -> tensor; counts axes from the end, so that leading batch axes pass through.
    bound(*bounds, node-parameters) -> magnitude bound; inf where unknown.
    vjp(node, cotangent) -> one cotangent an input, each of a shape that broadcasts to that of the input; None
    for no derivative. None as a whole: flat everywhere (or the result is boolean).
    elementwise: whether operands broadcast and operands' elements map one to one to results.
    """

    run: Callable[..., Tensor]
    bound: Callable[..., float] | None = None
    vjp: Vjp | None = None
    boolean: bool = False
    elementwise: bool = True


OPERATIONS: dict[str, Operation] = {}

_MOVERS = frozenset({"reshape", "permute", "broadcast", "crop", "concatenate", "assemble", "windows"})
"""Operations that only move elements: truth values stay truth values."""


def build(name: str, inputs: tuple[Node, ...], shape: Shape, parameters: tuple[Any, ...] = ()) -> Node:
    """The node of an operation: an equal one made before, the folded constant, or a new live node."""
    key = (name, *parameters)
    node = derived(key, inputs)
    if node is not None:
        return node
    operation = OPERATIONS[name]
    boolean = operation.boolean or (name in _MOVERS and inputs[0].boolean)
    values = [i.value for i in inputs]
    if all(value is not None for value in values):
        value = operation.run(*values, *parameters)
        node = Node("constant", (), (), shape, boolean, value)
    else:
        bound = 1.0 if boolean else math.inf
        if operation.bound is not None:
            bound = operation.bound(*[i.bound for i in inputs], *parameters)
        node = Node(name, inputs, parameters, shape, boolean, bound=bound)
    remember(key, inputs, node)
    return node


def holds_only(node: Node, number: float) -> bool:
    """Whether a node is the constant `number` in every element."""
    value = node.value
    if value is None or node.boolean or value.numel() == 0 or (value.numel() > 1 and any(value.stride())):
        return False
    return value.flatten()[0].item() == number


NAN = constant(torch.full((), math.nan, dtype=torch.float64))

ZERO = constant(torch.zeros((), dtype=torch.float64))

ONE = constant(torch.ones((), dtype=torch.float64))


def number(value: float) -> Node:
    """A constant of no axes."""
    return constant(torch.tensor(float(value), dtype=torch.float64))
