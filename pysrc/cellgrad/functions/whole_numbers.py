"""Multiples, divisors, counts of combinations, and numbers written in other ways."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from cellgrad.functions.arithmetic import _multiple
from cellgrad.functions.moments import whole
from cellgrad.functions.operands import Fault, Matrix, as_matrix, finite, to_number, total
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.functions.spellings import registered, require
from cellgrad.values import CellError, Value

_EXACT = 2.0**53
"""Whole numbers are exact below this; Excel's number theory ends here."""


# Multiples ------------------------------------------------------------------------------------------------------------


@registered(
    "CEILING.MATH", "number: number, [significance: number, mode: number]",
    "The next multiple above; a negative number goes away from zero where a mode is given.",
    ("{}(24.3,5)", 25), ("{}(6.7)", 7), ("{}(-8.1,2)", -8), ("{}(-5.5,2,-1)", -6), ("{}(-5.5,-2)", -4), ("{}(3,0)", 0),
    smoothness=Smoothness.STEP,
)  # fmt: skip
def ceiling_math(number: float, significance: float | None = None, mode: float = 0.0) -> float:
    return _directed(number, significance, math.ceil, math.floor if mode else math.ceil)


@registered(
    "FLOOR.MATH", "number: number, [significance: number, mode: number]",
    "The multiple below; a negative number goes toward zero where a mode is given.",
    ("{}(24.3,5)", 20), ("{}(6.7)", 6), ("{}(-8.1,2)", -10), ("{}(-5.5,2,-1)", -4), ("{}(5.5,-2)", 4), ("{}(3,0)", 0),
    smoothness=Smoothness.STEP,
)  # fmt: skip
def floor_math(number: float, significance: float | None = None, mode: float = 0.0) -> float:
    return _directed(number, significance, math.floor, math.ceil if mode else math.floor)


def _directed(
    number: float, significance: float | None, up: Callable[[float], int], negative: Callable[[float], int]
) -> float:
    """The multiple of the size of the significance (1 where none is given), one way for each sign of the number."""
    size = 1.0 if significance is None else abs(significance)
    if number == 0 or size == 0:
        return 0.0
    return _multiple(number, size, negative if number < 0 else up)


@registered(
    "CEILING.PRECISE ISO.CEILING", "number: number, [significance: number]",
    "The next multiple above, whatever the signs.",
    ("{}(4.3)", 5), ("{}(-4.3)", -4), ("{}(4.3,2)", 6), ("{}(4.3,-2)", 6), ("{}(-4.3,2)", -4), ("{}(-4.3,-2)", -4),
    ("{}(4.3,0)", 0),
    smoothness=Smoothness.STEP,
)  # fmt: skip
def ceiling_precise(number: float, significance: float = 1.0) -> float:
    return _directed(number, significance, math.ceil, math.ceil)


@registered(
    "FLOOR.PRECISE", "number: number, [significance: number]", "The multiple below, whatever the signs.",
    ("{}(-3.2,-1)", -4), ("{}(3.2,1)", 3), ("{}(-3.2,1)", -4), ("{}(3.2,-1)", 3), ("{}(3.2)", 3), ("{}(3.2,0)", 0),
    smoothness=Smoothness.STEP,
)  # fmt: skip
def floor_precise(number: float, significance: float = 1.0) -> float:
    return _directed(number, significance, math.floor, math.floor)


@registered(
    "MROUND", "number: number!, multiple: number!", "The nearest multiple, halves away from zero.",
    ("{}(10,3)", 9), ("{}(-10,-3)", -9), ("{}(1.3,0.2)", 1.4), ("{}(5,-2)", CellError.NUM), ("{}(7.5,5)", 10),
    ("{}(5,0)", 0), ("{}(0,-2)", 0), ("{}(TRUE,2)", CellError.VALUE),  # the last as Excel stores it
    smoothness=Smoothness.STEP,
)  # fmt: skip
def mround(number: float, multiple: float) -> float:
    if number == 0 or multiple == 0:
        return 0.0
    require((number > 0) == (multiple > 0))
    return _multiple(number, multiple, lambda quotient: math.floor(quotient + 0.5))


# Divisors -------------------------------------------------------------------------------------------------------------


