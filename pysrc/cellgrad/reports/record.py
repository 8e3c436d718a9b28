"""A run written down as a text, for a report that is asked for later, by another process."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from cellgrad.optimize.solution import Solution, StartOutcome, Status
from cellgrad.reports.answer import thinned
from cellgrad.session import Model


@dataclass(frozen=True)
class Record:
    """The model as `Book.model` takes it, the values (n,) that the run started from, and how it went."""

    sheet: str
    objective: str
    changing: list[str]
    goal: str
    start: np.ndarray
    solution: Solution
    device: str


def record_of(model: Model, solution: Solution) -> str:
    """A run as JSON. The history is thinned; numbers keep all their digits."""
    told = {f.name: getattr(solution, f.name) for f in dataclasses.fields(solution)}
    told |= {
        "x": solution.x.tolist(),
        "status": solution.status.name,
        "history": thinned(solution.history),
        "starts": [(start.value, start.status.name, start.iterations) for start in solution.starts],
    }
    return json.dumps({
        "sheet": model.sheet, "objective": str(model.objective), "changing": list(map(str, model.compiled.areas)),
        "goal": str(model.goal), "start": model.x0.tolist(), "device": str(model.ran_on.device), "solution": told,
    })  # fmt: skip


def read_record(text: str) -> Record | None:
    """What `record_of` wrote; None for anything else, such as the record of an older version."""
    try:
        found: dict[str, Any] = json.loads(text)
        told = found.pop("solution")
        told |= {
            "x": np.array(told["x"], np.float64),
            "status": Status[told["status"]],
            "history": [(int(step), float(value), float(rate)) for step, value, rate in told["history"]],
            "starts": [StartOutcome(value, Status[status], count) for value, status, count in told["starts"]],
        }
        start = np.array(found.pop("start"), np.float64)
        return Record(start=start, solution=Solution(**told), **found)
    except (ValueError, KeyError, TypeError):
        return None
