"""Text by delimiters: TEXTJOIN, TEXTSPLIT, TEXTBEFORE, TEXTAFTER."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from cellgrad.errors import UnsupportedError
from cellgrad.functions.operands import Fault, Matrix, to_text
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.functions.text_units import at_most, fold_each, length
from cellgrad.values import CellError, Value

_MOST_CELLS = 1_000_000


def _texts(array: Matrix | None) -> list[str]:
    """The delimiters of an argument; none for one that is left out."""
    return [] if array is None else [to_text(value) for value in array]


@function(
    "TEXTJOIN(delimiter: array?, ignore_empty: logical, text: range...)", Shape.REDUCE, Smoothness.NONE,
    "Texts and whole ranges as one, with a delimiter, or several in turn, between them.",
    cases=(('TEXTJOIN(", ",TRUE,{"US Dollar","Euro"},"Peso")', "US Dollar, Euro, Peso"),
           ('TEXTJOIN("-",TRUE,{"a","","b"})', "a-b"), ('TEXTJOIN("-",FALSE,{"a","","b"})', "a--b"),
           ('TEXTJOIN({",",";"},TRUE,1,2,3,4)', "1,2;3,4"), ('TEXTJOIN("",TRUE,"a",#N/A)', CellError.NA),
           ('TEXTJOIN(",",TRUE,A1:B2)', ""), ('TEXTJOIN(,TRUE,"a","b")', "ab")),
)  # fmt: skip
def textjoin(delimiter: Matrix | None, ignore_empty: bool, *arguments: Value | Matrix) -> str:
    between = _texts(delimiter) or [""]
    texts = [
        to_text(value)
        for argument in arguments
        for value in (argument if isinstance(argument, Matrix) else (argument,))
    ]
    if ignore_empty:
        texts = [text for text in texts if text]
    parts: list[str] = []
    for number, text in enumerate(texts):
        if number:
            parts.append(between[(number - 1) % len(between)])
        parts.append(text)
    return at_most("".join(parts))


def _finder(delimiters: Sequence[str], match_mode: float) -> re.Pattern[str]:
    """Finds any of the delimiters, the first listed first. Faults: #VALUE! for a match mode but 0 and 1."""
    if int(match_mode) not in (0, 1):
        raise Fault(CellError.VALUE)
    folded = [fold_each(text) for text in delimiters] if int(match_mode) else delimiters
    return re.compile("|".join(re.escape(text) for text in folded))


def _split(text: str, delimiters: Sequence[str], match_mode: float, ignore_empty: bool) -> list[str]:
    searched = fold_each(text) if int(match_mode) else text
    pieces, start = [], 0
    for match in _finder(delimiters, match_mode).finditer(searched):
        pieces.append(text[start : match.start()])
        start = match.end()
    pieces.append(text[start:])
    return [piece for piece in pieces if piece] if ignore_empty else pieces


@function(
    "TEXTSPLIT(text: text, column_delimiter: array?, [row_delimiter: array?, ignore_empty: logical, "
    "match_mode: number, pad_with: value])",
    Shape.ARRAY, Smoothness.NONE, "A text cut at delimiters, across columns and down rows.",
    cases=(('TEXTJOIN("|",FALSE,TEXTSPLIT("Dakota Lennon Sanchez"," "))', "Dakota|Lennon|Sanchez"),
           ('SUM(--TEXTSPLIT("1,2,3;4,5,6",",",";")*{1,2,3;10,20,30})', 334),
           ('TEXTJOIN("|",FALSE,TEXTSPLIT("a,,b",",",,TRUE))', "a|b"),
           ('TEXTJOIN("|",FALSE,TEXTSPLIT("a.b-c",{".","-"}))', "a|b|c"),
           ('TEXTJOIN("|",FALSE,TEXTSPLIT("aXbxc","x",,,1))', "a|b|c"), ('COUNTA(TEXTSPLIT("a;b",,";"))', 2),
           ('TEXTJOIN("|",FALSE,TEXTSPLIT("1,2;3",",",";",,,"-"))', "1|2|3|-"),
           ('INDEX(TEXTSPLIT("1,2;3",",",";"),2,2)', CellError.NA), ('TEXTSPLIT("abc","")', CellError.VALUE)),
)  # fmt: skip
def textsplit(
    text: str,
    column_delimiter: Matrix | None,
    row_delimiter: Matrix | None = None,
    ignore_empty: bool = False,
    match_mode: float = 0.0,
    pad_with: Value = CellError.NA,
) -> Matrix:
    across, down = _texts(column_delimiter), _texts(row_delimiter)
    if not (across or down) or "" in across + down:
        raise Fault(CellError.VALUE)
    rows = _split(text, down, match_mode, ignore_empty) if down else [text]
    cells = [_split(row, across, match_mode, ignore_empty) if across else [row] for row in rows]
    if not text or not cells or not all(cells):
        raise UnsupportedError("TEXTSPLIT of a text with nothing in it is not supported", action="test for it with IF")
    width = max(map(len, cells))
    if width * len(cells) > _MOST_CELLS:
        raise UnsupportedError("TEXTSPLIT into this many cells is not supported", action="split it in parts")
    return Matrix(tuple(tuple(row) + (pad_with,) * (width - len(row)) for row in cells))


