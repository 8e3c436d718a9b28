"""Numbers as text and text as numbers: TEXT, FIXED, DOLLAR, VALUE, NUMBERVALUE, VALUETOTEXT, ARRAYTOTEXT."""

from __future__ import annotations

import math
import re

from cellgrad.errors import UnsupportedError
from cellgrad.functions.context import Context
from cellgrad.functions.number_formats import format_value
from cellgrad.functions.operands import Fault, Matrix, text_to_number, to_text
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.functions.text_format_numbers import fixed
from cellgrad.functions.text_units import at_most
from cellgrad.values import CellError, Value


@function(
    "TEXT(value: value, format: value)", Shape.ELEMENTWISE, Smoothness.NONE,
    "A value in a number format; names of days and months in English.", context=True,
    cases=(('TEXT(1234.567,"$#,##0.00")', "$1,234.57"), ('TEXT(0.285,"0.0%")', "28.5%"),
           ('TEXT(4.34,"# ?/?")', "4 1/3"),
           ('TEXT(12200000,"0.00E+00")', "1.22E+07"), ('TEXT(1234,"0000000")', "0001234"),
           ('TEXT(1234567898,"[<=9999999]###-####;(###) ###-####")', "(123) 456-7898"),
           ('TEXT(43831,"mm/dd/yy")', "01/01/20"), ('TEXT(43831,"dddd")', "Wednesday"),
           ('TEXT(0.55625,"h:mm AM/PM")', "1:21 PM"), ('TEXT("abc","0")', "abc"), ('TEXT(-5,"0;(0)")', "(5)"),
           ('TEXT(-1,"yyyy")', CellError.VALUE), ('TEXT(1/0,"0")', CellError.DIV0), ('TEXT(TRUE,"0")', "TRUE"),
           ('TEXT("12.5","0.00")', "12.50"), ('TEXT(-0.1,"0")', "0"),
           ('TEXT(41181,"mm###")', CellError.VALUE), ("TEXT(1/0,NA())", CellError.DIV0), ('TEXT(A1,"0.0")', "0.0")),
)  # fmt: skip
def text(context: Context | None, value: Value, form: Value) -> str:
    if isinstance(value, CellError):
        raise Fault(value)
    code = to_text(form)
    if isinstance(value, bool):
        value = to_text(value)
    elif isinstance(value, str):
        number = _number_in(value, _date_1904(context))
        value = value if number is None else number
    return at_most(format_value(0.0 if value is None else value, code, _date_1904(context)))


def _date_1904(context: Context | None) -> bool:
    return context is not None and context.date_1904


def _number_in(characters: str, date_1904: bool = False) -> float | None:
    try:
        return text_to_number(characters, date_1904)
    except Fault:
        return None


def _places(decimals: float) -> int:
    """How many decimal places. Faults: #VALUE! beyond 127."""
    if abs(decimals) >= 128:
        raise Fault(CellError.VALUE)
    return int(decimals)


@function(
    "FIXED(number: number, [decimals: number], [no_commas: logical])", Shape.ELEMENTWISE, Smoothness.NONE,
    "A number rounded, as text with or without commas.",
    cases=(("FIXED(1234.567,1)", "1,234.6"), ("FIXED(1234.567,-1)", "1,230"), ("FIXED(-1234.567,-1,TRUE)", "-1230"),
           ("FIXED(44.332)", "44.33"), ("FIXED(1,128)", CellError.VALUE), ("FIXED(2.5,0)", "3")),
)  # fmt: skip
def fixed_(number: float, decimals: float = 2.0, no_commas: bool = False) -> str:
    shown = fixed(abs(number), _places(decimals), not no_commas)
    return at_most("-" + shown if number < 0 and shown.strip("0,.") else shown)


def _dollar(name: str) -> None:
    @function(
        f"{name}(number: number, [decimals: number])", Shape.ELEMENTWISE, Smoothness.NONE,
        "A number rounded, as an amount of dollars.", source="DOLLAR function",
        cases=((f"{name}(1234.567,2)", "$1,234.57"), (f"{name}(-1234.567,-2)", "($1,200)"),
               (f"{name}(-0.123,4)", "($0.1230)"), (f"{name}(99.888)", "$99.89"), (f"{name}(1,999)", CellError.VALUE)),
    )  # fmt: skip
    def dollar(number: float, decimals: float = 2.0) -> str:
        shown = "$" + fixed(abs(number), _places(decimals), True)
        return at_most(f"({shown})" if number < 0 and shown.strip("$0,.") else shown)


_dollar("DOLLAR")
_dollar("USDOLLAR")


