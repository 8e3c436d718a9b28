"""Small searches hold every library to one thread, and give back what there was."""

from __future__ import annotations

import pytest
import torch

from cellgrad.optimize.threads import MANY_ELEMENTS, linear_algebra, threads_for


def counts() -> list[int]:
    return [torch.get_num_threads(), *(library.get() for library in linear_algebra())]


@pytest.fixture
def two_threads():
    """Two of each library while a test runs, whatever the machine has."""
    before = counts()
    torch.set_num_threads(2)
    for library in linear_algebra():
        library.set(2)
    yield
    torch.set_num_threads(before[0])
    for library, count in zip(linear_algebra(), before[1:], strict=True):
        library.set(count)


@pytest.mark.parametrize(("elements", "inside"), [(10, 1), (MANY_ELEMENTS - 1, 1), (MANY_ELEMENTS, 2)])
def test_small_work_has_one_thread(two_threads, elements, inside):
    with threads_for(elements):
        assert counts() == [inside] * len(counts())
    assert counts() == [2] * len(counts())


def test_an_exception_gives_the_threads_back(two_threads):
    with pytest.raises(ZeroDivisionError), threads_for(1):
        _ = 1 / 0
    assert counts() == [2] * len(counts())
