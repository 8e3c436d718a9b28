"""Kernels that reduce ranges: sums, counts, extremes, sums of products, and the matrix product.

Of references and arrays only numbers count: texts, booleans and blanks are skipped. Direct single arguments are
coerced. Errors are numbers that are not finite, so they count, and spoil the result as they should.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from cellgrad.functions.arrays import Array, NoKernel, Texts, scalar
from cellgrad.functions.kernels import KERNELS, kernel
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node
from cellgrad.values import Kind

INNER = (2, 3)
"""The axes of the array that one cell's formula sees."""

LARGEST = 1.7976931348623157e308


def _counted(array: Array, texts: Texts) -> tuple[Node, Node | bool]:
    """(numbers, whether each counts) of one argument of an aggregate."""
    if not array.reference and array.inner == (1, 1):
        return texts.numbers(array), True
    return array.data, array.is_kind(Kind.NUMBER)


def filled(data: Node, counts: Node | bool, filler: Node) -> Node:
    """The numbers, with `filler` in place of what does not count."""
    if isinstance(counts, bool):
        return data if counts else t.broadcast(filler, data.shape)
    return t.select(counts, data, filler)


def _count(data: Node, counts: Node | bool) -> Node:
    """How many elements count, for each cell of the block."""
    if isinstance(counts, bool):
        return t.number(data.shape[2] * data.shape[3] if counts else 0)
    return t.total(t.broadcast(t.to_number(counts), data.shape), INNER)


def _sum_of(terms: list[Node]) -> Node:
    result = terms[0]
    for term in terms[1:]:
        result = t.add(result, term)
    return _block_shaped(result)


def _block_shaped(node: Node) -> Node:
    return t.reshape(node, (1,) * (4 - len(node.shape)) + node.shape)


def _sum(arguments: tuple[Array, ...], texts: Texts, change: Callable[[Node], Node]) -> Node:
    terms = []
    for array in arguments:
        data, counts = _counted(array, texts)
        terms.append(t.total(change(filled(data, counts, t.ZERO)), INNER))
    return _sum_of(terms)


@kernel("SUM")
def _sum_kernel(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return Array(_sum(arguments, texts, lambda x: x))


@kernel("SUMSQ")
def _sumsq(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return Array(_sum(arguments, texts, t.square))


@kernel("PRODUCT")
def _product(arguments: tuple[Array, ...], texts: Texts) -> Array:
    result: Node = t.ONE
    some: Node = t.ZERO
    for array in arguments:
        data, counts = _counted(array, texts)
        result = t.mul(result, t.product(filled(data, counts, t.ONE), INNER))
        some = t.add(some, _count(data, counts))
    return Array(_block_shaped(t.select(t.compare("gt", some, t.ZERO), result, t.mul(t.ZERO, result))))


@kernel("AVERAGE")
def _average(arguments: tuple[Array, ...], texts: Texts) -> Array:
    count = _sum_of([_count(*_counted(array, texts)) for array in arguments])
    return Array(t.div(_sum(arguments, texts, lambda x: x), count))


@kernel("COUNT")
def _count_kernel(arguments: tuple[Array, ...], texts: Texts) -> Array:
    counted = []
    for array in arguments:
        data, counts = _counted(array, texts)
        good = t.broadcast(t.to_number(t.is_finite(data)), data.shape)
        counted.append(t.total(filled(good, counts, t.ZERO), INNER))
    return Array(_sum_of(counted))


@kernel("COUNTA")
def _counta(arguments: tuple[Array, ...], texts: Texts) -> Array:
    counted = []
    for array in arguments:
        blank = array.is_kind(Kind.BLANK) if array.reference else False
        counts = (not blank) if isinstance(blank, bool) else t.logical_not(blank)
        counted.append(_count(array.data, counts))
    return Array(_sum_of(counted))


def _extreme(
    name: str, reduce: Callable[[Node, tuple[int, ...]], Node], pick: Callable[[Node, Node], Node], filler: float
) -> None:
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        result, some = None, t.ZERO
        for array in arguments:
            data, counts = _counted(array, texts)
            part = reduce(filled(data, counts, t.number(filler)), INNER)
            result = part if result is None else pick(result, part)
            some = t.add(some, _count(data, counts))
        assert result is not None
        # Without any number the answer is 0.
        return Array(_block_shaped(t.select(t.compare("gt", some, t.ZERO), result, t.ZERO)))

    KERNELS[name] = apply


_extreme("MAX", t.largest, t.maximum, -LARGEST)
_extreme("MIN", t.smallest, t.minimum, LARGEST)


# Arrays -------------------------------------------------------------------------------------------------------------


@kernel("SUMPRODUCT")
def _sumproduct(arguments: tuple[Array, ...], texts: Texts) -> Array:
    """What is no number counts as 0; arrays of different shapes are #VALUE!."""
    if len({array.inner for array in arguments}) > 1:
        return scalar(math.nan)
    result: Node | None = None
    for array in arguments:
        factor = filled(array.data, array.is_kind(Kind.NUMBER), t.ZERO)
        result = factor if result is None else t.mul(result, factor)
    assert result is not None
    return Array(t.total(result, INNER))


def _paired(name: str, term: Callable[[Node, Node], Node]) -> None:
    """Sums over pairs of two arrays; a pair in which either is no number is skipped; unequal sizes are #N/A."""

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        a, b = arguments
        if a.inner != b.inner:
            if a.inner[0] * a.inner[1] != b.inner[0] * b.inner[1]:
                return scalar(math.nan)
            raise NoKernel("paired arrays of equal size but different shape")
        terms = term(a.data, b.data)
        for counts in (a.is_kind(Kind.NUMBER), b.is_kind(Kind.NUMBER)):
            terms = filled(terms, counts, t.ZERO)
        # A pair that does not count may still hold an error, which spoils the sum.
        return Array(t.total(t.guard(terms, a.data, b.data), INNER))

    KERNELS[name] = apply


_paired("SUMXMY2", lambda x, y: t.square(t.sub(x, y)))
_paired("SUMX2MY2", lambda x, y: t.sub(t.square(x), t.square(y)))
_paired("SUMX2PY2", lambda x, y: t.add(t.square(x), t.square(y)))


@kernel("MMULT")
def _mmult(arguments: tuple[Array, ...], texts: Texts) -> Array:
    """The matrix product; a blank or text anywhere, or inner sizes that differ, are #VALUE! in every element."""
    a, b = arguments
    height, width = a.inner[0], b.inner[1]
    if a.inner[1] != b.inner[0]:
        return scalar(math.nan)
    spoiled: Node = t.ZERO
    for array in (a, b):
        numbers = array.is_kind(Kind.NUMBER)
        if numbers is False:
            return scalar(math.nan)
        if isinstance(numbers, Node):
            every = t.all_of(t.broadcast(numbers, array.data.shape), INNER)
            spoiled = t.add(spoiled, t.select(every, t.ZERO, t.NAN))
    product = t.matmul(a.data, b.data)
    lead = product.shape[:-2]
    product = t.reshape(product, (1,) * (2 - len(lead)) + (*lead, height, width))
    return Array(t.guard(product, spoiled))


@kernel("TRANSPOSE")
def _transpose(arguments: tuple[Array, ...], texts: Texts) -> Array:
    (a,) = arguments
    if isinstance(a.kind, int):
        return Array(t.transpose(a.data), a.kind)
    return Array(t.transpose(a.data), t.transpose(t.broadcast(a.kind, a.data.shape)))
