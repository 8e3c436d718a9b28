"""Wildcards: texts in which ``*`` and ``?`` stand for characters, unless ``~`` goes before them.

A ``~`` goes for nothing before any other character, so that a text with one does not find itself, as in Excel.

Between stars every piece is taken at its first place, which is enough for wildcards and needs no going back: however
many stars, a match takes no more than length of pattern times length of text.
"""

from __future__ import annotations

import functools
import re

from cellgrad.values import fold_case


def _pieces(pattern: str, whole: bool = True) -> list[str]:
    """Regular expressions of fixed length, one a stretch between stars.

    whole: they are to fit a whole text; else a ``~`` at the very end goes for nothing, as in SEARCH.
    """
    pieces = [""]
    for part in re.findall(r"~.|[*?]|[^*?~]+|~", pattern, re.DOTALL):
        if part == "*":
            pieces.append("")
        elif part == "~" and not whole:
            continue
        else:
            plain = part[1:] if len(part) == 2 and part[0] == "~" else part
            pieces[-1] += "." if part == "?" else re.escape(plain)
    return pieces


@functools.lru_cache(maxsize=4096)
def wildcards(text: str) -> re.Pattern[str]:
    """The pattern that a text with ``*``, ``?`` and ``~`` stands for, over case-folded text (`Pattern.fullmatch`)."""
    first, *middle = _pieces(fold_case(text))
    if not middle:
        return re.compile(first, re.DOTALL)
    *middle, last = middle
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle if piece) + ".*" + last, re.DOTALL)


def find_pattern(pattern: str, text: str, start: int = 0) -> int:
    """Where a text with wildcards first fits into another from `start` on; -1 where it does not. Case counts."""
    pieces = _pieces(pattern, whole=False)
    place = end = start
    for number, piece in enumerate(pieces):
        found = re.compile(piece, re.DOTALL).search(text, end)
        if found is None:
            return -1
        if number == 0:
            place = found.start()
        end = found.end()
    return place
