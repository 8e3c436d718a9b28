"""Depreciation: SLN, SYD, DB, DDB, VDB, and the French AMORLINC and AMORDEGRC."""

from __future__ import annotations

import math

from cellgrad.functions.context import Context
from cellgrad.functions.dates import whole_day
from cellgrad.functions.dates_calendar import day_of, is_leap
from cellgrad.functions.dates_daycount import days_between, whole_basis
from cellgrad.functions.expected import Shown
from cellgrad.functions.finance import divided, power
from cellgrad.functions.operands import Fault, finite
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError

_ONE, _PIECEWISE = Shape.ELEMENTWISE, Smoothness.PIECEWISE
_MOST_PERIODS = 1_000_000
"""VDB goes through the periods one by one; no asset lives longer."""


def _need(holds: bool) -> None:
    """Faults: #NUM! unless it holds."""
    if not holds:
        raise Fault(CellError.NUM)


@function(
    "SLN(cost: number, salvage: number, life: number)", _ONE, Smoothness.SMOOTH, "Equal parts of what an asset loses.",
    cases=(("SLN(30000,7500,10)", 2250), ("SLN(1,1,3)", 0), ("SLN(1,0,0)", CellError.DIV0)),
)  # fmt: skip
def sln(cost: float, salvage: float, life: float) -> float:
    return divided(cost - salvage, life)


@function(
    "SYD(cost: number, salvage: number, life: number, per: number)", _ONE, Smoothness.SMOOTH,
    "Parts that fall from period to period by the sum of the years' digits.",
    cases=(("SYD(30000,7500,10,1)", Shown("4090.91")), ("SYD(30000,7500,10,10)", Shown("409.09")),
           ("SYD(3,0,2,1)", 2), ("SYD(3,0,2,3)", CellError.NUM), ("SYD(3,-1,2,1)", CellError.NUM)),
)  # fmt: skip
def syd(cost: float, salvage: float, life: float, per: float) -> float:
    _need(salvage >= 0 and life > 0 and 0 < per <= life)
    return finite((cost - salvage) * (life - per + 1) * 2 / (life * (life + 1)))


def db_rate(cost: float, salvage: float, life: float) -> float:
    """The rate of DB: rounded to three decimals, as Excel documents it; 0 for what costs nothing. Faults: #NUM!."""
    _need(cost >= 0 and salvage >= 0 and life > 0)
    if cost == 0:
        return 0.0
    return math.floor((1 - power(finite(salvage / cost), 1 / life)) * 1000 + 0.5) / 1000


@function(
    "DB(cost: number, salvage: number, life: number, period: number, [month: number])", _ONE, _PIECEWISE,
    "A fixed share, rounded to three decimals, of what is left; `month` counts the months of the first year.",
    subgradient="the rounded share is held fixed",
    source="DB function; [MS-OI29500] 2.1.924: #NUM! for a period beyond the life, or beyond the year after it",
    cases=(("DB(1000000,100000,6,1,7)", Shown("186083.33")), ("DB(1000000,100000,6,2,7)", Shown("259639.42")),
           ("DB(1000000,100000,6,6,7)", Shown("55841.76")), ("DB(1000000,100000,6,7,7)", Shown("15845.10")),
           ("DB(1000000,100000,6,7)", CellError.NUM), ("DB(1000000,100000,6,8,7)", CellError.NUM), ("DB(0,0,5,1)", 0)),
)  # fmt: skip
def db(cost: float, salvage: float, life: float, period: float, month: float = 12.0) -> float:
    month, period = float(math.trunc(month)), float(math.trunc(period))
    _need(cost >= 0 and salvage >= 0 and life > 0 and 1 <= month <= 12)
    last = math.trunc(life)
    _need(1 <= period <= (last if month == 12 else last + 1))
    rate = db_rate(cost, salvage, life)
    first = rate * month / 12
    if period == 1:
        return finite(cost * first)
    part = rate * (12 - month) / 12 if period == last + 1 else rate
    return finite(cost * (1 - first) * power(1 - rate, period - 2) * part)


