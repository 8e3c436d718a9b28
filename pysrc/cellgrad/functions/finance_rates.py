"""Rates turned into others, prices in fractions, and treasury bills."""

from __future__ import annotations

import math

from cellgrad.functions.context import Context
from cellgrad.functions.dates import whole_day
from cellgrad.functions.dates_calendar import months_later
from cellgrad.functions.expected import Shown
from cellgrad.functions.finance import expm1, power
from cellgrad.functions.operands import Fault, finite
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError

_ONE, _SMOOTH = Shape.ELEMENTWISE, Smoothness.SMOOTH


def _need(holds: bool) -> None:
    """Faults: #NUM! unless it holds."""
    if not holds:
        raise Fault(CellError.NUM)


@function(
    "EFFECT(nominal_rate: number!, npery: number!)", _ONE, _SMOOTH,
    "The yearly rate with interest on interest; the periods are truncated.",
    cases=(("EFFECT(0.0525,4)", Shown("0.0535427")), ("EFFECT(0.1,1.9)", 0.1), ("EFFECT(0,4)", CellError.NUM),
           ("EFFECT(0.1,0.5)", CellError.NUM), ("EFFECT(10,TRUE)", CellError.VALUE)),
)  # fmt: skip
def effect(nominal_rate: float, npery: float) -> float:
    _need(nominal_rate > 0 and npery >= 1)
    periods = math.trunc(npery)
    return finite(expm1(periods * math.log1p(nominal_rate / periods)))


@function(
    "NOMINAL(effect_rate: number!, npery: number!)", _ONE, _SMOOTH,
    "The yearly rate without interest on interest; the periods are truncated.",
    cases=(("NOMINAL(0.053543,4)", Shown("0.05250032")), ("NOMINAL(0.1,1)", 0.1), ("NOMINAL(0,4)", CellError.NUM),
           ("NOMINAL(0.1,0)", CellError.NUM)),
)  # fmt: skip
def nominal(effect_rate: float, npery: float) -> float:
    _need(effect_rate > 0 and npery >= 1)
    periods = math.trunc(npery)
    return periods * expm1(math.log1p(effect_rate) / periods)


@function(
    "PDURATION(rate: number, pv: number, fv: number)", _ONE, _SMOOTH, "How many periods it takes to grow.",
    cases=(("PDURATION(0.025,2000,2200)", Shown("3.86")), ("PDURATION(0.025/12,1000,1200)", Shown("87.6")),
           ("PDURATION(1,1,8)", 3), ("PDURATION(0,1,2)", CellError.NUM), ("PDURATION(0.1,-1,2)", CellError.NUM)),
)  # fmt: skip
def pduration(rate: float, pv: float, fv: float) -> float:
    _need(min(rate, pv, fv) > 0)
    return finite((math.log(fv) - math.log(pv)) / math.log1p(rate))


@function(
    "RRI(nper: number, pv: number, fv: number)", _ONE, _SMOOTH, "The rate at which one amount grows to another.",
    cases=(("RRI(96,10000,11000)", Shown("0.0009933")), ("RRI(2,1,4)", 1), ("RRI(0,1,2)", CellError.NUM),
           ("RRI(2,-1,4)", CellError.NUM)),
)  # fmt: skip
def rri(nper: float, pv: float, fv: float) -> float:
    _need(nper > 0 and pv != 0)
    ratio = fv / pv
    _need(ratio >= 0)
    return finite(expm1(math.log(ratio) / nper) if ratio else -1.0)


def dollar_power(fraction: float) -> float:
    """The power of ten that a fraction's digits need. Faults: #NUM! below 0, #DIV/0! for a fraction of nothing."""
    if fraction < 0:
        raise Fault(CellError.NUM)
    if fraction < 1:
        raise Fault(CellError.DIV0)
    return power(10.0, float(math.ceil(math.log10(math.trunc(fraction)))))


