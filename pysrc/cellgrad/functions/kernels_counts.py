"""Kernels of the distributions of counts: smooth in the chances, flat in the counts, which are cut to whole numbers."""

from __future__ import annotations

from cellgrad.functions.kernels_distributions import Formula, between, cut, either, numeric, where, within
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node
from cellgrad.tensors.special import special


def _poisson(run: Formula) -> Formula:
    def of(x: Node, mean: Node) -> Node:
        count = cut(x)
        return where(run(count, mean), t.compare("ge", x, t.ZERO), t.compare("ge", mean, t.ZERO))

    return of


def _binomial_cumulative(k: Node, n: Node, p: Node) -> Node:
    """The chance of at most k; 0 below 0."""
    more = t.maximum(t.sub(n, k), t.ONE)
    usual = special("beta_upper", t.maximum(t.add(k, t.ONE), t.ONE), more, p)
    usual = t.select(t.compare("ge", k, n), t.ONE, usual)
    return t.select(t.compare("lt", k, t.ZERO), t.ZERO, usual)


def _binomial(run: Formula) -> Formula:
    def of(k: Node, n: Node, p: Node) -> Node:
        k, n = cut(k), cut(n)
        return where(run(k, n, p), t.compare("ge", k, t.ZERO), t.compare("le", k, n), *within(0, p, 1))

    return of


def _binomial_range(n: Node, p: Node, first: Node, last: Node | None = None) -> Node:
    n, first = cut(n), cut(first)
    one = special("binomial_mass", first, n, p)
    conditions = [t.compare("ge", first, t.ZERO), t.compare("le", first, n), *within(0, p, 1)]
    if last is None:
        return where(one, *conditions)
    last = cut(last)
    several = t.sub(_binomial_cumulative(last, n, p), _binomial_cumulative(t.sub(first, t.ONE), n, p))
    value = t.select(t.compare("eq", first, last), one, several)
    return where(value, *conditions, t.compare("le", first, last), t.compare("le", last, n))


def _failures(run: Formula) -> Formula:
    def of(failures: Node, successes: Node, p: Node) -> Node:
        f, s = cut(failures), cut(successes)
        return where(run(f, s, p), t.compare("ge", f, t.ZERO), t.compare("ge", s, t.ONE), *within(0, p, 1))

    return of


def _inside(run: Formula) -> Formula:
    """Chances of 0 and 1 are errors, too."""

    def of(failures: Node, successes: Node, p: Node) -> Node:
        return where(run(failures, successes, p), *between(0, p, 1))

    return of


def _failures_mass(f: Node, s: Node, p: Node) -> Node:
    n = t.add(s, f)
    return t.mul(special("binomial_mass", s, n, p), t.div(s, n))


either(
    "POISSON.DIST POISSON",
    2,
    _poisson(lambda k, mean: special("gamma_upper", t.add(k, t.ONE), mean)),
    _poisson(lambda k, mean: special("poisson_mass", k, mean)),
)
either(
    "BINOM.DIST BINOMDIST",
    3,
    _binomial(_binomial_cumulative),
    _binomial(lambda k, n, p: special("binomial_mass", k, n, p)),
)
numeric("BINOM.DIST.RANGE", _binomial_range)
either(
    "NEGBINOM.DIST",
    3,
    _inside(_failures(lambda f, s, p: special("beta_lower", s, t.add(f, t.ONE), p))),
    _inside(_failures(_failures_mass)),
)
numeric("NEGBINOMDIST", _failures(_failures_mass))