def _declined(
    cost: float, salvage: float, life: float, factor: float, periods: int, switch: bool, gone: float
) -> tuple[float, float]:
    """(depreciation of all the periods, of the next one); `switch` to straight parts where they are larger.

    gone: the part of a period before the first of these whole ones.
    """
    _need(periods <= _MOST_PERIODS)
    share = factor / life
    total = gone * max(min(cost * share, cost - salvage), 0.0)
    left = life - gone
    for period in range(periods + 1):
        part = max(min((cost - total) * share, cost - salvage - total), 0.0)
        if switch and period < left:
            straight = (cost - total - salvage) / (left - period)
            if straight > part:  # equal parts end with the last whole period of the life
                part = straight if period < math.trunc(life) else 0.0
        if period == periods:
            return total, part
        total += part
    raise AssertionError("the loop ends by returning")


def _until(cost: float, salvage: float, life: float, factor: float, time: float, switch: bool, gone: float) -> float:
    """What has been lost at a time after the part of a period that is `gone`; within a period it goes on evenly."""
    total, part = _declined(cost, salvage, life, factor, math.trunc(time), switch, gone)
    return total + part * (time - math.trunc(time))


@function(
    "DDB(cost: number, salvage: number, life: number, period: number, [factor: number])", _ONE, _PIECEWISE,
    "A fixed share of what is left, never below the salvage value.",
    subgradient="where the salvage value is reached exactly, that of the share",
    cases=(("DDB(2400,300,10*365,1)", Shown("1.32")), ("DDB(2400,300,10*12,1,2)", 40), ("DDB(2400,300,10,1,2)", 480),
           ("DDB(2400,300,10,2,1.5)", 306), ("DDB(2400,300,10,10)", Shown("22.12")),
           ("DDB(2400,300,10,11)", CellError.NUM),
           ("DDB(2400,300,10,1,0)", CellError.NUM)),
)  # fmt: skip
def ddb(cost: float, salvage: float, life: float, period: float, factor: float = 2.0) -> float:
    _need(cost >= 0 and salvage >= 0 and 0 < period <= life and factor > 0)
    share = min(factor / life, 1.0)
    before = cost if period <= 1 else cost * (1 - share) ** (period - 1)
    after = cost * (1 - share) ** period if period >= 1 else cost * (1 - share)
    return finite(max(before - max(after, salvage), 0.0))


@function(
    "VDB(cost: number, salvage: number, life: number, start: number, end: number, "
    "[factor: number, no_switch: logical])",
    _ONE, _PIECEWISE,
    "What is lost between two times by a fixed share of what is left, or by equal parts once they are larger.",
    subgradient="where two ways of depreciation are equal, that of the share",
    cases=(("VDB(2400,300,10*365,0,1)", Shown("1.32")), ("VDB(2400,300,10*12,0,1)", 40), ("VDB(2400,300,10,0,1)", 480),
           ("VDB(2400,300,10*12,6,18)", Shown("396.31")), ("VDB(2400,300,10*12,6,18,1.5)", Shown("311.81")),
           ("VDB(2400,300,10,0,0.875,1.5)", 315), ("VDB(2400,300,10,0,10)", 2100),
           # As Excel stores them: periods run from the start, so that half a one comes first.
           ("VDB(1,0,14,2.5,3.5,1.25)", (1 - 1.25 / 28) * (1 - 1.25 / 14) ** 2 * 1.25 / 14),
           ("VDB(1,0,14,4.5,5.5,1.25)", (1 - 1.25 / 28) * (1 - 1.25 / 14) ** 3 / 10.5),
           ("VDB(1,0,14,13.5,14,1.25)", (1 - 1.25 / 28) * (1 - 1.25 / 14) ** 3 / 21),
           ("VDB(2400,300,10,2,1)", CellError.NUM),
           ("VDB(2400,300,10,0,11)", CellError.NUM)),
)  # fmt: skip
def vdb(
    cost: float, salvage: float, life: float, start: float, end: float, factor: float = 2.0, no_switch: bool = False
) -> float:
    _need(cost >= 0 and salvage >= 0 and life > 0 and 0 <= start <= end <= life and factor > 0)
    gone = start - math.trunc(start)  # periods are counted from the start, as Excel's numbers show
    times = (_until(cost, salvage, life, factor, time - gone, not no_switch, gone) for time in (end, start))
    return finite(next(times) - next(times))


