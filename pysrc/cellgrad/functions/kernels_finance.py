"""Kernels of loans and savings, of rates, and of depreciation.

Growth and annuities are written by `tensors.moments`, so that values and slopes are right at a rate of 0 as well, where
the textbook formulas divide by it. A rate of -100 % or less is an error here; where it is a constant, the reference
knows what Excel makes of it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cellgrad.functions.arrays import Array, NoKernel, Texts, lifted, scalar
from cellgrad.functions.finance import solve_rate
from cellgrad.functions.finance_depreciation import db_rate
from cellgrad.functions.finance_rates import dollar_power
from cellgrad.functions.kernels import KERNELS
from cellgrad.functions.kernels_dates import plain_steps
from cellgrad.functions.registry import FUNCTIONS
from cellgrad.tensors import operations as t
from cellgrad.tensors.moments import exp_moment, log_moment
from cellgrad.tensors.nodes import Node
from cellgrad.tensors.roots import root


def finance(name: str, run: Callable[..., Node], *defaults: float) -> None:
    """The kernel of a function of numbers: run(*nodes of four axes), the last ones by default as given."""

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        return Array(run(*completed(name, arguments, texts, defaults)))

    KERNELS[name] = apply


def completed(name: str, arguments: tuple[Array, ...], texts: Texts, defaults: tuple[float, ...]) -> list[Node]:
    """A node for every parameter of a function of numbers; `defaults` are those of the last ones."""
    lifted(*(a.data.shape for a in arguments))
    parameters = FUNCTIONS[name].parameters
    nodes = [texts.numbers(a, p.no_boolean) for a, p in zip(arguments, parameters, strict=False)]
    missing = len(parameters) - len(nodes)
    return nodes + [scalar(value).data for value in defaults[len(defaults) - missing :]]


def within(condition: Node, value: Node, *suspects: Node) -> Node:
    """The value, an error where the condition does not hold or a suspect is an error."""
    return t.guard(t.select(condition, value, t.NAN), *suspects)


def both(*conditions: Node) -> Node:
    """Whether all conditions hold."""
    result = conditions[0]
    for condition in conditions[1:]:
        result = t.logical_and(result, condition)
    return result


def _log_growth(rate: Node) -> Node:
    """log(1 + rate)."""
    if rate.value is not None and bool((rate.value <= -1).any()):
        raise NoKernel("a rate of -100 % or less")
    return t.unary("log1p", rate)


def expm1(z: Node) -> Node:
    """e^z - 1, to all digits."""
    return t.mul(z, exp_moment(z))


def growth(rate: Node, periods: Node) -> Node:
    """(1 + rate)^periods."""
    return t.unary("exp", t.mul(periods, _log_growth(rate)))


def annuity(rate: Node, periods: Node) -> Node:
    """((1 + rate)^periods - 1) / rate, and `periods` at 0."""
    return t.mul(periods, t.mul(exp_moment(t.mul(periods, _log_growth(rate))), log_moment(rate)))


def present_annuity(rate: Node, periods: Node) -> Node:
    """(1 - (1 + rate)^-periods) / rate, and `periods` at 0."""
    return t.neg(annuity(rate, t.neg(periods)))


def due(rate: Node, kind: Node) -> Node:
    """1 + rate for payments at the beginning of periods, else 1."""
    return t.select(t.compare("ne", kind, t.ZERO), t.add(t.ONE, rate), t.ONE)


def _pv(rate: Node, nper: Node, pmt: Node, fv: Node, kind: Node) -> Node:
    paid = t.mul(t.mul(pmt, due(rate, kind)), present_annuity(rate, nper))
    return t.neg(t.add(paid, t.mul(fv, growth(rate, t.neg(nper)))))


def _fv(rate: Node, nper: Node, pmt: Node, pv: Node, kind: Node) -> Node:
    paid = t.mul(t.mul(pmt, due(rate, kind)), annuity(rate, nper))
    return t.neg(t.add(paid, t.mul(pv, growth(rate, nper))))


def _pmt(rate: Node, nper: Node, pv: Node, fv: Node, kind: Node) -> Node:
    owed = t.add(pv, t.mul(fv, growth(rate, t.neg(nper))))
    return t.neg(t.div(owed, t.mul(due(rate, kind), present_annuity(rate, nper))))


def _nper(rate: Node, pmt: Node, pv: Node, fv: Node, kind: Node) -> Node:
    """log(1 - rate q) / log(1 + rate) with q = (pv + fv) / (pmt due + pv rate); -q at rate 0."""
    q = t.div(t.add(pv, fv), t.add(t.mul(pmt, due(rate, kind)), t.mul(pv, rate)))
    _log_growth(rate)
    return t.neg(t.div(t.mul(q, log_moment(t.neg(t.mul(rate, q)))), log_moment(rate)))


def _rate_residual(x: Node, nper: Node, pmt: Node, pv: Node, fv: Node, kind: Node, guess: Node) -> Node:
    return t.sub(_pv(x, nper, pmt, fv, kind), pv)


def _solve_rate(*arrays: np.ndarray) -> np.ndarray:
    return solve_rate(*np.broadcast_arrays(*arrays))


def _rate(nper: Node, pmt: Node, pv: Node, fv: Node, kind: Node, guess: Node) -> Node:
    inputs = (nper, pmt, pv, fv, kind, guess)
    return root(_rate_residual, _solve_rate, lifted(*(i.shape for i in inputs)), *inputs)


def _balance(rate: Node, after: Node, nper: Node, pv: Node, fv: Node) -> Node:
    """See finance.balance."""
    left, paid = t.sub(nper, after), _pmt(rate, nper, pv, fv, t.ZERO)
    to_come = t.add(t.mul(fv, growth(rate, t.neg(left))), t.mul(paid, present_annuity(rate, left)))
    so_far = t.neg(t.add(t.mul(pv, growth(rate, after)), t.mul(paid, annuity(rate, after))))
    return t.select(t.compare("lt", rate, t.ZERO), so_far, to_come)


def _ipmt(rate: Node, per: Node, nper: Node, pv: Node, fv: Node, kind: Node) -> Node:
    before = t.sub(per, t.ONE)
    borne = t.div(t.mul(_balance(rate, before, nper, pv, fv), rate), due(rate, kind))
    begins = both(t.compare("ne", kind, t.ZERO), t.compare("eq", per, t.ONE))
    fine = both(t.compare("ge", per, t.ONE), t.compare("lt", before, nper))
    return within(fine, t.select(begins, t.ZERO, borne), borne)


def _ppmt(rate: Node, per: Node, nper: Node, pv: Node, fv: Node, kind: Node) -> Node:
    return t.sub(_pmt(rate, nper, pv, fv, kind), _ipmt(rate, per, nper, pv, fv, kind))


def _cumulative(principal: bool) -> Callable[..., Node]:
    def run(rate: Node, nper: Node, pv: Node, start: Node, end: Node, kind: Node) -> Node:
        start, end = t.neg(t.unary("floor", t.neg(start))), t.unary("floor", end)
        begins = t.compare("ne", kind, t.ZERO)
        first = t.select(begins, t.maximum(start, t.number(2)), start)
        paid = _pmt(rate, nper, pv, t.ZERO, t.ZERO)
        before, after = (_balance(rate, k, nper, pv, t.ZERO) for k in (t.sub(first, t.ONE), end))
        count = t.add(t.sub(end, first), t.ONE)
        borne = t.div(t.sub(t.mul(count, paid), t.sub(before, after)), due(rate, kind))
        borne = t.select(t.compare("gt", first, end), t.mul(t.ZERO, borne), borne)
        fine = both(
            t.compare("gt", rate, t.ZERO), t.compare("gt", pv, t.ZERO), t.compare("ge", start, t.ONE),
            t.compare("le", start, end), t.compare("le", end, nper),
            t.logical_or(t.compare("eq", kind, t.ZERO), t.compare("eq", kind, t.ONE)),
        )  # fmt: skip
        every = t.div(t.mul(t.add(t.sub(end, start), t.ONE), paid), due(rate, kind))
        return within(fine, t.sub(every, borne) if principal else borne, borne)

    return run


def _ispmt(rate: Node, per: Node, nper: Node, pv: Node) -> Node:
    return t.mul(t.mul(pv, rate), t.sub(t.div(per, nper), t.ONE))


finance("PV", _pv, 0, 0)
finance("FV", _fv, 0, 0)
finance("PMT", _pmt, 0, 0)
finance("NPER", _nper, 0, 0)
finance("RATE", _rate, 0, 0, 0.1)
finance("IPMT", _ipmt, 0, 0)
finance("PPMT", _ppmt, 0, 0)
finance("CUMIPMT", _cumulative(principal=False))
finance("CUMPRINC", _cumulative(principal=True))
finance("ISPMT", _ispmt)


# Rates ----------------------------------------------------------------------------------------------------------------


def _effect(nominal: Node, npery: Node) -> Node:
    periods = t.unary("trunc", npery)
    value = expm1(t.mul(periods, t.unary("log1p", t.div(nominal, periods))))
    return within(both(t.compare("gt", nominal, t.ZERO), t.compare("ge", npery, t.ONE)), value, value)


def _nominal(effect: Node, npery: Node) -> Node:
    periods = t.unary("trunc", npery)
    value = t.mul(periods, expm1(t.div(t.unary("log1p", effect), periods)))
    return within(both(t.compare("gt", effect, t.ZERO), t.compare("ge", npery, t.ONE)), value, value)


def _pduration(rate: Node, pv: Node, fv: Node) -> Node:
    value = t.div(t.sub(t.unary("log", fv), t.unary("log", pv)), t.unary("log1p", rate))
    return within(t.compare("gt", rate, t.ZERO), value, value)


def _rri(nper: Node, pv: Node, fv: Node) -> Node:
    ratio = t.div(fv, pv)
    value = t.sub(t.power(ratio, t.div(t.ONE, nper)), t.ONE)
    return within(both(t.compare("gt", nper, t.ZERO), t.compare("ge", ratio, t.ZERO)), value, value)


def _dollar(down: bool) -> Callable[..., Node]:
    def run(price: Node, fraction: Node) -> Node:
        whole, base, power = t.unary("trunc", price), t.unary("trunc", fraction), plain_steps(dollar_power, fraction)
        scaled = (t.mul(t.sub(price, whole), power), base) if down else (t.mul(t.sub(price, whole), base), power)
        return t.add(whole, t.div(*scaled))

    return run


finance("EFFECT", _effect)
finance("NOMINAL", _nominal)
finance("PDURATION", _pduration)
finance("RRI", _rri)
finance("DOLLARDE", _dollar(down=True))
finance("DOLLARFR", _dollar(down=False))


# Depreciation ---------------------------------------------------------------------------------------------------------


def _sln(cost: Node, salvage: Node, life: Node) -> Node:
    return t.div(t.sub(cost, salvage), life)


def _syd(cost: Node, salvage: Node, life: Node, per: Node) -> Node:
    left = t.add(t.sub(life, per), t.ONE)
    value = t.div(t.mul(t.number(2), t.mul(t.sub(cost, salvage), left)), t.mul(life, t.add(life, t.ONE)))
    fine = both(
        t.compare("ge", salvage, t.ZERO), t.compare("gt", life, t.ZERO), t.compare("gt", per, t.ZERO),
        t.compare("le", per, life),
    )  # fmt: skip
    return within(fine, value, value)


def _db(cost: Node, salvage: Node, life: Node, period: Node, month: Node) -> Node:
    period, month, last = (t.unary("trunc", node) for node in (period, month, life))
    rate = plain_steps(db_rate, cost, salvage, life)
    first = t.div(t.mul(rate, month), t.number(12))
    beyond = t.compare("gt", period, last)
    part = t.select(beyond, t.sub(rate, first), rate)
    left = t.mul(t.sub(t.ONE, first), t.power(t.sub(t.ONE, rate), t.maximum(t.sub(period, t.number(2)), t.ZERO)))
    share = t.select(t.compare("eq", period, t.ONE), first, t.mul(left, part))
    fine = both(
        t.compare("ge", cost, t.ZERO), t.compare("ge", salvage, t.ZERO), t.compare("gt", life, t.ZERO),
        t.compare("ge", month, t.ONE), t.compare("le", month, t.number(12)), t.compare("ge", period, t.ONE),
        t.compare("le", period, t.add(last, t.to_number(t.compare("lt", month, t.number(12))))),
    )  # fmt: skip
    return within(fine, t.mul(cost, share), cost, share)


def _ddb(cost: Node, salvage: Node, life: Node, period: Node, factor: Node) -> Node:
    kept = t.sub(t.ONE, t.minimum(t.div(factor, life), t.ONE))
    before = t.mul(cost, t.power(kept, t.maximum(t.sub(period, t.ONE), t.ZERO)))
    after = t.mul(cost, t.power(kept, t.maximum(period, t.ONE)))
    value = t.maximum(t.sub(before, t.maximum(after, salvage)), t.ZERO)
    fine = both(
        t.compare("ge", cost, t.ZERO), t.compare("ge", salvage, t.ZERO), t.compare("gt", period, t.ZERO),
        t.compare("le", period, life), t.compare("gt", factor, t.ZERO),
    )  # fmt: skip
    return within(fine, value, value)


_MOST_PERIODS = 400
"""Periods that VDB goes through as one expression."""


def _vdb(cost: Node, salvage: Node, life: Node, start: Node, end: Node, factor: Node, no_switch: Node) -> Node:
    if any(node.value is None for node in (life, start, end, no_switch)):
        raise NoKernel("VDB over periods that depend on the changing cells")
    assert end.value is not None
    last = int(np.nan_to_num(end.value.numpy().max(), nan=-1.0, posinf=-1.0))
    if not 0 <= last <= _MOST_PERIODS:
        raise NoKernel(f"VDB over more than {_MOST_PERIODS} periods")
    share = t.div(factor, life)
    gone = t.sub(start, t.unary("trunc", start))  # see finance_depreciation
    total = t.mul(gone, t.maximum(t.minimum(t.mul(cost, share), t.sub(cost, salvage)), t.ZERO))
    lost: Node = t.ZERO
    for period in range(last + 1):
        here = t.number(period)
        rest = t.sub(t.sub(cost, salvage), total)
        part = t.maximum(t.minimum(t.mul(t.sub(cost, total), share), rest), t.ZERO)
        # The switch to equal parts; they end with the last whole period of the life.
        left = t.sub(t.sub(life, gone), here)
        straight = t.div(rest, t.select(t.compare("gt", left, t.ZERO), left, t.ONE))
        switched = both(
            t.compare("gt", straight, part), t.compare("gt", left, t.ZERO), t.compare("eq", no_switch, t.ZERO)
        )
        straight = t.select(t.compare("lt", here, t.unary("trunc", life)), straight, t.ZERO)
        part = t.select(switched, straight, part)
        for time, sign in ((t.sub(end, gone), t.ONE), (t.sub(start, gone), t.number(-1))):
            value = t.add(total, t.mul(part, t.sub(time, here)))
            lost = t.add(lost, t.select(t.compare("eq", t.unary("trunc", time), here), t.mul(sign, value), t.ZERO))
        total = t.add(total, part)
    fine = both(
        t.compare("ge", cost, t.ZERO), t.compare("ge", salvage, t.ZERO), t.compare("gt", life, t.ZERO),
        t.compare("ge", start, t.ZERO), t.compare("le", start, end), t.compare("le", end, life),
        t.compare("gt", factor, t.ZERO),
    )  # fmt: skip
    return within(fine, lost, total)


finance("SLN", _sln)
finance("SYD", _syd)
finance("DB", _db, 12)
finance("DDB", _ddb, 2)
finance("VDB", _vdb, 2, 0)
