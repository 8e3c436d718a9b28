"""Sorting along the last axis, and picking places of it: the cotangent goes back to the elements that were picked."""

from __future__ import annotations

import torch
from torch import Tensor

from cellgrad.tensors.building import build
from cellgrad.tensors.cotangents import define, full, reduce_to
from cellgrad.tensors.nodes import Node, broadcast_shapes


def sort(a: Node) -> Node:
    """The elements along the last axis in ascending order; of equal ones the first stays first."""
    return build("sort", (a,), a.shape)


def pick(a: Node, place: Node) -> Node:
    """a[..., place]: for each of the (..., m) places, counted from 0 and cut to the axis, the element there."""
    shape = (*broadcast_shapes(a.shape[:-1], place.shape[:-1]), place.shape[-1])
    return build("pick", (a, place), shape)


def _order(a: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
    """(the sorting permutation of a, `like`), expanded to one shape."""
    order = a.argsort(dim=-1, stable=True)
    shape = broadcast_shapes(tuple(order.shape), tuple(like.shape))
    return order.expand(shape), like.expand(shape)


def _run_unsort(g: Tensor, a: Tensor) -> Tensor:
    order, g = _order(a, g)
    return torch.zeros_like(g, memory_format=torch.contiguous_format).scatter(-1, order, g)


def _run_resort(g: Tensor, a: Tensor) -> Tensor:
    order, g = _order(a, g)
    return g.gather(-1, order)


define(
    "sort",
    lambda a: a.sort(dim=-1, stable=True).values,
    bound=lambda a: a,
    vjp=lambda n, g: (build("unsort", (full(g, n.shape), n.inputs[0]), n.shape),),
    elementwise=False,
)
define(
    "unsort",
    _run_unsort,
    bound=lambda g, a: g,
    vjp=lambda n, g: (build("resort", (full(g, n.shape), n.inputs[1]), n.shape), None),
    elementwise=False,
)
define(
    "resort",
    _run_resort,
    bound=lambda g, a: g,
    vjp=lambda n, g: (build("unsort", (full(g, n.shape), n.inputs[1]), n.shape), None),
    elementwise=False,
)


def _places(a: Tensor, place: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """(a, indexes), expanded to one shape but for the last axis."""
    index = place.nan_to_num(0.0).clamp(0, size - 1).to(torch.int64)
    lead = broadcast_shapes(tuple(a.shape[:-1]), tuple(index.shape[:-1]))
    return a.expand(*lead, a.shape[-1]), index.expand(*lead, index.shape[-1])


def _run_pick(a: Tensor, place: Tensor) -> Tensor:
    a, index = _places(a, place, a.shape[-1])
    return a.gather(-1, index)


def _run_unpick(g: Tensor, place: Tensor, size: int) -> Tensor:
    """The adjoint of pick: zeros but for the places picked."""
    g, index = _places(g, place, size)
    return g.new_zeros(*g.shape[:-1], size).scatter_add(-1, index, g)


def _pick_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    a, place = node.inputs
    size = a.shape[-1]
    shape = (*node.shape[:-1], size)
    return reduce_to(build("unpick", (full(g, node.shape), place), shape, (size,)), shape, a.shape), None


define("pick", _run_pick, bound=lambda a, place: a, vjp=_pick_vjp, elementwise=False)
define(
    "unpick",
    _run_unpick,
    vjp=lambda n, g: (pick(full(g, n.shape), n.inputs[1]), None),
    elementwise=False,
)
