"""Special functions, distributions, sorting, least squares: values against mpmath, slopes against differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import mpmath
import numpy as np
import pytest
import torch

from cellgrad.errors import UnsupportedError
from cellgrad.tensors import linear_algebra, ordering, probability
from cellgrad.tensors import operations as t
from cellgrad.tensors.derivatives import gradient, pull_back, push_forward
from cellgrad.tensors.execute import evaluate
from cellgrad.tensors.nodes import Node, constant, input_node
from cellgrad.tensors.special import special

mpmath.mp.dps = 40
F64 = torch.float64


def _gamma_density(a, x):
    return mpmath.exp((a - 1) * mpmath.log(x) - x - mpmath.loggamma(a))


def _log_beta(a, b):
    return mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)


def _beta_density(a, b, x):
    return mpmath.exp((a - 1) * mpmath.log(x) + (b - 1) * mpmath.log(1 - x) - _log_beta(a, b))


def _binomial_mass(k, n, p):
    return mpmath.exp(
        -_log_beta(k + 1, n - k + 1) - mpmath.log(n + 1) + k * mpmath.log(p) + (n - k) * mpmath.log(1 - p)
    )


def _student_density(df, x):
    constant = mpmath.loggamma((df + 1) / 2) - mpmath.loggamma(df / 2) - mpmath.log(df * mpmath.pi) / 2
    return mpmath.exp(constant - (df + 1) / 2 * mpmath.log(1 + x * x / df))


# (ours, mpmath's, points, relative tolerance)
VALUES = [
    (probability.gamma_density, _gamma_density, [(0.3, 0.01), (1, 2), (9, 5), (150, 170), (1e6, 1e6 + 500)], 2e-13),
    (probability.poisson_mass, lambda k, m: _gamma_density(k + 1, m), [(0, 3), (7, 2.5), (60, 80), (1e5, 1e5)], 1e-13),
    (probability.beta_density, _beta_density, [(0.5, 2, 0.1), (3, 4, 0.9), (300, 200, 0.61), (4e4, 6e4, 0.4)], 1e-12),
    (probability.binomial_mass, _binomial_mass, [(0, 5, 0.2), (5, 5, 0.2), (3, 9, 0.4), (400, 1000, 0.41)], 2e-13),
    (probability.student_density, _student_density, [(1, 0.1), (3, -2), (30, 4), (5, 1e6), (1e6, 2)], 1e-13),
    (probability.gamma_shape_slope,
     lambda a, x: mpmath.diff(lambda s: mpmath.gammainc(s, 0, x, regularized=True), a),
     [(0.1, 0.05), (0.5, 3), (4, 4.9), (4, 5.1), (60, 50), (60, 80), (150, 149)], 1e-12),
    (probability.beta_shape_slope,
     lambda a, b, x: mpmath.diff(lambda s: mpmath.betainc(s, b, 0, x, regularized=True), a),
     [(0.3, 0.6, 0.2), (2, 3, 0.5), (2, 3, 0.95), (40, 60, 0.41), (150, 9, 0.9)], 1e-11),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs", "points", "tolerance"), VALUES, ids=[row[0].__name__ for row in VALUES])
def test_values(ours: Callable, theirs: Callable, points: Sequence[tuple[float, ...]], tolerance: float) -> None:
    for point in points:
        wanted = theirs(*map(mpmath.mpf, point))
        assert abs((mpmath.mpf(float(ours(*point))) - wanted) / wanted) < tolerance, point


def test_edges_of_densities() -> None:
    assert probability.poisson_mass(-1.0, 2.0) == 0.0
    assert probability.poisson_mass(0.0, 0.0) == 1.0
    assert probability.binomial_mass(3.0, 2.0, 0.5) == 0.0
    assert probability.binomial_mass(0.0, 4.0, 0.0) == 1.0
    assert probability.gamma_density(1.0, 0.0) == 1.0
    assert not math.isfinite(probability.gamma_density(0.5, 0.0))


def test_shapes_too_large_are_refused_in_words() -> None:
    with pytest.raises(UnsupportedError, match="shape parameter"):
        probability.beta_shape_slope(1e12, 1e12, 0.5)


# (operation, point): every operand is live.
OPERATIONS = [
    ("normal_cdf", [0.7]), ("normal_quantile", [0.3]), ("erf", [0.4]), ("erfc", [-0.4]), ("expm1", [0.3]),
    ("digamma", [2.3]), ("log_gamma", [2.3]), ("gamma", [-1.6]), ("gamma_density", [2.5, 1.4]),
    ("gamma_lower", [2.5, 1.4]), ("gamma_upper", [2.5, 4.4]), ("gamma_quantile", [2.5, 0.3]),
    ("gamma_upper_quantile", [0.8, 0.3]), ("beta_density", [2.5, 1.6, 0.3]), ("beta_lower", [2.5, 1.6, 0.3]),
    ("beta_upper", [2.5, 1.6, 0.9]), ("beta_quantile", [2.5, 1.6, 0.3]), ("student_density", [4.5, 0.8]),
    ("student_cdf", [4.5, 0.8]), ("student_cdf", [4.5, -1.8]), ("student_quantile", [4.5, 0.8]),
]  # fmt: skip
PARTIAL = [  # only the last operand has a slope
    ("poisson_mass", [3, 2.2]), ("binomial_mass", [3, 7, 0.4]), ("binomial_mass", [0, 7, 0.4]), ("polygamma", [1, 2.2]),
    ("bessel_j", [0, 2.2]), ("bessel_j", [3, 2.2]),
    ("bessel_y", [0, 2.2]), ("bessel_i", [2, 2.2]), ("bessel_k", [0, 2.2]),
]  # fmt: skip


def _parts(x: Node, point: list[float], live: Sequence[int]) -> list[Node]:
    return [
        t.crop(x, (live.index(i),), (live.index(i) + 1,)) if i in live else t.number(v) for i, v in enumerate(point)
    ]


def _derivative(function: Callable[[np.ndarray], float], x: np.ndarray, index: int) -> float:
    """Richardson's central difference."""
    found = []
    for step in (1e-3, 5e-4):
        moved = [x.copy(), x.copy()]
        moved[0][index] += step
        moved[1][index] -= step
        found.append((function(moved[0]) - function(moved[1])) / (2 * step))
    return (4 * found[1] - found[0]) / 3


