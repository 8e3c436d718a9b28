"""Dates and times in number formats: serial numbers as text.

Day 1 is 1900-01-01, day 60 is the 29th of February 1900 that never was, and day 0 is written as 1900-01-00.
Source: Microsoft, "Number format codes" and "Differences between the 1900 and the 1904 date system in Excel".
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from cellgrad.errors import UnsupportedError
from cellgrad.functions.operands import Fault
from cellgrad.functions.text_format_sections import Section, Token
from cellgrad.values import CellError

MONTHS = ("January", "February", "March", "April", "May", "June",
          "July", "August", "September", "October", "November", "December")  # fmt: skip
DAYS = ("Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
"""By serial number modulo 7."""

_LAST_DAY = 2958465
_DAY_SHIFT_1904 = 1462
_SECONDS = 86400


@dataclass(frozen=True, slots=True)
class _Moment:
    """A serial number taken apart. seconds: of the day, exact to the fraction that is shown; elapsed: since day 0."""

    day: int
    seconds: Decimal
    elapsed: Decimal

    @property
    def date(self) -> tuple[int, int, int]:
        """Year, month, day of the month, as Excel writes them."""
        if self.day == 0:
            return 1900, 1, 0
        if self.day == 60:
            return 1900, 2, 29
        first = datetime.date(1899, 12, 31) if self.day < 60 else datetime.date(1899, 12, 30)
        found = first + datetime.timedelta(days=self.day)
        return found.year, found.month, found.day


def write_date(number: float, section: Section, date_1904: bool) -> str:
    """The serial number in a section of date and time codes. Faults: #VALUE! for a number that is no date."""
    moment = _moment(number, section, date_1904)
    twelve = any(token.kind == "noon" for token in section.tokens)
    fraction = next((token.text for token in section.tokens if token.kind == "seconds"), "")
    whole_seconds = int(moment.seconds)
    parts = []
    for token in section.tokens:
        if token.kind == "date":
            parts.append(_calendar(token.text, moment, twelve))
        elif token.kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[token.text[0]]
            parts.append(str(int(moment.elapsed) // unit).zfill(len(token.text)))
        elif token.kind == "seconds":
            parts.append(f"{moment.seconds % 1:.{len(fraction) - 1}f}"[1:])
        elif token.kind == "noon":
            parts.append(_half_of_day(token.text, whole_seconds // 3600 >= 12))
        else:
            parts.append(token.text)
    return "".join(parts)


def _half_of_day(code: str, afternoon: bool) -> str:
    if code == "AM/PM":
        return "PM" if afternoon else "AM"
    return code[2] if afternoon else code[0]


def _moment(number: float, section: Section, date_1904: bool) -> _Moment:
    """The time is rounded to what the section shows of a second, the rest is cut off, as Excel shows it."""
    if number < 0:
        if date_1904:
            raise UnsupportedError(
                "a negative date is written as text in the 1904 date system", action="use a date from 1904 on"
            )
        raise Fault(CellError.VALUE)
    if not math.isfinite(number) or number >= _LAST_DAY + 1:
        raise Fault(CellError.VALUE)
    places = max((len(token.text) - 1 for token in section.tokens if token.kind == "seconds"), default=0)
    shows_time = any(_is_time(token) for token in section.tokens)
    whole = math.floor(number)
    rounded = Decimal(repr((number - whole) * _SECONDS)).quantize(
        Decimal(1).scaleb(-places if shows_time else -4), ROUND_HALF_UP
    )
    elapsed = Decimal(whole) * _SECONDS + rounded
    day = whole + (_DAY_SHIFT_1904 if date_1904 else 0)
    if rounded >= _SECONDS:
        day, rounded = day + 1, rounded - _SECONDS
    if day > _LAST_DAY:
        raise Fault(CellError.VALUE)
    return _Moment(day, rounded, elapsed)


def _is_time(token: Token) -> bool:
    return token.kind in ("elapsed", "noon", "seconds") or (token.kind == "date" and token.text[0] in "hns")


def _calendar(code: str, moment: _Moment, twelve: bool) -> str:
    year, month, day = moment.date
    second = int(moment.seconds)
    size = len(code)
    match code[0]:
        case "y":
            return f"{year % 100:02}" if size <= 2 else str(year)
        case "m":
            if size <= 2:
                return str(month).zfill(size)
            name = MONTHS[month - 1]
            return {3: name[:3], 5: name[0]}.get(size, name)
        case "d":
            if size <= 2:
                return str(day).zfill(size)
            name = DAYS[moment.day % 7]
            return name[:3] if size == 3 else name
        case "h":
            hour = second // 3600
            if twelve:
                hour = hour % 12 or 12
            return str(hour).zfill(min(size, 2))
        case "n":
            return str(second // 60 % 60).zfill(min(size, 2))
    return str(second % 60).zfill(min(size, 2))
