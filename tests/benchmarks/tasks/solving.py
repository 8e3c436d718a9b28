"""A saved model solved by Cellgrad, and by scipy alone on functions and gradients written by hand."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tests.benchmarks.races.race import Race
from tests.benchmarks.races.table import RACES

import cellgrad
from cellgrad.optimize.threads import threads_for
from cellgrad.session import Model

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
    evaluations = _evaluations(raced, model, rounds) if raced.by_hand is not None else None
    return {
        "evaluations": evaluations,
        "name": raced.name, "method": solution.method, "steps": solution.iterations, "value": solution.value,
        "first": first, "seconds": taken, "ends": ends, "held": list(raced.held_to_it),
    }  # fmt: skip


def _evaluations(race: Race, model: Model, rounds: int) -> dict[str, list[float]]:
    """Seconds of one evaluation of everything with its slopes at the start: compiled from the cells, and by hand."""
    X = torch.as_tensor(model.x0)[None]
    compiled = model.function.residuals_and_jacobian if race.squares else model.system.slopes
    assert race.by_hand is not None
    contenders = {"cellgrad": lambda: compiled(X), "by hand": race.by_hand}
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    with threads_for(0):
        for _ in range(rounds):
            for name, contender in contenders.items():
                calls = 1 + int(0.01 / max(1e-6, timed(contender)[0]))
                began = time.process_time()
                for _ in range(calls):
                    contender()
                taken[name].append((time.process_time() - began) / calls)
    return taken


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
