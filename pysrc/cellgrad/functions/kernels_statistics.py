"""Kernels of spread, order and moments: aggregates of numbers in ranges, and statistics of pairs.

Every aggregate sees its arguments as one row of numbers, with a weight of 1 for what counts and 0 for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch

from cellgrad.functions.arrays import Array, NoKernel, Texts, lifted, scalar
from cellgrad.functions.kernels import KERNELS, kernel
from cellgrad.functions.kernels_aggregate import _counted
from cellgrad.functions.kernels_distributions import cut, where, within
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node, constant
from cellgrad.tensors.ordering import pick, sort
from cellgrad.values import Kind

LINE = (2,)
"""The axis of a row of numbers: a node of them is (block rows, block columns, how many)."""

_LARGEST = 1.7976931348623157e308


class Row(NamedTuple):
    """Numbers of (block rows, block columns, n); where they do not count they are 0, and so is the weight."""

    numbers: Node
    weight: Node
    size: Node


def flat(node: Node) -> Node:
    """The array that one cell sees, as a row."""
    return t.reshape(node, (*node.shape[:2], node.shape[2] * node.shape[3]))


def one(node: Node) -> Node:
    """A row of one as the one value of a cell."""
    return t.reshape(node, (*node.shape, 1))


def row_of(parts: list[tuple[Node, Node | bool]]) -> Row:
    """Arguments as (data, whether each element counts), end to end."""
    lead = lifted(*(data.shape[:2] for data, _ in parts))
    numbers, weights = [], []
    for data, counts in parts:
        shape = (*lead, *data.shape[2:])
        if isinstance(counts, bool):
            weight: Node = t.ONE if counts else t.ZERO
            data = data if counts else t.ZERO
        else:
            weight = t.to_number(counts)
            data = t.select(counts, data, t.ZERO)
        numbers.append(flat(t.broadcast(data, shape)))
        weights.append(flat(t.broadcast(weight, shape)))
    weight = t.concatenate(weights, 2)
    return Row(t.concatenate(numbers, 2), weight, t.total(weight, LINE))


def numbers_of(arguments: tuple[Array, ...], texts: Texts) -> Row:
    """What SUM and its kin count."""
    return row_of([_counted(array, texts) for array in arguments])


def everything_of(arguments: tuple[Array, ...], texts: Texts) -> Row:
    """What AVERAGEA and its kin count: everything but blanks, texts as 0."""
    parts: list[tuple[Node, Node | bool]] = []
    for array in arguments:
        if not array.reference and array.inner == (1, 1):
            parts.append((texts.numbers(array), True))
            continue
        text, blank = array.is_kind(Kind.TEXT), array.is_kind(Kind.BLANK)
        data = array.data
        if not isinstance(text, bool):
            data = t.select(text, t.ZERO, data)
        elif text:
            data = t.broadcast(t.ZERO, data.shape)
        parts.append((data, (not blank) if isinstance(blank, bool) else t.logical_not(blank)))
    return row_of(parts)


def mean(row: Row) -> Node:
    return t.div(t.total(row.numbers, LINE), row.size)


def deviations(row: Row) -> Node:
    """The numbers less their mean, 0 where they do not count."""
    return t.mul(row.weight, t.sub(row.numbers, mean(row)))


def squares(row: Row) -> Node:
    return t.total(t.square(deviations(row)), LINE)


Reading = Callable[[tuple[Array, ...], Texts], Row]


def aggregate(names: str, compute: Callable[[Row], Node], read: Reading = numbers_of) -> None:
    """Kernels of a row of numbers that answer with one number."""

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        return Array(one(compute(read(arguments, texts))))

    for name in names.split():
        KERNELS[name] = apply


def variance(row: Row, sample: bool) -> Node:
    count = t.sub(row.size, t.ONE) if sample else row.size
    return where(t.div(squares(row), count), t.compare("gt", count, t.ZERO))


def _variance(sample: bool) -> Callable[[Row], Node]:
    return lambda row: variance(row, sample)


def _deviation(sample: bool) -> Callable[[Row], Node]:
    return lambda row: t.unary("sqrt", variance(row, sample))


def _some(row: Row, value: Node) -> Node:
    """The value, an error where no number counts."""
    return where(value, t.compare("gt", row.size, t.ZERO))


aggregate("VAR.S VAR", _variance(True))
aggregate("VAR.P VARP", _variance(False))
aggregate("STDEV.S STDEV", _deviation(True))
aggregate("STDEV.P STDEVP", _deviation(False))
aggregate("VARA", _variance(True), everything_of)
aggregate("VARPA", _variance(False), everything_of)
aggregate("STDEVA", _deviation(True), everything_of)
aggregate("STDEVPA", _deviation(False), everything_of)
aggregate("AVERAGEA", mean, everything_of)
aggregate("DEVSQ", lambda row: _some(row, squares(row)))
aggregate("AVEDEV", lambda row: t.div(t.total(t.unary("abs", deviations(row)), LINE), row.size))


def _extreme(row: Row, largest: bool) -> Node:
    """0 where nothing counts."""
    filler = t.number(-_LARGEST if largest else _LARGEST)
    filled = t.select(t.compare("gt", row.weight, t.ZERO), row.numbers, filler)
    found = t.largest(filled, LINE) if largest else t.smallest(filled, LINE)
    return t.select(t.compare("gt", row.size, t.ZERO), found, t.ZERO)


aggregate("MAXA", lambda row: _extreme(row, largest=True), everything_of)
aggregate("MINA", lambda row: _extreme(row, largest=False), everything_of)


def _of_positive(compute: Callable[[Node, Row], Node]) -> Callable[[Row], Node]:
    """A mean of positive numbers, an error if one is not; what does not count stands in as 1."""

    def run(row: Row) -> Node:
        counts = t.compare("gt", row.weight, t.ZERO)
        filled = t.select(counts, row.numbers, t.ONE)
        fine = t.all_of(t.compare("gt", filled, t.ZERO), LINE)
        return _some(row, where(compute(filled, row), fine))

    return run


def _geometric(filled: Node, row: Row) -> Node:
    return t.unary("exp", t.div(t.total(t.unary("log", filled), LINE), row.size))


def _harmonic(filled: Node, row: Row) -> Node:
    return t.div(row.size, t.total(t.mul(row.weight, t.div(t.ONE, filled)), LINE))


aggregate("GEOMEAN", _of_positive(_geometric))
aggregate("HARMEAN", _of_positive(_harmonic))


def _scores(row: Row, sample: bool) -> Node:
    """Deviations in standard deviations."""
    return t.div(deviations(row), t.unary("sqrt", variance(row, sample)))


def _power_sum(row: Row, power: int, sample: bool) -> Node:
    return t.total(t.power(_scores(row, sample), t.number(power)), LINE)


def _less(row: Row, by: int) -> Node:
    return t.sub(row.size, t.number(by))


def _skew(row: Row) -> Node:
    scale = t.div(row.size, t.mul(_less(row, 1), _less(row, 2)))
    return where(t.mul(scale, _power_sum(row, 3, True)), t.compare("ge", row.size, t.number(3)))


def _skew_p(row: Row) -> Node:
    return where(t.div(_power_sum(row, 3, False), row.size), t.compare("ge", row.size, t.number(3)))


def _kurt(row: Row) -> Node:
    n = row.size
    under = t.mul(_less(row, 2), _less(row, 3))
    scale = t.div(t.mul(n, t.add(n, t.ONE)), t.mul(_less(row, 1), under))
    offset = t.div(t.mul(t.number(3), t.square(_less(row, 1))), under)
    value = t.sub(t.mul(scale, _power_sum(row, 4, True)), offset)
    return where(value, t.compare("ge", n, t.number(4)))


aggregate("SKEW", _skew)
aggregate("SKEW.P", _skew_p)
aggregate("KURT", _kurt)

# Order ----------------------------------------------------------------------------------------------------------------


def _ordered(row: Row) -> Node:
    """The numbers in order, what does not count behind them; errors everywhere if one is among them."""
    filled = t.select(t.compare("gt", row.weight, t.ZERO), row.numbers, t.number(_LARGEST))
    found = sort(filled)
    if filled.always_finite:
        return found
    return t.guard(found, t.total(t.select(t.is_finite(filled), t.ZERO, t.NAN), LINE))


def _between(row: Row, place: Node) -> Node:
    """The number at a place counted from 0, between two entries by their shares; an error beyond the ends."""
    ordered, last = _ordered(row), t.sub(row.size, t.ONE)
    below = t.unary("floor", place)
    low, high = pick(ordered, below), pick(ordered, t.minimum(t.add(below, t.ONE), last))
    value = t.add(low, t.mul(t.sub(place, below), t.sub(high, low)))
    return where(value, t.compare("ge", place, t.ZERO), t.compare("le", place, last))


def _placed(names: str, place: Callable[[Node, Row], Node]) -> None:
    """Kernels of a range and one number each that says where in order the answer lies; of an array one answer each."""

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        row, asked = numbers_of(arguments[:1], texts), texts.numbers(arguments[1])
        found = _between(row, place(flat(asked), row))
        return Array(t.reshape(found, (*found.shape[:2], *asked.shape[2:])))

    for name in names.split():
        KERNELS[name] = apply


def _inclusive(share: Node, row: Row) -> Node:
    return where(t.mul(share, t.sub(row.size, t.ONE)), *within(0, share, 1))


def _exclusive(share: Node, row: Row) -> Node:
    place = t.sub(t.mul(share, t.add(row.size, t.ONE)), t.ONE)
    return where(place, t.compare("gt", share, t.ZERO), t.compare("lt", share, t.ONE))


def _quarter(number: Node) -> Node:
    return t.mul(t.number(0.25), cut(number))


def _from_largest(k: Node, row: Row) -> Node:
    return t.sub(row.size, t.unary("ceil", k))


_placed("PERCENTILE PERCENTILE.INC", _inclusive)
_placed("PERCENTILE.EXC", _exclusive)
_placed("QUARTILE QUARTILE.INC", lambda q, row: _inclusive(_quarter(q), row))
_placed("QUARTILE.EXC", lambda q, row: _exclusive(_quarter(q), row))
_placed("SMALL", lambda k, row: t.sub(t.unary("ceil", k), t.ONE))
_placed("LARGE", _from_largest)
aggregate("MEDIAN", lambda row: _between(row, t.mul(t.number(0.5), t.sub(row.size, t.ONE))))


@kernel("TRIMMEAN")
def _trimmean(arguments: tuple[Array, ...], texts: Texts) -> Array:
    row, percent = numbers_of(arguments[:1], texts), flat(texts.numbers(arguments[1]))
    if percent.shape[2] != 1:
        raise NoKernel("an array of shares to leave out")
    ordered = _ordered(row)
    trimmed = t.unary("floor", t.mul(t.number(0.5), t.mul(row.size, percent)))
    place = constant(torch.arange(ordered.shape[2], dtype=torch.float64).reshape(1, 1, -1))
    inside = t.logical_and(t.compare("ge", place, trimmed), t.compare("lt", place, t.sub(row.size, trimmed)))
    kept = t.sub(row.size, t.mul(t.number(2), trimmed))
    value = t.div(t.total(t.select(inside, ordered, t.ZERO), LINE), kept)
    fine = [t.compare("ge", percent, t.ZERO), t.compare("lt", percent, t.ONE)]
    return Array(one(_some(row, where(value, *fine))))


# Pairs ----------------------------------------------------------------------------------------------------------------


class Pairs(NamedTuple):
    """What statistics of pairs are made of; each (block rows, block columns, 1)."""

    size: Node
    mean_x: Node
    mean_y: Node
    xx: Node
    yy: Node
    xy: Node


def pairs_of(x: Array, y: Array) -> Pairs | None:
    """Pairs of which both are numbers; None for arrays of different sizes."""
    if x.inner[0] * x.inner[1] != y.inner[0] * y.inner[1]:
        return None
    lead = lifted(x.data.shape[:2], y.data.shape[:2])
    weight: Node = t.broadcast(t.ONE, (*lead, x.inner[0] * x.inner[1]))
    sides = []
    for array in (x, y):
        counts = array.is_kind(Kind.NUMBER)
        if counts is False:
            weight = t.mul(t.ZERO, weight)
        elif not isinstance(counts, bool):
            weight = t.mul(weight, flat(t.to_number(t.broadcast(counts, array.data.shape))))
        sides.append(flat(array.data))
    # What is not paired is 0 on both sides, but an error spoils the sums wherever it stands.
    xs, ys = (t.guard(t.mul(weight, side), side) for side in sides)
    count = t.total(weight, LINE)
    mean_x, mean_y = (t.div(t.total(side, LINE), count) for side in (xs, ys))
    dx, dy = t.mul(weight, t.sub(xs, mean_x)), t.mul(weight, t.sub(ys, mean_y))
    xx, yy, xy = t.total(t.square(dx), LINE), t.total(t.square(dy), LINE), t.total(t.mul(dx, dy), LINE)
    return Pairs(count, mean_x, mean_y, xx, yy, xy)


def _of_pairs(names: str, compute: Callable[[Pairs], Node], first_is_y: bool = False) -> None:
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        x, y = reversed(arguments) if first_is_y else arguments
        pairs = pairs_of(x, y)
        return scalar(math.nan) if pairs is None else Array(one(compute(pairs)))

    for name in names.split():
        KERNELS[name] = apply


def _correlation(p: Pairs) -> Node:
    return t.div(p.xy, t.mul(t.unary("sqrt", p.xx), t.unary("sqrt", p.yy)))


def _slope(p: Pairs) -> Node:
    return t.div(p.xy, p.xx)


def _intercept(p: Pairs) -> Node:
    return t.sub(p.mean_y, t.mul(_slope(p), p.mean_x))


def _standard_error(p: Pairs) -> Node:
    squared = t.sub(p.yy, t.mul(_slope(p), p.xy))
    freedom = t.sub(p.size, t.number(2))
    error = t.unary("sqrt", t.div(t.maximum(squared, t.ZERO), freedom))
    return where(error, t.compare("gt", freedom, t.ZERO))


_of_pairs("CORREL PEARSON", _correlation)
_of_pairs("COVARIANCE.P COVAR", lambda p: t.div(p.xy, p.size))
_of_pairs("COVARIANCE.S", lambda p: t.div(p.xy, t.sub(p.size, t.ONE)))
_of_pairs("SLOPE", _slope, first_is_y=True)
_of_pairs("INTERCEPT", _intercept, first_is_y=True)
_of_pairs("RSQ", lambda p: t.square(_correlation(p)), first_is_y=True)
_of_pairs("STEYX", _standard_error, first_is_y=True)


@kernel("FORECAST", "FORECAST.LINEAR")
def _forecast(arguments: tuple[Array, ...], texts: Texts) -> Array:
    x, ys, xs = arguments
    pairs = pairs_of(xs, ys)
    if pairs is None:
        return scalar(math.nan)
    distance = t.sub(texts.numbers(x), one(pairs.mean_x))
    return Array(t.add(one(pairs.mean_y), t.mul(one(_slope(pairs)), distance)))
