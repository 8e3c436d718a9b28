"""Complex numbers as Excel keeps them: as text such as ``3+4i``, with 15 digits and the suffix i or j."""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from cellgrad.functions.operands import Fault, Matrix, as_matrix, finite, number_to_text, to_number
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TEXT = re.compile(rf"(?P<real>{_NUMBER})?(?:(?P<imaginary>{_NUMBER}|[+-]?)(?P<suffix>[ij]))?")


@dataclass(frozen=True, slots=True)
class _Read:
    """A complex number and its suffix; '' for a number without an imaginary part."""

    number: complex
    suffix: str


def _read(value: Value) -> _Read:
    """What a value says. Faults: #NUM! for a text that is no complex number, #VALUE! for a boolean."""
    if isinstance(value, bool):
        raise Fault(CellError.VALUE)
    if not isinstance(value, str):
        return _Read(complex(to_number(value)), "")
    if not value:
        return _Read(0j, "")
    match = _TEXT.fullmatch(value)
    if match is None:
        raise Fault(CellError.NUM)
    real, imaginary, suffix = match["real"], match["imaginary"], match["suffix"]
    if suffix and real and not imaginary:
        # All digits went to the real part: ``4i``.
        real, imaginary = None, real
    if suffix and real and imaginary and imaginary[0] not in "+-":
        raise Fault(CellError.NUM)
    size = {"": 1.0, "+": 1.0, "-": -1.0}.get(imaginary or "")
    part = 0.0 if not suffix else float(imaginary or 0) if size is None else size
    return _Read(complex(finite(float(real or 0)), finite(part)), suffix or "")


def _write(number: complex, suffix: str = "i") -> str:
    """Faults: #NUM! for a number that is not finite."""
    real, imaginary = finite(number.real), finite(number.imag)
    if imaginary == 0:
        return number_to_text(real)
    part = number_to_text(imaginary)
    part = {"1": "", "-1": "-"}.get(part, part)
    if real == 0:
        return part + (suffix or "i")
    return number_to_text(real) + ("" if part.startswith("-") else "+") + part + (suffix or "i")


@function(
    "COMPLEX(real: value, imaginary: value, [suffix: text])", Shape.ELEMENTWISE, Smoothness.NONE,
    "A complex number from its parts.",
    cases=(("COMPLEX(3,4)", "3+4i"), ('COMPLEX(3,4,"j")', "3+4j"), ("COMPLEX(0,1)", "i"), ("COMPLEX(1,0)", "1"),
           ("COMPLEX(1,-1)", "1-i"), ("COMPLEX(0,0)", "0"), ('COMPLEX(1,1,"k")', CellError.VALUE),
           ('COMPLEX("x",1)', CellError.VALUE), ("COMPLEX(1/3,-0.5)", "0.333333333333333-0.5i")),
)  # fmt: skip
def complex_(real: Value, imaginary: Value, suffix: str = "i") -> str:
    parts = []
    for value in (real, imaginary):
        if isinstance(value, bool):
            raise Fault(CellError.VALUE)
        parts.append(to_number(value))
    if suffix not in ("i", "j", ""):
        raise Fault(CellError.VALUE)
    return _write(complex(*parts), suffix)


def _to_number(name: str, compute: Callable[[complex], float], summary: str, *cases: tuple[str, object]) -> None:
    """A function of one complex number that gives a number."""

    def value(number: Value) -> float:
        return finite(compute(_read(number).number))

    function(f"{name}(number: value)", Shape.ELEMENTWISE, Smoothness.NONE, summary, cases=cases)(value)


def _argument(number: complex) -> float:
    if number == 0:
        raise Fault(CellError.DIV0)
    return cmath.phase(number)


_to_number("IMREAL", lambda z: z.real, "The real part.",
           ('IMREAL("6-9i")', 6), ("IMREAL(5)", 5), ('IMREAL("i")', 0), ('IMREAL("x")', CellError.NUM),
           ("IMREAL(TRUE)", CellError.VALUE), ('IMREAL("1+2")', CellError.NUM))  # fmt: skip
