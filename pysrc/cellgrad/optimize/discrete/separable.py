"""Models that add up what single whole cells contribute, each by whatever formula: price lists, lots rounded up, costs
of opening something.

Every cell's contribution is tabulated for all its values and cut into stretches on which it is straight; choosing a
stretch a cell, and how far along it, is a linear programme in whole numbers (Dantzig 1960, Econometrica 28). Whether
the contributions do add up is seen at many points, not proven.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellgrad.optimize.conditions import Floats
from cellgrad.optimize.discrete.judge import Halt, Ints, Judge
from cellgrad.optimize.linear_programs import LinearProgram, solve_linear
from cellgrad.optimize.problem import Goal
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Progress, Status

MOST_VALUES = 6_000
"""Values of all cells together that are tabulated."""
LOOKS = 400
"""Points at which the sum of the tables is compared with the model."""
AGREES = 1e-9
"""They agree so far, relative to the largest contribution."""
SECONDS = 10.0
"""How long the linear programme may take before other searches have their turn."""


@dataclass(frozen=True)
class Tables:
    """cells (v,): whose value each of v entries is; values (v,): the value; merits (v,) and rows (v, c): what it adds
    to `merit` and to the rows at the base, `row` (c,)."""

    cells: Ints
    values: Floats
    merits: Floats
    rows: Floats
    merit: float
    row: Floats


def solve_separable(judge: Judge, x0: Floats) -> float | None:
    """Solve the model by tables, offering what is found; None where contributions do not add up, cells have too many
    values, or nothing is found. Else the merit that nothing can be below, if they add up everywhere. Raises Halt."""
    tables = _tabulated(judge, x0)
    if tables is None or not _add_up(judge, tables):
        return None
    conditions, size = judge.conditions, judge.problem.size
    stretches = _stretches(tables)
    program = _program(judge, tables, stretches)
    limits = Limits(10**9, min(judge.limits.seconds, SECONDS + judge.elapsed), judge.limits.began)
    halted: list[Halt] = []

    def watching(progress: Progress) -> bool:
        columns = progress.point()
        if np.isfinite(columns).all():
            judge.offer(stretches.point(tables, columns, size)[None])
        try:
            judge.tick(progress.rate, progress.running)
        except Halt as halt:
            halted.append(halt)
        return bool(halted)

    ending = solve_linear(program, stretches.columns(tables, x0), limits, watching)
    if halted:
        raise halted[0]
    if ending.status is Status.STOPPED:
        raise Halt(Status.STOPPED)
    merit, miss = judge.offer(stretches.point(tables, ending.x, size)[None])
    told = abs(merit[0] - program.value(ending.x)) <= 1e-7 * max(1.0, abs(merit[0])) and miss[0] <= conditions.precision
    if not told:
        return None
    if ending.status is Status.OPTIMAL:
        return float(merit[0])
    gap = math.inf if ending.gap is None else ending.gap
    return float(merit[0]) - gap * max(1.0, abs(float(merit[0])))


def _tabulated(judge: Judge, x0: Floats) -> Tables | None:
    conditions, size = judge.conditions, judge.problem.size
    lower, upper = conditions.lower, conditions.upper
    if judge.problem.goal.kind == "value" or judge.loose or not (conditions.whole | (lower == upper)).all():
        return None
    if not np.isfinite(upper - lower).all() or (upper - lower + 1).sum() > MOST_VALUES:
        return None
    counts = (upper - lower).astype(np.int64) + 1
    cells = np.repeat(np.arange(size), counts)
    values = lower[cells] + np.arange(len(cells)) - np.repeat(np.cumsum(counts) - counts, counts)
    X = np.repeat(x0[None], len(cells) + 1, axis=0)
    X[np.arange(len(cells)), cells] = values
    merits, rows = judge.values(X)
    sound = np.isfinite(merits) & np.isfinite(rows).all(1)
    if not sound[-1]:
        return None
    keep = np.flatnonzero(sound[:-1])
    # no constant besides: gaps of the programme are relative to what its columns cost
    shared = merits[keep] - merits[-1] + merits[-1] / size
    return Tables(cells[keep], values[keep], shared, rows[keep] - rows[-1], 0.0, rows[-1])


def _add_up(judge: Judge, tables: Tables) -> bool:
    """Whether contributions add up at random points, and at points near the lower bounds, where most cells are off."""
    random, size = np.random.default_rng(0), judge.problem.size
    drawn = np.empty((LOOKS, size), np.int64)
    rare = random.uniform(size=LOOKS) < 0.5
    for place in range(size):
        entries = np.flatnonzero(tables.cells == place)
        drawn[:, place] = random.choice(entries, LOOKS)
        off = rare & (random.uniform(size=LOOKS) < 0.7)
        drawn[off, place] = entries[0]
    merits, rows = judge.values(tables.values[drawn])
    told = tables.merit + tables.merits[drawn].sum(1)
    told_rows = tables.row + tables.rows[drawn].sum(1)
    if not (np.isfinite(merits).all() and np.isfinite(rows).all()):
        return False
    size_of = np.maximum(1e-300, np.abs(told).max())
    sizes = np.maximum(1e-300, np.abs(told_rows).max(0, initial=0.0))
    return bool(
        (np.abs(merits - told) <= AGREES * size_of).all() and (np.abs(rows - told_rows) <= AGREES * sizes).all()
    )


@dataclass(frozen=True)
class Stretches:
    """Consecutive values of a cell on which what it contributes is straight; arrays (s,). first, last: entries of the
    tables; opening: which are their cells' first. Columns of the programme: whether a stretch is reached, and how far
    along it a cell stands, which is all its length where the next one is reached."""

    first: Ints
    last: Ints
    opening: NDArray[np.bool_]

    def jumps(self, column: Floats) -> Floats:
        """What a column of the tables gains from the end of the stretch before to the start of each; its start where
        there is none before."""
        gained = column[self.first] - column[np.maximum(self.first - 1, 0)]
        jumps: Floats = np.where(self.opening, column[self.first], gained)
        return jumps

    def point(self, tables: Tables, x: Floats, size: int) -> Floats:
        """The values of the cells (n,) that columns (2 s,) stand for."""
        reached, along = np.round(x).reshape(2, -1)
        moved = reached * self.jumps(tables.values) + along
        values: Floats = np.bincount(tables.cells[self.first], moved, size).astype(np.float64)
        return values

    def columns(self, tables: Tables, x: Floats) -> Floats:
        """The columns (2 s,) of a point (n,)."""
        low, high = tables.values[self.first], tables.values[self.last]
        at = x[tables.cells[self.first]]
        return np.concatenate([at >= low, np.clip(at - low, 0.0, high - low)])


def _stretches(tables: Tables) -> Stretches:
    table = np.column_stack([tables.merits, tables.rows])
    close = AGREES * np.maximum(np.abs(table).max(0), 1e-300)
    steps = np.diff(table, axis=0)
    beside = (np.diff(tables.cells) == 0) & (np.diff(tables.values) == 1)
    first, last = [0], []
    for entry in range(1, len(table)):
        longer = entry - 1 > first[-1]
        straight = beside[entry - 1] and (not longer or (np.abs(steps[entry - 1] - steps[entry - 2]) <= close).all())
        if not straight:
            last.append(entry - 1)
            first.append(entry)
    starts = np.array(first)
    opening = np.append(True, np.diff(tables.cells[starts]) != 0)
    return Stretches(starts, np.array([*last, len(table) - 1]), opening)


def _program(judge: Judge, tables: Tables, stretches: Stretches) -> LinearProgram:
    """The columns of `Stretches` under the rows as the tables add them up (the incremental method: Markowitz and Manne
    1957, Econometrica 25)."""
    conditions = judge.conditions
    first, count = stretches.first, len(stretches.first)
    lengths = tables.values[stretches.last] - tables.values[first]
    following = np.minimum(first + 1, len(tables.cells) - 1)
    slopes = np.where(lengths > 0, tables.merits[following] - tables.merits[first], 0.0)
    row_slopes = np.where(lengths[:, None] > 0, tables.rows[following] - tables.rows[first], 0.0)
    jumps = [stretches.jumps(column) for column in tables.rows.T]
    rows = sparse.csr_array(np.hstack([np.array(jumps).reshape(-1, count), row_slopes.T]))
    one, none = sparse.eye_array(count, format="csr"), sparse.csr_array((count, count))
    later = np.flatnonzero(~stretches.opening)
    order = [
        sparse.hstack([sparse.diags_array(-lengths), one]),  # no length along a stretch that is not reached, ...
        sparse.hstack([sparse.diags_array(lengths[later - 1]) @ one[later], -one[later - 1]]),  # ... all of it before
        sparse.hstack([one[later] - one[later - 1], none[later]]),  # the next one is, and none out of turn
    ]
    added = count + 2 * len(later)
    extended = replace(
        conditions,
        lower=np.concatenate([stretches.opening, np.zeros(count)]),
        upper=np.concatenate([np.ones(count), lengths]),
        whole=np.ones(2 * count, bool),
        row_lower=np.concatenate([conditions.row_lower, np.full(added, -np.inf)]),
        row_upper=np.concatenate([conditions.row_upper, np.zeros(added)]),
        different=(),
    )
    return LinearProgram(
        np.concatenate([stretches.jumps(tables.merits), slopes]), tables.merit,
        sparse.csr_array(sparse.vstack([rows, *order])), np.concatenate([tables.row, np.zeros(added)]), extended,
        Goal("min"),
    )  # fmt: skip
