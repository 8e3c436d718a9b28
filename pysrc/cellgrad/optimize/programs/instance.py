"""One form for every linear programme: minimise cost . x over low <= A x <= high, lower <= x <= upper; its scale."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SWEEPS = 6
"""Passes of geometric scaling over rows and columns; the gain after the first few is small (Fourer 1982)."""

NOISE = 1e-13
"""Coefficients this much smaller than the largest of their row, after scaling, are what rounding left of a zero."""

ROW_SLIP = 1e-9
"""By how much whole numbers may miss a row, relative above 1: rounding in its coefficients."""

ENDLESS = 1e20
"""Limits of this size are none, as for HiGHS; in sheets 1E+30 stands for infinity."""


@dataclass(frozen=True)
class Instance:
    """Minimise cost . x (n,) subject to low <= A x <= high (c,), lower <= x <= upper (n,) and x whole where `whole`."""

    cost: Floats
    matrix: sparse.csr_array
    low: Floats
    high: Floats
    lower: Floats
    upper: Floats
    whole: Flags

    @property
    def size(self) -> int:
        """n"""
        return len(self.cost)

    @property
    def count(self) -> int:
        """c"""
        return len(self.low)

    def value(self, x: Floats) -> float:
        """cost . x"""
        return float(self.cost @ x)

    def misses(self, x: Floats) -> tuple[Floats, Floats]:
        """By how much x misses rows (c,) and bounds (n,)."""
        g = self.matrix @ x
        rows = np.maximum(0.0, np.maximum(self.low - g, g - self.high))
        return rows, np.maximum(0.0, np.maximum(self.lower - x, x - self.upper))

    def relaxed(self) -> Instance:
        """Without whole numbers."""
        return replace(self, whole=np.zeros(self.size, bool))

    def without_whole(self, x: Floats) -> Instance | None:
        """What is left for the other cells once the whole ones are the whole numbers nearest to x: rows and scale know
        of them alone. None where rows of whole cells alone are missed."""
        held, free = self.matrix[:, self.whole], sparse.csr_array(self.matrix[:, ~self.whole])
        taken = held @ np.round(x[self.whole])
        settled = np.diff(free.indptr) == 0
        for miss, limit in ((self.low - taken, self.low), (taken - self.high, self.high)):
            size = np.where(np.isfinite(limit), np.maximum(1.0, np.abs(limit)), 1.0)
            if (miss > ROW_SLIP * size)[settled].any():
                return None
        rest = Instance(
            self.cost[~self.whole], free, self.low - taken, self.high - taken, self.lower[~self.whole],
            self.upper[~self.whole], np.zeros(free.shape[1], bool),
        )  # fmt: skip
        return rest.rows(~settled)

    def with_cost(self, cost: Floats) -> Instance:
        """The same conditions with another objective."""
        return replace(self, cost=cost)

    def with_rows(self, matrix: sparse.csr_array, low: Floats, high: Floats) -> Instance:
        """With rows added below."""
        return replace(
            self, matrix=sparse.csr_array(sparse.vstack([self.matrix, matrix])),
            low=np.concatenate([self.low, low]), high=np.concatenate([self.high, high]),
        )  # fmt: skip

    def with_columns(self, matrix: sparse.csr_array, cost: Floats, lower: Floats, upper: Floats) -> Instance:
        """With columns added on the right, none of them whole."""
        return Instance(
            np.concatenate([self.cost, cost]), sparse.csr_array(sparse.hstack([self.matrix, matrix])),
            self.low, self.high, np.concatenate([self.lower, lower]), np.concatenate([self.upper, upper]),
            np.concatenate([self.whole, np.zeros(len(cost), bool)]),
        )  # fmt: skip

    def rows(self, keep: Flags) -> Instance:
        """With those rows alone."""
        return replace(self, matrix=self.matrix[keep], low=self.low[keep], high=self.high[keep])


@dataclass(frozen=True)
class Scale:
    """x = columns * scaled x; scaled rows = rows * A x; scaled cost . x = cost * (cost . x). Powers of two all, so that
    going there and back changes no digit."""

    columns: Floats
    rows: Floats
    cost: float


def scaled(instance: Instance) -> tuple[Instance, Scale]:
    """The instance with coefficients, costs and limits near 1. Whole cells keep their units.

    Geometric means of rows and columns in turn, then the largest of each row to 1 (Fourer 1982, section 2.4).
    """
    entries = abs(instance.matrix).tocoo()
    row, column, size = entries.row[entries.data > 0], entries.col[entries.data > 0], entries.data[entries.data > 0]
    rows, columns = np.ones(instance.count), np.ones(instance.size)
    free = ~instance.whole
    if len(size):
        for _ in range(SWEEPS):
            rows = _middle(row, size * columns[column], instance.count)
            middle = _middle(column, size * rows[row], instance.size)
            columns = np.where(free, middle, 1.0)
        columns = _power(columns)
        largest = np.zeros(instance.count)
        np.maximum.at(largest, row, size * columns[column])
        rows = _power(1 / np.where(largest > 0, largest, 1.0))
    empty = free & (instance.cost != 0)
    empty[column] = False
    if empty.any():  # cells that no row holds have only their cost to be measured by
        others = (instance.cost * columns)[~empty]
        columns[empty] = _power(_typical(others) / np.abs(instance.cost[empty]))
    if free.all():  # one factor for all keeps the matrix
        ends = (rows * instance.low, rows * instance.high, instance.lower / columns, instance.upper / columns)
        typical = _typical(np.concatenate(ends))
        columns, rows = columns * typical, rows / typical
    matrix = sparse.csr_array(sparse.diags_array(rows) @ instance.matrix @ sparse.diags_array(columns))
    matrix.data[np.abs(matrix.data) < NOISE * _largest_of_rows(matrix)] = 0.0
    matrix.eliminate_zeros()
    cost = instance.cost * columns
    most = np.abs(cost).max(initial=0.0)
    cost_scale = float(_power(np.array([1 / most]))[0]) if most > 0 else 1.0
    return (
        Instance(
            cost * cost_scale, matrix, rows * instance.low, rows * instance.high,
            instance.lower / columns, instance.upper / columns, instance.whole,
        ),
        Scale(columns, rows, cost_scale),
    )  # fmt: skip


def _middle(index: NDArray[np.int64], size: Floats, count: int) -> Floats:
    """1 / sqrt(smallest largest) of the sizes with the same index; 1 where there are none."""
    small, large = np.full(count, np.inf), np.zeros(count)
    np.minimum.at(small, index, size)
    np.maximum.at(large, index, size)
    some = large > 0
    return 1 / np.sqrt(np.where(some, small, 1.0)) / np.sqrt(np.where(some, large, 1.0))


def _typical(values: Floats) -> float:
    """The geometric mean of what is finite and not 0, as a power of two: the tolerances of HiGHS are absolute."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    return float(np.exp2(np.round(np.log2(sizes).mean()))) if len(sizes) else 1.0


def _power(values: Floats) -> Floats:
    """The nearest powers of two."""
    return np.exp2(np.round(np.log2(values)))


def _largest_of_rows(matrix: sparse.csr_array) -> Floats:
    """For every entry of a matrix, the largest size in its row."""
    lengths = np.diff(matrix.indptr)
    largest = np.zeros(len(lengths))
    filled = lengths > 0
    if filled.any():
        largest[filled] = np.maximum.reduceat(np.abs(matrix.data), matrix.indptr[:-1][filled])
    return np.repeat(largest, lengths)
