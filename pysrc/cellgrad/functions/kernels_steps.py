"""Kernels of step functions without one of their own: the plain function, an element at a time, and no slope.

Slow, and right: rounding to a multiple or counting combinations of live cells evaluates, and the gradient there is 0.
`fill` is called when every other kernel is there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import repeat
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cellgrad.functions.arrays import Array, NoKernel, Texts, kind_node, lifted
from cellgrad.functions.kernels import KERNELS, Kernel, kernel
from cellgrad.functions.kernels_distributions import where
from cellgrad.functions.kernels_statistics import numbers_of
from cellgrad.functions.operands import Fault, Matrix
from cellgrad.functions.registry import FUNCTIONS, Function, Parameter, Shape, Smoothness, Takes
from cellgrad.tensors import operations as t
from cellgrad.tensors.building import build
from cellgrad.tensors.cotangents import define
from cellgrad.tensors.nodes import constant
from cellgrad.tensors.pointwise import stepwise
from cellgrad.values import Kind, Value

_LOGICALS = frozenset({Takes.NUMBER, Takes.LOGICAL})


def _one(value: Callable[..., object], takes: tuple[Takes, ...]) -> Callable[..., float]:
    """The plain function on numbers; not a number where it answers with an error."""

    def run(*numbers: float) -> float:
        try:
            arguments = [bool(x) if kind is Takes.LOGICAL else x for x, kind in zip(numbers, takes, strict=False)]
            answer = value(*arguments)
        except Fault:
            return math.nan
        assert isinstance(answer, float), answer
        return answer

    return run


def _kernel(one: Callable[..., float], parameters: tuple[Parameter, ...]) -> Kernel:
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        lifted(*(a.data.shape for a in arguments))
        nodes = []
        for argument, parameter in zip(arguments, parameters, strict=False):
            if parameter.takes is Takes.LOGICAL:
                condition, suspect = texts.logicals(argument)
                nodes.append(t.guard(t.to_number(condition), suspect))
            else:
                nodes.append(texts.numbers(argument, parameter.no_boolean))
        return Array(stepwise(one, *nodes))

    return apply


def _fits(record: Function) -> bool:
    """Whether a record is a step function of numbers, one answer from one value each."""
    return (
        record.smoothness is Smoothness.STEP
        and record.shape is Shape.ELEMENTWISE
        and not (record.context or record.volatile or record.repeats)
        and bool(record.parameters)
        and all(parameter.takes in _LOGICALS and not parameter.from_host for parameter in record.parameters)
    )


def fill() -> None:
    """Gives every step function of one value each a kernel, where it has none."""
    for record in FUNCTIONS.values():
        if record.name not in KERNELS and _fits(record):
            takes = tuple(parameter.takes for parameter in record.parameters)
            KERNELS[record.name] = _kernel(_one(record.value, takes), record.parameters)


# Functions of whole ranges --------------------------------------------------------------------------------------------


def _value(number: float, kind: float, strict: bool) -> Value:
    """A value of which only the kind matters, unless it is a number or, where `strict`, a text that reads as one."""
    match int(kind):
        case Kind.NUMBER:
            return number
        case Kind.TEXT if strict:
            return number
        case Kind.BOOLEAN:
            return bool(number)
        case Kind.TEXT:
            return "text"
    return None


_STRICT = frozenset({"GCD", "LCM", "MULTINOMIAL"})
"""To these a text in a range is the number that it reads as, and a boolean an error, however it is given."""


def _by_cell(name: str) -> None:
    """A kernel of a step function of ranges and numbers: the plain function, a cell of the block at a time."""
    record, strict = FUNCTIONS[name], name in _STRICT

    def run(*operands: Any) -> Tensor:
        *tensors, ranges = operands
        arrays = [tensor.detach().cpu().double().numpy() for tensor in tensors]
        batch = np.broadcast_shapes(*(array.shape[:-2] for array in arrays))
        arrays = [np.broadcast_to(array, (*batch, *array.shape[-2:])) for array in arrays]
        found = np.empty(batch)
        for place in np.ndindex(batch):
            found[place] = _answer([array[place] for array in arrays], ranges)
        return torch.as_tensor(found, dtype=tensors[0].dtype, device=tensors[0].device)[..., None, None]

    def _answer(arrays: list[np.ndarray], ranges: tuple[bool, ...]) -> float:
        given: list[Matrix | float] = []
        rest = iter(arrays)
        for is_range in ranges:
            data = next(rest)
            if not np.isfinite(data).all():
                return math.nan
            if is_range:
                pairs = zip(data.tolist(), next(rest).tolist(), strict=True)
                given.append(Matrix(tuple(tuple(map(_value, row, kinds, repeat(strict))) for row, kinds in pairs)))
            else:
                given.append(float(data[0, 0]))
        try:
            return float(record.value(*given))
        except Fault:
            return math.nan

    define(f"steps of {name}", run, elementwise=False)

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        nodes, ranges = [], []
        for index, argument in enumerate(arguments):
            is_range = record.parameter(index).takes is Takes.RANGE and (
                strict or argument.reference or argument.inner != (1, 1)
            )
            if strict and argument.beyond:
                raise NoKernel(f"{name} of whole columns")
            if is_range:
                nodes += [
                    texts.numbers(argument) if strict else argument.data,
                    t.broadcast(kind_node(argument.kind), argument.data.shape),
                ]
            elif argument.inner == (1, 1):
                nodes.append(texts.numbers(argument))
            else:
                raise NoKernel("an array where one number is wanted")
            ranges.append(is_range)
        lead = lifted(*(node.shape[:2] for node in nodes))
        return Array(build(f"steps of {name}", tuple(nodes), (*lead, 1, 1), (tuple(ranges),)))

    KERNELS[name] = apply


for _name in ("PERCENTRANK", "PERCENTRANK.INC", "PERCENTRANK.EXC", "GCD", "LCM", "MULTINOMIAL"):
    _by_cell(_name)


def _rank(shared: float) -> Kernel:
    """A rank: how many come before, and a share of those that tie."""

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        number = texts.numbers(arguments[0])
        row = numbers_of(arguments[1:2], texts)
        ascending = False
        if len(arguments) > 2:
            condition, suspect = texts.logicals(arguments[2])
            if condition.value is None or condition.size != 1 or not suspect.always_finite:
                raise NoKernel("an order that varies or is an error")
            ascending = bool(condition.value.item())
        # (block rows, block columns, one each for the numbers asked, for the numbers there are)
        lead = lifted(number.shape[:2], row.numbers.shape[:2])
        asked = t.reshape(number, (*number.shape[:2], number.shape[2] * number.shape[3], 1))
        there = t.reshape(row.numbers, (*row.numbers.shape[:2], 1, row.numbers.shape[2]))
        weight = t.reshape(row.weight, (*row.weight.shape[:2], 1, row.weight.shape[2]))
        before = t.to_number(t.compare("lt" if ascending else "gt", there, asked))
        equal = t.total(t.mul(weight, t.to_number(t.compare("eq", there, asked))), (3,))
        rank = t.add(t.total(t.mul(weight, before), (3,)), t.ONE)
        rank = t.add(rank, t.mul(t.number(shared), t.sub(equal, t.ONE)))
        spoilt = t.total(t.mul(t.ZERO, there), (3,))
        found = t.guard(where(rank, t.compare("gt", equal, t.ZERO)), spoilt, asked)
        return Array(t.reshape(found, (*lead, *number.shape[2:])))

    return apply


KERNELS["RANK"] = KERNELS["RANK.EQ"] = _rank(0.0)
KERNELS["RANK.AVG"] = _rank(0.5)


@kernel("FREQUENCY")
def _frequency(arguments: tuple[Array, ...], texts: Texts) -> Array:
    data, bins = arguments
    if bins.is_kind(Kind.NUMBER) is not True:
        raise NoKernel("bins that are not all numbers")
    row = numbers_of((Array(data.data, data.kind, reference=True),), texts)
    lead = lifted(row.numbers.shape[:2], bins.data.shape[:2])
    size = math.prod(bins.inner)
    edges = t.reshape(bins.data, (*bins.data.shape[:2], size, 1))
    others = t.reshape(bins.data, (*bins.data.shape[:2], 1, size))
    there = t.reshape(row.numbers, (*row.numbers.shape[:2], 1, row.numbers.shape[2]))
    weight = t.reshape(row.weight, (*row.weight.shape[:2], 1, row.weight.shape[2]))
    upto = t.total(t.mul(weight, t.to_number(t.compare("le", there, edges))), (3,))
    across = t.transpose(upto)
    below = t.largest(t.select(t.compare("lt", others, edges), across, t.ZERO), (3,))
    earlier = constant(torch.ones(size, size, dtype=torch.float64).tril(-1)[None, None])
    again = t.total(t.mul(earlier, t.to_number(t.compare("eq", others, edges))), (3,))
    inside = t.select(t.compare("gt", again, t.ZERO), t.ZERO, t.sub(upto, below))
    beyond = t.sub(t.total(weight, (3,)), t.largest(upto, (2,)))
    shape = (*lead, 1)
    counts = t.concatenate([t.broadcast(inside, (*lead, size, 1)), t.broadcast(beyond, (*shape, 1))], 2)
    return Array(t.guard(counts, t.total(t.mul(t.ZERO, there), (3,)), t.total(t.mul(t.ZERO, edges), (2,))))
