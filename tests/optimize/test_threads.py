"""Small searches hold every library to one thread, and give back what there was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import scipy.linalg  # noqa: F401 - loads the linear algebra of its own
import torch
from threadpoolctl import ThreadpoolController

from cellgrad.optimize.threads import MANY_ELEMENTS, threads_for


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
