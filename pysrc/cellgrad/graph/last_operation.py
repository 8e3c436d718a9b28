"""Which formulas end in a sum or difference that stands in no bracket (see `functions.last_sum`)."""

from __future__ import annotations

from cellgrad.formula.skeleton import skeleton
from cellgrad.formula.tree import Binary, Node


def ends_in_sum(tree: Node, text: str) -> bool:
    """Whether the formula `text` (without its ``=``), parsed as `tree`, is a sum or difference outside of brackets."""
    if not isinstance(tree, Binary) or tree.operator not in ("+", "-"):
        return False
    before = skeleton("=" + text)[: tree.position]
    return before.count("(") == before.count(")")
