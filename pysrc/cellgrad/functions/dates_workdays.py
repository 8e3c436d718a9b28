"""Working days: NETWORKDAYS and WORKDAY, with weekends of any shape and a list of holidays."""

from __future__ import annotations

import bisect
import math

from cellgrad.functions.context import Context
from cellgrad.functions.dates import checked_day, whole, whole_day
from cellgrad.functions.dates_calendar import last_day, weekday
from cellgrad.functions.operands import Fault, Matrix, to_number
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_STEP = Smoothness.STEP
_SATURDAY_SUNDAY = (False, False, False, False, False, True, True)


class _Calendar:
    """Which days are worked: all but weekends and holidays."""

    def __init__(self, weekend: tuple[bool, ...], holidays: Value | Matrix | None, date_1904: bool) -> None:
        self.weekend = weekend
        self.date_1904 = date_1904
        self.per_week = weekend.count(False)
        days = {whole_day(_date(value, date_1904), date_1904) for value in _given(holidays)}
        self.holidays = sorted(day for day in days if not weekend[weekday(day, date_1904)])

    def works(self, serial: int) -> bool:
        at = bisect.bisect_left(self.holidays, serial)
        holiday = at < len(self.holidays) and self.holidays[at] == serial
        return not holiday and not self.weekend[weekday(serial, self.date_1904)]

    def count(self, first: int, last: int) -> int:
        """How many days are worked from `first` to `last`, both included."""
        weeks, rest = divmod(last - first + 1, 7)
        start = weekday(first, self.date_1904)
        worked = weeks * self.per_week + sum(not self.weekend[(start + step) % 7] for step in range(rest))
        return worked - (bisect.bisect_right(self.holidays, last) - bisect.bisect_left(self.holidays, first))

    def step(self, serial: int, days: int) -> float:
        """The day that many working days on. Faults: #NUM! out of range."""
        way = 1 if days > 0 else -1
        left = abs(days)
        while left:
            weeks = (left - 1) // self.per_week
            if weeks:  # whole weeks at once; the last day is stepped to, so that it is a working one
                onward = serial + way * 7 * weeks
                checked_day(onward, self.date_1904)
                left -= self.count(*sorted((serial + way, onward)))
                serial = onward
            else:
                serial += way
                checked_day(serial, self.date_1904)
                left -= self.works(serial)
        return checked_day(serial, self.date_1904)


def _given(holidays: Value | Matrix | None) -> list[Value]:
    values = list(holidays) if isinstance(holidays, Matrix) else [holidays]
    return [value for value in values if value is not None]


def _date(value: Value, date_1904: bool) -> float:
    """A holiday. Faults: #VALUE! for what is no number, #NUM! for what is no date."""
    number = to_number(value)
    if isinstance(value, bool):
        raise Fault(CellError.VALUE)
    if not 0 <= number < last_day(date_1904) + 1:
        raise Fault(CellError.NUM)
    return number


def _weekend(given: Value) -> tuple[bool, ...]:
    """Which days from Monday on are no working days. Faults: #VALUE! for a text that is no pattern, #NUM! else."""
    if isinstance(given, str):
        if len(given) != 7 or set(given) - {"0", "1"}:
            raise Fault(CellError.VALUE)
        return tuple(mark == "1" for mark in given)
    number = math.trunc(to_number(given))
    if 1 <= number <= 7:  # two days, from Saturday and Sunday on
        return tuple(day in ((number + 4) % 7, (number + 5) % 7) for day in range(7))
    if 11 <= number <= 17:  # one day, from Sunday on
        return tuple(day == (number - 12) % 7 for day in range(7))
    raise Fault(CellError.NUM)


def _between(calendar: _Calendar, start: float, end: float) -> float:
    first, last = whole_day(start, calendar.date_1904), whole_day(end, calendar.date_1904)
    return float(calendar.count(first, last) if first <= last else -calendar.count(last, first))


