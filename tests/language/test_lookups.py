"""Lookups over blocks against the per-cell reference, in value; and against central differences, in gradient.

The reference is the authority. Gradients flow to the entries picked; keys and places are flat.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from tests.language.agreement import assert_blocks_agree, assert_model_agrees
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.program.compiling import compile_model
from cellgrad.reference import Reference
from cellgrad.values import Value

TABLE: dict[str, Value] = {
    **{f"A{r}": v for r, v in enumerate(["ash", "Birch", "elm", "fir", "oak", "pine", "yew", "zelkova"], 1)},
    **{f"B{r}": float(v) for r, v in enumerate([1, 3, 4, 7, 8, 9, 12, 20], 1)},
    **{f"C{r}": float(v) for r, v in enumerate([0.5, -1.5, 2.0, 0.25, 3.0, -0.75, 1.0, 0.1], 1)},
    **{f"D{r}": float(v) for r, v in enumerate([20, 12, 9, 8, 7, 4, 3, 1], 1)},
    "E1": "OAK", "E2": "b*h", "E3": "?ir", "E4": "missing", "E5": "ash", "E6": 7.0, "E7": None, "E8": True,
    "F1": 1.0, "F2": 3.5, "F3": 0.5, "F4": 20.0, "F5": 99.0, "F6": 8.0, "F7": 12.0, "F8": 6.9,
}  # fmt: skip

LOOKUPS = [
    ("exact text", "=VLOOKUP(E1,$A$1:$C$8,3,FALSE)"),
    ("exact number", "=VLOOKUP(F1,$B$1:$C$8,2,0)"),
    ("nearest number", "=VLOOKUP(F1,$B$1:$C$8,2)"),
    ("nearest text", "=VLOOKUP(E1,$A$1:$C$8,3,TRUE)"),
    ("a column that varies", "=VLOOKUP(F1,$B$1:$C$8,1+MOD(ROW(),2),0)"),
    ("whole columns", "=IFERROR(VLOOKUP(F1,B:C,2,FALSE),-1)"),
    ("match exact", "=MATCH(F1,$B$1:$B$8,0)"),
    ("match rising", "=MATCH(F1,$B$1:$B$8)"),
    ("match falling", "=MATCH(F1,$D$1:$D$8,-1)"),
    ("match in its own row", "=MATCH(MAX(B1:D1),B1:D1,0)"),
    ("index and match", "=INDEX($C$1:$C$8,MATCH(E1,$A$1:$A$8,0))"),
    ("index in two directions", "=INDEX($B$1:$D$8,MATCH(F1,$B$1:$B$8,1),1+MOD(ROW(),3))"),
    ("lookup", "=LOOKUP(F1,$B$1:$B$8,$C$1:$C$8)"),
    ("lookup in a table", "=LOOKUP(F1,$B$1:$C$8)"),
    ("xlookup", "=XLOOKUP(E1,$A$1:$A$8,$C$1:$C$8,-7)"),
    ("xlookup next smaller", "=XLOOKUP(F1,$D$1:$D$8,$C$1:$C$8,,-1)"),
    ("xlookup next larger", "=XLOOKUP(F1,$D$1:$D$8,$C$1:$C$8,0,1)"),
    ("xlookup from the last", "=XLOOKUP(F1,$D$1:$D$8,$C$1:$C$8,,0,-1)"),
    ("xlookup wildcard", '=XLOOKUP(E1,$A$1:$A$8,$C$1:$C$8,"none",2)'),
    ("xlookup of rows", "=SUM(XLOOKUP(F1,$B$1:$B$8,$B$1:$D$8,0,-1))"),
    ("xmatch", "=XMATCH(F1,$D$1:$D$8,1)"),
    ("nothing found caught", "=IFERROR(MATCH(E1,$A$1:$A$8,0),0)"),
]


@pytest.mark.parametrize(("name", "formula"), LOOKUPS, ids=[name for name, _ in LOOKUPS])
def test_blocks_look_up_as_the_reference_does(name: str, formula: str) -> None:
    assert_blocks_agree(book_of({"Sheet1": {**TABLE, "G1:G8": formula}}))


# name, {range: formula}, changing cells
LIVE = [
    ("a live result", {"G1:G8": "=VLOOKUP(F1,$B$1:$C$8,2)^2", "H1": "=SUM(IFERROR(G1,1),G2,G4,G5)"}, "C1:C8"),
    ("a live result by text", {"G1": "=VLOOKUP(E1,$A$1:$C$8,3,FALSE)", "H1": "=G1^3"}, "C1:C8"),
    ("a live line", {"H1": "=INDEX($C$1:$C$8,MATCH(8.5,$B$1:$B$8))*VLOOKUP(3.5,B1:C8,1)"}, "B1:B8"),
    ("a live key", {"H1": "=VLOOKUP(F2,B1:C8,2)*F2"}, "F2"),
    ("a live key in falling order", {"H1": "=INDEX(C1:C8,MATCH(F2,D1:D8,-1))*F2"}, "F2"),
    ("a live key and a live result", {"H1": "=LOOKUP(F2,B1:B8,C1:C8)*F2"}, "F2,C1:C8"),
    ("live keys of a block", {"G1:G4": "=XLOOKUP(F1,$B$1:$B$8,$C$1:$C$8,0.5,1)*F1", "H1": "=SUM(G1:G4)"}, "F1:F4"),
    ("the place of the largest", {"G1:G8": "=INDEX(B1:D1,MATCH(MAX(B1:D1),B1:D1,0))", "H1": "=SUMSQ(G1:G8)"}, "B1:D8"),
    ("a live position", {"H1": "=INDEX(C1:C8,F2)*F2"}, "F2,C1:C8"),
    ("rows found", {"H1": "=SUMSQ(XLOOKUP(8,B1:B8,B1:D8))"}, "C1:D8"),
    ("a default that is live", {"H1": "=XLOOKUP(100,B1:B8,C1:C8,F2^2)"}, "F2"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "formulas", "changing"), LIVE, ids=[name for name, *_ in LIVE])
def test_the_gradient_flows_to_what_is_picked(name: str, formulas: dict[str, str], changing: str) -> None:
    assert_model_agrees(book_of({"Sheet1": {**TABLE, **formulas}}), "H1", changing)


def test_a_hundred_thousand_lookups_in_a_hundred_thousand_rows_take_seconds() -> None:
    size = 100_000
    rng = np.random.default_rng(1)
    keys = rng.permutation(size).astype(float)
    cells: dict[str, Value] = {f"A{r + 1}": keys[r] for r in range(size)}
    cells |= {f"B{r + 1}": float(r) for r in range(size)}
    cells |= {f"D{r + 1}": float(r) for r in range(size)}
    book = book_of(
        {"Sheet1": {**cells, f"E1:E{size}": f"=VLOOKUP(D1,$A$1:$B${size},2,FALSE)", "F1": f"=SUM(E1:E{size})"}}
    )
    started = time.perf_counter()
    model = compile_model(Dependence(book), parse_region("F1", "Sheet1"), [parse_region("B1:B10", "Sheet1")])
    assert model.function.value(torch.from_numpy(model.x0)[None]).item() == sum(range(size))
    blocks = time.perf_counter() - started
    started = time.perf_counter()
    reference = Reference(book)
    assert reference.value("Sheet1", 0, 5) == sum(range(size))
    assert blocks < 10, "whole blocks"
    assert time.perf_counter() - started < 60, "cell by cell"
