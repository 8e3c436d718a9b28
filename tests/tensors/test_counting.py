"""Counts beside sums: which divisors are a constant wherever the dividend is a number, and that no value changes."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from cellgrad.tensors import operations as t
from cellgrad.tensors.execute import evaluate
from cellgrad.tensors.nodes import Node, input_node

X = input_node("x", (4,))
LOG = t.unary("log", X)


def count(node: Node) -> Node:
    return t.total(t.to_number(t.is_finite(node)), (0,))


# dividend, divisor, whether the divisor is a constant beside it
QUOTIENTS: list[tuple[str, Callable[[], tuple[Node, Node]], bool]] = [
    ("a mean", lambda: (t.total(LOG, (0,)), count(LOG)), True),
    ("squares over degrees of freedom", lambda: (t.total(t.square(LOG), (0,)), t.sub(count(LOG), t.number(2))), True),
    ("count under a root", lambda: (t.unary("sqrt", t.total(t.square(LOG), (0,))), t.unary("sqrt", count(LOG))), True),
    ("guarded", lambda: (t.total(t.guard(X, LOG), (0,)), count(LOG)), True),
    ("errors left out of the sum", lambda: (t.total(t.select(t.is_finite(LOG), LOG, t.ZERO), (0,)), count(LOG)), False),
    ("a part of what is counted", lambda: (t.total(t.crop(LOG, (0,), (2,)), (0,)), count(LOG)), False),
    ("endless to ATAN", lambda: (t.total(t.unary("atan", LOG), (0,)), count(t.neg(t.div(t.ONE, X)))), False),
    ("a count times what moves", lambda: (t.total(LOG, (0,)), t.mul(count(LOG), t.total(X, (0,)))), False),
]  # fmt: skip


@pytest.mark.parametrize(("build", "settles"), [row[1:] for row in QUOTIENTS], ids=[row[0] for row in QUOTIENTS])
def test_a_quotient(build: Callable[[], tuple[Node, Node]], settles: bool) -> None:
    above, below = build()
    quotient = t.div(above, below)
    assert (not _counts(quotient)) is settles
    for point in ([1.0, 2, 3, 5], [1.0, -2, 3, 5], [0.0, 2, 3, 5], [-1.0, -2, -3, -5]):
        x = torch.tensor(point, dtype=torch.float64)
        a, b, q = (one.item() for one in evaluate([above, below, quotient], {"x": x}))
        expected = a / b if math.isfinite(a) and b else math.nan
        assert q == pytest.approx(expected, rel=1e-15) if math.isfinite(expected) else not math.isfinite(q)


def _counts(node: Node) -> bool:
    """Whether a quotient still divides by a count."""
    while node.operation != "div":
        if node.operation == "mul" and node.inputs[0].is_constant:  # by the reciprocal of a constant
            return False
        node = node.inputs[1] if node.operation == "select" else node.inputs[0]
    return not node.inputs[1].is_constant
