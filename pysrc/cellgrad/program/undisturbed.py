"""Compiling without what the machine does beside it, which takes longer than the work itself."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def undisturbed() -> Iterator[None]:
    """One thread, and no search for garbage: around compiling and recalculating.

    Next to nothing that is made there is garbage, and to look through a million new objects again and again takes a
    third of the time. Data is folded by operations that run once each: a second thread that is waited for takes
    longer than it saves, on a busy machine several times longer. Functions may be decorated with it, and nest.
    """
    collected, threads = gc.isenabled(), torch.get_num_threads()
    gc.disable()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        if collected:
            gc.enable()
