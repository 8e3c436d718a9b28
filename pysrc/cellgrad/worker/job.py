"""What goes to the worker process and what comes back; loads no heavy library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellgrad.address import Region
from cellgrad.workbook import Workbook

STOPPED = "stopped by user"
"""The status of a run that somebody has ended."""


@dataclass(frozen=True)
class Job:
    """A frozen snapshot, the model in it (None: the saved one), and how to search: see `Model.optimize`.

    path: the workbook's name, for messages; the file itself is never touched.
    """

    workbook: Workbook
    path: str
    sheet: str | None = None
    objective: str | None = None
    changing: str | Sequence[str] | None = None
    goal: str | None = None
    method: str = "auto"
    steps: int | None = None
    learning_rate: float | None = None
    starts: int | None = None
    seed: int | None = None
    device: str = "auto"
    seconds: float = math.inf
    dtype: str = ""


@dataclass(frozen=True)
class Advance:
    """How far a run has come.

    objective: None where the model only has to be made feasible. step, value: as in `optimize.Progress`. x (n,): the
    best changing cells so far, all of them, in the order of `changing` (areas without overlap, in reading order);
    complete, so they may be written at any moment.
    """

    objective: Region | None
    changing: tuple[Region, ...]
    step: int
    value: float
    x: NDArray[np.float64]
    elapsed: float


@dataclass(frozen=True)
class Answer:
    """How a run ended. x (n,): the changing cells to write where `kept`; see `Advance` for their order.

    value: the objective as recalculated through the whole workbook. status, message: a word and a sentence or two.
    told: the constraints and cells that these are about, and warnings, a line each. method, device: what ran, and on
    what, with its dtype where that is not float64. seconds: of the whole run, compiling included. record: what the
    answer report needs besides (`reports.record`), '' where the run was cut short.
    """

    objective: Region | None
    changing: tuple[Region, ...]
    x: NDArray[np.float64]
    value: float
    start_value: float
    status: str
    message: str
    method: str
    device: str
    iterations: int
    kept: bool
    seconds: float
    record: str = ""
    told: tuple[str, ...] = ()
