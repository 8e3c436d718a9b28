"""Where a model's functions run for one search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from cellgrad.errors import ArgumentError
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.threads import threads_for
from cellgrad.program.devices import Placement, place, seconds_of
from cellgrad.program.objective import CompiledObjective


@dataclass(frozen=True)
class Placed:
    """An objective on the device where a search will run, and why there."""

    function: CompiledObjective
    placement: Placement


DTYPES = {"float64": torch.float64, "float32": torch.float32}
"""What a search may compute in, by name."""


def placed(
    function: CompiledObjective,
    x0: np.ndarray,
    name: str,
    starts: int | None,
    steps: int | None,
    dtype: str = "",
    fused: bool = False,
) -> Placed:
    """The objective on the device called `name`; for auto on the one where a step of `starts` starts is the faster.

    x0 (n,): where steps are timed. steps: the most that will be made, None where nobody says. dtype: what to compute
    in, '' for float64 wherever the device has it. fused: through torch's compiler.
    Raises ArgumentError for a device that is not there, or lacks that.
    """
    arithmetic = arithmetic_called(dtype, name)
    count = 1 if starts is None else max(1, starts)
    numbers = count * function.elements
    made: dict[torch.device, CompiledObjective] = {}

    def seconds(device: torch.device) -> float:
        there = made[device] = function.on(device, arithmetic, fused)
        X = torch.as_tensor(x0).to(there.device, there.dtype).expand(count, -1).contiguous()
        problem = Problem(there)
        return seconds_of(lambda: problem.value_and_gradient(X), device)

    with threads_for(numbers):
        chosen = place(name, numbers, steps, seconds)
    return Placed(made.get(chosen.device) or function.on(chosen.device, arithmetic, fused), chosen)


def arithmetic_called(dtype: str, device: str) -> torch.dtype | None:
    """The type of this name, None for the device's own. Raises ArgumentError for others."""
    if dtype not in ("", *DTYPES):
        raise ArgumentError(f"no arithmetic is called '{dtype}'", action=f"use one of {', '.join(DTYPES)}")
    if dtype == "float64" and device.startswith("mps"):
        raise ArgumentError(
            "mps has no float64",
            action="use --dtype float32 or --device cpu",
            sheet_action="choose the device Automatic",
        )
    return DTYPES.get(dtype)