def _strict_numbers(arguments: tuple[Value | Matrix, ...], blank_in_range: float | None = None) -> Iterator[float]:
    """What GCD, LCM and MULTINOMIAL count: text in a range must read as a number, and booleans are none.

    blank_in_range: what a blank counts as in a range of several cells; a blank that stands alone is left out.
    """
    for argument in arguments:
        alone = not isinstance(argument, Matrix) or (argument.shape == (1, 1) and not argument.beyond)
        values = as_matrix(argument)
        for value in values:
            if isinstance(value, bool):
                raise Fault(CellError.VALUE)
            if value is not None:
                yield to_number(value)
            elif blank_in_range is not None and not alone:
                yield blank_in_range
        if values.beyond and blank_in_range is not None:
            yield blank_in_range


def _naturals(arguments: tuple[Value | Matrix, ...], blank_in_range: float | None = None) -> list[int]:
    found = list(_strict_numbers(arguments, blank_in_range))
    require(all(0 <= number < _EXACT for number in found))
    return [math.trunc(number) for number in found]


@registered(
    "GCD", "number: range...", "The greatest common divisor of whole parts.",
    ("{}(5,2)", 1), ("{}(24,36)", 12), ("{}(7,0)", 7), ("{}(24.9,36)", 12), ("{}(-1,2)", CellError.NUM),
    # as Excel stores them
    ('{}({4,"8",12})', 4), ('{}({4,"x",12})', CellError.VALUE), ("{}({4,TRUE,12})", CellError.VALUE),
    ("{}(A1,5,A2:B2)", 5),
    smoothness=Smoothness.STEP, shape=Shape.REDUCE,
)  # fmt: skip
def gcd(*arguments: Value | Matrix) -> float:
    return float(math.gcd(*_naturals(arguments)))


@registered(
    "LCM", "number: range...", "The least common multiple of whole parts.",
    ("{}(5,2)", 10), ("{}(24,36)", 72), ("{}(3,0)", 0), ("{}(-1,2)", CellError.NUM),
    ("{}(9007199254740991,2)", CellError.NUM),
    # as Excel stores them: a blank in a range is a 0, and one that stands alone is left out
    ('{}({4,"8",12})', 24), ('{}({4,"x",12})', CellError.VALUE), ("{}({4,TRUE,12})", CellError.VALUE),
    ("{}(A1,5)", 5), ("{}(A1:B1,5)", 0), ("{}(TRUE,2)", CellError.VALUE),
    smoothness=Smoothness.STEP, shape=Shape.REDUCE,
)  # fmt: skip
def lcm(*arguments: Value | Matrix) -> float:
    found = math.lcm(*_naturals(arguments, 0.0))
    require(found < _EXACT)
    return float(found)


# Combinations ---------------------------------------------------------------------------------------------------------


def _choose(n: int, k: int) -> float:
    """n over k. Faults: #NUM! beyond the largest double."""
    k = min(k, n - k)
    # n over k is at least 2^k: no larger k than this is worth computing.
    require(k <= 1100)
    return whole(math.comb(n, k))


@registered(
    "COMBIN", "number: number, chosen: number", "How many ways there are to choose some of a number of things.",
    ("{}(8,2)", 28), ("{}(8.9,2.9)", 28), ("{}(3,4)", CellError.NUM), ("{}(-1,1)", CellError.NUM), ("{}(0,0)", 1),
    ("{}(5000,2500)", CellError.NUM),
    smoothness=Smoothness.STEP,
)  # fmt: skip
def combin(number: float, chosen: float) -> float:
    n, k = math.trunc(number), math.trunc(chosen)
    require(number >= 0, chosen >= 0, k <= n)
    return _choose(n, k)


@registered(
    "COMBINA", "number: number, chosen: number", "How many ways there are to choose with repetition.",
    ("{}(4,3)", 20), ("{}(10,3)", 220), ("{}(0,0)", 1), ("{}(-1,2)", CellError.NUM),
    # as Excel stores them
    ("{}(1,3)", 1), ("{}(3,10)", 66), ("{}(0,5)", CellError.NUM),
    smoothness=Smoothness.STEP,
)  # fmt: skip
def combina(number: float, chosen: float) -> float:
    n, k = math.trunc(number), math.trunc(chosen)
    require(number >= 0, chosen >= 0, n > 0 or k == 0)
    return 1.0 if k == 0 else _choose(n + k - 1, k)


