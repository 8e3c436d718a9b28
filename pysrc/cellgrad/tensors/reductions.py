"""Sums, products and extremes along axes, and the matrix product that a sum of products becomes."""

from __future__ import annotations

import math
from typing import Any

from cellgrad.tensors.building import NAN, ZERO, build
from cellgrad.tensors.elementwise import guard, is_finite, mul, select
from cellgrad.tensors.nodes import Node, Shape, broadcast_shapes
from cellgrad.tensors.shapes import concatenate, crop, lift, permute, reshape


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
    return build(name, (a,), shape, parameters)


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
    """The product over `axes`, kept.

    Of live numbers one half is multiplied by the other, and again: the product of n numbers is log2(n) operations,
    and what differentiates a multiplication differentiates it, as often as one likes and where factors are 0.
    """
    if a.is_constant:
        return _reduce("prod", a, axes)
    for axis in axes:
        while (size := a.shape[axis]) > 1:
            half = size // 2
            pairs = mul(_stretch(a, axis, 0, half), _stretch(a, axis, half, 2 * half))
            a = pairs if size == 2 * half else concatenate([pairs, _stretch(a, axis, 2 * half, size)], axis)
    return a


def _stretch(a: Node, axis: int, start: int, stop: int) -> Node:
    starts, stops = [0] * len(a.shape), list(a.shape)
    starts[axis], stops[axis] = start, stop
    return crop(a, tuple(starts), tuple(stops))


def any_of(a: Node, axes: tuple[int, ...]) -> Node:
    """Whether any truth value along `axes` holds."""
    return _reduce("any", a, axes)


def all_of(a: Node, axes: tuple[int, ...]) -> Node:
    """Whether every truth value along `axes` holds."""
    return _reduce("all", a, axes)


def matmul(a: Node, b: Node) -> Node:
    """(..., n, k) @ (..., k, m); leading axes broadcast."""
    if len(a.shape) != len(b.shape):
        rank = max(len(a.shape), len(b.shape))
        a, b = lift(a, rank), lift(b, rank)
    shape = (*broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    if math.prod(b.shape[:-2]) == 1 and len(a.shape) > 2:
        # many matrices times one and the same: all their rows times it, at once
        rows = reshape(a, (math.prod(a.shape[:-1]), a.shape[-1]))
        return reshape(matmul(rows, reshape(b, b.shape[-2:])), shape)
    return build("matmul", (a, b), shape, (a.shape[-1],))


def _as_matrix_product(a: Node, b: Node, shape: Shape, axes: tuple[int, ...]) -> Node | None:
    """sum(a * b) over `axes` as one matrix product, or None where that is no gain.

    Axes fall into batch (kept, in both operands), rows (kept, a alone), columns (kept, b alone) and inner (summed, in
    both); an axis summed but present in one operand alone is summed there first.
    """
    rank = len(shape)
    a, b = (lift(x, rank) if len(x.shape) < rank else x for x in (a, b))
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
