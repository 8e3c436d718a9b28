"""Small searches hold every library to one thread, and give back what there was."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
import scipy.linalg  # noqa: F401 - loads the linear algebra of its own
import torch
from tests.optimize.objectives import TitanicNet
from threadpoolctl import ThreadpoolController

from cellgrad.optimize import problem as problem_module
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.threads import MANY_ELEMENTS, side_by_side, threads_for


def counts() -> list[int]:
    """Of torch, and of each library of linear algebra that is loaded."""
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    assert libraries
    return [torch.get_num_threads(), *(library.num_threads for library in libraries)]


@pytest.fixture
def two_threads() -> Iterator[None]:
    """Two of each library while a test runs, whatever the machine has."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("elements", "inside"), [(10, 1), (MANY_ELEMENTS - 1, 1), (MANY_ELEMENTS, 2)])
def test_small_work_has_one_thread(two_threads: None, elements: int, inside: int) -> None:
    with threads_for(elements):
        assert counts() == [inside] * len(counts())
    assert counts() == [2] * len(counts())


def test_an_exception_gives_the_threads_back(two_threads: None) -> None:
    with pytest.raises(ZeroDivisionError), threads_for(1):
        _ = 1 / 0
    assert counts() == [2] * len(counts())


@pytest.mark.parametrize(("elements", "at_once"), [(10, 2), (MANY_ELEMENTS, 1)])
def test_parts_of_a_batch_share_the_threads_that_small_work_leaves(
    two_threads: None, elements: int, at_once: int
) -> None:
    """Two parts that wait for each other can only end where both run."""
    together = threading.Barrier(at_once, timeout=20)

    def evaluate(part: torch.Tensor) -> float:
        together.wait()
        return float(part.sum())

    with threads_for(elements):
        assert side_by_side(evaluate, torch.arange(4.0).split(2)) == [1.0, 5.0]


def test_an_exception_in_a_part_is_raised(two_threads: None) -> None:
    with threads_for(1), pytest.raises(ZeroDivisionError):
        side_by_side(lambda part: 1 / int(part[0]), torch.arange(2).split(1))


@pytest.mark.parametrize("starts", [2, 7, 64])
@pytest.mark.parametrize("room", [1, 10_000, 2**30])
def test_a_batch_in_parts_is_the_whole_batch(
    two_threads: None, monkeypatch: pytest.MonkeyPatch, starts: int, room: int
) -> None:
    random = np.random.default_rng(starts)
    x, y = torch.as_tensor(random.normal(size=(200, 10))), torch.as_tensor(random.random(200).round())
    net = TitanicNet(x, y)
    X = torch.as_tensor(random.uniform(-0.5, 0.5, (starts, net.size)))
    monkeypatch.setattr(problem_module, "PART_ELEMENTS", room)
    problem = Problem(net)
    with threads_for(1):
        f, half, normal = problem.normal_equations(X)
        value, gradient = problem.value_and_gradient(X)
        merits = problem.value(X)
    residuals, jacobian = net.residuals_and_jacobian(X)
    assert problem.evaluations == 3 * starts
    for found, expected in (
        (f, net.value(X)), (value, net.value(X)), (merits, net.value(X)), (gradient, 2 * half),
        (half, torch.einsum("kmn,km->kn", jacobian, residuals)),
        (normal, torch.einsum("kmi,kmj->kij", jacobian, jacobian)),
    ):  # fmt: skip
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
