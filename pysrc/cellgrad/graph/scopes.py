"""What the names in LET and LAMBDA, and the bare names of functions, are written like."""

from __future__ import annotations

from cellgrad.errors import FormulaError
from cellgrad.formula.tree import Name, Node, Structured
from cellgrad.functions.excel_names import EXCEL_FUNCTIONS
from cellgrad.functions.registry import FUNCTIONS

ETA = "_xleta."
"""How files mark the bare name of a function."""

_OPTIONAL = "_xlop."
"""How files mark a parameter that may be left out."""


def is_builtin(name: str) -> bool:
    return name in FUNCTIONS or name in EXCEL_FUNCTIONS


def function_named(node: Node) -> str | None:
    """The function whose bare name a node is."""
    if not isinstance(node, Name) or node.sheet is not None:
        return None
    name = node.name.upper().removeprefix(ETA.upper())
    return name if is_builtin(name) else None


def parameter(node: Node, function: str, position: int | None) -> tuple[str, bool]:
    """A name that LET or LAMBDA gives, its case folded, and whether it may be left out: ``[x]``, in files _xlop.x."""
    if isinstance(node, Name) and node.sheet is None:
        name = node.name.casefold()
        return name.removeprefix(_OPTIONAL), function == "LAMBDA" and name.startswith(_OPTIONAL)
    if function == "LAMBDA" and isinstance(node, Structured) and not node.items and node.table is None and node.first:
        return node.first.casefold(), True
    raise FormulaError(
        f"{function} needs a name here",
        position=getattr(node, "position", 0) if position is None else position,
        action="give a name that is no cell",
    )
