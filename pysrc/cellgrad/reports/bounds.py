"""What a model asks of its changing cells, cell by cell, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from cellgrad.address import Region
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.constraint_cells import ConstraintCell

Bounds: TypeAlias = dict[Region, str]
KINDS = {"int": "whole", "bin": "0 or 1", "dif": "all different"}
"""What a changing cell may be asked to be besides a number, by the symbol of the constraint."""


def bounds_of(cells: Sequence[Region], constraints: Sequence[ConstraintCell], conditions: Conditions) -> Bounds:
    """The bounds of changing cells, as in ``<= 5, whole``; cells without any are left out.

    A lower bound of 0 that no constraint asks for is Solver's "Make unconstrained variables non-negative".
    """
    own = set(cells)
    words: dict[Region, list[str]] = {}
    for constraint in constraints:
        if constraint.left in own:
            words.setdefault(constraint.left, []).append(_word(constraint))
    for cell in (cells[place] for place in (conditions.lower == 0).nonzero()[0].tolist()):
        said = words.setdefault(cell, [])
        if not any(word.startswith((">", "=")) or word in (KINDS["bin"], KINDS["dif"]) for word in said):
            said.insert(0, ">= 0")
    return {cell: ", ".join(said) for cell, said in words.items() if said}


def _word(constraint: ConstraintCell) -> str:
    """One bound: the limit's value, and the name of the right side where it moves with the changing cells."""
    if constraint.discrete:
        return KINDS[constraint.symbol]
    if constraint.moving:
        return f"{constraint.symbol} {constraint.right.removeprefix('=')}"
    return f"{constraint.symbol} {constraint.limit:g}"
