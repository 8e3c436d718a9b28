"""Counts of what is no error, beside a sum of the same: in ``SUM(D1:D9)/COUNT(D1:D9)`` the count is a constant.

Wherever one of the cells is an error the sum is one already, so that the quotient is the same as with a count of all.
Else a mean of squares would be no sum of squares to a solver, and the count a step.
"""

from __future__ import annotations

import torch

from cellgrad.tensors.building import build
from cellgrad.tensors.nodes import Node, constant

_MOST = 60
"""Nodes up to which a divisor is looked through."""

_CARRIERS = frozenset({
    "add", "sub", "mul", "neg", "square", "sqrt", "sum", "matmul", "reshape", "broadcast", "permute", "concatenate"
})  # fmt: skip
"""Operations whose result has an element that is not finite wherever an operand has one."""


def settled_beside(value: Node, divisor: Node) -> Node | None:
    """The constant that a one-element divisor is wherever a one-element value is finite; None where there is none."""
    if value.size != 1 or divisor.size != 1 or divisor.is_constant:
        return None
    counted = _counted(divisor)
    if not counted or not counted <= _finite_with(value):
        return None
    return _folded(divisor)


def _counted(divisor: Node) -> set[Node]:
    """The nodes whose errors alone move a divisor; none where anything else does."""
    found: set[Node] = set()
    seen: set[Node] = set()
    waiting = [divisor]
    while waiting:
        node = waiting.pop()
        if node in seen or node.is_constant:
            continue
        seen.add(node)
        if node.operation == "isfinite":
            found.add(node.inputs[0])
        elif not node.inputs or len(seen) > _MOST:
            return set()
        else:
            waiting += node.inputs
    return found


def _finite_with(value: Node) -> set[Node]:
    """Nodes that hold no error where `value` is none."""
    found: set[Node] = set()
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if node in found or node.is_constant:
            continue
        found.add(node)
        if node.operation in _CARRIERS:
            waiting += node.inputs
        elif node.operation == "assemble":
            waiting += node.inputs[:-1]  # the last is what the others are put on
        elif node.operation == "div":
            waiting.append(node.inputs[0])
        elif node.operation == "select" and _is_error(node.inputs[2]):
            waiting += [node.inputs[1], *_tested(node.inputs[0])]
    return found


def _is_error(node: Node) -> bool:
    return node.value is not None and bool(node.value.isnan().all())


def _tested(condition: Node) -> list[Node]:
    """What has to be finite for a guard to let a value through."""
    if condition.operation == "isfinite":
        return [condition.inputs[0]]
    if condition.operation == "and":
        return [tested for part in condition.inputs for tested in _tested(part)]
    return []


def _folded(node: Node) -> Node:
    """A divisor with every count full."""
    if node.is_constant:
        return node
    if node.operation == "isfinite":
        return constant(torch.ones(node.shape, dtype=torch.bool))
    return build(node.operation, tuple(_folded(part) for part in node.inputs), node.shape, node.parameters)
