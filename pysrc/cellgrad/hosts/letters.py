"""Numbers written in text, read many at once: eight letters are a 64-bit word, and a word of digits is three products.

The digits of a word are added up in pairs, then in fours, then in eights (D. Lemire, "Number parsing at a gigabyte per
second", Software: Practice and Experience 51, 2021). A decimal of up to 19 digits is its digits as a whole number times
a power of ten; both are exact in the 64 bits of an extended number, so one rounding to those and one to a double give
the nearest double, unless the first ends halfway between two (W. Clinger, "How to read floating point numbers
accurately", PLDI 1990). What is written in another way, or ends halfway, is left to Python.
"""

from __future__ import annotations

import numpy as np

_ZEROS = 0x3030303030303030  # '00000000'
_POINT, _MINUS, _PLUS, _SMALL, _E = ord("."), ord("-"), ord("+"), 0x20, ord("e")
_MOST_DIGITS = 19
"""All numbers of so many digits fit 64 bits."""
_TENS = 10 ** np.arange(_MOST_DIGITS + 1, dtype=np.uint64)
_EXTENDED = np.finfo(np.longdouble).nmant == 63
_MOST_TENS = 27 if _EXTENDED else 22
"""10**27 is the highest power of ten that 64 bits hold exactly, for its odd part is 5**27; 53 bits hold 10**22."""
_POWERS = np.array([np.longdouble(5) ** n * np.longdouble(2) ** n for n in range(_MOST_TENS + 1)])


class Letters:
    """The bytes of a text. Places in it are arrays of offsets; nothing is said of places outside it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.bytes = np.frombuffer(data + b"\0" * 32, np.uint8)
        """Padded, so that looking a few bytes ahead never runs over the end."""
        self.words = np.ndarray((len(data) + 24,), "<u8", self.bytes, strides=(1,))
        """The eight bytes from each place on, the first one lowest."""

    def are(self, at: np.ndarray, text: bytes) -> np.ndarray:
        """Where `text` stands at these places."""
        found = np.ones(len(at), bool)
        for start in range(0, len(text), 8):
            piece = text[start : start + 8]
            mask = (1 << 8 * len(piece)) - 1
            found &= (self.words[at + start] & mask) == int.from_bytes(piece, "little")
        return found

    def run(self, at: np.ndarray) -> np.ndarray:
        """How many digits stand at each place, counted up to 8."""
        apart = self.words[at] ^ _ZEROS
        others = ((apart + 0x7676767676767676) | apart) & 0x8080808080808080
        return (np.bitwise_count(~others & (others - 1)) >> 3).astype(np.int64)

    def digits(self, ends: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The whole numbers (uint64) of so many digits before `ends`, and which are nothing but up to 19 digits."""
        keep = np.uint64(0xFFFFFFFFFFFFFFFF) << (64 - 8 * np.clip(counts, 0, 8)).astype(np.uint64)
        words = (self.words[ends - 8] & keep) | (~keep & _ZEROS)
        nibbles = 0xF0F0F0F0F0F0F0F0
        known = ((words & nibbles) | (((words + 0x0606060606060606) & nibbles) >> 4)) == 0x3333333333333333
        words = (words & 0x0F0F0F0F0F0F0F0F) * 2561 >> 8
        words = (words & 0x00FF00FF00FF00FF) * 6553601 >> 16
        words = (words & 0x0000FFFF0000FFFF) * 42949672960001 >> 32
        known &= (counts > 0) & (counts <= _MOST_DIGITS)
        long = np.flatnonzero(known & (counts > 8))
        if len(long):
            high, fine = self.digits(ends[long] - 8, counts[long] - 8)
            words[long] += high * 10**8
            known[long] &= fine
        return words, known

    def decimals(self, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The numbers (float64) written between these places, and which of them are known; the others mean nothing."""
        negative = self.bytes[starts] == _MINUS
        first = starts + negative
        values, known = self._plain(first, ends, np.zeros(len(first), np.int64))
        left = np.flatnonzero(~known)
        if len(left):
            values[left], known[left] = self._scientific(first[left], ends[left])
        return np.where(negative, -values, values), known

    def _plain(self, first: np.ndarray, ends: np.ndarray, exponents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Digits, or digits around a point, times a power of ten."""
        count = self.run(first)
        for eights in (1, 2):
            long = np.flatnonzero(count == 8 * eights)
            if len(long):
                count[long] += self.run(first[long] + 8 * eights)
        point = first + count
        mantissa, known = self.digits(point, count)
        pointed = np.flatnonzero(known & (self.bytes[point] == _POINT) & (ends - point > 1))
        known &= point == ends
        exponents = exponents.copy()
        if len(pointed):
            places = (ends - point)[pointed] - 1
            fraction, fine = self.digits(ends[pointed], places)
            places = np.minimum(places, _MOST_DIGITS)
            fine &= mantissa[pointed] < _TENS[_MOST_DIGITS - places]
            mantissa[pointed] = mantissa[pointed] * _TENS[places] + fraction
            exponents[pointed] -= places
            known[pointed] = fine
        return _scaled(mantissa, exponents, known)

    def _scientific(self, first: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same before an exponent of one to three digits, such as 1.5E-3 or 1e+20."""
        length, marks = np.zeros(len(first), np.int64), self.bytes
        for count in (1, 2, 3):
            for sign in (0, 1):
                here = (marks[ends - count - sign - 1] | _SMALL) == _E
                if sign:
                    here &= (marks[ends - count - 1] == _MINUS) | (marks[ends - count - 1] == _PLUS)
                length[here & (length == 0)] = count + sign
        signed = ((marks[ends - length] == _MINUS) | (marks[ends - length] == _PLUS)).astype(np.int64)
        exponents, known = self.digits(ends, length - signed)
        powers = np.where(marks[ends - length] == _MINUS, -exponents.astype(np.int64), exponents.astype(np.int64))
        powers[~known] = 0
        values, plain = self._plain(first, ends - length - 1, powers)
        return values, known & plain


def _scaled(mantissa: np.ndarray, exponents: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """mantissa * 10**exponents rounded to the nearest double, and for which of those known that was possible."""
    values = mantissa.astype(np.float64)
    known = known & (np.abs(exponents) <= _MOST_TENS)
    exact = mantissa <= 1 << 53
    scaled = np.flatnonzero(known & exact & (exponents != 0) & (np.abs(exponents) <= 22))
    values[scaled] = _times(values[scaled], exponents[scaled], _POWERS.astype(np.float64))
    rest = np.flatnonzero(known & ~(exact & (np.abs(exponents) <= 22)))
    if not len(rest):
        return values, known
    if not _EXTENDED:
        known[rest] = False
        return values, known
    long = _times(mantissa[rest].astype(np.longdouble), exponents[rest], _POWERS)
    values[rest] = long
    beyond = 2 * long - values[rest]  # as far from it on the other side: a double only where `long` is halfway
    known[rest[(beyond != values[rest]) & (beyond == beyond.astype(np.float64))]] = False
    return values, known


def _times(numbers: np.ndarray, exponents: np.ndarray, powers: np.ndarray) -> np.ndarray:
    scaled, up = numbers / powers[np.maximum(-exponents, 0)], np.flatnonzero(exponents > 0)
    scaled[up] = numbers[up] * powers[exponents[up]]
    return scaled
