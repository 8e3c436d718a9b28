"""Mini-batches: an objective estimated from some of the rows of the table that it adds up, at their cost alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from cellgrad.errors import ArgumentError
from cellgrad.program.objective import CompiledObjective
from cellgrad.program.row_slices import NotByRows, Table, is_parameter
from cellgrad.program.row_sums import SampledSum, sizes_summed
from cellgrad.program.squares import under_root
from cellgrad.tensors.derivatives import gradient
from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import Node, topological
from cellgrad.tensors.operations import reshape
from cellgrad.tensors.sharing import share_products

CHUNK_ELEMENTS = 2**22
"""Where many rows are only added up, as many are evaluated together as make this many numbers: 32 MiB."""

_WORDS = {
    "scan": "a recurrence, in which each row needs the one before",
    "recurrence": "a recurrence, in which each row needs the one before",
    "running_total": "a running total, in which each row needs those before",
    "running_largest": "a running extreme, in which each row needs those before",
    "sqrt": "a square root of the sum",
    "pow": "a power of the sum",
    "square": "a square of the sum",
    "div": "a division by a sum over the rows",
    "mul": "a product of two sums over the rows",
    "select": "an IF on a sum over the rows",
    "spread": "a SUMIF over the rows",
    "sort": "an order of the rows",
    "order_of": "an order of the rows",
    "sum": "a sum over all rows that every row needs",
    "amax": "a largest of all rows",
    "amin": "a smallest of all rows",
    "matmul": "a product of matrices that mixes the rows",
}


class RowTable:
    """The rows that an objective adds up. rows: how many.

    Raises ArgumentError, naming the operation in the way, for an objective that is no sum or mean over rows.
    A mean of squares under a root is seen without the root, as its minimum is the same: `merit_is_square`.
    """

    def __init__(self, function: CompiledObjective) -> None:
        self.function = function
        value = share_products([reshape(function.value_node, ())])[0]
        squares = under_root(value) if function.has_residuals else None
        self.merit_is_square = squares is not None
        """Whether what is estimated is the square of the objective cell."""
        self._value = value if squares is None else squares
        self._table = Table(function.device, function.arithmetic)
        self._objectives: dict[int, SomeRows] = {}
        self.rows = self._find()

    def _find(self) -> int:
        for size in sizes_summed(self._value):
            try:
                found = SampledSum(self._value, size, 1, self._table)
            except NotByRows as error:
                raise _refused(error.operation, size) from error
            if found.has_data:
                self._check_cost(found, size)
                return size
        raise ArgumentError(
            "the objective is no sum or mean over the rows of a table, so it has no mini-batches",
            action="leave out the batch rows, or let the objective be a SUM or AVERAGE over rows of data",
        )

    def _check_cost(self, found: SampledSum, size: int) -> None:
        """Refuses what would cost all rows in each step: a live quantity of all rows that every row reads."""
        for node in topological(found.whole):
            if not node.is_constant and not is_parameter(node) and node.size >= size and node.size > self.function.size:
                raise _refused("sum", size)

    def some(self, count: int) -> SomeRows:
        """The objective estimated from `count` rows at a time."""
        if count not in self._objectives:
            sampled = SampledSum(self._value, self.rows, count, self._table)
            self._objectives[count] = SomeRows(self.function, sampled, count)
        return self._objectives[count]

    def estimate(self, X: Tensor, rows: Tensor) -> Tensor:
        """The objective (K,) at X (K, n) as if the table were the rows of `rows` alone, repeated to its length; a mean
        is their mean. Evaluated a part at a time, so that any number of rows fits in memory."""
        a_row = self.some(2).elements - self.some(1).elements
        chunk = max(1, CHUNK_ELEMENTS // (len(X) * max(1, a_row)))
        parts = [self.some(len(part)).value(X, part) * (len(part) / len(rows)) for part in rows.split(chunk)]
        return torch.stack(parts).sum(0)

    def all_rows(self) -> Tensor:
        """The numbers of all rows."""
        return torch.arange(self.rows, device=self.function.device)


def _refused(operation: str, rows: int) -> ArgumentError:
    what = _WORDS.get(operation, f"the operation {operation}")
    return ArgumentError(
        f"the objective cannot be estimated from some of its {rows:,} rows: {what} is in the way",
        action="leave out the batch rows and the validation rows: every step then takes all rows",
    )


class SomeRows:
    """The objective as an expectation over `count` rows of its table: programs of that many rows, and no more."""

    def __init__(self, function: CompiledObjective, sampled: SampledSum, count: int) -> None:
        self.count = count
        self.size = function.size
        self.outputs: tuple[Node, Node] = (sampled.node, gradient(sampled.node, function.x))
        self.elements = sum(node.size for node in topological([sampled.node]) if not node.is_constant)
        """The elements that one evaluation of the value computes."""
        self._feeds = sampled.feeds
        inputs = ["x", *(feed.name for feed in sampled.feeds)]
        self._dtype, self._arithmetic = function.dtype, function.arithmetic
        kind = function.device, function.arithmetic, None, function.wide
        self._value = Program(self.outputs[:1], inputs, *kind)
        self._both = Program(self.outputs, inputs, *kind)

    def value(self, X: Tensor, rows: Tensor) -> Tensor:
        """Values (K,) at X (K, n), from the rows numbered in `rows` (count,)."""
        return self._run(self._value, X, rows)[0].reshape(-1).expand(len(X))

    def value_and_gradient(self, X: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Values (K,) and gradients (K, n)."""
        value, slope = self._run(self._both, X, rows)
        return value.reshape(-1).expand(len(X)), slope.reshape(-1, self.size).expand(X.shape)

    def _run(self, program: Program, X: Tensor, rows: Tensor) -> list[Tensor]:
        fed = [feed.make(rows) for feed in self._feeds]
        found = program((X[0] if len(X) == 1 else X).to(self._arithmetic), *fed)
        return [one.to(self._dtype) for one in found]


