"""Interest at maturity and interest accrued: PRICEMAT, YIELDMAT, ACCRINTM, ACCRINT."""

from __future__ import annotations

from typing import NamedTuple

from cellgrad.functions.context import Context
from cellgrad.functions.dates import whole_day
from cellgrad.functions.dates_calendar import day_of
from cellgrad.functions.dates_daycount import american_360, days_between, days_in_year, whole_basis
from cellgrad.functions.expected import Shown
from cellgrad.functions.finance_coupons import coupon_date, need, whole_frequency
from cellgrad.functions.finance_securities import year_part
from cellgrad.functions.operands import finite
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError

_ONE, _SMOOTH = Shape.ELEMENTWISE, Smoothness.SMOOTH
_MOST_COUPONS = 100_000


class Parts(NamedTuple):
    """Parts of a year: from the issue to the maturity, to the settlement, and between these two."""

    whole: float
    accrued: float
    left: float


def maturity_parts(context: Context, settlement: float, maturity: float, issue: float, basis: float) -> Parts:
    """The parts that PRICEMAT and YIELDMAT are made of. Faults: #NUM!."""
    system = context.date_1904
    start, end, first = (whole_day(day, system) for day in (settlement, maturity, issue))
    by = whole_basis(basis)
    need(first < start < end)
    year = days_in_year(first, start, by, system)
    whole, accrued = (days_between(first, day, by, system) / year for day in (end, start))
    return Parts(whole, accrued, whole - accrued)


@function(
    "PRICEMAT(settlement: number!, maturity: number!, issue: number!, rate: number!, yld: number!, [basis: number!])",
    _ONE, _SMOOTH, "The price of a security that pays interest at maturity.", context=True,
    cases=(("PRICEMAT(39493,39551,39397,0.061,0.061,0)", Shown("99.98449888")),
           ("PRICEMAT(39493,39551,39397,-1,0,0)", CellError.NUM),
           ("PRICEMAT(39551,39493,39397,0.1,0.1,0)", CellError.NUM)),
)  # fmt: skip
def pricemat(
    context: Context, settlement: float, maturity: float, issue: float, rate: float, yld: float, basis: float = 0.0
) -> float:
    whole, accrued, left = maturity_parts(context, settlement, maturity, issue, basis)
    need(rate >= 0 and yld >= 0)
    return finite(100 * ((1 + whole * rate) / (1 + left * yld) - accrued * rate))


@function(
    "YIELDMAT(settlement: number!, maturity: number!, issue: number!, rate: number!, pr: number!, [basis: number!])",
    _ONE, _SMOOTH, "The yield of a security that pays interest at maturity.", context=True,
    cases=(("YIELDMAT(39522,39755,39394,0.0625,100.0123,0)", Shown("0.060954")),
           ("YIELDMAT(39522,39755,39394,0.1,0,0)", CellError.NUM),
           ("YIELDMAT(39755,39522,39394,0.1,99,0)", CellError.NUM)),
)  # fmt: skip
def yieldmat(
    context: Context, settlement: float, maturity: float, issue: float, rate: float, pr: float, basis: float = 0.0
) -> float:
    whole, accrued, left = maturity_parts(context, settlement, maturity, issue, basis)
    need(rate >= 0 and pr > 0)
    return finite(((1 + whole * rate) / (pr / 100 + accrued * rate) - 1) / left)


@function(
    "ACCRINTM(issue: number!, settlement: number!, rate: number!, par: number!, [basis: number!])", _ONE, _SMOOTH,
    "The interest accrued on a security that pays it at maturity.", context=True,
    cases=(("ACCRINTM(39539,39614,0.1,1000,3)", Shown("20.54794521")),
           ("ACCRINTM(39539,39614,0,1000,3)", CellError.NUM),
           ("ACCRINTM(39614,39539,0.1,1000,3)", CellError.NUM)),
)  # fmt: skip
def accrintm(context: Context, issue: float, settlement: float, rate: float, par: float, basis: float = 0.0) -> float:
    part = year_part(context, issue, settlement, basis)
    need(rate > 0 and par > 0)
    return finite(par * rate * part)


def accrued_coupons(
    context: Context, issue: float, first_interest: float, settlement: float, frequency: float, basis: float,
    from_issue: bool,
) -> float:  # fmt: skip
    """How many coupons have accrued at the settlement: parts of periods, whole ones before them only `from_issue`."""
    system = context.date_1904
    start, first, end = (whole_day(day, system) for day in (issue, first_interest, settlement))
    often, by = whole_frequency(frequency), whole_basis(basis)
    need(start < end)
    months = 12 // often
    step = -1
    if end > first and from_issue:
        while coupon_date(first, (step + 1) * months, system) < end:
            step += 1
            need(step < _MOST_COUPONS)
        step -= coupon_date(first, step * months, system) >= end
    previous = coupon_date(first, step * months, system)
    need(previous >= 0)
    # Basis 1 measures by the period before the first coupon, wherever the settlement lies, as Excel's numbers show.
    actual = first - coupon_date(first, -months, system)
    length = float(actual) if by == 1 else (365.0 if by == 3 else 360.0) / often
    total = days_between(max(start, previous), end, by, system) / length
    while previous > start:
        step -= 1
        following, previous = previous, coupon_date(first, step * months, system)
        need(previous >= 0)
        if start <= previous:
            total += 1.0 if from_issue else 0.0
        else:
            total += _part(start, previous, following, by, often, system)
    return total


def _part(start: int, previous: int, following: int, basis: int, frequency: int, system: bool) -> float:
    """The part of a coupon period that lies after a start within it."""
    a, b, c = (day_of(day, system) for day in (start, previous, following))
    if basis == 0:
        return american_360(a, c) / american_360(b, c, both=True)
    if basis == 3:
        return (following - start) / (365 / frequency)
    whole = american_360(b, c) if basis == 2 else days_between(previous, following, basis, system)
    return days_between(start, following, basis, system) / whole


@function(
    "ACCRINT(issue: number!, first_interest: number!, settlement: number!, rate: number!, par: number!, frequency: "
    "number!, [basis: number!, from_issue: logical])",
    _ONE, _SMOOTH, "The interest accrued on a security with coupons; from the issue unless told not to.", context=True,
    cases=(("ACCRINT(39508,39691,39569,0.1,1000,2,0)", Shown("16.666667")),
           ("ACCRINT(39512,39691,39569,0.1,1000,2,0,FALSE)", Shown("15.555556")),
           ("ACCRINT(39543,39691,39569,0.1,1000,2,0,TRUE)", Shown("7.2222222")),
           # As Excel stores them: settlements after the first coupon, by actual days.
           ("ACCRINT(44348,44531,44621,0.025,5000,2,1)", 62.5 * (1 + 90 / 183)),
           ("ACCRINT(43831,44013,44197,0.025,5000,2,1)", 62.5 * (1 + 184 / 182)),
           ("ACCRINT(39508,39691,39569,0,1000,2,0)", CellError.NUM),
           ("ACCRINT(39569,39691,39508,0.1,1000,2)", CellError.NUM)),
)  # fmt: skip
def accrint(
    context: Context, issue: float, first_interest: float, settlement: float, rate: float, par: float, frequency: float,
    basis: float = 0.0, from_issue: bool = True,
) -> float:  # fmt: skip
    coupons = accrued_coupons(context, issue, first_interest, settlement, frequency, basis, from_issue)
    need(rate > 0 and par > 0)
    return finite(par * rate / whole_frequency(frequency) * coupons)
