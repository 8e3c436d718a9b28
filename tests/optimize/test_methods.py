"""Every method on functions whose minima are known, and the first-order ones against torch.optim."""

import numpy as np
import pytest
import torch
from tests.optimize import nist_models
from tests.optimize.objectives import Scalar, Squares

from cellgrad.errors import ArgumentError
from cellgrad.optimize import Status, optimize
from cellgrad.optimize.choice import FREE

EVERY_METHOD = list(FREE)

CURVATURE = torch.tensor([1.0, 2.0, 5.0, 10.0], dtype=torch.float64)
CENTRE = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)


def bowl(X):
    return (X - CENTRE) * CURVATURE.sqrt()


@pytest.mark.parametrize("method", EVERY_METHOD)
@pytest.mark.parametrize("starts", [1, 5])
def test_every_method_reaches_the_bottom_of_a_bowl(method, starts):
    solution = optimize(Squares(bowl, 4), np.zeros(4), method=method, starts=starts)
    assert solution.status.found
    np.testing.assert_allclose(solution.x, CENTRE, atol=1e-4)
    assert solution.start_value == pytest.approx(100.25)  # 1*1 + 2*4 + 5*0.25 + 10*9
    assert [value for _, value, _ in solution.history] == sorted((v for _, v, _ in solution.history), reverse=True)


def rosenbrock(X):
    return 100 * (X[:, 1] - X[:, 0] ** 2) ** 2 + (1 - X[:, 0]) ** 2


