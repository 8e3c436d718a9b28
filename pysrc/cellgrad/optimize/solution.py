"""How a run ended, what it found, and what it reports on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
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
    STOPPED_EARLY = (
        "stopped early",
        1,
        "Solver has converged to the current solution. All constraints are satisfied.",
        "What was held out has not improved for a while: to train on would serve the rows trained on, and no others. "
        "The values kept are the best on what was held out.",
    )
    CANNOT_IMPROVE = (
        "cannot improve",
        2,
        "Solver cannot improve the current solution. All constraints are satisfied.",
        "No step from here, however short, leads to a better value: usually this is the optimum, at a kink (an IF, MAX "
        "or ABS that switches here) or at the limit of double precision.",
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
    INFEASIBLE = (
        "infeasible",
        5,
        "Solver could not find a feasible solution.",
        "No values of the changing cells were found that satisfy all constraints. The constraints in conflict are "
        "listed: loosen one of them.",
    )
    STOPPED = (
        "stopped by user",
        6,
        "Solver stopped at user's request.",
        "The run was stopped. The best values so far are kept.",
    )
    NOT_LINEAR = (
        "not linear",
        7,
        "The linearity conditions required by this LP Solver are not satisfied.",
        "The simplex method was asked for, and the objective or a constraint is not linear in the changing cells. "
        "The cells that make it so are listed: choose the method auto.",
    )
    TOO_LARGE = (
        "too large",
        8,
        "The problem is too large for Solver to handle.",
        "The method asked for cannot hold a model of this size. Choose the method auto.",
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
    EVALUATION_LIMIT = (
        "evaluation limit",
        3,
        "Solver stopped at user's request: the maximum iteration limit was reached.",
        "The limit on evaluations was reached while the search was still going. Allow more to go on.",
    )
    SUBPROBLEM_LIMIT = (
        "subproblem limit",
        3,
        "Solver stopped at user's request: the limit on subproblems was reached.",
        "The limit on subproblems was reached before the best whole numbers were proven. The best found are kept.",
    )
    INTEGER_TOLERANCE = (
        "optimal within tolerance",
        14,
        "Solver found an integer solution within tolerance. All constraints are satisfied.",
        "No whole numbers can be better than these by more than the integer tolerance asked for.",
    )
    PROBABLY_GLOBAL = (
        "probably global",
        17,
        "Solver converged in probability to a global solution.",
        "Many starts ended in no better place than this: it is probably the best there is, which no search of this "
        "kind can prove.",
    )
    NEEDS_BOUNDS = (
        "needs bounds",
        18,
        "All variables must have both upper and lower bounds.",
        "This method draws the changing cells from between their bounds, and some have none. Add bounds for the cells "
        "listed, or choose the method auto.",
    )
    BOUNDS_CONFLICT = (
        "bounds conflict",
        19,
        "Variable bounds conflict in binary or alldifferent constraint.",
        "The bounds of a changing cell leave it no value. The cells are listed: correct one bound of each.",
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
        return self in (
            Status.OPTIMAL, Status.TARGET_REACHED, Status.CONVERGED, Status.CANNOT_IMPROVE, Status.INTEGER_TOLERANCE,
            Status.PROBABLY_GLOBAL, Status.STOPPED_EARLY,
        )  # fmt: skip

    @property
    def restores(self) -> bool:
        """Whether Excel's Solver puts the start values back when it ends so, and we with it."""
        return self in (
            Status.UNBOUNDED, Status.INFEASIBLE, Status.TARGET_NOT_REACHED, Status.NOT_LINEAR, Status.TOO_LARGE,
            Status.ERROR_VALUE, Status.NEEDS_BOUNDS, Status.BOUNDS_CONFLICT, Status.RATE_TOO_LARGE,
        )  # fmt: skip


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
class Multipliers:
    """What the limits cost, in units of the objective cell, whatever the goal.

    rows (c,): by how much the objective cell changes per unit that a row's limit grows (the shadow price, Solver's
    Lagrange multiplier); 0 where the row does not bind. cells (n,): the same for the bound a changing cell stands at
    (Solver's reduced gradient or reduced cost); 0 between its bounds.
    """

    rows: NDArray[np.float64]
    cells: NDArray[np.float64]


