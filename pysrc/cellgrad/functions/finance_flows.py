"""Series of payments: their present value at a rate, and the rate at which it is nothing.

Excel stops looking for XIRR where a step is below 1e-8, so that digits beyond those are its own; here they are right.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from cellgrad.functions.context import Context
from cellgrad.functions.dates_calendar import last_day
from cellgrad.functions.expected import Shown
from cellgrad.functions.finance import divided, power
from cellgrad.functions.finance_roots import flows_equation, solve_rates
from cellgrad.functions.operands import Fault, Matrix, as_matrix, finite, numbers, to_number, total
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_REDUCE, _SMOOTH = Shape.REDUCE, Smoothness.SMOOTH


def _present(rate: float, amounts: Iterable[float]) -> float:
    """The value now of payments after 1, 2, 3 periods. Faults: #DIV/0! at -100 %, #NUM! beyond doubles."""
    base, present, factor = 1 + rate, 0.0, 1.0
    if base == 0:
        raise Fault(CellError.DIV0)
    for amount in amounts:
        factor /= base
        present += amount * factor
    return finite(present)


@function(
    "NPV(rate: number, value: range...)", _REDUCE, _SMOOTH,
    "The value now of payments at the ends of periods; blanks, texts and booleans in ranges are skipped.",
    cases=(("NPV(0.1,-10000,3000,4200,6800)", Shown("1188.44")),
           ("NPV(0.08,8000,9200,10000,12000,14500)", Shown("41922.06")),
           ('NPV(0.1,{110,"x",121})', 200), ("NPV(-1,1)", CellError.DIV0), ('NPV(0.1,"x")', CellError.VALUE)),
)  # fmt: skip
def npv(rate: float, *values: Value | Matrix) -> float:
    return _present(rate, list(numbers(values)))


def _both_signs(amounts: list[float]) -> None:
    """Faults: #NUM! unless something is paid and something received."""
    if not (any(amount > 0 for amount in amounts) and any(amount < 0 for amount in amounts)):
        raise Fault(CellError.NUM)


def _rate_of(amounts: list[float], times: list[float], guess: float) -> float:
    found = solve_rates(flows_equation, np.array([guess]), np.array([amounts]), np.array([times]))
    return finite(float(found[0]))


@function(
    "IRR(values: range, [guess: number])", _REDUCE, _SMOOTH,
    "The rate a period at which payments are worth nothing now, sought from the guess of 10 %.",
    cases=(("IRR({-70000,12000,15000,18000,21000})", Shown("-0.0212448")),
           ("IRR({-70000,12000,15000,18000,21000,26000})", Shown("0.0866309")),
           ("IRR({-70000,12000,15000},-0.1)", Shown("-0.443507")), ("IRR({-100,110})", 0.1),
           ('IRR({-100,"x",TRUE,50,60.5})', (50 + 26700**0.5) / 200 - 1), ("IRR({100,110})", CellError.NUM),
           ("IRR({-20,5,5,-10,5},-1)", CellError.VALUE)),  # the last as Excel stores it
)  # fmt: skip
def irr(values: Value | Matrix, guess: float = 0.1) -> float:
    amounts = list(numbers([values]))
    if guess <= -1:
        raise Fault(CellError.VALUE)
    _both_signs(amounts)
    return _rate_of(amounts, [float(period) for period in range(len(amounts))], guess)


def _dated(context: Context, values: Value | Matrix, dates: Value | Matrix) -> tuple[list[float], list[float]]:
    """(amounts, years of 365 days after the first date). Faults: #VALUE! for what is no number, #NUM! for no date."""
    amounts = [_strict(value) for value in as_matrix(values)]
    serials = [_strict(value) for value in as_matrix(dates)]
    if len(amounts) != len(serials):
        raise Fault(CellError.NUM)
    if not all(0 <= serial < last_day(context.date_1904) + 1 for serial in serials):
        raise Fault(CellError.NUM)
    days = [math.floor(serial) for serial in serials]
    return amounts, [(day - days[0]) / 365 for day in days]


def _strict(value: Value) -> float:
    if isinstance(value, bool):
        raise Fault(CellError.VALUE)
    return to_number(value)