class RowBatches:
    """An objective in which every evaluation sees the next `batch` rows: what a first-order method steps on.

    Each pass over the rows has an order of its own, drawn from `seed` (numpy's PCG64, on the host: the same on every
    device); its last batch holds what is left over. rows: the numbers of the rows to train on, None for all.
    The mean over one pass, each batch weighted by its rows, is the objective over those rows.
    """

    has_residuals = False
    rooted = False
    residual_count = 0

    def __init__(self, table: RowTable, batch: int, seed: int = 0, rows: Tensor | None = None) -> None:
        self.table = table
        self.size = table.function.size
        self.device = table.function.device
        self.dtype = table.function.dtype
        self.arithmetic = table.function.arithmetic
        self.rows = table.all_rows() if rows is None else rows
        self.batch = min(batch, len(self.rows))
        self.per_epoch = -(-len(self.rows) // self.batch)
        """Batches in one pass over the rows."""
        self._seed = seed
        self._drawn = self._draw()
        self.held: Tensor | None = None
        """The rows that every evaluation sees, where somebody else draws them."""

    @property
    def elements(self) -> int:
        """The elements that one evaluation computes at one point."""
        return self.table.some(self.batch).elements

    def epoch(self, number: int) -> Iterator[Tensor]:
        """The numbers of the rows of each batch of a pass."""
        if self.per_epoch == 1:
            yield self.rows
            return
        order = np.random.default_rng([self._seed, number]).permutation(len(self.rows))
        yield from self.rows[torch.from_numpy(order).to(self.device)].split(self.batch)

    def _draw(self) -> Iterator[Tensor]:
        number = 0
        while True:
            yield from self.epoch(number)
            number += 1

    def draw(self) -> Tensor:
        """The numbers of the rows of the next batch."""
        return next(self._drawn)

    def value(self, X: Tensor) -> Tensor:
        """The objective (K,) over all the rows to train on."""
        return self.table.estimate(X, self.rows)

    def value_and_gradient(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Estimates (K,) and (K, n) from the next batch, or from the one held."""
        rows = self.draw() if self.held is None else self.held
        return self.table.some(len(rows)).value_and_gradient(X, rows)

    def residuals_and_jacobian(self, X: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError("batches have no residuals")

    def normal_equations(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        raise NotImplementedError("batches have no residuals")
