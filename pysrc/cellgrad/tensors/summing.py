"""Sums of many cotangents: what a thousand formulas hand back to the cells they read, each to a place of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from cellgrad.tensors.building import holds_only
from cellgrad.tensors.elementwise import add
from cellgrad.tensors.nodes import Node, Shape
from cellgrad.tensors.shapes import assemble

_FEW = 8
"""Up to so many are added one after another."""

Place = tuple[int, ...]


def sum_of(nodes: Sequence[Node]) -> Node:
    """The sum of nodes of shapes that broadcast.

    Pieces of one shape on zeros are put into as few tensors as have room for them, where there are many.
    """
    if len(nodes) > _FEW:
        pieces = [node for node in nodes if _is_pieces(node)]
        if len(pieces) > _FEW and len({node.shape for node in pieces}) == 1:
            others = [node for node in nodes if not _is_pieces(node)]
            return reduce(add, [*others, *_layers(pieces)])
    return reduce(add, nodes)


def _is_pieces(node: Node) -> bool:
    return node.operation == "assemble" and holds_only(node.inputs[-1], 0.0)


def _layers(nodes: Sequence[Node]) -> list[Node]:
    """The sum of assemblies on zeros as a few assemblies: pieces of one place are added, others laid side by side."""
    shape = nodes[0].shape
    alike: dict[tuple[Place, Shape], list[Node]] = {}
    for node in nodes:
        for piece, place in zip(node.inputs[:-1], node.parameters[1], strict=True):
            alike.setdefault((place, piece.shape), []).append(piece)
    taken: list[np.ndarray] = []
    layers: list[list[tuple[Node, Place]]] = []
    for (place, size), same in alike.items():
        box = tuple(slice(start, start + length) for start, length in zip(place, size, strict=True))
        free = (number for number, mask in enumerate(taken) if not mask[box].any())
        number = next(free, len(layers))
        if number == len(layers):
            taken.append(np.zeros(shape, bool))
            layers.append([])
        taken[number][box] = True
        layers[number].append((reduce(add, same), place))
    base = nodes[0].inputs[-1]
    return [assemble(shape, layer, base) for layer in layers]
