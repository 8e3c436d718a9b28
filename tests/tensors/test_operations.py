# ruff: noqa: E501 - a row of a table is a line, whatever its length
"""Every tensor operation against torch's autograd: value, reverse mode, forward mode, batches, folding."""

from __future__ import annotations

import math

import pytest
import torch

from cellgrad.tensors import operations as t
from cellgrad.tensors.derivatives import gradient, pull_back, push_forward
from cellgrad.tensors.execute import Program, evaluate, listing
from cellgrad.tensors.nodes import Node, constant, input_node
from cellgrad.tensors.sharing import share_products

F64 = torch.float64


def _c(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=F64) + 0.5


WEIGHTS = {shape: _c(*shape, seed=7) for shape in [(3, 4), (4, 3), (12,), (6, 2), (1, 4), (3, 1)]}

# (name, expression on a node of shape (3, 4), the same in torch, values drawn from [low, high])
UNARY = [
    ("neg", t.neg, torch.neg, (-2, 2)),
    ("abs", lambda a: t.unary("abs", a), torch.abs, (-2, 2)),
    ("exp", lambda a: t.unary("exp", a), torch.exp, (-2, 2)),
    ("log", lambda a: t.unary("log", a), torch.log, (0.1, 2)),
    ("log10", lambda a: t.unary("log10", a), torch.log10, (0.1, 2)),
    ("log1p", lambda a: t.unary("log1p", a), torch.log1p, (0.1, 2)),
    ("sqrt", lambda a: t.unary("sqrt", a), torch.sqrt, (0.1, 2)),
    ("square", t.square, torch.square, (-2, 2)),
    ("sin", lambda a: t.unary("sin", a), torch.sin, (-2, 2)),
    ("cos", lambda a: t.unary("cos", a), torch.cos, (-2, 2)),
    ("tan", lambda a: t.unary("tan", a), torch.tan, (-1, 1)),
    ("asin", lambda a: t.unary("asin", a), torch.asin, (-0.9, 0.9)),
    ("acos", lambda a: t.unary("acos", a), torch.acos, (-0.9, 0.9)),
    ("atan", lambda a: t.unary("atan", a), torch.atan, (-2, 2)),
    ("sinh", lambda a: t.unary("sinh", a), torch.sinh, (-2, 2)),
    ("cosh", lambda a: t.unary("cosh", a), torch.cosh, (-2, 2)),
    ("tanh", lambda a: t.unary("tanh", a), torch.tanh, (-2, 2)),
    ("asinh", lambda a: t.unary("asinh", a), torch.asinh, (-2, 2)),
    ("acosh", lambda a: t.unary("acosh", a), torch.acosh, (1.1, 3)),
    ("atanh", lambda a: t.unary("atanh", a), torch.atanh, (-0.9, 0.9)),
    ("power", lambda a: t.power(a, t.number(2.5)), lambda x: x**2.5, (0.1, 2)),
    ("power of", lambda a: t.power(t.number(2.5), a), lambda x: 2.5**x, (-2, 2)),
    ("add", lambda a: t.add(a, constant(_c(3, 1))), lambda x: x + _c(3, 1), (-2, 2)),
    ("sub", lambda a: t.sub(constant(_c(3, 4)), a), lambda x: _c(3, 4) - x, (-2, 2)),
    ("mul itself", lambda a: t.mul(a, t.unary("sin", a)), lambda x: x * x.sin(), (-2, 2)),
    ("div", lambda a: t.div(constant(_c(1, 4)), a), lambda x: _c(1, 4) / x, (0.1, 2)),
    ("div by itself", lambda a: t.div(a, t.unary("exp", a)), lambda x: x / x.exp(), (-2, 2)),
    ("maximum", lambda a: t.maximum(a, t.number(0.3)), lambda x: x.clamp(min=0.3), (-2, 2)),
    ("minimum", lambda a: t.minimum(a, t.number(0.3)), lambda x: x.clamp(max=0.3), (-2, 2)),
    ("relu", lambda a: t.select(t.compare("gt", a, t.ZERO), a, t.ZERO), torch.relu, (-2, 2)),
    ("select", lambda a: t.select(t.compare("lt", a, t.ONE), t.square(a), a),
     lambda x: torch.where(x < 1, x * x, x), (-2, 2)),
    ("atan2", lambda a: t.arctan2(a, t.number(0.7)), lambda x: torch.atan2(x, torch.tensor(0.7, dtype=F64)), (-2, 2)),
    ("reshape", lambda a: t.reshape(a, (12,)), lambda x: x.reshape(12), (-2, 2)),
    ("permute", lambda a: t.permute(a, (1, 0)), lambda x: x.T, (-2, 2)),
    ("crop", lambda a: t.square(t.crop(a, (1, 0), (3, 4))), lambda x: x[1:3].square(), (-2, 2)),
    ("assemble", lambda a: t.assemble((6, 2), [(t.crop(a, (0, 0), (3, 1)), (0, 1)), (t.crop(a, (0, 2), (3, 4)), (3, 0))]),
     lambda x: torch.cat([torch.stack([0 * x[:, 0], x[:, 0]], 1), x[:, 2:4]]), (-2, 2)),
    ("concatenate", lambda a: t.concatenate([t.square(a), a], 0), lambda x: torch.cat([x * x, x]), (-2, 2)),
    ("windows", lambda a: t.windows(a, 2, 3), lambda x: x.unfold(0, 2, 1).unfold(1, 3, 1), (-2, 2)),
    ("sum of windows", lambda a: t.total(t.mul(t.windows(a, 2, 2), constant(_c(2, 2))), (2, 3)),
     lambda x: (x.unfold(0, 2, 1).unfold(1, 2, 1) * _c(2, 2)).sum((2, 3), keepdim=True), (-2, 2)),
    ("total", lambda a: t.total(a, (0,)), lambda x: x.sum(0, keepdim=True), (-2, 2)),
    ("sum of products", lambda a: t.total(t.mul(constant(_c(5, 1, 4)), t.reshape(a, (1, 3, 4))), (2,)),
     lambda x: (_c(5, 1, 4) * x).sum(2, keepdim=True), (-2, 2)),
    ("largest", lambda a: t.largest(a, (1,)), lambda x: x.amax(1, keepdim=True), (-2, 2)),
    ("smallest", lambda a: t.smallest(a, (0, 1)), lambda x: x.amin((0, 1), keepdim=True), (-2, 2)),
    ("product", lambda a: t.product(a, (1,)), lambda x: x.prod(1, keepdim=True), (-2, 2)),
    ("matmul", lambda a: t.matmul(a, constant(_c(4, 3))), lambda x: x @ _c(4, 3), (-2, 2)),
    ("matmul by itself", lambda a: t.matmul(a, t.transpose(a)), lambda x: x @ x.T, (-2, 2)),
    ("broadcast", lambda a: t.broadcast(t.total(a, (0,)), (3, 4)), lambda x: x.sum(0, keepdim=True).expand(3, 4), (-2, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "build", "torch_function", "interval"), UNARY, ids=[row[0] for row in UNARY])
def test_value_and_derivatives_equal_autograd(name, build, torch_function, interval) -> None:
    low, high = interval
    point = low + (high - low) * torch.rand((3, 4), generator=torch.Generator().manual_seed(1), dtype=F64)
    x = input_node("x", (3, 4))
    y = build(x)
    expected = torch_function(point)
    cotangent = _c(*expected.shape, seed=3)
    tangent = _c(3, 4, seed=4)
    back = pull_back([y], [constant(cotangent)], [x])[0]
    forth = push_forward(y, x, constant(tangent))
    value, got_back, got_forth = evaluate([y, back, forth], {"x": point})
    _, want_back = torch.autograd.functional.vjp(torch_function, point, cotangent)
    _, want_forth = torch.autograd.functional.jvp(torch_function, point, tangent)
    torch.testing.assert_close(value, expected, rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(got_back, want_back, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(got_forth.expand(want_forth.shape), want_forth, rtol=1e-12, atol=1e-12)
    # Constants fold to the same value.
    folded = build(constant(point))
    assert folded.value is not None
    torch.testing.assert_close(folded.value, expected, rtol=1e-13, atol=1e-13)
    # Batches give what single points give, also with two batch axes in front.
    points = low + (high - low) * torch.rand((2, 3, 3, 4), generator=torch.Generator().manual_seed(2), dtype=F64)
    batched, slopes = Program([y, back], ["x"])(points)
    for i in range(2):
        for j in range(3):
            one, slope = evaluate([y, back], {"x": points[i, j]})
            torch.testing.assert_close(batched[i, j], one, rtol=1e-13, atol=1e-13)
            torch.testing.assert_close(slopes.expand(2, 3, 3, 4)[i, j], slope, rtol=1e-13, atol=1e-13)


# Where the value is finite so is the gradient: (expression of x, x, gradient); the branch not taken leaves no trace.
FINITE = [
    ("IF(x>0, sqrt x, 0) below 0", lambda x: _positive_or_zero(x, t.unary("sqrt", x)), -1.0, 0.0),
    ("IF(x>0, sqrt x, 0) at 0", lambda x: _positive_or_zero(x, t.unary("sqrt", x)), 0.0, 0.0),
    ("IF(x>0, sqrt x, 0) above 0", lambda x: _positive_or_zero(x, t.unary("sqrt", x)), 4.0, 0.25),
    ("IF(x>0, log x, 0) at 0", lambda x: _positive_or_zero(x, t.unary("log", x)), 0.0, 0.0),
    ("IF(x>0, 1/x, 0) at 0", lambda x: _positive_or_zero(x, t.div(t.ONE, x)), 0.0, 0.0),
    ("IF(x>0, exp(1/x), 0) at 0", lambda x: _positive_or_zero(x, t.unary("exp", t.div(t.ONE, x))), 0.0, 0.0),
    ("IFERROR(1/x, 5) at 0", lambda x: t.select(t.is_finite(t.div(t.ONE, x)), t.div(t.ONE, x), t.number(5)), 0.0, 0.0),
    ("sqrt x at 0: 0 is the subgradient chosen", lambda x: t.unary("sqrt", x), 0.0, 0.0),
    ("x ^ 0.5 at 0", lambda x: t.power(x, t.number(0.5)), 0.0, 0.0),
    ("abs x at 0", lambda x: t.unary("abs", x), 0.0, 0.0),
    ("asin at 1", lambda x: t.unary("asin", x), 1.0, 0.0),
    ("sqrt(x^2) at 0", lambda x: t.unary("sqrt", t.square(x)), 0.0, 0.0),
]


def _positive_or_zero(x: Node, then: Node) -> Node:
    return t.select(t.compare("gt", x, t.ZERO), then, t.ZERO)


@pytest.mark.parametrize(("name", "build", "at", "slope"), FINITE, ids=[row[0] for row in FINITE])
def test_gradients_are_finite_where_the_value_is(name, build, at, slope) -> None:
    x = input_node("x", ())
    y = build(x)
    value, got = evaluate([y, gradient(y, x)], {"x": torch.tensor(at, dtype=F64)})
    assert math.isfinite(value.item())
    assert got.item() == slope


# An error may not disappear in what could swallow it: every one of these is an error at x = 0.
ERRORS = [
    ("1/(1/x)", lambda x: t.div(t.ONE, t.div(t.ONE, x))),
    ("exp(-1/x^2)", lambda x: t.unary("exp", t.neg(t.div(t.ONE, t.square(x))))),
    ("tanh(1/x)", lambda x: t.unary("tanh", t.div(t.ONE, x))),
    ("max(1, -1/x)", lambda x: t.maximum(t.ONE, t.neg(t.div(t.ONE, x)))),
    ("largest of (1, -1/x)",
     lambda x: t.largest(t.concatenate([t.reshape(t.neg(t.div(t.ONE, x)), (1,)), constant([1.0])], 0), (0,))),
    ("0 * (1/x)", lambda x: t.mul(t.ZERO, t.div(t.ONE, x))),
    ("atan2(1/x, 1)", lambda x: t.arctan2(t.div(t.ONE, x), t.ONE)),
    ("(1/x) ^ 0", lambda x: t.power(t.div(t.ONE, x), t.ZERO)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "build"), ERRORS, ids=[row[0] for row in ERRORS])
def test_errors_are_never_swallowed(name, build) -> None:
    x = input_node("x", ())
    (value,) = evaluate([build(x)], {"x": torch.tensor(0.0, dtype=F64)})
    assert not math.isfinite(value.sum().item())


def test_equal_maxima_share_the_cotangent() -> None:
    x = input_node("x", (3,))
    (slope,) = evaluate([gradient(t.largest(x, (0,)), x)], {"x": torch.tensor([2.0, 1.0, 2.0], dtype=F64)})
    assert slope.tolist() == [0.5, 0.0, 0.5]


def test_equal_operations_are_one_node() -> None:
    x = input_node("x", (3, 4))
    assert t.unary("exp", x) is t.unary("exp", x)
    data = constant(_c(3, 4))
    assert t.reshape(data, (12,)) is t.reshape(data, (12,))


def test_products_over_the_same_rows_become_one() -> None:
    rows, x = constant(_c(6, 3)), input_node("x", (2, 3))
    columns = [t.matmul(rows, t.reshape(t.crop(x, (unit, 0), (unit + 1, 3)), (3, 1))) for unit in range(2)]
    apart = t.total(t.square(t.add(*columns)), (0,))
    (together,) = share_products([apart])
    assert listing([apart]).count("matmul") == 2
    assert listing([together]).count("matmul") == 1
    point = {"x": _c(2, 3, seed=5)}
    torch.testing.assert_close(evaluate([together], point)[0], evaluate([apart], point)[0], rtol=1e-14, atol=0)


def test_a_relu_layer_is_a_few_calls() -> None:
    """The program of a two-unit net: what is written here is what runs."""
    x = input_node("x", (6,))
    z = t.matmul(constant(_c(5, 3)), t.reshape(x, (3, 2)))
    out = t.total(t.select(t.compare("gt", z, t.ZERO), z, t.ZERO), (1,))
    loss = t.div(t.total(t.square(t.sub(constant(_c(5, 1)), out)), (0, 1)), t.number(5))
    operations = [line.split(" = ")[1].split("(")[0] for line in listing([loss, gradient(loss, x)]).splitlines()]
    assert [name for name in operations if name[0].islower() and not name.startswith(("data", "constant", "input"))] == [
        "reshape", "matmul", "relu", "sum", "sub", "square", "sum", "div",
        "mul", "relu_cotangent", "matmul", "reshape",
    ]  # fmt: skip
