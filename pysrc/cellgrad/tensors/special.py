"""Special functions and distributions as tensor operations: scipy's values, and derivatives in the language itself.

Each runs over numpy on the CPU, whatever the device. Arguments come in scipy's order: shapes first. A result built by
`special(name, ...)` is an error wherever an argument is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy import special as scipy_special
from torch import Tensor

from cellgrad.errors import UnsupportedError
from cellgrad.tensors import probability
from cellgrad.tensors.building import ONE, ZERO, Vjp, number
from cellgrad.tensors.cotangents import define, finite_or_zero, ratio, reduce_to
from cellgrad.tensors.elementwise import add, elementwise, guard, mul, neg, select, square, sub, unary
from cellgrad.tensors.nodes import Node

Rule = Callable[..., Node | None]
"""From the operands and the result to the derivative by one operand."""


def special(name: str, *operands: Node) -> Node:
    """A function of this module; an error wherever an operand is one, though scipy may know a limit."""
    return guard(elementwise(name, *operands), *operands)


def over_numpy(function: Callable[..., Any]) -> Callable[..., Tensor]:
    """A function of numpy arrays as one of tensors."""

    def run(*tensors: Tensor) -> Tensor:
        with np.errstate(all="ignore"):
            found = function(*(tensor.detach().cpu().double().numpy() for tensor in tensors))
        like = tensors[0]
        return torch.as_tensor(np.asarray(found, dtype=float), dtype=like.dtype, device=like.device)

    return run


def _vjp(*rules: Rule | None) -> Vjp:
    """One rule an operand; None where the function is flat in it, or only ever given whole numbers."""

    def vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
        parts: list[Node | None] = []
        for operand, rule in zip(node.inputs, rules, strict=True):
            slope = None if operand.is_constant or rule is None else rule(*node.inputs, node)
            parts.append(None if slope is None else reduce_to(mul(g, finite_or_zero(slope)), node.shape, operand.shape))
        return tuple(parts)

    return vjp


def _within_one(*bounds: float) -> float:
    return 1.0 if all(map(math.isfinite, bounds)) else math.inf


def _op(name: str, *operands: Node) -> Node:
    return elementwise(name, *operands)


def _define(name: str, function: Callable[..., Any], *rules: Rule | None, total: bool = False) -> None:
    """total: within 1 for every number; whatever has a domain gives NaN outside it, so has no bound."""
    define(name, over_numpy(function), vjp=_vjp(*rules), bound=_within_one if total else None)


def _refused(what: str) -> Rule:
    def rule(*_: Node) -> Node:
        raise UnsupportedError(
            f"the second derivative of {what} by its shape parameter is not supported",
            action="make the shape a fixed number",
        )

    return rule


# The normal distribution and the error function -----------------------------------------------------------------------


def normal_density(x: Node) -> Node:
    """The density of the standard normal distribution."""
    return mul(number(1 / math.sqrt(2 * math.pi)), unary("exp", mul(number(-0.5), square(x))))


def _bell(scale: float) -> Rule:
    return lambda x, y: mul(number(scale), unary("exp", neg(square(x))))


_define("normal_cdf", scipy_special.ndtr, lambda x, y: normal_density(x), total=True)
_define("normal_quantile", scipy_special.ndtri, lambda p, y: ratio(ONE, normal_density(y)))
_define("expm1", np.expm1, lambda x, y: add(y, ONE))
_define("erf", scipy_special.erf, _bell(2 / math.sqrt(math.pi)), total=True)
_define("erfc", scipy_special.erfc, _bell(-2 / math.sqrt(math.pi)))

# The gamma function and distribution ----------------------------------------------------------------------------------

_define(
    "polygamma",
    lambda n, x: scipy_special.polygamma(n.astype(int), x),
    None,
    lambda n, x, y: _op("polygamma", add(n, ONE), x),
)
_define("digamma", scipy_special.psi, lambda x, y: _op("polygamma", ONE, x))
_define("log_gamma", scipy_special.gammaln, lambda x, y: _op("digamma", x))
_define("gamma", scipy_special.gamma, lambda x, y: mul(y, _op("digamma", x)))
_define(
    "gamma_density",
    probability.gamma_density,
    lambda a, x, y: mul(y, sub(unary("log", x), _op("digamma", a))),
    lambda a, x, y: mul(y, sub(ratio(sub(a, ONE), x), ONE)),
)
_define(
    "gamma_shape_slope",
    probability.gamma_shape_slope,
    _refused("a gamma distribution"),
    lambda a, x, y: mul(_op("gamma_density", a, x), sub(unary("log", x), _op("digamma", a))),
)
_define(
    "gamma_lower",
    scipy_special.gammainc,
    lambda a, x, y: _op("gamma_shape_slope", a, x),
    lambda a, x, y: _op("gamma_density", a, x),
)
_define(
    "gamma_upper",
    scipy_special.gammaincc,
    lambda a, x, y: neg(_op("gamma_shape_slope", a, x)),
    lambda a, x, y: neg(_op("gamma_density", a, x)),
)


def _gamma_quantile_in_shape(a: Node, p: Node, y: Node) -> Node:
    return neg(ratio(_op("gamma_shape_slope", a, y), _op("gamma_density", a, y)))


_define(
    "gamma_quantile",
    scipy_special.gammaincinv,
    _gamma_quantile_in_shape,
    lambda a, p, y: ratio(ONE, _op("gamma_density", a, y)),
)
_define(
    "gamma_upper_quantile",
    scipy_special.gammainccinv,
    _gamma_quantile_in_shape,
    lambda a, p, y: neg(ratio(ONE, _op("gamma_density", a, y))),
)

# The beta distribution ------------------------------------------------------------------------------------------------


def _beta_in_first(a: Node, b: Node, x: Node) -> Node:
    """The derivative of I_x(a, b) by a."""
    return _op("beta_shape_slope", a, b, x)


def _beta_in_second(a: Node, b: Node, x: Node) -> Node:
    return neg(_op("beta_shape_slope", b, a, sub(ONE, x)))


def _log_slope(log: Node, a: Node, b: Node) -> Node:
    """The derivative of ln(x^a / B(a, b)) by a, for log = ln x."""
    return add(sub(log, _op("digamma", a)), _op("digamma", add(a, b)))


_define(
    "beta_density",
    probability.beta_density,
    lambda a, b, x, y: mul(y, _log_slope(unary("log", x), a, b)),
    lambda a, b, x, y: mul(y, _log_slope(unary("log1p", neg(x)), b, a)),
    lambda a, b, x, y: mul(y, sub(ratio(sub(a, ONE), x), ratio(sub(b, ONE), sub(ONE, x)))),
)
_define(
    "beta_shape_slope",
    probability.beta_shape_slope,
    _refused("a beta distribution"),
    _refused("a beta distribution"),
    lambda a, b, x, y: mul(_op("beta_density", a, b, x), _log_slope(unary("log", x), a, b)),
)
_define(
    "beta_lower",
    scipy_special.betainc,
    lambda a, b, x, y: _beta_in_first(a, b, x),
    lambda a, b, x, y: _beta_in_second(a, b, x),
    lambda a, b, x, y: _op("beta_density", a, b, x),
)
_define(
    "beta_upper",
    scipy_special.betaincc,
    lambda a, b, x, y: neg(_beta_in_first(a, b, x)),
    lambda a, b, x, y: neg(_beta_in_second(a, b, x)),
    lambda a, b, x, y: neg(_op("beta_density", a, b, x)),
)
_define(
    "beta_quantile",
    scipy_special.betaincinv,
    lambda a, b, p, y: neg(ratio(_beta_in_first(a, b, y), _op("beta_density", a, b, y))),
    lambda a, b, p, y: neg(ratio(_beta_in_second(a, b, y), _op("beta_density", a, b, y))),
    lambda a, b, p, y: ratio(ONE, _op("beta_density", a, b, y)),
)

# Student's t ----------------------------------------------------------------------------------------------------------


def _student_in_df(df: Node, x: Node) -> Node:
    """The derivative of the t distribution by its degrees of freedom: half of I_z(df/2, 1/2), z = df / (df + x^2)."""
    half, spread = mul(number(0.5), df), add(df, square(x))
    z = ratio(df, spread)
    in_shape = mul(number(0.5), _op("beta_shape_slope", half, number(0.5), z))
    in_z = mul(_op("beta_density", half, number(0.5), z), ratio(square(x), square(spread)))
    return mul(mul(number(-0.5), unary("sign", x)), add(in_shape, select(_op("eq", x, ZERO), ZERO, in_z)))


def _student_density_in_df(df: Node, x: Node, y: Node) -> Node:
    gammas = sub(_op("digamma", mul(number(0.5), add(df, ONE))), _op("digamma", mul(number(0.5), df)))
    share = ratio(square(x), df)
    bend = sub(ratio(mul(add(df, ONE), share), add(df, square(x))), unary("log1p", share))
    return mul(mul(number(0.5), y), add(sub(gammas, ratio(ONE, df)), bend))


_define(
    "student_density",
    probability.student_density,
    _student_density_in_df,
    lambda df, x, y: neg(mul(y, ratio(mul(add(df, ONE), x), add(df, square(x))))),
)
_define(
    "student_cdf",
    scipy_special.stdtr,
    lambda df, x, y: _student_in_df(df, x),
    lambda df, x, y: _op("student_density", df, x),
)
_define(
    "student_quantile",
    scipy_special.stdtrit,
    lambda df, p, y: neg(ratio(_student_in_df(df, y), _op("student_density", df, y))),
    lambda df, p, y: ratio(ONE, _op("student_density", df, y)),
)

# Counts: whole numbers of events, of which only the chances vary ------------------------------------------------------


def _binomial_in_p(k: Node, n: Node, p: Node, y: Node) -> Node:
    fewer = sub(n, ONE)
    return mul(n, sub(_op("binomial_mass", sub(k, ONE), fewer, p), _op("binomial_mass", k, fewer, p)))


_define(
    "poisson_mass",
    probability.poisson_mass,
    None,
    lambda k, mean, y: sub(_op("poisson_mass", sub(k, ONE), mean), y),
)
_define("binomial_mass", probability.binomial_mass, None, None, _binomial_in_p)

# Bessel functions of whole order --------------------------------------------------------------------------------------


def _neighbours(name: str, below: float, above: float) -> Rule:
    """The derivative as a sum of the functions of the orders below and above."""
    return lambda n, x, y: add(
        mul(number(below), _op(name, sub(n, ONE), x)), mul(number(above), _op(name, add(n, ONE), x))
    )


_define("bessel_j", scipy_special.jv, None, _neighbours("bessel_j", 0.5, -0.5))
_define("bessel_y", scipy_special.yv, None, _neighbours("bessel_y", 0.5, -0.5))
_define("bessel_i", scipy_special.iv, None, _neighbours("bessel_i", 0.5, 0.5))
_define("bessel_k", scipy_special.kv, None, _neighbours("bessel_k", -0.5, -0.5))
