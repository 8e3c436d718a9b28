"""Kernels of series of payments: NPV, IRR, XNPV, XIRR, MIRR, FVSCHEDULE. Rates of return are roots."""

from __future__ import annotations

import numpy as np
import torch

from cellgrad.functions.arrays import Array, NoKernel, Texts, lifted, scalar
from cellgrad.functions.dates_calendar import last_day
from cellgrad.functions.finance_roots import flows_equation, solve_rates
from cellgrad.functions.kernels import kernel
from cellgrad.functions.kernels_aggregate import INNER
from cellgrad.functions.kernels_finance import both, within
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node, constant
from cellgrad.tensors.roots import root
from cellgrad.values import Kind


def _in_a_row(node: Node) -> Node:
    """The array that each cell sees as one row, in reading order."""
    rows, columns, height, width = node.shape
    return t.reshape(node, (rows, columns, 1, height * width))


def _counted(array: Array, texts: Texts) -> tuple[Node, Node]:
    """(amounts, 1 for each that counts), in a row; of ranges and arrays the numbers alone count."""
    if not array.reference and array.inner == (1, 1):
        return texts.numbers(array), scalar(1).data
    number = array.is_kind(Kind.NUMBER)
    if isinstance(number, bool):
        data = array.data if number else t.broadcast(t.ZERO, array.data.shape)
        counts = constant(torch.full((1, 1, *array.inner), float(number), dtype=torch.float64))
        return _in_a_row(data), _in_a_row(counts)
    counts = t.broadcast(t.to_number(number), array.data.shape)
    return _in_a_row(t.select(number, array.data, t.ZERO)), _in_a_row(counts)


def _flows(arrays: tuple[Array, ...], texts: Texts) -> tuple[Node, Node, Node]:
    """(amounts in a row, 0 for what does not count; the period of each, from 0; how many count)."""
    parts = [_counted(array, texts) for array in arrays]
    lead = lifted(*(node.shape[:2] for part in parts for node in part))
    amounts, counts = (
        t.concatenate([t.broadcast(part[i], (*lead, 1, part[i].shape[3])) for part in parts], 3) for i in (0, 1)
    )
    if counts.value is None:
        raise NoKernel("payments of which it is not known whether they are numbers")
    every = counts.value
    return amounts, constant(every.cumsum(3) - every), constant(every.sum(3, keepdim=True))


def _present(rate: Node, amounts: Node, times: Node) -> Node:
    """The sum of amounts over (1 + rate)^times."""
    return t.total(t.mul(amounts, t.power(t.add(t.ONE, rate), t.neg(times))), INNER)


@kernel("NPV")
def _npv(arguments: tuple[Array, ...], texts: Texts) -> Array:
    rate = texts.numbers(arguments[0])
    if arguments[0].inner != (1, 1):
        raise NoKernel("NPV at several rates")
    amounts, periods, _ = _flows(arguments[1:], texts)
    return Array(_present(rate, amounts, t.add(periods, t.ONE)))


def _rate_residual(rate: Node, amounts: Node, times: Node, guess: Node) -> Node:
    return _present(rate, amounts, times)


