"""Functions of our own, written CG_..., for models of learning: the same in a sheet (as UDFs) and in the compiler.

Ranges are read whole, one row an observation. A blank is 0 where arithmetic is done on it, as in Excel, and a missing
observation in a loss: its row is left out. Text is #VALUE!; errors pass through.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from cellgrad.errors import UnsupportedError
from cellgrad.functions.matrix import mmult
from cellgrad.functions.operands import Areas, Fault, Matrix, compare, finite, fold_case, to_number, total
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_SOURCE = "Functions of Cellgrad"


def _each(run: Callable[[float], float], x: Matrix) -> Matrix:
    """A function of one number over every element; an element that is an error stays one."""

    def element(row: int, column: int) -> Value:
        try:
            return finite(run(to_number(x.rows[row][column])))
        except Fault as fault:
            return fault.error

    return Matrix.build(x.height, x.width, element)


def relu(x: float) -> float:
    return x if x > 0 else 0.0


def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)), without overflow on either side."""
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    small = math.exp(x)
    return small / (1 + small)


def softplus(x: float) -> float:
    """log(1 + exp(x)), without overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@function(
    "CG_RELU(x: array)", Shape.ARRAY, Smoothness.PIECEWISE, "Each number where it is positive, else 0.",
    subgradient="0 at 0", source=_SOURCE,
    cases=(("CG_RELU(3)", 3), ("CG_RELU(-3)", 0), ("CG_RELU(0)", 0), ("SUM(CG_RELU({-1,2;3,-4}))", 5),
           ('CG_RELU("x")', CellError.VALUE), ("COUNT(CG_RELU({1,#N/A}))", 1)),
)  # fmt: skip
def cg_relu(x: Matrix) -> Matrix:
    return _each(relu, x)


@function(
    "CG_SIGMOID(x: array)", Shape.ARRAY, Smoothness.SMOOTH,
    "The logistic function of each number, 1 / (1 + exp(-x)); exact for large numbers of either sign.", source=_SOURCE,
    cases=(("CG_SIGMOID(0)", 0.5), ("CG_SIGMOID(1000)", 1), ("CG_SIGMOID(-1000)", 0),
           ("CG_SIGMOID(LN(3))", 0.75), ("CG_SIGMOID(-40)", math.exp(-40)), ("CG_SIGMOID(1/0)", CellError.DIV0)),
)  # fmt: skip
def cg_sigmoid(x: Matrix) -> Matrix:
    return _each(sigmoid, x)


def _softmax(row: list[float]) -> list[float]:
    largest = max(row)
    powers = [math.exp(x - largest) for x in row]
    return [power / math.fsum(powers) for power in powers]


def _by_rows(run: Callable[[list[float]], list[float]], x: Matrix) -> Matrix:
    """A function of rows of numbers; an error anywhere in a row is the whole row's."""

    def row(values: tuple[Value, ...]) -> tuple[Value, ...]:
        try:
            return tuple(run([to_number(value) for value in values]))
        except Fault as fault:
            return (fault.error,) * len(values)

    return Matrix(tuple(row(values) for values in x.rows))


@function(
    "CG_SOFTMAX(x: array)", Shape.ARRAY, Smoothness.SMOOTH,
    "Each row as shares that add up to 1: exp(x) over the row's sum of them.", source=_SOURCE,
    cases=(("CG_SOFTMAX({0,0})", 0.5), ("INDEX(CG_SOFTMAX({0,1000;5,5}),1,2)", 1), ("SUM(CG_SOFTMAX({1,2;3,9}))", 2),
           ("INDEX(CG_SOFTMAX({0,1.0986122886681098}),1,2)", 0.75), ("CG_SOFTMAX({1,#N/A})", CellError.NA)),
)  # fmt: skip
def cg_softmax(x: Matrix) -> Matrix:
    return _by_rows(_softmax, x)


