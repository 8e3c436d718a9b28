"""Smooth objectives under constraints: bounds and rows, equalities, inequalities and ranges."""

from cellgrad.optimize.constrained.solving import METHODS, solve_constrained

__all__ = ["METHODS", "solve_constrained"]
