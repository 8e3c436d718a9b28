"""Kernels of logic and information functions. Both branches are evaluated; the one not taken leaves no trace."""

from __future__ import annotations

import math
from collections.abc import Callable

from cellgrad.functions.arrays import Array, NoKernel, Texts, lifted, merged, scalar, spoiled
from cellgrad.functions.kernels import KERNELS, boolean, kernel
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node, constant
from cellgrad.values import Kind


@kernel("IF")
def _if(arguments: tuple[Array, ...], texts: Texts) -> Array:
    condition, suspect = texts.logicals(arguments[0])
    then = arguments[1]
    otherwise = arguments[2] if len(arguments) > 2 else scalar(0, Kind.BOOLEAN)
    return spoiled(merged(condition, then, otherwise), suspect)


@kernel("IFS")
def _ifs(arguments: tuple[Array, ...], texts: Texts) -> Array:
    if len(arguments) % 2:
        raise NoKernel("a condition without a value")
    result = scalar(math.nan)
    for test, value in reversed(list(zip(arguments[::2], arguments[1::2], strict=True))):
        condition, suspect = texts.logicals(test)
        result = spoiled(merged(condition, value, result), suspect)
    return result


@kernel("IFERROR")
def _iferror(arguments: tuple[Array, ...], texts: Texts) -> Array:
    value, instead = arguments
    lifted(value.data.shape, instead.data.shape)
    return merged(t.is_finite(value.data), Array(value.data, value.kind), instead)  # a value, not the cell it is in


@kernel("NOT")
def _not(arguments: tuple[Array, ...], texts: Texts) -> Array:
    condition, suspect = texts.logicals(arguments[0])
    return boolean(t.logical_not(condition), suspect)


def _junction(name: str, reduce: Callable[[Node, tuple[int, ...]], Node], neutral: bool) -> None:
    """AND, OR: of references and arrays texts and blanks are skipped; a direct text must read TRUE or FALSE."""

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        parts, suspects, counts = [], [], []
        for array in arguments:
            direct = not array.reference and array.inner == (1, 1)
            if direct and array.is_kind(Kind.TEXT) is not False:
                if array.kind != Kind.TEXT or array.data.value is None:
                    raise NoKernel("a condition that may be a text")
                words = [
                    texts.strings[int(at)] if math.isfinite(at) else "?" for at in array.data.value.flatten().tolist()
                ]
                if "" in words:
                    if any(words):
                        raise NoKernel("conditions some of which are empty texts")
                    continue
            condition, suspect = texts.logicals(array)
            if not direct:
                text, blank = array.is_kind(Kind.TEXT), array.is_kind(Kind.BLANK)
                if text is True or blank is True:
                    continue
                if isinstance(text, Node) and isinstance(blank, Node):
                    skipped = t.logical_or(text, blank)
                    condition = t.select(skipped, constant([float(neutral)]), t.to_number(condition))
                    condition = t.compare("ne", condition, t.ZERO)
                    suspect = t.select(skipped, t.ZERO, array.data)
                    counts.append(t.total(t.to_number(_full(t.logical_not(skipped), array.data)), (2, 3)))
                else:
                    counts.append(t.ONE)
            else:
                counts.append(t.ONE)
            parts.append(reduce(_full(condition, array.data), (2, 3)))
            suspects.append(t.total(t.mul(t.ZERO, suspect), (2, 3)))
        if not parts:
            return scalar(math.nan)
        truth, some = parts[0], counts[0]
        for part, count in zip(parts[1:], counts[1:], strict=True):
            truth = t.logical_and(truth, part) if neutral else t.logical_or(truth, part)
            some = t.add(some, count)
        nothing = t.select(t.compare("gt", some, t.ZERO), t.ZERO, t.NAN)
        return boolean(truth, nothing, *suspects)

    KERNELS[name] = apply


def _full(node: Node, like: Node) -> Node:
    return t.broadcast(node, like.shape)


_junction("AND", t.all_of, True)
_junction("OR", t.any_of, False)


@kernel("ISERROR")
def _iserror(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return boolean(t.logical_not(_full(t.is_finite(arguments[0].data), arguments[0].data)))


@kernel("ISNUMBER")
def _isnumber(arguments: tuple[Array, ...], texts: Texts) -> Array:
    array = arguments[0]
    number = array.is_kind(Kind.NUMBER)
    finite = _full(t.is_finite(array.data), array.data)
    if isinstance(number, bool):
        return boolean(finite) if number else scalar(0, Kind.BOOLEAN)
    return boolean(t.logical_and(number, finite))
