"""Elements of a vector put where they are read, and the adjoint: what is at several places summed back."""

from __future__ import annotations

import torch
from torch import Tensor

from cellgrad.tensors.building import build
from cellgrad.tensors.cotangents import define, full
from cellgrad.tensors.elementwise import select
from cellgrad.tensors.nodes import Node, constant
from cellgrad.tensors.shapes import reshape


class Places:
    """Which element of a vector stands at each place of a tensor.

    index: int64, -1 where none does. size: of the vector. Compared by identity, so that it can be a node's parameter.
    """

    def __init__(self, index: Tensor, size: int) -> None:
        self.shape = tuple(index.shape)
        self.size = size
        self.outside = index < 0
        self.complete = not bool(self.outside.any())
        self._flat = torch.where(self.outside, size, index).flatten()
        self._on: dict[torch.device, Tensor] = {}
        count = self._flat.numel()
        self.identical = count == size and bool((self._flat == torch.arange(count)).all())

    def flat(self, device: torch.device) -> Tensor:
        """The index as a vector on a device; `size` stands for no element."""
        if device not in self._on:
            self._on[device] = self._flat.to(device)
        return self._on[device]

    def __repr__(self) -> str:
        return f"<{self.size} at {'x'.join(map(str, self.shape))}>"


def _run_gather(a: Tensor, places: Places) -> Tensor:
    if not places.complete:
        a = torch.nn.functional.pad(a, (0, 1))
    return a.index_select(-1, places.flat(a.device)).reshape(*a.shape[:-1], *places.shape)


def _run_scatter(a: Tensor, places: Places) -> Tensor:
    batch = a.shape[: a.ndim - len(places.shape)]
    out = a.new_zeros(*batch, places.size + 1)
    out.index_add_(-1, places.flat(a.device), a.reshape(*batch, -1))
    return out[..., : places.size]


def gather(vector: Node, places: Places) -> Node:
    """The elements of a vector at their places; 0 where there is none."""
    if places.identical:
        return reshape(vector, places.shape)
    return build("gather", (vector,), places.shape, (places,))


def scatter(a: Node, places: Places) -> Node:
    """For each element of the vector the sum of what stands at its places: the adjoint of `gather`."""
    if places.identical:
        return reshape(full(a, places.shape), (places.size,))
    return build("scatter", (full(a, places.shape),), (places.size,), (places,))


def placed(vector: Node, places: Places, otherwise: Node) -> Node:
    """The elements of a vector at their places, and `otherwise` where there is none."""
    found = gather(vector, places)
    return found if places.complete else select(constant(places.outside), otherwise, found)


define(
    "gather",
    _run_gather,
    bound=lambda a, *_: a,
    vjp=lambda n, g: (scatter(full(g, n.shape), n.parameters[0]),),
    elementwise=False,
)
define("scatter", _run_scatter, vjp=lambda n, g: (gather(full(g, n.shape), n.parameters[0]),), elementwise=False)
