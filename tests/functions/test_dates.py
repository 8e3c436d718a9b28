"""Dates: both calendars, dates as text, and compiled steps against the reference."""

from __future__ import annotations

import datetime
import math

import pytest
import torch
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.functions.dates_calendar import (
    LAST_DAY_1900,
    LAST_DAY_1904,
    day_of,
    days_in_month,
    months_later,
    serial_of,
    weekday,
)
from cellgrad.functions.dates_text import Moment, read_moment
from cellgrad.functions.operands import Fault, text_to_number
from cellgrad.program.compiling import compile_model
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value


@pytest.mark.parametrize("date_1904", [False, True])
def test_the_calendar_is_pythons_from_march_1900_on(date_1904: bool) -> None:
    start, first = (datetime.date(1904, 1, 1), 0) if date_1904 else (datetime.date(1899, 12, 30), 61)
    last = LAST_DAY_1904 if date_1904 else LAST_DAY_1900
    for serial in [*range(first, last, 1009), last]:
        day = start + datetime.timedelta(serial)
        assert day_of(serial, date_1904) == (day.year, day.month, day.day)
        assert serial_of(day.year, day.month, day.day, date_1904) == serial
        assert weekday(serial, date_1904) == day.weekday()


@pytest.mark.parametrize(
    ("serial", "day"),
    [
        (0, (1900, 1, 0)),
        (1, (1900, 1, 1)),
        (31, (1900, 1, 31)),
        (59, (1900, 2, 28)),
        (60, (1900, 2, 29)),
        (61, (1900, 3, 1)),
    ],
)
def test_before_march_1900_the_calendar_is_lotus(serial: int, day: tuple[int, int, int]) -> None:
    assert day_of(serial) == day
    assert serial_of(*day) == serial


def test_1900_has_a_february_of_29_days() -> None:
    assert [days_in_month(year, 2) for year in (1900, 1904, 2000, 2100)] == [29, 29, 29, 28]
    assert months_later(31, 1) == 60


TEXTS = [
    # From Microsoft's pages of DATEVALUE and TIMEVALUE.
    ("1/1/2008", 39448.0), ("8/22/2011", 40777.0), ("22-MAY-2011", 40685.0), ("2011/02/23", 40597.0),
    ("2:24 AM", 0.1), ("22-Aug-2011 6:35 AM", 40777 + 395 / 1440),
    # Forms that Excel reads in the United States.
    ("2008-01-01", 39448.0), ("1-1-08", 39448.0), ("January 1, 2008", 39448.0), ("1 jan 2008", 39448.0),
    ("1jan08", 39448.0), ("Jan-2008", 39448.0), ("1/2008", 39448.0), ("  1/1/2008 ", 39448.0),
           ("1/1/2008 18:00", 39448.75), ("1/1/2008 25:00", 39449 + 1 / 24), ("23:59:60", 1.0),  # as Excel stores them
    ("1/1/29", 47119.0), ("1/1/30", 10959.0), ("2/29/1900", 60.0), ("Jan-45", 16438.0),
    ("5-JUL", 45478.0), ("7/5", 45478.0), ("Jul 5", 45478.0), ("7/45", 16619.0),
    ("18:00", 0.75), ("6 PM", 0.75), ("6:00 p", 0.75), ("12:00 AM", 0.0), ("12 pm", 0.5), ("36:00", 1.5),
           ("0:00:01.5", 1.5 / 86400),
]  # fmt: skip
NO_DATES = [
    "13/1/2008", "2/29/2009", "1.1.2008", "1/1/08/1", "6:30PM", "13:00 PM", "1:60", "2008-01-01T10:00", "Monday",
    "1/1/10000", "1/1/1899", "12", "1.5", "", "x", "Jan", "1/1/2008 25:61", "٣/1/2008", "1" * 80,
]  # fmt: skip


