"""A saved model solved by Cellgrad, and by scipy alone on functions and gradients written by hand."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.races.race import Race
from tests.benchmarks.races.table import RACES

import cellgrad

AGREE = 1e-6
"""Ends within this part of each other, or this much near zero, are one."""


def run(race: str, rounds: int) -> dict[str, Any]:
    """Seconds of every round, side by side, and where each ended. Raises ArithmeticError where Cellgrad ends worse.

    They are the processor's, of all threads: where the machine is busy, the clock counts against the longer run, which
    is interrupted. first: of the first `optimize`, with the analysis of the model's structure, which is kept for the
    others.
    """
    warnings.simplefilter("ignore")  # scipy's trust-constr warns of linear rows
    raced = RACES[race]()
    with tempfile.TemporaryDirectory() as folder:
        model = cellgrad.open(raced.known.write(Path(folder) / "race.xlsx")).model()
    first, solution = timed(lambda: model.optimize(raced.method, starts=1), time.process_time)
    ends = {name: peer() for name, peer in raced.peers.items()}
    require_no_worse(raced, solution.value, ends)
    contenders = {"cellgrad": lambda: model.optimize(raced.method, starts=1), **raced.peers}
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            taken[name].append(timed(contender, time.process_time)[0])
    return {
        "name": raced.name, "method": solution.method, "steps": solution.iterations, "value": solution.value,
        "first": first, "seconds": taken, "ends": ends, "held": list(raced.held_to_it),
    }  # fmt: skip


def require_no_worse(race: Race, value: float, ends: dict[str, float]) -> None:
    """Raises ArithmeticError where a peer that the race is held to found a better place: a faster run to a worse end is
    no win."""
    sign = -1 if race.known.goal == "max" else 1
    for name in race.held_to_it:
        if sign * (value - ends[name]) > AGREE * max(1.0, abs(value)):
            raise ArithmeticError(f"{race.name}: Cellgrad ends at {value!r} where {name} ends at {ends[name]!r}")


def timed(call: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> tuple[float, Any]:
    """Seconds by a clock, and what the call returned."""
    began = clock()
    found = call()
    return clock() - began, found
