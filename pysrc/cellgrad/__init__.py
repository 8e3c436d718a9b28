"""Gradient descent for the spreadsheet people already have.

import cellgrad

book = cellgrad.open("titanic.xlsx")
model = book.model("linear")
solution = model.optimize()
book.write("titanic-optimized.xlsx")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["__version__", "open"]
__version__ = "0.1.0"

if TYPE_CHECKING:
    from cellgrad.session import open_book as open


def __getattr__(name: str) -> Any:
    # torch and pandas take a second to import: nothing pays for them before a workbook is opened.
    if name == "open":
        import cellgrad.session

        return cellgrad.session.open_book
    raise AttributeError(f"module 'cellgrad' has no attribute {name!r}")