def _solve_flows(amounts: np.ndarray, times: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """IRR and XIRR; NaN for none, and where nothing is paid or nothing received."""
    lead = np.broadcast_shapes(amounts.shape[:-2], times.shape[:-2], guess.shape[:-2])
    rows, row_times = (
        np.ascontiguousarray(np.broadcast_to(a, (*lead, 1, amounts.shape[-1]))).reshape(-1, amounts.shape[-1])
        for a in (amounts, times)
    )
    guesses = np.ascontiguousarray(np.broadcast_to(guess, (*lead, 1, 1))).reshape(-1)
    fine = (rows > 0).any(1) & (rows < 0).any(1) & np.isfinite(rows).all(1) & np.isfinite(row_times).all(1)
    found = np.full(len(rows), np.nan)
    found[fine] = solve_rates(flows_equation, guesses[fine], rows[fine], row_times[fine])
    return found.reshape(*lead, 1, 1)


def _return(amounts: Node, times: Node, arguments: tuple[Array, ...], texts: Texts) -> Array:
    guess = texts.numbers(arguments[0]) if arguments else scalar(0.1).data
    if guess.shape[2:] != (1, 1):
        raise NoKernel("a rate of return from several guesses")
    lead = lifted(amounts.shape[:2], times.shape[:2], guess.shape[:2])
    return Array(root(_rate_residual, _solve_flows, (*lead, 1, 1), amounts, times, guess))


@kernel("IRR")
def _irr(arguments: tuple[Array, ...], texts: Texts) -> Array:
    amounts, periods, _ = _flows(arguments[:1], texts)
    found = _return(amounts, periods, arguments[1:], texts)
    if len(arguments) == 1:
        return found
    return Array(within(t.compare("gt", texts.numbers(arguments[1]), t.number(-1)), found.data))


def _strict(array: Array, texts: Texts) -> Node:
    """Every element a number, in a row: blanks 0, text read, a boolean an error."""
    data, boolean = texts.numbers(array), array.is_kind(Kind.BOOLEAN)
    if boolean is True:
        data = t.broadcast(t.NAN, data.shape)
    elif isinstance(boolean, Node):
        data = t.select(boolean, t.NAN, data)
    return _in_a_row(data)


def _dated(values: Array, dates: Array, texts: Texts) -> tuple[Node, Node]:
    """(amounts, years of 365 days after the first date), an error for what is no date."""
    amounts, days = _strict(values, texts), t.unary("floor", _strict(dates, texts))
    if amounts.shape[3] != days.shape[3]:
        return t.broadcast(t.NAN, amounts.shape), t.broadcast(t.ZERO, amounts.shape)
    valid = both(t.compare("ge", days, t.ZERO), t.compare("le", days, t.number(last_day(texts.date_1904))))
    first = t.crop(days, (0, 0, 0, 0), (*days.shape[:3], 1))
    return amounts, within(valid, t.div(t.sub(days, first), t.number(365)), days)


@kernel("XNPV")
def _xnpv(arguments: tuple[Array, ...], texts: Texts) -> Array:
    rate = texts.numbers(arguments[0])
    if arguments[0].inner != (1, 1):
        raise NoKernel("XNPV at several rates")
    amounts, years = _dated(arguments[1], arguments[2], texts)
    number = arguments[1].is_kind(Kind.NUMBER)
    if isinstance(number, Node):  # blanks do not count, and then there are too many dates
        amounts = t.select(_in_a_row(t.broadcast(number, arguments[1].data.shape)), amounts, t.NAN)
    elif not number:
        amounts = t.broadcast(t.NAN, amounts.shape)
    value = _present(rate, amounts, years)
    later = t.compare("ge", t.smallest(years, (3,)), t.ZERO)
    return Array(within(both(t.compare("gt", rate, t.ZERO), later), value, value))


@kernel("XIRR")
def _xirr(arguments: tuple[Array, ...], texts: Texts) -> Array:
    amounts, years = _dated(arguments[0], arguments[1], texts)
    return _return(amounts, years, arguments[2:], texts)


@kernel("MIRR")
def _mirr(arguments: tuple[Array, ...], texts: Texts) -> Array:
    amounts, periods, count = _flows(arguments[:1], texts)
    finance, reinvest = (texts.numbers(argument) for argument in arguments[1:])
    if {argument.inner for argument in arguments[1:]} != {(1, 1)}:
        raise NoKernel("MIRR at several rates")
    income = t.compare("ge", amounts, t.ZERO)
    received, paid = t.select(income, amounts, t.ZERO), t.select(income, t.ZERO, t.neg(amounts))
    last = t.sub(count, t.ONE)
    growth = t.div(_present(reinvest, received, t.sub(periods, last)), _present(finance, paid, periods))
    value = t.sub(t.power(growth, t.div(t.ONE, last)), t.ONE)
    fine = both(
        t.compare("gt", t.total(paid, INNER), t.ZERO),
        t.compare("gt", last, t.ZERO),
        *(t.compare("gt", rate, t.number(-1)) for rate in (finance, reinvest)),
    )
    return Array(within(fine, value, value, t.total(amounts, INNER)))


@kernel("FVSCHEDULE")
def _fvschedule(arguments: tuple[Array, ...], texts: Texts) -> Array:
    principal, rates = texts.numbers(arguments[0]), arguments[1]
    if arguments[0].inner != (1, 1):
        raise NoKernel("FVSCHEDULE of several amounts")
    data = rates.data
    for refused in (rates.is_kind(Kind.TEXT), rates.is_kind(Kind.BOOLEAN)):
        if refused is True:
            return Array(t.broadcast(t.NAN, (*data.shape[:2], 1, 1)))
        if isinstance(refused, Node):
            data = t.select(refused, t.NAN, data)
    return Array(t.mul(principal, t.product(t.add(t.ONE, data), INNER)))
