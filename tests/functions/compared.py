"""What the tables of tests/functions cover: which functions are compared with what, and where LibreOffice differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tests.functions import (
    test_gradients,
    test_libreoffice,
    test_libreoffice_cells,
    test_libreoffice_finance,
    test_libreoffice_lookup,
    test_libreoffice_statistics,
    test_libreoffice_text,
)
from tests.properties import test_differential

_CALLED = re.compile(r"\b[A-Z][A-Z0-9_]*(?:\.[A-Z0-9]+)*(?=\()")


def _called(formulas: Iterable[str]) -> set[str]:
    return {name for formula in formulas for name in _CALLED.findall(formula)}


def _formulas() -> Iterator[str]:
    for cases in (test_libreoffice.all_cases(), test_libreoffice_statistics.all_cases(), test_libreoffice_text.cases()):
        yield from (case.formula for case in cases)
    yield from test_libreoffice_finance.formulas()
    yield from test_libreoffice_lookup.cases()
    yield from test_libreoffice_cells.cases()
    yield from (template for templates in test_differential.OPTIONS.values() for template in templates)


def with_libreoffice() -> set[str]:
    """The functions whose values are compared with LibreOffice's."""
    return _called(_formulas())


def by_slope() -> set[str]:
    """The functions whose compiled gradient is compared with differences of the reference."""
    return _called(formula for formula, _ in test_gradients.cases())


def differences() -> list[tuple[str, str]]:
    """Where LibreOffice is not Excel: what it does, and Microsoft's word for it; each once."""
    tables = (
        test_libreoffice.KNOWN_DIFFERENCES,
        test_libreoffice_finance.KNOWN_DIFFERENCES,
        test_libreoffice_statistics.KNOWN_DIFFERENCES,
        test_libreoffice_text.KNOWN_DIFFERENCES,
        test_libreoffice_cells.KNOWN_DIFFERENCES,
        test_differential.DIFFERENCES,
    )
    return list(dict.fromkeys((one.reason, one.source) for table in tables for one in table))
