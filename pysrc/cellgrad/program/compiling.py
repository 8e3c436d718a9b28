"""Compiling a model: one objective cell and its changing cells, checked and lowered to a differentiable program."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from cellgrad.address import Region, full_name
from cellgrad.blocks.block import Block
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import ModelError
from cellgrad.program.lowering import Failure, Lowering
from cellgrad.program.objective import CompiledObjective
from cellgrad.program.origin import Evaluated
from cellgrad.program.rows import Rows, Sides, lower_rows, regions_of, written_out
from cellgrad.program.system import CompiledSystem
from cellgrad.program.undisturbed import undisturbed
from cellgrad.program.values import Values
from cellgrad.tensors.nodes import Node, constant, input_node
from cellgrad.tensors.operations import crop, reshape
from cellgrad.values import CellError, Kind, Value
from cellgrad.workbook import Workbook, decode


@dataclass(frozen=True)
class Compiled:
    """A compiled model.

    objective: the objective cell, None where there is nothing to optimise. areas: the changing cells as rectangles
    without overlap, in the order given. x0: their values in the file (n,), in reading order of the areas; a blank
    counts as 0.
    function: the objective as a function of them. lowering, order: every block it needed, precedents first.
    """

    objective: Region | None
    areas: tuple[Region, ...]
    x0: np.ndarray
    function: CompiledObjective
    lowering: Lowering
    order: tuple[Block, ...]

    @property
    def cells(self) -> list[tuple[str, int, int]]:
        """(sheet, row, column) of every changing cell, in the order of x0."""
        return [(area.sheet, row, column) for area in self.areas for row, column in area.cells()]

    def is_live(self, block: Block) -> bool:
        """Whether the numbers of a block depend on the changing cells."""
        values = self.lowering.values.get(block)
        return isinstance(values, Values) and not values.data.is_constant


@dataclass(frozen=True)
class CompiledWithRows(Compiled):
    """A compiled model with constraints.

    system: the objective and the rows as functions of the changing cells. rows: which cells the rows are, and what
    their values are compared with.
    """

    system: CompiledSystem
    rows: Rows


@undisturbed()
def compile_model(
    dependence: Dependence,
    objective: Region,
    changing: Sequence[Region],
    new: Mapping[Region, np.ndarray] | None = None,
) -> Compiled:
    """The objective as a function of the changing cells.

    new: values that cells have taken since the file was read, such as another model's answer; regions of it do not
    overlap, values are in reading order.
    Raises ModelError, with the cell and what to do, for an objective or changing cells that make no model, and the
    FormulaError of whatever cell on the way cannot be compiled.
    """
    book = dependence.book
    _check_objective(book, objective, changing)
    inputs = _inputs(book, changing, new or {})
    lowering = Lowering(dependence, inputs.live)
    order = _lowered(lowering, [objective])
    value = _objective_value(lowering, objective, changing)
    function = CompiledObjective(inputs.x, value.data)
    return Compiled(objective, inputs.areas, inputs.x0, function, lowering, tuple(order))


@undisturbed()
def compile_system(
    dependence: Dependence,
    objective: Region | None,
    changing: Sequence[Region],
    sides: Sequence[Sides],
    new: Mapping[Region, np.ndarray] | None = None,
) -> CompiledWithRows:
    """The objective and the constrained cells as functions of the changing cells, in one expression.

    objective: None for a model that only has to be made feasible. new: as in `compile_model`.
    Raises what `compile_model` does, and ModelError, with the cell and what to do, for a side of a constraint that is
    a text, or an error that no changing cell can cure.
    """
    _check_changing(changing, None if objective is None else str(objective))
    if objective is not None:
        _check_objective(dependence.book, objective, changing)
    written = written_out(dependence, sides)
    dependence = written.dependence
    new = new or {}
    inputs = _inputs(dependence.book, changing, new)
    lowering = Lowering(dependence, inputs.live)
    wanted = [*([] if objective is None else [objective]), *regions_of(written.sides)]
    order = _lowered(lowering, wanted)
    data = constant(0.0) if objective is None else _objective_value(lowering, objective, changing).data

    def blame(cell: Region) -> ModelError:
        return _no_number(dependence, cell, inputs, new, written.texts.get(cell))

    rows_node, rows = lower_rows(lowering, inputs.x, inputs.x0, written.sides, written.texts, blame)
    return CompiledWithRows(
        objective, inputs.areas, inputs.x0, CompiledObjective(inputs.x, data), lowering, tuple(order),
        CompiledSystem(inputs.x, data, rows_node), rows,
    )  # fmt: skip


@dataclass(frozen=True)
class _Inputs:
    """The changing cells: their rectangles, their values in the file, the node of all of them, and what is live."""

    areas: tuple[Region, ...]
    x0: np.ndarray
    x: Node
    live: dict[Region, Node]


def _inputs(book: Workbook, changing: Sequence[Region], new: Mapping[Region, np.ndarray]) -> _Inputs:
    areas = distinct(changing)
    x0 = np.concatenate([_start_values(book, area, new) for area in areas])
    x = input_node("x", (len(x0),))
    others = distinct((*areas, *new))[len(areas) :]
    settled = constant_live(others, np.concatenate([values_of(r, new) for r in others])) if others else {}
    return _Inputs(areas, x0, x, {**_live(x, areas), **settled})


def _lowered(lowering: Lowering, regions: Sequence[Region]) -> list[Block]:
    """Evaluate the blocks of regions and all they depend on; those blocks, precedents first."""
    dependence = lowering.dependence

    def needed() -> list[Block]:
        return dependence.order(dict.fromkeys(block for region in regions for block in dependence.touching(region)))

    order = needed()
    version = dependence.version
    lowering.lower(order)
    return order if dependence.version == version else needed()  # lowering may have cut blocks


def _no_number(
    dependence: Dependence,
    cell: Region,
    inputs: _Inputs,
    new: Mapping[Region, np.ndarray],
    written: tuple[str, Region] | None,
) -> ModelError:
    """The error of a side of a constraint that is no number whatever the changing cells hold.

    written: the formula on a right side that stands in no cell, and the region it constrains.
    """
    regions = distinct((*inputs.areas, *new))
    others = [values_of(region, new) for region in regions[len(inputs.areas) :]]
    live = constant_live(regions, np.concatenate([inputs.x0, *others]))
    evaluated = Evaluated(dependence, cell, live)
    value = evaluated.reference.value(cell.sheet, cell.top, cell.left)
    blocks = dependence.touching(cell)
    formula = dependence.text_at(blocks[0], cell.top, cell.left) if blocks else None
    at, what = str(cell), f"{cell}, a side of a constraint,"
    if written is not None:
        formula, left = written
        at, what = str(left), f"the right side of the constraint on {left}"
    if not isinstance(value, CellError):
        return ModelError(
            f"a side of a constraint must be a number, and this one is {describe(value)}",
            cell=at,
            formula=formula,
            action="put a number there, or take the cell out of the constraint",
        )
    origin = evaluated.error_origin()
    elsewhere = origin.cell != cell
    return ModelError(
        f"{origin.error or value} here makes {what} an error whatever the changing cells hold"
        if elsewhere
        else f"a side of a constraint must be a number, and this one is {value} whatever the changing cells hold",
        cell=str(origin.cell) if elsewhere else at,
        formula=origin.formula if elsewhere else formula,
        action="correct the formula or what it reads, or take the cell out of the constraint",
    )


def _live(x: Node, areas: Sequence[Region]) -> dict[Region, Node]:
    live, start = {}, 0
    for area in areas:
        live[area] = reshape(crop(x, (start,), (start + area.size,)), (area.height, area.width))
        start += area.size
    return live


def distinct(regions: Sequence[Region]) -> tuple[Region, ...]:
    """The regions without overlap: what an earlier one holds is left out of a later one."""
    kept: list[Region] = []
    for region in regions:
        parts = [region]
        for other in kept:
            parts = [rest for part in parts for rest in part.minus(other)]
        kept += parts
    return tuple(kept)


def values_of(area: Region, new: Mapping[Region, np.ndarray], otherwise: np.ndarray | None = None) -> np.ndarray:
    """The values of an area, flat: those of `new` where it has them, else `otherwise` (of the area's shape)."""
    values = np.zeros((area.height, area.width)) if otherwise is None else otherwise.copy()
    for region, given in new.items():
        part = region.intersect(area)
        if part is not None:
            source = given.reshape(region.height, region.width)
            values[part.within(area)] = source[part.within(region)]
    return values.reshape(-1)


def _start_values(book: Workbook, area: Region, new: Mapping[Region, np.ndarray]) -> np.ndarray:
    """The numbers in an area of changing cells. Raises ModelError for a cell that holds anything else."""
    kinds, data, formulas = book.sheet(area.sheet).cells.dense(area.top, area.left, area.bottom, area.right)
    wrong = np.argwhere((formulas >= 0) | ((kinds != Kind.NUMBER) & (kinds != Kind.BLANK)))
    if len(wrong):
        row, column = (int(i) for i in wrong[0])
        cell = full_name(area.sheet, area.top + row, area.left + column)
        if formulas[row, column] >= 0:
            formula = book.formulas[formulas[row, column]]
            own = (formula.row, formula.column) == (area.top + row, area.left + column)
            raise ModelError(
                "a changing cell must hold a number, and this one holds a formula",
                cell=cell,
                formula="=" + formula.text if own else None,
                action="choose the cells that the formula reads, or paste its value",
            )
        value = decode(int(kinds[row, column]), float(data[row, column]), book.strings)
        raise ModelError(
            f"a changing cell must hold a number, and this one holds {describe(value)}",
            cell=cell,
            action="put a number in it, or leave it out of the changing cells",
        )
    return values_of(area, new, np.where(kinds == Kind.NUMBER, data, 0.0))


def describe(value: Value) -> str:
    """A value in a sentence."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the truth value {str(value).upper()}"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if isinstance(value, CellError):
        return f"the error {value}"
    return f"the number {value:.15g}"


def _check_objective(book: Workbook, objective: Region, changing: Sequence[Region]) -> None:
    if objective.size != 1:
        raise ModelError("the objective must be one cell", cell=str(objective), action="name a single cell")
    _check_changing(changing, str(objective))
    cell = str(objective)
    if any(objective in area for area in changing):
        raise ModelError(
            "the objective is itself one of the changing cells", cell=cell, action="choose a cell that depends on them"
        )
    sheet = book.sheet(objective.sheet)
    if book.formula(sheet.name, objective.top, objective.left) is None:
        value = book.cached(sheet.name, objective.top, objective.left)
        raise ModelError(
            f"the objective holds {describe(value)} and no formula, so it cannot depend on the changing cells",
            cell=cell,
            action="choose the cell whose formula computes what you want to optimise",
        )


def _check_changing(changing: Sequence[Region], cell: str | None) -> None:
    if not changing:
        raise ModelError(
            "the model has no changing cells",
            cell=cell,
            action="name them with --changing, as in B2:B5",
            sheet_action="select them and press Set changing cells",
        )


def _objective_value(lowering: Lowering, objective: Region, changing: Sequence[Region]) -> Values:
    for block in lowering.dependence.touching(objective):
        found = lowering.values[block]
        if isinstance(found, Failure):
            raise found.error
    value = lowering.value(objective)
    cell = str(objective)
    formula = lowering.dependence.text(lowering.dependence.touching(objective)[0])
    areas = ", ".join(map(str, changing))
    if value.kind in (Kind.TEXT, Kind.BOOLEAN):
        what = "a text" if value.kind == Kind.TEXT else "TRUE or FALSE"
        raise ModelError(
            f"the objective is {what}, and only a number can be optimised",
            cell=cell,
            formula=formula,
            action="choose a cell that computes a number",
        )
    if value.data.is_constant:
        assert value.data.value is not None
        if not math.isfinite(value.data.value.item()):
            raise _always_an_error(lowering, objective)
        raise ModelError(
            f"the objective does not depend on the changing cells {areas}: it is {value.data.value.item():.15g} always",
            cell=cell,
            formula=formula,
            action="choose changing cells that its formula reads, directly or through other cells",
        )
    if not isinstance(value.kind, int):
        raise ModelError(
            "the objective is a number for some values of the changing cells and a text for others",
            cell=cell,
            formula=formula,
            action="let the formula answer with a number always",
        )
    return value


def _always_an_error(lowering: Lowering, objective: Region) -> ModelError:
    """The error of an objective that no changing cell can cure, told at the cell where it begins."""
    origin = Evaluated(lowering.dependence, objective).error_origin()
    return ModelError(
        f"{origin.error or 'an error value'} here makes the objective {objective} an error whatever the changing "
        "cells hold",
        cell=str(origin.cell),
        formula=origin.formula,
        action="correct the formula or what it reads",
    )


def constant_live(areas: Sequence[Region], x: np.ndarray) -> dict[Region, Node]:
    """Live regions that hold fixed numbers: for recalculating at given values of the changing cells."""
    return _live(Node("constant", (), (), (len(x),), value=torch.from_numpy(np.array(x, np.float64))), areas)