@function(
    "DOLLARDE(price: number!, fraction: number!)", _ONE, Smoothness.PIECEWISE,
    "A price in fractions, such as 1.02 for 1 and 2/16, as a decimal one.",
    subgradient="at whole prices, that of the prices above",
    cases=(("DOLLARDE(1.02,16)", 1.125), ("DOLLARDE(1.1,32)", 1.3125), ("DOLLARDE(-1.02,16)", -1.125),
           ("DOLLARDE(1,0.5)", CellError.DIV0), ("DOLLARDE(1,-1)", CellError.NUM)),
)  # fmt: skip
def dollarde(price: float, fraction: float) -> float:
    whole = math.trunc(price)
    return finite(whole + (price - whole) * dollar_power(fraction) / math.trunc(fraction))


@function(
    "DOLLARFR(price: number!, fraction: number!)", _ONE, Smoothness.PIECEWISE,
    "A decimal price in fractions, such as 1.02 for 1 and 2/16.",
    subgradient="at whole prices, that of the prices above",
    cases=(("DOLLARFR(1.125,16)", 1.02), ("DOLLARFR(1.125,32)", 1.04), ("DOLLARFR(1,0)", CellError.DIV0),
           ("DOLLARFR(1,-1)", CellError.NUM)),
)  # fmt: skip
def dollarfr(price: float, fraction: float) -> float:
    whole = math.trunc(price)
    return finite(whole + (price - whole) * math.trunc(fraction) / dollar_power(fraction))


def bill_days(context: Context, settlement: float, maturity: float) -> int:
    """The days of a treasury bill. Faults: #NUM! unless it matures later, and within a year."""
    start, end = whole_day(settlement, context.date_1904), whole_day(maturity, context.date_1904)
    _need(start < end <= months_later(start, 12, context.date_1904))
    return end - start


@function(
    "TBILLPRICE(settlement: number!, maturity: number!, discount: number!)", _ONE, _SMOOTH,
    "The price of a bill of 100 by its discount; dates move it in steps.", context=True,
    cases=(("TBILLPRICE(39538,39600,0.09)", 98.45), ("TBILLPRICE(39538,39538,0.09)", CellError.NUM),
           ("TBILLPRICE(39538,39904,0.09)", CellError.NUM), ("TBILLPRICE(39538,39600,0)", CellError.NUM)),
)  # fmt: skip
def tbillprice(context: Context, settlement: float, maturity: float, discount: float) -> float:
    days = bill_days(context, settlement, maturity)
    price = 100 * (1 - discount * days / 360)
    _need(discount > 0 and price > 0)
    return price


@function(
    "TBILLYIELD(settlement: number!, maturity: number!, price: number!)", _ONE, _SMOOTH,
    "The yield of a bill of 100 by its price; dates move it in steps.", context=True,
    cases=(("TBILLYIELD(39538,39600,98.45)", Shown("0.0914")), ("TBILLYIELD(39538,39600,0)", CellError.NUM),
           ("TBILLYIELD(39538,39538,98)", CellError.NUM)),
)  # fmt: skip
def tbillyield(context: Context, settlement: float, maturity: float, price: float) -> float:
    days = bill_days(context, settlement, maturity)
    _need(price > 0)
    return finite((100 - price) / price * 360 / days)


@function(
    "TBILLEQ(settlement: number!, maturity: number!, discount: number!)", _ONE, _SMOOTH,
    "The yield of a bond that a bill is worth as much as, beyond half a year with interest on interest; dates move it "
    "in steps.",
    context=True, source="TBILLEQ function; Stigum and Robinson, Money Market and Bond Calculations, for over 182 days",
    cases=(("TBILLEQ(39538,39600,0.0914)", Shown("0.0942")), ("TBILLEQ(39538,39600,0)", CellError.NUM),
           ("TBILLEQ(39538,39904,0.09)", CellError.NUM)),
)  # fmt: skip
def tbilleq(context: Context, settlement: float, maturity: float, discount: float) -> float:
    days = bill_days(context, settlement, maturity)
    price = 1 - discount * days / 360
    _need(discount > 0 and price > 0)
    if days <= 182:
        return finite(365 * discount / (360 - discount * days))
    part = days / (366 if days == 366 else 365)
    root = part * part - (2 * part - 1) * (1 - 1 / price)
    _need(root >= 0)
    return finite(2 * (math.sqrt(root) - part) / (2 * part - 1))
