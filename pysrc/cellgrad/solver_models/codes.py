"""How Solver writes its options: which number means what, and what kind of text each name holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cellgrad.solver_models.model import Engine, Relation

_SECOND = {1: False, 2: True}
"""Options where 2 is what our field names: central derivatives, quadratic estimates, conjugate search."""

YES_NO: Mapping[int, bool] = {1: True, 2: False, 0: False}
RELATIONS: Mapping[int, Relation] = {relation.number: relation for relation in Relation}
CHOICES: Mapping[str, Mapping[int, Any]] = {
    "solver_typ": {1: "max", 2: "min", 3: "value"},
    "solver_eng": {engine.value: engine for engine in Engine},
    "solver_drv": _SECOND,
    "solver_est": _SECOND,
    "solver_nwt": _SECOND,
}
"""Names whose numbers stand for something, by number."""
