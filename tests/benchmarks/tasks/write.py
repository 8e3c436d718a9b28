"""Saving an optimised workbook against unpacking and packing the same file again with zipfile."""

from __future__ import annotations

import tempfile
import time
import zipfile
from pathlib import Path

from cellgrad.session import open_book


def run(path: str, rounds: int) -> dict:
    """Seconds of both, one number a round; the recalculation belongs to the optimisation, not to the save."""
    book = open_book(path)
    for sheet in book.saved:
        book.model(sheet).optimize(steps=5)
    book.recalculated()
    taken: dict[str, list[float]] = {"write": [], "rezip": []}
    changes = 0
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds):
            began = time.perf_counter()
            changes = len(book.write(Path(folder) / f"written-{turn}.xlsx").changes)
            taken["write"].append(time.perf_counter() - began)
            began = time.perf_counter()
            rezip(path, Path(folder) / "rezipped.xlsx")
            taken["rezip"].append(time.perf_counter() - began)
    return taken | {"changes": changes}


def rezip(source: str, target: Path) -> None:
    """Every member read and written again, deflated as spreadsheet programs do."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            with old.open(info) as reader, new.open(info.filename, "w", force_zip64=True) as writer:
                while block := reader.read(1 << 20):
                    writer.write(block)
