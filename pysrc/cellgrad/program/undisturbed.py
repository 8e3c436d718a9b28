"""Compiling without what the machine does beside it, which takes longer than the work itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cellgrad.tensors.unswept import unswept


@contextmanager
def undisturbed() -> Iterator[None]:
    """One thread, and no search for garbage: around compiling and recalculating.

    Data is folded by operations that run once each: a second thread that is waited for takes longer than it saves, on
    a busy machine several times longer. Functions may be decorated with it, and nest.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with unswept():
            yield
    finally:
        torch.set_num_threads(threads)
