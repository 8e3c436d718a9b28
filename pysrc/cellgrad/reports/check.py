"""Check model: what the model of a sheet is, whether it can be differentiated, and what is in the way; in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.blocks.data_tables import data_table_warning
from cellgrad.errors import CellgradError, FormulaError
from cellgrad.formula.tree import Call, walk
from cellgrad.functions.registry import FUNCTIONS
from cellgrad.gradients.structure import Form
from cellgrad.optimize.choice import choose_method
from cellgrad.optimize.constraint_cells import Standing
from cellgrad.optimize.problem import Problem
from cellgrad.program.origin import Evaluated
from cellgrad.reports.contents import constraint_lines, run_of
from cellgrad.session import Book, Model
from cellgrad.values import Kind

OWN = "CG_"
"""How the names of our own functions begin."""
MOST = 8
"""No more cells than these are named for one cause."""


def check_model(book: Book, sheet: str) -> list[str]:
    """Lines on the model saved in a sheet and on the cells of the sheet where a function of ours has failed."""
    return [*_model_lines(book, sheet), *_failed_functions(book, sheet)]


def _model_lines(book: Book, sheet: str) -> Iterator[str]:
    try:
        model = book.model(sheet)
        if not model.has_objective:
            yield "The model has no objective: any values that satisfy its constraints will do."
            yield from _constraints(model)
            return
        model.require_start()
    except CellgradError as error:
        yield error.in_sheet()
        return
    value, slope = model.value_and_gradient()
    yield f"The objective {model.objective} is {value:.6g}, and the goal is {_goal(model)}."
    areas = ", ".join(map(str, model.compiled.areas))
    yield f"{len(slope):,} changing cell{'' if len(slope) == 1 else 's'}: {areas}."
    worst = model.check().max_relative_error
    agrees = "agrees" if worst < 1e-6 else "does not agree everywhere (a kink close by, or a fault)"
    yield f"Its exact gradient {agrees} with differences: the largest relative difference is {worst:.1g}."
    tables = data_table_warning(book.dependence, model.objective)
    if tables:
        yield tables
    still = [cell for cell, one in zip(model.cells, slope, strict=True) if one == 0]
    if still:
        yield f"No slope at these values, so that no descent moves them now: {_listed(still)}."
    flat = [str(region) for region in model.flat()]
    if flat:
        yield f"Gone flat (every cell on its constant branch): {_listed(flat)}."
    if model.constraints:
        yield from _constraints(model)
    structure = model.structure
    yield f"Its kind: {_KINDS[structure.form]}."
    for reason in structure.reasons[:MOST]:
        yield f"  {reason.cell}: {reason.why}."
    if model.conditions.count or model.conditions.discrete:
        return
    method, why = choose_method(Problem(model.function, model.goal))
    yield f"The automatic method is {method.name}: {why}."


def _constraints(model: Model) -> Iterator[str]:
    count = len(model.constraints)
    held = "all hold at these values" if model.feasible() else "not all hold at these values"
    yield f"{count:,} constraint{'' if count == 1 else 's'}, cell by cell: {held}."
    lines = constraint_lines(run_of(model), model.book.workbook)
    missed = [line for line in lines if line.standing is Standing.VIOLATED]
    for line in missed[:MOST]:
        yield f"  missed: {line.constraint} (the cell is {line.value:.6g})."
    if len(missed) > MOST:
        yield f"  and {len(missed) - MOST:,} more."


_KINDS = {
    Form.CONSTANT: "constant", Form.LINEAR: "linear", Form.QUADRATIC: "quadratic", Form.SMOOTH: "smooth",
    Form.PIECEWISE: "smooth but for kinks", Form.DISCONTINUOUS: "with jumps, which no slope tells of",
}  # fmt: skip


def _goal(model: Model) -> str:
    return {"min": "the least", "max": "the most"}.get(model.goal.kind, f"{model.goal.target:.6g}")


def _listed(names: list[str]) -> str:
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more:,} more" if more > 0 else "")


def _failed_functions(book: Book, sheet: str) -> Iterator[str]:
    """Why cells with functions of ours show errors: where the error begins, and what the function asks for."""
    told = 0
    for block in book.dependence.sheet_blocks(sheet):
        names = _own_functions(book, block)
        if not names:
            continue
        cell = _first_error(book, block.region)
        if cell is None:
            continue
        if told == MOST:
            yield "There are more cells with errors."
            return
        told += 1
        yield f"{cell}: {_cause(book, cell, names)}"


def _own_functions(book: Book, block: Block) -> list[str]:
    try:
        tree = book.dependence.tree(block)
    except FormulaError:
        return []
    called = (node.function for node in walk(tree) if isinstance(node, Call))
    return list(dict.fromkeys(name for name in called if name.startswith(OWN)))


def _first_error(book: Book, region: Region) -> Region | None:
    """The first cell of a region that holds an error in the file or on the screen."""
    cells = book.workbook.sheet(region.sheet).cells
    kinds, _, _ = cells.dense(region.top, region.left, region.bottom, region.right)
    wrong = np.argwhere(kinds == Kind.ERROR)
    if not len(wrong):
        return None
    row, column = (int(at) for at in wrong[0])
    return Region(region.sheet, region.top + row, region.left + column, region.top + row + 1, region.left + column + 1)


def _cause(book: Book, cell: Region, names: list[str]) -> str:
    try:
        origin = Evaluated(book.dependence, cell).error_origin()
    except CellgradError as error:
        return error.cause
    if origin.error is None:
        return (
            f"shows an error, and its value is a number: {' and '.join(names)} could not be called. Is Python where "
            "the add-in looks for it? See cellgrad doctor"
        )
    if origin.cell != cell:
        return f"{origin.error.text} comes from {origin.cell}"
    known = [name for name in names if name in FUNCTIONS]
    return f"{origin.error.text} begins here. " + " ".join(f"{name}: {FUNCTIONS[name].summary}" for name in known)
