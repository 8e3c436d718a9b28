"""Dates and times written as text, as Excel reads them where the locale is English (United States).

Excel reads such text by the settings of the machine it runs on; a file does not say which those were. Here it is
always month/day/year. What is read:

- dates in numbers: ``1/31/2020``, ``1-31-20``, ``2020/1/31``, ``2020-01-31``, ``1/31`` (this year), ``1/2020`` (the
  first of the month);
- dates with the name of the month, in full or in three letters: ``31-Jan-2020``, ``31 January 20``, ``31Jan2020``,
  ``January 31, 2020``, ``Jan-31`` (this year), ``31-Jan`` (this year), ``Jan 2020`` and ``Jan-45`` (the first);
- years of two digits: 00 to 29 are 2000 to 2029, 30 to 99 are 1930 to 1999;
- times: ``18:30``, ``18:30:15.5``, ``6:30 PM``, ``6 p``, hours up to 9999 where there is no AM or PM;
- a date, blanks and a time, whose hours beyond 24 are days more.

What Excel leaves a text is none here either: ``31/1/2020``, ``1.1.2020``, ``6:30PM`` without the blank, an ISO date
with a T, names of weekdays. A date without a year is this year's, so it depends on the clock, as it does in Excel.

Source: Microsoft, "DATEVALUE function", "TIMEVALUE function" and "Change the date system, format, or two-digit year
interpretation".
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import NamedTuple

from cellgrad.functions.dates_calendar import days_in_month, last_day, serial_of

SECONDS_A_DAY = 86400

_NAMES = "january february march april may june july august september october november december"
_MONTHS = {name: number for number, full in enumerate(_NAMES.split(), 1) for name in (full, full[:3])}
_NAME = "(?P<name>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + ")"
_GAP = r"(?: *[-/, ] *)"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<month>\d{1,2}) *[-/] *(?P<day>\d{1,2}) *[-/] *(?P<year>\d{4}|\d{1,2})",
        r"(?P<year>\d{4}) *[-/] *(?P<month>\d{1,2}) *[-/] *(?P<day>\d{1,2})",
        r"(?P<month>\d{1,2}) *[-/] *(?P<year>\d{4})",
        r"(?P<year>\d{4}) *[-/] *(?P<month>\d{1,2})",
        r"(?P<month>\d{1,2}) *[-/] *(?P<either>\d{1,2})",
        rf"(?P<day>\d{{1,2}}){_GAP}?{_NAME}{_GAP}?(?P<year>\d{{4}}|\d{{1,2}})",
        rf"{_NAME}{_GAP}?(?P<day>\d{{1,2}})(?: *, *| +|-|/)(?P<year>\d{{4}}|\d{{1,2}})",
        rf"(?P<year>\d{{4}}){_GAP}{_NAME}{_GAP}(?P<day>\d{{1,2}})",
        rf"(?P<day>\d{{1,2}}){_GAP}?{_NAME}",
        rf"{_NAME}{_GAP}?(?P<year>\d{{4}})",
        rf"{_NAME}{_GAP}?(?P<either>\d{{1,2}})",
    )
)
_DIGIT = re.compile(r"\d")
_TIME = re.compile(
    r"(?P<hour>\d{1,4})(?: *: *(?P<minute>\d{1,2})(?: *: *(?P<second>\d{1,2}(?:\.\d*)?))?)?(?: +(?P<half>[ap])m?)?"
)


class Moment(NamedTuple):
    """What a text says: a whole number of days, and the part of a day; hours beyond 24 are days in `time`."""

    date: int | None
    time: float | None

    @property
    def serial(self) -> float:
        return (self.date or 0) + (self.time or 0.0)


def _this_year() -> int:
    return datetime.date.today().year


def read_moment(text: str, date_1904: bool = False, this_year: Callable[[], int] = _this_year) -> Moment | None:
    """The date, time or both that a text says; None where Excel reads neither (a plain number is neither).

    this_year: asked where a date has no year.
    """
    folded = text.strip(" ").lower()
    if len(folded) > 60 or not (folded.isascii() and folded[:1].isalnum() and _DIGIT.search(folded)):
        return None
    time = _read_time(folded)
    if time is not None:
        return Moment(None, time)
    date = _read_date(folded, date_1904, this_year)
    if date is not None:
        return Moment(date, None)
    for blank in re.finditer(" +", folded):
        time = _read_time(folded[blank.end() :])
        if time is not None:
            date = _read_date(folded[: blank.start()], date_1904, this_year)
            if date is not None:
                return Moment(date, time)
    return None


def _read_time(text: str) -> float | None:
    match = _TIME.fullmatch(text)
    if match is None or (match["minute"] is None and match["half"] is None):
        return None
    hour, minute, second = int(match["hour"]), int(match["minute"] or 0), float(match["second"] or 0)
    if minute > 59 or second > 60:  # 23:59:60 is read, and is the next midnight
        return None
    if match["half"] is not None:
        if hour > 12:
            return None
        hour = hour % 12 + (12 if match["half"] == "p" else 0)
    return (hour * 3600 + minute * 60 + second) / SECONDS_A_DAY


def _read_date(text: str, date_1904: bool, this_year: Callable[[], int]) -> int | None:
    for pattern in _DATES:
        match = pattern.fullmatch(text)
        if match is not None:
            found = _checked(match.groupdict(), date_1904, this_year)
            if found is not None:
                return found
    return None


def _checked(parts: dict[str, str | None], date_1904: bool, this_year: Callable[[], int]) -> int | None:
    """The number of a day, None where there is no such day."""
    name, either = parts.get("name"), parts.get("either")
    month = _MONTHS[name] if name else int(parts["month"] or 0)
    if not 1 <= month <= 12:
        return None
    written = parts.get("year")
    day = int(parts.get("day") or 1)
    if either is not None:
        year = this_year()
        if 1 <= int(either) <= days_in_month(year, month):
            day = int(either)
        else:  # no such day, so it is a year
            year = _full_year(either)
    else:
        year = this_year() if written is None else _full_year(written)
    if not (1900 <= year <= 9999 and 1 <= day <= days_in_month(year, month)):
        return None
    serial = serial_of(year, month, day, date_1904)
    return serial if 0 <= serial <= last_day(date_1904) else None


def _full_year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year < 30 else 1900)
