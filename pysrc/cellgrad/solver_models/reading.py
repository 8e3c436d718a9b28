"""Saved models out of a workbook's hidden names. Reading raises nothing: what is wrong is noted in the model."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from cellgrad.solver_models.codes import CHOICES, RELATIONS, YES_NO
from cellgrad.solver_models.model import NO_LIMIT, Constraint, Problem, Relation, SolverModel
from cellgrad.workbook import Workbook

_ESSENTIAL = ("solver_opt", "solver_adj", "solver_typ")
"""Options without which there is no model; any other that makes no sense has its default."""


def read_models(book: Workbook) -> dict[str, SolverModel]:
    """The saved models by sheet, in sheet order. Never raises: see `SolverModel.check`."""
    by_sheet: dict[str, dict[str, str]] = {name: {} for name in book.sheets}
    for name in book.names:
        if name.sheet in by_sheet and name.name.lower().startswith("solver_"):
            by_sheet[name.sheet][name.name.lower()] = name.text.strip().removeprefix("=").strip()
    return {
        sheet: _Reader(sheet, texts).model()
        for sheet, texts in by_sheet.items()
        if "solver_opt" in texts or "solver_adj" in texts
    }


class _UnusableError(ValueError):
    """A name's text that cannot be used; the message is the cause."""


class _Reader:
    """The names of one sheet, and what was wrong with those read so far."""

    def __init__(self, sheet: str, texts: Mapping[str, str]) -> None:
        self.sheet = sheet
        self.texts = texts
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []

    def model(self) -> SolverModel:
        values: dict[str, Any] = {}
        for option in dataclasses.fields(SolverModel):
            if name := option.metadata.get("name"):
                essential = name in _ESSENTIAL or (name == "solver_val" and values["goal"] == "value")
                values[option.name] = self.read(name, _converter(name, option.default), option.default, essential)
        if not self.texts.get("solver_adj"):
            self.problems.append(Problem("solver_adj", "", "the model has no changing cells"))
        constraints = self.constraints()
        if "solver_opt" not in self.texts and not constraints:
            self.problems.append(Problem("solver_opt", "", "the model has no objective cell and no constraints"))
        return SolverModel(
            self.sheet, **values, constraints=constraints, problems=tuple(self.problems), notes=tuple(self.notes)
        )

    def read(self, name: str, convert: Callable[[str], Any], otherwise: Any, essential: bool = True) -> Any:
        text = self.texts.get(name)
        if text is None:
            return otherwise
        try:
            return convert(text)
        except _UnusableError as error:
            (self.problems if essential else self.notes).append(Problem(name, text, str(error)))
            return otherwise

    def constraints(self) -> tuple[Constraint, ...]:
        """The constraints up to their number. Where a file lacks the number, those that are complete."""
        count = self.read("solver_num", _whole, 0)
        if "solver_num" not in self.texts:
            while f"solver_lhs{count + 1}" in self.texts and f"solver_rel{count + 1}" in self.texts:
                count += 1
        found = []
        for number in range(1, count + 1):
            left, relation, right = (f"solver_{part}{number}" for part in ("lhs", "rel", "rhs"))
            if missing := next((name for name in (left, relation) if not self.texts.get(name)), None):
                self.lacks(missing, count)
                break
            kind: Relation | None = self.read(relation, _choice(RELATIONS), None)
            if kind is None:
                continue
            if not kind.is_discrete and not self.texts.get(right):
                self.lacks(right, count)
                break
            # Beside int, bin and dif stands a word of the language Solver spoke.
            said = self.texts.get(right, "").strip('"') if kind.is_discrete else self.read(right, _reference, "")
            found.append(Constraint(self.read(left, _reference, ""), kind, said))
        return tuple(found)

    def lacks(self, name: str, count: int) -> None:
        cause = f"the model counts {count} constraints, and this one is incomplete"
        self.problems.append(Problem(name, "", cause))


_DECIMAL_COMMA = re.compile(r"[+-]?(?:0|\d{4,}|\d+(?=,\d{1,2}$|,\d{4,}$)),\d+")
"""A number with a decimal comma, which macros of other languages leave; not one that may have a comma a thousand."""


def plain_number(text: str) -> float | None:
    """The number that a text is: ``5``, ``-1E-6``, ``5%``, ``"5"``, ``0,001``; None where it is none."""
    text = text.strip().strip('"').strip()
    digits = text.removesuffix("%")
    if _DECIMAL_COMMA.fullmatch(digits):
        digits = digits.replace(",", ".")
    try:
        number = float(digits) / (100 if text.endswith("%") else 1)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def _number(text: str) -> float:
    number = plain_number(text)
    if number is None:
        raise _UnusableError("it should be a number")
    return number


def _whole(text: str) -> int:
    number = _number(text)
    if number != int(number) or not 0 <= number <= NO_LIMIT:
        raise _UnusableError("it should be a whole number, zero or more")
    return int(number)


def _reference(text: str) -> str:
    if "#REF!" in text.upper():
        raise _UnusableError("the cells it named have been deleted")
    return text


def _choice(choices: Mapping[int, Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        number = _whole(text)
        if number not in choices:
            raise _UnusableError("it should be one of " + ", ".join(map(str, choices)))
        return choices[number]

    return read


def _converter(name: str, default: object) -> Callable[[str], Any]:
    """How to read an option: by its codes, or from the type of its default."""
    if name in CHOICES:
        return _choice(CHOICES[name])
    if isinstance(default, bool):
        return _choice(YES_NO)
    if isinstance(default, str):
        return _reference
    return _whole if isinstance(default, int) else _number
