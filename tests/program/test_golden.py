"""Each stage in words, for the shipped workbook: blocks with their relative formulas, then the program they become.

The committed files are what a reader sees of the compiler. After a deliberate change, delete them and run this test
twice: the first run writes them anew, and fails to say so.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import cellgrad
from cellgrad.formula.printing import to_relative

GOLDEN = Path(__file__).parent / "golden"
WORKBOOK = Path(__file__).parents[2] / "workbooks" / "titanic.xlsx"


@pytest.mark.parametrize("sheet", ["linear", "nnet", "mmult"])
def test_the_stages_of_compiling(sheet: str) -> None:
    model = cellgrad.open(WORKBOOK).model(sheet)
    dependence = model.book.dependence
    lines = [
        f"{sheet}: {model.objective} by {', '.join(map(str, model.compiled.areas))}",
        "",
        "blocks, precedents first",
    ]
    for block in model.compiled.order:
        role = "live" if model.compiled.is_live(block) else "data"
        lines.append(f"  {role}  {block.region}  ={to_relative(dependence.tree(block))}")
    lines += ["", "value and gradient", *("  " + line for line in model.function.listing().splitlines()), ""]
    text, file = "\n".join(lines), GOLDEN / f"{sheet}.txt"
    if not file.exists():
        file.write_text(text)
        pytest.fail(f"{file.name} was missing and has been written: look at it, then run again")
    assert text == file.read_text()
