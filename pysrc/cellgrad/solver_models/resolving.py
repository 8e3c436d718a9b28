"""Constraints cell by cell: what each line of a constraint list asks of which cell.

How a line is read, as Excel's Solver reads it:

- The left side is cells. A range asks the same of every cell, a cell named twice in a line is asked once.
- The right side of ``<=``, ``=`` and ``>=`` is a number, one cell, as many cells as the left side has, or a formula.
  Two ranges are paired cell by cell in reading order; where one is the other turned over (3 x 2 and 2 x 3), row with
  column. ``int``, ``bin`` and ``dif`` stand for changing cells and need no right side.
- A blank cell is 0 on either side. A cell on the left that holds a text typed in, such as a heading that the range
  takes in, is left out, and said to be (`ModelConditions.notes`); on the right, where a number is needed, it is
  refused. Texts that formulas give are found when the model is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cellgrad.address import Region, full_name
from cellgrad.errors import ArgumentError, FormulaError, ModelError
from cellgrad.formula.parse import parse
from cellgrad.formula.tree import Binary, Literal, Node, Range, Unary
from cellgrad.graph.binding import bind
from cellgrad.solver_models.areas import areas
from cellgrad.solver_models.model import Constraint, Relation, SolverModel
from cellgrad.solver_models.reading import plain_number
from cellgrad.values import Kind
from cellgrad.workbook import Workbook

Cell: TypeAlias = tuple[str, int, int]
"""Sheet, row and column from zero."""
Right: TypeAlias = float | Cell | str
"""The right side of one cell's constraint: a number, a cell, or the text of a formula (seen from A1)."""

MAX_CONSTRAINED_CELLS = 1_000_000


@dataclass(frozen=True, slots=True)
class ConditionCell:
    """One constraint on one cell.

    line: the line of the constraint list it comes from, from zero. place: that of the left cell among the changing
    cells, None where it is another. right: nan for int, bin and dif, which need none.
    """

    line: int
    left: Cell
    relation: Relation
    right: Right
    place: int | None

    def __str__(self) -> str:
        said = f"{full_name(*self.left)} {self.relation.symbol}"
        return said if self.relation.is_discrete else f"{said} {right_text(self.right)}"


@dataclass(frozen=True)
class ModelConditions:
    """What a model asks, cell by cell, in the order of its lines; `folding.fold` makes bounds and rows of it.

    sheet: the sheet that formulas and references without a sheet are of. size: how many changing cells there are;
    their places are those of the model's areas in reading order. notes: what was left out, a sentence each.
    """

    sheet: str
    size: int
    constraints: tuple[Constraint, ...] = ()
    cells: tuple[ConditionCell, ...] = ()
    non_negative: bool = False
    ignore_integers: bool = False
    notes: tuple[str, ...] = ()


def conditions_of(model: SolverModel, book: Workbook) -> ModelConditions:
    """What a saved model asks. Raises ModelError, naming the constraint, for one that makes no sense."""
    changing = model.changing_regions(book)
    return resolve(
        book, model.sheet, changing, model.constraints,
        non_negative=model.non_negative, ignore_integers=model.ignore_integers,
    )  # fmt: skip


def resolve(
    book: Workbook,
    sheet: str,
    changing: Sequence[Region],
    constraints: Sequence[Constraint],
    *,
    non_negative: bool = False,
    ignore_integers: bool = False,
) -> ModelConditions:
    """Constraints on the model with these changing cells (areas without overlap), whoever wrote them.

    Raises ModelError, naming the constraint and the cell, for one that makes no sense; ArgumentError for a typed one.
    """
    lines = _Lines(book, sheet, changing, ignore_integers)
    cells = [cell for number, line in enumerate(constraints) for cell in lines.cells(number, line)]
    return ModelConditions(
        sheet, sum(area.size for area in changing), tuple(constraints), tuple(cells),
        non_negative, ignore_integers, tuple(lines.notes),
    )  # fmt: skip


def right_text(right: Right) -> str:
    """A right side as a person reads it."""
    if isinstance(right, float):
        return f"{right:.15g}"
    return "=" + right if isinstance(right, str) else full_name(*right)


