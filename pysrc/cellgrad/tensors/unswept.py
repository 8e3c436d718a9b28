"""Building expressions without looking for garbage among them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unswept() -> Iterator[None]:
    """No search for garbage meanwhile: next to nothing that is made is garbage, and to look through a million new
    objects again and again takes a third of the time. Functions may be decorated with it, and nest."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()
