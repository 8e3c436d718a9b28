"""Excel's calendar: day numbers into years, months and days, and back.

In the 1900 system day 1 is 1900-01-01 and day 60 the 29th of February 1900, which never was; day 0 shows as the
"0th" of January 1900. In the 1904 system day 0 is 1904-01-01. Both end with 9999-12-31. Days are whole
numbers throughout.

Source: Microsoft, "Differences between the 1900 and the 1904 date system in Excel" and "Excel incorrectly assumes that
the year 1900 is a leap year"; day counts by Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013).
"""

from __future__ import annotations

from typing import NamedTuple

LAST_DAY_1900 = 2958465
LAST_DAY_1904 = 2957003
SYSTEMS_APART = 1462
"""How many days later the 1904 system begins."""

_EPOCH_1900 = -25568
"""1899-12-31, in days since 1970-01-01; from March 1900 on the false leap day moves it back by one."""
_FALSE_LEAP_DAY = 60


class Day(NamedTuple):
    """A day of the calendar as YEAR, MONTH and DAY show it."""

    year: int
    month: int
    day: int


def _from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a day of the Gregorian calendar, extended both ways."""
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def _to_civil(days: int) -> Day:
    days += 719468
    era = days // 146097
    of_era = days - era * 146097
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return Day(year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1)


def last_day(date_1904: bool = False) -> int:
    """The number of 9999-12-31."""
    return LAST_DAY_1904 if date_1904 else LAST_DAY_1900


def day_of(serial: int, date_1904: bool = False) -> Day:
    """The day of a number from 0 to `last_day`."""
    if date_1904:
        serial += SYSTEMS_APART
    elif serial <= _FALSE_LEAP_DAY:
        if serial == 0:
            return Day(1900, 1, 0)
        if serial == _FALSE_LEAP_DAY:
            return Day(1900, 2, 29)
        serial += 1
    return _to_civil(serial + _EPOCH_1900 - 1)


def serial_of(year: int, month: int, day: int, date_1904: bool = False) -> int:
    """The number of a day; months and days beyond their ends count on into the next, or back. May come out negative."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    first = _from_civil(year, month, 1) - _EPOCH_1900
    if (year, month) > (1900, 2):
        first += 1
    return first + day - 1 - (SYSTEMS_APART if date_1904 else 0)


def is_leap(year: int) -> bool:
    """Whether Excel gives the year a 29th of February; for 1900 it does not when it counts days of months by years."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    """How many days a month has; 29 for February 1900, as Excel's own calendar shows it."""
    if month == 2:
        return 29 if is_leap(year) or year == 1900 else 28
    return 30 if month in (4, 6, 9, 11) else 31


def is_last_of_month(day: Day) -> bool:
    """Whether a day is the last of its month."""
    return day.day == days_in_month(day.year, day.month)


def months_later(serial: int, months: int, date_1904: bool = False) -> int:
    """The same day of the month so many months on, or the last of a month that is too short. May be out of range."""
    year, month, day = day_of(serial, date_1904)
    year, month = year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1
    return serial_of(year, month, min(day, days_in_month(year, month)), date_1904)


def weekday(serial: int, date_1904: bool = False) -> int:
    """0 for Monday to 6 for Sunday. Before March 1900 Excel's weekdays are one day off, as its days are."""
    return (serial + (SYSTEMS_APART if date_1904 else 0) - 2) % 7
