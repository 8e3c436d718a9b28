"""Kernels of functions that move in steps: dates, and what dates decide in finance. They are flat between their jumps.

Each calls the function's own plain implementation, once for every different set of arguments.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cellgrad.functions.arrays import Array, NoKernel, Texts, kind_node, lifted
from cellgrad.functions.kernels import KERNELS
from cellgrad.functions.operands import Fault, Matrix
from cellgrad.functions.registry import FUNCTIONS
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node
from cellgrad.tensors.pointwise import stepwise
from cellgrad.values import Kind, Value


@dataclass(frozen=True, slots=True)
class Dates:
    """As much of a context as dates need."""

    date_1904: bool


@functools.lru_cache(maxsize=4096)
def _or_nan(value: Callable[..., float], date_1904: bool | None, extras: tuple[Any, ...]) -> Callable[..., float]:
    """value as a function of numbers alone, NaN for a fault; the same object for the same arguments."""

    def run(*numbers: float) -> float:
        try:
            if date_1904 is None:
                return value(*numbers, *extras)
            return value(Dates(date_1904), *numbers, *extras)
        except Fault:
            return math.nan

    return run


def steps(value: Callable[..., float], texts: Texts, *inputs: Node, extras: tuple[Any, ...] = ()) -> Node:
    """value(context, *numbers, *extras) for each element, flat; `value` is one object, not made on the way."""
    return stepwise(_or_nan(value, texts.date_1904, extras), *inputs)


def plain_steps(value: Callable[..., float], *inputs: Node) -> Node:
    """As `steps`, for a function that asks nothing of the workbook."""
    return stepwise(_or_nan(value, None, ()), *inputs)


def _constant_value(array: Array, texts: Texts) -> Value | Matrix:
    """An argument that is the same for every cell of the block, as a plain value. Raises NoKernel where it is not."""
    data, kind = array.data.value, array.kind
    if data is None or array.data.shape[:2] != (1, 1) or not (isinstance(kind, int) or kind.is_constant):
        raise NoKernel("holidays, a weekend or a unit that varies")
    flat = data.reshape(-1).tolist()
    whole = t.broadcast(kind_node(kind), array.data.shape).value
    assert whole is not None
    kinds = whole.reshape(-1).tolist()
    values = [_decoded(Kind(int(k)), number, texts) for k, number in zip(kinds, flat, strict=True)]
    height, width = array.inner
    if (height, width) == (1, 1) and not array.reference:
        return values[0]
    return Matrix(tuple(tuple(values[r * width : (r + 1) * width]) for r in range(height)))


def _decoded(kind: Kind, number: float, texts: Texts) -> Value:
    match kind:
        case Kind.BLANK:
            return None
        case Kind.TEXT:
            return texts.strings[int(number)]
        case Kind.BOOLEAN:
            return bool(number)
    if not math.isfinite(number):
        raise NoKernel("an error among the holidays")
    return number


def _register(name: str, numbers: int) -> None:
    """The kernel of a function whose first so many parameters are numbers; the others must not vary."""
    record = FUNCTIONS[name]

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        live, rest = arguments[:numbers], arguments[numbers:]
        lifted(*(a.data.shape for a in live))
        extras = tuple(_constant_value(a, texts) for a in rest)
        if name.endswith(".INTL") and extras and isinstance(extras[0], Matrix):
            extras = (extras[0].rows[0][0], *extras[1:])
        date_1904 = texts.date_1904 if record.context else None
        nodes = (texts.numbers(a, p.no_boolean) for a, p in zip(live, record.parameters, strict=False))
        return Array(stepwise(_or_nan(record.value, date_1904, extras), *nodes))

    KERNELS[name] = apply


for _names, _count in (
    ("YEAR MONTH DAY HOUR MINUTE SECOND ISOWEEKNUM", 1),
    ("WEEKDAY WEEKNUM EDATE EOMONTH DAYS DAYS360 NETWORKDAYS WORKDAY NETWORKDAYS.INTL WORKDAY.INTL", 2),
    ("DATE TIME YEARFRAC", 3),
    ("COUPPCD COUPNCD COUPNUM COUPDAYS COUPDAYBS COUPDAYSNC", 4),
    ("AMORDEGRC", 7),
):
    for _name in _names.split():
        _register(_name, _count)


def _datedif(arguments: tuple[Array, ...], texts: Texts) -> Array:
    start, end, unit = arguments
    named = _constant_value(unit, texts)
    if isinstance(named, Matrix):
        named = named.rows[0][0]
    if not isinstance(named, str):
        raise NoKernel("a unit that is no text")
    lifted(start.data.shape, end.data.shape)
    numbers = (texts.numbers(a) for a in (start, end))
    return Array(steps(FUNCTIONS["DATEDIF"].value, texts, *numbers, extras=(named,)))


KERNELS["DATEDIF"] = _datedif
