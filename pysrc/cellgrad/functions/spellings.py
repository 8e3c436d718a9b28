"""Functions that Excel has under several names: one implementation, one record a name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from cellgrad.functions.operands import Fault, finite
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError


def require(*conditions: bool) -> None:
    """Faults: #NUM! unless every condition holds."""
    if not all(conditions):
        raise Fault(CellError.NUM)


def registered(
    names: str,
    parameters: str,
    summary: str,
    *cases: tuple[str, Any],
    smoothness: Smoothness = Smoothness.SMOOTH,
    shape: Shape = Shape.ELEMENTWISE,
    subgradient: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers one implementation under several names, separated by spaces.

    Of the cases a name gets those written with its own name or with {} for it. A number that is not finite is #NUM!.
    """

    def register(value: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(value)
        def checked(*arguments: Any) -> Any:
            try:
                with np.errstate(all="ignore"):
                    answer = value(*arguments)
            except OverflowError:  # Python's word for a number beyond the largest double
                raise Fault(CellError.NUM) from None
            return finite(float(answer)) if shape is not Shape.ARRAY else answer

        for name in names.split():
            own = tuple(
                (formula.replace("{}", name), expected)
                for formula, expected in cases
                if "{}" in formula or f"{name}(" in formula
            )
            function(f"{name}({parameters})", shape, smoothness, summary, cases=own, subgradient=subgradient)(checked)
        return value

    return register
