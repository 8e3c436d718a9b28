"""Text as Excel counts it: in UTF-16 units, of which a character beyond U+FFFF (an emoji) has two."""

from __future__ import annotations

from cellgrad.errors import UnsupportedError
from cellgrad.functions.operands import Fault
from cellgrad.values import CellError

MOST_CHARACTERS = 32767
"""What a cell holds at most."""


def length(text: str) -> int:
    """How many UTF-16 units."""
    return len(text) if _one_unit_each(text) else len(text) + sum(ord(c) > 0xFFFF for c in text)


def cut(text: str, start: int, stop: int) -> str:
    """The units from `start` (from zero) up to `stop`. Raises UnsupportedError where that halves a character."""
    if _one_unit_each(text):
        return text[start:stop]
    units = text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * stop]
    try:
        return units.decode("utf-16-le")
    except UnicodeDecodeError:
        raise UnsupportedError(
            "this formula cuts a character of two units, such as an emoji, in half", action="cut beside it"
        ) from None


def units_before(text: str, place: int) -> int:
    """The unit at which the character number `place` (from zero) begins."""
    return length(text[:place])


def character_at(text: str, unit: int) -> int:
    """The character that begins at or after a unit; the length of the text where none does."""
    if _one_unit_each(text):
        return min(unit, len(text))
    seen = 0
    for place, character in enumerate(text):
        if seen >= unit:
            return place
        seen += 2 if ord(character) > 0xFFFF else 1
    return len(text)


def at_most(text: str) -> str:
    """The text, or the fault #VALUE! where a cell cannot hold it."""
    if length(text) > MOST_CHARACTERS:
        raise Fault(CellError.VALUE)
    return text


def count(number: float, least: int = 0) -> int:
    """A number of characters, its fraction cut off. Faults: #VALUE! below `least`."""
    if int(number) < least:
        raise Fault(CellError.VALUE)
    return int(number)


def fold_each(text: str) -> str:
    """Small letters, character by character, so that places stay the same."""
    folded = text.lower()
    if len(folded) == len(text):
        return folded
    return "".join(small if len(small := c.lower()) == 1 else c for c in text)


def _one_unit_each(text: str) -> bool:
    return text.isascii() or max(text) <= "\uffff"
