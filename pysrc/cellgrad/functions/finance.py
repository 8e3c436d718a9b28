"""Loans and savings with equal payments: PV, FV, PMT, NPER, RATE and what they are made of.

One equation holds all five, with g = (1 + rate)^nper and a = (g - 1) / rate, which is nper at rate 0:

    pv g + pmt (1 + rate type) a + fv = 0

Source: Microsoft, "PV function".
"""

from __future__ import annotations

import math

import numpy as np

from cellgrad.functions.expected import Shown
from cellgrad.functions.finance_roots import solve_rates
from cellgrad.functions.operands import Fault, finite
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError

_ONE, _SMOOTH = Shape.ELEMENTWISE, Smoothness.SMOOTH


def power(base: float, exponent: float) -> float:
    """base^exponent. Faults: #NUM! where that is no real number, or none a double can hold."""
    if (base < 0 and not exponent.is_integer()) or (base == 0 and exponent < 0):
        raise Fault(CellError.NUM)
    try:
        return base**exponent
    except OverflowError:
        raise Fault(CellError.NUM) from None


def expm1(x: float) -> float:
    """e^x - 1. Faults: #NUM! beyond doubles."""
    try:
        return math.expm1(x)
    except OverflowError:
        raise Fault(CellError.NUM) from None


def growth(rate: float, periods: float) -> float:
    """(1 + rate)^periods. Faults: #NUM! where that is no real number, #DIV/0! for a negative power of 0."""
    if rate == -1 and periods < 0:
        raise Fault(CellError.DIV0)
    return 1 + expm1(periods * math.log1p(rate)) if abs(rate) < 1e-3 else power(1 + rate, periods)


def annuity(rate: float, periods: float) -> float:
    """((1 + rate)^periods - 1) / rate: what payments of 1 at the end of each period come to. Faults: #NUM!."""
    if rate == 0:
        return periods
    if abs(rate) < 0.5:
        return expm1(periods * math.log1p(rate)) / rate
    return (growth(rate, periods) - 1) / rate


def present_annuity(rate: float, periods: float) -> float:
    """(1 - (1 + rate)^-periods) / rate: what payments of 1 at the end of each period are worth. Faults: #NUM!."""
    return -annuity(rate, -periods)


def due(rate: float, kind: float) -> float:
    """The factor of payments made at the beginning of periods, where `kind` is not 0."""
    return 1 + rate if kind else 1.0


def divided(a: float, b: float) -> float:
    """a / b. Faults: #DIV/0!."""
    if b == 0:
        raise Fault(CellError.DIV0)
    return finite(a / b)


def payment(rate: float, nper: float, pv: float, fv: float, kind: float) -> float:
    """PMT. Faults: #NUM!, also for rates of -100 % and less, at which PV and FV have values still."""
    if rate <= -1:
        raise Fault(CellError.NUM)
    factor = due(rate, kind) * present_annuity(rate, nper)
    if factor == 0:
        raise Fault(CellError.NUM)
    return finite(-(pv + fv * growth(rate, -nper)) / factor)


@function(
    "PV(rate: number, nper: number, pmt: number, [fv: number, type: number])", _ONE, _SMOOTH,
    "What equal payments, and a last one, are worth now.",
    cases=(("PV(0.08/12,12*20,500,,0)", Shown("-59777.15")), ("PV(0,10,-100)", 1000), ("PV(0.1,1,-110)", 100),
           ("PV(0.1,1,-100,,1)", 100), ("PV(-1.5,0.5,1)", CellError.NUM)),
)  # fmt: skip
def pv(rate: float, nper: float, pmt: float, fv: float = 0.0, kind: float = 0.0) -> float:
    return finite(-(fv * growth(rate, -nper) + pmt * due(rate, kind) * present_annuity(rate, nper)))


