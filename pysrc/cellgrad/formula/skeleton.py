"""A formula's skeleton: its own length, with everything that may hold foreign characters replaced by underscores.

Texts, quoted sheet names, square brackets and letters beyond ASCII are data to whoever looks for the structure of a
formula; in the skeleton every character stands where it stood, so that a place in one is a place in the other.
"""

from __future__ import annotations

import re

from cellgrad.errors import FormulaError

ERROR = re.compile(
    r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|GETTING_DATA|SPILL!|CALC!"
    r"|CONNECT!|BLOCKED!|UNKNOWN!|FIELD!|EXTERNAL!|BUSY!|PYTHON!)",
    re.IGNORECASE,
)


_NOTHING_TO_MASK = re.compile(r"""[^"'\[#\\?|\x80-\U0010FFFF]*""")
_LOST = re.compile(r"(?:\$?\w[\w.$]*(?::\$?\w[\w.$]*)?)?")


def skeleton(formula: str) -> str:
    """`formula` with texts, quoted names, brackets and letters beyond ASCII as underscores; every place unchanged."""
    if _NOTHING_TO_MASK.fullmatch(formula):
        return formula
    out: list[str] = []
    at = 0
    while at < len(formula):
        char = formula[at]
        if char == '"':
            end = end_of_quote(formula, at, "text")
            out.append('"' + "_" * (end - at - 2) + '"')
        elif char == "'":
            end = end_of_quote(formula, at, "sheet name")
            part_of_link = formula[at - 1] in "!|"
            out.append("_" * (end - at) if part_of_link else "'" + "_" * (end - at - 2) + "'")
        elif char == "[":
            end = end_of_bracket(formula, at)
            out.append("_" * (end - at))
        elif char == "#" and (match := ERROR.match(formula, at)):
            end = match.end()
            if match[0].upper() == "#REF!":  # a reference whose sheet is gone: #REF!A1
                end = _LOST.match(formula, end).end()  # type: ignore[union-attr] # it may be nothing
            known = match[0].upper() in _KNOWN_TO_PARSER
            out.append((match[0] if known else "#N/A").ljust(end - at))
        else:
            end = at + 1
            out.append(_plain(char))
        at = end
    return "".join(out)


_KNOWN_TO_PARSER = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!"}


def _plain(char: str) -> str:
    if char in "\\?|":  # allowed in names, and the mark of a DDE link
        return "_"
    if char.isascii():
        return char
    return " " if char.isspace() else "_"


def end_of_quote(formula: str, start: int, what: str) -> int:
    """The place after the closing quote; a doubled quote is a character."""
    quote = formula[start]
    at = start + 1
    while (at := formula.find(quote, at)) >= 0:
        if formula[at + 1 : at + 2] != quote:
            return at + 1
        at += 2
    raise FormulaError(
        f"this formula cannot be read: the {what} that begins here does not end",
        formula=formula,
        position=start,
        action=f"close it with {quote}",
    )


def end_of_bracket(text: str, start: int) -> int:
    """The place after the bracket that closes the one at `start`; ``'`` escapes the next character."""
    depth = 0
    at = start
    while at < len(text):
        char = text[at]
        if char == "'" and depth:
            at += 1
        elif char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    raise FormulaError(
        "this formula cannot be read: the square bracket that begins here does not end",
        formula=text,
        position=start,
        action="close it with ]",
    )
