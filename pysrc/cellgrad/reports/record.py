"""A run written down as a text, for a report that is asked for later, by another process."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from cellgrad.optimize.solution import Basin, Conflict, Multipliers, Ranges, Solution, StartOutcome, Status
from cellgrad.reports.contents import thinned
from cellgrad.session import Book, Model

PARTS = {"multipliers": Multipliers, "ranges": Ranges}
"""Fields of a solution that are a record of arrays, or None."""
MOST_BASINS = 1000
"""No more basins are written down, the best; each holds a value a changing cell."""


@dataclass(frozen=True)
class Record:
    """The model as `Book.model` takes it, the values (n,) that the run started from, and how it went. objective: ''
    where the model only had to be made feasible. saved: whether it was the model saved in the sheet, with what that
    asks of its cells."""

    sheet: str
    objective: str
    changing: list[str]
    goal: str
    start: np.ndarray
    solution: Solution
    device: str
    saved: bool = False

    def model(self, book: Book) -> Model:
        """The model in a workbook, with the saved conditions where it still is the saved one; without any where it has
        been changed. Raises what `Book.model` raises."""
        if self.saved and self.sheet in book.saved:
            model = book.model(self.sheet)
            if _names(model) == (self.objective, self.changing, self.goal):
                return model
        return book.model(self.sheet, self.objective or None, self.changing, self.goal)


def _names(model: Model) -> tuple[str, list[str], str]:
    objective = str(model.objective) if model.has_objective else ""
    return objective, list(map(str, model.compiled.areas)), str(model.goal)


def record_of(model: Model, solution: Solution) -> str:
    """A run as JSON. The history is thinned; numbers keep all their digits."""
    objective, changing, goal = _names(model)
    return json.dumps({
        "sheet": model.sheet, "objective": objective, "changing": changing, "goal": goal, "start": model.x0.tolist(),
        "device": str(model.ran_on.device), "saved": model.saved is not None, "solution": solution_told(solution),
    })  # fmt: skip


def read_record(text: str) -> Record | None:
    """What `record_of` wrote; None for anything else."""
    try:
        found: dict[str, Any] = json.loads(text)
        solution = solution_read(found.pop("solution"))
        start = np.array(found.pop("start"), np.float64)
        return Record(start=start, solution=solution, **found)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def solution_told(solution: Solution) -> dict[str, Any]:
    """A solution in what JSON knows (and Python's infinities and NaN, which its json reads back)."""
    told = {f.name: getattr(solution, f.name) for f in dataclasses.fields(solution)}
    told |= {
        "x": solution.x.tolist(),
        "rows": solution.rows.tolist(),
        "status": solution.status.name,
        "history": thinned(solution.history),
        "starts": [(start.value, start.status.name, start.iterations) for start in solution.starts],
        "basins": [(one.value, one.count, one.x.tolist(), one.first) for one in solution.basins[:MOST_BASINS]],
        "conflict": None if solution.conflict is None else dataclasses.asdict(solution.conflict),
    }
    return told | {name: _arrays_told(getattr(solution, name)) for name in PARTS}


def solution_read(told: dict[str, Any]) -> Solution:
    """The solution that was told. What an older version did not know of is as where there was none of it,
    and what only a newer one knows is left out.

    Raises ValueError, KeyError or TypeError for what is none.
    """
    read = told | {
        "x": np.array(told["x"], np.float64),
        "rows": np.array(told.get("rows", ()), np.float64),
        "status": Status[told["status"]],
        "history": [(int(step), float(value), float(rate)) for step, value, rate in told["history"]],
        "starts": [StartOutcome(value, Status[status], count) for value, status, count in told["starts"]],
        "basins": [
            Basin(value, count, np.array(x, np.float64), first) for value, count, x, first in told.get("basins", ())
        ],
        "conflict": _conflict_read(told.get("conflict")),
        "places": tuple(told.get("places", ())),
        "warnings": tuple(told.get("warnings", ())),
    }
    for name, kind in PARTS.items():
        part = told.get(name)
        read[name] = None if part is None else kind(**{k: np.array(v, np.float64) for k, v in part.items()})
    known = {f.name for f in dataclasses.fields(Solution)}
    return Solution(**{name: value for name, value in read.items() if name in known})


def _arrays_told(part: Multipliers | Ranges | None) -> dict[str, list[float]] | None:
    if part is None:
        return None
    return {f.name: getattr(part, f.name).tolist() for f in dataclasses.fields(part)}


def _conflict_read(told: dict[str, Any] | None) -> Conflict | None:
    if told is None:
        return None
    return Conflict(tuple(told["rows"]), tuple(told["cells"]), bool(told.get("irreducible", True)))
