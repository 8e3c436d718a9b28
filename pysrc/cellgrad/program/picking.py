"""Entries of typed arrays by their places."""

from __future__ import annotations

import torch

from cellgrad.functions.arrays import Array, lifted, simple_kind
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.tensors.nodes import constant


def entries(array: Array, rows: Tensor, columns: Tensor) -> Array:
    """The entries at rows and columns counted from zero (each of four axes): the gradient flows to what is picked.

    A place that is not finite, or lies outside, is an error. Raises NoKernel for places of different shapes.
    """
    height, width = array.inner
    lifted(rows.shape, columns.shape)
    rows, columns = _inside(rows, height), _inside(columns, width)
    place = t.add(t.mul(t.number(width), rows), columns)
    lead = array.data.shape[:2]
    if lead != (1, 1):
        own = torch.arange(lead[0] * lead[1], dtype=torch.float64).reshape(*lead, 1, 1) * (height * width)
        place = t.add(place, constant(own))
    data = t.pick(_flat(array.data), place)
    if isinstance(array.kind, int):
        return Array(data, array.kind, reference=array.reference)
    kind = t.pick(_flat(t.broadcast(array.kind, array.data.shape)), place)
    kind = t.select(t.is_finite(kind), kind, t.ONE)  # an error counts as a number that is not finite
    return Array(data, simple_kind(kind), reference=array.reference)


def _flat(node: Tensor) -> Tensor:
    return t.reshape(node, (node.size,))


def _inside(places: Tensor, count: int) -> Tensor:
    if count == 1 and places.value is not None and not bool(places.value.any()):
        return places
    good = t.logical_and(t.compare("ge", places, t.ZERO), t.compare("lt", places, t.number(count)))
    return t.select(good, places, t.NAN)
