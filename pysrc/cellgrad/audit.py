"""Auditing a workbook: every formula cell recomputed, and compared with what the file holds or LibreOffice computes."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cellgrad.address import Region, full_name, parse_region
from cellgrad.answers import plain
from cellgrad.blocks.block import Block
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import ArgumentError, CellgradError, FileError, FormulaError
from cellgrad.formula.tree import Call, walk
from cellgrad.functions.registry import FUNCTIONS
from cellgrad.graph.precedents import only_the_file_knows
from cellgrad.hosts import package
from cellgrad.program.recalculate import recalculate
from cellgrad.values import Kind, Value
from cellgrad.workbook import Workbook, decode

TOLERANCE = 1e-9
TINY = 1e-15
"""Numbers closer than this agree whatever their size: what is left where terms cancel."""
SECONDS = 600
"""How long LibreOffice may take over one file."""

FAILABLE = ("mismatched", "unsupported", "no_cached_value", "volatile", "errors")


@dataclass(frozen=True)
class Mismatch:
    """A formula cell whose recomputed value differs from the one compared with."""

    cell: str
    formula: str
    cached: Value
    computed: Value


@dataclass(frozen=True)
class Failed:
    """Formula cells that could not be evaluated, and the error, which names the cell where it begins."""

    region: Region
    error: CellgradError


@dataclass
class Audit:
    """What an audit found. Every formula cell is in exactly one bucket.

    formulas: all formula cells. matched, mismatched: recomputed, and equal or not. unsupported: not evaluated for want
    of a function, by its name. no_cached_value: evaluated, with nothing to compare with. volatile: cells whose value
    only the file holds (chance, a clock, another workbook) and all that depend on them, not compared. errors: not
    evaluated for any other reason; `failed` says why, region by region. error_values: cells that show an error.
    """

    file: str
    against: str
    formulas: int = 0
    matched: int = 0
    mismatched: list[Mismatch] = field(default_factory=list)
    unsupported: Counter[str] = field(default_factory=Counter)
    no_cached_value: int = 0
    volatile: int = 0
    errors: int = 0
    error_values: int = 0
    failed: list[Failed] = field(default_factory=list)

    def answer(self) -> dict[str, Any]:
        """As JSON: the fields of the command line's contract, and a few more."""
        found = {name: getattr(self, name) for name in ("file", "against", "formulas", "matched")}
        found["mismatched"] = [
            {"cell": m.cell, "formula": m.formula, "cached": plain(m.cached), "computed": plain(m.computed)}
            for m in self.mismatched
        ]
        found["unsupported"] = dict(sorted(self.unsupported.items()))
        found |= {name: getattr(self, name) for name in ("no_cached_value", "volatile", "errors", "error_values")}
        found["failed"] = [
            {"cells": str(f.region), "cell": f.error.cell, "formula": f.error.formula, "cause": f.error.cause}
            for f in self.failed
        ]
        return found


def audit(path: str | Path, tolerance: float = TOLERANCE, against: str = "file") -> Audit:
    """Recompute every formula cell of a workbook and compare.

    tolerance: relative, for numbers; everything else must be equal. against: ``file``, the values stored with the
    formulas, or ``libreoffice``, what LibreOffice computes now. Raises FileError for a file that cannot be read,
    ArgumentError where LibreOffice is asked for and not installed.
    """
    path = Path(path)
    book = package.read(path)
    other = book if against == "file" else computed_by_libreoffice(path)
    found = Audit(str(path), against)
    dependence = Dependence(book)
    blocks = dependence.all_blocks()
    result = recalculate(dependence, blocks, {})
    volatile = _volatile(dependence)
    for block in dict.fromkeys(part for root in blocks for part in dependence.touching(root.region)):
        size = block.region.size
        found.formulas += size
        if block not in result.blocks:
            failures = (error for failed, error in result.failures.items() if failed.region.intersect(block.region))
            _file_failure(found, dependence, block, result.failures.get(block) or next(failures))
        elif block in volatile:
            found.volatile += size
        else:
            _compare(found, dependence, block, *result.blocks[block], other, tolerance)
    return found


