"""Distributions with a shape: gamma, beta, exponential, Weibull; and the gamma and error functions."""

from __future__ import annotations

import math

from scipy import special

from cellgrad.functions.distributions import normal_density
from cellgrad.functions.expected import Shown
from cellgrad.functions.operands import Fault
from cellgrad.functions.spellings import registered, require
from cellgrad.tensors import probability
from cellgrad.values import CellError

# The gamma and beta distributions -------------------------------------------------------------------------------------


@registered(
    "GAMMA.DIST GAMMADIST", "x: number, alpha: number, beta: number, cumulative: logical",
    "The gamma distribution with shape alpha and scale beta, or its density.",
    ("{}(10.00001131,9,2,FALSE)", Shown("0.032639")), ("{}(10.00001131,9,2,TRUE)", Shown("0.068094")),
    ("{}(-1,9,2,TRUE)", CellError.NUM), ("{}(1,0,2,TRUE)", CellError.NUM), ("{}(0,0.5,2,FALSE)", CellError.NUM),
    ("{}(0,1,2,FALSE)", 0.5),
)  # fmt: skip
def gamma_dist(x: float, alpha: float, beta: float, cumulative: bool) -> float:
    require(x >= 0, alpha > 0, beta > 0)
    return special.gammainc(alpha, x / beta) if cumulative else probability.gamma_density(alpha, x / beta) / beta


@registered("GAMMA.INV GAMMAINV", "probability: number, alpha: number, beta: number",
            "The inverse of the gamma distribution.",
            ("{}(0.068094,9,2)", Shown("10.0000112")), ("{}(0,9,2)", 0), ("{}(1,9,2)", CellError.NUM),
            ("{}(0.5,-1,2)", CellError.NUM), ("{}(-0.5,1,2)", CellError.NUM))  # fmt: skip
def gamma_inv(chance: float, alpha: float, beta: float) -> float:
    require(0 <= chance <= 1, alpha > 0, beta > 0)
    return special.gammaincinv(alpha, chance) * beta


def _share(x: float, alpha: float, beta: float, low: float, high: float) -> float:
    """x as a share of the interval. Faults: #NUM! outside it."""
    require(alpha > 0, beta > 0, low < high, low <= x <= high)
    return (x - low) / (high - low)


@registered(
    "BETA.DIST", "x: number, alpha: number, beta: number, cumulative: logical, [low: number], [high: number]",
    "The beta distribution on an interval, 0 to 1 where none is given, or its density.",
    ("{}(2,8,10,TRUE,1,3)", Shown("0.6854706")), ("{}(2,8,10,FALSE,1,3)", Shown("1.4837646")),
    ("{}(4,8,10,TRUE,1,3)", CellError.NUM), ("{}(0.5,0,1,TRUE)", CellError.NUM),
    ("{}(0.5,1,1,TRUE,1,1)", CellError.NUM),
    ("{}(0.25,1,1,TRUE)", 0.25), ("{}(0,0.5,1,FALSE)", CellError.NUM),
)  # fmt: skip
def beta_dist(x: float, alpha: float, beta: float, cumulative: bool, low: float = 0.0, high: float = 1.0) -> float:
    share = _share(x, alpha, beta, low, high)
    if cumulative:
        return special.betainc(alpha, beta, share)
    return probability.beta_density(alpha, beta, share) / (high - low)


@registered("BETADIST", "x: number, alpha: number, beta: number, [low: number], [high: number]",
            "The beta distribution on an interval, 0 to 1 where none is given.",
            ("{}(2,8,10,1,3)", Shown("0.6854706")), ("{}(0.25,1,1)", 0.25), ("{}(0,8,10,1,3)", CellError.NUM),
)  # fmt: skip
def betadist(x: float, alpha: float, beta: float, low: float = 0.0, high: float = 1.0) -> float:
    return beta_dist(x, alpha, beta, True, low, high)


@registered("BETA.INV BETAINV",
            "probability: number, alpha: number, beta: number, [low: number], [high: number]",
            "The inverse of the beta distribution.",
            ("{}(0.685470581,8,10,1,3)", Shown("2")), ("{}(0.25,1,1)", 0.25), ("{}(0,8,10)", CellError.NUM),
            ("{}(1.1,8,10)", CellError.NUM), ("{}(0.5,-1,10)", CellError.NUM),
            ("{}(1,2,2.5,0.234,1.2)", CellError.NUM))  # fmt: skip
def beta_inv(chance: float, alpha: float, beta: float, low: float = 0.0, high: float = 1.0) -> float:
    require(0 < chance < 1, alpha > 0, beta > 0, low < high)  # the page allows 1; Excel stores #NUM!
    return low + (high - low) * special.betaincinv(alpha, beta, chance)


