"""Numbers in number formats: digits, thousands, percent, exponents and fractions.

Source: Microsoft, "Number format codes". A number has at most 15 significant digits; halves round away from zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from cellgrad.errors import UnsupportedError
from cellgrad.functions.text_format_sections import Section, Token

_EXACT = Context(prec=700, rounding=ROUND_HALF_UP, Emax=MAX_EMAX, Emin=MIN_EMIN)
_CODES = frozenset({"digit", ".", ",", "number"})


def general(number: float) -> str:
    """A number in the General format of a cell that is wide enough: at most 11 characters besides the sign."""
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    size = _decimal(abs(number))
    power = size.adjusted()
    if -5 < power <= 10:
        shown = _EXACT.quantize(size, Decimal(1).scaleb(-max(0, 9 - max(power, 0))))
        if shown.adjusted() <= 10:
            return sign + _plain(shown)
    elif power <= -5 and -int(size.as_tuple().exponent) <= 9:
        return sign + _plain(size)
    digits = 6 if abs(power) < 100 else 5
    mantissa, exponent = f"{size:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{sign}{mantissa}E{exponent[0]}{exponent[1:].zfill(2)}"


def _decimal(number: float) -> Decimal:
    """The number's first 15 significant digits."""
    return Decimal(f"{number:.14e}").normalize(_EXACT)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def fixed(number: float, places: int, commas: bool) -> str:
    """A number that is not negative with so many decimal places; `places` below 0 round to tens, hundreds..."""
    shown = _EXACT.quantize(_decimal(number), Decimal(1).scaleb(-places)) if number else Decimal(0)
    return f"{shown:{',' if commas else ''}.{max(places, 0)}f}"


def write_number(number: float, section: Section) -> str:
    """A number that is not negative in a section of digit codes."""
    tokens = list(section.tokens)
    kinds = [token.kind for token in tokens]
    size = _decimal(number) if number else Decimal(0)
    size = size.scaleb(2 * kinds.count("%"), _EXACT)
    if "digit" not in kinds:
        return "".join(token.text for token in tokens)
    if "E" in kinds:
        return _scientific(size, tokens)
    if (slash := _fraction_slash(tokens)) is not None:
        return _fraction(size, tokens, slash)
    return _decimal_number(size, tokens)


def _decimal_number(size: Decimal, tokens: list[Token]) -> str:
    tokens, thousands, scale = _commas(tokens)
    point = next((i for i, token in enumerate(tokens) if token.kind == "."), len(tokens))
    before, after = tokens[:point], tokens[point:]
    places = sum(token.kind == "digit" for token in after)
    shown = _EXACT.quantize(size.scaleb(-3 * scale, _EXACT), Decimal(1).scaleb(-places))
    whole, _, fraction = f"{shown:f}".partition(".")
    return _whole_part(whole.lstrip("0"), before, thousands) + _fraction_part(fraction, after)


def _commas(tokens: list[Token]) -> tuple[list[Token], bool, int]:
    """Tokens without commas, whether thousands are set apart, and by how many thousands to divide.

    A comma between digit codes before the point sets thousands apart; right behind the last one before the point, or
    behind the last of all, it divides by a thousand.
    """
    digits = [i for i, token in enumerate(tokens) if token.kind == "digit"]
    point = next((i for i, token in enumerate(tokens) if token.kind == "."), len(tokens))
    last_whole = max((i for i in digits if i < point), default=-1)
    thousands, scale = False, 0
    kept: list[Token] = []
    for i, token in enumerate(tokens):
        if token.kind != ",":
            kept.append(token)
        elif digits and digits[0] < i < last_whole:
            thousands = True
        elif (i > last_whole >= 0 and _follows(tokens, i, last_whole)) or (
            digits and i > digits[-1] and _follows(tokens, i, digits[-1])
        ):
            scale += 1
        else:
            kept.append(Token("literal", ","))
    return kept, thousands, scale


def _follows(tokens: Sequence[Token], at: int, digit: int) -> bool:
    return all(token.kind == "," for token in tokens[digit + 1 : at])


def _whole_part(digits: str, tokens: Sequence[Token], thousands: bool) -> str:
    """Digits set from the right into the codes; the first code takes all that are left."""
    places = [i for i, token in enumerate(tokens) if token.kind == "digit"]
    if not places and digits:
        return "".join(token.text for token in tokens) + digits
    parts: list[str] = []
    placed = 0
    for i in range(len(tokens) - 1, -1, -1):
        token = tokens[i]
        if token.kind != "digit":
            parts.append(token.text)
            continue
        take = 1 if i != places[0] else max(1, len(digits) - placed)
        for _ in range(take):
            if placed < len(digits):
                character = digits[len(digits) - 1 - placed]
            else:
                character = {"0": "0", "?": " ", "#": ""}[token.text]
            if thousands and placed and placed % 3 == 0 and character:
                parts.append("," if character != " " else " ")
            parts.append(character)
            placed += 1
    return "".join(reversed(parts))


