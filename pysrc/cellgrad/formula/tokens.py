"""Tokens of a formula's skeleton, and what has to be eased before the library formualizer reads it.

formualizer knows a blank as the intersection operator only after something that looks like a cell, and no blank beside
a colon. So it is shown such operands as cells and such colons without their blanks; every token is then put back to
the place in the formula that it stands for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import formualizer

_LEXEME = re.compile(
    r"""(?P<text> "_*" ) | (?P<blank> \s+ ) | (?P<operand> [\w.$!':]+ ) | (?P<other> . )""", re.VERBOSE
)
_BLANK = re.compile(r"\s")
_NUMBER = re.compile(r"[\d.]+(?:[eE]\d*)?")


@dataclass(frozen=True, slots=True)
class Token:
    """A token: formualizer's kind and subtype by name, its text, and where in the formula it starts and ends."""

    kind: str
    subtype: str
    value: str
    start: int
    end: int


class Eased:
    """A skeleton as formualizer reads it. `text`: what it is shown; `at`: the place in the formula of each place."""

    def __init__(self, bones: str) -> None:
        self.text: str
        self.at: list[int]
        if _BLANK.search(bones) is None:
            self.text, self.at = bones, list(range(len(bones) + 1))
            return
        found = list(_LEXEME.finditer(bones))
        shown: list[str] = []
        self.at = []
        for number, match in enumerate(found):
            before = found[number - 1] if number else None
            after = found[number + 1] if number + 1 < len(found) else None
            text, places = match[0], range(match.start(), match.end())
            if match["blank"]:
                text, places = (" ", places[:1]) if not _beside_a_colon(before, after) else ("", places[:0])
            elif match["operand"] and _meets(found, number) and not _NUMBER.fullmatch(text):
                shown.append("A1")
                self.at += [places[0], places[0]]
                continue
            shown.append(text)
            self.at += places
        self.text = "".join(shown)
        self.at.append(len(bones))

    def tokens(self) -> list[Token]:
        """Its tokens. Raises formualizer.TokenizerError."""
        return [
            Token(str(t.token_type), str(t.subtype), t.value, self.at[t.start], self.at[t.end])
            for t in formualizer.tokenize(self.text)
            if t is not None
        ]

    def place(self, position: int) -> int:
        """The place in the formula of a place in `text`."""
        return self.at[min(position, len(self.at) - 1)]


def _beside_a_colon(before: re.Match[str] | None, after: re.Match[str] | None) -> bool:
    return (before is not None and before[0].endswith(":")) or (after is not None and after[0].startswith(":"))


def _meets(found: list[re.Match[str]], number: int) -> bool:
    """Whether an operand stands beside a blank that intersects it with another."""
    last = len(found) - 1
    if number < last and found[number + 1][0] == "(":
        return False  # a function's name
    right = number + 2 <= last and found[number + 1]["blank"] is not None and found[number + 2]["operand"] is not None
    left = number >= 2 and found[number - 1]["blank"] is not None
    left = left and (found[number - 2]["operand"] is not None or found[number - 2][0] in (")", "#"))
    return (left or right) and ":" not in (found[number][0][0], found[number][0][-1])
