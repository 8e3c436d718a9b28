"""Cells whose errors leave a search nowhere to begin: told at the cell where the error begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cellgrad.address import Region
from cellgrad.errors import ArgumentError, ModelError
from cellgrad.optimize.constraint_cells import ConstraintCell
from cellgrad.optimize.solution import Solution, Status
from cellgrad.program.compiling import constant_live, distinct, values_of
from cellgrad.program.origin import Evaluated, Origin

if TYPE_CHECKING:
    from cellgrad.session.book import Book

_OTHER_CAUSES = (Status.NOT_LINEAR, Status.TOO_LARGE, Status.UNBOUNDED, Status.NEEDS_BOUNDS)


def origin_of(book: Book, areas: Sequence[Region], cell: Region, x: np.ndarray) -> Origin:
    """Where the error of a cell begins, when the changing cells of these areas hold x (n,)."""
    new = {r: values_of(r, book.new) for r in distinct((*areas, *book.new))}
    fixed = list(new)[len(areas) :]
    live = constant_live([*areas, *fixed], np.concatenate([x, *(new[r] for r in fixed)]))
    return Evaluated(book.dependence, cell, live).error_origin()


def require_no_error(
    book: Book,
    areas: Sequence[Region],
    objective: Region | None,
    constraints: Sequence[ConstraintCell],
    solution: Solution,
) -> None:
    """Raises ModelError where a constrained search came to nothing because objective or constraints are errors."""
    if solution.usable or solution.places or solution.conflict is not None or solution.status in _OTHER_CAUSES:
        return
    if objective is not None and not math.isfinite(solution.value):
        raise _error(origin_of(book, areas, objective, solution.x), f"the objective {objective}")
    for one in constraints:
        if one.row is None or math.isfinite(solution.rows[one.row]):
            continue
        sides = [side for side in (one.left, _named(book, one)) if side is not None]
        origins = [origin_of(book, areas, side, solution.x) for side in sides]
        for origin in origins:
            if origin.error is not None:
                raise _error(origin, f"the constraint {one}", ", or take the constraint out of the model")
        raise ModelError(
            f"a side of the constraint {one} is an error or a text at the start, and no values were found at which it "
            "is a number",
            cell=str(one.left),
            formula=origins[0].formula,
            action="correct the cells of the constraint or their inputs, start from other values, or take the "
            "constraint out of the model",
        )


def endless_slope(objective: Region, cells: Sequence[str], slope: np.ndarray) -> ModelError:
    """What there is to say of an objective without a finite slope (n,) in one of its changing cells."""
    cell = next((cell for cell, one in zip(cells, slope, strict=True) if not math.isfinite(one)), None)
    return ModelError(
        f"the objective {objective} has no finite slope in this changing cell at its start value, as SQRT(x) has none "
        "at 0",
        cell=cell,
        action="start from another value",
    )


def _named(book: Book, constraint: ConstraintCell) -> Region | None:
    """The cell on the right side of a constraint, if it is one."""
    try:
        found = book.regions(constraint.right, constraint.left.sheet)
    except ArgumentError:
        return None
    return found[0] if len(found) == 1 and found[0].size == 1 else None


def _error(origin: Origin, what: str, otherwise: str = "") -> ModelError:
    return ModelError(
        f"{origin.error or 'an error'} here makes {what} an error at the start, and no values were found at which it "
        "is a number",
        cell=str(origin.cell),
        formula=origin.formula,
        action=f"correct the formula or its inputs, or start from other values{otherwise}",
    )
