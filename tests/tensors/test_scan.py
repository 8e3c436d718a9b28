"""Linear recurrences against dense matrices; running extremes and one-cell arithmetic against torch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from cellgrad.tensors import operations as t
from cellgrad.tensors.derivatives import gradient, pull_back
from cellgrad.tensors.execute import evaluate
from cellgrad.tensors.nodes import constant, input_node
from cellgrad.tensors.scan_floats import FUNCTIONS, Floats
from cellgrad.tensors.scan_gather import Places
from cellgrad.tensors.scan_running import running_largest
from cellgrad.tensors.scan_solve import System, solve


def _system(steps: int, width: int, back: int) -> System:
    """Steps of `width` cells, each of which reads all cells of the step `back` before, and the cell before itself."""
    cells = torch.arange(steps * width).reshape(steps, width)
    index = torch.full((steps, width, 1, width), -1)
    index[back:] = cells[: steps - back, None, None, :]
    rows = [(0, first, first + width) for first in range(0, steps * width, width)]
    return System(steps * width, [Places(cells, steps * width)], [0], [Places(index, steps * width)], rows)


def _dense(system: System, partials: torch.Tensor) -> torch.Tensor:
    matrix = torch.zeros(system.size, system.size, dtype=torch.float64)
    index = system.reads[0].flat(torch.device("cpu")).reshape(system.reads[0].shape)
    for place in np.ndindex(system.reads[0].shape):
        if index[place] < system.size:
            matrix[place[0] * system.reads[0].shape[1] + place[1], index[place]] += partials[place]
    return matrix


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(("steps", "width", "back", "banded"), [(40, 1, 1, True), (30, 2, 2, True), (5, 60, 1, False)])
def test_linear_recurrences_against_a_dense_solve(steps, width, back, banded, transposed) -> None:
    """Value, and the derivatives by the coefficients and by the right side, for one point and for several."""
    system = _system(steps, width, back)
    assert (system.band is not None) == banded
    rng = torch.Generator().manual_seed(1)
    shape = system.reads[0].shape
    a, b = input_node("a", shape), input_node("b", (system.size,))
    y = solve(system, [a], b, transposed)
    weights = torch.randn(system.size, generator=rng, dtype=torch.float64)
    by_a, by_b = pull_back([y], [constant(weights)], [a, b])
    for batch in ((), (3,)):
        values = 0.3 * torch.randn(*batch, *shape, generator=rng, dtype=torch.float64)
        right = torch.randn(*batch, system.size, generator=rng, dtype=torch.float64)
        found = evaluate([y, by_a, by_b], {"a": values, "b": right})
        ones = zip(values.reshape(-1, *shape), right.reshape(-1, system.size), strict=True)
        for at, (one, line) in enumerate(ones):
            one, line = one.requires_grad_(), line.requires_grad_()
            matrix = torch.zeros(system.size, system.size, dtype=torch.float64)
            kept, rows, columns = system.entries
            matrix = matrix.index_put((rows, columns), one.flatten()[kept], accumulate=True)
            torch.testing.assert_close(matrix.detach(), _dense(system, one.detach()))
            whole = torch.eye(system.size, dtype=torch.float64) - (matrix.T if transposed else matrix)
            exact = torch.linalg.solve(whole, line)
            (exact * weights).sum().backward()
            for ours, theirs in zip(found, (exact.detach(), one.grad, line.grad), strict=True):
                torch.testing.assert_close(ours.reshape(-1, *theirs.shape)[at], theirs, rtol=1e-10, atol=1e-10)


def test_an_error_reaches_only_what_reads_it() -> None:
    """Two chains side by side in one band: the error of one is none of the other's."""
    steps = 20
    cells = torch.arange(2 * steps).reshape(steps, 2)
    index = torch.full((steps, 2, 1, 1), -1)
    index[1:, :, 0, 0] = cells[:-1]
    stretches = [(0, first, first + 2) for first in range(0, 2 * steps, 2)]
    system = System(2 * steps, [Places(cells, 2 * steps)], [0], [Places(index, 2 * steps)], stretches)
    assert system.band == 2
    b = torch.ones(2 * steps, dtype=torch.float64)
    b[4] = math.nan
    half = torch.full((steps, 2, 1, 1), 0.5, dtype=torch.float64)
    (y,) = evaluate([solve(system, [input_node("a", half.shape)], input_node("b", b.shape))], {"a": half, "b": b})
    chains = y.reshape(steps, 2)
    assert chains[:2, 0].isfinite().all() and chains[2:, 0].isnan().all()
    np.testing.assert_allclose(chains[:, 1], [2 - 0.5**n for n in range(steps)], rtol=1e-14)


@pytest.mark.parametrize("backward", [False, True])
def test_running_largest_shares_its_slope_among_ties(backward: bool) -> None:
    """Against a window a place, whose slope torch shares equally among equal maxima."""
    values = torch.tensor([1.0, 3.0, 2.0, 3.0, 3.0, 5.0, 4.0, 5.0], dtype=torch.float64)
    weights = torch.arange(1.0, 9.0, dtype=torch.float64)
    x = input_node("x", (8,))
    objective = t.total(t.mul(constant(weights), running_largest(x, -1, backward)), (0,))
    (slope,) = evaluate([gradient(objective, x)], {"x": values})
    leaf = values.clone().requires_grad_()
    windows = [leaf[i:] if backward else leaf[: i + 1] for i in range(8)]
    torch.stack([w * window.amax() for w, window in zip(weights, windows, strict=True)]).sum().backward()
    torch.testing.assert_close(slope, leaf.grad)


NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e3, -800.0, 1e200, math.inf, -math.inf, math.nan]
MOVES = {
    "reshape",
    "broadcast",
    "permute",
    "crop",
    "concatenate",
    "matmul",
    "sum",
    "amax",
    "amin",
    "prod",
    "any",
    "all",
}


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - MOVES))
def test_arithmetic_on_floats_is_that_of_torch(name: str) -> None:
    """For numbers the same to the last places; errors of one are errors of the other."""
    operation, function = t.OPERATIONS[name], FUNCTIONS[name]
    logical = name in ("and", "or", "not", "number")
    arity = {"select": 3}.get(name, 2 if name in _BINARY else 1)
    values = [False, True] if logical else NUMBERS
    for arguments in np.ndindex(*[len(values)] * arity):
        picked = [values[i] for i in arguments]
        if name == "select":
            picked[0] = bool(picked[0] and picked[0] == picked[0])
        ours = function(*picked)
        kinds = [torch.bool if isinstance(one, bool) else torch.float64 for one in picked]
        theirs = operation.run(*(torch.tensor(one, dtype=kind) for one, kind in zip(picked, kinds, strict=True))).item()
        if isinstance(theirs, bool):
            assert ours == theirs, picked
        elif math.isfinite(theirs):
            assert ours == pytest.approx(theirs, rel=1e-14), picked
        elif name not in ("maximum", "minimum"):  # which are guarded
            assert not math.isfinite(ours), picked


_BINARY = {"add", "sub", "mul", "div", "pow", "maximum", "minimum", "atan2", "remainder", "and", "or"} | {
    "lt", "le", "eq", "ne", "gt", "ge"
}  # fmt: skip


def test_an_expression_of_one_element_on_floats() -> None:
    x = input_node("x", (1, 1))
    expression = t.select(t.compare("gt", x, t.ONE), t.unary("exp", t.neg(x)), t.add(t.square(x), t.number(2)))
    assert Floats.can(expression)
    assert not Floats.can(t.unary("exp", input_node("y", (2, 1))))
