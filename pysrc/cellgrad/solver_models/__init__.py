"""Excel Solver's saved models: hidden defined names of a worksheet, one model a sheet.

Each name's text is what stands after the ``=`` (``solver_opt`` is ``Sheet1!$AA$1``). Names we do not know, such as
LibreOffice's own, are left alone. A model that makes no sense is no reason to refuse a file: what is wrong is noted
while it is read (`reading`), and raised by `SolverModel.check` when somebody wants to use the model; `faults` lists all
that is wrong. `resolving` says
what its constraints ask of which cell, `folding` makes bounds and rows of that, `writing` saves a model; `typed` makes
the same constraints of what a person types.
"""

from cellgrad.solver_models.anchoring import anchored, anchored_text
from cellgrad.solver_models.areas import areas, disjoint
from cellgrad.solver_models.faults import faults
from cellgrad.solver_models.folding import INFINITE, ConstantOf, Folded, Row, fold
from cellgrad.solver_models.model import (
    MAX_CHANGING_CELLS,
    NO_LIMIT,
    Constraint,
    Engine,
    Problem,
    Relation,
    SolverModel,
)
from cellgrad.solver_models.reading import read_models
from cellgrad.solver_models.resolving import (
    Cell,
    ConditionCell,
    ModelConditions,
    Right,
    conditions_of,
    resolve,
    right_text,
)
from cellgrad.solver_models.typed import parse_bounds, parse_subject_to
from cellgrad.solver_models.writing import is_model_name, solver_names

__all__ = [
    "INFINITE",
    "MAX_CHANGING_CELLS",
    "NO_LIMIT",
    "Cell",
    "ConditionCell",
    "ConstantOf",
    "Constraint",
    "Engine",
    "Folded",
    "ModelConditions",
    "Problem",
    "Relation",
    "Right",
    "Row",
    "SolverModel",
    "anchored",
    "anchored_text",
    "areas",
    "conditions_of",
    "disjoint",
    "faults",
    "fold",
    "is_model_name",
    "parse_bounds",
    "parse_subject_to",
    "read_models",
    "resolve",
    "right_text",
    "solver_names",
]