_to_number("IMAGINARY", lambda z: z.imag, "The imaginary part.",
           ('IMAGINARY("3+4i")', 4), ('IMAGINARY("0-j")', -1), ("IMAGINARY(4)", 0), ('IMAGINARY("4i")', 4),
           ('IMAGINARY("1E2+2.5E-1j")', 0.25))  # fmt: skip
_to_number("IMABS", abs, "The absolute value.",
           ('IMABS("5+12i")', 13), ("IMABS(-2)", 2), ('IMABS("3 + 4i")', CellError.NUM))  # fmt: skip
_to_number("IMARGUMENT", _argument, "The angle in radians.",
           ('IMARGUMENT("3+4i")', 0.927295218001612), ("IMARGUMENT(0)", CellError.DIV0),
           ("IMARGUMENT(-1)", math.pi))  # fmt: skip


def _to_complex(name: str, compute: Callable[[complex], complex], summary: str, *cases: tuple[str, object]) -> None:
    """A function of one complex number that gives one. What Python calls no value is #NUM!."""

    def value(number: Value) -> str:
        given = _read(number)
        return _write(_computed(compute, given.number), given.suffix)

    function(f"{name}(number: value)", Shape.ELEMENTWISE, Smoothness.NONE, summary, cases=cases)(value)


def _computed(compute: Callable[..., complex], *numbers: complex) -> complex:
    """Faults: #NUM! for a division by zero, a logarithm of zero and what overflows."""
    try:
        return compute(*numbers)
    except (ZeroDivisionError, OverflowError, ValueError):  # cmath's words for no finite value
        raise Fault(CellError.NUM) from None


def _sine(z: complex) -> complex:
    return complex(math.sin(z.real) * math.cosh(z.imag), math.cos(z.real) * math.sinh(z.imag))


def _cosine(z: complex) -> complex:
    return complex(math.cos(z.real) * math.cosh(z.imag), -math.sin(z.real) * math.sinh(z.imag))


def _square_root(z: complex) -> complex:
    """By the formula of Microsoft's page, which leaves its rounding in the digits."""
    return cmath.rect(math.sqrt(abs(z)), cmath.phase(z) / 2)


def _tangent(z: complex) -> complex:
    below = math.cos(2 * z.real) + math.cosh(2 * z.imag)
    return complex(math.sin(2 * z.real) / below, math.sinh(2 * z.imag) / below)


def _cotangent(z: complex) -> complex:
    below = math.cosh(2 * z.imag) - math.cos(2 * z.real)
    if below == 0 and z:  # too near to 0 for cosines to tell
        return 1 / z
    return complex(math.sin(2 * z.real) / below, -math.sinh(2 * z.imag) / below)


def _secant(z: complex) -> complex:
    below = math.cosh(2 * z.imag) + math.cos(2 * z.real)
    return complex(2 * math.cos(z.real) * math.cosh(z.imag) / below, 2 * math.sin(z.real) * math.sinh(z.imag) / below)


def _cosecant(z: complex) -> complex:
    below = math.cosh(2 * z.imag) - math.cos(2 * z.real)
    if below == 0 and z:  # too near to 0 for cosines to tell
        return 1 / z
    return complex(2 * math.sin(z.real) * math.cosh(z.imag) / below, -2 * math.cos(z.real) * math.sinh(z.imag) / below)


def _hyperbolic_secant(z: complex) -> complex:
    below = math.cosh(2 * z.real) + math.cos(2 * z.imag)
    return complex(2 * math.cosh(z.real) * math.cos(z.imag) / below, -2 * math.sinh(z.real) * math.sin(z.imag) / below)


def _hyperbolic_cosecant(z: complex) -> complex:
    below = math.cosh(2 * z.real) - math.cos(2 * z.imag)
    if below == 0 and z:  # too near to 0 for cosines to tell
        return 1 / z
    return complex(2 * math.sinh(z.real) * math.cos(z.imag) / below, -2 * math.cosh(z.real) * math.sin(z.imag) / below)