class _Lines:
    """Reads one line after the other against one workbook and its changing cells."""

    def __init__(self, book: Workbook, sheet: str, changing: Sequence[Region], ignore_integers: bool) -> None:
        self.book, self.sheet, self.changing = book, sheet, changing
        self.ignore_integers = ignore_integers
        self.notes: list[str] = []

    def cells(self, number: int, line: Constraint) -> Iterator[ConditionCell]:
        lefts = self._left(line)
        places = np.concatenate([self._places(area) for area in lefts])
        cells = _cells(lefts)
        texts = self._texts(lefts) & (places < 0)
        if texts.any():
            self._note_texts(line, cells, texts)
        if line.relation.is_discrete:
            if not self.ignore_integers:
                self._require_changing(line, cells, places)
            rights: list[Right] = [np.nan] * len(cells)
        else:
            rights = self._rights(line, lefts, texts)
        seen: set[tuple[Cell, Right]] = set()
        for cell, right, place, is_text in zip(cells, rights, places.tolist(), texts.tolist(), strict=True):
            key = (cell, "" if line.relation.is_discrete else right)
            if is_text or key in seen:
                continue
            seen.add(key)
            yield ConditionCell(number, cell, line.relation, right, place if place >= 0 else None)

    def _left(self, line: Constraint) -> list[Region]:
        try:
            found = list(areas(self.book, self.sheet, line.left))
        except (ArgumentError, FormulaError) as error:
            raise _senseless(line, f"its left side names no cells: {error.cause}") from error
        if sum(area.size for area in found) > MAX_CONSTRAINED_CELLS:
            raise _senseless(line, f"its left side is more than {MAX_CONSTRAINED_CELLS} cells")
        return found

    def _places(self, area: Region) -> NDArray[np.int64]:
        """Where each cell of the area stands among the changing cells, in reading order; -1 where it is none."""
        places = np.full((area.height, area.width), -1, np.int64)
        start = 0
        for changing in self.changing:
            shared = area.intersect(changing)
            if shared is not None:
                own = np.arange(start, start + changing.size).reshape(changing.height, changing.width)
                places[shared.within(area)] = own[shared.within(changing)]
            start += changing.size
        return places.reshape(-1)

    def _require_changing(self, line: Constraint, cells: list[Cell], places: NDArray[np.int64]) -> None:
        for cell, place in zip(cells, places.tolist(), strict=True):
            if place < 0:
                raise _senseless(
                    line, f"only a changing cell can be held to {_HELD[line.relation]}, and this cell is none", cell
                )

    def _rights(self, line: Constraint, lefts: list[Region], left_out: NDArray[np.bool_]) -> list[Right]:
        """The right side of every cell on the left."""
        count = len(left_out)
        found = self._right(line)
        if not isinstance(found, list):
            return [found] * count
        cells, texts = _cells(found), self._texts(found)
        if len(cells) not in (1, count):
            raise _senseless(line, f"its left side is {count} cells and its right side {len(cells)}")
        order = np.arange(len(cells)) if len(cells) == count else np.zeros(count, np.int64)
        if len(lefts) == len(found) == 1 and _turned_over(lefts[0], found[0]):
            order = order.reshape(found[0].height, -1).T.reshape(-1)
        wrong = texts[order] & ~left_out
        if wrong.any():
            text = cells[order[int(wrong.argmax())]]
            raise _senseless(line, "its right side must be a number, and this cell holds a text", text)
        return [cells[place] for place in order.tolist()]

    def _right(self, line: Constraint) -> float | str | list[Region]:
        number = plain_number(line.right)
        if number is not None:
            return number
        try:
            tree = bind(parse(line.right, 0, 0), self.book, self.sheet, 0, 0)
            if _is_reference(tree):
                return list(areas(self.book, self.sheet, line.right))
        except (ArgumentError, FormulaError) as error:
            raise _senseless(line, f"its right side cannot be read: {error.cause}") from error
        constant = _literal(tree)
        if constant is None and isinstance(tree, Literal):
            raise _senseless(line, "its right side is neither a number nor cells nor a formula")
        return constant if constant is not None else line.right.strip().removeprefix("=")

    def _texts(self, regions: list[Region]) -> NDArray[np.bool_]:
        """Which cells hold a text that is typed in (one that a formula gives may be a number at other values)."""
        found = []
        for area in regions:
            kinds, _, formulas = self.book.sheet(area.sheet).cells.dense(area.top, area.left, area.bottom, area.right)
            found.append(((kinds == Kind.TEXT) & (formulas < 0)).reshape(-1))
        return np.concatenate(found)

    def _note_texts(self, line: Constraint, cells: list[Cell], texts: NDArray[np.bool_]) -> None:
        first = cells[int(texts.argmax())]
        if texts.all():
            raise _senseless(line, "its left side must be a number, and this cell holds a text", first)
        count = int(texts.sum())
        held = f"{full_name(*first)} holds a text and is" if count == 1 else f"{count} cells hold texts and are"
        self.notes.append(f"{held} left out of the constraint {line}")


_HELD = {
    Relation.INTEGER: "whole numbers (int)",
    Relation.BINARY: "0 or 1 (bin)",
    Relation.ALL_DIFFERENT: "being all different (dif)",
}


def _cells(regions: Sequence[Region]) -> list[Cell]:
    return [(area.sheet, row, column) for area in regions for row, column in area.cells()]


def _turned_over(left: Region, right: Region) -> bool:
    return (left.height, left.width) == (right.width, right.height) != (right.height, right.width)


def _is_reference(tree: Node) -> bool:
    match tree:
        case Range():
            return True
        case Binary(operator=",", left=left, right=right):
            return _is_reference(left) and _is_reference(right)
    return False


def _literal(tree: Node) -> float | None:
    """The number that is written: ``-5``, ``10%``, ``TRUE``; None for anything that needs evaluation."""
    match tree:
        case Literal(value=bool() | float() | int() as value):
            return float(value)
        case Unary(operator="-" | "+" | "%" as sign, operand=operand):
            number = _literal(operand)
            return None if number is None else {"-": -number, "+": number, "%": number / 100}[sign]
    return None


def _senseless(line: Constraint, cause: str, cell: Cell | None = None) -> ArgumentError | ModelError:
    said, where = f"the constraint {line} cannot be used: {cause}", None if cell is None else full_name(*cell)
    if line.typed:
        return ArgumentError(said, cell=where, action="correct it, or leave it out")
    return ModelError(said, cell=where, action="correct it in the model, or take it out")