def _matches(text: str, delimiters: Sequence[str], match_mode: float, backward: bool) -> list[tuple[int, int]]:
    """Where delimiters stand, in the order in which instances are counted."""
    searched = fold_each(text) if int(match_mode) else text
    if not backward:
        return [match.span() for match in _finder(delimiters, match_mode).finditer(searched)]
    finder = _finder([delimiter[::-1] for delimiter in delimiters], match_mode)
    size = len(text)
    return [(size - match.end(), size - match.start()) for match in finder.finditer(searched[::-1])]


def _found(
    text: str, delimiter: Matrix | None, instance: float | None, match_mode: float, match_end: float
) -> tuple[int, int] | None:
    """Where the delimiter of that number stands, None where there is none; the end of the text may count as one."""
    number = 1 if instance is None else math.floor(instance)
    if number == 0 or abs(number) > max(1, length(text)) or int(match_end) not in (0, 1):
        raise Fault(CellError.VALUE)
    delimiters = _texts(delimiter) or [""]
    if instance is not None and text and all(length(one) > length(text) for one in delimiters):
        raise Fault(CellError.VALUE)
    if "" in delimiters:
        if len(delimiters) > 1 or abs(number) > 1:
            raise UnsupportedError("an empty delimiter among others is not supported", action="leave it out")
        return (0, 0) if number > 0 else (len(text), len(text))
    places = _matches(text, delimiters, match_mode, backward=number < 0)
    if int(match_end):
        places.append((len(text), len(text)) if number > 0 else (0, 0))
    return places[abs(number) - 1] if abs(number) <= len(places) else None


_SIGNATURE = (
    "(text: text, delimiter: array?, [instance: number?, match_mode: number, match_end: number, if_not_found: value])"
)


@function(
    "TEXTBEFORE" + _SIGNATURE, Shape.ELEMENTWISE, Smoothness.NONE, "The text before a delimiter; #N/A where it lacks.",
    cases=(('TEXTBEFORE("Little Red Riding Hood\'s red hood","Red")', "Little "),
           ('TEXTBEFORE("Little Red Riding Hood\'s red hood","red",2,1)', "Little Red Riding Hood's "),
           ('TEXTBEFORE("Socrates"," ",,,0)', CellError.NA), ('TEXTBEFORE("Socrates"," ",,,1)', "Socrates"),
           ('TEXTBEFORE("a-b-c","-",-1)', "a-b"), ('TEXTBEFORE("abc","x",,,,"none")', "none"),
           ('TEXTBEFORE("abc","b",0)', CellError.VALUE), ('TEXTBEFORE("abc","b",9)', CellError.VALUE),
           # as Excel stores them
           ('TEXTBEFORE("1 the 2 the 3","the",-1.2)', "1 "), ('TEXTBEFORE("del","deli",1)', CellError.VALUE),
           ('TEXTBEFORE("del","deli")', CellError.NA),
           ('TEXTBEFORE("abc","x",,,,A1)', ""),
           ('TEXTBEFORE("a.b-c",{"-","."})', "a"), ('TEXTBEFORE("abc","")', "")),
)  # fmt: skip
def textbefore(
    text: str,
    delimiter: Matrix | None,
    instance: float | None = None,
    match_mode: float = 0.0,
    match_end: float = 0.0,
    if_not_found: Value = CellError.NA,
) -> Value:
    found = _found(text, delimiter, instance, match_mode, match_end)
    return ("" if if_not_found is None else if_not_found) if found is None else text[: found[0]]


@function(
    "TEXTAFTER" + _SIGNATURE, Shape.ELEMENTWISE, Smoothness.NONE, "The text after a delimiter; #N/A where it lacks.",
    cases=(('TEXTAFTER("Little Red Riding Hood\'s red hood","Red")', " Riding Hood's red hood"),
           ('TEXTAFTER("Little red Riding Hood\'s red hood","red",2)', " hood"),
           ('TEXTAFTER("Socrates"," ",,,0)', CellError.NA), ('TEXTAFTER("Socrates"," ",,,1)', ""),
           ('TEXTAFTER("a-b-c","-",-1)', "c"), ('TEXTAFTER("a-b-c","-",-2)', "b-c"),
           ('TEXTAFTER("abc","x",,,,0)', 0), ('TEXTAFTER("abc","")', "abc"), ('TEXTAFTER("abc","",-1)', "")),
)  # fmt: skip
def textafter(
    text: str,
    delimiter: Matrix | None,
    instance: float | None = None,
    match_mode: float = 0.0,
    match_end: float = 0.0,
    if_not_found: Value = CellError.NA,
) -> Value:
    found = _found(text, delimiter, instance, match_mode, match_end)
    return ("" if if_not_found is None else if_not_found) if found is None else text[found[1] :]
