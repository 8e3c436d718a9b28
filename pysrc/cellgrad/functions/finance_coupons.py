"""When a security pays its coupons: COUPPCD, COUPNCD, COUPNUM and the days between.

Coupons fall on the maturity's day of the month, every 12, 6 or 3 months back from it; on the last of the month where
the maturity is one.

Source: Microsoft, "COUPDAYS function" and its kin; where the pages are silent about day counts, the numbers of Excel
that Bolognese's library ExcelFinancialFunctions was tested against.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from cellgrad.functions.context import Context
from cellgrad.functions.dates import whole_day
from cellgrad.functions.dates_calendar import day_of, days_in_month, is_last_of_month, serial_of
from cellgrad.functions.dates_daycount import american_360, days_between, whole_basis
from cellgrad.functions.operands import Fault
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError

_ONE, _STEP = Shape.ELEMENTWISE, Smoothness.STEP


def need(holds: bool) -> None:
    """Faults: #NUM! unless it holds."""
    if not holds:
        raise Fault(CellError.NUM)


def whole_frequency(frequency: float) -> int:
    """Payments a year. Faults: #NUM! for any but 1, 2 and 4."""
    need(1 <= frequency < 5)
    whole = math.trunc(frequency)
    need(whole != 3)
    return whole


def coupon_date(anchor: int, months: int, date_1904: bool, to_end: bool | None = None) -> int:
    """The coupon so many months from an anchoring one; on the last of the month if that one is, or as `to_end` says."""
    year, month, day = there = day_of(anchor, date_1904)
    year, month = year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1
    last = days_in_month(year, month)
    end = is_last_of_month(there) if to_end is None else to_end
    return serial_of(year, month, last if end else min(day, last), date_1904)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The coupons around a settlement.

    previous, following: the coupon dates at or before the settlement, and after it. number: coupons still to come.
    length: days of the coupon period; accrued: of them before the settlement, as the basis counts both.
    """

    settlement: int
    maturity: int
    frequency: int
    basis: int
    previous: int
    following: int
    number: int
    length: float
    accrued: int
    date_1904: bool

    @property
    def to_come(self) -> float:
        """Days from the settlement to the next coupon, as prices count them: the rest of the period."""
        return self.length - self.accrued

    @property
    def days_to_next(self) -> int:
        """Days from the settlement to the next coupon, as COUPDAYSNC counts them."""
        if self.basis == 0:
            ends = (day_of(date, self.date_1904) for date in (self.previous, self.following))
            return american_360(next(ends), next(ends), both=True) - self.accrued
        return days_between(self.settlement, self.following, self.basis, self.date_1904)


def schedule(settlement: int, maturity: int, frequency: int, basis: int, date_1904: bool) -> Schedule:
    """The schedule of a security between two days, `settlement` before `maturity`."""
    months = 12 // frequency
    start, end = day_of(settlement, date_1904), day_of(maturity, date_1904)
    number = max(((end.year - start.year) * 12 + end.month - start.month) // months - 1, 0)
    while coupon_date(maturity, -number * months, date_1904) > settlement:  # at most three steps
        number += 1
    previous, following = (coupon_date(maturity, -back * months, date_1904) for back in (number, number - 1))
    need(previous >= 0)
    length = float(following - previous) if basis == 1 else (365.0 if basis == 3 else 360.0) / frequency
    accrued = days_between(previous, settlement, basis, date_1904)
    return Schedule(
        settlement, maturity, frequency, basis, previous, following, number, length, accrued, date_1904
    )  # fmt: skip


def read_schedule(context: Context, settlement: float, maturity: float, frequency: float, basis: float) -> Schedule:
    """The schedule of a worksheet function's arguments. Faults: #NUM! for what Excel refuses."""
    start, end = whole_day(settlement, context.date_1904), whole_day(maturity, context.date_1904)
    often, by = whole_frequency(frequency), whole_basis(basis)
    need(start < end)
    return schedule(start, end, often, by, context.date_1904)


def _register(name: str, summary: str, of: Callable[[Schedule], float], *cases: tuple[str, object]) -> None:
    def value(context: Context, settlement: float, maturity: float, frequency: float, basis: float = 0.0) -> float:
        return float(of(read_schedule(context, settlement, maturity, frequency, basis)))

    value.__name__ = name.lower()
    function(
        f"{name}(settlement: number!, maturity: number!, frequency: number!, [basis: number!])",
        _ONE, _STEP, summary, context=True,
        cases=(*cases, (f"{name}(40862,40568,2,1)", CellError.NUM), (f"{name}(40568,40862,3,1)", CellError.NUM)),
    )(value)  # fmt: skip


_register(
    "COUPPCD", "The coupon date before the settlement.", lambda s: s.previous, ("COUPPCD(40568,40862,2,1)", 40497)
)
_register(
    "COUPNCD", "The coupon date after the settlement.", lambda s: s.following, ("COUPNCD(40568,40862,2,1)", 40678)
)
_register("COUPNUM", "How many coupons are still to come.", lambda s: s.number, ("COUPNUM(39107,39767,2,1)", 4))
_register("COUPDAYS", "The days of the coupon period.", lambda s: s.length, ("COUPDAYS(40568,40862,2,1)", 181))
_register(
    "COUPDAYBS",
    "The days from the last coupon to the settlement.",
    lambda s: s.accrued,
    ("COUPDAYBS(40568,40862,2,1)", 71),
)
_register(
    "COUPDAYSNC", "The days from the settlement to the next coupon.", lambda s: s.days_to_next,
    ("COUPDAYSNC(40568,40862,2,1)", 110),
)  # fmt: skip
