"""The operations of a tensor expression: one record each, and one function each that builds it.

A record holds how it runs (torch), how large its result can be, and its derivative as an expression of the same
language, so that gradients can be differentiated again. Errors are elements that are not finite: whatever could hide
one (a comparison, a division by it) has to `guard` against it.

A derivative factor that is not finite where the value is finite (SQRT at 0, a power below 1 at 0) counts as 0: the
subgradient chosen, so that a gradient is finite wherever the value is, and so that a branch not taken, whose incoming
cotangent is 0, never turns it into NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from cellgrad.tensors.nodes import Node, Shape, broadcast_shapes, constant, derived, remember

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

_SHAPERS = frozenset({"reshape", "permute", "broadcast", "crop", "concatenate", "assemble", "windows"})
"""Operations that only move elements: truth values stay truth values."""


def _build(name: str, inputs: tuple[Node, ...], shape: Shape, parameters: tuple[Any, ...] = ()) -> Node:
    """The node of an operation: an equal one made before, the folded constant, or a new live node."""
    key = (name, *parameters)
    node = derived(key, inputs)
    if node is not None:
        return node
    operation = OPERATIONS[name]
    boolean = operation.boolean or (name in _SHAPERS and inputs[0].boolean)
    if all(i.is_constant for i in inputs):
        value = operation.run(*(i.value for i in inputs), *parameters)
        node = Node("constant", (), (), shape, boolean, value)
    else:
        bound = 1.0 if boolean else math.inf
        if operation.bound is not None:
            bound = operation.bound(*(i.bound for i in inputs), *parameters)
        node = Node(name, inputs, parameters, shape, boolean, bound=bound)
    remember(key, inputs, node)
    return node


# Elementwise --------------------------------------------------------------------------------------------------------


def _elementwise(name: str, *inputs: Node) -> Node:
    shape = broadcast_shapes(*(i.shape for i in inputs))
    inputs = _unrepeated(inputs, shape)
    source = _common_source(inputs, shape)
    if source is not None:
        return reshape(_build(name, source, broadcast_shapes(*(i.shape for i in source))), shape)
    # Live operands get the result's rank, since a batch axis in front must not meet an axis of another operand.
    lifted = tuple(i if i.is_constant or len(i.shape) == len(shape) else _lift(i, len(shape)) for i in inputs)
    return _build(name, lifted, shape)


def _common_source(inputs: tuple[Node, ...], shape: Shape) -> tuple[Node, ...] | None:
    """The operands before a reshape that all of them share, so that the operation can go first and the reshape last.

    Reshapes then meet and vanish, and a chain of elementwise operations runs in the shape its data came in.
    """
    before = {i.inputs[0].shape for i in inputs if i.operation == "reshape" and i.shape == shape}
    if len(before) != 1:
        return None
    (common,) = before
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


def _lift(node: Node, rank: int) -> Node:
    return reshape(node, (1,) * (rank - len(node.shape)) + node.shape)


def neg(a: Node) -> Node:
    if a.operation == "neg":
        return a.inputs[0]
    if a.operation == "mul" and a.inputs[0].is_constant:
        return mul(neg(a.inputs[0]), a.inputs[1])
    return _elementwise("neg", a)


def add(a: Node, b: Node) -> Node:
    if _is(a, 0.0) and b.shape == broadcast_shapes(a.shape, b.shape):
        return b
    if _is(b, 0.0) and a.shape == broadcast_shapes(a.shape, b.shape):
        return a
    if a.operation == "assemble" and b.operation == "assemble":
        joined = _joined(a, b)
        if joined is not None:
            return joined
    return _elementwise("add", a, b)


def _joined(a: Node, b: Node) -> Node | None:
    """The sum of two assemblies on zeros whose pieces do not meet: one assembly of all of them."""
    if a.shape != b.shape or not (_is(a.inputs[-1], 0.0) and _is(b.inputs[-1], 0.0)):
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
    if _is(b, 0.0) and a.shape == broadcast_shapes(a.shape, b.shape):
        return a
    return _elementwise("sub", a, b)


def mul(a: Node, b: Node) -> Node:
    """a * b; a constant factor comes first, and constant factors meet."""
    if b.is_constant and not a.is_constant:
        a, b = b, a
    if a.is_constant and not b.is_constant:
        if _is(a, 1.0) and b.shape == broadcast_shapes(a.shape, b.shape):
            return b
        if b.operation == "mul" and b.inputs[0].is_constant and (a.size == 1 or b.inputs[0].size == 1):
            return mul(mul(a, b.inputs[0]), b.inputs[1])
    if a is b:
        return square(a)
    return _elementwise("mul", a, b)


def square(a: Node) -> Node:
    return _elementwise("square", a)


def div(a: Node, b: Node) -> Node:
    """a / b; not finite where b is 0 or either is not finite."""
    if b.is_constant and not a.is_constant and b.size == 1 and b.value is not None:
        scale = 1.0 / b.value.item() if b.value.item() else math.nan
        # Only a power of two has an exact reciprocal: any other quotient is left a division.
        if math.frexp(scale)[0] == 0.5:
            return mul(constant(torch.full(b.shape, scale, dtype=torch.float64)), a)
    return guard(_elementwise("div", a, b), b)


def power(a: Node, b: Node) -> Node:
    """a ** b as IEEE has it (0 ** 0 is 1), but not finite where either is not."""
    if _is(b, 2.0):
        return square(a)
    if _is(b, 1.0):
        return a
    return guard(_elementwise("pow", a, b), a, b)


def maximum(a: Node, b: Node) -> Node:
    return guard(_elementwise("maximum", a, b), a, b)


def minimum(a: Node, b: Node) -> Node:
    return guard(_elementwise("minimum", a, b), a, b)


def arctan2(y: Node, x: Node) -> Node:
    return guard(_elementwise("atan2", y, x), y, x)


def unary(name: str, a: Node) -> Node:
    """An elementwise function of one operand by name ('exp', 'sin', ...); errors pass through."""
    if name in _HIDES_INFINITY:
        return guard(_elementwise(name, a), a)
    return _elementwise(name, a)


_HIDES_INFINITY = {"exp", "atan", "tanh", "sign", "logistic"}


def compare(name: str, a: Node, b: Node) -> Node:
    """'lt', 'le', 'eq', 'ne', 'gt' or 'ge' as a boolean node. Comparing an error answers no: guard the result."""
    source = _common_source((a, b), broadcast_shapes(a.shape, b.shape))
    if source is not None:
        return reshape(compare(name, *source), broadcast_shapes(a.shape, b.shape))
    if name in ("ne", "eq") and a.operation == "number" and _is(b, 0.0):
        truth = a.inputs[0]
        if truth.shape == broadcast_shapes(a.shape, b.shape):
            return truth if name == "ne" else logical_not(truth)
    return _elementwise(name, a, b)


def logical_and(a: Node, b: Node) -> Node:
    return _elementwise("and", a, b)


def logical_or(a: Node, b: Node) -> Node:
    return _elementwise("or", a, b)


def logical_not(a: Node) -> Node:
    return _elementwise("not", a)


def is_finite(a: Node) -> Node:
    """Whether each element is a number and not an error."""
    if a.always_finite:
        return constant(torch.ones((1,) * len(a.shape), dtype=torch.bool))
    return _elementwise("isfinite", a)


def to_number(a: Node) -> Node:
    """1 for true, 0 for false."""
    return _elementwise("number", a) if a.boolean else a


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
        and _is(b, 0.0)
        and _is(condition.inputs[1], 0.0)
    ):
        return _elementwise("relu", a)
    return _elementwise("select", condition, a, b)


def guard(value: Node, *suspects: Node) -> Node:
    """`value`, but an error wherever one of `suspects` is an error; the cotangent flows to `value` alone."""
    doubtful = [s for s in suspects if not s.always_finite]
    if not doubtful:
        return value
    fine = is_finite(doubtful[0])
    for suspect in doubtful[1:]:
        fine = logical_and(fine, is_finite(suspect))
    return select(fine, value, NAN)


def _is(node: Node, number: float) -> bool:
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


# Shapes -------------------------------------------------------------------------------------------------------------


def reshape(a: Node, shape: Shape) -> Node:
    if shape == a.shape:
        return a
    if a.operation == "reshape":
        return reshape(a.inputs[0], shape)
    return _build("reshape", (a,), shape, (shape, len(a.shape)))


def permute(a: Node, axes: tuple[int, ...]) -> Node:
    """The axes in another order; where only axes of size 1 move it is a reshape."""
    if axes == tuple(range(len(axes))):
        return a
    moved = [axis for axis in axes if a.shape[axis] != 1]
    shape = tuple(a.shape[axis] for axis in axes)
    if moved == sorted(moved):
        return reshape(a, shape)
    return _build("permute", (a,), shape, (tuple(axis - len(axes) for axis in axes),))


def broadcast(a: Node, shape: Shape) -> Node:
    """Repeated along axes of size 1 (and new leading ones)."""
    if a.shape == shape:
        return a
    if not a.is_constant:
        a = _lift(a, len(shape))
    return _build("broadcast", (a,), shape, (shape,))


def crop(a: Node, starts: tuple[int, ...], stops: tuple[int, ...]) -> Node:
    """The box from `starts` to `stops` (exclusive), along every axis."""
    shape = tuple(stop - start for start, stop in zip(starts, stops, strict=True))
    if shape == a.shape:
        return a
    if a.operation == "crop":
        inner = a.parameters[0]
        moved = (
            tuple(i + s for i, s in zip(inner, starts, strict=True)),
            tuple(i + s for i, s in zip(inner, stops, strict=True)),
        )
        return crop(a.inputs[0], *moved)
    return _build("crop", (a,), shape, (starts, stops))


def assemble(shape: Shape, pieces: Sequence[tuple[Node, tuple[int, ...]]], base: Node | None = None) -> Node:
    """A tensor of `shape` that holds each piece with its corner at the given place, else `base` (or 0)."""
    if len(pieces) == 1 and pieces[0][0].shape == shape:
        return pieces[0][0]
    row = _in_a_row(shape, pieces)
    if row is not None:
        return row
    nodes = tuple(piece for piece, _ in pieces)
    base = constant(torch.zeros((1,) * len(shape), dtype=torch.float64)) if base is None else base
    return _build("assemble", (*nodes, base), shape, (shape, tuple(place for _, place in pieces)))


def _in_a_row(shape: Shape, pieces: Sequence[tuple[Node, tuple[int, ...]]]) -> Node | None:
    """Pieces that fill the shape side by side along one axis, as a concatenation."""
    for axis in range(len(shape)):
        if any(p.shape[:axis] + p.shape[axis + 1 :] != shape[:axis] + shape[axis + 1 :] for p, _ in pieces):
            continue
        ordered = sorted(pieces, key=lambda piece: piece[1][axis])
        at = 0
        for piece, place in ordered:
            if place[axis] != at:
                return None
            at += piece.shape[axis]
        return concatenate([piece for piece, _ in ordered], axis) if at == shape[axis] else None
    return None


def concatenate(nodes: Sequence[Node], axis: int) -> Node:
    """Nodes side by side along an axis; neighbours cut from one node rejoin."""
    if len(nodes) == 1:
        return nodes[0]
    first = nodes[0]
    if first.shape[axis] == 1 and all(node is first for node in nodes):
        return broadcast(first, (*first.shape[:axis], len(nodes), *first.shape[axis + 1 :]))
    if all(node.operation == "reshape" and _turned(node) == axis for node in nodes):
        return transpose(concatenate([node.inputs[0] for node in nodes], 1 - axis))
    if all(node.operation == "crop" and node.inputs[0] is first.inputs[0] for node in nodes) and all(
        b.parameters[0][axis] == a.parameters[1][axis] and _across(a, axis) == _across(b, axis)
        for a, b in pairwise(nodes)
    ):
        stops = list(first.parameters[1])
        stops[axis] = nodes[-1].parameters[1][axis]
        return crop(first.inputs[0], first.parameters[0], tuple(stops))
    size = sum(node.shape[axis] for node in nodes)
    shape = (*first.shape[:axis], size, *first.shape[axis + 1 :])
    return _build("concatenate", tuple(nodes), shape, (axis - len(shape), len(shape)))


def _turned(node: Node) -> int | None:
    """For a reshape that turns a row into a column: 1; a column into a row: 0."""
    before, after = node.inputs[0].shape, node.shape
    if len(before) != 2 or len(after) != 2 or before != after[::-1] or 1 not in after:
        return None
    return 1 if after[1] == 1 else 0


def _across(node: Node, axis: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What a crop keeps along the other axes."""
    starts, stops = node.parameters
    return starts[:axis] + starts[axis + 1 :], stops[:axis] + stops[axis + 1 :]


