"""Continuous distributions and their inverses, in the spelling of today and in the old one."""

from __future__ import annotations

import math

from scipy import special

from cellgrad.functions.expected import Shown
from cellgrad.functions.spellings import registered, require
from cellgrad.tensors import probability
from cellgrad.values import CellError

MOST_DEGREES = 1e10
"""Degrees of freedom end here."""


def degrees(number: float) -> float:
    """Degrees of freedom: the whole part, 1 to 10^10. Faults: #NUM!."""
    whole = math.trunc(number)
    require(1 <= whole <= MOST_DEGREES)
    return float(whole)


# The normal distribution ----------------------------------------------------------------------------------------------


def normal_density(x: float) -> float:
    return math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


@registered(
    "NORM.DIST NORMDIST", "x: number, mean: number, standard_dev: number, cumulative: logical",
    "The normal distribution, or its density.",
    ("{}(42,40,1.5,TRUE)", Shown("0.9087888")), ("{}(42,40,1.5,FALSE)", Shown("0.10934")),
    ("{}(42,40,0,TRUE)", CellError.NUM), ("{}(40,40,2,1)", 0.5),
)  # fmt: skip
def norm_dist(x: float, mean: float, deviation: float, cumulative: bool) -> float:
    require(deviation > 0)
    z = (x - mean) / deviation
    return special.ndtr(z) if cumulative else normal_density(z) / deviation


@registered(
    "NORM.S.DIST", "z: number, cumulative: logical", "The standard normal distribution, or its density.",
    ("{}(1.333333,TRUE)", Shown("0.908788726")), ("{}(1.333333,FALSE)", Shown("0.164010148")), ("{}(0,TRUE)", 0.5),
)  # fmt: skip
def norm_s_dist(z: float, cumulative: bool) -> float:
    return special.ndtr(z) if cumulative else normal_density(z)


@registered("NORMSDIST", "z: number", "The standard normal distribution.",
            ("{}(1.333333)", Shown("0.908788726")), ("{}(0)", 0.5), ('{}("x")', CellError.VALUE))  # fmt: skip
def normsdist(z: float) -> float:
    return special.ndtr(z)


@registered(
    "NORM.INV NORMINV", "probability: number, mean: number, standard_dev: number",
    "The inverse of the normal distribution.",
    ("{}(0.908789,40,1.5)", Shown("42.000002")), ("{}(0.5,40,1.5)", 40), ("{}(0,40,1.5)", CellError.NUM),
    ("{}(1,40,1.5)", CellError.NUM), ("{}(0.5,40,0)", CellError.NUM),
)  # fmt: skip
def norm_inv(chance: float, mean: float, deviation: float) -> float:
    require(0 < chance < 1, deviation > 0)
    return mean + deviation * special.ndtri(chance)


@registered("NORM.S.INV NORMSINV", "probability: number", "The inverse of the standard normal distribution.",
            ("{}(0.908789)", Shown("1.3333347")), ("{}(0.5)", 0), ("{}(0)", CellError.NUM), ("{}(1)", CellError.NUM),
)  # fmt: skip
def norm_s_inv(chance: float) -> float:
    require(0 < chance < 1)
    return special.ndtri(chance)


@registered(
    "LOGNORM.DIST", "x: number, mean: number, standard_dev: number, cumulative: logical",
    "The distribution of what has a normal logarithm, or its density.",
    ("{}(4,3.5,1.2,TRUE)", Shown("0.0390836")), ("{}(4,3.5,1.2,FALSE)", Shown("0.0176176")),
    ("{}(0,3.5,1.2,TRUE)", CellError.NUM), ("{}(4,3.5,0,TRUE)", CellError.NUM),
)  # fmt: skip
def lognorm_dist(x: float, mean: float, deviation: float, cumulative: bool) -> float:
    require(x > 0, deviation > 0)
    z = (math.log(x) - mean) / deviation
    return special.ndtr(z) if cumulative else normal_density(z) / deviation / x


@registered(
    "LOGNORMDIST", "x: number, mean: number, standard_dev: number", "The distribution of what has a normal logarithm.",
    ("{}(4,3.5,1.2)", Shown("0.0390836")), ("{}(-4,3.5,1.2)", CellError.NUM), ("{}(1,0,1)", 0.5),
)  # fmt: skip
def lognormdist(x: float, mean: float, deviation: float) -> float:
    return lognorm_dist(x, mean, deviation, True)


@registered(
    "LOGNORM.INV LOGINV", "probability: number, mean: number, standard_dev: number",
    "The inverse of the lognormal distribution.",
    ("{}(0.039084,3.5,1.2)", Shown("4.0000252")), ("{}(0.5,0,1)", 1), ("{}(0,3.5,1.2)", CellError.NUM),
    ("{}(0.5,800,1)", CellError.NUM),
)  # fmt: skip
def lognorm_inv(chance: float, mean: float, deviation: float) -> float:
    logarithm = norm_inv(chance, mean, deviation)
    require(logarithm < 709.78)
    return math.exp(logarithm)


