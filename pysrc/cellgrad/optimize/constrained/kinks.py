"""Down to the bottom of a kink: linear models from many nearby points at once, within a trust region.

Where an IF, MAX or ABS switches, one slope says nothing of the other side. Here the merit is modelled by the greatest
of the tangents at the points tried so far (cutting planes; Kiwiel 1985, Methods of Descent for Nondifferentiable
Optimization), rows by their tangents, and a linear programme says where the model is lowest. A model that can be
lowered no further proves, for a piecewise linear model, that the point is a minimum.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.constrained.feasibility import tidied
from cellgrad.optimize.constrained.model import View

WEIGHT = 100.0
"""Of a missed row, in scaled units."""
MOST_CELLS = 400
MOST_ITERATIONS = 150
MOST_CUTS = 60
FIRST_RADIUS = 0.1
LEAST_RADIUS = 1e-11
PROVEN_RADIUS = 1e-7
"""A model that cannot be lowered within this radius or a wider one shows a minimum."""
WIDE = 100
"""Tangents from further away than so many radii are forgotten."""
LEVEL = 1e-7
"""A predicted gain of less than this part of the radius is the linear programme's tolerance."""
WORTH = 1e-13
"""A predicted gain of no more than this part of the merit is none."""


def settled(view: View, z: Floats) -> tuple[Floats, bool]:
    """A point at least as good as z (n,), which is no error; whether no better one is near, as far as tangents tell."""
    if not 0 < view.n <= MOST_CELLS:
        return z, False
    here = view.slopes(z)
    if not here.finite:
        return z, False
    cuts = [(z, here.f, here.gradient)]
    radius, weight, proven = FIRST_RADIUS, WEIGHT, False
    for _ in range(MOST_ITERATIONS):
        step, model = _lowest(view, z, cuts, radius, weight)
        if step is None:
            return z, False
        merit = here.f + weight * float(view.misses(here.c).sum())
        predicted = merit - model
        if predicted <= LEVEL * radius:
            proven |= radius >= PROVEN_RADIUS
            if predicted <= WORTH * (1 + abs(merit)) or radius < PROVEN_RADIUS:
                return z, proven
            radius *= 0.1
            continue
        trial = tidied(view, np.minimum(np.maximum(z + step, view.lower), view.upper))
        there = view.slopes(trial)
        view.model.record.step(radius)
        if not there.finite:
            radius *= 0.25
        else:
            gain = merit - there.f - weight * float(view.misses(there.c).sum())
            cuts.append((trial, there.f, there.gradient))
            if gain > 0.1 * predicted:
                proven = False
                z, here = trial, there
                radius *= 2 if gain > 0.75 * predicted else 1
            else:
                radius *= 0.5
            near = [cut for cut in cuts if np.abs(cut[0] - z).max() <= WIDE * radius]
            cuts = [*near[-MOST_CUTS:], (z, here.f, here.gradient)]
        if radius < LEAST_RADIUS:
            return z, proven
    return z, proven


def _lowest(
    view: View, z: Floats, cuts: list[tuple[Floats, float, Floats]], radius: float, weight: float
) -> tuple[Floats | None, float]:
    """The step (n,) within the radius to where the tangents are lowest, and the merit there."""
    n, m = view.n, view.m
    here = view.slopes(z)
    slopes = np.array([g for _, _, g in cuts])
    heights = np.array([f + g @ (z - at) for at, f, g in cuts])
    heights = np.minimum(heights, here.f)  # a tangent above the point is of another curve: lowered to meet it
    J = here.jacobian
    low, high = np.isfinite(view.row_lower), np.isfinite(view.row_upper)
    slack = np.eye(m)
    # variables: step (n), height t, misses (m); t >= tangents, rows between limits but for misses
    rows = np.vstack((
        np.hstack((slopes, -np.ones((len(cuts), 1)), np.zeros((len(cuts), m)))),
        np.hstack((J[high], np.zeros((high.sum(), 1)), -slack[high])),
        np.hstack((-J[low], np.zeros((low.sum(), 1)), -slack[low])),
    ))  # fmt: skip
    # all of it in units of the radius, so that the tolerance of the linear programme is a part of that
    limits = (
        np.concatenate((here.f - heights, (view.row_upper - here.c)[high], (here.c - view.row_lower)[low])) / radius
    )
    bounds = np.column_stack((
        np.concatenate((np.maximum((view.lower - z) / radius, -1.0), [-np.inf], np.zeros(m))),
        np.concatenate((np.minimum((view.upper - z) / radius, 1.0), [np.inf], np.full(m, np.inf))),
    ))  # fmt: skip
    costs = np.concatenate((np.zeros(n), [1.0], np.full(m, weight)))
    found = linprog(costs, rows, limits, bounds=bounds, method="highs")
    if found.status != 0:
        return None, 0.0
    return radius * found.x[:n], here.f + radius * float(found.fun)
