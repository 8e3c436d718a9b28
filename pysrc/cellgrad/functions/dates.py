"""Dates and times: their parts, and dates made of parts. A live date moves all of these in steps.

Days are counted as `dates_calendar` says; parts of a day are rounded to whole seconds, a half up, before they are read,
so that a time computed a hair below the full minute is that minute, as in Excel.
"""

from __future__ import annotations

import datetime
import math

from cellgrad.functions.context import Context
from cellgrad.functions.dates_calendar import (
    Day,
    day_of,
    days_in_month,
    last_day,
    months_later,
    serial_of,
    weekday,
)
from cellgrad.functions.dates_text import SECONDS_A_DAY, read_moment
from cellgrad.functions.operands import Fault, to_number
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_ONE, _STEP = Shape.ELEMENTWISE, Smoothness.STEP
_MOST_PARTS = 10_000_000
"""Beyond so many days or months no date is left; Python's whole numbers need no more."""


def whole_day(number: float, date_1904: bool = False) -> int:
    """The day a number lies in. Faults: #NUM! before the first day or after the last."""
    if not 0 <= number < last_day(date_1904) + 1:
        raise Fault(CellError.NUM)
    return math.floor(number)


def checked_day(serial: int, date_1904: bool = False) -> float:
    """The number of a day that was computed. Faults: #NUM! out of range."""
    if not 0 <= serial <= last_day(date_1904):
        raise Fault(CellError.NUM)
    return float(serial)


def whole(number: float) -> int:
    """Truncated. Faults: #NUM! beyond what dates can need."""
    if abs(number) > _MOST_PARTS:
        raise Fault(CellError.NUM)
    return math.trunc(number)


@function(
    "DATE(year: number, month: number, day: number)", _ONE, _STEP,
    "The day; months and days beyond their ends count on, years below 1900 are added to it.", context=True,
    cases=(("DATE(2008,1,1)", 39448), ("DATE(108,1,2)", 39449), ("DATE(2008,14,2)", 39846), ("DATE(2008,-3,2)", 39327),
           ("DATE(2008,1,35)", 39482), ("DATE(2008,1,-15)", 39432), ("DATE(1900,2,29)", 60), ("DATE(1900,3,1)", 61),
           ("DATE(1900,1,0)", 0), ("DATE(10000,1,1)", CellError.NUM), ("DATE(-1,1,1)", CellError.NUM),
           ("DATE(9999,12,31)", 2958465)),
)  # fmt: skip
def date(context: Context, year: float, month: float, day: float) -> float:
    y, m, d = whole(year), whole(month), whole(day)
    if not 0 <= y <= 9999:
        raise Fault(CellError.NUM)
    return checked_day(serial_of(y + 1900 if y < 1900 else y, m, d, context.date_1904), context.date_1904)


def _day(context: Context, number: float) -> Day:
    return day_of(whole_day(number, context.date_1904), context.date_1904)


@function(
    "YEAR(date: number)", _ONE, _STEP, "The year of a date.", context=True,
    cases=(("YEAR(39448)", 2008), ("YEAR(0)", 1900), ("YEAR(60)", 1900), ('YEAR("7/5/2008")', 2008),
           ("YEAR(-1)", CellError.NUM), ("YEAR(2958466)", CellError.NUM), ('YEAR("x")', CellError.VALUE)),
)  # fmt: skip
def year(context: Context, number: float) -> float:
    return float(_day(context, number).year)


@function(
    "MONTH(date: number)", _ONE, _STEP, "The month of a date, 1 to 12.", context=True,
    cases=(("MONTH(40648)", 4), ("MONTH(60.9)", 2), ("MONTH(61)", 3), ('MONTH("15-Apr-2011")', 4),
           ("MONTH(-0.5)", CellError.NUM)),
)  # fmt: skip
def month(context: Context, number: float) -> float:
    return float(_day(context, number).month)


@function(
    "DAY(date: number)", _ONE, _STEP, "The day of the month of a date, 1 to 31; 0 for day 0.", context=True,
    cases=(("DAY(40648)", 15), ("DAY(0)", 0), ("DAY(60)", 29), ("DAY(61)", 1), ('DAY("15-Apr-11")', 15),
           ("DAY(-1)", CellError.NUM)),
)  # fmt: skip
def day(context: Context, number: float) -> float:
    return float(_day(context, number).day)


def _seconds(number: float) -> int:
    """The second of the day, rounded. Faults: #NUM! for what is no time."""
    whole_day(number)
    return math.floor((number - math.floor(number)) * SECONDS_A_DAY + 0.5 + 1e-6) % SECONDS_A_DAY


