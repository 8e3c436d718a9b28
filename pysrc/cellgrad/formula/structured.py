"""Structured references, from their text: ``Table1[@Price]``, ``Table1[[#Headers],[a]:[b]]``, ``[@[net price]]``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cellgrad.errors import FormulaError
from cellgrad.formula.skeleton import end_of_bracket
from cellgrad.formula.tree import Literal, Node, Structured
from cellgrad.values import CellError

_ITEMS = {"#all", "#data", "#headers", "#totals", "#this row"}


def read_structured(text: str, sheet: str | None, formula: str, start: int) -> Node:
    """The reference that stands at place `start` of a formula; #REF! where it has lost its column.

    Raises FormulaError for text that is none, and for one written behind a sheet's name.
    """
    table = text.partition("[")[0]
    if sheet is not None or end_of_bracket(text, len(table)) != len(text):
        raise _bad(text, formula, start)
    items: set[str] = set()
    columns: list[str] = []
    for part in _specifiers(text[len(table) + 1 : -1]):
        if part is None or (part.startswith("#") and part.casefold() not in {*_ITEMS, "#ref!"}):
            raise _bad(text, formula, start)
        if part.casefold() == "#ref!":
            return Literal(CellError.REF, position=start)
        if part.casefold() in _ITEMS:
            items.add(part.casefold()[1:])
        else:
            columns.append(_unescape(part))
    if len(columns) > 2:
        raise _bad(text, formula, start)
    first = columns[0] if columns else None
    return Structured(table or None, frozenset(items), first, columns[-1] if columns else None, position=start)


def _specifiers(inside: str) -> Iterator[str | None]:
    """The parts between the outer brackets, still escaped: '#Headers', 'Age', ...; '#This Row' for '@'; None: none."""
    stripped = inside.strip()
    if stripped.startswith("@"):
        yield "#This Row"
        inside = stripped[1:]
        stripped = inside.strip()
    if not stripped:
        return
    if not stripped.startswith("["):
        yield stripped if stripped.startswith("#") else inside  # blanks are part of a column's name
        return
    at = 0
    while at < len(stripped):
        if stripped[at] in ",: ":
            at += 1
            continue
        if stripped[at] != "[":
            yield None
            return
        end = end_of_bracket(stripped, at)
        yield stripped[at + 1 : end - 1]
        at = end


def _bad(text: str, formula: str, start: int) -> FormulaError:
    return FormulaError(
        f"'{text}' is no structured reference",
        formula=formula,
        position=start,
        action="write it like Table1[Column], Table1[@Column] or Table1[[#Headers],[Column]]",
    )


def _unescape(column: str) -> str:
    """A column name without the ``'`` that escapes the next character."""
    return re.sub(r"'(.)", r"\1", column, flags=re.DOTALL)
