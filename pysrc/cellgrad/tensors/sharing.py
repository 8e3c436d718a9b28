"""Matrix products that share their constant left factor become one product.

Two columns of SUMPRODUCTs over the same rows read those rows twice; side by side they are one product of a matrix,
which reads them once.
"""

from __future__ import annotations

from collections.abc import Sequence

from cellgrad.tensors.nodes import Node, topological
from cellgrad.tensors.rebuilding import rebuild
from cellgrad.tensors.reductions import matmul
from cellgrad.tensors.shapes import concatenate, crop


def share_products(outputs: Sequence[Node]) -> list[Node]:
    """The same outputs with products of one constant matrix, independent of each other, made together."""
    order = topological(outputs)
    groups: dict[int, list[Node]] = {}
    for node in order:
        if node.operation == "matmul" and node.inputs[0].is_constant and len(node.inputs[0].shape) == 2:
            groups.setdefault(id(node.inputs[0]), []).append(node)
    replaced: dict[int, Node] = {}
    for group in groups.values():
        members = _independent(group, order)
        if len(members) > 1:
            replaced.update(_together(members))
    if not replaced:
        return list(outputs)
    new: dict[int, Node] = {}
    for node in topological([*outputs, *replaced.values()]):
        if id(node) not in replaced:
            new[id(node)] = rebuild(node, tuple(_renewed(i, new, replaced) for i in node.inputs))
    return [_renewed(output, new, replaced) for output in outputs]


def _renewed(node: Node, new: dict[int, Node], replaced: dict[int, Node]) -> Node:
    target = replaced.get(id(node), node)
    return new.get(id(target), target)


def _independent(group: list[Node], order: list[Node]) -> list[Node]:
    """Members of a group of which none depends on another: all that depend on no member at all."""
    if len(group) < 2:
        return group
    members = {id(node) for node in group}
    depends: set[int] = set()
    for node in order:
        if any(id(i) in members or id(i) in depends for i in node.inputs):
            depends.add(id(node))
    return [node for node in group if id(node) not in depends]


def _together(members: list[Node]) -> dict[int, Node]:
    """One product for all members, and what each of them is of it."""
    left = members[0].inputs[0]
    product = matmul(left, concatenate([node.inputs[1] for node in members], 1))
    found, start = {}, 0
    for node in members:
        rows, columns = node.shape
        found[id(node)] = crop(product, (0, start), (rows, start + columns))
        start += columns
    return found