@function(
    "CG_LINEAR(x: array, w: array)", Shape.ARRAY, Smoothness.SMOOTH,
    "The matrix product of observations and weights: a row of w a column of x, a column of w an output. "
    "One row more in w is a constant that is added; one output may have its weights in a row. What fits neither, or "
    "is no number, gives #VALUE!.", source=_SOURCE,
    cases=(("CG_LINEAR({1,2},{3;4})", 11), ("CG_LINEAR({1,2},{3;4;100})", 111), ("CG_LINEAR({1,2},{3,4})", 11),
           ("CG_LINEAR({1,2},{3,4,100})", 111), ("SUM(CG_LINEAR({1;2},{10,20}))", 90),
           ("CG_LINEAR({1,2},{3;4;5;6})", CellError.VALUE), ('CG_LINEAR({1,"x"},{3;4})', CellError.VALUE)),
)  # fmt: skip
def cg_linear(x: Matrix, w: Matrix) -> Matrix:
    if w.height not in (x.width, x.width + 1) and w.height == 1 and w.width in (x.width, x.width + 1):
        w = Matrix(tuple(zip(*w.rows, strict=True)))
    if w.height == x.width + 1:
        x = Matrix(tuple((*row, 1.0) for row in x.rows))
    return mmult(x, w)


# ---------------------------------------------------------------- losses


def _observed(value: Value) -> float:
    """A number, or a truth value as 1 or 0. Faults: #VALUE! for text, or the error itself."""
    if isinstance(value, str):
        raise Fault(CellError.VALUE)
    return to_number(value)


@function(
    "CG_MSE(predicted: array, actual: array)", Shape.REDUCE, Smoothness.SMOOTH,
    "The mean squared difference of pairs; a pair with a blank is left out, text is #VALUE!, unequal shapes are #N/A.",
    source=_SOURCE,
    cases=(("CG_MSE({1,2,3},{1,1,5})", 5 / 3), ("CG_MSE(3,1)", 4), ('CG_MSE({1,"x"},{1,2})', CellError.VALUE),
           ("CG_MSE({1,2},{1;2})", CellError.NA), ("CG_MSE({1,0.5},{TRUE,FALSE})", 0.125)),
)  # fmt: skip
def cg_mse(predicted: Matrix, actual: Matrix) -> float:
    if predicted.shape != actual.shape:
        raise Fault(CellError.NA)
    pairs = [
        (_observed(a), _observed(b), a is not None and b is not None) for a, b in zip(predicted, actual, strict=True)
    ]
    squares = [finite((a - b) * (a - b)) for a, b, counts in pairs if counts]
    if not squares:
        raise Fault(CellError.DIV0)
    return finite(total(squares) / len(squares))


@function(
    "CG_CROSSENTROPY(predicted: array, actual: array[, scores: logical])", Shape.REDUCE, Smoothness.SMOOTH,
    "The mean over rows of -log of the probability given to what was seen. One column: probabilities of 1, and 0 or 1 "
    "seen; several: one a class, and seen a share for each or the class's number from 1. With scores TRUE predicted "
    "is what goes into CG_SIGMOID or CG_SOFTMAX, which no score, however large, makes an error. A row with a blank is "
    "left out.", source=_SOURCE,
    cases=(("CG_CROSSENTROPY({0.5;0.25},{1;0})", (math.log(2) - math.log(0.75)) / 2),
           ("CG_CROSSENTROPY({0,0;0,0},{1;2},TRUE)", math.log(2)),
           ("CG_CROSSENTROPY({0.2,0.8},{0,1})", -math.log(0.8)), ("CG_CROSSENTROPY({0.2,0.8},2)", -math.log(0.8)),
           ("CG_CROSSENTROPY({1000;-1000},{0;0},TRUE)", 500), ("CG_CROSSENTROPY({0,1000},{1,0},TRUE)", 1000),
           ("CG_CROSSENTROPY(0,1)", CellError.NUM), ("CG_CROSSENTROPY(1,1)", 0),
           ("CG_CROSSENTROPY(1.5,0)", CellError.NUM), ("CG_CROSSENTROPY({0.2,0.8},3)", CellError.NUM),
           ("CG_CROSSENTROPY({0.2;0.8},{1,0})", CellError.NA)),
)  # fmt: skip
def cg_crossentropy(predicted: Matrix, actual: Matrix, scores: bool = False) -> float:
    if actual.height != predicted.height or actual.width not in (1, predicted.width):
        raise Fault(CellError.NA)
    losses = [
        _row_entropy(p, y, scores) for p, y, counts in _rows_observed(predicted, actual) if counts
    ]  # every row is read, so that an error is one even beside a blank
    if not losses:
        raise Fault(CellError.DIV0)
    return finite(total(losses) / len(losses))


