"""Number formats as data: ``#,##0.00;[Red](0)`` becomes sections of tokens.

Source: Microsoft, "Number format codes" and "Review guidelines for customizing a number format"; ECMA-376 part 1,
18.8.31 "numFmts". Names of months and days are those of en-US.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from cellgrad.errors import UnsupportedError
from cellgrad.functions.operands import Fault
from cellgrad.values import CellError

_UNQUOTED = frozenset(" $-+/():!^&'~{}<>=€acfijklopqrtuxzP")
"""Characters that stand for themselves without quotes."""

_COLOURS = re.compile(r"(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d{1,2})", re.IGNORECASE)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_CURRENCY = re.compile(r"\$([^-]*)(?:-([0-9a-fA-F]+))?")
_ELAPSED = re.compile(r"(?:h+|m+|s+)", re.IGNORECASE)
_DATE_RUN = re.compile(r"y+|m+|d+|h+|s+", re.IGNORECASE)
_ENGLISH = 0x09
_MOST_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a section.

    kind: 'literal' (text), 'digit' (0 # ?), '.', ',', '%', 'E' (text is 'E+' or 'E-'), '/', 'number' (digits 1 to 9
    written out), '@', 'general', 'date' (yy, mmm, hh, ...; text in small letters), 'elapsed' (h, mm, ...), 'seconds'
    (the fraction: '.' and zeros), 'noon' (AM/PM or A/P as written).
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """One part between semicolons. condition: such as ('<', 100.0), or None where the order of sections decides."""

    tokens: tuple[Token, ...]
    condition: tuple[str, float] | None

    @property
    def is_date(self) -> bool:
        return any(token.kind in ("date", "elapsed", "noon") for token in self.tokens)

    @property
    def is_general(self) -> bool:
        return any(token.kind == "general" for token in self.tokens)

    @property
    def is_text(self) -> bool:
        return any(token.kind == "@" for token in self.tokens)


@functools.lru_cache(maxsize=1024)
def sections_of(code: str) -> tuple[Section, ...]:
    """The sections of a format code. Faults: #VALUE! for what is no format. Raises UnsupportedError where unsure."""
    if len(code) > _MOST_CHARACTERS:
        raise Fault(CellError.VALUE)
    sections = _Scanner(code).sections()
    if len(sections) > 4:
        raise Fault(CellError.VALUE)
    return sections


class _Scanner:
    """Reads a format code from left to right."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.at = 0
        self.tokens: list[Token] = []
        self.condition: tuple[str, float] | None = None
        self.done: list[Section] = []
        self.foreign = False

    def sections(self) -> tuple[Section, ...]:
        while self.at < len(self.code):
            self._step()
        self._end_section()
        return tuple(self.done)

    def _unsure(self, what: str) -> UnsupportedError:
        return UnsupportedError(f"the number format {self.code!r} holds {what}", action="use another number format")

    def _put(self, kind: str, text: str, taken: int) -> None:
        self.tokens.append(Token(kind, text))
        self.at += taken

    def _step(self) -> None:
        code, at = self.code, self.at
        character = code[at]
        rest = code[at:]
        if character == ";":
            self._end_section()
            self.at += 1
        elif character == '"':
            end = code.find('"', at + 1)
            if end < 0:
                raise self._unsure("a quote that is not closed")
            self._put("literal", code[at + 1 : end], end + 1 - at)
        elif character in "\\_*":
            if at + 1 == len(code):
                raise self._unsure(f"{character} with nothing behind it")
            # TEXT has no column to fill: * and what follows leave nothing, _ leaves one blank.
            text = {"\\": code[at + 1], "_": " ", "*": ""}[character]
            self._put("literal", text, 2)
        elif character == "[":
            self._bracket()
        elif character in "0#?":
            self._put("digit", character, 1)
        elif character in ".,%/@":
            self._put(character, character, 1)
        elif rest[:7].lower() == "general":
            self._put("general", "General", 7)
        elif rest[:5].upper() == "AM/PM":
            self._put("noon", "AM/PM", 5)
        elif rest[:3].upper() == "A/P":
            self._put("noon", rest[:3], 3)
        elif character in "eE" and rest[1:2] in ("+", "-"):
            self._put("E", "E" + rest[1], 2)
        elif run := _DATE_RUN.match(rest):
            self._put("date", run[0].lower(), len(run[0]))
        elif character in "123456789":
            self._put("number", character, 1)
        elif character in _UNQUOTED or ord(character) > 127:
            self._put("literal", character, 1)
        else:
            raise self._unsure(f"an unquoted {character!r}")

    def _bracket(self) -> None:
        end = self.code.find("]", self.at)
        if end < 0:
            raise self._unsure("a [ that is not closed")
        inside, taken = self.code[self.at + 1 : end], end + 1 - self.at
        if _COLOURS.fullmatch(inside):
            self.at += taken
        elif condition := _CONDITION.fullmatch(inside.strip()):
            self.condition = (condition[1], float(condition[2]))
            self.at += taken
        elif currency := _CURRENCY.fullmatch(inside):
            locale = int(currency[2], 16) if currency[2] else _ENGLISH
            if locale > 0xFFFF or locale in (0xF800, 0xF400):
                raise self._unsure(f"[{inside}], which follows the settings of the machine")
            self.foreign = self.foreign or (locale & 0x3FF) != _ENGLISH
            self._put("literal", currency[1], taken)
        elif _ELAPSED.fullmatch(inside):
            self._put("elapsed", inside.lower(), taken)
        else:
            raise self._unsure(f"[{inside}]")

    def _end_section(self) -> None:
        tokens = tuple(self.tokens)
        section = Section(tokens, self.condition)
        if section.is_date:
            section = Section(_as_dates(tokens, self.code), self.condition)
            named = any(t.kind == "date" and t.text[0] in "md" and len(t.text) > 2 for t in section.tokens)
            if self.foreign and (named or any(t.kind == "noon" for t in section.tokens)):
                raise self._unsure("names of months or days in another language")
        self.done.append(section)
        self.tokens, self.condition, self.foreign = [], None, False


def _as_dates(tokens: tuple[Token, ...], code: str) -> tuple[Token, ...]:
    """Tokens of a date: m beside hours or seconds is minutes ('n' from here on), .00 after seconds their fraction.

    Source: "Number format codes": m immediately after h or before ss is minutes.
    """
    read: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "." and at + 1 < len(tokens) and tokens[at + 1] == Token("digit", "0"):
            zeros = 1
            while at + zeros + 1 < len(tokens) and tokens[at + zeros + 1] == Token("digit", "0"):
                zeros += 1
            if zeros > 3:
                raise Fault(CellError.VALUE)
            read.append(Token("seconds", "." + "0" * zeros))
            at += zeros + 1
            continue
        if token.kind in (".", ",", "/", "number", "%"):
            token = Token("literal", token.text)
        elif token == Token("digit", "#"):
            raise Fault(CellError.VALUE)
        elif token.kind in ("digit", "E", "general", "@"):
            raise UnsupportedError(
                f"the number format {code!r} mixes dates with digits", action="use another number format"
            )
        read.append(token)
        at += 1
    clocks = [index for index, token in enumerate(read) if token.kind in ("date", "elapsed")]
    for place, index in enumerate(clocks):
        token = read[index]
        if token.kind != "date" or token.text not in ("m", "mm"):
            continue
        before = read[clocks[place - 1]].text[0] if place else ""
        after = read[clocks[place + 1]].text[0] if place + 1 < len(clocks) else ""
        if before == "h" or after == "s":
            read[index] = Token("date", "n" * len(token.text))
    return tuple(read)
