"""CONVERT: a number from one unit of measure into another.

Units, prefixes and spellings are those of Microsoft's page "CONVERT function"; the sizes are the definitions of the
units (NIST SP 811, appendix B), in grams, metres, seconds, pascals, newtons, joules, watts, teslas, litres, square
metres, bits and metres a second.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from cellgrad.functions.operands import Fault, finite, to_number
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

INCH, FOOT, YARD, MILE = 0.0254, 0.3048, 0.9144, 1609.344
SEA_MILE, POINT, ANGSTROM = 1852.0, 0.0254 / 72, 1e-10
LIGHT_YEAR = 299792458 * 31557600.0
POUND, GRAVITY = 453.59237, 9.80665
GALLON, UK_GALLON = 3.785411784, 4.54609


@dataclass(frozen=True, slots=True)
class Unit:
    """quantity: what it measures. factor: how many base units. power: to which a prefix is raised; 0: takes none."""

    quantity: str
    factor: float
    power: int = 0
    binary: bool = False


_UNITS: dict[str, Unit] = {}


def _define(quantity: str, factors: dict[str, float], power: int = 0, binary: bool = False) -> None:
    """Units by their names; several spellings of one are separated by blanks."""
    for names, factor in factors.items():
        for name in names.split():
            _UNITS[name] = Unit(quantity, factor, power, binary)


_define("mass", {"g": 1.0, "u": 1.660538782e-24}, 1)
_define("mass", {
    "sg": POUND * GRAVITY / FOOT, "lbm": POUND, "ozm": POUND / 16, "grain": POUND / 7000, "cwt shweight": POUND * 100,
    "uk_cwt lcwt hweight": POUND * 112, "stone": POUND * 14, "ton": POUND * 2000, "uk_ton LTON brton": POUND * 2240,
})  # fmt: skip
_define("length", {"m": 1.0, "ang": ANGSTROM, "ly": LIGHT_YEAR, "parsec pc": 3.0856775812815532e16}, 1)
_define("length", {
    "mi": MILE, "Nmi": SEA_MILE, "in": INCH, "ft": FOOT, "yd": YARD, "ell": 45 * INCH, "Picapt Pica": POINT,
    "pica": INCH / 6, "survey_mi": 5280 * 1200 / 3937,
})  # fmt: skip
_define("time", {"sec s": 1.0}, 1)
_define("time", {"yr": 365.25 * 86400, "day d": 86400.0, "hr": 3600.0, "mn min": 60.0})
_define("pressure", {"Pa p": 1.0, "atm at": 101325.0, "mmHg": 133.322}, 1)
_define("pressure", {"psi": POUND / 1000 * GRAVITY / INCH**2, "Torr": 101325 / 760})
_define("force", {"N": 1.0, "dyn dy": 1e-5, "pond": GRAVITY / 1000}, 1)
_define("force", {"lbf": POUND / 1000 * GRAVITY})
_define("energy", {"J": 1.0, "e": 1e-7, "c": 4.184, "cal": 4.1868, "eV ev": 1.602176487e-19, "Wh wh": 3600.0}, 1)
_define("energy", {
    "HPh hh": 550 * FOOT * POUND / 1000 * GRAVITY * 3600, "flb": FOOT * POUND / 1000 * GRAVITY,
    "BTU btu": 1055.05585262,
})  # fmt: skip
_define("power", {"W w": 1.0}, 1)
_define("power", {"HP h": 550 * FOOT * POUND / 1000 * GRAVITY, "PS": 75 * GRAVITY})
_define("magnetism", {"T": 1.0, "ga": 1e-4}, 1)
_define("volume", {"l L lt": 1.0, "uk_pt": UK_GALLON / 8}, 1)
_define("volume", {
    "tsp": GALLON / 768, "tspm": 0.005, "tbs": GALLON / 256, "oz": GALLON / 128, "cup": GALLON / 16,
    "pt us_pt": GALLON / 8, "qt": GALLON / 4, "uk_qt": UK_GALLON / 4, "gal": GALLON,
    "uk_gal": UK_GALLON, "barrel": GALLON * 42, "bushel": 2150.42 * INCH**3 * 1000,
    "GRT regton": 100 * FOOT**3 * 1000, "MTON": 40 * FOOT**3 * 1000,
})  # fmt: skip
_define("area", {"ar": 100.0}, 1)
_define("area", {"ha": 10000.0, "uk_acre": 4840 * YARD**2, "us_acre": 43560 * (1200 / 3937) ** 2, "Morgen": 2500.0})
_define("information", {"bit": 1.0, "byte": 8.0}, 1, binary=True)
_define("speed", {"m/h m/hr": 1 / 3600, "m/s m/sec": 1.0}, 1)
_define("speed", {"kn": SEA_MILE / 3600, "admkn": 6080 * FOOT / 3600})
_define("speed", {"mph": MILE / 3600}, 1)
for _names, _size, _prefixed in (
    (("m",), 1.0, True), (("ang",), ANGSTROM, True), (("ly",), LIGHT_YEAR, False), (("in",), INCH, False),
    (("ft",), FOOT, False), (("yd",), YARD, False), (("mi",), MILE, False), (("Nmi",), SEA_MILE, False),
    (("Picapt", "Pica"), POINT, False),
):  # fmt: skip
    for _name in _names:
        for _form in (f"{_name}2", f"{_name}^2"):
            _UNITS[_form] = Unit("area", _size**2, 2 if _prefixed else 0)
        for _form in (f"{_name}3", f"{_name}^3"):
            _UNITS[_form] = Unit("volume", _size**3 * 1000, 3 if _prefixed else 0)

_PREFIXES = {
    "Y": 1e24, "Z": 1e21, "E": 1e18, "P": 1e15, "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "h": 1e2, "da": 1e1,
    "e": 1e1, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "a": 1e-18, "z": 1e-21,
    "y": 1e-24,
}  # fmt: skip
_BINARY = {"Yi": 2.0**80, "Zi": 2.0**70, "Ei": 2.0**60, "Pi": 2.0**50, "Ti": 2.0**40, "Gi": 2.0**30, "Mi": 2.0**20,
           "ki": 2.0**10}  # fmt: skip

_SCALES: dict[str, tuple[float, float]] = {
    "C": (1.0, 273.15), "cel": (1.0, 273.15), "F": (5 / 9, 459.67 * 5 / 9), "fah": (5 / 9, 459.67 * 5 / 9),
    "K": (1.0, 0.0), "kel": (1.0, 0.0), "Rank": (5 / 9, 0.0), "Reau": (1.25, 273.15),
}  # fmt: skip
"""Temperatures: (a, b) with kelvins = a * degrees + b."""


@functools.lru_cache(maxsize=4096)
def _unit(name: str) -> Unit:
    """The unit of a name, with its prefix. Faults: #N/A for no unit."""
    found = _UNITS.get(name)
    if found is not None:
        return found
    for prefixes, binary in ((_BINARY, True), (_PREFIXES, False)):
        for size in (2, 1):
            unit = _UNITS.get(name[size:])
            times = prefixes.get(name[:size])
            if times is None or unit is None or not unit.power or (binary and not unit.binary):
                continue
            return Unit(unit.quantity, unit.factor * times**unit.power)
    raise Fault(CellError.NA)


