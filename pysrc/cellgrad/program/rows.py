"""The sides of constraints as vectors: constrained cells less whatever on the right moves with the changing cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import CellgradError, ModelError
from cellgrad.program.lowering import Lowering
from cellgrad.tensors import operations as t
from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import Node, constant
from cellgrad.values import Kind
from cellgrad.workbook import Cells, FormulaText, Workbook

Floats = np.ndarray


@dataclass(frozen=True)
class Sides:
    """The two sides of a constraint on every cell of `left`.

    right: a number, a region (of as many cells, taken in reading order, or one cell for all), or the text of a formula
    without ``=``, evaluated as if it stood in a cell of `sheet` (None: the sheet of `left`).
    """

    left: Region
    right: float | Region | str = 0.0
    sheet: str | None = None


@dataclass(frozen=True)
class Rows:
    """c rows, one a constrained cell, in the order of the constraints and in reading order of each.

    cells: the left cells. limits (c,): what the value of a row is compared with. moving (c,): the right side moves
    with the changing cells, so that the row is the left side less the right one and its limit 0. live (c,): whether
    the changing cells move the row at all. left, right (c,): the sides' values at the start; nan for a cell error.
    regions: all cells of both sides.
    """

    cells: tuple[Region, ...]
    limits: Floats
    moving: np.ndarray
    live: np.ndarray
    left: Floats
    right: Floats
    regions: tuple[Region, ...] = ()

    @property
    def count(self) -> int:
        """c"""
        return len(self.cells)


# Formulas that stand in no cell --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """Constraints whose sides are all regions or numbers: their formulas stand in cells beyond the used ones.

    dependence: of the workbook with those cells, or the one given where there are none. texts: the formula that each
    of those cells was made for, with its ``=``, and the constrained region.
    """

    dependence: Dependence
    sides: tuple[Sides, ...]
    texts: dict[Region, tuple[str, Region]]


def written_out(dependence: Dependence, sides: Sequence[Sides]) -> Written:
    """Constraints with each formula on the right put into a cell of its own, in a copy of the workbook's snapshot.

    Formulas on the right are rare, so that the copy's blocks are worth grouping anew.
    """
    book = dependence.book
    places: dict[tuple[str, str], Region] = {}
    for side in sides:
        if isinstance(side.right, str):
            sheet = book.sheet(side.sheet or side.left.sheet)
            rows, columns = sheet.cells.extent
            at = sum(1 for name, _ in places if name == sheet.name)
            top, left = min(rows, MAX_ROWS - 1), min(columns + 2 * at, MAX_COLUMNS - 1)
            places.setdefault((sheet.name, side.right), Region(sheet.name, top, left, top + 1, left + 1))
    if not places:
        return Written(dependence, tuple(sides), {})
    for (_, text), place in places.items():
        book = _with_formula(book, place, text.removeprefix("="))
    found, texts = [], {}
    for side in sides:
        if isinstance(side.right, str):
            place = places[book.sheet(side.sheet or side.left.sheet).name, side.right]
            texts[place] = ("=" + side.right.removeprefix("="), side.left)
            side = replace(side, right=place)
        found.append(side)
    return Written(Dependence(book), tuple(found), texts)


def _with_formula(book: Workbook, place: Region, text: str) -> Workbook:
    """The workbook with a formula in a cell that was empty."""
    sheet = book.sheet(place.sheet)
    cells = sheet.cells
    more = Cells(
        np.append(cells.rows, place.top),
        np.append(cells.column_of(np.arange(len(cells))), place.left),
        np.append(cells.kinds, Kind.BLANK),
        np.append(cells.data, 0.0),
        np.append(cells.formulas, len(book.formulas)),
    )
    return replace(
        book,
        sheets={**book.sheets, sheet.name: replace(sheet, cells=more)},
        formulas=(*book.formulas, FormulaText(text, place.top, place.left)),
    )


# Rows ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Stretch:
    """Constraints on the cells of one region, as one vector."""

    left: Region
    right: Region | Floats


def regions_of(sides: Sequence[Sides]) -> list[Region]:
    """Every region that a side of a constraint stands for."""
    both = (region for side in sides for region in (side.left, side.right) if isinstance(region, Region))
    return list(dict.fromkeys(both))


def lower_rows(
    lowering: Lowering,
    x: Node,
    x0: Floats,
    sides: Sequence[Sides],
    texts: dict[Region, tuple[str, Region]],
    blame: Callable[[Region], ModelError],
) -> tuple[Node, Rows]:
    """The rows (c,) as a node of x, and what is known of them; the blocks they need have been lowered.

    blame: the error of a cell that is one whatever the changing cells hold. Raises ModelError for sides that do not
    fit together, texts, and errors that no changing cell can cure; the FormulaError of a cell that cannot be compiled.
    """
    if not sides:
        nothing = np.zeros(0)
        never = nothing.astype(bool)
        return constant(torch.zeros(0)), Rows((), nothing, never, never, nothing, nothing)
    stretches = _stretches(sides)
    lefts = [_numbers(lowering, stretch.left, texts) for stretch in stretches]
    rights = [
        _numbers(lowering, stretch.right, texts)
        if isinstance(stretch.right, Region)
        else (constant(torch.from_numpy(stretch.right)), np.zeros(stretch.left.size, bool))
        for stretch in stretches
    ]
    nodes = [node for node, _ in (*lefts, *rights)]
    found = (values.numpy() for values in Program(nodes, [x.parameters[0]])(torch.from_numpy(x0)))
    starts = [np.where(np.isfinite(values), values, np.nan) for values in found]
    rows: list[Node] = []
    parts: list[tuple[Floats, ...]] = []
    for at, stretch in enumerate(stretches):
        size = stretch.left.size
        (left, left_live), (right, right_live) = lefts[at], rights[at]
        left_start, right_start = starts[at], starts[at + len(stretches)]
        _require_numbers(stretch.left, left_start, left_live, blame)
        if isinstance(stretch.right, Region):
            _require_numbers(stretch.right, right_start, right_live, blame)
        right_live, right_start = (np.broadcast_to(one, size) for one in (right_live, right_start))
        if right_live.any():
            moved = (
                right if right_live.all() else t.select(constant(torch.from_numpy(right_live.copy())), right, t.ZERO)
            )
            left = t.sub(left, t.broadcast(moved, (size,)))
        rows.append(left)
        limits = np.where(right_live, 0.0, right_start)
        parts.append((limits, right_live, left_live | right_live, left_start, right_start))
    cells = tuple(
        Region(side.left.sheet, row, column, row + 1, column + 1) for side in sides for row, column in side.left.cells()
    )
    known = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return t.concatenate(rows, 0), Rows(
        cells, known[0], known[1], known[2], known[3], known[4], tuple(regions_of(sides))
    )


def _stretches(sides: Sequence[Sides]) -> list[_Stretch]:
    """The constraints, those on neighbouring single cells joined: a thousand lines become one vector."""
    found: list[_Stretch] = []
    for side in sides:
        right = side.right
        assert not isinstance(right, str)  # formulas have been written out
        if isinstance(right, Region) and right.size not in (1, side.left.size):
            raise ModelError(
                f"the sides of a constraint differ in size: {side.left.size} cells on the left, {right.size} on the "
                f"right ({right})",
                cell=str(side.left),
                action="give the right side as many cells as the left one, or a single cell",
            )
        vector = right if isinstance(right, Region) else np.full(side.left.size, float(right))
        joined = _joined(found[-1], side.left, vector) if found else None
        if joined is None:
            found.append(_Stretch(side.left, vector))
        else:
            found[-1] = joined
    return found


def _joined(before: _Stretch, left: Region, right: Region | Floats) -> _Stretch | None:
    """Two constraints as one, where the cells of the second follow those of the first in a line."""
    lefts = _in_line(before.left, left)
    if lefts is None:
        return None
    if isinstance(right, Region):
        if not isinstance(before.right, Region):
            return None
        if right.size == 1 and before.right == right:
            return _Stretch(lefts, right)
        if right.size != left.size or before.right.size != before.left.size:
            return None
        rights = _in_line(before.right, right)
        return None if rights is None else _Stretch(lefts, rights)
    return None if isinstance(before.right, Region) else _Stretch(lefts, np.append(before.right, right))


def _in_line(first: Region, second: Region) -> Region | None:
    """Two regions as one whose reading order is that of the first and then the second; None where there is none."""
    if first.sheet != second.sheet:
        return None
    if first.bottom == second.top and (first.left, first.right) == (second.left, second.right):
        return replace(first, bottom=second.bottom)
    if first.height == second.height == 1 and first.top == second.top and first.right == second.left:
        return replace(first, right=second.right)
    return None


def _numbers(lowering: Lowering, region: Region, texts: dict[Region, tuple[str, Region]]) -> tuple[Node, np.ndarray]:
    """The cells of a region as a vector, and which of them depend on the changing cells; a text is not finite."""
    try:
        values = lowering.value(region)
    except CellgradError as error:
        if region not in texts:
            raise
        formula, left = texts[region]
        raise type(error)(
            f"the right side of the constraint: {error.cause}",
            cell=str(left),
            formula=formula,
            position=error.position if error.formula == formula else None,
            action=error.action,
        ) from error
    live = np.zeros((region.height, region.width), bool)
    for part, piece in lowering.pieces_known(region):
        live[part.within(region)] = not piece.is_constant
    data = t.broadcast(values.data, live.shape)
    if not isinstance(values.kind, int):
        data = t.select(t.compare("eq", values.kind, t.number(Kind.TEXT)), t.NAN, data)
    elif values.kind == Kind.TEXT:
        data = t.broadcast(t.NAN, live.shape)
    return t.reshape(data, (region.size,)), live.reshape(-1)


def _require_numbers(region: Region, start: Floats, live: np.ndarray, blame: Callable[[Region], ModelError]) -> None:
    """Raises ModelError for a cell that is a text or an error whatever the changing cells hold."""
    wrong = np.flatnonzero(~np.isfinite(start) & ~live)
    if len(wrong):
        row, column = divmod(int(wrong[0]), region.width)
        row, column = region.top + row, region.left + column
        raise blame(Region(region.sheet, row, column, row + 1, column + 1))
