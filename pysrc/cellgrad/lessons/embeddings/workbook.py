"""Ratings explained by learned numbers: people by films, dot products, nearest films, and what you should watch.

Sheets: `ratings`, `model` and `errors` (films from row 12 down, people from column H across; on `model` the films'
vectors in C12:F51, the people's in H7:BO10, the loss in E7), `films` (the vectors kept from training and in use),
`nearest` (films by likeness to the one in B4), `you` (your vector in B5:E5, your loss in B7) and `ten_parts` (each
tenth held out in turn).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import xlsxwriter

from cellgrad.lessons.computed import Page, Values, write
from cellgrad.lessons.embeddings import grids, neighbours, you
from cellgrad.lessons.embeddings.data import HOLD_OUT, NUMBERS, PARTS, Film, Places, read_films
from cellgrad.lessons.embeddings.parts import draw_parts
from cellgrad.lessons.style import Look
from cellgrad.lessons.training import Results, read_results
from cellgrad.solver_models import SolverModel

SHEETS = ("ratings", "model", "errors", "films", "nearest", "you", "ten_parts")


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path` from `data`/ratings.csv and what training found.

    Raises FileError where either is missing or other.
    """
    return build_with(read_films(data), read_results(data, "embeddings"), path)


def build_with(films: list[Film], results: Results, path: Path, hold_out: int = HOLD_OUT) -> Path:
    """The same from films and results at hand, with another part held out."""
    return write(path, "Embeddings: people by films", partial(_draw, films, results, hold_out))


def nothing_yet(films: list[Film]) -> Results:
    """Results of the right shape, to train with."""
    vector = [*range(1, NUMBERS + 1), 0]
    part = dict.fromkeys(grids.ERRORS, 1)
    return {"loss": 0, "yours": 0, "films": [vector] * len(films), "people": [], "parts": [part] * PARTS}


def _draw(
    films: list[Film], results: Results, hold_out: int, book: xlsxwriter.Workbook, values: Values
) -> Mapping[str, SolverModel]:
    look, places = Look(book), Places(len(films), len(films[0].ratings))
    pages = {name: Page(book, name, values) for name in SHEETS}
    grids.name_cells(book, places)
    neighbours.name_cells(book)
    you.name_cells(book, len(films))
    grids.draw_ratings(book, pages["ratings"], look, films, places)
    grids.draw_model(book, pages["model"], look, films, results, hold_out)
    grids.draw_errors(book, pages["errors"], look, films, places)
    neighbours.draw_films(pages["films"], look, films, results)
    neighbours.draw_nearest(book, pages["nearest"], look, films)
    you.draw_you(book, pages["you"], look, films, results)
    draw_parts(book, pages["ten_parts"], look, results)
    return {"model": grids.saved_model(places), "you": you.saved_model()}