def _volatile(dependence: Dependence) -> set[Block]:
    """Blocks whose value only the file holds, and everything that depends on them."""
    frozen = [block for block in dependence.all_blocks() if _frozen(dependence, block)]
    return {*frozen, *dependence.dependents([block.region for block in frozen])} if frozen else set()


def _frozen(dependence: Dependence, block: Block) -> bool:
    try:
        return only_the_file_knows(dependence.tree(block))
    except FormulaError:
        return False


def _file_failure(found: Audit, dependence: Dependence, block: Block, error: CellgradError) -> None:
    lacking = next(_lacking(dependence, block), None) or next(
        (name for origin in _origin(dependence, error) for name in _lacking(dependence, origin)), None
    )
    if lacking is None:
        found.errors += block.region.size
    else:
        found.unsupported[lacking] += block.region.size
    found.failed.append(Failed(block.region, error))


def _origin(dependence: Dependence, error: CellgradError) -> list[Block]:
    """The block of the cell that an error names."""
    if error.cell is None:
        return []
    return dependence.touching(parse_region(error.cell, ""))


def _lacking(dependence: Dependence, block: Block) -> Iterator[str]:
    """The functions of a block's formula that are not in the registry."""
    try:
        for node in walk(dependence.tree(block)):
            if isinstance(node, Call) and node.function not in FUNCTIONS:
                yield node.function
    except FormulaError:
        return


def _compare(
    found: Audit,
    dependence: Dependence,
    block: Block,
    kinds: np.ndarray,
    data: np.ndarray,
    other: Workbook,
    tolerance: float,
) -> None:
    r, strings = block.region, dependence.book.strings
    found.error_values += int((kinds == Kind.ERROR).sum())
    theirs, values, _ = other.sheet(r.sheet).cells.dense(r.top, r.left, r.bottom, r.right)
    blank = theirs == Kind.BLANK
    size = np.maximum(np.abs(data), np.abs(values))
    same = (kinds == theirs) & (np.abs(data - values) <= np.where(kinds == Kind.NUMBER, tolerance * size + TINY, 0))
    if other is not dependence.book:  # texts are numbered workbook by workbook
        for row, column in np.argwhere((kinds == Kind.TEXT) & (theirs == Kind.TEXT)).tolist():
            same[row, column] = strings[int(data[row, column])] == other.strings[int(values[row, column])]
    found.no_cached_value += int(blank.sum())
    found.matched += int((same & ~blank).sum())
    for row, column in np.argwhere(~same & ~blank).tolist():
        at = r.top + row, r.left + column
        found.mismatched.append(
            Mismatch(
                full_name(r.sheet, *at),
                dependence.text_at(block, *at),
                decode(int(theirs[row, column]), float(values[row, column]), other.strings),
                decode(int(kinds[row, column]), float(data[row, column]), strings),
            )
        )


# ---- LibreOffice as the second opinion -------------------------------------------------------------------------------

_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse">
<value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>3</value></prop></item>
</oor:items>"""
"""Recalculate everything on load, whatever values the file holds; follow no links, run no macros."""


def computed_by_libreoffice(path: Path) -> Workbook:
    """The workbook with the values that LibreOffice computes, in a profile of its own that is thrown away.

    Raises ArgumentError where there is no LibreOffice, FileError where it cannot open the file.
    """
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        raise ArgumentError(
            "LibreOffice is not installed: no soffice is on the PATH", action="install LibreOffice Calc"
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        profile, out = folder / "profile", folder / "out"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS)
        source = folder / f"workbook{path.suffix.lower()}"
        shutil.copyfile(path, source)
        command = [soffice, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
        try:
            ran = subprocess.run(
                [*command, "--convert-to", "xlsx", "--outdir", str(out), str(source)],
                capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise FileError(
                f"LibreOffice took more than {SECONDS} s over '{path}'", action="audit it against the file instead"
            ) from error
        converted = out / "workbook.xlsx"
        if not converted.exists():
            said = " ".join((ran.stderr or ran.stdout).split())[-200:]
            raise FileError(f"LibreOffice cannot open '{path}' ({said})", action="open it there by hand to see why")
        return package.read(converted)
