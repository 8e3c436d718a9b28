"""How elementwise operations run, how large their results can be, and their derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from cellgrad.tensors.building import ONE, ZERO, Vjp, number
from cellgrad.tensors.cotangents import bound_of_product, define, finite_or_zero, ratio, reduce_to
from cellgrad.tensors.elementwise import add, compare, elementwise, mul, neg, power, select, square, sub, unary
from cellgrad.tensors.nodes import Node


def _unary_vjp(factor: Callable[[Node, Node], Node]) -> Vjp:
    """From x, y -> dy/dx."""

    def vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
        return (mul(g, finite_or_zero(factor(node.inputs[0], node))),)

    return vjp


def _binary_vjp(
    left: Callable[[Node, Node, Node, Node], Node | None], right: Callable[[Node, Node, Node, Node], Node | None]
) -> Vjp:
    """From (g, a, b, y) -> cotangent, for each operand that is live."""

    def vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
        a, b = node.inputs
        parts = []
        for operand, rule in ((a, left), (b, right)):
            part = None if operand.is_constant else rule(g, a, b, node)
            parts.append(None if part is None else reduce_to(part, node.shape, operand.shape))
        return tuple(parts)

    return vjp


def _op(name: str, *operands: Node) -> Node:
    return elementwise(name, *operands)


define("neg", torch.neg, bound=lambda a: a, vjp=lambda n, g: (neg(g),))
define("abs", torch.abs, bound=lambda a: a, vjp=_unary_vjp(lambda x, y: unary("sign", x)))
define("sign", torch.sign, bound=lambda a: 1.0)
define(
    "square",
    torch.square,
    bound=lambda a: a * a,
    vjp=lambda n, g: (mul(mul(number(2), g), finite_or_zero(n.inputs[0])),),
)
define("exp", torch.exp, bound=lambda a: math.exp(a) if a < 709 else math.inf, vjp=_unary_vjp(lambda x, y: y))
define("log", torch.log, vjp=_unary_vjp(lambda x, y: ratio(ONE, x)))
define("log10", torch.log10, vjp=_unary_vjp(lambda x, y: ratio(number(1 / math.log(10)), x)))
define("log1p", torch.log1p, vjp=_unary_vjp(lambda x, y: ratio(ONE, add(ONE, x))))
define("sqrt", torch.sqrt, vjp=_unary_vjp(lambda x, y: ratio(number(0.5), y)))
define(
    "sin",
    torch.sin,
    bound=lambda a: 1.0 if math.isfinite(a) else math.inf,
    vjp=_unary_vjp(lambda x, y: unary("cos", x)),
)
define(
    "cos",
    torch.cos,
    bound=lambda a: 1.0 if math.isfinite(a) else math.inf,
    vjp=_unary_vjp(lambda x, y: neg(unary("sin", x))),
)
define("tan", torch.tan, vjp=_unary_vjp(lambda x, y: add(ONE, square(y))))
define("asin", torch.asin, vjp=_unary_vjp(lambda x, y: ratio(ONE, unary("sqrt", sub(ONE, square(x))))))
define("acos", torch.acos, vjp=_unary_vjp(lambda x, y: ratio(number(-1), unary("sqrt", sub(ONE, square(x))))))
define(
    "atan",
    torch.atan,
    bound=lambda a: 2.0 if math.isfinite(a) else math.inf,
    vjp=_unary_vjp(lambda x, y: ratio(ONE, add(ONE, square(x)))),
)
define(
    "sinh",
    torch.sinh,
    bound=lambda a: math.sinh(a) if a < 709 else math.inf,
    vjp=_unary_vjp(lambda x, y: unary("cosh", x)),
)
define(
    "cosh",
    torch.cosh,
    bound=lambda a: math.cosh(a) if a < 709 else math.inf,
    vjp=_unary_vjp(lambda x, y: unary("sinh", x)),
)
define(
    "tanh",
    torch.tanh,
    bound=lambda a: 1.0 if math.isfinite(a) else math.inf,
    vjp=_unary_vjp(lambda x, y: sub(ONE, square(y))),
)
define(
    "asinh",
    torch.asinh,
    bound=lambda a: a,
    vjp=_unary_vjp(lambda x, y: ratio(ONE, unary("sqrt", add(square(x), ONE)))),
)
define("acosh", torch.acosh, vjp=_unary_vjp(lambda x, y: ratio(ONE, unary("sqrt", sub(square(x), ONE)))))
define("atanh", torch.atanh, vjp=_unary_vjp(lambda x, y: ratio(ONE, sub(ONE, square(x)))))
define(
    "logistic",
    torch.sigmoid,
    bound=lambda a: 1.0 if math.isfinite(a) else math.inf,
    vjp=_unary_vjp(lambda x, y: mul(y, unary("logistic", neg(x)))),
)
define(
    "softplus",
    lambda a: -torch.nn.functional.logsigmoid(-a),
    bound=lambda a: a + 1,
    vjp=_unary_vjp(lambda x, y: unary("logistic", x)),
)
for _name in ("floor", "ceil", "trunc"):
    define(_name, getattr(torch, _name), bound=lambda a: a + 1)
define("relu", torch.relu, bound=lambda a: a, vjp=lambda n, g: (_op("relu_cotangent", g, n.inputs[0]),))
define(
    "relu_cotangent",
    lambda g, x: torch.ops.aten.threshold_backward(g, x, 0.0),
    bound=lambda g, x: g,
    vjp=_binary_vjp(lambda g, a, b, y: _op("relu_cotangent", g, b), lambda g, a, b, y: None),
)
define("add", torch.add, bound=lambda a, b: a + b, vjp=_binary_vjp(lambda g, a, b, y: g, lambda g, a, b, y: g))
define("sub", torch.sub, bound=lambda a, b: a + b, vjp=_binary_vjp(lambda g, a, b, y: g, lambda g, a, b, y: neg(g)))
define(
    "mul",
    torch.mul,
    bound=bound_of_product,
    vjp=_binary_vjp(
        lambda g, a, b, y: mul(g, finite_or_zero(b)),
        lambda g, a, b, y: mul(g, finite_or_zero(a)),
    ),
)
define(
    "div",
    torch.div,
    vjp=_binary_vjp(
        lambda g, a, b, y: mul(g, finite_or_zero(ratio(ONE, b))),
        lambda g, a, b, y: neg(mul(g, finite_or_zero(ratio(y, b)))),
    ),
)
define(
    "remainder",
    torch.remainder,
    vjp=_binary_vjp(
        lambda g, a, b, y: g,
        lambda g, a, b, y: neg(mul(g, finite_or_zero(ratio(sub(a, y), b)))),
    ),
)
define(
    "pow",
    torch.pow,
    vjp=_binary_vjp(
        lambda g, a, b, y: mul(g, finite_or_zero(mul(b, power(a, sub(b, ONE))))),
        lambda g, a, b, y: mul(g, finite_or_zero(mul(y, unary("log", a)))),
    ),
)
define(
    "maximum",
    torch.maximum,
    bound=max,
    vjp=_binary_vjp(
        lambda g, a, b, y: select(compare("ge", a, b), g, ZERO),
        lambda g, a, b, y: select(compare("ge", a, b), ZERO, g),
    ),
)
define(
    "minimum",
    torch.minimum,
    bound=max,
    vjp=_binary_vjp(
        lambda g, a, b, y: select(compare("le", a, b), g, ZERO),
        lambda g, a, b, y: select(compare("le", a, b), ZERO, g),
    ),
)
define(
    "atan2",
    torch.atan2,
    bound=lambda y, x: 4.0,
    vjp=_binary_vjp(
        lambda g, a, b, y: mul(g, finite_or_zero(ratio(b, add(square(a), square(b))))),
        lambda g, a, b, y: neg(mul(g, finite_or_zero(ratio(a, add(square(a), square(b)))))),
    ),
)
for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    define(_name, getattr(torch, _name), boolean=True)
define("and", torch.logical_and, boolean=True)
define("or", torch.logical_or, boolean=True)
define("not", torch.logical_not, boolean=True)
define("isfinite", torch.isfinite, boolean=True)
define("number", lambda a: a.to(torch.float64), bound=lambda a: 1.0)


def _select_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    condition, a, b = node.inputs
    to_a = None if a.is_constant else reduce_to(select(condition, g, ZERO), node.shape, a.shape)
    to_b = None if b.is_constant else reduce_to(select(condition, ZERO, g), node.shape, b.shape)
    return None, to_a, to_b


define("select", torch.where, bound=lambda c, a, b: max(a, b), vjp=_select_vjp)