def beale(X):
    x, y = X.T
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def powell_singular(X):
    a, b, c, d = X.T
    return (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4


def badly_scaled(X):  # condition 1e8
    return 1 + (X.square() * torch.logspace(0, 8, 10, dtype=X.dtype)).sum(1)


def shifted_rosenbrock(X):  # the minimum value is large: f itself cannot resolve the last digits of x
    return 1000 + rosenbrock(X)


# More, Garbow, Hillstrom (1981) give starts and minima
@pytest.mark.parametrize(
    ("function", "start", "minimum", "at", "accuracy"),
    [
        (rosenbrock, [-1.2, 1.0], 0, [1, 1], 1e-9),
        (beale, [1.0, 1.0], 0, [3, 0.5], 1e-9),
        (powell_singular, [3.0, -1.0, 0.0, 1.0], 0, [0, 0, 0, 0], 1e-2),
        (badly_scaled, [1.0] * 10, 1, [0] * 10, 1e-6),
        (shifted_rosenbrock, [-1.2, 1.0], 1000, [1, 1], 1e-6),
    ],
)
def test_l_bfgs_on_classics(function, start, minimum, at, accuracy):
    solution = optimize(Scalar(function, len(start)), np.array(start), method="l-bfgs")
    assert solution.status.found
    assert solution.value == pytest.approx(minimum, abs=1e-12 * max(1, minimum))
    np.testing.assert_allclose(solution.x, at, atol=accuracy)


@pytest.mark.parametrize("starts", [1, 7])
def test_l_bfgs_ends_kinked_functions_at_their_kink(starts):
    centre = torch.tensor([0.3, -0.7, 2.0], dtype=torch.float64)
    kinked = Scalar(lambda X: (X - centre).abs().sum(1) + 0.1 * (X - centre).square().sum(1), 3)
    solution = optimize(kinked, np.array([5.0, 5.0, 5.0]), starts=starts)
    np.testing.assert_allclose(solution.x, centre, atol=1e-3)


@pytest.mark.parametrize(
    ("method", "reference"),
    [
        ("gradient-descent", lambda p: torch.optim.SGD([p], lr=0.003)),
        ("momentum", lambda p: torch.optim.SGD([p], lr=0.003, momentum=0.9)),
        ("adam", lambda p: torch.optim.Adam([p], lr=0.003)),
    ],
)
def test_fixed_rates_walk_as_torch_optim_does(method, reference):
    start = np.array([0.5, 1.5, -1.0, 2.0])
    p = torch.tensor(start, requires_grad=True)
    optimizer = reference(p)
    for _ in range(15):
        optimizer.zero_grad()
        bowl(p.unsqueeze(0)).square().sum().backward()
        optimizer.step()
    solution = optimize(Squares(bowl, 4), start, method=method, rate=0.003, steps=15)
    np.testing.assert_allclose(solution.x, p.detach(), rtol=1e-12)
    assert (solution.iterations, solution.evaluations) == (15, 16)


def test_linear_least_squares_at_once():
    generator = np.random.default_rng(0)
    A, y = generator.normal(size=(200, 8)) * np.logspace(0, 6, 8), generator.normal(size=200)
    best, residual, *_ = np.linalg.lstsq(A, y, rcond=None)
    tA, ty = torch.tensor(A), torch.tensor(y)
    solution = optimize(Squares(lambda X: X @ tA.T - ty, 8), generator.normal(size=8))
    assert solution.iterations <= 3  # one solves, one mends what cancellation lost, one finds nothing more to do
    assert solution.value == pytest.approx(float(residual[0]), rel=1e-12)
    np.testing.assert_allclose(solution.x, best, rtol=1e-9)


@pytest.mark.parametrize("how_near", [1e-6, 1e-9, 0.0])  # a column that (nearly) repeats another
def test_collinear_columns_still_end_at_the_best_value(how_near):
    generator = np.random.default_rng(1)
    A, y = generator.normal(size=(50, 4)), generator.normal(size=50)
    A[:, 3] = A[:, 2] + how_near * generator.normal(size=50)
    residual = np.sum((A @ np.linalg.lstsq(A, y, rcond=None)[0] - y) ** 2)
    tA, ty = torch.tensor(A), torch.tensor(y)
    solution = optimize(Squares(lambda X: X @ tA.T - ty, 4), np.zeros(4))
    assert solution.value == pytest.approx(residual, rel=1e-8)
    assert solution.iterations <= 5
    if how_near == 0:  # the shortest of all solutions shares the weight
        assert solution.x[2] == pytest.approx(solution.x[3], rel=1e-9)


def test_a_cell_that_moves_nothing_stays_where_it_is():
    solution = optimize(Squares(lambda X: X[:, :2] - 3, 3), np.array([0.0, 1.0, 42.0]))
    np.testing.assert_allclose(solution.x, [3, 3, 42], rtol=1e-12)
    assert solution.value == 0


def test_more_cells_than_residuals():
    solution = optimize(Squares(lambda X: X.sum(1, keepdim=True) - 6, 3), np.array([1.0, 1.0, 1.0]))
    assert solution.value == pytest.approx(0, abs=1e-20)
    np.testing.assert_allclose(solution.x, [2, 2, 2], rtol=1e-9)


@pytest.mark.parametrize(
    ("size", "residuals", "goal", "method"),
    [
        (20, 712, "min", "levenberg-marquardt"),
        (20, 1_000_000, "min", "levenberg-marquardt"),
        (100, 1_000_000, "min", "l-bfgs"),
        (100_000, 712, "min", "l-bfgs"),
        (20, 0, "min", "l-bfgs"),
        (20, 712, "max", "l-bfgs"),
        (20, 0, "value=3", "levenberg-marquardt"),
        (100_000, 0, "value=3", "l-bfgs"),
    ],
)
def test_auto_chooses_by_structure_and_size(size, residuals, goal, method):
    objective = Scalar(lambda X: (X * 1e-300).sum(1), size)
    objective.has_residuals, objective.residual_count = residuals > 0, residuals
    objective.normal_equations = lambda X: (X[:, 0], X, X.unsqueeze(2) * X.unsqueeze(1))
    objective.residuals_and_jacobian = lambda X: (X.new_zeros(1, residuals), X.new_zeros(1, residuals, size))
    solution = optimize(objective, np.zeros(size), goal, steps=0)
    assert solution.method == method
    assert solution.reason


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "newton"}, "no method is called 'newton'"),
        ({"goal": "best"}, "no goal is called 'best'"),
        ({"goal": "value=high"}, "no goal is called 'value=high'"),
        ({"rate": -1.0}, "learning rate of -1.0"),
        ({"rate": 0.1, "method": "lm"}, "sets its own steps"),
        ({"method": "lm"}, "sum or mean of squares"),
        ({"steps": -1}, "-1 steps"),
        ({"starts": 0}, "0 starts"),
        ({"starts": 2, "how": "sobol"}, "sobol"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_words(options, words):
    with pytest.raises(ArgumentError, match=words):
        optimize(Scalar(rosenbrock, 2), np.zeros(2), **options)


@pytest.mark.parametrize("name", ["MGH17", "ENSO"])
def test_a_batch_ends_where_its_starts_end_alone(name):
    """Starts share nothing but the batch: the same path alone and among others, up to the order of sums."""
    entry = nist_models.datasets()[name]
    objective = nist_models.objective(entry)
    batch = optimize(objective, np.array(entry["start2"]), starts=4, seed=3, how="near")
    alone = optimize(objective, np.array(entry["start2"]))
    assert batch.starts[0].value == pytest.approx(alone.value, rel=1e-9)
    assert batch.value <= alone.value * (1 + 1e-9)
    assert batch.starts[0].status in (Status.OPTIMAL, Status.CONVERGED)
