"""Finance beyond the sample cases: rates of 0, roots and their second derivatives, exact arithmetic, blocks."""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
import torch
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.functions import finance
from cellgrad.functions.arrays import Array, Texts
from cellgrad.functions.every_kernel import KERNELS
from cellgrad.functions.finance_flows import irr
from cellgrad.functions.finance_roots import flows_equation, solve_rates
from cellgrad.functions.kernels_dates import Dates
from cellgrad.functions.operands import Fault, Matrix
from cellgrad.functions.registry import FUNCTIONS, Takes
from cellgrad.program.compiling import compile_model
from cellgrad.program.lowering import Lowering
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.tensors import operations as t
from cellgrad.tensors.derivatives import pull_back
from cellgrad.tensors.execute import evaluate
from cellgrad.tensors.moments import exp_moment, log_moment
from cellgrad.tensors.nodes import Node, constant, input_node
from cellgrad.tensors.roots import root
from cellgrad.values import Strings, Value


def exact_interest(rate: str, nper: int, pv: str, start: int, end: int) -> float:
    """CUMIPMT in exact fractions, by the table of the loan."""
    r, balance = Fraction(rate), Fraction(pv)
    paid = -balance * r * (1 + r) ** nper / ((1 + r) ** nper - 1)
    total = Fraction(0)
    for period in range(1, end + 1):
        borne = -balance * r
        total += borne if period >= start else 0
        balance += balance * r + paid
    return float(total)


@pytest.mark.parametrize(
    ("rate", "nper", "pv", "start", "end"),
    [("0.0075", 360, "125000", 13, 24), ("0.382361", 52, "5051.68", 30, 52), ("0.447136", 48, "7169.18", 46, 48)],
)
def test_interest_is_exact_where_balances_cancel(rate: str, nper: int, pv: str, start: int, end: int) -> None:
    got = finance.cumipmt(float(rate), nper, float(pv), start, end, 0.0)
    assert math.isclose(got, exact_interest(rate, nper, pv, start, end), rel_tol=1e-12)


# Moments: against the integrals they are -----------------------------------------------------------------------------


@pytest.mark.parametrize("k", range(4))
@pytest.mark.parametrize("x", [-30.0, -1.01, -0.99, -1e-9, 0.0, 1e-5, 0.5, 0.999, 1.001, 40.0])
def test_exponential_moments(k: int, x: float) -> None:
    nodes, weights = np.polynomial.legendre.leggauss(60)
    s = (nodes + 1) / 2
    integral = float(np.sum(weights / 2 * s**k * np.exp(s * x)))
    (got,) = evaluate([exp_moment(input_node("x", (1,)), k)], {"x": torch.tensor([x], dtype=torch.float64)})
    assert math.isclose(got.item(), integral, rel_tol=2e-13)


@pytest.mark.parametrize("k", range(4))
@pytest.mark.parametrize("x", [-0.9, -0.251, -0.249, -1e-9, 0.0, 1e-5, 0.249, 0.251, 3.0])
def test_logarithmic_moments(k: int, x: float) -> None:
    nodes, weights = np.polynomial.legendre.leggauss(200)
    s = (nodes + 1) / 2
    integral = float(np.sum(weights / 2 * s**k / (1 + s * x) ** (k + 1)))
    (got,) = evaluate([log_moment(input_node("x", (1,)), k)], {"x": torch.tensor([x], dtype=torch.float64)})
    assert math.isclose(got.item(), integral, rel_tol=2e-13)


@pytest.mark.parametrize("name", ["PV", "FV", "PMT"])
@pytest.mark.parametrize("rate", [0.0, 1e-12, -1e-12, 1e-7])
def test_slopes_at_a_rate_of_nothing_are_those_nearby(name: str, rate: float) -> None:
    """The textbook formulas divide by the rate; here first and second derivatives go through 0 as through 0.001."""
    book = book_of({"Sheet1": {"A1": rate, "B1": f"={name}(A1,12,100,50,1)"}})
    model = compile_model(Dependence(book), parse_region("B1", "Sheet1"), [parse_region("A1", "Sheet1")])
    along = [model.function.value_and_gradient(torch.tensor([[x]], dtype=torch.float64)) for x in (rate, -1e-3, 1e-3)]
    (value, slope), (below, slope_below), (above, slope_above) = [(v.item(), s.item()) for v, s in along]
    assert math.isclose(slope, (above - below) / 2e-3, rel_tol=1e-4)
    assert math.isclose(slope, (slope_below + slope_above) / 2, rel_tol=1e-3)
    assert math.isclose(value, (below + above) / 2, rel_tol=1e-3)


