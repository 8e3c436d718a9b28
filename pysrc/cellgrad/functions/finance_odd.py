"""Securities whose first or last coupon period is longer or shorter than the others: ODDFPRICE, ODDLPRICE and yields.

An odd period is cut into regular ones, back from its coupon or on to the maturity; the parts that its days fill of them
are the shares of a coupon that it pays.

Source: Microsoft, "ODDFPRICE function" and its kin, with the cut as Excel's numbers show it (see finance_coupons).
"""

from __future__ import annotations

from typing import NamedTuple

from cellgrad.functions.context import Context
from cellgrad.functions.dates import whole_day
from cellgrad.functions.dates_calendar import day_of
from cellgrad.functions.dates_daycount import american_360, days_between, whole_basis
from cellgrad.functions.expected import Shown
from cellgrad.functions.finance_coupons import Schedule, coupon_date, need, schedule, whole_frequency
from cellgrad.functions.finance_securities import level, yield_a_period
from cellgrad.functions.operands import finite
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError

_ONE, _SMOOTH = Shape.ELEMENTWISE, Smoothness.SMOOTH


class OddFirst(NamedTuple):
    """A security before its odd first coupon.

    part: periods to that coupon; share: what it pays, in coupons; number: it and the regular ones after it; accrued:
    coupons accrued at the settlement.
    """

    part: float
    share: float
    number: int
    accrued: float


class OddLast(NamedTuple):
    """A security in its odd last period, all in coupons: what it pays, what has accrued, what is still to accrue."""

    paid: float
    accrued: float
    left: float


def odd_first(
    context: Context, settlement: float, maturity: float, issue: float, first_coupon: float, frequency: float,
    basis: float,
) -> OddFirst:  # fmt: skip
    """Faults: #NUM! unless issue, settlement, first coupon and maturity follow each other."""
    system = context.date_1904
    day, end, start, first = (whole_day(date, system) for date in (settlement, maturity, issue, first_coupon))
    often, by = whole_frequency(frequency), whole_basis(basis)
    need(start < day < first < end)
    before = schedule(day, first, often, by, system)
    filled = days_between(start, first, by, system)
    if filled < before.length:
        number = schedule(day, end, often, by, system).number
        to_come, accrued = (days_between(a, b, by, system) / before.length for a, b in ((day, first), (start, day)))
        return OddFirst(to_come, filled / before.length, number, accrued)
    share, accrued = _long_first(start, day, first, before)
    to_come = before.days_to_next if by in (2, 3) else before.to_come
    number = 1 + schedule(first, end, often, by, system).number
    return OddFirst(before.number - 1 + to_come / before.length, share, number, accrued)


def _long_first(issue: int, settlement: int, first: int, before: Schedule) -> tuple[float, float]:
    """(what the first coupon pays, what of it has accrued), period by period back to the issue."""
    basis, system = before.basis, before.date_1904
    months = 12 // before.frequency
    share = accrued = 0.0
    late, back = first, 0
    while late > issue:
        back += 1
        early = coupon_date(first, -back * months, system, to_end=False)
        length = float(late - early) if basis == 1 else before.length
        share += 1.0 if early > issue else days_between(issue, late, basis, system) / length
        begin, end = max(issue, early), min(settlement, late)
        if begin < end:
            accrued += days_between(begin, end, basis, system) / length
        late = early
    return share, accrued


def odd_last(
    context: Context, settlement: float, maturity: float, last_interest: float, frequency: float, basis: float
) -> OddLast:
    """Faults: #NUM! unless last interest, settlement and maturity follow each other."""
    system = context.date_1904
    day, end, last = (whole_day(date, system) for date in (settlement, maturity, last_interest))
    often, by = whole_frequency(frequency), whole_basis(basis)
    need(last < day < end)
    months = 12 // often
    paid = accrued = left = 0.0
    early, on = last, 0
    while early < end:
        on += 1
        late = coupon_date(last, on * months, system, to_end=False)
        length = _counted(early, late, by, system)
        filled = length if late < end else _counted(early, min(late, end), by, system)
        paid += filled / length
        if late < day:
            accrued += filled / length
        elif early < day:
            accrued += days_between(early, day, by, system) / length
        begin, stop = max(day, early), min(end, late)
        if begin < stop:
            left += days_between(begin, stop, by, system) / length
        early = late
    return OddLast(paid, accrued, left)


def _counted(first: int, last: int, basis: int, date_1904: bool) -> float:
    """Days of a period; with basis 0 both ends of February and both 31sts count as the 30th."""
    if basis == 0:
        return float(american_360(day_of(first, date_1904), day_of(last, date_1904), both=True))
    return float(days_between(first, last, basis, date_1904))


