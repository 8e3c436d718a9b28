"""Kernels of securities: smooth in rates, prices and amounts, flat in their dates between the jumps.

What the dates decide (how many coupons, which part of a period) is computed by the plain implementations; the prices
are closed forms of it, and yields are roots.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

import numpy as np
import torch

from cellgrad.functions import finance_coupons, finance_depreciation, finance_interest, finance_odd, finance_securities
from cellgrad.functions.arrays import Array, NoKernel, Texts, lifted, scalar
from cellgrad.functions.context import Context
from cellgrad.functions.finance_rates import bill_days
from cellgrad.functions.kernels import KERNELS
from cellgrad.functions.kernels_dates import steps
from cellgrad.functions.kernels_finance import both, completed, present_annuity, within
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node, constant
from cellgrad.tensors.roots import root

_HUNDRED = t.number(100)


def _security(name: str, run: Callable[..., Node], *defaults: float) -> None:
    """The kernel of a function of numbers: run(texts, *nodes of four axes), the last ones by default as given."""

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        return Array(run(texts, *completed(name, arguments, texts, defaults)))

    KERNELS[name] = apply


def _field(of: Callable[..., object], name: str) -> Callable[..., float]:
    """A function of dates that answers one field of what `of` answers."""
    get = attrgetter(name)

    def value(context: Context, *numbers: float) -> float:
        return float(get(of(context, *numbers)))

    return value


def _coupon_part(context: Context, *dates: float) -> float:
    s = finance_coupons.read_schedule(context, *dates)
    return s.to_come / s.length


def _coupon_accrued(context: Context, *dates: float) -> float:
    s = finance_coupons.read_schedule(context, *dates)
    return s.accrued / s.length


_COUPONS = _field(finance_coupons.read_schedule, "number")
_FREQUENCY = _field(finance_coupons.read_schedule, "frequency")
_ODD_FIRST = tuple(_field(finance_odd.odd_first, name) for name in finance_odd.OddFirst._fields)
_ODD_LAST = tuple(_field(finance_odd.odd_last, name) for name in finance_odd.OddLast._fields)
_MATURITY = tuple(_field(finance_interest.maturity_parts, name) for name in finance_interest.Parts._fields)


def _not_negative(*nodes: Node) -> Node:
    return both(*(t.compare("ge", node, t.ZERO) for node in nodes))


def _positive(*nodes: Node) -> Node:
    return both(*(t.compare("gt", node, t.ZERO) for node in nodes))


def _worth(rate: Node, part: Node, number: Node, share: Node, coupon: Node, redemption: Node) -> Node:
    """What coupons after `part`, `part` + 1 and so on periods, the first a share, and the redemption are worth."""
    discount = t.neg(t.unary("log1p", rate))
    level = t.mul(t.add(t.ONE, rate), present_annuity(rate, number))
    last = t.mul(redemption, t.unary("exp", t.mul(t.sub(number, t.ONE), discount)))
    paid = t.add(last, t.mul(coupon, t.add(t.sub(share, t.ONE), level)))
    return t.mul(paid, t.unary("exp", t.mul(part, discount)))


def _yield_residual(
    rate: Node, part: Node, number: Node, share: Node, coupon: Node, redemption: Node, paid: Node
) -> Node:
    return t.sub(_worth(rate, part, number, share, coupon, redemption), paid)


def _solve_yield(*arrays: np.ndarray) -> np.ndarray:
    return finance_securities.solve_yield(*(np.where(np.isfinite(a), a, np.nan) for a in np.broadcast_arrays(*arrays)))


def _yield_of(*inputs: Node) -> Node:
    return root(_yield_residual, _solve_yield, lifted(*(i.shape for i in inputs)), *inputs)


def _coupon(rate: Node, often: Node) -> Node:
    return t.div(t.mul(_HUNDRED, rate), often)


def _price(
    texts: Texts,
    settlement: Node,
    maturity: Node,
    rate: Node,
    yld: Node,
    redemption: Node,
    frequency: Node,
    basis: Node,
) -> Node:
    dates = (settlement, maturity, frequency, basis)
    part, accrued, number, often = (
        steps(of, texts, *dates) for of in (_coupon_part, _coupon_accrued, _COUPONS, _FREQUENCY)
    )
    coupon, period = _coupon(rate, often), t.div(yld, often)
    several = _worth(period, part, number, t.ONE, coupon, redemption)
    one = t.div(t.add(redemption, coupon), t.add(t.ONE, t.mul(part, period)))
    value = t.sub(t.select(t.compare("eq", number, t.ONE), one, several), t.mul(coupon, accrued))
    return within(both(_not_negative(rate, yld), _positive(redemption)), value, value)


def _yield(
    texts: Texts, settlement: Node, maturity: Node, rate: Node, pr: Node, redemption: Node, frequency: Node, basis: Node
) -> Node:
    dates = (settlement, maturity, frequency, basis)
    part, accrued, number, often = (
        steps(of, texts, *dates) for of in (_coupon_part, _coupon_accrued, _COUPONS, _FREQUENCY)
    )
    coupon = _coupon(rate, often)
    paid = t.add(pr, t.mul(coupon, accrued))
    only = t.compare("eq", number, t.ONE)
    if only.value is not None and bool(only.value.all()):
        value = t.mul(often, t.div(t.sub(t.div(t.add(redemption, coupon), paid), t.ONE), part))
    else:
        one = t.mul(often, t.div(t.sub(t.div(t.add(redemption, coupon), paid), t.ONE), part))
        found = t.mul(often, _yield_of(part, number, scalar(1).data, coupon, redemption, paid))
        value = t.select(only, one, found)
    return within(both(_not_negative(rate), _positive(pr, redemption)), value, value)


def _duration(modified: bool) -> Callable[..., Node]:
    def run(
        texts: Texts, settlement: Node, maturity: Node, coupon: Node, yld: Node, frequency: Node, basis: Node
    ) -> Node:
        dates = (settlement, maturity, frequency, basis)
        part, number, often = (steps(of, texts, *dates) for of in (_coupon_part, _COUPONS, _FREQUENCY))
        if number.value is None or any(node.shape[3] > 1 for node in (part, coupon, yld)):
            raise NoKernel("a duration between dates that depend on the changing cells, or of an array")
        most = int(np.nan_to_num(number.value.numpy(), nan=1.0).max())
        k = constant(torch.arange(most, dtype=torch.float64).reshape(1, 1, 1, most))
        period = t.div(yld, often)
        amounts = t.select(t.compare("lt", k, number), _coupon(coupon, often), t.ZERO)
        amounts = t.add(amounts, t.mul(_HUNDRED, t.to_number(t.compare("eq", k, t.sub(number, t.ONE)))))
        times = t.add(part, k)
        present = t.mul(amounts, t.unary("exp", t.neg(t.mul(times, t.unary("log1p", period)))))
        value = t.div(t.div(t.total(t.mul(present, times), (3,)), t.total(present, (3,))), often)
        value = t.div(value, t.add(t.ONE, period)) if modified else value
        return within(_not_negative(coupon, yld), value, value)

    return run


def _oddfprice(
    texts: Texts, settlement: Node, maturity: Node, issue: Node, first: Node, rate: Node, yld: Node, redemption: Node,
    frequency: Node, basis: Node,
) -> Node:  # fmt: skip
    dates = (settlement, maturity, issue, first, frequency, basis)
    part, share, number, accrued = (steps(of, texts, *dates) for of in _ODD_FIRST)
    often = t.unary("trunc", frequency)
    coupon = _coupon(rate, often)
    value = t.sub(_worth(t.div(yld, often), part, number, share, coupon, redemption), t.mul(coupon, accrued))
    return within(both(_not_negative(rate, yld), _positive(redemption)), value, value)


def _oddfyield(
    texts: Texts, settlement: Node, maturity: Node, issue: Node, first: Node, rate: Node, pr: Node, redemption: Node,
    frequency: Node, basis: Node,
) -> Node:  # fmt: skip
    dates = (settlement, maturity, issue, first, frequency, basis)
    part, share, number, accrued = (steps(of, texts, *dates) for of in _ODD_FIRST)
    often = t.unary("trunc", frequency)
    coupon = _coupon(rate, often)
    value = t.mul(often, _yield_of(part, number, share, coupon, redemption, t.add(pr, t.mul(coupon, accrued))))
    return within(both(_not_negative(rate), _positive(pr, redemption)), value, value)


def _odd_last(price: bool) -> Callable[..., Node]:
    def run(
        texts: Texts, settlement: Node, maturity: Node, last: Node, rate: Node, given: Node, redemption: Node,
        frequency: Node, basis: Node,
    ) -> Node:  # fmt: skip
        paid, accrued, left = (steps(of, texts, settlement, maturity, last, frequency, basis) for of in _ODD_LAST)
        often = t.unary("trunc", frequency)
        coupon = _coupon(rate, often)
        end, now = t.add(redemption, t.mul(coupon, paid)), t.mul(coupon, accrued)
        if price:
            value = t.sub(t.div(end, t.add(t.ONE, t.div(t.mul(left, given), often))), now)
            return within(both(_not_negative(rate, given), _positive(redemption)), value, value)
        value = t.div(t.mul(often, t.sub(t.div(end, t.add(given, now)), t.ONE)), left)
        return within(both(_not_negative(rate), _positive(given, redemption)), value, value)

    return run


_security("PRICE", _price, 0)
_security("YIELD", _yield, 0)
_security("DURATION", _duration(modified=False), 0)
_security("MDURATION", _duration(modified=True), 0)
_security("ODDFPRICE", _oddfprice, 0)
_security("ODDFYIELD", _oddfyield, 0)
_security("ODDLPRICE", _odd_last(price=True), 0)
_security("ODDLYIELD", _odd_last(price=False), 0)


# Securities that pay once ---------------------------------------------------------------------------------------------


def _once(name: str, formula: Callable[[Node, Node, Node], Node], positive: bool = True) -> None:
    """settlement, maturity, two amounts or rates a and b, basis: formula(part of a year, a, b)."""

    def run(texts: Texts, settlement: Node, maturity: Node, a: Node, b: Node, basis: Node) -> Node:
        value = formula(steps(finance_securities.year_part, texts, settlement, maturity, basis), a, b)
        return within(_positive(a, b), value, value)

    _security(name, run, 0)


_once("DISC", lambda part, pr, redemption: t.div(t.sub(t.ONE, t.div(pr, redemption)), part))
_once("INTRATE", lambda part, paid, back: t.div(t.div(t.sub(back, paid), paid), part))
_once("YIELDDISC", lambda part, paid, back: t.div(t.div(t.sub(back, paid), paid), part))
_once("PRICEDISC", lambda part, discount, back: t.mul(back, t.sub(t.ONE, t.mul(discount, part))))
_once("ACCRINTM", lambda part, rate, par: t.mul(t.mul(par, rate), part))


def _received(part: Node, investment: Node, discount: Node) -> Node:
    kept = t.sub(t.ONE, t.mul(discount, part))
    return within(_positive(kept), t.div(investment, kept), kept)


_once("RECEIVED", _received)


def _pricemat(texts: Texts, settlement: Node, maturity: Node, issue: Node, rate: Node, yld: Node, basis: Node) -> Node:
    whole, accrued, left = (steps(of, texts, settlement, maturity, issue, basis) for of in _MATURITY)
    worth = t.div(t.add(t.ONE, t.mul(whole, rate)), t.add(t.ONE, t.mul(left, yld)))
    value = t.mul(_HUNDRED, t.sub(worth, t.mul(accrued, rate)))
    return within(_not_negative(rate, yld), value, value)


def _yieldmat(texts: Texts, settlement: Node, maturity: Node, issue: Node, rate: Node, pr: Node, basis: Node) -> Node:
    whole, accrued, left = (steps(of, texts, settlement, maturity, issue, basis) for of in _MATURITY)
    paid = t.add(t.div(pr, _HUNDRED), t.mul(accrued, rate))
    value = t.div(t.sub(t.div(t.add(t.ONE, t.mul(whole, rate)), paid), t.ONE), left)
    return within(both(_not_negative(rate), _positive(pr)), value, value)


def _accrint(
    texts: Texts, issue: Node, first: Node, settlement: Node, rate: Node, par: Node, frequency: Node, basis: Node,
    from_issue: Node,
) -> Node:  # fmt: skip
    coupons = steps(finance_interest.accrued_coupons, texts, issue, first, settlement, frequency, basis, from_issue)
    value = t.mul(t.div(t.mul(par, rate), t.unary("trunc", frequency)), coupons)
    return within(_positive(rate, par), value, value)


def _amorlinc(
    texts: Texts, cost: Node, bought: Node, first: Node, salvage: Node, period: Node, rate: Node, basis: Node
) -> Node:
    when = t.unary("trunc", period)
    part = steps(finance_depreciation.first_part, texts, bought, first, basis)
    regular, most = t.mul(rate, cost), t.sub(cost, salvage)
    begun = t.minimum(t.mul(part, regular), most)
    left = t.sub(most, t.add(begun, t.mul(t.sub(when, t.ONE), regular)))
    later = t.minimum(regular, t.maximum(left, t.ZERO))
    value = t.select(t.compare("eq", when, t.ZERO), begun, later)
    fine = both(_not_negative(cost, salvage, period), _positive(rate), t.compare("le", salvage, cost))
    return within(fine, value, later, begun)


_security("PRICEMAT", _pricemat, 0)
_security("YIELDMAT", _yieldmat, 0)
_security("ACCRINT", _accrint, 0, 1)
_security("AMORLINC", _amorlinc, 0)


# Treasury bills -------------------------------------------------------------------------------------------------------


def _tbillprice(texts: Texts, settlement: Node, maturity: Node, discount: Node) -> Node:
    days = steps(bill_days, texts, settlement, maturity)
    price = t.mul(_HUNDRED, t.sub(t.ONE, t.div(t.mul(discount, days), t.number(360))))
    return within(_positive(discount, price), price, price)


def _tbillyield(texts: Texts, settlement: Node, maturity: Node, price: Node) -> Node:
    days = steps(bill_days, texts, settlement, maturity)
    value = t.div(t.mul(t.number(360), t.div(t.sub(_HUNDRED, price), price)), days)
    return within(_positive(price), value, value)


def _tbilleq(texts: Texts, settlement: Node, maturity: Node, discount: Node) -> Node:
    days = steps(bill_days, texts, settlement, maturity)
    price = t.sub(t.ONE, t.div(t.mul(discount, days), t.number(360)))
    short = t.div(t.mul(t.number(365), discount), t.mul(t.number(360), price))
    part = t.div(days, t.select(t.compare("eq", days, t.number(366)), days, t.number(365)))
    over = t.sub(t.mul(t.number(2), part), t.ONE)
    under_root = t.sub(t.square(part), t.mul(over, t.sub(t.ONE, t.div(t.ONE, price))))
    long = t.div(t.mul(t.number(2), t.sub(t.unary("sqrt", under_root), part)), over)
    value = t.select(t.compare("le", days, t.number(182)), short, long)
    return within(_positive(discount, price), value, price, days)


_security("TBILLPRICE", _tbillprice)
_security("TBILLYIELD", _tbillyield)
_security("TBILLEQ", _tbilleq)
