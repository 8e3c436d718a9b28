"""What Optimize finds on the sheet model: written to data/trained, so that the other sheets have vectors to show.

Each tenth of the ratings is held out in turn; the vectors kept are those found with the shipped tenth held out.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from cellgrad.lessons.embeddings.data import HOLD_OUT, NUMBERS, PARTS, read_films
from cellgrad.lessons.embeddings.grids import ERRORS
from cellgrad.lessons.embeddings.workbook import build_with, nothing_yet
from cellgrad.lessons.training import Results
from cellgrad.session import open_book

DIGITS = 6
"""Decimals kept: fewer than arithmetic and machine could change."""


def train(data: Path) -> Results:
    """Optimise the sheet model through its cells' formulas, once for each tenth held out.

    {"loss": reached, "films": [[number, .., bias], ..], "people": the same, "parts": [a dict by `ERRORS`, ..],
    "yours": the loss that the sheet you reaches}; the loss and the vectors with the shipped tenth held out.
    """
    films = read_films(data)
    results = nothing_yet(films)
    with tempfile.TemporaryDirectory() as scratch:
        for part in range(PARTS):
            book = open_book(build_with(films, nothing_yet(films), Path(scratch) / f"part-{part}.xlsx", part))
            found = book.model("model").optimize(starts=1)
            results["parts"][part] = {
                name: round(book.value(book.cell(cell, "model")), DIGITS) for name, cell in ERRORS.items()
            }
            if part == HOLD_OUT:
                results["loss"] = round(found.value, DIGITS)
                results["films"], results["people"] = by_size(found.x, len(films))
        book = open_book(build_with(films, results, Path(scratch) / "you.xlsx"))
        results["yours"] = round(book.model("you").optimize(starts=1).value, DIGITS)
    return results


def by_size(x: np.ndarray, films: int) -> tuple[list[list[float]], list[list[float]]]:
    """The vectors of films and of people from the changing cells, turned so that the first number says most.

    Turning the vectors of all films and of all people by the same rotation changes no dot product, no prediction and
    no loss. The axes chosen are the principal directions of the films' vectors, which at the best values are those of
    the people's too; of each number's two signs, the one that makes the film it says most about positive.
    """
    of_films = x[: films * (NUMBERS + 1)].reshape(films, NUMBERS + 1)
    of_people = x[films * (NUMBERS + 1) :].reshape(NUMBERS + 1, -1).T
    directions = np.linalg.eigh(of_films[:, :NUMBERS].T @ of_films[:, :NUMBERS])[1][:, ::-1]
    turned = of_films[:, :NUMBERS] @ directions
    directions = directions * np.sign(turned[np.abs(turned).argmax(0), range(NUMBERS)])

    def kept(vectors: np.ndarray) -> list[list[float]]:
        rows = np.c_[vectors[:, :NUMBERS] @ directions, vectors[:, NUMBERS]]
        return [[round(float(value), DIGITS) for value in row] for row in rows]

    return kept(of_films), kept(of_people)
