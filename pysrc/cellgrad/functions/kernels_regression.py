"""Kernels of least squares over several variables, of matrices, and of the tests of hypotheses."""

from __future__ import annotations

import math

import torch

from cellgrad.functions.arrays import Array, NoKernel, Texts, lifted, scalar
from cellgrad.functions.kernels import KERNELS, kernel
from cellgrad.functions.kernels_aggregate import INNER
from cellgrad.functions.kernels_distributions import f_right, where
from cellgrad.functions.kernels_statistics import mean, numbers_of, one, pairs_of, squares, variance
from cellgrad.functions.operands import Fault
from cellgrad.functions.regression import layout, new_columns
from cellgrad.functions.tests_of_hypotheses import freedom_of_table
from cellgrad.tensors import operations as t
from cellgrad.tensors.linear_algebra import determinant, gram_solve, independent, inverse, least_squares
from cellgrad.tensors.nodes import Node, constant
from cellgrad.tensors.special import special
from cellgrad.values import Kind

_ERROR = scalar(math.nan)
_ROWS, _COLUMNS = 2, 3


def _all_numbers(array: Array) -> Node:
    """The numbers of a matrix; errors everywhere if anything is none."""
    numbers = array.is_kind(Kind.NUMBER)
    if numbers is True:
        return array.data
    if numbers is False:
        return t.broadcast(t.NAN, array.data.shape)
    every = t.all_of(t.broadcast(numbers, array.data.shape), INNER)
    return t.select(every, array.data, t.NAN)


@kernel("MINVERSE")
def _minverse(arguments: tuple[Array, ...], texts: Texts) -> Array:
    (a,) = arguments
    return Array(inverse(_all_numbers(a))) if a.inner[0] == a.inner[1] else _ERROR


@kernel("MDETERM")
def _mdeterm(arguments: tuple[Array, ...], texts: Texts) -> Array:
    (a,) = arguments
    return Array(determinant(_all_numbers(a))) if a.inner[0] == a.inner[1] else _ERROR


# Least squares --------------------------------------------------------------------------------------------------------


def _given(arguments: tuple[Array, ...], index: int) -> Array | None:
    """An optional argument, None where it is left out."""
    if index >= len(arguments):
        return None
    array = arguments[index]
    return None if array.kind == Kind.BLANK and not array.reference else array


def _flag(arguments: tuple[Array, ...], index: int, texts: Texts, default: bool) -> bool:
    array = _given(arguments, index)
    if array is None:
        return default
    condition, suspect = texts.logicals(array)
    if condition.value is None or condition.size != 1 or not suspect.always_finite:
        raise NoKernel("an option that varies or is an error")
    return bool(condition.value.item())


def _matrix(node: Node, height: int, width: int) -> Node:
    return t.reshape(node, (*node.shape[:2], height, width))


class _Fit:
    """Least squares of y (.., n, 1) over x (.., n, k), as in `regression.fit`."""

    def __init__(self, known_y: Array, known_x: Array | None, texts: Texts, constant_term: bool, logarithm: bool):
        y = _all_numbers(known_y)
        height, width = known_y.inner
        n = height * width
        if known_x is None:
            x = constant(torch.arange(1, n + 1, dtype=torch.float64).reshape(1, 1, height, width))
            self.single, self.along_rows = layout(known_y.inner, known_y.inner)
        else:
            x = _all_numbers(known_x)
            self.single, self.along_rows = layout(known_y.inner, known_x.inner)
        self.x = _matrix(x, n, 1) if self.single else x if self.along_rows else t.transpose(x)
        y = _matrix(y, n, 1)
        self.y = where(t.unary("log", y), t.compare("gt", y, t.ZERO)) if logarithm else y
        self.n, self.k, self.constant_term = n, self.x.shape[_COLUMNS], constant_term
        rows = t.number(n)
        self.means = t.div(t.total(self.x, (_ROWS,)), rows) if constant_term else t.ZERO
        self.mean = t.div(t.total(self.y, (_ROWS,)), rows) if constant_term else t.ZERO
        self.dx, self.dy = t.sub(self.x, self.means), t.sub(self.y, self.mean)
        self.slopes = least_squares(self.dx, self.dy)
        self.intercept: Node = t.broadcast(t.ZERO, (*self.slopes.shape[:2], 1, 1))
        if constant_term:
            self.intercept = t.sub(self.mean, t.matmul(self.means, self.slopes))

    def at(self, places: Node) -> Node:
        """The fitted values (.., m, 1) at places (.., m, k)."""
        return t.add(t.matmul(places, self.slopes), self.intercept)


