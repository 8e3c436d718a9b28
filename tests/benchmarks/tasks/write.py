"""Saving an optimised workbook against unpacking and packing the same file again with zipfile."""

from __future__ import annotations

import tempfile
import time
import zipfile
from pathlib import Path

from cellgrad.session import open_book


def run(path: str, rounds: int) -> dict:
    """Seconds of both by the clock and by the processor, one number a round; the recalculation belongs to the
    optimisation, not to the save."""
    book = open_book(path)
    for sheet in book.saved:
        book.model(sheet).optimize(steps=5, starts=1)
    book.recalculated()
    taken: dict[str, list[float]] = {"write": [], "rezip": [], "write_processor": [], "rezip_processor": []}
    changes = 0
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds):
            target = Path(folder) / f"written-{turn}.xlsx"
            for name in ("write", "rezip"):
                began, processor = time.perf_counter(), time.process_time()
                if name == "write":
                    changes = len(book.write(target).changes)
                else:
                    rezip(path, Path(folder) / "rezipped.xlsx")
                taken[name].append(time.perf_counter() - began)
                taken[f"{name}_processor"].append(time.process_time() - processor)
            for made in (target, target.with_name(f"{target.name}.undo")):
                made.unlink()
    return taken | {"changes": changes}


def rezip(source: str, target: Path) -> None:
    """Every member read and written again, deflated as spreadsheet programs do."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            with old.open(info) as reader, new.open(info.filename, "w", force_zip64=True) as writer:
                while block := reader.read(1 << 20):
                    writer.write(block)