# Student's t ----------------------------------------------------------------------------------------------------------


@registered(
    "T.DIST", "x: number, deg_freedom: number, cumulative: logical",
    "Student's t distribution, or its density; the degrees of freedom are cut to a whole number.",
    ("{}(60,1,TRUE)", Shown("0.99469533")), ("{}(8,3,FALSE)", Shown("0.00073691")), ("{}(0,5.9,TRUE)", 0.5),
    ("{}(1,0.9,TRUE)", CellError.NUM),
)  # fmt: skip
def t_dist(x: float, freedom: float, cumulative: bool) -> float:
    freedom = degrees(freedom)
    return special.stdtr(freedom, x) if cumulative else probability.student_density(freedom, x)


@registered("T.DIST.RT", "x: number, deg_freedom: number", "The right tail of Student's t distribution.",
            ("{}(1.959999998,60)", Shown("0.027322")), ("{}(0,3)", 0.5), ("{}(1,0)", CellError.NUM))  # fmt: skip
def t_dist_rt(x: float, freedom: float) -> float:
    return special.stdtr(degrees(freedom), -x)


@registered("T.DIST.2T", "x: number, deg_freedom: number", "Both tails of Student's t distribution.",
            ("{}(1.959999998,60)", Shown("0.054645")), ("{}(0,3)", 1), ("{}(-1,3)", CellError.NUM))  # fmt: skip
def t_dist_2t(x: float, freedom: float) -> float:
    freedom = degrees(freedom)
    require(x >= 0)
    return 2 * special.stdtr(freedom, -x)


@registered(
    "TDIST", "x: number, deg_freedom: number, tails: number", "One tail or both of Student's t distribution.",
    ("{}(1.959999998,60,2)", Shown("0.054644930")), ("{}(1.959999998,60,1)", Shown("0.027322465")),
    ("{}(-1,60,1)", CellError.NUM), ("{}(1,60,3)", CellError.NUM), ("{}(1,0,1)", CellError.NUM),
)  # fmt: skip
def tdist(x: float, freedom: float, tails: float) -> float:
    freedom, sides = degrees(freedom), math.trunc(tails)
    require(sides in (1, 2), x >= 0)
    return sides * special.stdtr(freedom, -x)


@registered("T.INV", "probability: number, deg_freedom: number", "The inverse of Student's t distribution.",
            ("{}(0.75,2)", Shown("0.8164966")), ("{}(0.5,3)", 0), ("{}(0,2)", CellError.NUM),
            ("{}(1,2)", CellError.NUM), ("{}(0.5,0)", CellError.NUM))  # fmt: skip
def t_inv(chance: float, freedom: float) -> float:
    freedom = degrees(freedom)
    require(0 < chance < 1)
    return special.stdtrit(freedom, chance)


@registered("T.INV.2T TINV", "probability: number, deg_freedom: number",
            "The t beyond which, to either side, lies the probability given.",
            ("{}(0.546449,60)", Shown("0.606533")), ("TINV(0.05464,60)", Shown("1.96")), ("{}(1,4)", 0),
            ("{}(0,4)", CellError.NUM), ("{}(1.1,4)", CellError.NUM))  # fmt: skip
def t_inv_2t(chance: float, freedom: float) -> float:
    freedom = degrees(freedom)
    require(0 < chance <= 1)
    return -special.stdtrit(freedom, chance / 2)


# Chi-squared ----------------------------------------------------------------------------------------------------------


@registered(
    "CHISQ.DIST", "x: number, deg_freedom: number, cumulative: logical",
    "The chi-squared distribution, or its density.",
    ("{}(0.5,1,TRUE)", Shown("0.52049988")), ("{}(2,3,FALSE)", Shown("0.20755375")), ("{}(-1,1,TRUE)", CellError.NUM),
    ("{}(1,0.5,TRUE)", CellError.NUM), ("{}(0,1,FALSE)", CellError.NUM), ("{}(0,2,FALSE)", 0.5),
)  # fmt: skip
def chisq_dist(x: float, freedom: float, cumulative: bool) -> float:
    require(x >= 0)
    half = degrees(freedom) / 2
    return special.gammainc(half, x / 2) if cumulative else probability.gamma_density(half, x / 2) / 2


@registered("CHISQ.DIST.RT CHIDIST", "x: number, deg_freedom: number",
            "The right tail of the chi-squared distribution.",
            ("{}(18.307,10)", Shown("0.0500006")), ("{}(0,3)", 1), ("{}(-1,3)", CellError.NUM),
            ("{}(1,0)", CellError.NUM))  # fmt: skip
def chisq_dist_rt(x: float, freedom: float) -> float:
    require(x >= 0)
    return special.gammaincc(degrees(freedom) / 2, x / 2)


@registered("CHISQ.INV", "probability: number, deg_freedom: number", "The inverse of the chi-squared distribution.",
            ("{}(0.93,1)", Shown("3.283020")), ("{}(0.6,2)", Shown("1.832581464")), ("{}(0,2)", 0),
            ("{}(1,2)", CellError.NUM), ("{}(-0.1,2)", CellError.NUM))  # fmt: skip
