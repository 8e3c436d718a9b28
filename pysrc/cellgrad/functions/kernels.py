"""Kernels of operators and of functions that take one value each and give one.

A kernel takes typed arrays (see `arrays`) and the workbook's `Texts`, and answers with a typed array. Errors are
elements that are not finite; the expression language keeps them so.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TypeAlias

import torch

from cellgrad.functions.arrays import Array, NoKernel, Texts, kind_node, lifted, scalar, spoiled
from cellgrad.functions.operands import same_number
from cellgrad.functions.operators import is_odd_root
from cellgrad.tensors import operations as t
from cellgrad.tensors.elementwise import elementwise
from cellgrad.tensors.nodes import Node, constant
from cellgrad.values import Kind

Kernel: TypeAlias = Callable[[tuple[Array, ...], Texts], Array]
KERNELS: dict[str, Kernel] = {}


def kernel(*names: str) -> Callable[[Kernel], Kernel]:
    """Registers the decorated kernel for functions or operators of these names."""

    def register(run: Kernel) -> Kernel:
        for name in names:
            KERNELS[name] = run
        return run

    return register


def _numeric(name: str, run: Callable[..., Node]) -> None:
    """A kernel on numbers alone: `run` takes one float64 node an argument."""

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        lifted(*(a.data.shape for a in arguments))
        return Array(run(*(texts.numbers(a) for a in arguments)))

    KERNELS[name] = apply


def power(a: Node, b: Node) -> Node:
    """Excel's power: 0 ^ 0 is #NUM!, which IEEE calls 1."""
    result = _with_odd_roots(a, b, t.power(a, b))
    if b.value is not None and not bool((b.value == 0).any()):
        return result
    both = t.logical_and(t.compare("eq", a, t.ZERO), t.compare("eq", b, t.ZERO))
    return t.select(both, t.NAN, result)


def _with_odd_roots(a: Node, b: Node, result: Node) -> Node:
    """Odd roots of negative numbers, where the exponents stand still."""
    if b.value is None:
        return result
    odd = torch.tensor([is_odd_root(x) for x in b.value.flatten().tolist()], dtype=torch.bool).reshape(b.value.shape)
    if not bool(odd.any()):
        return result
    root = t.logical_and(constant(odd), t.compare("lt", a, t.ZERO))
    return t.select(root, t.neg(t.power(t.unary("abs", a), b)), result)


def logarithm(a: Node, base: Node | None = None) -> Node:
    """LOG: base 10 unless another is given; a base of 1 divides by zero."""
    if base is None or (base.value is not None and bool((base.value == 10).all())):
        return t.unary("log10", a)
    positive = t.logical_and(t.compare("gt", a, t.ZERO), t.compare("gt", base, t.ZERO))
    return t.select(positive, t.div(t.unary("log", a), t.unary("log", base)), t.NAN)


def modulo(a: Node, b: Node) -> Node:
    """MOD with the sign of the divisor; its derivative is 1 in the number and minus the quotient in the divisor."""
    return t.guard(elementwise("remainder", a, b), t.div(a, b))


def arctan2(x: Node, y: Node) -> Node:
    """ATAN2 takes x first; both 0 is #DIV/0!."""
    nowhere = t.logical_and(t.compare("eq", x, t.ZERO), t.compare("eq", y, t.ZERO))
    return t.select(nowhere, t.NAN, t.arctan2(y, x))


def _within(name: str, limit: float) -> Callable[[Node], Node]:
    """Trigonometric functions answer #NUM! from 2^27 on."""

    def run(a: Node) -> Node:
        value = t.unary(name, a)
        if a.bound < limit:
            return value
        return t.guard(t.select(t.compare("lt", t.unary("abs", a), t.number(limit)), value, t.NAN), a)

    return run


_numeric("+", t.add)
_numeric("-", t.sub)
_numeric("*", t.mul)
_numeric("/", t.div)
_numeric("^", power)
_numeric("POWER", power)
_numeric("unary -", t.neg)
_numeric("%", lambda a: t.div(a, t.number(100)))
_numeric("ABS", lambda a: t.unary("abs", a))
_numeric("SIGN", lambda a: t.unary("sign", a))
_numeric("INT", lambda a: t.unary("floor", a))
_numeric("MOD", modulo)
_numeric("SQRT", lambda a: t.unary("sqrt", a))
_numeric("EXP", lambda a: t.unary("exp", a))
_numeric("LN", lambda a: t.unary("log", a))
_numeric("LOG", logarithm)
_numeric("LOG10", lambda a: t.unary("log10", a))
_numeric("ATAN2", arctan2)
for _name in ("ASIN", "ACOS", "ATAN", "SINH", "COSH", "TANH", "ASINH", "ACOSH", "ATANH"):
    _numeric(_name, functools.partial(t.unary, _name.lower()))
for _name in ("SIN", "COS", "TAN"):
    _numeric(_name, _within(_name.lower(), 2.0**27))
_numeric("DEGREES", lambda a: t.mul(t.number(180 / math.pi), a))
_numeric("RADIANS", lambda a: t.mul(t.number(math.pi / 180), a))