# Roots ----------------------------------------------------------------------------------------------------------------


def _kepler(x: Node, share: Node, angle: Node) -> Node:
    return t.sub(t.sub(x, t.mul(share, t.unary("sin", x))), angle)


def _solve_kepler(share: np.ndarray, angle: np.ndarray) -> np.ndarray:
    x = angle + 0 * share
    for _ in range(50):
        x = x - (x - share * np.sin(x) - angle) / (1 - share * np.cos(x))
    return x


def _along(function: Callable[[float], float], at: float, step: float = 1e-4) -> float:
    return (function(at + step) - function(at - step)) / (2 * step)


def test_a_root_has_first_second_and_third_derivatives() -> None:
    """Kepler's equation x - e sin x = m: dx/dm = 1 / (1 - e cos x), and differences of that for what follows."""
    shape = (2, 1)
    e, m = input_node("e", shape), input_node("m", shape)
    x = root(_kepler, _solve_kepler, shape, e, m)
    first = pull_back([x], [t.broadcast(t.ONE, shape)], [m])[0]
    second = pull_back([first], [t.broadcast(t.ONE, shape)], [m])[0]
    third, mixed = pull_back([second], [t.broadcast(t.ONE, shape)], [m, e])
    share, angle = np.array([[0.3], [0.6]]), np.array([[1.1], [0.4]])
    feed = {"e": torch.from_numpy(share), "m": torch.from_numpy(angle)}
    got = [node.numpy() for node in evaluate([x, first, second, third, mixed], feed)]
    for row in range(2):
        p, q = share[row, 0], angle[row, 0]

        def slope(q: float, p: float = p) -> float:
            at = float(_solve_kepler(np.array(p), np.array(q)))
            return 1 / (1 - p * math.cos(at))

        def curvature(q: float, p: float = p) -> float:
            at = float(_solve_kepler(np.array(p), np.array(q)))
            return -p * math.sin(at) / (1 - p * math.cos(at)) ** 3

        assert math.isclose(got[1][row, 0], slope(q), rel_tol=1e-12)
        assert math.isclose(got[2][row, 0], curvature(q), rel_tol=1e-12)
        assert math.isclose(got[3][row, 0], _along(curvature, q), rel_tol=1e-5)
        assert math.isclose(got[4][row, 0], _along(partial(curvature, q), p), rel_tol=1e-5)


def test_a_root_of_one_input_given_twice_adds_both_slopes() -> None:
    """x - a sin x = a."""
    a = input_node("a", (1,))
    x = root(_kepler, _solve_kepler, (1,), a, a)
    (slope,) = evaluate(pull_back([x], [t.ONE], [a]), {"a": torch.tensor([0.4], dtype=torch.float64)})
    one = _along(lambda value: float(_solve_kepler(np.array(value), np.array(value))), 0.4)
    assert math.isclose(slope.item(), one, rel_tol=1e-7)


@pytest.mark.parametrize(
    ("flows", "guess", "rate"),
    [
        # -100 + 230 / g - 132 / g^2 = 0 at g = 1.1 and g = 1.2: the guess decides.
        ([-100.0, 230.0, -132.0], 0.05, 0.1), ([-100.0, 230.0, -132.0], 0.3, 0.2),
        ([-100.0, 50.0], 0.1, -0.5), ([-100.0, 1.0], 0.1, -0.99), ([-1.0, 1e6], 0.1, 999999.0),
        ([-100.0] + [10.0] * 400, 0.1, 0.1), ([-1e-6, 1.1e-6], 0.1, 0.1), ([-1e12, 0.0, 1.21e12], 5.0, 0.1),
    ],
)  # fmt: skip
def test_rates_of_return_found(flows: list[float], guess: float, rate: float) -> None:
    assert math.isclose(irr(Matrix((tuple(flows),)), guess), rate, rel_tol=1e-9)


