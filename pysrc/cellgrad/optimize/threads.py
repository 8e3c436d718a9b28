"""How many threads torch and the linear algebra under numpy and scipy work with, and who has them.

One large evaluation is shared by all threads, operation by operation. A small one is not worth sharing: each start then
has one thread, and a batch of starts is dealt to the threads in parts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

import torch
from threadpoolctl import LibController, ThreadpoolController
from torch import Tensor

T = TypeVar("T")

MANY_ELEMENTS = 2**19
"""Elements of an evaluation from which on torch's operations are worth several threads."""

_free_threads = 1
"""How many parts of a batch may be evaluated at once now."""
_held_with = 0
"""How many modules were loaded when all was held to one thread; 0 while nothing is."""


@contextmanager
def threads_for(elements: int) -> Iterator[None]:
    """One thread an operation while every one is small: waiting for a second costs more than it brings, on a busy
    machine ten times more; the others serve `side_by_side` meanwhile. Holds what is loaded by now: who loads scipy
    inside asks again.

    elements: numbers computed by one evaluation of one start."""
    global _free_threads, _held_with
    if elements >= MANY_ELEMENTS or _held_with == len(sys.modules):
        yield
        return
    before, free = torch.get_num_threads(), _free_threads
    if before != 1:
        torch.set_num_threads(1)
    limited = [(one, count) for one in _linear_algebra(len(sys.modules)) if (count := one.get_num_threads()) != 1]
    for library, _ in limited:
        library.set_num_threads(1)
    _free_threads = max(free, before)
    held, _held_with = _held_with, len(sys.modules)
    try:
        yield
    finally:
        _free_threads, _held_with = free, held
        for library, count in limited:
            library.set_num_threads(count)
        if before != 1:
            torch.set_num_threads(before)


def side_by_side(evaluate: Callable[[Tensor], T], parts: Sequence[Tensor]) -> list[T]:
    """What `evaluate` returns for each part, in their order; several at once where threads are free."""
    if _free_threads == 1 or len(parts) == 1:
        return [evaluate(part) for part in parts]
    return list(_pool(_free_threads).map(evaluate, parts))


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "cellgrad-starts")


@lru_cache(maxsize=1)
def _linear_algebra(modules: int) -> tuple[LibController, ...]:
    """The libraries loaded by now. Looking for them takes longer than a small search: done again only after imports.

    modules: how many are imported."""
    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)
