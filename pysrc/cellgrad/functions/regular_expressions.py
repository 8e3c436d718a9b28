"""REGEXTEST, REGEXEXTRACT, REGEXREPLACE by Python's re, within what it shares with Excel's PCRE2.

A pattern that the two read differently is refused, and so is one that could run for long on the text it is given: the
steps of a search without luck are bounded from the pattern's repeats before it starts.
"""

from __future__ import annotations

import functools
import re
import re._constants as codes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cellgrad.errors import UnsupportedError
from cellgrad.functions.context import Context
from cellgrad.functions.operands import Fault, Matrix
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.functions.text_units import at_most
from cellgrad.values import CellError, Value

_MOST_STEPS = 2e8
_LONGEST_PATTERN = 1000
_UNALIKE = re.compile(
    r"\\[KRXZzGhHNCQEpPugkox]|\\c|\\[89]|\\0|\(\?[|R&'C+\-0-9]|\(\?P[>=]|\(\*|\[\[?:|\{,|\(\?\#|\[\]|\[\^\]|\(\?\("
    r"|\[[^\]]*(?:\[|--|&&|\|\||~~)"
)
"""What PCRE2 knows and Python does not, or reads otherwise."""
_ALPHABET = re.compile(r"\\[wWdDsSbB]|\\v")
_REFERENCE = re.compile(r"\$(?:\$|(\d{1,2})|\{(\w+)\}|)")


def _refused(what: str) -> UnsupportedError:
    return UnsupportedError(what, action="write a simpler pattern")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A compiled pattern, and how the steps of a search grow with the length n of a text: n^power * base^n."""

    compiled: re.Pattern[str]
    power: int
    nested: bool
    knows_letters: bool

    def ready(self, text: str) -> None:
        """Raises UnsupportedError for a text on which the search could take too long or would differ from Excel's."""
        steps = float(len(text) + 1) ** (self.power + 1)
        if self.nested:
            steps = max(steps, 2.0 ** min(len(text), 1000))
        if steps > _MOST_STEPS:
            raise _refused("this regular expression could search its text for too long")
        if self.knows_letters and not text.isascii():
            raise _refused(r"\w, \d, \s, \b or case among letters beyond ASCII differ from Excel's")


@functools.lru_cache(maxsize=512)
def _compiled(pattern: str, case_blind: bool) -> _Pattern:
    """Faults: #VALUE! for what is no pattern. Raises UnsupportedError for what Python reads otherwise than Excel."""
    if len(pattern) > _LONGEST_PATTERN or (unalike := _UNALIKE.search(pattern)):
        shown = "its length" if len(pattern) > _LONGEST_PATTERN else unalike[0]  # type: ignore[index]
        raise _refused(f"this regular expression is not supported, for {shown}")
    translated = re.sub(r"(?<!\\)\(\?<(?=[A-Za-z_])", "(?P<", pattern)
    flags = re.ASCII | (re.IGNORECASE if case_blind else 0)
    try:
        compiled = re.compile(translated, flags)
        tree = parser.parse(translated, flags)
    except (re.error, OverflowError, RecursionError):
        raise _refused("this regular expression is not supported, or none at all") from None
    power, nested = _growth(tree)
    letters = case_blind or bool(_ALPHABET.search(pattern)) or "(?i" in pattern
    return _Pattern(compiled, power, nested, letters)


def _growth(tree: Iterable[tuple[Any, Any]]) -> tuple[int, bool]:
    """How many repeats follow each other on one way through a pattern, and whether one stands inside another."""
    power, nested = 0, False
    for operation, argument in tree:
        more, inside = 0, False
        if operation in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            least, most, body = argument
            more, inside = _growth(body)
            if most != least and most > 1:
                inside = inside or more > 0 or _has_branches(body)
                more += 1
            elif most > 1:
                more *= min(int(most), 100)
        elif operation is codes.SUBPATTERN:
            more, inside = _growth(argument[-1])
        elif operation is codes.ATOMIC_GROUP:
            more, inside = _growth(argument)
        elif operation is codes.BRANCH:
            branches = [_growth(branch) for branch in argument[1]]
            more, inside = max(b[0] for b in branches), any(b[1] for b in branches)
        elif operation in (codes.ASSERT, codes.ASSERT_NOT):
            more, inside = _growth(argument[1])
        elif operation in (codes.GROUPREF, codes.GROUPREF_EXISTS):
            more = 1
        power, nested = power + more, nested or inside
    return power, nested


def _has_branches(tree: Iterable[tuple[Any, Any]]) -> bool:
    """Whether a repeated part offers a choice of whole texts, which may overlap."""
    for operation, argument in tree:
        if operation is codes.BRANCH or (operation is codes.SUBPATTERN and _has_branches(argument[-1])):
            return True
    return False


def _prepared(text: str, pattern: str, case: float) -> re.Pattern[str]:
    if int(case) not in (0, 1):
        raise Fault(CellError.VALUE)
    found = _compiled(pattern, int(case) == 1)
    found.ready(text)
    return found.compiled


