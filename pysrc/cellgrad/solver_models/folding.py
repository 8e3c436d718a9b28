"""Resolved constraints as bounds of the changing cells and rows of other cells.

A constraint on a changing cell against a constant is a bound. Everything else is a row: one cell, or one cell less
another, between two limits. What is constant is known to whoever evaluates the workbook, who says so by a function.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cellgrad.address import full_name
from cellgrad.errors import ModelError
from cellgrad.solver_models.model import Relation
from cellgrad.solver_models.resolving import Cell, ConditionCell, ModelConditions, Right, right_text

INFINITE = 1e30
"""Solver's infinity: a bound at least as large is none."""

ConstantOf = Callable[[Cell | str], float | None]
"""Told a cell, or the text of a formula, answers its number where no changing cell moves it (0 for a blank, nan for a
text or an error), and None where one does."""


@dataclass(frozen=True, slots=True)
class Row:
    """low <= left <= high, or, where `right` is given, low <= left - right <= high. Equalities have low == high."""

    left: Cell
    right: Cell | str | None
    low: float
    high: float

    def __str__(self) -> str:
        less = "" if self.right is None else f" - {right_text(self.right)}"
        return f"{self.low:.15g} <= {full_name(*self.left)}{less} <= {self.high:.15g}"


@dataclass(frozen=True)
class Folded:
    """Bounds and rows.

    lower, upper (n,): bounds of the changing cells, infinite where there is none; they may contradict each other.
    whole (n,): cells that must be whole numbers. different: groups of places that must be a permutation of 1 .. their
    number. With ``ignore_integers`` none is whole and no group different, but their bounds hold.
    rows: each left side (and moving right side) once, its limits taken together.
    limits (k,): the right side of each of the k `ModelConditions.cells`, nan where it moves or there is none.
    row_of (k,): the row that each became, -1 where it became a bound or a kind of number.
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    whole: NDArray[np.bool_]
    different: tuple[NDArray[np.int64], ...]
    rows: tuple[Row, ...]
    limits: NDArray[np.float64] = field(repr=False)
    row_of: NDArray[np.int64] = field(repr=False)


def fold(conditions: ModelConditions, constant_of: ConstantOf) -> Folded:
    """Bounds and rows of a model. `constant_of` is asked once for each right side that is no number.

    The zero bound of "Make unconstrained variables non-negative" holds where a changing cell has no lower bound of its
    own: no ``>=``, ``=``, bin or dif against a constant. Raises ModelError where a constant right side is no number.
    """
    fold_ = _Fold(conditions, constant_of)
    for at, cell in enumerate(conditions.cells):
        fold_.add(at, cell)
    return fold_.done()


class _Fold:
    def __init__(self, conditions: ModelConditions, constant_of: ConstantOf) -> None:
        n, k = conditions.size, len(conditions.cells)
        self.conditions, self.constant_of = conditions, constant_of
        self.lower, self.upper = np.full(n, -np.inf), np.full(n, np.inf)
        self.bounded_below, self.whole = np.zeros(n, bool), np.zeros(n, bool)
        self.groups: dict[int, list[int]] = {}
        self.rows: dict[tuple[Cell, Cell | str | None], tuple[int, float, float]] = {}
        self.limits, self.row_of = np.full(k, np.nan), np.full(k, -1, np.int64)
        self._constants: dict[Right, float | None] = {}

    def add(self, at: int, cell: ConditionCell) -> None:
        """Take in the constraint cell numbered `at`."""
        if cell.relation.is_discrete:
            self._kind_of_number(cell)
            return
        moving: Cell | str | None = None
        limit = self._constant(cell)
        if limit is None:
            assert not isinstance(cell.right, float)
            moving = cell.right
        else:
            self.limits[at] = limit
            if cell.place is not None:
                self._bound(cell.place, *_between(cell.relation, limit))
                self.bounded_below[cell.place] |= cell.relation is not Relation.AT_MOST
                return
        low, high = _between(cell.relation, limit or 0.0)
        number, known_low, known_high = self.rows.get((cell.left, moving), (len(self.rows), -math.inf, math.inf))
        self.rows[cell.left, moving] = number, max(low, known_low), min(high, known_high)
        self.row_of[at] = number

    def _kind_of_number(self, cell: ConditionCell) -> None:
        if cell.place is None:  # integers are ignored, and so is that this is no changing cell
            return
        if cell.relation is Relation.ALL_DIFFERENT:
            self.groups.setdefault(cell.line, []).append(cell.place)
            return
        self.whole[cell.place] = True
        if cell.relation is Relation.BINARY:
            self._bound(cell.place, 0.0, 1.0)
            self.bounded_below[cell.place] = True

    def _bound(self, place: int, low: float, high: float) -> None:
        self.lower[place] = max(self.lower[place], low)
        self.upper[place] = min(self.upper[place], high)

    def _constant(self, cell: ConditionCell) -> float | None:
        if isinstance(cell.right, float):
            return cell.right
        if cell.right not in self._constants:
            number = self._constants[cell.right] = self.constant_of(cell.right)
            if number is not None and math.isnan(number):
                raise ModelError(
                    f"the right side of the constraint {cell} is no number",
                    cell=None if isinstance(cell.right, str) else full_name(*cell.right),
                    formula="=" + cell.right if isinstance(cell.right, str) else None,
                    action="correct it, or take the constraint out of the model",
                )
        return self._constants[cell.right]

    def done(self) -> Folded:
        """What has become of all of them."""
        groups = tuple(np.array(places, np.int64) for places in self.groups.values())
        for group in groups:
            self.bounded_below[group] = True
        whole = self.whole
        if self.conditions.ignore_integers:
            for group in groups:
                np.maximum.at(self.lower, group, 1.0)
                np.minimum.at(self.upper, group, float(len(group)))
            whole, groups = np.zeros_like(whole), ()
        if self.conditions.non_negative:
            self.lower[~self.bounded_below] = np.maximum(self.lower[~self.bounded_below], 0.0)
        rows = tuple(Row(left, right, low, high) for (left, right), (_, low, high) in self.rows.items())
        return Folded(self.lower, self.upper, whole, groups, rows, self.limits, self.row_of)


def _between(relation: Relation, limit: float) -> tuple[float, float]:
    """The limits of a left side that stands in this relation to a number."""
    low = -math.inf if relation is Relation.AT_MOST or limit <= -INFINITE else limit
    high = math.inf if relation is Relation.AT_LEAST or limit >= INFINITE else limit
    return low, high
