"""The objective cell and the constrained cells as functions of the changing cells: one expression, one program each.

Rows are one vector, however many there are. Their Jacobian takes one reverse pass a row or one forward pass a changing
cell, whichever are fewer, all passes of a chunk in one run; chunks keep memory bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import torch
from torch import Tensor

from cellgrad.program.objective import default_dtype
from cellgrad.tensors.derivatives import gradient, pull_back, push_forward
from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import Node, input_node, topological
from cellgrad.tensors.operations import reshape
from cellgrad.tensors.sharing import share_products

MOST_ELEMENTS = 2**25
"""How many elements all steps of one run may hold at most, as far as chunks can help it: 256 MiB."""


class CompiledSystem:
    """An objective cell f and c rows g as functions of n changing cells, batched over points, on any device torch has.

    x: the input node, shape (n,). objective: the objective's node, one element; a constant where there is nothing to
    optimise. constrained: the rows' node, shape (c,), any part of it constant. It is a `System` in the words of
    `optimize.conditions`.
    """

    def __init__(self, x: Node, objective: Node, constrained: Node, device: torch.device | str = "cpu") -> None:
        self.x = x
        self.objective_node = objective
        self.rows_node = constrained
        self.device = torch.device(device)
        self.dtype = default_dtype(self.device)
        self.size = x.size
        self.count = constrained.size
        self._f, self._g = share_products([reshape(objective, ()), constrained])
        self._programs: dict[str, Program] = {}
        self._elements: dict[str, int] = {}

    def on(self, device: torch.device | str) -> CompiledSystem:
        """The same system on another device."""
        if torch.device(device) == self.device:
            return self
        return CompiledSystem(self.x, self.objective_node, self.rows_node, device)

    def values(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """X (K, n) -> f (K,), g (K, c); not finite where the cell is an error."""
        f, g = self._run("values", X)
        return f.expand(len(X)), g.expand(len(X), self.count)

    def gradients(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """X (K, n) -> f (K,), its gradient (K, n), g (K, c): slopes without the Jacobian."""
        f, slope, g = self._run("gradient", X)
        return f.expand(len(X)), slope.expand(X.shape), g.expand(len(X), self.count)

    def slopes(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """X (K, n) -> f (K,), its gradient (K, n), g (K, c), its Jacobian (K, c, n)."""
        if len(X) == 1 and self.count and self._slopes_in_one_run is not None:
            f, slope, g, jacobian = self._slopes_in_one_run(X)
            if self.size < self.count:
                jacobian = jacobian.expand(self.size, self.count).mT
            jacobian = jacobian.expand(self.count, self.size)[None]
            return f.expand(1), slope.expand(X.shape), g.expand(1, self.count), jacobian
        jacobian = X.new_zeros(len(X), 0, self.size)
        if self.count and self.size < self.count:
            jacobian = torch.cat(list(self.columns(X)), 1).mT
        elif self.count:
            jacobian = torch.cat(list(self.rows(X)), 1)
        return *self.gradients(X), jacobian

    def rows(self, X: Tensor) -> Iterator[Tensor]:
        """The Jacobian at points X (K, n) by reverse mode, a few rows (K, k, n) at a time."""
        return self._seeded("rows", X, self.count)

    def columns(self, X: Tensor) -> Iterator[Tensor]:
        """The Jacobian at points X (K, n) by forward mode, a few columns at a time: (K, k, c), k of the n cells."""
        return self._seeded("columns", X, self.size)

    def weighted(self, X: Tensor, f_weight: Tensor, g_weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """f (K,), g (K, c) and the gradient (K, n) of f_weight f + g_weights . g, in one reverse pass.

        f_weight (K,), g_weights (K, c).
        """
        f, g, slope = self._run("weighted", X, f_weight, g_weights)
        return f.expand(len(X)), g.expand(len(X), self.count), slope.expand(X.shape)

    def weighted_hessian(self, X: Tensor, f_weight: Tensor, g_weights: Tensor) -> Tensor:
        """The Hessian (K, n, n) of f_weight f + g_weights . g."""
        return torch.cat(list(self._seeded("hessian", X, self.size, f_weight, g_weights)), 1)

    def weighted_hessian_product(self, X: Tensor, f_weight: Tensor, g_weights: Tensor, directions: Tensor) -> Tensor:
        """That Hessian times directions (K, n), (K, n), without forming it."""
        return self._run("hessian", X, f_weight, g_weights, directions)[0].expand(X.shape)

    @cached_property
    def _slopes_in_one_run(self) -> Program | None:
        """All slopes at one point, which share what they have in common; None where that is too much at once. The unit
        vectors of the Jacobian, known beforehand, are a batch beside the one point."""
        name = "columns" if self.size < self.count else "rows"
        (jacobian,), _ = self._outputs(name)
        seeds = min(self.size, self.count)
        outputs, inputs = self._outputs("gradient")
        units = {"seed": self._units(0, seeds, seeds)[0]}
        program = Program([*outputs, jacobian], inputs, self.device, self.dtype, units)
        return program if program.elements <= MOST_ELEMENTS else None

    # Programs --------------------------------------------------------------------------------------------------------

    def _program(self, name: str) -> Program:
        if name not in self._programs:
            self._programs[name] = Program(*self._outputs(name), self.device, self.dtype)
        return self._programs[name]

    def _outputs(self, name: str) -> tuple[list[Node], list[str]]:
        """The outputs of a program, and the names of its inputs."""
        if name == "values":
            return [self._f, self._g], ["x"]
        if name == "gradient":
            return [self._f, gradient(self._f, self.x), self._g], ["x"]
        if name == "rows":
            seed = input_node("seed", (self.count,))
            return pull_back([self._g], [seed], [self.x]), ["x", "seed"]
        if name == "columns":
            seed = input_node("seed", (self.size,))
            return [push_forward(self._g, self.x, seed)], ["x", "seed"]
        weights = [input_node("f_weight", ()), input_node("g_weights", (self.count,))]
        slope = pull_back([self._f, self._g], weights, [self.x])
        if name == "weighted":
            return [self._f, self._g, *slope], ["x", "f_weight", "g_weights"]
        seed = input_node("seed", (self.size,))
        return pull_back(slope, [seed], [self.x]), ["x", "f_weight", "g_weights", "seed"]

    def _run(self, name: str, X: Tensor, *others: Tensor) -> list[Tensor]:
        """A program at points (K, n); of one point without a batch axis, which is faster."""
        program = self._program(name)
        return program(X[0], *(other[0] for other in others)) if len(X) == 1 else program(X, *others)

    def _seeded(self, name: str, X: Tensor, seeds: int, *others: Tensor) -> Iterator[Tensor]:
        """A program's output (K, k, ...) for `seeds` unit vectors, k at a time.

        Where all of them fit, they are part of the program, and what does not depend on the point is computed once.
        """
        if name not in self._elements:
            self._elements[name] = elements(self._program(name))
        each = self._elements[name] * len(X)
        if seeds * each <= MOST_ELEMENTS:
            fixed = self._programs.get("seeded " + name)
            if fixed is None:
                nodes, inputs = self._outputs(name)
                fixed = Program(nodes, inputs[:-1], self.device, self.dtype, {"seed": self._units(0, seeds, seeds)})
                self._programs["seeded " + name] = fixed
            yield self._over(fixed, X, others, seeds)
            return
        program, together = self._program(name), max(1, MOST_ELEMENTS // each)
        for start in range(0, seeds, together):
            stop = min(seeds, start + together)
            yield self._over(program, X, others, stop - start, self._units(start, stop, seeds))

    def _over(self, program: Program, X: Tensor, others: Sequence[Tensor], seeds: int, *seed: Tensor) -> Tensor:
        (found,) = program(X.unsqueeze(1), *(other.unsqueeze(1) for other in others), *seed)
        return found.expand(len(X), seeds, *program.outputs[0].shape)

    def _units(self, start: int, stop: int, size: int) -> Tensor:
        """Unit vectors start .. stop of `size`, with a batch axis for points: (1, stop - start, size)."""
        found = torch.zeros(1, stop - start, size, device=self.device, dtype=self.dtype)
        found[0, torch.arange(stop - start), torch.arange(start, stop)] = 1.0
        return found


def elements(program: Program) -> int:
    """How many elements all steps of a run hold together, for one point: an upper bound of what it needs."""
    return 1 + sum(node.size for node in topological(program.outputs) if node.value is None)
