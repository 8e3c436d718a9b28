"""Learning rates that change as a run goes on, chosen by text such as ``cosine``, ``step:0.5@100``, ``one-cycle:0.1``.

A schedule is a function of the steps done: what the rate is multiplied by. It is asked with a tensor, one count a
start, so that no step waits for a number to come back from a device.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from cellgrad.errors import ArgumentError

SCHEDULES = ("constant", "step", "exponential", "cosine", "one-cycle", "warm-up", "gradient-ratio")


class Schedule(Protocol):
    """What a learning rate is multiplied by."""

    def factor(self, count: Tensor) -> Tensor:
        """The factor after `count` steps, (K,) -> (K,): the first step is made with that of 0."""


@dataclass(frozen=True)
class Constant:
    """The same rate always."""

    def factor(self, count: Tensor) -> Tensor:
        return torch.ones_like(count)


@dataclass(frozen=True)
class Step:
    """Multiplied by `gamma` after every `every` steps (torch: StepLR)."""

    gamma: float
    every: int

    def factor(self, count: Tensor) -> Tensor:
        return self.gamma ** torch.floor(count / self.every)


@dataclass(frozen=True)
class Exponential:
    """Multiplied by `gamma` after every step (torch: ExponentialLR)."""

    gamma: float

    def factor(self, count: Tensor) -> Tensor:
        return self.gamma**count


@dataclass(frozen=True)
class Cosine:
    """Half a cosine from the rate to 0 over `steps` (Loshchilov and Hutter 2017, eq. 5 without restarts; torch:
    CosineAnnealingLR). 0 afterwards."""

    steps: int

    def factor(self, count: Tensor) -> Tensor:
        return _cosine(1.0, 0.0, count / self.steps)


@dataclass(frozen=True)
class OneCycle:
    """Up from a 25th of the rate over the first 30 % of `steps`, then down to a 250,000th, along cosines (Smith and
    Topin 2018; the figures are those of torch's OneCycleLR, here without its cycle of the momentum)."""

    steps: int

    RISE = 0.3
    FIRST = 1 / 25
    LAST = FIRST / 1e4

    def factor(self, count: Tensor) -> Tensor:
        top, end = self.RISE * self.steps - 1, self.steps - 1
        up = _cosine(self.FIRST, 1.0, count / max(top, 1e-9))
        down = _cosine(1.0, self.LAST, (count - top) / max(end - top, 1e-9))
        return torch.where(count <= top, up, down)


@dataclass(frozen=True)
class WarmUp:
    """An even rise over `steps`, the first with a `steps`-th of the rate (Goyal et al. 2017, section 2.2; torch:
    LinearLR), then another schedule from its beginning (torch: SequentialLR)."""

    steps: int
    then: Schedule

    def factor(self, count: Tensor) -> Tensor:
        after = self.then.factor((count - self.steps).clamp(min=0.0))
        return torch.where(count < self.steps, (count + 1) / self.steps, after)


@dataclass(frozen=True)
class GradientRatio:
    """Annealing by the gradient itself: the rate grows while the gradient lets it.

    Steps that go downhill into a valley meet smaller and smaller gradients. So after every `every` steps (an epoch,
    with mini-batches) the gradient's size, a root mean square over them, is compared with the smallest since the rate
    was last cut: where it is no more, the rate is multiplied by `growth`. Where it is more than `allowed` times as
    much the steps have begun to jump over the valley: the rate is multiplied by `cut`, and comparing begins anew.
    """

    growth: float = 1.1
    cut: float = 0.5
    allowed: float = 2.0
    every: int = 1

    def factor(self, count: Tensor) -> Tensor:
        return torch.ones_like(count)

    def adapt(self, scale: Tensor, smallest: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
        """The factor of the rate (K,) and the smallest mean square of gradients from here on, from the ones before
        and the mean square now."""
        jumped = now > self.allowed**2 * smallest
        grown = torch.where(now <= smallest, scale * self.growth, scale)
        return torch.where(jumped, scale * self.cut, grown), torch.where(jumped, now, torch.minimum(now, smallest))


@dataclass(frozen=True)
class Growing:
    """From the rate to `factor_at_end` times it, by the same factor every step: for the search of a rate."""

    factor_at_end: float
    steps: int

    def factor(self, count: Tensor) -> Tensor:
        return self.factor_at_end ** (count / max(1, self.steps - 1))


def _cosine(start: float, stop: float, part: Tensor) -> Tensor:
    """From `start` to `stop` along half a cosine, as `part` goes from 0 to 1; level outside."""
    return stop + (start - stop) / 2 * (1 + torch.cos(math.pi * part.clamp(0.0, 1.0)))


def parse_schedule(text: str, steps: int, epoch: int = 1) -> tuple[Schedule, float | None]:
    """The schedule that a text names, for a run of `steps` steps, `epoch` of them to one pass over the rows; and the
    rate in it, where it names one.

    ``constant``; ``step:0.5@100``, halved every 100 steps (``step`` alone: a tenth after every third of the run);
    ``exponential:0.999``, that much every step (alone: to a hundredth at the end); ``cosine``; ``one-cycle``, or
    ``one-cycle:0.1`` with its highest rate; ``warm-up:100``, and ``warm-up:100,cosine`` (any other one) to go on
    with; ``gradient-ratio``, or ``gradient-ratio:1.2`` with its growth.
    Raises ArgumentError for anything else.
    """
    first, comma, rest = text.strip().lower().replace("_", "-").partition(",")
    word, _, argument = (part.strip() for part in first.partition(":"))
    steps = max(1, steps)
    if word == "warm-up":
        rise = _whole(argument, text) if argument else max(1, steps // 10)
        then, peak = parse_schedule(rest, steps - rise, epoch) if comma else (Constant(), None)
        return WarmUp(rise, then), peak
    if comma:
        raise _unknown(text, "only warm-up has another schedule behind it, as in warm-up:100,cosine")
    if word == "one-cycle":
        return OneCycle(steps), _positive(argument, text) if argument else None
    return _by_word(word, argument, text, steps, epoch), None


def _by_word(word: str, argument: str, text: str, steps: int, epoch: int) -> Schedule:
    if word == "step":
        if not argument:
            return Step(0.1, max(1, math.ceil(steps / 3)))
        gamma, at, every = argument.partition("@")
        if not at:
            raise _unknown(text, "write step:0.5@100 to halve the rate every 100 steps")
        return Step(_positive(gamma, text), _whole(every, text))
    if word == "exponential":
        return Exponential(_positive(argument, text) if argument else 0.01 ** (1 / steps))
    if word == "gradient-ratio":
        growth = _positive(argument, text) if argument else GradientRatio.growth
        if growth < 1:
            raise _unknown(text, "a growth is 1 or more, as in gradient-ratio:1.1")
        return GradientRatio(growth, every=epoch)
    if word in ("constant", "cosine") and not argument:
        return Cosine(steps) if word == "cosine" else Constant()
    raise _unknown(text, f"use one of {', '.join(SCHEDULES)}; as in step:0.5@100 or one-cycle:0.1")


def _positive(number: str, text: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise _unknown(text, f"{number!r} is no number above zero")
    return value


def _whole(number: str, text: str) -> int:
    if not number.strip().isdecimal() or int(number) < 1:
        raise _unknown(text, f"{number!r} is no number of steps")
    return int(number)


def _unknown(text: str, action: str) -> ArgumentError:
    return ArgumentError(f"no schedule of the learning rate is called {text!r}", action=action)