@pytest.mark.parametrize("flows", [[-100.0, 10.0, -100.0], [100.0, 10.0], [-1.0, 0.0], [0.0, 0.0]])
def test_no_rate_of_return(flows: list[float]) -> None:
    with pytest.raises(Fault):
        irr(Matrix((tuple(flows),)))


def test_random_rates_of_return_are_found_again() -> None:
    chance = np.random.default_rng(1)
    rows = 500
    rates = chance.uniform(-0.5, 1.5, rows)
    times = np.sort(chance.uniform(0, 8, (rows, 6)), axis=1)
    times[:, 0] = 0
    amounts = chance.uniform(1, 100, (rows, 6))
    amounts[:, 0] = -np.sum(amounts[:, 1:] * (1 + rates[:, None]) ** -times[:, 1:], axis=1)
    found = solve_rates(flows_equation, np.full(rows, 0.1), amounts, times)
    assert np.allclose(found, rates, rtol=1e-10, atol=1e-12)


# Blocks ---------------------------------------------------------------------------------------------------------------

FILLED = [
    "PMT(A1,B1,C1)", "PV(A1,B1,C1)", "FV(A1,B1,C1,B1,1)", "NPER(A1,-C1,B1)", "RATE(B1,-C1,20*C1)", "IPMT(A1,2,B1,C1)",
    "PPMT($A$1,ROW(),30,$C$1)", "CUMIPMT(A1,B1,C1,2,3,0)", "NPV(A1,B1:C3)", "IRR(D1:D4)", "XIRR(D1:D4,E1:E4)",
    "XNPV(A1,D1:D4,$E$1:$E$4)", "MIRR(D1:D4,A1,A2)", "DB(1000,100,30,ROW())", "VDB(1000,C1,30,ROW()-1,ROW())",
    "EFFECT(A1,B1)", "PRICE(E1,E1+4000,A1,A2,C1,2)", "YIELD(E1,E1+4000,A1,C1,100,2)", "DURATION(E1,E1+4000,A1,A2,2)",
    "ODDFPRICE(39763,44256,39736,39873,A1,A2,C1,2)", "ACCRINT(E1,E1+300,E1+200,A1,C1,2)", "TBILLEQ(E1,E1+B1,A1)",
    "FVSCHEDULE(C1,A1:A4)", "DISC(E1,E1+90,C1,101)", "AMORLINC(C1,E1,E1+90,1,ROW(),0.03)",
]  # fmt: skip