@function(
    "ODDFPRICE(settlement: number!, maturity: number!, issue: number!, first_coupon: number!, rate: number!, yld: "
    "number!, redemption: number!, frequency: number!, [basis: number!])",
    _ONE, _SMOOTH, "The price of a security with an odd first period.", context=True,
    cases=(("ODDFPRICE(39763,44256,39736,39873,0.0785,0.0625,100,2,1)", Shown("113.597717")),
           ("ODDFPRICE(39763,44256,39736,39873,-0.1,0.0625,100,2,1)", CellError.NUM),
           ("ODDFPRICE(39736,44256,39763,39873,0.1,0.0625,100,2,1)", CellError.NUM)),
)  # fmt: skip
def oddfprice(
    context: Context, settlement: float, maturity: float, issue: float, first_coupon: float, rate: float, yld: float,
    redemption: float, frequency: float, basis: float = 0.0,
) -> float:  # fmt: skip
    part, share, number, accrued = odd_first(context, settlement, maturity, issue, first_coupon, frequency, basis)
    need(rate >= 0 and yld >= 0 and redemption > 0)
    often = whole_frequency(frequency)
    coupon, x = 100 * rate / often, 1 + yld / often
    later = redemption * x ** (1 - number) + coupon * (share - 1 + level(x, number))
    return finite(later * x**-part - coupon * accrued)


@function(
    "ODDFYIELD(settlement: number!, maturity: number!, issue: number!, first_coupon: number!, rate: number!, pr: "
    "number!, redemption: number!, frequency: number!, [basis: number!])",
    _ONE, _SMOOTH, "The yield of a security with an odd first period.", context=True,
    cases=(("ODDFYIELD(39763,44256,39736,39873,0.0575,84.5,100,2,0)", Shown("0.077245542")),
           ("ODDFYIELD(39763,44256,39736,39873,0.0575,0,100,2,0)", CellError.NUM),
           ("ODDFYIELD(39736,44256,39763,39873,0.1,90,100,2,1)", CellError.NUM)),
)  # fmt: skip
def oddfyield(
    context: Context, settlement: float, maturity: float, issue: float, first_coupon: float, rate: float, pr: float,
    redemption: float, frequency: float, basis: float = 0.0,
) -> float:  # fmt: skip
    part, share, number, accrued = odd_first(context, settlement, maturity, issue, first_coupon, frequency, basis)
    need(rate >= 0 and pr > 0 and redemption > 0)
    often = whole_frequency(frequency)
    coupon = 100 * rate / often
    return finite(yield_a_period(part, number, share, coupon, redemption, pr + coupon * accrued) * often)


@function(
    "ODDLPRICE(settlement: number!, maturity: number!, last_interest: number!, rate: number!, yld: number!, "
    "redemption: number!, frequency: number!, [basis: number!])",
    _ONE, _SMOOTH, "The price of a security with an odd last period.", context=True,
    cases=(("ODDLPRICE(39485,39614,39370,0.0375,0.0405,100,2,0)", Shown("99.87829")),
           ("ODDLPRICE(39485,39614,39370,-0.1,0.0405,100,2,0)", CellError.NUM),
           ("ODDLPRICE(39370,39614,39485,0.1,0.0405,100,2,0)", CellError.NUM)),
)  # fmt: skip
def oddlprice(
    context: Context, settlement: float, maturity: float, last_interest: float, rate: float, yld: float,
    redemption: float, frequency: float, basis: float = 0.0,
) -> float:  # fmt: skip
    paid, accrued, left = odd_last(context, settlement, maturity, last_interest, frequency, basis)
    need(rate >= 0 and yld >= 0 and redemption > 0)
    often = whole_frequency(frequency)
    coupon = 100 * rate / often
    return finite((redemption + coupon * paid) / (1 + left * yld / often) - coupon * accrued)


@function(
    "ODDLYIELD(settlement: number!, maturity: number!, last_interest: number!, rate: number!, pr: number!, "
    "redemption: number!, frequency: number!, [basis: number!])",
    _ONE, _SMOOTH, "The yield of a security with an odd last period.", context=True,
    cases=(("ODDLYIELD(39558,39614,39440,0.0375,99.875,100,2,0)", Shown("0.045192")),
           ("ODDLYIELD(39558,39614,39440,0.0375,0,100,2,0)", CellError.NUM),
           ("ODDLYIELD(39440,39614,39558,0.1,99,100,2,0)", CellError.NUM)),
)  # fmt: skip
def oddlyield(
    context: Context, settlement: float, maturity: float, last_interest: float, rate: float, pr: float,
    redemption: float, frequency: float, basis: float = 0.0,
) -> float:  # fmt: skip
    paid, accrued, left = odd_last(context, settlement, maturity, last_interest, frequency, basis)
    need(rate >= 0 and pr > 0 and redemption > 0)
    often = whole_frequency(frequency)
    coupon = 100 * rate / often
    return finite(((redemption + coupon * paid) / (pr + coupon * accrued) - 1) * often / left)
