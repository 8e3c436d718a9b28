"""Kernels of the functions of `neural`: the same answers over whole regions, differentiable.

Rows and columns here are those of the array that one formula sees: axes 2 and 3 of its data.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from cellgrad.functions.arrays import Array, NoKernel, Texts, lifted, scalar
from cellgrad.functions.kernels import KERNELS, kernel
from cellgrad.functions.kernels_aggregate import INNER
from cellgrad.functions.neural import OUTPUTS
from cellgrad.functions.operands import fold_case
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node, constant
from cellgrad.values import Kind

ROWS, COLUMNS = 2, 3
_ERROR = scalar(math.nan)


def relu(x: Node) -> Node:
    return t.guard(t.select(t.compare("gt", x, t.ZERO), x, t.ZERO), x)


def sigmoid(x: Node) -> Node:
    return t.unary("logistic", x)


def softmax(x: Node) -> Node:
    powers = t.unary("exp", t.sub(x, t.largest(x, (COLUMNS,))))
    return t.div(powers, t.total(powers, (COLUMNS,)))


def _of_numbers(name: str, run: Callable[[Node], Node]) -> None:
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        return Array(run(texts.numbers(arguments[0])))

    KERNELS[name] = apply


_of_numbers("CG_RELU", relu)
_of_numbers("CG_SIGMOID", sigmoid)
_of_numbers("CG_SOFTMAX", softmax)


def _linear(x: Array, w: Array, texts: Texts) -> Array:
    features = x.inner[1]
    height, width = w.inner
    if height not in (features, features + 1) and height == 1 and width in (features, features + 1):
        w = KERNELS["TRANSPOSE"]((w,), texts)
    if w.inner[0] != features + 1:
        return KERNELS["MMULT"]((x, w), texts)
    lead = w.data.shape[:2]
    weights, added = (
        _cropped(w, (start, stop), (0, w.inner[1]), lead) for start, stop in ((0, features), (features, features + 1))
    )
    product = KERNELS["MMULT"]((x, weights), texts)
    # As in a matrix product the constants must be numbers: nothing else becomes 0.
    return Array(t.add(product.data, _numbers_only(added)))


def _cropped(array: Array, rows: tuple[int, int], columns: tuple[int, int], lead: tuple[int, ...]) -> Array:
    starts, stops = (0, 0, rows[0], columns[0]), (*lead, rows[1], columns[1])
    data = t.crop(array.data, starts, stops)
    if isinstance(array.kind, int):
        return Array(data, array.kind)
    return Array(data, t.crop(t.broadcast(array.kind, array.data.shape), starts, stops))


def _numbers_only(array: Array) -> Node:
    """The numbers; an error everywhere if anything is none."""
    numbers = array.is_kind(Kind.NUMBER)
    if numbers is True:
        return array.data
    if numbers is False:
        return t.NAN
    every = t.all_of(t.broadcast(numbers, array.data.shape), INNER)
    return t.select(every, array.data, t.NAN)


@kernel("CG_LINEAR")
def _linear_kernel(arguments: tuple[Array, ...], texts: Texts) -> Array:
    x, w = arguments
    return _linear(x, w, texts)


@kernel("CG_PREDICT")
def _predict(arguments: tuple[Array, ...], texts: Texts) -> Array:
    x, output, *weights = arguments
    name = fold_case(_one_text(output, texts))
    if name not in OUTPUTS:
        return _ERROR
    for number, w in enumerate(weights):
        x = _linear(Array(relu(x.data)) if number else x, w, texts)
    return x if name == "linear" else KERNELS["CG_" + name.upper()]((x,), texts)


def _one_text(array: Array, texts: Texts) -> str:
    """A text argument that is the same for every cell of the block."""
    value = array.data.value
    if array.kind != Kind.TEXT or value is None or value.numel() != 1:
        raise NoKernel("an option that varies or is no text")
    return texts.strings[int(value.item())]


def _one_truth(array: Array, texts: Texts) -> bool:
    condition, suspect = texts.logicals(array)
    if condition.value is None or condition.size != 1 or suspect.value is None:
        raise NoKernel("an option that varies")
    if not math.isfinite(suspect.value.item()):
        raise NoKernel("an option that is an error")
    return bool(condition.value.item())


# Losses -------------------------------------------------------------------------------------------------------------


def _truth(answer: bool | Node) -> Node:
    return constant(torch.tensor(answer)) if isinstance(answer, bool) else answer


def _observed(array: Array) -> tuple[Node, Node]:
    """(numbers, with text as errors; whether each is there at all)."""
    data = t.select(_truth(array.is_kind(Kind.TEXT)), t.NAN, array.data)
    return data, t.logical_not(_truth(array.is_kind(Kind.BLANK)))


def _mean(terms: Node, counts: Node, *data: Node) -> Node:
    """The mean of the terms that count, over both inner axes; an error in the data is one beside a blank too."""
    counts = t.broadcast(counts, lifted(counts.shape, terms.shape))
    mean = t.div(t.total(t.select(counts, terms, t.ZERO), INNER), t.total(t.to_number(counts), INNER))
    return t.guard(mean, *(t.total(t.mul(t.ZERO, part), INNER) for part in data if not part.always_finite))


@kernel("CG_MSE")
def _mse(arguments: tuple[Array, ...], texts: Texts) -> Array:
    predicted, actual = arguments
    if predicted.inner != actual.inner:
        return _ERROR
    (p, there), (y, seen) = _observed(predicted), _observed(actual)
    return Array(_mean(t.square(t.sub(p, y)), t.logical_and(there, seen), p, y))


@kernel("CG_CROSSENTROPY")
def _crossentropy(arguments: tuple[Array, ...], texts: Texts) -> Array:
    predicted, actual = arguments[:2]
    scores = len(arguments) > 2 and _one_truth(arguments[2], texts)
    rows, classes = predicted.inner
    if actual.inner[0] != rows or actual.inner[1] not in (1, classes):
        return _ERROR
    (p, there), (y, seen) = _observed(predicted), _observed(actual)
    counts = t.logical_and(_in_row(there, predicted), _in_row(seen, actual))
    shares = _shares(y, classes) if classes > 1 and actual.inner[1] == 1 else y
    return Array(_mean(_entropy(p, shares, scores, classes), counts, p, y))


def _in_row(there: Node, array: Array) -> Node:
    return t.all_of(t.broadcast(there, array.data.shape), (COLUMNS,))


def _shares(y: Node, classes: int) -> Node:
    """1 in the column of the class whose number, from 1, y holds; an error for a class there is not."""
    numbers = constant(torch.arange(1, classes + 1, dtype=torch.float64).reshape(1, 1, 1, classes))
    hit = t.to_number(t.compare("eq", y, numbers))
    known = t.compare("eq", t.total(hit, (COLUMNS,)), t.ONE)
    return t.select(known, hit, t.NAN)


def _entropy(p: Node, y: Node, scores: bool, classes: int) -> Node:
    """The loss of each row."""
    if scores and classes == 1:
        return t.sub(t.unary("softplus", p), t.mul(y, p))
    if scores:
        largest = t.largest(p, (COLUMNS,))
        log_sum = t.add(largest, t.unary("log", t.total(t.unary("exp", t.sub(p, largest)), (COLUMNS,))))
        return t.total(t.mul(y, t.sub(log_sum, p)), (COLUMNS,))
    within = t.logical_and(t.compare("ge", p, t.ZERO), t.compare("le", p, t.ONE))
    p = t.select(within, p, t.NAN)
    if classes == 1:
        return t.add(_surprise(p, y, "log"), _surprise(t.neg(p), t.sub(t.ONE, y), "log1p"))
    return t.total(_surprise(p, y, "log"), (COLUMNS,))


def _surprise(q: Node, share: Node, log: str) -> Node:
    """-share * log(q), 0 for no share: what was not seen may well have had no probability."""
    nothing = t.compare("eq", share, t.ZERO)
    return t.guard(t.select(nothing, t.ZERO, t.neg(t.mul(share, t.unary(log, q)))), q)


# Data and steps -----------------------------------------------------------------------------------------------------


@kernel("CG_NORMALISE")
def _normalise(arguments: tuple[Array, ...], texts: Texts) -> Array:
    values = arguments[0]
    if values.kind not in (Kind.NUMBER, Kind.BOOLEAN):
        raise NoKernel("CG_NORMALISE of blanks or text")
    x = values.data
    how = fold_case(_one_text(arguments[1], texts)) if len(arguments) > 1 else "minmax"
    low, high = t.smallest(x, (ROWS,)), t.largest(x, (ROWS,))
    match how:
        case "minmax":
            return Array(t.div(t.sub(x, low), t.sub(high, low)))
        case "zscore":
            count = t.number(values.inner[0])
            deviations = t.sub(x, t.div(t.total(x, (ROWS,)), count))
            variance = t.div(t.total(t.square(deviations), (ROWS,)), count)
            # Where all are alike the deviations may be rounding alone.
            alike = t.compare("eq", low, high)
            return Array(t.select(alike, t.NAN, t.div(deviations, t.unary("sqrt", variance))))
        case "max":
            return Array(t.div(x, high))
    return _ERROR


@kernel("CG_STEP")
def _step(arguments: tuple[Array, ...], texts: Texts) -> Array:
    changing, gradient, rate = (texts.numbers(argument) for argument in arguments)
    if arguments[0].inner != arguments[1].inner:
        return _ERROR
    _one_each(arguments[2:])
    return Array(t.sub(changing, t.mul(rate, gradient)))


def _one_each(arguments: tuple[Array, ...]) -> None:
    if any(argument.inner != (1, 1) for argument in arguments):
        raise NoKernel("an array where one number is wanted")


@kernel("CG_ADAM")
def _adam(arguments: tuple[Array, ...], texts: Texts) -> Array:
    blocks = arguments[:4]
    if len({block.inner for block in blocks}) > 1:
        return _ERROR
    _one_each(arguments[4:])
    x, g, m, v, step, rate, *rest = (texts.numbers(argument) for argument in arguments)
    beta1, beta2, epsilon = (*rest, *(t.number(default) for default in (0.9, 0.999, 1e-8)[len(rest) :]))
    mean = t.add(t.mul(beta1, m), t.mul(t.sub(t.ONE, beta1), g))
    square = t.add(t.mul(beta2, v), t.mul(t.sub(t.ONE, beta2), t.square(g)))
    unbiased = t.div(mean, t.sub(t.ONE, t.power(beta1, step)))
    size = t.unary("sqrt", t.div(square, t.sub(t.ONE, t.power(beta2, step))))
    moved = t.sub(x, t.div(t.mul(rate, unbiased), t.add(size, epsilon)))
    # A fault in any of the three is one in each, and so is a step before the first.
    fine = t.compare("ge", step, t.ONE)
    for beta in (beta1, beta2):
        fine = t.logical_and(fine, t.logical_and(t.compare("ge", beta, t.ZERO), t.compare("lt", beta, t.ONE)))
    parts = [t.guard(t.select(fine, part, t.NAN), moved, mean, square) for part in (moved, mean, square)]
    shape = lifted(*(part.shape for part in parts))
    return Array(t.concatenate([t.broadcast(part, shape) for part in parts], COLUMNS))
