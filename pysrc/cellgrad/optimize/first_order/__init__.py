"""First-order methods, batched over starts: one small rule a method, and the step they share.

Each equals torch.optim's of the same name, step for step, where a learning rate is given.
"""

from __future__ import annotations

from cellgrad.errors import ArgumentError
from cellgrad.optimize.first_order.adam import AdamRule, AdamWRule
from cellgrad.optimize.first_order.adaptive import Adagrad, RmsProp
from cellgrad.optimize.first_order.descent import SMALLEST_SHRINK, Descent, DescentState
from cellgrad.optimize.first_order.momentum import HeavyBall, Nesterov, SteepestDescent
from cellgrad.optimize.first_order.options import PATIENCE, Clip, FirstOrderOptions
from cellgrad.optimize.first_order.rule import Rule
from cellgrad.optimize.schedules import Constant, parse_schedule

__all__ = [
    "FIRST_ORDER",
    "PATIENCE",
    "SMALLEST_SHRINK",
    "Adam",
    "Clip",
    "Descent",
    "DescentState",
    "FirstOrderOptions",
    "GradientDescent",
    "first_order_method",
]

FIRST_ORDER = ("gradient-descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")

SMALLEST_GUARD = 1e-300
"""Instead of the papers' 1e-8, which takes gradients to be about 1, where the rate comes from the cells' size."""

ADAMW_DECAY = 0.01
"""The weight decay of adamw where none is given, as torch has it."""


class GradientDescent(Descent):
    """Gradient descent, with `momentum` the heavy ball."""

    def __init__(self, rate: float | None = None, momentum: float = 0.0) -> None:
        rule = HeavyBall(momentum) if momentum else SteepestDescent()
        super().__init__("momentum" if momentum else "gradient-descent", rule, rate)


class Adam(Descent):
    """Adam."""

    def __init__(self, rate: float | None = None) -> None:
        super().__init__("adam", _rule("adam", None, own_rate=rate is None), rate)


def first_order_method(name: str, options: FirstOrderOptions, steps: int, epoch: int = 1) -> Descent:
    """The method called `name` (one of FIRST_ORDER) for a run of `steps` steps, `epoch` of them to a pass over the
    rows. Raises ArgumentError for another name and for a momentum where the method has none."""
    if name not in FIRST_ORDER:
        raise ArgumentError(f"no first-order method is called {name!r}", action=f"use one of {', '.join(FIRST_ORDER)}")
    schedule, peak = parse_schedule(options.schedule, steps, epoch)
    rate = peak if peak is not None else options.rate
    rule = _rule(name, options.momentum, own_rate=rate is None)
    clip = None if options.clip is None else Clip.parse(options.clip)
    decay = options.decay
    plain = rate is None and isinstance(schedule, Constant)
    if name == "adamw" and not decay and not plain:
        decay = ADAMW_DECAY
    return Descent(name, rule, rate, schedule, clip, decay)


def _rule(name: str, momentum: float | None, own_rate: bool) -> Rule:
    if momentum and name in ("adagrad", "adam", "adamw"):
        raise ArgumentError(f"{name} has no momentum to set", action="use momentum, nesterov or rmsprop")
    given = 0.9 if momentum is None else momentum
    if name == "gradient-descent":
        return HeavyBall(momentum) if momentum else SteepestDescent()
    if name in ("momentum", "nesterov"):
        return HeavyBall(given) if name == "momentum" else Nesterov(given)
    rule: Rule
    if name == "adagrad":
        rule = Adagrad()
    elif name == "rmsprop":
        rule = RmsProp(momentum or 0.0)
    else:
        rule = AdamRule() if name == "adam" else AdamWRule()
    if own_rate:
        rule.guard = SMALLEST_GUARD
    return rule
