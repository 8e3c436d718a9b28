"""Whole numbers to base 2, 8, 10 and 16: BIN2DEC and its eleven kin.

A number has at most ten digits, of which the first bit is the sign: binary -512 to 511, octal -2^29 to 2^29-1,
hexadecimal -2^39 to 2^39-1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cellgrad.functions.operands import Fault, to_number, to_text
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_DIGITS = 10
_UNSET = ""
"""Stands for the number of places that is left out; a blank cell in its place is 0."""


@dataclass(frozen=True, slots=True)
class _Base:
    """A base and how many bits ten of its digits hold."""

    base: int
    bits: int
    letters: str

    def read(self, value: Value) -> int:
        """The number that digits stand for. Faults: #NUM! for what is none, #VALUE! for a boolean."""
        if isinstance(value, bool):
            raise Fault(CellError.VALUE)
        text = to_text(value).upper()
        if len(text) > _DIGITS or any(digit not in self.letters for digit in text):
            raise Fault(CellError.NUM)
        number = int(text, self.base) if text else 0
        return number - (1 << self.bits) if number >> (self.bits - 1) else number

    def write(self, number: int, places: Value) -> str:
        """Its digits, filled up with zeros to `places`; ten of them for a negative number. Faults: #NUM!."""
        half = 1 << (self.bits - 1)
        if not -half <= number < half:
            raise Fault(CellError.NUM)
        width = None if places is _UNSET else self.width(places)
        if number < 0:
            return self._digits(number + 2 * half)
        digits = self._digits(number)
        if width is not None and len(digits) > width:
            raise Fault(CellError.NUM)
        return digits.zfill(width or 0)

    @staticmethod
    def width(places: Value) -> int:
        """How many digits to fill up to; a blank cell is 0. Faults: #NUM! for fewer than 1 or more than 10."""
        if isinstance(places, bool):
            raise Fault(CellError.VALUE)
        width = int(to_number(places))
        if not 0 < width <= _DIGITS:
            raise Fault(CellError.NUM)
        return width

    def _digits(self, number: int) -> str:
        return {2: f"{number:b}", 8: f"{number:o}", 16: f"{number:X}"}[self.base]


_BASES = {
    "BIN": _Base(2, 10, "01"),
    "OCT": _Base(8, 30, "01234567"),
    "HEX": _Base(16, 40, "0123456789ABCDEF"),
}
_WORDS = {"BIN": "binary", "OCT": "octal", "HEX": "hexadecimal", "DEC": "decimal"}


def _decimal(value: Value) -> int:
    """The whole part of a number. Faults: #VALUE! for a boolean or a text that is no number."""
    if isinstance(value, bool):
        raise Fault(CellError.VALUE)
    return int(to_number(value))


def _converter(source: str, target: str, *cases: tuple[str, object]) -> None:
    name = f"{source}2{target}"
    read: Callable[[Value], int] = _decimal if source == "DEC" else _BASES[source].read
    summary = f"A {_WORDS[source]} number as {_WORDS[target]}."
    if target == "DEC":

        def to_decimal(number: Value) -> float:
            return float(read(number))

        function(f"{name}(number: value)", Shape.ELEMENTWISE, Smoothness.NONE, summary, cases=cases)(to_decimal)
        return

    def to_digits(number: Value, places: Value = _UNSET) -> str:
        for given in (number, places):
            if isinstance(given, CellError):
                raise Fault(given)
        if isinstance(places, float):
            _BASES[target].width(places)  # a wrong number of places comes before a wrong number
        return _BASES[target].write(read(number), places)

    function(f"{name}(number: value, [places: value])", Shape.ELEMENTWISE, Smoothness.NONE, summary, cases=cases)(
        to_digits
    )


_converter(
    "BIN", "DEC",
    ("BIN2DEC(1100100)", 100), ('BIN2DEC("1111111111")', -1), ("BIN2DEC(2)", CellError.NUM), ('BIN2DEC("")', 0),
    ('BIN2DEC("11111111111")', CellError.NUM), ("BIN2DEC(TRUE)", CellError.VALUE),
)  # fmt: skip
_converter(
    "BIN", "HEX",
    ("BIN2HEX(11111011,4)", "00FB"), ("BIN2HEX(1110)", "E"), ("BIN2HEX(1111111111)", "FFFFFFFFFF"),
    ("BIN2HEX(1110,0)", CellError.NUM),
)  # fmt: skip
_converter(
    "BIN", "OCT",
    ("BIN2OCT(1001,3)", "011"), ("BIN2OCT(1100100)", "144"), ("BIN2OCT(1111111111)", "7777777777"),
    ("BIN2OCT(1111,1)", CellError.NUM),
)  # fmt: skip
_converter(
    "DEC", "BIN",
    ("DEC2BIN(9,4)", "1001"), ("DEC2BIN(-100)", "1110011100"), ("DEC2BIN(512)", CellError.NUM),
    ("DEC2BIN(-512,3)", "1000000000"), ('DEC2BIN("x")', CellError.VALUE), ("DEC2BIN(9.9,4.9)", "1001"),
    ("DEC2BIN(9,3)", CellError.NUM), ("DEC2BIN(9,A1)", CellError.NUM),
    ('DEC2BIN("E",0)', CellError.NUM), ("DEC2BIN(0)", "0"), ("DEC2BIN(1/0)", CellError.DIV0),
)  # fmt: skip
_converter(
    "DEC", "HEX",
    ("DEC2HEX(100,4)", "0064"), ("DEC2HEX(-54)", "FFFFFFFFCA"), ("DEC2HEX(28)", "1C"),
    ("DEC2HEX(64,1)", CellError.NUM), ("DEC2HEX(549755813888)", CellError.NUM),
)  # fmt: skip
_converter(
    "DEC", "OCT",
    ("DEC2OCT(58,3)", "072"), ("DEC2OCT(-100)", "7777777634"), ("DEC2OCT(536870912)", CellError.NUM),
)  # fmt: skip
_converter(
    "HEX", "BIN",
    ('HEX2BIN("F",8)', "00001111"), ('HEX2BIN("B7")', "10110111"), ('HEX2BIN("FFFFFFFFFF")', "1111111111"),
    ('HEX2BIN("200")', CellError.NUM), ('HEX2BIN("g")', CellError.NUM),
)  # fmt: skip
_converter(
    "HEX", "DEC",
    ('HEX2DEC("A5")', 165), ('HEX2DEC("FFFFFFFF5B")', -165), ('HEX2DEC("3DA408B9")', 1034160313),
    ('HEX2DEC("ff")', 255), ('HEX2DEC("-1")', CellError.NUM),
)  # fmt: skip
_converter(
    "HEX", "OCT",
    ('HEX2OCT("F",3)', "017"), ('HEX2OCT("3B4E")', "35516"), ('HEX2OCT("FFFFFFFF00")', "7777777400"),
    ('HEX2OCT("20000000")', CellError.NUM),
)  # fmt: skip
_converter(
    "OCT", "BIN",
    ("OCT2BIN(3,3)", "011"), ("OCT2BIN(7777777000)", "1000000000"), ("OCT2BIN(1000)", CellError.NUM),
    ("OCT2BIN(8)", CellError.NUM),
)  # fmt: skip
_converter("OCT", "DEC", ("OCT2DEC(54)", 44), ("OCT2DEC(7777777533)", -165), ("OCT2DEC(9)", CellError.NUM))
_converter(
    "OCT", "HEX",
    ("OCT2HEX(100,4)", "0040"), ("OCT2HEX(7777777533)", "FFFFFFFF5B"), ('OCT2HEX("1.5")', CellError.NUM),
)  # fmt: skip
