"""How finance counts days and years: the five bases of YEARFRAC and of the functions on securities.

A basis is 0 (30/360 as in the United States), 1 (actual days), 2 (actual days of a year of 360), 3 (of 365) or
4 (30/360 as in Europe).

Source: Microsoft, [MS-OI29500] 2.1.1072; Wheeler, "YEARFRAC Incompatibilities between Excel 2007 and OOXML" (2008), who
found the rules of basis 0 and 1 that Microsoft's pages leave open.
"""

from __future__ import annotations

import math

from cellgrad.functions.dates_calendar import Day, day_of, is_last_of_month, is_leap, serial_of
from cellgrad.functions.operands import Fault
from cellgrad.values import CellError


def whole_basis(basis: float) -> int:
    """The basis truncated. Faults: #NUM! for any but 0 to 4."""
    if not 0 <= basis < 5:
        raise Fault(CellError.NUM)
    return math.trunc(basis)


def days_of_360(first: Day, last: Day, start: int, end: int) -> int:
    """Days between two dates where every month has 30, with the days of the month that count for them."""
    return (last.year - first.year) * 360 + (last.month - first.month) * 30 + end - start


def european_360(first: Day, last: Day) -> int:
    """The 31st counts as the 30th."""
    return days_of_360(first, last, min(first.day, 30), min(last.day, 30))


def is_end_of_february(day: Day) -> bool:
    return day.month == 2 and is_last_of_month(day)


def american_360(first: Day, last: Day, both: bool = False) -> int:
    """The end of February counts as the 30th, at the end only if it does at the start; the 31st counts as the 30th, at
    the end only after a start on the 30th or 31st. `both`: at the end whatever the start, as for a coupon's length."""
    start, end = first.day, last.day
    if is_end_of_february(last) and (both or is_end_of_february(first)):
        end = 30
    if end == 31 and (both or start >= 30):
        end = 30
    return days_of_360(first, last, 30 if is_end_of_february(first) else min(start, 30), end)


def days_between(first: int, last: int, basis: int, date_1904: bool = False) -> int:
    """The days that count from one date to a later one."""
    if basis in (1, 2, 3):
        return last - first
    rule = american_360 if basis == 0 else european_360
    return rule(day_of(first, date_1904), day_of(last, date_1904))


def days_in_year(first: int, last: int, basis: int, date_1904: bool = False) -> float:
    """The days of the year that a fraction of a year from `first` to `last` is measured by."""
    if basis == 1:
        return _actual_year(day_of(first, date_1904), day_of(last, date_1904))
    return 365.0 if basis == 3 else 360.0


def _actual_year(first: Day, last: Day) -> float:
    """Within a year: 366 if a 29th of February lies in it, else 365. Beyond, the mean of the calendar years touched."""
    one = first.year == last.year
    if one or (last.year == first.year + 1 and (first.month, first.day) >= (last.month, last.day)):
        if one:
            leap = is_leap(first.year)
        else:
            leap = (is_leap(first.year) and first.month <= 2) or (
                is_leap(last.year) and (last.month > 2 or (last.month, last.day) == (2, 29))
            )
        return 366.0 if leap else 365.0
    years = last.year - first.year + 1
    return (serial_of(last.year + 1, 1, 1) - serial_of(first.year, 1, 1)) / years


def year_fraction(first: int, last: int, basis: int, date_1904: bool = False) -> float:
    """The part of a year between two dates, in either order."""
    if first > last:
        first, last = last, first
    return days_between(first, last, basis, date_1904) / days_in_year(first, last, basis, date_1904)