@registered(
    "EXPON.DIST EXPONDIST", "x: number, lambda: number, cumulative: logical",
    "The exponential distribution, or its density.",
    ("{}(0.2,10,TRUE)", Shown("0.86466472")), ("{}(0.2,10,FALSE)", Shown("1.35335283")), ("{}(0,2,FALSE)", 2),
    ("{}(-1,10,TRUE)", CellError.NUM), ("{}(1,0,TRUE)", CellError.NUM),
)  # fmt: skip
def expon_dist(x: float, rate: float, cumulative: bool) -> float:
    require(x >= 0, rate > 0)
    return -math.expm1(-rate * x) if cumulative else rate * math.exp(-rate * x)


@registered(
    "WEIBULL.DIST WEIBULL", "x: number, alpha: number, beta: number, cumulative: logical",
    "The Weibull distribution with shape alpha and scale beta, or its density.",
    ("{}(105,20,100,TRUE)", Shown("0.929581")), ("{}(105,20,100,FALSE)", Shown("0.035589")),
    ("{}(-1,20,100,TRUE)", CellError.NUM), ("{}(1,0,100,TRUE)", CellError.NUM), ("{}(0,1,2,FALSE)", 0.5),
    ("{}(0,0.5,2,FALSE)", CellError.NUM),
)  # fmt: skip
def weibull_dist(x: float, alpha: float, beta: float, cumulative: bool) -> float:
    require(x >= 0, alpha > 0, beta > 0)
    try:
        power = (x / beta) ** alpha
        if cumulative:
            return -math.expm1(-power)
        return alpha / beta * (x / beta) ** (alpha - 1) * math.exp(-power)
    except OverflowError:  # a power beyond the largest double: nothing is left beyond it
        return 1.0 if cumulative else 0.0
    except ZeroDivisionError:  # the density at 0 of a shape below 1
        raise Fault(CellError.NUM) from None


# The gamma function ---------------------------------------------------------------------------------------------------


@registered("GAMMA", "number: number", "The gamma function.",
            ("{}(2.5)", Shown("1.329")), ("{}(-3.75)", Shown("0.268")), ("{}(0)", CellError.NUM),
            ("{}(-2)", CellError.NUM), ("{}(5)", 24), ("{}(172)", CellError.NUM))  # fmt: skip
def gamma(number: float) -> float:
    require(number > 0 or not number.is_integer())
    return special.gamma(number)


@registered("GAMMALN GAMMALN.PRECISE", "x: number", "The natural logarithm of the gamma function.",
            ("{}(4)", Shown("1.7917595")), ("{}(1)", 0), ("{}(0)", CellError.NUM), ("{}(-1.5)", CellError.NUM),
            ("{}(0.5)", 0.5 * math.log(math.pi)))  # fmt: skip
def gammaln(number: float) -> float:
    require(number > 0)
    return math.lgamma(number)


# What comes of the normal distribution --------------------------------------------------------------------------------


@registered("GAUSS", "z: number", "The probability from the mean to z standard deviations.",
            ("{}(2)", Shown("0.47725")), ("{}(0)", 0), ("{}(-1)", -0.341344746068543),
            ('{}("x")', CellError.VALUE))  # fmt: skip
def gauss(z: float) -> float:
    return 0.5 * math.erf(z / math.sqrt(2))


@registered("PHI", "x: number", "The density of the standard normal distribution.",
            ("{}(0.75)", Shown("0.301137432")), ("{}(0)", 1 / math.sqrt(2 * math.pi)),
            ('{}("x")', CellError.VALUE))  # fmt: skip
def phi(x: float) -> float:
    return normal_density(x)


@registered("STANDARDIZE", "x: number, mean: number, standard_dev: number",
            "How many standard deviations a number lies above the mean.",
            ("{}(42,40,1.5)", Shown("1.333333333")), ("{}(5,5,1)", 0), ("{}(42,40,0)", CellError.NUM),
)  # fmt: skip
def standardize(x: float, mean: float, deviation: float) -> float:
    require(deviation > 0)
    return (x - mean) / deviation


@registered("FISHER", "x: number", "The Fisher transformation.", ("{}(0.75)", Shown("0.9729551")), ("{}(0)", 0),
            ("{}(1)", CellError.NUM), ("{}(-1)", CellError.NUM))  # fmt: skip
def fisher(x: float) -> float:
    require(-1 < x < 1)
    return math.atanh(x)


@registered("FISHERINV", "y: number", "The inverse of the Fisher transformation.",
            ("{}(0.972955)", Shown("0.75")), ("{}(0)", 0), ("{}(1000)", 1))  # fmt: skip
