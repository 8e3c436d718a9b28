"""Where starts are drawn, and that a seed fixes the answer."""

import numpy as np
import pytest
import torch
from tests.optimize.objectives import Scalar

from cellgrad.optimize import optimize
from cellgrad.optimize.starts import cell_scales, make_starts


@pytest.mark.parametrize(
    ("own", "scales"),
    [
        ([0.3, -0.5, 0.01], [0.5, 0.5, 0.5]),  # RAND()-0.5: one kind
        ([500.0, 1e-4], [500.0, 1e-4]),  # two kinds, far apart
        ([1e5, 0.0, 1e-3], [1e5, 1e5, 1e-3]),  # a zero takes the largest
        ([0.0, 0.0], [1.0, 1.0]),
        ([1.0, 50.0, 2000.0, 1e7], [2000.0, 2000.0, 2000.0, 1e7]),  # a chain of neighbours is one kind
        ([-3.0], [3.0]),
    ],
)
def test_scales_follow_the_own_start(own, scales):
    np.testing.assert_array_equal(cell_scales(np.array(own)), scales)


@pytest.mark.parametrize("how", ["uniform", "near"])
def test_the_first_start_is_the_callers_own(how):
    own = torch.tensor([0.25, -1e5], dtype=torch.float64)
    starts = make_starts(own, 1000, seed=3, how=how)
    assert starts.shape == (1000, 2)
    assert torch.equal(starts[0], own)
    centre = own if how == "near" else torch.zeros_like(own)
    spread = ((starts - centre) / own.abs())[1:]
    assert spread.abs().max() <= 1
    assert spread.abs().max() > 0.99
    assert spread.mean(0).abs().max() < 0.06
    assert torch.equal(starts, make_starts(own, 1000, seed=3, how=how))
    assert not torch.equal(starts[1:], make_starts(own, 1000, seed=4, how=how)[1:])


def test_the_same_seed_gives_the_same_answer_to_the_last_bit():
    waves = Scalar(lambda X: (X.square() / 50 + torch.sin(3 * X)).sum(1), 3)
    first, second = (optimize(waves, np.array([4.0, 3.0, -4.0]), starts=20, seed=7) for _ in range(2))
    np.testing.assert_array_equal(first.x, second.x)
    assert first.history == second.history
    assert first.starts == second.starts
    assert first.value < optimize(waves, np.array([4.0, 3.0, -4.0])).value


def test_every_start_is_accounted_for():
    waves = Scalar(lambda X: (X.square() / 50 + torch.sin(3 * X)).sum(1), 2)
    solution = optimize(waves, np.array([4.0, 3.0]), starts=12, seed=0)
    assert len(solution.starts) == 12
    assert solution.value == min(outcome.value for outcome in solution.starts)
    assert solution.starts[solution.best_start].value == solution.value
    assert all(outcome.status.found for outcome in solution.starts)
