"""Number formats: what TEXT shows. Expectations are Microsoft's, or follow from its page of format codes."""

from __future__ import annotations

import contextlib
import itertools
import time
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellgrad.errors import UnsupportedError
from cellgrad.functions.number_formats import format_value
from cellgrad.functions.operands import Fault
from cellgrad.values import CellError

MICROSOFT = [
    # TEXT function
    (1234.567, "$#,##0.00", "$1,234.57"),
    (0.285, "0.0%", "28.5%"),
    (4.34, "# ?/?", "4 1/3"),
    (12200000.0, "0.00E+00", "1.22E+07"),
    (1234567898.0, "[<=9999999]###-####;(###) ###-####", "(123) 456-7898"),
    (1234.0, "0000000", "0001234"),
    (123456.0, "##0° 00' 00''", "12° 34' 56''"),
    # Number format codes
    (1234.59, "####.#", "1234.6"),
    (8.9, "#.000", "8.900"),
    (0.631, "0.#", "0.6"),
    (12.0, "#.0#", "12.0"),
    (1234.568, "#.0#", "1234.57"),
    (44.398, "???.???", " 44.398"),
    (102.65, "???.???", "102.65 "),
    (2.8, "???.???", "  2.8  "),
    (5.25, "# ???/???", "5   1/4  "),
    (5.3, "# ???/???", "5   3/10 "),
    (12000.0, "#,###", "12,000"),
    (12000.0, "#,", "12"),
    (12200000.0, "0.0,,", "12.2"),
    (12.0, "000#", "0012"),
    (0.0828, "#%", "8%"),
    (2.8, "0%", "280%"),
    (12345678.0, "##0.0E+0", "12.3E+6"),
    (5.5, '$0.00" Surplus";$-0.00" Shortage"', "$5.50 Surplus"),
    (-5.5, '$0.00" Surplus";$-0.00" Shortage"', "$-5.50 Shortage"),
]

SECTIONS = [
    (-5.0, "0;(0)", "(5)"),
    (0.0, "0;(0);\"none\"", "none"),
    ("text", "0;0;0;\"<\"@\">\"", "<text>"),
    ("text", "0.00", "text"),
    ("text", "\"x\"@", "xtext"),
    (5.0, ";;;", ""),
    (-5.0, "", "-"),
    (-5.0, "0.0", "-5.0"),
    (-0.001, "0.00", "0.00"),
    (5.0, "[<10]\"few\";\"many\"", "few"),
    (50.0, "[<10]\"few\";\"many\"", "many"),
    (3.0, "[Red][>2]0.0;[Blue]0.00", "3.0"),
    (-3.0, "[<0]\"below\";0", "below"),
    (1.5, "0.0_);(0.0)", "1.5 "),
    (1.5, "*-0.0", "1.5"),
    (1.5, "\\x0.0", "x1.5"),
    (1234.5, "[$€-407] #,##0.00", "€ 1,234.50"),
    (7.0, "[$USD] 0", "USD 7"),
]  # fmt: skip

GENERAL = [
    (0.0, "0"), (1.0, "1"), (-1.5, "-1.5"), (1 / 3, "0.333333333"), (100 / 3, "33.33333333"),
    (12345678901.0, "12345678901"), (123456789012.0, "1.23457E+11"), (1e20, "1E+20"), (0.0001, "0.0001"),
    (0.00001234567, "1.23457E-05"), (1e-10, "1E-10"), (1.7976931348623157e308, "1.7977E+308"), (99999999999.6, "1E+11"),
    (0.1 + 0.2, "0.3"),
]  # fmt: skip

