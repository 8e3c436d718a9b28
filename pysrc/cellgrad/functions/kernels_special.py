"""Kernels of the error and Bessel functions, of confidence intervals, and of angles that are made of others."""

from __future__ import annotations

import math
from collections.abc import Callable

from cellgrad.functions.kernels_distributions import between, cut, numeric, positive, where
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node
from cellgrad.tensors.special import special


def _erf(lower: Node, upper: Node | None = None) -> Node:
    if upper is None:
        return special("erf", lower)
    return t.sub(special("erf", upper), special("erf", lower))


numeric("ERF", _erf)
numeric("ERF.PRECISE", _erf)
numeric("ERFC ERFC.PRECISE", lambda x: special("erfc", x))


def _bessel(name: str, *, positive_only: bool) -> Callable[[Node, Node], Node]:
    def run(x: Node, n: Node) -> Node:
        order = cut(n)
        conditions = [t.compare("ge", order, t.ZERO), *(positive(x) if positive_only else ())]
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
