"""Picking elements of a vector by computed places, and finding the places: what lookups and sorting are made of.

Places are float64 nodes, counted from zero; what is not finite is no place. A place has no slope; the derivative flows
to the elements picked.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cellgrad.tensors.building import build
from cellgrad.tensors.cotangents import define, full
from cellgrad.tensors.elementwise import guard
from cellgrad.tensors.nodes import Node, broadcast_shapes


def pick(vector: Node, places: Node) -> Node:
    """vector[places], of the shape of `places`; not finite where the place is not."""
    found = build("pick_at", (vector, places), places.shape, (len(places.shape),))
    return guard(found, places)


def _index(places: Tensor) -> Tensor:
    return places.nan_to_num(0.0, 0.0, 0.0).to(torch.int64)


def _run_pick(vector: Tensor, places: Tensor, rank: int) -> Tensor:
    shape = places.shape[places.ndim - rank :]
    index = _index(places).reshape(*places.shape[: places.ndim - rank], -1)
    if index.ndim == 1:
        return vector[..., index].reshape(*vector.shape[:-1], *shape)
    batch = broadcast_shapes(tuple(vector.shape[:-1]), tuple(index.shape[:-1]))
    spread = vector.expand(*batch, vector.shape[-1])
    return spread.gather(-1, index.expand(*batch, index.shape[-1])).reshape(*batch, *shape)


def _run_put(amounts: Tensor, places: Tensor, rank: int, size: int) -> Tensor:
    """The adjoint of pick: a vector of `size` elements, each the sum of what stands at its places."""
    index = _index(places).reshape(*places.shape[: places.ndim - rank], -1)
    flat = amounts.reshape(*amounts.shape[: amounts.ndim - rank], -1)
    batch = broadcast_shapes(tuple(flat.shape[:-1]), tuple(index.shape[:-1]))
    out = amounts.new_zeros(*batch, size)
    return out.scatter_add_(-1, index.expand(*batch, index.shape[-1]), flat.expand(*batch, flat.shape[-1]))


def _pick_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    vector, places = node.inputs
    amounts = full(g, node.shape)
    return build("put_at", (amounts, places), vector.shape, (len(places.shape), vector.shape[0])), None


def _put_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    amounts, places = node.inputs
    return build("pick_at", (full(g, node.shape), places), amounts.shape, (len(places.shape),)), None


define("pick_at", _run_pick, bound=lambda v, p, r: v, vjp=_pick_vjp, elementwise=False)
define("put_at", _run_put, bound=lambda a, p, r, s: math.inf, vjp=_put_vjp, elementwise=False)


# Finding ------------------------------------------------------------------------------------------------------------


def seek(keys: Node, line: Node, how: str, last: bool = False) -> Node:
    """The place of each key in a line of n elements (..., 1, n); NaN where there is none.

    keys: (..., r, c). Leading axes broadcast; those of the line are 1 for a line that all share. Elements that are
    not finite are no entries. Flat in everything.
    how: 'exact'; 'rising', the last not above the key of a line in rising order, and 'falling'; 'smaller' or 'larger',
    the key or the next one, in any order. A line that is not in order around the key gives NaN.
    last: of equal entries the last, for 'exact', 'smaller' and 'larger'.
    """
    leading = broadcast_shapes(keys.shape[:-2], line.shape[:-2])
    return build("seek", (keys, line), (*leading, *keys.shape[-2:]), (how, last))


def _run_seek(keys: Tensor, line: Tensor, how: str, last: bool) -> Tensor:
    if line.numel() == line.shape[-1]:
        return _in_one_line(keys.contiguous(), line.reshape(-1), how, last)
    return _in_many_lines(keys[..., None], line[..., None, :], how, last)


def _placed(places: Tensor, good: Tensor, keys: Tensor) -> Tensor:
    return torch.where(good & keys.isfinite(), places.to(keys.dtype), math.nan)


def _in_one_line(keys: Tensor, line: Tensor, how: str, last: bool) -> Tensor:
    entries = line.isfinite()
    count = line.numel()
    if how in ("rising", "falling"):
        sign = 1.0 if how == "rising" else -1.0
        front = torch.where(entries, sign * line, -math.inf).cummax(0).values
        back = torch.where(entries, sign * line, math.inf).flip(0).cummin(0).values.flip(0)
        beyond = torch.searchsorted(front, sign * keys, right=True)
        inside = torch.searchsorted(back, sign * keys, right=True) - 1
        if how == "falling":  # read from the start, so the first entry beyond ends the search
            return _in_many_lines(keys[..., None], line, how, last)
        return _placed(inside, (inside >= 0) & (inside <= beyond), keys)
    places = torch.arange(count, device=line.device)[entries]
    ordered, order = torch.sort(line[entries], stable=True)
    if not ordered.numel():
        return torch.full_like(keys, math.nan)
    if how == "smaller":
        at = torch.searchsorted(ordered, keys, right=True) - 1
    else:
        at = torch.searchsorted(ordered, keys)
    good = (at >= 0) & (at < ordered.numel())
    found = ordered[at.clamp(0, ordered.numel() - 1)]
    if how == "exact":
        good = good & (found == keys)
    at = torch.searchsorted(ordered, found.contiguous(), right=last) - (1 if last else 0)
    return _placed(places[order[at.clamp(0, ordered.numel() - 1)]], good, keys)


def _in_many_lines(keys: Tensor, line: Tensor, how: str, last: bool) -> Tensor:
    """keys (..., r, c, 1) against lines (..., 1, 1, n): entry by entry."""
    count = line.shape[-1]
    places = torch.arange(count, device=line.device)
    entries = line.isfinite()
    key = keys.squeeze(-1)

    def first(hits: Tensor) -> Tensor:
        return torch.where(hits, places, count).amin(-1)

    def final(hits: Tensor) -> Tensor:
        return torch.where(hits, places, -1).amax(-1)

    if how == "rising":
        inside, beyond = final(entries & (line <= keys)), first(entries & (line > keys))
        return _placed(inside, (inside >= 0) & (inside <= beyond), key)
    if how == "falling":
        beyond = first(entries & (line < keys))
        inside = final(entries & (places < beyond[..., None]))
        return _placed(inside, inside >= 0, key)
    if how == "exact":
        wanted = keys
    elif how == "smaller":
        wanted = torch.where(entries & (line <= keys), line, -math.inf).amax(-1, keepdim=True)
    else:
        wanted = torch.where(entries & (line >= keys), line, math.inf).amin(-1, keepdim=True)
    hits = entries & (line == wanted)
    at = final(hits) if last else first(hits)
    return _placed(at, (at >= 0) & (at < count), key)


define("seek", _run_seek, elementwise=False)


# Order --------------------------------------------------------------------------------------------------------------


def order(keys: Node, falling: bool = False) -> Node:
    """The places of the elements along the last axis in rising (or falling) order; equal ones keep theirs."""
    return build("order_of", (keys,), keys.shape, (falling,))


def _run_order(keys: Tensor, falling: bool) -> Tensor:
    return torch.sort(-keys if falling else keys, dim=-1, stable=True).indices.to(keys.dtype)


define("order_of", _run_order, bound=lambda k, f: math.inf, elementwise=False)
