"""The functions CG_... as Excel calls them, through xlwings' own converters; the wrappers are baked into the add-in.

Each hands its arguments to the plain value in `cellgrad.functions.neural` that the compiler is tested against. An
error is answered by its name, `#VALUE!`, which the add-in's wrapper turns into Excel's true error: a text in its place
would be skipped by SUM in silence. No function here runs an optimisation: that is the Optimize button's.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import xlwings as xw

from cellgrad.address import Region, parse_region
from cellgrad.errors import CellgradError
from cellgrad.functions.calling import call
from cellgrad.functions.operands import OMITTED, Areas, Argument, Matrix, Operand
from cellgrad.functions.registry import FUNCTIONS, SCALARS
from cellgrad.hosts.live import snapshot
from cellgrad.hosts.settings import read_settings
from cellgrad.program.gradient_cells import gradient_cells
from cellgrad.session import choose_device
from cellgrad.values import CellError, Value

F = TypeVar("F", bound=Callable[..., Any])
Answer = list[list[float | bool | str]]
"""What a function gives back to Excel: rows of numbers, an error by its name."""

_ERRORS = {error.text: error for error in CellError}
_EPOCH = datetime.datetime(1899, 12, 30)


def udf(**help_by_argument: str) -> Callable[[F], F]:
    """Makes a function of xlwings: its description from the registry, its arguments' help as given.

    Cells come as rows of values, with errors by name; where the help begins with 'Range:' as the range itself.
    """

    def decorate(function: F) -> F:
        function.__doc__ = FUNCTIONS[function.__name__].summary
        function.argument_help = {name: text.removeprefix("Range:").strip() for name, text in help_by_argument.items()}  # type: ignore[attr-defined]
        decorated = xw.func(category="Cellgrad")(function)
        for name, text in help_by_argument.items():
            if text.startswith("Range:"):
                decorated = xw.arg(name, xw.Range, doc=text.removeprefix("Range:").strip())(decorated)
            else:
                decorated = xw.arg(name, ndim=2, err_to_str=True, doc=text)(decorated)
        return decorated

    return decorate


# ---------------------------------------------------------------- Excel's values and ours


def _value(value: object) -> Value:
    """One value as xlwings reads it. A date becomes its serial number (of the 1900 calendar)."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _ERRORS.get(value, value)
    if isinstance(value, datetime.datetime):
        return (value.replace(tzinfo=None) - _EPOCH) / datetime.timedelta(days=1)
    return float(value)  # type: ignore[arg-type]  # a number: float, int, or Decimal for a currency


def _matrix(rows: Sequence[Sequence[object]]) -> Matrix:
    return Matrix(tuple(tuple(map(_value, row)) for row in rows))


def _answer(operand: Operand) -> Answer:
    rows = operand.rows if isinstance(operand, Matrix) else ((operand,),)
    return [[_shown(value) for value in row] for row in rows]  # type: ignore[arg-type]


def _shown(value: Value) -> float | bool | str:
    if isinstance(value, CellError):
        return value.text
    return 0.0 if value is None else value


def _run(name: str, *given: object) -> Answer:
    """The registered function on what Excel gave; arguments left out at the end are None."""
    function = FUNCTIONS[name]
    while given and given[-1] is None and len(given) > function.minimum:
        given = given[:-1]
    arguments: list[Argument] = []
    for index, argument in enumerate(given):
        matrix = OMITTED if argument is None else _matrix(argument)  # type: ignore[arg-type]
        one = isinstance(matrix, Matrix) and matrix.shape == (1, 1) and function.parameter(index).takes in SCALARS
        arguments.append(matrix.rows[0][0] if one and isinstance(matrix, Matrix) else matrix)
    operand = call(function, arguments, _no_references)
    return _answer(operand)


def _no_references(areas: Areas) -> Matrix:
    raise AssertionError(f"{areas} was not read by Excel")


# ---------------------------------------------------------------- the functions


@udf(x="Numbers: a cell, a range or an array")
def CG_RELU(x):  # type: ignore[no-untyped-def]
    return _run("CG_RELU", x)