def _rows_observed(predicted: Matrix, actual: Matrix) -> Iterator[tuple[list[float], list[float], bool]]:
    for p, y in zip(predicted.rows, actual.rows, strict=True):
        yield [_observed(v) for v in p], [_observed(v) for v in y], None not in (*p, *y)


def _row_entropy(p: list[float], y: list[float], scores: bool) -> float:
    if len(p) > 1 and len(y) == 1:
        if y[0] not in range(1, len(p) + 1):
            raise Fault(CellError.NUM)
        y = [float(y[0] == number) for number in range(1, len(p) + 1)]
    if scores:
        if len(p) == 1:
            return finite(softplus(p[0]) - y[0] * p[0])
        largest = max(p)
        log_sum = largest + math.log(math.fsum(math.exp(s - largest) for s in p))
        return finite(total(share * (log_sum - s) for share, s in zip(y, p, strict=True)))
    if not all(0 <= q <= 1 for q in p):
        raise Fault(CellError.NUM)
    if len(p) == 1:
        return total((_surprise(p[0], y[0], math.log), _surprise(-p[0], 1 - y[0], math.log1p)))
    return total(_surprise(q, share, math.log) for q, share in zip(p, y, strict=True))


def _surprise(q: float, share: float, log: Callable[[float], float]) -> float:
    """-share * log(q), 0 for no share. Faults: #NUM! for what was seen though it had no probability."""
    if share == 0:
        return 0.0
    try:
        return finite(-share * log(q))
    except ValueError:  # the logarithm of 0
        raise Fault(CellError.NUM) from None


# ---------------------------------------------------------------- preparing data


def _level(value: Value) -> Value:
    return fold_case(value) if isinstance(value, str) else value


def _levels(column: list[Value]) -> list[Value]:
    """The different values of a column in Excel's order: numbers, texts without regard to case, FALSE, TRUE."""
    distinct = dict.fromkeys((type(value).__name__, _level(value)) for value in column if value is not None)
    found: list[Value] = []
    for _, value in distinct:
        at = next((place for place, other in enumerate(found) if compare(value, other) < 0), len(found))
        found.insert(at, value)
    return found


@function(
    "CG_DUMMIES(range: array[, drop_first: logical])", Shape.ARRAY, Smoothness.NONE,
    "A column of 0 and 1 for each different value of a column, the values in ascending order; with drop_first all but "
    "the first, since n values need n-1 columns beside a constant. A blank is 0 in each.", source=_SOURCE,
    cases=(('SUM(CG_DUMMIES({"S";"C";"s";"Q"})*{1,10,100})', 211), ('COLUMNS(CG_DUMMIES({"S";"C";"Q"},TRUE))', 2),
           ("SUM(CG_DUMMIES({3;1;3},TRUE)*{1;10;100})", 101), ("COLUMNS(CG_DUMMIES({1,5;2,5;1,6}))", 4),
           ("CG_DUMMIES({1;#N/A})", CellError.NA), ("CG_DUMMIES({7;7},TRUE)", CellError.VALUE)),
)  # fmt: skip
def cg_dummies(values: Matrix, drop_first: bool = False) -> Matrix:
    columns: list[list[float]] = []
    for column in zip(*values.rows, strict=True):
        _no_errors(column)
        for level in _levels(list(column))[1 if drop_first else 0 :]:
            columns.append([float(type(v) is type(level) and _level(v) == level) for v in column])
    if not columns:
        raise Fault(CellError.VALUE)
    return Matrix(tuple(zip(*columns, strict=True)))


def _no_errors(values: tuple[Value, ...]) -> None:
    for value in values:
        if isinstance(value, CellError):
            raise Fault(value)