DATES = [
    (43831.0, "mm/dd/yy", "01/01/20"), (43831.0, "dddd", "Wednesday"), (0.55625, "h:mm AM/PM", "1:21 PM"),
    (43831.0, "mmmmm d", "J 1"), (43831.0, "mmmm yyyy", "January 2020"), (43831.0, "ddd-mmm", "Wed-Jan"),
    (60.0, "d mmm yyyy", "29 Feb 1900"), (1.0, "yyyy-mm-dd", "1900-01-01"), (0.0, "yyyy-mm-dd", "1900-01-00"),
    (59.0, "ddd", "Tue"), (61.0, "yyyy-mm-dd", "1900-03-01"), (2958465.0, "yyyy-mm-dd", "9999-12-31"),
    (1.5, "[h]:mm", "36:00"), (0.0507, "[mm]:ss", "73:00"), (0.001, "[s]", "86"), (0.5, "h AM/PM", "12 PM"),
    (0.0, "h:mm a/p", "12:00 a"), (0.0423726851851852, "h:mm:ss.00", "1:01:01.00"),
    (0.5, "hh:mm", "12:00"), (0.0423726851851852, "m:ss", "1:01"), (45000.25, "yyyy-mm-dd hh:mm", "2023-03-15 06:00"),
    (44196.99999999, "yyyy-mm-dd hh:mm:ss", "2021-01-01 00:00:00"), (44196.9, "d", "31"),
    (43831.0, "d/m/yyyy;@", "1/1/2020"), (43831.0, "yyyy\"y\"", "2020y"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "code", "expected"), MICROSOFT + SECTIONS + DATES)
def test_format(value: float | str, code: str, expected: str) -> None:
    assert format_value(value, code) == expected


@pytest.mark.parametrize(("value", "expected"), GENERAL)
def test_general(value: float, expected: str) -> None:
    assert format_value(value, "General") == expected
    assert format_value(value, 'general" x"') == f"{expected} x"


@pytest.mark.parametrize(("value", "code"), [(-1.0, "yyyy"), (2958466.0, "d"), (1.0, "0;0;0;@;0"), (1.0, "0" * 300)])
def test_faults(value: float, code: str) -> None:
    with pytest.raises(Fault) as fault:
        format_value(value, code)
    assert fault.value.error is CellError.VALUE


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        (1.0, "0 wb", "unquoted 'w'"), (1.0, '0"open', "quote"), (1.0, "[$-F800]dddd", "settings"),
        (1.0, "[$-407]mmmm", "another language"), (1.0, "[DBNum1]0", "DBNum1"), (-1.0, "[>5]0;0.0", "sections"),
        (5.0, "[<1]0;[>9]0", None), (1.0, "yyyy0", "mixes"),
    ],
)  # fmt: skip
def test_what_is_refused_is_said(value: float, code: str, said: str | None) -> None:
    with pytest.raises(UnsupportedError, match=said):
        format_value(value, code)


def test_the_1904_system_counts_from_its_own_day() -> None:
    assert format_value(0.0, "yyyy-mm-dd ddd", date_1904=True) == "1904-01-01 Fri"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20)),
    st.text(alphabet='0#?.,%E+-/@;"[]$<>=\\_*ymdhsAMP/:General 18€x', max_size=24),
)
def test_any_code_is_answered_or_refused(value: float | str, code: str) -> None:
    """Nothing but a text, a fault or a refusal comes out, at once."""
    start = time.perf_counter()
    with contextlib.suppress(Fault, UnsupportedError):
        assert isinstance(format_value(value, code), str)
    assert time.perf_counter() - start < 1


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.floats(min_value=-1e14, max_value=1e14), st.integers(0, 6))
def test_fixed_places_agree_with_decimal_rounding(value: float, places: int) -> None:
    """Against Python's own decimal arithmetic, by another route: the 15 digits as a text, rounded half away."""
    exact = Decimal(f"{value:.14e}").quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    shown = format_value(value, "0" + ("." + "0" * places if places else ""))
    assert Decimal(shown) == exact


def test_every_whole_number_of_thousands_has_its_commas() -> None:
    for value, sign in itertools.product(range(0, 2_000_000, 7919), (1, -1)):
        assert format_value(float(sign * value), "#,##0") == f"{sign * value:,}"