def windows(a: Node, height: int, width: int) -> Node:
    """Every (height, width) window of a matrix (R, C): shape (R-height+1, C-width+1, height, width)."""
    rows, columns = a.shape[0] - height + 1, a.shape[1] - width + 1
    shape = (rows, columns, height, width)
    if 1 in (rows, height) and 1 in (columns, width):
        return permute(reshape(a, (rows, height, columns, width)), (0, 2, 1, 3))
    return _build("windows", (a,), shape, (height, width))


def take(table: Node, index: Node) -> Node:
    """table[index] for a vector `table` and an index of any shape; no derivative for the index."""
    return _build("take", (table, index), index.shape, ())


# Reductions and products --------------------------------------------------------------------------------------------


def total(a: Node, axes: tuple[int, ...]) -> Node:
    """The sum over `axes` (from the front, without batch), kept as size 1.

    A sum of products becomes a matrix product.
    """
    axes = tuple(axis for axis in axes if a.shape[axis] != 1)
    if not axes:
        return a
    if a.operation == "mul":
        product = _as_matrix_product(a.inputs[0], a.inputs[1], a.shape, axes)
        if product is not None:
            return product
    if a.operation == "reshape" and all(size == 1 for axis, size in enumerate(a.shape) if axis not in axes):
        source = a.inputs[0]
        summed = total(source, tuple(range(len(source.shape))))
        return reshape(summed, (1,) * len(a.shape))
    if a.operation == "mul" and a.inputs[0].is_constant and a.inputs[0].size == 1:
        scale = reshape(a.inputs[0], (1,) * len(a.shape))
        return mul(scale, total(a.inputs[1], axes))
    return _reduce("sum", a, axes)


