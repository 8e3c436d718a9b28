"""Finding the residuals: is a scalar expression a sum of squares, and of what?

Recognised by structure, not declared: sums, means and weighted sums of squares, over any assembly of regions.
"""

from __future__ import annotations

import math

import torch

from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node, constant
from cellgrad.tensors.scan_gather import gather

_SHAPERS = frozenset({"reshape", "permute", "broadcast", "crop"})


_DEEPEST = 200
"""Sums of more terms than this, one inside the other, are not looked through."""


def residuals_of(value: Node) -> Node | None:
    """A vector r (m,) with sum(r ** 2) equal to the one-element `value`, or None where no such structure is seen."""
    try:
        parts = _terms(value, 1.0)
    except _TooDeep:
        return None
    if parts is None:
        return None
    flat = [t.reshape(t.mul(t.number(factor), root), (root.size,)) for factor, root in parts]
    if len(flat) == 1:
        return flat[0]
    places, start = [], 0
    for part in flat:
        places.append((part, (start,)))
        start += part.size
    return t.assemble((start,), places)


def residual_scale(value: Node) -> float:
    """What every residual of `residuals_of` is multiplied by, as 1 / sqrt(m) in a mean of squares; 1 where they have
    not all the same factor."""
    try:
        parts = _terms(value, 1.0) or []
    except _TooDeep:
        return 1.0
    factors = {factor for factor, _ in parts}
    return factors.pop() if len(factors) == 1 else 1.0


def observed_of(residuals: Node) -> torch.Tensor | None:
    """The numbers (m,) that a model is fitted to, where the residuals (m,) are plainly the difference of the two, as
    y - (a x + b) and y - a x - b are; else None."""
    node = residuals
    while node.size == residuals.size:
        if node.operation == "sub":
            known = [part.value for part in node.inputs if part.value is not None and part.size == residuals.size]
            if known:
                return known[0].reshape(-1)
            node = node.inputs[0]
        elif node.operation in _SHAPERS or node.operation == "mul":
            inner = [part for part in node.inputs if not (part.is_constant and part.size == 1)]
            if len(inner) != 1:
                return None
            node = inner[0]
        else:
            return None
    return None


def under_root(value: Node) -> Node | None:
    """What a one-element value is the square root of (by SQRT or ^0.5), or None where it is no root.

    A root times or over a positive number is one, too: SQRT(SUM(..))/SQRT(n).
    """
    factor = 1.0
    while True:
        if value.operation == "reshape":
            value = value.inputs[0]
        elif value.operation == "mul" and (number := _positive_scalar(value.inputs[0])) is not None:
            value, factor = value.inputs[1], factor * number
        elif value.operation == "div" and (number := _positive_scalar(value.inputs[1])) is not None:
            value, factor = value.inputs[0], factor / number
        else:
            break
    if value.operation != "sqrt" and not (value.operation == "pow" and _positive_scalar(value.inputs[1]) == 0.5):
        return None
    return value.inputs[0] if factor == 1 else t.mul(t.number(factor * factor), value.inputs[0])


class _TooDeep(Exception):  # noqa: N818 - an answer
    """The expression is nested more deeply than a sum of squares that people write."""


def _terms(node: Node, scale: float, depth: int = 0) -> list[tuple[float, Node]] | None:
    """Factors and what they multiply: residuals whose squares, times `scale`, add up to a one-element node."""
    if node.is_constant:
        return None
    if depth > _DEEPEST:
        raise _TooDeep
    depth += 1
    if node.operation in _SHAPERS and node.inputs[0].size == 1:
        return _terms(node.inputs[0], scale, depth)
    if node.operation == "mul":
        factor = _positive_scalar(node.inputs[0])
        return None if factor is None else _terms(node.inputs[1], scale * factor, depth)
    if node.operation == "div":
        divisor = _positive_scalar(node.inputs[1])
        return None if divisor is None else _terms(node.inputs[0], scale / divisor, depth)
    if node.operation == "add":
        left, right = (_terms(part, scale, depth) for part in node.inputs)
        return None if left is None or right is None else left + right
    if node.operation == "sum":
        root = _root(node.inputs[0])
    elif node.operation == "matmul":
        root = _weighted_root(*node.inputs)
    else:
        root = _root(node)
    return None if root is None else [(math.sqrt(scale), root)]


def _positive_scalar(node: Node) -> float | None:
    if node.value is None or node.size != 1:
        return None
    factor = node.value.item()
    return factor if factor > 0 and math.isfinite(factor) else None


def _root(node: Node, depth: int = 0) -> Node | None:
    """An expression whose square is `node`, element by element."""
    if depth > _DEEPEST:
        raise _TooDeep
    depth += 1
    if node.value is not None:
        # an error (not a number), as where SUMXMY2 meets one, is the square of an error
        fine = not node.boolean and bool(((node.value >= 0) | node.value.isnan()).all())
        return constant(torch.sqrt(node.value)) if fine else None
    match node.operation:
        case "square":
            return node.inputs[0]
        case "reshape":
            inner = _root(node.inputs[0], depth)
            return None if inner is None else t.reshape(inner, node.shape)
        case "broadcast":
            inner = _root(node.inputs[0], depth)
            return None if inner is None else t.broadcast(inner, node.shape)
        case "crop":
            inner = _root(node.inputs[0], depth)
            return None if inner is None else t.crop(inner, *node.parameters)
        case "gather":
            inner = _root(node.inputs[0], depth)
            return None if inner is None else gather(inner, *node.parameters)
        case "concatenate":
            parts = [_root(part, depth) for part in node.inputs]
            known = [part for part in parts if part is not None]
            return t.concatenate(known, node.parameters[0] + len(node.shape)) if len(known) == len(parts) else None
        case "mul":
            left, right = (_root(part, depth) for part in node.inputs)
            return None if left is None or right is None else t.mul(left, right)
        case "div":
            left, right = (_root(part, depth) for part in node.inputs)
            return None if left is None or right is None else t.div(left, right)
        case "select":
            left, right = (_root(part, depth) for part in node.inputs[1:])
            return None if left is None or right is None else t.select(node.inputs[0], left, right)
        case "assemble":
            roots = [_root(part, depth) for part in node.inputs]
            if any(root is None for root in roots):
                return None
            *pieces, base = [root for root in roots if root is not None]
            return t.assemble(node.shape, list(zip(pieces, node.parameters[1], strict=True)), base)
    return None


def _weighted_root(a: Node, b: Node) -> Node | None:
    """The residuals of a sum of weighted squares, which has become a product of a row and a column."""
    if a.shape[0] != 1 or b.shape[1] != 1:
        return None
    left, right = _root(a), _root(b)
    if left is None or right is None:
        return None
    return t.mul(t.reshape(left, (a.size,)), t.reshape(right, (b.size,)))