def _shift_and_scale(how: str, column: list[float]) -> tuple[float, float]:
    """What is subtracted from a column and what it is divided by. Faults: #VALUE! for an unknown way."""
    match fold_case(how):
        case "minmax":
            return min(column), max(column) - min(column)
        case "zscore":
            mean = total(column) / len(column)
            return mean, math.sqrt(total((x - mean) * (x - mean) for x in column) / len(column))
        case "max":
            return 0.0, max(column)
    raise Fault(CellError.VALUE)


@function(
    "CG_NORMALISE(range: array[, how: text])", Shape.ARRAY, Smoothness.PIECEWISE,
    'Each column on one scale: "minmax" (from 0 to 1, unless another is named), "zscore" (mean 0, standard deviation '
    '1, of the population) or "max" (divided by the largest). A blank is #N/A; a column all alike is #DIV/0!.',
    subgradient="numbers that tie for an extreme share it", source=_SOURCE,
    cases=(("INDEX(CG_NORMALISE({1;2;5}),2)", 0.25), ('INDEX(CG_NORMALISE({1;2;5},"max"),1)', 0.2),
           ('INDEX(CG_NORMALISE({1;3},"zscore"),2)', 1), ("SUM(CG_NORMALISE({1,10;2,30}))", 2),
           ("CG_NORMALISE({4;4})", CellError.DIV0), ('CG_NORMALISE({1;2},"other")', CellError.VALUE),
           ('CG_NORMALISE({1;"x"})', CellError.VALUE)),
)  # fmt: skip
def cg_normalise(values: Matrix, how: str = "minmax") -> Matrix:
    return Matrix(tuple(zip(*(_scaled(column, how) for column in zip(*values.rows, strict=True)), strict=True)))


def _scaled(column: tuple[Value, ...], how: str) -> list[Value]:
    try:
        numbers = [_observed(value) for value in column if value is not None]
        shift, scale = _shift_and_scale(how, numbers or [0.0])
        if scale == 0:
            raise Fault(CellError.DIV0)
        return [CellError.NA if v is None else finite((to_number(v) - shift) / scale) for v in column]
    except Fault as fault:
        return [fault.error] * len(column)


# ---------------------------------------------------------------- predicting and learning

_OUTPUTS: dict[str, Callable[[Matrix], Matrix]] = {
    "linear": lambda x: x,
    "relu": cg_relu,
    "sigmoid": cg_sigmoid,
    "softmax": cg_softmax,
}
OUTPUTS = tuple(_OUTPUTS)
"""What may be done to the last layer of CG_PREDICT."""


@function(
    "CG_PREDICT(x: array, output: text, weights: array...)", Shape.ARRAY, Smoothness.PIECEWISE,
    "A net of layers, each CG_LINEAR with its weights, CG_RELU between them, and at the end "
    '"linear", "relu", "sigmoid" or "softmax".',
    subgradient="0 at 0, as CG_RELU", source=_SOURCE,
    cases=(('CG_PREDICT({1,2},"linear",{3;4})', 11), ('CG_PREDICT({1,2},"sigmoid",{0;0})', 0.5),
           ('CG_PREDICT({1,2},"linear",{1,-1;0,0},{2;3;100})', 102),
           ('SUM(CG_PREDICT({1;2},"softmax",{1,2,3}))', 2), ('CG_PREDICT(1,"step",2)', CellError.VALUE)),
)  # fmt: skip
def cg_predict(x: Matrix, output: str, *weights: Matrix) -> Matrix:
    last = _OUTPUTS.get(fold_case(output))
    if last is None:
        raise Fault(CellError.VALUE)
    for number, w in enumerate(weights):
        x = cg_linear(cg_relu(x) if number else x, w)
    return last(x)


def _same_shape(first: Matrix, *others: Matrix) -> None:
    if any(other.shape != first.shape for other in others):
        raise Fault(CellError.VALUE)


