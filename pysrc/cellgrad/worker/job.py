"""What goes to the worker process and what comes back."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellgrad.address import Region
from cellgrad.optimize.solution import Progress
from cellgrad.session import Book
from cellgrad.workbook import Workbook


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
    starts: int = 1
    seed: int = 0
    device: str = "auto"
    seconds: float = math.inf


@dataclass(frozen=True)
class Advance:
    """How far a run has come.

    step, value: as in `optimize.Progress`. x (n,): the best changing cells so far, all of them, in the order of
    `changing` (areas without overlap, in reading order); complete, so they may be written at any moment.
    """

    objective: Region
    changing: tuple[Region, ...]
    step: int
    value: float
    x: NDArray[np.float64]
    elapsed: float


@dataclass(frozen=True)
class Answer:
    """How a run ended. x (n,): the changing cells to write where `kept`; see `Advance` for their order.

    value: the objective as recalculated through the whole workbook. status, message: a word and a sentence or two.
    method, device: what ran, and on what. seconds: of the whole run, compiling included.
    """

    objective: Region
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


def run(job: Job, tell: Callable[[Callable[[], Advance]], bool]) -> Answer:
    """Do the job. `tell` hears of every step and says whether to stop; what it is given makes the advance, which costs
    a copy of the changing cells.

    Raises what `Book.model` and `Model.optimize` raise.
    """
    began = time.perf_counter()
    book = Book(Path(job.path), job.workbook)
    model = book.model(job.sheet, job.objective, job.changing, job.goal)
    objective, changing = model.objective, tuple(model.compiled.areas)

    def callback(progress: Progress) -> bool:
        return tell(
            lambda: Advance(
                objective, changing, progress.step, progress.value, progress.point(), time.perf_counter() - began
            )
        )

    solution = model.optimize(
        method=job.method, steps=job.steps, learning_rate=job.learning_rate, starts=job.starts, seed=job.seed,
        device=job.device, seconds=job.seconds, callback=callback,
    )  # fmt: skip
    return Answer(
        objective,
        changing,
        solution.x,
        book.value(objective) if solution.usable else solution.value,
        solution.start_value,
        solution.status.word,
        solution.message,
        solution.method,
        str(model.ran_on.device),
        solution.iterations,
        solution.usable,
        time.perf_counter() - began,
    )
