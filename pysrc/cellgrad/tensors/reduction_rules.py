"""How reductions and products run, and their derivatives."""

from __future__ import annotations

import torch
from torch import Tensor

from cellgrad.tensors.cotangents import bound_of_product, define, full, ratio, reduce_to
from cellgrad.tensors.elementwise import compare, mul, to_number
from cellgrad.tensors.nodes import Node
from cellgrad.tensors.reductions import matmul, total
from cellgrad.tensors.shapes import transpose

_SHORT, _MANY = 8, 10_000
"""A sum over an axis up to the one length, of more elements than the other, is made by adding slices."""
_TALL, _NARROW = 2048, 16
"""A product of at least so many rows and at most so many columns is laid out column by column."""


def _run_sum(a: Tensor, axes: tuple[int, ...], count: int) -> Tensor:
    if count <= _SHORT and len(axes) == 1 and a.numel() > _MANY:
        # Adding a few slices runs at the speed of memory; torch's sum over a short axis is many times slower.
        first, *rest = a.unbind(axes[0])
        for part in rest:
            first = first + part
        return first.unsqueeze(axes[0])
    return a.sum(axes, keepdim=True)


define("sum", _run_sum, bound=lambda a, axes, count: a * count, vjp=lambda n, g: (g,), elementwise=False)


def _extreme_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    a = node.inputs[0]
    axes = tuple(i for i, size in enumerate(a.shape) if node.shape[i] != size)
    hit = to_number(compare("eq", a, node))
    return (mul(ratio(g, total(hit, axes)), hit),)


define("amax", lambda a, axes: a.amax(axes, keepdim=True), bound=lambda a, _: a, vjp=_extreme_vjp, elementwise=False)
define("amin", lambda a, axes: a.amin(axes, keepdim=True), bound=lambda a, _: a, vjp=_extreme_vjp, elementwise=False)


def _run_product(a: Tensor, axes: tuple[int, ...]) -> Tensor:
    for axis in axes:
        a = a.prod(axis, keepdim=True)
    return a


define("prod", _run_product, elementwise=False)  # of constants alone: see `reductions.product`


def _run_any(a: Tensor, axes: tuple[int, ...]) -> Tensor:
    for axis in axes:
        a = a.any(axis, keepdim=True)
    return a


def _run_all(a: Tensor, axes: tuple[int, ...]) -> Tensor:
    for axis in axes:
        a = a.all(axis, keepdim=True)
    return a


define("any", _run_any, boolean=True, elementwise=False)
define("all", _run_all, boolean=True, elementwise=False)


def _matmul_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    a, b = node.inputs
    g = full(g, node.shape)
    to_a = None if a.is_constant else reduce_to(matmul(g, transpose(b)), (*node.shape[:-2], *a.shape[-2:]), a.shape)
    to_b = None if b.is_constant else reduce_to(matmul(transpose(a), g), (*node.shape[:-2], *b.shape[-2:]), b.shape)
    return to_a, to_b


def _run_matmul(a: Tensor, b: Tensor, inner: int) -> Tensor:
    if a.dim() == b.dim() == 2 and len(a) >= _TALL and 1 < b.shape[1] <= _NARROW and a.device.type == "cpu":
        # The same product with its columns in memory one after another: rows of two or three numbers are what the
        # linear algebra under torch is slowest at, and so is whatever reads the result along them.
        return torch.matmul(b.mT.contiguous(), a.mT).mT
    return torch.matmul(a, b)


define(
    "matmul", _run_matmul, bound=lambda a, b, inner: bound_of_product(a, b) * inner, vjp=_matmul_vjp, elementwise=False
)