@function(
    "FV(rate: number, nper: number, pmt: number, [pv: number, type: number])", _ONE, _SMOOTH,
    "What equal payments, and a first one, come to at the end.",
    cases=(("FV(0.06/12,10,-200,-500,1)", Shown("2581.40")), ("FV(0.12/12,12,-1000)", Shown("12682.50")),
           ("FV(0.11/12,35,-2000,,1)", Shown("82846.25")), ("FV(0.06/12,12,-100,-1000,1)", Shown("2301.40")),
           ("FV(0,5,-10,-1)", 51), ("FV(10,400,-1)", CellError.NUM),
           ("FV(-1,-2,1)", CellError.DIV0)),  # the last as Excel stores it
)  # fmt: skip
def fv(rate: float, nper: float, pmt: float, pv: float = 0.0, kind: float = 0.0) -> float:
    return finite(-(pv * growth(rate, nper) + pmt * due(rate, kind) * annuity(rate, nper)))


@function(
    "PMT(rate: number, nper: number, pv: number, [fv: number, type: number])", _ONE, _SMOOTH,
    "The equal payments that settle a loan or fill an account.",
    cases=(("PMT(0.08/12,10,10000)", Shown("-1037.03")), ("PMT(0.08/12,10,10000,0,1)", Shown("-1030.16")),
           ("PMT(0.06/12,18*12,0,50000)", Shown("-129.08")), ("PMT(0,4,100)", -25), ("PMT(0.1,0,100)", CellError.NUM),
           ("PMT(-3,5,100)", CellError.NUM)),  # the last as Excel stores it
)  # fmt: skip
def pmt(rate: float, nper: float, pv: float, fv: float = 0.0, kind: float = 0.0) -> float:
    return payment(rate, nper, pv, fv, kind)


@function(
    "NPER(rate: number, pmt: number, pv: number, [fv: number, type: number])", _ONE, _SMOOTH,
    "How many payments it takes; not a whole number as a rule.",
    cases=(("NPER(0.12/12,-100,-1000,10000,1)", Shown("59.6738657")),
           ("NPER(0.12/12,-100,-1000,10000)", Shown("60.0821229")),
           ("NPER(0.12/12,-100,-1000)", Shown("-9.57859404")), ("NPER(0,-10,100)", 10),
           ("NPER(0.1,-10,100)", CellError.NUM),
           ("NPER(0,0,100)", CellError.DIV0)),
)  # fmt: skip
def nper(rate: float, pmt: float, pv: float, fv: float = 0.0, kind: float = 0.0) -> float:
    if rate == 0:
        return divided(-(pv + fv), pmt)
    paid = pmt * due(rate, kind)
    before, after = paid + pv * rate, paid - fv * rate
    if rate <= -1 or before == 0 or after / before <= 0:
        raise Fault(CellError.NUM)
    return finite(math.log(after / before) / math.log1p(rate))


