"""Where a model's functions run for one search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from cellgrad.optimize.problem import Problem
from cellgrad.optimize.threads import threads_for
from cellgrad.program.devices import CPU, Placement, place, seconds_of
from cellgrad.program.objective import CompiledObjective


@dataclass(frozen=True)
class Placed:
    """An objective on the device where a search will run, and why there."""

    function: CompiledObjective
    placement: Placement


def placed(function: CompiledObjective, x0: np.ndarray, name: str, starts: int | None, steps: int | None) -> Placed:
    """The objective on the device called `name`; for auto on the one where a step of `starts` starts is the faster.

    x0 (n,): where steps are timed. steps: the most that will be made, None where nobody says.
    Raises ArgumentError for a device that is not there.
    """
    count = 1 if starts is None else max(1, starts)
    numbers = count * function.elements
    made = {CPU: function}

    def seconds(device: torch.device) -> float:
        there = made[device] = function.on(device)
        X = torch.as_tensor(x0).to(there.device, there.dtype).expand(count, -1).contiguous()
        problem = Problem(there)
        return seconds_of(lambda: problem.value_and_gradient(X), device)

    with threads_for(numbers):
        chosen = place(name, numbers, steps, seconds)
    return Placed(made[chosen.device] if chosen.device in made else function.on(chosen.device), chosen)
