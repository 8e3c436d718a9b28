"""Groups of cells that must all be different, as linear rows: a choice z[i, v] in {0, 1} for every cell i and value v.

x_i = sum over v of v z[i, v]; every cell takes one value, and in a group of k every value of 1 .. k is taken once
(Williams and Yan 2001). Groups may overlap: a cell has one set of choices, whatever the number of its groups.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellgrad.optimize.programs.instance import Instance

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


def with_choices(instance: Instance, groups: Sequence[Places], tight: bool = True) -> tuple[Instance, int]:
    """The instance with its groups as columns and rows behind its own, and the number of those rows.

    tight: choices that bounds or rows of a single cell rule out are closed from the start.
    """
    if not groups:
        return instance, 0
    values, first, count = _columns(groups, instance.size)
    lines: list[tuple[list[int], list[float], float]] = []
    for cell, most in values.items():
        choices = list(range(first[cell], first[cell] + most))
        lines.append(([cell, *choices], [1.0, *(-float(v) for v in range(1, most + 1))], 0.0))
        lines.append((choices, [1.0] * most, 1.0))
    for group in groups:
        for value in range(1, len(group) + 1):
            takers = [first[cell] + value - 1 for cell in group.tolist() if values[cell] >= value]
            lines.append((takers, [1.0] * len(takers), 1.0))
    lengths = [len(columns) for columns, _, _ in lines]
    matrix = sparse.csr_array(
        (
            np.concatenate([weights for _, weights, _ in lines]),
            np.concatenate([columns for columns, _, _ in lines]).astype(np.int64),
            np.concatenate([[0], np.cumsum(lengths)]),
        ),
        shape=(len(lines), count),
    )
    right = np.array([target for _, _, target in lines])
    added = count - instance.size
    open_ = np.ones(added)
    if tight:
        lower, upper = _bounds(instance)
        for cell, most in values.items():
            each = np.arange(1, most + 1)
            closed = (each < lower[cell] - 1e-9) | (each > upper[cell] + 1e-9)
            open_[first[cell] - instance.size + np.flatnonzero(closed)] = 0.0
    none = sparse.csr_array((instance.count, added))
    wide = instance.with_columns(none, np.zeros(added), np.zeros(added), open_).with_rows(matrix, right, right)
    wide.whole[instance.size :] = True
    return wide, len(lines)


def chosen(x: Floats, size: int, groups: Sequence[Places]) -> Floats:
    """A point of `with_choices` at cells x, which are the first of the `size` columns there were before."""
    values, first, count = _columns(groups, size)
    wide = np.zeros(count)
    wide[: len(x)] = x
    for cell, most in values.items():
        value = round(float(x[cell]))
        if 1 <= value <= most:
            wide[first[cell] + value - 1] = 1.0
    return wide


def _columns(groups: Sequence[Places], size: int) -> tuple[dict[int, int], dict[int, int], int]:
    """The largest value of every cell in a group, the first column of its choices, and the number of columns then."""
    values: dict[int, int] = {}
    for group in groups:
        for cell in group.tolist():
            values[cell] = min(values.get(cell, len(group)), len(group))
    first: dict[int, int] = {}
    for cell, most in values.items():
        first[cell] = size
        size += most
    return values, first, size


def _bounds(instance: Instance) -> tuple[Floats, Floats]:
    """Bounds of the cells, and of the rows that speak of one cell alone."""
    lower, upper = instance.lower.copy(), instance.upper.copy()
    lengths = np.diff(instance.matrix.indptr)
    for row in np.flatnonzero(lengths == 1):
        place = instance.matrix.indptr[row]
        cell, weight = instance.matrix.indices[place], instance.matrix.data[place]
        ends = sorted((instance.low[row] / weight, instance.high[row] / weight))
        lower[cell], upper[cell] = max(lower[cell], ends[0]), min(upper[cell], ends[1])
    return lower, upper
