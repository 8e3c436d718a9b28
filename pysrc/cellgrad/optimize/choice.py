"""Which method serves a problem, and why."""

from __future__ import annotations

import enum
import math
from typing import Any

from cellgrad.errors import ArgumentError
from cellgrad.gradients.structure import Form, Structure
from cellgrad.optimize.first_order import FIRST_ORDER, FirstOrderOptions, first_order_method
from cellgrad.optimize.lbfgs import Lbfgs
from cellgrad.optimize.levenberg_marquardt import LevenbergMarquardt
from cellgrad.optimize.method import Method
from cellgrad.optimize.problem import Problem

FREE = (*FIRST_ORDER, "l-bfgs", "levenberg-marquardt")
"""Methods that keep bounds, but no other conditions."""
CONSTRAINED = ("sqp", "trust-constr", "augmented-lagrangian")
DISCRETE = ("branch-and-bound", "differential-evolution", "enumeration", "local-search")
ENGINES = ("grg-nonlinear", "simplex-lp", "evolutionary")
"""What Solver's dialog calls its three engines."""
METHODS = ("auto", *FREE, *CONSTRAINED, *DISCRETE, *ENGINES)

ALIASES = {
    "gd": "gradient-descent", "sgd": "gradient-descent", "lbfgs": "l-bfgs", "lm": "levenberg-marquardt",
    "slsqp": "sqp", "grg": "grg-nonlinear", "simplex": "simplex-lp", "lp": "simplex-lp", "highs": "simplex-lp",
    "de": "differential-evolution",
}  # fmt: skip

FIRST_ORDER_STEPS = 10_000
"""What a schedule takes the run to be long where nobody says."""
MOST_CELLS = 300
"""Above this many changing cells Levenberg-Marquardt's n^3 and m n^2 work outweighs its fewer steps."""
LARGEST_JACOBIAN = 5 * 10**7
"""Residuals x changing cells, 400 MB in float64."""


class Route(enum.Enum):
    """Which part of this package solves a problem."""

    FREE = "free"
    LINEAR = "linear"
    CONSTRAINED = "constrained"
    DISCRETE = "discrete"


def known_method(name: str, rate: float | None = None) -> str:
    """The method's name as in METHODS. Raises ArgumentError for a name or rate that no objective would suit."""
    word = name.strip().lower().replace("_", "-").replace(" ", "-")
    word = ALIASES.get(word, word)
    if word not in METHODS:
        raise ArgumentError(f"no method is called {name!r}", action=f"use one of {', '.join(METHODS)}")
    if rate is not None and not 0 < rate < math.inf:
        raise ArgumentError(f"a learning rate of {rate} goes nowhere", action="give a number above zero")
    if rate is not None and word not in ("auto", *FIRST_ORDER):
        raise ArgumentError(f"{word} sets its own steps", action="leave out the learning rate or use gradient-descent")
    return word


def choose_route(problem: Problem, structure: Structure | None, word: str) -> Route:
    """Which part of the package serves a problem by the method `word`.

    Raises ArgumentError where the method cannot keep the problem's conditions.
    """
    conditions = problem.conditions
    if word in FREE:
        kept_out = "whole numbers" if conditions.discrete else "constraints" if conditions.count else ""
        if kept_out:
            raise ArgumentError(
                f"{word} cannot keep {kept_out}",
                action="use `cellgrad optimize` with --method auto",
                sheet_action="press Optimize, with the method Automatic",
            )
        return Route.FREE
    if word in ("simplex-lp",):
        return Route.LINEAR
    if word in (*DISCRETE, "evolutionary"):
        return Route.DISCRETE
    if word in CONSTRAINED:
        if conditions.discrete:
            raise ArgumentError(
                f"{word} cannot keep whole numbers",
                action="use --method auto",
                sheet_action="choose the method Automatic",
            )
        return Route.CONSTRAINED
    if structure is not None and structure.linear and structure.objective <= Form.LINEAR and word == "auto":
        return Route.LINEAR
    if conditions.discrete:
        return Route.DISCRETE
    return Route.CONSTRAINED if conditions.count else Route.FREE


def choose_method(
    problem: Problem,
    name: str = "auto",
    rate: float | None = None,
    options: FirstOrderOptions | None = None,
    steps: int | None = None,
) -> tuple[Method[Any], str]:
    """The method called `name`, or for ``auto`` the one that suits the problem, with the reason in a sentence.

    rate: learning rate of a first-order method; options: what else one may set of it, steps: how many it will make.
    Raises ArgumentError for a name, rate or option that does not fit.
    """
    word = known_method(name, rate)
    options = options or FirstOrderOptions(rate)
    if word in ("auto", "grg-nonlinear"):
        if rate is None and options != FirstOrderOptions():
            return first_order_method("adam", options, steps or FIRST_ORDER_STEPS), "options of descent were given"
        return _automatic(problem, options)
    if word in FIRST_ORDER:
        return first_order_method(word, options, steps or FIRST_ORDER_STEPS), "as asked"
    if word == "levenberg-marquardt":
        if not problem.has_residuals:
            raise ArgumentError(
                "levenberg-marquardt needs an objective that is a sum or mean of squares, to be minimised or set to "
                "a value",
                action="use l-bfgs or auto",
            )
        return LevenbergMarquardt(), "as asked"
    return Lbfgs(), "as asked"


def _automatic(problem: Problem, options: FirstOrderOptions) -> tuple[Method[Any], str]:
    m, n = problem.residual_count, problem.size
    if options.rate is not None:
        return first_order_method("gradient-descent", options, FIRST_ORDER_STEPS), "a learning rate was given"
    if not problem.has_residuals:
        return Lbfgs(), "the objective is no sum of squares"
    if n > MOST_CELLS or m * n > LARGEST_JACOBIAN:
        return Lbfgs(), f"{m:,} residuals by {n:,} changing cells are too many for a Jacobian"
    if problem.goal.kind == "value":
        return LevenbergMarquardt(), "the distance from a value is a single residual"
    return LevenbergMarquardt(), f"the objective is a sum or mean of {m:,} squares in {n:,} changing cells"
