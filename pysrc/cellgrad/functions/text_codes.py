"""Characters by their codes: CHAR and CODE in Windows-1252, UNICHAR and UNICODE, ENCODEURL, kin that count bytes."""

from __future__ import annotations

import unicodedata
import urllib.parse
from collections.abc import Callable

from cellgrad.errors import UnsupportedError
from cellgrad.functions import text
from cellgrad.functions.operands import Fault
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError


def _windows_1252(code: int) -> str:
    """The character; the five codes that Windows-1252 leaves free are control characters of the same number."""
    try:
        return bytes([code]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(code)


_CODES = {_windows_1252(code): float(code) for code in range(1, 256)}


@function(
    "CHAR(number: number)", Shape.ELEMENTWISE, Smoothness.NONE, "The character of a code of Windows-1252.",
    cases=(("CHAR(65)", "A"), ("CHAR(33)", "!"), ("CHAR(128)", "€"), ("CHAR(233)", "é"), ("CHAR(0)", CellError.VALUE),
           ("CHAR(256)", CellError.VALUE), ("CHAR(65.9)", "A")),
)  # fmt: skip
def char(number: float) -> str:
    if not 1 <= number < 256:
        raise Fault(CellError.VALUE)
    return _windows_1252(int(number))


@function(
    "CODE(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "The code of the first character in Windows-1252.",
    cases=(('CODE("A")', 65), ('CODE("!")', 33), ('CODE("€uro")', 128), ('CODE("")', CellError.VALUE)),
)  # fmt: skip
def code(characters: str) -> float:
    if not characters:
        raise Fault(CellError.VALUE)
    found = _CODES.get(characters[0])
    if found is None:
        raise UnsupportedError(
            f"CODE of {characters[0]!r}, which Windows-1252 lacks, depends on the machine", action="use UNICODE"
        )
    return found


@function(
    "UNICHAR(number: number)", Shape.ELEMENTWISE, Smoothness.NONE, "The character of a Unicode number.",
    cases=(("UNICHAR(66)", "B"), ("UNICHAR(32)", " "), ("UNICHAR(0)", CellError.VALUE), ("UNICHAR(128512)", "😀"),
           ("UNICHAR(55296)", CellError.NA), ("UNICHAR(1114112)", CellError.VALUE)),
)  # fmt: skip
def unichar(number: float) -> str:
    place = int(number)
    if not 1 <= place <= 0x10FFFF:
        raise Fault(CellError.VALUE)
    if 0xD800 <= place <= 0xDFFF:
        raise Fault(CellError.NA)
    return chr(place)


@function(
    "UNICODE(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "The Unicode number of the first character.",
    cases=(('UNICODE(" ")', 32), ('UNICODE("B")', 66), ('UNICODE("😀")', 128512), ('UNICODE("")', CellError.VALUE)),
)  # fmt: skip
def unicode(characters: str) -> float:
    if not characters:
        raise Fault(CellError.VALUE)
    return float(ord(characters[0]))


@function(
    "ENCODEURL(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "Text as part of a URL: %20 for a blank.",
    cases=(('ENCODEURL("http://contoso.sharepoint.com/Finance/Profit and Loss Statement.xlsx")',
            "http%3A%2F%2Fcontoso.sharepoint.com%2FFinance%2FProfit%20and%20Loss%20Statement.xlsx"),
           ('ENCODEURL("é")', "%C3%A9"), ("ENCODEURL(1/0)", CellError.DIV0)),
)  # fmt: skip
def encodeurl(characters: str) -> str:
    return urllib.parse.quote(characters, safe="")


def _narrow(characters: str) -> None:
    """Raises UnsupportedError for text in which a machine's language decides whether a character is two bytes."""
    for character in characters:
        if unicodedata.east_asian_width(character) in "WFH":
            raise UnsupportedError(
                "how many bytes this text has depends on the language of the machine",
                action="use the function without B at the end of its name",
            )


def _by_bytes(signature: str, plain: Callable[..., object], *cases: tuple[str, object]) -> None:
    """The byte-counting kin of a function: the same, where no character has two bytes."""
    name = signature.partition("(")[0]

    def value(*arguments: str | float) -> object:
        for argument in arguments:
            if isinstance(argument, str):
                _narrow(argument)
        return plain(*arguments)

    summary = f"As {name[:-1]}: a character is one byte unless the machine's language has characters of two."
    function(
        signature, Shape.ELEMENTWISE, Smoothness.NONE, summary, source=f"{name[:-1]}, {name} functions", cases=cases
    )(value)


_by_bytes("LENB(text: text)", text.len_, ('LENB("abc")', 3), ("LENB(1/0)", CellError.DIV0), ('LENB("")', 0))
_by_bytes(
    "LEFTB(text: text, [count: number])", text.left,
    ('LEFTB("Sale Price",4)', "Sale"), ('LEFTB("abc")', "a"), ('LEFTB("abc",-1)', CellError.VALUE),
)  # fmt: skip
_by_bytes(
    "RIGHTB(text: text, [count: number])", text.right,
    ('RIGHTB("Sale Price",5)', "Price"), ('RIGHTB("abc")', "c"), ('RIGHTB("abc",-1)', CellError.VALUE),
)  # fmt: skip
_by_bytes(
    "MIDB(text: text, start: number, count: number)", text.mid,
    ('MIDB("Fluid Flow",1,5)', "Fluid"), ('MIDB("abc",9,1)', ""), ('MIDB("abc",0,1)', CellError.VALUE),
)  # fmt: skip
_by_bytes(
    "REPLACEB(text: text, start: number, count: number, new: text)", text.replace,
    ('REPLACEB("abc",2,1,"x")', "axc"), ('REPLACEB("abc",0,1,"x")', CellError.VALUE), ('REPLACEB("",1,0,"x")', "x"),
)  # fmt: skip
_by_bytes(
    "FINDB(wanted: text, text: text, [start: number])", text.find,
    ('FINDB("M","Miriam McGovern",3)', 8), ('FINDB("b","abc")', 2), ('FINDB("x","abc")', CellError.VALUE),
)  # fmt: skip
_by_bytes(
    "SEARCHB(wanted: text, text: text, [start: number])", text.search,
    ('SEARCHB("e","Statements",6)', 7), ('SEARCHB("B","abc")', 2), ('SEARCHB("x","abc")', CellError.VALUE),
)  # fmt: skip
