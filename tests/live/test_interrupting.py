"""Excel's Esc key after a run: its macros have bound it, Python gives it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import xlwings as xw

from cellgrad.hosts.live.interrupting import RELEASE, ExcelEscape


class Program:
    """As much of an `xlwings.App` as the key needs."""

    def __init__(self, error: Exception | None = None) -> None:
        self.ran: list[str] = []
        self._error = error

    def macro(self, name: str) -> Callable[[], None]:
        def run() -> None:
            self.ran.append(name)
            if self._error is not None:
                raise self._error

        return run


@pytest.mark.parametrize("error", [None, xw.XlwingsError("there is no such macro")])
def test_the_key_is_given_back_at_the_end_where_there_is_an_add_in(error: Exception | None) -> None:
    program = Program(error)
    with ExcelEscape(program):  # type: ignore[arg-type]
        assert program.ran == []
    assert program.ran == [RELEASE]


def test_the_key_is_given_back_after_an_error() -> None:
    program = Program()
    with pytest.raises(KeyError), ExcelEscape(program):  # type: ignore[arg-type]
        raise KeyError
    assert program.ran == [RELEASE]
