"""Finding rates: Newton's method from the guess, as Excel goes, then (but for RATE) a search of all where it fails.

Many equations are solved at once, one a row. A rate is sought above -100 %; where an equation has several roots, the
guess decides, as in Excel. Answers are exact to rounding, where Excel stops at about 1e-7: where Excel finds a root it
is the one that its own digits round from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

Equation: TypeAlias = Callable[..., tuple[np.ndarray, np.ndarray, np.ndarray]]
"""(value, slope, size of the terms that the value sums) at rates x (rows) of parameters with rows first."""

_STEPS = 60
_RATES = np.concatenate([-np.geomspace(0.9999, 1e-4, 120), [0.0], np.geomspace(1e-4, 1e5, 200)])
"""Where the search looks for a change of sign: close together near 0, where rates live."""
_SMALL = 1e-10
"""A value so small beside its terms is a root to all its digits."""


def solve_rates(
    equation: Equation, guess: np.ndarray, *parameters: np.ndarray, steps: int = _STEPS, alone: bool = False
) -> np.ndarray:
    """The roots of equation(x, *parameters), row by row; NaN where none is found.

    guess: (rows,); parameters: arrays of as many rows. steps: of Newton's method at most; `alone`: it is not helped,
    neither kept above -100 % nor followed by a search.
    """
    with np.errstate(all="ignore"):
        found = _newton(equation, guess, parameters, steps, alone)
        for row in np.flatnonzero(~np.isfinite(found) & (not alone)):
            own = tuple(parameter[row : row + 1] for parameter in parameters)
            if all(np.isfinite(parameter).all() for parameter in own) and np.isfinite(guess[row]):
                found[row] = _searched(equation, float(guess[row]), own)
    return found


def _newton(
    equation: Equation, guess: np.ndarray, parameters: tuple[np.ndarray, ...], steps: int, alone: bool
) -> np.ndarray:
    x = np.where(guess > -1, guess, np.nan).astype(np.float64)
    going = np.isfinite(x)
    found = np.full(x.shape, np.nan)
    for _ in range(steps):
        rows = np.flatnonzero(going)
        if not len(rows):
            break
        at = x[rows]
        value, slope, size = equation(at, *(parameter[rows] for parameter in parameters))
        step = value / slope
        # Never beyond -100 %: half the way there instead, or the end.
        new = np.where(at - step > -1, at - step, np.nan if alone else (at - 1) / 2)
        done = (np.abs(new - at) <= 4e-16 * (1 + np.abs(at))) | (value == 0)
        close = np.abs(value) <= _SMALL * size
        # Rounding can keep the last digits going round; what is as close as that has arrived too.
        settled = done | (close & (np.abs(new - at) <= 1e-14 * (1 + np.abs(at))))
        found[rows] = np.where(close & settled, np.where(value == 0, at, new), np.nan)
        x[rows] = new
        going[rows] = ~settled & np.isfinite(new) & (np.abs(new) < 1e8)
    return found


def _searched(equation: Equation, guess: float, own: tuple[np.ndarray, ...]) -> float:
    """The root in the interval nearest the guess of those where the value changes its sign; NaN without one."""
    points = np.sort(np.append(_RATES, guess)) if guess > -1 else _RATES
    values = equation(points, *own)[0]
    changes = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) <= 0)
    best = np.nan
    for at in sorted(changes.tolist(), key=lambda i: abs(points[i] + points[i + 1] - 2 * guess)):
        best = _bisected(equation, points[at], points[at + 1], own)
        value, _, size = equation(np.array([best]), *own)
        if abs(value[0]) <= _SMALL * size[0]:
            return best
    return float("nan")


def _bisected(equation: Equation, low: float, high: float, own: tuple[np.ndarray, ...]) -> float:
    """The interval halved until its ends are neighbours, by the sign at its middle."""
    sign = np.sign(equation(np.array([low]), *own)[0][0])
    if sign == 0:
        return low
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if np.sign(equation(np.array([middle]), *own)[0][0]) == sign:
            low = middle
        else:
            high = middle
    return high


def flows_equation(x: np.ndarray, amounts: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The present value of amounts (rows, n) paid at times (rows, n) at the rates x, for IRR and XIRR."""
    growth = 1 + x[:, None]
    present = amounts * growth**-times
    return present.sum(1), -(present * times / growth).sum(1), np.abs(present).sum(1)