def _fraction_part(digits: str, tokens: Sequence[Token]) -> str:
    codes = [token.text for token in tokens if token.kind == "digit"]
    last = max((i for i, digit in enumerate(digits) if digit != "0" or codes[i] == "0"), default=-1)
    parts: list[str] = []
    place = 0
    for token in tokens:
        if token.kind != "digit":
            parts.append(token.text)
            continue
        parts.append(digits[place] if place <= last else " " if token.text == "?" else "")
        place += 1
    return "".join(parts)


def _scientific(size: Decimal, tokens: list[Token]) -> str:
    """``0.00E+00``; with several codes before the point the exponent is a multiple of their number."""
    at = next(i for i, token in enumerate(tokens) if token.kind == "E")
    head, tail = _commas(tokens[:at])[0], tokens[at + 1 :]
    point = next((i for i, token in enumerate(head) if token.kind == "."), len(head))
    step = max(1, sum(token.kind == "digit" for token in head[:point]))
    places = sum(token.kind == "digit" for token in head[point:])
    exponent = 0
    shown = size
    if size:
        exponent = size.adjusted() // step * step
        shown = _EXACT.quantize(size.scaleb(-exponent, _EXACT), Decimal(1).scaleb(-places))
        if shown.adjusted() >= step:
            exponent += step
            shown = size.scaleb(-exponent, _EXACT)
    shown = _EXACT.quantize(shown, Decimal(1).scaleb(-places))
    whole, _, fraction = f"{shown:f}".partition(".")
    sign = "-" if exponent < 0 else "+" if tokens[at].text == "E+" else ""
    mantissa = _whole_part(whole.lstrip("0"), head[:point], False) + _fraction_part(fraction, head[point:])
    return mantissa + "E" + sign + _whole_part(str(abs(exponent)).lstrip("0"), tail, False)


def _fraction_slash(tokens: Sequence[Token]) -> int | None:
    """Where the bar of a fraction stands: a slash right between digit codes."""
    for i, token in enumerate(tokens):
        if token.kind == "/" and 0 < i < len(tokens) - 1:
            behind = next((t for t in tokens[i + 1 :] if t.text.strip(" ")), None)
            before = next((t for t in reversed(tokens[:i]) if t.text.strip(" ")), None)
            if before is not None and before.kind == "digit" and behind is not None:
                return i if behind.kind in ("digit", "number") else None
    return None


def _fraction(size: Decimal, tokens: list[Token], slash: int) -> str:
    """``# ?/?``, ``# ??/100``, ``?/8``: the nearest fraction with so many digits below, or the number given there."""
    start = slash
    while start and tokens[start - 1].kind == "digit":
        start -= 1
    end = slash + 1
    while end < len(tokens) and tokens[end].kind in ("digit", "number"):
        end += 1
    above, below = tokens[start:slash], tokens[slash + 1 : end]
    head, tail = tokens[:start], tokens[end:]
    if start == slash or end == slash + 1 or any(token.kind in (".", ",", "/") for token in (*head, *tail)):
        raise UnsupportedError("this number format of fractions is not supported", action="use # ?/? or # ?/8")
    given = "".join(token.text for token in below) if any(token.kind == "number" for token in below) else ""
    if given and not given.isdigit():
        raise UnsupportedError("this number format of fractions is not supported", action="use # ?/? or # ?/8")
    exact = Fraction(size)
    mixed = any(token.kind == "digit" for token in head)
    whole = int(exact) if mixed else 0
    rest = exact - whole
    if given:
        denominator = int(given)
        numerator = int(rest * denominator + Fraction(1, 2))
    else:
        nearest = rest.limit_denominator(10 ** min(len(below), 9) - 1)
        numerator, denominator = nearest.numerator, nearest.denominator
    if mixed and numerator == denominator:
        whole, numerator = whole + 1, 0
    front = _whole_part(str(whole) if whole else "", head, False)
    if mixed and numerator == 0 and not any(token.text == "0" for token in above):
        if not whole and not front.strip():
            front = front.replace(" ", "") + "0" + " " * front.count(" ")
        return front + " " * (len(above) + 1 + len(given or below)) + "".join(token.text for token in tail)
    if mixed and not whole:
        front = _without_whole(head)
    top = _whole_part(str(numerator), above, False)
    bottom = given or _left_aligned(str(denominator), below)
    return front + top + "/" + bottom + "".join(token.text for token in tail)


def _without_whole(head: Sequence[Token]) -> str:
    """What stands before a fraction below one: without digits, unless a 0 asks for one."""
    return _whole_part("", head, False)


def _left_aligned(digits: str, codes: Sequence[Token]) -> str:
    if any(code.text == "0" for code in codes):
        return digits.zfill(len(codes))
    return digits.ljust(len(codes)) if any(code.text == "?" for code in codes) else digits
