"""The objective cell and the constrained cells as functions of the changing cells: one expression, one program each.

Rows are one vector, however many there are. Their Jacobian takes one reverse pass a row or one forward pass a changing
cell, whichever are fewer, all passes of a chunk in one run; chunks keep memory bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    optimise. rows: the rows' node, shape (c,), any part of it constant. It is a `System` of `optimize.conditions`.
    """

    def __init__(self, x: Node, objective: Node, rows: Node, device: torch.device | str = "cpu") -> None:
        self.x = x
        self.objective_node = objective
        self.rows_node = rows
        self.device = torch.device(device)
        self.dtype = default_dtype(self.device)
        self.size = x.size
        self.count = rows.size
        self._f, self._g = share_products([reshape(objective, ()), rows])
        self._programs: dict[str, Program] = {}
        self._eyes: dict[int, Tensor] = {}

    def on(self, device: torch.device | str) -> CompiledSystem:
        """The same system on another device."""
        if torch.device(device) == self.device:
            return self
        return CompiledSystem(self.x, self.objective_node, self.rows_node, device)

    def values(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """X (K, n) -> f (K,), g (K, c); not finite where the cell is an error."""
        f, g = self._run("values", X)
        return f.expand(len(X)), g.expand(len(X), self.count)

    def slopes(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """X (K, n) -> f (K,), its gradient (K, n), g (K, c), its Jacobian (K, c, n)."""
        f, gradient_, g = self._run("gradient", X)
        many = len(X)
        f, gradient_, g = f.expand(many), gradient_.expand(many, self.size), g.expand(many, self.count)
        parts = [part.expand(many, len(part[0]), self.size) for part in self.jacobian_rows(X)]
        return f, gradient_, g, torch.cat(parts, 1) if parts else X.new_zeros(many, 0, self.size)

    def jacobian_rows(self, X: Tensor, most: int = MOST_ELEMENTS) -> Iterator[Tensor]:
        """The Jacobian (K, c, n) at points X (K, n), a few rows (K, k, n) at a time; all at once by forward mode.

        most: how many elements all steps of a run may hold.
        """
        if self.count == 0:
            return
        if self.size < self.count:
            columns = [c.expand(len(X), -1, self.count) for c in self._seeded("columns", X, self.size, [], most)]
            yield torch.cat(columns, 1).mT
            return
        for part in self._seeded("rows", X, self.count, [], most):
            yield part.expand(len(X), -1, self.size)

    def weighted(self, X: Tensor, f_weight: Tensor, g_weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """f (K,), g (K, c) and the gradient (K, n) of f_weight f + g_weights . g, in one reverse pass.

        f_weight (K,), g_weights (K, c).
        """
        f, g, slope = self._run("weighted", X, f_weight, g_weights)
        return f.expand(len(X)), g.expand(len(X), self.count), slope.expand(X.shape)

    def weighted_hessian(self, X: Tensor, f_weight: Tensor, g_weights: Tensor) -> Tensor:
        """The Hessian (K, n, n) of f_weight f + g_weights . g."""
        parts = list(self._seeded("hessian", X, self.size, [f_weight, g_weights], MOST_ELEMENTS))
        return torch.cat([part.expand(len(X), -1, self.size) for part in parts], 1)

    def weighted_hessian_product(self, X: Tensor, f_weight: Tensor, g_weights: Tensor, directions: Tensor) -> Tensor:
        """That Hessian times directions (K, n), (K, n), without forming it."""
        return self._run("hessian", X, f_weight, g_weights, directions)[0].expand(X.shape)

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

    def _seeded(self, name: str, X: Tensor, seeds: int, others: Sequence[Tensor], most: int) -> Iterator[Tensor]:
        """A program's output (K or 1, k, ...) for each of `seeds` unit vectors, k at a time."""
        program = self._program(name)
        together = max(1, min(seeds, most // (max(1, elements(program)) * len(X))))
        points, given = X.unsqueeze(1), [other.unsqueeze(1) for other in others]
        for start in range(0, seeds, together):
            stop = min(seeds, start + together)
            unit = torch.zeros(1, stop - start, seeds, device=self.device, dtype=self.dtype)
            unit[0, torch.arange(stop - start), torch.arange(start, stop)] = 1.0
            (found,) = program(points, *given, unit)
            yield found.expand(len(X), stop - start, *program.outputs[0].shape)


def elements(program: Program) -> int:
    """How many elements all steps of a run hold together, for one point: an upper bound of what it needs."""
    return sum(node.size for node in topological(program.outputs) if node.value is None)
