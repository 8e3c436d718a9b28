"""Python looks for garbage again afterwards, whatever happened meanwhile."""

from __future__ import annotations

import gc

import pytest

from cellgrad.tensors.unswept import unswept


def test_garbage_is_looked_for_again_after_the_outermost() -> None:
    with unswept():
        with unswept():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_and_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), unswept():
        _ = 1 / 0
    assert gc.isenabled()


def test_who_has_switched_it_off_keeps_it_off() -> None:
    gc.disable()
    try:
        with unswept():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
