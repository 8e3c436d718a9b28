"""Whole numbers, permutations and jumps in models that are not linear; `solve_discrete` is the door."""

from cellgrad.optimize.discrete.solving import DISCRETE_METHODS, solve_discrete

__all__ = ["DISCRETE_METHODS", "solve_discrete"]