def _kelvin(name: str) -> tuple[float, float] | None:
    """The scale of a temperature, with a prefix only before kelvins; None for no temperature."""
    if name in _SCALES:
        return _SCALES[name]
    for size in (2, 1):
        if name[size:] in ("K", "kel") and name[:size] in _PREFIXES:
            return _PREFIXES[name[:size]], 0.0
    return None


def line(from_unit: str, to_unit: str) -> tuple[float, float, float, float]:
    """(times, by, plus, over): a number n converts to (n * times / by + plus) / over. Faults: #N/A."""
    ours, theirs = _kelvin(from_unit), _kelvin(to_unit)
    if ours is not None and theirs is not None:
        if from_unit == to_unit:
            return 1.0, 1.0, 0.0, 1.0
        return ours[0], 1.0, ours[1] - theirs[1], theirs[0]
    source, target = _unit(from_unit), _unit(to_unit)
    if source.quantity != target.quantity:
        raise Fault(CellError.NA)
    return source.factor, target.factor, 0.0, 1.0


@function(
    "CONVERT(number: value, from_unit: text, to_unit: text)", Shape.ELEMENTWISE, Smoothness.SMOOTH,
    "A number from one unit of measure into another; #N/A for units that do not fit.",
    cases=(('CONVERT(1,"lbm","kg")', 0.45359237), ('CONVERT(68,"F","C")', 20),
           ('CONVERT(2.5,"ft","sec")', CellError.NA),
           ('CONVERT(CONVERT(100,"ft","m"),"ft","m")', 9.290304), ('CONVERT(1,"mi","km")', 1.609344),
           ('CONVERT(1,"gal","l")', 3.785411784), ('CONVERT(100,"C","K")', 373.15), ('CONVERT(1,"km2","m2")', 1e6),
           ('CONVERT(1,"cm^3","ml")', 1), ('CONVERT(1,"Mibyte","bit")', 8388608),
           ('CONVERT(1,"kn","m/s")', 1852 / 3600),
           ('CONVERT(1,"Reau","C")', 1.25), ('CONVERT(1,"hr","mn")', 60), ('CONVERT(0,"C","F")', 32),
           ('CONVERT(1,"KG","g")', CellError.NA), ('CONVERT("x","g","kg")', CellError.VALUE),
           ('CONVERT(1,"cal","J")', 4.1868), ('CONVERT(1,"HP","W")', 745.69987158227022), ('CONVERT(1,"dam","m")', 10),
           ('CONVERT(0.004,"Mmph","m/s")', 1788.16)),  # as Excel stores it
)  # fmt: skip
def convert(number: Value, from_unit: str, to_unit: str) -> float:
    if isinstance(number, bool):
        raise Fault(CellError.VALUE)
    given = to_number(number)
    times, by, plus, over = line(from_unit, to_unit)
    return finite((given * times / by + plus) / over) if times != by or plus else finite(given / over)
