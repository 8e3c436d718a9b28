"""How many threads torch and the linear algebra under numpy and scipy work with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import torch
from threadpoolctl import ThreadpoolController

MANY_ELEMENTS = 2**19
"""Starts x elements of an evaluation from which on torch's operations are worth several threads."""


@contextmanager
def threads_for(elements: int) -> Iterator[None]:
    """One thread while every operation is small: waiting for a second costs more than it brings, on a busy machine
    ten times more. Holds what is loaded by now: who loads scipy inside asks again."""
    if elements >= MANY_ELEMENTS:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with _controller(len(sys.modules)).limit(limits=1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)


@lru_cache(maxsize=1)
def _controller(modules: int) -> ThreadpoolController:
    """The libraries loaded by now. Looking for them takes longer than a small search: done again only after imports.

    modules: how many are imported."""
    return ThreadpoolController()
