"""Circles of cells in a workbook that iterates: which cells need each other, and their values as a fixed point."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from cellgrad.functions.operands import Matrix
from cellgrad.values import Value

Cell = TypeVar("Cell")

MOST_EVALUATIONS = 2_000_000
"""How many formulas are evaluated in one circle before it is given up."""
MOST_PASSES = 2_000
SETTLED = 1e-15
"""A change of no more than this, relative to the value, is rounding."""


def settle(
    cells: Sequence[Cell],
    values: dict[Cell, Value | Matrix],
    compute: Callable[[Cell], Value | Matrix],
    *,
    passes: int,
    tolerance: float,
    exact: bool,
) -> bool:
    """Iterates cells until none changes by more than the tolerance, each pass in their order, each on latest values.

    values: where `compute` reads what the cells hold; filled with the start on entry, with the fixed point on return.
    exact: go on until nothing changes but in its last digits; else values whose first pass changes nothing beyond the
    tolerance are left as they are, for they are what the program that saved them stopped at.
    Returns whether it came to rest.
    """
    most = max(passes, min(MOST_PASSES, MOST_EVALUATIONS // len(cells))) if exact else passes
    start = {cell: values[cell] for cell in cells}
    change = math.inf
    for number in range(most):
        change, resting = 0.0, True
        for cell in cells:
            old, values[cell] = values[cell], compute(cell)
            difference = _difference(old, values[cell])
            change = max(change, difference)
            resting = resting and difference <= SETTLED * _size(values[cell])
        if resting:
            return True
        if not exact and change < tolerance:
            if number == 0:
                values.update(start)
            return True
    return change < tolerance


def _difference(old: Value | Matrix, new: Value | Matrix) -> float:
    if isinstance(old, Matrix) and isinstance(new, Matrix) and old.shape == new.shape:
        return max(_difference(a, b) for a, b in zip(old, new, strict=True))
    if type(old) is float and type(new) is float:
        return abs(new - old)
    return 0.0 if type(old) is type(new) and old == new else math.inf


def _size(value: Value | Matrix) -> float:
    if isinstance(value, Matrix):
        return max(_size(one) for one in value)
    return abs(value) if type(value) is float else 1.0
