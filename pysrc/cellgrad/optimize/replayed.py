"""First-order searches and trainings whose steps are replayed (`replay`): the host looks at them now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from cellgrad.optimize.first_order import Descent, DescentState
from cellgrad.optimize.method import RUNNING, Method, State
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.replay import first_rows, overwrite, recorded, standing
from cellgrad.optimize.search import Limits, Search
from cellgrad.program.row_batches import RowBatches

LOOK_EVERY, FIRST_LOOK = 50, 10
"""Steps from one look at a search to the next, and to the first."""

LOOK_SECONDS = 0.2
"""No look is further away than this, so that a limit, Ctrl-C and progress are not left waiting."""


def replays(problem: Problem, method: Method[Any]) -> bool:
    """Whether steps of a method are replayed: where launching them takes longer than running them, on CUDA. On a CPU
    it would save the looks, a sixth of a step at most, and cost the history and the progress of every step."""
    return problem.device.type == "cuda" and isinstance(method, Descent)


class ReplayedSearch(Search):
    """A search by a first-order method, replayed: every start takes the steps that `Search` would take, to the bit.

    It is looked at every LOOK_EVERY steps, so a start may end that much later, and the history has a line a look.
    Starts that have ended stay in the recording, unread, until they are half of it.
    """

    _state: DescentState
    _replay: Callable[[], None] | None = None
    _began, _made = 0.0, 0
    """When the last stride began, and of how many steps it was."""

    def _stride(self, state: State, limits: Limits) -> State:
        assert isinstance(state, DescentState) and isinstance(self.method, Descent)
        running = len(state.x)
        if self._replay is None or 2 * running <= len(self._state.x):
            self._record(state)
        assert self._replay is not None
        overwrite(self._state, state)
        overwrite(self._best, self._live)
        most = min(limits.steps - self.steps, self.window - self.steps % self.window)
        tries = self.method.tries and running == 1
        made = 0
        while made == 0:
            count = self._until_look(most)
            for _ in range(count):
                self._replay()
            self.problem.evaluations += count * running
            made = self._accepted(state) if tries else count
        self.steps += made
        self._live = first_rows(self._best, running)
        return first_rows(self._state, running)

    def _record(self, state: DescentState) -> None:
        self._state, self._best = standing(state), standing(self._live)
        evaluated = self.problem.evaluations
        self._replay = recorded(self._advance, (self._state, self._best), state.x.device, self.problem.notes)
        self.problem.evaluations = evaluated

    def _advance(self) -> None:
        """One step of every start, and its best point kept: all that is recorded."""
        assert isinstance(self.method, Descent)
        counted = self.problem.evaluations
        after = self.method.trial(self.problem, self._state)
        self._live = self._best
        self._keep_best(after)
        kept, self._live = self._live, self._best
        overwrite(self._best, kept)
        overwrite(self._state, after)
        self.problem.evaluations = counted

    def _until_look(self, most: int) -> int:
        """Steps to make now: as many as the last ones, with the look at them, let expect in LOOK_SECONDS."""
        now = time.perf_counter()
        expected = LOOK_SECONDS * self._made / (now - self._began) if self._made else FIRST_LOOK
        count = max(1, min(LOOK_EVERY, most, int(expected)))
        self._began, self._made = now, count
        return count

    def _accepted(self, before: DescentState) -> int:
        """Steps of the only start since `before`, those that led nowhere not counted; 1 where it has ended."""
        made, ended = torch.stack((self._state.count - before.count, self._state.ended.to(before.count))).tolist()
        return int(made[0]) or int(ended[0] != RUNNING)


class ReplayedTraining:
    """Steps of a training, one a call, replayed. A batch of another size than most, as the last of a pass, is stepped
    on as it is."""

    def __init__(self, problem: Problem, descent: Descent) -> None:
        self._problem = problem
        self._descent = descent
        self._batches = problem.objective if isinstance(problem.objective, RowBatches) else None
        self._rows: Tensor | None = None
        self._state: DescentState | None = None
        self._replay: Callable[[], None] | None = None

    def __call__(self, state: DescentState) -> DescentState:
        """The state after the next batch; it stands in one place, and the next call writes over it."""
        if self._state is None:
            self._state = standing(state)
        if self._batches is not None:
            rows = self._batches.draw()
            if len(rows) != self._batches.batch:
                self._batches.held = rows
                self._advance()
                return self._state
            if self._rows is None:
                self._rows = rows.clone()
            self._rows.copy_(rows)
            self._batches.held = self._rows
        evaluated = self._problem.evaluations
        if self._replay is None:
            self._replay = recorded(self._advance, (self._state,), state.x.device, self._problem.notes)
        self._replay()
        self._problem.evaluations = evaluated + len(state.x)
        return self._state

    def _advance(self) -> None:
        assert self._state is not None
        overwrite(self._state, self._descent.trial(self._problem, self._state))


def stepper(problem: Problem, descent: Descent, starts: int) -> Callable[[DescentState], DescentState]:
    """What makes the next state of a training: replayed where that is faster and one step is one trial."""
    if replays(problem, descent) and not (descent.tries and starts == 1):
        return ReplayedTraining(problem, descent)
    return lambda state: descent.step(problem, state)
