"""A live sheet in LibreOffice Calc, against what Calc itself takes for the same cells."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from tests.benchmarks.figures import Figure, compare
from tests.benchmarks.setting import Setting

NAME = "live"
MOST_OF_CALC = 1.5
"""A snapshot may take so much of Calc's own time: a third of it is then ours."""
FAR = 100_000
"""More rows than these Calc does not open in a time that one waits for."""


def absent() -> str:
    """Why nothing can be measured here; empty where there is a LibreOffice."""
    return "" if shutil.which("soffice") else "no soffice on the PATH: install LibreOffice"


def figures(setting: Setting) -> Iterator[Figure]:
    """Reading and writing an open workbook in Calc; beside it the bare calls that Calc cannot be spared."""
    for rows in setting.rows:
        if rows > FAR:
            continue
        path = setting.workbook(rows, formulas="rowwise")  # or Calc's own quadratic time hides ours
        taken = setting.measure("live_sheet", path=str(path), rounds=setting.rounds(3))
        name, many = f"{rows:,} x 27", taken["many"]
        yield compare(
            NAME, f"{name}: snapshot", taken["snapshot"], "two bulk calls", taken["bare_read"],
            target=MOST_OF_CALC if rows == FAR else None, note=f"ours: {share(taken):.0%}",
        )  # fmt: skip
        bare = "setDataArray and recalculation"
        yield compare(NAME, f"{name}: write 10 cells, undoable", taken["write_10"], bare, taken["bare_write_10"])
        yield compare(
            NAME, f"{name}: the first write into a book", taken["first_write"], bare, taken["bare_write_10"][:1],
            note="what it replaces goes into the document's properties: no sheet is added",
        )  # fmt: skip
        what = f"{name}: write {many:,} cells, undoable"
        yield compare(NAME, what, taken["write_many"], bare, taken["bare_write_many"])
        yield compare(NAME, f"{name}: undo {many:,} cells", taken["undo_many"], bare, taken["bare_write_many"])


def share(taken: dict[str, list[float]]) -> float:
    """The part of the snapshots' time that is not that of the calls they make, over all rounds."""
    return 1 - sum(taken["calls"]) / sum(taken["snapshot"])
