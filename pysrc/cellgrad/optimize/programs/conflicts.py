"""Why a linear programme has no answer: constraints that cannot hold together, or cells that may grow for ever.

Conflicts: the least t for which every limit moved by t can be met is a linear programme, whose duals at a vertex are an
extreme ray of the alternative system: the limits with a dual are an irreducible conflict (Gleeson and Ryan 1990). A
deletion filter (Chinneck and Dravnieks 1991) checks that, and finds the conflict where whole numbers are to blame.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellgrad.optimize.programs.highs import Answer, Outcome, solve_continuous, solve_whole
from cellgrad.optimize.programs.instance import Instance, scaled
from cellgrad.optimize.programs.watch import Watch
from cellgrad.optimize.solution import Conflict

Floats = NDArray[np.float64]

FILTER_SECONDS = 10.0
"""How long constraints are taken away one by one to see which are needed."""

TEST_SECONDS = 1.0
"""How long one such test may take where whole numbers are to be found; undecided, the constraint is kept."""

MOST_RAYS = 8
"""Directions of endless growth that are looked for."""

HAS_DUAL = 1e-9
GROWS = 1e-7
"""Smaller duals, and slower growth, are rounding."""


@dataclass(frozen=True)
class _Limit:
    """One limit that may be to blame: of row or cell `place`."""

    kind: str
    place: int


def least_missed(instance: Instance, watch: Watch) -> tuple[Floats, Floats] | None:
    """A point x (n,) between its bounds that misses the rows by least in total, and by how much each (c,), in their own
    units; None where none was found. The instance counts as scaled."""
    count, size = instance.count, instance.size
    unit = sparse.eye_array(count, format="csr")
    none = np.zeros(2 * count)
    elastic = instance.relaxed().with_cost(np.zeros(size)).with_columns(
        sparse.csr_array(sparse.hstack([unit, -unit])), np.ones(2 * count), none, np.full(2 * count, np.inf)
    )  # fmt: skip
    answer = solve_continuous(elastic, watch)
    if not answer.optimal or answer.x is None:
        return None
    x = answer.x[:size]
    return x, instance.misses(x)[0]


def conflict(instance: Instance, watch: Watch, cells: int, group_rows: int = 0) -> Conflict | None:
    """Limits of a scaled instance that cannot hold together. Only the first `cells` columns, and all but the last
    `group_rows` rows, are the user's; the others stay. None where none was found in the time."""
    count = instance.count - group_rows
    deadline = time.perf_counter() + min(FILTER_SECONDS, watch.left)
    blamed = _blamed(instance, watch)
    plain = blamed is not None
    candidates = [
        limit for limit in blamed or _limits(instance) if limit.place < (count if limit.kind == "row" else cells)
    ]
    if not plain:  # the whole numbers are to blame: rows first, bounds of cells only where rows are left
        candidates.sort(key=lambda limit: limit.kind != "row")

    def impossible(kept: Sequence[_Limit]) -> bool | None:
        part = _only(instance, kept, count, cells)
        part = part.relaxed() if plain else part
        if not part.whole.any():
            answer = solve_continuous(part, watch)
        else:
            answer = solve_whole(part, watch, min(TEST_SECONDS, max(0.01, deadline - time.perf_counter())))
        return {Outcome.INFEASIBLE: True, Outcome.OPTIMAL: False, Outcome.UNBOUNDED: False}.get(answer.outcome)

    if impossible(candidates) is not True:
        return _told(candidates, False) if plain else None
    needed, sure = _filtered(candidates, impossible, deadline)
    return _told(needed, sure)


def _told(limits: Sequence[_Limit], irreducible: bool) -> Conflict:
    rows = sorted({limit.place for limit in limits if limit.kind == "row"})
    cells = sorted({limit.place for limit in limits if limit.kind != "row"})
    return Conflict(tuple(rows), tuple(cells), irreducible)


