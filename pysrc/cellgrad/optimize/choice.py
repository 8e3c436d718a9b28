"""Which method serves a problem, and why."""

from __future__ import annotations

import math
from typing import Any

from cellgrad.errors import ArgumentError
from cellgrad.optimize.first_order import Adam, GradientDescent
from cellgrad.optimize.lbfgs import Lbfgs
from cellgrad.optimize.levenberg_marquardt import LevenbergMarquardt
from cellgrad.optimize.method import Method
from cellgrad.optimize.problem import Problem

METHODS = ("auto", "gradient-descent", "momentum", "adam", "l-bfgs", "levenberg-marquardt")

ALIASES = {"gd": "gradient-descent", "sgd": "gradient-descent", "lbfgs": "l-bfgs", "lm": "levenberg-marquardt"}

MOST_CELLS = 300
"""Above this many changing cells Levenberg-Marquardt's n^3 and m n^2 work outweighs its fewer steps."""
LARGEST_JACOBIAN = 5 * 10**7
"""Residuals x changing cells, 400 MB in float64."""


def known_method(name: str, rate: float | None = None) -> str:
    """The method's name as in METHODS. Raises ArgumentError for a name or rate that no objective would suit."""
    word = name.strip().lower().replace("_", "-")
    word = ALIASES.get(word, word)
    if word not in METHODS:
        raise ArgumentError(f"no method is called {name!r}", action=f"use one of {', '.join(METHODS)}")
    if rate is not None and not 0 < rate < math.inf:
        raise ArgumentError(f"a learning rate of {rate} goes nowhere", action="give a number above zero")
    if rate is not None and word not in ("auto", "gradient-descent", "momentum", "adam"):
        raise ArgumentError(f"{word} sets its own steps", action="leave out the learning rate or use gradient-descent")
    return word


def choose_method(problem: Problem, name: str = "auto", rate: float | None = None) -> tuple[Method[Any], str]:
    """The method called `name`, or for ``auto`` the one that suits the problem, with the reason in a sentence.

    rate: learning rate of a first-order method. Raises ArgumentError for a name or rate that does not fit.
    """
    word = known_method(name, rate)
    if word == "auto":
        return _automatic(problem, rate)
    if word == "levenberg-marquardt":
        if not problem.has_residuals:
            raise ArgumentError(
                "levenberg-marquardt needs an objective that is a sum or mean of squares, to be minimised or set to "
                "a value",
                action="use l-bfgs or auto",
            )
        return LevenbergMarquardt(), "as asked"
    if word == "l-bfgs":
        return Lbfgs(), "as asked"
    if word == "adam":
        return Adam(rate), "as asked"
    return GradientDescent(rate, momentum=0.9 if word == "momentum" else 0.0), "as asked"


def _automatic(problem: Problem, rate: float | None) -> tuple[Method[Any], str]:
    m, n = problem.residual_count, problem.size
    if rate is not None:
        return GradientDescent(rate), "a learning rate was given"
    if not problem.has_residuals:
        return Lbfgs(), "the objective is no sum of squares"
    if n > MOST_CELLS or m * n > LARGEST_JACOBIAN:
        return Lbfgs(), f"{m:,} residuals by {n:,} changing cells are too many for a Jacobian"
    if problem.goal.kind == "value":
        return LevenbergMarquardt(), "the distance from a value is a single residual"
    return LevenbergMarquardt(), f"the objective is a sum or mean of {m:,} squares in {n:,} changing cells"
