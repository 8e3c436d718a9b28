"""One frozen record per Excel function and operator: what it takes, what it gives, how smooth it is.

Everything the engine knows of a function stands in its `Function` record; evaluator, compiler, audit and the
generated table in FUNCTIONS.md read the same one. A function that is not in here is refused by name, never guessed.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cellgrad.errors import UnknownFunctionError, UnsupportedError
from cellgrad.functions.excel_names import EXCEL_FUNCTIONS


class Takes(enum.Enum):
    """How an argument is read before the function sees it."""

    NUMBER = "number"
    """One value as a number (blank 0, TRUE 1, text read as a number); arrays are lifted over."""
    TEXT = "text"
    """One value as text; arrays are lifted over."""
    LOGICAL = "logical"
    """One value as a condition; arrays are lifted over."""
    VALUE = "value"
    """One value as it is, errors and blanks included; arrays are lifted over."""
    RANGE = "range"
    """A reference or array as a Matrix (of which aggregates skip text, booleans and blanks), else one direct value."""
    ARRAY = "array"
    """Always a Matrix; the argument's own expression is evaluated as in an array formula."""
    CELLS = "cells"
    """As RANGE, but the argument's own expression is evaluated as in an array formula."""
    FUNCTION = "function"
    """A function as a value (`operands.FunctionValue`), else as REFERENCE."""
    LAZY = "lazy"
    """A function without arguments that evaluates the argument: a branch that may not be taken."""
    REFERENCE = "reference"
    """The reference itself (`Areas`), or a Matrix where the argument is no reference."""


SCALARS = frozenset({Takes.NUMBER, Takes.TEXT, Takes.LOGICAL, Takes.VALUE})


class Shape(enum.Enum):
    """What a function makes of its arguments' shapes."""

    ELEMENTWISE = "elementwise"
    """One value from one value each; over arrays one value an element, one row or column repeating."""
    REDUCE = "reduce"
    """One value from everything."""
    ARRAY = "array"
    """An array with a shape of its own."""
    REFERENCE = "reference"
    """A reference into its first argument."""


class Smoothness(enum.Enum):
    """Where a function has a derivative; declared, never inferred."""

    SMOOTH = "smooth"
    """Everywhere inside its domain."""
    PIECEWISE = "piecewise"
    """Except at kinks, where `Function.subgradient` says which slope is taken."""
    STEP = "step"
    """Flat between jumps: the derivative is zero wherever it exists."""
    NONE = "none"
    """Not a function of numbers: text, types, positions, chance."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `from_host`: when omitted it is the cell that holds the formula.

    none_if_empty: left empty between commas it arrives as None, as if the call ended before it.
    no_boolean: TRUE and FALSE are #VALUE!, as they are to the functions that Excel once had in its Analysis ToolPak;
    so is a range of several cells.
    """

    name: str
    takes: Takes
    from_host: bool = False
    none_if_empty: bool = False
    no_boolean: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """What there is to know of one Excel function or operator.

    parameters: in order; the last `repeats` of them may be given again and again.
    minimum, maximum: how many arguments it takes; None: as many as Excel's 255.
    value: the plain-Python implementation over Excel values, one argument a parameter.
    volatile: changes on every recalculation; its cached value is data.
    subgradient: for piecewise functions, which slope is taken at a kink.
    cases: (formula, expected value) pairs that the tests run.
    source: the title of Microsoft's page the behaviour is taken from.
    """

    name: str
    parameters: tuple[Parameter, ...]
    minimum: int
    maximum: int | None
    repeats: int
    shape: Shape
    smoothness: Smoothness
    value: Callable[..., Any]
    summary: str
    source: str
    cases: tuple[tuple[str, Any], ...] = ()
    subgradient: str = ""
    volatile: bool = False
    context: bool = False
    external: bool = False

    def parameter(self, index: int) -> Parameter:
        """The parameter that argument number `index` (from zero) belongs to."""
        if index < len(self.parameters):
            return self.parameters[index]
        first = len(self.parameters) - self.repeats
        return self.parameters[first + (index - first) % self.repeats]

    def arity_complaint(self, count: int) -> str | None:
        """What is wrong with `count` arguments, or None."""
        if self.minimum <= count <= (255 if self.maximum is None else self.maximum):
            odd = self.repeats > 1 and (count - len(self.parameters)) % self.repeats
            return f"{self.name} takes its arguments in groups of {self.repeats}, not {count} of them" if odd else None
        if self.maximum is None:
            wanted = f"at least {self.minimum}"
        elif self.minimum == self.maximum:
            wanted = f"{self.minimum}" if self.minimum else "no"
        else:
            wanted = f"{self.minimum} to {self.maximum}"
        return f"{self.name} takes {wanted} argument{'' if wanted in ('1', 'at least 1') else 's'}, not {count}"