def chisq_inv(chance: float, freedom: float) -> float:
    require(0 <= chance <= 1)
    return 2 * special.gammaincinv(degrees(freedom) / 2, chance)


@registered("CHISQ.INV.RT CHIINV", "probability: number, deg_freedom: number",
            "The inverse of the right tail of the chi-squared distribution.",
            ("{}(0.050001,10)", Shown("18.306973")), ("{}(1,10)", 0), ("{}(0,10)", CellError.NUM),
            ("{}(1.1,10)", CellError.NUM))  # fmt: skip
def chisq_inv_rt(chance: float, freedom: float) -> float:
    require(0 <= chance <= 1)
    return 2 * special.gammainccinv(degrees(freedom) / 2, chance)


# F --------------------------------------------------------------------------------------------------------------------

_F = "x: number, deg_freedom1: number, deg_freedom2: number"
_F_INV = "probability: number, deg_freedom1: number, deg_freedom2: number"


def _upper_share(x: float, first: float, second: float) -> float:
    return second / (first * x + second)


def f_right(x: float, first: float, second: float) -> float:
    """The right tail for x >= 0 and degrees of freedom of any size."""
    share = _upper_share(x, first, second)
    if share > 0.5:
        return float(special.betaincc(first / 2, second / 2, first * x / (first * x + second)))
    return float(special.betainc(second / 2, first / 2, share))


@registered(
    "F.DIST", _F + ", cumulative: logical", "The F distribution, or its density.",
    ("{}(15.2069,6,4,TRUE)", Shown("0.99")), ("{}(15.2069,6,4,FALSE)", Shown("0.0012238")),
    ("{}(-1,6,4,TRUE)", CellError.NUM), ("{}(1,0,4,TRUE)", CellError.NUM), ("{}(0,2,4,FALSE)", 1),
)  # fmt: skip
def f_dist(x: float, first: float, second: float, cumulative: bool) -> float:
    require(x >= 0)
    first, second = degrees(first), degrees(second)
    if cumulative:
        share = first * x / (first * x + second)
        if share > 0.5:
            return float(special.betaincc(second / 2, first / 2, _upper_share(x, first, second)))
        return float(special.betainc(first / 2, second / 2, share))
    return f_density(x, first, second)


def f_density(x: float, first: float, second: float) -> float:
    """The density of F for x >= 0."""
    rest = _upper_share(x, first, second)
    if first == 2 and x == 0:
        return 1.0
    if x == 0:
        require(first > 2)
        return 0.0
    # x^-1 share^(d1/2) rest^(d2/2) / B(d1/2, d2/2), by the density of Beta(d2/2 + 1, d1/2 + 1) at rest.
    a, b = second / 2, first / 2
    return float(probability.beta_density(a + 1, b + 1, rest)) * a * b / ((a + b) * (a + b + 1)) / x


@registered("F.DIST.RT FDIST", _F, "The right tail of the F distribution.",
            ("{}(15.20686486,6,4)", Shown("0.01")), ("{}(0,6,4)", 1), ("{}(-1,6,4)", CellError.NUM),
            ("{}(1,6,0.5)", CellError.NUM))  # fmt: skip
def f_dist_rt(x: float, first: float, second: float) -> float:
    require(x >= 0)
    return f_right(x, degrees(first), degrees(second))


def _f_quantile(lower: float, upper: float, first: float, second: float) -> float:
    """The F with `lower` below and `upper` = 1 - lower above it, from whichever is smaller."""
    a, b = first / 2, second / 2
    if lower <= upper:
        share = float(special.betaincinv(a, b, lower))
        rest = 1 - share if share < 0.5 else float(special.betaincinv(b, a, upper))
    else:
        rest = float(special.betaincinv(b, a, upper))
        share = 1 - rest if rest < 0.5 else float(special.betaincinv(a, b, lower))
    require(rest > 0)
    return second * share / (first * rest)


@registered("F.INV", _F_INV, "The inverse of the F distribution.",
            ("{}(0.01,6,4)", Shown("0.10930991")), ("{}(0,6,4)", 0), ("{}(1,6,4)", CellError.NUM),
            ("{}(-0.1,6,4)", CellError.NUM))  # fmt: skip
def f_inv(chance: float, first: float, second: float) -> float:
    require(0 <= chance <= 1)
    return _f_quantile(chance, 1 - chance, degrees(first), degrees(second))


@registered("F.INV.RT FINV", _F_INV, "The inverse of the right tail of the F distribution.",
            ("{}(0.01,6,4)", Shown("15.20686")), ("{}(1,6,4)", 0), ("{}(0,6,4)", CellError.NUM),
            ("{}(1.1,6,4)", CellError.NUM))  # fmt: skip
def f_inv_rt(chance: float, first: float, second: float) -> float:
    require(0 <= chance <= 1)
    return _f_quantile(1 - chance, chance, degrees(first), degrees(second))
