"""Each stage in words: blocks with their relative formulas, then the program they become.

For the sheets of the shipped workbook, and for shapes that it lacks.

The committed files are what a reader sees of the compiler. After a deliberate change, delete them and run this test
twice: the first run writes them anew, and fails to say so.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.sheets import book_of

import cellgrad
from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.formula.printing import to_relative
from cellgrad.program.compiling import Compiled, compile_model
from cellgrad.values import Value

GOLDEN = Path(__file__).parent / "golden"
WORKBOOK = Path(__file__).parents[2] / "workbooks" / "titanic.xlsx"


@pytest.mark.parametrize("sheet", ["linear", "nnet", "mmult"])
def test_the_stages_of_compiling(sheet: str) -> None:
    model = cellgrad.open(WORKBOOK).model(sheet)
    _compare(sheet, model.compiled)


# name, formulas, objective, changing cells
SHAPES = [
    (
        "amortisation",
        {
            "A1": 0.005, "A2": 900.0, "D1": 100_000.0,
            "B2:B361": "=D1*$A$1", "C2:C361": "=$A$2-B2", "D2:D361": "=D1-C2", "F1": "=D361^2",
        },
        "F1", "A1:A2",
    ),
    (
        "least path",
        {"A1:A5": 1.0, "B1:E1": 2.0, "B2:E5": "=MIN(B1,A2)+$G2*$H$1", "G2:G5": 0.5, "H1": 3.0, "F1": "=E5"},
        "F1", "A2:A5,H1",
    ),
    (
        "running total",
        {"A1:A9": 0.5, "B1:B9": "=SUM(A$1:A1)", "C1:C9": "=MAX(B1:B$9)", "F1": "=SUMSQ(C1:C9)"},
        "F1", "A1:A9",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cells", "objective", "changing"), SHAPES, ids=[row[0] for row in SHAPES])
def test_the_stages_of_compiling_shapes(name: str, cells: dict[str, Value], objective: str, changing: str) -> None:
    areas = [parse_region(area, "Sheet") for area in changing.split(",")]
    book = book_of({"Sheet": cells})
    _compare(name.replace(" ", "_"), compile_model(Dependence(book), parse_region(objective, "Sheet"), areas))


def _compare(name: str, compiled: Compiled) -> None:
    dependence = compiled.lowering.dependence
    lines = [f"{name}: {compiled.objective} by {', '.join(map(str, compiled.areas))}", "", "blocks, precedents first"]
    for block in compiled.order:
        role = "live" if compiled.is_live(block) else "data"
        words = dependence.in_words(block.region)[0]
        shape = f"  ({words})" if words else ""
        lines.append(f"  {role}  {block.region}  ={to_relative(dependence.tree(block))}{shape}")
    lines += ["", "value and gradient", *("  " + line for line in compiled.function.listing().splitlines()), ""]
    text, file = "\n".join(lines), GOLDEN / f"{name}.txt"
    if not file.exists():
        file.write_text(text)
        pytest.fail(f"{file.name} was missing and has been written: look at it, then run again")
    assert text == file.read_text()
