"""A model as the hidden names that Solver saves."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

from cellgrad.solver_models.codes import CHOICES
from cellgrad.solver_models.model import SolverModel


def solver_names(model: SolverModel) -> list[tuple[str, str]]:
    """The hidden names that save a model, as (name, text after the ``=``); `read_models` reads the same model back.

    A model without an objective has no ``solver_opt``, as Solver leaves it.
    """
    found = []
    for option in dataclasses.fields(SolverModel):
        name = option.metadata.get("name")
        if name and not (name == "solver_opt" and model.seeks_feasibility):
            found.append((name, _text(name, getattr(model, option.name))))
    found.append(("solver_num", str(len(model.constraints))))
    for number, constraint in enumerate(model.constraints, 1):
        found.append((f"solver_lhs{number}", constraint.left))
        found.append((f"solver_rel{number}", str(constraint.relation.number)))
        found.append((f"solver_rhs{number}", constraint.right))
    return found


def _text(name: str, value: Any) -> str:
    if name in CHOICES:
        return str(next(number for number, choice in CHOICES[name].items() if choice == value))
    if isinstance(value, bool):
        return "1" if value else "2"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0")  # Excel writes 0.000001, not 1e-06
    return str(value)
