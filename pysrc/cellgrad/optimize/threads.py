"""How many threads torch and the linear algebra under numpy and scipy work with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
        with ThreadpoolController().limit(limits=1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)
