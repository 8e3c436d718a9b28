"""How a run ended, what it found, and what it reports on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray


class Status(Enum):
    """Why a run stopped. Each member carries Excel Solver's end code and sentence, and a plainer explanation.

    `word` goes into JSON; `code` and `sentence` are what Solver's own users know (support.microsoft.com,
    "Solver messages"); `explanation` says what it means here and what to do next. Several of our reasons may
    share one of Solver's codes.
    """

    OPTIMAL = (
        "optimal",
        0,
        "Solver found a solution. All constraints and optimality conditions are satisfied.",
        "The gradient is zero to rounding: no small change of the changing cells improves the objective. "
        "Other starts may still find a better valley.",
    )
    TARGET_REACHED = (
        "target reached",
        0,
        "Solver found a solution. All constraints and optimality conditions are satisfied.",
        "The objective has the value asked for.",
    )
    CONVERGED = (
        "converged",
        1,
        "Solver has converged to the current solution. All constraints are satisfied.",
        "The objective has all but stopped changing, though its gradient is not yet zero to rounding. "
        "More steps or another method may gain a little.",
    )
    CANNOT_IMPROVE = (
        "cannot improve",
        2,
        "Solver cannot improve the current solution. All constraints are satisfied.",
        "Every step tried from here, however short, leads to a worse value: usually a kink "
        "(an IF, MAX or ABS that switches here), or the limit of double precision.",
    )
    STEP_LIMIT = (
        "step limit",
        3,
        "Solver stopped at user's request: the maximum iteration limit was reached.",
        "The step limit was reached while the objective was still improving. Allow more steps to go on.",
    )
    UNBOUNDED = (
        "unbounded",
        4,
        "The Objective Cell values do not converge.",
        "The objective improves without end as the changing cells grow. Something must hold them: "
        "a penalty in the formula, a constraint, or another goal.",
    )
    TARGET_NOT_REACHED = (
        "target not reached",
        5,
        "Solver could not find a feasible solution.",
        "No nearby values of the changing cells bring the objective to the asked value; this is the closest found.",
    )
    STOPPED = (
        "stopped by user",
        6,
        "Solver stopped at user's request.",
        "The run was stopped. The best values so far are kept.",
    )
    ERROR_VALUE = (
        "error value",
        9,
        "Solver encountered an error value in the Objective Cell or a Constraint cell.",
        "The objective, or its slope, is an error at the start values: there is nowhere to begin. Correct the error, "
        "or start from other values.",
    )
    NO_FINITE_STEP = (
        "no step without an error",
        9,
        "Solver encountered an error value in the Objective Cell or a Constraint cell.",
        "Every step tried from here, however short, makes the objective an error.",
    )
    TIME_LIMIT = (
        "time limit",
        10,
        "Solver stopped at user's request: the maximum time limit was reached.",
        "The time limit was reached while the objective was still improving. Allow more time to go on.",
    )
    RATE_TOO_LARGE = (
        "learning rate too large",
        2,
        "Solver cannot improve the current solution. All constraints are satisfied.",
        "No step at this learning rate led below the start. Give a smaller one, or none: then it looks after itself.",
    )
    STATIONARY = (
        "stationary",
        2,
        "Solver cannot improve the current solution. All constraints are satisfied.",
        "The gradient is zero here, but values nearby are better: this is a saddle, or the edge of where a function is "
        "defined. Start from other values.",
    )
    FLAT = (
        "flat",
        2,
        "Solver cannot improve the current solution. All constraints are satisfied.",
        "The gradient is exactly zero for every changing cell: no small change of any of them moves the objective "
        "(for example because every IF or MAX takes its constant branch). Start from other values.",
    )

    def __init__(self, word: str, code: int, sentence: str, explanation: str) -> None:
        self.word = word
        self.code = code
        self.sentence = sentence
        self.explanation = explanation

    @property
    def found(self) -> bool:
        """Whether the run ended by itself at a point worth keeping as an answer."""
        return self in (Status.OPTIMAL, Status.TARGET_REACHED, Status.CONVERGED, Status.CANNOT_IMPROVE)


STATUS_BY_NUMBER = tuple(Status)
"""Per-start tensors hold a status as its place in this tuple."""

STATUS_NUMBER = {status: number for number, status in enumerate(STATUS_BY_NUMBER)}


@dataclass(frozen=True)
class Progress:
    """One line of a running search, given to the callback after every step.

    step: steps done. value: the best cell value so far (for goal ``value``, its distance from the target).
    rate: the learning rate, step length or damping of the best start. running: starts not yet finished.
    elapsed, left: seconds; `left` is an upper estimate from the limits, None while there is nothing to tell it from.
    point: gives the best changing cells so far (n,), float64, copied off the device; only inside the callback.
    """

    step: int
    value: float
    rate: float
    running: int
    elapsed: float
    left: float | None
    point: Callable[[], NDArray[np.float64]]


Callback = Callable[[Progress], object]
"""Called after every step; returning True asks the search to stop. Raising KeyboardInterrupt does the same."""


@dataclass(frozen=True)
class StartOutcome:
    """Where one start ended. value: the objective cell there (nan if its own start was an error)."""

    value: float
    status: Status
    iterations: int


@dataclass(frozen=True)
class Solution:
    """The best point over all starts. Values are the objective cell's own, whatever the goal.

    x (n,), float64. iterations: steps of the search. evaluations: points evaluated over all starts.
    history: (step, best value, rate) after every step. starts: one outcome a start; the first is the caller's own.
    best_start: which of them won.
    """

    x: NDArray[np.float64]
    value: float
    start_value: float
    status: Status
    message: str
    method: str
    reason: str
    iterations: int
    evaluations: int
    seconds: float
    history: list[tuple[int, float, float]] = field(default_factory=list, repr=False)
    starts: list[StartOutcome] = field(default_factory=list, repr=False)
    best_start: int = 0

    @property
    def improved(self) -> bool:
        """Whether the answer differs from the start."""
        return self.value != self.start_value

    @property
    def usable(self) -> bool:
        """Whether the answer is worth saving: it is better than the start, or the start was the answer already."""
        if self.status in (Status.UNBOUNDED, Status.TARGET_NOT_REACHED, Status.RATE_TOO_LARGE):
            return False
        return self.status.found or self.improved
