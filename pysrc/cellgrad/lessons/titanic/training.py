"""What Optimize reaches on the split sheets of the Titanic workbook, for ten splits: written to data/trained."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from cellgrad.lessons.titanic import linear_split, sigmoid
from cellgrad.lessons.titanic.passengers import read_passengers
from cellgrad.lessons.titanic.workbook import build_with
from cellgrad.lessons.training import Results
from cellgrad.session import open_book

SPLITS = range(1, 11)
"""The seeds of the splits; the first is the one the workbook ships with, and none was chosen."""
DIGITS = 9
"""Decimals kept of a loss: fewer than arithmetic and machine could change."""

ROWS = {
    sigmoid.SHEET: {"passengers": 10, sigmoid.CROSS_ENTROPY: 11, sigmoid.SQUARED_ERROR: 12, "predicted right": 13},
    linear_split.SHEET: {"passengers": 7, "squared error": 8, "predicted right": 9},
}
"""Sheet -> what is read there, and its row; training in F, held out in G."""


def nothing_yet() -> Results:
    """Results of the right shape, to build a first workbook with."""
    found: Results = {sheet: {word: [0, 0] for word in rows} for sheet, rows in ROWS.items()}
    found[sigmoid.SHEET] |= {"linear model, right": [0, 0], "loss": 0}
    found[linear_split.SHEET] |= {"loss": 0}
    return found | {"splits": [{"seed": 0, "held out": 1, "linear": 0, "net": 0}], "whole": {}}


def train(data: Path) -> Results:
    """Optimise `sigmoid` and `linear_split` for each split by the workbook's own formulas, and the three models of all
    passengers once.

    Answers {sheet: {"loss": the objective, row of the results: [training, held out]}, "splits": [{"seed", "held out",
    "linear", "net"}: passengers, and how many of them each model predicts right], "whole": {sheet: [loss before,
    after]}}.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shipped = build_with(read_passengers(data / "titanic.csv"), nothing_yet(), folder / "titanic.xlsx")
        found = [_one_split(shipped, seed, folder) for seed in SPLITS]
        results: Results = {sheet: found[0][sheet] for sheet in ROWS}
        linear = results[linear_split.SHEET]["predicted right"]
        results[sigmoid.SHEET]["linear model, right"] = linear
        results["splits"] = [_counts(seed, one) for seed, one in zip(SPLITS, found, strict=True)]
        results["whole"] = _whole(shipped)
    return results


def _one_split(shipped: Path, seed: int, folder: Path) -> Results:
    """The results of both sheets for one split."""
    book = open_book(shipped)
    book.put([book.cell("split_seed", sigmoid.SHEET)], np.array([float(seed)]))
    book = open_book(book.write(folder / f"split-{seed}.xlsx").path)
    losses = {sheet: book.model(sheet).optimize().value for sheet in ROWS}
    return {
        sheet: {"loss": round(losses[sheet], DIGITS)}
        | {word: [round(book.value(book.cell(f"{column}{row}", sheet)), DIGITS) for column in "FG"]
           for word, row in rows.items()}
        for sheet, rows in ROWS.items()
    }  # fmt: skip


def _counts(seed: int, found: Results) -> dict[str, int]:
    net, linear = found[sigmoid.SHEET], found[linear_split.SHEET]
    held = int(net["passengers"][1])
    right = {name: round(held * one["predicted right"][1]) for name, one in (("linear", linear), ("net", net))}
    return {"seed": seed, "held out": held, **right}


def _whole(shipped: Path) -> dict[str, list[float]]:
    book = open_book(shipped)
    solutions = {sheet: book.model(sheet).optimize() for sheet in ("linear", "nnet", "mmult")}
    return {sheet: [round(one.start_value, DIGITS), round(one.value, DIGITS)] for sheet, one in solutions.items()}
