"""Securities with regular coupons: price, yield, duration; and those that pay once.

Rates and amounts move these smoothly, dates in steps. Prices are of 100 of the face value.

Source: Microsoft's pages of the functions; the settlement counts the days to the next coupon as the rest of the period,
as Excel's numbers show (see finance_coupons).
"""

from __future__ import annotations

import numpy as np

from cellgrad.functions.context import Context
from cellgrad.functions.dates import whole_day
from cellgrad.functions.dates_daycount import days_between, days_in_year, whole_basis
from cellgrad.functions.expected import Shown
from cellgrad.functions.finance import divided
from cellgrad.functions.finance_coupons import Schedule, need, read_schedule
from cellgrad.functions.finance_roots import solve_rates
from cellgrad.functions.operands import finite
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError

_ONE, _SMOOTH = Shape.ELEMENTWISE, Smoothness.SMOOTH


def level(x: float, n: int) -> float:
    """1 + x^-1 + ... + x^-(n-1): payments of 1 from now on, each discounted once more."""
    return sum(x**-k for k in range(n)) if n <= 8 or abs(x - 1) < 1e-4 else (1 - x**-n) / (1 - 1 / x)


def _price(s: Schedule, rate: float, yld: float, redemption: float) -> float:
    coupon = 100 * rate / s.frequency
    part, accrued = s.to_come / s.length, coupon * s.accrued / s.length
    if s.number == 1:
        return (redemption + coupon) / (1 + part * yld / s.frequency) - accrued
    x = 1 + yld / s.frequency
    return (redemption * x ** (1 - s.number) + coupon * level(x, s.number)) * x**-part - accrued


@function(
    "PRICE(settlement: number!, maturity: number!, rate: number!, yld: number!, redemption: number!, frequency: "
    "number!, [basis: number!])",
    _ONE, _SMOOTH, "The price of a security with coupons.", context=True,
    cases=(("PRICE(39493,43054,0.0575,0.065,100,2,0)", Shown("94.63436")),
           ("PRICE(39583,43054,0.065,0.065,100,2,0)", 100),
           ("PRICE(39493,43054,-0.1,0.065,100,2,0)", CellError.NUM),
           ("PRICE(39493,43054,0.1,0.065,0,2,0)", CellError.NUM),
           ("PRICE(39493,39493,0.1,0.065,100,2)", CellError.NUM)),
)  # fmt: skip
def price(
    context: Context, settlement: float, maturity: float, rate: float, yld: float, redemption: float, frequency: float,
    basis: float = 0.0,
) -> float:  # fmt: skip
    s = read_schedule(context, settlement, maturity, frequency, basis)
    need(rate >= 0 and yld >= 0 and redemption > 0)
    return finite(_price(s, rate, yld, redemption))


