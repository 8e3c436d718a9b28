"""Kernels of CHOOSE, SWITCH, IFNA and XOR, and of the functions that ask what a value is.

Over whole blocks one error is like another: where it matters which, there is no kernel.
"""

from __future__ import annotations

import math

from cellgrad.functions.arrays import Array, NoKernel, Texts, lifted, merged, scalar, spoiled
from cellgrad.functions.kernels import KERNELS, boolean, kernel
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node
from cellgrad.values import Kind

_INNER = (2, 3)


@kernel("CHOOSE")
def _choose(arguments: tuple[Array, ...], texts: Texts) -> Array:
    index, *choices = arguments
    number = t.unary("trunc", texts.numbers(index))
    result = scalar(math.nan)
    for place, choice in enumerate(choices, 1):
        result = merged(t.compare("eq", number, t.number(place)), choice, result)
    return spoiled(result, number)


@kernel("SWITCH")
def _switch(arguments: tuple[Array, ...], texts: Texts) -> Array:
    value, *rest = arguments
    result = rest.pop() if len(rest) % 2 else scalar(math.nan)
    for case, then in reversed(list(zip(rest[::2], rest[1::2], strict=True))):
        same = KERNELS["="]((value, case), texts)
        result = spoiled(merged(t.compare("ne", same.data, t.ZERO), then, result), same.data)
    return result


@kernel("IFNA")
def _ifna(arguments: tuple[Array, ...], texts: Texts) -> Array:
    """A live value that comes to an error stays one: it may be another than #N/A."""
    value, instead = arguments
    lifted(value.data.shape, instead.data.shape)
    if value.is_constant and not value.data.always_finite:
        raise NoKernel("IFNA of an error")
    return merged(t.is_finite(value.data), value, scalar(math.nan)) if not value.data.always_finite else value


@kernel("XOR")
def _xor(arguments: tuple[Array, ...], texts: Texts) -> Array:
    """Whether an odd number hold; of references and arrays texts and blanks are skipped."""
    held: Node = t.ZERO
    counted: Node = t.ZERO
    for array in arguments:
        condition, suspect = texts.logicals(array)
        direct = not array.reference and array.inner == (1, 1)
        kinds = True if direct else _either(array.is_kind(Kind.NUMBER), array.is_kind(Kind.BOOLEAN))
        if kinds is False:
            continue
        truth = t.guard(t.broadcast(t.to_number(condition), array.data.shape), suspect)
        if isinstance(kinds, Node):
            truth = t.select(kinds, truth, t.ZERO)
            counted = t.add(counted, t.total(t.broadcast(t.to_number(kinds), array.data.shape), _INNER))
        else:
            counted = t.add(counted, t.ONE)
        held = t.add(held, t.total(truth, _INNER))
    half = t.mul(t.number(0.5), held)
    odd = t.compare("ne", half, t.unary("floor", half))
    nothing = t.select(t.compare("gt", counted, t.ZERO), t.ZERO, t.NAN)
    return boolean(t.reshape(odd, (1,) * (4 - len(odd.shape)) + odd.shape), held, nothing)


def _either(a: bool | Node, b: bool | Node) -> bool | Node:
    if isinstance(a, bool) or isinstance(b, bool):
        return True if a is True or b is True else b if a is False else a
    return t.logical_or(a, b)


@kernel("N")
def _n(arguments: tuple[Array, ...], texts: Texts) -> Array:
    (array,) = arguments
    counts = _either(array.is_kind(Kind.NUMBER), array.is_kind(Kind.BOOLEAN))
    if isinstance(counts, bool):
        return Array(array.data) if counts else scalar(0.0)
    return Array(t.select(counts, array.data, t.ZERO))


def _asks(name: str, kind: Kind, opposite: bool = False) -> None:
    """ISTEXT, ISBLANK, ISLOGICAL, ISNONTEXT: a question about the type alone; an error is of no such type."""

    @kernel(name)
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        (array,) = arguments
        found = array.is_kind(kind)
        if isinstance(found, bool):
            return scalar(float(found != opposite), Kind.BOOLEAN)
        truth = t.broadcast(found, array.data.shape)
        return boolean(t.logical_not(truth) if opposite else truth)


_asks("ISTEXT", Kind.TEXT)
_asks("ISNONTEXT", Kind.TEXT, opposite=True)
_asks("ISLOGICAL", Kind.BOOLEAN)
_asks("ISBLANK", Kind.BLANK)


def _which_error(name: str) -> None:
    @kernel(name)
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        if not arguments[0].data.always_finite:
            raise NoKernel(f"{name} of what may be an error")
        return scalar(0.0, Kind.BOOLEAN)


_which_error("ISERR")
_which_error("ISNA")


def _parity(name: str, odd: bool) -> None:
    @kernel(name)
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        whole = t.unary("trunc", texts.numbers(arguments[0], no_boolean=True))
        half = t.mul(t.number(0.5), whole)
        return boolean(t.compare("ne" if odd else "eq", half, t.unary("floor", half)), whole)


_parity("ISODD", True)
_parity("ISEVEN", False)