@registered(
    "FACTDOUBLE", "number: number", "The product of every second whole number down from one.",
    ("{}(6)", 48), ("{}(7)", 105), ("{}(0)", 1), ("{}(-1)", CellError.NUM), ("{}(-2)", CellError.NUM),
    ("{}(301)", CellError.NUM),
    smoothness=Smoothness.STEP,
)  # fmt: skip
def factdouble(number: float) -> float:
    n = math.trunc(number)
    require(number >= 0, n <= 300)
    return whole(math.prod(range(n, 0, -2)))


@registered(
    "MULTINOMIAL", "number: range...", "The factorial of a sum over the product of the factorials.",
    ("{}(2,3,4)", 1260), ("{}({1,2})", 3), ("{}(-1,2)", CellError.NUM), ("{}(2.9,3)", 10),
    ("{}(TRUE,1,2)", CellError.VALUE), ("{}({TRUE,1,2})", CellError.VALUE),  # as Excel stores them
    smoothness=Smoothness.STEP, shape=Shape.REDUCE,
)  # fmt: skip
def multinomial(*arguments: Value | Matrix) -> float:
    found = list(_strict_numbers(arguments))
    require(all(number >= 0 for number in found))
    result, so_far = 1, 0
    for number in found:
        part = math.trunc(number)
        so_far += part
        require(min(part, so_far - part) <= 1100)
        result *= math.comb(so_far, part)
        whole(result)
    return whole(result)


# Thresholds -----------------------------------------------------------------------------------------------------------


@registered("DELTA", "number1: number!, [number2: number!]", "1 where two numbers are equal, else 0.",
            ("{}(5,4)", 0), ("{}(5,5)", 1), ("{}(0.5,0)", 0), ("{}(0)", 1), smoothness=Smoothness.STEP)  # fmt: skip
def delta(first: float, second: float = 0.0) -> float:
    return float(first == second)


@registered("GESTEP", "number: number!, [step: number!]", "1 from the step on, else 0.",
            ("{}(5,4)", 1), ("{}(5,5)", 1), ("{}(-4,-5)", 1), ("{}(-1)", 0), smoothness=Smoothness.STEP)  # fmt: skip
def gestep(number: float, step: float = 0.0) -> float:
    return float(number >= step)


# Series ---------------------------------------------------------------------------------------------------------------


@function(
    "SERIESSUM(x: number!, power: number!, step: number!, coefficients: array)", Shape.REDUCE, Smoothness.SMOOTH,
    "A power series: the coefficients times x to the power, and on by steps.",
    cases=(("SERIESSUM(2,1,2,{1,3,5})", 186), ("SERIESSUM(0.5,0,1,{1;1;1})", 1.75), ("SERIESSUM(0,1,1,{5,3})", 0),
           ("SERIESSUM(0,-1,1,{1,1})", CellError.NUM), ('SERIESSUM(2,0,1,{1,"x"})', CellError.VALUE),
           # as Excel stores them
           ("SERIESSUM(0,0,1,{5,3})", CellError.NUM), ("SERIESSUM(TRUE,0,1,{5,3})", CellError.VALUE)),
)  # fmt: skip
def seriessum(x: float, power: float, step: float, coefficients: Matrix) -> float:
    terms = []
    for place, value in enumerate(coefficients):
        if isinstance(value, CellError):
            raise Fault(value)
        if isinstance(value, bool | str):
            raise Fault(CellError.VALUE)
        if value is not None:
            terms.append(finite(value * _power(x, power + place * step)))
    return total(terms)


def _power(base: float, exponent: float) -> float:
    require(base != 0 or exponent != 0)
    try:
        return math.pow(base, exponent)
    except (ValueError, OverflowError, ZeroDivisionError):  # a root of a negative number, or beyond every double
        raise Fault(CellError.NUM) from None


# Numbers written in other ways ----------------------------------------------------------------------------------------

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@function(
    "BASE(number: number, radix: number, [length: number])", Shape.ELEMENTWISE, Smoothness.NONE,
    "A whole number written in a base from 2 to 36.",
    cases=(("BASE(7,2)", "111"), ("BASE(100,16)", "64"), ("BASE(15,2,10)", "0000001111"), ("BASE(0,2)", "0"),
           ("BASE(7,1)", CellError.NUM), ("BASE(-1,2)", CellError.NUM), ("BASE(7,2,256)", CellError.NUM)),
)  # fmt: skip
def base(number: float, radix: float, length: float = 0.0) -> str:
    n, b, places = math.trunc(number), math.trunc(radix), math.trunc(length)
    require(number >= 0, n < _EXACT, 2 <= b <= 36, 0 <= places <= 255)
    text = ""
    while n:
        n, digit = divmod(n, b)
        text = _DIGITS[digit] + text
    return (text or "0").rjust(places, "0")


