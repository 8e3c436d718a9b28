"""Small programs on numpy: every twin gives what the operation itself gives, and programs choose by their size."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from cellgrad.tensors import operations as t
from cellgrad.tensors import special  # noqa: F401 - defines erf and expm1
from cellgrad.tensors.execute import Program
from cellgrad.tensors.light import LIGHT_ELEMENTS, LIGHT_STEPS, TWINS, light
from cellgrad.tensors.nodes import Node, constant, input_node

SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-300, 1e300, -1e300, math.inf, -math.inf, math.nan)
RANDOM = tuple(np.random.default_rng(0).normal(scale=3, size=40))
NUMBERS = np.array((*SPECIAL, *RANDOM))
LEFT, RIGHT = (a.ravel() for a in np.meshgrid(NUMBERS, NUMBERS))
TRUTH = np.random.default_rng(1).random((4, 3, 5)) > 0.5
BATCH = np.random.default_rng(2).normal(size=(4, 3, 5))
WITH_ERRORS = np.where(BATCH > 1, math.nan, np.where(BATCH < -1, math.inf, BATCH))

UNARY = (
    "neg", "abs", "square", "exp", "expm1", "log", "log10", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos",
    "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "floor", "ceil", "trunc", "logistic", "softplus", "relu",
    "isfinite",
)  # fmt: skip
BINARY = (
    "relu_cotangent", "add", "sub", "mul", "div", "pow", "maximum", "minimum", "atan2",
    "lt", "le", "eq", "ne", "gt", "ge",
)  # fmt: skip
OTHERS = {
    "and": (TRUTH, ~TRUTH[:1]),
    "or": (TRUTH, TRUTH[:, :1]),
    "not": (TRUTH,),
    "number": (TRUTH,),
    "select": (TRUTH, WITH_ERRORS, BATCH),
    "sum": (WITH_ERRORS, (-2,), 3),
    "amax": (WITH_ERRORS, (-1, -2)),
    "amin": (WITH_ERRORS, (-1,)),
    "any": (TRUTH, (-2, -1)),
    "all": (TRUTH, (-1,)),
    "matmul": (BATCH, BATCH.transpose(0, 2, 1), 5),
    "reshape": (BATCH, (5, 3), 2),
    "permute": (BATCH, (-1, -2)),
    "broadcast": (BATCH[:, :, :1], (3, 5)),
    "crop": (BATCH, (1, 2), (3, 4)),
    "assemble": (BATCH[:, :2, :2], BATCH[:1, :1, :1], np.zeros((1, 1)), (4, 6), ((1, 3), (0, 0))),
    "concatenate": (BATCH, BATCH[:1], -1, 2),
    "take": (BATCH[0, 0], np.array([[0.0, 4.0], [math.nan, 2.0]])),
    "windows": (BATCH, 2, 3),
}


def same(name: str, *arguments: object) -> None:
    """Both ways of running an operation, compared: errors in the same places, numbers to a few last digits."""
    run = t.OPERATIONS[name].run
    theirs = run(*(torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in arguments)).numpy()
    with np.errstate(all="ignore"):
        ours = np.asarray(light(name, run)(*arguments))
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=4e-15, atol=1e-320, err_msg=name)


@pytest.mark.parametrize("name", UNARY)
def test_one_operand(name: str) -> None:
    same(name, NUMBERS)


@pytest.mark.parametrize("name", BINARY)
def test_two_operands(name: str) -> None:
    same(name, LEFT, RIGHT)


@pytest.mark.parametrize("name", OTHERS)
def test_the_rest(name: str) -> None:
    same(name, *OTHERS[name])


def test_every_twin_is_in_one_of_the_tables_above() -> None:
    assert set(TWINS) == {*UNARY, *BINARY, *OTHERS}


def net(rows: int) -> tuple[Program, Node]:
    x = input_node("x", (rows, 3))
    out = t.total(t.unary("erf", t.matmul(x, constant(torch.arange(6.0, dtype=torch.float64).reshape(3, 2)))), (0, 1))
    return Program([out, x, constant(torch.ones(2))], ("x",)), out


def test_an_operation_without_a_twin_runs_among_the_others_with_batches() -> None:
    program, _ = net(4)
    x = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(2, 4, 3)
    found, again, ones = program(x)
    expected = torch.erf(x @ torch.arange(6.0, dtype=torch.float64).reshape(3, 2)).sum((1, 2), keepdim=True)
    torch.testing.assert_close(found, expected)
    assert again.equal(x) and ones.tolist() == [1, 1]


@pytest.mark.parametrize(("rows", "starts", "lightly"), [(4, 1, True), (4, 100_000, False), (LIGHT_ELEMENTS, 1, False)])
def test_size_decides(monkeypatch: pytest.MonkeyPatch, rows: int, starts: int, lightly: bool) -> None:
    program, _ = net(rows)
    monkeypatch.setitem(TWINS, "matmul", lambda *_: pytest.fail("on numpy"))
    x = torch.zeros((starts, rows, 3), dtype=torch.float64)
    if lightly:
        with pytest.raises(pytest.fail.Exception, match="on numpy"):
            program(x)
    else:
        assert program(x)[0].shape == (starts, 1, 1)


@pytest.mark.parametrize(("steps", "size", "lightly"), [(4 * LIGHT_STEPS, 100, True), (4 * LIGHT_STEPS, 1000, False)])
def test_many_operations_on_few_numbers_each_are_light(steps: int, size: int, lightly: bool) -> None:
    """As a thousand formulas of different shapes are, each of which reads the one before."""
    x = input_node("x", (size,))
    out = x
    for number in range(steps // 2):
        out = t.add(t.unary("sin", out), t.number(number / steps))
    program = Program([out], ("x",))
    assert program.elements > LIGHT_ELEMENTS
    assert program.is_light((torch.zeros(size, dtype=torch.float64),)) is lightly


def test_results_may_be_written_to_and_do_not_warn(recwarn: pytest.WarningsRecorder) -> None:
    x = input_node("x", (1,))
    (out,) = Program([t.broadcast(x, (3,))], ("x",))(torch.ones(1, dtype=torch.float64))
    out += torch.arange(3)
    assert out.tolist() == [1, 2, 3] and not recwarn.list
