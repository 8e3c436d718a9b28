"""Kernels of the continuous distributions and of what comes of them; shapes differentiate where Excel keeps them whole.

Degrees of freedom, counts and orders are cut to whole numbers, as by the plain functions: they have no slope.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from cellgrad.functions.arrays import Array, Texts, lifted
from cellgrad.functions.distributions import MOST_DEGREES
from cellgrad.functions.kernels import KERNELS
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node
from cellgrad.tensors.special import normal_density, special

Formula = Callable[..., Node]


def numeric(names: str, run: Formula, no_boolean: bool = False) -> None:
    """Kernels on numbers alone, one for each of the names separated by spaces; `run` takes one node an argument.

    no_boolean: a truth value is #VALUE!, as for the functions of the former Analysis ToolPak.
    """

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        lifted(*(a.data.shape for a in arguments))
        return Array(run(*(texts.numbers(a, no_boolean) for a in arguments)))

    for name in names.split():
        KERNELS[name] = apply


def either(names: str, flag: int, cumulative: Formula, density: Formula) -> None:
    """Kernels with an argument, number `flag`, that asks for the distribution or else its density."""

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        lifted(*(a.data.shape for a in arguments))
        condition, suspect = texts.logicals(arguments[flag])
        rest = [texts.numbers(a) for a in (*arguments[:flag], *arguments[flag + 1 :])]
        if condition.value is not None and condition.size == 1:
            chosen = (cumulative if bool(condition.value.item()) else density)(*rest)
        else:
            chosen = t.select(condition, cumulative(*rest), density(*rest))
        return Array(t.guard(chosen, suspect))

    for name in names.split():
        KERNELS[name] = apply


def where(value: Node, *conditions: Node) -> Node:
    """The value where every condition holds, else an error."""
    fine = conditions[0]
    for condition in conditions[1:]:
        fine = t.logical_and(fine, condition)
    return t.select(fine, value, t.NAN)


def positive(*nodes: Node) -> list[Node]:
    return [t.compare("gt", node, t.ZERO) for node in nodes]


def within(low: float, node: Node, high: float) -> list[Node]:
    """low <= node <= high."""
    return [t.compare("ge", node, t.number(low)), t.compare("le", node, t.number(high))]


def between(low: float, node: Node, high: float) -> list[Node]:
    """low < node < high."""
    return [t.compare("gt", node, t.number(low)), t.compare("lt", node, t.number(high))]


def cut(node: Node) -> Node:
    """The whole part: flat."""
    return t.unary("trunc", node)


def _degrees(df: Node) -> tuple[Node, list[Node]]:
    """(whole degrees of freedom, the conditions that they are in range)."""
    whole = cut(df)
    return whole, within(1, whole, MOST_DEGREES)


def _halved(node: Node) -> Node:
    return t.mul(t.number(0.5), node)


# The normal distribution ----------------------------------------------------------------------------------------------


def _score(x: Node, mean: Node, deviation: Node) -> Node:
    return where(t.div(t.sub(x, mean), deviation), *positive(deviation))


def _normal(x: Node, mean: Node, deviation: Node) -> Node:
    return special("normal_cdf", _score(x, mean, deviation))


def _normal_density(x: Node, mean: Node, deviation: Node) -> Node:
    return t.div(normal_density(_score(x, mean, deviation)), deviation)


def _log_score(x: Node, mean: Node, deviation: Node) -> Node:
    return _score(t.unary("log", x), mean, deviation)


def _quantile(p: Node) -> Node:
    return where(special("normal_quantile", p), *between(0, p, 1))


def _normal_inverse(p: Node, mean: Node, deviation: Node) -> Node:
    return where(t.add(mean, t.mul(deviation, _quantile(p))), *positive(deviation))


def _lognormal(x: Node, mean: Node, deviation: Node) -> Node:
    return special("normal_cdf", _log_score(x, mean, deviation))


either("NORM.DIST NORMDIST", 3, _normal, _normal_density)
either("NORM.S.DIST", 1, lambda z: special("normal_cdf", z), normal_density)
numeric("NORMSDIST", lambda z: special("normal_cdf", z))
numeric("NORM.INV NORMINV", _normal_inverse)
numeric("NORM.S.INV NORMSINV", _quantile)
either(
    "LOGNORM.DIST",
    3,
    _lognormal,
    lambda x, mean, deviation: t.div(normal_density(_log_score(x, mean, deviation)), t.mul(deviation, x)),
)
numeric("LOGNORMDIST", _lognormal)
numeric("LOGNORM.INV LOGINV", lambda p, mean, deviation: t.unary("exp", _normal_inverse(p, mean, deviation)))
numeric("PHI", normal_density)
numeric("GAUSS", lambda z: _halved(special("erf", t.mul(t.number(math.sqrt(0.5)), z))))
numeric("STANDARDIZE", _score)
numeric("FISHER", lambda x: where(t.unary("atanh", x), *between(-1, x, 1)))
numeric("FISHERINV", lambda y: t.unary("tanh", y))

# Student's t ----------------------------------------------------------------------------------------------------------


def _student(x: Node, df: Node) -> Node:
    df, valid = _degrees(df)
    return where(special("student_cdf", df, x), *valid)


def _student_density(x: Node, df: Node) -> Node:
    df, valid = _degrees(df)
    return where(special("student_density", df, x), *valid)


def _tails(x: Node, df: Node, tails: Node) -> Node:
    tails = cut(tails)
    return where(t.mul(tails, _student(t.neg(x), df)), *within(1, tails, 2), t.compare("ge", x, t.ZERO))


def _student_inverse(p: Node, df: Node) -> Node:
    df, valid = _degrees(df)
    return where(special("student_quantile", df, p), *between(0, p, 1), *valid)


def _student_two_tailed(p: Node, df: Node) -> Node:
    return where(t.neg(_student_inverse(_halved(p), df)), t.compare("le", p, t.ONE))


either("T.DIST", 2, _student, _student_density)
numeric("T.DIST.RT", lambda x, df: _student(t.neg(x), df))
numeric("T.DIST.2T", lambda x, df: _tails(x, df, t.number(2)))
numeric("TDIST", _tails)
numeric("T.INV", _student_inverse)
numeric("T.INV.2T TINV", _student_two_tailed)

# Gamma and chi-squared ------------------------------------------------------------------------------------------------


def _gamma(name: str) -> Formula:
    def run(x: Node, alpha: Node, beta: Node) -> Node:
        conditions = [t.compare("ge", x, t.ZERO), *positive(alpha, beta)]
        return where(special(name, alpha, t.div(x, beta)), *conditions)

    return run


def _gamma_inverse(name: str) -> Formula:
    def run(p: Node, alpha: Node, beta: Node) -> Node:
        return where(t.mul(beta, special(name, alpha, p)), *within(0, p, 1), *positive(alpha, beta))

    return run


def _chi(run: Formula) -> Formula:
    """Chi-squared is a gamma distribution of half the degrees of freedom and scale 2."""

    def of(x: Node, df: Node) -> Node:
        df, valid = _degrees(df)
        return where(run(x, _halved(df), t.number(2)), *valid)

    return of


def _gamma_density(x: Node, alpha: Node, beta: Node) -> Node:
    return t.div(_gamma("gamma_density")(x, alpha, beta), beta)


either("GAMMA.DIST GAMMADIST", 3, _gamma("gamma_lower"), _gamma_density)
numeric("GAMMA.INV GAMMAINV", _gamma_inverse("gamma_quantile"))
either("CHISQ.DIST", 2, _chi(_gamma("gamma_lower")), _chi(_gamma_density))
numeric("CHISQ.DIST.RT CHIDIST", _chi(_gamma("gamma_upper")))
numeric("CHISQ.INV", _chi(_gamma_inverse("gamma_quantile")))
numeric("CHISQ.INV.RT CHIINV", _chi(_gamma_inverse("gamma_upper_quantile")))
numeric("GAMMALN GAMMALN.PRECISE", lambda x: where(special("log_gamma", x), *positive(x)))
numeric("GAMMA", lambda x: special("gamma", x))

# Beta and F -----------------------------------------------------------------------------------------------------------


def _beta(x: Node, alpha: Node, beta: Node, low: Node, high: Node) -> tuple[Node, list[Node]]:
    """(x as a share of the interval, the conditions that all is in range)."""
    inside = [t.compare("ge", x, low), t.compare("le", x, high), t.compare("lt", low, high)]
    return t.div(t.sub(x, low), t.sub(high, low)), [*inside, *positive(alpha, beta)]


def _beta_distribution(x: Node, alpha: Node, beta: Node, low: Node = t.ZERO, high: Node = t.ONE) -> Node:
    share, valid = _beta(x, alpha, beta, low, high)
    return where(special("beta_lower", alpha, beta, share), *valid)


def _beta_density(x: Node, alpha: Node, beta: Node, low: Node = t.ZERO, high: Node = t.ONE) -> Node:
    share, valid = _beta(x, alpha, beta, low, high)
    return where(t.div(special("beta_density", alpha, beta, share), t.sub(high, low)), *valid)


def _beta_inverse(p: Node, alpha: Node, beta: Node, low: Node = t.ZERO, high: Node = t.ONE) -> Node:
    share = special("beta_quantile", alpha, beta, p)
    conditions = [*positive(p, alpha, beta), t.compare("lt", p, t.ONE), t.compare("lt", low, high)]
    return where(t.add(low, t.mul(t.sub(high, low), share)), *conditions)


def _f_shares(x: Node, first: Node, second: Node) -> tuple[Node, Node]:
    """(d1 x, d2) as shares of their sum."""
    part = t.mul(first, x)
    whole = t.add(part, second)
    return t.div(part, whole), t.div(second, whole)


def _f(run: Formula, most: float = math.inf) -> Formula:
    """A function of x and degrees of freedom, cut and in range; of x from 0 to `most`."""

    def of(x: Node, first: Node, second: Node) -> Node:
        (first, valid1), (second, valid2) = _degrees(first), _degrees(second)
        return where(run(x, first, second), *within(0, x, most), *valid1, *valid2)

    return of


def f_left(x: Node, first: Node, second: Node) -> Node:
    """The F distribution for degrees of freedom of any size, by the tail that is the smaller."""
    share, rest = _f_shares(x, first, second)
    a, b = _halved(first), _halved(second)
    high = t.compare("gt", share, t.number(0.5))
    return t.select(high, special("beta_upper", b, a, rest), special("beta_lower", a, b, share))


def f_right(x: Node, first: Node, second: Node) -> Node:
    """The right tail of the F distribution for degrees of freedom of any size."""
    share, rest = _f_shares(x, first, second)
    a, b = _halved(first), _halved(second)
    low = t.compare("gt", rest, t.number(0.5))
    return t.select(low, special("beta_upper", a, b, share), special("beta_lower", b, a, rest))


def _f_density(x: Node, first: Node, second: Node) -> Node:
    _, rest = _f_shares(x, first, second)
    a, b = _halved(second), _halved(first)
    both = t.add(a, b)
    scale = t.div(t.mul(a, b), t.mul(both, t.add(both, t.ONE)))
    usual = t.div(t.mul(scale, special("beta_density", t.add(a, t.ONE), t.add(b, t.ONE), rest)), x)
    two = t.compare("eq", first, t.number(2))
    at_zero = t.select(two, t.ONE, where(t.ZERO, t.compare("gt", first, t.number(2))))
    return t.select(t.compare("eq", x, t.ZERO), at_zero, usual)


def _f_inverse(right: bool) -> Formula:
    def run(p: Node, first: Node, second: Node) -> Node:
        a, b = _halved(first), _halved(second)
        other = t.sub(t.ONE, p)
        lower, upper = (other, p) if right else (p, other)
        share, rest = special("beta_quantile", a, b, lower), special("beta_quantile", b, a, upper)
        return t.div(t.mul(second, share), t.mul(first, rest))

    return run


either("BETA.DIST", 3, _beta_distribution, _beta_density)
numeric("BETADIST", _beta_distribution)
numeric("BETA.INV BETAINV", _beta_inverse)
either("F.DIST", 3, _f(f_left), _f(_f_density))
numeric("F.DIST.RT FDIST", _f(f_right))
numeric("F.INV", _f(_f_inverse(right=False), 1))
numeric("F.INV.RT FINV", _f(_f_inverse(right=True), 1))

# Exponential and Weibull ----------------------------------------------------------------------------------------------


def _decay(power: Node) -> Node:
    return t.unary("exp", t.neg(power))


def _grown(power: Node) -> Node:
    """1 - e^-power."""
    return t.neg(special("expm1", t.neg(power)))


def _lasting(run: Formula) -> Formula:
    """A function of time and positive parameters, from time 0 on."""

    def of(x: Node, *parameters: Node) -> Node:
        return where(run(x, *parameters), t.compare("ge", x, t.ZERO), *positive(*parameters))

    return of


def _weibull_density(x: Node, alpha: Node, beta: Node) -> Node:
    share = t.div(x, beta)
    slope = t.mul(t.div(alpha, beta), t.power(share, t.sub(alpha, t.ONE)))
    return t.mul(slope, _decay(t.power(share, alpha)))


either(
    "EXPON.DIST EXPONDIST",
    2,
    _lasting(lambda x, rate: _grown(t.mul(rate, x))),
    _lasting(lambda x, rate: t.mul(rate, _decay(t.mul(rate, x)))),
)
either(
    "WEIBULL.DIST WEIBULL",
    3,
    _lasting(lambda x, alpha, beta: _grown(t.power(t.div(x, beta), alpha))),
    _lasting(_weibull_density),
)