def fits_text(pattern: str, case_blind: bool, whole: bool, text: str) -> bool:
    """Whether a pattern fits any part of a text, or all of it. Raises UnsupportedError as REGEXTEST does."""
    compiled = _prepared(text, pattern, float(case_blind))
    return (compiled.fullmatch(text) if whole else compiled.search(text)) is not None


@function(
    "REGEXTEST(text: text, pattern: text, [case: number])", Shape.ELEMENTWISE, Smoothness.NONE,
    "Whether a regular expression fits any part of a text.",
    cases=(('REGEXTEST("alfalfa","a")', True), ('REGEXTEST("alfalfa","[a-z]")', True),
           ('REGEXTEST("alfalfa","[A-Z]")', False), ('REGEXTEST("alfalfa","[A-Z]",1)', True),
           ('REGEXTEST("alfalfa","\\d")', False), ('REGEXTEST("alfalfa","[aeiou]")', True),
           ('REGEXTEST("(378) 555-4195","^\\([0-9]{3}\\) [0-9]{3}-[0-9]{4}$")', True),
           ('REGEXTEST("a","a",2)', CellError.VALUE), ("REGEXTEST(1/0,1)", CellError.DIV0)),
)  # fmt: skip
def regextest(text: str, pattern: str, case: float = 0.0) -> bool:
    return _prepared(text, pattern, case).search(text) is not None


@function(
    "REGEXEXTRACT(text: text, pattern: text, [mode: number, case: number])", Shape.ARRAY, Smoothness.NONE,
    "What a regular expression fits: the first (0), all of them (1), or the groups of the first (2); #N/A for none.",
    context=True,
    cases=(('REGEXEXTRACT("DylanWilliams","[A-Z][a-z]+")', "Dylan"),
           ('TEXTJOIN(" ",TRUE,REGEXEXTRACT("DylanWilliams","[A-Z][a-z]+",1))', "Dylan Williams"),
           ('TEXTJOIN("-",TRUE,REGEXEXTRACT("2024-05","(\\d+)-(\\d+)",2))', "2024-05"),
           ('REGEXEXTRACT("abc","\\d")', CellError.NA), ('REGEXEXTRACT("abc","B",0,1)', "b"),
           ('REGEXEXTRACT("abc","b",3)', CellError.VALUE)),
)  # fmt: skip
def regexextract(
    context: Context | None, text: str, pattern: str, mode: float = 0.0, case: float = 0.0
) -> Value | Matrix:
    if int(mode) not in (0, 1, 2):
        raise Fault(CellError.VALUE)
    compiled = _prepared(text, pattern, case)
    first = compiled.search(text)
    if first is None:
        raise Fault(CellError.NA)
    if int(mode) == 0:
        return first[0]
    if int(mode) == 2:
        groups = first.groups()
        if not groups or None in groups:
            raise _refused("REGEXEXTRACT of groups that are not all there is not supported")
        return Matrix((tuple(groups),))
    found = tuple(match[0] for match in compiled.finditer(text))
    down = context is not None and context.host.height > 1 and context.host.width == 1
    return Matrix(tuple((text,) for text in found) if down else (found,))


@function(
    "REGEXREPLACE(text: text, pattern: text, new: text, [instance: number, case: number])", Shape.ELEMENTWISE,
    Smoothness.NONE, "Other text in place of what a regular expression fits; $1 stands for its first group.",
    cases=(('REGEXREPLACE("(378) 555-4195","[0-9]+-","***-")', "(378) ***-4195"),
           ('REGEXREPLACE("SoniaBrown","([A-Z][a-z]+)([A-Z][a-z]+)","$2, $1")', "Brown, Sonia"),
           ('REGEXREPLACE("a1b2","\\d","#",2)', "a1b#"), ('REGEXREPLACE("a1b2","\\d","#",-2)', "a#b2"),
           ('REGEXREPLACE("a1","\\d","#",5)', "a1"), ('REGEXREPLACE("aAa","A","-",0,1)', "---")),
)  # fmt: skip
def regexreplace(text: str, pattern: str, new: str, instance: float = 0.0, case: float = 0.0) -> str:
    compiled = _prepared(text, pattern, case)
    if "\\" in new:
        raise _refused("a backslash in the new text of REGEXREPLACE is not supported")
    matches = list(compiled.finditer(text))
    number = int(instance)
    if number:
        place = number - 1 if number > 0 else len(matches) + number
        matches = matches[place : place + 1] if 0 <= place < len(matches) else []
    parts, start = [], 0
    for match in matches:
        parts += [text[start : match.start()], _REFERENCE.sub(functools.partial(_group, match), new)]
        start = match.end()
    return at_most("".join(parts) + text[start:])


def _group(match: re.Match[str], reference: re.Match[str]) -> str:
    """What a ``$`` in the new text stands for."""
    if reference[0] == "$$":
        return "$"
    name = reference[1] or reference[2]
    if name is None:
        raise _refused("a $ in the new text of REGEXREPLACE that names no group is not supported")
    try:
        found = match[int(name)] if name.isdigit() else match[name]
    except IndexError:
        raise _refused(f"the new text of REGEXREPLACE names the group {name}, which the pattern lacks") from None
    if found is None:
        raise _refused(f"the group {name}, which fits nothing here, in REGEXREPLACE is not supported")
    return found
