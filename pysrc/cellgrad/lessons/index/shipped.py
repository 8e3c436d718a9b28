"""What the shipped workbooks say of themselves: their sheets, saved models, and the objectives as they open."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from cellgrad.hosts import package
from cellgrad.lessons.training import Results
from cellgrad.solver_models import read_models
from cellgrad.values import Kind


@dataclass(frozen=True, slots=True)
class Model:
    """A saved model: where, what it seeks, how many cells may change, the objective as the file has it, and where
    Optimize ends; None where that is not known."""

    sheet: str
    goal: str
    objective: str
    changing: int
    before: float
    after: float | None


@dataclass(frozen=True, slots=True)
class Shipped:
    """A workbook: the names of its sheets and its models by sheet."""

    sheets: tuple[str, ...]
    models: dict[str, Model]


def read_shipped(path: Path, found: Results) -> Shipped:
    """The sheets and models of a workbook.

    found: what training found for this file. It counts where the model still is the one that was trained: as many
    changing cells, and the same objective at the start. Raises FileError for what is no workbook, ModelError for a
    saved model that cannot be used.
    """
    book = package.read(path)
    models = {}
    for sheet, saved in read_models(book).items():
        cell = saved.objective_region(book)
        kinds, data, _ = book.sheet(cell.sheet).cells.dense(cell.top, cell.left, cell.bottom, cell.right)
        before = float(data[0, 0]) if kinds[0, 0] == Kind.NUMBER else math.nan
        changing = sum(area.size for area in saved.changing_regions(book))
        known = found.get(sheet)
        same = known is not None and known["changing"] == changing and math.isclose(known["before"], before)
        models[sheet] = Model(sheet, saved.goal, str(cell), changing, before, known["after"] if same else None)
    return Shipped(tuple(book.sheets), models)
