"""Running totals and running extremes along an axis, forward or from the end."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cellgrad.tensors.building import NAN, ZERO, build
from cellgrad.tensors.cotangents import define, full
from cellgrad.tensors.elementwise import guard, is_finite, select
from cellgrad.tensors.nodes import Node


def running_total(a: Node, axis: int, backward: bool = False) -> Node:
    """Along an axis (from the end, negative) the sum of all elements so far; `backward`, of all elements from here."""
    return a if a.shape[axis] == 1 else build("running_total", (a,), a.shape, (axis, backward, a.shape[axis]))


def running_largest(a: Node, axis: int, backward: bool = False) -> Node:
    """Along an axis the largest element so far; errors stay errors; elements that tie share the cotangent equally."""
    if a.shape[axis] == 1:
        return a
    found = build("running_largest", (a,), a.shape, (axis, backward))
    if a.always_finite:
        return found
    return guard(found, running_total(select(is_finite(a), ZERO, NAN), axis, backward))


def _run_total(a: Tensor, axis: int, backward: bool, count: int) -> Tensor:
    return a.flip(axis).cumsum(axis).flip(axis) if backward else a.cumsum(axis)


define(
    "running_total",
    _run_total,
    bound=lambda a, axis, backward, count: a * count,
    vjp=lambda n, g: (running_total(full(g, n.shape), n.parameters[0], not n.parameters[1]),),
    elementwise=False,
)


def _run_largest(a: Tensor, axis: int, backward: bool) -> Tensor:
    a = a.nan_to_num(math.inf)
    return a.flip(axis).cummax(axis).values.flip(axis) if backward else a.cummax(axis).values


def _largest_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    a, g = node.inputs[0], full(g, node.shape)
    return (build("running_share", (a, node, g), node.shape, (*node.parameters, True)),)


def _run_share(a: Tensor, top: Tensor, g: Tensor, axis: int, backward: bool, adjoint: bool) -> Tensor:
    """The derivative of a running maximum applied to g, or its adjoint.

    A plateau is a stretch over which the maximum stays the same; each of its places takes the mean of the elements
    that have reached it so far.
    """
    a, top, g = torch.broadcast_tensors(a, top, g)
    if backward:
        a, top, g = (one.flip(axis) for one in (a, top, g))
    hit = (a == top).to(g.dtype)
    new = torch.ones_like(top, dtype=torch.bool)
    new.narrow(axis, 1, top.shape[axis] - 1).copy_(
        top.narrow(axis, 1, top.shape[axis] - 1) != top.narrow(axis, 0, top.shape[axis] - 1)
    )
    places = torch.arange(top.shape[axis], device=g.device).reshape(-1, *(1,) * (-axis - 1)).expand(top.shape)
    start = torch.where(new, places, 0).cummax(axis).values
    before = hit.cumsum(axis) - hit
    ties = hit.cumsum(axis) - before.gather(axis, start)
    if adjoint:
        share = g / ties
        last = torch.roll(new, -1, axis)
        last.narrow(axis, top.shape[axis] - 1, 1).fill_(True)
        end = torch.where(last, places, top.shape[axis]).flip(axis).cummin(axis).values.flip(axis)
        sums = share.cumsum(axis)
        found = hit * (sums.gather(axis, end) - sums + share)
    else:
        sums = (hit * g).cumsum(axis)
        found = (sums - sums.gather(axis, start) + (hit * g).gather(axis, start)) / ties
    return found.flip(axis) if backward else found


def _share_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    a, top, _ = node.inputs
    axis, backward, adjoint = node.parameters
    back = build("running_share", (a, top, full(g, node.shape)), node.shape, (axis, backward, not adjoint))
    return None, None, back


define("running_largest", _run_largest, bound=lambda a, *_: a, vjp=_largest_vjp, elementwise=False)
define("running_share", _run_share, vjp=_share_vjp, elementwise=False)