def _reversed_row(column: Node) -> Node:
    """A column (.., k, 1) as a row, the last first."""
    k = column.shape[_ROWS]
    lead = column.shape[:2]
    parts = [t.crop(column, (0, 0, i, 0), (*lead, i + 1, 1)) for i in reversed(range(k))]
    return t.concatenate(parts, _COLUMNS)


def _estimates(found: _Fit, exponential: bool, statistics: bool) -> Node:
    """The rows that LINEST answers with."""
    coefficients = t.concatenate(_same_lead([_reversed_row(found.slopes), found.intercept]), _COLUMNS)
    if exponential:
        coefficients = t.unary("exp", coefficients)
    if not statistics:
        return coefficients
    width = found.k + 1
    used = t.total(independent(found.dx), (_COLUMNS,))
    freedom = t.sub(t.number(found.n - found.constant_term), used)
    fitted = t.matmul(found.dx, found.slopes)
    residual = t.total(t.square(t.sub(found.dy, fitted)), (_ROWS,))
    explained = t.total(t.square(fitted), (_ROWS,))
    some = t.compare("gt", freedom, t.ZERO)
    spread = t.select(some, t.div(residual, t.maximum(freedom, t.ONE)), t.ZERO)
    unit = constant(torch.eye(found.k, dtype=torch.float64)[None, None])
    covariance = gram_solve(found.dx, unit)
    diagonal = t.total(t.mul(covariance, unit), (_COLUMNS,))
    errors = [_reversed_row(t.unary("sqrt", t.mul(diagonal, spread)))]
    if found.constant_term:
        tilt = t.matmul(t.matmul(found.means, covariance), t.transpose(found.means))
        errors.append(t.unary("sqrt", t.mul(spread, t.add(t.number(1 / found.n), tilt))))
    else:
        errors.append(t.NAN)
    whole = t.add(explained, residual)
    share = t.select(t.compare("eq", whole, t.ZERO), t.guard(t.ONE, whole), t.div(explained, whole))
    f = where(t.div(t.div(explained, used), spread), some)
    rows = [[coefficients], errors, [share, t.unary("sqrt", spread)], [f, freedom], [explained, residual]]
    return _stacked(rows, width)


def _same_lead(nodes: list[Node]) -> list[Node]:
    lead = lifted(*(node.shape[:2] for node in nodes))
    return [t.broadcast(node, (*lead, *node.shape[2:])) for node in nodes]


def _stacked(rows: list[list[Node]], width: int) -> Node:
    """Rows of nodes (.., 1, m) below each other, filled up with errors."""
    lead = lifted(*(node.shape[:2] for row in rows for node in row if len(node.shape) == 4))
    lines = []
    for row in rows:
        cells = [t.broadcast(node, (*lead, 1, node.shape[-1] if node.shape else 1)) for node in row]
        missing = width - sum(cell.shape[_COLUMNS] for cell in cells)
        if missing < 0:
            cells, missing = [cells[0]], 0  # one column has no place for a second statistic
        if missing:
            cells.append(t.broadcast(t.NAN, (*lead, 1, missing)))
        lines.append(t.concatenate(cells, _COLUMNS))
    return t.concatenate(lines, _ROWS)


def _line(name: str, logarithm: bool) -> None:
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        constant_term, statistics = _flag(arguments, 2, texts, True), _flag(arguments, 3, texts, False)
        try:
            found = _Fit(arguments[0], _given(arguments, 1), texts, constant_term, logarithm)
        except Fault:
            return _ERROR
        return Array(_estimates(found, logarithm, statistics))

    KERNELS[name] = apply


def _fitted(name: str, logarithm: bool) -> None:
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        known_y, known_x, new_x = arguments[0], _given(arguments, 1), _given(arguments, 2)
        try:
            found = _Fit(known_y, known_x, texts, _flag(arguments, 3, texts, True), logarithm)
            if new_x is None:
                places, shape = found.x, known_y.inner
            else:
                new_columns(new_x.inner, found.single, found.along_rows, found.k)
                places, shape = _all_numbers(new_x), new_x.inner
                if found.single:
                    places = _matrix(places, shape[0] * shape[1], 1)
                elif found.along_rows:
                    shape = (shape[0], 1)
                else:
                    places, shape = t.transpose(places), (1, shape[1])
        except Fault:
            return _ERROR
        values = found.at(places)
        return Array(_matrix(t.unary("exp", values) if logarithm else values, *shape))

    KERNELS[name] = apply