@function(
    "VALUE(text: value)", Shape.ELEMENTWISE, Smoothness.NONE, "Text as a number; dates and times too.", context=True,
    cases=(('VALUE("1,234.5")', 1234.5), ('VALUE("x")', CellError.VALUE), ("VALUE(5)", 5), ('VALUE("$1,000")', 1000),
           ("VALUE(TRUE)", CellError.VALUE), ("VALUE(A1)", 0), ('VALUE("")', CellError.VALUE),
           ('VALUE("16:48:00")-VALUE("12:00:00")', 0.2)),
)  # fmt: skip
def value(context: Context | None, characters: Value) -> float:
    if isinstance(characters, CellError):
        raise Fault(characters)
    if isinstance(characters, bool):
        raise Fault(CellError.VALUE)
    if isinstance(characters, str):
        return text_to_number(characters, _date_1904(context))
    return characters or 0.0


_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@function(
    "NUMBERVALUE(text: text, [decimal_separator: text], [group_separator: text])", Shape.ELEMENTWISE, Smoothness.NONE,
    "Text as a number, with separators of one's own.",
    cases=(('NUMBERVALUE("2.500,27",",",".")', 2500.27), ('NUMBERVALUE("3.5%")', 0.035), ('NUMBERVALUE("")', 0),
           ('NUMBERVALUE(" 3 000 ")', 3000), ('NUMBERVALUE("9%%")', 0.0009), ('NUMBERVALUE("1.2.3")', CellError.VALUE),
           ('NUMBERVALUE("1.5,0")', CellError.VALUE), ('NUMBERVALUE("1",".",".")', CellError.VALUE)),
)  # fmt: skip
def numbervalue(characters: str, decimal: str = ".", group: str = ",") -> float:
    if not decimal or not group or decimal[0] == group[0]:
        raise Fault(CellError.VALUE)
    stripped = re.sub(r"\s", "", characters)
    percents = len(stripped) - len(stripped.rstrip("%"))
    whole, point, fraction = stripped.rstrip("%").partition(decimal[0])
    if group[0] in fraction:
        raise Fault(CellError.VALUE)
    number = whole.replace(group[0], "") + ("." + fraction if point else "")
    if not stripped:
        return 0.0
    if _PLAIN.fullmatch(number):
        if math.isinf(float(number)):
            raise Fault(CellError.VALUE)
        return float(number) / 100.0**percents if percents < 100 else 0.0
    if _number_in(number) is not None:
        raise UnsupportedError(f"NUMBERVALUE of {characters!r} is not supported", action="use VALUE")
    raise Fault(CellError.VALUE)


def _shown(single: Value, strict: bool) -> str:
    if isinstance(single, CellError):
        return single.text
    if strict and isinstance(single, str):
        return '"' + single.replace('"', '""') + '"'
    return to_text(single)


def _strict(form: float) -> bool:
    """Whether a format argument says strict. Faults: #VALUE! for anything but 0 and 1."""
    if int(form) not in (0, 1):
        raise Fault(CellError.VALUE)
    return int(form) == 1


@function(
    "VALUETOTEXT(value: value, [format: number])", Shape.ELEMENTWISE, Smoothness.NONE,
    "A value as text; with format 1 a text in quotes.",
    cases=(("VALUETOTEXT(TRUE,0)", "TRUE"), ("VALUETOTEXT(1234.01234,1)", "1234.01234"),
           ('VALUETOTEXT("Hello")', "Hello"),
           ('VALUETOTEXT("Hello",1)', '"Hello"'), ("VALUETOTEXT(#VALUE!,1)", "#VALUE!"),
           ("VALUETOTEXT(1,2)", CellError.VALUE)),
)  # fmt: skip
def valuetotext(single: Value, form: float = 0.0) -> str:
    return at_most(_shown(single, _strict(form)))


@function(
    "ARRAYTOTEXT(array: array, [format: number])", Shape.REDUCE, Smoothness.NONE,
    "The values of an array as one text; with format 1 as an array constant.",
    cases=(('ARRAYTOTEXT({TRUE,#VALUE!;1234.01234,"Seattle"})', "TRUE, #VALUE!, 1234.01234, Seattle"),
           ('ARRAYTOTEXT({TRUE,#VALUE!;1234.01234,"Seattle"},1)', '{TRUE,#VALUE!;1234.01234,"Seattle"}'),
           ("ARRAYTOTEXT({1},5)", CellError.VALUE), ("ARRAYTOTEXT(A1:B1,1)", "{,}")),
)  # fmt: skip
def arraytotext(array: Matrix, form: float = 0.0) -> str:
    strict = _strict(form)
    if not strict:
        return at_most(", ".join(_shown(single, False) for single in array))
    return at_most("{" + ";".join(",".join(_shown(single, True) for single in row) for row in array.rows) + "}")
