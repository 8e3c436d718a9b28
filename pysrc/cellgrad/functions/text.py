"""Text: joining, cutting, finding and changing it. Lengths and places are in UTF-16 units, as in Excel."""

from __future__ import annotations

import re

from cellgrad.functions.criteria_text import find_pattern
from cellgrad.functions.operands import Fault, Matrix, to_text
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.functions.text_units import (
    MOST_CHARACTERS,
    at_most,
    character_at,
    count,
    cut,
    fold_each,
    length,
    units_before,
)
from cellgrad.values import CellError, Value


@function(
    "LEN(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "How many characters.",
    cases=(('LEN("abc")', 3), ("LEN(1.5)", 3), ("LEN(TRUE)", 4), ("LEN(#N/A)", CellError.NA), ('LEN("a😀")', 3),
           ('LEN("     One   ")', 11), ("LEN(A1)", 0)),
)  # fmt: skip
def len_(text: str) -> float:
    return float(length(text))


@function(
    "LEFT(text: text, [count: number])", Shape.ELEMENTWISE, Smoothness.NONE, "The first characters.",
    cases=(('LEFT("abc",2)', "ab"), ('LEFT("abc")', "a"), ('LEFT("abc",9)', "abc"), ('LEFT("Sale Price",4)', "Sale"),
           ('LEFT("abc",-1)', CellError.VALUE), ('LEFT("😀b",2)', "😀"), ('LEFT("abc",)', "")),
)  # fmt: skip
def left(text: str, number: float = 1.0) -> str:
    return cut(text, 0, count(number))


@function(
    "RIGHT(text: text, [count: number])", Shape.ELEMENTWISE, Smoothness.NONE, "The last characters.",
    cases=(('RIGHT("abc",2)', "bc"), ('RIGHT("abc",0)', ""), ("RIGHT(123)", "3"), ('RIGHT("Sale Price",5)', "Price"),
           ('RIGHT("b😀",2)', "😀")),
)  # fmt: skip
def right(text: str, number: float = 1.0) -> str:
    size = length(text)
    return cut(text, max(0, size - count(number)), size)


@function(
    "MID(text: text, start: number, count: number)", Shape.ELEMENTWISE, Smoothness.NONE, "Characters from a place on.",
    cases=(('MID("abcd",2,2)', "bc"), ('MID("abcd",9,2)', ""), ('MID("abcd",0,2)', CellError.VALUE),
           ('MID("Fluid Flow",7,20)', "Flow"), ('MID("😀bc",3,1)', "b"), ('MID("abc",1,-1)', CellError.VALUE)),
)  # fmt: skip
def mid(text: str, start: float, number: float) -> str:
    first = count(start, 1) - 1
    return cut(text, first, first + count(number))


@function(
    "REPLACE(text: text, start: number, count: number, new: text)", Shape.ELEMENTWISE, Smoothness.NONE,
    "Other text in place of characters from a place on.",
    cases=(('REPLACE("abcdefghijk",6,5,"*")', "abcde*k"), ('REPLACE("2009",3,2,"10")', "2010"),
           ('REPLACE("123456",1,3,"@")', "@456"), ('REPLACE("abc",0,1,"x")', CellError.VALUE),
           ('REPLACE("abc",9,1,"x")', "abcx")),
)  # fmt: skip
def replace(text: str, start: float, number: float, new: str) -> str:
    first = count(start, 1) - 1
    return at_most(cut(text, 0, first) + new + cut(text, first + count(number), length(text)))


@function(
    "UPPER(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "In capitals.",
    cases=(('UPPER("aBc")', "ABC"), ('UPPER("total")', "TOTAL"), ('UPPER("é1ß")', "É1ß"),
           ("UPPER(1/0)", CellError.DIV0)),
)  # fmt: skip
def upper(text: str) -> str:
    return "".join(large if len(large := c.upper()) == 1 else c for c in text)


@function(
    "LOWER(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "In small letters.",
    cases=(('LOWER("aBc")', "abc"), ('LOWER("E. E. Cummings")', "e. e. cummings"), ("LOWER(#N/A)", CellError.NA)),
)  # fmt: skip
def lower(text: str) -> str:
    return fold_each(text)


@function(
    "PROPER(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "A capital for every letter that follows no letter.",
    cases=(('PROPER("this is a TITLE")', "This Is A Title"), ('PROPER("2-way street")', "2-Way Street"),
           ('PROPER("76BudGet")', "76Budget"), ('PROPER("it\'s")', "It'S"), ("PROPER(#N/A)", CellError.NA)),
)  # fmt: skip
def proper(text: str) -> str:
    parts = []
    inside = False
    for character in text:
        changed = character.lower() if inside else character.upper()
        parts.append(changed if len(changed) == 1 else character)
        inside = character.isalpha()
    return "".join(parts)


@function(
    "TRIM(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "Without blanks at the ends, and single ones between.",
    cases=(('TRIM("  a   b ")', "a b"), ('TRIM(" First Quarter Earnings ")', "First Quarter Earnings"),
           ("TRIM(1/0)", CellError.DIV0)),
)  # fmt: skip
def trim(text: str) -> str:
    return re.sub("  +", " ", text.strip(" "))


@function(
    "CLEAN(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "Without the characters that cannot be printed, 0 to 31.",
    cases=(('CLEAN(CHAR(9)&"Monthly report"&CHAR(10))', "Monthly report"), ('CLEAN("a"&CHAR(127))', "a\x7f"),
           ("CLEAN(#N/A)", CellError.NA)),
)  # fmt: skip
def clean(text: str) -> str:
    return "".join(character for character in text if character >= " ")