@udf(x="Numbers: a cell, a range or an array")
def CG_SIGMOID(x):  # type: ignore[no-untyped-def]
    return _run("CG_SIGMOID", x)


@udf(x="Scores: a row an observation, a column a class")
def CG_SOFTMAX(x):  # type: ignore[no-untyped-def]
    return _run("CG_SOFTMAX", x)


@udf(
    x="Observations: a row each, a column a feature",
    w="Weights: a row a feature, a column an output; one row more is a constant. One output: a row of weights will do",
)
def CG_LINEAR(x, w):  # type: ignore[no-untyped-def]
    return _run("CG_LINEAR", x, w)


@udf(predicted="What the model says", actual="What was seen, in the same shape; where blank, the pair is left out")
def CG_MSE(predicted, actual):  # type: ignore[no-untyped-def]
    return _run("CG_MSE", predicted, actual)


@udf(
    predicted="Probabilities, or scores: one column, or a column a class",
    actual="What was seen: 0 or 1; for classes a share for each, or the number of the class",
    scores="TRUE: predicted is what goes into CG_SIGMOID or CG_SOFTMAX, not what comes out",
)
def CG_CROSSENTROPY(predicted, actual, scores=None):  # type: ignore[no-untyped-def]
    return _run("CG_CROSSENTROPY", predicted, actual, scores)


@udf(labels="One or more columns of labels", drop_first="TRUE: leave out the first label of each column")
def CG_DUMMIES(labels, drop_first=None):  # type: ignore[no-untyped-def]
    return _run("CG_DUMMIES", labels, drop_first)


@udf(numbers="One or more columns of numbers", how='"minmax" (0 to 1), "zscore" or "max"')
def CG_NORMALISE(numbers, how=None):  # type: ignore[no-untyped-def]
    return _run("CG_NORMALISE", numbers, how)


@udf(
    x="Observations: a row each, a column a feature",
    last='What is done to the last layer: "linear", "relu", "sigmoid" or "softmax"',
    weights="The weights of the first layer, as in CG_LINEAR",
    weights2="The weights of the second layer",
    weights3="The weights of the third layer",
    weights4="The weights of the fourth layer",
)
def CG_PREDICT(x, last, weights, weights2=None, weights3=None, weights4=None):  # type: ignore[no-untyped-def]
    return _run("CG_PREDICT", x, last, weights, weights2, weights3, weights4)


@udf(
    changing="The values now",
    gradient="Their gradient, in the same shape, such as CG_GRADIENT gives",
    rate="How far to go; negative to climb",
)
def CG_STEP(changing, gradient, rate):  # type: ignore[no-untyped-def]
    return _run("CG_STEP", changing, gradient, rate)


@udf(
    changing="The values now",
    gradient="Their gradient, in the same shape",
    mean="The second block of the last answer; 0 at the first step",
    square="The third block of the last answer; 0 at the first step",
    count="Which step this is, from 1",
    rate="How far to go",
    beta1="How much of the mean is kept, 0.9",
    beta2="How much of the mean square is kept, 0.999",
    epsilon="What keeps the quotient finite, 1E-8",
)
def CG_ADAM(changing, gradient, mean, square, count, rate, beta1=None, beta2=None, epsilon=None):  # type: ignore[no-untyped-def]
    return _run("CG_ADAM", changing, gradient, mean, square, count, rate, beta1, beta2, epsilon)


@udf(
    objective="Range: The cell whose formula is differentiated",
    changing="Range: The cells it is differentiated by; the answer has their shape",
)
def CG_GRADIENT(objective, changing):  # type: ignore[no-untyped-def]
    try:
        book = snapshot(objective.sheet.book)
        slope = gradient_cells(book, _region(objective), _region(changing), choose_device(read_settings().device))
    except CellgradError:
        return [[CellError.VALUE.text]]  # Check model says why
    return [[float(x) if math.isfinite(x) else CellError.NUM.text for x in row] for row in slope]


def _region(cells: Any) -> Region:
    return parse_region(cells.get_address(False, False), cells.sheet.name)
