"""What the shipped workbooks say of themselves: their sheets, saved models, and the objectives as they open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cellgrad.hosts import package
from cellgrad.lessons.training import Results
from cellgrad.solver_models import read_models
from cellgrad.values import Kind


@dataclass(frozen=True, slots=True)
class Model:
    """A saved model: where, what it seeks, how many cells may change, the objective before its training, which is what
    the file has unless the workbook opens trained, and where Optimize ends; None where that is not known."""

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


def read_shipped(path: Path, found: Results, begun: Mapping[str, float] = MappingProxyType({})) -> Shipped:
    """The sheets and models of a workbook.

    begun: of the sheets whose models open trained, the objective before; what they open with is after. found: where
    Optimize ended for the others. It counts where the model still is the one that was optimised: as many changing
    cells, and the same objective at the start. Raises FileError for what is no workbook, ModelError for a saved model
    that cannot be used.
    """
    book = package.read(path)
    models = {}
    for sheet, saved in read_models(book).items():
        cell = saved.objective_region(book)
        kinds, data, _ = book.sheet(cell.sheet).cells.dense(cell.top, cell.left, cell.bottom, cell.right)
        opens = float(data[0, 0]) if kinds[0, 0] == Kind.NUMBER else math.nan
        changing = sum(area.size for area in saved.changing_regions(book))
        before, after = (begun[sheet], opens) if sheet in begun else (opens, _after(found.get(sheet), changing, opens))
        models[sheet] = Model(sheet, saved.goal, str(cell), changing, before, after)
    return Shipped(tuple(book.sheets), models)


def _after(known: Results | None, changing: int, opens: float) -> float | None:
    """The optimum known for a model; None where there is none, or it is that of another model."""
    same = known is not None and known["changing"] == changing and math.isclose(known["before"], opens)
    return known["after"] if known is not None and same else None
