"""The committed table of functions is the generated one."""

from __future__ import annotations

from pathlib import Path

from cellgrad.functions.catalogue import markdown


def test_the_table_of_functions_is_not_stale() -> None:
    committed = Path(__file__).parents[2] / "pysrc" / "FUNCTIONS.md"
    assert committed.read_text(encoding="utf-8") == markdown(), (
        "write it anew: python -m cellgrad.functions.catalogue pysrc/FUNCTIONS.md"
    )