def annuity_equation(
    x: np.ndarray, nper: np.ndarray, pmt: np.ndarray, pv: np.ndarray, fv: np.ndarray, kind: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """pv + pmt (1 + x type) (1 - d) / x + fv d, with d = (1 + x)^-nper, for RATE; see finance_roots."""
    begin = kind != 0
    log = np.log1p(x)
    discount = np.exp(-nper * log)
    safe = np.where(x == 0, 1.0, x)
    held = np.where(x == 0, nper, -np.expm1(-nper * log) / safe)
    falling = -nper * discount / (1 + x)
    near = np.abs(x * nper) < 1e-4
    sinking = np.where(near, nper * (nper + 1) * (x * (nper + 2) / 3 - 0.5), (-falling - held) / safe)
    factor = np.where(begin, 1 + x, 1.0)
    value = pv + pmt * factor * held + fv * discount
    slope = pmt * (factor * sinking + np.where(begin, held, 0.0)) + fv * falling
    # Newton's step is that of the equation at the end of the term, as Excel's: of several roots it finds the same.
    slope = slope + nper * value / (1 + x)
    return value, slope, np.abs(pv) + np.abs(pmt * factor * held) + np.abs(fv * discount)


def solve_rate(
    nper: np.ndarray, pmt: np.ndarray, pv: np.ndarray, fv: np.ndarray, kind: np.ndarray, guess: np.ndarray
) -> np.ndarray:
    """RATE of arrays of one shape; NaN for none."""
    flat = [np.ascontiguousarray(array).reshape(-1) for array in (nper, pmt, pv, fv, kind)]
    flat[0] = np.where(flat[0] > 0, flat[0], np.nan)
    found = solve_rates(annuity_equation, np.ascontiguousarray(guess).reshape(-1), *flat, steps=200, alone=True)
    return found.reshape(nper.shape)


@function(
    "RATE(nper: number, pmt: number, pv: number, [fv: number, type: number, guess: number])", _ONE, _SMOOTH,
    "The rate a period that equal payments amount to, sought from the guess of 10 %.",
    cases=(("RATE(4*12,-200,8000)", Shown("0.00770147")), ("RATE(4*12,-200,8000)*12", Shown("0.09241767")),
           ("RATE(10,0,-100,200)", 2 ** 0.1 - 1), ("RATE(2,-1,2)", 0), ("RATE(2,-60,100)", (60 + 27600**0.5) / 200 - 1),
           ("RATE(0,-1,2)", CellError.NUM), ("RATE(10,1,2)", CellError.NUM),
           # As Excel stores them: the other root is -0.166; and roots, 1.4996 and 0.594, that it does not reach.
           ("ROUND(RATE(48,-200,8000,1000,1),9)", 0.003549922), ("RATE(10,-1200,2000,0,1)", CellError.NUM),
           ("RATE(10,-1200,2000)", CellError.NUM),
           # "#NUM! Error in RATE Formula", Microsoft Community, 2023; a guess nearer helps.
           ("RATE(12,2800,-10000)", CellError.NUM), ("RATE(12,2800,-10000,0,0,0.25)", Shown("0.2630")),
           ("RATE(50,0,-1000,1E9)", CellError.NUM), ("RATE(50,0,-1000,1E9,0,0.3)", 1e6**0.02 - 1)),
)  # fmt: skip
def rate(nper: float, pmt: float, pv: float, fv: float = 0.0, kind: float = 0.0, guess: float = 0.1) -> float:
    arguments = (np.array([value]) for value in (nper, pmt, pv, fv, kind, guess))
    return finite(float(solve_rate(*arguments)[0]))


def balance(rate: float, after: float, nper: float, pv: float, fv: float) -> float:
    """What the payments still to come, at the ends of periods, and the last one are worth after so many of them.

    Counted from the end, or from the beginning at rates below 0: the other way round, growth and payments would cancel
    where rates are high and loans long.
    """
    paid = payment(rate, nper, pv, fv, 0.0)
    if rate < 0:
        return -(pv * growth(rate, after) + paid * annuity(rate, after))
    left = nper - after
    return fv * growth(rate, -left) + paid * present_annuity(rate, left)


def interest(rate: float, per: float, nper: float, pv: float, fv: float, kind: float) -> float:
    """IPMT: what the balance before the payment bears. Payments at the beginning bear none in the first period."""
    if not 1 <= per < nper + 1:
        raise Fault(CellError.NUM)
    if kind and per == 1:
        return 0.0
    return divided(balance(rate, per - 1, nper, pv, fv) * rate, due(rate, kind))


@function(
    "IPMT(rate: number, per: number, nper: number, pv: number, [fv: number, type: number])", _ONE, _SMOOTH,
    "The interest in one of the equal payments.",
    cases=(("IPMT(0.1/12,1,3*12,8000)", Shown("-66.67")), ("IPMT(0.1,3,3,8000)", Shown("-292.45")),
           ("IPMT(0.1,1,3,8000,0,1)", 0), ("IPMT(0,2,4,100)", 0), ("IPMT(0.1,0,3,8000)", CellError.NUM),
           ("IPMT(0.1,4,3,8000)", CellError.NUM)),
)  # fmt: skip
def ipmt(rate: float, per: float, nper: float, pv: float, fv: float = 0.0, kind: float = 0.0) -> float:
    return interest(rate, per, nper, pv, fv, kind)


@function(
    "PPMT(rate: number, per: number, nper: number, pv: number, [fv: number, type: number])", _ONE, _SMOOTH,
    "The principal in one of the equal payments.",
    cases=(("PPMT(0.1/12,1,2*12,2000)", Shown("-75.62")), ("PPMT(0.08,10,10,200000)", Shown("-27598.05")),
           ("PPMT(0,2,4,100)", -25), ("PPMT(0.1,0,3,8000)", CellError.NUM)),
)  # fmt: skip
def ppmt(rate: float, per: float, nper: float, pv: float, fv: float = 0.0, kind: float = 0.0) -> float:
    part = interest(rate, per, nper, pv, fv, kind)
    return payment(rate, nper, pv, fv, kind) - part


def _cumulative(rate: float, nper: float, pv: float, start: float, end: float, kind: float) -> tuple[float, float]:
    """(interest, principal) of the whole periods from start to end. Faults: #NUM! as CUMIPMT and CUMPRINC have it."""
    start, end = float(math.ceil(start)), float(math.floor(end))
    if min(rate, nper, pv) <= 0 or not 1 <= start <= end <= nper or kind not in (0, 1):
        raise Fault(CellError.NUM)
    paid = payment(rate, nper, pv, 0.0, 0.0)
    first = max(start, 2.0) if kind else start
    borne = 0.0
    if first <= end:
        before, after = (balance(rate, k, nper, pv, 0.0) for k in (first - 1, end))
        borne = ((end - first + 1) * paid - (before - after)) / due(rate, kind)
    return finite(borne), finite((end - start + 1) * paid / due(rate, kind) - borne)


@function(
    "CUMIPMT(rate: number!, nper: number!, pv: number!, start: number!, end: number!, type: number!)", _ONE, _SMOOTH,
    "The interest in the payments from one period to another.",
    cases=(("CUMIPMT(0.09/12,30*12,125000,13,24,0)", Shown("-11135.23213")),
           ("CUMIPMT(0.09/12,30*12,125000,1,1,0)", -937.5),
           ("CUMIPMT(0.1,3,100,1,1,1)", 0), ("CUMIPMT(0,3,100,1,1,0)", CellError.NUM),
           ("CUMIPMT(0.1,3,100,2,1,0)", CellError.NUM),
           # As Excel stores them: whole periods between the ends, a number of periods that is not truncated.
           ("CUMIPMT(0.8,36,18000,2.7,9.667,1)", -55999.99877582575),
           ("CUMIPMT(0.1,30.34,8000,3,10,1)", -5568.806241932207), ("CUMIPMT(0.3,12,8000,5.1,5,1)", CellError.NUM),
           ("CUMIPMT(0.01,36,8000,3,10,0.7)", CellError.NUM)),
)  # fmt: skip
def cumipmt(rate: float, nper: float, pv: float, start: float, end: float, kind: float) -> float:
    return _cumulative(rate, nper, pv, start, end, kind)[0]


@function(
    "CUMPRINC(rate: number!, nper: number!, pv: number!, start: number!, end: number!, type: number!)", _ONE, _SMOOTH,
    "The principal in the payments from one period to another.",
    cases=(("CUMPRINC(0.09/12,30*12,125000,13,24,0)", Shown("-934.1071234")),
           ("CUMPRINC(0.09/12,30*12,125000,1,1,0)", Shown("-68.27827118")), ("CUMPRINC(0.1,3,100,1,3,0)", -100),
           ("CUMPRINC(0.1,3,100,1,3,1)", -100), ("CUMPRINC(0.1,3,100,1,4,0)", CellError.NUM)),
)  # fmt: skip
def cumprinc(rate: float, nper: float, pv: float, start: float, end: float, kind: float) -> float:
    return _cumulative(rate, nper, pv, start, end, kind)[1]


@function(
    "ISPMT(rate: number, per: number, nper: number, pv: number)", _ONE, _SMOOTH,
    "The interest of a period on a loan with equal principal payments, periods counted from 0.",
    cases=(("ISPMT(0.1/12,1,3*12,8000000)", Shown("-64814.8")), ("ISPMT(0.1,1,3,8000000)", Shown("-533333")),
           ("ISPMT(0.1,4,4,4000)", 0), ("ISPMT(0.1,1,0,1)", CellError.DIV0)),
)  # fmt: skip
def ispmt(rate: float, per: float, nper: float, pv: float) -> float:
    return finite(pv * rate * (divided(per, nper) - 1))