def fisherinv(y: float) -> float:
    return math.tanh(y)


@registered(
    "CONFIDENCE.NORM CONFIDENCE", "alpha: number, standard_dev: number, size: number",
    "Half the confidence interval of a mean, by the normal distribution; the size is cut to a whole number.",
    ("{}(0.05,2.5,50)", Shown("0.692952")), ("{}(0,2.5,50)", CellError.NUM), ("{}(0.05,0,50)", CellError.NUM),
    ("{}(0.05,2.5,0.9)", CellError.NUM),
)  # fmt: skip
def confidence_norm(alpha: float, deviation: float, size: float) -> float:
    count = math.trunc(size)
    require(0 < alpha < 1, deviation > 0, count >= 1)
    return -special.ndtri(alpha / 2) * deviation / math.sqrt(count)


@registered(
    "CONFIDENCE.T", "alpha: number, standard_dev: number, size: number",
    "Half the confidence interval of a mean, by Student's t; the size is cut to a whole number.",
    ("{}(0.05,1,50)", Shown("0.284196855")), ("{}(0.05,1,1)", CellError.DIV0), ("{}(1,1,50)", CellError.NUM),
)  # fmt: skip
def confidence_t(alpha: float, deviation: float, size: float) -> float:
    count = math.trunc(size)
    require(0 < alpha < 1, deviation > 0, count >= 1)
    if count == 1:
        raise Fault(CellError.DIV0)
    return -special.stdtrit(count - 1, alpha / 2) * deviation / math.sqrt(count)


# The error function and Bessel functions ------------------------------------------------------------------------------


@registered("ERF", "lower: number!, [upper: number!]", "The error function, from 0 or between two limits.",
            ("{}(0.745)", Shown("0.70792892")), ("{}(1)", Shown("0.84270079")), ("{}(0,1)", math.erf(1)),
            ("{}(-1)", -math.erf(1)), ('{}("x")', CellError.VALUE))  # fmt: skip
def erf(lower: float, upper: float | None = None) -> float:
    if upper is None:
        return special.erf(lower)
    if lower > 0.5 and upper > 0.5:  # both near 1: their difference would cancel
        return special.erfc(lower) - special.erfc(upper)
    if lower < -0.5 and upper < -0.5:
        return special.erfc(-upper) - special.erfc(-lower)
    return special.erf(upper) - special.erf(lower)


@registered("ERF.PRECISE", "x: number!", "The error function.",
            ("{}(0.745)", Shown("0.70792892")), ("{}(1)", Shown("0.84270079")), ("{}(0)", 0))  # fmt: skip
def erf_precise(x: float) -> float:
    return special.erf(x)


@registered("ERFC ERFC.PRECISE", "x: number!", "The complementary error function.",
            ("{}(1)", Shown("0.15729921")), ("{}(0)", 1), ("{}(-1)", 1 + math.erf(1)))  # fmt: skip
def erfc(x: float) -> float:
    return special.erfc(x)


def _order(n: float) -> int:
    whole = math.trunc(n)
    require(0 <= whole < 2**31)
    return whole


@registered("BESSELI", "x: number, n: number", "The modified Bessel function I of a whole order.",
            ("{}(1.5,1)", Shown("0.981666")), ("{}(0,0)", 1), ("{}(1.5,-1)", CellError.NUM),
            ("{}(1.5,1.9)", Shown("0.981666")))  # fmt: skip
def besseli(x: float, n: float) -> float:
    return special.iv(_order(n), x)


@registered("BESSELJ", "x: number, n: number", "The Bessel function J of a whole order.",
            ("{}(1.9,2)", Shown("0.329926")), ("{}(0,0)", 1), ("{}(1.5,-1)", CellError.NUM))  # fmt: skip
def besselj(x: float, n: float) -> float:
    return special.jv(_order(n), x)


@registered("BESSELK", "x: number, n: number", "The modified Bessel function K of a whole order.",
            ("{}(1.5,1)", Shown("0.277388")), ("{}(0,1)", CellError.NUM), ("{}(1.5,-1)", CellError.NUM))  # fmt: skip
def besselk(x: float, n: float) -> float:
    order = _order(n)
    require(x > 0)
    return special.kv(order, x)


@registered("BESSELY", "x: number, n: number", "The Bessel function Y of a whole order.",
            ("{}(2.5,1)", Shown("0.145918")), ("{}(0,1)", CellError.NUM), ("{}(2.5,-1)", CellError.NUM))  # fmt: skip
def bessely(x: float, n: float) -> float:
    order = _order(n)
    require(x > 0)
    return special.yv(order, x)