_to_complex(
    "IMCONJUGATE", lambda z: z.conjugate(), "The conjugate.",
    ('IMCONJUGATE("3+4i")', "3-4i"), ("IMCONJUGATE(2)", "2"), ('IMCONJUGATE("1-j")', "1+j"),
)  # fmt: skip
_to_complex(
    "IMEXP", cmath.exp, "The exponential.",
    ('IMEXP("1+i")', "1.46869393991589+2.28735528717884i"), ("IMEXP(0)", "1"), ("IMEXP(1000)", CellError.NUM),
)  # fmt: skip
_to_complex(
    "IMLN", cmath.log, "The natural logarithm.",
    ('IMLN("3+4i")', "1.6094379124341+0.927295218001612i"), ("IMLN(0)", CellError.NUM), ("IMLN(1)", "0"),
)  # fmt: skip
_to_complex(
    "IMLOG10", lambda z: cmath.log(z) * math.log10(math.e), "The logarithm to base 10.",
    ('IMLOG10("3+4i")', "0.698970004336019+0.402719196273373i"), ("IMLOG10(0)", CellError.NUM), ("IMLOG10(1)", "0"),
)  # fmt: skip
_to_complex(
    "IMLOG2", lambda z: cmath.log(z) * math.log2(math.e), "The logarithm to base 2.",
    ('IMLOG2("3+4i")', "2.32192809488736+1.33780421245098i"), ("IMLOG2(0)", CellError.NUM), ("IMLOG2(1)", "0"),
)  # fmt: skip
_to_complex(
    "IMSQRT", _square_root, "The square root, by modulus and angle.",
    ('IMSQRT("1+i")', "1.09868411346781+0.455089860562227i"), ("IMSQRT(4)", "2"), ("IMSQRT(0)", "0"),
)  # fmt: skip
_to_complex(
    "IMSIN", _sine, "The sine.",
    ('IMSIN("4+3i")', "-7.61923172032141-6.548120040911i"), ("IMSIN(0)", "0"), ("IMSIN(FALSE)", CellError.VALUE),
)  # fmt: skip
_to_complex(
    "IMCOS", _cosine, "The cosine.",
    ('IMCOS("1+i")', "0.833730025131149-0.988897705762865i"), ("IMCOS(0)", "1"), ('IMCOS("x")', CellError.NUM),
)  # fmt: skip
_to_complex(
    "IMTAN", _tangent, "The tangent.",
    ('IMTAN("4+3i")', "0.00490825806749606+1.00070953606723i"), ("IMTAN(0)", "0"), ('IMTAN("x")', CellError.NUM),
)  # fmt: skip
_to_complex(
    "IMCOT", _cotangent, "The cotangent.",
    ('IMCOT("4+3i")', "0.00490118239430447-0.999266927805902i"), ("IMCOT(0)", CellError.NUM),
    ('IMCOT("1E-20")', "1E+20"),
    ('IMCOT("2")', "-0.457657554360286"),
)  # fmt: skip
_to_complex(
    "IMSEC", _secant, "The secant.",
    ('IMSEC("4+3i")', "-0.0652940278579471-0.0752249603027732i"), ("IMSEC(0)", "1"), ('IMSEC("x")', CellError.NUM),
)  # fmt: skip
_to_complex(
    "IMCSC", _cosecant, "The cosecant.",
    ('IMCSC("4+3i")', "-0.0754898329158637+0.0648774713706355i"), ("IMCSC(0)", CellError.NUM),
    ('IMCSC("x")', CellError.NUM),
)  # fmt: skip
_to_complex(
    "IMSINH", cmath.sinh, "The hyperbolic sine.",
    ('IMSINH("4+3i")', "-27.0168132580039+3.85373803791938i"), ("IMSINH(0)", "0"), ("IMSINH(9999)", CellError.NUM),
)  # fmt: skip
_to_complex(
    "IMCOSH", cmath.cosh, "The hyperbolic cosine.",
    ('IMCOSH("4+3i")', "-27.0349456030742+3.85115333481178i"), ("IMCOSH(0)", "1"), ("IMCOSH(9999)", CellError.NUM),
)  # fmt: skip
_to_complex(
    "IMSECH", _hyperbolic_secant, "The hyperbolic secant.",
    ('IMSECH("4+3i")', "-0.0362534969158689-0.00516434460775318i"), ("IMSECH(0)", "1"), ('IMSECH("x")', CellError.NUM),
)  # fmt: skip
_to_complex(
    "IMCSCH", _hyperbolic_cosecant, "The hyperbolic cosecant.",
    ('IMCSCH("4+3i")', "-0.036275889628626-0.0051744731840194i"), ("IMCSCH(0)", CellError.NUM),
    ('IMCSCH("x")', CellError.NUM),
)  # fmt: skip