def price_equation(
    x: np.ndarray,
    part: np.ndarray,
    number: np.ndarray,
    share: np.ndarray,
    coupon: np.ndarray,
    redemption: np.ndarray,
    paid: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a security is worth above what is paid, at rates x a period; see finance_roots.

    part: of the period to the next of `number` coupons, of which it is a share; paid: the price with the interest
    accrued.
    """
    growth = 1 + x
    log = np.log1p(x)
    safe = np.where(x == 0, 1.0, x)
    last, first = np.exp(-(number - 1) * log), np.exp(-part * log)
    held = np.where(x == 0, number, -np.expm1(-number * log) / safe)
    near = np.abs(x * number) < 1e-4
    sinking = np.where(
        near, number * (number + 1) * (x * (number + 2) / 3 - 0.5), (number * last / growth**2 - held) / safe
    )
    worth = redemption * last + coupon * (share - 1 + growth * held)
    falling = coupon * (held + growth * sinking) - redemption * (number - 1) * last / growth
    size = np.abs(redemption * last * first) + np.abs(coupon * growth * held * first) + np.abs(paid)
    return worth * first - paid, (falling - part * worth / growth) * first, size


def solve_yield(
    part: np.ndarray,
    number: np.ndarray,
    share: np.ndarray,
    coupon: np.ndarray,
    redemption: np.ndarray,
    paid: np.ndarray,
) -> np.ndarray:
    """The rates a period at which securities are worth what is paid; NaN for none; arrays of one shape."""
    flat = [np.ascontiguousarray(array).reshape(-1) for array in (part, number, share, coupon, redemption, paid)]
    guess = np.full(flat[0].shape, 0.025)
    return solve_rates(price_equation, guess, *flat).reshape(part.shape)


def yield_a_period(*arguments: float) -> float:
    """`solve_yield` of one security: part, number, share, coupon, redemption, paid."""
    return float(solve_yield(*(np.array([value], float) for value in arguments))[0])


@function(
    "YIELD(settlement: number!, maturity: number!, rate: number!, pr: number!, redemption: number!, frequency: "
    "number!, [basis: number!])",
    _ONE, _SMOOTH, "The yield of a security with coupons.", context=True,
    cases=(("YIELD(39493,42689,0.0575,95.04287,100,2,0)", Shown("0.0650000")),
           ("YIELD(39583,43054,0.05,100,100,2,0)", 0.05),
           ("YIELD(39493,42689,0.0575,0,100,2,0)", CellError.NUM),
           ("YIELD(39493,42689,0.0575,95,-1,2)", CellError.NUM)),
)  # fmt: skip
def yield_(
    context: Context, settlement: float, maturity: float, rate: float, pr: float, redemption: float, frequency: float,
    basis: float = 0.0,
) -> float:  # fmt: skip
    s = read_schedule(context, settlement, maturity, frequency, basis)
    need(rate >= 0 and pr > 0 and redemption > 0)
    coupon = 100 * rate / s.frequency
    part, paid = s.to_come / s.length, pr + coupon * s.accrued / s.length
    if s.number == 1:
        return finite(((redemption + coupon) / paid - 1) / part * s.frequency)
    return finite(yield_a_period(part, s.number, 1.0, coupon, redemption, paid) * s.frequency)


def _duration(s: Schedule, coupon: float, yld: float) -> float:
    x = 1 + yld / s.frequency
    part, paid = s.to_come / s.length, 100 * coupon / s.frequency
    worth = weighted = 0.0
    for k in range(s.number):
        present = (paid + (100 if k == s.number - 1 else 0)) * x ** -(k + part)
        worth += present
        weighted += present * (k + part)
    return divided(weighted, worth) / s.frequency


@function(
    "DURATION(settlement: number!, maturity: number!, coupon: number!, yld: number!, frequency: number!, [basis: "
    "number!])",
    _ONE, _SMOOTH, "The Macaulay duration, in years: the mean time of the payments, by what they are worth.",
    context=True,
    cases=(("DURATION(43282,54058,0.08,0.09,2,1)", Shown("10.9191453")),
           ("DURATION(39448,42370,0.08,0.09,2,1)", Shown("5.993775")),
           ("DURATION(39448,42370,-0.1,0.09,2)", CellError.NUM), ("DURATION(39448,42370,0.1,-0.1,2)", CellError.NUM)),
)  # fmt: skip
def duration(
    context: Context,
    settlement: float,
    maturity: float,
    coupon: float,
    yld: float,
    frequency: float,
    basis: float = 0.0,
) -> float:
    s = read_schedule(context, settlement, maturity, frequency, basis)
    need(coupon >= 0 and yld >= 0)
    return finite(_duration(s, coupon, yld))


@function(
    "MDURATION(settlement: number!, maturity: number!, coupon: number!, yld: number!, frequency: number!, [basis: "
    "number!])",
    _ONE, _SMOOTH, "The modified duration: how much a price falls, as a share, where the yield rises.", context=True,
    cases=(("MDURATION(39448,42370,0.08,0.09,2,1)", Shown("5.736")),
           ("MDURATION(39448,42370,-0.1,0.09,2)", CellError.NUM),
           ("MDURATION(39448,42370,0.1,-0.1,2)", CellError.NUM)),
)  # fmt: skip
def mduration(
    context: Context,
    settlement: float,
    maturity: float,
    coupon: float,
    yld: float,
    frequency: float,
    basis: float = 0.0,
) -> float:
    s = read_schedule(context, settlement, maturity, frequency, basis)
    need(coupon >= 0 and yld >= 0)
    return finite(_duration(s, coupon, yld) / (1 + yld / s.frequency))


# Securities that pay once --------------------------------------------------------------------------------------------


def year_part(context: Context, start: float, end: float, basis: float) -> float:
    """The part of a year from one day to a later one, as the basis counts. Faults: #NUM!."""
    first, last = whole_day(start, context.date_1904), whole_day(end, context.date_1904)
    by = whole_basis(basis)
    need(first < last)
    return days_between(first, last, by, context.date_1904) / days_in_year(first, last, by, context.date_1904)


@function(
    "DISC(settlement: number!, maturity: number!, pr: number!, redemption: number!, [basis: number!])", _ONE, _SMOOTH,
    "The discount rate of a security by its price.", context=True,
    cases=(("DISC(43282,54058,97.975,100,1)", Shown("0.000686")),
           ("DISC(39107,39248,97.975,100,1)", 0.02025 * 365 / 141),
           ("DISC(39107,39248,0,100,1)", CellError.NUM), ("DISC(39248,39107,97,100)", CellError.NUM)),
)  # fmt: skip
def disc(
    context: Context, settlement: float, maturity: float, pr: float, redemption: float, basis: float = 0.0
) -> float:
    part = year_part(context, settlement, maturity, basis)
    need(pr > 0 and redemption > 0)
    return finite((1 - pr / redemption) / part)


@function(
    "INTRATE(settlement: number!, maturity: number!, investment: number!, redemption: number!, [basis: number!])",
    _ONE, _SMOOTH, "The interest rate of a security that pays once.", context=True,
    cases=(("INTRATE(39493,39583,1000000,1014420,2)", 0.05768), ("INTRATE(39493,39583,0,1,2)", CellError.NUM),
           ("INTRATE(39493,39583,1,1,5)", CellError.NUM)),
)  # fmt: skip
def intrate(
    context: Context, settlement: float, maturity: float, investment: float, redemption: float, basis: float = 0.0
) -> float:
    part = year_part(context, settlement, maturity, basis)
    need(investment > 0 and redemption > 0)
    return finite((redemption - investment) / investment / part)


@function(
    "RECEIVED(settlement: number!, maturity: number!, investment: number!, discount: number!, [basis: number!])",
    _ONE, _SMOOTH, "What a security pays that is bought at a discount.", context=True,
    cases=(("RECEIVED(39493,39583,1000000,0.0575,2)", Shown("1014584.65")),
           ("RECEIVED(39493,39583,0,0.1,2)", CellError.NUM),
           ("RECEIVED(39493,39583,1,9,2)", CellError.NUM)),
)  # fmt: skip
def received(
    context: Context, settlement: float, maturity: float, investment: float, discount: float, basis: float = 0.0
) -> float:
    part = year_part(context, settlement, maturity, basis)
    need(investment > 0 and discount > 0 and discount * part < 1)
    return finite(investment / (1 - discount * part))


@function(
    "PRICEDISC(settlement: number!, maturity: number!, discount: number!, redemption: number!, [basis: number!])",
    _ONE, _SMOOTH, "The price of a security without coupons by its discount.", context=True,
    cases=(("PRICEDISC(39494,39508,0.0525,100,2)", Shown("99.7958")), ("PRICEDISC(39494,39508,0,100,2)", CellError.NUM),
           ("PRICEDISC(39508,39494,0.1,100,2)", CellError.NUM)),
)  # fmt: skip
def pricedisc(
    context: Context, settlement: float, maturity: float, discount: float, redemption: float, basis: float = 0.0
) -> float:
    part = year_part(context, settlement, maturity, basis)
    need(discount > 0 and redemption > 0)
    return finite(redemption - discount * redemption * part)


@function(
    "YIELDDISC(settlement: number!, maturity: number!, pr: number!, redemption: number!, [basis: number!])",
    _ONE, _SMOOTH, "The yield of a security without coupons.", context=True,
    cases=(("YIELDDISC(39494,39508,99.795,100,2)", Shown("0.0528226")),
           ("YIELDDISC(39494,39508,0,100,2)", CellError.NUM),
           ("YIELDDISC(39508,39494,99,100,2)", CellError.NUM)),
)  # fmt: skip
def yielddisc(
    context: Context, settlement: float, maturity: float, pr: float, redemption: float, basis: float = 0.0
) -> float:
    part = year_part(context, settlement, maturity, basis)
    need(pr > 0 and redemption > 0)
    return finite((redemption - pr) / pr / part)
