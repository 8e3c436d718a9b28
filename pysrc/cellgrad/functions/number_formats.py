"""Number formats: a value as TEXT shows it, ``format_value(1234.5, "#,##0.00")`` being ``1,234.50``.

A format has up to four sections: numbers above zero, below zero, zero, text. A section may carry a condition of its
own, ``[<100]``. Source: Microsoft, "TEXT function", "Number format codes", "Review guidelines for customizing a number
format".
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from cellgrad.errors import UnsupportedError
from cellgrad.functions.operands import number_to_text
from cellgrad.functions.text_format_dates import write_date
from cellgrad.functions.text_format_numbers import general, write_number
from cellgrad.functions.text_format_sections import Section, sections_of

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip


def format_value(value: float | str, code: str, date_1904: bool = False) -> str:
    """A number or a text in a number format.

    Faults: #VALUE! for a date beyond 9999 or before 1900, and for what is no format. Raises UnsupportedError for codes
    whose answer hangs on the machine's settings.
    """
    sections = sections_of(code)
    if isinstance(value, str):
        return _text(value, sections)
    section, shows_sign = _chosen(value, sections)
    if section is None:
        raise UnsupportedError(
            f"no section of the number format {code!r} takes the number {number_to_text(value)}",
            action="add a section for it",
        )
    if section.is_date:
        return write_date(value, section, date_1904)
    sign = "-" if value < 0 and shows_sign else ""
    if section.is_text and not any(token.kind == "digit" for token in section.tokens):
        return _filled(section, number_to_text(value))
    if section.is_general:
        return sign + _filled(section, general(abs(value)))
    shown = write_number(abs(value), section)
    hidden = any(token.kind == "digit" for token in section.tokens) and shown == write_number(0.0, section)
    return shown if hidden else sign + shown  # what shows as 0 shows no sign


def _text(value: str, sections: tuple[Section, ...]) -> str:
    """Text goes to the fourth section, or to the last one that holds @; else it stays as it is."""
    if len(sections) == 4:
        return _filled(sections[3], value)
    return _filled(sections[-1], value) if sections[-1].is_text else value


def _filled(section: Section, value: str) -> str:
    return "".join(value if token.kind in ("@", "general") else token.text for token in section.tokens)


def _chosen(number: float, sections: tuple[Section, ...]) -> tuple[Section | None, bool]:
    """The section for a number, and whether a negative one shows its sign there.

    The sign is left out where the section is for negative numbers alone. Raises UnsupportedError where it is not
    known whether Excel would.
    """
    numeric = sections[:3]
    if len(numeric) > 1 and numeric[-1].is_text and len(sections) < 4:
        numeric = numeric[:-1]
    if all(section.condition is None for section in numeric):
        if number < 0 and len(numeric) > 1:
            return numeric[1], False
        return (numeric[2] if number == 0 and len(numeric) > 2 else numeric[0]), True
    first, *others = numeric
    tests = [first.condition or (">", 0.0) if len(numeric) > 2 else first.condition or (">=", 0.0)]
    if len(numeric) > 2:
        tests.append(others[0].condition or ("<", 0.0))
    elif others and others[0].condition:
        tests.append(others[0].condition)
    chosen = next((n for n, (sign, limit) in enumerate(tests) if _HOLDS[sign](number, limit)), len(tests))
    if chosen == len(numeric):
        return None, True
    if number < 0 and len(numeric) > 1:
        # Excel leaves out the sign where a section is for negative numbers alone; of others its pages say nothing.
        below = _only_negative(*tests[chosen]) if chosen < len(tests) else tests == [(">=", 0.0)]
        if not below:
            raise UnsupportedError(
                "a negative number in a number format of several sections with conditions, none of them for negative "
                "numbers alone",
                action="give negative numbers a section of their own",
            )
        return numeric[chosen], False
    return numeric[chosen], not (chosen < len(tests) and _only_negative(*tests[chosen]))


def _only_negative(sign: str, limit: float) -> bool:
    return (sign == "<" and limit <= 0) or (sign in ("<=", "=") and limit < 0)