def _suffix(*numbers: _Read) -> str:
    """The suffix they share. Faults: #VALUE! where i meets j."""
    found = {number.suffix for number in numbers} - {""}
    if len(found) > 1:
        raise Fault(CellError.VALUE)
    return found.pop() if found else "i"


def _of_two(
    name: str, compute: Callable[[complex, complex], complex], summary: str, *cases: tuple[str, object]
) -> None:
    def value(left: Value, right: Value) -> str:
        a, b = _read(left), _read(right)
        return _write(_computed(compute, a.number, b.number), _suffix(a, b))

    function(f"{name}(left: value, right: value)", Shape.ELEMENTWISE, Smoothness.NONE, summary, cases=cases)(value)


def _quotient(a: complex, b: complex) -> complex:
    """By the formula of Microsoft's page, which has the sum of squares below."""
    below = b.real * b.real + b.imag * b.imag
    return complex((a.real * b.real + a.imag * b.imag) / below, (a.imag * b.real - a.real * b.imag) / below)


_of_two("IMSUB", lambda a, b: a - b, "The difference.",
        ('IMSUB("13+4i","5+3i")', "8+i"), ('IMSUB("1+i","1+j")', CellError.VALUE), ("IMSUB(3,1)", "2"))  # fmt: skip
_of_two("IMDIV", _quotient, "The quotient.",
        ('IMDIV("-238+240i","10+24i")', "5+12i"), ("IMDIV(1,0)", CellError.NUM), ('IMDIV("4j",2)', "2j"))  # fmt: skip


def _all(arguments: tuple[Value | Matrix, ...]) -> list[_Read]:
    """Every complex number among arguments; blank cells of ranges are skipped, a single blank cell is 0."""
    return [
        _read(value)
        for argument in arguments
        for value in (argument if isinstance(argument, Matrix) else (argument,))
        if value is not None or as_matrix(argument).shape == (1, 1)
    ]


@function(
    "IMSUM(number: range...)", Shape.REDUCE, Smoothness.NONE, "The sum.",
    cases=(('IMSUM("3+4i","5-3i")', "8+i"), ('IMSUM({"1+i","2"},3)', "6+i"), ('IMSUM("i","j")', CellError.VALUE),
           ('IMSUM("x")', CellError.NUM)),
)  # fmt: skip
def imsum(*arguments: Value | Matrix) -> str:
    numbers = _all(arguments)
    return _write(sum((n.number for n in numbers), 0j), _suffix(*numbers))


@function(
    "IMPRODUCT(number: range...)", Shape.REDUCE, Smoothness.NONE, "The product.",
    cases=(('IMPRODUCT("3+4i","5-3i")', "27+11i"), ('IMPRODUCT("1+2i",30)', "30+60i"),
           ('IMPRODUCT("i","j")', CellError.VALUE), ('IMPRODUCT({"i","i"})', "-1"),
           ("IMPRODUCT(7,A1)", "0"), ("IMPRODUCT(7,A1:A2)", "7")),
)  # fmt: skip
def improduct(*arguments: Value | Matrix) -> str:
    numbers = _all(arguments)
    product = 1 + 0j
    for number in numbers:
        a, b = product, number.number
        product = complex(a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real)
    return _write(product, _suffix(*numbers))


@function(
    "IMPOWER(number: value, power: number)", Shape.ELEMENTWISE, Smoothness.NONE, "A power, by modulus and angle.",
    cases=(('IMPOWER("2+3i",3)', "-46+9.00000000000001i"), ('IMPOWER("x",2)', CellError.NUM),
           ("IMPOWER(0,0)", CellError.NUM),
           ("IMPOWER(2,3)", "8")),
)  # fmt: skip
def impower(number: Value, power: float) -> str:
    given = _read(number)
    size = abs(given.number)
    if size == 0:
        if power <= 0:
            raise Fault(CellError.NUM)
        return "0"
    angle = cmath.phase(given.number) * power
    return _write(_computed(lambda: size**power * complex(math.cos(angle), math.sin(angle))), given.suffix)