FUNCTIONS: dict[str, Function] = {}
"""Every function and operator by name; filled by the family modules. Operators go by their symbol: '+', 'unary -'."""

_TAKES: Mapping[str, Takes] = {takes.value: takes for takes in Takes}


def function(
    signature: str,
    shape: Shape,
    smoothness: Smoothness,
    summary: str,
    *,
    source: str | None = None,
    cases: tuple[tuple[str, Any], ...] = (),
    subgradient: str = "",
    volatile: bool = False,
    context: bool = False,
    external: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers the decorated plain-Python implementation under `signature`.

    The signature reads like Excel's own: ``ROUND(number: number, digits: number)``; optional parameters follow a
    ``[``; the last ones repeat together where each ends in ``...``: ``IFS(test: logical..., then: lazy...)``. A ``^``
    after an optional parameter's type makes the host cell its default; a ``?`` lets one left empty arrive as None;
    a ``!`` refuses TRUE and FALSE, and ranges.
    """

    def register(value: Callable[..., Any]) -> Callable[..., Any]:
        name, parameters, minimum, repeats = _read_signature(signature)
        if smoothness is Smoothness.PIECEWISE and not subgradient:
            raise ValueError(f"{name} is piecewise smooth: say which slope is taken at a kink")
        if name in FUNCTIONS:
            raise ValueError(f"{name} is registered twice")
        FUNCTIONS[name] = Function(
            name, parameters, minimum, None if repeats else len(parameters), repeats, shape, smoothness, value, summary,
            source or f"{name} function", cases, subgradient, volatile, context, external,
        )  # fmt: skip
        return value

    return register


def _read_signature(signature: str) -> tuple[str, tuple[Parameter, ...], int, int]:
    name, _, inside = signature.removesuffix(")").rpartition("(")
    required, _, _optional = inside.partition("[")
    texts = [text.strip() for text in inside.replace("[", ",").replace("]", "").split(",") if text.strip()]
    repeats = sum(text.endswith("...") for text in texts)
    parameters = []
    for text in texts:
        label, _, kind = text.partition(":")
        kind = kind.removesuffix("...").strip()
        takes = _TAKES[kind.rstrip("^?!")]
        parameters.append(Parameter(label.strip(), takes, *(kind.endswith(mark) for mark in "^?!")))
    minimum = len([text for text in required.split(",") if ":" in text])
    return name, tuple(parameters), minimum, repeats


def find(name: str, *, cell: str | None = None, formula: str | None = None, position: int | None = None) -> Function:
    """The record of the function of this name.

    Raises UnsupportedError for an Excel function that this version lacks, and UnknownFunctionError, with the nearest
    name, for one that Excel lacks too; both carry cell, formula and position.
    """
    found = FUNCTIONS.get(name)
    if found is not None:
        return found
    if name in EXCEL_FUNCTIONS:
        raise UnsupportedError(
            f"the Excel function {name} is not supported in this version",
            cell=cell,
            formula=formula,
            position=position,
            action="write the formula without it, or put its value in the cell",
        )
    known = sorted(EXCEL_FUNCTIONS.union(key for key in FUNCTIONS if key[0].isalpha() and " " not in key))
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    raise UnknownFunctionError(
        f"no Excel function {name}",
        cell=cell,
        formula=formula,
        position=position,
        action=f"did you mean {near[0]}?" if near else "correct its name, or put its value in the cell",
    )
