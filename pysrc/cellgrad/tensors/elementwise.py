"""Operations on elements one by one, with Excel's errors (elements that are not finite) never swallowed."""

from __future__ import annotations

import math

import torch

from cellgrad.tensors.building import NAN, build, holds_only
from cellgrad.tensors.counting import settled_beside
from cellgrad.tensors.nodes import Node, Shape, broadcast_shapes, constant
from cellgrad.tensors.shapes import assemble, broadcast, lift, reshape

_LAID_OUT = frozenset({"reshape", "broadcast"})
"""Operations that an elementwise one may go before."""


def elementwise(name: str, *inputs: Node) -> Node:
    shape = inputs[0].shape
    if all(i.shape == shape and i.operation not in _LAID_OUT for i in inputs):
        return build(name, inputs, shape)
    shape = broadcast_shapes(*[i.shape for i in inputs])
    inputs = _unrepeated(inputs, shape)
    source = _common_source(inputs, shape)
    if source is not None:
        return reshape(build(name, source, broadcast_shapes(*[i.shape for i in source])), shape)
    # Live operands get the result's rank, since a batch axis in front must not meet an axis of another operand.
    lifted = tuple(i if i.is_constant or len(i.shape) == len(shape) else lift(i, len(shape)) for i in inputs)
    return build(name, lifted, shape)


def _common_source(inputs: tuple[Node, ...], shape: Shape) -> tuple[Node, ...] | None:
    """The operands before a reshape that all of them share, so that the operation can go first and the reshape last.

    Reshapes then meet and vanish, and a chain of elementwise operations runs in the shape its data came in.
    """
    common: Shape | None = None
    for operand in inputs:
        if operand.operation == "reshape" and operand.shape == shape:
            before = operand.inputs[0].shape
            if common is not None and before != common:
                return None
            common = before
    if common is None:
        return None
    sources = []
    for operand in inputs:
        if operand.operation == "reshape" and operand.shape == shape:
            sources.append(operand.inputs[0])
        elif operand.is_constant and operand.shape == shape:
            sources.append(reshape(operand, common))
        elif operand.is_constant and operand.size == 1:
            sources.append(reshape(operand, (1,) * len(common)))
        else:
            return None
    return tuple(sources)


def _unrepeated(inputs: tuple[Node, ...], shape: Shape) -> tuple[Node, ...]:
    """Operands before they were broadcast, where the others give the result its shape anyway."""
    for at, operand in enumerate(inputs):
        if operand.operation == "broadcast" and len(operand.inputs[0].shape) == len(shape):
            others = (*inputs[:at], operand.inputs[0], *inputs[at + 1 :])
            if broadcast_shapes(*(i.shape for i in others)) == shape:
                inputs = others
    return inputs


def neg(a: Node) -> Node:
    if a.operation == "neg":
        return a.inputs[0]
    if a.operation == "mul" and a.inputs[0].is_constant:
        return mul(neg(a.inputs[0]), a.inputs[1])
    return elementwise("neg", a)


def add(a: Node, b: Node) -> Node:
    if holds_only(a, 0.0) and b.shape == broadcast_shapes(a.shape, b.shape):
        return b
    if holds_only(b, 0.0) and a.shape == broadcast_shapes(a.shape, b.shape):
        return a
    if a.operation == "assemble" and b.operation == "assemble":
        joined = _joined(a, b)
        if joined is not None:
            return joined
    return elementwise("add", a, b)


def _joined(a: Node, b: Node) -> Node | None:
    """The sum of two assemblies on zeros whose pieces do not meet: one assembly of all of them."""
    if a.shape != b.shape or not (holds_only(a.inputs[-1], 0.0) and holds_only(b.inputs[-1], 0.0)):
        return None
    pieces = [
        (piece, place) for node in (a, b) for piece, place in zip(node.inputs[:-1], node.parameters[1], strict=True)
    ]
    for i, (p, at) in enumerate(pieces):
        for q, there in pieces[i + 1 :]:
            sizes = zip(at, p.shape, there, q.shape, strict=True)
            if all(x < y + m and y < x + n for x, n, y, m in sizes):
                return None
    return assemble(a.shape, pieces, a.inputs[-1])


def sub(a: Node, b: Node) -> Node:
    if holds_only(b, 0.0) and a.shape == broadcast_shapes(a.shape, b.shape):
        return a
    return elementwise("sub", a, b)