def _filtered(
    limits: list[_Limit], impossible: Callable[[Sequence[_Limit]], bool | None], deadline: float
) -> tuple[list[_Limit], bool]:
    """Limits of which none can be left out, and whether that is certain: halves first, one by one last."""
    sure = True
    width = max(1, len(limits) // 2)
    while True:
        start = 0
        while start < len(limits) and len(limits) > 1:
            if time.perf_counter() > deadline:
                return limits, False
            rest = limits[:start] + limits[start + width :]
            verdict = impossible(rest) if rest else False
            if verdict:
                limits = rest
                continue
            sure = sure and (verdict is not None or width > 1)
            start += width
        if width == 1:
            return limits, sure
        width = max(1, width // 2)


def _limits(instance: Instance) -> list[_Limit]:
    rows = np.flatnonzero(np.isfinite(instance.low) | np.isfinite(instance.high))
    lower, upper = np.flatnonzero(np.isfinite(instance.lower)), np.flatnonzero(np.isfinite(instance.upper))
    return [
        *(_Limit("row", int(place)) for place in rows),
        *(_Limit("lower", int(place)) for place in lower),
        *(_Limit("upper", int(place)) for place in upper),
    ]


def _only(instance: Instance, kept: Sequence[_Limit], count: int, cells: int) -> Instance:
    """The instance with those limits alone, and the rows from `count` and the columns from `cells` on."""
    rows = np.arange(instance.count) >= count
    rows[[limit.place for limit in kept if limit.kind == "row"]] = True
    lower, upper = np.arange(instance.size) >= cells, np.arange(instance.size) >= cells
    lower[[limit.place for limit in kept if limit.kind == "lower"]] = True
    upper[[limit.place for limit in kept if limit.kind == "upper"]] = True
    part = instance.with_cost(np.zeros(instance.size)).rows(rows)
    return replace(part, lower=np.where(lower, instance.lower, -np.inf), upper=np.where(upper, instance.upper, np.inf))


def _blamed(instance: Instance, watch: Watch) -> list[_Limit] | None:
    """The limits with a dual in the programme of the least common move t; None where t is 0: the whole numbers, not
    the limits, are to blame."""
    size = instance.size
    lower, upper = np.flatnonzero(np.isfinite(instance.lower)), np.flatnonzero(np.isfinite(instance.upper))
    unit = sparse.eye_array(size, format="csr")
    below, above = np.flatnonzero(np.isfinite(instance.low)), np.flatnonzero(np.isfinite(instance.high))
    parts = ((instance.matrix[below], 1.0), (instance.matrix[above], -1.0), (unit[lower], 1.0), (unit[upper], -1.0))
    matrix = sparse.vstack([sparse.hstack([part * sign, np.ones((part.shape[0], 1))]) for part, sign in parts])
    limits = np.concatenate([instance.low[below], -instance.high[above], instance.lower[lower], -instance.upper[upper]])
    cost = np.zeros(size + 1)
    cost[-1] = 1.0
    least = Instance(
        cost, sparse.csr_array(matrix), limits, np.full(len(limits), np.inf),
        np.r_[np.full(size, -np.inf), 0.0], np.full(size + 1, np.inf), np.zeros(size + 1, bool),
    )  # fmt: skip
    answer = solve_continuous(least, watch)
    if not answer.optimal or answer.x is None or answer.x[-1] <= HAS_DUAL:
        return None
    names = [_Limit("row", int(place)) for place in np.r_[below, above]]
    names += [_Limit("lower", int(place)) for place in lower] + [_Limit("upper", int(place)) for place in upper]
    priced = np.flatnonzero(np.abs(answer.rows) > HAS_DUAL * np.abs(answer.rows).max(initial=0.0))
    return list(dict.fromkeys(names[place] for place in priced))


def growing(instance: Instance, watch: Watch) -> tuple[int, ...]:
    """Places of cells that may grow or fall for ever while the cost falls, () where there are none: those of one
    direction after the other, each with the cells of the earlier ones held, for a few directions."""
    places: list[int] = []
    for _ in range(MOST_RAYS):
        direction = _ray(instance, watch)
        if direction is None:
            break
        moved = np.flatnonzero(direction)
        places += moved.tolist()
        still = direction == 0
        instance = replace(
            instance, lower=np.where(still, instance.lower, 0.0), upper=np.where(still, instance.upper, 0.0)
        )
    return tuple(sorted(places))


def _ray(instance: Instance, watch: Watch) -> Floats | None:
    """A direction (n,) in which the cost falls for ever while everything holds: the one with the least total movement,
    so that few cells move. None where there is none."""
    size = instance.size
    zero = np.zeros(size)
    unit = sparse.eye_array(size, format="csr")
    moving = Instance(
        np.ones(2 * size),
        sparse.csr_array(sparse.vstack([sparse.hstack([instance.matrix, -instance.matrix]),
                                        sparse.hstack([unit, -unit]),
                                        sparse.csr_array(np.concatenate([instance.cost, -instance.cost])[None])])),
        np.concatenate([_toward(instance.low), _toward(instance.lower), [-1.0]]),
        np.concatenate([_toward(instance.high), _toward(instance.upper), [-1.0]]),
        np.concatenate([zero, zero]), np.full(2 * size, np.inf), np.zeros(2 * size, bool),
    )  # fmt: skip
    instance_scaled, scale = scaled(moving)
    answer: Answer = solve_continuous(instance_scaled, watch)
    if not answer.optimal or answer.x is None:
        return None
    steps = answer.x * scale.columns
    direction = steps[:size] - steps[size:]
    direction[np.abs(direction) <= GROWS * np.abs(direction).max(initial=0.0)] = 0.0
    return direction


def _toward(limits: Floats) -> Floats:
    """Limits of a direction: 0 where the point has a limit, none where it has none."""
    return np.where(np.isfinite(limits), 0.0, limits)
