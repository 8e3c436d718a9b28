"""Fixed points v = F(v, p) as differentiable expressions: found by iterating, differentiated where they are.

Forward, F is applied until nothing changes any more. Backward nothing is unrolled: the adjoint w = g + F_v^T w is a
fixed point itself, of a linear map that contracts as F does, and the cotangent of p is F_p^T w. Both are expressions
that hold v as a node, so that second derivatives follow.

Source: the implicit function theorem on v - F(v, p) = 0; Christianson, "Reverse accumulation and attractive fixed
points", Optimization Methods and Software 3 (1994).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from cellgrad.tensors.building import ZERO, build
from cellgrad.tensors.cotangents import define, full
from cellgrad.tensors.derivatives import pull_back
from cellgrad.tensors.elementwise import add
from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import Node, broadcast_shapes, topological
from cellgrad.tensors.rebuilding import rebuild
from cellgrad.tensors.scan import substituted
from cellgrad.tensors.scan_slice import opaque
from cellgrad.tensors.shapes import broadcast

PASSES = 2_000
"""How often F is applied at most."""
SETTLED = 1e-15
"""A change of no more than this, relative to the largest value, is rounding."""


class Iteration:
    """A map of a vector of n values to itself.

    state: the input node (n,) that stands for the vector in `result` (n,). start: where iterating begins.
    tolerance: what the last change may be for the result to count; where it is more, the result is NaN.
    After construction `result` is over stand-ins for the outer expressions that it takes in, `leaves`.
    """

    def __init__(self, state: Node, result: Node, start: Tensor, tolerance: float) -> None:
        self.state = state
        self.start = start
        self.tolerance = tolerance
        self.leaves: list[Node] = []
        self.inputs: list[Node] = []
        self.result = self._cut_out(result)
        self._programs: dict[tuple[torch.device, torch.dtype], Program] = {}

    def __repr__(self) -> str:
        return f"<fixed point of {self.state.size} values>"

    def _cut_out(self, result: Node) -> Node:
        moving = {id(self.state)}
        made = {id(self.state): self.state}
        for node in topological([result]):
            if any(id(i) in moving for i in node.inputs):
                moving.add(id(node))
                made[id(node)] = rebuild(node, tuple(self._leaf(i, made) for i in node.inputs))
        return self._leaf(result, made)

    def _leaf(self, node: Node, made: dict[int, Node]) -> Node:
        if id(node) not in made:
            if node.is_constant:
                made[id(node)] = node
            else:
                made[id(node)] = opaque(f"leaf {len(self.leaves)}", node)
                self.leaves.append(node)
                self.inputs.append(made[id(node)])
        return made[id(node)]

    def run(self, given: Sequence[Tensor]) -> Tensor:
        """The fixed point for these values of the leaves; batch axes in front."""
        like = next((one for one in given if one.is_floating_point()), self.start)
        ranks = [len(one.shape) for one in self.inputs]
        batch = broadcast_shapes(*(g.shape[: g.ndim - rank] for g, rank in zip(given, ranks, strict=True)), ())
        key = (like.device, like.dtype)
        if key not in self._programs:
            names = [self.state.parameters[0], *(one.parameters[0] for one in self.inputs)]
            self._programs[key] = Program([self.result], names, *key)
        program = self._programs[key]
        values = self.start.to(like.device, like.dtype).expand(*batch, -1)
        for _ in range(PASSES):
            before, values = values, program(values, *given)[0].expand(*batch, self.state.size)
            change = (values - before).abs()
            if not bool((change > SETTLED * values.abs().amax(-1, keepdim=True)).any()):
                return values
        settled = (change <= self.tolerance).all(-1, keepdim=True)
        return torch.where(settled, values, math.nan)

    @cached_property
    def adjoint(self) -> Iteration:
        """The adjoint w = g + F_v^T w, over stand-ins for g, v and the leaves."""
        shape = self.state.shape
        g, w = (Node("input", (), (name,), shape, bound=math.inf) for name in ("g", "w"))
        return Iteration(w, add(g, pull_back([self.result], [w], [self.state])[0]), torch.zeros(shape), math.inf)


def fixed_point(iteration: Iteration) -> Node:
    """The vector that the map leaves as it is; NaN where iterating does not settle."""
    return build("fixed_point", (*iteration.leaves, ZERO), iteration.state.shape, (iteration,))


def _run(*arguments: object) -> Tensor:
    *given, _zero, iteration = arguments
    assert isinstance(iteration, Iteration)
    return iteration.run([tensor for tensor in given if isinstance(tensor, Tensor)])


def _vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    iteration: Iteration = node.parameters[0]
    adjoint = iteration.adjoint
    real = {id(iteration.state): node}
    real |= {id(one): own for one, own in zip(iteration.inputs, node.inputs, strict=False)}
    outer = []
    for leaf in adjoint.leaves:  # what the adjoint's map takes in: g, and expressions over v and the leaves
        name = leaf.parameters[0] if leaf.operation == "input" else ""
        outer.append(full(g, node.shape) if name == "g" else substituted([leaf], real)[0])
    w = build("fixed_point", (*outer, ZERO), node.shape, (adjoint,))
    stand_in = Node("input", (), ("w",), node.shape, bound=math.inf)
    parts = pull_back([iteration.result], [stand_in], iteration.inputs)
    found = substituted(parts, {**real, id(stand_in): w})
    return (*(broadcast(part, one.shape) for part, one in zip(found, iteration.inputs, strict=True)), None)


define("fixed_point", _run, bound=lambda *_: math.inf, vjp=_vjp, elementwise=False)