@function(
    "CG_STEP(changing: array, gradient: array, rate: number)", Shape.ARRAY, Smoothness.SMOOTH,
    "The next values after a step down the slope: changing - rate * gradient. A negative rate climbs.", source=_SOURCE,
    cases=(("SUM(CG_STEP({1,2},{10,20},0.1))", 0), ("CG_STEP(1,10,-0.1)", 2),
           ("CG_STEP({1,2},{1;2},1)", CellError.VALUE), ('CG_STEP("x",1,1)', CellError.VALUE)),
)  # fmt: skip
def cg_step(changing: Matrix, gradient: Matrix, rate: float) -> Matrix:
    _same_shape(changing, gradient)

    def element(row: int, column: int) -> Value:
        try:
            return finite(to_number(changing.rows[row][column]) - rate * to_number(gradient.rows[row][column]))
        except Fault as fault:
            return fault.error

    return Matrix.build(changing.height, changing.width, element)


@function(
    "CG_ADAM(changing: array, gradient: array, mean: array, square: array, step: number, rate: number"
    "[, beta1: number, beta2: number, epsilon: number])", Shape.ARRAY, Smoothness.SMOOTH,
    "Adam's next values, and beside them its next mean and next mean square of gradients, for the next step: three "
    "blocks of the shape of changing. Steps count from 1, where mean and square are 0 or blank; "
    "beta1 0.9, beta2 0.999, epsilon 1E-8 unless given.", source="Kingma and Ba 2015, Adam, algorithm 1",
    cases=(("CG_ADAM(1,5,0,0,1,0.1)", 1 - 0.1 * 5 / (5 + 1e-8)), ("INDEX(CG_ADAM(1,5,0,0,1,0.1),2)", 0.5),
           ("INDEX(CG_ADAM(1,5,0,0,1,0.1),3)", 0.025), ("COLUMNS(CG_ADAM({1,2},{3,4},{0,0},{0,0},1,0.1))", 6),
           ("CG_ADAM(1,5,0,0,0,0.1)", CellError.NUM), ("CG_ADAM({1,2},5,0,0,1,0.1)", CellError.VALUE)),
)  # fmt: skip
def cg_adam(
    changing: Matrix,
    gradient: Matrix,
    mean: Matrix,
    square: Matrix,
    step: float,
    rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> Matrix:
    _same_shape(changing, gradient, mean, square)
    if step < 1 or not (0 <= beta1 < 1 and 0 <= beta2 < 1):
        raise Fault(CellError.NUM)

    def element(x: Value, g: Value, m: Value, v: Value) -> tuple[Value, Value, Value]:
        try:
            slope = to_number(g)
            next_mean = beta1 * to_number(m) + (1 - beta1) * slope
            next_square = beta2 * to_number(v) + (1 - beta2) * slope * slope
            if next_square < 0:
                raise Fault(CellError.NUM)
            size = math.sqrt(next_square / (1 - beta2**step)) + epsilon
            if size == 0:
                raise Fault(CellError.DIV0)
            moved = to_number(x) - rate * (next_mean / (1 - beta1**step)) / size
            return finite(moved), finite(next_mean), finite(next_square)
        except Fault as fault:
            return fault.error, fault.error, fault.error

    rows = []
    for cells in zip(changing.rows, gradient.rows, mean.rows, square.rows, strict=True):
        answers = [element(*four) for four in zip(*cells, strict=True)]
        rows.append(tuple(answer[part] for part in range(3) for answer in answers))
    return Matrix(tuple(rows))


@function(
    "CG_GRADIENT(objective: reference, changing: reference)", Shape.ARRAY, Smoothness.PIECEWISE,
    "The exact gradient of the objective cell with respect to the changing cells, in their shape, by differentiating "
    "the formulas between them.", source=_SOURCE, subgradient="that of the functions on the way",
    cases=(("CG_GRADIENT(1,2)", CellError.VALUE),),
)  # fmt: skip
def cg_gradient(objective: Areas | Matrix, changing: Areas | Matrix) -> Value:
    if not isinstance(objective, Areas) or not isinstance(changing, Areas):
        return CellError.VALUE
    raise UnsupportedError(
        "CG_GRADIENT is compiled, from the formulas between a single objective cell and a single rectangle of changing "
        "cells, and cannot be computed cell by cell",
        action="name a single cell and a single rectangle",
    )