def _reduce(name: str, a: Node, axes: tuple[int, ...]) -> Node:
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(a.shape))
    parameters: tuple[Any, ...] = (tuple(axis - len(a.shape) for axis in axes),)
    if name == "sum":
        parameters += (math.prod(a.shape[axis] for axis in axes),)
    return _build(name, (a,), shape, parameters)


def largest(a: Node, axes: tuple[int, ...]) -> Node:
    """The maximum over `axes`, kept; the cotangent is shared equally among equal maxima."""
    return _guard_reduced(_reduce("amax", a, axes), a, axes)


def smallest(a: Node, axes: tuple[int, ...]) -> Node:
    """The minimum over `axes`, kept; the cotangent is shared equally among equal minima."""
    return _guard_reduced(_reduce("amin", a, axes), a, axes)


def _guard_reduced(result: Node, a: Node, axes: tuple[int, ...]) -> Node:
    """An extreme could hide an error among what it reduces: it is one wherever an element is."""
    if a.always_finite:
        return result
    return guard(result, total(select(is_finite(a), ZERO, NAN), axes))


def product(a: Node, axes: tuple[int, ...]) -> Node:
    """The product over `axes`, kept."""
    return _reduce("prod", a, axes)


def any_of(a: Node, axes: tuple[int, ...]) -> Node:
    """Whether any truth value along `axes` holds."""
    return _reduce("any", a, axes)