@pytest.mark.parametrize("formula", FILLED)
def test_a_filled_column_equals_the_reference(formula: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the whole block at once: falling back to the reference is not allowed."""

    def refuse(lowering: Lowering, block: object, tree: object, reason: str) -> None:
        raise AssertionError(reason)

    monkeypatch.setattr(Lowering, "_by_reference", refuse)
    chance = random.Random(2)
    cells: dict[str, Value] = {}
    for row in range(1, 25):
        cells |= {
            f"A{row}": round(chance.uniform(0.01, 0.2), 4), f"B{row}": float(chance.randint(24, 60)),
            f"C{row}": round(chance.uniform(80, 99), 2), f"E{row}": 36000.0 + 100 * row,
            f"D{row}": (-1.0) ** (row % 3 == 0) * round(chance.uniform(50, 99), 2),
        }  # fmt: skip
    cells |= {"B7": None, "D8": "x", "F1:F20": "=" + formula}
    book = book_of({"Sheet1": cells})
    dependence = Dependence(book)
    blocks = dependence.touching(parse_region("F1:F20", "Sheet1"))
    assert len(blocks) == 1
    kinds, data = recalculate(dependence, blocks, {}).blocks[blocks[0]]
    reference = Reference(book)
    for row in range(20):
        expected = reference.value("Sheet1", row, 5)
        if type(expected) is float:
            assert kinds[row, 0] == 1
            assert math.isclose(data[row, 0], expected, rel_tol=1e-10, abs_tol=1e-12), f"row {row + 1}"
        else:
            assert kinds[row, 0] == 4, f"row {row + 1}"


# Extremes -------------------------------------------------------------------------------------------------------------

EXTREMES = [-1.7e308, -1e15, -40000.0, -2.5, -1.0, -0.5, -1e-300, 0.0, 1e-300, 1e-9, 0.05, 0.5, 1.0, 2.0, 4.0, 10.0,
            60.0, 366.0, 36000.0, 40001.0, 44000.5, 2958465.0, 2958466.0, 1e10, 1e200, 1.7e308]  # fmt: skip


def test_extreme_arguments_give_a_number_or_a_cell_error() -> None:
    """No other exception, nothing that is not finite, whatever the arguments."""
    chance = random.Random(7)
    records = [
        record
        for record in FUNCTIONS.values()
        if re.match(r"cellgrad\.functions\.(dates|finance)", record.value.__module__) and not record.volatile
    ]
    assert len(records) >= 75
    answered = 0
    for record, _ in itertools.product(records, range(250)):
        arguments: list[object] = []
        for parameter in record.parameters[: chance.randint(record.minimum, len(record.parameters))]:
            match parameter.takes:
                case Takes.NUMBER:
                    arguments.append(chance.choice(EXTREMES))
                case Takes.LOGICAL:
                    arguments.append(chance.random() < 0.5)
                case Takes.TEXT:
                    arguments.append(chance.choice(["Y", "MD", "YD", "1/1/2020", "x", "", "9999:59", "12/31/9999"]))
                case Takes.RANGE:
                    values: list[Value] = [*chance.sample(EXTREMES, 4), chance.choice([None, "x", True, 36001.0])]
                    arguments.append(Matrix((tuple(values),)))
                case _:
                    arguments.append(chance.choice([1.0, 11.0, 1e300, None, "0000011", "1111111", "x"]))
        before = (Dates(chance.random() < 0.2),) if record.context else ()
        try:
            value = record.value(*before, *arguments)
        except Fault:
            continue
        answered += 1
        assert type(value) is float and math.isfinite(value), (record.name, arguments, value)
    assert answered > 1000


ODDS: dict[str, list[float]] = {
    "rate": [-0.5, 0.0, 0.01, 0.05, 0.3, 2.0], "yld": [0.0, 0.03, 0.1, -0.1], "coupon": [0.0, 0.05, -0.1],
    "type": [0.0, 1.0, 2.0], "basis": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, -1.0], "frequency": [1.0, 2.0, 4.0, 3.0, 2.5],
    "settlement": [36000.0, 36525.5, 40236.0, 44000.0, -1.0], "maturity": [36010.0, 36300.0, 37000.0, 40300.0, 44200.0],
    "issue": [35000.0, 35900.0, 40000.0], "first_coupon": [36100.0, 40400.0], "last_interest": [35900.0, 40100.0],
    "first_interest": [36100.0, 40400.0],
}  # fmt: skip
OTHERWISE = [-100.0, 0.0, 0.05, 0.5, 1.0, 2.0, 3.0, 6.0, 10.0, 12.0, 100.0, 1000.0]
OF_NUMBERS = [
    name
    for name, record in FUNCTIONS.items()
    if re.match(r"cellgrad\.functions\.(dates|finance)", record.value.__module__)
    and not record.volatile
    and all(parameter.takes is Takes.NUMBER for parameter in record.parameters)
]


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_kernels_give_an_error_exactly_where_the_function_does(name: str) -> None:
    record, chance = FUNCTIONS[name], random.Random(3)
    rows = [[chance.choice(ODDS.get(p.name, OTHERWISE)) for p in record.parameters] for _ in range(300)]
    columns = torch.tensor(rows, dtype=torch.float64).T.reshape(len(record.parameters), -1, 1, 1, 1)
    node = KERNELS[name](tuple(Array(constant(column)) for column in columns), Texts(Strings())).data
    assert node.value is not None
    for row, got in zip(rows, node.value.expand(len(rows), 1, 1, 1).flatten().tolist(), strict=True):
        try:
            expected = record.value(*((Dates(False),) if record.context else ()), *row)
        except Fault:
            assert not math.isfinite(got), row
        else:
            assert math.isclose(got, expected, rel_tol=1e-9, abs_tol=1e-9), row