def first_part(context: Context, bought: float, first: float, basis: float) -> float:
    """The part of a year from the purchase to the end of the first period; a whole year where they are one day.

    Faults: #NUM!, also for basis 2, which Excel refuses.
    """
    start, end, by = whole_day(bought, context.date_1904), whole_day(first, context.date_1904), whole_basis(basis)
    _need(start <= end and by != 2)
    year = day_of(start, context.date_1904).year
    length = (366.0 if is_leap(year) else 365.0) if by == 1 else 365.0 if by == 3 else 360.0
    if by in (1, 3):  # the 29th of February counts as the 28th
        start, end = (day - (day_of(day, context.date_1904)[1:] == (2, 29)) for day in (start, end))
    return days_between(start, end, by, context.date_1904) / length or 1.0


def _whole_period(cost: float, salvage: float, rate: float, period: float) -> int:
    """The period truncated. Faults: #NUM! for arguments that both functions refuse."""
    _need(cost >= 0 and 0 <= salvage <= cost and rate > 0 and 0 <= period <= _MOST_PERIODS)
    return math.trunc(period)


@function(
    "AMORLINC(cost: number!, purchased: number!, first_period: number!, salvage: number!, period: number!, rate: "
    "number!, [basis: number!])",
    _ONE, _PIECEWISE, "The French straight-line depreciation, the first period by its days.", context=True,
    subgradient="where the salvage value is reached exactly, that of the full part",
    cases=(("AMORLINC(2400,39679,39813,300,1,0.15,1)", 360),
           ("AMORLINC(2400,39679,39813,300,0,0.15,1)", 360 * 134 / 366),
           ("AMORLINC(2400,39679,39813,300,9,0.15,1)", 0), ("AMORLINC(2400,39679,39813,300,1,0.15,2)", CellError.NUM)),
)  # fmt: skip
def amorlinc(
    context: Context, cost: float, purchased: float, first_period: float, salvage: float, period: float, rate: float,
    basis: float = 0.0,
) -> float:  # fmt: skip
    when = _whole_period(cost, salvage, rate, period)
    part = first_part(context, purchased, first_period, basis)
    first = min(part * rate * cost, cost - salvage)
    if when == 0:
        return finite(first)
    lost = first + (when - 1) * rate * cost
    return finite(min(rate * cost, max(cost - salvage - lost, 0.0)))


@function(
    "AMORDEGRC(cost: number!, purchased: number!, first_period: number!, salvage: number!, period: number!, rate: "
    "number!, [basis: number!])",
    _ONE, Smoothness.STEP,
    "The French declining depreciation, in whole units, with a coefficient by the life of the asset.", context=True,
    cases=(("AMORDEGRC(2400,39679,39813,300,1,0.15,1)", 776),
           ("AMORDEGRC(2400,39679,39813,300,1,0.4,1)", CellError.NUM),
           ("AMORDEGRC(2400,39679,39813,300,9,0.15,1)", 0),
           ("AMORDEGRC(2400,39679,39813,300,1,0.15,2)", CellError.NUM)),
)  # fmt: skip
def amordegrc(
    context: Context, cost: float, purchased: float, first_period: float, salvage: float, period: float, rate: float,
    basis: float = 0.0,
) -> float:  # fmt: skip
    when = _whole_period(cost, salvage, rate, period)
    _need(rate > 1 / _MOST_PERIODS and not 0 < 1 / rate < 3 and not 4 < 1 / rate < 5)
    life = math.ceil(1 / rate)
    if cost == salvage or when > life:
        return 0.0
    share = rate * (1.5 if life <= 4 else 2.0 if life <= 6 else 2.5)
    part = first_part(context, purchased, first_period, basis)
    periods = life if first_period == purchased else life + 1
    lost = _rounded(min(part * share * cost, cost - salvage))
    if when == 0:
        return lost
    left = cost - lost
    lost = 0.0
    for number in range(1, when + 1):
        # Half of what is left in the last period but one, all of it in the last.
        halved = periods - number - 1 == 2
        lost = max(left - salvage, 0.0) if left < salvage else left * (0.5 if halved else share)
        share = 1.0 if halved else share
        left -= lost
    return _rounded(lost)


def _rounded(number: float) -> float:
    return float(math.floor(number + 0.5))
