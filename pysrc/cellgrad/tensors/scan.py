"""Recurrences: x = F(x read earlier, inputs), evaluated step by step and differentiated as a whole.

F is an expression over whole blocks of cells, in which what a cell reads of the recurrence itself is an input of its
own. Forward, one cell's share of F (see `scan_slice`) runs over the cells of a step at once, or on plain floats where
steps are narrow. Backward there is no loop to differentiate: with x known, the derivatives of F by what cells read are
made for all cells together, and the adjoint solves the linear recurrence that they are the coefficients of (see
`scan_solve`). All of it is expressions again, so that second derivatives follow.

Source: the implicit function theorem on x - F(x, u) = 0; for scans, Griewank and Walther, "Evaluating Derivatives"
(2nd ed., SIAM 2008), chapter 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from cellgrad.tensors.building import ONE, ZERO, build
from cellgrad.tensors.cotangents import define, full
from cellgrad.tensors.derivatives import pull_back
from cellgrad.tensors.elementwise import add, select
from cellgrad.tensors.nodes import Node, constant
from cellgrad.tensors.rebuilding import rebuild
from cellgrad.tensors.scan_gather import gather, placed, scatter
from cellgrad.tensors.scan_run import Runner
from cellgrad.tensors.scan_slice import OneCell, one_cell, opaque
from cellgrad.tensors.scan_solve import System, solve
from cellgrad.tensors.shapes import broadcast

_LINEAR = frozenset({"add", "sub", "neg", "reshape", "broadcast", "permute", "crop", "concatenate", "sum"})


class Loop:
    """A recurrence.

    system: which cells read which. results: per member the formula over its whole block (H, W). reads: per read of
    the system the input node that stands for it in `results`, of shape (H, W, h, w).
    After construction `results` are over inputs that hide what they stand for: `reads`, and one for each of `leaves`,
    the outer expressions that the recurrence takes in. Raises NotCellwise for formulas that mix cells.
    """

    def __init__(self, system: System, results: Sequence[Node], reads: Sequence[Node]) -> None:
        self.system = system
        self.reads = tuple(reads)
        self.leaves: list[Node] = []
        self.inputs: list[Node] = []
        self.results = self._cut_out(results)
        self.cells: list[OneCell] = []
        for member, result in enumerate(self.results):
            own = [i for i, reader in enumerate(system.readers) if reader == member]
            height, width = system.cells[member].shape
            axes = (-4 if height > 1 else 0, -3 if width > 1 else 0)
            sources = [*(self.reads[i] for i in own), *self.inputs]
            self.cells.append(one_cell(result, dict.fromkeys(range(len(own)), axes), sources, (height, width)))

    def __repr__(self) -> str:
        return f"<{self.system.size} cells in {len(self.system.stretches)} steps>"

    def _cut_out(self, results: Sequence[Node]) -> tuple[Node, ...]:
        """The part of the expressions that depends on reads, over inputs for all the rest."""
        made: dict[int, Node] = {id(read): read for read in self.reads}
        dynamic = set(made)
        for node in _above(results, set()):
            if any(id(i) in dynamic for i in node.inputs):
                dynamic.add(id(node))
        for node in _above(results, {id(read) for read in self.reads}):
            if id(node) in dynamic and id(node) not in made:
                if node.operation == "take" and node.inputs[0].is_constant:
                    made.setdefault(id(node.inputs[0]), node.inputs[0])  # a table that all cells look into
                made[id(node)] = rebuild(node, tuple(self._leaf(i, made) for i in node.inputs))
        return tuple(self._leaf(result, made) for result in results)

    def _leaf(self, node: Node, made: dict[int, Node]) -> Node:
        """What stands for a node in the recurrence: itself made anew, a single constant, or an input."""
        if id(node) not in made:
            if node.is_constant and node.size == 1:
                made[id(node)] = node
            else:
                made[id(node)] = opaque(f"leaf {len(self.leaves)}", node)
                self.leaves.append(node)
                self.inputs.append(made[id(node)])
        return made[id(node)]

    @cached_property
    def runner(self) -> Runner:
        """What evaluates it step by step."""
        return Runner(self.system, self.cells, [one.shape for one in self.inputs])

    @cached_property
    def is_linear(self) -> bool:
        """Whether results are linear in what they read, and no error that is read can fail to show."""
        dynamic = {id(read) for read in self.reads}
        for node in _above(self.results, set()):
            moving = [id(i) in dynamic for i in node.inputs]
            if not any(moving):
                continue
            dynamic.add(id(node))
            if node.operation in _LINEAR:
                continue
            if node.operation in ("mul", "matmul") and not all(moving):
                continue
            if node.operation == "div" and not moving[1]:
                continue
            if node.operation == "select" and moving == [False, True, False] and _never_finite(node.inputs[2]):
                continue
            return False
        return True

    @cached_property
    def partials(self) -> list[Node]:
        """Per read, the derivative of each cell by what it reads, over reads and inputs."""
        found: list[Node] = []
        for number, reader in enumerate(self.system.readers):
            (part,) = pull_back([self.results[reader]], [ONE], [self.reads[number]])
            found.append(part)
        return found

    @cached_property
    def cotangents(self) -> tuple[list[Node], list[Node], list[Node]]:
        """(adjoints, by reads, by inputs): the cotangents that adjoints of the members, inputs named here, give."""
        adjoints = [
            Node("input", (), (f"adjoint {i}",), result.shape, bound=float("inf"))
            for i, result in enumerate(self.results)
        ]
        found = pull_back(self.results, adjoints, [*self.reads, *self.inputs])
        return adjoints, found[: len(self.reads)], found[len(self.reads) :]

    def given(self, outer: Sequence[Node], vector: Node | None) -> dict[int, Node]:
        """What stands for reads and inputs: `outer` holds what reads take from outside, then the leaves.

        vector: the values of the cells; None where reads of them count as 0.
        """
        beyond, leaves = outer[: len(self.reads)], outer[len(self.reads) :]
        known = {id(one): leaf for one, leaf in zip(self.inputs, leaves, strict=True)}
        for read, places, otherwise in zip(self.reads, self.system.reads, beyond, strict=True):
            if vector is None:
                known[id(read)] = select(constant(places.outside), broadcast(otherwise, places.shape), ZERO)
            else:
                known[id(read)] = placed(vector, places, otherwise)
        return known


def scan(loop: Loop, beyond: Sequence[Node]) -> Node:
    """The values (N,) of all cells of a recurrence, in the order of their numbers.

    beyond: per read what it takes where it reads no cell of the recurrence, of the read's shape.
    """
    outer = [*beyond, *loop.leaves]
    live = any(not node.is_constant for node in outer)
    if live and loop.is_linear:
        known = loop.given(outer, None)
        results = substituted(loop.results, known)
        total = scatter(results[0], loop.system.cells[0])
        for result, cells in zip(results[1:], loop.system.cells[1:], strict=True):
            total = add(total, scatter(result, cells))
        return solve(loop.system, substituted(loop.partials, known), total)
    return build("scan", tuple(outer), (loop.system.size,), (loop,))


def substituted(outputs: Sequence[Node], known: Mapping[int, Node]) -> list[Node]:
    """Expressions with other nodes in the place of their inputs, simplified anew."""
    made = dict(known)
    for node in _above(outputs, set(known)):
        if id(node) not in made:
            made[id(node)] = rebuild(node, tuple(made[id(i)] for i in node.inputs)) if node.inputs else node
    return [made[id(output)] for output in outputs]


def _above(outputs: Sequence[Node], stops: set[int]) -> list[Node]:
    """The nodes from `stops` up to the outputs, operands first."""
    order: list[Node] = []
    seen: set[int] = set()
    stack = [(node, False) for node in reversed(outputs)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            if id(node) not in stops:
                stack.extend((child, False) for child in reversed(node.inputs) if id(child) not in seen)
    return order


def _never_finite(node: Node) -> bool:
    return node.value is not None and not bool(torch.isfinite(node.value).any())


def _run_scan(*arguments: Any) -> Tensor:
    *outer, loop = arguments
    return loop.runner.run(outer)


def _scan_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    loop: Loop = node.parameters[0]
    system, outer = loop.system, node.inputs
    known = loop.given(outer, node)
    adjoint = solve(system, substituted(loop.partials, known), full(g, node.shape), transposed=True)
    adjoints, by_reads, by_inputs = loop.cotangents
    for one, cells in zip(adjoints, system.cells, strict=True):
        known[id(one)] = gather(adjoint, cells)
    cotangents = [*by_reads, *by_inputs]
    live = [i for i, operand in enumerate(outer) if not operand.is_constant]
    found: list[Node | None] = [None] * len(outer)
    for i, cotangent in zip(live, substituted([cotangents[i] for i in live], known), strict=True):
        outside = i < len(system.reads)
        found[i] = select(constant(system.reads[i].outside), cotangent, ZERO) if outside else cotangent
    return tuple(found)


define("scan", _run_scan, vjp=_scan_vjp, elementwise=False)