@function(
    "NETWORKDAYS(start: number!, end: number!, [holidays: range])", Shape.ELEMENTWISE, _STEP,
    "Working days from start to end, both included: not Saturdays, Sundays and holidays.", context=True,
    cases=(("NETWORKDAYS(41183,41334)", 110), ("NETWORKDAYS(41183,41334,41235)", 109),
           ("NETWORKDAYS(41183,41334,{41235,41247,41295})", 107), ("NETWORKDAYS(41334,41183)", -110),
           ("NETWORKDAYS(-1,1)", CellError.NUM), ('NETWORKDAYS(1,9,"x")', CellError.VALUE),
           ("NETWORKDAYS(1,9,-2)", CellError.NUM)),  # the last as Excel stores it
)  # fmt: skip
def networkdays(context: Context, start: float, end: float, holidays: Value | Matrix = None) -> float:
    return _between(_Calendar(_SATURDAY_SUNDAY, holidays, context.date_1904), start, end)


@function(
    "NETWORKDAYS.INTL(start: number!, end: number!, [weekend: value], [holidays: range])", Shape.ELEMENTWISE, _STEP,
    "Working days from start to end, both included; the weekend by number or as seven 0s and 1s from Monday.",
    context=True,
    cases=(("NETWORKDAYS.INTL(38718,38748)", 22), ("NETWORKDAYS.INTL(38776,38748)", -21),
           ("NETWORKDAYS.INTL(38718,38749,7,{38719,38733})", 22),
           ('NETWORKDAYS.INTL(38718,38749,"0010001",{38719,38733})', 20),
           ('NETWORKDAYS.INTL(38718,38749,"1111111")', 0), ("NETWORKDAYS.INTL(1,9,8)", CellError.NUM),
           ('NETWORKDAYS.INTL(1,9,"002")', CellError.VALUE)),
)  # fmt: skip
def networkdays_intl(
    context: Context, start: float, end: float, weekend: Value = 1.0, holidays: Value | Matrix = None
) -> float:
    shape = _weekend(1.0 if weekend is None else weekend)
    return _between(_Calendar(shape, holidays, context.date_1904), start, end)


@function(
    "WORKDAY(start: number!, days: number!, [holidays: range])", Shape.ELEMENTWISE, _STEP,
    "The day that many working days after the start, or before it.", context=True,
    cases=(("WORKDAY(39722,151)", 39933), ("WORKDAY(39722,151,{39778,39786,39834})", 39938),
           ("WORKDAY(39722,0)", 39722), ("WORKDAY(39722,-5)", 39715), ("WORKDAY(5,-10)", CellError.NUM),
           ("WORKDAY(-1,1)", CellError.NUM), ("WORKDAY(45667,0.9)", 45667),
           ("WORKDAY(45667,-1E-9)", 45666)),  # as Excel stores it: the days are rounded down, not truncated
)  # fmt: skip
def workday(context: Context, start: float, days: float, holidays: Value | Matrix = None) -> float:
    calendar = _Calendar(_SATURDAY_SUNDAY, holidays, context.date_1904)
    return calendar.step(whole_day(start, context.date_1904), whole(math.floor(days)))


@function(
    "WORKDAY.INTL(start: number!, days: number!, [weekend: value], [holidays: range])", Shape.ELEMENTWISE, _STEP,
    "The day that many working days on; the weekend by number or as seven 0s and 1s from Monday.", context=True,
    cases=(("WORKDAY.INTL(40909,90,11)", 41013), ("WORKDAY.INTL(40909,30,17)", 40944),
           ('WORKDAY.INTL(40909,2,"1111111")', CellError.VALUE), ("WORKDAY.INTL(40909,30,0)", CellError.NUM),
           ("WORKDAY.INTL(40909,5)", 40914)),
)  # fmt: skip
def workday_intl(
    context: Context, start: float, days: float, weekend: Value = 1.0, holidays: Value | Matrix = None
) -> float:
    shape = _weekend(1.0 if weekend is None else weekend)
    if all(shape):
        raise Fault(CellError.VALUE)
    calendar = _Calendar(shape, holidays, context.date_1904)
    return calendar.step(whole_day(start, context.date_1904), whole(math.floor(days)))