@function(
    "EXACT(left: text, right: text)", Shape.ELEMENTWISE, Smoothness.NONE, "Whether two texts are equal to the letter.",
    cases=(('EXACT("a","A")', False), ('EXACT("a","a")', True), ('EXACT(1,"1")', True),
           ('EXACT("w ord","word")', False)),
)  # fmt: skip
def exact(left_: str, right_: str) -> bool:
    return left_ == right_


@function(
    "CONCATENATE(text: text...)", Shape.ELEMENTWISE, Smoothness.NONE, "Texts as one.",
    cases=(('CONCATENATE("a",1,TRUE)', "a1TRUE"), ('CONCATENATE("a",1/0)', CellError.DIV0), ("CONCATENATE(A1,1)", "1")),
)  # fmt: skip
def concatenate(*texts: str) -> str:
    return at_most("".join(texts))


@function(
    "CONCAT(text: range...)", Shape.REDUCE, Smoothness.NONE, "Texts and whole ranges as one.",
    cases=(('CONCAT("a",{1,"b"},TRUE)', "a1bTRUE"), ('CONCAT({"a","b";"c","d"})', "abcd"),
           ('CONCAT("a",{1,#N/A})', CellError.NA)),
)  # fmt: skip
def concat(*arguments: Value | Matrix) -> str:
    texts = [
        to_text(value)
        for argument in arguments
        for value in (argument if isinstance(argument, Matrix) else (argument,))
    ]
    return at_most("".join(texts))


@function(
    "REPT(text: text, count: number)", Shape.ELEMENTWISE, Smoothness.NONE, "A text again and again.",
    cases=(('REPT("ab",3)', "ababab"), ('REPT("ab",0)', ""), ('REPT("ab",-1)', CellError.VALUE),
           ('REPT("*-", 3.9)', "*-*-*-"), ('REPT("ab",20000)', CellError.VALUE)),
)  # fmt: skip
def rept(text: str, number: float) -> str:
    times = count(number)
    if length(text) * times > MOST_CHARACTERS:
        raise Fault(CellError.VALUE)
    return text * times if text else ""


@function(
    "FIND(wanted: text, text: text, [start: number])", Shape.ELEMENTWISE, Smoothness.NONE,
    "The place of a text in another, to the letter.",
    cases=(('FIND("b","abcb")', 2), ('FIND("b","abcb",3)', 4), ('FIND("B","abc")', CellError.VALUE),
           ('FIND("","abc")', 1), ('FIND("M","Miriam McGovern")', 1), ('FIND("M","Miriam McGovern",3)', 8),
           ('FIND("b","😀b")', 3), ('FIND("","abc",4)', 4), ('FIND("","abc",5)', CellError.VALUE)),
)  # fmt: skip
def find(wanted: str, text: str, start: float = 1.0) -> float:
    first = _start(text, start)
    place = text.find(wanted, character_at(text, first))
    if place < 0:
        raise Fault(CellError.VALUE)
    return float(units_before(text, place) + 1)


def _start(text: str, start: float) -> int:
    """Where to begin, from zero. Faults: #VALUE! before the first or beyond the last unit."""
    first = count(start, 1) - 1
    if first > length(text):
        raise Fault(CellError.VALUE)
    return first


@function(
    "SEARCH(wanted: text, text: text, [start: number])", Shape.ELEMENTWISE, Smoothness.NONE,
    "The place of a text in another without regard to case; * and ? stand for characters unless ~ goes before them.",
    cases=(('SEARCH("e","Statements",6)', 7), ('SEARCH("margin","Profit Margin")', 8),
           ('SEARCH("c?d","abcxd")', 3), ('SEARCH("b*d","abxxd")', 2), ('SEARCH("~?","ab?")', 3),
           ('SEARCH("x","abc")', CellError.VALUE), ('SEARCH("","abc")', 1), ('SEARCH("a","abc",0)', CellError.VALUE),
           ('SEARCH("*c","abc",2)', 2), ('SEARCH("~","Hi ~!")', 1)),
)  # fmt: skip
def search(wanted: str, text: str, start: float = 1.0) -> float:
    first = _start(text, start)
    place = find_pattern(fold_each(wanted), fold_each(text), character_at(text, first))
    if place < 0:
        raise Fault(CellError.VALUE)
    return float(units_before(text, place) + 1)


@function(
    "SUBSTITUTE(text: text, old: text, new: text, [instance: number])", Shape.ELEMENTWISE, Smoothness.NONE,
    "One text in place of another, everywhere or at one instance.",
    cases=(('SUBSTITUTE("aXbX","X","-")', "a-b-"), ('SUBSTITUTE("aXbX","X","-",2)', "aXb-"),
           ('SUBSTITUTE("abc","","-")', "abc"), ('SUBSTITUTE("abc","b","",0)', CellError.VALUE),
           ('SUBSTITUTE("Quarter 1, 2008","1","2",1)', "Quarter 2, 2008")),
)  # fmt: skip
def substitute(text: str, old: str, new: str, instance: float | None = None) -> str:
    if instance is not None and instance < 1:
        raise Fault(CellError.VALUE)
    if not old:
        return text
    if instance is None:
        return at_most(text.replace(old, new))
    parts = text.split(old)
    number = int(instance)
    if number >= len(parts):
        return text
    return at_most(old.join(parts[:number]) + new + old.join(parts[number:]))


@function(
    "T(value: value)", Shape.ELEMENTWISE, Smoothness.NONE, 'The value if it is text, else "".',
    cases=(('T("Rainfall")', "Rainfall"), ("T(19)", ""), ("T(TRUE)", ""), ("T(#N/A)", CellError.NA)),
)  # fmt: skip
def t(value: Value) -> Value:
    return value if isinstance(value, str | CellError) else ""