@dataclass(frozen=True)
class Ranges:
    """How far a linear model may change before its answer does, as in Solver's sensitivity report; all (n,) or (c,),
    zero or more, infinite where there is no end.

    cell_increase, cell_decrease: of each changing cell's coefficient in the objective, without the optimal values of
    the cells changing. row_increase, row_decrease: of each row's limit, without its shadow price changing.
    coefficients (n,): of the changing cells in the objective cell.
    """

    coefficients: NDArray[np.float64]
    cell_increase: NDArray[np.float64]
    cell_decrease: NDArray[np.float64]
    row_increase: NDArray[np.float64]
    row_decrease: NDArray[np.float64]


class LateRanges(Ranges):
    """The same, worked out when first asked for: that takes as long as the answer itself."""

    _work: Callable[[], Ranges]

    def __init__(self, work: Callable[[], Ranges]) -> None:
        object.__setattr__(self, "_work", work)

    def __getattr__(self, name: str) -> NDArray[np.float64]:
        names = [one.name for one in fields(Ranges)]
        if name not in names:
            raise AttributeError(name)
        found = self._work()
        for one in names:
            object.__setattr__(self, one, getattr(found, one))
        known: NDArray[np.float64] = getattr(found, name)
        return known


@dataclass(frozen=True)
class Conflict:
    """Constraints that cannot hold together (any one of them less, and the others can): places of rows, and of changing
    cells whose bounds take part. `irreducible` is False where fewer might already conflict."""

    rows: tuple[int, ...]
    cells: tuple[int, ...]
    irreducible: bool = True


@dataclass(frozen=True)
class Basin:
    """Starts that ended in one place: the objective cell's value, how many, where x (n,), and the first of them."""

    value: float
    count: int
    x: NDArray[np.float64]
    first: int


@dataclass(frozen=True)
class Ending:
    """What an engine for constrained problems hands back; the optimizer makes a Solution of it.

    x (n,): the best point (feasible wherever one was met, whole where it must be). history: (step, cell value, rate).
    gap: for whole numbers, how much better a solution might yet be, relative, where that is known.
    detail: what there is to say besides the status, in a sentence, or ''. places: changing cells (by place) that the
    status is about, as those without bounds. method: what was used in the end, as a user may name it.
    """

    x: NDArray[np.float64]
    status: Status
    iterations: int
    history: list[tuple[int, float, float]] = field(default_factory=list, repr=False)
    multipliers: Multipliers | None = None
    ranges: Ranges | None = None
    conflict: Conflict | None = None
    gap: float | None = None
    detail: str = ""
    places: tuple[int, ...] = ()
    method: str = ""


@dataclass(frozen=True)
class Solution:
    """The best point over all starts. Values are the objective cell's own, whatever the goal.

    x (n,), float64. iterations: steps of the search. evaluations: points evaluated over all starts.
    history: (step, best value, rate) after every step. starts: one outcome a start; the first is the caller's own.
    best_start: which of them won. basins: where the starts ended, best first, with --starts. losses: with mini-batches
    or something held out, (step, loss on the rows trained on, loss on what was held out) at every look.
    rows (c,): the values of the constrained cells at x. violation: see `Conditions.violation`; start_violation: the
    same at the start. feasible: whether all conditions hold, to their precision.
    warnings: what the user should know besides, a sentence each. The rest: see `Ending`.
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
    basins: list[Basin] = field(default_factory=list, repr=False)
    losses: list[tuple[int, float, float | None]] = field(default_factory=list, repr=False)
    rows: NDArray[np.float64] = field(default_factory=lambda: np.empty(0), repr=False)
    violation: float = 0.0
    start_violation: float = 0.0
    feasible: bool = True
    multipliers: Multipliers | None = field(default=None, repr=False)
    ranges: Ranges | None = field(default=None, repr=False)
    conflict: Conflict | None = None
    gap: float | None = None
    places: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def improved(self) -> bool:
        """Whether the answer differs from the start."""
        return self.value != self.start_value or self.violation != self.start_violation

    @property
    def usable(self) -> bool:
        """Whether the answer is worth saving: feasible, and better than the start or already the answer there."""
        if not self.feasible:
            return False
        if self.status.restores and not (self.status is Status.ERROR_VALUE and self.improved):
            return False
        return self.status.found or self.improved