@function(
    "HOUR(time: number)", _ONE, _STEP, "The hour of a time, 0 to 23.",
    cases=(("HOUR(0.75)", 18), ('HOUR("7/18/2011 7:45")', 7), ('HOUR("4/21/2012")', 0), ("HOUR(0.1+0.2+0.2)", 12),
           ("HOUR(0.9999999)", 0), ("HOUR(-1)", CellError.NUM)),
)  # fmt: skip
def hour(number: float) -> float:
    return float(_seconds(number) // 3600)


@function(
    "MINUTE(time: number)", _ONE, _STEP, "The minute of a time, 0 to 59.",
    cases=(('MINUTE("12:45:00 PM")', 45), ("MINUTE(0.5)", 0), ("MINUTE(0.78125)", 45), ("MINUTE(-0.1)", CellError.NUM)),
)  # fmt: skip
def minute(number: float) -> float:
    return float(_seconds(number) // 60 % 60)


@function(
    "SECOND(time: number)", _ONE, _STEP, "The second of a time, 0 to 59.",
    cases=(('SECOND("4:48:18 PM")', 18), ('SECOND("4:48 PM")', 0), ('SECOND("0:00:01.5")', 2),
           ("SECOND(-0.1)", CellError.NUM)),
)  # fmt: skip
def second(number: float) -> float:
    return float(_seconds(number) % 60)


@function(
    "TIME(hour: number, minute: number, second: number)", _ONE, _STEP,
    "The part of a day; whole days are dropped, and each argument is at most 32767.",
    cases=(("TIME(12,0,0)", 0.5), ("TIME(16,48,10)", 60490 / 86400), ("TIME(27,0,0)", 0.125),
           ("TIME(0,750,0)", 750 / 1440), ("TIME(0,0,2000)", 2000 / 86400), ("TIME(1,-30,0)", 0.5 / 24),
           ("TIME(-1,0,0)", CellError.NUM), ("TIME(0,40000,0)", CellError.NUM)),
)  # fmt: skip
def time(hours: float, minutes: float, seconds: float) -> float:
    h, m, s = whole(hours), whole(minutes), whole(seconds)
    if max(h, m, s) > 32767:
        raise Fault(CellError.NUM)
    total = h * 3600 + m * 60 + s
    if total < 0:
        raise Fault(CellError.NUM)
    return total % SECONDS_A_DAY / SECONDS_A_DAY


_FIRST_WEEKDAY = {1: 6, 2: 0, 11: 0, 12: 1, 13: 2, 14: 3, 15: 4, 16: 5, 17: 6}
"""Which weekday, 0 for Monday, comes first, by the types that WEEKDAY and WEEKNUM share."""


@function(
    "WEEKDAY(date: number, [type: number])", _ONE, _STEP,
    "The day of the week: from Sunday 1 to 7 (type 1), from Monday 1 to 7 (2) or 0 to 6 (3), or from the day that 11 "
    "(Monday) to 17 (Sunday) name.",
    context=True,
    cases=(("WEEKDAY(39492)", 5), ("WEEKDAY(39492,2)", 4), ("WEEKDAY(39492,3)", 3), ("WEEKDAY(39492,16)", 6),
           ("WEEKDAY(1)", 1), ("WEEKDAY(0)", 7), ("WEEKDAY(39492,4)", CellError.NUM), ("WEEKDAY(-1)", CellError.NUM)),
)  # fmt: skip
def weekday_(context: Context, number: float, kind: float = 1.0) -> float:
    monday_0 = weekday(whole_day(number, context.date_1904), context.date_1904)
    which = whole(kind)
    if which == 3:
        return float(monday_0)
    if which not in _FIRST_WEEKDAY:
        raise Fault(CellError.NUM)
    return float((monday_0 - _FIRST_WEEKDAY[which]) % 7 + 1)


def _iso_week(serial: int, date_1904: bool) -> int:
    """ISO 8601: weeks from Monday, the first one being that of the year's first Thursday."""
    thursday = serial + 3 - weekday(serial, date_1904)
    first = serial_of(day_of(thursday, date_1904).year, 1, 1, date_1904)
    return (thursday - first) // 7 + 1


@function(
    "WEEKNUM(date: number!, [type: value!])", _ONE, _STEP,
    "The week of the year that begins with January 1; weeks from Sunday (type 1, 17), Monday (2, 11) or the day that "
    "12 to 16 name; 21 for ISO weeks.",
    context=True,
    cases=(("WEEKNUM(40977)", 10), ("WEEKNUM(40977,2)", 11), ("WEEKNUM(42370,21)", 53), ("WEEKNUM(42370)", 1),
           ("WEEKNUM(40977,3)", CellError.NUM), ("WEEKNUM(-1)", CellError.NUM), ("WEEKNUM(TRUE)", CellError.VALUE),
           ("WEEKNUM(444,TRUE)", CellError.VALUE),
           ('WEEKNUM(-1,"x")', CellError.NUM)),  # as Excel stores it: the date is judged before the type is read
)  # fmt: skip
def weeknum(context: Context, number: float, kind: Value = 1.0) -> float:
    serial = whole_day(number, context.date_1904)
    if isinstance(kind, bool):
        raise Fault(CellError.VALUE)
    which = whole(to_number(kind))
    if which == 21:
        return float(_iso_week(serial, context.date_1904))
    if which not in _FIRST_WEEKDAY:
        raise Fault(CellError.NUM)
    first = serial_of(day_of(serial, context.date_1904).year, 1, 1, context.date_1904)
    before = (weekday(first, context.date_1904) - _FIRST_WEEKDAY[which]) % 7
    return float((serial - first + before) // 7 + 1)


@function(
    "ISOWEEKNUM(date: number)", _ONE, _STEP, "The week of the year by ISO 8601.", context=True,
    cases=(("ISOWEEKNUM(40977)", 10), ("ISOWEEKNUM(42370)", 53), ("ISOWEEKNUM(43830)", 1),
           ("ISOWEEKNUM(-1)", CellError.NUM)),
)  # fmt: skip
def isoweeknum(context: Context, number: float) -> float:
    return float(_iso_week(whole_day(number, context.date_1904), context.date_1904))


@function(
    "EDATE(date: number!, months: number!)", _ONE, _STEP,
    "The same day so many months on, or the last of a month that is too short.", context=True,
    cases=(("EDATE(40558,1)", 40589), ("EDATE(40558,-1)", 40527), ("EDATE(40558,2)", 40617), ("EDATE(40574,1)", 40602),
           ("EDATE(1,-2)", CellError.NUM), ("EDATE(-1,1)", CellError.NUM), ("EDATE(40558,1.9)", 40589),
           ("EDATE(TRUE,1)", CellError.VALUE)),
)  # fmt: skip
def edate(context: Context, number: float, months: float) -> float:
    serial = whole_day(number, context.date_1904)
    return checked_day(months_later(serial, whole(months), context.date_1904), context.date_1904)


@function(
    "EOMONTH(date: number!, months: number!)", _ONE, _STEP, "The last day of the month so many months on.",
    context=True,
    cases=(("EOMONTH(40544,1)", 40602), ("EOMONTH(40544,-3)", 40482), ("EOMONTH(1,1)", 60), ("EOMONTH(40544,0)", 40574),
           ("EOMONTH(1,-2)", CellError.NUM), ("EOMONTH(-1,1)", CellError.NUM),
           ("EOMONTH(45000,TRUE)", CellError.VALUE)),
)  # fmt: skip
def eomonth(context: Context, number: float, months: float) -> float:
    start = _day(context, number)
    later = start.month - 1 + whole(months)
    year, month = start.year + later // 12, later % 12 + 1
    last = serial_of(year, month, days_in_month(year, month), context.date_1904)
    return checked_day(last, context.date_1904)


@function(
    "DATEVALUE(text: text)", _ONE, Smoothness.NONE,
    "The day that a text says, read as in the United States; of a time in it, hours beyond 24 alone count.",
    context=True,
    cases=(('DATEVALUE("8/22/2011")', 40777), ('DATEVALUE("22-MAY-2011")', 40685), ('DATEVALUE("2011/02/23")', 40597),
           ('DATEVALUE("1/30/2008 14:00")', 39477), ('DATEVALUE("6:00")', 0),
           ('DATEVALUE("31/1/2008")', CellError.VALUE), ('DATEVALUE("40777")', CellError.VALUE),
           ('DATEVALUE("2026-01-01 25:00:00")', 46024),  # as Excel stores it
           ('DATEVALUE("")', CellError.VALUE)),
)  # fmt: skip
def datevalue(context: Context, text: str) -> float:
    moment = read_moment(text, context.date_1904)
    if moment is None:
        raise Fault(CellError.VALUE)
    return float(math.floor(moment.serial))


@function(
    "TIMEVALUE(text: text)", _ONE, Smoothness.NONE,
    "The part of a day that a text says, as an English time; a date in it is dropped.",
    cases=(('TIMEVALUE("2:24 AM")', 0.1), ('TIMEVALUE("22-Aug-2011 6:35 AM")', 395 / 1440),
           ('TIMEVALUE("25:00")', 1 / 24), ('TIMEVALUE("1/2/2020")', 0), ('TIMEVALUE("x")', CellError.VALUE),
           ('TIMEVALUE("23:59:60")', 0), ('TIMEVALUE("0:0:86400")', CellError.VALUE),  # as Excel stores them
           ('TIMEVALUE("0.5")', CellError.VALUE)),
)  # fmt: skip
def timevalue(text: str) -> float:
    moment = read_moment(text)
    if moment is None:
        raise Fault(CellError.VALUE)
    time_of_day = moment.time or 0.0
    return time_of_day - math.floor(time_of_day)


@function("TODAY()", _ONE, Smoothness.NONE, "The day it is.", volatile=True, context=True)
def today(context: Context) -> float:
    now_ = datetime.date.today()
    return float(serial_of(now_.year, now_.month, now_.day, context.date_1904))


@function("NOW()", _ONE, Smoothness.NONE, "The day and time it is.", volatile=True, context=True)
def now(context: Context) -> float:
    moment = datetime.datetime.now()
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
    return serial_of(moment.year, moment.month, moment.day, context.date_1904) + seconds / SECONDS_A_DAY