@kernel("unary +")
def _plus(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return Array(arguments[0].data, arguments[0].kind)


@kernel("PI")
def _pi(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return scalar(math.pi)


@kernel("TRUE")
def _true(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return scalar(1, Kind.BOOLEAN)


@kernel("FALSE")
def _false(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return scalar(0, Kind.BOOLEAN)


@kernel("NA")
def _na(arguments: tuple[Array, ...], texts: Texts) -> Array:
    return scalar(math.nan)


# Comparing ----------------------------------------------------------------------------------------------------------

_COMPARISONS = {"=": "eq", "<>": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_NUMERIC = frozenset({Kind.BLANK, Kind.NUMBER})


def _comparison(operation: str) -> Kernel:
    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        a, b = arguments
        lifted(a.data.shape, b.data.shape)
        if a.kind in _NUMERIC and b.kind in _NUMERIC:
            truth = _compare_numbers(operation, a.data, b.data)
        else:
            truth = _compare_typed(operation, a, b, texts)
        return boolean(truth, a.data, b.data)

    return apply


def boolean(truth: Node, *suspects: Node) -> Array:
    """A boolean array from a truth node, an error wherever a suspect is one."""
    return spoiled(Array(t.to_number(truth), int(Kind.BOOLEAN)), *suspects)


def _compare_numbers(operation: str, a: Node, b: Node) -> Node:
    truth = t.compare(operation, a, b)
    if a.value is None or b.value is None:
        return truth
    # Excel compares 15 digits. Numbers that differ beyond them are rare: they are settled one by one.
    x, y = torch.broadcast_tensors(a.value, b.value)
    near = (x != y) & ((x - y).abs() <= 1e-14 * torch.maximum(x.abs(), y.abs()))
    if not bool(near.any()):
        return truth
    assert truth.value is not None
    settled = truth.value.expand(x.shape).clone()
    same = [same_number(p, q) for p, q in zip(x[near].tolist(), y[near].tolist(), strict=True)]
    equal = torch.tensor(same)
    settled[near] = torch.where(equal, operation in ("eq", "le", "ge"), settled[near])
    return constant(settled)


def _compare_typed(operation: str, a: Array, b: Array, texts: Texts) -> Node:
    """Excel's order: numbers, then texts without regard to case, then booleans; a blank adopts the other's type."""
    rank_a, key_a = _sort_key(a, b, texts)
    rank_b, key_b = _sort_key(b, a, texts)
    same = t.compare("eq", rank_a, rank_b)
    within = _compare_numbers(operation, key_a, key_b)
    return t.logical_or(
        t.logical_and(same, within),
        t.logical_and(t.logical_not(same), t.compare(operation, rank_a, rank_b)),
    )


def _sort_key(array: Array, other: Array, texts: Texts) -> tuple[Node, Node]:
    """(rank of the type, key within the type), a blank taken as the other side's type."""
    empty = float(texts.strings.intern(""))
    kind, other_kind = kind_node(array.kind), kind_node(other.kind)
    blank = t.compare("eq", kind, t.number(Kind.BLANK))
    kind = t.select(blank, other_kind, kind)
    text = t.compare("eq", kind, t.number(Kind.TEXT))
    code = t.select(t.logical_and(text, blank), t.number(empty), array.data)
    order = texts.look_up("order", Array(t.select(text, code, t.ZERO), int(Kind.TEXT)))
    truth = t.compare("eq", kind, t.number(Kind.BOOLEAN))
    rank = t.add(t.to_number(text), t.mul(t.number(2), t.to_number(truth)))
    return rank, t.select(text, order, array.data)


for _symbol, _operation in _COMPARISONS.items():
    KERNELS[_symbol] = _comparison(_operation)


# Step functions -----------------------------------------------------------------------------------------------------


def _rounded(name: str, toward: Callable[[Node], Node]) -> None:
    """ROUND, ROUNDUP, ROUNDDOWN, TRUNC of a live number; of constants the reference's exact decimal answer is used."""

    def apply(arguments: tuple[Array, ...], texts: Texts) -> Array:
        if all(a.is_constant for a in arguments):
            raise NoKernel("rounding of constants is decimal")
        lifted(*(a.data.shape for a in arguments))
        number = texts.numbers(arguments[0])
        digits = texts.numbers(arguments[1]) if len(arguments) > 1 else t.ZERO
        scale = t.power(t.number(10), t.unary("trunc", digits))
        return Array(t.div(toward(t.mul(number, scale)), scale))

    KERNELS[name] = apply


def _half_away(scaled: Node) -> Node:
    # The nudge of a few units in the last place stands in for Excel's rounding of the 15-digit decimal.
    size = t.mul(t.number(1 + 4e-16), t.unary("abs", scaled))
    return t.mul(t.unary("sign", scaled), t.unary("floor", t.add(size, t.number(0.5))))


_rounded("ROUND", _half_away)
_rounded("TRUNC", lambda scaled: t.unary("trunc", scaled))
_rounded("ROUNDDOWN", lambda scaled: t.unary("trunc", scaled))
_rounded("ROUNDUP", lambda scaled: t.mul(t.unary("sign", scaled), t.unary("ceil", t.unary("abs", scaled))))