@function(
    "XNPV(rate: number!, values: range, dates: range)", _REDUCE, _SMOOTH,
    "The value on the first date of payments on dates, with years of 365 days; #NUM! unless the rate is positive; "
    "dates move it in steps.",
    context=True,
    cases=(("XNPV(0.09,{-10000,2750,4250,3250,2750},{39448,39508,39751,39859,39904})", Shown("2086.6476")),
           ("XNPV(0.1,{100,110},{1,366})", 200), ("XNPV(0.1,{1,2},{1})", CellError.NUM),
           ("XNPV(-0.1,{1,2},{1,9})", CellError.NUM),
           ("XNPV(0.1,{1,2},{9,1})", CellError.NUM),
           # As Excel stores them: what is no number does not count, and then the dates are too many.
           ('XNPV(0.1,{1,"x"},{1,2})', CellError.NUM), ("XNPV(0.1,{1,TRUE},{1,2})", CellError.NUM),
           ("XNPV(0.1,A1:B1,{1,2})", CellError.NUM), ("XNPV(0.1,{1,2},{-9,1})", CellError.NUM)),
)  # fmt: skip
def xnpv(context: Context, rate: float, values: Value | Matrix, dates: Value | Matrix) -> float:
    for value in as_matrix(values):
        if isinstance(value, CellError):
            raise Fault(value)
        if value is None or isinstance(value, str | bool):
            raise Fault(CellError.NUM)
    amounts, years = _dated(context, values, dates)
    if rate <= 0 or any(year < 0 for year in years):
        raise Fault(CellError.NUM)
    return finite(total(amount * power(1 + rate, -year) for amount, year in zip(amounts, years, strict=True)))


@function(
    "XIRR(values: range, dates: range, [guess: number!])", _REDUCE, _SMOOTH,
    "The yearly rate at which payments on dates are worth nothing, sought from the guess of 10 %; dates move it in "
    "steps.",
    context=True, source="XIRR function; [MS-OI29500] 2.1.1070: dates may precede the first",
    cases=(("XIRR({-10000,2750,4250,3250,2750},{39448,39508,39751,39859,39904},0.1)", Shown("0.37336253")),
           ("XIRR({-100,110},{1,366})", 0.1), ("XIRR({100,110},{1,366})", CellError.NUM),
           ("XIRR({-100,110},{1})", CellError.NUM), ("XIRR({-100,110},{-5,1})", CellError.NUM),
           ('XIRR({-100,"x"},{1,366})', CellError.VALUE)),
)  # fmt: skip
def xirr(context: Context, values: Value | Matrix, dates: Value | Matrix, guess: float = 0.1) -> float:
    amounts, years = _dated(context, values, dates)
    _both_signs(amounts)
    return _rate_of(amounts, years, guess)


@function(
    "MIRR(values: range, finance_rate: number, reinvest_rate: number)", _REDUCE, Smoothness.PIECEWISE,
    "The rate of return where what is paid is financed at one rate and what is received invested at another.",
    subgradient="a payment of 0 counts as received, so that its slope is that of an income",
    cases=(("MIRR({-120000,39000,30000,21000,37000,46000},0.1,0.12)", Shown("0.126094")),
           ("MIRR({-120000,39000,30000,21000},0.1,0.12)", Shown("-0.048044655")),
           ("MIRR({-120000,39000,30000,21000,37000,46000},0.1,0.14)", Shown("0.134759111")),
           ("MIRR({1,2},0.1,0.1)", CellError.DIV0),
           # As Excel stores them: nothing received is the loss of all; rates of -100 % and less.
           ("MIRR({-6,-1,-2},0.1,0.2)", -1), ("MIRR({-5,2,4},-1,0.2)", 1.28**0.5 - 1),
           ("MIRR({-50,25,30},-12,-0.4)", 0.9**0.5 - 1), ("MIRR({-50,25,30},0.5,-12)", CellError.NUM)),
)  # fmt: skip
def mirr(values: Value | Matrix, finance_rate: float, reinvest_rate: float) -> float:
    amounts = list(numbers([values]))
    last = len(amounts) - 1
    if not any(amount < 0 for amount in amounts) or last == 0:
        raise Fault(CellError.DIV0)
    received = total(power(1 + reinvest_rate, float(last - k)) * a for k, a in enumerate(amounts) if a > 0)
    paid = -total(divided(a, power(1 + finance_rate, float(k))) for k, a in enumerate(amounts) if a < 0)
    return finite(power(divided(received, paid), 1 / last) - 1)


@function(
    "FVSCHEDULE(principal: number!, schedule: range)", _REDUCE, _SMOOTH,
    "What an amount grows to at a series of rates; a blank is a rate of 0.",
    cases=(("FVSCHEDULE(1,{0.09,0.11,0.1})", Shown("1.3308900")), ("FVSCHEDULE(100,A1:A3)", 100),
           ('FVSCHEDULE(1,{0.1,"x"})', CellError.VALUE)),
)  # fmt: skip
def fvschedule(principal: float, schedule: Value | Matrix) -> float:
    rates = []
    for value in as_matrix(schedule):
        if isinstance(value, str | bool):
            raise Fault(CellError.VALUE)
        rates.append(to_number(value))
    return finite(principal * math.prod(1 + rate for rate in rates))
