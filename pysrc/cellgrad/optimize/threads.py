"""How many threads torch works with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

MANY_ELEMENTS = 2**19
"""Starts x elements of an evaluation from which on torch's operations are worth several threads."""


@contextmanager
def threads_for(elements: int) -> Iterator[None]:
    """One thread while every operation is small: waiting for a second costs more than it brings, on a busy machine
    ten times more."""
    before = torch.get_num_threads()
    if elements < MANY_ELEMENTS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
