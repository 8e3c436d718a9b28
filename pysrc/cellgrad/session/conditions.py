"""What a person asked of the changing cells, as the search takes it: bounds, rows of constraints, kinds of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cellgrad.address import Region, full_name
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import ModelError
from cellgrad.optimize.conditions import PRECISION, Conditions
from cellgrad.optimize.constraint_cells import ConstraintCell
from cellgrad.program.compiling import distinct, values_of
from cellgrad.program.rows import Rows, Sides, written_out
from cellgrad.reference import Reference
from cellgrad.solver_models import Cell, Folded, ModelConditions, Right, Row, fold
from cellgrad.solver_models.resolving import right_text


@dataclass(frozen=True)
class Asked:
    """Conditions before they are compiled.

    folded: bounds and rows. sides: of the rows that the changing cells move, as the compiler takes them, and `rows`
    their places among `folded.rows`. constants: what the left sides are that no changing cell moves, by their place.
    """

    conditions: ModelConditions
    folded: Folded
    sides: tuple[Sides, ...]
    rows: tuple[int, ...]
    constants: Mapping[int, float]
    precision: float

    @property
    def needs_rows(self) -> bool:
        """Whether any row has to be compiled."""
        return bool(self.sides)

    def conditions_for(self, rows: Rows | None) -> Conditions:
        """The conditions as the search takes them. rows: what the compiler says of `sides`."""
        folded = self.folded
        low = np.array([folded.rows[number].low for number in self.rows], np.float64)
        high = np.array([folded.rows[number].high for number in self.rows], np.float64)
        # a right side that proved constant went into the row's limit
        limits = np.zeros(0) if rows is None else rows.limits
        return Conditions(
            folded.lower, folded.upper, low + limits, high + limits, folded.whole, folded.different, self.precision
        )

    def constraint_cells(self, rows: Rows | None) -> list[ConstraintCell]:
        """Every constraint cell by cell, as the reports name it, in the order of the list."""
        place_of = {number: place for place, number in enumerate(self.rows)}
        found = []
        for at, cell in enumerate(self.conditions.cells):
            number = int(self.folded.row_of[at])
            row = place_of.get(number)
            limit, moving = float(self.folded.limits[at]), False
            if row is not None and rows is not None and self.folded.rows[number].right is not None:
                limit, moving = float(rows.right[row]), bool(rows.moving[row])
            found.append(
                ConstraintCell(
                    left=_region(cell.left),
                    symbol=cell.relation.symbol,
                    right="" if cell.relation.is_discrete else right_text(cell.right),
                    limit=limit,
                    row=row,
                    place=cell.place if row is None else None,
                    constant=self.constants.get(number),
                    moving=moving,
                )
            )
        return found


def asked(
    dependence: Dependence,
    conditions: ModelConditions,
    areas: Sequence[Region],
    new: Mapping[Region, np.ndarray],
    precision: float = PRECISION,
) -> Asked:
    """Bounds and rows of what was asked, with everything constant evaluated.

    areas: the changing cells. new: values that cells have taken since the file was read. Raises ModelError for a
    constraint whose sides no changing cell moves and that does not hold, or that is no number.
    """
    constants = _Constants(dependence, conditions.sheet, areas, new)
    folded = fold(conditions, constants.of)
    sides, rows, fixed = [], [], {}
    for number, row in enumerate(folded.rows):
        value = constants.of(row.left) if row.right is None else None
        if value is None:
            rows.append(number)
            right = 0.0 if row.right is None else _region(row.right) if isinstance(row.right, tuple) else row.right
            sides.append(Sides(_region(row.left), right, conditions.sheet))
        else:
            fixed[number] = value
            _require_held(dependence, row, value, precision)
    return Asked(conditions, folded, tuple(sides), tuple(rows), fixed, precision)


def _require_held(dependence: Dependence, row: Row, value: float, precision: float) -> None:
    """Raises ModelError where a row that no changing cell moves is missed."""
    limit = row.low if value < row.low else row.high
    if row.low - precision * max(1.0, abs(row.low)) <= value <= row.high + precision * max(1.0, abs(row.high)):
        return
    blocks = dependence.touching(_region(row.left))
    relation = "at least" if value < row.low else "at most"
    shown = "is an error or a text"
    if math.isfinite(value):
        shown = f"should be {relation} {limit:.15g}, it is {value:.15g}"
    raise ModelError(
        f"a constraint can never hold: this cell {shown}, and no changing cell moves it",
        cell=full_name(*row.left),
        formula=dependence.text_at(blocks[0], *row.left[1:]) if blocks else None,
        action="correct the cell or the constraint, or add the cells it depends on to the changing cells",
    )


class _Constants:
    """What cells and formulas hold that no changing cell moves."""

    def __init__(
        self, dependence: Dependence, sheet: str, areas: Sequence[Region], new: Mapping[Region, np.ndarray]
    ) -> None:
        self.dependence, self.sheet, self.areas, self.new = dependence, sheet, areas, new
        self.dependents = set(dependence.dependents(areas))
        self._reference: Reference | None = None

    def of(self, right: Cell | str) -> float | None:
        """The number in a cell, or of a formula's text; 0 for a blank, nan for a text or an error, None if it moves."""
        if isinstance(right, str):
            return self._of_text(right)
        region = _region(right)
        if any(region.intersect(area) for area in self.areas):
            return None
        if any(block in self.dependents for block in self.dependence.touching(region)):
            return None
        if not self.dependence.touching(region) and not any(region in area for area in self.new):
            return _number(self.dependence.book.cached(*right))
        if self._reference is None:
            self._reference = self._evaluator(self.dependence)
        return _number(self._reference.value(*right))

    def _of_text(self, text: str) -> float | None:
        sheet = self.dependence.book.sheet(self.sheet)
        written = written_out(self.dependence, [Sides(Region(sheet.name, 0, 0, 1, 1), text, sheet.name)])
        place = written.sides[0].right
        assert isinstance(place, Region)
        if any(place in block.region for block in written.dependence.dependents(self.areas)):
            return None
        return _number(self._evaluator(written.dependence).value(place.sheet, place.top, place.left))

    def _evaluator(self, dependence: Dependence) -> Reference:
        live = {
            (area.sheet, row, column): float(value)
            for area in distinct(tuple(self.new))
            for (row, column), value in zip(area.cells(), values_of(area, self.new), strict=True)
        }
        return Reference(dependence.book, live)


def _number(value: object) -> float:
    if value is None:
        return 0.0
    return float(value) if isinstance(value, bool | float | int) else math.nan


def _region(cell: Right) -> Region:
    assert isinstance(cell, tuple)
    sheet, row, column = cell
    return Region(sheet, row, column, row + 1, column + 1)
