"""Reverse and forward mode over tensor expressions; the derivative is an expression too."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from cellgrad.tensors.building import holds_only
from cellgrad.tensors.nodes import Node, constant, input_node, topological
from cellgrad.tensors.operations import ONE, OPERATIONS, broadcast
from cellgrad.tensors.summing import sum_of
from cellgrad.tensors.unswept import unswept


@unswept()
def pull_back(outputs: Sequence[Node], cotangents: Sequence[Node], wrt: Sequence[Node]) -> list[Node]:
    """Reverse mode: sum over outputs of cotangent^T (d output / d w), for each w in `wrt`.

    A cotangent may be of any shape that broadcasts to its output's. Where an output does not depend on w the result
    is a constant 0 of w's shape.
    """
    order = topological(outputs)
    depends: set[int] = {id(w) for w in wrt}
    for node in order:
        if any(id(i) in depends for i in node.inputs):
            depends.add(id(node))
    gathered: dict[int, list[Node]] = {}

    def gather(node: Node, cotangent: Node) -> None:
        if not holds_only(cotangent, 0.0):  # factors are finite, so that nothing comes of it
            gathered.setdefault(id(node), []).append(cotangent)

    for output, cotangent in zip(outputs, cotangents, strict=True):
        if id(output) in depends:
            gather(output, cotangent)
    targets = {id(w) for w in wrt}
    for node in reversed(order):
        if id(node) not in gathered or id(node) in targets:
            continue
        vjp = OPERATIONS[node.operation].vjp if node.inputs else None
        if vjp is None:
            continue
        parts = vjp(node, sum_of(gathered.pop(id(node))))
        for operand, part in zip(node.inputs, parts, strict=True):
            if part is not None and id(operand) in depends:
                gather(operand, part)
    return [broadcast(sum_of(gathered.get(id(w)) or [_zero(w)]), w.shape) for w in wrt]


def _zero(like: Node) -> Node:
    return constant(torch.zeros((1,) * len(like.shape), dtype=torch.float64))


def gradient(output: Node, wrt: Node) -> Node:
    """The gradient of a one-element output with respect to `wrt`, of its shape."""
    return pull_back([output], [ONE], [wrt])[0]


def push_forward(output: Node, wrt: Node, tangent: Node) -> Node:
    """Forward mode: (d output / d wrt) tangent, by reverse mode twice.

    The pull-back is linear in its cotangent, so differentiating it with respect to the cotangent, against the
    tangent, is the push-forward; the auxiliary cotangent drops out of the result.
    """
    probe = input_node("probe", output.shape)
    back = pull_back([output], [probe], [wrt])[0]
    return pull_back([back], [tangent], [probe])[0]
