"""Products with binary cells made linear: a quadratic model whose every product has a binary factor is a linear
programme in disguise, and the best there is can be proven.

A product w = b y of a binary b and a y between bounds l and u is w between l b and u b, and between y - u (1 - b) and
y - l (1 - b): exact (McCormick 1976, Mathematical Programming 10; Glover 1975, Management Science 22). The square of a
binary is itself.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellgrad.gradients.structure import Form, Structure
from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.discrete.judge import Halt, Judge
from cellgrad.optimize.discrete.quadratic import Quadratic, quadratic_of
from cellgrad.optimize.linear_programs import LinearProgram, solve_linear
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Ending, Progress, Status

MOST_CELLS = 300
MOST_PRODUCTS = 4_000
"""Beyond so many the linear programme is no way any more."""
SECONDS = 15.0
"""Seconds that a proof may take before other searches have their turn."""
AGREES = 1e-7
"""The model itself and its linear form agree so far at the answer, relative."""


def solve_products(judge: Judge, structure: Structure, x0: Floats) -> Status | None:
    """Solve the model as a linear programme where its products allow, offering what is found; None where they do not,
    or where the proof takes too long. Raises Halt."""
    problem = judge.problem
    if problem.goal.kind == "value" or structure.form > Form.QUADRATIC or problem.size > MOST_CELLS:
        return None
    quadratic = quadratic_of(judge)
    program = None if quadratic is None else _without_products(judge, quadratic)
    if program is None:
        return None
    steps, seconds = judge.limits.steps - judge.steps, judge.limits.seconds
    limits = Limits(steps, min(seconds, SECONDS + judge.elapsed), judge.limits.began)

    def watching(progress: Progress) -> bool:
        x = progress.point()[: problem.size]
        if np.isfinite(x).all():
            judge.offer(_whole(judge, x)[None], trusted=True)
        try:
            judge.tick(progress.rate, progress.running)
        except Halt as halt:
            halted.append(halt)
        return bool(halted)

    halted: list[Halt] = []
    start = np.concatenate([x0, np.zeros(len(program.coefficients) - problem.size)])
    ending = solve_linear(program, start, limits, watching)
    if halted:
        raise halted[0]
    return _told(judge, program, ending)


def _told(judge: Judge, program: LinearProgram, ending: Ending) -> Status | None:
    """How a linear programme's end counts for the model: only a proof counts, and only where both agree."""
    if ending.status is Status.STOPPED:
        raise Halt(Status.STOPPED)
    if ending.status is Status.INFEASIBLE:
        return Status.INFEASIBLE
    size = judge.problem.size
    x = _whole(judge, ending.x[:size])
    merit, miss = (float(part[0]) for part in judge.offer(x[None], trusted=True))
    value = program.value(ending.x)
    expected = -value if judge.problem.goal.kind == "max" else value
    agrees = abs(merit - expected) <= AGREES * max(1.0, abs(expected)) and miss <= judge.conditions.precision
    return Status.OPTIMAL if agrees and ending.status is Status.OPTIMAL else None


def _whole(judge: Judge, x: Floats) -> Floats:
    conditions = judge.conditions
    return np.clip(np.where(conditions.whole, np.round(x), x), conditions.lower, conditions.upper)


def _without_products(judge: Judge, quadratic: Quadratic) -> LinearProgram | None:
    """The linear programme with a cell more for each product, or None where a product has no binary factor, or another
    without bounds."""
    conditions, size = judge.conditions, judge.problem.size
    lower, upper = conditions.lower, conditions.upper
    binary = conditions.whole & (lower >= 0) & (upper <= 1)
    squares = np.diagonal(quadratic.curves, axis1=1, axis2=2) / 2
    if squares[:, ~binary].any():
        return None
    first, second = np.nonzero(np.triu(quadratic.curves.any(0), 1))
    if len(first) > MOST_PRODUCTS:
        return None
    swap = ~binary[first]
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    low, high = lower[second], upper[second]
    if not (binary[first] & np.isfinite(low) & np.isfinite(high)).all():
        return None
    count = len(first)
    linear = np.hstack([quadratic.slopes + squares, quadratic.curves[:, first, second]])
    limits, row_lower, row_upper = _products(first, second, low, high, size)
    matrix = sparse.csr_array(sparse.vstack([sparse.csr_array(linear[1:]), limits]))
    extended = replace(
        conditions,
        lower=np.concatenate([lower, np.minimum(low, 0)]),
        upper=np.concatenate([upper, np.maximum(high, 0)]),
        whole=np.concatenate([conditions.whole, np.zeros(count, bool)]),
        row_lower=np.concatenate([conditions.row_lower, row_lower]),
        row_upper=np.concatenate([conditions.row_upper, row_upper]),
    )
    constants = np.concatenate([quadratic.constants[1:], np.zeros(len(row_lower))])
    return LinearProgram(linear[0], float(quadratic.constants[0]), matrix, constants, extended, judge.problem.goal)


def _products(
    first: NDArray[np.int64], second: NDArray[np.int64], low: Floats, high: Floats, size: int
) -> tuple[sparse.csr_array, Floats, Floats]:
    """Rows (4 p, n + p) that make the last p cells the products of cells `first`, binary, and `second`, between low and
    high (p,); with their limits."""
    count = len(first)
    one, none = np.ones(count), np.zeros(count)
    # w - l b >= 0, w - u b <= 0, w - y - u b >= -u, w - y - l b <= -l
    by_first, by_second = np.concatenate([-low, -high, -high, -low]), np.concatenate([none, none, -one, -one])
    rows = np.arange(4 * count)
    places = np.concatenate([np.tile(first, 4), np.tile(second, 4), np.tile(size + np.arange(count), 4)])
    entries = np.concatenate([by_first, by_second, np.tile(one, 4)])
    matrix = sparse.csr_array((entries, (np.tile(rows, 3), places)), shape=(4 * count, size + count))
    endless = np.full(count, np.inf)
    return matrix, np.concatenate([none, -endless, -high, -endless]), np.concatenate([endless, none, endless, -low])
