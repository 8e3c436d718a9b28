"""Operations that move elements: reshaping, cutting out, putting together, windows, looking up."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch

from cellgrad.tensors.building import build
from cellgrad.tensors.nodes import Node, Shape, constant


def reshape(a: Node, shape: Shape) -> Node:
    if shape == a.shape:
        return a
    if a.operation == "reshape":
        return reshape(a.inputs[0], shape)
    return build("reshape", (a,), shape, (shape, len(a.shape)))


def lift(node: Node, rank: int) -> Node:
    return reshape(node, (1,) * (rank - len(node.shape)) + node.shape)


def permute(a: Node, axes: tuple[int, ...]) -> Node:
    """The axes in another order; where only axes of size 1 move it is a reshape."""
    if axes == tuple(range(len(axes))):
        return a
    moved = [axis for axis in axes if a.shape[axis] != 1]
    shape = tuple(a.shape[axis] for axis in axes)
    if moved == sorted(moved):
        return reshape(a, shape)
    return build("permute", (a,), shape, (tuple(axis - len(axes) for axis in axes),))


def transpose(a: Node) -> Node:
    """The last two axes exchanged."""
    rank = len(a.shape)
    return permute(a, (*range(rank - 2), rank - 1, rank - 2))


def broadcast(a: Node, shape: Shape) -> Node:
    """Repeated along axes of size 1 (and new leading ones)."""
    if a.shape == shape:
        return a
    if not a.is_constant:
        a = lift(a, len(shape))
    return build("broadcast", (a,), shape, (shape,))


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
    return build("crop", (a,), shape, (starts, stops))


def assemble(shape: Shape, pieces: Sequence[tuple[Node, tuple[int, ...]]], base: Node | None = None) -> Node:
    """A tensor of `shape` that holds each piece with its corner at the given place, else `base` (or 0)."""
    if len(pieces) == 1 and pieces[0][0].shape == shape:
        return pieces[0][0]
    row = _in_a_row(shape, pieces)
    if row is not None:
        return row
    nodes = tuple(piece for piece, _ in pieces)
    base = constant(torch.zeros((1,) * len(shape), dtype=torch.float64)) if base is None else base
    return build("assemble", (*nodes, base), shape, (shape, tuple(place for _, place in pieces)))


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
    return build("concatenate", tuple(nodes), shape, (axis - len(shape), len(shape)))


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
    return build("windows", (a,), shape, (height, width))


def take(table: Node, index: Node) -> Node:
    """table[index] for a vector `table` and an index of any shape; no derivative for the index."""
    return build("take", (table, index), index.shape, ())
