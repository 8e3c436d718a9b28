"""A step of a method on a device, optimiser included, beside the processor's and the movement of the data it reads."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from cellgrad.session import Model, open_book

NUMBERS_A_ROW = 11
"""Ten inputs of the net and what it is to predict: the data a step has to read."""
COPIED = 2**28
"""Bytes that are copied to see how fast memory is: more than a cache holds."""
POINTS = 3


def run(path: str, sheet: str, method: str, device: str, rows: int, rounds: int, steps: int) -> dict:
    """Seconds of a step, one number a round: the difference of two runs, one of twice as many steps, so that neither
    compiling nor capturing counts. processor: the same there, of a tenth of the steps. moving: seconds of the data once
    through the device's memory, as fast as a copy goes. apart: of value and gradient, from the processor's."""
    model = open_book(path).model(sheet)
    moved = rows * NUMBERS_A_ROW * 8
    taken: dict[str, list[float]] = {"step": [], "processor": [], "bandwidth": [], "moving": []}
    step_seconds(model, method, device, steps)  # warm
    for _ in range(rounds):
        taken["step"].append(step_seconds(model, method, device, steps))
        taken["processor"].append(step_seconds(model, method, "cpu", max(10, steps // 10)))
        taken["bandwidth"].append(bandwidth(device))
        taken["moving"].append(moved / taken["bandwidth"][-1])
    return taken | {"bytes": moved, "apart": apart(model, device)}


def step_seconds(model: Model, method: str, device: str, steps: int) -> float:
    """Of one step. Raises ArithmeticError where a run did not take all its steps."""
    few, many = (_seconds(model, method, device, count) for count in (steps, 2 * steps))
    return max(1e-9, (many - few) / steps)


def _seconds(model: Model, method: str, device: str, steps: int) -> float:
    solution = model.optimize(method=method, steps=steps, starts=1, device=device)
    if solution.iterations != steps:
        raise ArithmeticError(f"{method} took {solution.iterations} of {steps} steps: {solution.message}")
    return float(solution.seconds)


def bandwidth(device: str) -> float:
    """Bytes a second that a copy reads and writes."""
    source = torch.ones(COPIED // 8, dtype=torch.float64, device=device)
    target = torch.empty_like(source)
    repeats = 20
    return 2 * repeats * COPIED / _synchronised(device, lambda: [target.copy_(source) for _ in range(repeats)])


def apart(model: Model, device: str) -> float:
    """The largest difference of value and gradient at some random points, as a part of each one's size."""
    here, there = model.function, model.function.on(device)
    worst = 0.0
    for x in torch.as_tensor(np.random.default_rng(0).random((POINTS, here.size)) - 0.5):
        value, slope = here.value_and_gradient(x[None])
        other, others = (part.double().cpu() for part in there.value_and_gradient(x[None].to(device, there.dtype)))
        worst = max(worst, float(((other - value) / value).abs().max()))
        worst = max(worst, float((others - slope).abs().max() / slope.abs().max()))
    return worst


def _synchronised(device: str, call: Callable[[], object]) -> float:
    """Seconds until the device has done it, after a first time."""
    call()
    for at in range(2):
        if device != "cpu":
            torch.cuda.synchronize()
        if at == 0:
            began = time.perf_counter()
            call()
    return time.perf_counter() - began
