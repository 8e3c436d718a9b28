"""Where one search ends, for every model saved in the lesson workbooks: what the index quotes.

One start, the sheet's own, so that a fast machine finds no other answer than a slow one. It reads the workbooks as they
are: build first, then train this, then build the index.
"""

from __future__ import annotations

from pathlib import Path

from cellgrad.lessons.index.contents import FILES, TRAINED
from cellgrad.lessons.training import Results
from cellgrad.session import open_book


def train(data: Path) -> Results:
    """Workbook -> sheet -> {changing: how many cells, before, after: the objective}, of the workbooks beside `data`.

    Raises FileError where one is missing.
    """
    found: Results = {}
    for name in FILES:
        book = open_book(data.parent / name)
        for sheet in book.saved:
            if (name, sheet) not in TRAINED:
                model = book.model(sheet)
                solution = model.optimize(starts=1)
                entry = {"changing": len(model.x0), "before": solution.start_value, "after": round(solution.value, 12)}
                found.setdefault(name, {})[sheet] = entry
    return found