@pytest.mark.parametrize(("name", "point"), OPERATIONS + PARTIAL, ids=lambda value: str(value))
def test_first_and_second_derivatives(name: str, point: list[float]) -> None:
    live = list(range(len(point))) if (name, point) in OPERATIONS else [len(point) - 1]
    x = input_node("x", (len(live),))
    value = t.reshape(special(name, *_parts(x, point, live)), ())
    first = gradient(value, x)
    start = np.array([point[i] for i in live], float)

    def at(node: Node) -> Callable[[np.ndarray], float]:
        return lambda where: evaluate([node], {"x": torch.tensor(where, dtype=F64)})[0].item()

    slopes = evaluate([first], {"x": torch.tensor(start, dtype=F64)})[0].numpy()
    for index in range(len(live)):
        assert slopes[index] == pytest.approx(_derivative(at(value), start, index), rel=1e-7, abs=1e-9)
    # The slope in the last operand differentiates again, by that operand.
    last = len(live) - 1
    along = input_node("along", (1,))
    operands = [*(t.number(v) for v in point[:-1]), along]
    slope = t.reshape(gradient(t.reshape(special(name, *operands), ()), along), ())
    second = t.reshape(gradient(slope, along), ())
    found = evaluate([second], {"along": torch.tensor([point[-1]], dtype=F64)})[0].item()
    wanted = _derivative(lambda v: evaluate([slope], {"along": torch.tensor(v, dtype=F64)})[0].item(), start[last:], 0)
    assert found == pytest.approx(wanted, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", ["gamma_lower", "beta_lower"])
def test_second_derivatives_by_a_shape_are_refused_in_words(name: str) -> None:
    shape = input_node("shape", (1,))
    rest = [t.number(1.5), t.number(0.4)] if name == "beta_lower" else [t.number(0.4)]
    slope = gradient(t.reshape(special(name, shape, *rest), ()), shape)
    with pytest.raises(UnsupportedError, match="second derivative"):
        gradient(t.reshape(slope, ()), shape)


def test_errors_are_not_swallowed() -> None:
    x = input_node("x", (2,))
    found = evaluate([special("normal_cdf", t.div(t.ONE, x))], {"x": torch.tensor([0.0, 2.0], dtype=F64)})[0]
    assert not math.isfinite(found[0])
    assert math.isfinite(found[1])


# Sorting and linear algebra, against torch's autograd -----------------------------------------------------------------

_RANDOM = torch.Generator().manual_seed(3)
_TALL, _SIDE = (torch.rand(2, 6, n, generator=_RANDOM, dtype=F64) for n in (3, 1))
_SQUARE = torch.rand(2, 3, 3, generator=_RANDOM, dtype=F64) + torch.eye(3, dtype=F64)
_PLACES = torch.tensor([[2.0, 0.0], [1.0, 1.0]], dtype=F64)[:, None]


def _take(x: torch.Tensor) -> torch.Tensor:
    return x.transpose(1, 2).sort(-1).values.gather(-1, _PLACES.long().expand(2, 3, 2))


MATRICES = [
    ("sort", lambda a: ordering.sort(t.transpose(a)), lambda x: x.transpose(1, 2).sort(-1).values, _TALL),
    ("pick", lambda a: ordering.pick(ordering.sort(t.transpose(a)), constant(_PLACES)), _take, _TALL),
    ("inverse", linear_algebra.inverse, torch.linalg.inv, _SQUARE),
    ("determinant", linear_algebra.determinant, lambda x: torch.linalg.det(x)[..., None, None], _SQUARE),
    ("least squares in x", lambda a: linear_algebra.least_squares(a, constant(_SIDE)),
     lambda x: torch.linalg.lstsq(x, _SIDE).solution, _TALL),
    ("least squares in y", lambda a: linear_algebra.least_squares(constant(_TALL), a),
     lambda y: torch.linalg.lstsq(_TALL, y).solution, _SIDE),
    ("gram", lambda a: linear_algebra.gram_solve(a, constant(torch.eye(3, dtype=F64)[None])),
     lambda x: torch.linalg.inv(x.transpose(1, 2) @ x), _TALL),
]  # fmt: skip


@pytest.mark.parametrize(("name", "build", "torch_build", "value"), MATRICES, ids=[row[0] for row in MATRICES])
def test_matrices_against_autograd(name: str, build: Callable, torch_build: Callable, value: torch.Tensor) -> None:
    x = input_node("x", tuple(value.shape))
    node = build(x)
    weights = torch.rand(node.shape, generator=torch.Generator().manual_seed(5), dtype=F64)
    tangent = torch.rand(value.shape, generator=torch.Generator().manual_seed(6), dtype=F64)
    (back,) = pull_back([node], [constant(weights)], [x])
    forward = push_forward(node, x, constant(tangent))
    curved = pull_back([t.reshape(t.total(t.mul(back, constant(tangent)), (0, 1, 2)), ())], [t.ONE], [x])[0]
    feed = {"x": value}
    leaf = value.clone().requires_grad_()
    wanted = torch_build(leaf)
    (slope,) = torch.autograd.grad((wanted * weights).sum(), leaf, create_graph=True)
    torch.testing.assert_close(evaluate([node], feed)[0], wanted.detach(), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(evaluate([back], feed)[0], slope.detach(), rtol=1e-9, atol=1e-11)
    pushed = torch.func.jvp(torch_build, (value,), (tangent,))[1]
    torch.testing.assert_close(evaluate([forward], feed)[0], pushed, rtol=1e-9, atol=1e-11)
    second = torch.autograd.grad((slope * tangent).sum(), leaf, allow_unused=True)[0] if slope.requires_grad else None
    second = torch.zeros_like(value) if second is None else second
    torch.testing.assert_close(evaluate([curved], feed)[0], second, rtol=1e-8, atol=1e-10)


def test_matrices_with_batches_in_front() -> None:
    x = input_node("x", (6, 3))
    node = linear_algebra.least_squares(x, constant(_SIDE[0]))
    together = evaluate([node], {"x": _TALL})[0]
    for one, value in zip(together, _TALL, strict=True):
        torch.testing.assert_close(one, evaluate([node], {"x": value})[0])


def test_a_column_made_up_by_others_is_left_out() -> None:
    columns = torch.stack([_TALL[0, :, 0], _TALL[0, :, 1], _TALL[0, :, 0] - 2 * _TALL[0, :, 1]], 1)
    x = input_node("x", (6, 3))
    node = linear_algebra.least_squares(x, constant(_SIDE[0]))
    found = evaluate([node, pull_back([node], [t.ONE], [x])[0]], {"x": columns})
    alone = torch.linalg.lstsq(columns[:, :2], _SIDE[0]).solution
    torch.testing.assert_close(found[0], torch.cat([alone, torch.zeros(1, 1, dtype=F64)]))
    assert bool((found[1][:, 2] == 0).all())


def test_the_determinant_of_a_singular_matrix_has_a_gradient() -> None:
    x = input_node("x", (2, 2))
    slope = gradient(t.reshape(linear_algebra.determinant(x), ()), x)
    found = evaluate([slope], {"x": torch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=F64)})[0]
    torch.testing.assert_close(found, torch.tensor([[4.0, -2.0], [-2.0, 1.0]], dtype=F64))
