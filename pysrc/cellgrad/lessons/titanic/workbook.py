"""The Titanic workbook: who survived, by a linear model, a small net, the same by matrix product, and by a sigmoid.

Sheets: `all_rows` and `cleaning` (the passengers as they came; what went and why), `linear`, `nnet` and `mmult` (three
models of all 712 complete passengers), `sigmoid` and `linear_split` (a net that answers with a probability and the
linear model, both on the same part of the passengers), `passenger` (a person of one's own) and `answers` (what other
solvers make of it).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import xlsxwriter

from cellgrad.lessons.computed import Page, Values, write
from cellgrad.lessons.style import Look
from cellgrad.lessons.titanic import answers, cleaning, linear_split, models, passenger, sigmoid
from cellgrad.lessons.titanic.passengers import Columns, complete, read_passengers, start
from cellgrad.lessons.training import Results, read_results
from cellgrad.solver_models import SolverModel

LESSON = "titanic"
COMPUTED = (cleaning.SHEET, sigmoid.SHEET, linear_split.SHEET, passenger.SHEET, answers.SHEET)
"""The sheets whose values come from their formulas; `models` knows its own."""

Adorn = Callable[[xlsxwriter.Workbook, Columns], Mapping[str, SolverModel]]
"""Adds to a workbook what a variant has besides, given the complete passengers; the models of sheets it adds."""


def nothing(book: xlsxwriter.Workbook, people: Columns) -> Mapping[str, SolverModel]:
    """Adds nothing: the workbook as it is."""
    return {}


def build(data: Path, path: Path, adorn: Adorn = nothing) -> Path:
    """Build the workbook at `path` from `data`: titanic.csv and what training found.

    Raises FileError where either is missing or other.
    """
    everyone = read_passengers(data / "titanic.csv")
    return build_with(everyone, read_results(data, LESSON), path, adorn)


def build_with(everyone: Columns, results: Results, path: Path, adorn: Adorn = nothing) -> Path:
    """The same from passengers and results at hand, of which `training.train` says what they hold."""
    return write(path, "Titanic", partial(_draw, everyone, results, adorn), COMPUTED)


def _draw(
    everyone: Columns, results: Results, adorn: Adorn, book: xlsxwriter.Workbook, values: Values
) -> Mapping[str, SolverModel]:
    look, people = Look(book), complete(everyone)
    unit_parameters, linear_parameters = start()
    models.add_all_rows(book.add_worksheet("all_rows"), look, everyone)
    cleaning.add_sheet(book, Page(book, cleaning.SHEET, values), look)
    models.add_linear(book.add_worksheet("linear"), look, people, linear_parameters)
    models.add_nnet(book.add_worksheet("nnet"), look, people, unit_parameters)
    models.add_mmult(book.add_worksheet("mmult"), look, people, unit_parameters)
    changing = {"linear": "$G$2:$P$2", "nnet": "$G$1:$P$2", "mmult": "$S$4:$T$13"}
    saved = {sheet: models.solver_model(sheet, cells) for sheet, cells in changing.items()}
    count = len(people["Survived"])
    saved[sigmoid.SHEET] = sigmoid.add_sheet(book, Page(book, sigmoid.SHEET, values), look, count, results)
    page = Page(book, linear_split.SHEET, values)
    saved[linear_split.SHEET] = linear_split.add_sheet(book, page, look, linear_parameters, count, results)
    passenger.add_sheet(book, Page(book, passenger.SHEET, values), look)
    answers.add_sheet(Page(book, answers.SHEET, values), look, results)
    return saved | dict(adorn(book, people))
