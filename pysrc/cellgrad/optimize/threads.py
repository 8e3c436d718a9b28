"""How many threads torch and the linear algebra under numpy and scipy work with."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import torch

MANY_ELEMENTS = 2**19
"""Starts x elements of an evaluation from which on torch's operations are worth several threads."""
NAMES = [f"{prefix}openblas_{{}}_num_threads{suffix}" for prefix in ("scipy_", "") for suffix in ("64_", "")]
"""What the wheels of numpy and scipy call OpenBLAS's functions, with ``get`` or ``set`` put in."""


class Threads(NamedTuple):
    """The number of threads of one library: how to ask for it and how to set it."""

    get: Callable[[], int]
    set: Callable[[int], object]


@contextmanager
def threads_for(elements: int) -> Iterator[None]:
    """One thread while every operation is small: waiting for a second costs more than it brings, on a busy machine
    ten times more."""
    libraries = [Threads(torch.get_num_threads, torch.set_num_threads), *linear_algebra()]
    before = [library.get() for library in libraries]
    if elements < MANY_ELEMENTS:
        for library in libraries:
            library.set(1)
    try:
        yield
    finally:
        for library, count in zip(libraries, before, strict=True):
            library.set(count)


@functools.cache
def linear_algebra() -> tuple[Threads, ...]:
    """The OpenBLAS libraries that lie beside numpy and scipy, each has its own; none where another library does it.

    Loading a library that Python has loaded, or will load, gives that very one.
    """
    return tuple(threads for path in _libraries() if (threads := _of_library(path)) is not None)


def _libraries() -> Iterator[Path]:
    for package in ("numpy", "scipy"):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            home = Path(spec.origin).parent
            for folder in (home.parent / f"{package}.libs", home / ".dylibs"):
                yield from sorted(folder.glob("*openblas*"))


def _of_library(path: Path) -> Threads | None:
    try:
        library = ctypes.CDLL(str(path))
    except OSError:  # for another kind of machine
        return None
    for name in NAMES:
        if hasattr(library, name.format("set")):
            return Threads(getattr(library, name.format("get")), getattr(library, name.format("set")))
    return None
