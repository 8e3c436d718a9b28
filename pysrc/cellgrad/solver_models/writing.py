"""A model as the hidden names that Solver saves."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from typing import Any

from cellgrad.solver_models.codes import CHOICES
from cellgrad.solver_models.model import Relation, SolverModel

RIGHT_WORDS = {Relation.INTEGER: "integer", Relation.BINARY: "binary", Relation.ALL_DIFFERENT: "AllDifferent"}
"""What Solver saves on the right of int, bin and dif."""
_OPTIONS = frozenset(
    option.metadata["name"] for option in dataclasses.fields(SolverModel) if "name" in option.metadata
) | {"solver_num"}
_LINES = re.compile(r"solver_(lhs|rel|rhs)[0-9]+")


def is_model_name(name: str) -> bool:
    """Whether a model is saved in a name, whatever its case; ``solver_lo_eng`` and other programs' own are not such."""
    return name.lower() in _OPTIONS or _LINES.fullmatch(name.lower()) is not None


def solver_names(model: SolverModel) -> list[tuple[str, str]]:
    """The hidden names that save a model, as (name, text after the ``=``); `read_models` reads the same model back.

    What the model lacks has no name, as with Solver: a name cannot be empty.
    """
    found = []
    for option in dataclasses.fields(SolverModel):
        name = option.metadata.get("name")
        if name and (text := _text(name, getattr(model, option.name))):
            found.append((name, text))
    found.append(("solver_num", str(len(model.constraints))))
    for number, constraint in enumerate(model.constraints, 1):
        found.append((f"solver_lhs{number}", constraint.left))
        found.append((f"solver_rel{number}", str(constraint.relation.number)))
        found.append((f"solver_rhs{number}", constraint.right or RIGHT_WORDS.get(constraint.relation, "0")))
    return found


def _text(name: str, value: Any) -> str:
    if name in CHOICES:
        return str(next(number for number, choice in CHOICES[name].items() if choice == value))
    if isinstance(value, bool):
        return "1" if value else "2"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0")  # Excel writes 0.000001, not 1e-06
    return str(value)
