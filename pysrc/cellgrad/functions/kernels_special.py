"""Kernels of the error and Bessel functions, of confidence intervals, and of angles that are made of others."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from cellgrad.functions.arrays import Array, NoKernel, Texts
from cellgrad.functions.kernels import kernel
from cellgrad.functions.kernels import power as raised_to
from cellgrad.functions.kernels_distributions import between, cut, numeric, positive, where, within
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node, constant
from cellgrad.tensors.special import special
from cellgrad.values import Kind


def _erf(lower: Node, upper: Node | None = None) -> Node:
    if upper is None:
        return special("erf", lower)
    return t.sub(special("erf", upper), special("erf", lower))


numeric("ERF", _erf, no_boolean=True)
numeric("ERF.PRECISE", _erf, no_boolean=True)
numeric("ERFC ERFC.PRECISE", lambda x: special("erfc", x), no_boolean=True)


def _bessel(name: str, *, positive_only: bool) -> Callable[[Node, Node], Node]:
    def run(x: Node, n: Node) -> Node:
        order = cut(n)
        conditions = [*within(0, order, 2.0**31), *(positive(x) if positive_only else ())]
        return where(special(name, order, x), *conditions)

    return run


numeric("BESSELI", _bessel("bessel_i", positive_only=False))
numeric("BESSELJ", _bessel("bessel_j", positive_only=False))
numeric("BESSELK", _bessel("bessel_k", positive_only=True))
numeric("BESSELY", _bessel("bessel_y", positive_only=True))


def _confidence(quantile: Callable[[Node, Node], Node], fewest: int) -> Callable[[Node, Node, Node], Node]:
    def run(alpha: Node, deviation: Node, size: Node) -> Node:
        count = cut(size)
        half = t.neg(quantile(t.mul(t.number(0.5), alpha), count))
        interval = t.div(t.mul(half, deviation), t.unary("sqrt", count))
        valid = t.compare("ge", count, t.number(fewest))
        return where(interval, *between(0, alpha, 1), *positive(deviation), valid)

    return run


numeric("CONFIDENCE.NORM CONFIDENCE", _confidence(lambda p, n: special("normal_quantile", p), 1))
numeric("CONFIDENCE.T", _confidence(lambda p, n: special("student_quantile", t.sub(n, t.ONE), p), 2))
numeric("SQRTPI", lambda x: t.unary("sqrt", t.mul(t.number(math.pi), x)))

# Angles and powers ----------------------------------------------------------------------------------------------------

_LIMIT = 2.0**27


def _limited(x: Node, value: Node) -> Node:
    """An error from 2^27 on, as of SIN and COS."""
    return where(value, t.compare("lt", t.unary("abs", x), t.number(_LIMIT)))


def _reciprocal_exponential(x: Node, plus: float) -> Node:
    """2 / (e^x + plus e^-x), written so that nothing overflows, and no digit is lost near 0."""
    size = t.unary("abs", x)
    decay = t.unary("exp", t.neg(size))
    if plus > 0:
        return t.div(t.mul(t.number(2), decay), t.add(t.ONE, t.square(decay)))
    under = t.neg(special("expm1", t.mul(t.number(-2), size)))
    return t.div(t.mul(t.unary("sign", x), t.mul(t.number(2), decay)), under)


numeric("COT", lambda x: _limited(x, t.div(t.ONE, t.unary("tan", x))))
numeric("SEC", lambda x: _limited(x, t.div(t.ONE, t.unary("cos", x))))
numeric("CSC", lambda x: _limited(x, t.div(t.ONE, t.unary("sin", x))))
numeric("COTH", lambda x: t.div(t.ONE, t.unary("tanh", x)))
numeric("SECH", lambda x: _reciprocal_exponential(x, 1))
numeric("CSCH", lambda x: _reciprocal_exponential(x, -1))
numeric("ACOT", lambda x: t.sub(t.number(math.pi / 2), t.unary("atan", x)))
numeric("ACOTH", lambda x: t.unary("atanh", t.div(t.ONE, x)))


@kernel("SERIESSUM")
def _seriessum(arguments: tuple[Array, ...], texts: Texts) -> Array:
    x, power, step = (texts.numbers(argument, no_boolean=True) for argument in arguments[:3])
    coefficients = arguments[3]
    kinds = [coefficients.is_kind(kind) for kind in (Kind.TEXT, Kind.BOOLEAN, Kind.BLANK)]
    if any(kind is not False for kind in kinds):
        raise NoKernel("coefficients that are not all numbers")
    row = t.reshape(coefficients.data, (*coefficients.data.shape[:2], 1, math.prod(coefficients.inner)))
    place = constant(torch.arange(row.shape[3], dtype=torch.float64).reshape(1, 1, 1, -1))
    if any(argument.inner != (1, 1) for argument in arguments[:3]):
        raise NoKernel("an array where one number is wanted")
    terms = t.mul(row, raised_to(x, t.add(power, t.mul(place, step))))
    return Array(t.total(terms, (3,)))