def all_of(a: Node, axes: tuple[int, ...]) -> Node:
    """Whether every truth value along `axes` holds."""
    return _reduce("all", a, axes)


def matmul(a: Node, b: Node) -> Node:
    """(..., n, k) @ (..., k, m); leading axes broadcast."""
    if len(a.shape) > 2 and math.prod(a.shape[:-2]) == 1 and math.prod(b.shape[:-2]) == 1:
        flat = matmul(reshape(a, a.shape[-2:]), reshape(b, b.shape[-2:]))
        return reshape(flat, (1,) * (max(len(a.shape), len(b.shape)) - 2) + flat.shape)
    if len(a.shape) != len(b.shape):
        rank = max(len(a.shape), len(b.shape))
        a, b = _lift(a, rank), _lift(b, rank)
    shape = (*broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    return _build("matmul", (a, b), shape, (a.shape[-1],))


def _as_matrix_product(a: Node, b: Node, shape: Shape, axes: tuple[int, ...]) -> Node | None:
    """sum(a * b) over `axes` as one matrix product, or None where that is no gain.

    Axes fall into batch (kept, in both operands), rows (kept, a alone), columns (kept, b alone) and inner (summed, in
    both); an axis summed but present in one operand alone is summed there first.
    """
    rank = len(shape)
    a, b = (_lift(x, rank) if len(x.shape) < rank else x for x in (a, b))
    inner = [i for i in axes if a.shape[i] > 1 and b.shape[i] > 1]
    batch = [i for i in range(rank) if i not in axes and a.shape[i] > 1 and b.shape[i] > 1]
    rows = [i for i in range(rank) if i not in axes and a.shape[i] > 1 and b.shape[i] == 1]
    columns = [i for i in range(rank) if i not in axes and b.shape[i] > 1 and a.shape[i] == 1]
    if not inner or not (rows or columns) or batch:
        return None
    a = total(a, tuple(i for i in axes if i not in inner and a.shape[i] > 1))
    b = total(b, tuple(i for i in axes if i not in inner and b.shape[i] > 1))
    ones = [i for i in range(rank) if i not in inner + rows + columns]
    n, k, m = (math.prod(shape[i] for i in part) for part in (rows, inner, columns))
    left = reshape(permute(a, tuple(rows + inner + columns + ones)), (n, k))
    right = reshape(permute(b, tuple(inner + columns + rows + ones)), (k, m))
    order = rows + columns + inner + ones
    flat = reshape(matmul(left, right), tuple(1 if i in axes else shape[i] for i in order))
    return permute(flat, tuple(order.index(i) for i in range(rank)))


# Cotangents ---------------------------------------------------------------------------------------------------------


def reduce_to(cotangent: Node, shape: Shape, target: Shape) -> Node:
    """A cotangent of a node of `shape` (or of a shape that broadcasts to it) for an operand of shape `target`."""
    cotangent = _lift(cotangent, len(shape)) if len(cotangent.shape) < len(shape) else cotangent
    padded = (1,) * (len(shape) - len(target)) + target
    summed = tuple(i for i, size in enumerate(padded) if size == 1 and cotangent.shape[i] > 1)
    repeats = math.prod(
        shape[i] for i, size in enumerate(padded) if size == 1 and shape[i] > 1 and cotangent.shape[i] == 1
    )
    result = total(cotangent, summed)
    if repeats != 1:
        result = mul(number(repeats), result)
    return reshape(result, result.shape[len(shape) - len(target) :])


def _full(cotangent: Node, shape: Shape) -> Node:
    return broadcast(cotangent, shape)


def _finite_or_zero(factor: Node) -> Node:
    """A derivative factor with 0 where it is not finite: the subgradient this module promises."""
    return factor if factor.always_finite else select(is_finite(factor), factor, ZERO)


def _unary_vjp(factor: Callable[[Node, Node], Node]) -> Vjp:
    """From x, y -> dy/dx."""

    def vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
        return (mul(g, _finite_or_zero(factor(node.inputs[0], node))),)

    return vjp


def _binary_vjp(
    left: Callable[[Node, Node, Node, Node], Node | None], right: Callable[[Node, Node, Node, Node], Node | None]
) -> Vjp:
    """From (g, a, b, y) -> cotangent, for each operand that is live."""

    def vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
        a, b = node.inputs
        parts = []
        for operand, rule in ((a, left), (b, right)):
            part = None if operand.is_constant else rule(g, a, b, node)
            parts.append(None if part is None else reduce_to(part, node.shape, operand.shape))
        return tuple(parts)

    return vjp


def _define(name: str, run: Callable[..., Tensor], **fields: Any) -> None:
    OPERATIONS[name] = Operation(run, **fields)


def _times(a: float, b: float) -> float:
    """The bound of a product; an infinite factor stays a doubt even beside a zero."""
    return a * b if math.isfinite(a) and math.isfinite(b) else math.inf


def _op(name: str, *operands: Node) -> Node:
    return _elementwise(name, *operands)


def _ratio(a: Node, b: Node) -> Node:
    """a / b inside a derivative, where `_finite_or_zero` deals with whatever is not finite."""
    return _elementwise("div", a, b)


_define("neg", torch.neg, bound=lambda a: a, vjp=lambda n, g: (neg(g),))
_define("abs", torch.abs, bound=lambda a: a, vjp=_unary_vjp(lambda x, y: unary("sign", x)))
_define("sign", torch.sign, bound=lambda a: 1.0)
_define(
    "square",
    torch.square,
    bound=lambda a: a * a,
    vjp=lambda n, g: (mul(mul(number(2), g), _finite_or_zero(n.inputs[0])),),
)
_define("exp", torch.exp, bound=lambda a: math.exp(a) if a < 709 else math.inf, vjp=_unary_vjp(lambda x, y: y))
_define("log", torch.log, vjp=_unary_vjp(lambda x, y: _ratio(ONE, x)))
_define("log10", torch.log10, vjp=_unary_vjp(lambda x, y: _ratio(number(1 / math.log(10)), x)))
_define("log1p", torch.log1p, vjp=_unary_vjp(lambda x, y: _ratio(ONE, add(ONE, x))))
_define("sqrt", torch.sqrt, vjp=_unary_vjp(lambda x, y: _ratio(number(0.5), y)))
_define(
    "sin",
    torch.sin,
    bound=lambda a: 1.0 if math.isfinite(a) else math.inf,
    vjp=_unary_vjp(lambda x, y: unary("cos", x)),
)
_define(
    "cos",
    torch.cos,
    bound=lambda a: 1.0 if math.isfinite(a) else math.inf,
    vjp=_unary_vjp(lambda x, y: neg(unary("sin", x))),
)
_define("tan", torch.tan, vjp=_unary_vjp(lambda x, y: add(ONE, square(y))))
_define("asin", torch.asin, vjp=_unary_vjp(lambda x, y: _ratio(ONE, unary("sqrt", sub(ONE, square(x))))))
_define("acos", torch.acos, vjp=_unary_vjp(lambda x, y: _ratio(number(-1), unary("sqrt", sub(ONE, square(x))))))
_define(
    "atan",
    torch.atan,
    bound=lambda a: 2.0 if math.isfinite(a) else math.inf,
    vjp=_unary_vjp(lambda x, y: _ratio(ONE, add(ONE, square(x)))),
)
_define(
    "sinh",
    torch.sinh,
    bound=lambda a: math.sinh(a) if a < 709 else math.inf,
    vjp=_unary_vjp(lambda x, y: unary("cosh", x)),
)
_define(
    "cosh",
    torch.cosh,
    bound=lambda a: math.cosh(a) if a < 709 else math.inf,
    vjp=_unary_vjp(lambda x, y: unary("sinh", x)),
)
_define(
    "tanh",
    torch.tanh,
    bound=lambda a: 1.0 if math.isfinite(a) else math.inf,
    vjp=_unary_vjp(lambda x, y: sub(ONE, square(y))),
)
_define(
    "asinh",
    torch.asinh,
    bound=lambda a: a,
    vjp=_unary_vjp(lambda x, y: _ratio(ONE, unary("sqrt", add(square(x), ONE)))),
)
_define("acosh", torch.acosh, vjp=_unary_vjp(lambda x, y: _ratio(ONE, unary("sqrt", sub(square(x), ONE)))))
_define("atanh", torch.atanh, vjp=_unary_vjp(lambda x, y: _ratio(ONE, sub(ONE, square(x)))))
for _name in ("floor", "ceil", "trunc"):
    _define(_name, getattr(torch, _name), bound=lambda a: a + 1)
_define("relu", torch.relu, bound=lambda a: a, vjp=lambda n, g: (_op("relu_cotangent", g, n.inputs[0]),))
_define(
    "relu_cotangent",
    lambda g, x: torch.ops.aten.threshold_backward(g, x, 0.0),
    bound=lambda g, x: g,
    vjp=_binary_vjp(lambda g, a, b, y: _op("relu_cotangent", g, b), lambda g, a, b, y: None),
)
_define("add", torch.add, bound=lambda a, b: a + b, vjp=_binary_vjp(lambda g, a, b, y: g, lambda g, a, b, y: g))
_define("sub", torch.sub, bound=lambda a, b: a + b, vjp=_binary_vjp(lambda g, a, b, y: g, lambda g, a, b, y: neg(g)))
_define(
    "mul",
    torch.mul,
    bound=_times,
    vjp=_binary_vjp(
        lambda g, a, b, y: mul(g, _finite_or_zero(b)),
        lambda g, a, b, y: mul(g, _finite_or_zero(a)),
    ),
)
_define(
    "div",
    torch.div,
    vjp=_binary_vjp(
        lambda g, a, b, y: mul(g, _finite_or_zero(_ratio(ONE, b))),
        lambda g, a, b, y: neg(mul(g, _finite_or_zero(_ratio(y, b)))),
    ),
)
_define(
    "pow",
    torch.pow,
    vjp=_binary_vjp(
        lambda g, a, b, y: mul(g, _finite_or_zero(mul(b, power(a, sub(b, ONE))))),
        lambda g, a, b, y: mul(g, _finite_or_zero(mul(y, unary("log", a)))),
    ),
)
_define(
    "maximum",
    torch.maximum,
    bound=max,
    vjp=_binary_vjp(
        lambda g, a, b, y: select(compare("ge", a, b), g, ZERO),
        lambda g, a, b, y: select(compare("ge", a, b), ZERO, g),
    ),
)
_define(
    "minimum",
    torch.minimum,
    bound=max,
    vjp=_binary_vjp(
        lambda g, a, b, y: select(compare("le", a, b), g, ZERO),
        lambda g, a, b, y: select(compare("le", a, b), ZERO, g),
    ),
)
_define(
    "atan2",
    torch.atan2,
    bound=lambda y, x: 4.0,
    vjp=_binary_vjp(
        lambda g, a, b, y: mul(g, _finite_or_zero(_ratio(b, add(square(a), square(b))))),
        lambda g, a, b, y: neg(mul(g, _finite_or_zero(_ratio(a, add(square(a), square(b)))))),
    ),
)
for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    _define(_name, getattr(torch, _name), boolean=True)
_define("and", torch.logical_and, boolean=True)
_define("or", torch.logical_or, boolean=True)
_define("not", torch.logical_not, boolean=True)
_define("isfinite", torch.isfinite, boolean=True)
_define("number", lambda a: a.to(torch.float64), bound=lambda a: 1.0)


def _select_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    condition, a, b = node.inputs
    to_a = None if a.is_constant else reduce_to(select(condition, g, ZERO), node.shape, a.shape)
    to_b = None if b.is_constant else reduce_to(select(condition, ZERO, g), node.shape, b.shape)
    return None, to_a, to_b


_define("select", torch.where, bound=lambda c, a, b: max(a, b), vjp=_select_vjp)


def _run_reshape(a: Tensor, shape: Shape, rank: int) -> Tensor:
    return a.reshape(a.shape[: a.ndim - rank] + shape)


def _run_permute(a: Tensor, axes: tuple[int, ...]) -> Tensor:
    extra = a.ndim - len(axes)
    return a.permute(*range(extra), *(axis + a.ndim for axis in axes))


def _run_broadcast(a: Tensor, shape: Shape) -> Tensor:
    extra = a.ndim - len(shape)
    return a.expand(*a.shape[:extra], *shape) if extra > 0 else a.expand(shape)


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    forward = [axis + len(axes) for axis in axes]
    return tuple(forward.index(i) for i in range(len(axes)))


_define(
    "reshape",
    _run_reshape,
    bound=lambda a, *_: a,
    vjp=lambda n, g: (reshape(_full(g, n.shape), n.inputs[0].shape),),
    elementwise=False,
)
_define(
    "permute",
    _run_permute,
    bound=lambda a, *_: a,
    vjp=lambda n, g: (permute(_lift(g, len(n.shape)), _inverse(n.parameters[0])),),
    elementwise=False,
)
_define(
    "broadcast",
    _run_broadcast,
    bound=lambda a, *_: a,
    vjp=lambda n, g: (reduce_to(g, n.shape, n.inputs[0].shape),),
    elementwise=False,
)


def _run_crop(a: Tensor, starts: tuple[int, ...], stops: tuple[int, ...]) -> Tensor:
    for axis, (start, stop) in enumerate(zip(starts, stops, strict=True), -len(starts)):
        if stop - start != a.shape[axis]:
            a = a.narrow(axis, start, stop - start)
    return a


def _crop_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    return (assemble(node.inputs[0].shape, [(_full(g, node.shape), node.parameters[0])]),)


_define("crop", _run_crop, bound=lambda a, *_: a, vjp=_crop_vjp, elementwise=False)


def _run_assemble(*arguments: Any) -> Tensor:
    *pieces, base, shape, places = arguments
    rank = len(shape)
    batch = broadcast_shapes(*(t.shape[: max(t.ndim - rank, 0)] for t in (*pieces, base)))
    out = base.expand(*batch, *shape).clone(memory_format=torch.contiguous_format)
    for piece, place in zip(pieces, places, strict=True):
        size = piece.shape[piece.ndim - rank :]
        _run_crop(out, place, tuple(p + s for p, s in zip(place, size, strict=True))).copy_(piece)
    return out


def _assemble_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    g = _full(g, node.shape)
    parts: list[Node | None] = []
    for piece, place in zip(node.inputs[:-1], node.parameters[1], strict=True):
        stops = tuple(p + s for p, s in zip(place, piece.shape, strict=True))
        parts.append(None if piece.is_constant else crop(g, place, stops))
    return (*parts, None)


_define("assemble", _run_assemble, bound=lambda *a: max(a[:-2]), vjp=_assemble_vjp, elementwise=False)


def _run_concatenate(*arguments: Any) -> Tensor:
    *pieces, axis, rank = arguments
    batches = [piece.shape[: piece.ndim - rank] for piece in pieces]
    if any(batch != batches[0] for batch in batches):
        batch = broadcast_shapes(*batches)
        pieces = [piece.expand(*batch, *piece.shape[piece.ndim - rank :]) for piece in pieces]
    return torch.cat(pieces, axis)


def _concatenate_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    g = _full(g, node.shape)
    axis = node.parameters[0] + len(node.shape)
    parts: list[Node | None] = []
    start = 0
    for piece in node.inputs:
        starts, stops = [0] * len(node.shape), list(node.shape)
        starts[axis], stops[axis] = start, start + piece.shape[axis]
        parts.append(None if piece.is_constant else crop(g, tuple(starts), tuple(stops)))
        start += piece.shape[axis]
    return tuple(parts)


_define("concatenate", _run_concatenate, bound=lambda *a: max(a[:-2]), vjp=_concatenate_vjp, elementwise=False)


def _run_windows(a: Tensor, height: int, width: int) -> Tensor:
    return a.unfold(-2, height, 1).unfold(-2, width, 1)


def _run_overlap(g: Tensor, height: int, width: int) -> Tensor:
    """The adjoint of windows: overlapping windows (..., H, W, h, w) summed back into a matrix."""
    rows, columns = g.shape[-4], g.shape[-3]
    out = g.new_zeros(*g.shape[:-4], rows + height - 1, columns + width - 1)
    if height * width <= rows * columns:
        for i in range(height):
            for j in range(width):
                out[..., i : i + rows, j : j + columns] += g[..., i, j]
    else:
        for i in range(rows):
            for j in range(columns):
                out[..., i : i + height, j : j + width] += g[..., i, j, :, :]
    return out


def _windows_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    return (_build("overlap", (_full(g, node.shape),), node.inputs[0].shape, node.parameters),)


def _overlap_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    return (windows(_full(g, node.shape), *node.parameters),)


_define("windows", _run_windows, bound=lambda a, *_: a, vjp=_windows_vjp, elementwise=False)
_define("overlap", _run_overlap, bound=lambda a, h, w: a * h * w, vjp=_overlap_vjp, elementwise=False)


def _run_take(table: Tensor, index: Tensor) -> Tensor:
    return table[index.nan_to_num(0.0).to(torch.int64)]


_define("take", _run_take, bound=lambda t, i: t, elementwise=False)


def _run_sum(a: Tensor, axes: tuple[int, ...], count: int) -> Tensor:
    return a.sum(axes, keepdim=True)


_define("sum", _run_sum, bound=lambda a, axes, count: a * count, vjp=lambda n, g: (g,), elementwise=False)


def _extreme_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    a = node.inputs[0]
    axes = tuple(i for i, size in enumerate(a.shape) if node.shape[i] != size)
    hit = to_number(compare("eq", a, node))
    return (mul(_ratio(g, total(hit, axes)), hit),)


_define("amax", lambda a, axes: a.amax(axes, keepdim=True), bound=lambda a, _: a, vjp=_extreme_vjp, elementwise=False)
_define("amin", lambda a, axes: a.amin(axes, keepdim=True), bound=lambda a, _: a, vjp=_extreme_vjp, elementwise=False)


def _run_product(a: Tensor, axes: tuple[int, ...]) -> Tensor:
    for axis in axes:
        a = a.prod(axis, keepdim=True)
    return a


def _run_leave_one_out(a: Tensor, axes: tuple[int, ...]) -> Tensor:
    """For each element the product of all the others along `axes`; right also where some are 0."""
    rank = max(-axis for axis in axes)
    rest = [axis for axis in range(-rank, 0) if axis not in axes]
    lead = a.ndim - rank
    order = [*range(lead), *(axis + a.ndim for axis in rest), *(axis + a.ndim for axis in axes)]
    moved = a.permute(order)
    flat = moved.reshape(*moved.shape[: lead + len(rest)], -1)
    ones = torch.ones_like(flat[..., :1])
    before = torch.cat([ones, flat[..., :-1]], -1).cumprod(-1)
    after = torch.cat([flat[..., 1:], ones], -1).flip(-1).cumprod(-1).flip(-1)
    back = (before * after).reshape(moved.shape)
    return back.permute([order.index(i) for i in range(a.ndim)])


def _leave_one_out_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    raise NotImplementedError("second derivatives of PRODUCT over a range")


_define(
    "prod",
    _run_product,
    vjp=lambda n, g: (mul(g, _build("leave_one_out", n.inputs, n.inputs[0].shape, n.parameters)),),
    elementwise=False,
)
_define("leave_one_out", _run_leave_one_out, vjp=_leave_one_out_vjp, elementwise=False)


def _run_any(a: Tensor, axes: tuple[int, ...]) -> Tensor:
    for axis in axes:
        a = a.any(axis, keepdim=True)
    return a


def _run_all(a: Tensor, axes: tuple[int, ...]) -> Tensor:
    for axis in axes:
        a = a.all(axis, keepdim=True)
    return a


_define("any", _run_any, boolean=True, elementwise=False)
_define("all", _run_all, boolean=True, elementwise=False)


def transpose(a: Node) -> Node:
    """The last two axes exchanged."""
    rank = len(a.shape)
    return permute(a, (*range(rank - 2), rank - 1, rank - 2))


def _matmul_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    a, b = node.inputs
    g = _full(g, node.shape)
    to_a = None if a.is_constant else reduce_to(matmul(g, transpose(b)), (*node.shape[:-2], *a.shape[-2:]), a.shape)
    to_b = None if b.is_constant else reduce_to(matmul(transpose(a), g), (*node.shape[:-2], *b.shape[-2:]), b.shape)
    return to_a, to_b


def _run_matmul(a: Tensor, b: Tensor, inner: int) -> Tensor:
    return torch.matmul(a, b)


_define("matmul", _run_matmul, bound=lambda a, b, inner: _times(a, b) * inner, vjp=_matmul_vjp, elementwise=False)


# Building again -----------------------------------------------------------------------------------------------------


def rebuild(node: Node, inputs: tuple[Node, ...]) -> Node:
    """The node's operation on other inputs of the same shapes, simplified as when it was first built."""
    if all(new is old for new, old in zip(inputs, node.inputs, strict=True)):
        return node
    again = _AGAIN.get(node.operation)
    if again is not None:
        return again(*inputs, *node.parameters)
    if OPERATIONS[node.operation].elementwise:
        return _elementwise(node.operation, *inputs)
    if node.operation == "assemble":
        *pieces, base = inputs
        return assemble(node.shape, list(zip(pieces, node.parameters[1], strict=True)), base)
    if node.operation == "concatenate":
        return concatenate(inputs, node.parameters[0] + len(node.shape))
    return _build(node.operation, inputs, node.shape, node.parameters)


_AGAIN: dict[str, Callable[..., Node]] = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "neg": neg,
    "select": select,
    "reshape": lambda a, shape, rank: reshape(a, shape),
    "crop": crop,
    "broadcast": broadcast,
}
