"""How far apart two dates are, in days, months, years, and parts of years."""

from __future__ import annotations

from cellgrad.functions.context import Context
from cellgrad.functions.dates import whole_day
from cellgrad.functions.dates_calendar import Day, day_of, serial_of
from cellgrad.functions.dates_daycount import (
    days_of_360,
    european_360,
    is_end_of_february,
    whole_basis,
    year_fraction,
)
from cellgrad.functions.dates_text import SECONDS_A_DAY
from cellgrad.functions.operands import Fault
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError

_ONE, _STEP = Shape.ELEMENTWISE, Smoothness.STEP


@function(
    "DAYS(end: number, start: number)", _ONE, _STEP, "Whole days from the start to the end.", context=True,
    cases=(('DAYS("3/15/2021","2/1/2021")', 42), ("DAYS(44561,44197)", 364), ("DAYS(1,2.9)", -1),
           ("DAYS(-1,0)", CellError.NUM), ('DAYS("x",1)', CellError.VALUE)),
)  # fmt: skip
def days(context: Context, end: float, start: float) -> float:
    return float(whole_day(end, context.date_1904) - whole_day(start, context.date_1904))


@function(
    "DAYS360(start: number, end: number, [european: logical])", _ONE, _STEP,
    "Days between dates where every month has 30.", context=True,
    cases=(("DAYS360(40573,40575)", 1), ("DAYS360(40544,40908)", 360), ("DAYS360(40544,40575)", 30),
           ("DAYS360(40602,40633)", 30), ("DAYS360(40602,40633,TRUE)", 32), ("DAYS360(40575,40544)", -30),
           ("DAYS360(45992.000001,46000.999999)", 9), ("DAYS360(-1,0)", CellError.NUM)),
)  # fmt: skip
def days360(context: Context, start: float, end: float, european: bool = False) -> float:
    # As Excel stores it: the last half second of a day is the next day here, where DAYS and YEARFRAC leave it.
    first, last = (
        day_of(whole_day(date + 0.5 / SECONDS_A_DAY, context.date_1904), context.date_1904) for date in (start, end)
    )
    if european:
        return float(european_360(first, last))
    begin = 30 if is_end_of_february(first) else min(first.day, 30)
    return float(days_of_360(first, last, begin, 30 if last.day == 31 and begin == 30 else last.day))


@function(
    "YEARFRAC(start: number!, end: number!, [basis: number!])", _ONE, _STEP,
    "The part of a year between two dates, by the basis of the count.", context=True,
    cases=(("YEARFRAC(40909,41120)", 0.580555555555556), ("YEARFRAC(40909,41120,1)", 211 / 366),
           ("YEARFRAC(40909,41120,3)", 211 / 365), ("YEARFRAC(41120,40909)", 209 / 360),
           ("YEARFRAC(40909,41120,2)", 211 / 360), ("YEARFRAC(36525,37986,1)", 1461 / (1826 / 5)),
           ("YEARFRAC(40909,41120,5)", CellError.NUM), ("YEARFRAC(-1,1)", CellError.NUM)),
)  # fmt: skip
def yearfrac(context: Context, start: float, end: float, basis: float = 0.0) -> float:
    first, last = whole_day(start, context.date_1904), whole_day(end, context.date_1904)
    return year_fraction(first, last, whole_basis(basis), context.date_1904)


@function(
    "DATEDIF(start: number, end: number, unit: text)", _ONE, _STEP,
    'Whole years "Y", months "M" or days "D" between two dates; days without the months "MD" or the years "YD", months '
    'without the years "YM". As Excel counts, "MD" may come out below zero.',
    context=True,
    cases=(('DATEDIF("1/1/2001","1/1/2003","Y")', 2), ('DATEDIF("6/1/2001","8/15/2002","D")', 440),
           ('DATEDIF("6/1/2001","8/15/2002","YD")', 75), ('DATEDIF("6/1/2001","8/15/2002","md")', 14),
           ('DATEDIF("6/1/2001","8/15/2002","YM")', 2), ('DATEDIF("6/30/2001","8/15/2002","M")', 13),
           ('DATEDIF("1/31/2011","3/1/2011","MD")', -2), ('DATEDIF(2,1,"D")', CellError.NUM),
           ('DATEDIF(1,2,"W")', CellError.NUM)),
)  # fmt: skip
def datedif(context: Context, start: float, end: float, unit: str) -> float:
    first, last = whole_day(start, context.date_1904), whole_day(end, context.date_1904)
    if first > last:
        raise Fault(CellError.NUM)
    a, b = day_of(first, context.date_1904), day_of(last, context.date_1904)
    months = (b.year - a.year) * 12 + b.month - a.month - (b.day < a.day)
    match unit.upper():
        case "Y":
            return float(months // 12)
        case "M":
            return float(months)
        case "D":
            return float(last - first)
        case "YM":
            return float(months % 12)
        case "MD":
            return float(_days_beyond_months(a, b, last, context.date_1904))
        case "YD":
            return float(_days_beyond_years(a, b, first, context.date_1904))
    raise Fault(CellError.NUM)


def _days_beyond_months(a: Day, b: Day, last: int, date_1904: bool) -> int:
    """From the start's day in the end's month, or the one before; a month that is too short runs into the next."""
    if b.day >= a.day:
        return b.day - a.day
    return last - serial_of(b.year, b.month - 1, a.day, date_1904)


def _days_beyond_years(a: Day, b: Day, first: int, date_1904: bool) -> int:
    """To the end's day in the start's year, or the one after: whether that one is a leap year is what counts."""
    year = a.year + ((b.month, b.day) < (a.month, a.day))
    return serial_of(year, b.month, b.day, date_1904) - first
