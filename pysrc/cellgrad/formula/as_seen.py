"""A formula as the formula bar shows it, without the marks that files put before newer functions."""

from __future__ import annotations

import re

from cellgrad.formula.skeleton import skeleton

_MARKS = re.compile(r"\b(?:_xlfn\.|_xlws\.|_xlpm\.|_xludf\.|_xleta\.|_xll\.)+", re.IGNORECASE)
_OPERATORS = re.compile(r"\b(?:SINGLE|ANCHORARRAY|_TRO_(?:LEADING|TRAILING|ALL))\(", re.IGNORECASE)


def as_seen(formula: str) -> str:
    """The formula, with its ``=``, without ``_xlfn.`` and its kin; texts and quoted names are left as they are.

    Raises FormulaError where quotes or brackets do not match.
    """
    kept, at = [], 0
    for match in _MARKS.finditer(skeleton(formula)):
        kept.append(formula[at : match.start()])
        at = match.end()
    return "".join([*kept, formula[at:]])


def stands_for_operators(formula: str) -> bool:
    """Whether a function in the formula is what a file writes for ``@``, ``#`` or the dots of ``A1.:.B9``."""
    return _OPERATORS.search(skeleton(formula)) is not None
