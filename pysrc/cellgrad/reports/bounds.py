"""What the model saved in a sheet asks of its changing cells, cell by cell, in words."""

from __future__ import annotations

from typing import TypeAlias

from cellgrad.address import Region
from cellgrad.errors import CellgradError
from cellgrad.session import Book, Model
from cellgrad.solver_models import Relation

Bounds: TypeAlias = dict[Region, str]
_WORDS = {Relation.INTEGER: "whole", Relation.BINARY: "0 or 1", Relation.ALL_DIFFERENT: "all different"}


def bounds_of(model: Model) -> Bounds:
    """The bounds saved with a model's sheet, by changing cell; cells without any are left out."""
    book, saved = model.book, model.book.saved.get(model.sheet)
    if saved is None:
        return {}
    cells = [Region(sheet, row, column, row + 1, column + 1) for sheet, row, column in model.compiled.cells]
    words: dict[Region, list[str]] = {cell: [] for cell in cells}
    if saved.non_negative:
        for cell in cells:
            words[cell].append(">= 0")
    for constraint in saved.constraints:
        try:
            left = book.regions(constraint.left, model.sheet)
        except CellgradError:  # a reference that is lost bounds nothing
            continue
        for area in left:
            for place, (row, column) in enumerate(area.cells()):
                cell = Region(area.sheet, row, column, row + 1, column + 1)
                if cell in words:
                    words[cell].append(_word(book, model.sheet, constraint.relation, constraint.right, place))
    return {cell: ", ".join(said) for cell, said in words.items() if said}


def _word(book: Book, sheet: str, relation: Relation, right: str, place: int) -> str:
    """One bound, as in ``<= 5``; where the right side is cells, with the name of the one that belongs to this place."""
    if relation in _WORDS:
        return _WORDS[relation]
    try:
        return f"{relation.symbol} {float(right.lstrip('=')):g}"
    except ValueError:
        pass
    try:
        (area,) = book.regions(right.lstrip("="), sheet)
        row, column = area.cells()[place if area.size > 1 else 0]
    except (CellgradError, ValueError, IndexError):
        return f"{relation.symbol} {right}"
    value = book.workbook.cached(area.sheet, row, column)
    return f"{relation.symbol} {value:g}" if isinstance(value, float) else f"{relation.symbol} {right}"
