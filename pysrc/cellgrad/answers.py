"""What commands answer with --json: plain dictionaries, numbers in full precision, never infinite, never NaN."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cellgrad.address import full_name
from cellgrad.blocks.data_tables import data_table_warning
from cellgrad.errors import CellgradError
from cellgrad.gradients.gradcheck import GradientCheck
from cellgrad.hosts.package import Change
from cellgrad.optimize.solution import Solution
from cellgrad.reports.contents import ConstraintLine, constraint_lines, run_of
from cellgrad.runs import Run
from cellgrad.session import Model, Written
from cellgrad.solver_models import SolverModel
from cellgrad.values import CellError, Value

if TYPE_CHECKING:
    import pandas as pd


def to_json(answer: object) -> str:
    """Text for stdout. ASCII alone, so that no console's encoding stands in the way."""
    return json.dumps(answer, indent=2, allow_nan=False)


def plain(value: Value) -> float | bool | str | None:
    """A cell's value: an error as its text, None for a blank, and for a number that JSON cannot hold."""
    if isinstance(value, CellError):
        return value.text
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def error_answer(error: CellgradError) -> dict[str, Any]:
    """An error in its parts. `message` is all of them as people read them."""
    return {
        "kind": type(error).__name__,
        "message": str(error),
        "cell": error.cell,
        "formula": error.formula,
        "position": error.position,
        "cause": error.cause,
        "action": error.action,
    }


def run_answer(run: Run, written: Written | None) -> dict[str, Any]:
    """One model's part of `optimize --json` and `step --json`; the same fields whatever became of the model."""
    solution, model = run.solution, run.model
    answer: dict[str, Any] = {
        "sheet": run.sheet,
        "objective": {"cell": run.objective or None, "before": None, "after": None},
        "changing": [],
        "goal": run.goal,
        "status": run.status,
        "message": f"{run.message} {run.warning}".strip(),
        "solver_message": None,
        "method": None,
        "reason": None,
        "device": None,
        "device_reason": None,
        "dtype": None,
        "iterations": 0,
        "evaluations": 0,
        "seconds": {"read": run.read_seconds, "compile": None, "optimize": None, "write": None},
        "out": None,
        "changed_cells": 0,
        "lost_cells": [],
        "flat": [str(region) for region in run.flat],
        "starts": [],
        "solver_code": None,
        "constraints": [],
        "violation": None,
        "conflict": [],
        "gap": None,
        "basins": [],
        "structure": None,
        "warnings": [],
        "error": None if run.error is None else error_answer(run.error),
    }
    if model is not None:
        answer["seconds"]["compile"] = model.compile_seconds
    if model is not None and solution is not None:
        lines = constraint_lines(run_of(model), model.book.workbook) if model.constraints else []
        pairs = zip(model.cells, model.x0.tolist(), solution.x.tolist(), strict=True)
        ends = (solution.start_value, run.after) if model.has_objective else (None, None)
        answer |= {
            "objective": {"cell": run.objective or None, "before": plain(ends[0]), "after": plain(ends[1])},
            "changing": [{"cell": cell, "before": before, "after": after} for cell, before, after in pairs],
            "solver_message": solution.status.sentence,
            "method": solution.method,
            "reason": solution.reason,
            "device": str(model.ran_on.device),
            "device_reason": model.placement.why,
            "dtype": str(model.ran_on.arithmetic).removeprefix("torch."),
            "iterations": solution.iterations,
            "evaluations": solution.evaluations,
            "starts": _starts(solution),
            "solver_code": solution.status.code,
            "constraints": _constraints(lines),
            "violation": plain(solution.violation),
            "conflict": [str(line.constraint) for line in lines if line.in_conflict],
            "gap": None if solution.gap is None else plain(solution.gap),
            "basins": [{"value": plain(basin.value), "starts": basin.count} for basin in solution.basins],
            "structure": None if model.known_structure is None else model.known_structure.answer(),
            "warnings": list(solution.warnings),
        }
        answer["seconds"]["optimize"] = solution.seconds
    if written is not None and run.kept:
        answer["out"] = str(written.path)
        answer["seconds"]["write"] = written.seconds
        answer["changed_cells"] = len(written.changes)
        answer["lost_cells"] = [
            {"cells": str(region), "because": error_answer(error)} for region, error in written.lost
        ]
    return answer


def _starts(solution: Solution) -> list[dict[str, Any]]:
    return [
        {"value": plain(start.value), "status": start.status.word, "iterations": start.iterations}
        for start in solution.starts
    ]


def _constraints(lines: Sequence[ConstraintLine]) -> list[dict[str, Any]]:
    """The constraints cell by cell, each as it stands at the answer."""
    return [
        {
            "cell": str(line.constraint.left),
            "relation": line.constraint.symbol,
            "right": line.constraint.right,
            "value": plain(line.value),
            "limit": plain(line.limit),
            "slack": plain(line.slack),
            "standing": line.standing.value.lower(),
            "multiplier": plain(line.multiplier),
        }
        for line in lines
    ]


def gradient_answer(model: Model, slopes: pd.Series, checks: Sequence[GradientCheck]) -> dict[str, Any]:
    """One model's part of `gradients --json`; `checks` are those of its start and of random points."""
    value, _ = model.value_and_gradient()
    answer: dict[str, Any] = {
        "sheet": model.sheet,
        "objective": {"cell": str(model.objective), "value": plain(value)},
        "gradients": {cell: plain(slope) for cell, slope in slopes.items()},
        "warning": data_table_warning(model.book.dependence, model.objective),
    }
    if checks:
        answer["max_relative_error"] = plain(max(check.max_relative_error for check in checks))
        answer["points_checked"] = len(checks)
    return answer


def saved_answer(saved: SolverModel, error: CellgradError | None, warning: str) -> dict[str, Any]:
    """One saved model as `models --json` lists it; `error` says why it cannot run."""
    return {
        "sheet": saved.sheet,
        "objective": saved.objective,
        "changing": saved.changing,
        "goal": saved.goal_text,
        "constraints": [str(constraint) for constraint in saved.constraints],
        "non_negative": saved.non_negative,
        "engine": saved.engine.name.lower().replace("_", " "),
        "can_run": error is None,
        "message": "" if error is None else str(error),
        "warning": warning,
        "error": None if error is None else error_answer(error),
    }


def change_answer(change: Change) -> dict[str, Any]:
    """One cell that a save or an undo changed."""
    cell = full_name(change.sheet, change.row, change.column)
    return {"cell": cell, "before": plain(change.before), "after": plain(change.after)}
