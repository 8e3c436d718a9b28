"""How operations that move elements run, and their derivatives."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from cellgrad.tensors.building import build
from cellgrad.tensors.cotangents import define, full, reduce_to
from cellgrad.tensors.nodes import Node, Shape, broadcast_shapes
from cellgrad.tensors.shapes import assemble, crop, lift, permute, reshape, windows


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


define(
    "reshape",
    _run_reshape,
    bound=lambda a, *_: a,
    vjp=lambda n, g: (reshape(full(g, n.shape), n.inputs[0].shape),),
    elementwise=False,
)
define(
    "permute",
    _run_permute,
    bound=lambda a, *_: a,
    vjp=lambda n, g: (permute(lift(g, len(n.shape)), _inverse(n.parameters[0])),),
    elementwise=False,
)
define(
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
    return (assemble(node.inputs[0].shape, [(full(g, node.shape), node.parameters[0])]),)


define("crop", _run_crop, bound=lambda a, *_: a, vjp=_crop_vjp, elementwise=False)


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
    g = full(g, node.shape)
    parts: list[Node | None] = []
    for piece, place in zip(node.inputs[:-1], node.parameters[1], strict=True):
        stops = tuple(p + s for p, s in zip(place, piece.shape, strict=True))
        parts.append(None if piece.is_constant else crop(g, place, stops))
    return (*parts, None)


define("assemble", _run_assemble, bound=lambda *a: max(a[:-2]), vjp=_assemble_vjp, elementwise=False)


def _run_concatenate(*arguments: Any) -> Tensor:
    *pieces, axis, rank = arguments
    batches = [piece.shape[: piece.ndim - rank] for piece in pieces]
    if any(batch != batches[0] for batch in batches):
        batch = broadcast_shapes(*batches)
        pieces = [piece.expand(*batch, *piece.shape[piece.ndim - rank :]) for piece in pieces]
    return torch.cat(pieces, axis)


def _concatenate_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    g = full(g, node.shape)
    axis = node.parameters[0] + len(node.shape)
    parts: list[Node | None] = []
    start = 0
    for piece in node.inputs:
        starts, stops = [0] * len(node.shape), list(node.shape)
        starts[axis], stops[axis] = start, start + piece.shape[axis]
        parts.append(None if piece.is_constant else crop(g, tuple(starts), tuple(stops)))
        start += piece.shape[axis]
    return tuple(parts)


define("concatenate", _run_concatenate, bound=lambda *a: max(a[:-2]), vjp=_concatenate_vjp, elementwise=False)


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
    return (build("overlap", (full(g, node.shape),), node.inputs[0].shape, node.parameters),)


def _overlap_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    return (windows(full(g, node.shape), *node.parameters),)


define("windows", _run_windows, bound=lambda a, *_: a, vjp=_windows_vjp, elementwise=False)
define("overlap", _run_overlap, bound=lambda a, h, w: a * h * w, vjp=_overlap_vjp, elementwise=False)


def _run_take(table: Tensor, index: Tensor) -> Tensor:
    return table[index.nan_to_num(0.0).to(torch.int64)]


define("take", _run_take, bound=lambda t, i: t, elementwise=False)
