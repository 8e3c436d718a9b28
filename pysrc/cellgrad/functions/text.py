"""Text: joining, cutting, finding and changing it."""

from __future__ import annotations

import re

from cellgrad.functions.operands import Fault, Matrix, text_to_number, to_text
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_MOST_CHARACTERS = 32767


def _at_most(text: str) -> str:
    if len(text) > _MOST_CHARACTERS:
        raise Fault(CellError.VALUE)
    return text


def _count(number: float, least: int = 0) -> int:
    if number < least:
        raise Fault(CellError.VALUE)
    return int(number)


@function(
    "LEN(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "How many characters.",
    cases=(('LEN("abc")', 3), ("LEN(1.5)", 3), ("LEN(TRUE)", 4), ("LEN(#N/A)", CellError.NA)),
)  # fmt: skip
def length(text: str) -> float:
    return float(len(text))


@function(
    "LEFT(text: text, [count: number])", Shape.ELEMENTWISE, Smoothness.NONE, "The first characters.",
    cases=(('LEFT("abc",2)', "ab"), ('LEFT("abc")', "a"), ('LEFT("abc",9)', "abc"),
           ('LEFT("abc",-1)', CellError.VALUE)),
)  # fmt: skip
def left(text: str, count: float = 1.0) -> str:
    return text[: _count(count)]


@function(
    "RIGHT(text: text, [count: number])", Shape.ELEMENTWISE, Smoothness.NONE, "The last characters.",
    cases=(('RIGHT("abc",2)', "bc"), ('RIGHT("abc",0)', ""), ("RIGHT(123)", "3")),
)  # fmt: skip
def right(text: str, count: float = 1.0) -> str:
    return text[max(0, len(text) - _count(count)) :]


@function(
    "MID(text: text, start: number, count: number)", Shape.ELEMENTWISE, Smoothness.NONE, "Characters from a place on.",
    cases=(('MID("abcd",2,2)', "bc"), ('MID("abcd",9,2)', ""), ('MID("abcd",0,2)', CellError.VALUE)),
)  # fmt: skip
def mid(text: str, start: float, count: float) -> str:
    first = _count(start, 1) - 1
    return text[first : first + _count(count)]


@function(
    "UPPER(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "In capitals.", cases=(('UPPER("aBc")', "ABC"),)
)  # fmt: skip
def upper(text: str) -> str:
    return text.upper()


@function(
    "LOWER(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "In small letters.", cases=(('LOWER("aBc")', "abc"),)
)  # fmt: skip
def lower(text: str) -> str:
    return text.lower()


@function(
    "TRIM(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "Without blanks at the ends, and single ones between.",
    cases=(('TRIM("  a   b ")', "a b"),),
)  # fmt: skip
def trim(text: str) -> str:
    return re.sub(" +", " ", text.strip(" "))


@function(
    "EXACT(left: text, right: text)", Shape.ELEMENTWISE, Smoothness.NONE, "Whether two texts are equal to the letter.",
    cases=(('EXACT("a","A")', False), ('EXACT("a","a")', True), ('EXACT(1,"1")', True)),
)  # fmt: skip
def exact(left: str, right: str) -> bool:
    return left == right


@function(
    "CONCATENATE(text: text...)", Shape.ELEMENTWISE, Smoothness.NONE, "Texts as one.",
    cases=(('CONCATENATE("a",1,TRUE)', "a1TRUE"),),
)  # fmt: skip
def concatenate(*texts: str) -> str:
    return _at_most("".join(texts))


@function(
    "CONCAT(text: range...)", Shape.REDUCE, Smoothness.NONE, "Texts and whole ranges as one.",
    cases=(('CONCAT("a",{1,"b"},TRUE)', "a1bTRUE"),),
)  # fmt: skip
def concat(*arguments: Value | Matrix) -> str:
    texts = [
        to_text(value)
        for argument in arguments
        for value in (argument if isinstance(argument, Matrix) else (argument,))
    ]
    return _at_most("".join(texts))


@function(
    "REPT(text: text, count: number)", Shape.ELEMENTWISE, Smoothness.NONE, "A text again and again.",
    cases=(('REPT("ab",3)', "ababab"), ('REPT("ab",0)', ""), ('REPT("ab",-1)', CellError.VALUE)),
)  # fmt: skip
def rept(text: str, count: float) -> str:
    times = _count(count)
    if len(text) * times > _MOST_CHARACTERS:
        raise Fault(CellError.VALUE)
    return text * times


@function(
    "VALUE(text: value)", Shape.ELEMENTWISE, Smoothness.NONE, "Text as a number.",
    cases=(('VALUE("1,234.5")', 1234.5), ('VALUE("x")', CellError.VALUE), ("VALUE(5)", 5),
           ("VALUE(TRUE)", CellError.VALUE)),
)  # fmt: skip
def value(text: Value) -> float:
    if isinstance(text, CellError):
        raise Fault(text)
    if isinstance(text, bool):
        raise Fault(CellError.VALUE)
    return text_to_number(text) if isinstance(text, str) else text or 0.0


@function(
    "FIND(wanted: text, text: text, [start: number])", Shape.ELEMENTWISE, Smoothness.NONE,
    "The place of a text in another, to the letter.",
    cases=(('FIND("b","abcb")', 2), ('FIND("b","abcb",3)', 4), ('FIND("B","abc")', CellError.VALUE),
           ('FIND("","abc")', 1)),
)  # fmt: skip
def find(wanted: str, text: str, start: float = 1.0) -> float:
    place = text.find(wanted, _count(start, 1) - 1)
    if place < 0:
        raise Fault(CellError.VALUE)
    return float(place + 1)


@function(
    "SUBSTITUTE(text: text, old: text, new: text, [instance: number])", Shape.ELEMENTWISE, Smoothness.NONE,
    "One text in place of another, everywhere or at one instance.",
    cases=(('SUBSTITUTE("aXbX","X","-")', "a-b-"), ('SUBSTITUTE("aXbX","X","-",2)', "aXb-"),
           ('SUBSTITUTE("abc","","-")', "abc"), ('SUBSTITUTE("abc","b","",0)', CellError.VALUE)),
)  # fmt: skip
def substitute(text: str, old: str, new: str, instance: float | None = None) -> str:
    if instance is not None and instance < 1:
        raise Fault(CellError.VALUE)
    if not old:
        return text
    if instance is None:
        return _at_most(text.replace(old, new))
    parts = text.split(old)
    count = int(instance)
    if count >= len(parts):
        return text
    return _at_most(old.join(parts[:count]) + new + old.join(parts[count:]))