_line("LINEST", logarithm=False)
_line("LOGEST", logarithm=True)
_fitted("TREND", logarithm=False)
_fitted("GROWTH", logarithm=True)

# Tests of hypotheses --------------------------------------------------------------------------------------------------


def _whole(array: Array, texts: Texts) -> int:
    """An option that is one whole number for the whole block."""
    number = texts.numbers(array)
    if number.value is None or number.size != 1 or not number.always_finite:
        raise NoKernel("an option that varies or is an error")
    return math.trunc(number.value.item())


@kernel("T.TEST", "TTEST")
def _t_test(arguments: tuple[Array, ...], texts: Texts) -> Array:
    sides, which = _whole(arguments[2], texts), _whole(arguments[3], texts)
    if sides not in (1, 2) or which not in (1, 2, 3):
        return _ERROR
    if which == 1:
        pairs = pairs_of(arguments[0], arguments[1])
        if pairs is None:
            return _ERROR
        freedom = t.sub(pairs.size, t.ONE)
        mixed = t.sub(t.add(pairs.xx, pairs.yy), t.mul(t.number(2), pairs.xy))
        difference = t.sub(pairs.mean_x, pairs.mean_y)
        squared = t.div(t.div(mixed, pairs.size), freedom)
    else:
        first, second = (numbers_of((array,), texts) for array in arguments[:2])
        difference = t.sub(mean(first), mean(second))
        if which == 2:
            freedom = t.sub(t.add(first.size, second.size), t.number(2))
            both = t.div(t.add(squares(first), squares(second)), freedom)
            squared = t.mul(both, t.add(t.div(t.ONE, first.size), t.div(t.ONE, second.size)))
        else:
            a, b = (t.div(variance(row, True), row.size) for row in (first, second))
            parts = [t.div(t.square(v), t.sub(row.size, t.ONE)) for v, row in ((a, first), (b, second))]
            squared = t.add(a, b)
            freedom = t.div(t.square(squared), t.add(*parts))
        squared = where(squared, *(t.compare("gt", row.size, t.ONE) for row in (first, second)))
    score = t.div(t.unary("abs", difference), t.unary("sqrt", squared))
    value = where(special("student_cdf", freedom, t.neg(score)), t.compare("gt", squared, t.ZERO))
    return Array(one(t.mul(t.number(sides), value)))


@kernel("F.TEST", "FTEST")
def _f_test(arguments: tuple[Array, ...], texts: Texts) -> Array:
    first, second = (numbers_of((array,), texts) for array in arguments)
    spread = [variance(row, True) for row in (first, second)]
    freedom = [t.sub(row.size, t.ONE) for row in (first, second)]
    tail = f_right(t.div(*spread), *freedom)
    smaller = t.minimum(tail, t.sub(t.ONE, tail))
    return Array(one(where(t.mul(t.number(2), smaller), t.compare("gt", spread[0], t.ZERO))))


@kernel("Z.TEST", "ZTEST")
def _z_test(arguments: tuple[Array, ...], texts: Texts) -> Array:
    row = numbers_of(arguments[:1], texts)
    x = texts.numbers(arguments[1])
    sigma = texts.numbers(arguments[2]) if len(arguments) > 2 else one(t.unary("sqrt", variance(row, True)))
    lifted(x.shape, sigma.shape, one(row.size).shape)
    size = t.div(t.unary("sqrt", one(row.size)), sigma)
    chance = special("normal_cdf", t.mul(t.sub(x, one(mean(row))), size))
    return Array(where(chance, t.compare("gt", sigma, t.ZERO)))


@kernel("CHISQ.TEST", "CHITEST")
def _chisq_test(arguments: tuple[Array, ...], texts: Texts) -> Array:
    actual, expected = arguments
    if actual.inner != expected.inner or actual.inner == (1, 1):
        return _ERROR
    if any(array.is_kind(Kind.NUMBER) is not True for array in arguments):
        raise NoKernel("a table with blanks or text")
    a, e = actual.data, expected.data
    terms = where(t.div(t.square(t.sub(a, e)), e), t.compare("gt", e, t.ZERO))
    half = t.mul(t.number(0.5), t.total(terms, INNER))
    return Array(special("gamma_upper", t.number(freedom_of_table(*actual.inner) / 2), half))
