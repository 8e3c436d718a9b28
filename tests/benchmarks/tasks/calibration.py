"""What this machine can do at all, in one thread: the measure that laws are told in."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

NUMBERS = 2**23
SIDE = 512
CALLS = 200_000


def run() -> dict[str, float]:
    """Seconds to copy one float64 in memory, for one multiplication with its addition in a product of matrices, and
    for Python to make a small object and keep it; the best of some rounds each."""
    source = np.ones(NUMBERS)
    target = np.empty_like(source)
    square = np.ones((SIDE, SIDE))
    return {
        "copy": _best(lambda: np.copyto(target, source)) / NUMBERS,
        "product": _best(lambda: square @ square) / SIDE**3,
        "object": _best(_objects) / CALLS,
    }


def _objects() -> dict[int, tuple[str, int]]:
    return {number: (str(number), number) for number in range(CALLS)}


def _best(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(7):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return min(taken)
