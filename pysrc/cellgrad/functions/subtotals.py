"""SUBTOTAL and AGGREGATE: an aggregate of the cells that are shown and that hold no subtotal themselves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from cellgrad.functions.context import Context
from cellgrad.functions.operands import Areas, Fault, Matrix, Operand, Value, as_matrix, to_number
from cellgrad.functions.registry import Shape, Smoothness, find, function
from cellgrad.values import CellError

AGGREGATES = (
    "AVERAGE", "COUNT", "COUNTA", "MAX", "MIN", "PRODUCT", "STDEV.S", "STDEV.P", "SUM", "VAR.S", "VAR.P",
    "MEDIAN", "MODE.SNGL", "LARGE", "SMALL", "PERCENTILE.INC", "QUARTILE.INC", "PERCENTILE.EXC", "QUARTILE.EXC",
)  # fmt: skip
"""The aggregates by their number, from 1; SUBTOTAL knows the first 11, and from the 14th on they take a k."""

FIRST_WITH_K = 14
"""The first aggregate that takes an array and a k."""
_AS_THE_AGGREGATE = "as the aggregate that the number names"


def subtotal_number(number: float) -> tuple[str, bool]:
    """The aggregate's name and whether rows hidden by hand are left out too. Faults: #VALUE! for no such number."""
    which = math.trunc(number)
    hidden = which > 100
    which -= 100 * hidden
    if not 1 <= which <= 11:
        raise Fault(CellError.VALUE)
    return AGGREGATES[which - 1], hidden


def aggregate_options(options: float) -> tuple[bool, bool, bool]:
    """What AGGREGATE leaves out: (hidden rows, errors, nested subtotals). Faults: #VALUE! for no such option."""
    which = math.trunc(options)
    if not 0 <= which <= 7:
        raise Fault(CellError.VALUE)
    return which % 2 == 1, which % 4 >= 2, which < 4


def _line(values: Sequence[Value]) -> Matrix:
    return Matrix((tuple(values),)) if values else Matrix(((None,),))


def _shown(
    context: Context, references: Sequence[Areas | Matrix | Value], *, filtered: bool, hidden: bool, nested: bool
) -> Iterator[Value]:
    """The values of the cells that count, area by area. Faults: #VALUE! for what is no reference or spans sheets."""
    for reference in references:
        if not isinstance(reference, Areas) or len({region.sheet for region in reference.regions}) != 1:
            raise Fault(CellError.VALUE)
        for region in reference.regions:
            kept = context.kept(region, filtered=filtered, hidden=hidden, nested=nested)
            for value, counts in zip(context.read(Areas((region,))), kept.ravel().tolist(), strict=True):
                if counts:
                    yield value


@function(
    "SUBTOTAL(number: number, reference: reference...)", Shape.REDUCE, Smoothness.PIECEWISE,
    "An aggregate of the rows that a filter shows, without nested subtotals; from 101 on without any hidden row.",
    subgradient=_AS_THE_AGGREGATE, context=True,
    cases=(("SUBTOTAL(9,A1:A3)", 0), ("SUBTOTAL(102,A1:A3)", 0), ("SUBTOTAL(1,A1:A3)", CellError.DIV0),
           ("SUBTOTAL(12,A1)", CellError.VALUE), ("SUBTOTAL(112,A1)", CellError.VALUE),
           ("SUBTOTAL(0,A1)", CellError.VALUE)),
)  # fmt: skip
def subtotal(context: Context, number: float, *references: Areas | Matrix | Value) -> Operand:
    name, hidden = subtotal_number(number)
    return find(name).value(_line(list(_shown(context, references, filtered=True, hidden=hidden, nested=True))))


@function(
    "AGGREGATE(number: number, options: number, array: reference, [more: reference...])",
    Shape.REDUCE, Smoothness.PIECEWISE,
    "An aggregate that leaves out hidden rows, errors or nested subtotals, as the options say.",
    subgradient=_AS_THE_AGGREGATE, context=True,
    cases=(("AGGREGATE(14,6,{82;72;65;30;95},3)", 72), ("AGGREGATE(15,6,{3,#DIV/0!,2},1)", 2),
           ("AGGREGATE(9,4,A1:A3)", 0), ("AGGREGATE(14,4,{3,1,2})", CellError.VALUE),
           ("AGGREGATE(20,4,A1)", CellError.VALUE), ("AGGREGATE(9,8,A1)", CellError.VALUE),
           ("AGGREGATE(9,4,{1,2})", CellError.VALUE), ("AGGREGATE(16,6,{1;2;3;4},0.5)", 2.5)),
)  # fmt: skip
def aggregate(context: Context, number: float, options: float, *arguments: Areas | Matrix | Value) -> Operand:
    which = math.trunc(number)
    if not 1 <= which <= len(AGGREGATES):
        raise Fault(CellError.VALUE)
    hidden, errors, nested = aggregate_options(options)
    compute = find(AGGREGATES[which - 1]).value
    if which < FIRST_WITH_K:
        return compute(_kept(_shown(context, arguments, filtered=False, hidden=hidden, nested=nested), errors))
    if len(arguments) != 2:
        raise Fault(CellError.VALUE)
    array, k = arguments
    if isinstance(array, Areas):
        line = _kept(_shown(context, (array,), filtered=False, hidden=hidden, nested=nested), errors)
    else:
        line = _kept(as_matrix(array), errors)
    ranks = as_matrix(context.read(k) if isinstance(k, Areas) else k)
    answers = [[_ranked(compute, line, rank) for rank in row] for row in ranks.rows]
    return answers[0][0] if ranks.shape == (1, 1) else Matrix(tuple(map(tuple, answers)))


def _kept(values: Iterator[Value] | Matrix, errors: bool) -> Matrix:
    return _line([value for value in values if not (errors and isinstance(value, CellError))])


def _ranked(compute: Callable[..., Value], line: Matrix, rank: Value) -> Value:
    try:
        return compute(line, to_number(rank))
    except Fault as fault:
        return fault.error
