"""Explaining one cell: what it holds and computes, what it reads, who reads it, and its part in the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cellgrad.address import Region, parse_region
from cellgrad.answers import error_answer, plain
from cellgrad.blocks.block import Block
from cellgrad.errors import ArgumentError, CellgradError
from cellgrad.formula.printing import to_relative
from cellgrad.gradients.structure import Reason
from cellgrad.graph.precedents import cells_reading, only_the_file_knows
from cellgrad.optimize.constraint_cells import Standing
from cellgrad.program.origin import Evaluated
from cellgrad.session import Book, Model
from cellgrad.values import CellError, Value

MOST_BLOCKS = 2000
"""Dependents are counted cell by cell up to so many blocks."""


@dataclass
class Explanation:
    """What there is to say of one cell; None or empty where there is nothing.

    relative: the formula as in R1C1 notation, the same in every cell of `block`. reads: (region, its value if it is
    one cell). recurrence: how the block is evaluated, where it depends on itself. apart: why the cell is evaluated
    alone, though others share its formula. dependents: how many cells depend on it, directly or not. error: why it
    cannot be computed. origin: the cell in which the error that it shows begins. role: its part in the model of its
    sheet, in words. constraints: what the model asks of this cell; standings: of each, how it stands at the sheet's
    values, and the slack, nan where there is none. reason: why this cell makes the model as hard to solve as it is, if
    it does. derivative: of the model's objective by this cell, all other inputs fixed. flat: whether the model has
    gone flat here.
    """

    cell: str
    cached: Value
    computed: Value = None
    formula: str | None = None
    relative: str | None = None
    block: str | None = None
    recurrence: str | None = None
    apart: str | None = None
    block_cells: int = 0
    volatile: bool = False
    reads: list[tuple[Region, Value]] = field(default_factory=list)
    dependents: int = 0
    error: CellgradError | None = None
    origin: str | None = None
    origin_formula: str | None = None
    objective: str | None = None
    role: str | None = None
    constraints: tuple[str, ...] = ()
    standings: tuple[tuple[Standing, float], ...] = ()
    reason: Reason | None = None
    derivative: float | None = None
    flat: bool = False

    def answer(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "cell": self.cell,
            "formula": self.formula,
            "relative": self.relative,
            "value": {"cached": plain(self.cached), "computed": plain(self.computed)},
            "block": {"cells": self.block, "count": self.block_cells} if self.block else None,
            "recurrence": self.recurrence,
            "apart": self.apart,
            "volatile": self.volatile,
            "precedents": [
                {"cells": str(region), "count": region.size, "value": plain(value)} for region, value in self.reads
            ],
            "dependents": self.dependents,
            "error": None if self.error is None else error_answer(self.error),
            "error_begins": None if self.origin is None else {"cell": self.origin, "formula": self.origin_formula},
            "model": self._model(),
            "standings": [
                {"constraint": one, "standing": standing.value.lower(), "slack": plain(slack)}
                for one, (standing, slack) in zip(self.constraints, self.standings, strict=True)
            ],
            "reason": None if self.reason is None else {"form": self.reason.form.name.lower(), "why": self.reason.why},
            "derivative": None if self.derivative is None else plain(self.derivative),
            "flat": self.flat,
        }

    def _model(self) -> dict[str, Any] | None:
        if self.objective is None:
            return None
        return {"objective": self.objective, "role": self.role, "constraints": list(self.constraints)}


def explain(book: Book, reference: str, sheet: str | None = None) -> Explanation:
    """Everything about the cell that `reference` names (an address or a defined name, with or without its sheet).

    Raises ArgumentError for what is not one cell, and for a sheet that is not there.
    """
    cell = _one_cell(book, reference, sheet)
    found = Explanation(str(cell), book.workbook.cached(cell.sheet, cell.top, cell.left))
    reached = _reached(book, cell)
    found.dependents = sum(int(mask.sum()) for mask in reached.values())
    blocks = book.dependence.touching(cell)
    if blocks:
        _explain_formula(found, book, blocks[0], cell)
    else:
        found.computed = found.cached
    saved = book.saved.get(cell.sheet)
    if saved is not None:
        try:
            model = book.model(cell.sheet)
        except CellgradError as error:
            found.role = f"none: the saved model cannot run ({error.cause})"
            found.objective = saved.objective
        else:
            _explain_role(found, model, cell, blocks, reached)
    return found


def _one_cell(book: Book, reference: str, sheet: str | None) -> Region:
    host = book.workbook.sheet(sheet).name if sheet else next(iter(book.saved), book.sheets[0])
    found = book.regions(reference, host)
    if len(found) != 1 or found[0].size != 1:
        raise ArgumentError(f"'{reference}' is not one cell", action="name a single cell, such as Sheet1!B7")
    return found[0]


def _reached(book: Book, cell: Region) -> dict[Block, np.ndarray]:
    """The cells that depend on a cell, directly or not, as masks over the blocks they are in: region by region."""
    dependence = book.dependence
    reached = {
        block: np.zeros((block.region.height, block.region.width), bool) for block in dependence.dependents([cell])
    }
    if len(reached) > MOST_BLOCKS:  # mostly single cells: whole blocks will do
        return {block: np.ones_like(mask) for block, mask in reached.items()}
    pending = [cell]
    while pending:
        region = pending.pop()
        for block, mask in reached.items():
            for part in cells_reading(dependence.tree(block), block.host, region, book.workbook):
                whole = block.region if block.spread else part
                top, left = whole.top - block.region.top, whole.left - block.region.left
                inside = mask[top : top + whole.height, left : left + whole.width]
                if not inside.all():
                    inside[:] = True
                    pending.append(whole)
    return reached


def _explain_formula(found: Explanation, book: Book, block: Block, cell: Region) -> None:
    dependence = book.dependence
    found.formula = dependence.text_at(block, cell.top, cell.left)
    found.block, found.block_cells = str(block.region), block.region.size
    single = block if block.spread else block.cell(cell.top, cell.left)
    try:
        tree = dependence.tree(single)
        found.relative = "=" + to_relative(tree)
        found.volatile = only_the_file_knows(tree)
        evaluated = Evaluated(dependence, cell)
        value = evaluated.reference.value
        for region in dict.fromkeys(dependence.reads(single)):
            single_value = value(region.sheet, region.top, region.left) if region.size == 1 else None
            found.reads.append((region, single_value))
        found.computed = value(cell.sheet, cell.top, cell.left)
        found.recurrence, found.apart = dependence.in_words(cell)
        if isinstance(found.computed, CellError):
            origin = evaluated.error_origin()
            found.origin, found.origin_formula = str(origin.cell), origin.formula
    except CellgradError as error:
        found.error = error


def _explain_role(
    found: Explanation, model: Model, cell: Region, blocks: list[Block], reached: Mapping[Block, np.ndarray]
) -> None:
    compiled, found.objective = model.compiled, str(model.objective) if model.has_objective else ""
    asked = [one for one in model.constraints if one.left == cell]
    found.constraints = tuple(map(str, asked))
    held = math.nan if isinstance(found.computed, CellError | str) else float(found.computed or 0.0)
    precision = model.conditions.precision
    found.standings = tuple(
        (one.standing(held, precision=precision), math.nan if one.discrete else one.slack(held)) for one in asked
    )
    order = set(compiled.order)
    changing = any(cell in area for area in compiled.areas)
    live = any(block in order and compiled.is_live(block) for block in blocks)
    goal = "the objective" if model.has_objective and _among(reached, model.objective) else ""
    if live:
        found.reason = next((reason for reason in model.structure.reasons if cell in reason.cell), None)
    limits = [parse_region(one.right, model.sheet) for one in model.constraints if "!" in one.right]
    if not goal and any(_among(reached, side) for side in (*(one.left for one in model.constraints), *limits)):
        goal = "a constraint"
    if model.has_objective and cell == model.objective:
        found.role = "objective cell"
    elif changing:
        found.role = "changing cell"
    elif live and goal:
        found.role = f"on the way from the changing cells to {goal}"
    elif live or found.constraints:
        found.role = "constrained cell"
    elif goal:
        found.role = f"data: {goal} depends on it, and it does not depend on the changing cells"
    elif cell in limits:
        found.role = "data: the limit of a constraint"
    else:
        found.role = "none: the objective does not depend on it"
    if model.has_objective:
        found.flat = any(cell in unit for unit in model.flat())
        found.derivative = _derivative(model, cell)


def _among(reached: Mapping[Block, np.ndarray], cell: Region) -> bool:
    """Whether one cell is among those that depend on another."""
    return any(
        bool(mask[cell.top - block.region.top, cell.left - block.region.left])
        for block, mask in reached.items()
        if cell in block.region
    )


def _is_read(model: Model, cell: Region) -> bool:
    dependence = model.book.dependence
    return any(cell.intersect(region) for block in model.compiled.order for region in dependence.reads(block))


def _derivative(model: Model, cell: Region) -> float | None:
    """Of the objective by a cell that holds a number; None where there is none."""
    if cell.size == 1 and any(cell in area for area in model.compiled.areas):
        at = model.compiled.cells.index((cell.sheet, cell.top, cell.left))
        return float(model.value_and_gradient()[1][at])
    dependence = model.book.dependence
    if dependence.touching(cell) or not _is_read(model, cell):
        return None
    try:
        other = model.book.model(objective=str(model.objective), changing=str(cell))
    except CellgradError:  # no number, or it reaches the objective only through what has no derivative
        return None
    return float(other.value_and_gradient()[1][0])
