"""Training by mini-batches, or with something held out that says when to stop."""

from __future__ import annotations

import dataclasses

import torch

from cellgrad.errors import ArgumentError
from cellgrad.optimize.choice import FIRST_ORDER_STEPS
from cellgrad.optimize.first_order import FIRST_ORDER
from cellgrad.optimize.request import Request, evaluated
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Solution, StartOutcome
from cellgrad.optimize.training import train


class Trained(Request):
    """A run of a first-order method on some rows at a time."""

    def solution(self, limits: Limits) -> Solution:
        """By mini-batches, or with something held out to say when to stop."""
        problem, word = self.problem, "adam" if self.word == "auto" else self.word
        if word not in FIRST_ORDER:
            raise ArgumentError(
                f"{word} takes all rows in every step", action=f"use one of {', '.join(FIRST_ORDER)} for mini-batches"
            )
        limits = dataclasses.replace(limits, steps=FIRST_ORDER_STEPS if self.steps is None else self.steps)
        found = train(
            problem, word, self.options, self.all_starts(), limits,
            seed=self.seed, validation=self.validation, callback=self.callback,
        )  # fmt: skip
        ending = found.ending
        x = torch.as_tensor(ending.x).to(self.start)
        value, start_value = evaluated(problem, x)[0], evaluated(problem, self.start)[0]
        passes = f"{found.batches:,} batches a pass over the rows" if found.batches > 1 else ""
        rate = "" if found.rate is None else f"learning rate {found.rate:.3g} found by trial"
        return Solution(
            x=ending.x,
            value=value,
            start_value=start_value,
            status=ending.status,
            message=" ".join(filter(None, (self.explained(ending.status), ending.detail))),
            method=word,
            reason=", ".join(filter(None, (passes, rate))) or "as asked",
            iterations=ending.iterations,
            evaluations=found.evaluations,
            seconds=limits.elapsed,
            history=ending.history,
            starts=[StartOutcome(value, ending.status, ending.iterations)],
            losses=[(loss.step, loss.training, loss.validation) for loss in found.losses],
        )
