"""Products of tall matrices and few columns, laid out column by column: the same numbers wherever they are read."""

from __future__ import annotations

import pytest
import torch

from cellgrad.tensors import operations as t
from cellgrad.tensors.derivatives import gradient
from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import constant, input_node
from cellgrad.tensors.reduction_rules import _NARROW, _TALL, _run_matmul


@pytest.mark.parametrize(
    ("rows", "columns", "apart"),
    [
        (_TALL, 2, True),
        (_TALL, _NARROW, True),
        (_TALL - 1, 2, False),
        (_TALL, _NARROW + 1, False),
        (_TALL, 1, False),
    ],
)
def test_columns_stand_apart_where_they_are_few_and_long(rows: int, columns: int, apart: bool) -> None:
    generator = torch.Generator().manual_seed(1)
    a = torch.randn(rows, 10, generator=generator, dtype=torch.float64)
    b = torch.randn(10, columns, generator=generator, dtype=torch.float64)
    found = _run_matmul(a, b, 10)
    torch.testing.assert_close(found, a @ b, rtol=1e-13, atol=1e-13)
    assert (found.stride(0) == 1) is (apart or columns == 1)


@pytest.mark.parametrize("rows", [_TALL, 3 * _TALL + 1])
@pytest.mark.parametrize("starts", [1, 3])
def test_a_net_on_them_is_torchs_own(rows: int, starts: int) -> None:
    """Value and gradient of a mean of squares over a hidden layer of three units. Expected: torch's autograd."""
    generator = torch.Generator().manual_seed(2)
    data = torch.randn(rows, 5, generator=generator, dtype=torch.float64)
    wanted = torch.randn(rows, 1, generator=generator, dtype=torch.float64)
    X = torch.randn(starts, 15, generator=generator, dtype=torch.float64)
    x = input_node("x", (15,))
    hidden = t.unary("relu", t.matmul(constant(data), t.reshape(x, (5, 3))))
    out = t.add(
        t.crop(hidden, (0, 0), (rows, 1)), t.mul(t.crop(hidden, (0, 1), (rows, 2)), t.crop(hidden, (0, 2), (rows, 3)))
    )
    value = t.reshape(t.total(t.square(t.sub(constant(wanted), out)), (0, 1)), ())
    program = Program([value, gradient(value, x)], ("x",))
    found = program(X[0] if starts == 1 else X)
    W = X.clone().requires_grad_()
    units = torch.relu(data @ W.reshape(starts, 5, 3))
    losses = (wanted - units[:, :, :1] - units[:, :, 1:2] * units[:, :, 2:]).square().sum((1, 2))
    losses.sum().backward()
    torch.testing.assert_close(found[0].reshape(-1), losses.detach(), rtol=1e-12, atol=0)
    torch.testing.assert_close(found[1].reshape(starts, -1), W.grad, rtol=1e-11, atol=1e-9)