@pytest.mark.parametrize(("text", "serial"), TEXTS)
def test_text_that_is_a_date_or_a_time(text: str, serial: float) -> None:
    moment = read_moment(text, this_year=lambda: 2024)
    assert moment is not None
    assert math.isclose(moment.serial, serial, abs_tol=1e-12)


@pytest.mark.parametrize("text", NO_DATES)
def test_text_that_is_neither(text: str) -> None:
    assert read_moment(text) is None


def test_text_counts_from_the_first_day_of_1904() -> None:
    assert read_moment("1/1/2008", date_1904=True) == Moment(37986, None)
    assert read_moment("1/1/1903", date_1904=True) is None


@pytest.mark.parametrize(
    ("text", "number"), [("1 1/2", 1.5), ("-2 3/4", -2.75), ("1/2/2020", 43832.0), ("12,345", 12345.0)]
)
def test_text_in_arithmetic(text: str, number: float) -> None:
    assert text_to_number(text) == number


def test_text_that_is_no_number_is_an_error() -> None:
    with pytest.raises(Fault) as fault:
        text_to_number("1 1/0")
    assert fault.value.error is CellError.VALUE


IN_1904: list[tuple[str, Value]] = [
    ("DATE(1904,1,1)", 0.0), ("DATE(2008,1,1)", 37986.0), ("DATE(1903,12,31)", CellError.NUM), ("YEAR(0)", 1904.0),
    ("WEEKDAY(0)", 6.0), ('DATEVALUE("1/1/2008")', 37986.0), ('"1/1/2008"+0', 37986.0), ('MONTH("3/1/2008")', 3.0),
    ("EOMONTH(0,0)", 30.0), ("YEARFRAC(0,366,1)", 1.0), ("COUPPCD(39106,39400,2,1)", 39035.0),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "expected"), IN_1904)
def test_a_workbook_of_1904(formula: str, expected: Value) -> None:
    """The days of 1904 are 1462 less than those of 1900 ("Date systems in Excel")."""
    book = book_of({"Sheet1": {"A1": "=" + formula}}, date1904=True)
    assert Reference(book).value("Sheet1", 0, 0) == expected


STEPS = [
    "YEAR(A1)", "MONTH(A1)", "DAY(A1)", "HOUR(A1)", "MINUTE(A1)", "SECOND(A1)", "WEEKDAY(A1,2)", "WEEKNUM(A1,21)",
    "ISOWEEKNUM(A1)", "EDATE(A1,3)", "EOMONTH(A1,-1)", "DATE(A1/20,7,A1/2000)", "TIME(A1/5000,A1/900,0)",
    "DAYS(A1,30000)", "DAYS360(30000,A1,TRUE)", "YEARFRAC(30000,A1,1)", 'DATEDIF(30000,A1,"ym")',
    "NETWORKDAYS(30000,A1,{30007,30010})", 'NETWORKDAYS.INTL(30000,A1,"0000111",B1:B3)', "WORKDAY(A1,40,B1)",
    "WORKDAY.INTL(A1,-40,11)", "COUPNUM(A1,60000,4)", "COUPDAYBS(A1,60000,2,1)",
]  # fmt: skip


@pytest.mark.parametrize("formula", STEPS)
@pytest.mark.parametrize("date1904", [False, True])
def test_a_live_date_moves_in_steps(formula: str, date1904: bool) -> None:
    """The compiled value is the reference's, and its slope is 0."""
    cells: dict[str, Value] = {"A1": 43831.6, "B1": 30014.0, "B2": None, "B3": 30021.0, "C1": f"={formula}+A1"}
    book = book_of({"Sheet1": cells}, date1904=date1904)
    model = compile_model(Dependence(book), parse_region("C1", "Sheet1"), [parse_region("A1", "Sheet1")])
    for day in (43831.6, 40237.25, 59999.9):
        value, slope = model.function.value_and_gradient(torch.tensor([[day]], dtype=torch.float64))
        assert value.item() == Reference(book, {("Sheet1", 0, 0): day}).value("Sheet1", 0, 2)
        assert slope.item() == 1.0