def mul(a: Node, b: Node) -> Node:
    """a * b; a constant factor comes first, and constant factors meet."""
    if b.is_constant and not a.is_constant:
        a, b = b, a
    if a.is_constant and not b.is_constant:
        if holds_only(a, 1.0) and b.shape == broadcast_shapes(a.shape, b.shape):
            return b
        if b.operation == "mul" and b.inputs[0].is_constant and (a.size == 1 or b.inputs[0].size == 1):
            return mul(mul(a, b.inputs[0]), b.inputs[1])
    if a is b:
        return square(a)
    return elementwise("mul", a, b)


def square(a: Node) -> Node:
    return elementwise("square", a)


def div(a: Node, b: Node) -> Node:
    """a / b; not finite where b is 0 or either is not finite."""
    b = settled_beside(a, b) or b
    if b.is_constant and not a.is_constant and b.size == 1 and b.value is not None:
        scale = 1.0 / b.value.item() if b.value.item() else math.nan
        # Only a power of two has an exact reciprocal: any other quotient is left a division.
        if math.frexp(scale)[0] == 0.5:
            return mul(constant(torch.full(b.shape, scale, dtype=torch.float64)), a)
    return guard(elementwise("div", a, b), b)


def power(a: Node, b: Node) -> Node:
    """a ** b as IEEE has it (0 ** 0 is 1), but not finite where either is not."""
    if holds_only(b, 2.0):
        return square(a)
    if holds_only(b, 1.0):
        return a
    result = elementwise("pow", a, b)
    if b.value is not None and bool(((b.value > 0) & b.value.isfinite()).all()):
        return result  # only exponents of 0 and below make numbers of errors
    return guard(result, a, b)


def maximum(a: Node, b: Node) -> Node:
    return guard(elementwise("maximum", a, b), a, b)


def minimum(a: Node, b: Node) -> Node:
    return guard(elementwise("minimum", a, b), a, b)


def arctan2(y: Node, x: Node) -> Node:
    return guard(elementwise("atan2", y, x), y, x)


def unary(name: str, a: Node) -> Node:
    """An elementwise function of one operand by name ('exp', 'sin', ...); errors pass through."""
    if name in _HIDES_INFINITY:
        return guard(elementwise(name, a), a)
    return elementwise(name, a)


_HIDES_INFINITY = {"exp", "atan", "tanh", "sign", "logistic", "softplus"}


def compare(name: str, a: Node, b: Node) -> Node:
    """'lt', 'le', 'eq', 'ne', 'gt' or 'ge' as a boolean node. Comparing an error answers no: guard the result."""
    source = _common_source((a, b), broadcast_shapes(a.shape, b.shape))
    if source is not None:
        return reshape(compare(name, *source), broadcast_shapes(a.shape, b.shape))
    if name in ("ne", "eq") and a.operation == "number" and holds_only(b, 0.0):
        truth = a.inputs[0]
        if truth.shape == broadcast_shapes(a.shape, b.shape):
            return truth if name == "ne" else logical_not(truth)
    return elementwise(name, a, b)


def logical_and(a: Node, b: Node) -> Node:
    return elementwise("and", a, b)


def logical_or(a: Node, b: Node) -> Node:
    return elementwise("or", a, b)


def logical_not(a: Node) -> Node:
    return elementwise("not", a)


def is_finite(a: Node) -> Node:
    """Whether each element is a number and not an error."""
    if a.always_finite:
        return constant(torch.ones((1,) * len(a.shape), dtype=torch.bool))
    return elementwise("isfinite", a)


def to_number(a: Node) -> Node:
    """1 for true, 0 for false."""
    return elementwise("number", a) if a.boolean else a


def select(condition: Node, a: Node, b: Node) -> Node:
    """a where the condition holds, else b; the cotangent flows to the one taken."""
    shape = broadcast_shapes(condition.shape, a.shape, b.shape)
    source = _common_source((condition, a, b), shape)
    if source is not None:
        return reshape(select(*source), shape)
    if condition.value is not None:
        if bool(condition.value.all()):
            return broadcast(a, shape)
        if not bool(condition.value.any()):
            return broadcast(b, shape)
    if (
        condition.operation in ("gt", "ge")
        and condition.inputs[0] is a
        and holds_only(b, 0.0)
        and holds_only(condition.inputs[1], 0.0)
    ):
        return elementwise("relu", a)
    return elementwise("select", condition, a, b)


def guard(value: Node, *suspects: Node) -> Node:
    """`value`, but an error wherever one of `suspects` is an error; the cotangent flows to `value` alone."""
    doubtful = [s for s in suspects if not s.always_finite]
    if not doubtful:
        return value
    fine = is_finite(doubtful[0])
    for suspect in doubtful[1:]:
        fine = logical_and(fine, is_finite(suspect))
    return select(fine, value, NAN)