@function(
    "DECIMAL(text: text, radix: number)", Shape.ELEMENTWISE, Smoothness.NONE, "The number that a text in a base means.",
    cases=(('DECIMAL("FF",16)', 255), ("DECIMAL(111,2)", 7), ('DECIMAL("zap",36)', 45745),
           ('DECIMAL("3",2)', CellError.NUM),
           ('DECIMAL("1",37)', CellError.NUM), ('DECIMAL("",10)', 0)),
)  # fmt: skip
def decimal(text: str, radix: float) -> float:
    b = math.trunc(radix)
    require(2 <= b <= 36, len(text) <= 255)
    result = 0
    for character in text.strip().upper():
        digit = _DIGITS.find(character)
        require(0 <= digit < b)
        result = result * b + digit
    return whole(result)


_ROMAN = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
_NUMERALS = list(_ROMAN.items())


@function(
    "ROMAN(number: number, [form: value])", Shape.ELEMENTWISE, Smoothness.NONE,
    "A number in Roman numerals, of form 0 (classic) to 4 (shortest).",
    cases=(("ROMAN(499,0)", "CDXCIX"), ("ROMAN(499,1)", "LDVLIV"), ("ROMAN(499,2)", "XDIX"), ("ROMAN(499,3)", "VDIV"),
           ("ROMAN(499,4)", "ID"), ("ROMAN(2013)", "MMXIII"), ("ROMAN(4000)", CellError.VALUE),
           ("ROMAN(-1)", CellError.VALUE), ("ROMAN(0)", ""), ("ROMAN(499,TRUE)", "CDXCIX"), ("ROMAN(499,FALSE)", "ID"),
           ("ROMAN(1,5)", CellError.VALUE), ('ROMAN(999,"2")', "XMIX")),
)  # fmt: skip
def roman(number: float, form: Value = 0.0) -> str:
    n = math.trunc(number)
    level = (0 if form else 4) if isinstance(form, bool) else math.trunc(to_number(form))
    if not (0 <= n <= 3999 and 0 <= level <= 4):
        raise Fault(CellError.VALUE)
    text = ""
    for index in range(0, len(_NUMERALS), 2):  # the powers of ten
        digit = n // _NUMERALS[index][1]
        if digit % 5 == 4:
            # A smaller numeral before a larger one; each level lets the smaller be one further down.
            larger = index - (1 if digit == 4 else 2)
            smaller = index
            while smaller - index < level and smaller + 1 < len(_NUMERALS):
                if _NUMERALS[larger][1] - _NUMERALS[smaller + 1][1] > n:
                    break
                smaller += 1
            text += _NUMERALS[smaller][0] + _NUMERALS[larger][0]
            n += _NUMERALS[smaller][1] - _NUMERALS[larger][1]
        else:
            text += (_NUMERALS[index - 1][0] if digit > 4 else "") + _NUMERALS[index][0] * (digit % 5)
            n %= _NUMERALS[index][1]
    return text


@function(
    "ARABIC(text: text)", Shape.ELEMENTWISE, Smoothness.NONE, "The number that Roman numerals mean.",
    cases=(('ARABIC("LVII")', 57), ('ARABIC("mcmxii")', 1912), ('ARABIC("")', 0), ('ARABIC("-X")', -10),
           ('ARABIC("ABC")', CellError.VALUE), ('ARABIC(" IX ")', 9)),
)  # fmt: skip
def arabic(text: str) -> float:
    letters = text.strip().upper()
    negative = letters.startswith("-")
    letters = letters.removeprefix("-")
    if len(text) > 255 or any(letter not in _ROMAN for letter in letters):
        raise Fault(CellError.VALUE)
    values = [_ROMAN[letter] for letter in letters]
    following = values[1:] + [0] * bool(values)
    result = sum(-value if value < after else value for value, after in zip(values, following, strict=True))
    return float(-result if negative else result)
