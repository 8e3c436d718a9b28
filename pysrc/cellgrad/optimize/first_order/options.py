"""What a user may set of a first-order method, as one record."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from cellgrad.errors import ArgumentError

PATIENCE = 10
"""Evaluations without a new best on the validation rows, after which training ends."""


@dataclass(frozen=True)
class Clip:
    """A limit on the gradient of every start: on its length (``norm``), or on every element (``value``)."""

    kind: str
    limit: float

    @staticmethod
    def parse(text: str) -> Clip:
        """``1`` or ``norm:1`` for the length, ``value:0.5`` for the elements. Raises ArgumentError otherwise."""
        kind, colon, number = text.strip().lower().rpartition(":")
        try:
            limit = float(number)
        except ValueError:
            limit = math.nan
        if (colon and kind not in ("norm", "value")) or not 0 < limit < math.inf:
            raise ArgumentError(
                f"gradients cannot be clipped by {text!r}",
                action="write 1 or norm:1 to limit the gradient's length, value:0.5 to limit each element",
            )
        return Clip(kind or "norm", limit)

    def apply(self, gradient: Tensor) -> Tensor:
        """The gradient (K, n) within the limit; by norm as Pascanu, Mikolov and Bengio 2013, algorithm 1."""
        if self.kind == "value":
            return gradient.clamp(-self.limit, self.limit)
        norm = gradient.square().sum(1, keepdim=True).sqrt()
        return gradient * (self.limit / (norm + 1e-6)).clamp(max=1.0)  # the millionth is torch's guard


@dataclass(frozen=True)
class FirstOrderOptions:
    """rate: the learning rate; None looks after itself. schedule: see `schedules.parse_schedule`. momentum: of
    gradient-descent, momentum, nesterov and rmsprop; None is the method's own. clip: see `Clip.parse`. decay: weight
    decay; adamw's is decoupled from the gradient, of all others it is the slope of decay |x|^2 / 2.

    batch: rows a step, None for all of them. validation: rows held out of training, see `training.held_out`.
    patience: evaluations without a new best on what was held out.
    Raises ArgumentError for a number that makes no sense.
    """

    rate: float | None = None
    schedule: str = "constant"
    momentum: float | None = None
    clip: str | None = None
    decay: float = 0.0
    batch: int | None = None
    validation: str | None = None
    patience: int = PATIENCE

    def __post_init__(self) -> None:
        if self.rate is not None and not 0 < self.rate < math.inf:
            raise ArgumentError(f"a learning rate of {self.rate} goes nowhere", action="give a number above zero")
        if self.momentum is not None and not 0 <= self.momentum < 1:
            raise ArgumentError(f"a momentum of {self.momentum} never slows down", action="give 0 or more, below 1")
        if not 0 <= self.decay < math.inf:
            raise ArgumentError(f"a weight decay of {self.decay} makes no sense", action="give 0 or more")
        if self.batch is not None and self.batch < 1:
            raise ArgumentError(f"batches of {self.batch} rows were asked for", action="ask for one row or more")
        if self.patience < 1:
            raise ArgumentError(f"a patience of {self.patience} ends before it begins", action="give 1 or more")

    @property
    def trains(self) -> bool:
        """Whether the run needs the loop of `training`: mini-batches, or rows held out."""
        return self.batch is not None or self.validation is not None


def no_clip(gradient: Tensor) -> Tensor:
    """The gradient as it is."""
    return gradient
